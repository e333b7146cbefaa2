//! An event as one mailbox stores it: a single one, or a series with its exceptions.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::recurrence::Recurrence;
use super::values::{AttendeeKind, Response, Sensitivity, ShowAs};
use super::zone::Zone;

/// Number of a meeting, the same in all mailboxes.
pub(crate) type Uid = u64;

/// Name and address of a mailbox, which may be outside the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Party {
    pub(crate) name: Arc<str>,
    pub(crate) address: Arc<str>,
}

/// A mailbox that is invited, and what it answered.
#[derive(Clone, Debug)]
pub(crate) struct Attendee {
    pub(crate) party: Party,
    pub(crate) kind: AttendeeKind,
    pub(crate) response: Response,
    pub(crate) answered: Option<Timestamp>,
}

/// When an event takes place, on the wall clock of its zone.
#[derive(Clone, Debug)]
pub(crate) struct When {
    pub(crate) start: DateTime,
    /// Excluded.
    pub(crate) end: DateTime,
    pub(crate) zone: Zone,
    /// Whether the event has days instead of hours: start and end are midnights then.
    pub(crate) all_day: bool,
}

/// The part of an event that an exception of a series can have for itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Details {
    pub(crate) subject: Arc<str>,
    /// Plain text.
    pub(crate) body: Arc<str>,
    pub(crate) sensitivity: Sensitivity,
    pub(crate) show_as: ShowAs,
    pub(crate) cancelled: bool,
}

/// What happened to one occurrence of a series.
#[derive(Clone, Debug)]
pub(crate) enum Exception {
    Deleted,
    Changed { when: When, details: Details },
}

/// An event of one mailbox.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) uid: Uid,
    /// Changes with every change of the item in this mailbox, and is in its etag.
    pub(crate) version: u64,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
    pub(crate) organizer: Party,
    /// Whether this is the calendar of the organizer.
    pub(crate) is_organizer: bool,
    /// What this mailbox answered.
    pub(crate) response: Response,
    pub(crate) answered: Option<Timestamp>,
    pub(crate) details: Details,
    pub(crate) when: When,
    pub(crate) recurrence: Option<Recurrence>,
    /// By the day on which the occurrence would start.
    pub(crate) exceptions: BTreeMap<Date, Exception>,
    pub(crate) attendees: Vec<Attendee>,
    /// Text of the location; the names of the rooms if it is empty.
    pub(crate) location: Arc<str>,
    pub(crate) is_online: bool,
    /// Named properties, which stay in the mailbox that they were written to.
    pub(crate) properties: Vec<(String, String)>,
    pub(crate) transaction_id: Option<String>,
}

/// Types of events in Graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Single,
    Occurrence,
    Exception,
    Master,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Single => "singleInstance",
            Self::Occurrence => "occurrence",
            Self::Exception => "exception",
            Self::Master => "seriesMaster",
        }
    }
}

/// One event in the sense of Graph: a single event, an occurrence, an exception, or a master.
#[derive(Clone, Debug)]
pub(crate) struct Event<'a> {
    pub(crate) item: &'a Item,
    pub(crate) kind: Kind,
    /// Day on which the occurrence would start without a change; none outside a series.
    pub(crate) original: Option<Date>,
    pub(crate) when: Cow<'a, When>,
    pub(crate) details: &'a Details,
}

/// A half-open window of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Window {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

impl Window {
    pub(crate) fn has(self, (start, end): (Timestamp, Timestamp)) -> bool {
        start < self.end && (end > self.start || (start == end && start >= self.start))
    }
}

impl When {
    /// Returns start and end as instants. Days are those of UTC, as in Graph's answers.
    pub(crate) fn instants(&self) -> (Timestamp, Timestamp) {
        if self.all_day {
            let utc = Zone::utc();
            (utc.instant(self.start), utc.instant(self.end))
        } else {
            (self.zone.instant(self.start), self.zone.instant(self.end))
        }
    }

    /// Returns during which time a mailbox in a zone is taken: days are those of that zone.
    pub(crate) fn taken_in(&self, zone: &Zone) -> (Timestamp, Timestamp) {
        if self.all_day {
            (zone.instant(self.start), zone.instant(self.end))
        } else {
            self.instants()
        }
    }

    /// Returns the same times of day, with the start on another day.
    pub(crate) fn on(&self, date: Date) -> Self {
        let days = self.start.date().until(date).map(|span| span.get_days()).unwrap_or_default();
        let moved = |at: DateTime| at.checked_add(days.days()).unwrap_or(at);
        Self { start: moved(self.start), end: moved(self.end), ..self.clone() }
    }
}

impl Item {
    /// Returns the single event, or the master of the series.
    pub(crate) fn event(&self) -> Event<'_> {
        let kind = if self.recurrence.is_some() { Kind::Master } else { Kind::Single };
        Event {
            item: self,
            kind,
            original: None,
            when: Cow::Borrowed(&self.when),
            details: &self.details,
        }
    }

    /// Returns the events that overlap a window. A master is none of them.
    pub(crate) fn events_in(&self, window: Window) -> Vec<Event<'_>> {
        let Some(recurrence) = &self.recurrence else {
            let single = self.event();
            return if window.has(single.when.instants()) { vec![single] } else { Vec::new() };
        };
        // Dates of any zone are within a day of those of UTC.
        let utc = Zone::utc();
        let last = utc.wall_clock(window.end).date().saturating_add(1.day());
        let mut events: Vec<Event<'_>> = recurrence
            .dates()
            .take_while(|date| *date <= last)
            .filter(|date| !self.exceptions.contains_key(date))
            .map(|date| self.occurrence(date))
            .chain(self.changed().map(|(date, when, details)| self.exception(date, when, details)))
            .filter(|event| window.has(event.when.instants()))
            .collect();
        events.sort_by_cached_key(|event| (event.when.instants(), event.original));
        events
    }

    /// Returns the occurrence that would start on a day; none if the series has none there, or it
    /// was deleted.
    pub(crate) fn at(&self, date: Date) -> Option<Event<'_>> {
        match self.exceptions.get(&date) {
            Some(Exception::Deleted) => None,
            Some(Exception::Changed { when, details }) => Some(self.exception(date, when, details)),
            None => self.takes_place_on(date).then(|| self.occurrence(date)),
        }
    }

    /// Returns whether the pattern has a day.
    pub(crate) fn takes_place_on(&self, date: Date) -> bool {
        self.recurrence
            .as_ref()
            .is_some_and(|series| series.dates().take_while(|at| *at <= date).last() == Some(date))
    }

    /// Returns the instant at which the occurrence of a day would start. It is part of its id.
    pub(crate) fn original_start(&self, date: Date) -> Timestamp {
        let when = self.when.on(date);
        when.zone.instant(when.start)
    }

    fn changed(&self) -> impl Iterator<Item = (Date, &When, &Details)> {
        self.exceptions.iter().filter_map(|(date, exception)| match exception {
            Exception::Deleted => None,
            Exception::Changed { when, details } => Some((*date, when, details)),
        })
    }

    fn occurrence(&self, date: Date) -> Event<'_> {
        Event {
            item: self,
            kind: Kind::Occurrence,
            original: Some(date),
            when: Cow::Owned(self.when.on(date)),
            details: &self.details,
        }
    }

    fn exception<'a>(&'a self, date: Date, when: &'a When, details: &'a Details) -> Event<'a> {
        Event {
            item: self,
            kind: Kind::Exception,
            original: Some(date),
            when: Cow::Borrowed(when),
            details,
        }
    }

    /// Applies a change to the details of the item and of all its exceptions.
    pub(crate) fn change_details(&mut self, change: impl Fn(&mut Details)) {
        change(&mut self.details);
        for exception in self.exceptions.values_mut() {
            if let Exception::Changed { details, .. } = exception {
                change(details);
            }
        }
    }

    /// Returns the invited mailbox with an address.
    pub(crate) fn attendee_mut(&mut self, address: &str) -> Option<&mut Attendee> {
        self.attendees
            .iter_mut()
            .find(|attendee| attendee.party.address.eq_ignore_ascii_case(address))
    }
}

impl Event<'_> {
    /// Returns the second at which the occurrence would start without a change, which its id has;
    /// none outside a series.
    pub(crate) fn instance(&self) -> Option<i64> {
        self.original.map(|date| self.item.original_start(date).as_second())
    }
}
