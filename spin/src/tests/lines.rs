//! The lines of a sync, and when they are sent.

use futures_executor::block_on;
use http::Request;
use http_body::Body as _;
use http_body_util::BodyExt as _;
use http_body_util::Full;
use serde_json::Value;

use super::fake::{Fake, text};

#[test]
fn batches_are_lines_and_the_last_lines_are_checkpoint_and_summary() {
    let answer = text(Fake::configured().post("/sync/users", "{}"));
    let lines: Vec<&str> = answer.lines().collect();
    let expected = [
        r#"{"batch":{"number":2}}"#,
        r#"{"user":{"id":2}}"#,
        r#"{"checkpoint":"after 2"}"#,
        r#"{"summary":{"requests":3},"run":"00000000000000000000000000000001"}"#,
    ];
    assert_eq!(lines[lines.len() - 4..], expected);
    assert_eq!(lines.len(), 10);
}

#[test]
fn a_batch_is_requested_once_the_previous_one_was_taken() {
    let fake = Fake::configured();
    let mut body = fake.post("/sync/rooms", "").into_body();
    assert_eq!(fake.state.batches.get(), 1, "the first batch decides the status");
    for number in [1, 2, 3] {
        block_on(body.frame()).unwrap().unwrap();
        assert_eq!(fake.state.batches.get(), number);
    }
    assert!(!body.is_end_stream());
}

#[test]
fn an_answer_begins_without_a_batch_after_the_preferred_wait() {
    let fake = Fake::configured();
    fake.state.is_slow.set(true);
    let answer = fake.post("/sync/users", "{}");
    assert_eq!((answer.status().as_u16(), fake.state.batches.get()), (200, 0));
    assert_eq!(text(answer).lines().count(), 10, "all lines are sent");

    let at_once = |wait: &str| {
        let request = Request::post("http://127.0.0.1:3000/sync/rooms")
            .header("content-type", "application/json")
            .header("prefer", wait);
        fake.state.batches.set(0);
        fake.ask(request.body(Full::default()).unwrap());
        fake.state.batches.get() == 0
    };
    assert!(at_once("return=minimal, Wait=0; x=1"));
    fake.state.is_slow.set(false);
    for wait in ["wait=1", "wait=soon", "wait", "awaits=0", ""] {
        assert!(!at_once(wait), "{wait}");
    }
}

#[test]
fn an_error_after_the_first_batch_is_the_last_line() {
    let fake = Fake::configured();
    fake.state.fails.set(true);
    let answer = text(fake.post("/sync/users", "{}"));
    let last: Value = serde_json::from_str(answer.lines().last().unwrap()).unwrap();
    assert_eq!(last["error"]["code"], "gone");
}
