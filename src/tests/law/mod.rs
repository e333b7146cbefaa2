//! Property tests of a sync: after any interruption, repetition, resumption or change during a run,
//! ONES has the current users, groups and memberships under the settings of the last run.

mod tenant;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures_executor::block_on;
use proptest::prelude::*;
use serde_json::json;

use super::script::{Asked, Collected, Reply, Script, settings};
use crate::{
    directory,
    error::Error,
    model::{Mode, Part, Removed, Subject, UserBatch, UserChange},
    settings::Settings,
};
use tenant::{Event, Faults, Tenant, group_id};

/// Time at which every history begins, in seconds since 1970.
const BEGAN: u64 = 1_800_000_000;

/// Time after the last report before which a host removes no user, in seconds.
const GRACE: u64 = 3600;

/// Stores batches as the interface requires of a host.
#[derive(Default)]
struct Store {
    users: BTreeMap<String, String>,
    groups: BTreeMap<String, String>,
    memberships: BTreeSet<(String, String)>,
    /// Ids that the current enumerations of users and groups have listed.
    listed: BTreeSet<String>,
    listed_groups: BTreeSet<String>,
    listed_memberships: BTreeSet<(String, String)>,
    /// Time of the latest report of each id.
    reported: BTreeMap<String, u64>,
    /// Ids to read, because an enumeration or an answer did not contain them.
    doubtful: BTreeSet<String>,
    checkpoint: Option<String>,
    now: u64,
}

impl Store {
    fn keep(&mut self, batch: &UserBatch, tenant: &Tenant) {
        match (batch.subject, batch.mode) {
            (Subject::Users, Mode::Full(Part { first: true, .. })) => self.listed.clear(),
            (Subject::Groups, Mode::Full(Part { first: true, .. })) => {
                self.listed_groups.clear();
                self.listed_memberships.clear();
            }
            _ => {}
        }
        for change in &batch.changes {
            if let UserChange::UserRemoved(Removed { id, .. })
            | UserChange::GroupRemoved(Removed { id, .. }) = change
            {
                assert!(tenant.was_gone(id), "{change:?}, who was never gone");
            }
            self.change(change);
        }
        match (batch.subject, batch.mode) {
            (Subject::Users, Mode::Full(Part { last: true, .. })) => {
                let missed = self.users.keys().filter(|id| !self.listed.contains(*id));
                self.doubtful.extend(missed.cloned());
            }
            (Subject::Groups, Mode::Full(Part { last: true, .. })) => {
                let missed = self.groups.keys().filter(|id| !self.listed_groups.contains(*id));
                self.doubtful.extend(missed.cloned());
                self.memberships.retain(|membership| {
                    self.listed_memberships.contains(membership)
                        || !self.listed_groups.contains(&membership.0)
                });
            }
            _ => {}
        }
        self.checkpoint = Some(batch.checkpoint.clone());
    }

    fn change(&mut self, change: &UserChange) {
        let id = change.id().to_owned();
        match change {
            UserChange::UserIfKnown(_) if !self.users.contains_key(&id) => {}
            UserChange::User(user) | UserChange::UserIfKnown(user) => {
                self.users.insert(id.clone(), user.job_title.clone().unwrap_or_default());
                self.listed.insert(id.clone());
                self.reported.insert(id.clone(), self.now);
                self.doubtful.remove(&id);
            }
            UserChange::UserRemoved(_) => drop(self.users.remove(&id)),
            UserChange::UserMissing(_) if self.users.contains_key(&id) => {
                self.doubtful.insert(id.clone());
                self.reported.insert(id, self.now);
            }
            UserChange::GroupMissing(_) if self.groups.contains_key(&id) => {
                self.doubtful.insert(id.clone());
                self.reported.insert(id, self.now);
            }
            UserChange::UserMissing(_) | UserChange::GroupMissing(_) => {}
            UserChange::UserUnreadable(_) => drop(self.listed.insert(id)),
            UserChange::GroupUnreadable(_) => drop(self.listed_groups.insert(id)),
            UserChange::Group(group) => {
                self.groups.insert(id.clone(), group.name.clone());
                self.listed_groups.insert(id.clone());
                self.reported.insert(id.clone(), self.now);
                self.doubtful.remove(&id);
            }
            UserChange::GroupRemoved(_) => drop(self.groups.remove(&id)),
            UserChange::MemberAdded(it) => {
                self.memberships.insert((it.group.clone(), it.member.clone()));
                self.listed_memberships.insert((it.group.clone(), it.member.clone()));
            }
            UserChange::MemberRemoved(it) => {
                self.memberships.remove(&(it.group.clone(), it.member.clone()));
                self.listed_memberships.remove(&(it.group.clone(), it.member.clone()));
            }
        }
    }

    /// Reads by id the users that may be gone and were not reported for an hour. Removes those that
    /// are missing.
    fn sweep<F: Fn(&Asked) -> Reply>(&mut self, script: &Script<F>, settings: &Settings) {
        let is_old = |id: &String| self.reported.get(id).is_none_or(|it| it + GRACE <= self.now);
        let (old, recent): (BTreeSet<_>, _) =
            std::mem::take(&mut self.doubtful).into_iter().partition(is_old);
        self.doubtful = recent;
        let (groups, users): (Vec<_>, Vec<_>) =
            old.into_iter().partition(|id: &String| id.contains('-'));
        let mut changes = block_on(directory::read_users(script, settings, &users)).expect("all");
        changes.extend(block_on(directory::read_groups(script, settings, &groups)).expect("all"));
        for change in changes {
            match &change {
                UserChange::UserMissing(Removed { id, .. }) | UserChange::GroupMissing(id) => {
                    self.users.remove(id);
                    self.groups.remove(id);
                }
                other => self.change(other),
            }
        }
    }

    /// Returns the memberships of stored groups.
    fn memberships(&self) -> BTreeSet<(String, String)> {
        let of_groups =
            self.memberships.iter().filter(|membership| self.groups.contains_key(&membership.0));
        of_groups.cloned().collect()
    }
}

/// Which users are selected: the groups that they are limited to, and whether blocked accounts
/// are among them.
const SCOPES: [(&[u8], bool); 5] =
    [(&[], false), (&[], true), (&[1], false), (&[1, 2], false), (&[2], true)];

fn settings_of((groups, disabled): (&[u8], bool)) -> Settings {
    let groups: Vec<_> = groups.iter().map(|group| group_id(*group)).collect();
    settings(json!({"users": {"onlyGroups": groups, "includeDisabled": disabled}}))
}

#[derive(Debug, Clone)]
enum Step {
    Change(Event),
    /// A run whose stream is dropped after this number of batches, with pages of this size.
    Run(usize, usize, Faults),
    OtherSettings(usize),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (11..51_u8, 0..4_u8).prop_map(|(id, action)| Event::User(id, action)),
        1 => (1..7_u8, 0..4_u8).prop_map(|(id, action)| Event::Group(id, action)),
        4 => (1..7_u8, 11..51_u8).prop_map(|(group, member)| Event::Member(group, member)),
        1 => (1..7_u8, 1..7_u8).prop_map(|(group, member)| Event::Member(group, member)),
        1 => any::<bool>().prop_map(Event::Forget),
    ]
}

/// No faults, or any combination of them.
fn faults() -> impl Strategy<Value = Faults> {
    let status = prop_oneof![6 => Just(0_u16), 1 => Just(429), 1 => Just(500), 1 => Just(503)];
    let behind = prop::collection::vec(0..40_usize, 0..4);
    let statuses = prop::collection::vec(status, 0..5);
    let expired = prop::option::weighted(0.2, 11..51_usize);
    let any = (behind, statuses, any::<bool>(), expired).prop_map(
        |(behind, statuses, places, expired)| Faults {
            behind,
            statuses,
            places,
            expired,
            ..Faults::default()
        },
    );
    prop_oneof![1 => Just(Faults::default()), 2 => any]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        14 => event().prop_map(Step::Change),
        2 => (0..12_usize, 1..7_usize, faults())
            .prop_map(|(room, size, faults)| Step::Run(room, size, faults)),
        2 => (1..7_usize, faults()).prop_map(|(size, faults)| Step::Run(usize::MAX, size, faults)),
        2 => (0..SCOPES.len()).prop_map(Step::OtherSettings),
    ];
    prop::collection::vec(step, 0..60)
}

/// Runs a sync while the tenant changes: before some requests, an event is applied.
fn run(
    tenant: &RefCell<Tenant>,
    store: &mut Store,
    settings: &Settings,
    (room, size, faults): (usize, usize, &Faults),
    meanwhile: &[Event],
) {
    let meanwhile = RefCell::new(meanwhile.iter());
    let script = Script::new(|asked: &Asked| {
        if asked.before == 0
            && asked.path.contains("$skiptoken")
            && let Some(event) = meanwhile.borrow_mut().next()
        {
            tenant.borrow_mut().apply(*event);
        }
        tenant.borrow().answer(asked, size, faults)
    });
    script.clock.set(Duration::from_secs(BEGAN + store.now));
    let mut collected = Collected { room, ..Collected::default() };
    let since = store.checkpoint.clone();
    let result = block_on(directory::sync(&script, settings, since.as_deref(), &mut collected));
    // Graph can put off a run, and no more.
    let is_throttled = faults.statuses.contains(&429) && matches!(result, Err(Error::Throttled(_)));
    assert!(is_throttled || matches!(result, Ok(_) | Err(Error::Cancelled)), "{result:?}");
    collected.batches.iter().for_each(|batch| store.keep(batch, &tenant.borrow()));
    if result.is_ok() {
        store.sweep(&script, settings);
    }
    // All that goes wrong goes wrong within an hour.
    store.now += 10;
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn after_any_history_two_runs_without_faults_report_the_current_state(
        steps in steps(),
        meanwhile in prop::collection::vec(event(), 0..6),
        size in 1..7_usize,
        first in 0..SCOPES.len(),
    ) {
        let tenant = RefCell::new(Tenant::default());
        for group in [1, 2] {
            tenant.borrow_mut().apply(Event::Group(group, 1));
        }
        let mut store = Store::default();
        let mut scope = SCOPES[first];
        for step in steps {
            match step {
                Step::Change(event) => tenant.borrow_mut().apply(event),
                Step::Run(room, size, faults) => {
                    let how = (room, size, &faults);
                    run(&tenant, &mut store, &settings_of(scope), how, &meanwhile);
                }
                Step::OtherSettings(other) => scope = SCOPES[other],
            }
        }
        // The faults stop, and an hour later every replica knows all there was. What happens
        // during the first run may be seen by the second one only.
        store.now += 2 * GRACE;
        let settings = settings_of(scope);
        let none = Faults::default();
        run(&tenant, &mut store, &settings, (usize::MAX, size, &none), &meanwhile);
        store.now += GRACE + 1;
        run(&tenant, &mut store, &settings, (usize::MAX, 100, &none), &[]);
        let truth = tenant.borrow();
        prop_assert_eq!(&store.users, &truth.users(scope.0, scope.1));
        prop_assert_eq!(&store.groups, &truth.groups());
        prop_assert_eq!(store.memberships(), truth.memberships());
    }
}
