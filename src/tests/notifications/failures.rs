//! Subscriptions that cannot be made.

use serde_json::json;

use super::{
    Asked, LIST, Reply, SECRET, Script, body, graph, held, ids, record, requests, rooms, wanted,
    watch,
};
use crate::{
    error::Error,
    host::Failure,
    model::{WatchRequest, WatchSubject},
    notifications::Wanted,
    secret::Secret,
    tests::script::refused,
};

fn error<'a>(results: &'a [crate::model::WatchResult], room: &str) -> &'a Error {
    record(results, room).subscription.as_ref().expect_err("no subscription")
}

fn code(error: &Error) -> &str {
    error.explanation().map_or("", |explanation| explanation.code.as_str())
}

/// Answers `reply` where a subscription to room `a` is requested.
fn refusing_a(reply: impl Fn() -> Reply) -> Script<impl Fn(&Asked) -> Reply> {
    Script::new(move |asked| match asked.path.as_str() {
        LIST if body(asked)["resource"] == "users/a@contoso.com/events" => reply(),
        _ => graph(asked),
    })
}

fn graphs_error(status: u16, code: &str, message: &str) -> Reply {
    Reply::Json(status, json!({"error": {"code": code, "message": message}}))
}

#[test]
fn the_failure_of_one_room_is_in_its_record() {
    let raop = "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly \
        AccessPolicy settings.";
    let wrapped = format!("Operation: Create; Exception: [Status Code: Forbidden; Reason: {raop}]");
    let missing = "Operation: Create; Exception: [Status Code: NotFound; Reason: REST API is not \
        yet supported for this mailbox.]";
    let full = "The maximum number of subscriptions for this mailbox was reached.";
    type Is = fn(&Error) -> bool;
    let permission: Is = |error| matches!(error, Error::PermissionMissing(_));
    let unsupported: Is = |error| matches!(error, Error::Unsupported(_));
    let cases: [(u16, &str, &str, Is); 7] = [
        (403, "ErrorAccessDenied", raop, permission),
        (403, "ExtensionError", &wrapped, permission),
        (400, "ExtensionError", &wrapped, permission),
        (404, "ExtensionError", missing, unsupported),
        (400, "ExtensionError", missing, unsupported),
        (404, "MailboxNotEnabledForRESTAPI", "The mailbox is inactive.", unsupported),
        (403, "QuotaExceeded", full, |error| code(error) == "too-many-subscriptions"),
    ];
    for (status, code, message, is) in cases {
        let script = refusing_a(|| graphs_error(status, code, message));
        let results = watch(&script, &wanted(rooms(["a", "b"]), Vec::new())).expect("a good call");
        let error = error(&results, "a");
        assert!(is(error), "{code}: {error:?}");
        let explanation = error.explanation().expect("an explanation");
        assert!(explanation.remedy.is_some() && explanation.detail.is_some(), "{error:?}");
        assert!(!record(&results, "a").is_new);
        assert_eq!(ids(&results, ["b"]), [("new-b".to_owned(), true)]);
    }
}

#[test]
fn a_missing_permission_is_named() {
    for (subject, permission) in [
        (WatchSubject::Users, "User.Read.All"),
        (WatchSubject::Groups, "Group.Read.All"),
        (WatchSubject::Room("a".to_owned()), "Calendars.ReadWrite"),
    ] {
        let script = Script::new(|asked: &Asked| match asked.path.as_str() {
            LIST => refused(403, "Authorization_RequestDenied"),
            _ => graph(asked),
        });
        let email = Some("a@contoso.com".to_owned());
        let subjects = vec![WatchRequest { subject, email }];
        let results = watch(&script, &wanted(subjects, Vec::new())).expect("a good call");
        let error = results[0].subscription.as_ref().expect_err("no subscription");
        let summary = &error.explanation().expect("an explanation").summary;
        assert!(summary.contains(permission), "{summary}");
    }
}

#[test]
fn an_address_that_microsoft_cannot_confirm_is_explained() {
    let sample =
        include_str!("../../../tests/payloads/error-400-subscription-validation-timeout.json");
    let older = json!({"error": {"code": "InvalidRequest", "message":
        "Subscription validation request failed. Must respond with 200 OK to this request."}});
    for answer in [sample.to_owned(), older.to_string()] {
        let script = refusing_a(|| Reply::Raw(400, Vec::new(), answer.clone()));
        let results = watch(&script, &wanted(rooms(["a"]), Vec::new())).expect("a good call");
        let error = error(&results, "a");
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
        assert_eq!(code(error), "address-not-confirmed");
        let remedy = error.explanation().expect("an explanation").remedy.clone();
        let remedy = remedy.expect("a remedy");
        for words in ["from the internet", "HTTPS", "10 seconds", "login page", super::ADDRESS] {
            assert!(remedy.contains(words), "{remedy}");
        }
    }
}

#[test]
fn an_address_that_is_never_confirmed_is_not_tested_for_every_room() {
    let ids: [String; 100] = std::array::from_fn(|room| format!("room{room}"));
    let script = Script::new(|asked: &Asked| match asked.path.as_str() {
        LIST => graphs_error(400, "ValidationError", "Subscription validation request timed out."),
        _ => graph(asked),
    });
    let subjects = rooms(ids.each_ref().map(String::as_str));
    let results = watch(&script, &wanted(subjects, Vec::new())).expect("a good call");
    assert_eq!(results.len(), 100);
    for result in &results {
        let error = result.subscription.as_ref().expect_err("no subscription");
        assert_eq!(code(error), "address-not-confirmed");
    }
    assert!(requests(&script).len() < 20, "{}", requests(&script).len());
}

#[test]
fn a_renewal_that_fails_is_an_error_and_makes_no_other_subscription() {
    let script = Script::new(|asked: &Asked| match asked.method.as_str() {
        "PATCH" => refused(403, "ErrorAccessDenied"),
        _ => graph(asked),
    });
    let given = vec![held("mine", "a", -4, 2)];
    let results = watch(&script, &wanted(rooms(["a"]), given)).expect("a good call");
    assert!(matches!(error(&results, "a"), Error::PermissionMissing(_)));
    assert_eq!(requests(&script), ["PATCH /v1.0/subscriptions/mine"]);
}

#[test]
fn throttling_is_waited_for_and_in_the_end_reported() {
    let script = Script::new(|asked: &Asked| match asked.before {
        0 if asked.path == LIST => Reply::Raw(429, vec![("retry-after", "7")], String::new()),
        _ => graph(asked),
    });
    let results = watch(&script, &wanted(rooms(["a"]), Vec::new())).expect("a good call");
    assert_eq!(ids(&results, ["a"]), [("new-a".to_owned(), true)]);
    assert_eq!(script.pauses.borrow()[0].as_secs(), 7);
    assert_eq!(requests(&script).len(), 2, "nothing was made twice, so nothing is looked for");

    let script = refusing_a(|| Reply::Raw(429, vec![("retry-after", "600")], String::new()));
    let results = watch(&script, &wanted(rooms(["a", "b"]), Vec::new())).expect("a good call");
    assert_eq!(error(&results, "a"), &Error::Throttled(600));
    assert_eq!(ids(&results, ["b"]), [("new-b".to_owned(), true)]);
}

#[test]
fn what_concerns_all_subjects_fails_the_call() {
    let script = Script::new(|asked: &Asked| match asked.path.ends_with("/token") {
        true => Reply::Json(
            401,
            json!({"error": "invalid_client", "error_description":
            "AADSTS7000215: Invalid client secret provided."}),
        ),
        false => graph(asked),
    });
    let given = wanted(rooms(["a"]), vec![held("goes", "b", -1, 5)]);
    assert!(matches!(watch(&script, &given), Err(Error::Unauthorized(_))));
    assert_eq!(requests(&script), [""; 0]);

    let script = Script::new(|asked: &Asked| match asked.path.as_str() {
        LIST => refused(401, "InvalidAuthenticationToken"),
        _ => graph(asked),
    });
    let given = wanted(rooms(["a", "b"]), Vec::new());
    assert!(matches!(watch(&script, &given), Err(Error::Unauthorized(_))));
}

#[test]
fn a_network_that_fails_is_not_tried_for_every_room() {
    let ids: [String; 60] = std::array::from_fn(|room| format!("room{room}"));
    let script = Script::new(|asked: &Asked| match asked.path.as_str() {
        LIST => Reply::Fail(Failure::Tls),
        _ => graph(asked),
    });
    let subjects = rooms(ids.each_ref().map(String::as_str));
    let results = watch(&script, &wanted(subjects, Vec::new())).expect("a good call");
    assert!(results.iter().all(|result| {
        matches!(&result.subscription, Err(error) if code(error) == "certificate")
    }));
    assert!(requests(&script).len() < 20, "{}", requests(&script).len());
}

#[test]
fn a_room_without_an_address_fails_alone() {
    let script = Script::new(graph);
    let mut subjects = rooms(["a", "b"]);
    subjects[0].email = None;
    let results = watch(&script, &wanted(subjects, Vec::new())).expect("a good call");
    assert_eq!(code(error(&results, "a")), "no-address");
    assert_eq!(ids(&results, ["b"]), [("new-b".to_owned(), true)]);
}

#[test]
fn an_answer_without_an_id_is_no_subscription() {
    for answer in ["{}", "<html>", "", r#"{"id": ""}"#, r#"{"id": 5}"#, "[]"] {
        let script = refusing_a(|| Reply::Raw(201, Vec::new(), answer.to_owned()));
        let results = watch(&script, &wanted(rooms(["a"]), Vec::new())).expect("a good call");
        assert_eq!(code(error(&results, "a")), "unreadable-subscription", "{answer}");
    }
}

#[test]
fn addresses_and_secrets_that_microsoft_does_not_take_are_refused_before_a_request() {
    let long = format!("https://ones.example/{}", "a".repeat(2048));
    for address in [
        "",
        "ones.example",
        "http://ones.example/",
        "ftp://ones.example/",
        "https://",
        "https://ones@ones.example/",
        "https://ones.example/#part",
        "javascript:alert(1)",
        &long,
    ] {
        let script = Script::new(graph);
        let given = Wanted { address: address.to_owned(), ..wanted(rooms(["a"]), Vec::new()) };
        let refused = watch(&script, &given).expect_err(address);
        assert_eq!(code(&refused), "unusable-address", "{address}");
        assert!(script.asked.borrow().is_empty());
    }
    for secret in ["", "with space", "käse", "a-b", &"a".repeat(129)] {
        let script = Script::new(graph);
        let given = Wanted { secret: Secret::new(secret), ..wanted(rooms(["a"]), Vec::new()) };
        let refused = watch(&script, &given).expect_err(secret);
        assert_eq!(code(&refused), "unusable-secret", "{secret}");
        assert!(secret.is_empty() || !format!("{refused:?}").contains(secret));
        assert!(script.asked.borrow().is_empty());
    }
    let loopback = "http://127.0.0.1:8080/notifications".to_owned();
    let given = Wanted { address: loopback, ..wanted(rooms(["a"]), Vec::new()) };
    watch(&Script::new(graph), &given).expect("an emulated tenant reaches the same machine");
}

#[test]
fn more_than_ten_thousand_subjects_are_refused() {
    let one = WatchRequest { subject: WatchSubject::Users, email: None };
    let script = Script::new(graph);
    let refused = watch(&script, &wanted(vec![one; 10_001], Vec::new())).expect_err("too many");
    assert_eq!(code(&refused), "too-many-subjects");
}

#[test]
fn a_refusal_that_repeats_the_secret_does_not_carry_it_on() {
    let script = refusing_a(|| {
        let message = format!("The clientState {SECRET} or the token opaque is not valid");
        graphs_error(400, "InvalidRequest", &message)
    });
    let results = watch(&script, &wanted(rooms(["a"]), Vec::new())).expect("a good call");
    let said = format!("{results:?}");
    assert!(!said.contains(SECRET) && !said.contains("opaque"), "{said}");
}
