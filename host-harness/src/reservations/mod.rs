//! The outbox: sends the bookings that users make in ONES to the vendor, and asks for the answers
//! of the rooms.
//!
//! Everything that is to be sent is in the store before: see `store/reservations`. Each [`Job`] has
//! three steps. [`Outbox::take`] counts the attempt in the store, [`Job::ask`] calls the plugin,
//! without the store, and [`Job::settle`] stores the answer. The process can end between any two of
//! them: then the attempt is repeated as one whose result is not known, and the plugin looks for
//! the meeting before it makes one.
//!
//! At most one job at a time concerns a room, and at most one a reservation. Jobs of other rooms do
//! not wait for it.

mod answer;
mod busy;

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    error::Error,
    model::BookingOutcome,
    problem::Problem,
    store::{Due, IntegrationId, Store, StoreError, Work},
    sync::Source,
};
pub use answer::Answer;
use busy::{Busy, Claim};

/// Which work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection<'a> {
    /// All work.
    All,
    /// That of one reservation, by its reference.
    Reservation(&'a str),
    /// A request to make a room free, by its number.
    Release(i64),
}

/// The outbox of one integration. Clones share what is under way.
#[derive(Clone)]
pub struct Outbox {
    integration: IntegrationId,
    busy: Arc<Busy>,
}

/// An attempt of a wish, or a question about a reservation. Its rooms are busy until it is dropped.
#[must_use = "its attempt is counted, and has to be made"]
pub struct Job {
    integration: IntegrationId,
    due: Due,
    work: Work,
    _claim: Claim,
}

impl Outbox {
    /// Returns the outbox of an integration. A process has one for each, so that it knows which
    /// rooms are busy.
    pub fn new(integration: IntegrationId) -> Self {
        Self { integration, busy: Arc::default() }
    }

    /// Begins work that is due and whose rooms are not busy, at most `most`, the longest due first.
    /// The attempts are counted in the store when this returns.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn take(
        &self,
        store: &mut Store,
        selection: Selection<'_>,
        most: usize,
        now: Timestamp,
    ) -> Result<Vec<Job>, StoreError> {
        let integration = self.integration;
        let mut jobs = Vec::new();
        for due in store.due_reservations(integration, now)? {
            if jobs.len() == most {
                break;
            }
            if !selection.includes(&due) {
                continue;
            }
            let Some(claim) = self.busy.claim(due.rooms.iter().chain(&due.reference)) else {
                continue;
            };
            if let Some(work) = store.begin_reservation(integration, &due, now)? {
                jobs.push(Job { integration, due, work, _claim: claim });
            }
        }
        Ok(jobs)
    }

    /// Does the work that is due, one job after the other, until none is due. Returns the ids of
    /// the rooms whose calendars changed by it.
    ///
    /// # Errors
    /// See [`StoreError`]. What the plugin answers is stored, also if it is an error.
    pub fn run_due(
        &self,
        store: &mut Store,
        source: &mut dyn Source,
        selection: Selection<'_>,
        clock: impl Fn() -> Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let mut changed = Vec::new();
        while let Some(job) = self.take(store, selection, 1, clock())?.pop() {
            let answer = job.ask(source);
            changed.extend(job.settle(store, answer, clock())?);
        }
        Ok(changed)
    }
}

impl Selection<'_> {
    fn includes(self, due: &Due) -> bool {
        match self {
            Self::All => true,
            Self::Reservation(reference) => due.reference.as_deref() == Some(reference),
            Self::Release(number) => due.release() == Some(number),
        }
    }
}

impl Job {
    /// Returns the ids of the rooms that it concerns.
    pub fn rooms(&self) -> &[String] {
        &self.due.rooms
    }

    /// Calls the plugin.
    pub fn ask(&self, source: &mut dyn Source) -> Answer {
        let asked: Result<Option<BookingOutcome>, Error> = match &self.work {
            Work::Book { request, again } => source.book_room(request, *again).map(Some),
            Work::Check { request, ticket, .. } => source.check_booking(request, ticket).map(Some),
            Work::Change { former, request, ticket } => {
                source.change_booking(former, request, ticket).map(Some)
            }
            Work::Cancel { request, ticket, occurrence, comment } => {
                source.cancel_booking(request, ticket, occurrence.as_ref(), comment).map(|()| None)
            }
            Work::Release { room, booking, comment } => {
                source.release_room(room, booking, comment).map(|()| None)
            }
        };
        match asked {
            Ok(Some(outcome)) => self.read(outcome),
            Ok(None) => Answer::Done,
            Err(error) => Answer::of(&error, &self.work),
        }
    }

    /// Returns the answer of a plugin that could not be called.
    pub fn not_asked(&self, error: &Error) -> Answer {
        if error.is_cancelled() {
            return Answer::Stopped;
        }
        Answer::Unclear { problem: Box::new(error.problem()), asked: error.retry_after() }
    }

    fn read(&self, outcome: BookingOutcome) -> Answer {
        match answer::broken_rule(&outcome, &self.work) {
            None => Answer::Outcome(outcome),
            Some(error) => {
                Answer::Unclear { problem: Box::new(Problem::from(&error)), asked: None }
            }
        }
    }

    /// Stores the answer. Returns the ids of the rooms whose calendars changed by it.
    ///
    /// # Errors
    /// See [`StoreError`]. The attempt is then repeated.
    pub fn settle(
        self,
        store: &mut Store,
        answer: Answer,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let Self { integration, due, work, .. } = &self;
        match answer {
            Answer::Outcome(outcome) => {
                store.reservation_answered(*integration, (due, work), outcome, now)
            }
            Answer::Done => {
                store.reservation_done(*integration, due, now)?;
                Ok(due.rooms.clone())
            }
            Answer::Unclear { problem, asked } => {
                store.reservation_unclear(*integration, due, &problem, asked, now)?;
                Ok(Vec::new())
            }
            Answer::Refused { problem, check } => {
                store.reservation_refused(*integration, due, &problem, check, now)?;
                Ok(Vec::new())
            }
            Answer::Stopped => Ok(Vec::new()),
        }
    }
}
