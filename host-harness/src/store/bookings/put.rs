//! Storing what a batch reports of the items of a calendar.

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::row::{BookingRow, COLUMNS, TABLES, booking as booking_row};
use crate::{
    model::{Booking, BookingEnd, BookingTime, Participant, TimeRange},
    store::{RunId, StoreError, Transaction},
};

/// Reason why an occurrence ended that its series no longer has.
pub(crate) const NOT_IN_SERIES: &str = "not-in-series";

/// What a run reports of a calendar.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reporting {
    /// Number of the calendar.
    pub(crate) calendar: i64,
    pub(crate) run: RunId,
    /// Number of the latest enumeration.
    pub(crate) seen: i64,
    /// Time of the report.
    pub(crate) at: Timestamp,
    /// Beginning of the window, in seconds since 1970. What is over before it took place: neither a
    /// series that is replaced nor an enumeration ends it.
    pub(crate) since: i64,
}

/// What storing a booking changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stored {
    /// It is new, or had ended.
    Added,
    /// It is different. Holds the booking before.
    Updated(Box<BookingRow>),
    /// Nothing, or its version alone.
    Unchanged,
}

impl Transaction<'_> {
    /// Notes that the item was reported, as a series or as a booking. A removal that waits for it
    /// is cancelled, and so is the decision to keep it. Returns its number, and whether other
    /// bookings than the reported ones can be stored of it.
    pub(crate) fn put_item(
        &self,
        reporting: Reporting,
        id: &str,
        is_series: bool,
    ) -> Result<(i64, bool), StoreError> {
        let Reporting { calendar, run, seen, at, .. } = reporting;
        let before: Option<(i64, bool)> = self
            .sql
            .prepare_cached(
                "SELECT number, is_series FROM booking_item WHERE calendar = ?1 AND id = ?2",
            )?
            .query_row(params![calendar, id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if let Some((number, was_series)) = before {
            self.sql
                .prepare_cached(
                    "UPDATE booking_item SET is_series = ?2, seen = ?3, reported = ?4,
                         reason = NULL, held_since = NULL, kept_at = NULL
                     WHERE number = ?1",
                )?
                .execute(params![number, is_series, seen, at.as_second()])?;
            return Ok((number, is_series || was_series));
        }
        self.adds.set(true);
        self.sql
            .prepare_cached(
                "INSERT INTO booking_item (calendar, id, is_series, seen, reported, first_run)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![calendar, id, is_series, seen, at.as_second(), run.number()])?;
        Ok((self.sql.last_insert_rowid(), false))
    }

    /// Returns whether there is an item with this id.
    pub(crate) fn has_item(
        &self,
        Reporting { calendar, .. }: Reporting,
        id: &str,
    ) -> Result<bool, StoreError> {
        Ok(self
            .sql
            .prepare_cached("SELECT 1 FROM booking_item WHERE calendar = ?1 AND id = ?2")?
            .exists(params![calendar, id])?)
    }

    /// Stores a booking of an item. Where its version is the stored one, nothing changed.
    pub(crate) fn put_booking(
        &self,
        reporting: Reporting,
        item: i64,
        booking: &Booking,
        instants: TimeRange,
    ) -> Result<Stored, StoreError> {
        let calendar = reporting.calendar;
        let before: Option<(i64, i64, bool, bool)> = self
            .sql
            .prepare_cached(
                "SELECT number, item, version = ?3, gone_at IS NOT NULL FROM booking
                 WHERE calendar = ?1 AND id = ?2",
            )?
            .query_row(params![calendar, booking.id, booking.version], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()?;
        let Some((number, before_item, is_echo, had_ended)) = before else {
            self.write_booking(reporting, item, booking, instants)?;
            return Ok(Stored::Added);
        };
        if before_item != item {
            self.sql
                .prepare_cached("UPDATE booking SET item = ?2 WHERE number = ?1")?
                .execute(params![number, item])?;
        }
        if is_echo && !had_ended {
            return Ok(Stored::Unchanged);
        }
        let before = self
            .sql
            .prepare_cached(&format!("SELECT {COLUMNS} FROM {TABLES} WHERE b.number = ?1"))?
            .query_row([number], booking_row)?;
        let is_same = Booking { version: booking.version.clone(), ..before.booking.clone() }
            == Booking { series: before.booking.series.clone(), ..booking.clone() };
        if !had_ended && is_same {
            self.sql
                .prepare_cached("UPDATE booking SET version = ?2 WHERE number = ?1")?
                .execute(params![before.number, booking.version])?;
            return Ok(Stored::Unchanged);
        }
        self.write_booking(reporting, item, booking, instants)?;
        Ok(if had_ended { Stored::Added } else { Stored::Updated(Box::new(before)) })
    }

    /// Adds a booking, or replaces the one with its id, also where that had ended.
    fn write_booking(
        &self,
        Reporting { calendar, run, .. }: Reporting,
        item: i64,
        booking: &Booking,
        instants: TimeRange,
    ) -> Result<(), StoreError> {
        self.adds.set(true);
        let Columns { first_day, until_day, email, name } = Columns::of(booking);
        self.sql
            .prepare_cached(
                "INSERT INTO booking (calendar, item, id, version, meeting, starts, ends,
                     first_day, until_day, hold, private, title, organizer_email,
                     organizer_name, invited, first_run, first_seen, changed_run, changed_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
                     ?17, ?16, ?17)
                 ON CONFLICT DO UPDATE SET version = excluded.version, meeting = excluded.meeting,
                     starts = excluded.starts, ends = excluded.ends,
                     first_day = excluded.first_day, until_day = excluded.until_day,
                     hold = excluded.hold, private = excluded.private, title = excluded.title,
                     organizer_email = excluded.organizer_email,
                     organizer_name = excluded.organizer_name, invited = excluded.invited,
                     changed_run = excluded.changed_run, changed_at = excluded.changed_at,
                     gone_at = NULL, gone_run = NULL, gone_reason = NULL",
            )?
            .execute(params![
                calendar,
                item,
                booking.id,
                booking.version,
                booking.meeting,
                instants.starts,
                instants.ends,
                first_day,
                until_day,
                booking.hold.as_str(),
                booking.private,
                booking.title,
                email,
                name,
                booking.invited,
                run.number(),
                self.began,
            ])?;
        Ok(())
    }

    /// Ends the bookings of an item that are not among those to keep, except those that are over.
    /// Returns them.
    pub(crate) fn end_others(
        &self,
        reporting: Reporting,
        item: i64,
        kept: &HashSet<&str>,
    ) -> Result<Vec<BookingRow>, StoreError> {
        let mut others = self.active_of(item, Some(reporting.since))?;
        others.retain(|row| !kept.contains(row.booking.id.as_str()));
        for row in &others {
            self.end_booking(row.number, Some(reporting.run), NOT_IN_SERIES, reporting.at)?;
        }
        Ok(others)
    }

    /// Ends what the vendor returned as ended: the bookings of the item with this id, or one
    /// occurrence. Returns them. What was `deleted` is no longer with the vendor: its removal waits
    /// for the end of the run.
    ///
    /// Of a series, and of what is outside the window, bookings that are over stay.
    pub(crate) fn end_item(
        &self,
        reporting: Reporting,
        id: &str,
        is_series: bool,
        end: BookingEnd,
    ) -> Result<Vec<BookingRow>, StoreError> {
        let Reporting { calendar, run, since, at, .. } = reporting;
        let item: Option<i64> = self
            .sql
            .prepare_cached(
                "SELECT number FROM booking_item
                 WHERE calendar = ?1 AND id = ?2 AND is_series = ?3",
            )?
            .query_row(params![calendar, id, is_series], |row| row.get(0))
            .optional()?;
        if let (Some(item), BookingEnd::Deleted) = (item, end) {
            self.ask_item_removal(item, end.as_str())?;
            return Ok(Vec::new());
        }
        let keeps_past = is_series || end == BookingEnd::OutsideWindow;
        let since = Some(since).filter(|_| keeps_past);
        let ending = match item {
            Some(item) => self.active_of(item, since)?,
            None if is_series => Vec::new(),
            None => self.active_occurrence(calendar, id)?,
        };
        for row in &ending {
            self.end_booking(row.number, Some(run), end.as_str(), at)?;
        }
        Ok(ending)
    }

    /// Notes that the item with this id, or the one with this occurrence, exists but could not be
    /// read. A removal that waits for it is cancelled.
    pub(crate) fn mark_item(
        &self,
        Reporting { calendar, seen, at, .. }: Reporting,
        id: &str,
    ) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE booking_item SET seen = ?3, reported = ?4, reason = NULL,
                     held_since = NULL, kept_at = NULL
                 WHERE calendar = ?1 AND (id = ?2 OR number IN
                     (SELECT item FROM booking WHERE calendar = ?1 AND id = ?2))",
            )?
            .execute(params![calendar, id, seen, at.as_second()])?;
        Ok(())
    }

    /// Returns the bookings of an item that have not ended, with `since` without those that are
    /// over before it.
    pub(super) fn active_of(
        &self,
        item: i64,
        since: Option<i64>,
    ) -> Result<Vec<BookingRow>, StoreError> {
        let mut statement = self.sql.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM {TABLES} WHERE b.item = ?1 AND b.gone_at IS NULL
                 AND (?2 IS NULL OR b.ends > ?2 OR b.starts >= ?2)
             ORDER BY b.starts, b.number"
        ))?;
        let rows = statement.query_map(params![item, since], booking_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn active_occurrence(&self, calendar: i64, id: &str) -> Result<Vec<BookingRow>, StoreError> {
        let mut statement = self.sql.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM {TABLES}
             WHERE b.calendar = ?1 AND b.id = ?2 AND b.gone_at IS NULL AND i.is_series"
        ))?;
        let rows = statement.query_map(params![calendar, id], booking_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Ends a booking, in a run or as an administrator approved.
    pub(super) fn end_booking(
        &self,
        number: i64,
        run: Option<RunId>,
        reason: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE booking SET gone_at = ?2, gone_run = ?3, gone_reason = ?4
                 WHERE number = ?1",
            )?
            .execute(params![number, at.as_second(), run.map(RunId::number), reason])?;
        Ok(())
    }
}

/// Columns that are not fields of a booking.
struct Columns<'a> {
    first_day: Option<&'a str>,
    until_day: Option<&'a str>,
    email: Option<&'a str>,
    name: Option<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(booking: &'a Booking) -> Self {
        let (first_day, until_day) = match &booking.time {
            BookingTime::Hours(_) => (None, None),
            BookingTime::Days(days) => (Some(days.first.as_str()), Some(days.until.as_str())),
        };
        let Participant { email, name } = booking.organizer.as_ref().unwrap_or(&UNKNOWN);
        Self { first_day, until_day, email: email.as_deref(), name: name.as_deref() }
    }
}

const UNKNOWN: Participant = Participant { email: None, name: None };
