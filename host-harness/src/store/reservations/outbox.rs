//! The outbox: which wishes are due, and the results of their attempts. Sending them is the work of
//! `crate::reservations`.
//!
//! An attempt begins with a transaction that counts it, and ends with one that stores its result.
//! If the process ends in between, the wish is due again, and is then sent as one that was
//! attempted before.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::{
    history::Entry,
    row::{Actor, ReservedRoom, Waiting, Wish},
};
use crate::{
    model::{BookingOutcome, BookingRequest, BookingTime, RoomPosition},
    problem::Problem,
    store::{IntegrationId, Store, StoreError, json},
};

/// Work that is due: an attempt of a wish, or a question about a reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Due {
    what: What,
    /// Reference of the reservation. A release of a room has none.
    pub(crate) reference: Option<String>,
    /// Ids of the rooms that the work concerns.
    pub(crate) rooms: Vec<String>,
    /// Since when it is due.
    since: i64,
}

impl Due {
    /// Returns the number of the release of a room, if it is one.
    pub(crate) fn release(&self) -> Option<i64> {
        match self.what {
            What::Wish { of: Of::Release(release), .. } => Some(release),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Wish { number: i64, of: Of },
    Check { reservation: i64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Reservation(i64),
    Release(i64),
}

/// What to ask the vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Work {
    Book {
        request: BookingRequest,
        again: bool,
    },
    Check {
        request: BookingRequest,
        ticket: String,
        /// The rooms when the question began.
        rooms: Vec<ReservedRoom>,
    },
    Change {
        former: BookingRequest,
        request: BookingRequest,
        ticket: String,
    },
    Cancel {
        request: BookingRequest,
        ticket: String,
        occurrence: Option<BookingTime>,
        comment: String,
    },
    Release {
        room: RoomPosition,
        booking: String,
        comment: String,
    },
}

/// Time until a question is repeated whose answer can be older than what is stored.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Ids of the rooms that a wish `w` concerns.
const ROOMS: &str = "(SELECT json_group_array(room) FROM (
        SELECT room FROM reserved_room WHERE reservation = w.reservation
        UNION SELECT value ->> 'room' FROM json_each(w.wish, '$.change.request.rooms')
        UNION SELECT room FROM release WHERE number = w.release))";

/// Condition on a wish `w`: no earlier one of the same reservation waits.
const IS_FIRST: &str = "(w.reservation IS NULL OR NOT EXISTS (SELECT 1 FROM wish AS earlier
        WHERE earlier.reservation = w.reservation AND earlier.number < w.number))";

/// Condition on a reservation `r`: no wish waits.
const IS_ANSWERED: &str = "NOT EXISTS (SELECT 1 FROM wish AS w WHERE w.reservation = r.number)";

impl Store {
    /// Returns the work that is due, the longest due first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(crate) fn due_reservations(
        &self,
        integration: IntegrationId,
        now: Timestamp,
    ) -> Result<Vec<Due>, StoreError> {
        let mut due = Vec::new();
        let params = params![integration.0, now.as_second()];
        let mut wishes = self.connection.prepare_cached(&format!(
            "SELECT w.number, w.reservation, w.release, r.reference, {ROOMS} AS rooms, w.due
             FROM wish AS w LEFT JOIN reservation AS r ON r.number = w.reservation
             WHERE w.integration = ?1 AND w.due <= ?2 AND {IS_FIRST} ORDER BY w.due, w.number"
        ))?;
        for row in wishes.query_map(params, due_wish)? {
            due.push(row?);
        }
        let mut checks = self.connection.prepare_cached(&format!(
            "SELECT number, reference, check_due, (SELECT json_group_array(room)
                 FROM reserved_room WHERE reservation = number) AS rooms
             FROM reservation AS r
             WHERE integration = ?1 AND check_due <= ?2 AND {IS_ANSWERED}
             ORDER BY check_due, number"
        ))?;
        for row in checks.query_map(params, due_check)? {
            due.push(row?);
        }
        due.sort_by_key(|due| due.since);
        Ok(due)
    }

    /// Returns when the next work is due, if any waits.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn next_reservation_due(
        &self,
        integration: IntegrationId,
    ) -> Result<Option<Timestamp>, StoreError> {
        let next: Option<i64> = self
            .connection
            .prepare_cached(&format!(
                "SELECT min(due) FROM (
                     SELECT due FROM wish AS w WHERE integration = ?1 AND {IS_FIRST}
                     UNION ALL SELECT check_due FROM reservation AS r
                     WHERE integration = ?1 AND check_due IS NOT NULL AND {IS_ANSWERED})"
            ))?
            .query_row([integration.0], |row| row.get(0))?;
        Ok(next.and_then(|next| Timestamp::from_second(next).ok()))
    }

    /// Begins work: counts the attempt. `None` where nothing is to be sent now, since the wish was
    /// replaced, is given up, or waits for something else.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(crate) fn begin_reservation(
        &mut self,
        integration: IntegrationId,
        due: &Due,
        now: Timestamp,
    ) -> Result<Option<Work>, StoreError> {
        self.transaction(integration, |transaction| match due.what {
            What::Wish { number, of } => transaction.begin_wish(number, of, now),
            What::Check { reservation } => transaction.begin_check(reservation, now),
        })
    }

    /// Stores the outcome of `work`: of a wish to book or to change, or of a question. Returns the
    /// ids of the rooms whose calendars changed by it.
    ///
    /// Where the reservation changed during a question, for example by a sync, this can be newer
    /// than the answer: the vendor is asked again.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(crate) fn reservation_answered(
        &mut self,
        integration: IntegrationId,
        (due, work): (&Due, &Work),
        outcome: BookingOutcome,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        self.transaction(integration, |transaction| {
            if let (What::Check { reservation }, Work::Check { request, rooms, .. }) =
                (due.what, work)
            {
                let stored = transaction.numbered_reservation(reservation)?;
                if stored.request != *request || stored.row.rooms != *rooms {
                    let soon = now.checked_add(ASK_AGAIN).unwrap_or(now);
                    transaction.check_soon(reservation, soon)?;
                    return Ok(Vec::new());
                }
            }
            let (reservation, request) = match due.what {
                What::Check { reservation } => (reservation, None),
                What::Wish { number, of: Of::Reservation(reservation) } => {
                    let request = match transaction.take_wish(number)? {
                        Some(Waiting { wish: Wish::Change(change), .. }) => {
                            let what = "Changed in the calendar";
                            let entry = Entry::of(reservation, &Actor::Vendor, "changed", what);
                            transaction.note(entry, now)?;
                            change.request
                        }
                        _ => transaction.numbered_reservation(reservation)?.request,
                    };
                    (reservation, Some(request))
                }
                What::Wish { of: Of::Release(_), .. } => return Ok(Vec::new()),
            };
            let stored = transaction.numbered_reservation(reservation)?;
            transaction.apply_outcome(&stored, request, outcome, now)
        })
    }

    /// Notes that the vendor carried out a wish to cancel, or to make a room free.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(crate) fn reservation_done(
        &mut self,
        integration: IntegrationId,
        due: &Due,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.transaction(integration, |transaction| {
            let What::Wish { number, of } = due.what else { return Ok(()) };
            let Some(Waiting { wish, by, .. }) = transaction.take_wish(number)? else {
                return Ok(());
            };
            match of {
                Of::Release(release) => transaction.released(release, &by, now),
                Of::Reservation(reservation) => match wish {
                    Wish::Cancel { occurrence, .. } => {
                        transaction.cancelled(reservation, occurrence, now)
                    }
                    Wish::Book | Wish::Change(_) | Wish::Release => Ok(()),
                },
            }
        })
    }

    /// Notes that an attempt failed, and that its result is not known. It is repeated after a
    /// pause, which is no shorter than what the vendor `asked`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(crate) fn reservation_unclear(
        &mut self,
        integration: IntegrationId,
        due: &Due,
        problem: &Problem,
        asked: Option<Duration>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let asked = asked.map_or(0, |asked| i64::try_from(asked.as_secs()).unwrap_or(i64::MAX));
        self.transaction(integration, |transaction| match due.what {
            What::Wish { number, of } => {
                transaction.wish_unclear((number, of), problem, asked, now)
            }
            What::Check { reservation } => {
                transaction.check_unclear(reservation, problem, asked, now)
            }
        })
    }

    /// Notes that the vendor refuses a wish, or that it is given up. With `check`, the vendor is
    /// asked how the reservation stands.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(crate) fn reservation_refused(
        &mut self,
        integration: IntegrationId,
        due: &Due,
        problem: &Problem,
        check: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.transaction(integration, |transaction| match due.what {
            What::Wish { number, of } => {
                transaction.wish_failed(number, of, problem, now)?;
                match of {
                    Of::Reservation(reservation) if check => {
                        transaction.check_soon(reservation, now)
                    }
                    _ => Ok(()),
                }
            }
            What::Check { reservation } => transaction.check_unclear(reservation, problem, 0, now),
        })
    }
}

fn due_wish(row: &Row<'_>) -> rusqlite::Result<Due> {
    let of = match row.get("reservation")? {
        Some(reservation) => Of::Reservation(reservation),
        None => Of::Release(row.get("release")?),
    };
    Ok(Due {
        what: What::Wish { number: row.get("number")?, of },
        reference: row.get("reference")?,
        rooms: json::read("rooms", row.get_ref("rooms")?.as_str()?)?,
        since: row.get("due")?,
    })
}

fn due_check(row: &Row<'_>) -> rusqlite::Result<Due> {
    Ok(Due {
        what: What::Check { reservation: row.get("number")? },
        reference: row.get("reference")?,
        rooms: json::read("rooms", row.get_ref("rooms")?.as_str()?)?,
        since: row.get("check_due")?,
    })
}
