//! The state of a reservation in words. They never say more than the vendor has answered.

use jiff::tz::TimeZone;

use crate::{
    problem::{Case, Problem},
    serve::{
        bookings::words,
        view::{self, Time},
    },
    store::{Reservation, ReservationState, ReservedRoom, RoomState, Wish},
    zones,
};

/// A state: its sign, its words and its CSS class.
pub(super) type Mark = (&'static str, &'static str, &'static str);

/// Returns the state of a reservation.
pub(super) fn mark(found: &Reservation) -> Mark {
    match found.state {
        ReservationState::Requested if found.problem.is_some() => {
            ("!", "Requested: no answer yet. ONES tries again", "warn")
        }
        ReservationState::Requested => ("…", "Requested: ONES sends it now", "soft"),
        ReservationState::Pending => ("…", "Waiting for the answer of a room", "soft"),
        ReservationState::Confirmed => ("✓", "Booked", "good"),
        ReservationState::Partly => ("!", "Booked in part", "warn"),
        ReservationState::Declined => ("✗", "Declined: no room is booked", "bad"),
        ReservationState::Cancelled => ("–", "Cancelled", "soft"),
        ReservationState::Failed => ("✗", "Failed: ONES knows of no booked room", "bad"),
    }
}

/// Returns a short name of a state, for lists and filters.
pub(super) fn name(state: ReservationState) -> &'static str {
    match state {
        ReservationState::Requested => "Requested",
        ReservationState::Pending => "Waiting for the room",
        ReservationState::Confirmed => "Booked",
        ReservationState::Partly => "Booked in part",
        ReservationState::Declined => "Declined",
        ReservationState::Cancelled => "Cancelled",
        ReservationState::Failed => "Failed",
    }
}

/// Returns what a room answered.
pub(super) fn room_mark(room: &ReservedRoom, found: &Reservation) -> Mark {
    let is_sent = found.state != ReservationState::Requested;
    match room.state {
        RoomState::Pending if found.state == ReservationState::Failed => {
            ("✗", "Not known to be booked", "bad")
        }
        RoomState::Pending if !is_sent => ("…", "Not asked yet", "soft"),
        RoomState::Pending => ("…", "Has not answered: not booked yet", "soft"),
        RoomState::Accepted => ("✓", "Booked", "good"),
        RoomState::Partly => ("!", "Booked, but not on all dates", "warn"),
        RoomState::Declined => ("✗", "Declined", "bad"),
        RoomState::Conflict => ("✗", "Not booked: others have the room at this time", "bad"),
        RoomState::Ended => ("–", "No longer booked", "soft"),
    }
}

/// Returns what is wished and was not answered yet.
pub(super) fn waiting(found: &Reservation) -> Option<String> {
    let zone = zones::zone_or_utc(&found.request.time_zone);
    Some(match &found.waiting.as_ref()?.wish {
        // The state says so.
        Wish::Book => return None,
        Wish::Change(change) => {
            let time = words::time(&change.request.time, &zone);
            let rooms = change.request.rooms.iter().map(|room| room.name.as_str());
            let rooms = rooms.collect::<Vec<_>>().join(", ");
            format!(
                "A change was requested: {time}, {rooms}. Until it is answered, time and rooms are \
                 shown as they were"
            )
        }
        Wish::Cancel { occurrence: None, .. } => "The cancellation was requested".to_owned(),
        Wish::Cancel { occurrence: Some(time), .. } => {
            format!("The cancellation of {} was requested", words::time(time, &zone))
        }
        Wish::Release => "The release of the room was requested".to_owned(),
    })
}

/// Whether the state changes soon by itself.
pub(super) fn is_open(found: &Reservation) -> bool {
    found.waiting.is_some() || found.state == ReservationState::Pending
}

/// Returns since when the rooms have not answered.
pub(super) fn pending_since(found: &Reservation) -> Option<Time> {
    let since = found.pending_since.filter(|_| found.state == ReservationState::Pending)?;
    Some(view::moment(&since))
}

/// Returns the part of a problem that a user may read. The rest is for the administrator.
pub(super) fn for_user(problem: &Problem, is_waiting: bool) -> Problem {
    const ASK: &str = "Ask your ONES administrator, who sees the cause on the page of this booking";
    let (summary, remedy) = match problem.case {
        // A text of ONES itself.
        Case::Reservation => return Problem { detail: None, ..problem.clone() },
        // The summaries of these are for users.
        Case::Declined | Case::Conflict => {
            (problem.summary.as_str(), "Choose another time or another room")
        }
        Case::Unavailable | Case::Throttled => (
            "The service with the calendars does not answer at this moment",
            if is_waiting { "ONES tries again by itself" } else { ASK },
        ),
        _ => ("The service with the calendars did not accept it", ASK),
    };
    Problem {
        remedy: Some(remedy.to_owned()),
        ..Problem::new(problem.case, &problem.code, summary)
    }
}

/// Returns when a reservation takes place, as far as it is known, or was wished.
pub(super) fn when(found: &Reservation, zone: &TimeZone) -> String {
    words::time(found.time.as_ref().unwrap_or(&found.request.time), zone)
}
