//! The pages of bookings that are made in ONES.

mod book;
pub(crate) mod desk;
mod free;
mod manage;
mod release;
mod series;

use std::time::Duration;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use ones_host::{
    model::{Booking, BookingTime, Room, RoomBatch, RoomUpdate, TimeRange, User},
    settings::Settings,
    store::{Actor, NewReservation, Reservation, ReservationFilter, ReservationPage, Store},
    sync::{BookingOptions, Options, Sync},
};
use serde_json::json;

use crate::{
    bookings::calendar::{booked, of_room, one, room_in},
    browser::{Browser, Reply},
    fake::*,
    served::*,
};
use desk::Desk;

/// A server whose integration books rooms, in Berlin and elsewhere, for the users `p000` to `p003`.
struct Office {
    served: Served,
    desk: Desk,
}

impl Office {
    fn new() -> Self {
        Self::with("hidden")
    }

    /// `titles` is the setting for the titles of bookings.
    fn with(titles: &str) -> Self {
        let desk = Desk::default();
        let vendor = Contoso { desk: Some(desk.clone()), ..Contoso::default() };
        let mut settings = settings();
        settings["rooms"] =
            json!({ "bookings": "on", "bookingTitles": titles, "bookingDays": 1_080 });
        let office = Self { served: Served::of(vendor, &settings, |_| {}), desk };
        let rooms = [
            Room { building: Some("North".to_owned()), ..room_in("r1", "Europe/Berlin") },
            room_in("r2", "Europe/Berlin"),
            room_in("tokyo", "Asia/Tokyo"),
        ];
        let users = ids(4).iter().map(|id| reported(id)).collect();
        let source = &mut Fake {
            rooms: vec![RoomBatch { rooms: rooms.into(), unreadable: Vec::new() }],
            ..Fake::users([batch(COMPLETE, "c1", users)])
        };
        let options = Options { missing_grace: Duration::ZERO, ..Options::default() };
        let (mut store, seen) = (office.store(), &mut Seen::default());
        Sync::new(&mut store, source, seen, options.clone()).rooms(NAME).unwrap();
        Sync::new(&mut store, source, seen, options).users(NAME).unwrap();
        drop(store);
        office.report(["r1", "r2", "tokyo"].map(|room| of_room(room, COMPLETE, "c1", [])));
        office
    }

    /// Adds an integration with the room `r1`, and returns its number.
    fn add(&self, name: &str) -> i64 {
        let mut settings = settings();
        settings["server"]["name"] = name.into();
        settings["rooms"] = json!({ "bookings": "on" });
        let (mut store, key) = (self.store(), &self.served.key);
        let id = store.keep_settings(None, &Settings::from(settings), key).unwrap();
        let rooms = [room_in("r1", "Europe/Berlin")].into();
        let batch = RoomBatch { rooms, unreadable: Vec::new() };
        let source = &mut Fake { rooms: vec![batch], ..Fake::users([]) };
        let seen = &mut Seen::default();
        Sync::new(&mut store, source, seen, Options::default()).rooms(name).unwrap();
        id.get()
    }

    fn store(&self) -> Store {
        self.served.store.another().unwrap()
    }

    /// Reports the bookings of rooms.
    fn report(&self, updates: impl IntoIterator<Item = RoomUpdate>) {
        let bookings =
            BookingOptions { missing_grace: Duration::ZERO, ..BookingOptions::default() };
        let options = Options { bookings, ..Options::default() };
        let (mut store, seen) = (self.store(), &mut Seen::default());
        let source = &mut Fake::bookings(updates);
        Sync::new(&mut store, source, seen, options).bookings(NAME).unwrap();
    }

    /// Reports that the room `r1` has this booking.
    fn report_booking(&self, booking: Booking) {
        self.report([of_room("r1", CHANGES, "c2", [one(booking)])]);
    }

    /// A browser with a signed-in user: `p000`, `p001` and so on.
    fn user(&self, id: &str) -> Browser {
        let mut browser = self.served.browser();
        browser.get("/sign-in/1");
        browser.send("POST", "/sign-in/callback", &format!("code={id}")).leads_to("/me");
        browser.get("/me");
        browser
    }

    fn reservations(&self) -> Vec<Reservation> {
        let id = self.served.contoso();
        let all = ReservationPage { latest_first: false, skip: 0, limit: u32::MAX };
        self.store().reservations_page(id, &ReservationFilter::default(), all).unwrap()
    }

    /// Stores a booking of the room `r1` by the user `p000`.
    fn reserve(&self, time: TimeRange) -> Reservation {
        let new = NewReservation {
            rooms: vec!["r1".to_owned()],
            time: BookingTime::Hours(time),
            recurrence: None,
            organizer: "p000".to_owned(),
            invite: Vec::new(),
            title: "Budget <review>".to_owned(),
            private: false,
            online_meeting: false,
            days: None,
            by: Actor::User("p000".to_owned()),
        };
        self.store().reserve(self.served.contoso(), new, Timestamp::now()).unwrap()
    }

    /// Waits until what the page shows does not change by itself any more, and returns the page.
    fn settled(&self, browser: &mut Browser, address: &str) -> Reply {
        let begun = std::time::Instant::now();
        while browser.get(&format!("{address}/state")).status == 200 {
            std::thread::sleep(Duration::from_millis(20));
            if begun.elapsed() > Duration::from_secs(10) {
                panic!("{} {:#?}", browser.get(address).body, self.reservations());
            }
        }
        browser.get(address)
    }
}

/// Fields of the form.
type Fields<'a> = Vec<(&'a str, &'a str)>;

/// Returns the fields of a booking of the room `r1` from 09:00 to 10:00.
fn filled(day: &str) -> Fields<'_> {
    vec![
        ("room", "r1"),
        ("when", "hours"),
        ("day", day),
        ("from", "09:00"),
        ("to", "10:00"),
        ("title", "Budget <review>"),
        ("invite", ""),
        ("repeat", "no"),
        ("do", "book"),
    ]
}

/// Returns the fields with other values.
fn but<'a>(mut fields: Fields<'a>, changes: &[(&'a str, &'a str)]) -> Fields<'a> {
    fields.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    fields.extend_from_slice(changes);
    fields
}

/// Returns a day some days from now.
fn day(ahead: i64) -> Date {
    let today = Timestamp::now().to_zoned_datetime(berlin()).date();
    today.checked_add(jiff::Span::new().days(ahead)).unwrap()
}

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

/// Returns the instant of a local time in Berlin: `2027-01-11T09:00`.
fn at(text: &str) -> i64 {
    let time: jiff::civil::DateTime = text.parse().unwrap();
    time.to_zoned_datetime(berlin()).unwrap().timestamp().as_second()
}

fn hours(day: Date, from: &str, to: &str) -> TimeRange {
    TimeRange { starts: at(&format!("{day}T{from}")), ends: at(&format!("{day}T{to}")) }
}

/// Returns a booking of another user, made at the vendor.
fn of_others(id: &str, time: TimeRange) -> Booking {
    let booking = booked(id, "00:00", "00:00");
    Booking { time: BookingTime::Hours(time), ..booking }
}

/// Reports a booking of the room `r1` in a week, with that id, and returns its address for the
/// administrator.
fn page_of_booking(office: &Office, id: &str) -> String {
    const PLACE: &str = "/admin/integrations/1/bookings";
    office.report_booking(of_others(id, hours(day(7), "09:00", "10:00")));
    let view = office.served.admin().get(&format!("{PLACE}?day={}", day(7)));
    let (_, link) = view.body.split_once(&format!("<a href=\"{PLACE}/")).unwrap();
    let (_, link) = match link.starts_with("rooms") {
        true => link.split_once(&format!("<a href=\"{PLACE}/")).unwrap(),
        false => ("", link),
    };
    format!("{PLACE}/{}", link.split_once('"').unwrap().0)
}

/// Returns the address that a reply leads to.
#[track_caller]
fn made(reply: &Reply) -> String {
    assert_eq!(reply.status, 303, "{}", reply.body);
    reply.header("location").to_owned()
}

#[track_caller]
fn misses(reply: &Reply, text: &str) {
    assert!(!reply.body.contains(text), "{text:?} is in {}", reply.body);
}

/// A user without an e-mail address.
fn silent() -> User {
    User { email: None, ..user("silent") }
}
