//! Runs of bookings.

use ones_host::{
    model::{Booking, BookingEnd, BookingTime, Hold, Refusal, TimeRange, Unreadable},
    store::RunKind,
};

use super::calendar::*;
use crate::fake::*;

fn newer(booking: Booking) -> Booking {
    Booking { version: "2".to_owned(), ..booking }
}

#[test]
fn bookings_are_stored_with_the_checkpoint_of_their_room() {
    let mut ones = Ones::with_bookings([
        one(booked("a", "12:00", "13:00")),
        series("s", [booked("s1", "14:00", "15:00"), booked("s2", "16:00", "17:00")]),
    ]);
    assert_eq!(ones.booked(), ["a", "s1", "s2"]);
    let moved = newer(booked("a", "18:00", "19:00"));
    let source = &mut Fake::bookings([of_room("r1", CHANGES, "c2", [one(moved)])]);
    let counts = ones.sync_bookings(source).unwrap().counts;
    assert_eq!((counts.added, counts.updated, counts.removed), (0, 1, 0));
    assert_eq!(source.asked[0].since.as_deref(), Some("c1"));
    assert_eq!(source.asked[0].email, "r1@contoso.com");
    assert_eq!(ones.booked(), ["s1", "s2", "a"]);
}

#[test]
fn law_3_a_booking_whose_version_is_the_stored_one_is_an_echo() {
    let mut ones = Ones::with_bookings([one(booked("a", "12:00", "13:00"))]);
    let echo = Booking { title: Some("other".to_owned()), ..booked("a", "14:00", "15:00") };
    assert_eq!(ones.change([one(echo)]), (0, 0, 0));
    assert_eq!(ones.all_of("r1")[0].booking, booked("a", "12:00", "13:00"));
    // Another version without another field is no change that a user would see.
    let same = newer(booked("a", "12:00", "13:00"));
    assert_eq!(ones.change([one(same.clone())]), (0, 0, 0));
    assert_eq!(ones.all_of("r1")[0].booking, same);
}

#[test]
fn law_9_the_change_of_a_meeting_that_becomes_private_does_not_name_it() {
    let mut ones = Ones::with_bookings([one(booked("a", "12:00", "13:00"))]);
    let before = ones.all_of("r1")[0].booking.clone();
    let title = before.title.clone().unwrap();
    let private = Booking { private: true, title: None, organizer: None, ..newer(before) };
    assert_eq!(ones.change([one(private)]), (0, 1, 0));
    let [change] = &ones.changes[..] else { panic!("{:?}", ones.changes) };
    let fields: Vec<_> = change.fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!(fields, ["private"]);
    assert!(!serde_json::to_string(change).unwrap().contains(&title));
}

#[test]
fn law_5_a_change_that_is_reported_twice_is_stored_once() {
    let mut ones = Ones::with_bookings([]);
    let changes = || [one(booked("a", "12:00", "13:00")), ended("gone", BookingEnd::Cancelled)];
    assert_eq!(ones.change(changes()), (1, 0, 0));
    assert_eq!(ones.change(changes()), (0, 0, 0));
    assert_eq!(ones.booked(), ["a"]);
}

#[test]
fn c39_two_ids_that_differ_in_one_letters_case_are_two_bookings() {
    let mut ones = Ones::with_bookings([
        one(booked("W1=", "12:00", "13:00")),
        one(booked("w1=", "13:00", "14:00")),
    ]);
    assert_eq!(ones.change([ended("w1=", BookingEnd::Cancelled)]), (0, 0, 1));
    assert_eq!(ones.booked(), ["W1="]);
}

#[test]
fn c40_the_last_of_two_reports_of_one_id_wins_also_over_a_removal() {
    let mut ones = Ones::with_bookings([one(booked("a", "09:00", "10:00"))]);
    let later = Booking { version: "3".to_owned(), ..booked("a", "10:00", "11:00") };
    let changes = [
        ended("a", BookingEnd::Deleted),
        one(newer(booked("a", "09:30", "10:00"))),
        one(later.clone()),
    ];
    ones.change(changes);
    assert_eq!(ones.all_of("r1")[0].booking, later);
    assert!(ones.held().is_empty());
}

#[test]
fn law_6_a_series_is_replaced_as_a_whole() {
    let weekly = |clock: &str| {
        ["12", "19", "26"].map(|day| {
            let starts = format!("2027-01-{day}T{clock}:00");
            booked(&format!("{day} at {clock}"), &starts, &starts.replace(":00", ":30"))
        })
    };
    let mut ones = Ones::with_bookings([series("s", weekly("09"))]);
    // C26: the series is dragged to another hour, its occurrences have other ids, and the old ones
    // are not reported.
    assert_eq!(ones.change([series("s", weekly("10"))]), (3, 0, 3));
    assert_eq!(ones.booked(), ["12 at 10", "19 at 10", "26 at 10"]);
    // C60: one occurrence is deleted, which no change reports.
    let rest = weekly("10").into_iter().filter(|it| !it.id.starts_with("19"));
    assert_eq!(ones.change([series("s", rest)]), (0, 0, 1));
    let gone = ones.change([series("s", [])]);
    assert_eq!((gone, ones.booked().len()), ((0, 0, 2), 0));
}

#[test]
fn c23_an_occurrence_that_moved_keeps_its_id() {
    let day = |id: &str, day: &str| {
        booked(id, &format!("2027-05-{day}T09:00"), &format!("2027-05-{day}T10:00"))
    };
    let mut ones =
        Ones::with_bookings([series("s", [day("x", "04"), day("y", "11"), day("z", "18")])]);
    let number = ones.all_of("r1")[0].number;
    assert_eq!(ones.change([series("s", [newer(day("x", "11")), day("z", "18")])]), (0, 1, 1));
    assert_eq!(ones.booked(), ["x", "z"]);
    assert_eq!(ones.all_of("r1")[0].number, number);
}

#[test]
fn c27_a_booking_that_becomes_a_series_in_place_is_there_once() {
    let mut ones = Ones::with_bookings([one(booked("a", "12:00", "13:00"))]);
    let occurrences = ["a1", "a2", "a3"].map(|id| booked(id, "12:00", "13:00"));
    assert_eq!(ones.change([series("a", occurrences.clone())]), (3, 0, 1));
    assert_eq!(ones.booked(), ["a1", "a2", "a3"]);
    // Whether the plugin reports the end of the booking or not.
    assert_eq!(ones.change([ended("a", BookingEnd::Cancelled)]), (0, 0, 0));
    assert_eq!(ones.change([one(newer(booked("a", "12:00", "13:00")))]), (1, 0, 3));
    assert_eq!(ones.booked(), ["a"]);
}

#[test]
fn c28_this_and_following_makes_two_series_whose_dates_are_there_once() {
    let day =
        |day: &str, clock: &str| booked(day, &format!("2027-05-{day}T{clock}"), "2027-05-30T00:00");
    let all = || ["04", "11", "18", "25"].map(|it| day(it, "18:00"));
    let mut ones = Ones::with_bookings([series("m1", all())]);
    let [first, second, ..] = all();
    let split = || {
        let third = newer(day("18", "18:30"));
        let fourth = newer(day("25", "18:30"));
        [series("m1", [first.clone(), second.clone()]), series("m2", [third, fourth])]
    };
    ones.change(split());
    assert_eq!(ones.booked(), ["04", "11", "18", "25"]);
    assert_eq!(ones.change(split()), (0, 0, 0));
    assert_eq!(ones.change(split()), (0, 0, 0));
    let series: Vec<_> =
        ones.all_of("r1").into_iter().map(|row| row.booking.series.unwrap()).collect();
    assert_eq!(series, ["m1", "m1", "m2", "m2"]);
}

#[test]
fn c25_a_cancelled_occurrence_ends_and_the_others_stay() {
    let days = ["01", "02", "03"]
        .map(|day| booked(day, &format!("2027-06-{day}T13:00"), &format!("2027-06-{day}T14:00")));
    let mut ones = Ones::with_bookings([series("s", days)]);
    assert_eq!(ones.change([ended("02", BookingEnd::Cancelled)]), (0, 0, 1));
    assert_eq!(ones.booked(), ["01", "03"]);
}

#[test]
fn c34_a_booking_whose_title_the_room_hides_has_it_nowhere_any_more() {
    let first = Booking {
        title: Some("Budget 2028".to_owned()),
        hold: Hold::Tentative,
        ..booked("a", "12:00", "13:00")
    };
    let mut ones = Ones::with_bookings([one(first)]);
    let hidden = Booking {
        title: Some("Mara Lind".to_owned()),
        version: "2".to_owned(),
        ..booked("a", "12:00", "13:00")
    };
    assert_eq!(ones.change([one(hidden.clone())]), (0, 1, 0));
    assert_eq!(ones.all_of("r1")[0].booking, hidden);
    let (store, _) = ones.integration();
    drop(store);
    let database = std::fs::read(ones.folder.path().join("ones.db")).unwrap();
    let text = b"Budget 2028";
    assert!(!database.windows(text.len()).any(|it| it == text));
}

#[test]
fn what_ended_stays_in_the_history_with_its_reason_and_can_come_back() {
    let mut ones = Ones::with_bookings([one(booked("a", "12:00", "13:00"))]);
    let number = ones.all_of("r1")[0].number;
    assert_eq!(ones.change([ended("a", BookingEnd::Declined)]), (0, 0, 1));
    let run = ones.runs().pop().unwrap().id;
    let (store, id) = ones.integration();
    let page = store.booking(id, number, NOW.parse().unwrap()).unwrap().unwrap();
    let gone = page.booking.history.gone.unwrap();
    assert_eq!((gone.reason.as_str(), gone.run), ("declined", Some(run)));
    drop(store);
    assert_eq!(ones.change([one(booked("a", "12:00", "13:00"))]), (1, 0, 0));
    assert_eq!(ones.all_of("r1")[0].number, number);
}

#[test]
fn a_booking_without_a_valid_time_is_unreadable_and_the_rest_goes_on() {
    let mut ones = Ones::with_bookings([
        one(booked("a", "12:00", "13:00")),
        series("s", [booked("s1", "14:00", "15:00")]),
    ]);
    let hours = |id: &str, starts, ends| Booking {
        time: BookingTime::Hours(TimeRange { starts, ends }),
        ..newer(booked(id, "00:00", "00:00"))
    };
    let changes = vec![
        one(hours("a", clock("13:00"), clock("12:00"))),
        series("s", [booked("s2", "16:00", "17:00"), hours("s1", i64::MAX, i64::MAX)]),
        one(newer(all_day("b", "2027-01-11", "2027-01-11"))),
        one(newer(all_day("c", "2027-02-30", "2027-03-01"))),
        one(newer(all_day("d", "20270211", "2027-03-01"))),
        one(booked("forty years", "2027-01-12T00:00", "2067-01-12T00:00")),
        one(booked("zero", "09:00", "09:00")),
    ];
    let outcome = ones.sync_bookings(&mut Fake::bookings([of_room("r1", CHANGES, "c2", changes)]));
    let outcome = outcome.unwrap();
    let ids: Vec<_> = outcome.unreadable.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["a", "s", "b", "c", "d"]);
    assert_eq!(ones.booked(), ["zero", "a", "s1", "forty years"]);
}

#[test]
fn what_is_unreadable_stays_as_it_is_stored() {
    let mut ones = Ones::with_bookings([
        one(booked("a", "12:00", "13:00")),
        series("s", [booked("s1", "14:00", "15:00")]),
    ]);
    let wrong = |id: &str| {
        ones_host::model::BookingChange::BookingUnreadable(Unreadable::new(id, "no start"))
    };
    let all = of_room("r1", COMPLETE, "c2", [wrong("a"), wrong("s1")]);
    let source = &mut Fake::bookings([all]);
    let counts = ones.sync_bookings(source).unwrap().counts;
    assert_eq!((counts.unreadable, counts.removed), (2, 0));
    assert!(source.read.is_empty());
    assert_eq!(ones.booked(), ["a", "s1"]);
}

#[test]
fn an_occurrence_that_cannot_be_read_stays_when_its_series_comes_without_it() {
    let both = || series("s", [booked("s1", "14:00", "15:00"), booked("s2", "16:00", "17:00")]);
    let wrong =
        ones_host::model::BookingChange::BookingUnreadable(Unreadable::new("s1", "no start"));
    let rest = series("s", [newer(booked("s2", "16:00", "17:00"))]);
    let together = vec![of_room("r1", CHANGES, "c2", [wrong.clone(), rest.clone()])];
    let apart = vec![of_room("r1", CHANGES, "c1", [wrong]), of_room("r1", CHANGES, "c2", [rest])];
    for batches in [together, apart] {
        let mut ones = Ones::with_bookings([both()]);
        let counts = ones.sync_bookings(&mut Fake::bookings(batches)).unwrap().counts;
        assert_eq!((counts.unreadable, counts.removed), (1, 0));
        assert_eq!(ones.booked(), ["s1", "s2"]);
        let without = of_room("r1", CHANGES, "c3", [series("s", [booked("s2", "16:00", "17:00")])]);
        ones.sync_bookings(&mut Fake::bookings([without])).unwrap();
        assert_eq!(ones.booked(), ["s2"], "a later run can end it");
    }
}

#[test]
fn a_failed_room_fails_alone_and_stays_until_it_is_read() {
    let mut ones = Ones::with_rooms([room("r1"), room("r2")]);
    let first = of_room("r1", COMPLETE, "c1", [one(booked("a", "12:00", "13:00"))]);
    let run = || failed("r2", unavailable());
    for _ in 0..2 {
        let outcome = ones.sync_bookings(&mut Fake::bookings([first.clone(), run()])).unwrap();
        assert_eq!((outcome.counts.rooms.read, outcome.counts.rooms.failed), (1, 1));
        assert_eq!(outcome.room_failures[0].name, "R2");
    }
    let failing = ones.days("2027-01-11", "2027-01-12").remove(1).failing.unwrap();
    assert_eq!((failing.count, failing.problem.code.as_str()), (2, "timeout"));
    assert_eq!(failing.problem.remedy.as_deref(), Some("Try again later"));
    let row = ones.runs().pop().unwrap();
    assert_eq!((row.state, row.room_failures[0].room.as_str()), ("done", "r2"));
    // A room that reports nothing and was never read is still not read.
    let source = &mut Fake::bookings([of_room("r2", COMPLETE, "c1", [])]);
    ones.sync_bookings(source).unwrap();
    assert_eq!(source.asked[1].since, None);
    assert_eq!(ones.days("2027-01-11", "2027-01-12")[1].failing, None);
}

#[test]
fn a_run_fails_where_every_room_does() {
    let mut ones = Ones::with_rooms([room("r1"), room("r2")]);
    let all = ["r1", "r2"].map(|room| failed(room, unavailable()));
    let error = ones.sync_bookings(&mut Fake::bookings(all)).unwrap_err();
    assert_eq!(error.problem().code, "timeout");
    let row = ones.runs().pop().unwrap();
    assert_eq!((row.kind, row.state, row.room_failures.len()), (RunKind::Bookings, "failed", 2));
    let (store, id) = ones.integration();
    assert_eq!(store.failing_bookings(id).unwrap().unwrap().count, 1);
    assert_eq!(store.schedule(id).unwrap().failing, None, "users and rooms are not delayed");
}

#[test]
fn a_run_that_breaks_off_keeps_what_was_stored_with_its_checkpoint() {
    let mut ones = Ones::with_rooms([room("r1"), room("r2")]);
    let first = of_room("r1", FIRST, "c1", [one(booked("a", "12:00", "13:00"))]);
    ones.sync_bookings(&mut Fake::bookings([first]).then_fails()).unwrap_err();
    let last = of_room("r1", LAST, "c2", [one(booked("b", "13:00", "14:00"))]);
    let source = &mut Fake::bookings([last]);
    ones.sync_bookings(source).unwrap();
    assert_eq!(source.asked[0].since.as_deref(), Some("c1"));
    assert_eq!(source.asked[1].since, None);
    assert!(source.read.is_empty(), "the enumeration lists what both runs reported");
    assert_eq!(ones.booked(), ["a", "b"]);
}

#[test]
fn rooms_that_were_listed_before_a_run_failed_are_known() {
    let mut ones = Ones::with_rooms([room("r1"), room("r2"), room("r3")]);
    let updates = [
        of_room("r1", COMPLETE, "c1", [one(booked("a", "12:00", "13:00"))]),
        of_room("r2", FIRST, "c1", []),
    ];
    ones.sync_bookings(&mut Fake::bookings(updates).then_fails()).unwrap_err();
    let (store, id) = ones.integration();
    let day = |text: &str| text.parse().unwrap();
    let rooms = store.bookings(id, (day("2027-01-11"), day("2027-01-12")), |_| true).unwrap();
    let known: Vec<_> = rooms.iter().map(|room| room.read_at.is_some()).collect();
    assert_eq!(known, [true, false, false]);
}

#[test]
fn a_full_run_passes_no_checkpoint() {
    let mut ones = Ones::with_bookings([]);
    ones.options.full = true;
    let source = &mut Fake::bookings([of_room("r1", COMPLETE, "c2", [])]);
    ones.sync_bookings(source).unwrap();
    assert_eq!(source.asked[0].since, None);
}

#[test]
fn only_the_rooms_that_were_asked_for_are_read() {
    let mut ones = Ones::with_rooms([room("r1"), room("r2")]);
    ones.options.bookings.rooms = Some(vec!["r2".to_owned()]);
    let source = &mut Fake::bookings([]);
    ones.sync_bookings(source).unwrap();
    let asked: Vec<_> = source.asked.iter().map(|it| it.room.as_str()).collect();
    assert_eq!(asked, ["r2"]);
}

#[test]
fn a_batch_that_breaks_the_interface_ends_the_run_and_is_not_stored() {
    let occurrence = || Booking { series: Some("s".to_owned()), ..booked("o", "12:00", "13:00") };
    let many = |count: usize| (0..count).map(|it| one(booked(&it.to_string(), "12:00", "13:00")));
    let long = (0..4_001).map(|it| booked(&it.to_string(), "12:00", "13:00"));
    let other = |id: &str| {
        let ones_host::model::BookingChange::Series(mut it) = series(id, [occurrence()]) else {
            panic!()
        };
        it.bookings[0].series = Some("other".to_owned());
        ones_host::model::BookingChange::Series(it)
    };
    let wrong = [
        of_room("r9", COMPLETE, "c1", []),
        failed("r9", unavailable()),
        of_room("r1", CHANGES, "c1", []),
        of_room("r1", MIDDLE, "c1", []),
        of_room("r1", COMPLETE, "c1", many(1_001)),
        of_room("r1", COMPLETE, "c1", [series("s", long)]),
        of_room("r1", COMPLETE, "c1", [one(occurrence())]),
        of_room("r1", COMPLETE, "c1", [other("s")]),
        of_room("r1", COMPLETE, &"c".repeat(300_000), []),
    ];
    for update in wrong {
        let mut ones = Ones::with_rooms([room("r1")]);
        let error = ones.sync_bookings(&mut Fake::bookings([update])).unwrap_err();
        assert_eq!(error.problem().code, "plugin-broke-interface", "{error}");
        assert!(ones.booked().is_empty());
    }
    // The largest batch is stored.
    let mut ones = Ones::with_rooms([room("r1")]);
    let most = (0..4_000).map(|it| booked(&it.to_string(), "12:00", "12:00"));
    let all = of_room("r1", COMPLETE, "c1", [series("s", most)]);
    assert_eq!(ones.sync_bookings(&mut Fake::bookings([all])).unwrap().counts.added, 4_000);
}

#[test]
fn a_plugin_without_bookings_is_no_failure_of_the_run() {
    let mut ones = Ones::with_rooms([room("r1")]);
    let unsupported = Refusal::Unsupported(ones_host::model::Explanation {
        code: "no-bookings".to_owned(),
        summary: "The vendor has no bookings".to_owned(),
        remedy: None,
        detail: None,
    });
    let source = &mut Fake { fails: Some(unsupported), ..Fake::default() };
    ones.sync_bookings(source).unwrap_err();
    let (store, id) = ones.integration();
    assert_eq!(store.failing_bookings(id).unwrap(), None);
}
