//! The sync: stores what a plugin reports.
//!
//! A batch, its checkpoint and the state of the sync are stored in one transaction, where batches
//! come fast together with those that follow and the last checkpoint. Removals wait
//! until the run has ended well. Then they are applied, or held where there are too many (see
//! [`Limit`]). Memory does not grow with the number of users, nor of memberships.

mod bookings;
mod change;
mod changes;
mod log;
mod order;
mod room_batch;
mod rooms;
mod session;
mod settle;
mod source;
mod sweep;
mod users;
mod waiting;

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    error::Error,
    model::{Refusal, Summary, Unreadable},
    plugin::CallError,
    store::{IntegrationId, Numbers, RoomProblem, RunCounts, RunId, RunKind, Store, StoreError},
};
pub use bookings::{BookingOptions, Difference, Verified, What, verify as verify_bookings};
pub use change::{Action, Change, FieldChange, Observer, Unobserved};
use log::Log;
pub use session::SessionSource;
pub use settle::Limit;
pub use source::{Source, Watching};

/// Default of [`Options::missing_grace`].
pub const MISSING_GRACE: Duration = Duration::from_secs(60 * 60);

/// Why a run is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// An administrator asked for it, or it is scheduled and reads all there is. If no room can be
    /// read, a run of bookings fails.
    Asked,
    /// Some rooms are due. Other runs read the others, so that the run does not fail with these.
    Due,
    /// Notifications named what changed. As [`Self::Due`]; and since there are many such runs, they
    /// do no work on other rooms, and lists of runs leave them out.
    Notified,
}

/// Options of a run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Passes no checkpoint, so that all users and groups are reported.
    pub full: bool,
    /// Number of removals that are applied without approval.
    pub limit: Limit,
    /// Time after the vendor's last report of a record until it can be removed for being absent
    /// from a listing or an answer: then it is read by id, and removed where that does not find it
    /// either. The vendor's replicas lag behind each other. A removal that the vendor itself
    /// reports does not wait.
    pub missing_grace: Duration,
    /// Groups of ONES that a user joins when first seen.
    pub default_groups: Vec<String>,
    /// How bookings are read.
    pub bookings: BookingOptions,
    /// Why the run is done.
    pub occasion: Occasion,
    /// Time of the run; by default, the current time.
    pub now: Option<Timestamp>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            full: false,
            limit: Limit::default(),
            missing_grace: MISSING_GRACE,
            default_groups: Vec::new(),
            bookings: BookingOptions::default(),
            occasion: Occasion::Asked,
            now: None,
        }
    }
}

/// Whether a run reported all records, or changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum RunMode {
    Full,
    Incremental,
}

impl RunMode {
    /// Returns the name in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Incremental => "incremental",
        }
    }
}

/// Result of a run that ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Full where any part of the run was.
    pub mode: RunMode,
    /// Number of changes.
    pub counts: RunCounts,
    /// Records that could not be read, the first [`Outcome::UNREADABLE`].
    pub unreadable: Vec<Unreadable>,
    /// Of a run of bookings: rooms that could not be read, the first 100.
    pub room_failures: Vec<RoomProblem>,
    /// The plugin's summary.
    pub summary: Summary,
}

impl Outcome {
    /// Largest number of unreadable records in a result, so that memory does not grow with them.
    pub const UNREADABLE: usize = 1_000;
}

/// The sync of one integration in a store.
pub struct Sync<'a> {
    store: &'a mut Store,
    source: &'a mut dyn Source,
    observer: &'a mut dyn Observer,
    options: Options,
}

impl<'a> Sync<'a> {
    /// Returns a sync of these parts.
    pub fn new(
        store: &'a mut Store,
        source: &'a mut dyn Source,
        observer: &'a mut dyn Observer,
        options: Options,
    ) -> Self {
        Self { store, source, observer, options }
    }

    /// Does a run of the users and groups of the integration called `name`.
    ///
    /// # Errors
    /// Those of the plugin and of the store. What was stored before stays, and no record is
    /// removed.
    pub fn users(self, name: &str) -> Result<Outcome, Error> {
        self.named(RunKind::Users, name)
    }

    /// Does a run of the rooms of the integration called `name`.
    ///
    /// # Errors
    /// As [`Self::users`].
    pub fn rooms(self, name: &str) -> Result<Outcome, Error> {
        self.named(RunKind::Rooms, name)
    }

    /// Does a run of the bookings of the rooms of the integration called `name`.
    ///
    /// # Errors
    /// As [`Self::users`]. A room that cannot be read is an error only where no other one can.
    pub fn bookings(self, name: &str) -> Result<Outcome, Error> {
        self.named(RunKind::Bookings, name)
    }

    /// Does a run of the integration called `name`, which is created where it does not exist.
    ///
    /// # Errors
    /// As [`Self::users`].
    pub fn named(self, kind: RunKind, name: &str) -> Result<Outcome, Error> {
        let known = self.store.integration(name)?.is_some();
        let integration = self.store.ensure_integration(name)?;
        self.run_known(kind, integration, known)
    }

    /// Does a run of an integration that exists.
    ///
    /// # Errors
    /// As [`Self::users`].
    pub fn run(self, kind: RunKind, integration: IntegrationId) -> Result<Outcome, Error> {
        self.run_known(kind, integration, true)
    }

    fn run_known(
        self,
        kind: RunKind,
        integration: IntegrationId,
        known: bool,
    ) -> Result<Outcome, Error> {
        let notified = self.options.occasion == Occasion::Notified;
        let id = self.store.transaction(integration, |it| it.start_run(kind, notified))?;
        let log = Log::begin(self.store, integration, kind, notified)?;
        let mut run = Run {
            store: &mut *self.store,
            observer: self.observer,
            options: self.options,
            integration,
            kind,
            id,
            mode: RunMode::Full,
            counts: RunCounts::default(),
            unreadable: Vec::new(),
            room_failures: Vec::new(),
            numbers: Numbers::default(),
            peak_memory: None,
        };
        let synced = match kind {
            RunKind::Users => users::sync(&mut run, self.source),
            RunKind::Rooms => rooms::sync(&mut run, self.source),
            RunKind::Bookings => bookings::sync(&mut run, self.source),
        };
        run.peak_memory = self.source.peak_memory();
        match synced {
            Ok(summary) => {
                log.ended(run.mode, &run.counts, &summary);
                if notified {
                    run.forget_notified()?;
                }
                Ok(Outcome {
                    mode: run.mode,
                    counts: run.counts,
                    unreadable: run.unreadable,
                    room_failures: run.room_failures,
                    summary,
                })
            }
            Err(error) => {
                log.failed(&error);
                let refused =
                    matches!(error, Error::Call(CallError::Refused(Refusal::InvalidSettings(_))));
                if !known && refused && run.counts == RunCounts::default() {
                    self.store.forget_integration(integration)?;
                    return Err(error);
                }
                // On a full disk not even the failure can be stored. The run then stays unfinished.
                let _ = run.failed(&error, self.source.requests());
                Err(error)
            }
        }
    }
}

/// A run under way.
struct Run<'a> {
    store: &'a mut Store,
    observer: &'a mut dyn Observer,
    options: Options,
    integration: IntegrationId,
    kind: RunKind,
    id: RunId,
    mode: RunMode,
    counts: RunCounts,
    unreadable: Vec<Unreadable>,
    room_failures: Vec<RoomProblem>,
    numbers: Numbers,
    peak_memory: Option<u64>,
}

impl Run<'_> {
    fn now(&self) -> Timestamp {
        self.options.now.unwrap_or_else(Timestamp::now)
    }

    /// Deletes the run where it changed nothing, and older runs because of notifications.
    fn forget_notified(&mut self) -> Result<(), StoreError> {
        let (id, now, is_often) = (self.id, self.now(), self.kind == RunKind::Bookings);
        self.store.transaction(self.integration, |transaction| {
            transaction.forget_quiet_run(id)?;
            // Scheduled runs of bookings delete them too.
            if is_often { Ok(()) } else { transaction.forget_notified_runs(now) }
        })
    }

    fn note_unreadable(&mut self, unreadable: Vec<Unreadable>) {
        self.counts.unreadable += unreadable.len() as u64;
        let room = Outcome::UNREADABLE.saturating_sub(self.unreadable.len());
        self.unreadable.extend(unreadable.into_iter().take(room));
    }

    fn failed(&mut self, error: &Error, requests: u32) -> Result<(), Error> {
        let summary = Summary { requests, ..Summary::default() };
        let (id, mode, peak) = (self.id, self.mode.as_str(), self.peak_memory);
        let (kinds, mut counts) = (self.kind.records(), self.counts);
        let failures = &self.room_failures;
        self.store.transaction(self.integration, |transaction| {
            for kind in kinds {
                counts.settled(*kind, 0, transaction.waiting(*kind)?.1);
            }
            transaction.note_room_failures(id, failures)?;
            Ok(transaction.end_run(id, mode, counts, &summary, Some(&error.problem()), peak)?)
        })
    }
}
