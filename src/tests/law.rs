//! The law: whatever is cut, repeated, resumed or changed meanwhile, ONES ends up with what is true.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use futures_executor::block_on;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    people::{page, user, with},
    script::{Asked, GRAPH, Kept, Reply, Script, nothing, ok, settings},
};
use crate::{
    error::Error,
    model::{Mode, Removal, UserBatch, UserChange},
    settings::Settings,
    users,
};

/// A directory that tells changes by number, in pages of any size, with repetitions.
#[derive(Default)]
struct Directory {
    people: BTreeMap<u8, (u32, bool)>,
    log: Vec<u8>,
}

impl Directory {
    fn apply(&mut self, (id, action): (u8, u8)) {
        match action {
            0 => drop(self.people.remove(&id)),
            1 => self.people.entry(id).or_default().1 ^= true,
            _ => self.people.entry(id).or_default().0 += 1,
        }
        self.log.push(id);
    }

    fn json(&self, id: u8) -> Value {
        let name = id.to_string();
        match self.people.get(&id) {
            Some((revision, disabled)) => {
                let user = with(user(&name), "jobTitle", json!(revision.to_string()));
                with(user, "accountEnabled", json!(!disabled))
            }
            None => json!({"id": name, "@removed": {"reason": "changed"}}),
        }
    }

    fn truth(&self) -> BTreeMap<String, String> {
        let enabled = self.people.iter().filter(|(_, (_, disabled))| !disabled);
        enabled.map(|(id, (revision, _))| (id.to_string(), revision.to_string())).collect()
    }

    /// Pages by offset for the listing; by position in the log for delta.
    fn answer(&self, asked: &Asked, size: usize) -> Reply {
        let number =
            |path: &str| path.rsplit('=').next().and_then(|it| it.parse().ok()).unwrap_or(0_usize);
        let path = asked.path.as_str();
        if path.contains("latest") {
            return page(&[], "@odata.deltaLink", &self.log.len().to_string());
        }
        if path.contains("/users/delta") {
            let from = number(path);
            // Each page repeats what the one before it ended with.
            let items: Vec<_> =
                self.log.iter().skip(from.saturating_sub(1)).take(size + 1).collect();
            let items: Vec<_> = items.iter().map(|it| self.json(**it)).collect();
            let next = from + size;
            return match next < self.log.len() {
                true => page(&items, "@odata.nextLink", &next.to_string()),
                false => page(&items, "@odata.deltaLink", &self.log.len().to_string()),
            };
        }
        if path.starts_with("/v1.0/users?") {
            // By id, so that who comes and goes meanwhile moves nobody.
            let after = if path.contains("$skiptoken") { number(path) } else { 0 };
            let ids: Vec<_> =
                self.people.keys().copied().filter(|it| usize::from(*it) >= after).collect();
            let items: Vec<_> = ids.iter().take(size).map(|it| self.json(*it)).collect();
            return ok(match ids.get(size) {
                Some(next) => {
                    json!({"value": items, "@odata.nextLink": format!("{GRAPH}/v1.0/users?$skiptoken={next}")})
                }
                None => json!({"value": items}),
            });
        }
        if path.contains("/places/") {
            return ok(json!({"value": []}));
        }
        nothing()
    }
}

/// What a host does with batches, as the interface asks of it.
#[derive(Default)]
struct Store {
    people: BTreeMap<String, String>,
    told: BTreeSet<String>,
    checkpoint: Option<String>,
}

impl Store {
    fn keep(&mut self, batch: &UserBatch) {
        if let Mode::Full { first: true, .. } = batch.mode {
            self.told.clear();
        }
        for change in &batch.changes {
            match change {
                UserChange::User(user) => {
                    let title = user.job_title.clone().unwrap_or_default();
                    self.people.insert(user.id.clone(), title);
                    self.told.insert(user.id.clone());
                }
                UserChange::Removed(
                    id,
                    Removal::OutOfScope | Removal::Soft | Removal::Permanent,
                ) => {
                    self.people.remove(id);
                }
                other => panic!("{other:?}"),
            }
        }
        if let Mode::Full { last: true, .. } = batch.mode {
            self.people.retain(|id, _| self.told.contains(id));
        }
        self.checkpoint = Some(batch.checkpoint.clone());
    }
}

#[derive(Debug, Clone)]
enum Step {
    Change(u8, u8),
    /// A run whose stream is dropped after so many batches, over pages of so many.
    Run(usize, usize),
    OtherSettings(bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => (1..40_u8, 0..4_u8).prop_map(|(id, action)| Step::Change(id, action)),
        2 => (0..6_usize, 1..7_usize).prop_map(|(room, size)| Step::Run(room, size)),
        1 => any::<bool>().prop_map(Step::OtherSettings),
    ];
    prop::collection::vec(step, 0..40)
}

fn run(
    directory: &RefCell<Directory>,
    store: &mut Store,
    settings: &Settings,
    room: usize,
    size: usize,
) {
    let script = Script::new(|asked: &Asked| {
        // The tenant does not stand still while it is read.
        if asked.before == 0 && asked.path.starts_with("/v1.0/users?$skiptoken") {
            directory.borrow_mut().apply(((asked.path.len() % 40) as u8 + 1, (room % 4) as u8));
        }
        directory.borrow().answer(asked, size)
    });
    let mut kept = Kept { room, ..Kept::default() };
    let result = block_on(users::sync(&script, settings, store.checkpoint.as_deref(), &mut kept));
    assert!(matches!(result, Ok(_) | Err(Error::Cancelled)), "{result:?}");
    kept.batches.iter().for_each(|it| store.keep(it));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn after_any_history_a_run_to_the_end_tells_the_truth(steps in steps(), size in 1..7_usize) {
        let directory = RefCell::new(Directory::default());
        let mut store = Store::default();
        let variants = [
            settings(json!({"users": {"cardNumber": "jobTitle"}})),
            settings(json!({})),
        ];
        let mut variant = 0;
        for step in steps {
            match step {
                Step::Change(id, action) => directory.borrow_mut().apply((id, action)),
                Step::Run(room, size) => run(&directory, &mut store, &variants[variant], room, size),
                Step::OtherSettings(other) => variant = usize::from(other),
            }
        }
        // The first may end at a change that happened meanwhile; the second sees it.
        run(&directory, &mut store, &variants[variant], usize::MAX, size);
        run(&directory, &mut store, &variants[variant], usize::MAX, 100);
        prop_assert_eq!(&store.people, &directory.borrow().truth());
    }
}
