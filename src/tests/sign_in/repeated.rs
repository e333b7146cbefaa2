//! The requests of a sign-in that are repeated when a connection breaks, and those that are not.

use std::cell::Cell;

use futures_executor::block_on;
use serde_json::json;

use super::{REDIRECT_URI, SignIn, USER_ID, configuration, settings, signed_in, what};
use crate::{
    host::Failure,
    model::Purpose,
    sign_in,
    tests::{
        script::{Asked, Reply, Script, ok},
        users::{user, with},
    },
};

/// Resets the first connection of a request with this purpose.
fn reset_once(stage: &str) -> impl Fn(&Asked) -> Option<Reply> {
    let stage = stage.to_owned();
    let left = Cell::new(true);
    move |asked| {
        (what(asked) == stage && left.replace(false)).then_some(Reply::Fail(Failure::Connection))
    }
}

#[test]
fn case_029_a_connection_that_is_reset_once_does_not_end_a_sign_in() {
    let settings = settings(json!({}));
    let document = configuration(&settings);
    let reset = reset_once("discovery");
    let script = Script::new(|asked| reset(asked).unwrap_or_else(|| ok(document.clone())));
    let begun = sign_in::begin(&script, &settings, REDIRECT_URI, Purpose::SignIn);
    block_on(begun).expect("a redirect");

    let sign_in = SignIn::begin(settings);
    let record = with(user(USER_ID), "jobTitle", json!("Retail Manager"));
    for stage in ["keys", "token", "user"] {
        let reset = reset_once(stage);
        let (outcome, asked) = sign_in.back(&sign_in.callback(), |asked| {
            reset(asked).or_else(|| (what(asked) == "user").then(|| ok(record.clone())))
        });
        // From Graph, not from the claims.
        assert_eq!(signed_in(outcome).job_title.as_deref(), Some("Retail Manager"), "{stage}");
        assert_eq!(asked.iter().filter(|request| what(request) == stage).count(), 2, "{stage}");
    }
}

#[test]
fn case_029_a_code_is_redeemed_once_whatever_comes_back() {
    let sign_in = SignIn::begin(settings(json!({})));
    let replies: [fn() -> Reply; 5] = [
        || Reply::Fail(Failure::Connection),
        || Reply::Fail(Failure::Timeout),
        || Reply::Raw(429, vec![("retry-after", "1")], String::new()),
        || Reply::Raw(503, vec![("retry-after", "1")], String::new()),
        || Reply::Json(400, json!({"error": "temporarily_unavailable"})),
    ];
    for reply in replies {
        let (outcome, asked) =
            sign_in.back(&sign_in.callback(), |asked| (what(asked) == "code").then(reply));
        assert!(outcome.is_err());
        assert_eq!(asked.iter().map(what).collect::<Vec<_>>(), ["code"]);
    }
}
