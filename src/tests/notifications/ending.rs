//! Subscriptions that are ended.

use futures_executor::block_on;
use serde_json::json;

use super::{
    ADDRESS, Asked, LIST, Reply, Script, graph, held, ids, listed, ok, requests, rooms, settings,
    wanted, watch,
};
use crate::{
    error::Error,
    host::Failure,
    model::{Subscription, WatchSubject},
    notifications::{Wanted, unwatch},
    tests::script::refused,
};

fn sweep(wanted: Wanted) -> Wanted {
    Wanted { sweep: true, ..wanted }
}

#[test]
fn a_subject_that_is_not_asked_for_any_more_is_ended() {
    let script = Script::new(graph);
    let subscriptions = vec![
        held("stays", "a", -1, 5),
        held("goes", "b", -1, 5),
        held("over", "c", -8, -1),
        Subscription { subject: WatchSubject::Users, ..held("users", "", -1, 5) },
    ];
    let results = watch(&script, &wanted(rooms(["a"]), subscriptions)).expect("a good call");
    assert_eq!(results.len(), 1, "one record for each subject that is asked for");
    assert_eq!(
        requests(&script),
        ["DELETE /v1.0/subscriptions/goes", "DELETE /v1.0/subscriptions/users"],
        "what is over needs no end"
    );
}

#[test]
fn of_two_subscriptions_to_one_room_the_longer_one_stays() {
    for order in [[0, 1], [1, 0]] {
        let both = [held("short", "a", -1, 4), held("long", "a", -1, 5)];
        let script = Script::new(graph);
        let given = order.map(|at| both[at].clone()).into();
        let results = watch(&script, &wanted(rooms(["a"]), given)).expect("a good call");
        assert_eq!(ids(&results, ["a"]), [("long".to_owned(), false)]);
        assert_eq!(requests(&script), ["DELETE /v1.0/subscriptions/short"]);
    }
}

#[test]
fn a_subject_that_cannot_be_ended_now_is_no_error() {
    let script = Script::new(|asked: &Asked| match asked.method.as_str() {
        "DELETE" => refused(403, "ErrorAccessDenied"),
        _ => graph(asked),
    });
    let given = vec![held("goes", "b", -1, 5)];
    let results = watch(&script, &wanted(rooms(["a"]), given)).expect("a good call");
    assert_eq!(ids(&results, ["a"]), [("new-a".to_owned(), true)]);
}

#[test]
fn a_sweep_reads_all_pages_and_ends_what_sends_here_and_is_not_the_hosts() {
    let script = Script::new(|asked: &Asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", LIST) => listed(
            &[
                ("mine", "users/a@contoso.com/events", ADDRESS),
                ("stray", "users/b@contoso.com/events", ADDRESS),
                ("foreign", "users/a@contoso.com/events", "https://ones.example/notifications/8"),
            ],
            Some("2"),
        ),
        ("GET", path) if path.ends_with("$skiptoken=2") => {
            listed(&[("other stray", "Users", ADDRESS)], None)
        }
        _ => graph(asked),
    });
    let given = vec![held("mine", "a", -1, 5)];
    let results = watch(&script, &sweep(wanted(rooms(["a"]), given))).expect("a good call");
    assert_eq!(ids(&results, ["a"]), [("mine".to_owned(), false)]);
    assert_eq!(
        requests(&script),
        [
            "DELETE /v1.0/subscriptions/other%20stray",
            "DELETE /v1.0/subscriptions/stray",
            "GET /v1.0/subscriptions",
            "GET /v1.0/subscriptions?$skiptoken=2",
        ]
    );
}

#[test]
fn a_subscription_of_the_host_that_a_sweep_does_not_list_is_tried_at_once() {
    // After a backup was restored, what it contains can have ended.
    let script = Script::new(|asked: &Asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", LIST) => listed(&[("b", "users/b@contoso.com/events", ADDRESS)], None),
        ("PATCH", "/v1.0/subscriptions/a") => refused(404, "ResourceNotFound"),
        _ => graph(asked),
    });
    let given = vec![held("a", "a", -1, 5), held("b", "b", -1, 5), held("c", "c", -1, 5)];
    let wanted = sweep(wanted(rooms(["a", "b", "c"]), given));
    let results = watch(&script, &wanted).expect("a good call");
    let expected = [("new-a", true), ("b", false), ("c", false)];
    assert_eq!(ids(&results, ["a", "b", "c"]), expected.map(|(id, new)| (id.to_owned(), new)));
}

#[test]
fn a_sweep_without_subjects_ends_all_that_send_here() {
    let script = Script::new(|asked: &Asked| match asked.method.as_str() {
        "GET" => listed(&[("stray", "users", ADDRESS)], None),
        _ => graph(asked),
    });
    assert_eq!(watch(&script, &sweep(wanted(Vec::new(), Vec::new()))), Ok(Vec::new()));
    assert_eq!(requests(&script), ["DELETE /v1.0/subscriptions/stray", "GET /v1.0/subscriptions"]);
}

#[test]
fn a_sweep_that_cannot_list_changes_nothing_and_fails() {
    for page in [
        refused(403, "Authorization_RequestDenied"),
        Reply::Raw(200, Vec::new(), "<html>".to_owned()),
        Reply::Fail(Failure::Tls),
    ] {
        let page = std::cell::RefCell::new(Some(page));
        let script = Script::new(|asked: &Asked| match asked.path.as_str() {
            LIST => page.take().expect("one request"),
            _ => graph(asked),
        });
        let given = vec![held("goes", "b", -1, 5)];
        assert!(watch(&script, &sweep(wanted(rooms(["a"]), given))).is_err());
        assert_eq!(requests(&script), ["GET /v1.0/subscriptions"]);
    }
}

#[test]
fn a_listing_with_a_loop_ends() {
    let script = Script::new(|asked: &Asked| match asked.path.starts_with(LIST) {
        true => listed(&[], Some("again")),
        false => graph(asked),
    });
    assert!(watch(&script, &sweep(wanted(rooms(["a"]), Vec::new()))).is_err());
}

#[test]
fn a_subscription_in_a_listing_that_cannot_be_read_is_left_alone() {
    let sample = include_str!("../../../tests/payloads/subscription-list.json");
    let sample: serde_json::Value = serde_json::from_str(sample).expect("JSON");
    let value = json!([5, null, {"id": 5}, {"notificationUrl": ADDRESS}, sample["value"][0],
        {"id": "stray", "notificationUrl": ADDRESS}]);
    let script = Script::new(|asked: &Asked| match asked.method.as_str() {
        "GET" => ok(json!({"value": value})),
        _ => graph(asked),
    });
    watch(&script, &sweep(wanted(Vec::new(), Vec::new()))).expect("a good call");
    assert_eq!(requests(&script), ["DELETE /v1.0/subscriptions/stray", "GET /v1.0/subscriptions"]);
}

#[test]
fn all_subscriptions_of_a_deleted_integration_are_ended() {
    let script = Script::new(|asked: &Asked| match asked.path.as_str() {
        "/v1.0/subscriptions/b" => refused(404, "ResourceNotFound"),
        _ => graph(asked),
    });
    let given = ["a", "b", "c"].map(|id| held(id, id, -1, 5));
    assert_eq!(block_on(unwatch(&script, &settings(json!({})), &given)), Ok(()));
    let expected = ["a", "b", "c"].map(|id| format!("DELETE /v1.0/subscriptions/{id}"));
    assert_eq!(requests(&script), expected);
    let script = Script::new(graph);
    assert_eq!(block_on(unwatch(&script, &settings(json!({})), &[])), Ok(()));
    assert_eq!(script.tokens(), 0);
}

#[test]
fn where_one_cannot_be_ended_the_others_are_and_the_call_fails() {
    let script = Script::new(|asked: &Asked| match asked.path.as_str() {
        "/v1.0/subscriptions/a" => refused(403, "ErrorAccessDenied"),
        _ => graph(asked),
    });
    let given = ["a", "b", "c"].map(|id| held(id, id, -1, 5));
    let result = block_on(unwatch(&script, &settings(json!({})), &given));
    assert!(matches!(result, Err(Error::PermissionMissing(_))), "{result:?}");
    assert_eq!(requests(&script).len(), 3);
}
