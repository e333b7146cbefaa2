//! Storing wishes: what is refused, and what replaces what.

use ones_host::{
    Problem,
    model::{
        BookingTime, DateRange, Participant, Recurrence, RecurrenceEnd, RecurrencePattern,
        RelativeDays, Room, TimeRange, WeekIndex, Weekday, WeeklyPattern,
    },
    store::{
        Actor, NewReservation, ReservationChange, ReservationError, ReservationState, StoreError,
        Wish,
    },
};

use super::{host::*, vendor::*};
use crate::{bookings::calendar::*, fake::*};

/// Returns why a wish is not stored.
#[track_caller]
fn refused(host: &mut Host, new: NewReservation) -> ReservationError {
    match host.reserve(new).unwrap_err() {
        StoreError::Reservation(error) => error,
        error => panic!("{error}"),
    }
}

#[test]
fn a_wish_is_stored_before_it_is_sent() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let made = host.reserve(at_nine()).unwrap();
    assert_eq!(vendor.calendars().calls, 0);
    host.restart();
    let stored = host.get(&made.reference);
    assert_eq!(stored, made);
    assert_eq!(stored.state, ReservationState::Requested);
    assert_eq!(stored.request.rooms[0].email, "r1@contoso.com");
    assert_eq!(stored.request.organizer.email.as_deref(), Some("ann@contoso.com"));
    assert_eq!(stored.request.time_zone, "UTC");
    assert_eq!((stored.time, stored.organizer.as_str()), (None, ANN));
    let waiting = stored.waiting.unwrap();
    assert_eq!((waiting.wish, waiting.attempts), (Wish::Book, 0));
    assert_eq!(waiting.by, Actor::User(ANN.to_owned()));
    assert_eq!(host.history(&made.reference), ["requested"]);
    let is_uuid = |it: &str| it.len() == 36 && it.chars().filter(|it| *it == '-').count() == 4;
    assert!(is_uuid(&made.reference), "{}", made.reference);
}

#[test]
fn a_meeting_is_private_also_while_a_change_of_that_waits() {
    for (before, after) in [(false, false), (false, true), (true, false), (true, true)] {
        let vendor = Vendor::default();
        let mut host = Host::new(&vendor);
        let new = NewReservation { private: before, ..at_nine() };
        let reference = host.reserve(new).unwrap().reference;
        host.run();
        assert_eq!(host.get(&reference).is_private(), before);
        let title = Some("Renamed".to_owned());
        let change =
            ReservationChange { title, private: Some(after), ..ReservationChange::default() };
        let (id, now, by) = (host.id, host.now, Actor::Administrator);
        host.store().change_reservation(id, &reference, change, by, now).unwrap();
        assert_eq!(host.get(&reference).is_private(), before || after);
        host.run();
        assert_eq!(host.get(&reference).is_private(), after);
    }
}

#[test]
fn a_meeting_stays_private_while_a_change_of_that_waits_for_its_answer_and_more_is_wished() {
    let mut host = Host::new(&Vendor::default());
    let reference = host.reserve(NewReservation { private: true, ..at_nine() }).unwrap().reference;
    host.run();
    let change = ReservationChange { private: Some(false), ..ReservationChange::default() };
    let (id, now, by) = (host.id, host.now, || Actor::User(ANN.to_owned()));
    host.store().change_reservation(id, &reference, change, by(), now).unwrap();
    host.vendor.fault = Fault::LostBefore;
    host.run();
    assert_eq!(host.get(&reference).waiting.unwrap().attempts, 1);
    host.store().cancel_reservation(id, &reference, None, "Eve is ill", by(), now).unwrap();
    assert!(host.get(&reference).is_private());
}

#[test]
fn what_cannot_be_booked_is_refused_and_nothing_is_stored() {
    use ReservationError as E;
    let host = &mut Host::with_rooms(
        &Vendor::default(),
        [room("r1"), room_in("berlin", "Europe/Berlin"), room_in("tokyo", "Asia/Tokyo")],
    );
    let days = |first: &str, until: &str| {
        BookingTime::Days(DateRange { first: first.to_owned(), until: until.to_owned() })
    };
    let with = |change: &dyn Fn(&mut NewReservation)| {
        let mut new = at_nine();
        change(&mut new);
        new
    };
    let rooms = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
        with(&|new| new.rooms = names.clone())
    };
    assert_eq!(refused(host, rooms(&[])), E::NoRooms);
    assert_eq!(refused(host, rooms(&["x"])), E::UnknownRoom { room: "x".to_owned() });
    assert!(matches!(refused(host, rooms(&["r1", "r1"])), E::RoomTwice { .. }));
    assert!(matches!(refused(host, rooms(&["r1"; 21])), E::TooManyRooms { count: 21, most: 20 }));
    let unknown = with(&|new| new.organizer = "carl".to_owned());
    assert_eq!(refused(host, unknown), E::UnknownOrganizer { organizer: "carl".to_owned() });
    let backwards = wished(&["r1"], "2027-01-12T10:00", "2027-01-12T09:00");
    assert!(matches!(refused(host, backwards), E::InvalidTime { .. }));
    let empty = wished(&["r1"], "2027-01-12T10:00", "2027-01-12T10:00");
    assert!(matches!(refused(host, empty), E::InvalidTime { .. }));
    for (first, until) in
        [("2027-02-30", "2027-03-01"), ("2027-02-02", "2027-02-02"), ("2027-2-2", "2027-02-03")]
    {
        let new = with(&|new| new.time = days(first, until));
        assert!(matches!(refused(host, new), E::InvalidTime { .. }), "{first} {until}");
    }
    let past = wished(&["r1"], "09:00", "11:00");
    assert!(matches!(refused(host, past), E::Past { .. }));
    let yesterday = with(&|new| new.time = days("2027-01-10", "2027-01-11"));
    assert!(matches!(refused(host, yesterday), E::Past { .. }));
    let far = wished(&["r1"], "2027-07-10T09:00", "2027-07-10T10:00");
    let (first, last) = ("2027-07-10".to_owned(), "2027-07-09".to_owned());
    assert_eq!(refused(host, far), E::TooFarAhead { first, last });
    let long = with(&|new| new.title = "ü".repeat(256));
    assert_eq!(refused(host, long), E::TitleTooLong { length: 256, most: 255 });
    let mixed = with(&|new| {
        new.rooms = vec!["berlin".to_owned(), "tokyo".to_owned()];
        new.time = days("2027-01-12", "2027-01-13");
    });
    let zones = "Asia/Tokyo, Europe/Berlin".to_owned();
    assert_eq!(refused(host, mixed), E::DifferentZones { zones });
    for address in ["", "ann", "@x", "a b@x", "<a@x>", "a@x;b@x"] {
        let email = Some(address.to_owned());
        let new = with(&|new| new.invite = vec![Participant { email: email.clone(), name: None }]);
        assert!(matches!(refused(host, new), E::InvalidAddress { .. }), "{address}");
    }
    assert_eq!(host.all(), []);
    // Hours of rooms in several zones are no problem.
    let mixed = with(&|new| new.rooms = vec!["berlin".to_owned(), "tokyo".to_owned()]);
    host.reserve(mixed).unwrap();
}

#[test]
fn case_c57_five_hundred_can_be_invited_with_the_rooms_and_no_more() {
    let mut host = Host::new(&Vendor::default());
    let guests = |count: usize| {
        let guest = |at| Participant { email: Some(format!("g{at}@fabrikam.com")), name: None };
        NewReservation { invite: (0..count).map(guest).collect(), ..at_nine() }
    };
    let most = ReservationError::TooManyInvited { count: 501, most: 500 };
    assert_eq!(refused(&mut host, guests(500)), most);
    host.reserve(guests(499)).unwrap();
}

#[test]
fn a_user_who_is_gone_or_has_no_address_books_nothing() {
    let mut ones = Ones::with_rooms([room("r1")]);
    let silent = ones_host::model::User { email: None, ..user("silent") };
    let changes = vec![ones_host::model::UserChange::User(silent), reported("gone")];
    ones.sync_users(&mut Fake::users([batch(COMPLETE, "c1", changes)])).unwrap();
    ones.sync_users(&mut Fake::users([batch(CHANGES, "c2", vec![gone("gone")])])).unwrap();
    let (mut store, id) = ones.integration();
    let mut refused = |organizer: &str| {
        let new = NewReservation { organizer: organizer.to_owned(), ..at_nine() };
        match store.reserve(id, new, NOW.parse().unwrap()).unwrap_err() {
            StoreError::Reservation(error) => error,
            error => panic!("{error}"),
        }
    };
    let silent = ReservationError::OrganizerWithoutEmail { organizer: "silent".to_owned() };
    assert_eq!(refused("silent"), silent);
    let gone = ReservationError::UnknownOrganizer { organizer: "gone".to_owned() };
    assert_eq!(refused("gone"), gone);
}

#[test]
fn a_room_that_is_reserved_is_refused_with_the_reservation_that_has_it() {
    let mut host = Host::new(&Vendor::default());
    let first = host.reserve(at_nine()).unwrap();
    let overlapping = wished(&["r0", "r1"], "2027-01-12T09:30", "2027-01-12T11:00");
    let error = refused(&mut host, overlapping.clone());
    let ReservationError::Overlaps { room, time, reference } = &error else { panic!("{error}") };
    assert_eq!((room.as_str(), reference), ("R1", &first.reference));
    assert_eq!(time, "2027-01-12 09:00–10:00");
    let problem = Problem::from(&error);
    assert_eq!(problem.code, "reservation-overlaps");
    assert!(problem.summary.contains("R1") && problem.summary.contains(&first.reference));
    assert!(problem.remedy.is_some());
    // Directly before and after it, and in another room, all is free.
    host.reserve(wished(&["r1"], "2027-01-12T10:00", "2027-01-12T11:00")).unwrap();
    host.reserve(wished(&["r0"], "2027-01-12T09:00", "2027-01-12T10:00")).unwrap();
    // Once it is cancelled, the room is free.
    let (id, now) = (host.id, host.now);
    let by = Actor::Administrator;
    host.store().cancel_reservation(id, &first.reference, None, "", by, now).unwrap();
    host.reserve(at_nine()).unwrap();
}

#[test]
fn a_room_is_booked_by_a_user_who_stands_in_it() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    // It is 10:00.
    let made = host.reserve(wished(&["r1"], "09:56", "10:30")).unwrap();
    host.run();
    assert_eq!(host.get(&made.reference).state, ReservationState::Confirmed);
    assert!(matches!(
        refused(&mut host, wished(&["r2"], "09:54", "10:30")),
        ReservationError::Past { .. }
    ));
}

#[test]
fn a_change_before_the_booking_was_sent_replaces_it() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let made = host.reserve(at_nine()).unwrap();
    let later = BookingTime::Hours(between("2027-01-12T11:00", "2027-01-12T12:00"));
    let change = ReservationChange {
        time: Some(later.clone()),
        rooms: Some(vec!["r2".to_owned()]),
        ..ReservationChange::default()
    };
    let (id, now) = (host.id, host.now);
    let by = Actor::User(ANN.to_owned());
    let changed = host.store().change_reservation(id, &made.reference, change, by, now).unwrap();
    assert_eq!(changed.request.time, later);
    assert_eq!(changed.rooms[0].room, "r2");
    assert_eq!(changed.waiting.unwrap().wish, Wish::Book);
    host.run();
    assert_eq!(vendor.calendars().calls, 1);
    let booked = host.get(&made.reference);
    assert_eq!((booked.state, booked.time), (ReservationState::Confirmed, Some(later)));
}

#[test]
fn a_booking_that_is_cancelled_before_it_was_sent_is_never_sent() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let made = host.reserve(at_nine()).unwrap();
    let (id, now) = (host.id, host.now);
    let by = Actor::Administrator;
    let gone =
        host.store().cancel_reservation(id, &made.reference, None, "sorry", by, now).unwrap();
    assert_eq!((gone.state, gone.waiting), (ReservationState::Cancelled, None));
    host.run();
    assert_eq!(vendor.calendars().calls, 0);
    assert_eq!(host.history(&made.reference), ["requested", "cancel-requested", "cancelled"]);
    let again = host.store().cancel_reservation(id, &made.reference, None, "", Actor::Host, now);
    let error = again.unwrap_err();
    assert!(error.to_string().contains("is cancelled"), "{error}");
}

#[test]
fn what_is_closed_over_or_unknown_cannot_be_changed() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let made = host.reserve(at_nine()).unwrap();
    host.run();
    let (id, now) = (host.id, host.now);
    let rename = |title: &str| ReservationChange {
        title: Some(title.to_owned()),
        ..ReservationChange::default()
    };
    let mut change = |reference: &str, title: &str, now| {
        let by = Actor::Administrator;
        match host.store().change_reservation(id, reference, rename(title), by, now) {
            Ok(_) => None,
            Err(StoreError::Reservation(error)) => Some(error),
            Err(error) => panic!("{error}"),
        }
    };
    let reference = made.reference.as_str();
    assert!(matches!(change("nope", "New", now), Some(ReservationError::Unknown { .. })));
    assert_eq!(change(reference, "Review", now), Some(ReservationError::Unchanged));
    let after = now + jiff::SignedDuration::from_hours(48);
    assert!(matches!(change(reference, "New", after), Some(ReservationError::Over { .. })));
    assert_eq!(change(reference, "New", now), None);
    let by = Actor::Administrator;
    host.store().cancel_reservation(id, reference, None, "", by.clone(), now).unwrap();
    let being = host.store().cancel_reservation(id, reference, None, "", by, now).unwrap_err();
    assert!(matches!(being, StoreError::Reservation(ReservationError::BeingCancelled { .. })));
}

#[test]
fn the_six_patterns_are_stored_where_they_begin_on_their_first_day() {
    let mut host = Host::new(&Vendor::default());
    let relative = |days: &[Weekday], index| RelativeDays { days: days.to_vec(), index };
    let weekly = |days: &[Weekday]| {
        RecurrencePattern::Weekly(WeeklyPattern {
            days: days.to_vec(),
            first_day_of_week: Weekday::Monday,
        })
    };
    // 2027-01-12 is a Tuesday.
    let good = [
        RecurrencePattern::Daily,
        weekly(&[Weekday::Tuesday, Weekday::Friday]),
        RecurrencePattern::AbsoluteMonthly(12),
        RecurrencePattern::RelativeMonthly(relative(&[Weekday::Tuesday], WeekIndex::Second)),
        RecurrencePattern::AbsoluteYearly(ones_host::model::YearlyDay { month: 1, day: 12 }),
        RecurrencePattern::RelativeYearly(ones_host::model::RelativeYearlyDays {
            month: 1,
            on: relative(&[Weekday::Tuesday], WeekIndex::Second),
        }),
    ];
    let bad = [
        weekly(&[]),
        weekly(&[Weekday::Monday]),
        RecurrencePattern::AbsoluteMonthly(13),
        RecurrencePattern::AbsoluteMonthly(0),
        RecurrencePattern::RelativeMonthly(relative(&[Weekday::Monday], WeekIndex::Second)),
        RecurrencePattern::AbsoluteYearly(ones_host::model::YearlyDay { month: 13, day: 12 }),
    ];
    let series = |pattern: &RecurrencePattern, interval, ends: &RecurrenceEnd| {
        let recurrence = Recurrence { pattern: pattern.clone(), interval, ends: ends.clone() };
        NewReservation { recurrence: Some(recurrence), ..at_nine() }
    };
    for pattern in &bad {
        let error = refused(&mut host, series(pattern, 1, &RecurrenceEnd::Never));
        assert!(matches!(error, ReservationError::InvalidRecurrence { .. }), "{pattern:?}");
    }
    let on = |day: &str| RecurrenceEnd::On(day.to_owned());
    for (interval, ends) in [
        (0, RecurrenceEnd::Never),
        (100, RecurrenceEnd::Never),
        (1, RecurrenceEnd::After(0)),
        (1, on("2027-01-11")),
        (1, on("soon")),
    ] {
        let error = refused(&mut host, series(&good[0], interval, &ends));
        assert!(matches!(error, ReservationError::InvalidRecurrence { .. }), "{ends:?}");
    }
    for (pattern, ends) in good.iter().zip([
        RecurrenceEnd::Never,
        RecurrenceEnd::After(3),
        on("2027-06-30"),
        RecurrenceEnd::Never,
        RecurrenceEnd::After(2),
        on("2029-06-30"),
    ]) {
        let made = host.reserve(series(pattern, 1, &ends)).unwrap();
        let (id, now) = (host.id, host.now);
        let by = Actor::Administrator;
        host.store().cancel_reservation(id, &made.reference, None, "", by, now).unwrap();
    }
    assert_eq!(host.all().len(), good.len());
}

#[test]
fn a_month_that_is_shorter_has_the_day_31_as_its_last_day() {
    let mut host = Host::new(&Vendor::default());
    let recurrence = Recurrence {
        pattern: RecurrencePattern::AbsoluteMonthly(31),
        interval: 1,
        ends: RecurrenceEnd::After(6),
    };
    let february = wished(&["r1"], "2027-02-28T09:00", "2027-02-28T10:00");
    host.reserve(NewReservation { recurrence: Some(recurrence), ..february }).unwrap();
}

#[test]
fn days_are_those_of_the_rooms_time_zone() {
    let hong_kong: Room = room_in("hk", "Asia/Hong_Kong");
    let mut host = Host::with_rooms(&Vendor::default(), [hong_kong]);
    let id = host.id;
    assert_eq!(host.store().reservation_zone(id, &["hk".to_owned()]).unwrap(), "Asia/Hong_Kong");
    let day = BookingTime::Days(DateRange {
        first: "2027-03-05".to_owned(),
        until: "2027-03-06".to_owned(),
    });
    let made = host
        .reserve(NewReservation { rooms: vec!["hk".to_owned()], time: day, ..at_nine() })
        .unwrap();
    assert_eq!(made.request.time_zone, "Asia/Hong_Kong");
    assert_eq!(made.instants, between("2027-03-04T16:00", "2027-03-05T16:00"));
    // Case C13: 5 March 09:00 in Hong Kong conflicts, 6 March 00:30 does not.
    let hour = |starts: &str, ends: &str| wished(&["hk"], starts, ends);
    let inside = hour("2027-03-05T01:00", "2027-03-05T02:00");
    assert!(matches!(refused(&mut host, inside), ReservationError::Overlaps { .. }));
    host.reserve(hour("2027-03-05T16:30", "2027-03-05T17:00")).unwrap();
}

#[test]
fn a_user_has_a_limited_number_of_open_bookings_and_the_administrator_can_book_more() {
    let mut host = Host::new(&Vendor::default());
    let starts = between("2027-01-12T09:00", "2027-01-12T10:00").starts;
    let minute = |number: i64| {
        let starts = starts + 60 * number;
        let time = BookingTime::Hours(TimeRange { starts, ends: starts + 60 });
        NewReservation { time, ..wished(&["r1"], "2027-01-12T09:00", "2027-01-12T10:00") }
    };
    for number in 0..200 {
        host.reserve(minute(number)).unwrap();
    }
    let refused = host.reserve(minute(200)).unwrap_err();
    assert!(matches!(
        refused,
        StoreError::Reservation(ReservationError::TooManyOpen { most: 200 })
    ));
    host.reserve(NewReservation { by: Actor::Administrator, ..minute(200) }).unwrap();
    host.reserve(NewReservation { organizer: BOB.to_owned(), ..minute(201) }).unwrap();
}
