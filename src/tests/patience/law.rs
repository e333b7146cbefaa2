//! Property tests of retries: for any answers, no request is repeated sooner than the answer and
//! the back-off allow, no pause is longer than the remaining time, and a server that recovers in
//! time gets another request.

use std::time::{Duration, SystemTime};

use futures_executor::block_on;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::SECOND;
use crate::{
    error::Error,
    graph::{
        Graph, Patience,
        batch::{self, BatchAnswer, BatchRequest},
        retry_after,
    },
    permission::USERS,
    tests::script::{Asked, BEGIN, Reply, Script, nothing, ok, settings},
};

/// A failed answer, or a connection that breaks.
#[derive(Debug, Clone)]
struct Fault {
    /// None is a connection that breaks.
    status: Option<u16>,
    retry_after: Option<RetryAfter>,
    late: Duration,
    /// Of the batch itself, or of the one request in it.
    outer: bool,
}

#[derive(Debug, Clone)]
enum RetryAfter {
    Text(&'static str),
    /// A date this number of seconds after the beginning.
    Date(i64),
}

impl RetryAfter {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => (*text).to_owned(),
            Self::Date(offset) => {
                let begin = SystemTime::UNIX_EPOCH + BEGIN;
                let distance = Duration::from_secs(offset.unsigned_abs());
                httpdate::fmt_http_date(if *offset < 0 {
                    begin - distance
                } else {
                    begin + distance
                })
            }
        }
    }
}

impl Fault {
    fn is_throttling(&self) -> bool {
        self.status == Some(429)
    }

    /// What it asks for where it is answered at that time.
    fn asks(&self, now: Duration) -> Option<Duration> {
        self.status?;
        let now = (SystemTime::UNIX_EPOCH + BEGIN).checked_add(now)?;
        retry_after(&self.retry_after.as_ref()?.text(), now)
    }

    fn reply(&self) -> Reply {
        let text = self.retry_after.as_ref().map(RetryAfter::text);
        let reply = match self.status {
            None => Reply::Fail(crate::host::Failure::Connection),
            Some(status) if self.outer => {
                let header = text.map(|it| ("retry-after", &*it.leak()));
                Reply::Raw(status, header.into_iter().collect(), String::new())
            }
            Some(status) => {
                let headers = text.map_or(json!({}), |it| json!({"Retry-After": it}));
                ok(json!({"responses": [{"id": "0", "status": status, "headers": headers}]}))
            }
        };
        Reply::Late(self.late, Box::new(reply))
    }
}

fn fault() -> impl Strategy<Value = Fault> {
    let status = prop_oneof![
        1 => Just(None),
        9 => prop::sample::select(vec![408, 429, 429, 500, 502, 503, 503, 504, 509]).prop_map(Some),
    ];
    let text = prop::sample::select(vec![
        "0",
        "0.249",
        "1",
        "2.128",
        "7",
        "25",
        "60",
        "-5",
        "soon",
        "",
        "600",
        "1e400",
        "99999999999999999999999999",
    ]);
    let retry_after = prop_oneof![
        3 => Just(None),
        6 => text.prop_map(|it| Some(RetryAfter::Text(it))),
        1 => (-100..200_i64).prop_map(|it| Some(RetryAfter::Date(it))),
    ];
    let late = prop_oneof![3 => Just(0), 1 => 0..20_000_u64].prop_map(Duration::from_millis);
    (status, retry_after, late, any::<bool>())
        .prop_map(|(status, retry_after, late, outer)| Fault { status, retry_after, late, outer })
}

/// Returns the longest pause after this number of failures. Jitter shortens it by up to a half.
fn back_off(failed: usize, patience: Patience) -> Duration {
    (SECOND * (1 << failed.min(16))).min(patience.waiting() / 4)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1024, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn no_request_is_sent_too_soon_or_too_late(
        faults in prop::collection::vec(fault(), 0..9),
        patience in prop::sample::select(vec![Patience::SYNC, Patience::INTERACTIVE]),
    ) {
        let replies = faults.clone();
        let script = Script::new(move |asked: &Asked| match asked.path.as_str() {
            "/v1.0/$batch" => replies.get(asked.before).map_or_else(
                || ok(json!({"responses": [{"id": "0", "status": 200, "body": {}}]})),
                Fault::reply,
            ),
            _ => nothing(),
        });
        let settings = settings(json!({}));
        let graph = Graph::new(&script, &settings, patience);
        let question = BatchRequest::get("/users/ann".to_owned());
        let result = block_on(batch::send_all(&graph, &[question], USERS));

        let asked = script.asked.take();
        let asked: Vec<_> = asked.iter().filter(|request| request.path == "/v1.0/$batch").collect();
        let pauses = script.pauses.take();
        prop_assert_eq!(pauses.len(), asked.len() - 1);

        // Never too soon.
        for (failed, (fault, pause)) in faults.iter().zip(&pauses).enumerate() {
            // But for what is lost in floating point.
            let least = back_off(failed, patience) / 2 - Duration::from_micros(1);
            prop_assert!(*pause >= least, "{failed}: {pause:?} is shorter than {least:?}");
            let answered = asked[failed].at + fault.late;
            if let Some(least) = fault.asks(answered) {
                prop_assert!(*pause >= least, "{failed}: {pause:?} is shorter than {least:?}");
            }
            prop_assert_eq!(asked[failed + 1].at, answered + *pause);
        }

        // Never too long.
        let waited: Duration = pauses.iter().sum();
        prop_assert!(waited <= patience.waiting(), "{waited:?}");

        // Never in vain: where all the pauses that are asked for fit, the answer comes.
        let mut needed = Duration::ZERO;
        for (failed, fault) in faults.iter().enumerate() {
            let answered = needed.saturating_add(fault.late);
            let pause = back_off(failed, patience).max(fault.asks(answered).unwrap_or_default());
            needed = answered.saturating_add(pause);
        }
        let last = faults.get(asked.len() - 1);
        match (result, last) {
            (Ok(answers), None) => prop_assert!(matches!(answers[..], [BatchAnswer::Success(_)])),
            (Ok(answers), Some(last)) => {
                prop_assert!(needed > patience.waiting());
                prop_assert!(matches!(answers[..], [BatchAnswer::Refused(_)]), "{last:?}");
                prop_assert!(!last.is_throttling() && !last.outer);
            }
            (Err(Error::Throttled(seconds)), Some(last)) => {
                prop_assert!(needed > patience.waiting());
                prop_assert!(last.is_throttling() || last.outer && last.status == Some(503));
                prop_assert!(seconds > 0);
            }
            (Err(error), Some(last)) => {
                prop_assert!(needed > patience.waiting());
                let is_known = matches!(error, Error::Unavailable(_) | Error::Unexpected(_));
                prop_assert!(is_known, "{error:?}");
                prop_assert!(!last.is_throttling() && (last.outer || last.status.is_none()));
            }
            (Err(error), None) => prop_assert!(false, "the server was back: {error:?}"),
        }
    }
}

#[test]
fn parts_of_a_batch_are_read_also_where_numbers_are_texts_and_texts_numbers() {
    let script = Script::new(|asked: &Asked| match asked.path.as_str() {
        "/v1.0/$batch" => ok(json!({"responses": [{"id": 0, "status": "200", "body": {"a": 1}}]})),
        _ => nothing(),
    });
    let settings = settings(json!({}));
    let graph = Graph::new(&script, &settings, Patience::SYNC);
    let question = BatchRequest::get("/users/ann".to_owned());
    let answers = block_on(batch::send_all(&graph, &[question], USERS)).expect("an answer");
    let [BatchAnswer::Success(body)] = &answers[..] else { panic!("{answers:?}") };
    let body: Value = serde_json::from_str(body.get()).expect("JSON");
    assert_eq!(body, json!({"a": 1}));
}
