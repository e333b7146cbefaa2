//! A tenant with empty calendars at a fixed time, and what tests do in it.

use m365_emulator::{Booking, CalendarEntry, Config, Recurrence};
use serde_json::{Value, json};

use crate::session::Session;

/// The time in the calendars: a Monday.
pub(crate) const NOW: &str = "2027-01-04T00:00:00Z";

/// Starts an emulator whose calendars are empty. Rooms accept meetings up to the end of the year,
/// and series without an end.
pub(crate) async fn start(rooms: usize) -> Session {
    let now = Some(NOW.parse().unwrap());
    let config = Config { users: 20, rooms, events: 0, now, ..Config::default() };
    let session = Session::start(config).await;
    let mut policy = session.emulator.policy("*").unwrap();
    policy.booking_window_in_days = 1080;
    policy.enforce_scheduling_horizon = false;
    session.emulator.set_policy("*", &policy).unwrap();
    session
}

/// Returns the address of a room, from 1.
pub(crate) fn room(number: usize) -> String {
    format!("room-{number}@contoso.com")
}

/// Returns a recurrence from its JSON.
pub(crate) fn recurring(kind: &str, pattern: Value, start: &str, range: Value) -> Recurrence {
    let mut series = json!({
        "pattern": {"type": kind, "interval": 1},
        "range": {"startDate": start},
    });
    for (name, given) in [("pattern", pattern), ("range", range)] {
        for (member, value) in given.as_object().unwrap() {
            series[name][member] = value.clone();
        }
    }
    serde_json::from_value(series).unwrap()
}

/// Returns the start of each event.
pub(crate) fn starts(events: &[CalendarEntry]) -> Vec<&str> {
    events.iter().map(|event| event.start.as_str()).collect()
}

pub(crate) trait Calendar {
    /// Returns the user principal name of an employee with a mailbox.
    fn employee(&self) -> String;

    /// Returns a booking of the first room by an employee, in UTC. Seconds can be left out.
    fn booking(&self, start: &str, end: &str) -> Booking;

    /// Returns all events of a room in 2026, 2027 and 2028.
    fn truth(&self, number: usize) -> Vec<CalendarEntry>;
}

impl Calendar for Session {
    fn employee(&self) -> String {
        let users = self.emulator.users();
        let user = users.iter().find(|user| {
            user["department"].is_string()
                && user["userType"] == "Member"
                && user["mail"].is_string()
        });
        user.unwrap()["userPrincipalName"].as_str().unwrap().to_owned()
    }

    fn booking(&self, start: &str, end: &str) -> Booking {
        Booking {
            organizer: self.employee(),
            rooms: vec![room(1)],
            subject: "Review".to_owned(),
            start: start.parse().unwrap(),
            end: end.parse().unwrap(),
            ..Booking::default()
        }
    }

    fn truth(&self, number: usize) -> Vec<CalendarEntry> {
        let (from, to) = ("2026-01-01T00:00:00Z", "2029-01-01T00:00:00Z");
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        self.emulator.calendar(&room(number), from, to).unwrap()
    }
}
