//! A booking as it is stored and listed.

use jiff::Timestamp;
use rusqlite::{Row, types::FromSqlError};
use serde::{Serialize, Serializer};

use crate::model::{Booking, BookingTime, DateRange, Hold, Participant, TimeRange};

/// A booking in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BookingRow {
    /// Number of the booking in the store, as it is part of URLs.
    pub number: i64,
    /// The booking as the plugin reported it. Of a private one, it has neither title nor organizer.
    #[serde(flatten)]
    pub booking: Booking,
    /// The time that it takes. Of an all-day booking, from the beginning of its first day to the
    /// end of its last one, in the room's time zone.
    pub instants: TimeRange,
    /// Whether its removal waits for approval.
    pub held: bool,
    /// Which run brought it, and which changed it.
    pub history: History,
}

/// A booking in the list of a day, with what pages show there. A day can have thousands, and
/// reading all of a [`BookingRow`] takes longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedBooking {
    /// Number of the booking in the store, as it is part of URLs.
    pub number: i64,
    /// The time that it takes, as in [`BookingRow::instants`].
    pub instants: TimeRange,
    /// Whether it takes whole days.
    pub all_day: bool,
    /// Whether it takes the room.
    pub hold: Hold,
    /// Whether it is private. Then it has neither title nor organizer.
    pub private: bool,
    /// What the meeting is about.
    pub title: Option<String>,
    /// Who invited to it.
    pub organizer: Option<Participant>,
}

/// Which runs brought, changed and ended a booking. Runs that changed nothing are deleted after
/// some days, so a run of that number need not exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct History {
    /// Number of the run that first reported the booking.
    pub first_run: i64,
    /// Time of that report (RFC 3339).
    pub first_seen: String,
    /// Number of the run that last changed the booking.
    pub changed_run: i64,
    /// Time of that change (RFC 3339).
    pub changed_at: String,
    /// When and why the booking ended, if it did.
    pub gone: Option<Gone>,
}

/// When and why a booking ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Gone {
    /// Time, in seconds since 1970.
    pub at: i64,
    /// Number of the run. None where an administrator approved the removal.
    pub run: Option<i64>,
    /// `cancelled`, `deleted`, `declined` or `outside-window`, or `not-in-series` for an occurrence
    /// that its series no longer has.
    pub reason: String,
}

/// Columns of a booking `b` of the item `i`.
pub(super) const COLUMNS: &str = "b.number, b.id, b.version, b.meeting, b.starts, b.ends,
    b.first_day, b.until_day, b.hold, b.private, b.title, b.organizer_email, b.organizer_name,
    b.invited, b.first_run, b.first_seen, b.changed_run, b.changed_at, b.gone_at, b.gone_run,
    b.gone_reason, iif(i.is_series, i.id, NULL) AS series, i.held_since IS NOT NULL AS held";

/// The tables of [`COLUMNS`].
pub(super) const TABLES: &str = "booking AS b JOIN booking_item AS i ON i.number = b.item";

/// Reads a booking from its [`COLUMNS`], which are the first ones of the row. They have numbers
/// here, since finding each by its name takes long where a day has thousands of rows.
pub(super) fn booking(row: &Row<'_>) -> rusqlite::Result<BookingRow> {
    let instants = TimeRange { starts: row.get(4)?, ends: row.get(5)? };
    let time = match (row.get::<_, Option<String>>(6)?, row.get(7)?) {
        (Some(first), Some(until)) => BookingTime::Days(DateRange { first, until }),
        _ => BookingTime::Hours(instants),
    };
    let organizer = Participant { email: row.get(11)?, name: row.get(12)? };
    let gone = match (row.get(18)?, row.get(20)?) {
        (Some(when), Some(reason)) => Some(Gone { at: when, run: row.get(19)?, reason }),
        _ => None,
    };
    Ok(BookingRow {
        number: row.get(0)?,
        booking: Booking {
            id: row.get(1)?,
            version: row.get(2)?,
            meeting: row.get(3)?,
            series: row.get(21)?,
            time,
            hold: hold(row.get_ref(8)?.as_str()?)?,
            private: row.get(9)?,
            title: row.get(10)?,
            organizer: some(organizer),
            invited: row.get(13)?,
        },
        instants,
        held: row.get(22)?,
        history: History {
            first_run: row.get(14)?,
            first_seen: row.get(15)?,
            changed_run: row.get(16)?,
            changed_at: row.get(17)?,
            gone,
        },
    })
}

/// Columns of a [`ListedBooking`], of a booking `b`.
pub(super) const LISTED_COLUMNS: &str =
    "b.number, b.starts, b.ends, b.first_day IS NOT NULL, b.hold,
    b.private, b.title, b.organizer_email, b.organizer_name";

/// Reads a booking from its [`LISTED_COLUMNS`], which are the first ones of the row.
pub(super) fn listed(row: &Row<'_>) -> rusqlite::Result<ListedBooking> {
    let organizer = Participant { email: row.get(7)?, name: row.get(8)? };
    Ok(ListedBooking {
        number: row.get(0)?,
        instants: TimeRange { starts: row.get(1)?, ends: row.get(2)? },
        all_day: row.get(3)?,
        hold: hold(row.get_ref(4)?.as_str()?)?,
        private: row.get(5)?,
        title: row.get(6)?,
        organizer: some(organizer),
    })
}

/// Returns nothing for an organizer without name and address.
fn some(organizer: Participant) -> Option<Participant> {
    Some(organizer).filter(|it| it.email.is_some() || it.name.is_some())
}

/// Writes a time as JSON (RFC 3339).
pub(in crate::store) fn as_text<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(time)
}

/// As [`as_text`], or nothing.
pub(in crate::store) fn as_text_if_any<S: Serializer>(
    time: &Option<Timestamp>,
    to: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => as_text(time, to),
        None => to.serialize_none(),
    }
}

pub(super) fn hold(name: &str) -> rusqlite::Result<Hold> {
    [Hold::Confirmed, Hold::Tentative, Hold::Free]
        .into_iter()
        .find(|hold| hold.as_str() == name)
        .ok_or(FromSqlError::InvalidType.into())
}
