//! `ones-host book`, `change`, `cancel`, `release` and `reservations`.

mod sending;
mod series;
mod time;

use std::io::Write as _;

use jiff::Timestamp;

use super::{
    FAILED, Failure, Program,
    args::{
        BookArgs, CancelArgs, ChangeArgs, Format, ReleaseArgs, ReservationsArgs,
        ReservationsCommand, RoomArgs, WaitArgs,
    },
    bookings::{booking_options, select},
    ended, json, text, usage,
};
use crate::{
    model::Participant,
    store::{
        Actor, HistoryEntry, IntegrationId, NewReservation, ReleaseState, Reservation,
        ReservationChange, ReservationError, ReservationFilter, ReservationState, Store,
        StoreError,
    },
    zones,
};
use sending::Sending;
use series::recurrence;
use time::{Entered, occurrence};

/// Number of users with the same name that an error lists.
const NAMESAKES: u32 = 5;

impl Program {
    /// Books rooms, and waits for the answer.
    pub(super) fn book(&self, args: &BookArgs) -> Result<u8, Failure> {
        let mut sending = Sending::open(self, "book")?;
        let (store, integration) = (&mut sending.store, sending.integration);
        let rooms = rooms(store, integration, &args.rooms)?;
        let zone = zones::zone_or_utc(&store.reservation_zone(integration, &rooms)?);
        let now = Timestamp::now();
        let time = Entered::of(&args.time, now, &zone).all()?;
        let organizer = user(store, integration, "--organizer", &args.organizer)?;
        let new = NewReservation {
            recurrence: recurrence(&args.series, &time, &zone)?.flatten(),
            rooms,
            time,
            organizer,
            invite: invited(&args.invite),
            title: args.title.clone(),
            private: args.private,
            online_meeting: args.online,
            days: Some(sending.options.days),
            by: Actor::CommandLine,
        };
        let made = store.reserve(integration, new, now)?;
        self.follow(sending, &made.reference, args.wait)
    }

    /// Changes a reservation, and waits for the answer.
    pub(super) fn change(&self, args: &ChangeArgs) -> Result<u8, Failure> {
        let mut sending = Sending::open(self, "change")?;
        let (store, integration) = (&mut sending.store, sending.integration);
        let before = known(store, integration, &args.reference)?;
        let rooms = match args.rooms.is_empty() {
            true => None,
            false => Some(rooms(store, integration, &args.rooms)?),
        };
        let zone = zones::zone_or_utc(&before.request.time_zone);
        let now = Timestamp::now();
        let time = Entered::of(&args.time, now, &zone).instead_of(&before.request.time)?;
        let first = time.as_ref().unwrap_or(&before.request.time);
        let change = ReservationChange {
            recurrence: recurrence(&args.series, first, &zone)?,
            rooms,
            time,
            invite: match (args.invite.is_empty(), args.invite_nobody) {
                (true, false) => None,
                _ => Some(invited(&args.invite)),
            },
            title: args.title.clone(),
            private: args.private.then_some(true),
            online_meeting: args.online,
            days: Some(sending.options.days),
        };
        store.change_reservation(integration, &args.reference, change, Actor::CommandLine, now)?;
        self.follow(sending, &args.reference, args.wait)
    }

    /// Cancels a reservation, and waits for the answer.
    pub(super) fn cancel(&self, args: &CancelArgs) -> Result<u8, Failure> {
        let mut sending = Sending::open(self, "cancel")?;
        let (store, integration) = (&mut sending.store, sending.integration);
        let before = known(store, integration, &args.reference)?;
        let one = args.occurrence.map(|point| occurrence(point, &before)).transpose()?;
        let (by, now) = (Actor::CommandLine, Timestamp::now());
        store.cancel_reservation(integration, &args.reference, one, &args.comment, by, now)?;
        self.follow(sending, &args.reference, args.wait)
    }

    /// Makes a room free again, and waits for the answer.
    pub(super) fn release(&self, args: &ReleaseArgs) -> Result<u8, Failure> {
        let mut sending = Sending::open(self, "release")?;
        let (store, integration) = (&mut sending.store, sending.integration);
        let room = room(store, integration, &args.room)?;
        let (by, now) = (Actor::CommandLine, Timestamp::now());
        let wished = store.release(integration, &room, &args.booking, &args.comment, by, now)?;
        let released = sending.release(wished, args.wait.wait)?;
        let failed = released.state != ReleaseState::Released;
        let out = &mut self.out();
        let written = match self.args.format {
            Format::Text => text::release(out, &released),
            Format::Json => json::value(out, &released),
        };
        ended(if failed { FAILED } else { 0 }, written)
    }

    /// Lists reservations.
    pub(super) fn reservations(&self, args: &ReservationsArgs) -> Result<u8, Failure> {
        let (store, integration) = self.stored()?;
        let room = args.room.as_ref().map(|name| room(&store, integration, name)).transpose()?;
        let organizer = args.organizer.as_ref();
        let organizer = organizer.map(|name| user(&store, integration, "--organizer", name));
        let filter = ReservationFilter {
            room,
            organizer: organizer.transpose()?,
            state: args.state,
            open_at: args.open.then(Timestamp::now),
            ..ReservationFilter::default()
        };
        let out = &mut std::io::BufWriter::new(self.out());
        let mut is_empty = true;
        store.each_reservation(integration, &filter, |reservation| {
            is_empty = false;
            match self.args.format {
                Format::Text => text::reservation_line(out, &reservation),
                Format::Json => json::reservation(out, &reservation),
            }
            .map_err(Failure::Output)
        })?;
        out.flush().map_err(Failure::Output)?;
        if is_empty && self.args.format == Format::Text {
            text::note(&mut anstream::stderr().lock(), "there are no such bookings")
                .map_err(Failure::Output)?;
        }
        Ok(0)
    }

    pub(super) fn reservations_command(
        &self,
        command: &ReservationsCommand,
    ) -> Result<u8, Failure> {
        match command {
            ReservationsCommand::Show { reference } => self.show_reservation(reference),
            ReservationsCommand::Send(args) => self.send_reservations(*args),
        }
    }

    fn show_reservation(&self, reference: &str) -> Result<u8, Failure> {
        let (store, integration) = self.stored()?;
        let reservation = known(&store, integration, reference)?;
        let mut history = store.reservation_history(integration, reference)?;
        if reservation.is_private() {
            history.iter_mut().for_each(HistoryEntry::hide_comment);
        }
        let out = &mut self.out();
        let written = match self.args.format {
            Format::Text => text::reservation(out, &reservation)
                .and_then(|()| text::history(out, &history, &reservation.request.time_zone)),
            Format::Json => json::reservation_with_history(out, &reservation, &history),
        };
        ended(0, written)
    }

    /// Sends what waits. Prints the reservations that were open.
    fn send_reservations(&self, args: WaitArgs) -> Result<u8, Failure> {
        let mut sending = Sending::open(self, "reservations send")?;
        let open = ReservationFilter { open_at: Some(Timestamp::now()), ..Default::default() };
        let mut before = Vec::new();
        sending.store.each_reservation(sending.integration, &open, |found| {
            if found.waiting.is_some() || found.pending_since.is_some() {
                before.push(found.reference);
            }
            Ok::<_, StoreError>(())
        })?;
        sending.send_all(args.wait)?;
        let out = &mut self.out();
        let mut code = 0;
        for reference in before {
            let (store, integration) = (&sending.store, sending.integration);
            let Some(now) = store.reservation(integration, &reference)? else {
                continue;
            };
            code = code.max(exit_code(&now));
            match self.args.format {
                Format::Text => text::reservation(out, &now),
                Format::Json => json::reservation(out, &now),
            }
            .map_err(Failure::Output)?;
        }
        Ok(code)
    }

    /// Sends a wish that was stored, waits for the answer and prints it.
    fn follow(&self, mut sending: Sending, reference: &str, args: WaitArgs) -> Result<u8, Failure> {
        let reservation = sending.send(reference, args.wait)?;
        let out = &mut self.out();
        let written = match self.args.format {
            Format::Text => text::reservation(out, &reservation),
            Format::Json => json::reservation(out, &reservation),
        };
        ended(exit_code(&reservation), written)
    }
}

/// Returns the exit code of a command that changed a reservation. A room that has not answered yet
/// is no failure; a wish that was not carried out is one.
fn exit_code(reservation: &Reservation) -> u8 {
    let is_refused =
        matches!(reservation.state, ReservationState::Declined | ReservationState::Failed);
    match is_refused || reservation.waiting.is_some() || reservation.problem.is_some() {
        true => FAILED,
        false => 0,
    }
}

fn known(
    store: &Store,
    integration: IntegrationId,
    reference: &str,
) -> Result<Reservation, Failure> {
    store.reservation(integration, reference)?.ok_or_else(|| {
        let reference = reference.to_owned();
        StoreError::from(ReservationError::Unknown { reference }).into()
    })
}

fn rooms(
    store: &Store,
    integration: IntegrationId,
    names: &[String],
) -> Result<Vec<String>, Failure> {
    let args = RoomArgs { rooms: names.to_vec() };
    Ok(select(store, integration, &args)?.unwrap_or_default())
}

fn room(store: &Store, integration: IntegrationId, name: &str) -> Result<String, Failure> {
    let mut found = rooms(store, integration, &[name.to_owned()])?;
    found.pop().ok_or_else(|| usage("--room: pass the name of a room"))
}

/// Returns the id of the user that an argument names.
fn user(
    store: &Store,
    integration: IntegrationId,
    argument: &str,
    name: &str,
) -> Result<String, Failure> {
    let mut found = store.users_called(integration, name, NAMESAKES)?;
    match found.len() {
        0 => Err(usage(format!(
            "{argument}: there is no user {name:?}. List the users with: ones-host users"
        ))),
        1 => Ok(found.remove(0).id),
        _ => {
            let address = |field: &str, row: &crate::store::RecordRow| {
                row.record.get(field).and_then(|it| it.as_str()).map(str::to_owned)
            };
            let names: Vec<_> = found
                .iter()
                .map(|row| address("email", row).unwrap_or_else(|| row.id.clone()))
                .collect();
            Err(usage(format!(
                "{argument}: several users are called {name:?}: pass one of {}",
                names.join(", ")
            )))
        }
    }
}

fn invited(addresses: &[String]) -> Vec<Participant> {
    let participant = |email: &String| Participant { email: Some(email.clone()), name: None };
    addresses.iter().map(participant).collect()
}
