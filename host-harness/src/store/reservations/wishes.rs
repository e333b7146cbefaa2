//! Storing wishes: to book, to change, to cancel. Nothing is sent here.

use jiff::{Timestamp, tz::TimeZone};
use rusqlite::params;

use super::{
    ReservationError,
    history::{CANCEL_REQUESTED, Entry},
    row::{Actor, Reservation, ReservationState, RoomState, Stored, Waiting, Wish, WishedChange},
    valid::{Checked, Within, check_comment},
};
use crate::{
    model::{BookingRequest, BookingTime, Participant, Recurrence},
    random,
    store::{IntegrationId, Store, StoreError, Transaction, json},
    when, zones,
};

/// Largest number of open reservations of a user who makes them.
const MOST_OPEN: usize = 200;

/// A booking to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReservation {
    /// Ids of the rooms, which are booked as one meeting.
    pub rooms: Vec<String>,
    /// When it takes place; of a series, its first occurrence. Days are those of the rooms' time
    /// zone.
    pub time: BookingTime,
    /// How often it takes place.
    pub recurrence: Option<Recurrence>,
    /// Id of the user for whom the rooms are booked.
    pub organizer: String,
    /// Others to invite, each with an e-mail address.
    pub invite: Vec<Participant>,
    /// Title, of at most [`TITLE`](super::TITLE) characters.
    pub title: String,
    /// Whether the meeting is marked as private.
    pub private: bool,
    /// Whether the vendor adds a link to an online meeting, if it can.
    pub online_meeting: bool,
    /// Number of days ahead for which ONES reads bookings, today included: the booking begins
    /// within them. By default, at any time.
    pub days: Option<u16>,
    /// Who makes it.
    pub by: Actor,
}

/// What to change of a reservation; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in `NewReservation`")]
pub struct ReservationChange {
    pub rooms: Option<Vec<String>>,
    pub time: Option<BookingTime>,
    /// `Some(None)` makes one booking of a series.
    pub recurrence: Option<Option<Recurrence>>,
    pub invite: Option<Vec<Participant>>,
    pub title: Option<String>,
    pub private: Option<bool>,
    pub online_meeting: Option<bool>,
    pub days: Option<u16>,
}

impl Store {
    /// Stores the wish to book rooms. The reservation is [`ReservationState::Requested`] until the
    /// vendor has answered.
    ///
    /// # Errors
    /// [`StoreError::Reservation`] where it cannot be booked as it is; else any [`StoreError`].
    pub fn reserve(
        &mut self,
        integration: IntegrationId,
        new: NewReservation,
        now: Timestamp,
    ) -> Result<Reservation, StoreError> {
        let reference = self.transaction(integration, |it| it.reserve(new, now))?;
        self.known_reservation(integration, &reference)
    }

    /// Stores the wish to change a reservation. Where the wish to book was never sent, it is
    /// replaced.
    ///
    /// # Errors
    /// [`StoreError::Reservation`] where it cannot be changed so; else any [`StoreError`].
    pub fn change_reservation(
        &mut self,
        integration: IntegrationId,
        reference: &str,
        change: ReservationChange,
        by: Actor,
        now: Timestamp,
    ) -> Result<Reservation, StoreError> {
        self.transaction(integration, |it| it.change_reservation(reference, change, by, now))?;
        self.known_reservation(integration, reference)
    }

    /// Stores the wish to cancel a reservation, or one occurrence of a series. Where the wish to
    /// book was never sent, the reservation is cancelled at once. Everyone invited receives the
    /// comment.
    ///
    /// # Errors
    /// [`StoreError::Reservation`] where it cannot be cancelled; else any [`StoreError`].
    pub fn cancel_reservation(
        &mut self,
        integration: IntegrationId,
        reference: &str,
        occurrence: Option<BookingTime>,
        comment: &str,
        by: Actor,
        now: Timestamp,
    ) -> Result<Reservation, StoreError> {
        self.transaction(integration, |it| {
            it.cancel_reservation(reference, occurrence, comment, by, now)
        })?;
        self.known_reservation(integration, reference)
    }

    fn known_reservation(
        &self,
        integration: IntegrationId,
        reference: &str,
    ) -> Result<Reservation, StoreError> {
        self.reservation(integration, reference)?.ok_or_else(|| unknown(reference))
    }
}

fn unknown(reference: &str) -> StoreError {
    ReservationError::Unknown { reference: reference.to_owned() }.into()
}

impl Transaction<'_> {
    fn reserve(&self, new: NewReservation, now: Timestamp) -> Result<String, StoreError> {
        let (rooms, zones) = self.wanted_rooms(&new.rooms)?;
        let request = BookingRequest {
            reference: new_reference(),
            rooms,
            time: new.time,
            time_zone: zones.first().cloned().unwrap_or_else(|| "UTC".to_owned()),
            recurrence: new.recurrence,
            organizer: self.organizer(&new.organizer)?,
            invite: new.invite,
            title: new.title,
            private: new.private,
            online_meeting: new.online_meeting,
        };
        let within = Within { now, days: new.days, own: None };
        let Checked { request, instants, over_at } = self.check_request(request, &zones, within)?;
        if let Actor::User(_) = new.by {
            self.check_open(&new.organizer, now)?;
        }
        self.adds.set(true);
        let by = json::write(&new.by)?;
        self.sql
            .prepare_cached(
                "INSERT INTO reservation (integration, reference, organizer, state, request,
                     starts, ends, over_at, made_by, created, changed)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)",
            )?
            .execute(params![
                self.integration,
                request.reference,
                new.organizer,
                ReservationState::Requested,
                json::write(&request)?,
                instants.starts,
                instants.ends,
                over_at,
                by,
                now.as_second(),
            ])?;
        let number = self.sql.last_insert_rowid();
        self.put_wanted_rooms(number, &request)?;
        self.put_wish(Some(number), None, &Wish::Book, &new.by, now)?;
        let text = format!("Requested {}", in_words(&request));
        self.note(Entry::of(number, &new.by, "requested", text), now)?;
        Ok(request.reference)
    }

    fn check_open(&self, organizer: &str, now: Timestamp) -> Result<(), StoreError> {
        let open: usize = self
            .sql
            .prepare_cached(
                "SELECT count(*) FROM reservation
                 WHERE integration = ?1 AND organizer = ?2
                   AND state NOT IN ('declined', 'cancelled', 'failed')
                   AND (over_at IS NULL OR over_at > ?3)",
            )?
            .query_row(params![self.integration, organizer, now.as_second()], |row| row.get(0))?;
        match open < MOST_OPEN {
            true => Ok(()),
            false => Err(ReservationError::TooManyOpen { most: MOST_OPEN }.into()),
        }
    }

    fn change_reservation(
        &self,
        reference: &str,
        change: ReservationChange,
        by: Actor,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let stored = self.open_reservation(reference, now)?;
        // What was wished last is what is changed.
        let before = stored.row.request.clone();
        let ids = change
            .rooms
            .unwrap_or_else(|| before.rooms.iter().map(|wanted| wanted.room.clone()).collect());
        let (rooms, zones) = self.wanted_rooms(&ids)?;
        let request = BookingRequest {
            rooms,
            time: change.time.unwrap_or(before.time.clone()),
            recurrence: change.recurrence.unwrap_or(before.recurrence.clone()),
            invite: change.invite.unwrap_or(before.invite.clone()),
            title: change.title.unwrap_or(before.title.clone()),
            private: change.private.unwrap_or(before.private),
            online_meeting: change.online_meeting.unwrap_or(before.online_meeting),
            ..before.clone()
        };
        if request == before {
            return Err(ReservationError::Unchanged.into());
        }
        let within = Within { now, days: change.days, own: Some(stored.number) };
        let Checked { request, instants, over_at } = self.check_request(request, &zones, within)?;
        self.adds.set(true);
        let unsent = self.drop_unsent(&stored)?;
        if unsent == Some(true) {
            // It was never sent: what is booked is the changed request.
            self.write_request(stored.number, &request, instants, over_at)?;
            self.put_wanted_rooms(stored.number, &request)?;
            self.put_wish(Some(stored.number), None, &Wish::Book, &by, now)?;
        } else {
            let has_earlier = self.has_wish(stored.number)?;
            let former = Some(stored.request.clone()).filter(|_| !has_earlier);
            let wish = WishedChange { former, request: request.clone(), instants, over_at };
            let wish = Wish::Change(Box::new(wish));
            self.put_wish(Some(stored.number), None, &wish, &by, now)?;
        }
        let text = format!("Wished to change to {}", in_words(&request));
        self.note(Entry::of(stored.number, &by, "change-requested", text), now)
    }

    fn cancel_reservation(
        &self,
        reference: &str,
        occurrence: Option<BookingTime>,
        comment: &str,
        by: Actor,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let stored = self.open_reservation(reference, now)?;
        check_comment(comment)?;
        let zone = zones::zone_or_utc(&stored.request.time_zone);
        if let Some(time) = &occurrence {
            if stored.row.request.recurrence.is_none() {
                return Err(ReservationError::NotSeries { reference: reference.to_owned() }.into());
            }
            super::valid::instants(time, &zone)?;
        }
        let is_all = occurrence.is_none();
        let text = match &occurrence {
            None => "Wished to cancel".to_owned(),
            Some(time) => format!("Wished to cancel {}", when::in_words(time, &zone)),
        };
        let entry = Entry::of(stored.number, &by, CANCEL_REQUESTED, text);
        self.note(entry.detail(comment), now)?;
        if is_all && self.drop_unsent(&stored)? == Some(true) {
            self.sql
                .prepare_cached("UPDATE reserved_room SET state = ?2 WHERE reservation = ?1")?
                .execute(params![stored.number, RoomState::Ended])?;
            self.close(stored.number, ReservationState::Cancelled, None, now)?;
            let text = "Cancelled before it was sent";
            return self.note(Entry::of(stored.number, &Actor::Host, "cancelled", text), now);
        }
        self.adds.set(true);
        let wish = Wish::Cancel { occurrence, comment: comment.to_owned() };
        self.put_wish(Some(stored.number), None, &wish, &by, now)
    }

    /// Returns a reservation that can be changed and cancelled.
    fn open_reservation(&self, reference: &str, now: Timestamp) -> Result<Stored, StoreError> {
        let Some(stored) = self.stored_reservation(reference)? else {
            return Err(unknown(reference));
        };
        let reference = || reference.to_owned();
        let state = stored.row.state;
        if !state.is_open() {
            let state = state.as_str();
            return Err(ReservationError::NotOpen { reference: reference(), state }.into());
        }
        if let Some(Waiting { wish: Wish::Cancel { occurrence: None, .. }, .. }) =
            &stored.row.waiting
        {
            return Err(ReservationError::BeingCancelled { reference: reference() }.into());
        }
        match stored.over_at.is_some_and(|over_at| over_at <= now.as_second()) {
            true => Err(ReservationError::Over { reference: reference() }.into()),
            false => Ok(stored),
        }
    }

    /// Deletes the wish that was stored last if it was never sent and is replaced by the next one:
    /// to book or to change. Returns whether it was the wish to book; `None` where there is none.
    fn drop_unsent(&self, stored: &Stored) -> Result<Option<bool>, StoreError> {
        let Some(Waiting { wish, attempts: 0, .. }) = &stored.row.waiting else { return Ok(None) };
        let is_book = match wish {
            Wish::Book => true,
            Wish::Change(_) => false,
            Wish::Cancel { .. } | Wish::Release => return Ok(None),
        };
        self.sql
            .prepare_cached(
                "DELETE FROM wish WHERE number =
                     (SELECT max(number) FROM wish WHERE reservation = ?1)",
            )?
            .execute([stored.number])?;
        Ok(Some(is_book))
    }

    fn has_wish(&self, reservation: i64) -> Result<bool, StoreError> {
        Ok(self
            .sql
            .prepare_cached("SELECT 1 FROM wish WHERE reservation = ?1")?
            .exists([reservation])?)
    }

    /// Stores a wish, which is due at once.
    pub(super) fn put_wish(
        &self,
        reservation: Option<i64>,
        release: Option<i64>,
        wish: &Wish,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "INSERT INTO wish (integration, reservation, release, wish, made_by, stored, due)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
            )?
            .execute(params![
                self.integration,
                reservation,
                release,
                json::write(wish)?,
                json::write(by)?,
                now.as_second(),
            ])?;
        Ok(())
    }

    /// Replaces the rooms of a reservation by those of a request, which have not answered.
    fn put_wanted_rooms(
        &self,
        reservation: i64,
        request: &BookingRequest,
    ) -> Result<(), StoreError> {
        self.sql
            .prepare_cached("DELETE FROM reserved_room WHERE reservation = ?1")?
            .execute([reservation])?;
        let mut insert = self.sql.prepare_cached(
            "INSERT INTO reserved_room (reservation, position, room, name, state)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for (position, wanted) in (0_i64..).zip(&request.rooms) {
            let state = RoomState::Pending;
            insert.execute(params![reservation, position, wanted.room, wanted.name, state])?;
        }
        Ok(())
    }
}

/// Returns rooms, time and title of a request, in words.
fn in_words(request: &BookingRequest) -> String {
    let zone: TimeZone = zones::zone_or_utc(&request.time_zone);
    let rooms: Vec<_> = request.rooms.iter().map(|wanted| wanted.name.as_str()).collect();
    let time = when::in_zone(&request.time, &request.time_zone, &zone);
    let series = if request.recurrence.is_some() { ", as a series" } else { "" };
    format!("{}: {time}{series}", rooms.join(", "))
}

/// Returns a random UUID. Source: RFC 9562, section 5.4.
fn new_reference() -> String {
    let mut bytes: [u8; 16] = random::bytes();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let part = |from, to| hex.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}
