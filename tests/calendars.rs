//! What is in the calendars of rooms, and what ONES has to store of it.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use m365_emulator::{Booking, CalendarEntry, Config, Response, ShowAs};
use serde_json::{Value, json};

use crate::{Scene, text};

/// A booking, as ONES and the emulator can both describe it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Occurrence {
    /// E-mail address of the room.
    pub room: String,
    /// An instant such as `2027-01-11T09:00:00Z`, or a date.
    pub starts: String,
    /// Same for the end, which is excluded.
    pub ends: String,
    /// Immutable id of the event.
    pub id: String,
    /// Immutable id of the series.
    pub series: Option<String>,
    /// `confirmed`, `tentative` or `free`.
    pub hold: String,
    /// Whether title and organizer are hidden.
    pub private: bool,
    /// Title, unless it is empty or hidden.
    pub title: Option<String>,
    /// E-mail address of the organizer, unless it is hidden.
    pub organizer: Option<String>,
}

impl Scene {
    /// Starts a tenant with empty calendars, whose rooms accept all meetings in the next years. The
    /// settings read bookings, and the rooms are synced.
    pub fn with_calendars(rooms: usize) -> Self {
        let mut scene = Self::with(Config { users: 20, rooms, events: 0, ..Config::default() });
        let mut policy = scene.policy("*").unwrap();
        policy.booking_window_in_days = 1080;
        policy.enforce_scheduling_horizon = false;
        scene.set_policy("*", &policy).unwrap();
        scene.set("/rooms/bookings", json!("on"));
        scene.sync("rooms");
        scene
    }

    /// Returns the user principal name of an employee with a mailbox.
    pub fn employee(&self) -> String {
        let users = self.users();
        let is_employee = |user: &&Value| {
            user["department"].is_string()
                && user["userType"] == "Member"
                && user["mail"].is_string()
        };
        text(users.iter().find(is_employee).unwrap(), "userPrincipalName")
    }

    /// Returns a meeting of an hour in the first room, by an employee.
    pub fn meeting_at(&self, day: Date, hour: i8) -> Booking {
        Booking {
            organizer: self.employee(),
            rooms: vec![room(1)],
            subject: "Review".to_owned(),
            start: day.at(hour, 0, 0, 0),
            end: day.at(hour + 1, 0, 0, 0),
            ..Booking::default()
        }
    }

    /// Returns the bookings that ONES has to offer from one day to another, both at midnight UTC.
    pub fn expected_bookings(&self, [from, to]: [Date; 2]) -> BTreeSet<Occurrence> {
        let [starts, ends] = [from, to].map(midnight);
        let all = self.rooms().iter().map(|room| text(room, "emailAddress")).collect::<Vec<_>>();
        let mut expected = BTreeSet::new();
        for room in all {
            let zone = TimeZone::get(&self.time_zone(&room).unwrap()).unwrap();
            // All-day events begin and end at midnight of the room.
            let around =
                |time: Timestamp, days: i64| time + jiff::SignedDuration::from_hours(24 * days);
            let events = self.calendar(&room, around(starts, -2), around(ends, 2)).unwrap();
            let counts = |event: &&CalendarEntry| {
                let instant = |text: &str| match event.all_day {
                    true => text
                        .parse::<Date>()
                        .unwrap()
                        .to_zoned_datetime(zone.clone())
                        .unwrap()
                        .timestamp(),
                    false => text.parse().unwrap(),
                };
                let (start, end) = (instant(&event.start), instant(&event.end));
                let is_in = start < ends && (end > starts || (start == end && start >= starts));
                is_in && !event.cancelled && event.response != Response::Declined
            };
            expected.extend(events.iter().filter(counts).map(|event| occurrence(&room, event)));
        }
        expected
    }

    /// Returns the bookings that ONES offers from one day to another, both at midnight UTC.
    #[track_caller]
    pub fn synced_bookings(&self, days: [Date; 2]) -> BTreeSet<Occurrence> {
        let [from, to] = days.map(|day| midnight(day).to_string());
        let rows = self.host(&["bookings", "--from", &from, "--to", &to]).ends_with(0).lines();
        // A room whose bookings are not known has a row of its own.
        rows.iter().filter(|row| row.get("unknown").is_none()).map(stored).collect()
    }

    /// Expects that ONES offers what is in the calendars from one day to another.
    #[track_caller]
    pub fn assert_bookings_match(&self, days: [Date; 2]) {
        let (synced, expected) = (self.synced_bookings(days), self.expected_bookings(days));
        let missing: Vec<_> = expected.difference(&synced).collect();
        let wrong: Vec<_> = synced.difference(&expected).collect();
        assert!(missing.is_empty() && wrong.is_empty(), "missing: {missing:#?}\nwrong: {wrong:#?}");
    }
}

/// Returns the address of a room, from 1.
pub fn room(number: usize) -> String {
    format!("room-{number}@contoso.com")
}

/// Returns the day that begins in some days, in UTC.
pub fn day(ahead: i64) -> Date {
    let today = Timestamp::now().to_zoned_datetime(TimeZone::UTC).date();
    today + jiff::Span::new().days(ahead)
}

fn midnight(day: Date) -> Timestamp {
    day.to_zoned_datetime(TimeZone::UTC).unwrap().timestamp()
}

fn occurrence(room: &str, event: &CalendarEntry) -> Occurrence {
    let CalendarEntry { show_as, response, private, .. } = event;
    let hold = match (show_as, response) {
        (ShowAs::Free, _) => "free",
        (ShowAs::Tentative, _) | (_, Response::NotResponded | Response::TentativelyAccepted) => {
            "tentative"
        }
        _ => "confirmed",
    };
    let shown = |text: &str| Some(text.to_owned()).filter(|text| !private && !text.is_empty());
    Occurrence {
        room: room.to_owned(),
        starts: event.start.clone(),
        ends: event.end.clone(),
        id: event.id.clone(),
        series: event.series.clone(),
        hold: hold.to_owned(),
        private: *private,
        title: shown(&event.subject),
        organizer: shown(&event.organizer.address),
    }
}

fn stored(row: &Value) -> Occurrence {
    let (hours, days) = (&row["time"]["hours"], &row["time"]["days"]);
    let instant = |name: &str| {
        let second = hours[name].as_i64().unwrap();
        Timestamp::from_second(second).unwrap().to_string()
    };
    let [starts, ends] = match days.is_object() {
        true => [text(days, "first"), text(days, "until")],
        false => ["starts", "ends"].map(instant),
    };
    let optional = |value: &Value| value.as_str().map(str::to_owned);
    Occurrence {
        room: text(&row["room"], "email"),
        starts,
        ends,
        id: text(row, "id"),
        series: optional(&row["series"]),
        hold: text(row, "hold"),
        private: row["private"] == json!(true),
        title: optional(&row["title"]),
        organizer: optional(&row["organizer"]["email"]),
    }
}
