//! `getSchedule`, and Exchange's limit of requests to one mailbox at a time.

use m365_emulator::{Booking, ShowAs};
use reqwest::Method;
use serde_json::{Value, json};

use crate::outlook::{Calendar, room, start};
use crate::session::{Session, members, payload};

async fn schedule(session: &Session, schedules: Value, hours: (&str, &str)) -> Value {
    let time = |at: &str| json!({"dateTime": at, "timeZone": "Eastern Standard Time"});
    let body = json!({
        "schedules": schedules,
        "startTime": time(hours.0),
        "endTime": time(hours.1),
        "availabilityViewInterval": 60,
    });
    let path = format!("/users/{}/calendar/getSchedule", room(1));
    session.post(&path, &body).await.json()
}

#[tokio::test]
async fn cases_c12_and_c59_a_schedule_has_utc_and_items_that_the_digits_hide() {
    let session = start(2).await;
    let elsewhere = Booking {
        show_as: ShowAs::WorkingElsewhere,
        ..session.booking("2027-07-05T08:00", "2027-07-05T09:00")
    };
    session.emulator.book(&elsewhere).unwrap();
    session.emulator.book(&session.booking("2027-07-05T10:00", "2027-07-05T11:00")).unwrap();
    // 04:00 in New York is 08:00 in UTC.
    let hours = ("2027-07-05T04:00:00", "2027-07-05T08:00:00");
    let answer = schedule(&session, json!([room(1), "x@contoso.com"]), hours).await;
    let value = &answer["value"];
    let sample = payload("calendar-getschedule");
    assert_eq!(members(&value[0]), members(&sample["value"][0]));
    assert_eq!(
        members(&value[0]["scheduleItems"][0]),
        members(&sample["value"][0]["scheduleItems"][0])
    );
    assert_eq!(value[0]["availabilityView"], "0020");
    let items = value[0]["scheduleItems"].as_array().unwrap();
    let shown: Vec<_> =
        items.iter().map(|item| (item["status"].as_str(), item["start"].clone())).collect();
    let utc = |time: &str| json!({"dateTime": time, "timeZone": "UTC"});
    assert_eq!(
        shown,
        [
            (Some("workingElsewhere"), utc("2027-07-05T08:00:00.0000000")),
            (Some("busy"), utc("2027-07-05T10:00:00.0000000")),
        ]
    );
    assert_eq!(value[1]["error"]["responseCode"], "ErrorMailRecipientNotFound");
    assert!(value[1]["scheduleItems"].is_null());
}

#[tokio::test]
async fn a_schedule_is_limited() {
    let session = start(1).await;
    let week = ("2027-07-05T04:00:00", "2027-07-12T04:00:00");
    let many: Vec<String> = vec![room(1); 101];
    let refused = schedule(&session, json!(many), week).await;
    assert_eq!(refused["error"]["code"], "ErrorMailboxDataArrayTooBig");
    let sample = payload("error-400-schedule-too-many");
    assert_eq!(refused["error"]["message"], sample["error"]["message"]);
    let long = ("2027-07-05T04:00:00", "2027-09-12T04:00:00");
    let refused = schedule(&session, json!([room(1)]), long).await;
    assert_eq!(refused["error"]["code"], "ErrorTimeIntervalTooBig");
}

fn view(number: usize) -> String {
    format!("/users/{}/calendarView?startDateTime=2027-05-01&endDateTime=2027-06-01", room(number))
}

#[tokio::test]
async fn five_requests_to_one_mailbox_at_a_time_are_one_too_many() {
    let session = start(2).await;
    // Held until the faults are removed, so that all of them are on their way.
    let hold = json!({"match": {"path": room(1)}, "times": 4, "then": {"hold": {}}});
    session.admin(Method::POST, "faults", Some(hold)).await;
    let path = view(1);
    let (held, others) =
        tokio::join!(futures_util::future::join_all((0..4).map(|_| session.get(&path))), async {
            // One request for the token, and the four.
            while session.emulator.requests().len() < 5 {
                tokio::task::yield_now().await;
            }
            let fifth = session.get(&view(1)).await.expect(429);
            let other_room = session.get(&view(2)).await.status;
            session.admin(Method::DELETE, "faults", None).await;
            (fifth, other_room)
        });
    assert!(held.iter().all(|answer| answer.status == 200));
    assert_eq!(others, (payload("error-429-mailboxconcurrency"), 200));
    session.get(&view(1)).await.expect(200);
}

#[tokio::test]
async fn a_batch_has_four_requests_to_one_mailbox_unless_they_wait_for_each_other() {
    let session = start(3).await;
    let step = |id: usize, room: usize, after: Option<usize>| {
        let after: Vec<String> = after.iter().map(ToString::to_string).collect();
        json!({"id": id.to_string(), "method": "GET", "url": view(room), "dependsOn": after})
    };
    let statuses = |batch: Value| -> Vec<u64> {
        let mut answers = batch["responses"].as_array().unwrap().clone();
        let id = |answer: &Value| answer["id"].as_str().unwrap().parse::<usize>().unwrap();
        answers.sort_by_key(id);
        answers.iter().map(|answer| answer["status"].as_u64().unwrap()).collect()
    };
    let mut steps: Vec<Value> = (0..6).map(|id| step(id, 1, None)).collect();
    steps.push(step(6, 2, None));
    let batch = session.post("/$batch", &json!({"requests": steps})).await.expect(200);
    assert_eq!(statuses(batch), [200, 200, 200, 200, 429, 429, 200]);
    let chain: Vec<Value> = (0..6).map(|id: usize| step(id, 1, id.checked_sub(1))).collect();
    let batch = session.post("/$batch", &json!({"requests": chain})).await.expect(200);
    assert_eq!(statuses(batch), [200; 6]);
}

#[tokio::test]
async fn a_calendar_needs_the_permission() {
    let mut session = start(1).await;
    session.emulator.revoke("Calendars.ReadWrite").unwrap();
    session.sign_in().await;
    session.get(&view(1)).await.refused(403, "ErrorAccessDenied");
    let delta = view(1).replace("calendarView", "calendarView/delta");
    session.get(&delta).await.refused(403, "ErrorAccessDenied");
    session.get(&format!("/users/{}/events", room(1))).await.refused(403, "ErrorAccessDenied");
}
