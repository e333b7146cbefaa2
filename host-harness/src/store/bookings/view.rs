//! Bookings of a time: of all rooms, or of one.

use std::collections::HashMap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Row, params};
use serde::Serialize;

use super::{
    BookableRoom, BookingRow, ConflictRow, ListedBooking, RoomFailing,
    calendars::{self, State},
    conflicts,
    room::{COLUMNS as ROOM_COLUMNS, room},
    row::{COLUMNS, LISTED_COLUMNS, TABLES, as_text_if_any, booking, listed},
};
use crate::{
    model::TimeRange,
    store::{IntegrationId, Store, StoreError},
    zones,
};

/// Largest number of occurrences on the page of a booking.
const OCCURRENCES: u32 = 400;

/// Size of the stored bookings of an integration, in bytes, for the storage limit.
pub(in crate::store) const USED: &str = "coalesce((SELECT sum(octet_length(b.id)
        + octet_length(b.version) + coalesce(octet_length(b.meeting), 0)
        + coalesce(octet_length(b.title), 0) + coalesce(octet_length(b.organizer_email), 0)
        + coalesce(octet_length(b.organizer_name), 0) + octet_length(i.id) + 300)
    FROM calendar AS c CROSS JOIN booking_item AS i ON i.calendar = c.number
        CROSS JOIN booking AS b ON b.item = i.number
    WHERE c.integration = ?1), 0)";

/// A room and its bookings of some time: as [`ListedBooking`]s, or with all that is stored of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoomBookings<B = ListedBooking> {
    /// The room.
    pub room: BookableRoom,
    /// IANA name of the time zone in which its times are shown.
    pub zone: String,
    /// The time, as instants.
    pub instants: TimeRange,
    /// When its bookings were last read well. Without it, nothing is known of them, and the room
    /// must not be shown as free.
    #[serde(serialize_with = "as_text_if_any")]
    pub read_at: Option<Timestamp>,
    /// Where its bookings cannot be read now.
    pub failing: Option<RoomFailing>,
    /// The bookings that overlap the time, by their beginning. One without length counts as in it.
    pub bookings: Vec<B>,
}

impl<B> RoomBookings<B> {
    /// Returns whether the bookings of the room are known: whether they were read, and can be read
    /// now. Otherwise a time without a booking is not free.
    pub fn is_known(&self) -> bool {
        self.read_at.is_some() && self.failing.is_none()
    }
}

/// All that is known of one booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BookingPage {
    /// The room.
    pub room: BookableRoom,
    /// IANA name of the time zone in which the times are shown.
    pub zone: String,
    /// The booking. It can have ended: see its history.
    pub booking: BookingRow,
    /// The occurrences of its series that are stored and have not ended, by their beginning, the
    /// first 400.
    pub series: Vec<BookingRow>,
    /// Bookings of the same meeting in other rooms, each with its room.
    pub elsewhere: Vec<(BookableRoom, BookingRow)>,
    /// Conflicts of the booking that are not over.
    pub conflicts: Vec<ConflictRow>,
}

impl Store {
    /// Returns the rooms that `shown` selects, by name, with their bookings on the days from
    /// `first` to before `until`. The days are those of each room's time zone.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn bookings(
        &self,
        integration: IntegrationId,
        (first, until): (Date, Date),
        shown: impl FnMut(&BookableRoom) -> bool,
    ) -> Result<Vec<RoomBookings<BookingRow>>, StoreError> {
        self.bookings_at(integration, shown, |zone| zones::days(first, until, zone))
    }

    /// As [`Self::bookings`], of the time that `time` returns for the time zone of a room.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn bookings_at(
        &self,
        integration: IntegrationId,
        shown: impl FnMut(&BookableRoom) -> bool,
        time: impl Fn(&TimeZone) -> TimeRange,
    ) -> Result<Vec<RoomBookings<BookingRow>>, StoreError> {
        let overlapping = Overlapping {
            place: |row: &BookingRow| (row.instants.starts, row.number),
            read: booking,
            statements: select(&self.connection, COLUMNS, TABLES)?,
        };
        self.rooms_at(integration, shown, time, overlapping)
    }

    /// As [`Self::bookings_at`], with what the list of a day shows of each booking.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn listed_at(
        &self,
        integration: IntegrationId,
        shown: impl FnMut(&BookableRoom) -> bool,
        time: impl Fn(&TimeZone) -> TimeRange,
    ) -> Result<Vec<RoomBookings>, StoreError> {
        let overlapping = Overlapping {
            place: |row: &ListedBooking| (row.instants.starts, row.number),
            read: listed,
            statements: select(&self.connection, LISTED_COLUMNS, "booking AS b")?,
        };
        self.rooms_at(integration, shown, time, overlapping)
    }

    fn rooms_at<B>(
        &self,
        integration: IntegrationId,
        mut shown: impl FnMut(&BookableRoom) -> bool,
        time: impl Fn(&TimeZone) -> TimeRange,
        mut overlapping: Overlapping<'_, B>,
    ) -> Result<Vec<RoomBookings<B>>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {ROOM_COLUMNS}, {} FROM record AS room
                 LEFT JOIN calendar ON calendar.integration = room.integration
                     AND calendar.room = room.id
             WHERE room.integration = ?1 AND kind = 'room' AND removed_at IS NULL
             ORDER BY room_name COLLATE NOCASE, room_id",
            calendars::COLUMNS
        ))?;
        let mut rows = statement.query([integration.0])?;
        let (mut found, mut known) = (Vec::new(), HashMap::new());
        while let Some(row) = rows.next()? {
            let room = room(row)?;
            if !shown(&room) {
                continue;
            }
            let State { number, zone: name, read_at, failing } = State::of(row, &room)?;
            // Most rooms have the same few zones.
            let instants = *known
                .entry(name.clone())
                .or_insert_with_key(|name| time(&zones::zone_or_utc(name)));
            let bookings = match number {
                Some(number) => overlapping.list(number, instants)?,
                None => Vec::new(),
            };
            found.push(RoomBookings { room, zone: name, instants, read_at, failing, bookings });
        }
        Ok(found)
    }

    /// Returns a booking with its series, the same meeting in other rooms, and its conflicts.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn booking(
        &self,
        integration: IntegrationId,
        number: i64,
        now: Timestamp,
    ) -> Result<Option<BookingPage>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS}, {ROOM_COLUMNS}, c.zone, c.number AS calendar, b.item
             FROM {TABLES} JOIN calendar AS c ON c.number = b.calendar
                 JOIN record AS room ON room.integration = c.integration AND room.kind = 'room'
                     AND room.id = c.room AND room.removed_at IS NULL
             WHERE c.integration = ?1 AND b.number = ?2"
        ))?;
        let found = statement
            .query_row(params![integration.0, number], |row| {
                let place = (row.get("calendar")?, row.get("item")?);
                Ok((room(row)?, row.get("zone")?, booking(row)?, place))
            })
            .optional()?;
        let Some((room, zone, booking, (calendar, item))) = found else { return Ok(None) };
        let series = match booking.booking.series {
            Some(_) => self.occurrences(item)?,
            None => Vec::new(),
        };
        let elsewhere = self.elsewhere(integration, calendar, &booking)?;
        let conflicts = conflicts::list(&self.connection, integration, now, Some(number))?;
        Ok(Some(BookingPage { room, zone, booking, series, elsewhere, conflicts }))
    }

    /// Returns the bookings of a room that have not ended and have this id, or are occurrences of
    /// the series with this id, by their beginning, the first 400.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn bookings_with_id(
        &self,
        integration: IntegrationId,
        room: &str,
        id: &str,
    ) -> Result<Vec<BookingRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM {TABLES} JOIN calendar AS c ON c.number = b.calendar
             WHERE c.integration = ?1 AND c.room = ?2 AND b.gone_at IS NULL AND i.id = ?3
             ORDER BY b.starts, b.number LIMIT ?4"
        ))?;
        let rows = statement.query_map(params![integration.0, room, id, OCCURRENCES], booking)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn occurrences(&self, item: i64) -> Result<Vec<BookingRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM {TABLES} WHERE b.item = ?1 AND b.gone_at IS NULL
             ORDER BY b.starts, b.number LIMIT ?2"
        ))?;
        let rows = statement.query_map(params![item, OCCURRENCES], booking)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns the bookings of the same meeting in other rooms. They begin at the same time, so
    /// that the index by time finds them.
    fn elsewhere(
        &self,
        integration: IntegrationId,
        calendar: i64,
        found: &BookingRow,
    ) -> Result<Vec<(BookableRoom, BookingRow)>, StoreError> {
        let Some(meeting) = &found.booking.meeting else { return Ok(Vec::new()) };
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS}, {ROOM_COLUMNS}
             FROM calendar AS c
                 CROSS JOIN booking AS b ON b.calendar = c.number AND b.starts = ?3
                     AND b.gone_at IS NULL
                 JOIN booking_item AS i ON i.number = b.item
                 JOIN record AS room ON room.integration = c.integration AND room.kind = 'room'
                     AND room.id = c.room AND room.removed_at IS NULL
             WHERE c.integration = ?1 AND c.number <> ?2 AND b.meeting = ?4
             ORDER BY room_name COLLATE NOCASE, room_id"
        ))?;
        let rows = statement
            .query_map(params![integration.0, calendar, found.instants.starts, meeting], |row| {
                Ok((room(row)?, booking(row)?))
            })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Finds the bookings of a calendar that overlap a time.
struct Overlapping<'a, B> {
    statements: [CachedStatement<'a>; 2],
    read: fn(&Row<'_>) -> rusqlite::Result<B>,
    /// Returns the beginning and the number of a booking.
    place: fn(&B) -> (i64, i64),
}

/// Prepares the statements for the bookings of a calendar that overlap a time, by two indexes:
/// those of at most 100,000 seconds by their beginning, from 100,000 seconds before the time, and
/// the longer ones by their end. The number is that of the index `long_booking`.
fn select<'a>(
    connection: &'a Connection,
    columns: &str,
    tables: &str,
) -> Result<[CachedStatement<'a>; 2], StoreError> {
    let short = connection.prepare_cached(&format!(
        "SELECT {columns} FROM {tables}
         WHERE b.calendar = ?1 AND b.gone_at IS NULL AND b.starts > ?2 - 100001
           AND b.starts < ?3 AND (b.ends > ?2 OR b.starts >= ?2)
           AND NOT b.ends - b.starts > 100000"
    ))?;
    let long = connection.prepare_cached(&format!(
        "SELECT {columns} FROM {tables}
         WHERE b.calendar = ?1 AND b.gone_at IS NULL AND b.ends - b.starts > 100000
           AND b.ends > ?2 AND b.starts < ?3"
    ))?;
    Ok([short, long])
}

impl<B> Overlapping<'_, B> {
    /// Returns the bookings by their beginning.
    fn list(&mut self, calendar: i64, time: TimeRange) -> Result<Vec<B>, StoreError> {
        let TimeRange { starts, ends } = time;
        let mut found = Vec::new();
        for statement in &mut self.statements {
            let rows = statement.query_map(params![calendar, starts, ends], self.read)?;
            for row in rows {
                found.push(row?);
            }
        }
        found.sort_by_key(self.place);
        Ok(found)
    }
}
