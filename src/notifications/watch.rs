//! Makes, renews and ends subscriptions.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
};

use futures_util::future::join_all;
use http::Uri;

use super::{
    failure::Tally,
    requests::{self, Listed, Receiver, seconds},
    subject::{Target, key},
};
use crate::{
    error::{Error, Explanation},
    graph::{Graph, Patience},
    host::Host,
    model::{Subscription, WatchRequest, WatchResult},
    origin::Origin,
    secret::Secret,
    settings::Settings,
};

/// Number of requests at a time.
const AT_A_TIME: usize = 8;

/// Maximum number of subjects in one call.
const MOST_SUBJECTS: usize = 10_000;

/// Maximum length of the address, in bytes.
const LONGEST_ADDRESS: usize = 2048;

/// Maximum length of the secret: that of `clientState`.
const LONGEST_SECRET: usize = 128;

/// What the host wants to be notified about.
pub struct Wanted {
    /// Subjects to be notified about.
    pub subjects: Vec<WatchRequest>,
    /// Address that notifications are sent to.
    pub address: String,
    /// Secret that every notification carries.
    pub secret: Secret,
    /// Subscriptions that the host has.
    pub held: Vec<Subscription>,
    /// Whether to end subscriptions to this address that the host does not have.
    pub sweep: bool,
}

/// Makes, renews and ends subscriptions. Returns one record for each subject.
///
/// # Errors
/// [`Error::Unexpected`] for too many subjects or an unusable secret, [`Error::Unsupported`] for an
/// address that Microsoft does not send to, those of [`Graph::token`], and with
/// [`Wanted::sweep`] those of a listing. The error of one subject is in its record.
pub async fn watch<H: Host>(
    host: &H,
    settings: &Settings,
    wanted: &Wanted,
) -> Result<Vec<WatchResult>, Error> {
    check(wanted)?;
    if wanted.subjects.is_empty() && wanted.held.is_empty() && !wanted.sweep {
        return Ok(Vec::new());
    }
    let graph = Graph::new(host, settings, Patience::SYNC);
    // What concerns all subjects fails before anything has changed.
    graph.token().await?;
    let listed = if wanted.sweep { Some(requests::list(&graph).await?) } else { None };
    let receiver = Receiver { address: &wanted.address, secret: wanted.secret.clone() };
    let plan = Plan::new(wanted, listed.as_deref(), seconds(host.now()));
    let retried = graph.summary().retried;
    let results = carry_out(&graph, plan.steps, &receiver).await;
    // What is not ended now ends by itself, and the host ignores its notifications.
    let _ = end_all(&graph, &plan.ends).await;
    if graph.summary().retried > retried {
        end_doubles(&graph, wanted, &results).await;
    }
    // Entra ID or Graph refused the token meanwhile, and nothing has changed.
    let is_refused = |error: &&Error| matches!(error, Error::Unauthorized(_));
    let mut errors = results.iter().filter_map(|result| result.subscription.as_ref().err());
    match errors.find(is_refused) {
        Some(error) if results.iter().all(|result| result.subscription.is_err()) => {
            Err(error.clone())
        }
        _ => Ok(results),
    }
}

/// Ends subscriptions. One that no longer exists counts as ended.
///
/// # Errors
/// The first one, after all others were tried too.
pub async fn unwatch<H: Host>(
    host: &H,
    settings: &Settings,
    held: &[Subscription],
) -> Result<(), Error> {
    if held.is_empty() {
        return Ok(());
    }
    let graph = Graph::new(host, settings, Patience::SYNC);
    graph.token().await?;
    let ids: Vec<_> = held.iter().map(|subscription| subscription.id.clone()).collect();
    end_all(&graph, &ids).await
}

fn check(wanted: &Wanted) -> Result<(), Error> {
    let Wanted { subjects, address, secret, .. } = wanted;
    if subjects.len() > MOST_SUBJECTS {
        let summary = format!(
            "{} subjects were to be watched at once; the maximum is {MOST_SUBJECTS}",
            subjects.len()
        );
        return Err(Error::Unexpected(Explanation::new("too-many-subjects", summary)));
    }
    let secret = secret.reveal();
    let is_plain = secret.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if secret.is_empty() || secret.len() > LONGEST_SECRET || !is_plain {
        let summary =
            format!("The secret for notifications is not 1 to {LONGEST_SECRET} letters and digits");
        return Err(Error::Unexpected(Explanation::new("unusable-secret", summary)));
    }
    let is_usable = address.len() <= LONGEST_ADDRESS
        && !address.contains('#')
        && address
            .parse::<Uri>()
            .is_ok_and(|uri| Origin::of(&uri).is_some_and(|origin| origin.is_https_or_loopback()));
    if !is_usable {
        return Err(Error::Unsupported(
            Explanation::new(
                "unusable-address",
                "Microsoft cannot send notifications to the address of ONES",
            )
            .remedy(format!(
                "Set a public address that begins with https://, without a user name, and with at \
                    most {LONGEST_ADDRESS} characters"
            )),
        ));
    }
    Ok(())
}

/// What to do about one subject.
enum Step {
    Keep(Subscription),
    Renew(Target, Subscription),
    Create(Target),
    Refuse(Error),
}

/// What to do in a call.
struct Plan {
    steps: Vec<(WatchRequest, Step)>,
    /// Ids of the subscriptions to end.
    ends: Vec<String>,
}

impl Plan {
    fn new(wanted: &Wanted, listed: Option<&[Listed]>, now: i64) -> Self {
        let mut ends = Vec::new();
        // Of several subscriptions to one subject, the one that lasts longest.
        let mut held: BTreeMap<_, &Subscription> = BTreeMap::new();
        for subscription in wanted.held.iter().filter(|held| held.expires > now) {
            match held.insert(key(&subscription.subject), subscription) {
                Some(other) if other.expires > subscription.expires => {
                    held.insert(key(&subscription.subject), other);
                    ends.push(subscription.id.clone());
                }
                Some(other) => ends.push(other.id.clone()),
                None => {}
            }
        }
        let known: BTreeSet<_> = wanted.held.iter().map(|held| held.id.as_str()).collect();
        let (listed_ids, strays): (BTreeSet<_>, Vec<_>) = match listed {
            None => Default::default(),
            Some(listed) => {
                let strays = listed.iter().filter(|listed| {
                    listed.address == wanted.address && !known.contains(listed.id.as_str())
                });
                let strays = strays.map(|listed| listed.id.clone()).collect();
                (listed.iter().map(|listed| listed.id.as_str()).collect(), strays)
            }
        };
        ends.extend(strays);
        let mut steps = Vec::with_capacity(wanted.subjects.len());
        let mut seen = BTreeSet::new();
        for request in &wanted.subjects {
            if !seen.insert(key(&request.subject)) {
                continue;
            }
            let step = match (Target::new(request), held.remove(&key(&request.subject))) {
                (Err(error), _) => Step::Refuse(error),
                (Ok(target), None) => Step::Create(target),
                (Ok(target), Some(held)) => {
                    // One that is not listed may have ended, so a renewal finds out.
                    let is_listed = listed.is_none() || listed_ids.contains(held.id.as_str());
                    match is_listed && !is_past_half(held, now) {
                        true => Step::Keep(held.clone()),
                        false => Step::Renew(target, held.clone()),
                    }
                }
            };
            steps.push((request.clone(), step));
        }
        ends.extend(held.into_values().map(|held| held.id.clone()));
        Self { steps, ends }
    }
}

/// Returns whether half of the life of a subscription is over.
fn is_past_half(held: &Subscription, now: i64) -> bool {
    now.saturating_sub(held.renewed) >= held.expires.saturating_sub(now)
}

async fn carry_out<H: Host>(
    graph: &Graph<'_, H>,
    steps: Vec<(WatchRequest, Step)>,
    receiver: &Receiver<'_>,
) -> Vec<WatchResult> {
    let mut results = Vec::with_capacity(steps.len());
    let steps = RefCell::new(steps.into_iter());
    let tally = RefCell::new(Tally::default());
    let done = RefCell::new(&mut results);
    let lane = async || {
        loop {
            let Some((WatchRequest { subject, .. }, step)) = steps.borrow_mut().next() else {
                return;
            };
            let common = tally.borrow().common();
            let (subscription, is_new) = match (step, common) {
                (Step::Keep(held), _) => (Ok(held), false),
                (Step::Refuse(error), _) | (_, Some(error)) => (Err(error), false),
                (Step::Renew(target, held), None) => {
                    renew_or_create(graph, &target, &held, receiver).await
                }
                (Step::Create(target), None) => create(graph, &target, receiver).await,
            };
            tally.borrow_mut().note(&subscription);
            done.borrow_mut().push(WatchResult { subject, subscription, is_new });
        }
    };
    join_all((0..AT_A_TIME).map(|_| lane())).await;
    results
}

type Made = (Result<Subscription, Error>, bool);

async fn create<H: Host>(graph: &Graph<'_, H>, target: &Target, receiver: &Receiver<'_>) -> Made {
    let made = requests::create(graph, target, receiver).await;
    let is_new = made.is_ok();
    (made, is_new)
}

/// Renews a subscription, or makes another where it has ended.
async fn renew_or_create<H: Host>(
    graph: &Graph<'_, H>,
    target: &Target,
    held: &Subscription,
    receiver: &Receiver<'_>,
) -> Made {
    match requests::renew(graph, target, held, receiver).await {
        // Until it was authorized again, changes were not notified.
        Ok(Some(renewed)) => (Ok(renewed), held.renewed <= 0),
        Ok(None) => create(graph, target, receiver).await,
        Err(error) => (Err(error), false),
    }
}

/// Ends subscriptions that were made although their answer was lost, so that the request was
/// repeated. What stays is ended by a later call with [`Wanted::sweep`].
async fn end_doubles<H: Host>(graph: &Graph<'_, H>, wanted: &Wanted, results: &[WatchResult]) {
    let Ok(listed) = requests::list(graph).await else { return };
    let made = results.iter().filter_map(|result| result.subscription.as_ref().ok());
    let known: BTreeSet<_> =
        wanted.held.iter().chain(made).map(|subscription| subscription.id.as_str()).collect();
    // The host can have others of the same address, which it does not name in this call.
    let resources = wanted.subjects.iter().filter_map(|request| Target::new(request).ok());
    let resources: BTreeSet<_> = resources.map(|target| target.resource.to_lowercase()).collect();
    let doubles = listed.into_iter().filter(|listed| {
        let resource = listed.resource.trim_start_matches('/').to_lowercase();
        listed.address == wanted.address
            && resources.contains(&resource)
            && !known.contains(listed.id.as_str())
    });
    let doubles: Vec<_> = doubles.map(|listed| listed.id).collect();
    let _ = end_all(graph, &doubles).await;
}

/// Ends subscriptions.
///
/// # Errors
/// The first one, after all others were tried too.
async fn end_all<H: Host>(graph: &Graph<'_, H>, ids: &[String]) -> Result<(), Error> {
    let next = Cell::new(0);
    let tally = RefCell::new(Tally::default());
    let lane = async || {
        let mut first = Ok(());
        while let Some(id) = ids.get(next.replace(next.get() + 1)) {
            if tally.borrow().common().is_some() {
                break;
            }
            let ended = requests::end(graph, id).await;
            tally.borrow_mut().note(&ended);
            first = first.and(ended);
        }
        first
    };
    let lanes = join_all((0..AT_A_TIME.min(ids.len())).map(|_| lane())).await;
    lanes.into_iter().collect()
}
