//! Series: which occurrences a pattern has, in which zone, and what exceptions make of them.

use m365_emulator::{Booking, Recurrence, Revision};
use serde_json::json;

use crate::outlook::{Calendar, recurring, start, starts};
use crate::session::Session;

/// Books a series of the first room.
fn series(
    session: &Session,
    (from, to): (&str, &str),
    zone: &str,
    recurrence: Recurrence,
) -> Booking {
    let (time_zone, recurrence) = (Some(zone.to_owned()), Some(recurrence));
    Booking { time_zone, recurrence, ..session.booking(from, to) }
}

/// Returns the starts of a series of the first room, as instants in UTC.
async fn expanded(times: (&str, &str), zone: &str, recurrence: Recurrence) -> Vec<String> {
    let session = start(1).await;
    session.emulator.book(&series(&session, times, zone, recurrence)).unwrap();
    session.truth(1).into_iter().map(|event| event.start).collect()
}

/// Returns the days of a series that starts at 12:00 UTC.
async fn days(recurrence: Recurrence) -> Vec<String> {
    let day = recurrence.range.start_date;
    let times = (format!("{day}T12:00"), format!("{day}T13:00"));
    let starts = expanded((&times.0, &times.1), "UTC", recurrence).await;
    starts.iter().map(|start| start[..10].to_owned()).collect()
}

fn numbered(count: u32) -> serde_json::Value {
    json!({"type": "numbered", "numberOfOccurrences": count})
}

fn until(date: &str) -> serde_json::Value {
    json!({"type": "endDate", "endDate": date})
}

#[tokio::test]
async fn case_c01_a_series_keeps_the_wall_clock_of_its_own_zone() {
    let mondays = recurring("weekly", json!({"daysOfWeek": ["monday"]}), "2027-03-08", numbered(5));
    let times = ("2027-03-08T15:00", "2027-03-08T16:00");
    assert_eq!(
        expanded(times, "W. Europe Standard Time", mondays).await,
        [
            "2027-03-08T14:00:00Z",
            "2027-03-15T14:00:00Z",
            "2027-03-22T14:00:00Z",
            "2027-03-29T13:00:00Z",
            "2027-04-05T13:00:00Z",
        ]
    );
}

#[tokio::test]
async fn case_c02_a_zone_without_and_one_with_summer_time() {
    let wednesdays =
        || recurring("weekly", json!({"daysOfWeek": ["wednesday"]}), "2027-03-31", numbered(2));
    let india = ("2027-03-31T12:30", "2027-03-31T13:30");
    assert_eq!(
        expanded(india, "India Standard Time", wednesdays()).await,
        ["2027-03-31T07:00:00Z", "2027-04-07T07:00:00Z",]
    );
    let melbourne = ("2027-03-31T18:00", "2027-03-31T19:00");
    assert_eq!(
        expanded(melbourne, "AUS Eastern Standard Time", wednesdays()).await,
        ["2027-03-31T07:00:00Z", "2027-04-07T08:00:00Z",]
    );
}

#[tokio::test]
async fn case_c03_a_zone_of_half_an_hour() {
    let daily = recurring("daily", json!({}), "2027-04-02", until("2027-04-05"));
    let times = ("2027-04-02T08:30", "2027-04-02T09:00");
    assert_eq!(
        expanded(times, "Cen. Australia Standard Time", daily).await,
        [
            "2027-04-01T22:00:00Z",
            "2027-04-02T22:00:00Z",
            "2027-04-03T23:00:00Z",
            "2027-04-04T23:00:00Z",
        ]
    );
}

#[tokio::test]
async fn cases_c04_and_c05_zones_whose_rules_changed() {
    let session = start(1).await;
    for (zone, time, instant) in [
        ("Central Standard Time (Mexico)", "2027-07-05T09:00", "2027-07-05T15:00:00Z"),
        ("America/Mexico_City", "2027-07-06T09:00", "2027-07-06T15:00:00Z"),
        ("E. South America Standard Time", "2027-01-12T15:00", "2027-01-12T18:00:00Z"),
        // British Columbia stays at -07 since 2026: the database of the program counts, not that of
        // the machine.
        ("America/Vancouver", "2027-01-11T09:00", "2027-01-11T16:00:00Z"),
        ("Pacific Standard Time", "2027-01-13T09:00", "2027-01-13T17:00:00Z"),
        ("Myanmar Standard Time", "2027-01-14T10:00", "2027-01-14T03:30:00Z"),
        ("GMT Standard Time", "2027-07-07T09:00", "2027-07-07T08:00:00Z"),
        ("Greenwich Standard Time", "2027-07-08T09:00", "2027-07-08T09:00:00Z"),
    ] {
        let end = time.replace(":00", ":30");
        let time_zone = Some(zone.to_owned());
        let booking = Booking { time_zone, ..session.booking(time, &end) };
        session.emulator.book(&booking).unwrap();
        let truth = session.truth(1);
        assert!(starts(&truth).contains(&instant), "{zone}: {:?}", starts(&truth));
    }
}

#[tokio::test]
async fn case_c06_an_hour_that_does_not_exist_and_one_that_comes_twice() {
    let times = ("2027-03-27T02:30", "2027-03-27T03:00");
    let spring = recurring("daily", json!({}), "2027-03-27", numbered(3));
    assert_eq!(
        expanded(times, "Europe/Berlin", spring).await,
        ["2027-03-27T01:30:00Z", "2027-03-28T01:30:00Z", "2027-03-29T00:30:00Z",]
    );
    let times = ("2027-10-30T02:30", "2027-10-30T03:00");
    let autumn = recurring("daily", json!({}), "2027-10-30", numbered(3));
    assert_eq!(
        expanded(times, "Europe/Berlin", autumn).await,
        ["2027-10-30T00:30:00Z", "2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z",]
    );
}

#[tokio::test]
async fn case_c07_the_length_is_that_of_each_occurrence() {
    let session = start(1).await;
    let saturdays =
        recurring("weekly", json!({"daysOfWeek": ["saturday"]}), "2027-03-06", numbered(40));
    let times = ("2027-03-06T22:00", "2027-03-07T06:00");
    session.emulator.book(&series(&session, times, "America/New_York", saturdays)).unwrap();
    let truth = session.truth(1);
    let of = |day: &str| {
        let event = truth.iter().find(|event| event.start.starts_with(day)).unwrap();
        (event.start.clone(), event.end.clone())
    };
    let times = |start: &str, end: &str| (start.to_owned(), end.to_owned());
    assert_eq!(of("2027-03-07"), times("2027-03-07T03:00:00Z", "2027-03-07T11:00:00Z"));
    assert_eq!(of("2027-03-14"), times("2027-03-14T03:00:00Z", "2027-03-14T10:00:00Z"));
    assert_eq!(of("2027-03-21"), times("2027-03-21T02:00:00Z", "2027-03-21T10:00:00Z"));
    assert_eq!(of("2027-11-07"), times("2027-11-07T02:00:00Z", "2027-11-07T11:00:00Z"));
}

#[tokio::test]
async fn cases_c08_and_c09_weekdays_are_those_of_the_series_zone() {
    let days = json!({"daysOfWeek": ["tuesday", "friday"]});
    let times = ("2027-06-01T07:00", "2027-06-01T08:00");
    let series = recurring("weekly", days, "2027-06-01", until("2027-06-04"));
    assert_eq!(
        expanded(times, "China Standard Time", series).await,
        ["2027-05-31T23:00:00Z", "2027-06-03T23:00:00Z",]
    );
    let times = ("2027-02-06T06:00", "2027-02-06T08:00");
    let saturday =
        recurring("weekly", json!({"daysOfWeek": ["saturday"]}), "2027-02-06", numbered(1));
    assert_eq!(expanded(times, "Taipei Standard Time", saturday).await, ["2027-02-05T22:00:00Z"]);
}

#[tokio::test]
async fn case_c17_a_short_month_has_its_last_day() {
    let monthly =
        recurring("absoluteMonthly", json!({"dayOfMonth": 31}), "2027-01-31", numbered(6));
    assert_eq!(
        days(monthly).await,
        ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31", "2027-06-30",]
    );
    let yearly = json!({"dayOfMonth": 29, "month": 2});
    let leap = recurring("absoluteYearly", yearly, "2027-02-28", numbered(2));
    assert_eq!(days(leap).await, ["2027-02-28", "2028-02-29"]);
}

#[tokio::test]
async fn case_c18_the_last_of_several_weekdays_is_one_day_a_month() {
    let weekdays = json!(["monday", "tuesday", "wednesday", "thursday", "friday"]);
    let last = json!({"daysOfWeek": weekdays, "index": "last"});
    let monthly = recurring("relativeMonthly", last, "2027-01-01", numbered(6));
    assert_eq!(
        days(monthly).await,
        ["2027-01-29", "2027-02-26", "2027-03-31", "2027-04-30", "2027-05-31", "2027-06-30",]
    );
    let thanksgiving = json!({"daysOfWeek": ["thursday"], "index": "fourth", "month": 11});
    let yearly = recurring("relativeYearly", thanksgiving, "2027-01-01", numbered(2));
    assert_eq!(days(yearly).await, ["2027-11-25", "2028-11-23"]);
}

#[tokio::test]
async fn case_c19_an_interval_counts_weeks_from_their_first_day() {
    let workdays = json!(["sunday", "monday", "tuesday", "wednesday", "thursday"]);
    let of = |first: &str| {
        let pattern = json!({"interval": 5, "daysOfWeek": workdays, "firstDayOfWeek": first});
        recurring("weekly", pattern, "2027-01-03", until("2027-03-20"))
    };
    let expected: Vec<String> = [("01", 3..8), ("02", 7..12), ("03", 14..19)]
        .into_iter()
        .flat_map(|(month, days)| days.map(move |day| format!("2027-{month}-{day:02}")))
        .collect();
    assert_eq!(days(of("sunday")).await, expected);
    assert_eq!(
        days(of("monday")).await[..6],
        ["2027-01-03", "2027-02-01", "2027-02-02", "2027-02-03", "2027-02-04", "2027-02-07",]
    );
}

#[tokio::test]
async fn case_c20_the_phase_comes_from_the_start_and_the_end_can_move() {
    let session = start(1).await;
    let fridays = |end: &str| {
        recurring(
            "weekly",
            json!({"interval": 2, "daysOfWeek": ["friday"]}),
            "2026-10-16",
            until(end),
        )
    };
    let times = ("2026-10-16T15:00", "2026-10-16T16:00");
    let booking = series(&session, times, "Pacific Standard Time", fridays("2027-08-27"));
    let booked = session.emulator.book(&booking).unwrap();
    let winter = |session: &Session| -> Vec<String> {
        let truth = session.truth(1);
        let inside = |start: &&str| ("2027-01-01".."2027-03-01").contains(start);
        starts(&truth).into_iter().filter(inside).map(str::to_owned).collect()
    };
    assert_eq!(
        winter(&session),
        [
            "2027-01-08T23:00:00Z",
            "2027-01-22T23:00:00Z",
            "2027-02-05T23:00:00Z",
            "2027-02-19T23:00:00Z",
        ]
    );
    let shorter = Revision { recurrence: Some(Some(fridays("2027-02-12"))), ..Revision::default() };
    session.emulator.revise_meeting(&booked.id, None, &shorter).unwrap();
    assert_eq!(
        winter(&session),
        ["2027-01-08T23:00:00Z", "2027-01-22T23:00:00Z", "2027-02-05T23:00:00Z",]
    );
}

#[tokio::test]
async fn case_c21_a_deleted_occurrence_counts() {
    let session = start(1).await;
    let daily = recurring("daily", json!({}), "2027-03-01", numbered(5));
    let times = ("2027-03-01T08:00", "2027-03-01T08:30");
    let booked = session.emulator.book(&series(&session, times, "UTC", daily)).unwrap();
    let day = |day: &str| Some(day.parse().unwrap());
    let moved = Revision {
        start: Some("2027-03-03T15:00".parse().unwrap()),
        end: Some("2027-03-03T15:30".parse().unwrap()),
        ..Revision::default()
    };
    session.emulator.revise_meeting(&booked.id, day("2027-03-03"), &moved).unwrap();
    session.emulator.delete_meeting(&booked.id, day("2027-03-05"), false).unwrap();
    assert_eq!(
        starts(&session.truth(1)),
        [
            "2027-03-01T08:00:00Z",
            "2027-03-02T08:00:00Z",
            "2027-03-03T15:00:00Z",
            "2027-03-04T08:00:00Z",
        ]
    );
}

#[tokio::test]
async fn case_c22_the_end_is_the_day_of_the_last_start_in_the_series_zone() {
    let daily = recurring("daily", json!({}), "2027-10-28", until("2027-10-31"));
    let times = ("2027-10-28T23:30", "2027-10-28T23:45");
    assert_eq!(
        expanded(times, "Europe/London", daily).await,
        [
            "2027-10-28T22:30:00Z",
            "2027-10-29T22:30:00Z",
            "2027-10-30T22:30:00Z",
            "2027-10-31T23:30:00Z",
        ]
    );
}

#[tokio::test]
async fn cases_c23_and_c24_a_moved_occurrence_keeps_its_id_and_leaves_its_day() {
    let session = start(1).await;
    let tuesdays =
        recurring("weekly", json!({"daysOfWeek": ["tuesday"]}), "2027-05-04", numbered(3));
    let times = ("2027-05-04T09:00", "2027-05-04T10:00");
    let booked = session.emulator.book(&series(&session, times, "UTC", tuesdays)).unwrap();
    let id = session.truth(1)[0].id.clone();
    let to = |day: &str| Revision {
        start: Some(format!("{day}T09:00").parse().unwrap()),
        end: Some(format!("{day}T10:00").parse().unwrap()),
        ..Revision::default()
    };
    let day = |day: &str| Some(day.parse().unwrap());
    // Not past its neighbour, while that is there.
    session.emulator.revise_meeting(&booked.id, day("2027-05-04"), &to("2027-05-11")).unwrap_err();
    session.emulator.delete_meeting(&booked.id, day("2027-05-11"), false).unwrap();
    session.emulator.revise_meeting(&booked.id, day("2027-05-04"), &to("2027-05-11")).unwrap();
    // The last one leaves the range of the series.
    session.emulator.revise_meeting(&booked.id, day("2027-05-18"), &to("2027-05-20")).unwrap();
    let truth = session.truth(1);
    assert_eq!(starts(&truth), ["2027-05-11T09:00:00Z", "2027-05-20T09:00:00Z"]);
    assert_eq!(truth[0].id, id);
    assert_eq!(truth[0].kind, "exception");
}

#[tokio::test]
async fn case_c28_this_and_following_is_a_series_of_its_own() {
    let session = start(1).await;
    let tuesdays =
        recurring("weekly", json!({"daysOfWeek": ["tuesday"]}), "2027-05-04", until("2027-05-25"));
    let times = ("2027-05-04T18:00", "2027-05-04T19:00");
    let booked = session.emulator.book(&series(&session, times, "UTC", tuesdays)).unwrap();
    let later = Revision {
        start: Some("2027-05-18T18:30".parse().unwrap()),
        end: Some("2027-05-18T19:30".parse().unwrap()),
        ..Revision::default()
    };
    let from = "2027-05-18".parse().unwrap();
    let following = session.emulator.split_series(&booked.id, from, &later).unwrap();
    assert_ne!(following.ical_uid, booked.ical_uid);
    let truth = session.truth(1);
    assert_eq!(
        starts(&truth),
        [
            "2027-05-04T18:00:00Z",
            "2027-05-11T18:00:00Z",
            "2027-05-18T18:30:00Z",
            "2027-05-25T18:30:00Z",
        ]
    );
    assert_eq!(truth[1].meeting, booked.id);
    assert_eq!(truth[2].meeting, following.id);
}

#[tokio::test]
async fn an_endless_series_is_in_every_window() {
    let session = start(1).await;
    let daily = recurring("daily", json!({}), "1999-03-01", json!({"type": "noEnd"}));
    let times = ("1999-03-01T08:00", "1999-03-01T08:30");
    let booking = Booking { force: true, ..series(&session, times, "UTC", daily) };
    session.emulator.book(&booking).unwrap();
    // 2026, 2027 and 2028.
    assert_eq!(session.truth(1).len(), 365 + 365 + 366);
}

#[tokio::test]
async fn a_pattern_without_its_members_is_refused() {
    let session = start(1).await;
    for (kind, pattern) in [
        ("weekly", json!({})),
        ("absoluteMonthly", json!({})),
        ("relativeYearly", json!({"daysOfWeek": ["monday"]})),
        ("daily", json!({"interval": 0})),
    ] {
        let wrong = recurring(kind, pattern, "2027-05-04", numbered(3));
        let times = ("2027-05-04T18:00", "2027-05-04T19:00");
        session.emulator.book(&series(&session, times, "UTC", wrong)).unwrap_err();
    }
    assert_eq!(session.truth(1), []);
}
