//! Events that are made, changed and ended through Graph.

use m365_emulator::Response;
use reqwest::Method;
use serde_json::{Value, json};

use crate::outlook::{Calendar, room, start, starts};
use crate::session::{Answer, Session, fixture, members, payload, send};

/// Sends a request with a body to Graph, and with `If-Match` if there is one.
async fn write(
    session: &Session,
    method: Method,
    path: &str,
    body: &Value,
    etag: Option<&str>,
) -> Answer {
    let mut request = session.http.request(method, session.url(path)).bearer_auth(session.bearer());
    if let Some(etag) = etag {
        request = request.header("If-Match", etag);
    }
    send(request.json(body)).await
}

fn event(start: &str, end: &str) -> Value {
    let time = |at: &str| json!({"dateTime": at, "timeZone": "W. Europe Standard Time"});
    json!({
        "subject": "Review",
        "body": {"contentType": "text", "content": "Agenda"},
        "start": time(start),
        "end": time(end),
        "attendees": [{"type": "resource", "emailAddress": {"address": room(1)}}],
        "transactionId": "7E163156-7762-4BEB-A1C6-729EA81755A7",
    })
}

#[tokio::test]
async fn an_event_is_made_in_the_organizers_calendar_and_the_room_answers() {
    let session = start(2).await;
    let path = format!("/users/{}/events", session.employee());
    let new = event("2027-05-11T09:00:00", "2027-05-11T10:00:00");
    let made = session.post(&path, &new).await.expect(201);
    assert_eq!(made["transactionId"], new["transactionId"]);
    assert_eq!(made["originalStartTimeZone"], "W. Europe Standard Time");
    assert_eq!(made["start"]["dateTime"], "2027-05-11T07:00:00.0000000");
    assert_eq!(made["isOrganizer"], true);
    assert_eq!(made["attendees"][0]["status"]["response"], "accepted");
    let copy = &session.truth(1)[0];
    assert_eq!(made["iCalUId"], copy.ical_uid.as_str());

    // The same transaction makes no second event.
    let again = session.post(&path, &new).await.expect(400);
    let sample = fixture("error-400-duplicate-transactionid");
    assert_eq!(members(&again["error"]), members(&sample["error"]));
    assert_eq!(again["error"]["message"], sample["error"]["message"]);
    assert_eq!(again["error"]["@event.existingEventId"], made["id"]);
    assert_eq!(session.truth(1).len(), 1);
}

#[tokio::test]
async fn an_event_in_two_rooms_names_both() {
    let session = start(2).await;
    let mut new = event("2027-05-11T09:00:00", "2027-05-11T10:00:00");
    let attendee = |room: String| json!({"type": "resource", "emailAddress": {"address": room}});
    new["attendees"] = json!([attendee(room(1)), attendee(room(2))]);
    new["locations"] = json!([{"displayName": "Room 1"}, {"displayName": "Room 2"}]);
    let path = format!("/users/{}/events", session.employee());
    let made = session.post(&path, &new).await.expect(201);
    assert_eq!(made["location"]["displayName"], "Room 1; Room 2");
    assert_eq!(made["locations"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_change_needs_the_current_etag_if_it_sends_one() {
    let session = start(2).await;
    let path = format!("/users/{}/events", session.employee());
    let new = event("2027-05-11T09:00:00", "2027-05-11T10:00:00");
    let made = session.post(&path, &new).await.expect(201);
    let path = format!("{path}/{}", made["id"].as_str().unwrap());
    let etag = made["@odata.etag"].as_str().unwrap();
    let later = event("2027-05-11T11:00:00", "2027-05-11T12:00:00");
    let times = json!({"start": later["start"], "end": later["end"]});
    let changed = write(&session, Method::PATCH, &path, &times, Some(etag)).await.expect(200);
    assert_ne!(changed["@odata.etag"], etag);
    assert_eq!(starts(&session.truth(1)), ["2027-05-11T09:00:00Z"]);
    let stale = write(&session, Method::PATCH, &path, &times, Some(etag)).await.expect(412);
    assert_eq!(stale, fixture("error-412-irresolvableconflict"));
    let unknown = write(&session, Method::PATCH, &path, &json!({"colour": "red"}), None).await;
    unknown.refused(400, "BadRequest");
    let zone = json!({"start": {"dateTime": "2027-05-11T11:00:00", "timeZone": "EST"}});
    let unknown = write(&session, Method::PATCH, &path, &zone, None).await;
    unknown.refused(400, "TimeZoneNotSupportedException");
}

#[tokio::test]
async fn a_meeting_can_become_online_and_stays_so() {
    let session = start(2).await;
    let path = format!("/users/{}/events", session.employee());
    let new = event("2027-05-11T09:00:00", "2027-05-11T10:00:00");
    let made = session.post(&path, &new).await.expect(201);
    let path = format!("{path}/{}", made["id"].as_str().unwrap());
    for (value, is_online) in [(false, false), (true, true), (false, true)] {
        let change = json!({"isOnlineMeeting": value});
        let changed = write(&session, Method::PATCH, &path, &change, None).await.expect(200);
        assert_eq!(changed["isOnlineMeeting"], is_online);
        assert_eq!(changed["onlineMeeting"]["joinUrl"].is_string(), is_online, "{changed}");
    }
}

#[tokio::test]
async fn a_change_or_a_deletion_of_the_rooms_copy_does_not_reach_the_organizer() {
    let session = start(2).await;
    let booked =
        session.emulator.book(&session.booking("2027-05-11T09:00", "2027-05-11T10:00")).unwrap();
    let path = format!("/users/{}/events/{}", room(1), booked.rooms[0].event.clone().unwrap());
    write(&session, Method::PATCH, &path, &json!({"showAs": "free"}), None).await.expect(200);
    let own = format!("/users/{}/events/{}", session.employee(), booked.event);
    assert_eq!(session.get(&own).await.expect(200)["showAs"], "busy");
    let cancel = session.post(&format!("{path}/cancel"), &json!({"comment": "off"})).await;
    let sample = fixture("error-400-cancel-not-organizer");
    assert_eq!(cancel.refused(400, "ErrorInvalidRequest"), sample["error"]["message"]);
    assert_eq!(write(&session, Method::DELETE, &path, &json!({}), None).await.status, 204);
    assert_eq!(session.truth(1), []);
    let answers = session.emulator.meeting(&booked.id).unwrap();
    assert_eq!(answers.rooms[0].response, Response::Accepted);
}

#[tokio::test]
async fn a_room_is_released_with_an_answer_to_the_organizer() {
    let session = start(2).await;
    let booked =
        session.emulator.book(&session.booking("2027-05-11T09:00", "2027-05-11T10:00")).unwrap();
    let path = format!("/users/{}/events/{}", room(1), booked.rooms[0].event.clone().unwrap());
    let decline = json!({"comment": "Nobody came", "sendResponse": true});
    assert_eq!(session.post(&format!("{path}/decline"), &decline).await.status, 202);
    assert_eq!(session.truth(1), []);
    let answers = session.emulator.meeting(&booked.id).unwrap();
    assert_eq!(answers.rooms[0].response, Response::Declined);
    let own = format!("/users/{}/events/{}/decline", session.employee(), booked.event);
    session.post(&own, &decline).await.refused(400, "ErrorInvalidRequest");
}

#[tokio::test]
async fn cancelling_a_series_or_one_of_its_occurrences_reaches_the_room() {
    let session = start(2).await;
    let path = format!("/users/{}/events", session.employee());
    let mut new = event("2027-05-11T09:00:00", "2027-05-11T10:00:00");
    new["recurrence"] = json!({
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "numbered", "startDate": "2027-05-11", "numberOfOccurrences": 3},
    });
    let made = session.post(&path, &new).await.expect(201);
    assert_eq!(made["type"], "seriesMaster");
    let master = format!("{path}/{}", made["id"].as_str().unwrap());
    let instances = format!("{master}/instances?startDateTime=2027-05-01&endDateTime=2027-06-01");
    let instances = session.get(&instances).await.expect(200);
    let second = instances["value"][1]["id"].as_str().unwrap();
    // Not to the day of its neighbour.
    let third = event("2027-05-13T09:00:00", "2027-05-13T10:00:00");
    let onto = json!({"start": third["start"], "end": third["end"]});
    let crossing = write(&session, Method::PATCH, &format!("{path}/{second}"), &onto, None).await;
    let sample = fixture("error-400-occurrencecrossingboundary");
    let code = sample["error"]["code"].as_str().unwrap();
    assert_eq!(crossing.refused(400, code), sample["error"]["message"]);
    let cancel = json!({"comment": "Not this time"});
    let answer = session.post(&format!("{path}/{second}/cancel"), &cancel).await;
    assert_eq!((answer.status, answer.text.as_str()), (202, ""));
    let cancelled = |session: &Session| -> Vec<bool> {
        session.truth(1).into_iter().map(|event| event.cancelled).collect()
    };
    assert_eq!(cancelled(&session), [false, true, false]);
    assert_eq!(session.post(&format!("{master}/cancel"), &cancel).await.status, 202);
    assert_eq!(cancelled(&session), [true; 3]);
    session.get(&master).await.refused(404, "ErrorItemNotFound");
}

#[tokio::test]
async fn case_c35_a_location_alone_takes_no_room() {
    let session = start(2).await;
    let path = format!("/users/{}/events", session.employee());
    let mut new = event("2027-05-11T09:00:00", "2027-05-11T10:00:00");
    new["attendees"] = json!([]);
    new["location"] = json!({"displayName": "Aquarium", "locationEmailAddress": room(1)});
    let made = session.post(&path, &new).await.expect(201);
    assert_eq!(made["location"]["displayName"], "Aquarium");
    assert_eq!(session.truth(1), []);
}

#[tokio::test]
async fn writing_needs_the_permission_to_write() {
    let mut session = start(2).await;
    session.emulator.revoke("Calendars.ReadWrite").unwrap();
    session.emulator.grant("Calendars.Read").unwrap();
    session.sign_in().await;
    let path = format!("/users/{}/events", session.employee());
    session.get(&path).await.expect(200);
    let new = event("2027-05-11T09:00:00", "2027-05-11T10:00:00");
    let sample = payload("error-403-erroraccessdenied");
    let code = sample["error"]["code"].as_str().unwrap();
    session.post(&path, &new).await.refused(403, code);
}
