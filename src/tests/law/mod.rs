//! The law: whatever is cut, repeated, resumed or changed meanwhile, ONES ends up with what is true
//! of people, groups and memberships, under the settings of the last run.

mod tenant;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use futures_executor::block_on;
use proptest::prelude::*;
use serde_json::json;

use super::script::{Asked, Kept, Script, settings};
use crate::{
    directory,
    error::Error,
    model::{Mode, Subject, UserBatch, UserChange},
    settings::Settings,
};
use tenant::{Event, Tenant, group_id};

/// What a host does with batches, as the interface asks of it.
#[derive(Default)]
struct Store {
    people: BTreeMap<String, String>,
    groups: BTreeMap<String, String>,
    memberships: BTreeSet<(String, String)>,
    /// By the enumeration of people, and by that of groups.
    told: BTreeSet<String>,
    told_groups: BTreeSet<String>,
    told_memberships: BTreeSet<(String, String)>,
    checkpoint: Option<String>,
}

impl Store {
    fn keep(&mut self, batch: &UserBatch) {
        match (batch.subject, batch.mode) {
            (Subject::People, Mode::Full { first: true, .. }) => self.told.clear(),
            (Subject::Groups, Mode::Full { first: true, .. }) => {
                self.told_groups.clear();
                self.told_memberships.clear();
            }
            _ => {}
        }
        batch.changes.iter().for_each(|it| self.change(it));
        match (batch.subject, batch.mode) {
            (Subject::People, Mode::Full { last: true, .. }) => {
                self.people.retain(|id, _| self.told.contains(id));
            }
            (Subject::Groups, Mode::Full { last: true, .. }) => {
                self.groups.retain(|id, _| self.told_groups.contains(id));
                self.memberships.retain(|it| {
                    self.told_memberships.contains(it) || !self.told_groups.contains(&it.0)
                });
            }
            _ => {}
        }
        self.checkpoint = Some(batch.checkpoint.clone());
    }

    fn change(&mut self, change: &UserChange) {
        match change {
            UserChange::User(user) => {
                self.people.insert(user.id.clone(), user.job_title.clone().unwrap_or_default());
                self.told.insert(user.id.clone());
            }
            UserChange::Removed(id, _) => drop(self.people.remove(id)),
            UserChange::Group(group) => {
                self.groups.insert(group.id.clone(), group.name.clone());
                self.told_groups.insert(group.id.clone());
            }
            UserChange::GroupRemoved(id, _) => drop(self.groups.remove(id)),
            UserChange::MemberAdded(it) => {
                self.memberships.insert((it.group.clone(), it.member.clone()));
                self.told_memberships.insert((it.group.clone(), it.member.clone()));
            }
            UserChange::MemberRemoved(it) => {
                self.memberships.remove(&(it.group.clone(), it.member.clone()));
                self.told_memberships.remove(&(it.group.clone(), it.member.clone()));
            }
            unreadable => panic!("{unreadable:?}"),
        }
    }

    /// Of groups that are there.
    fn memberships(&self) -> BTreeSet<(String, String)> {
        let of_groups = self.memberships.iter().filter(|it| self.groups.contains_key(&it.0));
        of_groups.cloned().collect()
    }
}

/// Which people are selected: the groups that they are limited to, and whether blocked accounts
/// are among them.
const SCOPES: [(&[u8], bool); 5] =
    [(&[], false), (&[], true), (&[1], false), (&[1, 2], false), (&[2], true)];

fn settings_of((groups, disabled): (&[u8], bool)) -> Settings {
    let groups: Vec<_> = groups.iter().map(|it| group_id(*it)).collect();
    settings(json!({"users": {"onlyGroups": groups, "includeDisabled": disabled}}))
}

#[derive(Debug, Clone)]
enum Step {
    Change(Event),
    /// A run whose stream is dropped after so many batches, over pages of so many.
    Run(usize, usize),
    OtherSettings(usize),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (11..51_u8, 0..4_u8).prop_map(|(id, action)| Event::Person(id, action)),
        1 => (1..7_u8, 0..4_u8).prop_map(|(id, action)| Event::Group(id, action)),
        4 => (1..7_u8, 11..51_u8).prop_map(|(group, member)| Event::Member(group, member)),
        1 => (1..7_u8, 1..7_u8).prop_map(|(group, member)| Event::Member(group, member)),
        1 => any::<bool>().prop_map(Event::Forget),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        7 => event().prop_map(Step::Change),
        1 => (0..12_usize, 1..7_usize).prop_map(|(room, size)| Step::Run(room, size)),
        1 => (1..7_usize).prop_map(|size| Step::Run(usize::MAX, size)),
        1 => (0..SCOPES.len()).prop_map(Step::OtherSettings),
    ];
    prop::collection::vec(step, 0..60)
}

/// The tenant does not stand still while it is read: before some requests, something happens.
fn run(
    tenant: &RefCell<Tenant>,
    store: &mut Store,
    settings: &Settings,
    (room, size): (usize, usize),
    meanwhile: &[Event],
) {
    // Graph forgets once; what forgets again and again is given up.
    let forgets = meanwhile.iter().any(|it| matches!(it, Event::Forget(_)));
    let meanwhile = RefCell::new(meanwhile.iter());
    let script = Script::new(|asked: &Asked| {
        if asked.before == 0
            && asked.path.contains("$skiptoken")
            && let Some(event) = meanwhile.borrow_mut().next()
        {
            tenant.borrow_mut().apply(*event);
        }
        tenant.borrow().answer(asked, size)
    });
    let mut kept = Kept { room, ..Kept::default() };
    let since = store.checkpoint.clone();
    let result = block_on(directory::sync(&script, settings, since.as_deref(), &mut kept));
    assert!(forgets || matches!(result, Ok(_) | Err(Error::Cancelled)), "{result:?}");
    kept.batches.iter().for_each(|it| store.keep(it));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn after_any_history_a_run_to_the_end_tells_the_truth(
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
                Step::Run(room, size) => {
                    run(&tenant, &mut store, &settings_of(scope), (room, size), &meanwhile);
                }
                Step::OtherSettings(other) => scope = SCOPES[other],
            }
        }
        // The first may end at a change that happened meanwhile; the second sees it.
        let settings = settings_of(scope);
        run(&tenant, &mut store, &settings, (usize::MAX, size), &meanwhile);
        run(&tenant, &mut store, &settings, (usize::MAX, 100), &[]);
        let truth = tenant.borrow();
        prop_assert_eq!(&store.people, &truth.people(scope.0, scope.1));
        prop_assert_eq!(&store.groups, &truth.groups());
        prop_assert_eq!(store.memberships(), truth.memberships());
    }
}
