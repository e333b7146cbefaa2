//! `/users/{id}/calendarView`, `/events` and `/instances`.

use m365_emulator::{Booking, Config, Revision};
use serde_json::{Value, json};

use crate::outlook::{Calendar, NOW, recurring, room, start};
use crate::session::{Session, members, payload, properties};

const WEEK: &str = "startDateTime=2027-01-11T00:00:00Z&endDateTime=2027-01-18T00:00:00Z";

async fn generated() -> Session {
    let now = Some(NOW.parse().unwrap());
    Session::start(Config { users: 20, rooms: 3, now, ..Config::default() }).await
}

#[tokio::test]
async fn a_room_is_found_by_address_or_id_and_has_meetings() {
    let session = generated().await;
    let room = &session.emulator.rooms()[0];
    let email = room["emailAddress"].as_str().unwrap();
    let user = session.get(&format!("/users/{email}?$select=id")).await.expect(200);
    let id = user["id"].as_str().unwrap();
    let by_email = session.get(&format!("/users/{email}/calendarView?{WEEK}")).await.expect(200);
    let by_id = session.get(&format!("/users/{id}/calendarView?{WEEK}")).await.expect(200);
    assert_eq!(by_email, by_id);
    let events = by_id["value"].as_array().unwrap();
    assert!(!events.is_empty());
    // The subject of a room's meeting is replaced by the name of the organizer.
    for event in events.iter().filter(|event| event["isCancelled"] == false) {
        let is_own = event["isOrganizer"] == true;
        let organizer = &event["organizer"]["emailAddress"]["name"];
        assert!(is_own || event["subject"] == *organizer, "{event}");
    }
    let (all, _) = session
        .all(&format!("/users/{email}/calendarView?{WEEK}&$top=2&$select=subject,start"))
        .await;
    let times: Vec<_> =
        all.iter().map(|event| event["start"]["dateTime"].as_str().unwrap()).collect();
    assert!(times.is_sorted());
    assert_eq!(members(&all[0]), ["@odata.etag", "id", "start", "subject"]);
}

#[tokio::test]
async fn a_list_has_ten_events_without_top_whatever_size_of_a_page_is_preferred() {
    let session = start(1).await;
    let path = format!("/users/{}/events", session.employee());
    let time = |day: u32| json!({"dateTime": format!("2027-05-{day:02}T09:00"), "timeZone": "UTC"});
    let daily = json!({
        "subject": "Standup", "start": time(1),
        "end": {"dateTime": "2027-05-01T10:00", "timeZone": "UTC"},
        "recurrence": {
            "pattern": {"type": "daily", "interval": 1},
            "range": {"type": "numbered", "startDate": "2027-05-01", "numberOfOccurrences": 30},
        },
    });
    let made = session.post(&path, &daily).await.expect(201);
    let window = "startDateTime=2027-05-01&endDateTime=2027-06-01";
    let instances = format!("{path}/{}/instances?{window}", made["id"].as_str().unwrap());
    let view = format!("/users/{}/calendarView?{window}", session.employee());
    for list in [instances, view] {
        for (top, count) in [("", 10), ("&$top=20", 20), ("&$top=1000", 30)] {
            let prefer = [("Prefer", "odata.maxpagesize=25")];
            let page = session.get_with(&format!("{list}{top}"), &prefer).await.expect(200);
            assert_eq!(page["value"].as_array().map(Vec::len), Some(count), "{list}{top}");
            assert_eq!(page["@odata.nextLink"].is_string(), count < 30);
        }
        session.get(&format!("{list}&$top=1001")).await.refused(400, "Request_UnsupportedQuery");
        assert_eq!(session.all(&format!("{list}&$top=20")).await.0.len(), 30);
    }
}

#[tokio::test]
async fn the_time_window_is_required_and_respected() {
    let session = Session::with_users(5).await;
    let email = session.emulator.rooms()[0]["emailAddress"].as_str().unwrap().to_owned();
    let path = format!("/users/{email}/calendarView");
    session.get(&path).await.refused(400, "ErrorInvalidParameter");
    session
        .get(&format!("{path}?startDateTime=2025-03-03&endDateTime=soon"))
        .await
        .refused(400, "ErrorInvalidParameter");
    let past = "startDateTime=1999-03-08T00:00:00&endDateTime=1999-03-09T23:00:00";
    assert_eq!(session.get(&format!("{path}?{past}")).await.expect(200)["value"], json!([]));
    let decades = "startDateTime=2000-01-01T00:00:00Z&endDateTime=2025-01-01T00:00:00Z";
    session.get(&format!("{path}?{decades}")).await.refused(400, "ErrorInvalidParameter");
}

#[tokio::test]
async fn a_mailbox_that_is_not_served_says_so() {
    let session = Session::with_users(5).await;
    let room = session.emulator.rooms()[0]["emailAddress"].as_str().unwrap().to_owned();
    session
        .emulator
        .patch_room(&room, properties(json!({"@emulator.restMailbox": false})))
        .unwrap();
    let answer = session.get(&format!("/users/{room}/calendarView?{WEEK}")).await.expect(404);
    let sample = payload("error-404-mailbox-not-enabled");
    assert_eq!(answer["error"]["code"], sample["error"]["code"]);
    assert_eq!(members(&answer["error"]), members(&sample["error"]));

    let without_mailbox = json!({"userPrincipalName": "n@contoso.com"});
    session.emulator.create_user(properties(without_mailbox)).unwrap();
    session
        .get(&format!("/users/n@contoso.com/calendarView?{WEEK}"))
        .await
        .refused(404, "MailboxNotEnabledForRESTAPI");
    session
        .get(&format!("/users/x@contoso.com/calendarView?{WEEK}"))
        .await
        .refused(404, "ErrorInvalidUser");
}

#[tokio::test]
async fn an_event_has_the_members_of_microsofts_samples() {
    let session = start(3).await;
    let series = recurring(
        "weekly",
        json!({"daysOfWeek": ["monday"]}),
        "2027-01-11",
        json!({
            "type": "endDate", "endDate": "2027-02-08",
        }),
    );
    let booking = Booking {
        subject: "Lunch".to_owned(),
        body: "Late <morning>".to_owned(),
        time_zone: Some("Pacific Standard Time".to_owned()),
        recurrence: Some(series),
        ..session.booking("2027-01-11T12:00", "2027-01-11T14:00")
    };
    let booked = session.emulator.book(&booking).unwrap();
    let organizer = &booking.organizer;
    let path = format!("/users/{organizer}/events/{}", booked.event);
    let zone = [("Prefer", "outlook.timezone=\"Pacific Standard Time\", IdType=\"ImmutableId\"")];
    let answer = session.get_with(&path, &zone).await;
    assert!(answer.header("preference-applied").contains("outlook.timezone"));
    let event = answer.expect(200);
    let sample = payload("event-created-series");
    assert_eq!(members(&event), members(&sample));
    assert_eq!(
        event["start"],
        json!({
            "dateTime": "2027-01-11T12:00:00.0000000", "timeZone": "Pacific Standard Time",
        })
    );
    let mut recurrence = sample["recurrence"].clone();
    recurrence["range"]["startDate"] = "2027-01-11".into();
    recurrence["range"]["endDate"] = "2027-02-08".into();
    assert_eq!(event["recurrence"], recurrence);
    assert!(event["body"]["content"].as_str().unwrap().contains("Late &lt;morning&gt;"));
    let as_text = [("Prefer", "outlook.body-content-type=\"text\"")];
    let event = session.get_with(&path, &as_text).await.expect(200);
    assert_eq!(event["body"], json!({"contentType": "text", "content": "Late <morning>"}));

    let instances = session
        .get(&format!("{path}/instances?startDateTime=2027-01-01&endDateTime=2027-02-01"))
        .await
        .expect(200);
    let starts: Vec<&str> = instances["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["start"]["dateTime"].as_str().unwrap())
        .collect();
    assert_eq!(
        starts,
        [
            "2027-01-11T20:00:00.0000000",
            "2027-01-18T20:00:00.0000000",
            "2027-01-25T20:00:00.0000000",
        ]
    );
}

#[tokio::test]
async fn an_event_that_is_gone_or_of_another_mailbox_is_not_found() {
    let session = start(3).await;
    let booking = session.booking("2027-01-11T12:00", "2027-01-11T14:00");
    let booked = session.emulator.book(&booking).unwrap();
    let of_room = booked.rooms[0].event.clone().unwrap();
    assert_ne!(of_room, booked.event);
    let gone = session.get(&format!("/users/{}/events/{of_room}", booking.organizer)).await;
    let sample = payload("error-404-erroritemnotfound");
    assert_eq!(gone.refused(404, "ErrorItemNotFound"), sample["error"]["message"]);
    session.get(&format!("/users/{}/events/{of_room}", room(1))).await.expect(200);
    session.emulator.delete_meeting(&booked.id, None, false).unwrap();
    let gone = session.get(&format!("/users/{}/events/{of_room}", room(1))).await;
    gone.refused(404, "ErrorItemNotFound");
    let no_id = session.get(&format!("/users/{}/events/AAMkxyz", room(1))).await;
    no_id.refused(404, "ErrorItemNotFound");
}

#[tokio::test]
async fn case_c64_an_id_without_the_header_is_another_one_also_inside_a_batch() {
    let session = start(3).await;
    let booked =
        session.emulator.book(&session.booking("2027-01-11T12:00", "2027-01-11T14:00")).unwrap();
    let immutable = booked.rooms[0].event.clone().unwrap();
    let view = format!("/users/{}/calendarView?{WEEK}&$select=id", room(1));
    let prefer = [("Prefer", "IdType=\"ImmutableId\"")];
    let with = session.get_with(&view, &prefer).await.expect(200);
    assert_eq!(with["value"][0]["id"], immutable);
    let without = session.get(&view).await.expect(200);
    assert_ne!(without["value"][0]["id"], immutable);

    let steps = json!({"requests": [
        {"id": "with", "method": "GET", "url": view,
            "headers": {"Prefer": "IdType=\"ImmutableId\""}},
        {"id": "without", "method": "GET", "url": view},
    ]});
    let batch = session.post("/$batch", &steps).await.expect(200);
    for answer in batch["responses"].as_array().unwrap() {
        let is_immutable = answer["body"]["value"][0]["id"] == immutable;
        assert_eq!(is_immutable, answer["id"] == "with", "{answer}");
    }
}

#[tokio::test]
async fn events_are_found_by_a_named_property_only_in_the_mailbox_that_has_it() {
    let session = start(3).await;
    let property = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name OnesBooking";
    let booking = Booking {
        extended_properties: [(property.to_owned(), "wish-1".to_owned())].into(),
        ..session.booking("2027-01-11T12:00", "2027-01-11T14:00")
    };
    let booked = session.emulator.book(&booking).unwrap();
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let filter: String = encode(&format!(
        "singleValueExtendedProperties/Any(ep: ep/id eq '{property}' and ep/value eq 'WISH-1')"
    ));
    let expand: String =
        encode(&format!("singleValueExtendedProperties($filter=id eq '{property}')"));
    let path = |mailbox: &str| format!("/users/{mailbox}/events?$filter={filter}&$expand={expand}");
    let own = session.get(&path(&booking.organizer)).await.expect(200);
    assert_eq!(own["value"][0]["iCalUId"], booked.ical_uid);
    assert_eq!(
        own["value"][0]["singleValueExtendedProperties"],
        json!([
            {"id": property, "value": "wish-1"},
        ])
    );
    let rooms = session.get(&path(&room(1))).await.expect(200);
    assert_eq!(rooms["value"], json!([]));
    // The room's copy is recognized by what all copies have in common.
    let filter: String = encode(&format!("iCalUId eq '{}'", booked.ical_uid));
    let path = format!("/users/{}/events?$filter={filter}", room(1));
    let rooms = session.get(&path).await.expect(200);
    assert_eq!(rooms["value"].as_array().unwrap().len(), 1);

    let view = format!("/users/{}/calendarView?{WEEK}&$filter={filter}", room(1));
    session.get(&view).await.refused(400, "ErrorInvalidUrlQueryFilter");
    let view = format!("/users/{}/calendarView?{WEEK}&$expand={expand}", room(1));
    session.get(&view).await.refused(500, "ErrorInternalServerError");
}

#[tokio::test]
async fn unknown_zones_paths_and_options_are_refused() {
    let session = start(3).await;
    let view = format!("/users/{}/calendarView?{WEEK}", room(1));
    let zone = [("Prefer", "outlook.timezone=\"GMT+6:30\"")];
    session.get_with(&view, &zone).await.refused(400, "TimeZoneNotSupportedException");
    session.get(&format!("{view}&$search=x")).await.refused(400, "Request_BadRequest");
    session.get(&format!("{view}&$select=uid")).await.refused(400, "BadRequest");
    session.get(&format!("/users/{}/calendar/groups", room(1))).await.refused(400, "BadRequest");
    let delta = format!("/users/{}/calendarView/delta?{WEEK}", room(1));
    session.get(&format!("{delta}&$filter=x")).await.refused(400, "ErrorInvalidUrlQuery");
    session
        .post(&format!("/users/{}/calendarView", room(1)), &json!({}))
        .await
        .refused(405, "Request_BadRequest");
}

#[tokio::test]
async fn a_lagging_replica_answers_with_the_calendar_of_earlier() {
    let session = start(3).await;
    let booked =
        session.emulator.book(&session.booking("2027-01-11T12:00", "2027-01-11T14:00")).unwrap();
    let lag = json!({"of": ["calendar"], "times": 1});
    session.admin(reqwest::Method::POST, "lags", Some(lag)).await;
    let change = Revision { show_as: Some(m365_emulator::ShowAs::Free), ..Revision::default() };
    session.emulator.revise_meeting(&booked.id, None, &change).unwrap();
    let view = format!("/users/{}/calendarView?{WEEK}&$select=showAs", room(1));
    let seen: Vec<Value> = [
        session.get(&view).await.expect(200)["value"][0]["showAs"].clone(),
        session.get(&view).await.expect(200)["value"][0]["showAs"].clone(),
    ]
    .into();
    assert_eq!(seen, ["busy", "free"]);
}
