//! Subscriptions to notifications of changes
//! (<https://learn.microsoft.com/graph/api/resources/subscription>).

mod changes;
mod content;
pub(crate) mod queue;

use std::collections::HashSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::queue::Queue;
use crate::random::Random;
use crate::tenant::calendar::id::Form;
use crate::tenant::calendar::noted::ChangeKind;
use crate::tenant::entry::Sequence;

/// What a subscription is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The events of all calendars of a mailbox, by the id of its user.
    Events(String),
    Users,
    Groups,
}

/// A subscription.
#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) target: Target,
    /// The target, as it was named.
    pub(crate) resource: String,
    pub(crate) changes: Vec<ChangeKind>,
    pub(crate) notification_url: String,
    pub(crate) lifecycle_url: Option<String>,
    pub(crate) client_state: Option<String>,
    pub(crate) expires: Timestamp,
    /// Form of the ids in notifications.
    pub(crate) form: Form,
    /// Whether it has to be authorized again. Until then, changes are lost.
    pub(crate) is_paused: bool,
}

impl Subscription {
    /// Returns the kinds of changes, as Graph writes them.
    pub(crate) fn change_type(&self) -> String {
        let names: Vec<&str> = self.changes.iter().map(|kind| kind.name()).collect();
        names.join(",")
    }
}

/// What a lifecycle notification says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum LifecycleEvent {
    /// Notifications were lost.
    Missed,
    /// The subscription has to be authorized again. Until then, changes are lost.
    ReauthorizationRequired,
    /// The subscription has ended.
    SubscriptionRemoved,
}

impl LifecycleEvent {
    /// Returns the name of the event in Graph.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Missed => "missed",
            Self::ReauthorizationRequired => "reauthorizationRequired",
            Self::SubscriptionRemoved => "subscriptionRemoved",
        }
    }
}

/// All subscriptions, and the notifications that are on their way.
#[derive(Debug)]
pub(crate) struct Subscriptions {
    list: Vec<Subscription>,
    /// Last changes of users and of groups that were looked at.
    users_seen: Sequence,
    groups_seen: Sequence,
    pub(crate) queue: Queue,
}

impl Subscriptions {
    pub(super) fn new(random: Random) -> Self {
        Self { list: Vec::new(), users_seen: 0, groups_seen: 0, queue: Queue::new(random) }
    }

    /// Returns all subscriptions, oldest first.
    pub(crate) fn list(&self) -> &[Subscription] {
        &self.list
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Subscription> {
        self.list.iter().find(|subscription| subscription.id.eq_ignore_ascii_case(id))
    }

    pub(crate) fn find_mut(&mut self, id: &str) -> Option<&mut Subscription> {
        self.list.iter_mut().find(|subscription| subscription.id.eq_ignore_ascii_case(id))
    }

    /// Returns the number of subscriptions to one mailbox.
    pub(crate) fn count_of(&self, target: &Target) -> usize {
        self.list.iter().filter(|subscription| subscription.target == *target).count()
    }

    /// Returns the mailboxes that are watched.
    fn mailboxes(&self) -> HashSet<String> {
        let mailbox = |subscription: &Subscription| match &subscription.target {
            Target::Events(mailbox) => Some(mailbox.clone()),
            Target::Users | Target::Groups => None,
        };
        self.list.iter().filter_map(mailbox).collect()
    }
}
