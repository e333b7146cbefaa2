//! A plugin together with settings: what a run asks.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use tokio::sync::{
    mpsc,
    oneshot::{self, error::TryRecvError},
};
use url::Url;
use wasmtime::component::{Accessor, FutureReader, StreamReader};

use super::{
    CallError, Plugin, bindings,
    bounds::{self, Bounded},
    call::State,
    known::Origins,
    limits::Meter,
    origins,
    outbound::Outbound,
    stream::{Forward, Resolve},
};
use crate::{
    model::{
        BookingPolicy, Callback, CallbackOutcome, Choice, FieldError, Manifest, Purpose, Redirect,
        Refusal, Report, RoomBatch, RoomChange, Script, Summary, UserBatch, UserChange,
    },
    schema,
    secrets::Secrets,
    settings::Settings,
};

/// How long a call may take that asks nobody.
const PROMPT: Duration = Duration::from_secs(5);

/// In bytes.
const LARGEST_SCHEMA: usize = 1 << 20;

impl Plugin {
    /// What the plugin says of itself.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn describe(&self) -> Result<Manifest, CallError> {
        self.0.known.manifest.get_or_try_init(|| self.ask_manifest()).await.cloned()
    }

    async fn ask_manifest(&self) -> Result<Manifest, CallError> {
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
        schema::check(&schema)
            .map_err(|it| CallError::broke(format!("manifest.settings-schema: {it}")))?;
        manifest.check()?;
        Ok(manifest)
    }

    /// The origins that the plugin asks under these settings.
    ///
    /// # Errors
    /// [`Refusal::InvalidSettings`] where they do not fit; [`CallError::BrokeInterface`] where one
    /// is closed to the plugin: on this machine, and not named by the settings, or the host's own
    /// pages; else see [`CallError`].
    pub async fn origins(&self, settings: &Settings) -> Result<Vec<String>, CallError> {
        let text = settings.to_json();
        let origins = match self.0.known.origins(&text) {
            Some(origins) => origins,
            None => {
                let origins = self.ask_origins(text.clone()).await?;
                self.0.known.keep_origins(&text, origins.clone());
                origins
            }
        };
        let invalid = |fields| CallError::Refused(Refusal::InvalidSettings(fields));
        let origins = origins.map_err(invalid)?;
        origins::check(&origins, settings, &self.0.own_pages)?;
        Ok(origins)
    }

    async fn ask_origins(&self, settings: String) -> Result<Origins, CallError> {
        let meter = Arc::default();
        let origins = self
            .call(self.offline(&meter), &meter, PROMPT, async |accessor, plugin| {
                plugin.ones_integration_integration().call_origins(accessor, settings).await
            })
            .await?;
        origins.check()?;
        Ok(origins)
    }

    /// Sends nothing.
    fn offline(&self, meter: &Arc<Meter>) -> Outbound {
        Outbound::new(self.0.client.clone(), &[], meter.clone(), Secrets::default())
    }
}

/// A plugin under some settings. Texts that come from it name no secret of theirs.
#[derive(Clone)]
pub struct Session {
    plugin: Plugin,
    settings: Settings,
    origins: Result<Vec<String>, Vec<FieldError>>,
    pub(super) secrets: Secrets,
    pub(super) meter: Arc<Meter>,
}

impl Session {
    /// Asks the plugin for its schema and for the origins. Settings that do not fit are
    /// no error here: the plugin may then ask nobody, and says so when it is called.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn open(plugin: Plugin, settings: Settings) -> Result<Self, CallError> {
        let manifest = plugin.describe().await?;
        let secrets = Secrets::of(&settings, &manifest.schema());
        let origins = match plugin.origins(&settings).await {
            Ok(origins) => Ok(origins),
            Err(CallError::Refused(Refusal::InvalidSettings(fields))) => Err(fields),
            Err(error) => return Err(clean(&secrets, error)),
        };
        Ok(Self { plugin, settings, origins, secrets, meter: Arc::default() })
    }

    /// What the plugin says of the settings without asking anybody.
    ///
    /// # Errors
    /// [`Refusal::InvalidSettings`], with every wrong field.
    pub fn accepted(&self) -> Result<(), CallError> {
        let fields = self.origins.as_ref().err();
        fields.map_or(Ok(()), |fields| {
            let refusal = Refusal::InvalidSettings(fields.clone());
            Err(clean(&self.secrets, CallError::Refused(refusal)))
        })
    }

    /// The origins that the plugin asks under the settings.
    ///
    /// # Errors
    /// As [`Self::accepted`].
    pub fn origins(&self) -> Result<Vec<String>, CallError> {
        self.accepted()?;
        Ok(self.origins.clone().unwrap_or_default())
    }

    /// The settings it was opened with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The most linear memory that one call had, in bytes.
    pub fn peak_memory(&self) -> usize {
        self.meter.peak_memory()
    }

    /// Why requests failed, in the host's own words: the first few different ones.
    pub fn network_failures(&self) -> Vec<String> {
        let mut failures = self.meter.network_failures();
        self.secrets.redact_all(&mut failures);
        failures
    }

    /// Values for a field (JSON Pointer) that match what was typed, `limit` at most.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn choices(
        &self,
        field: &str,
        typed: &str,
        limit: u32,
    ) -> Result<Vec<Choice>, CallError> {
        let (settings, field, typed) =
            (self.settings.to_json(), field.to_owned(), typed.to_owned());
        let told = self.ask(async |accessor, plugin| {
            plugin
                .ones_integration_integration()
                .call_choices(accessor, settings, field, typed, limit)
                .await
        });
        let mut choices = self.answer(told.await)?;
        choices.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        choices.check()?;
        Ok(choices)
    }

    /// Tries the settings against the vendor.
    ///
    /// # Errors
    /// See [`CallError`]; a check that failed is none.
    pub async fn validate(&self) -> Result<Report, CallError> {
        let settings = self.settings.to_json();
        let told = self.ask(async |accessor, plugin| {
            plugin.ones_integration_integration().call_validate(accessor, settings).await
        });
        let mut report = told.await.map_err(|it| clean(&self.secrets, it))?;
        report.check()?;
        self.secrets.redact_report(&mut report);
        Ok(report)
    }

    /// Tells all selected rooms to `batches`. The plugin waits while it is full, and is
    /// cancelled where its other end is gone.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn sync_rooms(&self, batches: mpsc::Sender<RoomBatch>) -> Result<Summary, CallError> {
        let settings = self.settings.to_json();
        let summary = self.ask(async |accessor, plugin| {
            let (stream, future) =
                plugin.ones_integration_integration().call_sync_rooms(accessor, settings).await?;
            follow::<_, RoomBatch>(accessor, stream, future, batches).await
        });
        self.summary(summary.await)
    }

    /// Tells people from `since` on, or all of them; otherwise as [`Self::sync_rooms`].
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn sync_users(
        &self,
        since: Option<String>,
        batches: mpsc::Sender<UserBatch>,
    ) -> Result<Summary, CallError> {
        let settings = self.settings.to_json();
        let summary = self.ask(async |accessor, plugin| {
            let (stream, future) = plugin
                .ones_integration_integration()
                .call_sync_users(accessor, settings, since)
                .await?;
            follow::<_, UserBatch>(accessor, stream, future, batches).await
        });
        self.summary(summary.await.map_err(|error| match error {
            CallError::OutOfTime { plugin, seconds, .. } => {
                CallError::OutOfTime { plugin, seconds, goes_on: true }
            }
            error => error,
        }))
    }

    /// How these people stand now; [`crate::model::BATCH`] at most.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn read_users(&self, ids: Vec<String>) -> Result<Vec<UserChange>, CallError> {
        let settings = self.settings.to_json();
        let told = self.ask(async |accessor, plugin| {
            plugin.ones_integration_integration().call_read_users(accessor, settings, ids).await
        });
        self.changes(told.await)
    }

    /// How these groups stand now, without their members; [`crate::model::BATCH`] at most.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn read_groups(&self, ids: Vec<String>) -> Result<Vec<UserChange>, CallError> {
        let settings = self.settings.to_json();
        let told = self.ask(async |accessor, plugin| {
            plugin.ones_integration_integration().call_read_groups(accessor, settings, ids).await
        });
        self.changes(told.await)
    }

    /// How these rooms stand now; [`crate::model::BATCH`] at most.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn read_rooms(&self, ids: Vec<String>) -> Result<Vec<RoomChange>, CallError> {
        let settings = self.settings.to_json();
        let told = self.ask(async |accessor, plugin| {
            plugin.ones_integration_integration().call_read_rooms(accessor, settings, ids).await
        });
        let mut changes = self.answer(told.await)?;
        for change in &mut changes {
            if let RoomChange::RoomUnreadable(it) = change {
                self.secrets.redact(&mut it.reason);
            }
        }
        Ok(changes)
    }

    /// What the vendor's administrator runs so that the rooms with these e-mail addresses
    /// follow the policy. Asks nobody.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn booking_script(
        &self,
        rooms: Vec<String>,
        policy: BookingPolicy,
    ) -> Result<Script, CallError> {
        let settings = self.settings.to_json();
        let told = self
            .plugin
            .call(
                self.plugin.offline(&self.meter),
                &self.meter,
                PROMPT,
                async |accessor, plugin| {
                    plugin
                        .ones_integration_integration()
                        .call_booking_script(accessor, settings, rooms, policy)
                        .await
                },
            )
            .await;
        let script = self.answer(told)?;
        script.check()?;
        if !is_file_name(&script.file_name) {
            return Err(CallError::broke("a script of it is called what no file should be"));
        }
        if self.secrets.leak_in(&script.text) {
            return Err(CallError::broke("a script of it holds a secret"));
        }
        Ok(script)
    }

    /// Where to send a browser; the vendor sends it back to `redirect_uri`.
    ///
    /// # Errors
    /// See [`CallError`]; also where the address is none that a browser should follow.
    pub async fn begin_sign_in(
        &self,
        redirect_uri: &str,
        purpose: Purpose,
    ) -> Result<Redirect, CallError> {
        let (settings, redirect_uri) = (self.settings.to_json(), redirect_uri.to_owned());
        let told = self.ask(async |accessor, plugin| {
            plugin
                .ones_integration_integration()
                .call_begin_sign_in(accessor, settings, redirect_uri, purpose)
                .await
        });
        let redirect = self.answer(told.await)?;
        redirect.check()?;
        if !self.can_be_followed(&redirect.url) || self.secrets.leak_in(&redirect.url) {
            return Err(CallError::broke("redirect.url sends a browser where none should go"));
        }
        Ok(redirect)
    }

    /// Who came back from where [`Self::begin_sign_in`] sent them.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn handle_callback(&self, callback: Callback) -> Result<CallbackOutcome, CallError> {
        let settings = self.settings.to_json();
        let told = self.ask(async |accessor, plugin| {
            plugin
                .ones_integration_integration()
                .call_handle_callback(accessor, settings, callback)
                .await
        });
        let outcome = self.answer(told.await)?;
        outcome.check()?;
        Ok(outcome)
    }

    /// Whether a browser can be sent there: to https, or to plain http on loopback where the
    /// settings name it, and never to the host's own pages.
    fn can_be_followed(&self, url: &str) -> bool {
        // A parser passes over line breaks, a header does not.
        let is_one_line = url.bytes().all(|it| it.is_ascii_graphic());
        let own_pages = &self.plugin.0.own_pages;
        is_one_line
            && Url::parse(url).is_ok_and(|url| {
                origins::is_safe(&url)
                    && origins::why_closed(&url, &self.settings, own_pages).is_none()
            })
    }

    /// Calls the plugin in a fresh instance.
    async fn ask<R>(
        &self,
        work: impl AsyncFnOnce(&Accessor<State>, &bindings::Plugin) -> wasmtime::Result<R>,
    ) -> Result<R, CallError> {
        let time = self.plugin.0.limits.time;
        self.plugin.call(self.outbound(), &self.meter, time, work).await
    }

    /// What the plugin answered, or its error without secrets.
    fn answer<T>(&self, told: Result<Result<T, Refusal>, CallError>) -> Result<T, CallError> {
        let told = told.and_then(|it| it.map_err(CallError::Refused));
        told.map_err(|it| clean(&self.secrets, it))
    }

    fn outbound(&self) -> Outbound {
        Outbound::new(
            self.plugin.0.client.clone(),
            self.origins.as_deref().unwrap_or_default(),
            self.meter.clone(),
            self.secrets.clone(),
        )
        .storing(self.plugin.0.stored.under(&self.settings.to_json()))
    }

    fn changes(
        &self,
        told: Result<Result<Vec<UserChange>, Refusal>, CallError>,
    ) -> Result<Vec<UserChange>, CallError> {
        let mut changes = self.answer(told)?;
        changes.check()?;
        self.secrets.redact_changes(&mut changes);
        Ok(changes)
    }

    fn summary(
        &self,
        told: Result<Result<Summary, Refusal>, CallError>,
    ) -> Result<Summary, CallError> {
        let mut summary = self.answer(told)?;
        summary.check()?;
        self.secrets.redact_summary(&mut summary);
        Ok(summary)
    }
}

/// Whether it names a file wherever it is put, and steers neither a shell nor a browser.
fn is_file_name(name: &str) -> bool {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "._-".contains(it);
    (1..=100).contains(&name.len()) && !name.starts_with(['.', '-']) && name.chars().all(is_plain)
}

/// Reads stream and future to their end.
async fn follow<T, U>(
    accessor: &Accessor<State>,
    stream: StreamReader<T>,
    future: FutureReader<Result<Summary, Refusal>>,
    batches: mpsc::Sender<U>,
) -> wasmtime::Result<Result<Summary, Refusal>>
where
    T: wasmtime::component::Lift + Send + 'static,
    U: From<T> + Send + 'static,
{
    let (forward, mut ended) = Forward::<T, U>::new(batches);
    let (sender, result) = oneshot::channel();
    accessor.with(|mut store| {
        stream.pipe(&mut store, forward)?;
        future.pipe(&mut store, Resolve::new(sender))
    })?;
    let result = result.await.map_err(|_| CallError::broke("it ended a run without a result"))?;
    // What would still come is missing from a run that is complete.
    if result.is_ok() && matches!(ended.try_recv(), Err(TryRecvError::Empty)) {
        return Err(CallError::broke("it ended a run before its stream").into());
    }
    Ok(result)
}

/// Takes the secrets out of an error.
fn clean(secrets: &Secrets, mut error: CallError) -> CallError {
    match &mut error {
        CallError::Refused(refusal) => {
            bounds::shorten(refusal);
            secrets.redact_refusal(refusal);
        }
        CallError::Trapped { cause, stderr, .. } => secrets.redact_all([cause, stderr]),
        CallError::BrokeInterface { rule } => secrets.redact(rule),
        CallError::OutOfMemory { .. } | CallError::OutOfTime { .. } | CallError::Overdue => {}
    }
    error
}
