//! How subscriptions are made, listed, renewed and ended.

use m365_emulator::Access;
use reqwest::Method;
use serde_json::json;

use super::{SECRET, ask, behave, book, each, request, subscribe, wish, with};
use crate::outlook::{room, start};
use crate::receiver::{Handshake, Receiver};
use crate::session::{members, payload};

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
    let unknown = with(wish(&receiver, 1), "resource", "users/none@contoso.com/events");
    let message = ask(&session, &unknown).await.refused(404, "ExtensionError");
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
