//! Notifications on their way: which are sent next, and the answers to those that were sent.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::random::Random;
use crate::state::settings::Notifications;

/// How long Microsoft tries to deliver a notification
/// (<https://learn.microsoft.com/graph/change-notifications-delivery-webhooks>).
const LONGEST: Duration = Duration::from_secs(4 * 3600);

/// Number of deliveries that are stored. Older ones are dropped.
const CAPACITY: usize = 20_000;

/// A notification that waits.
#[derive(Clone, Debug)]
struct Waiting {
    /// The subscription; empty for a forged one.
    subscription: String,
    url: String,
    item: Value,
    since: Instant,
    due: Instant,
    /// Number of deliveries that failed.
    failed: u32,
    /// Whether it goes on although notifications are held.
    released: bool,
}

/// A POST to an address with several notifications.
#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) url: String,
    items: Vec<Waiting>,
}

impl Post {
    /// Returns the body of the request.
    pub(crate) fn body(&self) -> String {
        let items: Vec<&Value> = self.items.iter().map(|waiting| &waiting.item).collect();
        json!({ "value": items }).to_string()
    }
}

/// A POST that was sent to the address of subscriptions.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationDelivery {
    /// Number of the delivery since the start, from 1.
    pub order: u64,
    /// Address.
    pub url: String,
    /// Status of the answer; none if there was none in time.
    pub status: Option<u16>,
    /// Time until the answer, in milliseconds.
    pub milliseconds: u64,
    /// The notifications, without secrets.
    pub notifications: Vec<NotificationBrief>,
}

/// A notification, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationBrief {
    /// Id of the subscription; empty for a forged one.
    pub subscription: String,
    /// Kind of the change, or the lifecycle event; empty for a forged one that has neither.
    pub kind: String,
    /// What has changed, in Graph's words; empty for a lifecycle event.
    pub resource: String,
}

impl NotificationBrief {
    fn new(waiting: &Waiting) -> Self {
        let text = |name: &str| waiting.item[name].as_str().unwrap_or_default().to_owned();
        let kind = text("changeType");
        Self {
            subscription: waiting.subscription.clone(),
            kind: if kind.is_empty() { text("lifecycleEvent") } else { kind },
            resource: text("resource"),
        }
    }
}

/// What happens to notifications that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum NotificationStep {
    /// They are sent, although notifications are held.
    Deliver,
    /// They are dropped, as if Microsoft had lost them.
    Lose,
    /// Each is there twice.
    Duplicate,
    /// The last one is the first one.
    Reverse,
}

/// Notifications that wait, and those that were sent.
#[derive(Debug)]
pub(crate) struct Queue {
    waiting: VecDeque<Waiting>,
    /// Addresses that a POST is on its way to.
    busy: HashSet<String>,
    is_holding: bool,
    log: VecDeque<NotificationDelivery>,
    posts: u64,
    random: Random,
    wake: Arc<Notify>,
}

impl Queue {
    pub(super) fn new(random: Random) -> Self {
        Self {
            waiting: VecDeque::new(),
            busy: HashSet::new(),
            is_holding: false,
            log: VecDeque::new(),
            posts: 0,
            random,
            wake: Arc::default(),
        }
    }

    /// Returns what is notified when there may be something to send.
    pub(crate) fn wake(&self) -> Arc<Notify> {
        self.wake.clone()
    }

    /// Adds a notification of a change. Some are lost, doubled, late or early, as the settings say.
    pub(super) fn push(
        &mut self,
        subscription: String,
        url: String,
        item: Value,
        behaviour: &Notifications,
    ) {
        let copies = if self.random.percent(behaviour.lost_percent) {
            0
        } else {
            1 + usize::from(self.random.percent(behaviour.doubled_percent))
        };
        for _ in 0..copies {
            let delay = Duration::from_millis(behaviour.delay_milliseconds);
            let waiting = waiting(subscription.clone(), url.clone(), item.clone(), delay);
            let at = match behaviour.shuffled {
                true => self.random.below(self.waiting.len() + 1),
                false => self.waiting.len(),
            };
            self.waiting.insert(at, waiting);
        }
        self.wake.notify_one();
    }

    /// Adds a lifecycle notification.
    pub(super) fn push_lifecycle(&mut self, subscription: String, url: String, item: Value) {
        self.waiting.push_back(waiting(subscription, url, item, Duration::ZERO));
        self.wake.notify_one();
    }

    /// Adds a notification that Microsoft has not sent. It is sent although others are held.
    pub(crate) fn push_forged(&mut self, url: String, item: Value) {
        let forged = waiting(String::new(), url, item, Duration::ZERO);
        self.waiting.push_back(Waiting { released: true, ..forged });
        self.wake.notify_one();
    }

    /// Makes notifications wait, or lets all go on.
    pub(crate) fn hold(&mut self, hold: bool) {
        self.is_holding = hold;
        self.wake.notify_one();
    }

    /// Lists the notifications that wait, oldest first.
    pub(crate) fn waiting(&self) -> Vec<NotificationBrief> {
        self.waiting.iter().map(NotificationBrief::new).collect()
    }

    /// Does something with the first `count` notifications that wait: of one subscription, or of
    /// all. Returns their number.
    pub(crate) fn step(
        &mut self,
        step: NotificationStep,
        subscription: Option<&str>,
        count: Option<usize>,
    ) -> usize {
        let concerns = |waiting: &Waiting| subscription.is_none_or(|id| waiting.subscription == id);
        let places: Vec<usize> = (0..self.waiting.len())
            .filter(|at| concerns(&self.waiting[*at]))
            .take(count.unwrap_or(usize::MAX))
            .collect();
        match step {
            NotificationStep::Deliver => {
                for at in &places {
                    self.waiting[*at].released = true;
                    self.waiting[*at].due = Instant::now();
                }
            }
            NotificationStep::Lose => {
                for at in places.iter().rev() {
                    self.waiting.remove(*at);
                }
            }
            NotificationStep::Duplicate => {
                for at in places.iter().rev() {
                    let again = self.waiting[*at].clone();
                    self.waiting.insert(*at, again);
                }
            }
            NotificationStep::Reverse => {
                let half = places.iter().zip(places.iter().rev()).take(places.len() / 2);
                for (one, other) in half {
                    self.waiting.swap(*one, *other);
                }
            }
        }
        self.wake.notify_one();
        places.len()
    }

    /// Takes what has to be sent now: at most one POST for each address. Returns also when the next
    /// notification is due.
    pub(crate) fn take_due(&mut self, per_request: usize) -> (Vec<Post>, Option<Instant>) {
        let now = Instant::now();
        let mut posts: Vec<Post> = Vec::new();
        let mut later = VecDeque::new();
        let mut next = None;
        for waiting in std::mem::take(&mut self.waiting) {
            let may_go =
                (!self.is_holding || waiting.released) && !self.busy.contains(&waiting.url);
            if !may_go {
                later.push_back(waiting);
                continue;
            }
            if waiting.due > now {
                next = next.into_iter().chain([waiting.due]).min();
                later.push_back(waiting);
                continue;
            }
            match posts.iter_mut().find(|post| post.url == waiting.url) {
                Some(post) if post.items.len() >= per_request.max(1) => later.push_back(waiting),
                Some(post) => post.items.push(waiting),
                None => posts.push(Post { url: waiting.url.clone(), items: vec![waiting] }),
            }
        }
        self.waiting = later;
        self.busy.extend(posts.iter().map(|post| post.url.clone()));
        (posts, next)
    }

    /// Notes the answer to a POST. Where it is no success, the notifications are sent again later.
    pub(crate) fn sent(
        &mut self,
        post: Post,
        status: Option<u16>,
        took: Duration,
        behaviour: &Notifications,
    ) {
        self.busy.remove(&post.url);
        self.posts += 1;
        if self.log.len() == CAPACITY {
            self.log.pop_front();
        }
        self.log.push_back(NotificationDelivery {
            order: self.posts,
            url: post.url,
            status,
            milliseconds: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            notifications: post.items.iter().map(NotificationBrief::new).collect(),
        });
        if status.is_some_and(|status| (200..300).contains(&status)) {
            return;
        }
        let first = Duration::from_millis(behaviour.retry_milliseconds);
        for mut waiting in post.items {
            let pause = first.saturating_mul(1 << waiting.failed.min(16));
            waiting.failed += 1;
            waiting.due = Instant::now() + pause;
            // A forged one is sent once.
            if waiting.since.elapsed() + pause < LONGEST && !waiting.subscription.is_empty() {
                self.waiting.push_back(waiting);
            }
        }
    }

    pub(crate) fn log(&self) -> Vec<NotificationDelivery> {
        self.log.iter().cloned().collect()
    }

    pub(crate) fn clear_log(&mut self) {
        self.log.clear();
    }
}

fn waiting(subscription: String, url: String, item: Value, delay: Duration) -> Waiting {
    let since = Instant::now();
    Waiting { subscription, url, item, since, due: since + delay, failed: 0, released: false }
}
