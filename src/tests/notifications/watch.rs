//! Subscriptions that are made and renewed.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    ADDRESS, Asked, DAY, LIST, Reply, SECRET, Script, body, graph, held, ids, now, ok, requests,
    rooms, wanted, watch,
};
use crate::{
    model::{WatchRequest, WatchSubject},
    tests::script::refused,
};

#[test]
fn a_room_users_and_groups_get_a_subscription_each() {
    let script = Script::new(graph);
    let mut subjects = rooms(["Room 1"]);
    for subject in [WatchSubject::Users, WatchSubject::Groups] {
        subjects.push(WatchRequest { subject, email: None });
    }
    let results = watch(&script, &wanted(subjects, Vec::new())).expect("a good call");
    assert!(results.iter().all(|result| result.is_new && result.subscription.is_ok()));
    let asked = script.asked.borrow();
    let made: Vec<_> = asked.iter().filter(|asked| asked.path == LIST).collect();
    let asked_for: Vec<_> = made
        .iter()
        .map(|asked| {
            let body = body(asked);
            (body["resource"].clone(), body["changeType"].clone())
        })
        .collect();
    let pair = |resource: &str, changes: &str| (json!(resource), json!(changes));
    assert_eq!(
        asked_for,
        [
            pair("users/Room%201@contoso.com/events", "created,updated,deleted"),
            pair("users", "updated,deleted"),
            pair("groups", "updated,deleted"),
        ]
    );
    for asked in made {
        let body = body(asked);
        assert_eq!(body["notificationUrl"], ADDRESS);
        assert_eq!(body["lifecycleNotificationUrl"], ADDRESS);
        assert_eq!(body["clientState"], SECRET);
    }
}

#[test]
fn case_c64_ids_in_notifications_are_asked_for_in_the_same_form_as_everywhere() {
    let script = Script::new(graph);
    watch(&script, &wanted(rooms(["a"]), Vec::new())).expect("a good call");
    let asked = script.asked.borrow();
    let made = asked.iter().find(|asked| asked.path == LIST).expect("a subscription");
    assert_eq!(made.header("prefer"), Some("IdType=\"ImmutableId\""));
}

#[test]
fn a_subscription_lasts_less_than_the_longest_time_and_not_all_end_together() {
    let script = Script::new(graph);
    let ids: [String; 40] = std::array::from_fn(|room| format!("room{room}"));
    let subjects = rooms(ids.each_ref().map(String::as_str));
    let mut subjects = wanted(subjects, Vec::new());
    subjects.subjects.push(WatchRequest { subject: WatchSubject::Users, email: None });
    let results = watch(&script, &subjects).expect("a good call");
    let mut lives = Vec::new();
    for result in results {
        let subscription = result.subscription.expect("a subscription");
        assert_eq!(subscription.renewed, now());
        let life = subscription.expires - subscription.renewed;
        let longest = match subscription.subject {
            WatchSubject::Room(_) => 10_080 * 60,
            WatchSubject::Users | WatchSubject::Groups => 41_760 * 60,
        };
        assert!((longest * 8 / 10..longest).contains(&life), "{life}");
        lives.push(life);
    }
    lives.sort_unstable();
    lives.dedup();
    assert!(lives.len() > 20, "{lives:?}");
}

#[test]
fn the_life_that_graph_answers_counts_in_any_form_of_time() {
    for (answer, expires) in [
        (json!("2027-01-19T13:00:00.9356913Z"), Some(1_800_363_600)),
        (json!("2027-01-19T18:30:00.0000000+05:30"), Some(1_800_363_600)),
        (json!(null), None),
        (json!("NA"), None),
    ] {
        let script = Script::new(|asked: &Asked| match asked.path.as_str() {
            LIST => ok(json!({"id": "s", "expirationDateTime": answer})),
            _ => graph(asked),
        });
        let results = watch(&script, &wanted(rooms(["a"]), Vec::new())).expect("a good call");
        let made = results[0].subscription.as_ref().expect("a subscription");
        match expires {
            Some(expires) => assert_eq!(made.expires, expires, "{answer}"),
            None => assert!(made.expires > now() + 5 * DAY, "what was asked for"),
        }
    }
}

#[test]
fn a_subscription_is_renewed_after_half_of_its_life_and_not_before() {
    let script = Script::new(graph);
    let subscriptions =
        vec![held("young", "a", -2, 4), held("old", "b", -3, 3), held("older", "c", -5, 1)];
    let wanted = wanted(rooms(["a", "b", "c"]), subscriptions.clone());
    let results = watch(&script, &wanted).expect("a good call");
    let expected = ["young", "old", "older"].map(|id| (id.to_owned(), false));
    assert_eq!(ids(&results, ["a", "b", "c"]), expected);
    assert_eq!(
        requests(&script),
        ["PATCH /v1.0/subscriptions/old", "PATCH /v1.0/subscriptions/older"]
    );
    for result in results {
        let subscription = result.subscription.expect("a subscription");
        match subscription.id.as_str() {
            "young" => assert_eq!(subscription, subscriptions[0]),
            _ => assert!(subscription.renewed == now() && subscription.expires > now() + 5 * DAY),
        }
    }
    let asked = script.asked.borrow();
    let patched = asked.iter().find(|asked| asked.path.ends_with("/old")).expect("a renewal");
    let members = body(patched).as_object().expect("an object").clone();
    assert_eq!(members.keys().collect::<Vec<_>>(), ["expirationDateTime"]);
}

#[test]
fn a_subscription_that_must_be_renewed_at_once_is_passed_as_never_renewed() {
    let script = Script::new(graph);
    let mut young = held("young", "a", -1, 5);
    young.renewed = 0;
    let results = watch(&script, &wanted(rooms(["a"]), vec![young])).expect("a good call");
    assert_eq!(requests(&script), ["PATCH /v1.0/subscriptions/young"]);
    assert_eq!(ids(&results, ["a"]), [("young".to_owned(), true)], "changes may have been lost");
}

#[test]
fn times_beyond_all_calendars_are_no_panic() {
    for (renewed, expires) in [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (i64::MAX, i64::MAX)] {
        let script = Script::new(graph);
        let mut odd = held("odd", "a", 0, 0);
        (odd.renewed, odd.expires) = (renewed, expires);
        let results = watch(&script, &wanted(rooms(["a"]), vec![odd])).expect("a good call");
        assert!(results[0].subscription.is_ok());
    }
}

#[test]
fn case_c50_a_subscription_that_has_ended_is_made_anew_and_its_room_is_synced() {
    // Ended at Graph, while the host believes that it lasts.
    let script = Script::new(|asked: &Asked| match asked.path.as_str() {
        "/v1.0/subscriptions/lost" => refused(404, "ResourceNotFound"),
        _ => graph(asked),
    });
    let wanted_now = wanted(rooms(["a"]), vec![held("lost", "a", -4, 2)]);
    let results = watch(&script, &wanted_now).expect("a good call");
    assert_eq!(ids(&results, ["a"]), [("new-a".to_owned(), true)]);
    assert_eq!(requests(&script), ["PATCH /v1.0/subscriptions/lost", "POST /v1.0/subscriptions"]);
    // Ended yesterday, as the host knows.
    let script = Script::new(graph);
    let wanted_now = wanted(rooms(["a"]), vec![held("over", "a", -8, -1)]);
    let results = watch(&script, &wanted_now).expect("a good call");
    assert_eq!(ids(&results, ["a"]), [("new-a".to_owned(), true)]);
    assert_eq!(requests(&script), ["POST /v1.0/subscriptions"]);
}

#[test]
fn a_second_call_with_what_the_first_returned_sends_nothing_but_the_token() {
    let script = Script::new(graph);
    let results = watch(&script, &wanted(rooms(["a", "b"]), Vec::new())).expect("a good call");
    let held: Vec<_> =
        results.into_iter().map(|result| result.subscription.expect("a subscription")).collect();
    let script = Script::new(graph);
    let again = watch(&script, &wanted(rooms(["a", "b"]), held.clone())).expect("a good call");
    assert!(again.iter().all(|result| !result.is_new));
    assert_eq!(requests(&script), [""; 0]);
    assert_eq!(watch(&script, &wanted(Vec::new(), Vec::new())), Ok(Vec::new()));
}

#[test]
fn one_subject_that_is_named_twice_gets_one_subscription() {
    let script = Script::new(graph);
    let results = watch(&script, &wanted(rooms(["a", "a"]), Vec::new())).expect("a good call");
    assert_eq!(results.len(), 1);
    assert_eq!(requests(&script), ["POST /v1.0/subscriptions"]);
}

#[test]
fn a_subscription_whose_answer_was_lost_is_ended_when_it_exists_twice() {
    let script = Script::new(|asked: &Asked| match (asked.method.as_str(), asked.before) {
        ("POST", 0) if asked.path == LIST => {
            Reply::Late(Duration::from_secs(500), Box::new(super::created(asked)))
        }
        ("GET", _) => super::listed(
            &[
                ("lost", "Users/a@contoso.com/events", ADDRESS),
                ("new-a", "users/a@contoso.com/events", ADDRESS),
                ("elsewhere", "users/a@contoso.com/events", "https://other.example/"),
                ("of another room", "users/b@contoso.com/events", ADDRESS),
            ],
            None,
        ),
        _ => graph(asked),
    });
    let results = watch(&script, &wanted(rooms(["a"]), Vec::new())).expect("a good call");
    assert_eq!(ids(&results, ["a"]), [("new-a".to_owned(), true)]);
    assert_eq!(
        requests(&script),
        [
            "DELETE /v1.0/subscriptions/lost",
            "GET /v1.0/subscriptions",
            "POST /v1.0/subscriptions",
            "POST /v1.0/subscriptions",
        ]
    );
}

#[test]
fn microsofts_samples_of_subscriptions_are_read() {
    for sample in [
        include_str!("../../../tests/payloads/subscription-created.json"),
        include_str!("../../../tests/payloads/subscription-created-nulls.json"),
    ] {
        let value: Value = serde_json::from_str(sample).expect("JSON");
        let script = Script::new(|asked: &Asked| match asked.path.as_str() {
            LIST => Reply::Raw(201, Vec::new(), sample.to_owned()),
            _ => graph(asked),
        });
        let results = watch(&script, &wanted(rooms(["a"]), Vec::new())).expect("a good call");
        let made = results[0].subscription.as_ref().expect("a subscription");
        assert_eq!(made.id, value["id"]);
        let expires = value["expirationDateTime"].as_str().expect("a time");
        assert_eq!(made.expires, expires.parse::<jiff::Timestamp>().expect("a time").as_second());
    }
    let script = Script::new(|asked: &Asked| match asked.method.as_str() {
        "PATCH" => Reply::Raw(
            200,
            Vec::new(),
            include_str!("../../../tests/payloads/subscription-renewed.json").to_owned(),
        ),
        _ => graph(asked),
    });
    let results = watch(&script, &wanted(rooms(["a"]), vec![held("mine", "a", -4, 2)]));
    let results = results.expect("a good call");
    assert_eq!(ids(&results, ["a"]), [("mine".to_owned(), false)]);
}
