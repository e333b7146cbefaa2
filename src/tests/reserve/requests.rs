//! Requests that cannot be booked: nothing is sent.

use futures_executor::block_on;

use super::{MARA, OTHER_ROOM, ROOM, code, hours, organizers, request, room, user};
use crate::{
    model::{
        BookingRequest, BookingTime, DateRange, Recurrence, RecurrenceEnd, RecurrencePattern,
        RelativeDays, RelativeYearlyDays, WeekIndex, Weekday, WeeklyPattern, YearlyDay,
    },
    reserve,
    tests::script::{Script, nothing, settings},
};

/// Returns the code of the error of a request. Checks that nothing was sent.
fn refusal(request: &BookingRequest) -> String {
    let script = Script::new(|_| nothing());
    let result = block_on(reserve::book(&script, &organizers(), request, false));
    assert!(script.asked.borrow().is_empty(), "nothing is sent");
    code(&result.expect_err("a wrong request")).to_owned()
}

#[test]
fn each_wrong_field_is_named() {
    let rooms = |count: usize| (0..count).map(|at| room(&format!("r{at}@contoso.com"))).collect();
    let days = |first: &str, until: &str| {
        BookingTime::Days(DateRange { first: first.to_owned(), until: until.to_owned() })
    };
    let later = "2027-05-11T10:00:00Z";
    for (field, wrong) in [
        ("reference", BookingRequest { reference: String::new(), ..request() }),
        ("reference", BookingRequest { reference: "a".repeat(65), ..request() }),
        ("reference", BookingRequest { reference: "a'b".to_owned(), ..request() }),
        ("rooms", BookingRequest { rooms: rooms(0), ..request() }),
        ("rooms", BookingRequest { rooms: rooms(21), ..request() }),
        (
            "rooms",
            BookingRequest { rooms: vec![room(ROOM), room("Room1@contoso.com")], ..request() },
        ),
        ("rooms", BookingRequest { rooms: vec![room("no address")], ..request() }),
        ("organizer", BookingRequest { organizer: user(""), ..request() }),
        ("organizer", BookingRequest { organizer: user(ROOM), ..request() }),
        ("invite", BookingRequest { invite: vec![user("ann")], ..request() }),
        ("title", BookingRequest { title: "é".repeat(256), ..request() }),
        ("time-zone", BookingRequest { time_zone: "GMT+6:30".to_owned(), ..request() }),
        ("time", BookingRequest { time: hours(later, later), ..request() }),
        ("time", BookingRequest { time: hours(later, "2027-05-11T09:00:00Z"), ..request() }),
        ("time", BookingRequest { time: days("2027-05-11", "2027-05-11"), ..request() }),
        ("time", BookingRequest { time: days("2027-02-30", "2027-03-11"), ..request() }),
        ("time", BookingRequest { time: days("0027-02-03", "2027-03-11"), ..request() }),
    ] {
        assert_eq!(refusal(&wrong), format!("request.{field}"), "{wrong:?}");
    }
}

#[test]
fn c57_a_wish_with_501_attendees_is_refused_before_anything_is_sent() {
    let invite = |count: usize| {
        (0..count).map(|number| user(&format!("u{number}@contoso.com"))).collect::<Vec<_>>()
    };
    let wish = BookingRequest { rooms: vec![room(ROOM), room(OTHER_ROOM)], ..request() };
    assert_eq!(refusal(&BookingRequest { invite: invite(499), ..wish }), "request.invite");
}

#[test]
fn a_series_begins_on_a_day_of_its_pattern() {
    // Tuesday, the second one of May 2027.
    let days = |days: &[Weekday], index| RelativeDays { days: days.to_vec(), index };
    let weekly = |days: &[Weekday]| {
        let (days, first_day_of_week) = (days.to_vec(), Weekday::Monday);
        RecurrencePattern::Weekly(WeeklyPattern { days, first_day_of_week })
    };
    let yearly = |month, on| RecurrencePattern::RelativeYearly(RelativeYearlyDays { month, on });
    let second_tuesday = || days(&[Weekday::Tuesday], WeekIndex::Second);
    let working_days = [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday];
    for (pattern, is_right) in [
        (RecurrencePattern::Daily, true),
        (weekly(&[Weekday::Friday, Weekday::Tuesday]), true),
        (weekly(&[Weekday::Friday]), false),
        (weekly(&[]), false),
        (RecurrencePattern::AbsoluteMonthly(11), true),
        (RecurrencePattern::AbsoluteMonthly(12), false),
        (RecurrencePattern::AbsoluteMonthly(0), false),
        (RecurrencePattern::RelativeMonthly(second_tuesday()), true),
        (RecurrencePattern::RelativeMonthly(days(&[Weekday::Tuesday], WeekIndex::Last)), false),
        (RecurrencePattern::RelativeMonthly(days(&working_days, WeekIndex::Fourth)), false),
        (RecurrencePattern::RelativeMonthly(days(&[], WeekIndex::First)), false),
        (RecurrencePattern::AbsoluteYearly(YearlyDay { month: 5, day: 11 }), true),
        (RecurrencePattern::AbsoluteYearly(YearlyDay { month: 6, day: 11 }), false),
        (yearly(5, second_tuesday()), true),
        (yearly(4, second_tuesday()), false),
    ] {
        let series = Recurrence { pattern, interval: 1, ends: RecurrenceEnd::After(3) };
        let wish =
            BookingRequest { recurrence: Some(series), title: "é".repeat(256), ..request() };
        // A request that is right so far has a title that is too long.
        let short = BookingRequest { title: String::new(), ..wish.clone() };
        match is_right {
            true => assert_eq!(refusal(&wish), "request.title", "{wish:?}"),
            false => assert_eq!(refusal(&short), "request.recurrence", "{wish:?}"),
        }
    }
}

#[test]
fn intervals_and_ends_that_exchange_does_not_take_are_refused() {
    let series = |interval, ends| {
        let pattern = RecurrencePattern::Daily;
        let recurrence = Some(Recurrence { pattern, interval, ends });
        refusal(&BookingRequest { recurrence, ..request() })
    };
    for (interval, ends) in [
        (0, RecurrenceEnd::Never),
        (1000, RecurrenceEnd::Never),
        (1, RecurrenceEnd::After(0)),
        (1, RecurrenceEnd::After(1000)),
        (1, RecurrenceEnd::On("soon".to_owned())),
        (1, RecurrenceEnd::On("2027-05-10".to_owned())),
    ] {
        assert_eq!(series(interval, ends.clone()), "request.recurrence", "{interval} {ends:?}");
    }
}

#[test]
fn nothing_is_booked_where_the_settings_do_not_switch_bookings_on() {
    let script = Script::new(|_| nothing());
    let off = settings(serde_json::json!({}));
    let result = block_on(reserve::book(&script, &off, &request(), false));
    assert_eq!(code(&result.expect_err("off")), "bookings-off");
    assert!(script.asked.borrow().is_empty());
}

#[test]
fn a_damaged_ticket_is_an_error() {
    let script = Script::new(|_| nothing());
    let good = r#"{"version":1,"mailbox":"mara@contoso.com","event":"a","calendar":"organizer"}"#;
    let other_version = good.replace(":1,", ":2,");
    let other_calendar = good.replace("\"organizer\"", "\"users\"");
    assert!(good.contains(MARA));
    for ticket in ["", "{}", "[]", "null", "AAMk", &good[..20], &other_version, &other_calendar] {
        let result = block_on(reserve::check(&script, &organizers(), &request(), ticket));
        assert_eq!(code(&result.expect_err("a wrong ticket")), "wrong-ticket", "{ticket}");
    }
    assert!(script.asked.borrow().is_empty());
}
