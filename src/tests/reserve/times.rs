//! The times that are written, in which time zone, and the instants that they become.

use futures_executor::block_on;
use serde_json::{Value, json};

use super::{
    MARA, ROOM, accepted, answer, book, booked, check, code, exchange::Exchange, hours, organizers,
    request, written,
};
use crate::{
    model::{
        BookingRequest, BookingTime, DateRange, Recurrence, RecurrenceEnd, RecurrencePattern,
        RelativeDays, RelativeYearlyDays, RoomAnswer, WeekIndex, Weekday, WeeklyPattern, YearlyDay,
    },
    reserve,
    tests::bookings::at,
};

fn daily(count: u32) -> Option<Recurrence> {
    let (pattern, ends) = (RecurrencePattern::Daily, RecurrenceEnd::After(count));
    Some(Recurrence { pattern, interval: 1, ends })
}

/// Returns what is written for a request.
fn body(wish: &BookingRequest) -> Value {
    let exchange = Exchange::default();
    let script = exchange.script();
    block_on(reserve::book(&script, &organizers(), wish, false)).expect("an outcome");
    written(&script)
}

fn in_zone(zone: &str, starts: &str, ends: &str) -> BookingRequest {
    BookingRequest { time: hours(starts, ends), time_zone: zone.to_owned(), ..request() }
}

#[test]
fn c03_a_series_keeps_the_wall_clock_of_the_room_over_the_end_of_summer_time() {
    let exchange = Exchange::default();
    let wish = BookingRequest {
        recurrence: daily(4),
        ..in_zone("Australia/Adelaide", "2027-04-01T22:00:00Z", "2027-04-01T22:30:00Z")
    };
    let outcome = booked(&exchange, &wish);
    let copy = &exchange.copies(ROOM)[0];
    assert_eq!(accepted(&outcome), copy.id, "the id of the series in the room");
    assert_eq!(copy.zone, "Cen. Australia Standard Time");
    let starts: Vec<_> = copy.times().into_iter().map(|(starts, _)| starts).collect();
    let right = [
        "2027-04-01T22:00:00Z",
        "2027-04-02T22:00:00Z",
        "2027-04-03T23:00:00Z",
        "2027-04-04T23:00:00Z",
    ];
    assert_eq!(starts, right.map(at));
    assert!(copy.times().iter().all(|(starts, ends)| ends - starts == 1800));
}

#[test]
fn c05_a_booking_at_the_wrong_instant_is_withdrawn_and_the_error_names_the_zone() {
    let wish = in_zone("America/Vancouver", "2027-01-11T17:00:00Z", "2027-01-11T18:00:00Z");
    assert_eq!(body(&wish)["start"]["timeZone"], "America/Vancouver", "Pacific is Los Angeles");
    let exchange = Exchange::default();
    exchange.state.borrow_mut().zone_error = 3600;
    let outcome = booked(&exchange, &wish);
    let RoomAnswer::Declined(reason) = answer(&outcome) else { panic!("{outcome:?}") };
    assert!(reason.code == "time-zone-differs" && outcome.ticket.is_none(), "{outcome:?}");
    let summary = &reason.summary;
    assert!(summary.contains("America/Vancouver"), "{summary}");
    assert!(summary.contains("T17:00") && summary.contains("T18:00"), "{summary}");
    assert!(exchange.copies(MARA).is_empty() && exchange.held(ROOM).is_empty());
}

#[test]
fn c05_a_booking_at_the_wrong_instant_is_withdrawn_also_where_its_answer_was_lost() {
    let wish = in_zone("America/Vancouver", "2027-01-11T17:00:00Z", "2027-01-11T18:00:00Z");
    let exchange = Exchange::default();
    {
        let mut state = exchange.state.borrow_mut();
        state.zone_error = 3600;
        state.losses = [super::exchange::Loss::After].into();
    }
    assert!(book(&exchange, &wish).is_err());
    let again = block_on(reserve::book(&exchange.script(), &organizers(), &wish, true));
    let outcome = again.expect("an outcome");
    let RoomAnswer::Declined(reason) = answer(&outcome) else { panic!("{outcome:?}") };
    assert_eq!(reason.code, "time-zone-differs");
    assert!(exchange.copies(MARA).is_empty() && exchange.held(ROOM).is_empty());
}

#[test]
fn c09_a_weekly_series_has_the_day_of_the_week_of_the_room() {
    let friday_in_utc = in_zone("Asia/Taipei", "2027-02-05T22:00:00Z", "2027-02-06T00:00:00Z");
    let pattern = RecurrencePattern::Weekly(WeeklyPattern {
        days: vec![Weekday::Saturday],
        first_day_of_week: Weekday::Sunday,
    });
    let series = Recurrence { pattern, interval: 1, ends: RecurrenceEnd::After(3) };
    let body = body(&BookingRequest { recurrence: Some(series), ..friday_in_utc });
    assert_eq!(
        body["start"],
        json!({"dateTime": "2027-02-06T06:00:00", "timeZone": "Taipei Standard Time"})
    );
    assert_eq!(
        body["recurrence"],
        json!({
            "pattern": {
                "type": "weekly", "interval": 1, "daysOfWeek": ["saturday"],
                "firstDayOfWeek": "sunday",
            },
            "range": {
                "type": "numbered", "numberOfOccurrences": 3, "startDate": "2027-02-06",
                "recurrenceTimeZone": "Taipei Standard Time",
            },
        })
    );
}

#[test]
fn c11_zones_have_names_that_exchange_knows_and_one_that_it_refuses_is_a_clear_error() {
    let yangon = in_zone("Asia/Yangon", "2027-01-11T03:30:00Z", "2027-01-11T04:30:00Z");
    let body = body(&yangon);
    assert_eq!(body["start"]["dateTime"], "2027-01-11T10:00:00");
    let zone = body["start"]["timeZone"].as_str().expect("a name").to_owned();
    assert!(["Asia/Yangon", "Myanmar Standard Time"].contains(&zone.as_str()), "{zone}");
    let london = in_zone("Europe/London", "2027-07-05T08:00:00Z", "2027-07-05T09:00:00Z");
    let start = json!({"dateTime": "2027-07-05T09:00:00", "timeZone": "GMT Standard Time"});
    assert_eq!(self::body(&london)["start"], start);

    let exchange = Exchange::default();
    exchange.state.borrow_mut().refusals = [(400, "TimeZoneNotSupportedException")].into();
    let script = exchange.script();
    let result = block_on(reserve::book(&script, &organizers(), &london, false));
    let error = result.expect_err("no such zone");
    assert_eq!(code(&error), "TimeZoneNotSupportedException");
    assert!(error.explanation().is_some_and(|it| it.summary.contains("GMT Standard Time")));
    assert_eq!(super::changes(&script).len(), 1, "it is not repeated");
}

#[test]
fn c16_days_are_written_as_days_of_the_room_and_read_as_days() {
    let exchange = Exchange::default();
    let time = BookingTime::Days(DateRange {
        first: "2027-05-10".to_owned(),
        until: "2027-05-12".to_owned(),
    });
    let wish = BookingRequest { time: time.clone(), ..request() };
    let midnight = |day: &str| json!({"dateTime": day, "timeZone": "W. Europe Standard Time"});
    let body = body(&wish);
    assert_eq!(body["isAllDay"], true);
    assert_eq!(body["start"], midnight("2027-05-10T00:00:00"));
    assert_eq!(body["end"], midnight("2027-05-12T00:00:00"));
    let outcome = booked(&exchange, &wish);
    assert_eq!(outcome.time, Some(time));
    let before = exchange.copies(MARA);
    assert_eq!(check(&exchange, &wish, &outcome), outcome);
    assert_eq!(exchange.copies(MARA), before, "no second write follows");
    // Hours from midnight to midnight stay hours.
    let exchange = Exchange::default();
    let hours = in_zone("Europe/Berlin", "2027-05-09T22:00:00Z", "2027-05-10T22:00:00Z");
    assert_eq!(booked(&exchange, &hours).time, Some(hours.time));
}

#[test]
fn an_hour_that_comes_twice_is_written_in_universal_time() {
    // 02:30 of the wall in Berlin, for the second time.
    let wish = in_zone("Europe/Berlin", "2027-10-31T01:30:00Z", "2027-10-31T02:30:00Z");
    let exchange = Exchange::default();
    assert_eq!(booked(&exchange, &wish).time, Some(wish.time.clone()));
    assert_eq!(body(&wish)["start"]["timeZone"], "UTC");
}

#[test]
fn all_patterns_and_ranges_are_written_as_graph_has_them() {
    let on = |index| RelativeDays { days: vec![Weekday::Tuesday], index };
    let last_tuesday = "2027-05-25";
    for (pattern, day, right) in [
        (RecurrencePattern::Daily, "2027-05-11", json!({"type": "daily"})),
        (
            RecurrencePattern::AbsoluteMonthly(31),
            "2027-05-31",
            json!({"type": "absoluteMonthly", "dayOfMonth": 31}),
        ),
        (
            RecurrencePattern::RelativeMonthly(on(WeekIndex::Second)),
            "2027-05-11",
            json!({"type": "relativeMonthly", "daysOfWeek": ["tuesday"], "index": "second"}),
        ),
        (
            RecurrencePattern::AbsoluteYearly(YearlyDay { month: 5, day: 11 }),
            "2027-05-11",
            json!({"type": "absoluteYearly", "dayOfMonth": 11, "month": 5}),
        ),
        (
            RecurrencePattern::RelativeYearly(RelativeYearlyDays {
                month: 5,
                on: on(WeekIndex::Last),
            }),
            last_tuesday,
            json!({
                "type": "relativeYearly", "daysOfWeek": ["tuesday"], "index": "last", "month": 5,
            }),
        ),
    ] {
        for (ends, range) in [
            (RecurrenceEnd::Never, json!({"type": "noEnd"})),
            (
                RecurrenceEnd::On("2027-12-31".to_owned()),
                json!({"type": "endDate", "endDate": "2027-12-31"}),
            ),
            (RecurrenceEnd::After(6), json!({"type": "numbered", "numberOfOccurrences": 6})),
        ] {
            let first = crate::payload::read_day(day).expect("a day");
            let series = Recurrence { pattern: pattern.clone(), interval: 2, ends };
            let json = reserve::recurrence_json(&series, first, "UTC");
            let mut right = json!({"pattern": right, "range": range});
            right["pattern"]["interval"] = 2.into();
            right["range"]["startDate"] = day.into();
            right["range"]["recurrenceTimeZone"] = "UTC".into();
            assert_eq!(json, right);
        }
    }
}

#[test]
fn a_series_is_partly_accepted_where_the_room_declines_some_of_it() {
    let exchange = Exchange::default();
    exchange.state.borrow_mut().lenient.insert(ROOM.to_owned());
    exchange.walk_up(ROOM, (at("2027-05-12T09:30:00Z"), at("2027-05-12T11:00:00Z")));
    let wish = BookingRequest { recurrence: daily(3), ..request() };
    let outcome = booked(&exchange, &wish);
    let RoomAnswer::Partly(partly) = answer(&outcome) else { panic!("{outcome:?}") };
    assert_eq!(partly.declined, [hours("2027-05-12T09:00:00Z", "2027-05-12T10:00:00Z")]);
    assert!(exchange.held(ROOM).iter().any(|copy| copy.id == partly.id));
    // A room that takes a series as a whole declines it, and what takes it is named.
    let exchange = Exchange::default();
    exchange.walk_up(ROOM, (at("2027-05-12T09:30:00Z"), at("2027-05-12T11:00:00Z")));
    let outcome = booked(&exchange, &wish);
    let RoomAnswer::Conflict(bookings) = answer(&outcome) else { panic!("{outcome:?}") };
    assert_eq!(bookings.len(), 1);
    assert!(outcome.ticket.is_none() && exchange.copies(MARA).is_empty());
}
