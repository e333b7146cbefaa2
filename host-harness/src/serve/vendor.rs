//! The calls that the pages make to a plugin.

use std::{net::SocketAddr, pin::Pin};

use crate::{
    model::{
        BookingPolicy, Callback, CallbackOutcome, Choice, Explanation, Manifest, Notification,
        NotificationRequest, Purpose, Redirect, Refusal, Report, RoomAvailability, Script,
        TimeRange,
    },
    plugin::{CallError, Plugin, Session},
    settings::Settings,
};

/// The future result of a call.
pub type Asked<'a, T> = Pin<Box<dyn Future<Output = Result<T, CallError>> + Send + 'a>>;

/// A plugin, or its substitute in a test. The calls are those of the interface; each fails with a
/// [`CallError`].
#[expect(missing_docs, reason = "documented in the interface")]
pub trait Vendor: Send + Sync + 'static {
    /// Excludes the host's own pages from the addresses that the plugin may request.
    fn keep_from_own_pages(&self, _address: SocketAddr, _url: &str) {}

    fn describe(&self) -> Asked<'_, Manifest>;
    fn origins(&self, settings: Settings) -> Asked<'_, Vec<String>>;
    fn validate(&self, settings: Settings) -> Asked<'_, Report>;
    fn choices<'a>(
        &'a self,
        settings: Settings,
        field: &'a str,
        typed: &'a str,
        limit: u32,
    ) -> Asked<'a, Vec<Choice>>;
    fn begin_sign_in<'a>(
        &'a self,
        settings: Settings,
        redirect_uri: &'a str,
        purpose: Purpose,
    ) -> Asked<'a, Redirect>;
    fn handle_callback(&self, settings: Settings, callback: Callback)
    -> Asked<'_, CallbackOutcome>;
    fn booking_script(
        &self,
        settings: Settings,
        rooms: Vec<String>,
        policy: BookingPolicy,
    ) -> Asked<'_, Script>;
    fn availability(
        &self,
        settings: Settings,
        rooms: Vec<String>,
        window: TimeRange,
    ) -> Asked<'_, Vec<RoomAvailability>>;
    fn handle_notification(
        &self,
        _settings: Settings,
        _secret: String,
        _request: NotificationRequest,
    ) -> Asked<'_, Notification> {
        let cause = Explanation {
            code: "notifications-unsupported".to_owned(),
            summary: "The plugin does not offer notifications of changes".to_owned(),
            remedy: None,
            detail: None,
        };
        Box::pin(async { Err(CallError::Refused(Refusal::Unsupported(cause))) })
    }
}

impl Vendor for Plugin {
    fn keep_from_own_pages(&self, address: SocketAddr, url: &str) {
        self.keep_from_own_pages(address, url);
    }

    fn describe(&self) -> Asked<'_, Manifest> {
        Box::pin(self.describe())
    }

    fn origins(&self, settings: Settings) -> Asked<'_, Vec<String>> {
        Box::pin(async { Session::open(self.clone(), settings).await?.origins() })
    }

    fn validate(&self, settings: Settings) -> Asked<'_, Report> {
        Box::pin(async { Session::open(self.clone(), settings).await?.validate().await })
    }

    fn choices<'a>(
        &'a self,
        settings: Settings,
        field: &'a str,
        typed: &'a str,
        limit: u32,
    ) -> Asked<'a, Vec<Choice>> {
        Box::pin(async move {
            Session::open(self.clone(), settings).await?.choices(field, typed, limit).await
        })
    }

    fn begin_sign_in<'a>(
        &'a self,
        settings: Settings,
        redirect_uri: &'a str,
        purpose: Purpose,
    ) -> Asked<'a, Redirect> {
        Box::pin(async move {
            Session::open(self.clone(), settings).await?.begin_sign_in(redirect_uri, purpose).await
        })
    }

    fn handle_callback(
        &self,
        settings: Settings,
        callback: Callback,
    ) -> Asked<'_, CallbackOutcome> {
        Box::pin(async {
            Session::open(self.clone(), settings).await?.handle_callback(callback).await
        })
    }

    fn booking_script(
        &self,
        settings: Settings,
        rooms: Vec<String>,
        policy: BookingPolicy,
    ) -> Asked<'_, Script> {
        Box::pin(async move {
            Session::open(self.clone(), settings).await?.booking_script(rooms, policy).await
        })
    }

    fn availability(
        &self,
        settings: Settings,
        rooms: Vec<String>,
        window: TimeRange,
    ) -> Asked<'_, Vec<RoomAvailability>> {
        Box::pin(async move {
            Session::open(self.clone(), settings).await?.availability(rooms, window).await
        })
    }

    fn handle_notification(
        &self,
        settings: Settings,
        secret: String,
        request: NotificationRequest,
    ) -> Asked<'_, Notification> {
        Box::pin(async {
            Session::open(self.clone(), settings).await?.handle_notification(secret, request).await
        })
    }
}
