//! Notifications of changes.

use std::fmt;

use serde::{Deserialize, Serialize};
#[cfg(feature = "wasmtime")]
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::{Error, enumeration::enumeration};

/// What the vendor is asked to notify about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(variant))]
pub enum WatchSubject {
    /// The id of the room.
    #[cfg_attr(feature = "wasmtime", component(name = "room"))]
    Room(String),
    #[cfg_attr(feature = "wasmtime", component(name = "users"))]
    Users,
    #[cfg_attr(feature = "wasmtime", component(name = "groups"))]
    Groups,
}

/// A subject to watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct WatchRequest {
    pub subject: WatchSubject,
    pub email: Option<String>,
}

/// An agreement with the vendor to send notifications.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Subscription {
    pub id: String,
    pub subject: WatchSubject,
    pub renewed: i64,
    pub expires: i64,
}

/// A subscription that was made or renewed, or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct WatchResult {
    pub subject: WatchSubject,
    pub subscription: Result<Subscription, Error>,
    #[cfg_attr(feature = "wasmtime", component(name = "is-new"))]
    pub is_new: bool,
}

/// A request that reached the address for notifications.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct NotificationRequest {
    pub query: Vec<(String, String)>,
    pub body: Vec<u8>,
}

// The body contains the secret of the subscriptions.
impl fmt::Debug for NotificationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NotificationRequest({} bytes)", self.body.len())
    }
}

enumeration! {
    /// What a notification says of a subscription.
    #[serde(rename_all = "kebab-case")]
    Hint {
        Changed = "changed",
        Missed = "missed",
        Renew = "renew",
        Ended = "ended",
    }
}

/// A notification: which subject to sync, never what changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct NotificationHint {
    pub subscription: String,
    pub hint: Hint,
}

/// What the host does with a request that reached the address for notifications.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(variant))]
pub enum Notification {
    #[cfg_attr(feature = "wasmtime", component(name = "handshake"))]
    Handshake(String),
    #[cfg_attr(feature = "wasmtime", component(name = "hints"))]
    Hints(Vec<NotificationHint>),
}
