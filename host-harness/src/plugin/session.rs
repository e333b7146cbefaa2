//! A plugin together with settings: what a run asks.

mod bookings;
mod notifications;
mod reserve;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio::sync::{
    mpsc,
    oneshot::{self, error::TryRecvError},
};
use url::Url;
use wasmtime::{
    StoreContextMut,
    component::{Accessor, FutureReader, Lift, StreamReader},
};

use super::{
    CallError, Plugin, bindings,
    bounds::Bounded,
    call::State,
    door::admit,
    known::Origins,
    limits::Meter,
    loopback::is_safe,
    origins,
    outbound::Outbound,
    packed::Packed,
    stream::{Forward, Resolve},
    texts::{Texts, clean_error},
    users,
};
use crate::{
    form,
    model::{
        BookingPolicy, Callback, CallbackOutcome, Choice, Manifest, Purpose, Redirect, Refusal,
        Report, RoomBatch, RoomChange, Script, Summary, UserBatch, UserChange,
    },
    secrets::Secrets,
    settings::Settings,
};

/// Time limit of a call that sends no request.
const PROMPT: Duration = Duration::from_secs(5);

/// Largest schema of settings, in bytes.
const LARGEST_SCHEMA: usize = 1 << 20;

impl Plugin {
    /// Returns the plugin's description of itself.
    ///
    /// # Errors
    /// [`CallError::BrokeInterface`] where it is too large, or its schema is no JSON or too much
    /// work to read; else those of a call.
    pub async fn describe(&self) -> Result<Manifest, CallError> {
        Ok(self.described().await?.0.clone())
    }

    /// Returns the description and the schema in it.
    async fn described(&self) -> Result<&(Manifest, Value), CallError> {
        self.0.known.manifest.get_or_try_init(|| self.ask_manifest()).await
    }

    async fn ask_manifest(&self) -> Result<(Manifest, Value), CallError> {
        let meter = Arc::default();
        let manifest = self
            .call(self.offline(&meter), &meter, PROMPT, async |accessor, plugin| {
                plugin.ones_integration_integration().call_describe(accessor).await
            })
            .await?;
        if manifest.settings_schema.len() > LARGEST_SCHEMA {
            return Err(CallError::broke(format!(
                "manifest.settings-schema has more than {LARGEST_SCHEMA} bytes"
            )));
        }
        let schema = serde_json::from_str(&manifest.settings_schema).map_err(|it| {
            CallError::broke(format!("manifest.settings-schema is not JSON: {it}"))
        })?;
        form::check(&schema)
            .map_err(|it| CallError::broke(format!("manifest.settings-schema: {it}")))?;
        manifest.check()?;
        Ok((manifest, schema))
    }

    /// Returns the origins that the plugin asks under these settings, or what is wrong with them.
    async fn origins(&self, settings: &Settings, secrets: &Secrets) -> Result<Origins, CallError> {
        let text = settings.to_json();
        let origins = match self.0.known.origins(&text) {
            Some(origins) => origins,
            None => {
                let origins = self.ask_origins(text.clone(), secrets).await?;
                self.0.known.keep_origins(&text, origins.clone());
                origins
            }
        };
        if let Ok(origins) = &origins {
            origins::check(origins, settings, &self.0.own_pages)?;
        }
        Ok(origins)
    }

    async fn ask_origins(&self, settings: String, secrets: &Secrets) -> Result<Origins, CallError> {
        let meter = Arc::default();
        let origins = self
            .call(self.offline(&meter), &meter, PROMPT, async |accessor, plugin| {
                plugin.ones_integration_integration().call_origins(accessor, settings).await
            })
            .await
            .map_err(|error| clean_error(secrets, error))?;
        admit(secrets, origins)
    }

    /// Returns what refuses every request.
    fn offline(&self, meter: &Arc<Meter>) -> Outbound {
        Outbound::new(self.0.client.clone(), &[], meter.clone(), Secrets::default())
    }
}

/// A plugin under some settings. What its calls return is within bounds and names no secret.
#[derive(Clone)]
pub struct Session {
    plugin: Plugin,
    settings: Settings,
    origins: Origins,
    secrets: Secrets,
    meter: Arc<Meter>,
}

impl Session {
    /// Reads the plugin's schema and its origins under these settings. Settings that do not fit are
    /// no error here: the plugin may then send no request, and its calls return what is wrong.
    ///
    /// # Errors
    /// [`CallError::BrokeInterface`] where an origin is closed to plugins, since it is on this
    /// machine and not named by the settings, or serves the host's own pages; else those of
    /// [`Plugin::describe`].
    pub async fn open(plugin: Plugin, settings: Settings) -> Result<Self, CallError> {
        let secrets = Secrets::of(&settings, &plugin.described().await?.1);
        let origins = plugin.origins(&settings, &secrets).await?;
        Ok(Self { plugin, settings, origins, secrets, meter: Arc::default() })
    }

    /// Returns the plugin's verdict on the settings. Sends no request.
    ///
    /// # Errors
    /// [`Refusal::InvalidSettings`], with every wrong field.
    pub fn accepted(&self) -> Result<(), CallError> {
        self.origins().map(drop)
    }

    /// Returns the origins that the plugin asks under the settings.
    ///
    /// # Errors
    /// As [`Self::accepted`].
    pub fn origins(&self) -> Result<Vec<String>, CallError> {
        self.origins.clone().map_err(|fields| Refusal::InvalidSettings(fields).into())
    }

    /// Returns the settings that the session was opened with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the number of requests that were sent.
    pub fn requests(&self) -> u32 {
        self.meter.requests()
    }

    /// Returns the most linear memory that one call had, in bytes.
    pub fn peak_memory(&self) -> usize {
        self.meter.peak_memory()
    }

    /// Returns why requests failed, as the host saw it: the first few different causes.
    pub fn network_failures(&self) -> Vec<String> {
        let mut failures = self.meter.network_failures();
        let search = self.secrets.search();
        failures.iter_mut().for_each(|text| search.redact(text));
        failures
    }

    /// Returns values for a field (JSON Pointer) that match what was typed, `limit` at most.
    ///
    /// # Errors
    /// Those of a call.
    pub async fn choices(
        &self,
        field: &str,
        typed: &str,
        limit: u32,
    ) -> Result<Vec<Choice>, CallError> {
        let (settings, field, typed) =
            (self.settings.to_json(), field.to_owned(), typed.to_owned());
        let choices = self.ask(async |accessor, plugin| {
            plugin
                .ones_integration_integration()
                .call_choices(accessor, settings, field, typed, limit)
                .await
        });
        let mut choices = choices.await?;
        choices.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        self.admit(choices)
    }

    /// Tests the settings at the vendor. A check that failed is no error.
    ///
    /// # Errors
    /// Those of a call.
    pub async fn validate(&self) -> Result<Report, CallError> {
        let settings = self.settings.to_json();
        let report = self.ask(async |accessor, plugin| {
            plugin.ones_integration_integration().call_validate(accessor, settings).await.map(Ok)
        });
        self.admit(report.await?)
    }

    /// Sends all selected rooms to `batches`. The plugin waits while the channel is full, and is
    /// cancelled where the receiver is gone.
    ///
    /// # Errors
    /// Those of a call.
    pub async fn sync_rooms(&self, batches: mpsc::Sender<RoomBatch>) -> Result<Summary, CallError> {
        let settings = self.settings.to_json();
        let secrets = self.secrets.clone();
        let admit = move |_: StoreContextMut<'_, State>, batch| Ok(admit(&secrets, batch)?);
        let summary = self.ask(async |accessor, plugin| {
            let (stream, future) =
                plugin.ones_integration_integration().call_sync_rooms(accessor, settings).await?;
            follow(accessor, stream, future, batches, admit).await
        });
        self.admit(summary.await?)
    }

    /// Sends users and groups to `batches`: those that changed since the checkpoint `since`, or
    /// all. Else as [`Self::sync_rooms`].
    ///
    /// # Errors
    /// Those of a call.
    pub async fn sync_users(
        &self,
        since: Option<String>,
        batches: mpsc::Sender<UserBatch<Packed>>,
    ) -> Result<Summary, CallError> {
        let settings = self.settings.to_json();
        let secrets = self.secrets.clone();
        let admit = move |store: StoreContextMut<'_, State>, batch| {
            users::admit_batch(&secrets, store, batch)
        };
        let summary = self.ask(async |accessor, plugin| {
            let (stream, future) = plugin
                .ones_integration_integration()
                .call_sync_users(accessor, settings, since)
                .await?;
            follow(accessor, stream, future, batches, admit).await
        });
        self.admit(summary.await.map_err(goes_on)?)
    }

    /// Reads these users by id, [`crate::model::BATCH`] at most.
    ///
    /// # Errors
    /// Those of a call.
    pub async fn read_users(&self, ids: Vec<String>) -> Result<Vec<UserChange>, CallError> {
        let settings = self.settings.to_json();
        let changes = self.ask(async |accessor, plugin| {
            plugin.ones_integration_integration().call_read_users(accessor, settings, ids).await
        });
        self.admit(changes.await?)
    }

    /// Reads these groups by id, without their members; [`crate::model::BATCH`] at most.
    ///
    /// # Errors
    /// Those of a call.
    pub async fn read_groups(&self, ids: Vec<String>) -> Result<Vec<UserChange>, CallError> {
        let settings = self.settings.to_json();
        let changes = self.ask(async |accessor, plugin| {
            plugin.ones_integration_integration().call_read_groups(accessor, settings, ids).await
        });
        self.admit(changes.await?)
    }

    /// Reads these rooms by id, [`crate::model::BATCH`] at most.
    ///
    /// # Errors
    /// Those of a call.
    pub async fn read_rooms(&self, ids: Vec<String>) -> Result<Vec<RoomChange>, CallError> {
        let settings = self.settings.to_json();
        let changes = self.ask(async |accessor, plugin| {
            plugin.ones_integration_integration().call_read_rooms(accessor, settings, ids).await
        });
        self.admit(changes.await?)
    }

    /// Returns what the vendor's administrator runs so that the rooms with these e-mail addresses
    /// follow the policy. Sends no request.
    ///
    /// # Errors
    /// Those of a call.
    pub async fn booking_script(
        &self,
        rooms: Vec<String>,
        policy: BookingPolicy,
    ) -> Result<Script, CallError> {
        let settings = self.settings.to_json();
        let outbound = self.plugin.offline(&self.meter);
        let script = self.ask_within(outbound, PROMPT, async |accessor, plugin| {
            plugin
                .ones_integration_integration()
                .call_booking_script(accessor, settings, rooms, policy)
                .await
        });
        let script = self.admit(script.await?)?;
        if !is_file_name(&script.file_name) {
            return Err(CallError::broke("script.file-name is no plain name of a file"));
        }
        Ok(script)
    }

    /// Returns where to send a browser. The vendor sends it back to `redirect_uri`.
    ///
    /// # Errors
    /// [`CallError::BrokeInterface`] where no browser should follow the address; else those of a
    /// call.
    pub async fn begin_sign_in(
        &self,
        redirect_uri: &str,
        purpose: Purpose,
    ) -> Result<Redirect, CallError> {
        let (settings, redirect_uri) = (self.settings.to_json(), redirect_uri.to_owned());
        let redirect = self.ask(async |accessor, plugin| {
            plugin
                .ones_integration_integration()
                .call_begin_sign_in(accessor, settings, redirect_uri, purpose)
                .await
        });
        let redirect = self.admit(redirect.await?)?;
        if !self.can_be_followed(&redirect.url) {
            return Err(CallError::broke("redirect.url sends a browser where none should go"));
        }
        Ok(redirect)
    }

    /// Returns the result of a sign-in whose browser came back from where
    /// [`Self::begin_sign_in`] sent it.
    ///
    /// # Errors
    /// Those of a call.
    pub async fn handle_callback(&self, callback: Callback) -> Result<CallbackOutcome, CallError> {
        let settings = self.settings.to_json();
        let outcome = self.ask(async |accessor, plugin| {
            plugin
                .ones_integration_integration()
                .call_handle_callback(accessor, settings, callback)
                .await
        });
        self.admit(outcome.await?)
    }

    /// Returns whether a browser can be sent there: to https, or to plain http on loopback where
    /// the settings name it, and never to the host's own pages.
    fn can_be_followed(&self, url: &str) -> bool {
        // A URL parser skips line breaks, a header does not.
        let is_one_line = url.bytes().all(|byte| byte.is_ascii_graphic());
        let own_pages = &self.plugin.0.own_pages;
        is_one_line
            && Url::parse(url).is_ok_and(|url| {
                is_safe(&url) && origins::why_closed(&url, &self.settings, own_pages).is_none()
            })
    }

    /// Calls the plugin in a fresh instance. Returns its answer, to be admitted.
    async fn ask<T>(
        &self,
        work: impl AsyncFnOnce(&Accessor<State>, &bindings::Plugin) -> Answer<T>,
    ) -> Result<T, CallError> {
        self.ask_at_most(self.plugin.0.limits.time, work).await
    }

    /// As [`Self::ask`], with another time limit.
    async fn ask_at_most<T>(
        &self,
        time: Duration,
        work: impl AsyncFnOnce(&Accessor<State>, &bindings::Plugin) -> Answer<T>,
    ) -> Result<T, CallError> {
        let outbound = Outbound::new(
            self.plugin.0.client.clone(),
            self.origins.as_deref().unwrap_or_default(),
            self.meter.clone(),
            self.secrets.clone(),
        );
        let outbound = outbound.storing(self.plugin.0.stored.under(&self.settings.to_json()));
        self.ask_within(outbound, time, work).await
    }

    async fn ask_within<T>(
        &self,
        outbound: Outbound,
        time: Duration,
        work: impl AsyncFnOnce(&Accessor<State>, &bindings::Plugin) -> Answer<T>,
    ) -> Result<T, CallError> {
        let answer = self.plugin.call(outbound, &self.meter, time, work).await;
        let answer = answer.and_then(|it| it.map_err(CallError::from));
        answer.map_err(|error| clean_error(&self.secrets, error))
    }

    pub(super) fn admit<T: Bounded + Texts>(&self, answer: T) -> Result<T, CallError> {
        admit(&self.secrets, answer)
    }
}

/// Adds to a time-out that the next call goes on from the last checkpoint.
fn goes_on(error: CallError) -> CallError {
    match error {
        CallError::OutOfTime { plugin, seconds, .. } => {
            CallError::OutOfTime { plugin, seconds, goes_on: true }
        }
        error => error,
    }
}

/// An answer as the bindings return it.
type Answer<T> = wasmtime::Result<Result<T, Refusal>>;

/// Returns whether it names a file on every system, and steers neither a shell nor a browser.
fn is_file_name(name: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    (1..=100).contains(&name.len()) && !name.starts_with(['.', '-']) && name.chars().all(is_plain)
}

/// Reads stream and future to their end.
async fn follow<R, T>(
    accessor: &Accessor<State>,
    stream: StreamReader<R>,
    future: FutureReader<Result<Summary, Refusal>>,
    batches: mpsc::Sender<T>,
    admit: impl Fn(StoreContextMut<'_, State>, R) -> wasmtime::Result<T> + Unpin + Send + 'static,
) -> Answer<Summary>
where
    R: Lift + Send + 'static,
    T: Send + 'static,
{
    let (forward, mut ended) = Forward::new(batches, admit);
    let (sender, result) = oneshot::channel();
    accessor.with(|mut store| {
        stream.pipe(&mut store, forward)?;
        future.pipe(&mut store, Resolve::new(sender))
    })?;
    let result = result.await.map_err(|_| CallError::broke("it ended a run without a result"))?;
    // A run that reports that it is complete would lack what still comes.
    if result.is_ok() && matches!(ended.try_recv(), Err(TryRecvError::Empty)) {
        return Err(CallError::broke("it ended a run before its stream").into());
    }
    Ok(result)
}
