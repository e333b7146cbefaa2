//! Bookings that are made in ONES: booked, declined, moved, cancelled and released.

use end_to_end::{Browser, text};
use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime, time},
    tz::TimeZone,
};
use m365_emulator::{Booking, CalendarEntry, Config, Response, Revision};
use serde_json::Value;

use super::{Desk, PASSWORD, monday};

/// A server whose integration books rooms.
struct Office {
    desk: Desk,
    monday: Date,
    /// Rooms in the same time zone.
    rooms: Vec<Value>,
    /// User principal names of users.
    users: Vec<String>,
}

impl Office {
    /// Starts a server, and switches bookings on in the wizard.
    fn open() -> Self {
        let tenant = Config { users: 20, rooms: 30, events: 0, ..Config::default() };
        let desk = Desk::with_bookings_on(tenant);
        desk.press("Save and close");
        desk.sees("Saved");
        desk.sync();
        let mut rooms: Vec<_> = desk.scene.synced_rooms().into_values().collect();
        rooms.sort_by_key(|room| text(room, "name"));
        let zone = text(&rooms[0], "timeZone");
        rooms.retain(|room| text(room, "timeZone") == zone && !text(room, "building").is_empty());
        let users = desk.scene.expected_users().into_values();
        let users = users.filter(|user| user["mail"].is_string());
        // The machine has fonts for these letters.
        let users = users.filter(|user| text(user, "displayName").is_ascii());
        let users: Vec<_> = users.map(|user| text(&user, "userPrincipalName")).collect();
        assert!(users.len() > 2, "{users:?}");
        let office = Self { desk, monday: monday(), rooms, users };
        office.desk.read_bookings();
        office
    }

    fn room(&self, number: usize) -> String {
        text(&self.rooms[number], "name")
    }

    fn email(&self, number: usize) -> String {
        text(&self.rooms[number], "email")
    }

    fn zone(&self) -> TimeZone {
        TimeZone::get(&text(&self.rooms[0], "timeZone")).expect("a time zone")
    }

    fn at(&self, hour: i8) -> DateTime {
        self.monday.to_datetime(time(hour, 0, 0, 0))
    }

    fn instant(&self, hour: i8) -> Timestamp {
        self.at(hour).to_zoned_datetime(self.zone()).expect("an instant").timestamp()
    }

    /// Returns what is in a calendar on the Monday.
    fn calendar(&self, mailbox: &str) -> Vec<CalendarEntry> {
        let day = SignedDuration::from_hours(24);
        let (from, to) = (self.instant(0), self.instant(0) + day);
        let entries = self.desk.scene.calendar(mailbox, from, to).expect("a calendar");
        entries.into_iter().filter(|entry| !entry.cancelled).collect()
    }

    /// Books a meeting in Outlook, as another user.
    fn outlook(&self, room: usize, (from, to): (i8, i8), subject: &str) {
        let booking = Booking {
            organizer: self.users[1].clone(),
            rooms: vec![self.email(room)],
            subject: subject.to_owned(),
            start: self.at(from),
            end: self.at(to),
            time_zone: Some(text(&self.rooms[room], "timeZone")),
            ..Booking::default()
        };
        self.desk.scene.book(&booking).expect("a meeting");
    }

    /// Opens the form for a room on the Monday, as the signed-in user.
    fn form(&self, browser: &Browser, room: usize, (from, to): (i8, i8)) {
        let id = text(&self.rooms[room], "id");
        let address = format!(
            "/reservations/new?room={id}&day={}&from={from:02}:00&to={to:02}:00",
            self.monday
        );
        browser.open(&self.desk.server.at(&address));
        browser.sees("What is free");
    }

    /// Enters the hours. A field for a time takes no typed text that is the same in all languages,
    /// so its value is set.
    fn enter_hours(&self, (from, to): (i8, i8)) {
        self.desk.run(&format!(
            "for (const [id, value] of [['from', '{from:02}:00'], ['to', '{to:02}:00']]) {{
                 const field = document.getElementById(id);
                 field.value = value;
                 field.dispatchEvent(new Event('change', {{ bubbles: true }}));
             }}"
        ));
    }
}

#[test]
fn a_user_books_a_room_sees_it_move_with_outlook_and_cancels_it() {
    let office = Office::open();
    let desk = &office.desk;
    let user = &office.users[0];
    desk.sign_in(user);
    desk.press("Bookings");
    desk.run(&format!("document.getElementById('day').value = '{}'", office.monday));
    desk.press("Show");
    desk.press(&format!("Book {}", office.room(0)));
    desk.sees("Book rooms");
    office.enter_hours((13, 15));
    desk.sees("13:00–15:00");
    desk.sees("Free at this time");
    desk.assert_accessible();
    desk.fill("Title", "Budget review");
    desk.picture("reservation-form");
    desk.press("Book");
    desk.sees("✓ Booked");
    desk.sees("accepted");
    desk.assert_accessible();
    desk.picture("reservation");
    let address = desk.url();

    let own = office.calendar(user);
    let [meeting] = own.as_slice() else { panic!("{own:?}") };
    assert_eq!(
        (meeting.subject.as_str(), meeting.response),
        ("Budget review", Response::Organizer)
    );
    assert_eq!(meeting.start, office.instant(13).to_string());
    let taken = office.calendar(&office.email(0));
    let [copy] = taken.as_slice() else { panic!("{taken:?}") };
    assert_eq!(copy.response, Response::Accepted);

    let revision = Revision {
        start: Some(office.at(16)),
        end: Some(office.at(17)),
        time_zone: Some(text(&office.rooms[0], "timeZone")),
        ..Revision::default()
    };
    desk.scene.revise_meeting(&meeting.meeting, None, &revision).expect("a change");
    office.desk.read_bookings();
    desk.open(&address);
    desk.sees("16:00–17:00");
    desk.sees("Moved from");
    desk.press(&office.room(0));
    desk.sees("Show, change or cancel it there");
    desk.sees("History");
    desk.assert_accessible();
    desk.press("Show, change or cancel it there");

    desk.press("Change");
    desk.sees("Change the booking");
    desk.assert_accessible();
    desk.fill("Title", "Budget, second part");
    desk.press("Change");
    desk.sees("Budget, second part");
    desk.sees("Booked");
    desk.press("My bookings");
    desk.sees("Budget, second part");
    desk.assert_accessible();
    desk.picture("my-bookings");
    desk.press("Budget, second part");
    while office.calendar(user)[0].subject != "Budget, second part" {
        desk.reload();
    }

    desk.press("Cancel the booking");
    desk.sees("Everyone invited receives the comment");
    desk.assert_accessible();
    desk.picture("reservation-cancel");
    desk.fill("Comment", "Ann is ill");
    desk.press("Cancel the booking");
    desk.sees("Cancelled");
    desk.assert_accessible();
    assert_eq!(office.calendar(user).len(), 0);
    assert_eq!(office.calendar(&office.email(0)).len(), 0);
}

#[test]
fn a_user_sees_why_a_room_declined_and_that_it_has_not_answered_yet() {
    let office = Office::open();
    let desk = &office.desk;
    office.outlook(0, (9, 11), "Interview");
    desk.sign_in(&office.users[0]);
    office.form(desk, 0, (10, 12));
    desk.sees("Taken at this time");
    desk.misses("Interview");
    desk.assert_accessible();
    desk.picture("reservation-form-taken");
    desk.fill("Title", "Stand-up");
    desk.press("Book");
    desk.sees("Declined: no room is booked");
    desk.assert_accessible();
    desk.picture("reservation-declined");
    assert_eq!(office.calendar(&office.email(0)).len(), 1);

    desk.scene.hold_deliveries(true);
    office.form(desk, 1, (10, 12));
    desk.fill("Title", "Stand-up");
    desk.press("Book");
    desk.sees("Waiting for the answer of a room since");
    desk.sees("Has not answered: not booked yet");
    desk.misses("✓ Booked");
    desk.assert_accessible();
    desk.picture("reservation-pending");
    desk.scene.hold_deliveries(false);
    desk.scene.deliver(None, false).expect("deliveries");
    // The page reloads itself.
    desk.sees("✓ Booked");
    desk.resize(390, 800);
    desk.assert_accessible();
    desk.picture("reservation-phone");
    desk.press("My bookings");
    desk.tick("Also earlier, declined and cancelled ones");
    desk.press("Show");
    desk.sees("Declined");
    desk.assert_accessible();
    desk.picture("my-bookings-phone");
    office.form(desk, 1, (15, 16));
    desk.tick("Weekly");
    desk.sees("The series ends");
    desk.assert_accessible();
    desk.picture("reservation-form-phone");
    desk.run("window.scrollTo(0, 1400)");
    desk.picture("reservation-form-phone-2");
}

#[test]
fn the_administrator_books_for_a_user_and_releases_a_room() {
    let office = Office::open();
    let desk = &office.desk;
    office.outlook(0, (9, 11), "Interview");
    office.desk.read_bookings();
    desk.press("Bookings of all rooms");
    desk.run(&format!("document.getElementById('day').value = '{}'", office.monday));
    desk.press("Show");
    desk.assert_accessible();
    desk.picture("bookings-day-booking");
    desk.press("09:00–11:00 Interview");
    desk.press("Release the room");
    desk.sees("becomes free again");
    desk.assert_accessible();
    desk.picture("reservation-release");
    desk.fill("Message to the organizer", "The projector is broken");
    desk.press("Release the room");
    desk.sees("The room is free again");
    desk.assert_accessible();
    desk.picture("booking-released");
    assert_eq!(office.calendar(&office.email(0)).len(), 0);
    assert_eq!(office.calendar(&office.users[1]).len(), 1, "the meeting goes on");

    let id = text(&office.rooms[0], "id");
    let form = format!("/admin/integrations/1/reservations/new?room={id}&day={}", office.monday);
    desk.open(&desk.server.at(&form));
    desk.fill("For whom", &office.users[2]);
    office.enter_hours((9, 10));
    desk.fill("Title", "Board");
    desk.fill("Invite", "guest@fabrikam.example");
    desk.assert_accessible();
    desk.press("Book");
    desk.sees("✓ Booked");
    desk.sees("Administrator");
    desk.assert_accessible();
    assert_eq!(office.calendar(&office.users[2]).len(), 1);
    desk.press("Bookings made in ONES");
    desk.fill("User", &office.users[2]);
    desk.press("Show");
    desk.sees("Board");
    desk.assert_accessible();
    desk.picture("reservations-admin");
    let dark = Browser::dark();
    dark.open(&desk.server.at("/admin"));
    dark.fill("Password", PASSWORD);
    dark.press("Log in");
    dark.open(&desk.server.at(&form));
    dark.sees("What is free");
    dark.assert_accessible();
    dark.picture("reservation-form-dark");
}

#[test]
fn a_room_is_booked_by_keyboard_alone() {
    let office = Office::open();
    let desk = &office.desk;
    desk.sign_in(&office.users[0]);
    office.form(desk, 0, (9, 10));
    desk.run("document.getElementById('title').focus()");
    desk.keys("Retrospective");
    let steps = (0..40).take_while(|_| {
        desk.keys("\u{e004}");
        desk.focus() != "Book"
    });
    assert!(steps.count() < 40, "the Tab key does not reach the button");
    desk.keys("\u{e007}");
    desk.sees("✓ Booked");
    desk.sees("Retrospective");
}

#[test]
fn bookings_are_shown_and_made_without_javascript() {
    let office = Office::open();
    office.outlook(0, (9, 11), "Interview");
    office.desk.read_bookings();
    let page = Browser::without_scripts();
    page.open(&office.desk.server.at("/"));
    page.press("Sign in with Microsoft");
    page.sees("Pick an account");
    page.pick(&office.users[0]);
    page.sees("Groups");
    page.open(&office.desk.server.at(&format!("/bookings?day={}", office.monday)));
    page.sees("09:00–11:00 Busy");
    page.press(&office.room(0));
    page.sees("Week before");
    page.sees("09:00–11:00 Busy");
    office.form(&page, 0, (10, 12));
    page.sees("Taken at this time");
    office.form(&page, 1, (10, 12));
    page.sees("Free at this time");
    page.tick("All day");
    page.press("Show what is free");
    page.sees("all day");
    page.tick("Hours");
    page.fill("Title", "Stand-up");
    page.press("Book");
    // The page reloads itself.
    page.sees("✓ Booked");
    assert_eq!(office.calendar(&office.email(1)).len(), 1);
}
