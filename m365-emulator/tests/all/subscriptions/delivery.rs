//! How notifications are delivered, and lifecycle notifications.

use m365_emulator::{
    Booking, ForgedNotification, LifecycleEvent, NotificationStep, Notifications, Response,
};
use reqwest::Method;
use serde_json::json;

use super::{SECRET, SOON, behave, book, each, request, subscribe, wish};
use crate::outlook::{Calendar, room, start};
use crate::receiver::Receiver;
use crate::session::{members, payload};

#[tokio::test]
async fn notifications_are_sent_again_until_they_are_taken() {
    let session = start(1).await;
    let mut receiver = Receiver::start().await;
    behave(&session, |notifications| notifications.retry_milliseconds = 1);
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
    let secret = format!("subscriptions/{id}/secret");
    let secret = session.admin(Method::GET, &secret, None).await.expect(200);
    assert_eq!(secret, json!({"clientState": SECRET}));
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
