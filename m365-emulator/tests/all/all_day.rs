//! Meetings of days instead of hours, and odd time zones.

use m365_emulator::{Booking, Response, Revision};
use serde_json::{Value, json};

use crate::outlook::{Calendar, recurring, room, start};
use crate::session::Session;

fn days(session: &Session, first: &str, until: &str, zone: &str) -> Booking {
    let (from, to) = (format!("{first}T00:00"), format!("{until}T00:00"));
    let time_zone = Some(zone.to_owned());
    Booking { all_day: true, time_zone, ..session.booking(&from, &to) }
}

async fn view(session: &Session, window: (&str, &str)) -> Vec<Value> {
    let (from, to) = window;
    let path =
        format!("/users/{}/calendarView?startDateTime={from}&endDateTime={to}&$top=50", room(1));
    session.get(&path).await.expect(200)["value"].as_array().unwrap().clone()
}

#[tokio::test]
async fn case_c13_days_are_midnights_of_utc_in_answers_and_taken_in_the_rooms_zone() {
    let session = start(1).await;
    let mut policy = session.emulator.policy(&room(1)).unwrap();
    policy.time_zone = Some("Asia/Hong_Kong".to_owned());
    session.emulator.set_policy(&room(1), &policy).unwrap();
    let day = days(&session, "2027-03-05", "2027-03-06", "AUS Eastern Standard Time");
    session.emulator.book(&day).unwrap();
    let events = view(&session, ("2027-03-04T00:00:00Z", "2027-03-08T00:00:00Z")).await;
    assert_eq!(events[0]["isAllDay"], true);
    let time =
        |day: &str| json!({"dateTime": format!("{day}T00:00:00.0000000"), "timeZone": "UTC"});
    assert_eq!(
        (&events[0]["start"], &events[0]["end"]),
        (&time("2027-03-05"), &time("2027-03-06"))
    );
    let truth = &session.truth(1)[0];
    assert_eq!((truth.start.as_str(), truth.end.as_str()), ("2027-03-05", "2027-03-06"));
    let hour = |start: &str, end: &str| {
        let time_zone = Some("China Standard Time".to_owned());
        let booking = Booking { time_zone, ..session.booking(start, end) };
        session.emulator.book(&booking).unwrap().rooms[0].response
    };
    assert_eq!(hour("2027-03-05T09:00", "2027-03-05T10:00"), Response::Declined);
    assert_eq!(hour("2027-03-06T00:30", "2027-03-06T01:00"), Response::Accepted);
}

#[tokio::test]
async fn case_c14_a_view_has_the_days_of_utc() {
    let session = start(1).await;
    for (first, until) in
        [("2027-01-31", "2027-02-01"), ("2027-02-08", "2027-02-09"), ("2027-02-09", "2027-02-10")]
    {
        let booking = days(&session, first, until, "Central Standard Time");
        session.emulator.book(&booking).unwrap();
    }
    let starts = |events: Vec<Value>| -> Vec<String> {
        let start = |event: &Value| event["start"]["dateTime"].as_str().unwrap()[..10].to_owned();
        events.iter().map(start).collect()
    };
    let narrow = view(&session, ("2027-02-01T00:00:00Z", "2027-02-09T00:00:00Z")).await;
    assert_eq!(starts(narrow), ["2027-02-08"]);
    let wide = view(&session, ("2027-01-31T00:00:00Z", "2027-02-10T00:00:00Z")).await;
    assert_eq!(starts(wide), ["2027-01-31", "2027-02-08", "2027-02-09"]);
}

#[tokio::test]
async fn case_c15_the_original_start_of_a_day_is_an_instant_and_its_zone_is_lost() {
    let session = start(1).await;
    let range = json!({"type": "numbered", "numberOfOccurrences": 3});
    let weekly = Booking {
        recurrence: Some(recurring(
            "weekly",
            json!({"daysOfWeek": ["friday"]}),
            "2027-05-28",
            range,
        )),
        ..days(&session, "2027-05-28", "2027-05-29", "Pacific Standard Time")
    };
    let booked = session.emulator.book(&weekly).unwrap();
    let saturday = Revision {
        start: Some("2027-06-05T00:00".parse().unwrap()),
        end: Some("2027-06-06T00:00".parse().unwrap()),
        ..Revision::default()
    };
    let date = Some("2027-06-04".parse().unwrap());
    session.emulator.revise_meeting(&booked.id, date, &saturday).unwrap();
    let events = view(&session, ("2027-06-01", "2027-06-08")).await;
    assert_eq!(events[0]["type"], "exception");
    assert_eq!(events[0]["originalStart"], "2027-06-04T07:00:00Z");
    assert_eq!(events[0]["start"]["dateTime"], "2027-06-05T00:00:00.0000000");
    let master = events[0]["seriesMasterId"].as_str().unwrap();
    let master = session.get(&format!("/users/{}/events/{master}", room(1))).await.expect(200);
    assert_eq!(master["recurrence"]["range"]["recurrenceTimeZone"], "");
    assert_eq!(master["originalStartTimeZone"], "Pacific Standard Time");
}

#[tokio::test]
async fn case_c16_a_night_and_a_day_of_hours_are_no_all_day_meeting() {
    let session = start(1).await;
    let time_zone = Some("Europe/Berlin".to_owned());
    let booking = Booking { time_zone, ..session.booking("2027-05-10T00:00", "2027-05-11T00:00") };
    session.emulator.book(&booking).unwrap();
    let truth = &session.truth(1)[0];
    assert!(!truth.all_day);
    assert_eq!(truth.start, "2027-05-09T22:00:00Z");
    assert_eq!(truth.end, "2027-05-10T22:00:00Z");
}

#[tokio::test]
async fn case_c10_zones_that_outlook_made_itself() {
    let session = start(1).await;
    let custom = "tzone://Microsoft/Custom";
    let daily = Booking {
        time_zone: Some("Europe/Berlin".to_owned()),
        shown_time_zone: Some(custom.to_owned()),
        // The policy would cut a series without an end.
        force: true,
        recurrence: Some(recurring("daily", json!({}), "2027-06-08", json!({"type": "noEnd"}))),
        ..session.booking("2027-06-08T09:30", "2027-06-08T10:00")
    };
    let booked = session.emulator.book(&daily).unwrap();
    let utc = Booking {
        time_zone: Some("tzone://Microsoft/Utc".to_owned()),
        ..session.booking("2027-06-08T12:00", "2027-06-08T13:00")
    };
    session.emulator.book(&utc).unwrap();
    let events = view(&session, ("2027-06-08", "2027-06-09")).await;
    assert_eq!(events[0]["start"]["dateTime"], "2027-06-08T07:30:00.0000000");
    assert_eq!(events[0]["originalStartTimeZone"], custom);
    assert_eq!(events[1]["originalStartTimeZone"], "tzone://Microsoft/Utc");
    let master = booked.rooms[0].event.clone().unwrap();
    let master = session.get(&format!("/users/{}/events/{master}", room(1))).await.expect(200);
    assert_eq!(
        master["recurrence"]["range"],
        json!({
            "type": "noEnd",
            "startDate": "2027-06-08",
            "endDate": "0001-01-01",
            "numberOfOccurrences": 0,
            "recurrenceTimeZone": "Customized Time Zone",
        })
    );
}

#[tokio::test]
async fn case_c41_occurrences_have_an_icaluid_of_their_own_or_that_of_the_series() {
    let session = start(2).await;
    let range = json!({"type": "numbered", "numberOfOccurrences": 3});
    let weekly = Booking {
        rooms: vec![room(1), room(2)],
        recurrence: Some(recurring(
            "weekly",
            json!({"daysOfWeek": ["monday"]}),
            "2027-05-10",
            range,
        )),
        ..session.booking("2027-05-10T09:00", "2027-05-10T10:00")
    };
    session.emulator.book(&weekly).unwrap();
    let uids = |number: usize| -> Vec<String> {
        session.truth(number).into_iter().map(|event| event.ical_uid).collect()
    };
    let own = uids(1);
    assert_eq!(own, uids(2));
    assert!(own[0] != own[1] && own[1] != own[2]);
    session.emulator.update_settings(|settings| settings.ical_uid_per_occurrence = false);
    assert!(uids(1).iter().all(|uid| *uid == uids(2)[0]));
}
