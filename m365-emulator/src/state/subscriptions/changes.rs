//! From changes of the tenant to notifications, and the life of subscriptions.

use serde_json::Value;

use super::content;
use super::{LifecycleEvent, Subscription, Target};
use crate::state::State;
use crate::tenant::calendar::noted::{ChangeKind, ItemChange};
use crate::tenant::entry::{Entry, Removal};

impl State {
    /// Adds a subscription. Changes count from now on.
    pub(crate) fn subscribe(&mut self, subscription: Subscription) {
        self.notify();
        self.subscriptions.list.push(subscription);
        self.watch_mailboxes();
    }

    /// Ends a subscription. Returns whether there was one.
    pub(crate) fn unsubscribe(&mut self, id: &str) -> bool {
        let before = self.subscriptions.list.len();
        self.subscriptions.list.retain(|subscription| !subscription.id.eq_ignore_ascii_case(id));
        self.watch_mailboxes();
        self.subscriptions.list.len() < before
    }

    /// Sends notifications of all changes since the last call, and ends the subscriptions whose
    /// time is over.
    pub(crate) fn notify(&mut self) {
        let now = self.tenant.calendars.clock.now();
        let count = self.subscriptions.list.len();
        self.subscriptions.list.retain(|subscription| subscription.expires > now);
        if self.subscriptions.list.len() < count {
            self.watch_mailboxes();
        }
        for change in self.tenant.calendars.noted.take() {
            self.notify_of_item(&change);
        }
        self.notify_of_users();
        self.notify_of_groups();
    }

    /// Sends a lifecycle notification, if the subscription has an address for it.
    pub(crate) fn send_lifecycle(&mut self, id: &str, event: LifecycleEvent) {
        let tenant = self.tenant.id.clone();
        let Some(subscription) = self.subscriptions.find_mut(id) else { return };
        subscription.is_paused |= event == LifecycleEvent::ReauthorizationRequired;
        let Some(url) = subscription.lifecycle_url.clone() else { return };
        let item = content::lifecycle(subscription, event, &tenant);
        let id = subscription.id.clone();
        self.subscriptions.queue.push_lifecycle(id, url, item);
    }

    fn watch_mailboxes(&mut self) {
        self.tenant.calendars.noted.watch(self.subscriptions.mailboxes());
    }

    /// One change is reported more than once: a new event also as updated
    /// (<https://github.com/microsoftgraph/microsoft-graph-docs/issues/7598>).
    fn notify_of_item(&mut self, change: &ItemChange) {
        let target = Target::Events(change.mailbox.clone());
        let item = self.tenant.calendars.item(&change.mailbox, change.uid).cloned();
        let also = (change.kind == ChangeKind::Created).then_some(ChangeKind::Updated);
        for kind in [change.kind].into_iter().chain(also) {
            self.send(&target, kind, |subscription, tenant| {
                content::event(subscription, change, kind, item.as_ref(), tenant)
            });
        }
    }

    fn notify_of_users(&mut self) {
        let directory = &self.tenant.directory;
        let now = directory.sequence();
        let since = std::mem::replace(&mut self.subscriptions.users_seen, now);
        if self.subscriptions.count_of(&Target::Users) == 0 {
            return;
        }
        let slots = directory.changes(since, now);
        let entries: Vec<_> =
            slots.iter().filter_map(|slot| directory.at(*slot)).map(|user| brief(user)).collect();
        self.notify_of_directory(&Target::Users, since, entries);
    }

    fn notify_of_groups(&mut self) {
        let groups = &self.tenant.groups;
        let now = groups.sequence();
        let since = std::mem::replace(&mut self.subscriptions.groups_seen, now);
        if self.subscriptions.count_of(&Target::Groups) == 0 {
            return;
        }
        let changes = groups.changes(since, now).iter();
        let entries: Vec<_> = changes
            .filter_map(|change| groups.at(change.group))
            .map(|group| brief(group))
            .collect();
        self.notify_of_directory(&Target::Groups, since, entries);
    }

    fn notify_of_directory(
        &mut self,
        target: &Target,
        since: u32,
        entries: Vec<(String, ChangeKind)>,
    ) {
        for (number, (id, kind)) in (since + 1..).zip(entries) {
            self.send(target, kind, |subscription, tenant| {
                content::directory(subscription, &id, kind, number, tenant)
            });
        }
    }

    /// Sends a notification to all subscriptions to a target that want this kind of change.
    fn send(
        &mut self,
        target: &Target,
        kind: ChangeKind,
        content: impl Fn(&Subscription, &str) -> Value,
    ) {
        let subscriptions = &mut self.subscriptions;
        let wanting = subscriptions.list.iter().filter(|subscription| {
            subscription.target == *target
                && subscription.changes.contains(&kind)
                && !subscription.is_paused
        });
        for subscription in wanting {
            let (id, url) = (subscription.id.clone(), subscription.notification_url.clone());
            let item = content(subscription, &self.tenant.id);
            subscriptions.queue.push(id, url, item, &self.settings.notifications);
        }
    }
}

/// Returns the id of an object of the directory, and the kind of its change. New objects and those
/// in the recycle bin are reported as updated
/// (<https://learn.microsoft.com/graph/api/resources/subscription#properties>).
fn brief(entry: &Entry) -> (String, ChangeKind) {
    let kind = match entry.removed {
        Some(Removal::Permanent) => ChangeKind::Deleted,
        Some(Removal::Soft) | None => ChangeKind::Updated,
    };
    (entry.id.clone(), kind)
}
