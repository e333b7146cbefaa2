//! Calls about notifications of changes.

use super::{super::CallError, PROMPT, Session};
use crate::model::{Notification, NotificationRequest, Subscription, WatchRequest, WatchResult};

impl Session {
    /// Makes, renews and ends subscriptions, so that the vendor sends notifications about these
    /// subjects to `address`. With `sweep`, also ends those that are sent to this address and are
    /// not among `held`.
    ///
    /// # Errors
    /// Those of a call.
    pub async fn watch(
        &self,
        subjects: Vec<WatchRequest>,
        address: String,
        secret: String,
        held: Vec<Subscription>,
        sweep: bool,
    ) -> Result<Vec<WatchResult>, CallError> {
        let settings = self.settings.to_json();
        let watched = self.ask(async |accessor, plugin| {
            plugin
                .ones_integration_integration()
                .call_watch(accessor, settings, subjects, address, secret, held, sweep)
                .await
        });
        self.admit(watched.await?)
    }

    /// Ends subscriptions.
    ///
    /// # Errors
    /// Those of a call.
    pub async fn unwatch(&self, held: Vec<Subscription>) -> Result<(), CallError> {
        let settings = self.settings.to_json();
        self.ask(async |accessor, plugin| {
            plugin.ones_integration_integration().call_unwatch(accessor, settings, held).await
        })
        .await
    }

    /// Interprets a request that reached the address for notifications. Sends no request.
    ///
    /// # Errors
    /// [`crate::model::Refusal::Rejected`] where nothing in it carries the secret; else those of a
    /// call.
    pub async fn handle_notification(
        &self,
        secret: String,
        request: NotificationRequest,
    ) -> Result<Notification, CallError> {
        let settings = self.settings.to_json();
        let outbound = self.plugin.offline(&self.meter);
        let notification = self.ask_within(outbound, PROMPT, async |accessor, plugin| {
            plugin
                .ones_integration_integration()
                .call_handle_notification(accessor, settings, secret, request)
                .await
        });
        self.admit(notification.await?)
    }
}
