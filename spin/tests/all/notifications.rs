//! Subscriptions and notifications, with the emulated tenant as the sender.

use std::{
    thread,
    time::{Duration, Instant},
};

use m365_emulator::{Booking, ForgedNotification};
use serde_json::{Value, json};

use crate::front::{Front, Setting};

const SECRET: &str = "k3fJx0Qm81";

/// Returns a tenant with two rooms, for a front end with the secret of notifications.
fn setting() -> Setting {
    Setting::with(20, 2).variable("notification_secret", Some(SECRET))
}

/// Watches the rooms, users and groups. Notifications are sent to the front end.
fn watch(front: &Front, more: &Value) -> Vec<Value> {
    let room =
        |room: &Value| json!({"subject": {"room": room["id"]}, "email": room["emailAddress"]});
    let mut subjects: Vec<_> = front.rooms().iter().map(room).collect();
    subjects.extend([json!({"subject": "users"}), json!({"subject": "groups"})]);
    let mut body = json!({"subjects": subjects, "address": front.url_of("/notifications")});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let answer = front.post("/watch", &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["subjects"].as_array().unwrap().clone()
}

fn subscriptions(watched: &[Value]) -> Vec<Value> {
    watched.iter().map(|result| result["subscription"].clone()).collect()
}

/// Waits until this number of requests to the front end were answered, and returns their statuses.
fn statuses(front: &Front, count: usize) -> Vec<Option<u16>> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let deliveries = front.notification_deliveries();
        if deliveries.len() >= count {
            return deliveries.into_iter().map(|delivery| delivery.status).collect();
        }
        assert!(Instant::now() < deadline, "no notification is answered");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn changes_of_rooms_and_users_reach_the_front_end_until_they_are_no_longer_watched() {
    setting().run(|front| {
        let watched = watch(front, &json!({}));
        assert_eq!(watched.len(), 4);
        assert!(watched.iter().all(|result| result["isNew"] == true), "{watched:?}");
        let held = subscriptions(&watched);
        // Nothing has to be renewed yet.
        let again = watch(front, &json!({"held": held, "sweep": true}));
        assert!(again.iter().all(|result| result["isNew"] == false), "{again:?}");
        assert_eq!(front.subscriptions().len(), 4);

        let room = front.rooms()[0]["emailAddress"].as_str().unwrap().to_owned();
        let walk_up = Booking {
            organizer: room,
            start: "2030-05-11T09:00:00".parse().unwrap(),
            end: "2030-05-11T10:00:00".parse().unwrap(),
            ..Booking::default()
        };
        front.book(&walk_up).unwrap();
        front.create_user(serde_json::Map::new()).unwrap();
        assert!(statuses(front, 1).iter().all(|status| *status == Some(202)));

        let answer = front.post("/unwatch", &json!({"held": held}));
        assert_eq!(answer.json(), json!({"ended": true}));
        assert_eq!(front.subscriptions(), []);
    });
}

#[test]
fn a_notification_is_answered_with_the_subscriptions_that_it_names() {
    setting().run(|front| {
        let item = |id: &str| {
            json!({"subscriptionId": id, "clientState": SECRET, "tenantId": front.tenant_id()})
        };
        let mut missed = item("b");
        missed["lifecycleEvent"] = "missed".into();
        let body = json!({"value": [item("a"), missed, item("a")]}).to_string();
        let answer = front.post_as("/notifications", "application/json", "", &body);
        assert_eq!(answer.status, 202);
        let hints = json!([
            {"subscription": "a", "hint": "changed"}, {"subscription": "b", "hint": "missed"},
        ]);
        assert_eq!(answer.json(), json!({"hints": hints}));
    });
}

#[test]
fn case_c49_the_test_of_the_address_is_answered_with_the_decoded_text() {
    setting().run(|front| {
        let path =
            "/notifications?validationToken=Validation%3A%20Testing%20100%2525%20%3Cbr%2F%3E";
        let answer = front.post_as(path, "text/plain; charset=utf-8", "", "");
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, "text/plain; charset=utf-8")
        );
        assert_eq!(answer.text, "Validation: Testing 100%25 <br/>");
    });
}

#[test]
fn case_c51_a_forged_notification_is_refused() {
    setting().run(|front| {
        let watched = watch(front, &json!({}));
        let subscription = watched[0]["subscription"]["id"].as_str().unwrap().to_owned();
        for client_state in [None, Some("guess".to_owned())] {
            front
                .forge_notification(&ForgedNotification {
                    subscription: Some(subscription.clone()),
                    client_state,
                    ..ForgedNotification::default()
                })
                .unwrap();
        }
        assert!(statuses(front, 1).iter().all(|status| *status == Some(400)));
        let damaged = front.post_as("/notifications", "application/json", "", "{\"value\": [");
        damaged.problem(400, "unreadable-notification");
    });
}

#[test]
fn an_address_that_does_not_answer_is_a_problem_of_each_subject() {
    setting().run(|front| {
        let watched = watch(front, &json!({"address": "http://127.0.0.1:1/notifications"}));
        for result in watched {
            assert_eq!(result["failed"]["code"], "address-not-confirmed", "{result}");
            assert!(result["failed"]["remedy"].as_str().unwrap().contains("internet"), "{result}");
        }
        let body = json!({"subjects": [], "address": "http://ones.example/", "sweep": true});
        front.post("/watch", &body).problem(501, "unusable-address");
    });
}
