//! The pages of bookings, for the administrator and for users.

use std::collections::BTreeMap;

use end_to_end::{Browser, text};
use jiff::{
    ToSpan as _,
    civil::{Date, DateTime},
};
use m365_emulator::{Booking, Config, Recurrence, Sensitivity, ShowAs};
use serde_json::{Value, json};

use super::{Desk, PASSWORD, monday};

/// A server that has read the bookings of a Monday.
struct Office {
    desk: Desk,
    monday: Date,
    /// The rooms of a building.
    rooms: Vec<Value>,
    /// User principal names of users.
    organizers: Vec<String>,
}

impl Office {
    /// Starts a server, switches bookings on in the wizard, books meetings, and reads them.
    fn open() -> Self {
        let tenant = Config { users: 20, rooms: 60, events: 0, ..Config::default() };
        let desk = Desk::with_bookings_on(tenant);
        desk.assert_accessible();
        desk.picture("room-settings-bookings");
        desk.press("Save and close");
        desk.sees("Saved");
        desk.sync();
        let mut buildings = BTreeMap::<_, Vec<_>>::new();
        for room in desk.scene.synced_rooms().into_values() {
            buildings.entry(text(&room, "building")).or_default().push(room);
        }
        buildings.remove("");
        let rooms = buildings.into_values().find(|rooms| rooms.len() >= 4).expect("a building");
        let users = desk.scene.expected_users().into_values();
        let organizers = users.map(|user| text(&user, "userPrincipalName")).collect();
        let office = Self { desk, monday: monday(), rooms, organizers };
        office.book();
        office.desk.read_bookings();
        office
    }

    /// Books a meeting on the Monday; the hours are those of the room.
    fn meeting(&self, room: usize, (from, to): (i8, i8), subject: &str, change: fn(&mut Booking)) {
        let at = |hour| DateTime::from_parts(self.monday, jiff::civil::time(hour, 0, 0, 0));
        let mut booking = Booking {
            organizer: self.organizers[room].clone(),
            rooms: vec![text(&self.rooms[room], "email")],
            subject: subject.to_owned(),
            start: at(from),
            end: at(to),
            time_zone: Some(text(&self.rooms[room], "timeZone")),
            // A room accepts no meeting that overlaps another one.
            force: true,
            ..Booking::default()
        };
        change(&mut booking);
        self.desk.scene.book(&booking).expect("a meeting");
    }

    fn book(&self) {
        self.meeting(0, (9, 11), "Budget review", |_| {});
        self.meeting(1, (9, 10), "Stand-up", |booking| {
            let recurrence: Recurrence = serde_json::from_value(json!({
                "pattern": {"type": "daily", "interval": 1},
                "range": {
                    "type": "numbered",
                    "startDate": booking.start.date().to_string(),
                    "numberOfOccurrences": 4,
                },
            }))
            .expect("a recurrence");
            booking.recurrence = Some(recurrence);
        });
        self.meeting(2, (0, 0), "Painters", |booking| {
            booking.all_day = true;
            booking.end = booking.end.checked_add(1.day()).expect("a time");
        });
        self.meeting(0, (13, 15), "Salary talk", |booking| {
            booking.sensitivity = Sensitivity::Private;
        });
        self.meeting(1, (15, 16), "Perhaps a demo", |booking| {
            booking.show_as = ShowAs::Tentative;
        });
        self.meeting(3, (10, 12), "Design workshop", |_| {});
        self.meeting(3, (11, 14), "Interview", |_| {});
    }

    /// Opens the day view of the Monday, as the administrator.
    fn day(&self) {
        self.desk.overview();
        self.desk.press("Bookings of all rooms");
        self.show_monday(&self.desk);
    }

    /// Enters the Monday on the day view. A field for a date takes no typed text that is the same
    /// in all languages, so its value is set.
    fn show_monday(&self, browser: &Browser) {
        let monday = self.monday;
        browser.run(&format!("document.getElementById('day').value = '{monday}'"));
        browser.press("Show");
        browser.sees(&monday.strftime("%a %-d %b %Y").to_string());
    }

    fn room(&self, number: usize) -> String {
        text(&self.rooms[number], "name")
    }
}

#[test]
fn the_administrator_switches_bookings_on_and_sees_days_weeks_bookings_and_conflicts() {
    let office = Office::open();
    let desk = &office.desk;
    desk.sees("1 conflict");
    desk.assert_accessible();
    desk.picture("overview-bookings");
    office.day();
    desk.sees("7 bookings in 60 rooms");
    for words in [
        "09:00–11:00 Budget review",
        "All day Painters",
        "13:00–15:00 Private",
        "15:00–16:00 Perhaps a demo (tentative)",
        "10:00–12:00 Design workshop (overlaps another booking)",
        "11:00–14:00 Interview (overlaps another booking)",
        "Free all day",
    ] {
        desk.sees(words);
    }
    desk.misses("Salary talk");
    desk.assert_accessible();
    desk.choose("Building", &text(&office.rooms[0], "building"));
    desk.press("Show");
    desk.sees("of the selection");
    desk.sees("Budget review");
    desk.assert_accessible();
    desk.picture("bookings-day");
    desk.press(&office.room(1));
    desk.sees("Week before");
    desk.sees("09:00–10:00 Stand-up");
    desk.assert_accessible();
    desk.picture("bookings-week");
    desk.press("09:00–10:00 Stand-up");
    desk.sees("Other dates of the series");
    desk.sees("First reported");
    desk.assert_accessible();
    desk.picture("booking");
    desk.overview();
    desk.press("Conflicts");
    for words in ["Design workshop", "Interview", "11:00–12:00"] {
        desk.sees(words);
    }
    desk.assert_accessible();
    desk.picture("conflicts");
}

#[test]
fn the_day_of_all_rooms_works_with_a_keyboard_on_a_phone_and_in_a_dark_scheme() {
    let office = Office::open();
    let desk = &office.desk;
    office.day();
    // WebDriver cannot press Tab in a field for a date.
    desk.run("document.querySelector('form .first').focus()");
    let steps = (0..100).take_while(|_| {
        desk.keys("\u{e004}");
        !desk.focus().contains("Budget review")
    });
    assert!(steps.count() < 100, "the Tab key does not reach the booking");
    desk.keys("\u{e007}");
    desk.sees("Time zone");
    desk.sees("Budget review");
    office.day();
    desk.resize(390, 800);
    desk.sees("09:00–11:00 Budget review");
    desk.assert_accessible();
    desk.picture("bookings-day-phone");
    desk.press(&office.room(3));
    desk.sees("Week before");
    desk.assert_accessible();
    desk.picture("bookings-week-phone");
    desk.press("10:00–12:00 Design workshop (overlaps another booking)");
    desk.sees("This booking overlaps another one");
    desk.assert_accessible();
    desk.picture("booking-phone");
    desk.overview();
    desk.assert_accessible();
    desk.press("Conflicts");
    desk.sees("Interview");
    desk.assert_accessible();
    desk.picture("conflicts-phone");

    let dark = Browser::dark();
    dark.open(&desk.server.at("/admin"));
    dark.fill("Password", PASSWORD);
    dark.press("Log in");
    dark.press("Contoso");
    dark.press("Bookings of all rooms");
    office.show_monday(&dark);
    dark.assert_accessible();
    dark.picture("bookings-day-dark");
    dark.press(&office.room(3));
    dark.sees("Week before");
    dark.assert_accessible();
    dark.picture("bookings-week-dark");
}

#[test]
fn the_focus_is_never_below_the_head_of_a_table() {
    let office = Office::open();
    let desk = &office.desk;
    office.day();
    desk.run("[...document.querySelectorAll('.timeline a')].at(-1).focus()");
    for _ in 0..40 {
        desk.assert_focus_is_seen();
        desk.keys("\u{e008}\u{e004}\u{e008}");
    }
}

#[test]
fn users_see_busy_times_and_titles_only_where_the_settings_show_them() {
    let office = Office::open();
    let desk = &office.desk;
    desk.sign_in(&office.organizers[0]);
    desk.press("Bookings");
    office.show_monday(desk);
    desk.sees("09:00–11:00 Busy");
    desk.sees("13:00–15:00 Busy");
    for words in ["Budget review", "Salary talk", "Private", "Design workshop"] {
        assert!(!desk.source().contains(words), "{words}");
    }
    desk.assert_accessible();
    desk.picture("bookings-day-user");
    desk.press("09:00–11:00 Busy");
    desk.sees("Time zone");
    for words in ["Budget review", "Organizer", "First reported"] {
        assert!(!desk.source().contains(words), "{words}");
    }
    desk.assert_accessible();

    desk.overview();
    desk.press("Settings");
    desk.press("Room settings");
    desk.tick("All users who are signed in to ONES");
    desk.press("Save and close");
    desk.sees("Saved");
    desk.open(&desk.server.at("/bookings"));
    office.show_monday(desk);
    desk.sees("09:00–11:00 Budget review");
    desk.sees("13:00–15:00 Private");
    assert!(!desk.source().contains("Salary talk"));
    desk.assert_accessible();
    desk.press("13:00–15:00 Private");
    desk.sees("The title and the organizer are not shown");
    assert!(!desk.source().contains("Salary talk"));
    desk.assert_accessible();
}
