//! The window, time zones, and how long bookings are kept.

use jiff::{Timestamp, ToSpan as _};
use ones_host::{
    model::{BookingEnd, Room},
    store::{KEPT_DAYS, RunKind},
};

use super::calendar::*;
use crate::fake::*;

#[test]
fn the_window_is_from_today_where_it_began_first_to_the_last_day_where_it_ends_last() {
    let zones = ["Pacific/Kiritimati", "America/Los_Angeles"];
    let mut ones = Ones::with_rooms(zones.map(|zone| room_in(zone, zone)));
    ones.options.bookings.days = 30;
    let source = &mut Fake::bookings([]);
    ones.sync_bookings(source).unwrap();
    let window = source.window.unwrap();
    // It is 12 January in Kiritimati (+14), and 11 January in Los Angeles (−8).
    assert_eq!(window.starts, at("2027-01-11T08:00:00Z"));
    assert_eq!(window.ends, at("2027-02-10T10:00:00Z").max(at("2027-02-10T08:00:00Z")));
}

#[test]
fn a_room_has_its_own_time_zone_or_that_of_the_settings_or_utc() {
    let rooms = [room_in("own", "Asia/Tokyo"), room("none"), room_in("wrong", "Mars/Olympus")];
    let mut ones = Ones::with_rooms(rooms.clone());
    let zones = |ones: &mut Ones| {
        let source = &mut Fake::bookings([]);
        let outcome = ones.sync_bookings(source).unwrap();
        let zones: Vec<_> = source.asked.iter().map(|it| it.time_zone.clone()).collect();
        (zones, outcome.summary.warnings)
    };
    let (found, warnings) = zones(&mut ones);
    assert_eq!(found, ["UTC", "Asia/Tokyo", "UTC"]);
    assert!(warnings.len() == 1 && warnings[0].contains("Mars/Olympus"), "{warnings:?}");
    ones.options.bookings.time_zone = Some("Europe/Berlin".to_owned());
    assert_eq!(zones(&mut ones).0, ["Europe/Berlin", "Asia/Tokyo", "Europe/Berlin"]);
    ones.options.bookings.time_zone = Some("Nowhere".to_owned());
    let (found, warnings) = zones(&mut ones);
    assert_eq!(found, ["UTC", "Asia/Tokyo", "UTC"]);
    assert_eq!(warnings.len(), 2, "{warnings:?}");
}

#[test]
fn what_is_over_or_ended_is_forgotten_after_some_days() {
    let mut ones = Ones::with_bookings([
        one(booked("over", "12:00", "13:00")),
        one(booked("ended", "2027-02-01T12:00", "2027-02-01T13:00")),
        series(
            "s",
            [booked("s1", "12:00", "13:00"), booked("s2", "2027-02-01T12:00", "2027-02-01T13:00")],
        ),
        one(booked("long", "2027-01-01T00:00", "2027-02-01T00:00")),
    ]);
    ones.change([ended("ended", BookingEnd::Cancelled)]);
    let start: Timestamp = NOW.parse().unwrap();
    ones.options.now = Some(start + (24 * KEPT_DAYS).hours());
    assert_eq!(ones.change([]), (0, 0, 0));
    assert_eq!(ones.booked(), ["long", "over", "s1", "s2"]);
    ones.options.now = Some(start + (24 * KEPT_DAYS + 4).hours());
    assert_eq!(ones.change([]), (0, 0, 0));
    assert_eq!(ones.booked(), ["long", "s2"]);
    let database = rusqlite::Connection::open(ones.folder.path().join("ones.db")).unwrap();
    let count = |table: &str| -> u32 {
        let sql = format!("SELECT count(*) FROM {table}");
        database.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("booking"), count("booking_item")), (2, 2));
}

#[test]
fn the_bookings_of_a_room_that_ones_no_longer_offers_are_deleted_after_some_days() {
    let mut ones = Ones::with_rooms([room("r1"), room("r2")]);
    let both = ["r1", "r2"].map(|room| of_room(room, COMPLETE, "c1", []));
    ones.sync_bookings(&mut Fake::bookings(both)).unwrap();
    ones.sync_rooms(&mut Fake::rooms(["r2"])).unwrap();
    let start: Timestamp = NOW.parse().unwrap();
    for (days, since) in [(KEPT_DAYS, Some("c1")), (KEPT_DAYS + 1, None)] {
        ones.options.now = Some(start + (24 * days).hours());
        ones.sync_bookings(&mut Fake::bookings([])).unwrap();
        let mut copy = Ones::new();
        for file in ["ones.db", "ones.lock"] {
            let (from, to) = (ones.folder.path().join(file), copy.folder.path().join(file));
            std::fs::copy(from, to).unwrap();
        }
        copy.options.now = ones.options.now;
        copy.sync_rooms(&mut Fake::rooms(["r1", "r2"])).unwrap();
        let source = &mut Fake::bookings([]);
        copy.sync_bookings(source).unwrap();
        assert_eq!(source.asked[0].since.as_deref(), since, "after {days} days");
    }
}

#[test]
fn runs_that_changed_nothing_are_listed_for_a_day() {
    let mut ones = Ones::with_bookings([one(booked("a", "12:00", "13:00"))]);
    // Runs start at the real time.
    ones.options.now = Some(Timestamp::now());
    for _ in 0..3 {
        ones.change([]);
    }
    let bookings =
        |ones: &Ones| ones.runs().into_iter().filter(|run| run.kind == RunKind::Bookings).count();
    assert_eq!(bookings(&ones), 4);
    ones.options.now = Some(Timestamp::now() + 25.hours());
    ones.change([]);
    assert_eq!(bookings(&ones), 2, "the first one added a booking, and the last one is this");
}

#[test]
fn the_longest_booking_and_the_end_of_time_are_stored() {
    let rooms = [room_in("r1", "America/St_Johns"), Room { time_zone: None, ..room("r2") }];
    let mut ones = Ones::with_rooms(rooms);
    let ages = all_day("ages", "0001-01-01", "9999-12-31");
    ones.sync_bookings(&mut Fake::bookings([of_room("r1", COMPLETE, "c1", [one(ages.clone())])]))
        .unwrap();
    assert_eq!(ones.all_of("r1")[0].booking, ages);
    assert_eq!(ones.days("2500-01-01", "2500-01-02")[0].bookings.len(), 1);
}
