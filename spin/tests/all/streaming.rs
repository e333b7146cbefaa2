//! Lines are sent while a sync runs, and clients that leave end it.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Read},
    thread,
};

use m365_emulator::{Fault, Then};
use serde_json::{Value, json};

use crate::{
    front::{Front, Setting},
    routes::{lines_of, selected_users},
};

/// Delays the second page of users, and those after it, until the faults are cleared.
fn hold_second_page(front: &Front) {
    let hold = Fault::once("/v1.0/users", Then::Hold {}).with_query("$skiptoken").times(None);
    front.set_faults(vec![hold]).unwrap();
}

#[test]
fn the_first_lines_are_sent_before_the_last_page_is_requested() {
    Setting::with(3_000, 2).run(|front| {
        hold_second_page(front);
        let mut lines = front.lines("/sync/users", &json!({}));
        let first = lines.find(|line| line.get("user").is_some());
        assert!(first.is_some());
        front.set_faults(Vec::new()).unwrap();
        let rest: Vec<_> = lines.collect();
        assert_eq!(1 + lines_of(&rest, "user").len(), selected_users(front).len());
    });
}

#[test]
fn a_client_that_leaves_ends_the_requests() {
    Setting::with(20_000, 2).run(|front| {
        hold_second_page(front);
        let mut lines = front.lines("/sync/users", &json!({}));
        assert!(lines.any(|line| line.get("user").is_some()));
        drop(lines);
        front.set_faults(Vec::new()).unwrap();
        // Meanwhile, another client syncs everything. The first sync would need as many requests.
        let lines = front.sync("users", &json!({ "full": true }));
        let last = lines.last().unwrap();
        let Some(full) = last["summary"]["requests"].as_u64() else { panic!("{last:#}") };
        let total = u64::try_from(front.requests().len()).unwrap();
        assert!(full > 20, "{full} requests of a full sync");
        assert!(total - full < full / 2, "{total} requests, {full} of them of the full sync");
    });
}

#[test]
fn after_a_client_left_before_the_first_batch_no_request_follows() {
    let front = Setting::with(3_000, 2).start_with_spin_interfaces();
    for (sync, held) in [("users", "/token"), ("rooms", "/v1.0/places")] {
        front.set_faults(vec![Fault::once(held, Then::Hold {}).times(None)]).unwrap();
        front.clear_requests();
        // The pending request is cancelled too, although Microsoft does not answer it.
        front.leave_before_the_first_batch(sync, held);
        let before = front.requests().len();
        front.set_faults(Vec::new()).unwrap();
        let summary = front.sync(sync, &json!({ "full": true })).pop().unwrap();
        let full = summary["summary"]["requests"].as_u64().unwrap();
        let after = front.requests().len() - before;
        assert_eq!(u64::try_from(after).unwrap(), full, "none belongs to the run that was left");
    }
}

/// Reads the ids of the users in complete lines, until the answer ends.
fn received_users(answer: impl Read) -> BTreeSet<String> {
    let lines = BufReader::new(answer).lines().map_while(Result::ok);
    let values = lines.map_while(|line| serde_json::from_str::<Value>(&line).ok());
    values.filter_map(|line| Some(line["user"]["id"].as_str()?.to_owned())).collect()
}

/// A client that reads a few bytes at a time.
struct Slow<R>(R);

impl<R: Read> Read for Slow<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        thread::yield_now();
        let limit = buffer.len().min(256);
        self.0.read(&mut buffer[..limit])
    }
}

#[test]
fn users_are_sent_again_until_the_client_acknowledges_a_run() {
    Setting::with(9_163, 2).run(|front| {
        let expected = selected_users(front);
        let run_of = |lines: &[Value]| lines.last().unwrap()["run"].clone();

        // One client leaves after 1 MB, and a slow one after 500 KB. The component has sent most of
        // the directory to both.
        let quick = received_users(front.bytes("/sync/users", &json!({})).take(1 << 20));
        let slow = received_users(Slow(front.bytes("/sync/users", &json!({}))).take(500_000));
        for some in [&quick, &slow] {
            assert!(!some.is_empty() && some.len() < expected.len(), "{}", some.len());
        }
        // The next client misses the last line only.
        let mut lines = Vec::new();
        for line in front.lines("/sync/users", &json!({})) {
            if line.get("summary").is_some() {
                break;
            }
            lines.push(line);
        }
        assert_eq!(lines_of(&lines, "user").len(), expected.len());

        let lines = front.sync("users", &json!({}));
        let received: BTreeSet<_> = lines_of(&lines, "user")
            .iter()
            .map(|user| user["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(received, expected, "all users in one run");
        let unacknowledged = run_of(&lines);
        let lines = front.sync("users", &json!({}));
        assert_eq!(lines_of(&lines, "user").len(), expected.len(), "and all users again");

        let id = expected.first().unwrap();
        let renamed = json!({ "displayName": "Another Name" });
        front.patch_user(id, serde_json::from_value(renamed).unwrap()).unwrap();
        front
            .post("/sync/users/ack", &json!({ "run": unacknowledged }))
            .problem(409, "run-unknown");
        let acknowledgement = json!({ "run": run_of(&lines) });
        assert_eq!(front.post("/sync/users/ack", &acknowledgement).status, 200);
        for _ in 0..2 {
            let lines = front.sync("users", &json!({}));
            assert_eq!(lines_of(&lines, "user").len(), 1, "the change, until it is acknowledged");
        }
        let lines = front.sync("users", &json!({}));
        let lines = front.sync("users", &json!({ "ack": run_of(&lines) }));
        assert_eq!(lines_of(&lines, "user").len(), 0, "{lines:#?}");
    });
}

#[test]
fn two_simultaneous_syncs_are_both_complete() {
    Setting::with(3_000, 2).run(|front| {
        hold_second_page(front);
        let mut syncs = [0, 1].map(|_| front.lines("/sync/users", &json!({ "full": true })));
        // Both have begun.
        for lines in &mut syncs {
            assert!(lines.any(|line| line.get("user").is_some()));
        }
        front.set_faults(Vec::new()).unwrap();
        let expected = selected_users(front).len();
        let counts = syncs
            .map(|lines| thread::spawn(|| 1 + lines_of(&lines.collect::<Vec<_>>(), "user").len()));
        for count in counts {
            assert_eq!(count.join().unwrap(), expected);
        }
    });
}
