//! Tokens, retries, and the servers to which a token is sent.

use std::time::Duration;

use serde_json::json;

use super::script::{
    GRAPH, Reply, Script, nothing, ok, refused, settings, sync_users, user_batches,
};
use crate::{
    entra::{Proof, token_request},
    error::Error,
    host::Failure,
    model::{Mode, Part, Summary},
};

fn latest() -> Reply {
    ok(json!({"value": [], "@odata.deltaLink": format!("{GRAPH}/v1.0/users/delta?$deltatoken=A")}))
}

fn unchanged() -> Reply {
    ok(json!({"value": [], "@odata.deltaLink": format!("{GRAPH}/v1.0/users/delta?$deltatoken=B")}))
}

/// An empty tenant, except for what `on_listing` returns of its users.
fn tenant(on_listing: impl Fn(usize) -> Reply) -> Script<impl Fn(&super::script::Asked) -> Reply> {
    Script::new(move |asked| match asked.path.as_str() {
        path if path.contains("$deltatoken=latest") => latest(),
        path if path.contains("$deltatoken=A") => unchanged(),
        path if path.starts_with("/v1.0/users?") => on_listing(asked.before),
        _ => nothing(),
    })
}

fn explained(error: &Error) -> &str {
    error.explanation().map_or("", |explanation| explanation.code.as_str())
}

#[test]
fn every_request_carries_the_token_and_an_id_of_its_own() {
    let script = tenant(|_| ok(json!({"value": []})));
    sync_users(&script, &settings(json!({})), None).1.expect("a good run");
    let asked = script.asked.borrow();
    let graph: Vec<_> = asked.iter().filter(|request| request.origin == GRAPH).collect();
    assert!(graph.iter().all(|request| request.header("authorization") == Some("Bearer opaque")));
    let mut ids: Vec<_> = asked.iter().map(|it| it.header("client-request-id")).collect();
    assert!(ids.iter().all(|id| id.is_some_and(crate::settings::is_guid)), "{ids:?}");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), asked.len());
}

#[test]
fn a_first_run_takes_the_delta_link_before_it_lists() {
    let script = tenant(|_| ok(json!({"value": []})));
    let (batches, result) = sync_users(&script, &settings(json!({})), None);
    let paths = script.paths();
    assert!(paths[0].starts_with("/v1.0/users/delta?$select=id,"), "{paths:?}");
    assert!(paths[0].ends_with("&$deltatoken=latest"), "{paths:?}");
    assert!(paths[1].ends_with("&$top=999"), "{paths:?}");
    assert_eq!(paths[2], "/v1.0/users/delta?$deltatoken=A");
    assert_eq!(paths[3], "/v1.0/groups/delta?$select=id,displayName,description,mail,members");
    let batches = user_batches(batches);
    let modes: Vec<_> = batches.iter().map(|batch| batch.mode).collect();
    let full = |first, last| Mode::Full(Part { first, last });
    assert_eq!(modes, [full(true, false), full(false, true)]);
    assert_eq!(result, Ok(Summary { requests: 5, complete: true, ..Summary::default() }));
}

#[test]
fn a_run_without_changes_makes_three_requests() {
    let settings = settings(json!({}));
    let script = tenant(|_| ok(json!({"value": []})));
    let (batches, _) = sync_users(&script, &settings, None);
    let since = &batches.last().expect("a batch").checkpoint;
    let script = Script::new(|asked| match asked.path.contains("$deltatoken=B") {
        true => unchanged(),
        false => nothing(),
    });
    let (batches, result) = sync_users(&script, &settings, Some(since));
    assert_eq!(result.map(|it| it.requests), Ok(3), "a token, users, groups");
    assert!(batches.iter().all(|batch| batch.mode == Mode::Incremental), "{batches:?}");
}

#[test]
fn a_token_that_graph_no_longer_takes_is_renewed_once() {
    let script = tenant(|before| match before {
        0 => refused(401, "InvalidAuthenticationToken"),
        _ => ok(json!({"value": []})),
    });
    sync_users(&script, &settings(json!({})), None).1.expect("a good run");
    assert_eq!(script.tokens(), 2);

    let script = tenant(|_| refused(401, "InvalidAuthenticationToken"));
    let error = sync_users(&script, &settings(json!({})), None).1.expect_err("refused");
    assert!(matches!(error, Error::Unauthorized(_)), "{error:?}");
    assert_eq!(script.tokens(), 2, "a token that is fresh and refused is not asked for again");
}

#[test]
fn a_token_is_renewed_before_it_expires() {
    let pages = |asked: &super::script::Asked| match asked.path.as_str() {
        path if path.ends_with("/token") => {
            ok(json!({"token_type": "Bearer", "expires_in": "600", "access_token": "short"}))
        }
        path if path.contains("$deltatoken=latest") => latest(),
        path if path.contains("$deltatoken=A") => unchanged(),
        path if path.contains("/groups/") => nothing(),
        // Each page makes the client wait a hundred seconds.
        _ if asked.before == 0 => Reply::Raw(429, vec![("retry-after", "100")], String::new()),
        path => {
            let page: u32 = path.rsplit('=').next().and_then(|it| it.parse().ok()).unwrap_or(0);
            let next = format!("{GRAPH}/v1.0/users?$skiptoken={}", page % 999 + 1);
            ok(match page {
                7 => json!({"value": []}),
                _ => json!({"value": [], "@odata.nextLink": next}),
            })
        }
    };
    let script = Script::new(pages);
    let result = sync_users(&script, &settings(json!({})), None).1.expect("a good run");
    assert_eq!(script.tokens(), 2, "after 540 of 600 seconds");
    assert_eq!(result.throttled, 8);
}

#[test]
fn throttling_is_waited_for_and_counted() {
    let script = tenant(|before| match before {
        0 => Reply::Raw(429, vec![("retry-after", "2.128")], String::new()),
        1 => Reply::Raw(503, vec![("retry-after", "1")], String::new()),
        2 => Reply::Raw(504, Vec::new(), String::new()),
        3 => Reply::Fail(Failure::Connection),
        _ => ok(json!({"value": []})),
    });
    let summary = sync_users(&script, &settings(json!({})), None).1.expect("a good run");
    assert_eq!((summary.requests, summary.throttled, summary.retried), (9, 2, 2));
    let pauses = script.pauses.borrow();
    assert_eq!(pauses[0].as_millis(), 2128, "the longer of the two");
    assert!((1000..=2000).contains(&pauses[1].as_millis()), "with jitter: {pauses:?}");
    assert!((2000..=4000).contains(&pauses[2].as_millis()), "with jitter: {pauses:?}");
}

#[test]
fn patience_ends_with_a_typed_error() {
    let error = |reply: fn() -> Reply| {
        let script = tenant(move |_| reply());
        let (batches, result) = sync_users(&script, &settings(json!({})), None);
        assert_eq!(batches, [], "nothing is reported");
        let waited: Duration = script.pauses.take().into_iter().sum();
        assert!(waited <= Duration::from_secs(120), "{waited:?}");
        (result.expect_err("no end"), script.paths().len() - 1)
    };
    let throttled = || Reply::Raw(429, vec![("retry-after", "600")], String::new());
    assert_eq!(error(throttled), (Error::Throttled(600), 1));
    let (unavailable, tries) = error(|| refused(503, "serviceNotAvailable"));
    assert!(matches!(unavailable, Error::Unavailable(_)), "{unavailable:?}");
    assert!((8..15).contains(&tries), "as long as the time lasts: {tries}");
    let (broken, tries) = error(|| Reply::Fail(Failure::Timeout));
    assert_eq!(explained(&broken), "timeout");
    assert!((8..15).contains(&tries), "as long as the time lasts: {tries}");
    let (untrusted, tries) = error(|| Reply::Fail(Failure::Tls));
    assert_eq!((explained(&untrusted), tries), ("certificate", 1), "no use in trying again");
}

#[test]
fn no_token_is_sent_to_another_server() {
    let elsewhere = [
        "https://evil.example/v1.0/users?$skiptoken=1",
        "http://graph.microsoft.com/v1.0/users?$skiptoken=1",
        "https://graph.microsoft.com@evil.example/v1.0/users",
        "https://microsoftgraph.chinacloudapi.cn/v1.0/users",
    ];
    for link in elsewhere {
        let script = tenant(move |_| ok(json!({"value": [], "@odata.nextLink": link})));
        let (batches, result) = sync_users(&script, &settings(json!({})), None);
        assert_eq!(explained(&result.expect_err("refused")), "foreign-link", "{link}");
        assert_eq!(batches, [], "the store stays as it was");
        assert!(
            script
                .asked
                .borrow()
                .iter()
                .all(|request| { request.origin == GRAPH || request.path.ends_with("/token") })
        );
    }
}

#[test]
fn a_loop_of_links_ends_the_run() {
    let script = Script::new(|asked| match asked.path.as_str() {
        path if path.contains("$deltatoken=latest") => latest(),
        path if path.contains("=1") => {
            ok(json!({"value": [], "@odata.nextLink": format!("{GRAPH}/v1.0/users?$skiptoken=2")}))
        }
        path if path.starts_with("/v1.0/users?") => {
            ok(json!({"value": [], "@odata.nextLink": format!("{GRAPH}/v1.0/users?$skiptoken=1")}))
        }
        _ => nothing(),
    });
    let (_, result) = sync_users(&script, &settings(json!({})), None);
    assert_eq!(explained(&result.expect_err("a circle")), "paging-loop");
    assert!(script.paths().len() < 12, "{:?}", script.paths());
}

#[test]
fn an_answer_that_is_not_a_page_of_graph_is_reported() {
    let html = || {
        let headers = vec![("content-type", "text/html")];
        Reply::Raw(200, headers, "<html>Please log in to the hotel's network</html>".to_owned())
    };
    let broken = || Reply::Raw(200, Vec::new(), "{\"value\": [{\"id\": \"1\"".to_owned());
    let other = || ok(json!({"items": []}));
    for reply in [html, broken, other] {
        let script = tenant(move |_| reply());
        let (batches, result) = sync_users(&script, &settings(json!({})), None);
        let error = result.expect_err("no page");
        assert_eq!(explained(&error), "not-graph");
        assert!(!format!("{error:?}").contains("hotel"), "a body is not repeated: {error:?}");
        assert_eq!(batches, []);
    }
}

#[test]
fn a_server_that_repeats_credentials_is_not_repeated() {
    let script = tenant(|_| {
        Reply::Json(
            403,
            json!({"error": {
                "code": "Denied", "message": "you sent Bearer opaque to me",
            }}),
        )
    });
    let error = sync_users(&script, &settings(json!({})), None).1.expect_err("refused");
    assert!(!format!("{error:?}").contains("opaque"), "{error:?}");
    let script = Script::new(|asked| {
        Reply::Json(
            400,
            json!({
                "error": "invalid_client",
                "error_description": format!("AADSTS7000215: {}", asked.body),
            }),
        )
    });
    let error = sync_users(&script, &settings(json!({})), None).1.expect_err("refused");
    let printed = format!("{error:?}");
    assert!(!printed.contains("not~a~real") && !printed.contains("not%7Ea"), "{printed}");
}

#[test]
fn a_refusal_of_a_proxy_is_not_a_missing_permission() {
    let page = || Reply::Raw(403, vec![("content-type", "text/html")], "<html>".to_owned());
    let script = tenant(move |_| page());
    let error = sync_users(&script, &settings(json!({})), None).1.expect_err("refused");
    assert_eq!(explained(&error), "not-graph");
}

#[test]
fn a_token_request_is_repeated_while_entra_id_is_unavailable() {
    let busy = |asked: &super::script::Asked| match asked.path.as_str() {
        path if path.ends_with("/token") && asked.before < 2 => {
            Reply::Json(400, json!({"error": "temporarily_unavailable"}))
        }
        path if path.contains("$deltatoken=latest") => latest(),
        path if path.contains("$deltatoken=A") => unchanged(),
        path if path.starts_with("/v1.0/users?") => ok(json!({"value": []})),
        _ => nothing(),
    };
    let summary = sync_users(&Script::new(busy), &settings(json!({})), None).1.expect("a good run");
    assert_eq!(summary.retried, 2);
}

#[test]
fn debug_output_contains_no_secret() {
    let settings = settings(json!({}));
    let script = Script::new(|_| nothing());
    let proof = Proof::new(&script, &settings, "https://a.example").expect("a proof");
    let printed = format!("{settings:?} {proof:?} {:?}", token_request(&settings, &proof));
    assert!(!printed.contains("not~a~real~secret"), "{printed}");
}

#[test]
fn a_server_that_is_down_is_named_with_its_own_scheme_and_port() {
    let down = Script::new(|_| Reply::Fail(Failure::Connection));
    let remedy = |cloud: serde_json::Value| {
        let (_, result) = sync_users(&down, &settings(json!({"server": {"cloud": cloud}})), None);
        let why =
            result.expect_err("no server answers").explanation().expect("an explanation").clone();
        (why.summary, why.remedy.expect("a remedy"))
    };
    let local = "http://127.0.0.1:8365";
    let (summary, advice) = remedy(json!({"authority": local, "graph": local}));
    assert_eq!(summary, "No connection to 127.0.0.1:8365");
    assert!(advice.contains("reach it over HTTP (port 8365)"), "{advice}");
    assert!(!advice.contains("443"), "{advice}");
    let (summary, advice) = remedy(json!("global"));
    assert_eq!(summary, "No connection to login.microsoftonline.com");
    assert!(advice.contains("reach it over HTTPS (port 443)"), "{advice}");
}
