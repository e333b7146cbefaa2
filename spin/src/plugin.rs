//! What is asked of the plugin: `wit/integration.wit` with records as JSON.

use std::pin::Pin;

use futures_util::Stream;
use serde_json::Value;

use crate::problem::Problem;

/// The plugin. `settings` is the JSON text that it takes.
pub trait Plugin: Clone + 'static {
    /// What it says of itself.
    fn describe(&self) -> Value;

    /// Tries the settings.
    fn validate(&self, settings: String) -> impl Future<Output = Value>;

    /// Tells all rooms.
    fn sync_rooms(&self, settings: String) -> impl Future<Output = Run>;

    /// Tells people and groups, from a checkpoint on or all of them.
    fn sync_users(&self, settings: String, since: Option<String>) -> impl Future<Output = Run>;

    /// Where to send a browser.
    ///
    /// # Errors
    /// As the plugin gives them.
    fn begin_sign_in(
        &self,
        settings: String,
        redirect_uri: String,
        purpose: Purpose,
    ) -> impl Future<Output = Result<Redirect, Problem>>;

    /// Who came back.
    ///
    /// # Errors
    /// As the plugin gives them.
    fn handle_callback(
        &self,
        settings: String,
        callback: Callback,
    ) -> impl Future<Output = Result<Value, Problem>>;
}

/// A sync under way. Dropped, it ends the plugin's asking.
pub struct Run {
    /// One is asked for when the one before was taken: that is the back-pressure.
    pub batches: Pin<Box<dyn Stream<Item = Batch>>>,
    /// The summary, once the batches have ended.
    pub end: Pin<Box<dyn Future<Output = Result<Value, Problem>>>>,
}

/// What a sync tells at once.
#[derive(Debug, Default)]
pub struct Batch {
    /// What it tells of, and where it stands in an enumeration.
    pub head: Value,
    /// Records and changes, in their order.
    pub lines: Vec<Value>,
    /// From where a later run can go on.
    pub checkpoint: Option<String>,
}

/// Why a browser is sent to the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A person signs in.
    SignIn,
    /// An administrator grants the permissions.
    Consent,
}

/// Where a browser goes.
pub struct Redirect {
    /// Of the vendor.
    pub url: String,
    /// Secret: what the plugin needs again with the callback.
    pub flow: String,
}

/// What a browser came back with.
pub struct Callback {
    /// As it was given to `begin_sign_in`.
    pub redirect_uri: String,
    /// Decoded, in their order.
    pub parameters: Vec<(String, String)>,
    /// None where this browser has no sign-in under way.
    pub flow: Option<String>,
}
