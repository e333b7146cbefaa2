//! Checks of a request, and the form in which the rest of this module uses it.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::recurrence;
use crate::{
    bookings::Times,
    error::{Error, Explanation},
    model::{BookingRequest, BookingTime, Participant, ROOMS, WantedRoom},
    payload::read_day,
    zones::Zone,
};

/// Maximum number of characters of a reference, and of a title.
const LONGEST_REFERENCE: usize = 64;
const LONGEST_TITLE: usize = 255;

/// Maximum number of attendees of a meeting, with its rooms.
///
/// Source: <https://learn.microsoft.com/graph/api/resources/event>.
const MOST_ATTENDEES: usize = 500;

/// Last second of the year 2199, after which nothing is read.
const LATEST: i64 = 7_258_118_399;

/// A request that was checked.
#[derive(Debug)]
pub(super) struct Wish<'r> {
    pub(super) request: &'r BookingRequest,
    /// The rooms' time zone.
    pub(super) zone: Zone,
    /// When the meeting takes place; of a series, its first occurrence.
    pub(super) times: Times,
    /// Address of the organizer.
    pub(super) organizer: &'r str,
}

impl<'r> Wish<'r> {
    /// Checks a request that is to be carried out.
    ///
    /// # Errors
    /// [`Error::Other`] with the code `request.…`, which names the field that is wrong.
    pub(super) fn check(request: &'r BookingRequest) -> Result<Self, Error> {
        let wish = Self::known(request)?;
        wish.check_series()?;
        Ok(wish)
    }

    /// Checks that a series takes place on its first day.
    ///
    /// # Errors
    /// Those of [`Self::check`].
    pub(super) fn check_series(&self) -> Result<(), Error> {
        let Some(recurrence) = &self.request.recurrence else { return Ok(()) };
        let first = self.first_day(&self.zone);
        let first = first.ok_or_else(|| wrong("time", "The time is out of range"))?;
        recurrence::check(recurrence, first).map_err(|reason| wrong("recurrence", reason))
    }

    /// Returns whether another request has another time or recurrence.
    pub(super) fn is_at_another_time(&self, other: &Wish<'_>) -> bool {
        self.times != other.times || self.request.recurrence != other.request.recurrence
    }

    /// Checks a request that was carried out. Its series need not fit its time: a user can have
    /// moved the meeting in Outlook since.
    ///
    /// # Errors
    /// Those of [`Self::check`].
    pub(super) fn known(request: &'r BookingRequest) -> Result<Self, Error> {
        check_reference(&request.reference)?;
        let organizer = address(&request.organizer, "organizer")?;
        check_attendees(request, organizer)?;
        if request.title.chars().count() > LONGEST_TITLE {
            return Err(wrong("title", "The title is longer than 255 characters"));
        }
        let zone = Zone::iana(&request.time_zone).ok_or_else(|| {
            let name: String = request.time_zone.chars().take(100).collect();
            wrong("time-zone", format!("There is no time zone with the name {name:?}"))
        })?;
        Ok(Self { request, zone, times: read_times(&request.time)?, organizer })
    }

    /// Returns the day on which the meeting begins, on the wall clock of a zone.
    pub(super) fn first_day(&self, zone: &Zone) -> Option<Date> {
        match self.times {
            Times::Hours(starts, _) => Some(zone.wall(starts)?.date()),
            Times::Days(first, _) => Some(first),
        }
    }

    /// Returns the rooms.
    pub(super) fn rooms(&self) -> &'r [WantedRoom] {
        &self.request.rooms
    }

    /// Returns the addresses of the rooms, in lower case.
    pub(super) fn room_addresses(&self) -> BTreeSet<String> {
        self.rooms().iter().map(|room| room.email.to_lowercase()).collect()
    }
}

/// Returns the error about a field of a request.
pub(super) fn wrong(field: &str, message: impl Into<String>) -> Error {
    let remedy = "Correct the booking, then send it again. Nothing was booked or changed";
    Error::Other(Explanation::new(format!("request.{field}"), message).remedy(remedy))
}

fn check_reference(reference: &str) -> Result<(), Error> {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    match (1..=LONGEST_REFERENCE).contains(&reference.len()) && reference.chars().all(is_allowed) {
        true => Ok(()),
        false => {
            Err(wrong("reference", "The reference is not 1 to 64 letters, digits and hyphens"))
        }
    }
}

fn check_attendees(request: &BookingRequest, organizer: &str) -> Result<(), Error> {
    if !(1..=ROOMS).contains(&request.rooms.len()) {
        return Err(wrong("rooms", format!("A booking has 1 to {ROOMS} rooms")));
    }
    if request.rooms.len() + request.invite.len() > MOST_ATTENDEES {
        let message = format!("A meeting has at most {MOST_ATTENDEES} attendees, with its rooms");
        return Err(wrong("invite", message));
    }
    let (mut ids, mut addresses) = (BTreeSet::new(), BTreeSet::new());
    for room in &request.rooms {
        if !is_address(&room.email) {
            return Err(wrong("rooms", "A room has no valid e-mail address"));
        }
        if !ids.insert(&room.room) || !addresses.insert(room.email.to_lowercase()) {
            return Err(wrong("rooms", format!("{} is in the booking twice", room.name)));
        }
    }
    if addresses.contains(&organizer.to_lowercase()) {
        return Err(wrong("organizer", "A room cannot be the user for whom it is booked"));
    }
    request.invite.iter().try_for_each(|user| address(user, "invite").map(drop))
}

fn address<'p>(participant: &'p Participant, field: &str) -> Result<&'p str, Error> {
    let address = participant.email.as_deref().filter(|address| is_address(address));
    address.ok_or_else(|| wrong(field, "A user has no valid e-mail address"))
}

fn is_address(text: &str) -> bool {
    let is_odd = |letter: char| letter.is_whitespace() || letter.is_control();
    let parts = text.split_once('@');
    text.len() <= 320
        && !text.contains(is_odd)
        && parts.is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty())
}

/// Reads when a booking takes place.
///
/// # Errors
/// [`Error::Other`] with the code `request.time`.
pub(super) fn read_times(time: &BookingTime) -> Result<Times, Error> {
    match time {
        BookingTime::Hours(hours) => {
            if hours.starts < 0 || hours.ends > LATEST {
                return Err(wrong("time", "The time is not within the years 1970 to 2199"));
            }
            match hours.starts < hours.ends {
                true => Ok(Times::Hours(hours.starts, hours.ends)),
                false => Err(wrong("time", "The end is not after the start")),
            }
        }
        BookingTime::Days(days) => match (read_day(&days.first), read_day(&days.until)) {
            (Some(first), Some(_)) if !(1970..2200).contains(&first.year()) => {
                Err(wrong("time", "The time is not within the years 1970 to 2199"))
            }
            (Some(first), Some(until)) if first < until => Ok(Times::Days(first, until)),
            (Some(_), Some(_)) => Err(wrong("time", "The last day is before the first one")),
            _ => Err(wrong("time", "A day is not written as 2027-05-31")),
        },
    }
}
