//! [`Control`] over subscriptions to notifications of changes, and over the notifications that are
//! on their way.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Control;
use crate::error::ControlError;
use crate::state::State;
use crate::state::subscriptions::queue::{
    NotificationBrief, NotificationDelivery, NotificationStep,
};
use crate::state::subscriptions::{LifecycleEvent, Subscription};

/// A subscription to notifications of changes, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionEntry {
    /// Id.
    pub id: String,
    /// What it is about, as it was named.
    pub resource: String,
    /// Kinds of changes.
    pub change_type: String,
    /// Address for notifications of changes.
    pub notification_url: String,
    /// Address for lifecycle notifications.
    pub lifecycle_notification_url: Option<String>,
    /// When it expires.
    pub expires: Timestamp,
    /// Whether it has to be authorized again. Until then, changes are lost.
    pub paused: bool,
}

/// A notification that Microsoft has not sent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ForgedNotification {
    /// Subscription that it names, and to whose address it is sent.
    pub subscription: Option<String>,
    /// Address to send it to instead.
    pub url: Option<String>,
    /// Secret that it carries.
    pub client_state: Option<String>,
    /// The complete notification instead of an invented one.
    pub item: Option<Value>,
}

impl Control {
    /// Lists the subscriptions that have not expired, oldest first.
    #[must_use]
    pub fn subscriptions(&self) -> Vec<SubscriptionEntry> {
        self.change(|state| {
            state.notify();
            state.subscriptions.list().iter().map(entry).collect()
        })
    }

    /// Returns the secret that the notifications of a subscription carry, if it has one.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such subscription.
    pub fn subscription_secret(&self, id: &str) -> Result<Option<String>, ControlError> {
        self.read(|state| Ok(find(state, id)?.client_state.clone()))
    }

    /// Ends a subscription as Microsoft does. With `announce`, a lifecycle notification says so.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such subscription.
    pub fn remove_subscription(&self, id: &str, announce: bool) -> Result<(), ControlError> {
        self.change(|state| {
            find(state, id)?;
            if announce {
                state.send_lifecycle(id, LifecycleEvent::SubscriptionRemoved);
            }
            state.unsubscribe(id);
            Ok(())
        })
    }

    /// Sends a lifecycle notification. The subscription stays; after
    /// [`LifecycleEvent::ReauthorizationRequired`], changes are lost until it is authorized again.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such subscription.
    pub fn send_lifecycle(&self, id: &str, event: LifecycleEvent) -> Result<(), ControlError> {
        self.change(|state| {
            find(state, id)?;
            state.send_lifecycle(id, event);
            Ok(())
        })
    }

    /// Makes notifications wait, or lets all that wait go on.
    pub fn hold_notifications(&self, hold: bool) {
        self.change(|state| state.subscriptions.queue.hold(hold));
    }

    /// Lists the notifications that wait, in the order in which they will be sent.
    #[must_use]
    pub fn waiting_notifications(&self) -> Vec<NotificationBrief> {
        self.read(|state| state.subscriptions.queue.waiting())
    }

    /// Does something with the first `count` notifications that wait, of one subscription or of
    /// all. Returns their number.
    pub fn step_notifications(
        &self,
        step: NotificationStep,
        subscription: Option<&str>,
        count: Option<usize>,
    ) -> usize {
        self.change(|state| state.subscriptions.queue.step(step, subscription, count))
    }

    /// Lists the last 20,000 requests to the addresses of subscriptions, oldest first. The tests of
    /// an address are none of them.
    #[must_use]
    pub fn notification_deliveries(&self) -> Vec<NotificationDelivery> {
        self.read(|state| state.subscriptions.queue.log())
    }

    /// Clears the list of deliveries. Their numbers continue.
    pub fn clear_notification_deliveries(&self) {
        self.change(|state| state.subscriptions.queue.clear_log());
    }

    /// Sends a notification that Microsoft has not sent.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if there is no such subscription, [`ControlError::Invalid`] if
    /// there is no address.
    pub fn forge_notification(&self, forged: &ForgedNotification) -> Result<(), ControlError> {
        self.change(|state| {
            let named = forged.subscription.as_deref();
            let url = match (&forged.url, named) {
                (Some(url), _) => url.clone(),
                (None, Some(id)) => find(state, id)?.notification_url.clone(),
                (None, None) => {
                    let text = "a forged notification needs a 'subscription' or a 'url'";
                    return Err(ControlError::Invalid(text.to_owned()));
                }
            };
            let item = forged.item.clone().unwrap_or_else(|| {
                json!({
                    "subscriptionId": named,
                    "clientState": forged.client_state,
                    "changeType": "updated",
                    "resource": "Users/00000000-0000-0000-0000-000000000000/Events/forged",
                    "tenantId": state.tenant.id,
                })
            });
            state.subscriptions.queue.push_forged(url, item);
            Ok(())
        })
    }
}

fn find<'a>(state: &'a State, id: &str) -> Result<&'a Subscription, ControlError> {
    state.subscriptions.find(id).ok_or_else(|| ControlError::no("subscription", id))
}

fn entry(subscription: &Subscription) -> SubscriptionEntry {
    SubscriptionEntry {
        id: subscription.id.clone(),
        resource: subscription.resource.clone(),
        change_type: subscription.change_type(),
        notification_url: subscription.notification_url.clone(),
        lifecycle_notification_url: subscription.lifecycle_url.clone(),
        expires: subscription.expires,
        paused: subscription.is_paused,
    }
}
