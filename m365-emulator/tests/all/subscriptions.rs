//! Subscriptions to notifications of changes: how they are made, renewed and ended, and what they
//! send.

use m365_emulator::{
    Access, Booking, ForgedNotification, LifecycleEvent, NotificationStep, Notifications, Response,
    Revision,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::outlook::{Calendar, recurring, room, start};
use crate::receiver::{Handshake, Receiver};
use crate::session::{Answer, Session, members, payload, properties, send};

const SECRET: &str = "k3fJx0Qm81";

/// A time within a week of [`crate::outlook::NOW`].
const SOON: &str = "2027-01-10T00:00:00Z";

/// Returns a subscription to the events of a room.
fn wish(receiver: &Receiver, number: usize) -> Value {
    json!({
        "changeType": "created,updated,deleted",
        "resource": format!("users/{}/events", room(number)),
        "notificationUrl": receiver.url,
        "lifecycleNotificationUrl": receiver.url,
        "expirationDateTime": SOON,
        "clientState": SECRET,
    })
}

fn with(mut wish: Value, member: &str, value: impl Into<Value>) -> Value {
    wish[member] = value.into();
    wish
}

/// Asks for a subscription whose notifications have immutable ids.
async fn ask(session: &Session, wish: &Value) -> Answer {
    let request = session.http.post(session.url("/subscriptions")).bearer_auth(session.bearer());
    send(request.header("Prefer", "IdType=\"ImmutableId\"").json(wish)).await
}

/// Makes a subscription, and returns its id.
async fn subscribe(session: &Session, wish: &Value) -> String {
    ask(session, wish).await.expect(201)["id"].as_str().unwrap().to_owned()
}

async fn request(session: &Session, method: Method, id: &str, body: &Value) -> Answer {
    let url = session.url(&format!("/subscriptions/{id}"));
    send(session.http.request(method, url).bearer_auth(session.bearer()).json(body)).await
}

fn book(session: &Session) -> m365_emulator::BookedMeeting {
    let booking = session.booking("2027-05-11T09:00", "2027-05-11T10:00");
    session.emulator.book(&booking).unwrap()
}

/// Returns a member of each notification.
fn each(notifications: &[Value], member: &str) -> Vec<String> {
    let text = |item: &Value| item[member].as_str().unwrap_or_default().to_owned();
    notifications.iter().map(text).collect()
}

/// Changes how notifications are sent.
fn behave(session: &Session, change: impl FnOnce(&mut Notifications)) {
    session.emulator.update_settings(|settings| change(&mut settings.notifications));
}

#[tokio::test]
async fn both_addresses_are_tested_before_a_subscription_is_made() {
    let session = start(1).await;
    let receiver = Receiver::start().await;
    let made = ask(&session, &wish(&receiver, 1)).await;
    assert_eq!(made.header("preference-applied"), "IdType=\"ImmutableId\"");
    let made = made.expect(201);
    assert_eq!(members(&made), members(&payload("subscription-created-nulls")));
    assert_eq!(made["expirationDateTime"], "2027-01-10T00:00:00.0000000Z");
    assert_eq!(made["clientState"], SECRET);
    assert_eq!(receiver.tested().len(), 2);
    let lists_it = session.emulator.subscriptions();
    assert_eq!(lists_it[0].id, made["id"]);
}

#[tokio::test]
async fn case_c49_an_address_must_repeat_the_decoded_text_as_plain_text() {
    let session = start(1).await;
    let receiver = Receiver::start().await;
    let wish = wish(&receiver, 1);
    for handshake in [
        Handshake::RepeatsAsHtml,
        Handshake::RepeatsUndecoded,
        Handshake::RepeatsWith202,
        Handshake::Refuses,
    ] {
        receiver.answer_tests(handshake);
        ask(&session, &wish).await.refused(400, "ValidationError");
    }
    receiver.answer_tests(Handshake::Waits);
    behave(&session, |notifications| notifications.handshake_milliseconds = 50);
    let message = ask(&session, &wish).await.refused(400, "ValidationError");
    let sample = payload("error-400-subscription-validation-timeout");
    assert_eq!(message, sample["error"]["message"]);
    assert!(receiver.tested().iter().all(|text| text.ends_with(" 100%25 <br/>")));
    assert_eq!(session.emulator.subscriptions(), []);
    let nowhere = with(wish, "notificationUrl", "http://127.0.0.1:1/");
    ask(&session, &nowhere).await.refused(400, "ValidationError");
}

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

#[tokio::test]
async fn a_subscription_is_listed_without_its_secret() {
    let session = start(3).await;
    let receiver = Receiver::start().await;
    behave(&session, |notifications| notifications.subscriptions_per_page = 2);
    let mut made = Vec::new();
    for number in 1..=3 {
        made.push(subscribe(&session, &wish(&receiver, number)).await);
    }
    let (listed, pages) = session.all("/subscriptions").await;
    assert_eq!(pages, 2);
    assert_eq!(each(&listed, "id"), made);
    assert!(listed.iter().all(|subscription| subscription["clientState"].is_null()));
    let sample = payload("subscription-list");
    for member in members(&sample["value"][0]) {
        assert!(listed[0].get(member).is_some(), "{member}");
    }
    let one = session.get(&format!("/subscriptions/{}", made[0])).await.expect(200);
    assert!(one["clientState"].is_null());
    session.get("/subscriptions/none").await.refused(404, "ResourceNotFound");
}

#[tokio::test]
async fn a_subscription_lives_by_the_clock_of_the_calendars() {
    let session = start(1).await;
    let mut receiver = Receiver::start().await;
    let id = subscribe(&session, &wish(&receiver, 1)).await;
    let expire = |time: &str| json!({"expirationDateTime": time});
    // Microsoft documents 10,080 minutes, and refuses more than 10,070.
    let far = request(&session, Method::PATCH, &id, &expire("2027-01-11T00:00:00Z")).await;
    let message = far.refused(400, "ExtensionError");
    assert!(message.contains("can only be 10070 minutes in the future"), "{message}");
    let past = request(&session, Method::PATCH, &id, &expire("2027-01-03T00:00:00Z")).await;
    past.refused(400, "InvalidRequest");

    session.emulator.set_now(Some("2027-01-09T00:00:00Z".parse().unwrap()));
    let later = expire("2027-01-15T05:30:00.0000000+05:30");
    let renewed = request(&session, Method::PATCH, &id, &later).await.expect(200);
    assert_eq!(renewed["expirationDateTime"], "2027-01-15T00:00:00.0000000Z");
    session.emulator.set_now(Some("2027-01-14T23:59:59Z".parse().unwrap()));
    book(&session);
    receiver.collect(3).await;

    session.emulator.set_now(Some("2027-01-15T00:00:00Z".parse().unwrap()));
    assert_eq!(session.emulator.subscriptions(), []);
    let gone = request(&session, Method::PATCH, &id, &expire("2027-01-16T00:00:00Z")).await;
    gone.refused(404, "ResourceNotFound");
    let users = with(wish(&receiver, 1), "resource", "users");
    let users = with(users, "changeType", "updated,deleted");
    let month = with(users.clone(), "expirationDateTime", "2027-02-12T23:00:00Z");
    ask(&session, &month).await.expect(201);
    let more = with(users, "expirationDateTime", "2027-02-14T00:00:00Z");
    ask(&session, &more).await.refused(400, "ExtensionError");
}

#[tokio::test]
async fn a_subscription_that_is_deleted_sends_nothing_more() {
    let session = start(1).await;
    let mut receiver = Receiver::start().await;
    let id = subscribe(&session, &wish(&receiver, 1)).await;
    let other = subscribe(&session, &wish(&receiver, 1)).await;
    assert_eq!(request(&session, Method::DELETE, &id, &json!({})).await.status, 204);
    request(&session, Method::DELETE, &id, &json!({})).await.refused(404, "ResourceNotFound");
    book(&session);
    let notifications = receiver.collect(3).await;
    assert!(each(&notifications, "subscriptionId").iter().all(|id| *id == other));
}

#[tokio::test]
async fn what_microsoft_does_not_take_is_refused() {
    let session = start(1).await;
    let receiver = Receiver::start().await;
    let wish = || wish(&receiver, 1);
    for (member, value, code) in [
        ("clientState", json!("a".repeat(129)), "InvalidRequest"),
        ("changeType", json!("renamed"), "InvalidRequest"),
        ("notificationUrl", json!("http://ones.example/"), "InvalidRequest"),
        ("lifecycleNotificationUrl", json!("notifications"), "InvalidRequest"),
        ("resource", json!("users/x/messages"), "InvalidRequest"),
        ("resource", json!("me/events"), "InvalidRequest"),
        ("expirationDateTime", json!("tomorrow"), "BadRequest"),
        ("colour", json!("red"), "BadRequest"),
        ("includeResourceData", json!(true), "BadRequest"),
        ("resource", json!(null), "BadRequest"),
    ] {
        ask(&session, &with(wish(), member, value)).await.refused(400, code);
    }
    let path = format!("users/{}/events/more", room(1));
    ask(&session, &with(wish(), "resource", path)).await.refused(400, "InvalidRequest");
    for path in [format!("Users('{}')/Events", room(1)), format!("/users/{}/events", room(1))] {
        ask(&session, &with(wish(), "resource", path)).await.expect(201);
    }
    assert_eq!(session.emulator.subscriptions().len(), 2);
}

#[tokio::test]
async fn a_mailbox_or_a_collection_without_permission_cannot_be_watched() {
    let mut session = start(1).await;
    let receiver = Receiver::start().await;
    let mut policy = session.emulator.policy(&room(1)).unwrap();
    policy.access = Access::Raop;
    session.emulator.set_policy(&room(1), &policy).unwrap();
    let message = ask(&session, &wish(&receiver, 1)).await.refused(403, "ExtensionError");
    assert!(message.contains("[Status Code: Forbidden; Reason: Access to OData"), "{message}");
    let nobody = with(wish(&receiver, 1), "resource", "users/none@contoso.com/events");
    let message = ask(&session, &nobody).await.refused(404, "ExtensionError");
    assert!(message.contains("[Status Code: NotFound;"), "{message}");
    for permission in ["Calendars.ReadWrite", "User.Read.All", "Group.Read.All"] {
        session.emulator.revoke(permission).unwrap();
    }
    session.sign_in().await;
    for resource in ["users", "groups"] {
        let wish = with(wish(&receiver, 1), "resource", resource);
        let wish = with(wish, "changeType", "updated");
        ask(&session, &wish).await.refused(403, "Authorization_RequestDenied");
    }
    ask(&session, &wish(&receiver, 1)).await.refused(403, "ExtensionError");
    session.set_bearer("none");
    ask(&session, &wish(&receiver, 1)).await.refused(401, "InvalidAuthenticationToken");
}

#[tokio::test]
async fn a_mailbox_has_at_most_a_thousand_subscriptions() {
    let session = start(2).await;
    let receiver = Receiver::start().await;
    let mut wish = wish(&receiver, 1);
    wish.as_object_mut().unwrap().remove("lifecycleNotificationUrl");
    for _ in 0..1000 {
        ask(&session, &wish).await.expect(201);
    }
    ask(&session, &wish).await.refused(403, "ExtensionError");
    let other = with(wish, "resource", format!("users/{}/events", room(2)));
    ask(&session, &other).await.expect(201);
}

#[tokio::test]
async fn notifications_are_sent_again_until_they_are_taken() {
    let session = start(1).await;
    let mut receiver = Receiver::start().await;
    behave(&session, |notifications| {
        notifications.retry_milliseconds = 1;
        notifications.answer_milliseconds = 100;
    });
    subscribe(&session, &wish(&receiver, 1)).await;
    receiver.answer([Some(500), None, Some(302), Some(200)]);
    book(&session);
    let mut arrived = Vec::new();
    for _ in 0..4 {
        arrived.push(receiver.next().await);
    }
    assert!(arrived.iter().all(|notifications| notifications == &arrived[0]));
    // The answer to the last one can still be on its way.
    while session.emulator.notification_deliveries().len() < 4 {
        tokio::task::yield_now().await;
    }
    let deliveries = session.emulator.notification_deliveries();
    let statuses: Vec<_> = deliveries.iter().map(|delivery| delivery.status).collect();
    assert_eq!(statuses, [Some(500), None, Some(302), Some(200)]);
    assert!(receiver.is_empty() && session.emulator.waiting_notifications().is_empty());
}

#[tokio::test]
async fn notifications_that_are_held_come_together_and_graph_answers_meanwhile() {
    let session = start(2).await;
    let mut receiver = Receiver::start().await;
    for number in 1..=2 {
        subscribe(&session, &wish(&receiver, number)).await;
    }
    session.emulator.hold_notifications(true);
    let both = Booking {
        rooms: vec![room(1), room(2)],
        ..session.booking("2027-05-11T09:00", "2027-05-11T10:00")
    };
    session.emulator.book(&both).unwrap();
    assert_eq!(session.emulator.waiting_notifications().len(), 6);
    session.get(&format!("/users/{}/events", room(1))).await.expect(200);
    assert!(receiver.is_empty());
    session.emulator.hold_notifications(false);
    assert_eq!(receiver.next().await.len(), 6, "several subscriptions in one request");
}

#[tokio::test]
async fn waiting_notifications_are_delivered_lost_doubled_and_reversed() {
    let session = start(2).await;
    let mut receiver = Receiver::start().await;
    let first = subscribe(&session, &wish(&receiver, 1)).await;
    let second = subscribe(&session, &wish(&receiver, 2)).await;
    let emulator = &session.emulator;
    emulator.hold_notifications(true);
    let both = Booking {
        rooms: vec![room(1), room(2)],
        ..session.booking("2027-05-11T09:00", "2027-05-11T10:00")
    };
    emulator.book(&both).unwrap();
    let kinds = |emulator: &m365_emulator::Emulator| -> Vec<String> {
        emulator.waiting_notifications().into_iter().map(|brief| brief.kind).collect()
    };
    assert_eq!(emulator.step_notifications(NotificationStep::Lose, Some(&second), None), 3);
    assert_eq!(kinds(emulator), ["created", "updated", "updated"]);
    emulator.step_notifications(NotificationStep::Reverse, None, None);
    assert_eq!(kinds(emulator), ["updated", "updated", "created"]);
    emulator.step_notifications(NotificationStep::Duplicate, Some(&first), Some(1));
    assert_eq!(emulator.step_notifications(NotificationStep::Deliver, None, Some(3)), 3);
    assert_eq!(each(&receiver.next().await, "changeType"), ["updated"; 3]);
    assert_eq!(kinds(emulator), ["created"]);
}

#[tokio::test]
async fn notifications_can_be_lost_doubled_and_late_all_the_time() {
    let session = start(1).await;
    let mut receiver = Receiver::start().await;
    subscribe(&session, &wish(&receiver, 1)).await;
    behave(&session, |notifications| notifications.lost_percent = 100);
    let booked = book(&session);
    assert_eq!(session.emulator.waiting_notifications(), []);
    behave(&session, |notifications| {
        *notifications = Notifications {
            doubled_percent: 100,
            delay_milliseconds: 20,
            shuffled: true,
            per_request: 1,
            ..Notifications::default()
        };
    });
    session.emulator.delete_copy(&room(1), &booked.id, None, false).unwrap();
    let twice = [receiver.next().await, receiver.next().await];
    assert_eq!(twice[0].len(), 1);
    assert_eq!(twice[0], twice[1]);
}

#[tokio::test]
async fn lifecycle_notifications_have_the_members_of_microsofts_samples() {
    let session = start(1).await;
    let mut receiver = Receiver::start().await;
    let id = subscribe(&session, &wish(&receiver, 1)).await;
    for (event, sample) in [
        (LifecycleEvent::Missed, "notification-lifecycle-missed"),
        (LifecycleEvent::ReauthorizationRequired, "notification-lifecycle-reauthorization"),
    ] {
        session.emulator.send_lifecycle(&id, event).unwrap();
        let notifications = receiver.next().await;
        assert_eq!(notifications[0]["lifecycleEvent"], event.name());
        assert_eq!(notifications[0]["clientState"], SECRET);
        assert_eq!(members(&notifications[0]), members(&payload(sample)["value"][0]));
    }
    session.emulator.remove_subscription(&id, true).unwrap();
    let removed = receiver.next().await;
    assert_eq!(removed[0]["lifecycleEvent"], "subscriptionRemoved");
    assert_eq!(session.emulator.subscriptions(), []);
    assert!(session.emulator.send_lifecycle(&id, LifecycleEvent::Missed).is_err());
}

#[tokio::test]
async fn changes_are_lost_until_a_subscription_is_authorized_again() {
    let session = start(1).await;
    let mut receiver = Receiver::start().await;
    let id = subscribe(&session, &wish(&receiver, 1)).await;
    let booked = book(&session);
    receiver.collect(3).await;
    let answer = |response| {
        session.emulator.answer_meeting(&room(1), &booked.id, response, None, false).unwrap();
    };
    for renewal in [true, false] {
        session.emulator.send_lifecycle(&id, LifecycleEvent::ReauthorizationRequired).unwrap();
        receiver.next().await;
        answer(Response::TentativelyAccepted);
        assert_eq!(session.emulator.waiting_notifications(), []);
        if renewal {
            let later = json!({"expirationDateTime": SOON});
            request(&session, Method::PATCH, &id, &later).await.expect(200);
        } else {
            let path = format!("/subscriptions/{id}/reauthorize");
            assert_eq!(session.post(&path, &json!({})).await.status, 204);
        }
        answer(Response::Accepted);
        assert_eq!(each(&receiver.collect(1).await, "changeType"), ["updated"]);
    }
}

#[tokio::test]
async fn forged_notifications_are_sent_to_the_address_of_a_subscription() {
    let session = start(1).await;
    let mut receiver = Receiver::start().await;
    let id = subscribe(&session, &wish(&receiver, 1)).await;
    let forged = ForgedNotification {
        subscription: Some(id.clone()),
        client_state: Some("guess".to_owned()),
        ..ForgedNotification::default()
    };
    session.emulator.forge_notification(&forged).unwrap();
    let arrived = receiver.next().await;
    assert_eq!(
        (&arrived[0]["subscriptionId"], &arrived[0]["clientState"]),
        (&json!(id), &json!("guess"))
    );
    let any = ForgedNotification {
        url: Some(receiver.url.clone()),
        item: Some(json!({"odd": true})),
        ..ForgedNotification::default()
    };
    session.emulator.forge_notification(&any).unwrap();
    assert_eq!(receiver.next().await, [json!({"odd": true})]);
    assert!(session.emulator.forge_notification(&ForgedNotification::default()).is_err());
}

#[tokio::test]
async fn the_admin_api_has_the_same_functions() {
    let session = start(1).await;
    let mut receiver = Receiver::start().await;
    let id = subscribe(&session, &wish(&receiver, 1)).await;
    let listed = session.admin(Method::GET, "subscriptions", None).await.expect(200);
    assert_eq!(listed["value"][0]["id"], id.as_str());
    assert!(!listed.to_string().contains(SECRET));
    let hold = json!({"hold": true});
    assert_eq!(session.admin(Method::PUT, "notifications", Some(hold)).await.status, 204);
    book(&session);
    let waiting = session.admin(Method::GET, "notifications", None).await.expect(200);
    assert_eq!(
        each(waiting["value"].as_array().unwrap(), "kind"),
        ["created", "updated", "updated"]
    );
    for (step, count) in [("lose", 1), ("duplicate", 1), ("reverse", 3), ("deliver", 3)] {
        let step = json!({"step": step, "subscription": id, "count": count});
        let done = session.admin(Method::POST, "notifications", Some(step)).await.expect(200);
        assert_eq!(done["count"], count);
    }
    receiver.collect(3).await;
    let lifecycle = format!("subscriptions/{id}/lifecycle");
    let missed = json!({"event": "missed"});
    session.admin(Method::PUT, "notifications", Some(json!({"hold": false}))).await;
    assert_eq!(session.admin(Method::POST, &lifecycle, Some(missed)).await.status, 204);
    assert_eq!(receiver.next().await[0]["lifecycleEvent"], "missed");
    let forged = json!({"subscription": id, "clientState": "guess"});
    let sent = session.admin(Method::POST, "notifications/forged", Some(forged)).await;
    assert_eq!(sent.status, 204);
    assert_eq!(receiver.next().await[0]["clientState"], "guess");
    let deliveries = session.admin(Method::GET, "notifications/deliveries", None).await.expect(200);
    assert_eq!(deliveries["value"][0]["url"], receiver.url.as_str());
    assert!(!deliveries.to_string().contains(SECRET));
    session.admin(Method::DELETE, "notifications/deliveries", None).await;
    assert_eq!(session.emulator.notification_deliveries(), []);
    let end = format!("subscriptions/{id}?announce=false");
    assert_eq!(session.admin(Method::DELETE, &end, None).await.status, 204);
    session.admin(Method::DELETE, &end, None).await.expect(404);
    let settings = json!({"notifications": {"lostPercent": 50}});
    let settings = session.admin(Method::PATCH, "settings", Some(settings)).await.expect(200);
    assert_eq!(settings["notifications"]["lostPercent"], 50);
    assert_eq!(settings["notifications"]["perRequest"], 100);
}
