//! `/users/{id}/calendarView`.

use serde_json::json;

use crate::session::{Session, members, payload, properties};

const WEEK: &str = "startDateTime=2025-03-03T00:00:00Z&endDateTime=2025-03-10T00:00:00Z";

#[tokio::test]
async fn a_room_is_found_by_address_or_id_and_has_meetings() {
    let session = Session::with_users(20).await;
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
    assert!(
        events.iter().all(|event| event["subject"] == event["organizer"]["emailAddress"]["name"])
    );
    let (all, _) = session
        .all(&format!("/users/{email}/calendarView?{WEEK}&$top=2&$select=subject,start"))
        .await;
    let times: Vec<_> =
        all.iter().map(|event| event["start"]["dateTime"].as_str().unwrap()).collect();
    assert!(times.is_sorted());
    assert_eq!(members(&all[0]), ["@odata.etag", "id", "start", "subject"]);
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
    let sunday = "startDateTime=2025-03-09T00:00:00&endDateTime=2025-03-09T23:00:00";
    assert_eq!(session.get(&format!("{path}?{sunday}")).await.expect(200)["value"], json!([]));
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
