//! Property test of lagging replicas and failing parts of batches: afterwards ONES has the current
//! state of the tenant, and no user that always existed was removed.

use std::collections::BTreeSet;

use end_to_end::{Scene, text};
use m365_emulator::{Config, Fault, Lag, Read, Then};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn properties(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

/// A change between two runs. Numbers select an existing user or group.
#[derive(Debug, Clone)]
enum Event {
    Hire,
    Rename(usize),
    Dismiss(usize),
    Restore,
    Join(usize, usize),
    Leave(usize, usize),
    /// A replica stays as the tenant is now, for a number of requests.
    Lag(Read, u32),
    /// Parts of a batch fail with a status, for a number of requests.
    Fail(u16, u32),
    /// Parts of a batch are throttled for a moment.
    Throttle(u32),
    Sync,
}

fn event() -> impl Strategy<Value = Event> {
    let read = prop_oneof![Just(Read::User), Just(Read::Group), Just(Read::MemberGroups),];
    let status = prop_oneof![Just(404_u16), Just(500), Just(503)];
    prop_oneof![
        2 => Just(Event::Hire),
        3 => (0..40_usize).prop_map(Event::Rename),
        1 => (0..40_usize).prop_map(Event::Dismiss),
        1 => Just(Event::Restore),
        2 => (0..40_usize, 0..4_usize).prop_map(|(user, group)| Event::Join(user, group)),
        1 => (0..40_usize, 0..4_usize).prop_map(|(user, group)| Event::Leave(user, group)),
        3 => (read, 1..12_u32).prop_map(|(read, times)| Event::Lag(read, times)),
        2 => (status, 1..6_u32).prop_map(|(status, times)| Event::Fail(status, times)),
        1 => (1..3_u32).prop_map(Event::Throttle),
        4 => Just(Event::Sync),
    ]
}

struct History {
    scene: Scene,
    /// Users who were gone at any time.
    gone: BTreeSet<String>,
}

impl History {
    fn happen(&mut self, event: &Event) {
        let scene = &self.scene;
        let users: Vec<_> = scene.expected_users().into_keys().collect();
        let groups: Vec<_> = scene.groups().iter().map(|group| text(group, "id")).collect();
        let user = |number: &usize| users[number % users.len()].as_str();
        let group = |number: &usize| groups[number % groups.len()].as_str();
        let fault = |then, times| {
            let fault = Fault::once("/v1.0/", then).times(times).inside_batch();
            scene.add_fault(fault).expect("a fault");
        };
        // What the tenant refuses does not happen.
        match event {
            Event::Hire => {
                drop(scene.create_user(properties(json!({"displayName": "New"}))));
            }
            Event::Rename(who) => {
                let title = format!("Title {}", scene.truth().sequence);
                let title = properties(json!({"jobTitle": title}));
                drop(scene.patch_user(user(who), title));
            }
            Event::Dismiss(who) => {
                let who = user(who).to_owned();
                drop(scene.delete_user(&who));
                self.gone.insert(who);
            }
            Event::Restore => {
                if let Some(who) = self.gone.first() {
                    drop(scene.restore_user(who));
                }
            }
            Event::Join(who, to) => drop(scene.add_members(group(to), &[user(who)])),
            Event::Leave(who, from) => drop(scene.remove_members(group(from), &[user(who)])),
            Event::Lag(read, times) => scene.lag(Lag::on(&[*read]).times(*times)),
            Event::Fail(status, times) => {
                // Longer than a run waits: nothing is gained by trying again.
                let retry_after = (*status != 404).then(|| "600".to_owned());
                fault(Then::Fail { status: *status, retry_after }, *times);
            }
            Event::Throttle(times) => fault(Then::throttled("0.1"), *times),
            Event::Sync => self.sync(),
        }
    }

    /// Runs a sync, approves its removals, and checks the removed users.
    fn sync(&self) {
        let run = self.scene.host(&["sync", "users"]);
        assert!(matches!(run.code, 0 | 3), "{run:#?}");
        if run.code == 3 {
            self.scene.host(&["removals", "approve"]).ends_with(0);
        }
        let there = self.scene.expected_users();
        let all = self.scene.host(&["users", "--all"]).ends_with(0).lines();
        for user in all.iter().filter(|user| user["removed"].is_object()) {
            let id = text(user, "id");
            assert!(!there.contains_key(&id) || self.gone.contains(&id), "removed: {user}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 5,
        max_shrink_iters: 20,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn after_lagging_replicas_and_failing_batches_two_runs_restore_the_current_state(
        events in prop::collection::vec(event(), 6..22),
    ) {
        let config = Config { users: 25, rooms: 2, groups: 4, ..Config::default() };
        let mut history = History { scene: Scene::with(config), gone: BTreeSet::new() };
        history.sync();
        for event in &events {
            history.happen(event);
        }
        history.scene.set_faults(Vec::new()).expect("no faults");
        history.scene.clear_lags();
        history.sync();
        history.sync();
        history.scene.assert_users_match();
        history.scene.assert_groups_match();
    }
}
