//! Storing what the vendor answered.

use jiff::Timestamp;
use rusqlite::params;

use super::{
    attempts::{NO_ANSWER, check_pause},
    history::Entry,
    row::{Actor, ReservationState, ReservedRoom, RoomState, Stored, Waiting, Wish},
    valid::{instants, over_at},
};
use crate::{
    model::{
        AnsweredRoom, Booking, BookingEnd, BookingOutcome, BookingRequest, BookingTime,
        Explanation, PartlyAccepted, RoomAnswer, TimeRange,
    },
    problem::{Case, Problem},
    store::{StoreError, Transaction, json},
    when, zones,
};

/// Number of bookings that a conflict names.
const NAMED: usize = 3;

impl Transaction<'_> {
    /// Stores the outcome of a wish, or of a question. `request` is what was wished, if it was a
    /// wish. Returns the ids of the rooms whose calendars changed by it.
    pub(super) fn apply_outcome(
        &self,
        stored: &Stored,
        request: Option<BookingRequest>,
        outcome: BookingOutcome,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let is_wish = request.is_some();
        let BookingOutcome { ticket, calendar, time, rooms } = outcome;
        let wished = request.unwrap_or_else(|| stored.request.clone());
        let zone = zones::zone_or_utc(&wished.time_zone);
        // A time that the vendor could not mean changes nothing.
        let time = time.filter(|time| instants(time, &zone).is_ok());
        let request =
            BookingRequest { time: time.unwrap_or_else(|| wished.time.clone()), ..wished.clone() };
        if request.time != wished.time {
            let time = when::in_zone(&request.time, &request.time_zone, &zone);
            let text = format!("Moved to {time}");
            self.note(Entry::of(stored.number, &Actor::Vendor, "moved", text), now)?;
        }
        let is_moved = request.time != stored.request.time;
        self.set_request(stored.number, &request)?;

        let is_over = self.numbered_reservation(stored.number)?.over_at;
        let is_over = is_over.is_some_and(|over_at| over_at <= now.as_second());
        let mut answered = Vec::new();
        for (wanted, AnsweredRoom { answer, .. }) in request.rooms.iter().zip(rooms) {
            let mut room = read_answer(answer, &request.time_zone);
            room.room.clone_from(&wanted.room);
            room.name.clone_from(&wanted.name);
            if room.state == RoomState::Pending && is_over {
                room.state = RoomState::Declined;
                room.reason = Some(never_answered());
            }
            answered.push(room);
        }
        let changed = self.put_rooms(stored, &answered, is_wish, now)?;

        let state = ReservationState::of(&answered);
        let is_pending = answered.iter().any(|room| room.state == RoomState::Pending);
        let checks = if is_wish { 0 } else { stored.checks };
        let check_due = is_pending.then(|| now.as_second() + check_pause(checks));
        let pending_since = match stored.row.pending_since {
            Some(since) if is_pending && !is_wish => Some(since.as_second()),
            _ => is_pending.then(|| now.as_second()),
        };
        let has_changed = is_wish || is_moved || !changed.is_empty() || state != stored.row.state;
        self.sql
            .prepare_cached(
                "UPDATE reservation SET state = ?2, calendar = ?3, ticket = ?4, check_due = ?5,
                     checks = ?6, check_problem = NULL, pending_since = ?7,
                     changed = iif(?8, ?9, changed), problem = iif(?10, NULL, problem)
                 WHERE number = ?1",
            )?
            .execute(params![
                stored.number,
                state,
                calendar.as_str(),
                ticket,
                check_due,
                checks,
                pending_since,
                has_changed,
                now.as_second(),
                is_wish,
            ])?;
        if !state.is_open() {
            self.drop_wishes(stored.number, now)?;
        }
        self.compare_with_mirror(stored.number, now)?;
        let changes_calendar =
            |room: &&ReservedRoom| room.booking.is_some() || room.state == RoomState::Ended;
        let rooms = answered.iter().filter(changes_calendar);
        let rooms = rooms.filter(|room| is_moved || changed.contains(&room.room));
        Ok(rooms.map(|room| room.room.clone()).collect())
    }

    /// Replaces the request of a reservation, with its instants.
    pub(super) fn set_request(
        &self,
        number: i64,
        request: &BookingRequest,
    ) -> Result<(), StoreError> {
        let zone = zones::zone_or_utc(&request.time_zone);
        let Ok(time) = instants(&request.time, &zone) else { return Ok(()) };
        let first = zones::day_of(time.starts, &zone);
        self.write_request(number, request, time, over_at(request, time, first, &zone))
    }

    pub(super) fn write_request(
        &self,
        number: i64,
        request: &BookingRequest,
        instants: TimeRange,
        over_at: Option<i64>,
    ) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE reservation SET request = ?2, starts = ?3, ends = ?4, over_at = ?5
                 WHERE number = ?1",
            )?
            .execute(params![
                number,
                json::write(request)?,
                instants.starts,
                instants.ends,
                over_at
            ])?;
        Ok(())
    }

    /// Replaces the rooms of a reservation. Returns the ids of those whose answer changed, or that
    /// have not answered a wish.
    fn put_rooms(
        &self,
        stored: &Stored,
        answered: &[ReservedRoom],
        is_wish: bool,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let mirrored: Vec<(String, Option<String>, Option<String>)> = self
            .sql
            .prepare_cached(
                "SELECT room, booking, mirrored FROM reserved_room WHERE reservation = ?1",
            )?
            .query_map([stored.number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<_, _>>()?;
        self.sql
            .prepare_cached("DELETE FROM reserved_room WHERE reservation = ?1")?
            .execute([stored.number])?;
        let mut insert = self.sql.prepare_cached(
            "INSERT INTO reserved_room (reservation, position, room, name, state, booking, reason,
                 declined, mirrored)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        self.adds.set(true);
        let mut changed = Vec::new();
        for (position, room) in (0_i64..).zip(answered) {
            let before = stored.row.rooms.iter().find(|before| before.room == room.room);
            // The link to a booking that ended stays, for its history.
            let former = mirrored.iter().find(|(id, ..)| *id == room.room);
            let booking = room.booking.as_ref().or(former.and_then(|(_, id, _)| id.as_ref()));
            let is_same = former.is_some_and(|(_, id, _)| id.as_ref() == booking);
            let seen = former.and_then(|(.., seen)| seen.as_ref()).filter(|_| is_same);
            insert.execute(params![
                stored.number,
                position,
                room.room,
                room.name,
                room.state,
                booking,
                room.reason.as_ref().map(json::write).transpose()?,
                json::write(&room.declined)?,
                seen,
            ])?;
            let is_sent = is_wish && room.state == RoomState::Pending;
            let is_news = is_sent
                || before.is_none_or(|before| {
                    before.state != room.state
                        || before.reason.as_ref().map(|it| &it.code)
                            != room.reason.as_ref().map(|it| &it.code)
                        || before.declined != room.declined
                });
            if is_news {
                changed.push(room.room.clone());
                self.note_answer(stored.number, room, now)?;
            }
        }
        Ok(changed)
    }

    fn note_answer(
        &self,
        reservation: i64,
        room: &ReservedRoom,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let ReservedRoom { name, reason, .. } = room;
        let reason = reason.as_ref();
        let because = reason.map(|it| format!(": {}", it.summary)).unwrap_or_default();
        let (what, text) = match room.state {
            RoomState::Pending => ("room-pending", format!("Sent. {name} has not answered yet")),
            RoomState::Accepted => ("room-accepted", format!("{name} accepted")),
            RoomState::Partly => (
                "room-partly",
                format!("{name} accepted, except for {} dates", room.declined.len()),
            ),
            RoomState::Declined => ("room-declined", format!("{name} is not booked{because}")),
            RoomState::Conflict => ("room-conflict", format!("{name} is not free{because}")),
            RoomState::Ended => ("room-ended", format!("{name} is no longer booked{because}")),
        };
        let detail = reason.and_then(|it| it.detail.as_deref()).unwrap_or_default();
        self.note(Entry::of(reservation, &Actor::Vendor, what, text).detail(detail), now)
    }

    /// Deletes the wishes of a reservation that has no meeting any more. Each is noted, except the
    /// one to cancel it.
    pub(super) fn drop_wishes(&self, reservation: i64, now: Timestamp) -> Result<(), StoreError> {
        let waiting = self.numbered_reservation(reservation)?.row.waiting;
        if let Some(Waiting { wish: Wish::Change(_), .. }) = waiting {
            let text = "The change was not sent, since there is no meeting to change";
            self.note(Entry::of(reservation, &Actor::Host, "change-dropped", text), now)?;
        }
        self.sql
            .prepare_cached("DELETE FROM wish WHERE reservation = ?1")?
            .execute([reservation])?;
        Ok(())
    }

    /// Gives a reservation its last state. It is then asked for no more.
    pub(super) fn close(
        &self,
        number: i64,
        state: ReservationState,
        problem: Option<&Problem>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE reservation SET state = ?2, problem = ?3, changed = ?4, ticket = NULL,
                     check_due = NULL, check_problem = NULL, pending_since = NULL
                 WHERE number = ?1",
            )?
            .execute(params![
                number,
                state,
                problem.map(json::write).transpose()?,
                now.as_second()
            ])?;
        self.drop_wishes(number, now)
    }
}

/// Reads an answer. Room and name are still empty.
fn read_answer(answer: RoomAnswer, zone: &str) -> ReservedRoom {
    let mut room = ReservedRoom {
        room: String::new(),
        name: String::new(),
        state: RoomState::Pending,
        booking: None,
        reason: None,
        declined: Vec::new(),
    };
    match answer {
        RoomAnswer::Pending => {}
        RoomAnswer::Accepted(id) => {
            (room.state, room.booking) = (RoomState::Accepted, Some(id));
        }
        RoomAnswer::Partly(PartlyAccepted { id, declined }) => {
            (room.state, room.booking, room.declined) = (RoomState::Partly, Some(id), declined);
        }
        RoomAnswer::Declined(why) => {
            (room.state, room.reason) = (RoomState::Declined, Some(explained(&why)));
        }
        RoomAnswer::Conflict(bookings) => {
            (room.state, room.reason) = (RoomState::Conflict, Some(taken(&bookings, zone)));
        }
        RoomAnswer::Ended(end) => {
            (room.state, room.reason) = (RoomState::Ended, Some(ended(end.as_str())));
        }
    }
    room
}

/// Returns why a room declined.
fn explained(Explanation { code, summary, remedy, detail }: &Explanation) -> Problem {
    Problem {
        remedy: remedy.clone(),
        detail: detail.clone(),
        ..Problem::new(Case::Declined, code, summary)
    }
}

/// Returns why a room is not free: when others have it, without saying who.
fn taken(bookings: &[Booking], zone: &str) -> Problem {
    let rules = zones::zone_or_utc(zone);
    let time = |time: &BookingTime| when::in_words(time, &rules);
    let mut times: Vec<_> = bookings.iter().take(NAMED).map(|it| time(&it.time)).collect();
    if bookings.len() > NAMED {
        times.push("and other times".to_owned());
    }
    let summary = match times.is_empty() {
        true => "Others have the room".to_owned(),
        false => format!("Others have the room: {}", times.join(", ")),
    };
    Problem::new(Case::Conflict, "room-taken", summary)
        .remedy("Choose another time or another room")
}

/// Returns why a room is no longer booked. The reason is the one for which a booking ended.
pub(super) fn ended(reason: &str) -> Problem {
    let summary = match reason {
        reason if reason == BookingEnd::Cancelled.as_str() => "The meeting was cancelled",
        reason if reason == BookingEnd::Declined.as_str() => "The room declined it",
        _ => "The meeting was deleted",
    };
    Problem::new(Case::Reservation, &format!("booking-{reason}"), summary)
}

fn never_answered() -> Problem {
    Problem::new(Case::Reservation, NO_ANSWER, "The room never answered")
}
