//! What notifications say of changes.

use m365_emulator::{Booking, Revision};
use serde_json::json;

use super::{SECRET, ask, book, each, subscribe, wish, with};
use crate::outlook::{Calendar, recurring, room, start};
use crate::receiver::Receiver;
use crate::session::{members, payload, properties, send};

#[tokio::test]
async fn a_new_meeting_is_reported_as_created_and_as_updated() {
    let session = start(2).await;
    let mut receiver = Receiver::start().await;
    let id = subscribe(&session, &wish(&receiver, 1)).await;
    let booked = book(&session);
    // As it arrives, and after the room has answered.
    let notifications = receiver.collect(3).await;
    assert_eq!(each(&notifications, "changeType"), ["created", "updated", "updated"]);
    let first = &notifications[0];
    assert_eq!(members(first), members(&payload("notification-outlook-basic")["value"][0]));
    let data = &payload("notification-outlook-basic")["value"][0]["resourceData"];
    assert_eq!(members(&first["resourceData"]), members(data));
    assert_eq!(first["subscriptionId"], id.as_str());
    assert_eq!(first["clientState"], SECRET);
    assert_eq!(first["tenantId"], session.emulator.tenant_id());
    let event = booked.rooms[0].event.clone().unwrap();
    assert_eq!(first["resourceData"]["id"], event.as_str());
    let users = session.emulator.users();
    let mailbox = users.iter().find(|user| user["mail"] == room(1).as_str()).unwrap();
    let path = format!("Users/{}/Events/{event}", mailbox["id"].as_str().unwrap());
    assert_eq!(first["resource"], path.as_str(), "the id of the user, not the address");

    session.emulator.cancel_meeting(&booked.id, None, false).unwrap();
    assert_eq!(each(&receiver.collect(1).await, "changeType"), ["updated"]);
    session.emulator.delete_copy(&room(1), &booked.id, None, false).unwrap();
    let deleted = receiver.collect(1).await;
    assert_eq!(each(&deleted, "changeType"), ["deleted"]);
    assert!(deleted[0]["resourceData"].get("@odata.etag").is_none());
    assert!(receiver.is_empty());
}

#[tokio::test]
async fn case_c60_a_change_of_one_occurrence_is_reported_with_the_id_of_the_master() {
    let session = start(1).await;
    let mut receiver = Receiver::start().await;
    subscribe(&session, &wish(&receiver, 1)).await;
    let range = json!({"type": "numbered", "numberOfOccurrences": 5});
    let weekly = json!({"daysOfWeek": ["tuesday"]});
    let booking = Booking {
        recurrence: Some(recurring("weekly", weekly, "2027-05-11", range)),
        ..session.booking("2027-05-11T09:00", "2027-05-11T10:00")
    };
    let booked = session.emulator.book(&booking).unwrap();
    receiver.collect(3).await;
    let day = "2027-05-18".parse().unwrap();
    session.emulator.delete_meeting(&booked.id, Some(day), false).unwrap();
    let notifications = receiver.collect(1).await;
    assert_eq!(each(&notifications, "changeType"), ["updated"]);
    let master = booked.rooms[0].event.clone().unwrap();
    assert_eq!(notifications[0]["resourceData"]["id"], master.as_str());
}

#[tokio::test]
async fn case_c64_without_the_header_notifications_have_ids_of_the_default_form() {
    let session = start(1).await;
    let mut receiver = Receiver::start().await;
    session.post("/subscriptions", &wish(&receiver, 1)).await.expect(201);
    let booked = book(&session);
    let notifications = receiver.collect(3).await;
    let id = notifications[0]["resourceData"]["id"].as_str().unwrap();
    let event = &session.truth(1)[0];
    assert_ne!(id, booked.rooms[0].event.clone().unwrap());
    assert_eq!(id, event.default_id);
}

#[tokio::test]
async fn case_c63_a_meeting_that_changes_rooms_is_reported_in_both() {
    let session = start(2).await;
    let mut receiver = Receiver::start().await;
    let (first, second) = (
        subscribe(&session, &wish(&receiver, 1)).await,
        subscribe(&session, &wish(&receiver, 2)).await,
    );
    let booked = book(&session);
    receiver.collect(3).await;
    let swap = Revision { rooms: Some(vec![room(2)]), ..Revision::default() };
    session.emulator.revise_meeting(&booked.id, None, &swap).unwrap();
    let notifications = receiver.collect(4).await;
    let kinds = |id: &str| {
        let of_it = notifications.iter().filter(|item| item["subscriptionId"] == id);
        each(&of_it.cloned().collect::<Vec<_>>(), "changeType")
    };
    assert_eq!(kinds(&first), ["updated"], "cancelled, and still in the calendar");
    assert_eq!(kinds(&second), ["created", "updated", "updated"]);
}

#[tokio::test]
async fn a_change_through_graph_is_reported_and_one_that_delta_does_not_report_is_not() {
    let session = start(1).await;
    let mut receiver = Receiver::start().await;
    subscribe(&session, &wish(&receiver, 1)).await;
    let unreported =
        Booking { unreported: true, ..session.booking("2027-05-12T09:00", "2027-05-12T10:00") };
    session.emulator.book(&unreported).unwrap();
    let time = |at: &str| json!({"dateTime": at, "timeZone": "UTC"});
    let event = json!({
        "subject": "Walk-up",
        "start": time("2027-05-11T09:00:00"),
        "end": time("2027-05-11T10:00:00"),
    });
    let path = format!("/users/{}/events", room(1));
    let made = session.post(&path, &event).await.expect(201);
    assert_eq!(each(&receiver.collect(2).await, "changeType"), ["created", "updated"]);
    let path = format!("{path}/{}", made["id"].as_str().unwrap());
    let deleted = session.http.delete(session.url(&path)).bearer_auth(session.bearer());
    assert_eq!(send(deleted).await.status, 204);
    assert_eq!(each(&receiver.collect(1).await, "changeType"), ["deleted"]);
    assert!(receiver.is_empty());
}

#[tokio::test]
async fn only_the_kinds_that_were_asked_for_are_sent() {
    let session = start(1).await;
    let mut receiver = Receiver::start().await;
    let wish = with(wish(&receiver, 1), "changeType", "deleted");
    let made = ask(&session, &wish).await.expect(201);
    assert_eq!(made["changeType"], "deleted");
    let booked = book(&session);
    session.emulator.delete_meeting(&booked.id, None, false).unwrap();
    assert_eq!(each(&receiver.next().await, "changeType"), ["deleted"]);
}

#[tokio::test]
async fn changes_of_users_and_groups_are_reported() {
    let session = start(1).await;
    let mut receiver = Receiver::start().await;
    let any = wish(&receiver, 1);
    let about = |resource: &str| {
        let wish = with(any.clone(), "resource", resource);
        with(wish, "changeType", "updated,deleted")
    };
    let users = subscribe(&session, &about("/users")).await;
    let groups = subscribe(&session, &about("Groups")).await;
    let user = session.emulator.create_user(properties(json!({}))).unwrap();
    session.emulator.patch_user(&user, properties(json!({"jobTitle": "Engineer"}))).unwrap();
    session.emulator.delete_user(&user).unwrap();
    session.emulator.delete_user_permanently(&user).unwrap();
    let notifications = receiver.collect(4).await;
    assert_eq!(each(&notifications, "changeType"), ["updated", "updated", "updated", "deleted"]);
    assert!(each(&notifications, "subscriptionId").iter().all(|id| *id == users));
    assert_eq!(notifications[0]["resource"], format!("Users/{user}"));
    assert_eq!(notifications[0]["resourceData"]["@odata.type"], "#Microsoft.Graph.User");

    let member = session.emulator.users()[0]["id"].as_str().unwrap().to_owned();
    let group = session.emulator.create_group(properties(json!({}))).unwrap();
    session.emulator.add_members(&group, &[member]).unwrap();
    session.emulator.delete_group(&group).unwrap();
    let notifications = receiver.collect(3).await;
    assert!(each(&notifications, "subscriptionId").iter().all(|id| *id == groups));
    assert_eq!(notifications[2]["changeType"], "deleted", "a security group has no recycle bin");
    // Graph has no other word for a new user.
    let created = with(about("users"), "changeType", "created");
    ask(&session, &created).await.refused(400, "InvalidRequest");
}
