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

pub(super) fn booking(row: &Row<'_>) -> rusqlite::Result<BookingRow> {
    let instants = TimeRange { starts: row.get("starts")?, ends: row.get("ends")? };
    let days = (row.get::<_, Option<String>>("first_day")?, row.get("until_day")?);
    let time = match days {
        (Some(first), Some(until)) => BookingTime::Days(DateRange { first, until }),
        _ => BookingTime::Hours(instants),
    };
    let organizer =
        Participant { email: row.get("organizer_email")?, name: row.get("organizer_name")? };
    let gone = match (row.get("gone_at")?, row.get("gone_reason")?) {
        (Some(at), Some(reason)) => Some(Gone { at, run: row.get("gone_run")?, reason }),
        _ => None,
    };
    Ok(BookingRow {
        number: row.get("number")?,
        booking: Booking {
            id: row.get("id")?,
            version: row.get("version")?,
            meeting: row.get("meeting")?,
            series: row.get("series")?,
            time,
            hold: hold(row.get_ref("hold")?.as_str()?)?,
            private: row.get("private")?,
            title: row.get("title")?,
            organizer: Some(organizer).filter(|it| it.email.is_some() || it.name.is_some()),
            invited: row.get("invited")?,
        },
        instants,
        held: row.get("held")?,
        history: History {
            first_run: row.get("first_run")?,
            first_seen: row.get("first_seen")?,
            changed_run: row.get("changed_run")?,
            changed_at: row.get("changed_at")?,
            gone,
        },
    })
}

/// Writes a time as JSON (RFC 3339).
pub(super) fn as_text<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(time)
}

pub(super) fn hold(name: &str) -> rusqlite::Result<Hold> {
    [Hold::Confirmed, Hold::Tentative, Hold::Free]
        .into_iter()
        .find(|hold| hold.as_str() == name)
        .ok_or(FromSqlError::InvalidType.into())
}
