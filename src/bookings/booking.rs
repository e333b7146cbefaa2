//! From an event of Graph to a booking.

use jiff::civil::Date;
use sha2::{Digest as _, Sha256};

use super::{range::Range, times::Times};
use crate::{
    model::{Booking, BookingEnd, Hold, Participant},
    payload::{Answer, Event, Facts, Kind, Shows, day_text},
    zones::Zone,
};

/// Maximum length of a version that is made of etags, in bytes.
const LONGEST_VERSION: usize = 256;

/// What an event is for the host.
#[derive(Debug)]
pub(crate) enum Judged {
    /// A booking in the range.
    Booking(Box<Booking>),
    /// The event is in the calendar, but does not count as a booking.
    Ended(BookingEnd),
}

/// Number of the rules by which an event becomes a booking. Another one makes each host list all
/// bookings again and store them: it MUST change with the rules, since a host does not look at a
/// booking whose version is the stored one.
pub(super) const RULES: u32 = 1;

/// The room whose events are read.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    /// E-mail address of its mailbox, in lower case.
    pub(crate) mailbox: String,
    /// Its time zone.
    pub(crate) zone: Zone,
    /// The time for which bookings are reported.
    pub(crate) range: Range,
    /// Hash of all that a booking depends on besides its event.
    basis: String,
}

impl Room {
    /// Returns the room with that mailbox and that time zone.
    pub(crate) fn new(email: &str, zone: Zone, range: Range) -> Self {
        let mailbox = email.to_lowercase();
        let basis = hash_text(&[&RULES.to_string(), &mailbox, zone.name()], 4);
        Self { mailbox, zone, range, basis }
    }

    /// Decides what an event is. `series` is the id and the master of the series to which it
    /// belongs: what an occurrence does not say, the master says.
    ///
    /// # Errors
    /// One sentence that says why it cannot be read. It contains neither title nor names.
    pub(crate) fn judge(
        &self,
        event: &Event,
        series: Option<(&str, &Event)>,
    ) -> Result<Judged, String> {
        let master = series.map(|(_, master)| master);
        let nothing = Facts::default();
        let own = event.facts.as_deref().unwrap_or(&nothing);
        let whole = master.and_then(|master| master.facts.as_deref()).unwrap_or(&nothing);
        if let Some(problem) = own.problem.as_ref().or(whole.problem.as_ref()) {
            return Err(problem.clone());
        }
        if let Some(end) = ended(own, whole) {
            return Ok(Judged::Ended(end));
        }
        let all_day = own.all_day.or(whole.all_day).unwrap_or_default();
        let times = Times::read(event, all_day, &self.zone)?;
        if !self.range.overlaps(times, &self.zone) {
            return Ok(Judged::Ended(BookingEnd::OutsideWindow));
        }
        // Private, or unclear: neither title nor organizer leave the plugin.
        let private = own.private.or(whole.private).unwrap_or(true);
        let organizer = own.organizer.as_ref().or(whole.organizer.as_ref()).cloned().flatten();
        let title = own.title.as_ref().or(whole.title.as_ref()).cloned().flatten();
        let invited = own.invited.as_ref().or(whole.invited.as_ref());
        let booking = Booking {
            id: event.id.clone(),
            version: String::new(),
            meeting: meeting(event, own, master.and(Some(whole)), times),
            series: series.map(|(id, _)| id.to_owned()),
            time: times.to_record(),
            hold: hold(own, whole),
            private,
            invited: self.count(invited.map_or(&[], Vec::as_slice), organizer.as_ref()),
            title: title.filter(|_| !private),
            organizer: organizer.filter(|_| !private),
        };
        let version = version(event, master, &booking, &self.basis);
        Ok(Judged::Booking(Box::new(Booking { version, ..booking })))
    }

    /// Counts the invited, without the room itself and without the organizer.
    fn count(&self, invited: &[String], organizer: Option<&Participant>) -> u32 {
        let organizer = organizer.and_then(|organizer| organizer.email.as_ref());
        let organizer = organizer.map(|email| email.to_lowercase());
        let others = invited
            .iter()
            .filter(|address| **address != self.mailbox && Some(*address) != organizer.as_ref());
        u32::try_from(others.count()).unwrap_or(u32::MAX)
    }
}

/// Returns why an event that is still in the calendar is no booking.
fn ended(own: &Facts, whole: &Facts) -> Option<BookingEnd> {
    if own.cancelled.or(whole.cancelled) == Some(true) {
        return Some(BookingEnd::Cancelled);
    }
    (own.answer.or(whole.answer) == Some(Answer::Declined)).then_some(BookingEnd::Declined)
}

fn hold(own: &Facts, whole: &Facts) -> Hold {
    let shows = own.shows.or(whole.shows).unwrap_or(Shows::Busy);
    let answer = own.answer.or(whole.answer).unwrap_or(Answer::Given);
    match (shows, answer) {
        // Exchange gives the room to the next meeting, also while a delegate has not decided.
        (Shows::Free, _) => Hold::Free,
        (Shows::Tentative, _) | (_, Answer::Open) => Hold::Tentative,
        (Shows::Busy, _) => Hold::Confirmed,
    }
}

/// Returns the id of the meeting, which is the same in each room. Of a series, the id is that of
/// the master with the date that the pattern gives the occurrence: Exchange's own id of an
/// occurrence differs by date in one tenant and not in another, and delta does not return it.
fn meeting(event: &Event, own: &Facts, series: Option<&Facts>, times: Times) -> Option<String> {
    let Some(whole) = series else {
        return own.meeting.clone();
    };
    let series = whole.meeting.as_ref()?;
    match original_date(event, whole, times) {
        Some(date) => Some(format!("{series}/{}", day_text(date))),
        // Its own id names the date where it is not that of the series.
        None => own.meeting.clone().filter(|id| id != series),
    }
}

/// Returns the date that the pattern gives an occurrence, in the time zone of the series. Where
/// that zone is unknown, in universal time: each room that has the series finds the same date.
fn original_date(event: &Event, whole: &Facts, times: Times) -> Option<Date> {
    let zone = whole.zone.as_deref().and_then(Zone::named).unwrap_or(Zone::UTC);
    let date = |instant| Some(zone.wall(instant)?.date());
    match (event.kind, times) {
        (Kind::Exception, _) => date(event.original?),
        (_, Times::Days(first, _)) => Some(first),
        (_, Times::Hours(starts, _)) => date(starts),
    }
}

/// Returns a text that changes whenever the booking does: the change key of the event, and of an
/// occurrence also that of its master, from which it has most facts; and the basis of the room.
fn version(event: &Event, master: Option<&Event>, booking: &Booking, basis: &str) -> String {
    let key = |event: &Event| {
        let etag = event.etag.as_deref()?;
        Some(etag.trim_start_matches("W/").trim_matches('"').to_owned())
    };
    let etags = match master {
        Some(master) => key(event).zip(key(master)).map(|(own, series)| format!("{own}/{series}")),
        None => key(event),
    };
    let is_usable = |etags: &String| !etags.is_empty() && etags.len() <= LONGEST_VERSION;
    let version = etags.filter(is_usable).unwrap_or_else(|| {
        let contents = serde_json::to_string(booking).unwrap_or_default();
        let keys = [key(event), master.and_then(key)].map(Option::unwrap_or_default);
        hash_text(&[&contents, &keys.concat()], 16)
    });
    format!("{version}~{basis}")
}

/// Returns the first bytes of a hash, in hexadecimal digits.
fn hash_text(texts: &[&str], bytes: usize) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text);
        hash.update([0]);
    }
    hash.finalize().iter().take(bytes).map(|byte| format!("{byte:02x}")).collect()
}
