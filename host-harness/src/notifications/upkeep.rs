//! Upkeep of the subscriptions of one integration.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::PATH;
use crate::{
    error::Error,
    model::{Subscription, WatchRequest, WatchResult, WatchSubject},
    plugin::CallError,
    schedule::chance_of,
    settings::Settings,
    store::{
        IntegrationId, NotWatched, NotificationAddress, SealingKey, Store, StoreError,
        WatchOutcome, Watched,
    },
    sync::{Source, Watching},
};

/// Number of subjects in a call. What a call did is stored before the next one.
const AT_ONCE: usize = 200;

/// Largest number of subjects in a sweep. Source: `watch` in `wit/integration.wit`.
const MOST: usize = 10_000;

/// Parts of the life of a subscription between which it is renewed. Each one has its own moment, so
/// that those that were made together are not renewed together.
const RENEWAL: (f64, f64) = (0.5, 0.65);

/// The subscriptions of an integration.
pub struct Upkeep<'a> {
    /// Where they are stored.
    pub store: &'a mut Store,
    /// The integration.
    pub integration: IntegrationId,
    /// Encrypts the secret that notifications carry.
    pub key: &'a SealingKey,
    /// Origin of this server for the vendor, or `None` where the vendor cannot reach it.
    pub origin: Option<&'a str>,
    /// The current time.
    pub now: Timestamp,
}

/// What is to be done.
#[derive(Debug)]
pub struct Planned {
    address: Option<(NotificationAddress, String)>,
    /// Subscriptions to end.
    end: Vec<Subscription>,
    /// Subscriptions to make or renew.
    watch: Vec<(WatchRequest, Option<Subscription>)>,
    /// Where subscriptions are looked for that ONES does not have: what ONES has.
    sweep: Option<Vec<(WatchRequest, Subscription)>>,
}

impl Planned {
    /// Returns where notifications are sent, also as a URL; `None` where none are to be sent.
    pub fn address(&self) -> Option<(&NotificationAddress, &str)> {
        self.address.as_ref().map(|(address, url)| (address, url.as_str()))
    }

    /// Returns whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.end.is_empty() && self.watch.is_empty() && self.sweep.is_none()
    }
}

impl Upkeep<'_> {
    /// Returns what is to be done, or `None` where notifications are neither wanted nor left over.
    /// With `sweep`, also looks for subscriptions that ONES does not have.
    ///
    /// The rooms are watched where bookings are on, and users and groups where they are synced on a
    /// schedule.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn plan(
        &mut self,
        settings: &Settings,
        sweep: bool,
    ) -> Result<Option<Planned>, StoreError> {
        let requests = self.requests(settings)?;
        if requests.is_empty() && self.store.watched(self.integration)?.is_empty() {
            return Ok(None);
        }
        let subjects: Vec<_> = requests.iter().map(|it| it.subject.clone()).collect();
        self.store.want_subjects(self.integration, &subjects)?;
        let address = match self.origin {
            Some(origin) if !requests.is_empty() => {
                let address = self.store.notification_address(self.integration, self.key)?;
                let url = format!("{origin}{PATH}{}", address.key);
                Some((address, url))
            }
            _ => None,
        };
        let url = address.as_ref().map(|(_, url)| url.as_str());
        let mut emails: HashMap<_, _> = requests
            .into_iter()
            .filter_map(|request| match request.subject {
                WatchSubject::Room(room) => Some((room, request.email)),
                WatchSubject::Users | WatchSubject::Groups => None,
            })
            .collect();
        let mut request = |subject: &WatchSubject| WatchRequest {
            subject: subject.clone(),
            email: match subject {
                WatchSubject::Room(room) => emails.remove(room).flatten(),
                WatchSubject::Users | WatchSubject::Groups => None,
            },
        };
        let rows = self.store.watched(self.integration)?;
        let (mut end, mut watch, mut held_all) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            if row.held.is_some() && (!row.is_wanted || row.address.as_deref() != url) {
                end.extend(row.held.clone().filter(|_| self.is_time(&row)));
                continue;
            }
            if !row.is_wanted || url.is_none() {
                continue;
            }
            let asked = request(&row.subject);
            held_all.extend(row.held.clone().map(|held| (asked.clone(), held)));
            if self.is_due(&row) && self.is_time(&row) {
                watch.push((asked, renewed_now(&row)));
            }
        }
        let is_swept = sweep && url.is_some() && held_all.len() <= MOST;
        Ok(Some(Planned { address, end, watch, sweep: is_swept.then_some(held_all) }))
    }

    /// Returns what the vendor is to notify about.
    fn requests(&self, settings: &Settings) -> Result<Vec<WatchRequest>, StoreError> {
        let mut requests = Vec::new();
        if self.origin.is_none() {
            return Ok(requests);
        }
        if settings.bookings().is_some() {
            for room in self.store.bookable_rooms(self.integration)? {
                let subject = WatchSubject::Room(room.id);
                requests.push(WatchRequest { subject, email: Some(room.email) });
            }
        }
        if self.store.schedule(self.integration)?.interval.is_some() {
            for subject in [WatchSubject::Users, WatchSubject::Groups] {
                requests.push(WatchRequest { subject, email: None });
            }
        }
        Ok(requests)
    }

    /// Returns whether a subject that failed may be tried again.
    fn is_time(&self, row: &Watched) -> bool {
        row.failing.as_ref().is_none_or(|failing| failing.retry_at <= self.now)
    }

    /// Returns whether a subscription is missing, or to be renewed.
    fn is_due(&self, row: &Watched) -> bool {
        let Some(held) = &row.held else { return true };
        let (first, last) = RENEWAL;
        let part = first + (last - first) * f64::from(chance_of(&held.id)) / f64::from(u32::MAX);
        let life = held.expires.saturating_sub(held.renewed) as f64;
        let at = held.renewed.saturating_add((life * part) as i64);
        row.renew || at <= self.now.as_second()
    }

    /// Does what was planned, and stores it. What fails is stored with its subject, and tried again
    /// later. Returns whether a planned sweep succeeded.
    ///
    /// # Errors
    /// Those of the store, and that the work was cancelled.
    pub fn carry_out(
        &mut self,
        planned: Planned,
        source: &mut dyn Source,
    ) -> Result<Option<bool>, Error> {
        let Planned { address, end, watch, sweep } = planned;
        for held in end.chunks(AT_ONCE) {
            let subjects: Vec<_> = held.iter().map(|held| held.subject.clone()).collect();
            // One that is over need not be ended.
            let live = held.iter().filter(|held| held.expires > self.now.as_second());
            let live: Vec<_> = live.cloned().collect();
            match if live.is_empty() { Ok(()) } else { source.unwatch(live) } {
                Ok(()) => self.store.note_unwatched(self.integration, &subjects)?,
                Err(error) => self.note_failure(&subjects, error)?,
            }
        }
        let Some((address, url)) = address else { return Ok(None) };
        let mut ask = |upkeep: &mut Self, asked: Asked, sweep| {
            let Asked { subjects, held } = asked;
            let all: Vec<_> = subjects.iter().map(|it| it.subject.clone()).collect();
            let secret = address.secret.clone();
            let wanted = Watching { subjects, address: url.clone(), secret, held, sweep };
            match source.watch(wanted) {
                Ok(results) => {
                    upkeep.put(&url, all, results)?;
                    Ok(true)
                }
                // Of a sweep, the subscriptions go on as they are.
                Err(error) if sweep && !error.is_cancelled() => Ok(false),
                Err(error) => {
                    upkeep.note_failure(&all, error)?;
                    Ok::<_, Error>(false)
                }
            }
        };
        let mut swept = None;
        if let Some(all) = sweep {
            let (subjects, held) = all.into_iter().unzip();
            swept = Some(ask(self, Asked { subjects, held }, true)?);
        }
        for part in watch.chunks(AT_ONCE) {
            let subjects = part.iter().map(|(request, _)| request.clone()).collect();
            let held = part.iter().filter_map(|(_, held)| held.clone()).collect();
            if !ask(self, Asked { subjects, held }, false)? {
                // The others are tried at the next look.
                break;
            }
        }
        Ok(swept)
    }

    /// Stores the results of a call.
    fn put(
        &mut self,
        url: &str,
        asked: Vec<WatchSubject>,
        results: Vec<WatchResult>,
    ) -> Result<(), StoreError> {
        let mut outcomes = Vec::new();
        let mut open: HashSet<_> = asked.iter().map(name).collect();
        for WatchResult { subject, subscription, is_new } in results {
            if !open.remove(&name(&subject)) {
                continue;
            }
            let subscription = subscription.map_err(|error| why(&CallError::from(error).into()));
            outcomes.push(WatchOutcome { subject, subscription, is_new });
        }
        for subject in asked.iter().filter(|subject| open.contains(&name(subject))) {
            let error = CallError::broke("watch did not report each subject");
            let (subject, subscription) = (subject.clone(), Err(why(&error.into())));
            outcomes.push(WatchOutcome { subject, subscription, is_new: false });
        }
        self.store.put_subscriptions(self.integration, url, outcomes, self.now)
    }

    fn note_failure(&mut self, subjects: &[WatchSubject], error: Error) -> Result<(), Error> {
        if error.is_cancelled() {
            return Err(error);
        }
        Ok(self.store.note_watch_failure(self.integration, subjects, &why(&error), self.now)?)
    }
}

/// Subjects of a call, and the subscriptions that ONES has of them.
struct Asked {
    subjects: Vec<WatchRequest>,
    held: Vec<Subscription>,
}

/// Returns the subscription as it is passed to the plugin. One that the vendor asked to renew looks
/// as if it were old, since the plugin renews those that are past half of their life.
fn renewed_now(row: &Watched) -> Option<Subscription> {
    let held = row.held.clone()?;
    Some(Subscription { renewed: if row.renew { 0 } else { held.renewed }, ..held })
}

fn why(error: &Error) -> NotWatched {
    NotWatched { problem: error.problem(), retry_after: error.retry_after() }
}

fn name(subject: &WatchSubject) -> (u8, String) {
    match subject {
        WatchSubject::Room(room) => (0, room.clone()),
        WatchSubject::Users => (1, String::new()),
        WatchSubject::Groups => (2, String::new()),
    }
}
