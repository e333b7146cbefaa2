//! Attempts of wishes: when each begins, and what its result leads to.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::{
    ReservationError,
    history::Entry,
    outbox::{Of, Work},
    release::ReleaseState,
    row::{Actor, ReservationState, Stored, WISH_COLUMNS, Waiting, Wish, WishedChange, waiting},
    valid::LATE,
};
use crate::{
    model::{BookingTime, RoomPosition},
    problem::{Case, Problem},
    store::{StoreError, Transaction, json},
    when, zones,
};

/// Code of the reason why a room that never answered is not booked.
pub(super) const NO_ANSWER: &str = "room-never-answered";

/// Seconds for which a wish is attempted that has no end of its own.
const GIVE_UP: i64 = 7 * 24 * 60 * 60;

/// Seconds for which a wish to book waits until the calendar no longer shows what ONES cancelled in
/// the same room at the same time. Until then, the room would decline.
const LEAVING: i64 = 2 * 60;

/// Seconds after which it is looked at again.
const LOOK_AGAIN: i64 = 5;

/// Pauses before an attempt is repeated, in seconds. The last one stays.
const RETRIES: [i64; 8] = [5, 15, 45, 120, 300, 900, 1_800, 3_600];

/// Pauses before a room that has not answered is asked about again, in seconds. The last one stays.
const CHECKS: [i64; 8] = [2, 5, 15, 60, 300, 300, 900, 3_600];

/// Returns the seconds until a room is asked about again.
pub(super) fn check_pause(checks: u32) -> i64 {
    nth(&CHECKS, checks)
}

/// Returns the seconds after the attempt of this number, from 1, until the next one.
fn retry_pause(attempts: u32) -> i64 {
    nth(&RETRIES, attempts.saturating_sub(1))
}

fn nth(pauses: &[i64], number: u32) -> i64 {
    let number = usize::try_from(number).unwrap_or(usize::MAX);
    pauses.get(number).or(pauses.last()).copied().unwrap_or_default()
}

impl Transaction<'_> {
    pub(super) fn begin_wish(
        &self,
        number: i64,
        of: Of,
        now: Timestamp,
    ) -> Result<Option<Work>, StoreError> {
        let Some(wish) = self.wish(number)? else { return Ok(None) };
        let is_over = |over_at: i64| over_at <= now.as_second();
        let problem = match of {
            Of::Release(_) => is_over(wish.since.as_second() + GIVE_UP).then(too_long),
            Of::Reservation(reservation) => {
                let stored = self.numbered_reservation(reservation)?;
                if self.waits_for_leaving(&stored, &wish, now)? {
                    self.put_off(number, now.as_second() + LOOK_AGAIN)?;
                    return Ok(None);
                }
                why_given_up(&stored, &wish, now)
            }
        };
        if let Some(problem) = problem {
            self.wish_failed(number, of, &problem, now)?;
            return Ok(None);
        }
        // It is due again after a pause, also if this process ends meanwhile.
        let attempts = wish.attempts + 1;
        self.sql
            .prepare_cached("UPDATE wish SET attempts = ?2, due = ?3 WHERE number = ?1")?
            .execute(params![number, attempts, now.as_second() + retry_pause(attempts)])?;
        match of {
            Of::Release(release) => self.release_work(release).map(Some),
            Of::Reservation(reservation) => Ok(work(self.numbered_reservation(reservation)?, wish)),
        }
    }

    pub(super) fn begin_check(
        &self,
        reservation: i64,
        now: Timestamp,
    ) -> Result<Option<Work>, StoreError> {
        let stored = self.numbered_reservation(reservation)?;
        let Some(ticket) = stored.ticket else {
            self.sql
                .prepare_cached("UPDATE reservation SET check_due = NULL WHERE number = ?1")?
                .execute([reservation])?;
            return Ok(None);
        };
        let checks = stored.checks.saturating_add(1);
        self.sql
            .prepare_cached("UPDATE reservation SET checks = ?2, check_due = ?3 WHERE number = ?1")?
            .execute(params![reservation, checks, now.as_second() + check_pause(checks)])?;
        Ok(Some(Work::Check { request: stored.request, ticket, rooms: stored.row.rooms }))
    }

    fn release_work(&self, release: i64) -> Result<Work, StoreError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT l.room, l.booking, l.comment, coalesce(r.json ->> 'email', '') AS email,
                     coalesce(c.zone, r.json ->> 'timeZone', 'UTC') AS zone
                 FROM release AS l
                     LEFT JOIN record AS r ON r.integration = l.integration AND r.kind = 'room'
                         AND r.id = l.room
                     LEFT JOIN calendar AS c ON c.integration = l.integration AND c.room = l.room
                 WHERE l.number = ?1",
            )?
            .query_row([release], |row| {
                let room = RoomPosition {
                    room: row.get("room")?,
                    email: row.get("email")?,
                    time_zone: row.get("zone")?,
                    since: None,
                };
                let (booking, comment) = (row.get("booking")?, row.get("comment")?);
                Ok(Work::Release { room, booking, comment })
            })?)
    }

    fn wish(&self, number: i64) -> Result<Option<Waiting>, StoreError> {
        Ok(self
            .sql
            .prepare_cached(&format!("SELECT {WISH_COLUMNS} FROM wish WHERE number = ?1"))?
            .query_row([number], waiting)
            .optional()?)
    }

    /// Deletes a wish that was answered, and returns it.
    pub(super) fn take_wish(&self, number: i64) -> Result<Option<Waiting>, StoreError> {
        let wish = self.wish(number)?;
        self.sql.prepare_cached("DELETE FROM wish WHERE number = ?1")?.execute([number])?;
        Ok(wish)
    }

    fn put_off(&self, number: i64, due: i64) -> Result<(), StoreError> {
        self.sql
            .prepare_cached("UPDATE wish SET due = ?2 WHERE number = ?1")?
            .execute([number, due])?;
        Ok(())
    }

    /// Returns whether a wish to book waits for a meeting of ONES to leave one of its rooms: one
    /// that is being cancelled, or was, and that the synced calendar still has.
    fn waits_for_leaving(
        &self,
        stored: &Stored,
        wish: &Waiting,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let since = now.as_second() - LEAVING;
        if wish.wish != Wish::Book || wish.attempts > 0 || wish.since.as_second() <= since {
            return Ok(false);
        }
        let time = stored.row.instants;
        Ok(self
            .sql
            .prepare_cached(
                "SELECT 1 FROM reserved_room AS own
                     JOIN reserved_room AS other ON other.room = own.room
                     JOIN reservation AS r ON r.number = other.reservation
                 WHERE own.reservation = ?2 AND r.number <> ?2 AND r.integration = ?1
                   AND r.starts < ?4 AND r.ends > ?3
                   AND (EXISTS (SELECT 1 FROM wish AS w WHERE w.reservation = r.number
                           AND w.wish ->> '$.cancel.comment' IS NOT NULL
                           AND w.wish ->> '$.cancel.occurrence' IS NULL)
                     OR r.state = 'cancelled' AND r.changed > ?5 AND EXISTS (
                         SELECT 1 FROM calendar AS c JOIN booking AS b ON b.calendar = c.number
                         WHERE c.integration = ?1 AND c.room = other.room
                           AND b.id = other.booking AND b.gone_at IS NULL))
                 LIMIT 1",
            )?
            .exists(params![self.integration, stored.number, time.starts, time.ends, since])?)
    }

    pub(super) fn released(
        &self,
        release: i64,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.set_release(release, ReleaseState::Released, None, now)?;
        self.note(Entry::of_release(release, by, "released", "The room is free again"), now)
    }

    pub(super) fn cancelled(
        &self,
        reservation: i64,
        occurrence: Option<BookingTime>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(time) = occurrence else {
            self.sql
                .prepare_cached("UPDATE reserved_room SET state = 'ended' WHERE reservation = ?1")?
                .execute([reservation])?;
            self.close(reservation, ReservationState::Cancelled, None, now)?;
            let text = "Cancelled, as it was wished";
            return self.note(Entry::of(reservation, &Actor::Vendor, "cancelled", text), now);
        };
        let stored = self.numbered_reservation(reservation)?;
        let zone = zones::zone_or_utc(&stored.request.time_zone);
        let text = format!("Cancelled {}", when::in_words(&time, &zone));
        let entry = Entry::of(reservation, &Actor::Vendor, "occurrence-cancelled", text);
        self.note(entry, now)?;
        self.sql
            .prepare_cached("UPDATE reservation SET problem = NULL WHERE number = ?1")?
            .execute([reservation])?;
        // The first occurrence can be another one now.
        self.check_soon(reservation, now)
    }

    pub(super) fn wish_unclear(
        &self,
        (number, of): (i64, Of),
        problem: &Problem,
        asked: i64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(wish) = self.wish(number)? else { return Ok(()) };
        let pause = retry_pause(wish.attempts).max(asked);
        self.sql
            .prepare_cached("UPDATE wish SET due = ?2, problem = ?3 WHERE number = ?1")?
            .execute(params![
                number,
                now.as_second().saturating_add(pause),
                json::write(problem)?
            ])?;
        if wish.problem.is_some_and(|before| before.code == problem.code) {
            return Ok(());
        }
        let text = format!("It was not answered, and is repeated: {}", problem.summary);
        let actor = &Actor::Host;
        let entry = match of {
            Of::Reservation(it) => Entry::of(it, actor, "attempt-failed", text),
            Of::Release(it) => Entry::of_release(it, actor, "attempt-failed", text),
        };
        self.note(entry.detail(problem.detail.as_deref().unwrap_or_default()), now)
    }

    pub(super) fn check_unclear(
        &self,
        reservation: i64,
        problem: &Problem,
        asked: i64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let stored = self.numbered_reservation(reservation)?;
        let due = now.as_second().saturating_add(retry_pause(stored.checks).max(asked));
        let since = stored.over_at.unwrap_or(stored.row.changed.as_second());
        // A series without an end still has the rooms that have not answered.
        let is_asked = stored.over_at.is_none() && stored.row.state == ReservationState::Pending;
        // Else no answer comes any more.
        let due = Some(due).filter(|_| is_asked || since + GIVE_UP > now.as_second());
        self.sql
            .prepare_cached(
                "UPDATE reservation SET check_due = ?2, check_problem = ?3 WHERE number = ?1",
            )?
            .execute(params![reservation, due, json::write(problem)?])?;
        Ok(())
    }

    /// Ends a wish that failed.
    pub(super) fn wish_failed(
        &self,
        number: i64,
        of: Of,
        problem: &Problem,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(Waiting { wish, .. }) = self.take_wish(number)? else { return Ok(()) };
        let text = |what| format!("{what} failed: {}", problem.summary);
        let detail = problem.detail.as_deref().unwrap_or_default();
        let reservation = match of {
            Of::Release(release) => {
                self.set_release(release, ReleaseState::Failed, Some(problem), now)?;
                let entry =
                    Entry::of_release(release, &Actor::Host, "failed", text("Freeing the room"));
                return self.note(entry.detail(detail), now);
            }
            Of::Reservation(reservation) => reservation,
        };
        let what = match wish {
            Wish::Book => "The booking",
            Wish::Change(_) => "The change",
            Wish::Cancel { .. } | Wish::Release => "The cancellation",
        };
        self.note(Entry::of(reservation, &Actor::Host, "failed", text(what)).detail(detail), now)?;
        if wish == Wish::Book {
            return self.close(reservation, ReservationState::Failed, Some(problem), now);
        }
        self.sql
            .prepare_cached("UPDATE reservation SET problem = ?2 WHERE number = ?1")?
            .execute(params![reservation, json::write(problem)?])?;
        Ok(())
    }

    fn set_release(
        &self,
        release: i64,
        state: ReleaseState,
        problem: Option<&Problem>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE release SET state = ?2, problem = ?3, changed = ?4 WHERE number = ?1",
            )?
            .execute(params![
                release,
                state,
                problem.map(json::write).transpose()?,
                now.as_second()
            ])?;
        Ok(())
    }
}

/// Returns what to ask the vendor for a wish. `None` where there is no meeting to change.
fn work(stored: Stored, Waiting { wish, attempts, .. }: Waiting) -> Option<Work> {
    let request = stored.request;
    Some(match wish {
        Wish::Book => Work::Book { request, again: attempts > 0 },
        Wish::Change(change) => {
            let WishedChange { former, request: changed, .. } = *change;
            let former = former.unwrap_or(request);
            Work::Change { former, request: changed, ticket: stored.ticket? }
        }
        Wish::Cancel { occurrence, comment } => {
            Work::Cancel { request, ticket: stored.ticket?, occurrence, comment }
        }
        Wish::Release => return None,
    })
}

/// Returns why a wish is not attempted any more, if so.
fn why_given_up(stored: &Stored, waiting: &Waiting, now: Timestamp) -> Option<Problem> {
    if stored.ticket.is_none() && waiting.wish != Wish::Book {
        let state = stored.row.state.as_str();
        let reference = stored.row.reference.clone();
        return Some(Problem::from(&ReservationError::NotOpen { reference, state }));
    }
    let (starts, ends) = (stored.row.instants.starts, stored.row.instants.ends);
    let is_series = stored.row.request.recurrence.is_some();
    let a_week_long = waiting.since.as_second() + GIVE_UP;
    let (until, is_past) = match &waiting.wish {
        Wish::Book if waiting.attempts == 0 => {
            (starts.max(waiting.since.as_second()) + LATE.as_secs(), true)
        }
        Wish::Book if !is_series => (ends, true),
        Wish::Change(change) if !is_series => (change.instants.ends, true),
        Wish::Book | Wish::Change(_) => (a_week_long.max(starts), false),
        Wish::Cancel { .. } => match stored.over_at {
            Some(over_at) => (over_at, true),
            None => (a_week_long, false),
        },
        Wish::Release => (a_week_long, false),
    };
    if now.as_second() <= until {
        return None;
    }
    if !is_past {
        return Some(too_long());
    }
    let time = match &waiting.wish {
        Wish::Change(change) => &change.request.time,
        _ => &stored.request.time,
    };
    let time = when::in_words(time, &zones::zone_or_utc(&stored.request.time_zone));
    let problem = Problem::from(&ReservationError::Past { time });
    Some(if waiting.attempts > 0 { unknown_result(problem) } else { problem })
}

/// Returns the problem of a wish that was attempted and never answered.
fn unknown_result(problem: Problem) -> Problem {
    let summary = format!("{}, and no attempt was answered", problem.summary);
    Problem { summary, ..problem }.remedy(LOOK)
}

const LOOK: &str = "Look into the organizer's calendar: the vendor may have carried it out";

fn too_long() -> Problem {
    Problem::new(Case::Reservation, "reservation-given-up", "No attempt was answered for a week")
        .remedy(LOOK)
}
