//! What the form asks for, as far as it can be read.

use jiff::{Timestamp, tz::TimeZone};

use super::{
    fields::{self, Wrong, name},
    invite, repeat, when,
};
use crate::{
    form::Entered,
    model::{BookingTime, Participant, ROOMS, Recurrence},
    store::{Reservation, ReservationError, RoomBookings, TITLE},
    zones,
};

/// A booking as the form asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wish {
    /// Ids.
    pub(super) rooms: Vec<String>,
    pub(super) time: BookingTime,
    pub(super) recurrence: Option<Recurrence>,
    pub(super) invite: Vec<Participant>,
    pub(super) title: String,
    pub(super) private: bool,
    pub(super) online: bool,
}

/// How a booking repeats.
pub(super) enum Repeating<'a> {
    /// As the form says.
    Entered,
    /// As this reservation, which is changed.
    Kept(&'a Reservation),
    /// The same, by a viewer who sees neither its title nor the invited users: the form has no
    /// fields for them.
    KeptUnseen(&'a Reservation),
}

/// Returns the time zone of the form, which is that of the first room. `other` is that of a form
/// without rooms.
pub(super) fn zone(rooms: &[RoomBookings], other: Option<&str>) -> (String, TimeZone) {
    let name = rooms.first().map(|room| room.zone.as_str()).or(other).unwrap_or("UTC");
    (name.to_owned(), zones::zone_or_utc(name))
}

/// Reads the time. Where a reservation is changed, and its time is not, that is kept.
pub(super) fn time(
    entered: &Entered,
    changed: Option<&Reservation>,
    zone: &(String, TimeZone),
) -> Result<BookingTime, Vec<Wrong>> {
    let kept = changed.and_then(|found| fields::kept_time(entered, found, zone));
    kept.map_or_else(|| when::read(entered, &zone.1), Ok)
}

/// Reads a booking. `rooms` are the chosen rooms that exist.
pub(super) fn read(
    entered: &Entered,
    rooms: &[RoomBookings],
    repeating: Repeating<'_>,
    now: Timestamp,
) -> Result<Wish, Vec<Wrong>> {
    let mut wrong = Vec::new();
    let mut taken = |result: Result<(), Wrong>| wrong.extend(result.err());
    let zone = zone(rooms, None);
    taken(check_rooms(entered, rooms));
    let changed = match repeating {
        Repeating::Kept(found) | Repeating::KeptUnseen(found) => Some(found),
        Repeating::Entered => None,
    };
    let time = time(entered, changed, &zone);
    let recurrence = match changed {
        Some(found) => Ok(found.request.recurrence.clone()),
        None => match when::day(entered) {
            Ok(day) => repeat::read(entered, day),
            // Reported with the time.
            Err(_) => Ok(None),
        },
    };
    let invite = invite::read(entered.text(name::INVITE).unwrap_or_default());
    let title = entered.text(name::TITLE).unwrap_or_default().trim().to_owned();
    if !matches!(repeating, Repeating::KeptUnseen(_)) {
        taken(check_title(&title));
    }
    if let Ok(time) = &time {
        taken(check_days(time, rooms));
        let is_kept = changed.is_some_and(|found| found.request.time == *time);
        // The first occurrence of a series that is changed can be over.
        let is_series = changed.is_some_and(|found| found.request.recurrence.is_some());
        if !is_kept && !is_series {
            taken(check_past(entered, time, &zone.1, now));
        }
    }
    match (time, recurrence, invite) {
        (Ok(time), Ok(recurrence), Ok(invite)) if wrong.is_empty() => Ok(Wish {
            rooms: rooms.iter().map(|room| room.room.id.clone()).collect(),
            time,
            recurrence,
            invite,
            title,
            private: entered.text("private").is_some(),
            online: entered.text("online").is_some(),
        }),
        (time, recurrence, invite) => {
            wrong.extend(time.err().into_iter().flatten());
            wrong.extend(recurrence.err().into_iter().flatten());
            wrong.extend(invite.err());
            Err(wrong)
        }
    }
}

fn check_rooms(entered: &Entered, rooms: &[RoomBookings]) -> Result<(), Wrong> {
    let wrong = |text: String| Err(Wrong::new(name::ROOM, text));
    let chosen = entered.all(name::ROOM).count();
    match rooms.len() {
        0 if chosen == 0 => wrong("Choose a room".to_owned()),
        _ if chosen > ROOMS => {
            wrong(format!("{chosen} rooms are too many. Choose {ROOMS} at most"))
        }
        count if count < chosen => {
            wrong("A room that was chosen no longer exists, and was left out".to_owned())
        }
        _ => Ok(()),
    }
}

fn check_title(title: &str) -> Result<(), Wrong> {
    let text = match title.chars().count() {
        0 => "Enter a title, which the invited people see".to_owned(),
        length if length > TITLE => {
            format!("The title has {length} characters. Enter {TITLE} at most")
        }
        _ => return Ok(()),
    };
    Err(Wrong::new(name::TITLE, text))
}

fn check_past(
    entered: &Entered,
    time: &BookingTime,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<(), Wrong> {
    if when::is_over(time, zone, now) {
        let field = match entered.text(name::WHEN) {
            Some("days") => name::DAY,
            _ => name::TO,
        };
        return Err(Wrong::new(field, "This time is past"));
    }
    Ok(())
}

fn check_days(time: &BookingTime, rooms: &[RoomBookings]) -> Result<(), Wrong> {
    let is_alike = rooms.iter().all(|room| room.zone == rooms[0].zone);
    if matches!(time, BookingTime::Days(_)) && !is_alike {
        let text = "A day begins at another time in each of the rooms, since they are in \
                    different time zones. Book them one by one, or enter hours";
        return Err(Wrong::new(name::WHEN, text));
    }
    Ok(())
}

/// Returns at which field an error of the store is shown. `None` if it is about none of them.
pub(super) fn wrong_field(error: &ReservationError) -> Option<Wrong> {
    use ReservationError as E;
    let (field, text) = match error {
        E::NoRooms => (name::ROOM, "Choose a room".to_owned()),
        E::TooManyRooms { most, .. } => (name::ROOM, format!("Choose {most} rooms at most")),
        E::UnknownRoom { .. } => (name::ROOM, "A room that was chosen no longer exists".to_owned()),
        E::RoomTwice { .. } => (name::ROOM, "Choose each room once".to_owned()),
        E::Overlaps { room, time, .. } => (
            name::ROOM,
            format!("{room} is already requested in ONES for {time}. Choose another time or room"),
        ),
        E::DifferentZones { zones } => (
            name::WHEN,
            format!(
                "The rooms are in different time zones ({zones}), so a series or a whole day is \
                 not the same time in all of them. Book them one by one"
            ),
        ),
        E::UnknownOrganizer { .. } => (name::ORGANIZER, "Choose a user".to_owned()),
        E::OrganizerWithoutEmail { .. } => (
            name::ORGANIZER,
            "This user has no e-mail address in the directory, so no meeting can be made for them"
                .to_owned(),
        ),
        E::InvalidTime { reason } => (name::DAY, format!("The time is not valid: {reason}")),
        E::Past { .. } => (name::FROM, "The beginning is past".to_owned()),
        E::TooFarAhead { last, .. } => {
            (name::DAY, format!("Rooms can be booked until {last}. Choose an earlier day"))
        }
        E::InvalidRecurrence { reason } => {
            (name::REPEAT, format!("The booking cannot repeat in this way: {reason}"))
        }
        E::TitleTooLong { most, .. } => (name::TITLE, format!("Enter {most} characters at most")),
        E::TooManyInvited { most, .. } => {
            (name::INVITE, format!("Invite {most} at most, the rooms included"))
        }
        E::InvalidAddress { address } => {
            (name::INVITE, format!("“{address}” is not an e-mail address"))
        }
        _ => return None,
    };
    Some(Wrong::new(field, text))
}
