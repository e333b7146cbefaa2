//! What is written: new events, and changes of events.

use serde_json::{Map, Value, json};

use super::{
    meeting::{MARK, Meeting},
    recurrence,
    request::Wish,
};
use crate::{
    bookings::Times,
    model::{BookingCalendar, Participant, WantedRoom},
    payload::day_text,
    zones::{Zone, iana_to_windows},
};

/// Returns a new event. `home` is the address of the mailbox in whose calendar it is made.
pub(super) fn new_event(wish: &Wish<'_>, calendar: BookingCalendar, home: &str) -> Value {
    let request = wish.request;
    let (zone, name) = zone_to_write(wish);
    let (start, end) = wall_clocks(wish.times, &zone, &name);
    let mut event = json!({
        "subject": request.title,
        "start": start,
        "end": end,
        "isAllDay": matches!(wish.times, Times::Days(..)),
        "showAs": "busy",
        "sensitivity": sensitivity(request.private),
        "attendees": attendees(wish, calendar, home),
        "transactionId": request.reference,
        "singleValueExtendedProperties": [{"id": MARK, "value": request.reference}],
    });
    write_locations(&mut event, &request.rooms);
    if let Some((series, first)) = request.recurrence.as_ref().zip(wish.first_day(&zone)) {
        event["recurrence"] = recurrence::to_json(series, first, &name);
    }
    // A room has no licence for online meetings.
    if request.online_meeting && calendar == BookingCalendar::Organizer {
        write_online_meeting(&mut event);
    }
    event
}

/// Returns the members of an event that are to be changed so that it is as `wish` says, where it
/// was as `former` says; an empty object where nothing is. What users changed in Outlook stays.
pub(super) fn changes(
    meeting: &Meeting,
    former: &Wish<'_>,
    wish: &Wish<'_>,
    calendar: BookingCalendar,
) -> Value {
    let (old, new) = (former.request, wish.request);
    let mut change = json!({});
    if old.title != new.title && meeting.title != new.title {
        change["subject"] = new.title.as_str().into();
    }
    if old.private != new.private && meeting.is_private != new.private {
        change["sensitivity"] = sensitivity(new.private).into();
    }
    if meeting.times != wish.times || old.recurrence != new.recurrence {
        write_times(&mut change, meeting, wish);
    }
    if new.online_meeting && !meeting.is_online && calendar == BookingCalendar::Organizer {
        write_online_meeting(&mut change);
    }
    let attendees = changed_attendees(meeting, former, wish);
    let before: Vec<_> = meeting.attendees.iter().map(|attendee| &attendee.written).collect();
    if attendees.iter().collect::<Vec<_>>() != before {
        change["attendees"] = attendees.into();
    }
    if former.room_addresses() != wish.room_addresses() {
        write_locations(&mut change, &new.rooms);
    }
    change
}

/// Returns whether a meeting takes place as often as a request says.
pub(super) fn has_pattern(meeting: &Meeting, wish: &Wish<'_>) -> bool {
    let Some(series) = &wish.request.recurrence else { return meeting.recurrence.is_none() };
    let is_same = |(own, first)| {
        recurrence::contains(own, &recurrence::to_json(series, first, zone_name(wish)))
    };
    meeting.recurrence.as_ref().zip(wish.first_day(&wish.zone)).is_some_and(is_same)
}

/// Returns the change that gives an event the times that it had.
pub(super) fn former_times(meeting: &Meeting, former: &Wish<'_>) -> Value {
    let mut change = json!({});
    write_times(&mut change, meeting, former);
    change
}

/// Writes start and end, which belong together, in the time zone that the event has. The days of a
/// series are those of the rooms, so its zone is kept only where it begins on the same day there.
fn write_times(change: &mut Value, meeting: &Meeting, wish: &Wish<'_>) {
    let kept = meeting.zone.as_deref().and_then(|name| Some((Zone::named(name)?, name.to_owned())));
    let kept = kept.filter(|(zone, _)| {
        let is_single = wish.request.recurrence.is_none();
        is_single || wish.first_day(zone) == wish.first_day(&wish.zone)
    });
    let (zone, name) = kept.unwrap_or_else(|| zone_to_write(wish));
    let (start, end) = wall_clocks(wish.times, &zone, &name);
    change["start"] = start;
    change["end"] = end;
    let is_all_day = matches!(wish.times, Times::Days(..));
    if is_all_day != matches!(meeting.times, Times::Days(..)) {
        change["isAllDay"] = is_all_day.into();
    }
    match wish.request.recurrence.as_ref().zip(wish.first_day(&zone)) {
        Some((series, first)) => {
            change["recurrence"] = recurrence::to_json(series, first, &name);
        }
        None if meeting.is_series => change["recurrence"] = Value::Null,
        None => {}
    }
}

/// Returns the rooms' time zone, and its name as Exchange knows it: the Windows name where there is
/// one. A single event at a time of day that comes twice is written in universal time, since its
/// wall clock would name the first of the two.
fn zone_to_write(wish: &Wish<'_>) -> (Zone, String) {
    if let (Times::Hours(starts, ends), None) = (wish.times, &wish.request.recurrence) {
        let is_clear = |instant| {
            wish.zone.wall(instant).and_then(|wall| wish.zone.instant(wall)) == Some(instant)
        };
        if !is_clear(starts) || !is_clear(ends) {
            return (Zone::UTC, "UTC".to_owned());
        }
    }
    (wish.zone.clone(), zone_name(wish).to_owned())
}

/// Returns the name of the rooms' time zone as Exchange knows it.
pub(super) fn zone_name<'w>(wish: &'w Wish<'_>) -> &'w str {
    let name = wish.zone.name();
    iana_to_windows(name).unwrap_or(name)
}

/// Returns start and end on the wall clock of a time zone.
fn wall_clocks(times: Times, zone: &Zone, name: &str) -> (Value, Value) {
    let json = |text: String| json!({"dateTime": text, "timeZone": name});
    match times {
        Times::Hours(starts, ends) => {
            (json(wall_clock(zone, starts)), json(wall_clock(zone, ends)))
        }
        Times::Days(first, until) => {
            let midnight = |day| json(format!("{}T00:00:00", day_text(day)));
            (midnight(first), midnight(until))
        }
    }
}

/// Returns an instant on the wall clock of a time zone, as Graph takes it.
pub(super) fn wall_clock(zone: &Zone, instant: i64) -> String {
    let Some(wall) = zone.wall(instant) else { return String::new() };
    let (hour, minute, second) = (wall.hour(), wall.minute(), wall.second());
    format!("{}T{hour:02}:{minute:02}:{second:02}", day_text(wall.date()))
}

fn sensitivity(is_private: bool) -> &'static str {
    if is_private { "private" } else { "normal" }
}

fn write_online_meeting(event: &mut Value) {
    event["isOnlineMeeting"] = true.into();
    event["onlineMeetingProvider"] = "teamsForBusiness".into();
}

/// Writes the rooms as locations, for show: what books a room is that it is invited.
fn write_locations(event: &mut Value, rooms: &[WantedRoom]) {
    let location = |room: &WantedRoom| {
        json!({
            "displayName": room.name, "locationType": "conferenceRoom",
            "locationUri": room.email, "locationEmailAddress": room.email,
        })
    };
    match rooms {
        [room] => event["location"] = location(room),
        rooms => event["locations"] = rooms.iter().map(location).collect(),
    }
}

/// Returns everyone to invite, each once: of the rooms, all but the one in whose calendar the event
/// is.
fn attendees(wish: &Wish<'_>, calendar: BookingCalendar, home: &str) -> Vec<Value> {
    let mut list = Attendees::default();
    list.skip(home);
    for room in wish.rooms() {
        list.invite("resource", &room.email, Some(&room.name));
    }
    if calendar == BookingCalendar::Room {
        list.invite_user(&wish.request.organizer);
    }
    for user in &wish.request.invite {
        list.invite_user(user);
    }
    list.attendees
}

/// Returns everyone to invite after a change: those who were invited in Outlook stay.
fn changed_attendees(meeting: &Meeting, former: &Wish<'_>, wish: &Wish<'_>) -> Vec<Value> {
    let users = |wish: &Wish<'_>| {
        let users = wish.request.invite.iter().filter_map(|user| user.email.as_ref());
        users.map(|address| address.to_lowercase()).collect::<Vec<_>>()
    };
    let (old_rooms, new_rooms) = (former.room_addresses(), wish.room_addresses());
    let (old_users, new_users) = (users(former), users(wish));
    let is_dropped = |address: &String| {
        old_rooms.contains(address) && !new_rooms.contains(address)
            || old_users.contains(address) && !new_users.contains(address)
    };
    let mut list = Attendees::default();
    list.skip(wish.organizer);
    for attendee in meeting.attendees.iter().filter(|one| !is_dropped(&one.address)) {
        list.skip(&attendee.address);
        list.attendees.push(attendee.written.clone());
    }
    for room in wish.rooms().iter().filter(|room| !old_rooms.contains(&room.email.to_lowercase())) {
        list.invite("resource", &room.email, Some(&room.name));
    }
    let is_new = |user: &&Participant| {
        let address = user.email.as_deref().unwrap_or_default().to_lowercase();
        !old_users.contains(&address)
    };
    for user in wish.request.invite.iter().filter(is_new) {
        list.invite_user(user);
    }
    list.attendees
}

/// Attendees, each address once.
#[derive(Default)]
struct Attendees {
    attendees: Vec<Value>,
    known: std::collections::BTreeSet<String>,
}

impl Attendees {
    /// Leaves an address out from now on.
    fn skip(&mut self, address: &str) {
        self.known.insert(address.to_lowercase());
    }

    fn invite_user(&mut self, user: &Participant) {
        self.invite("required", user.email.as_deref().unwrap_or_default(), user.name.as_deref());
    }

    fn invite(&mut self, kind: &str, address: &str, name: Option<&str>) {
        if self.known.insert(address.to_lowercase()) {
            let mut email = Map::from_iter([("address".to_owned(), address.into())]);
            email.extend(name.map(|name| ("name".to_owned(), name.into())));
            self.attendees.push(json!({"type": kind, "emailAddress": email}));
        }
    }
}
