//! Property: whatever the vendor's directory does, and wherever runs break off, ONES ends up with
//! the same users, and loses none on the way.

use std::collections::{BTreeMap, BTreeSet};

use ones_host::{
    Error,
    model::{
        Mode, Part, Removed, RoomChange, Subject, Summary, Unreadable, User, UserBatch, UserChange,
    },
    plugin::{CallError, Packed},
    store::{Decision, Kind},
    sync::{Limit, Source},
};
use proptest::{collection::vec, option, prelude::*};

use crate::fake::{Ones, gone, missing, unavailable, user};

/// A user in the vendor's directory.
#[derive(Debug, Clone, Copy)]
struct Listed {
    version: u8,
    readable: bool,
}

/// A directory with a log of changes, and a plugin that reads it page by page. It stores
/// nothing between runs: a checkpoint is `list <next id> <log>`, or `log <log>`.
#[derive(Debug, Default)]
struct Directory {
    users: BTreeMap<u8, Listed>,
    log: Vec<u8>,
    page: usize,
    breaks_after: Option<usize>,
    forgets: bool,
}

fn id(number: u8) -> String {
    format!("p{number:03}")
}

impl Directory {
    fn set(&mut self, number: u8, user: Option<Listed>) {
        match user {
            Some(user) => self.users.insert(number, user),
            None => self.users.remove(&number),
        };
        self.log.push(number);
    }

    fn change(&self, number: u8) -> UserChange {
        match self.users.get(&number) {
            None => gone(&id(number)),
            Some(Listed { readable: false, .. }) => UserChange::UserUnreadable(Unreadable {
                id: id(number),
                reason: "wrong".to_owned(),
            }),
            Some(Listed { version, .. }) => {
                UserChange::User(User { job_title: Some(version.to_string()), ..user(&id(number)) })
            }
        }
    }

    fn report(
        &self,
        since: Option<&str>,
        take: &mut dyn FnMut(UserBatch) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let words: Vec<_> = since.into_iter().flat_map(str::split_whitespace).collect();
        let number = |it: &str| it.parse::<usize>().unwrap();
        let (mut listed, log, mut first) = match words.as_slice() {
            ["list", next, log] => (Some(number(next)), number(log), false),
            ["log", log] if !self.forgets => (None, number(log), false),
            _ => (Some(0), self.log.len(), true),
        };
        let full = listed.is_some();
        let mut reported = 0;
        let mut put = |batch: UserBatch| {
            if self.breaks_after.is_some_and(|it| reported >= it) {
                return Err(CallError::Refused(unavailable()).into());
            }
            reported += 1;
            take(batch)
        };
        while let Some(next) = listed {
            let page: Vec<_> =
                self.users.keys().filter(|it| usize::from(**it) >= next).take(self.page).collect();
            // Its end is known by an empty page.
            listed = page.last().map(|it| usize::from(**it) + 1);
            let next = listed.unwrap_or(256);
            put(UserBatch {
                subject: Subject::Users,
                mode: Mode::Full(Part { first, last: false }),
                changes: page.into_iter().map(|it| self.change(*it)).collect(),
                checkpoint: format!("list {next} {log}"),
                total: None,
            })?;
            first = false;
        }
        put(UserBatch {
            subject: Subject::Users,
            mode: if full {
                Mode::Full(Part { first: false, last: true })
            } else {
                Mode::Incremental
            },
            changes: self.log.iter().skip(log).map(|it| self.change(*it)).collect(),
            checkpoint: format!("log {}", self.log.len()),
            total: None,
        })
    }
}

impl Source for Directory {
    fn sync_rooms(
        &mut self,
        _: &mut dyn FnMut(ones_host::model::RoomBatch) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        Ok(Summary { complete: true, ..Summary::default() })
    }

    fn sync_users(
        &mut self,
        since: Option<&str>,
        take: &mut dyn FnMut(UserBatch<Packed>) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        self.report(since, &mut |batch| take(Packed::batch(batch)?))?;
        Ok(Summary { complete: true, ..Summary::default() })
    }

    fn read_users(&mut self, ids: &[String]) -> Result<Vec<UserChange>, Error> {
        let stands = |it: &String| match self.change(it[1..].parse().unwrap()) {
            UserChange::UserRemoved(Removed { id, .. }) => missing(&id),
            change => change,
        };
        Ok(ids.iter().map(stands).collect())
    }

    fn read_rooms(&mut self, ids: &[String]) -> Result<Vec<RoomChange>, Error> {
        unreachable!("it has no rooms: {ids:?}")
    }

    fn read_groups(&mut self, _: &[String]) -> Result<Vec<UserChange>, Error> {
        unreachable!("it reports no groups")
    }
}

#[derive(Debug, Clone)]
enum Step {
    Set(u8, Option<(u8, bool)>),
    Sync { full: bool, page: usize, breaks_after: Option<usize>, forgets: bool },
}

fn step() -> impl Strategy<Value = Step> {
    // Mostly readable, and few enough that they meet again.
    let rarely = || prop::bool::weighted(0.2);
    let user = option::weighted(0.7, (0..3_u8, prop::bool::weighted(0.9)));
    prop_oneof![
        3 => (0..12_u8, user).prop_map(|(number, user)| Step::Set(number, user)),
        2 => (rarely(), 1..5_usize, option::of(0..4_usize), rarely())
            .prop_map(|(full, page, breaks_after, forgets)| {
                Step::Sync { full, page, breaks_after, forgets }
            }),
    ]
}

/// Who is on offer, and in which version.
fn offered(ones: &Ones) -> BTreeMap<String, String> {
    let rows = ones.rows(Kind::User, false).into_iter();
    rows.map(|(id, row)| (id, row["jobTitle"].as_str().unwrap().to_owned())).collect()
}

fn sync(ones: &mut Ones, directory: &mut Directory) -> Result<(), TestCaseError> {
    let before =
        if ones.folder.path().join("ones.db").exists() { offered(ones) } else { BTreeMap::new() };
    let outcome = ones.sync(directory, |sync| sync.users(crate::fake::NAME));
    let after = offered(ones);
    let names = |it: &BTreeMap<String, String>| it.keys().cloned().collect::<BTreeSet<_>>();
    let Ok(outcome) = outcome else {
        prop_assert!(names(&before).is_subset(&names(&after)), "a failed run removed a user");
        return Ok(());
    };
    if outcome.counts.held > 0 {
        // The limit is off: only a removal of all users is held.
        let (mut store, id) = ones.integration();
        store.decide(id, Decision::Approve, &[]).unwrap();
    }
    let after = offered(ones);
    for number in 0..12 {
        match directory.users.get(&number) {
            Some(it) if it.readable => {
                prop_assert_eq!(after.get(&id(number)), Some(&it.version.to_string()));
            }
            Some(_) if before.contains_key(&id(number)) => {
                prop_assert!(after.contains_key(&id(number)), "an unreadable one was removed");
            }
            Some(_) => {}
            None => prop_assert_eq!(after.get(&id(number)), None),
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_run_that_ends_well_leaves_what_the_directory_has(steps in vec(step(), 1..30)) {
        let mut ones = Ones::new();
        ones.options.limit = Limit { count: u64::MAX, percent: 100 };
        let mut directory = Directory::default();
        for step in steps {
            match step {
                Step::Set(number, user) => {
                    let user = user.map(|(version, readable)| Listed { version, readable });
                    directory.set(number, user);
                }
                Step::Sync { full, page, breaks_after, forgets } => {
                    ones.options.full = full;
                    directory = Directory { page, breaks_after, forgets, ..directory };
                    sync(&mut ones, &mut directory)?;
                }
            }
        }
        ones.options.full = false;
        directory = Directory { page: 3, breaks_after: None, forgets: false, ..directory };
        sync(&mut ones, &mut directory)?;
    }

    #[test]
    fn no_user_is_removed_without_approval_where_the_limit_is_zero(steps in vec(step(), 1..30)) {
        let mut ones = Ones::new();
        ones.options.limit = Limit { count: 0, percent: 0 };
        let mut directory = Directory::default();
        let mut known = BTreeSet::new();
        for step in steps {
            match step {
                Step::Set(number, user) => {
                    let user = user.map(|(version, readable)| Listed { version, readable });
                    directory.set(number, user);
                }
                Step::Sync { full, page, breaks_after, forgets } => {
                    ones.options.full = full;
                    directory = Directory { page, breaks_after, forgets, ..directory };
                    let _ = ones.sync(&mut directory, |sync| sync.users(crate::fake::NAME));
                    let offered: BTreeSet<_> = offered(&ones).into_keys().collect();
                    prop_assert!(known.is_subset(&offered));
                    known = offered;
                }
            }
        }
    }
}
