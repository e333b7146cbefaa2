//! Time zones and changes to and from daylight saving time: each occurrence's own time counts.

use serde_json::json;

use super::{bare, calendar::Calendar, event, master, on, room, store::Store, window, with};

/// Returns what a host shows of a series with these occurrences.
fn shown(zone: &str, made_in: &str, occurrences: &[(&str, &str)]) -> Vec<String> {
    let (start, end) = occurrences[0];
    let mut events = vec![master("m", start, end, made_in)];
    for (number, (start, end)) in occurrences.iter().enumerate() {
        events.push(bare(&format!("o{number}"), "m", start, end));
    }
    let mut store = Store::new(room(zone));
    store.sync(&Calendar::of(vec![events]).script(), &on(), window());
    store.shown()
}

#[test]
fn case_c01_each_occurrence_has_its_own_time_where_two_zones_change_on_different_days() {
    let occurrences = [
        ("2027-03-08T14:00:00Z", "2027-03-08T15:00:00Z"),
        ("2027-03-15T14:00:00Z", "2027-03-15T15:00:00Z"),
        ("2027-03-22T14:00:00Z", "2027-03-22T15:00:00Z"),
        ("2027-03-29T13:00:00Z", "2027-03-29T14:00:00Z"),
        ("2027-04-05T13:00:00Z", "2027-04-05T14:00:00Z"),
    ];
    assert_eq!(
        shown("America/New_York", "W. Europe Standard Time", &occurrences),
        [
            "03-08 14:00 to 15:00",
            "03-15 14:00 to 15:00",
            "03-22 14:00 to 15:00",
            "03-29 13:00 to 14:00",
            "04-05 13:00 to 14:00",
        ]
    );
}

#[test]
fn case_c02_summer_time_that_ends_in_the_south() {
    let india = [
        ("2027-03-31T07:00:00Z", "2027-03-31T08:00:00Z"),
        ("2027-04-07T07:00:00Z", "2027-04-07T08:00:00Z"),
    ];
    let own = [
        ("2027-03-31T07:00:00Z", "2027-03-31T08:00:00Z"),
        ("2027-04-07T08:00:00Z", "2027-04-07T09:00:00Z"),
    ];
    assert_eq!(
        shown("Australia/Melbourne", "India Standard Time", &india),
        ["03-31 07:00 to 08:00", "04-07 07:00 to 08:00"]
    );
    assert_eq!(
        shown("Australia/Melbourne", "AUS Eastern Standard Time", &own),
        ["03-31 07:00 to 08:00", "04-07 08:00 to 09:00"]
    );
}

#[test]
fn case_c07_a_night_over_the_change_has_its_own_length() {
    let nights = [
        ("2027-03-07T03:00:00Z", "2027-03-07T11:00:00Z"),
        ("2027-03-14T03:00:00Z", "2027-03-14T10:00:00Z"),
        ("2027-03-21T02:00:00Z", "2027-03-21T10:00:00Z"),
    ];
    assert_eq!(
        shown("America/New_York", "Eastern Standard Time", &nights),
        ["03-07 03:00 to 11:00", "03-14 03:00 to 10:00", "03-21 02:00 to 10:00"]
    );
}

#[test]
fn case_c08_weekdays_of_a_pattern_are_those_of_the_series() {
    let occurrences = [
        ("2027-05-31T23:00:00Z", "2027-06-01T00:00:00Z"),
        ("2027-06-03T23:00:00Z", "2027-06-04T00:00:00Z"),
    ];
    assert_eq!(
        shown("America/Phoenix", "China Standard Time", &occurrences),
        ["05-31 23:00 to 00:00", "06-03 23:00 to 00:00"]
    );
}

#[test]
fn case_c10_zones_that_have_no_name_affect_nothing() {
    let custom = with(
        event("a", "2027-06-08T07:30:00Z", "2027-06-08T08:00:00Z"),
        &[("originalStartTimeZone", json!("tzone://Microsoft/Custom"))],
    );
    let utc = with(
        event("b", "2027-06-08T09:00:00Z", "2027-06-08T09:30:00Z"),
        &[("originalStartTimeZone", json!("tzone://Microsoft/Utc"))],
    );
    let (start, end) = ("2027-06-09T09:00:00Z", "2027-06-09T10:00:00Z");
    let calendar = Calendar::of(vec![vec![
        custom,
        utc,
        master("m", start, end, "Customized Time Zone"),
        bare("o1", "m", start, end),
        bare("o2", "m", "2027-06-16T09:00:00Z", "2027-06-16T10:00:00Z"),
        bare("o3", "m", "2027-06-23T09:00:00Z", "2027-06-23T10:00:00Z"),
    ]]);
    let mut store = Store::new(room("Europe/Berlin"));
    let (_, _, result) = store.try_sync(&calendar.script(), &on(), window(), usize::MAX);
    assert_eq!(result.expect("a good run").unreadable, 0);
    assert_eq!(
        store.shown(),
        [
            "06-08 07:30 to 08:00",
            "06-08 09:00 to 09:30",
            "06-09 09:00 to 10:00",
            "06-16 09:00 to 10:00",
            "06-23 09:00 to 10:00",
        ]
    );
    let meeting = store.bookings["o1"].meeting.as_deref();
    assert_eq!(meeting, Some("ical-m/2027-06-09"), "the date in universal time");
}

#[test]
fn times_in_another_zone_than_the_one_that_was_asked_for_are_converted() {
    let start =
        json!({"dateTime": "2027-07-05T09:00:00.0000000", "timeZone": "W. Europe Standard Time"});
    let end = json!({"dateTime": "2027-07-05T10:00:00", "timeZone": "Europe/Berlin"});
    let told = with(
        event("a", "2027-06-30T07:00:00Z", "2027-06-30T08:00:00Z"),
        &[("start", start), ("end", end)],
    );
    let mut store = Store::new(room("Europe/Berlin"));
    store.sync(&Calendar::of(vec![vec![told]]).script(), &on(), window());
    assert_eq!(store.shown(), ["07-05 07:00 to 08:00"]);
}
