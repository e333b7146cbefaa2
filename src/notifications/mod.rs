//! Notifications of changes.

use crate::{
    error::{Error, Explanation},
    host::Host,
    model::{Notification, NotificationRequest, Subscription, WatchRequest, WatchResult},
    settings::Settings,
};

/// What the host wants to be notified about.
#[derive(Debug)]
pub struct Wanted {
    /// What to be notified about.
    pub subjects: Vec<WatchRequest>,
    /// Where notifications are sent.
    pub address: String,
    /// What every notification must carry.
    pub secret: String,
    /// The subscriptions that the host has.
    pub held: Vec<Subscription>,
    /// Whether to end subscriptions that the host does not have.
    pub sweep: bool,
}

fn not_yet<T>() -> Result<T, Error> {
    Err(Error::Unsupported(Explanation::new("not-yet", "Not yet")))
}

/// Makes, renews and ends subscriptions.
pub async fn watch<H: Host>(
    _host: &H,
    _settings: &Settings,
    _wanted: &Wanted,
) -> Result<Vec<WatchResult>, Error> {
    not_yet()
}

/// Ends subscriptions.
pub async fn unwatch<H: Host>(
    _host: &H,
    _settings: &Settings,
    _held: &[Subscription],
) -> Result<(), Error> {
    not_yet()
}

/// Interprets a request that reached the address for notifications.
pub fn handle(
    _settings: &Settings,
    _secret: &str,
    _request: &NotificationRequest,
) -> Result<Notification, Error> {
    not_yet()
}
