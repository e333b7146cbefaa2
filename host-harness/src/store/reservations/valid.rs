//! Whether a wish can be stored. What can be found wrong here is never sent.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{
    ReservationError, recurrence,
    row::{ReservationState, RoomState},
};
use crate::{
    model::{
        BookingRequest, BookingTime, DateRange, Participant, ROOMS, TimeRange, User, WantedRoom,
    },
    store::{IntegrationId, Store, StoreError, Transaction, json},
    when, zones,
};

/// Time by which the beginning of a new booking can be past: users book the room that they stand
/// in.
pub const LATE: SignedDuration = SignedDuration::from_mins(5);

/// Largest number of participants and rooms of a meeting. Source: `booking-request.invite` in
/// `wit/types.wit`.
pub const MOST_INVITED: usize = 500;

/// Longest title, in characters. Source: `booking-request.title` in `wit/types.wit`.
pub const TITLE: usize = 255;

/// Longest comment, in characters.
const COMMENT: usize = 1_000;

/// Longest e-mail address, in bytes. Source: RFC 5321, section 4.5.3.1.3.
const ADDRESS: usize = 254;

/// A request that was checked.
pub(super) struct Checked {
    pub(super) request: BookingRequest,
    pub(super) instants: TimeRange,
    pub(super) over_at: Option<i64>,
}

/// What a request must not be in conflict with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Within {
    pub(super) now: Timestamp,
    /// Number of days ahead for which bookings are read.
    pub(super) days: Option<u16>,
    /// The reservation that is changed.
    pub(super) own: Option<i64>,
}

/// Returns the rooms with these ids, and the IANA names of their time zones.
pub(super) fn wanted_rooms(
    connection: &Connection,
    integration: i64,
    ids: &[String],
) -> Result<(Vec<WantedRoom>, BTreeSet<String>), StoreError> {
    if ids.is_empty() {
        return Err(ReservationError::NoRooms.into());
    }
    if ids.len() > ROOMS {
        return Err(ReservationError::TooManyRooms { count: ids.len(), most: ROOMS }.into());
    }
    let mut find = connection.prepare_cached(
        "SELECT r.json ->> 'email', r.json ->> 'name', c.zone, r.json ->> 'timeZone'
         FROM record AS r LEFT JOIN calendar AS c
             ON c.integration = r.integration AND c.room = r.id
         WHERE r.integration = ?1 AND r.kind = 'room' AND r.id = ?2 AND r.removed_at IS NULL",
    )?;
    let (mut rooms, mut zones) = (Vec::<WantedRoom>::new(), BTreeSet::new());
    for id in ids {
        let found = find
            .query_row(params![integration, id], |row| {
                let room = WantedRoom { room: id.clone(), email: row.get(0)?, name: row.get(1)? };
                Ok((room, [row.get::<_, Option<String>>(2)?, row.get(3)?]))
            })
            .optional()?;
        let unknown = || ReservationError::UnknownRoom { room: id.clone() };
        let (room, zone) = found.ok_or_else(unknown)?;
        if rooms.iter().any(|other| other.room == *id) {
            return Err(ReservationError::RoomTwice { room: room.name }.into());
        }
        let mut known = zone.into_iter().flatten().filter(|name| zones::zone(name).is_some());
        zones.insert(known.next().unwrap_or_else(|| "UTC".to_owned()));
        rooms.push(room);
    }
    Ok((rooms, zones))
}

impl Store {
    /// Returns the IANA name of the time zone in which the days of a booking of these rooms are
    /// meant, and its series: that of the rooms. Rooms of different zones cannot be booked for
    /// days.
    ///
    /// # Errors
    /// [`StoreError::Reservation`] where there is no such room; else any [`StoreError`].
    pub fn reservation_zone(
        &self,
        integration: IntegrationId,
        rooms: &[String],
    ) -> Result<String, StoreError> {
        let (_, zones) = wanted_rooms(&self.connection, integration.0, rooms)?;
        Ok(zones.into_iter().next().unwrap_or_else(|| "UTC".to_owned()))
    }
}

impl Transaction<'_> {
    pub(super) fn wanted_rooms(
        &self,
        ids: &[String],
    ) -> Result<(Vec<WantedRoom>, BTreeSet<String>), StoreError> {
        wanted_rooms(&self.sql, self.integration, ids)
    }

    /// Returns the user with this id, as meetings name their organizer.
    pub(super) fn organizer(&self, id: &str) -> Result<Participant, StoreError> {
        let found: Option<User> = self
            .sql
            .prepare_cached(
                "SELECT json FROM record
                 WHERE integration = ?1 AND kind = 'user' AND id = ?2 AND removed_at IS NULL",
            )?
            .query_row(params![self.integration, id], |row| {
                json::read("json", row.get_ref(0)?.as_str()?)
            })
            .optional()?;
        let organizer = || id.to_owned();
        let Some(user) = found else {
            return Err(ReservationError::UnknownOrganizer { organizer: organizer() }.into());
        };
        match user.email {
            Some(email) => Ok(Participant { email: Some(email), name: Some(user.display_name) }),
            None => Err(ReservationError::OrganizerWithoutEmail { organizer: organizer() }.into()),
        }
    }

    /// Checks a request whose rooms and organizer were found.
    pub(super) fn check_request(
        &self,
        request: BookingRequest,
        zones: &BTreeSet<String>,
        within: Within,
    ) -> Result<Checked, StoreError> {
        check_texts(&request)?;
        let zone = zones::zone_or_utc(&request.time_zone);
        let instants = instants(&request.time, &zone)?;
        let is_of_one_zone = zones.len() == 1
            || matches!(request.time, BookingTime::Hours(_)) && request.recurrence.is_none();
        if !is_of_one_zone {
            let zones = zones.iter().cloned().collect::<Vec<_>>().join(", ");
            return Err(ReservationError::DifferentZones { zones }.into());
        }
        let now = within.now.as_second();
        let is_past = match (within.own, &request.time) {
            (None, BookingTime::Hours(_)) => instants.starts < now - LATE.as_secs(),
            // Of a series, the first occurrence can be over.
            (Some(_), _) if request.recurrence.is_some() => false,
            // What is changed can have begun, so that it can end early.
            _ => instants.ends <= now,
        };
        if is_past {
            let time = when::in_words(&request.time, &zone);
            return Err(ReservationError::Past { time }.into());
        }
        let first = zones::day_of(instants.starts, &zone);
        if let Some(days) = within.days {
            let ends = zones::day_of(now, &zone).saturating_add(i64::from(days).days());
            if first >= ends {
                let last = ends.saturating_sub(1.day()).to_string();
                return Err(ReservationError::TooFarAhead { first: first.to_string(), last }.into());
            }
        }
        if let Some(recurrence) = &request.recurrence {
            recurrence::check(recurrence, first)?;
        }
        for room in &request.rooms {
            self.check_free(room, instants, &zone, within)?;
        }
        let over_at = over_at(&request, instants, first, &zone);
        Ok(Checked { request, instants, over_at })
    }

    /// Checks that no other reservation has the room at that time. Of series, the occurrences that
    /// are synced count, and the first one of those that are not.
    fn check_free(
        &self,
        room: &WantedRoom,
        time: TimeRange,
        zone: &TimeZone,
        Within { own, .. }: Within,
    ) -> Result<(), StoreError> {
        let open: Vec<String> = ReservationState::ALL
            .into_iter()
            .filter(|state| state.is_open())
            .map(|state| format!("'{}'", state.as_str()))
            .collect();
        let held = [RoomState::Pending, RoomState::Accepted, RoomState::Partly]
            .map(|state| format!("'{}'", state.as_str()))
            .join(", ");
        let mut statement = self.sql.prepare_cached(&format!(
            "WITH held AS (
                 SELECT r.number, r.reference, r.starts, r.ends, rr.booking
                 FROM reserved_room AS rr JOIN reservation AS r ON r.number = rr.reservation
                 WHERE rr.room = ?2 AND rr.state IN ({held}) AND r.integration = ?1
                   AND r.state IN ({}) AND r.number IS NOT ?5
                   AND NOT EXISTS (SELECT 1 FROM wish AS w WHERE w.reservation = r.number
                       AND w.wish ->> '$.cancel.comment' IS NOT NULL
                       AND w.wish ->> '$.cancel.occurrence' IS NULL))
             SELECT reference, starts, ends FROM held WHERE starts < ?4 AND ends > ?3
             UNION ALL
             SELECT held.reference, b.starts, b.ends
             FROM held JOIN calendar AS c ON c.integration = ?1 AND c.room = ?2
                 JOIN booking_item AS i ON i.calendar = c.number AND i.id = held.booking
                     AND i.is_series
                 JOIN booking AS b ON b.item = i.number AND b.gone_at IS NULL
             WHERE b.starts < ?4 AND b.ends > ?3
             UNION ALL
             SELECT r.reference, w.wish ->> '$.change.starts', w.wish ->> '$.change.ends'
             FROM wish AS w JOIN reservation AS r ON r.number = w.reservation
             WHERE w.integration = ?1 AND r.number IS NOT ?5
               AND w.wish ->> '$.change.starts' < ?4 AND w.wish ->> '$.change.ends' > ?3
               AND EXISTS (SELECT 1 FROM json_each(w.wish, '$.change.request.rooms') AS wanted
                   WHERE wanted.value ->> 'room' = ?2)
             LIMIT 1",
            open.join(", ")
        ))?;
        let params = params![self.integration, room.room, time.starts, time.ends, own];
        let found = statement
            .query_row(params, |row| {
                let time = TimeRange { starts: row.get(1)?, ends: row.get(2)? };
                Ok((row.get::<_, String>(0)?, time))
            })
            .optional()?;
        match found {
            Some((reference, time)) => Err(ReservationError::Overlaps {
                room: room.name.clone(),
                time: when::in_words(&BookingTime::Hours(time), zone),
                reference,
            }
            .into()),
            None => Ok(()),
        }
    }
}

fn check_texts(request: &BookingRequest) -> Result<(), ReservationError> {
    let length = request.title.chars().count();
    if length > TITLE {
        return Err(ReservationError::TitleTooLong { length, most: TITLE });
    }
    let count = request.invite.len() + request.rooms.len();
    if count > MOST_INVITED {
        return Err(ReservationError::TooManyInvited { count, most: MOST_INVITED });
    }
    for participant in &request.invite {
        let address = participant.email.as_deref().unwrap_or_default();
        if !is_address(address) {
            return Err(ReservationError::InvalidAddress { address: address.to_owned() });
        }
    }
    Ok(())
}

/// Returns whether a text can be an e-mail address. The vendor decides whether it is one.
pub(crate) fn is_address(text: &str) -> bool {
    let is_plain = |it: char| !it.is_whitespace() && !it.is_control() && !"<>,;\"".contains(it);
    text.len() <= ADDRESS
        && text.chars().all(is_plain)
        && text.rsplit_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
}

/// Checks a text for everyone who is invited.
pub(super) fn check_comment(comment: &str) -> Result<(), ReservationError> {
    match comment.chars().count() {
        0..=COMMENT => Ok(()),
        length => Err(ReservationError::CommentTooLong { length, most: COMMENT }),
    }
}

/// Returns a time as instants in the time zone.
pub(super) fn instants(time: &BookingTime, zone: &TimeZone) -> Result<TimeRange, ReservationError> {
    let invalid = |reason: &str| ReservationError::InvalidTime { reason: reason.to_owned() };
    match time {
        BookingTime::Hours(hours) => {
            let is_instant = |second| Timestamp::from_second(second).is_ok();
            match is_instant(hours.starts) && is_instant(hours.ends) && hours.ends > hours.starts {
                true => Ok(*hours),
                false => Err(invalid("it must end after it begins")),
            }
        }
        BookingTime::Days(DateRange { first, until }) => {
            match (zones::day(first), zones::day(until)) {
                (Some(first), Some(until)) if until > first => Ok(zones::days(first, until, zone)),
                (Some(_), Some(_)) => Err(invalid("its last day must not be before its first")),
                _ => Err(invalid("a day is written as YYYY-MM-DD")),
            }
        }
    }
}

/// Returns when the last occurrence is over, at the latest. `None` of a series without an end.
pub(super) fn over_at(
    request: &BookingRequest,
    instants: TimeRange,
    first: Date,
    zone: &TimeZone,
) -> Option<i64> {
    let Some(recurrence) = &request.recurrence else { return Some(instants.ends) };
    let last = recurrence::last_day(recurrence, first)?;
    let after = zones::day_starts(last.saturating_add(1.day()), zone);
    Some(after.saturating_add(instants.ends - instants.starts))
}
