//! Lines as they come, and what becomes of a sync that nobody reads.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Read},
    thread,
};

use m365_emulator::{Fault, Then};
use serde_json::{Value, json};

use crate::{
    front::{Front, Setting},
    routes::{of, people},
};

/// The second page of people, and those after it, wait until the faults are cleared.
fn hold_second_page(front: &Front) {
    let hold = Fault::once("/v1.0/users", Then::Hold {}).with_query("$skiptoken").times(None);
    front.set_faults(vec![hold]).unwrap();
}

#[test]
fn the_first_lines_are_there_before_the_last_page_is_asked_for() {
    Setting::of(3_000, 2).under_spin(|front| {
        hold_second_page(front);
        let mut lines = front.lines("/sync/users", &json!({}));
        let first = lines.find(|it| it.get("user").is_some());
        assert!(first.is_some());
        front.set_faults(Vec::new()).unwrap();
        let rest: Vec<_> = lines.collect();
        assert_eq!(1 + of(&rest, "user").len(), people(front).len());
    });
}

#[test]
fn a_client_that_goes_away_ends_the_asking() {
    Setting::of(20_000, 2).under_spin(|front| {
        hold_second_page(front);
        let mut lines = front.lines("/sync/users", &json!({}));
        assert!(lines.any(|it| it.get("user").is_some()));
        drop(lines);
        front.set_faults(Vec::new()).unwrap();
        // Another client takes everything meanwhile; had the first gone on, it would have asked as much.
        let whole = front.sync("users", &json!({ "full": true }));
        let whole = whole.last().unwrap();
        let Some(whole) = whole["summary"]["requests"].as_u64() else { panic!("{whole:#}") };
        let all = u64::try_from(front.requests().len()).unwrap();
        assert!(whole > 20, "{whole} requests for everything");
        assert!(all - whole < whole / 2, "{all} requests, of which {whole} were for everything");
    });
}

#[test]
fn a_client_that_leaves_before_the_first_batch_causes_no_further_request() {
    let front = Setting::of(3_000, 2).hosted();
    for (sync, held) in [("users", "/token"), ("rooms", "/v1.0/places")] {
        front.set_faults(vec![Fault::once(held, Then::Hold {}).times(None)]).unwrap();
        front.clear_requests();
        // The request under way is given up as well, though Microsoft does not answer it.
        front.leave_before_the_first_batch(sync, held);
        let before = front.requests().len();
        front.set_faults(Vec::new()).unwrap();
        let summary = front.sync(sync, &json!({ "full": true })).pop().unwrap();
        let whole = summary["summary"]["requests"].as_u64().unwrap();
        let after = front.requests().len() - before;
        assert_eq!(u64::try_from(after).unwrap(), whole, "none is of the run that was left");
    }
}

/// Ids of the users that arrived in complete lines, before the client went away or the answer
/// ended.
fn arrived(answer: impl Read) -> BTreeSet<String> {
    let lines = BufReader::new(answer).lines().map_while(Result::ok);
    let values = lines.map_while(|it| serde_json::from_str::<Value>(&it).ok());
    values.filter_map(|it| Some(it["user"]["id"].as_str()?.to_owned())).collect()
}

/// A client that reads little at a time.
struct Slow<R>(R);

impl<R: Read> Read for Slow<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        thread::yield_now();
        let most = buffer.len().min(256);
        self.0.read(&mut buffer[..most])
    }
}

#[test]
fn what_a_client_may_not_have_received_is_sent_again_until_it_acknowledges_a_run() {
    Setting::of(9_163, 2).under_spin(|front| {
        let expected = people(front);
        let run_of = |lines: &[Value]| lines.last().unwrap()["run"].clone();

        // One stops after 1 MB, one is slow and stops after 500 KB: most of the directory was sent
        // to both.
        let quick = arrived(front.bytes("/sync/users", &json!({})).take(1 << 20));
        let slow = arrived(Slow(front.bytes("/sync/users", &json!({}))).take(500_000));
        for some in [&quick, &slow] {
            assert!(!some.is_empty() && some.len() < expected.len(), "{}", some.len());
        }
        // The one after them misses the last line alone.
        let mut lines = Vec::new();
        for line in front.lines("/sync/users", &json!({})) {
            if line.get("summary").is_some() {
                break;
            }
            lines.push(line);
        }
        assert_eq!(of(&lines, "user").len(), expected.len());

        let lines = front.sync("users", &json!({}));
        let arrived: BTreeSet<_> =
            of(&lines, "user").iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(arrived, expected, "all of them in one run");
        let unacknowledged = run_of(&lines);
        let lines = front.sync("users", &json!({}));
        assert_eq!(of(&lines, "user").len(), expected.len(), "and again");

        let id = expected.first().unwrap();
        let renamed = json!({ "displayName": "Somebody Else" });
        front.patch_user(id, serde_json::from_value(renamed).unwrap()).unwrap();
        front
            .post("/sync/users/ack", &json!({ "run": unacknowledged }))
            .problem(409, "run-unknown");
        let acknowledgement = json!({ "run": run_of(&lines) });
        assert_eq!(front.post("/sync/users/ack", &acknowledgement).status, 200);
        for _ in 0..2 {
            let lines = front.sync("users", &json!({}));
            assert_eq!(of(&lines, "user").len(), 1, "what changed, until that is acknowledged");
        }
        let lines = front.sync("users", &json!({}));
        let lines = front.sync("users", &json!({ "ack": run_of(&lines) }));
        assert_eq!(of(&lines, "user").len(), 0, "{lines:#?}");
    });
}

#[test]
fn two_at_once_get_all_of_it_each() {
    Setting::of(3_000, 2).under_spin(|front| {
        hold_second_page(front);
        let mut syncs = [0, 1].map(|_| front.lines("/sync/users", &json!({ "full": true })));
        // Both are in the middle.
        for lines in &mut syncs {
            assert!(lines.any(|it| it.get("user").is_some()));
        }
        front.set_faults(Vec::new()).unwrap();
        let expected = people(front).len();
        let counts =
            syncs.map(|lines| thread::spawn(|| 1 + of(&lines.collect::<Vec<_>>(), "user").len()));
        for count in counts {
            assert_eq!(count.join().unwrap(), expected);
        }
    });
}
