//! What pages and commands read of bookings.

use ones_host::{
    model::{Booking, Hold},
    store::BookingPage,
};

use super::calendar::*;
use crate::fake::*;

fn page(ones: &Ones, id: &str) -> BookingPage {
    let row = ones.all_of("r1").into_iter().find(|row| row.booking.id == id).unwrap();
    let (store, integration) = ones.integration();
    store.booking(integration, row.number, NOW.parse().unwrap()).unwrap().unwrap()
}

#[test]
fn a_day_lists_all_rooms_by_name_with_the_bookings_that_overlap_it() {
    let mut ones = Ones::with_rooms([room("r2"), room("r1"), room("r3")]);
    let first = of_room(
        "r1",
        COMPLETE,
        "c1",
        [
            one(booked("before", "2027-01-10T22:00", "2027-01-11T00:00")),
            one(booked("over midnight", "2027-01-10T23:00", "2027-01-11T01:00")),
            one(booked("at noon", "12:00", "13:00")),
            one(booked("weeks", "2026-12-20T00:00", "2027-02-01T00:00")),
            one(booked("after", "2027-01-12T00:00", "2027-01-12T01:00")),
            one(booked("no length", "00:00", "00:00")),
            one(all_day("day", "2027-01-11", "2027-01-12")),
        ],
    );
    let second = of_room("r2", COMPLETE, "c1", [one(booked("at noon", "12:00", "13:00"))]);
    ones.sync_bookings(&mut Fake::bookings([first, second])).unwrap();
    let rooms = ones.days("2027-01-11", "2027-01-12");
    let names: Vec<_> = rooms.iter().map(|it| it.room.name.as_str()).collect();
    assert_eq!(names, ["R1", "R2", "R3"]);
    let ids: Vec<_> = rooms[0].bookings.iter().map(|it| it.booking.id.as_str()).collect();
    assert_eq!(ids, ["weeks", "over midnight", "no length", "day", "at noon"]);
    assert_eq!(rooms[1].bookings.len(), 1);
    assert!(rooms[1].read_at.is_some());
    assert_eq!(rooms[2].read_at, None, "a room that was never read is not free");
}

#[test]
fn a_day_is_that_of_each_rooms_time_zone() {
    let zones = ["America/Los_Angeles", "Asia/Hong_Kong", "Asia/Kolkata"];
    let mut ones = Ones::with_rooms(zones.map(|zone| room_in(zone, zone)));
    let days = || one(all_day("day", "2027-03-05", "2027-03-06"));
    let updates = zones.map(|zone| of_room(zone, COMPLETE, "c1", [days()]));
    ones.sync_bookings(&mut Fake::bookings(updates)).unwrap();
    for room in ones.days("2027-03-05", "2027-03-06") {
        let booking = &room.bookings[0];
        assert_eq!(booking.instants, room.instants, "{}", room.zone);
        assert_eq!(room.zone, room.room.id);
    }
    // C13: for questions of overlap, the day in Hong Kong begins on the day before.
    let rooms = ones.days("2027-03-05", "2027-03-06");
    let hong_kong = rooms.iter().find(|it| it.zone == "Asia/Hong_Kong").unwrap();
    assert_eq!(hong_kong.instants.starts, at("2027-03-04T16:00:00Z"));
    assert_eq!(hong_kong.instants.ends, at("2027-03-05T16:00:00Z"));
    for day in ["2027-03-04", "2027-03-06"] {
        let next: jiff::civil::Date = day.parse().unwrap();
        let next = next.tomorrow().unwrap().to_string();
        assert!(ones.days(day, &next).iter().all(|it| it.bookings.is_empty()), "{day}");
    }
}

#[test]
fn all_day_bookings_follow_the_time_zone_of_their_room_when_it_changes() {
    let mut ones = Ones::with_rooms([room_in("r1", "Asia/Hong_Kong")]);
    let day = one(all_day("day", "2027-03-05", "2027-03-06"));
    let night = one(booked("night", "2027-03-05T20:00", "2027-03-05T21:00"));
    let first = of_room("r1", COMPLETE, "c1", [day, night]);
    ones.sync_bookings(&mut Fake::bookings([first])).unwrap();
    assert!(ones.in_conflict().is_empty());
    let rooms = ones_host::model::RoomBatch {
        rooms: vec![room_in("r1", "America/New_York")],
        unreadable: Vec::new(),
    };
    ones.sync_rooms(&mut Fake { rooms: vec![rooms], ..Fake::default() }).unwrap();
    assert_eq!(ones.change([]), (0, 0, 0));
    let row = &ones.all_of("r1")[0];
    assert_eq!(row.instants.starts, at("2027-03-05T05:00:00Z"));
    assert_eq!(ones.in_conflict(), [["day", "night"]]);
}

#[test]
fn the_page_of_a_booking_has_its_series_its_history_and_the_same_meeting_elsewhere() {
    let mut ones = Ones::with_rooms([room("r1"), room("r2")]);
    let both = |id: &str| Booking {
        meeting: Some("both".to_owned()),
        ..booked(id, "2027-01-12T09:00", "2027-01-12T10:00")
    };
    let first = of_room(
        "r1",
        COMPLETE,
        "c1",
        [
            series("s", [both("s1"), booked("s2", "2027-01-19T09:00", "2027-01-19T10:00")]),
            one(booked("other", "2027-01-12T09:30", "2027-01-12T11:00")),
        ],
    );
    let second = of_room("r2", COMPLETE, "c1", [one(both("x"))]);
    ones.sync_bookings(&mut Fake::bookings([first, second])).unwrap();
    let run = ones.runs().pop().unwrap().id;
    let found = page(&ones, "s1");
    assert_eq!((found.room.id.as_str(), found.zone.as_str()), ("r1", "UTC"));
    let ids: Vec<_> = found.series.iter().map(|row| row.booking.id.as_str()).collect();
    assert_eq!(ids, ["s1", "s2"]);
    assert_eq!(found.booking.history.first_run, run);
    let (elsewhere, _) = &found.elsewhere[0];
    assert_eq!(elsewhere.id, "r2");
    assert_eq!(found.conflicts.len(), 1);
    assert!(page(&ones, "s2").conflicts.is_empty());

    let moved = Booking { hold: Hold::Tentative, version: "2".to_owned(), ..both("s1") };
    let second = booked("s2", "2027-01-19T09:00", "2027-01-19T10:00");
    assert_eq!(ones.change([series("s", [moved, second])]), (0, 1, 0));
    let history = page(&ones, "s1").booking.history;
    assert_eq!(history.first_run, run);
    assert_eq!(history.changed_run, ones.runs().pop().unwrap().id);
    assert_eq!(page(&ones, "s2").booking.history.changed_run, run);
}

#[test]
fn a_room_that_ones_no_longer_offers_is_not_shown_and_its_bookings_come_back_with_it() {
    let mut ones = Ones::with_rooms([room("r1"), room("r2")]);
    let both = ["r1", "r2"].map(|room| {
        of_room(
            room,
            COMPLETE,
            "c1",
            [one(booked("a", "12:00", "13:00")), one(booked("b", "12:00", "13:00"))],
        )
    });
    ones.sync_bookings(&mut Fake::bookings(both)).unwrap();
    let number = ones.all_of("r1")[0].number;
    ones.sync_rooms(&mut Fake::rooms(["r2"])).unwrap();
    assert_eq!(ones.days("2027-01-11", "2027-01-12").len(), 1);
    assert_eq!(ones.conflicts().len(), 1);
    let (store, id) = ones.integration();
    assert_eq!(store.conflict_count(id, NOW.parse().unwrap()).unwrap(), 1);
    assert_eq!(store.booking(id, number, NOW.parse().unwrap()).unwrap(), None);
    drop(store);
    let source = &mut Fake::bookings([]);
    assert_eq!(ones.sync_bookings(source).unwrap().counts.removed, 0);
    assert_eq!(source.asked.len(), 1);
    ones.sync_rooms(&mut Fake::rooms(["r1", "r2"])).unwrap();
    assert_eq!(ones.booked(), ["a", "b"]);
}
