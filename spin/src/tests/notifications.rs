//! Subscriptions and notifications.

use http::{Request, StatusCode};
use http_body_util::Full;
use ones_records::{Subscription, WatchSubject};
use serde_json::{Value, json};

use super::fake::{Fake, assert_problem, text, value};
use crate::{outcome, problem::Problem, request::MAX_NOTIFICATION};

/// Returns a front end with the secret of notifications.
fn configured() -> Fake {
    let fake = Fake::configured();
    fake.set("notification_secret", "k3fJx0Qm81");
    fake
}

/// Sends a request as the vendor does: with any type, and without `Origin`.
fn notify(fake: &Fake, query: &str, body: impl Into<String>) -> crate::answer::Answer {
    let request = Request::post(format!("http://127.0.0.1:3000/notifications{query}"))
        .header("content-type", "text/plain; charset=utf-8");
    fake.ask(request.body(Full::from(body.into())).unwrap())
}

#[test]
fn case_c49_a_handshake_is_answered_with_the_decoded_text_as_plain_text() {
    let fake = configured();
    let query = "?validationToken=Validation%3A%20Testing%20100%2525%20%3Cbr%2F%3E";
    let answer = notify(&fake, query, "");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert_eq!(text(answer), "Validation: Testing 100%25 <br/>");
}

#[test]
fn a_notification_is_accepted_and_its_hints_are_returned() {
    let fake = configured();
    let answer = notify(&fake, "", r#"{"value": []}"#);
    assert_eq!(answer.status(), 202);
    assert_eq!(value(answer), json!({"hints": [{"subscription": "s", "hint": "changed"}]}));
    let received = json!({"notification": ["k3fJx0Qm81", [], r#"{"value": []}"#]});
    assert_eq!(fake.received(), [received]);
    fake.state.fails.set(true);
    assert_problem(notify(&fake, "", "{}"), 409, "changed");
}

#[test]
fn a_notification_that_is_too_large_does_not_reach_the_plugin() {
    let fake = configured();
    let large = " ".repeat(MAX_NOTIFICATION + 1);
    assert_problem(notify(&fake, "", large), 413, "body-too-large");
    assert!(fake.received().is_empty());
}

#[test]
fn without_a_secret_nothing_is_accepted_and_nothing_is_watched() {
    let fake = Fake::configured();
    let problem = assert_problem(notify(&fake, "", "{}"), 400, "secret-missing");
    assert!(problem["detail"].as_str().unwrap().contains("NOTIFICATION_SECRET"), "{problem}");
    assert_problem(fake.post("/watch", r#"{"subjects": []}"#), 400, "secret-missing");
    assert!(fake.received().is_empty());
}

#[test]
fn notifications_are_sent_to_this_front_end_unless_the_client_names_another_address() {
    let fake = configured();
    let subjects = json!([{"subject": {"room": "r1"}, "email": "r1@contoso.com"},
        {"subject": "users", "email": null}]);
    let held = json!([{"id": "s", "subject": "groups", "renewed": 1, "expires": 2}]);
    let watch = |more: Value| {
        let mut body = json!({"subjects": subjects});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        assert_eq!(value(fake.post("/watch", &body.to_string())), json!({"done": true}));
        fake.received().remove(0)["watch"].clone()
    };
    let own = "http://127.0.0.1:3000/notifications";
    assert_eq!(watch(json!({})), json!([subjects, own, "k3fJx0Qm81", [], false]));
    fake.set("public_url", "https://front.example/");
    let public = "https://front.example/notifications";
    assert_eq!(watch(json!({}))[1], public);
    let other = json!({"address": "https://ones.example/n", "secret": "s", "held": held,
        "sweep": true});
    assert_eq!(watch(other), json!([subjects, "https://ones.example/n", "s", held, true]));
}

#[test]
fn subscriptions_are_ended() {
    let fake = configured();
    let held = json!([{"id": "s", "subject": {"room": "r1"}, "renewed": 1, "expires": 2}]);
    let answer = fake.post("/unwatch", &json!({"held": held}).to_string());
    assert_eq!(value(answer), json!({"ended": true}));
    assert_eq!(fake.received(), [json!({"unwatch": held})]);
}

#[test]
fn the_result_of_each_subject_is_its_subscription_or_a_problem() {
    let subscription =
        Subscription { id: "s".to_owned(), subject: WatchSubject::Users, renewed: 1, expires: 2 };
    let problem = Problem::new(StatusCode::FORBIDDEN, "denied", "No permission");
    let shown = outcome::watched([
        (WatchSubject::Users, Ok(subscription), true),
        (WatchSubject::Room("r1".to_owned()), Err(problem.clone()), false),
    ]);
    let expected = json!({"subjects": [
        {
            "subject": "users",
            "subscription": {"id": "s", "subject": "users", "renewed": 1, "expires": 2},
            "isNew": true,
        },
        {"subject": {"room": "r1"}, "failed": problem.to_json()},
    ]});
    assert_eq!(shown, expected);
}
