//! Lines as they come, and what becomes of a sync that nobody reads.

use std::thread;

use m365_emulator::{Fault, Then};
use serde_json::json;

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
