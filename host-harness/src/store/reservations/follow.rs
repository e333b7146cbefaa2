//! What users of the vendor do with a meeting that was made in ONES: they move it, cancel it, or
//! take a room away. ONES learns of it when the calendars are synced.
//!
//! Each room of a reservation has a note of what the synced calendar had under the id of its
//! booking. Only what differs from this note is news: a synced calendar can be older than the
//! vendor's last answer, and then says nothing new. While the vendor has not answered a wish, the
//! note is left as it is, and compared after the answer.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::{
    answer::ended,
    history::Entry,
    row::{Actor, ReservationState, RoomState},
};
use crate::{
    model::{BookingEnd, BookingRequest, BookingTime, DateRange, TimeRange},
    store::{StoreError, Transaction, json},
    when, zones,
};

/// Seconds after an answer within which a calendar shows it to those who read it.
const APPEARS_WITHIN: i64 = 60;

/// The note of a booking that was not in the calendar when it should have been.
const UNSEEN: &str = "unseen";

/// What a synced calendar has under the id of a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Mirrored {
    /// The booking, at this time.
    At(BookingTime),
    /// The series. Whether it has the first occurrence that ONES knows.
    Series(bool),
    /// It is outside the window.
    Outside,
    /// It ended, with the reason.
    Gone(String),
}

/// A room of a reservation, with its booking.
struct Linked {
    reservation: i64,
    position: i64,
    calendar: i64,
    name: String,
    state: RoomState,
    booking: String,
    mirrored: Option<String>,
    starts: i64,
}

const COLUMNS: &str = "rr.reservation, rr.position, c.number AS calendar, rr.name, rr.state,
    rr.booking, rr.mirrored, r.starts";

const TABLES: &str = "reserved_room AS rr
    JOIN reservation AS r ON r.number = rr.reservation AND r.ticket IS NOT NULL
    JOIN calendar AS c ON c.integration = r.integration AND c.room = rr.room
    WHERE rr.booking IS NOT NULL";

fn linked(row: &rusqlite::Row<'_>) -> rusqlite::Result<Linked> {
    Ok(Linked {
        reservation: row.get("reservation")?,
        position: row.get("position")?,
        calendar: row.get("calendar")?,
        name: row.get("name")?,
        state: row.get("state")?,
        booking: row.get("booking")?,
        mirrored: row.get("mirrored")?,
        starts: row.get("starts")?,
    })
}

impl Transaction<'_> {
    /// Updates the reservations of a calendar whose bookings changed.
    pub(crate) fn follow_bookings(&self, calendar: i64, now: Timestamp) -> Result<(), StoreError> {
        let mut statement = self.sql.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM {TABLES} AND c.number = ?1 AND rr.room = c.room
               AND rr.state IN ('accepted', 'partly', 'ended')
               AND NOT EXISTS (SELECT 1 FROM wish AS w
                   WHERE w.reservation = r.number AND w.attempts > 0)"
        ))?;
        let rooms = statement.query_map([calendar], linked)?.collect::<Result<Vec<_>, _>>()?;
        for room in rooms {
            if let Some(found) = self.news(&room)? {
                self.follow(&room, found, now)?;
            }
        }
        Ok(())
    }

    /// Asks the vendor about reservations whose bookings are not in the calendars that were `read`,
    /// in a run that began at `begun`, although they begin before `until`: a user can have
    /// cancelled the meeting before it was ever read.
    pub(crate) fn check_unseen(
        &self,
        read: &[i64],
        (begun, until): (Timestamp, i64),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut statement = self.sql.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM {TABLES} AND c.integration = ?1 AND rr.mirrored IS NULL
               AND rr.state IN ('accepted', 'partly') AND r.changed <= ?2 AND r.starts < ?3
               AND (r.over_at IS NULL OR r.over_at > ?4)
               AND NOT EXISTS (SELECT 1 FROM wish AS w WHERE w.reservation = r.number)"
        ))?;
        let since = begun.as_second() - APPEARS_WITHIN;
        let params = params![self.integration, since, until, now.as_second()];
        let rooms = statement.query_map(params, linked)?.collect::<Result<Vec<_>, _>>()?;
        for room in rooms.into_iter().filter(|room| read.contains(&room.calendar)) {
            match self.news(&room)? {
                Some(found) => self.follow(&room, found, now)?,
                None => {
                    self.note_mirrored(&room, UNSEEN)?;
                    self.check_soon(room.reservation, now)?;
                }
            }
        }
        Ok(())
    }

    /// Compares the rooms of a reservation with the synced calendars, after the vendor has
    /// answered. Where the calendar changed meanwhile, and says otherwise than the answer, either
    /// can be the newer one: the vendor is asked again.
    pub(super) fn compare_with_mirror(
        &self,
        reservation: i64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut statement = self
            .sql
            .prepare_cached(&format!("SELECT {COLUMNS} FROM {TABLES} AND r.number = ?1"))?;
        let rooms = statement.query_map([reservation], linked)?.collect::<Result<Vec<_>, _>>()?;
        for room in rooms {
            let Some(found) = self.news(&room)? else { continue };
            let time = self.numbered_reservation(reservation)?.request.time;
            let agrees = match found {
                Mirrored::At(at) => at == time && room.state.is_open(),
                Mirrored::Series(_) => room.state.is_open(),
                Mirrored::Outside => true,
                Mirrored::Gone(_) => !room.state.is_open(),
            };
            if !agrees {
                self.check_soon(reservation, now)?;
            }
        }
        Ok(())
    }

    /// Returns what a calendar has of a room's booking, if it is something else than noted, and
    /// notes it.
    fn news(&self, room: &Linked) -> Result<Option<Mirrored>, StoreError> {
        let Some(found) = self.mirrored(room)? else { return Ok(None) };
        let text = found.to_text()?;
        if room.mirrored.as_ref() == Some(&text) {
            return Ok(None);
        }
        self.note_mirrored(room, &text)?;
        Ok(Some(found))
    }

    fn note_mirrored(&self, room: &Linked, text: &str) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE reserved_room SET mirrored = ?3 WHERE reservation = ?1 AND position = ?2",
            )?
            .execute(params![room.reservation, room.position, text])?;
        Ok(())
    }

    fn mirrored(&self, room: &Linked) -> Result<Option<Mirrored>, StoreError> {
        let Linked { calendar, booking, starts, .. } = room;
        let series: Option<(bool, bool, Option<String>)> = self
            .sql
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM booking WHERE item = i.number AND gone_at IS NULL),
                     EXISTS (SELECT 1 FROM booking
                         WHERE item = i.number AND gone_at IS NULL AND starts = ?3),
                     (SELECT gone_reason FROM booking
                         WHERE item = i.number AND gone_at IS NOT NULL
                         ORDER BY gone_at DESC, number LIMIT 1)
                 FROM booking_item AS i WHERE i.calendar = ?1 AND i.id = ?2 AND i.is_series",
            )?
            .query_row(params![calendar, booking, starts], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        if let Some((is_active, has_first, reason)) = series {
            let ended = reason.filter(|reason| {
                [BookingEnd::Cancelled, BookingEnd::Deleted, BookingEnd::Declined]
                    .iter()
                    .any(|end| end.as_str() == reason)
            });
            return Ok(match (is_active, ended) {
                (false, Some(reason)) => Some(Mirrored::Gone(reason)),
                (false, None) => Some(Mirrored::Outside),
                (true, _) => Some(Mirrored::Series(has_first)),
            });
        }
        let found = self
            .sql
            .prepare_cached(
                "SELECT starts, ends, first_day, until_day, gone_reason FROM booking
                 WHERE calendar = ?1 AND id = ?2",
            )?
            .query_row(params![calendar, booking], |row| {
                let hours = TimeRange { starts: row.get(0)?, ends: row.get(1)? };
                let time = match (row.get(2)?, row.get(3)?) {
                    (Some(first), Some(until)) => BookingTime::Days(DateRange { first, until }),
                    _ => BookingTime::Hours(hours),
                };
                Ok(match row.get::<_, Option<String>>(4)? {
                    None => Mirrored::At(time),
                    Some(reason) if reason == BookingEnd::OutsideWindow.as_str() => {
                        Mirrored::Outside
                    }
                    Some(reason) => Mirrored::Gone(reason),
                })
            })
            .optional()?;
        Ok(found)
    }

    fn follow(&self, room: &Linked, found: Mirrored, now: Timestamp) -> Result<(), StoreError> {
        let number = room.reservation;
        let stored = self.numbered_reservation(number)?;
        match found {
            Mirrored::Gone(reason) if room.state.is_open() => {
                let problem = ended(&reason);
                self.sql
                    .prepare_cached(
                        "UPDATE reserved_room SET state = ?3, reason = ?4
                         WHERE reservation = ?1 AND position = ?2",
                    )?
                    .execute(params![
                        number,
                        room.position,
                        RoomState::Ended,
                        json::write(&problem)?
                    ])?;
                let text = format!("{} is no longer booked: {}", room.name, problem.summary);
                self.note(Entry::of(number, &Actor::Vendor, "room-ended", text), now)?;
                self.set_state_of_rooms(number, now)
            }
            // It may be back, or it was never gone.
            Mirrored::At(_) | Mirrored::Series(_) if !room.state.is_open() => {
                self.check_soon(number, now)
            }
            Mirrored::At(time) if time != stored.request.time => {
                let zone = zones::zone_or_utc(&stored.request.time_zone);
                let before = when::in_words(&stored.request.time, &zone);
                let after = when::in_zone(&time, &stored.request.time_zone, &zone);
                self.set_request(number, &BookingRequest { time, ..stored.request })?;
                self.sql
                    .prepare_cached("UPDATE reservation SET changed = ?2 WHERE number = ?1")?
                    .execute(params![number, now.as_second()])?;
                let text = format!("Moved from {before} to {after}, in the calendar");
                self.note(Entry::of(number, &Actor::Vendor, "moved", text), now)
            }
            Mirrored::Series(false) if room.starts > now.as_second() => {
                self.check_soon(number, now)
            }
            Mirrored::Outside if room.starts > now.as_second() => self.check_soon(number, now),
            Mirrored::At(_) | Mirrored::Series(_) | Mirrored::Outside | Mirrored::Gone(_) => Ok(()),
        }
    }

    /// Sets the state of a reservation after that of a room changed.
    fn set_state_of_rooms(&self, number: i64, now: Timestamp) -> Result<(), StoreError> {
        let stored = self.numbered_reservation(number)?;
        let state = ReservationState::of(&stored.row.rooms);
        self.sql
            .prepare_cached(
                "UPDATE reservation SET state = ?2, changed = ?3,
                     check_due = iif(?4, check_due, NULL),
                     pending_since = iif(?4, pending_since, NULL)
                 WHERE number = ?1",
            )?
            .execute(params![number, state, now.as_second(), state == ReservationState::Pending])?;
        match state.is_open() {
            true => Ok(()),
            false => self.drop_wishes(number, now),
        }
    }

    /// Asks the vendor soon how a reservation stands.
    pub(super) fn check_soon(&self, number: i64, now: Timestamp) -> Result<(), StoreError> {
        self.sql
            .prepare_cached("UPDATE reservation SET check_due = ?2, checks = 0 WHERE number = ?1")?
            .execute(params![number, now.as_second()])?;
        Ok(())
    }
}

impl Mirrored {
    fn to_text(&self) -> Result<String, StoreError> {
        Ok(match self {
            Self::At(time) => json::write(time)?,
            Self::Series(true) => "series".to_owned(),
            Self::Series(false) => "series-moved".to_owned(),
            Self::Outside => "outside".to_owned(),
            Self::Gone(reason) => format!("gone: {reason}"),
        })
    }
}
