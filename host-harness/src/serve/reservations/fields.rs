//! The fields of the form of a booking: as they are sent, and filled with what a booking has.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    form::Entered,
    model::{self, BookingTime, Participant, Weekday},
    serve::bookings::dates,
    store::Reservation,
};

/// Names of the fields.
pub(super) mod name {
    pub(in super::super) const ROOM: &str = "room";
    pub(in super::super) const SEARCH: &str = "search";
    pub(in super::super) const WHEN: &str = "when";
    pub(in super::super) const DAY: &str = "day";
    pub(in super::super) const FROM: &str = "from";
    pub(in super::super) const TO: &str = "to";
    pub(in super::super) const LAST: &str = "last";
    pub(in super::super) const TITLE: &str = "title";
    pub(in super::super) const INVITE: &str = "invite";
    pub(in super::super) const ORGANIZER: &str = "organizer";
    pub(in super::super) const REPEAT: &str = "repeat";
    pub(in super::super) const ENDS: &str = "ends";
}

/// A field that is wrong, with the sentence for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) field: &'static str,
    pub(super) text: String,
}

impl Wrong {
    pub(super) fn new(field: &'static str, text: impl Into<String>) -> Self {
        Self { field, text: text.into() }
    }
}

/// Returns the days of the week with the values that the form has for them.
pub(super) const WEEK: [(Weekday, &str); 7] = [
    (Weekday::Monday, "Monday"),
    (Weekday::Tuesday, "Tuesday"),
    (Weekday::Wednesday, "Wednesday"),
    (Weekday::Thursday, "Thursday"),
    (Weekday::Friday, "Friday"),
    (Weekday::Saturday, "Saturday"),
    (Weekday::Sunday, "Sunday"),
];

/// Adds to what a browser sent the values of an empty form on `day`. The hours are the next full
/// ones, if `day` is today.
pub(super) fn complete(sent: Entered, now: Timestamp, zone: &TimeZone) -> Entered {
    let here = now.to_zoned_datetime(zone.clone());
    let asked = sent.text(name::DAY).and_then(|day| day.parse::<Date>().ok());
    let mut day = asked.unwrap_or(here.date());
    let mut hour = 9;
    if day == here.date() {
        hour = here.hour() + 1;
        if hour > 22 && asked.is_none() {
            (day, hour) = (dates::later(day, 1), 9);
        }
    }
    let (from, to) = (hour.min(22), hour.min(22) + 1);
    let weekday = WEEK.iter().find(|(weekday, _)| *weekday == model::weekday(day));
    let weekday = weekday.map_or("Monday", |(_, name)| name);
    let defaults = [
        (name::WHEN, "hours".to_owned()),
        (name::DAY, day.to_string()),
        (name::FROM, format!("{from:02}:00")),
        (name::TO, format!("{to:02}:00")),
        (name::REPEAT, "no".to_owned()),
        ("daily-every", "1".to_owned()),
        ("weekly-every", "1".to_owned()),
        ("weekly-begins", "Monday".to_owned()),
        ("monthly-every", "1".to_owned()),
        ("monthly-date", day.day().to_string()),
        ("monthly-on-every", "1".to_owned()),
        ("monthly-on-index", index(day).to_owned()),
        ("monthly-on-days", weekday.to_owned()),
        ("yearly-every", "1".to_owned()),
        ("yearly-month", day.month().to_string()),
        ("yearly-date", day.day().to_string()),
        ("yearly-on-every", "1".to_owned()),
        ("yearly-on-month", day.month().to_string()),
        ("yearly-on-index", index(day).to_owned()),
        ("yearly-on-days", weekday.to_owned()),
        (name::ENDS, "after".to_owned()),
        ("ends-after", "10".to_owned()),
    ];
    let missing = defaults.into_iter().filter(|(name, _)| sent.text(name).is_none());
    let mut pairs: Vec<_> = missing.map(|(name, value)| (name.to_owned(), value)).collect();
    let is_first = sent.text(name::REPEAT).is_none();
    if is_first {
        pairs.push(("weekly-day".to_owned(), weekday.to_owned()));
    }
    sent.with(pairs)
}

fn index(day: Date) -> &'static str {
    match day.day() {
        1..=7 => "first",
        8..=14 => "second",
        15..=21 => "third",
        22..=28 => "fourth",
        _ => "last",
    }
}

/// Returns the fields of a reservation: what was wished last, also while it is not answered.
pub(super) fn fill(found: &Reservation, zone: &TimeZone) -> Entered {
    let request = &found.request;
    let mut pairs = Vec::new();
    let mut add = |name: &str, value: String| pairs.push((name.to_owned(), value));
    for room in &request.rooms {
        add(name::ROOM, room.room.clone());
    }
    match &request.time {
        BookingTime::Hours(time) => {
            let at = |second| {
                let instant = Timestamp::from_second(second).unwrap_or_default();
                instant.to_zoned_datetime(zone.clone())
            };
            let (starts, ends) = (at(time.starts), at(time.ends));
            add(name::WHEN, "hours".to_owned());
            add(name::DAY, starts.date().to_string());
            for (field, at) in [(name::FROM, starts), (name::TO, ends)] {
                add(field, at.strftime("%H:%M").to_string());
                let found = zone.to_ambiguous_timestamp(at.datetime());
                let is_second = found.later().is_ok_and(|later| later == at.timestamp());
                add(&format!("{field}-which"), if is_second { "second" } else { "first" }.into());
            }
        }
        BookingTime::Days(days) => {
            add(name::WHEN, "days".to_owned());
            add(name::DAY, days.first.clone());
            let last = days.until.parse::<Date>().map(|until| dates::later(until, -1).to_string());
            add(name::LAST, last.unwrap_or_default());
        }
    }
    add(name::TITLE, request.title.clone());
    add(name::INVITE, request.invite.iter().map(written).collect::<Vec<_>>().join("\n"));
    if request.private {
        add("private", "true".to_owned());
    }
    if request.online_meeting {
        add("online", "true".to_owned());
    }
    Entered::new(pairs)
}

/// Returns the time of a reservation, if its fields are as [`fill`] filled them. The form
/// has no field for the seconds, nor for the day on which hours end. `zone` is that of the form.
pub(super) fn kept_time(
    entered: &Entered,
    found: &Reservation,
    zone: &(String, TimeZone),
) -> Option<BookingTime> {
    let (zone_name, zone) = zone;
    if *zone_name != found.request.time_zone {
        return None;
    }
    let filled = fill(found, zone);
    let is_same = |field: &str| {
        let before = filled.text(field);
        before.is_none() || before == entered.text(field)
    };
    // Only sent where the clock shows the time twice.
    let is_same_which = |field: &str| {
        let which = format!("{field}-which");
        entered.text(&which).is_none() || is_same(&which)
    };
    let is_kept =
        [name::WHEN, name::DAY, name::FROM, name::TO, name::LAST].into_iter().all(is_same)
            && [name::FROM, name::TO].into_iter().all(is_same_which);
    is_kept.then(|| found.request.time.clone())
}

/// Returns a participant as [`super::invite`] reads it.
fn written(participant: &Participant) -> String {
    let email = participant.email.as_deref().unwrap_or_default();
    match &participant.name {
        Some(name) if !name.is_empty() => format!("{name} <{email}>"),
        _ => email.to_owned(),
    }
}
