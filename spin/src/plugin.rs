//! The functions of the plugin: those of `wit/integration.wit`, with records as JSON.

use std::pin::Pin;

use futures_util::Stream;
use serde_json::Value;

use crate::problem::Problem;

/// The plugin. `settings` is always a JSON text.
pub trait Plugin: Clone + 'static {
    /// Returns the manifest: name, schema of the settings, permissions.
    fn describe(&self) -> Value;

    /// Checks the settings, and returns a report.
    fn validate(&self, settings: String) -> impl Future<Output = Value>;

    /// Lists all rooms.
    fn sync_rooms(&self, settings: String) -> impl Future<Output = Run>;

    /// Lists users and groups: all of them, or what changed since a checkpoint.
    fn sync_users(&self, settings: String, since: Option<String>) -> impl Future<Output = Run>;

    /// Begins a sign-in, and returns where to send the browser.
    ///
    /// # Errors
    /// Those of the plugin.
    fn begin_sign_in(
        &self,
        settings: String,
        redirect_uri: String,
        purpose: Purpose,
    ) -> impl Future<Output = Result<Redirect, Problem>>;

    /// Finishes a sign-in, and returns the user or the granted consent.
    ///
    /// # Errors
    /// Those of the plugin.
    fn handle_callback(
        &self,
        settings: String,
        callback: Callback,
    ) -> impl Future<Output = Result<Value, Problem>>;
}

/// A running sync. Dropping it ends the requests of the plugin.
pub struct Run {
    /// A batch is requested once the previous one was taken, so that a slow client slows the sync.
    pub batches: Pin<Box<dyn Stream<Item = Batch>>>,
    /// The summary, once the batches have ended.
    pub end: Pin<Box<dyn Future<Output = Result<Value, Problem>>>>,
}

/// A part of the result of a sync.
#[derive(Debug, Default)]
pub struct Batch {
    /// Kind of the records, and the position in an enumeration.
    pub head: Value,
    /// Records and changes, in the order of the plugin.
    pub lines: Vec<Value>,
    /// Where a later run can continue.
    pub checkpoint: Option<String>,
}

/// Why a browser is sent to the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A user signs in.
    SignIn,
    /// An administrator grants the permissions.
    Consent,
}

/// Where to send a browser.
pub struct Redirect {
    /// URL of the vendor.
    pub url: String,
    /// State that the plugin needs again with the callback. Secret.
    pub flow: String,
}

/// The request with which a browser comes back from the vendor.
pub struct Callback {
    /// The value that was passed to `begin_sign_in`.
    pub redirect_uri: String,
    /// Decoded parameters of the query or the form, in their order.
    pub parameters: Vec<(String, String)>,
    /// `None` where this browser began no sign-in.
    pub flow: Option<String>,
}
