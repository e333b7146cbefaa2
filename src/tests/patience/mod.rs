//! The requests that are repeated, how often, and for how long.

mod law;

use std::time::Duration;

use futures_executor::block_on;
use serde_json::{Value, json};

use super::{
    script::{
        Asked, GRAPH, Reply, Script, nothing, ok, refused, settings, sync_users, user_batches,
    },
    users::{batch, user},
};
use crate::{
    directory,
    error::{Error, is_too_large},
    graph::{Graph, Patience},
    host::{Failure, Request},
    model::UserChange,
};

const SECOND: Duration = Duration::from_secs(1);

/// The faults last for the first ten seconds, as Graph's windows do.
fn is_throttled(asked: &Asked) -> bool {
    asked.at < 10 * SECOND
}

/// A tenant with one user; `on_listing` can answer instead.
fn tenant(on_listing: impl Fn(&Asked) -> Option<Reply>) -> Script<impl Fn(&Asked) -> Reply> {
    let delta = |token| {
        let link = format!("{GRAPH}/v1.0/users/delta?$deltatoken={token}");
        ok(json!({"value": [], "@odata.deltaLink": link}))
    };
    Script::new(move |asked| match asked.path.as_str() {
        path if path.contains("$deltatoken=latest") => delta("A"),
        path if path.contains("$deltatoken=A") => delta("B"),
        path if path.starts_with("/v1.0/users?") => {
            on_listing(asked).unwrap_or_else(|| ok(json!({"value": [user("ann")]})))
        }
        path if path.contains("/places/") => ok(json!({"value": []})),
        _ => nothing(),
    })
}

/// What a sync reports where a page is answered otherwise, and the pauses until then.
fn syncs_in_spite_of(
    on_listing: impl Fn(&Asked) -> Option<Reply>,
) -> (crate::model::Summary, Vec<Duration>) {
    let script = tenant(on_listing);
    let (batches, result) = sync_users(&script, &settings(json!({})), None);
    let summary = result.expect("a good run");
    let changes: Vec<_> = user_batches(batches).into_iter().flat_map(|it| it.changes).collect();
    assert!(matches!(&changes[..], [UserChange::User(ann)] if ann.id == "ann"), "{changes:?}");
    (summary, script.pauses.take())
}

fn throttled(retry_after: &'static str) -> Reply {
    Reply::Raw(429, vec![("retry-after", retry_after)], String::new())
}

#[test]
fn case_005_a_short_retry_after_inside_a_batch_is_waited_out() {
    for retry_after in [json!("0.249"), json!("1"), json!("0"), json!(1), json!(null)] {
        let asked_for = retry_after.clone();
        let script = Script::new(move |asked| match asked.path.as_str() {
            "/v1.0/$batch" if is_throttled(asked) => {
                let requests: Value = serde_json::from_str(&asked.body).expect("JSON");
                let headers = json!({"Retry-After": asked_for.clone()});
                let put_off =
                    |it: &Value| json!({"id": it["id"], "status": 429, "headers": headers});
                let requests = requests["requests"].as_array().expect("requests");
                ok(json!({"responses": requests.iter().map(put_off).collect::<Vec<_>>()}))
            }
            "/v1.0/$batch" => batch(asked, |_, _| (200, user("ann"))),
            path if path.contains("/places/") => ok(json!({"value": []})),
            _ => nothing(),
        });
        let ids = ["ann".to_owned()];
        let read = block_on(directory::read_users(&script, &settings(json!({})), &ids));
        let changes = read.expect("an answer");
        assert!(matches!(&changes[..], [UserChange::User(_)]), "{retry_after}: {changes:?}");
        assert!(script.asked.borrow().len() < 10, "not without pauses");
    }
}

#[test]
fn case_006_a_short_retry_after_of_a_page_is_waited_out() {
    for retry_after in ["1", "0.2", "0", "-5", "soon"] {
        let (summary, pauses) =
            syncs_in_spite_of(|request| is_throttled(request).then(|| throttled(retry_after)));
        assert_eq!(summary.throttled as usize, pauses.len(), "{retry_after}");
        assert!(pauses.len() < 7, "{retry_after}: {pauses:?}");
    }
}

#[test]
fn case_007_one_outage_of_a_page_is_tried_again() {
    for status in [408, 500, 502, 503, 504, 509] {
        let reply = || Reply::Raw(status, Vec::new(), "<html>".to_owned());
        let (summary, _) = syncs_in_spite_of(|request| (request.before == 0).then(reply));
        assert_eq!((summary.retried, summary.throttled), (1, 0), "{status}");
    }
    let codes = ["generalException", "UnknownError", "InternalServerError"];
    for code in codes {
        let (summary, _) =
            syncs_in_spite_of(|request| (request.before == 0).then(|| refused(500, code)));
        assert_eq!(summary.retried, 1, "{code}");
    }
    for failure in [Failure::Connection, Failure::Timeout, Failure::Dns, Failure::Protocol] {
        let (summary, _) =
            syncs_in_spite_of(|request| (request.before == 0).then(|| Reply::Fail(failure)));
        assert_eq!(summary.retried, 1, "{failure:?}");
    }
}

#[test]
fn case_007_a_permanent_error_ends_the_run_at_once() {
    for reply in [
        || refused(501, "NotImplemented"),
        || refused(500, "notSupported"),
        || refused(400, "Request_BadRequest"),
        || Reply::Fail(Failure::Tls),
        || Reply::Fail(Failure::Denied),
        || Reply::Fail(Failure::TooLarge),
    ] {
        let script = tenant(move |_| Some(reply()));
        sync_users(&script, &settings(json!({})), None).1.expect_err("refused");
        assert_eq!(script.pauses.take(), []);
    }
}

#[test]
fn case_037_a_server_that_is_slow_is_waited_for() {
    for seconds in [40, 99] {
        let (summary, pauses) = syncs_in_spite_of(|_| {
            let page = ok(json!({"value": [user("ann")]}));
            Some(Reply::Late(seconds * SECOND, Box::new(page)))
        });
        assert_eq!((summary.retried, pauses), (0, Vec::new()), "{seconds} s");
    }
}

#[test]
fn case_037_a_server_that_is_silent_is_given_up_after_the_time_of_one_request() {
    let waited = |patience| {
        let script = Script::new(|asked| match asked.path.ends_with("/token") {
            true => nothing(),
            false => Reply::Late(3600 * SECOND, Box::new(nothing())),
        });
        let settings = settings(json!({}));
        let graph = Graph::new(&script, &settings, patience);
        let request = Request::get(graph.endpoints().organization());
        let error = block_on(graph.ask(request)).expect_err("no answer");
        let code = error.explanation().map(|explanation| explanation.code.clone());
        assert_eq!(code.as_deref(), Some("timeout"));
        script.clock.get() - super::script::BEGIN
    };
    let sync = waited(Patience::SYNC);
    assert!((200 * SECOND..202 * SECOND).contains(&sync), "twice 100 s: {sync:?}");
    assert_eq!(waited(Patience::INTERACTIVE), 30 * SECOND, "once 30 s");
}

/// Returns the sum of the pauses of a call that makes this number of requests, and the number that
/// it sent. Every request gets the same reply.
fn waited_in(patience: Patience, requests: usize, reply: fn() -> Reply) -> (Duration, usize) {
    let script = Script::new(move |asked| match asked.path.ends_with("/token") {
        true => nothing(),
        false => reply(),
    });
    let settings = settings(json!({}));
    let graph = Graph::new(&script, &settings, patience);
    for _ in 0..requests {
        let request = Request::get(graph.endpoints().organization());
        drop(block_on(graph.ask(request)));
    }
    (script.pauses.take().into_iter().sum(), script.asked.borrow().len())
}

#[test]
fn an_outage_costs_a_run_no_more_than_twice_the_time_of_one_request() {
    let down = || refused(503, "serviceNotAvailable");
    let (waited, asked) = waited_in(Patience::SYNC, 100, down);
    assert!((90 * SECOND..240 * SECOND).contains(&waited), "{waited:?}");
    assert!(asked >= 100, "each is asked at least once");
    let (waited, _) = waited_in(Patience::INTERACTIVE, 100, down);
    assert!((10 * SECOND..30 * SECOND).contains(&waited), "{waited:?}");
}

#[test]
fn each_request_has_its_own_time_for_throttling() {
    let (waited, _) = waited_in(Patience::SYNC, 3, || throttled("1"));
    assert!(waited > 3 * 80 * SECOND, "{waited:?}");
}

#[test]
fn a_pause_that_is_too_long_is_passed_on_at_once() {
    for (patience, seconds) in [(Patience::SYNC, 121), (Patience::INTERACTIVE, 16)] {
        for status in [429, 503] {
            let script = Script::new(move |asked| match asked.path.ends_with("/token") {
                true => nothing(),
                false => Reply::Raw(
                    status,
                    vec![("retry-after", if seconds == 121 { "121" } else { "16" })],
                    String::new(),
                ),
            });
            let settings = settings(json!({}));
            let graph = Graph::new(&script, &settings, patience);
            let request = Request::get(graph.endpoints().organization());
            let error = block_on(graph.ask(request)).expect_err("throttled");
            assert_eq!(error, Error::Throttled(seconds));
            assert_eq!(script.pauses.take(), []);
        }
    }
}

#[test]
fn token_requests_are_repeated_like_those_of_pages() {
    for reply in [
        || Reply::Raw(502, Vec::new(), "<html>".to_owned()),
        || Reply::Fail(Failure::Connection),
        || Reply::Json(400, json!({"error": "temporarily_unavailable"})),
        || Reply::Json(401, json!({"error": "x", "error_description": "AADSTS90033: busy"})),
    ] {
        let script = Script::new(move |asked| match asked.path.as_str() {
            path if path.ends_with("/token") && asked.before < 3 => reply(),
            path if path.contains("$batch") => batch(asked, |_, _| (200, user("ann"))),
            path if path.contains("/places/") => ok(json!({"value": []})),
            _ => nothing(),
        });
        let ids = ["ann".to_owned()];
        let read = block_on(directory::read_users(&script, &settings(json!({})), &ids));
        assert!(matches!(&read.expect("a token")[..], [UserChange::User(_)]));
        assert_eq!(script.tokens(), 4);
    }
}

#[test]
fn one_part_of_a_batch_that_keeps_failing_is_reported_and_the_others_are_read() {
    let script = Script::new(|asked| match asked.path.as_str() {
        "/v1.0/$batch" => batch(asked, |url, _| match url.contains("/ill?") {
            true => (503, json!({"error": {"code": "serviceNotAvailable", "message": ""}})),
            false => (200, user(url.trim_start_matches("/users/").split('?').next().expect("id"))),
        }),
        path if path.contains("/places/") => ok(json!({"value": []})),
        _ => nothing(),
    });
    let ids: Vec<_> = ["ann", "ill", "bob"].map(str::to_owned).into();
    let read = block_on(directory::read_users(&script, &settings(json!({})), &ids));
    let changes = read.expect("answers");
    let [UserChange::User(_), UserChange::UserUnreadable(ill), UserChange::User(_)] = &changes[..]
    else {
        panic!("{changes:?}")
    };
    assert_eq!(ill.id, "ill");
    let waited: Duration = script.pauses.take().into_iter().sum();
    assert!(waited <= 120 * SECOND, "{waited:?}");
}

#[test]
fn one_part_of_a_batch_with_a_long_retry_after_does_not_delay_the_others() {
    let script = Script::new(|asked| match asked.path.as_str() {
        "/v1.0/$batch" if asked.before == 0 => ok(json!({"responses": [
            {"id": "0", "status": 503, "headers": {"retry-after": "3600"}, "body": {}},
            {"id": "1", "status": 503, "headers": {"retry-after": "2"}, "body": {}},
        ]})),
        "/v1.0/$batch" => batch(asked, |_, _| (200, user("bob"))),
        path if path.contains("/places/") => ok(json!({"value": []})),
        _ => nothing(),
    });
    let ids: Vec<_> = ["ann", "bob"].map(str::to_owned).into();
    let read = block_on(directory::read_users(&script, &settings(json!({})), &ids));
    let changes = read.expect("answers");
    assert!(
        matches!(&changes[..], [UserChange::UserUnreadable(_), UserChange::User(_)]),
        "{changes:?}"
    );
    assert_eq!(script.pauses.take(), [2 * SECOND]);
    let asked = script.asked.borrow();
    assert!(!asked.last().expect("a batch").body.contains("/ann?"), "not sooner than it says");
}

#[test]
fn an_answer_that_is_too_large_is_distinguished_from_others() {
    let script = tenant(|_| Some(Reply::Fail(Failure::TooLarge)));
    let error = sync_users(&script, &settings(json!({})), None).1.expect_err("too large");
    assert!(is_too_large(&error));
    let script = tenant(|_| Some(ok(json!({}))));
    let error = sync_users(&script, &settings(json!({})), None).1.expect_err("no page");
    assert!(!is_too_large(&error));
}
