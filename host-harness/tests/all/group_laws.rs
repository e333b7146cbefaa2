//! Property: whatever happens to users, groups and memberships, and however reports are split into
//! batches, repeated or interrupted, ONES ends up with the same users in the same groups.

use std::collections::{BTreeMap, BTreeSet};

use ones_host::{
    Error,
    model::{Mode, Part, Removed, RoomBatch, RoomChange, Summary, UserBatch, UserChange},
    plugin::{CallError, Packed},
    store::{Decision, Kind},
    sync::{Limit, Source},
};
use proptest::{collection::vec, option, prelude::*};

use crate::fake::*;

/// Numbers below are users, from here on groups.
const FIRST_GROUP: u8 = 5;
const END: u8 = 9;

fn id(node: u8) -> String {
    if node < FIRST_GROUP { format!("p{node}") } else { format!("g{node}") }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Group {
    Readable,
    Unreadable,
    /// In the recycle bin, with its members.
    Gone,
}

#[derive(Debug, Clone, Copy)]
enum Entry {
    User(u8),
    Group(u8),
    Edge(u8, u8),
}

/// A directory with a log of changes, and a plugin that reads it. It stores nothing between
/// runs: a checkpoint is `users <next> <log>`, `groups <next> <log>`, `end <log>` or
/// `log <log>`.
#[derive(Debug, Default)]
struct Directory {
    users: BTreeSet<u8>,
    groups: BTreeMap<u8, Group>,
    edges: BTreeSet<(u8, u8)>,
    /// Groups that were unreadable since the last enumeration that ended: whom ONES then has in
    /// them is what it had before.
    obscured: BTreeSet<u8>,
    log: Vec<Entry>,
    page: usize,
    repeats: bool,
    breaks_after: Option<usize>,
}

impl Directory {
    fn set_user(&mut self, user: u8, is_there: bool) {
        if is_there {
            self.users.insert(user)
        } else {
            self.users.remove(&user)
        };
        self.log.push(Entry::User(user));
    }

    fn set_group(&mut self, group: u8, now: Group) {
        let before = self.groups.insert(group, now);
        self.log.push(Entry::Group(group));
        if before == Some(Group::Gone) {
            // Back from the recycle bin: its members are reported again.
            self.log.extend((0..END).map(|it| Entry::Edge(group, it)));
        }
    }

    fn set_edge(&mut self, group: u8, member: u8, is_in: bool) {
        if self.groups.get(&group).is_none_or(|it| *it == Group::Gone) {
            return;
        }
        let edge = (group, member);
        if is_in {
            self.edges.insert(edge)
        } else {
            self.edges.remove(&edge)
        };
        self.log.push(Entry::Edge(group, member));
    }

    fn change(&self, entry: Entry) -> UserChange {
        match entry {
            Entry::User(it) if self.users.contains(&it) => reported(&id(it)),
            Entry::User(it) => gone(&id(it)),
            Entry::Group(it) => match self.groups.get(&it) {
                Some(Group::Readable) => group(&id(it)),
                Some(Group::Unreadable) => group_unreadable(&id(it)),
                Some(Group::Gone) | None => group_gone(&id(it)),
            },
            Entry::Edge(group, it) if self.edges.contains(&(group, it)) => {
                within(&id(group), &id(it))
            }
            Entry::Edge(group, it) => without(&id(group), &id(it)),
        }
    }

    /// All entries of a listing of users or groups, each with its place in it.
    fn listing(&self, of_users: bool) -> Vec<(usize, Entry)> {
        if of_users {
            return self.users.iter().map(|it| (usize::from(*it), Entry::User(*it))).collect();
        }
        let place = |group: u8| usize::from(group) * 100;
        let groups = self.groups.iter().filter(|(_, it)| **it != Group::Gone).map(|(it, _)| *it);
        let edges = |group| self.edges.range((group, 0)..(group, END));
        groups
            .flat_map(|group| {
                let members = edges(group).map(move |(_, it)| {
                    (place(group) + 1 + usize::from(*it), Entry::Edge(group, *it))
                });
                std::iter::once((place(group), Entry::Group(group))).chain(members)
            })
            .collect()
    }

    fn logged(&self, from: usize, of_users: bool) -> Vec<UserChange> {
        let entries = self.log.iter().skip(from).copied();
        let is_wanted = |it: &Entry| matches!(it, Entry::User(_)) == of_users;
        entries.filter(is_wanted).map(|it| self.change(it)).collect()
    }

    /// One page of a listing from `next` on, and where the following one begins.
    fn listed(&self, of_users: bool, next: usize) -> (Vec<UserChange>, Option<usize>) {
        let listing = self.listing(of_users).into_iter();
        let page: Vec<_> = listing.filter(|(at, _)| *at >= next).take(self.page).collect();
        let next = page.last().map(|(at, _)| at + 1);
        (page.into_iter().map(|(_, it)| self.change(it)).collect(), next)
    }

    fn report(
        &self,
        since: Option<&str>,
        take: &mut dyn FnMut(UserBatch) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut reported = 0;
        let mut put = |of_users: bool, mode, checkpoint: &str, mut changes: Vec<UserChange>| {
            if self.breaks_after.is_some_and(|it| reported >= it) {
                return Err(CallError::Refused(unavailable()).into());
            }
            reported += 1;
            if self.repeats {
                changes.extend(changes.clone());
            }
            match of_users {
                true => take(batch(mode, checkpoint, changes)),
                false => take(of_groups(mode, checkpoint, changes)),
            }
        };
        let begin = format!("users 0 {}", self.log.len());
        let mut at = since.map_or(begin.clone(), str::to_owned);
        let mut first = at == begin;
        loop {
            let words: Vec<_> = at.split_whitespace().collect();
            let number = |word: usize| words[word].parse::<usize>().unwrap();
            let part = |first, last| Mode::Full(Part { first, last });
            at = match words[0] {
                "users" => {
                    let (page, next) = self.listed(true, number(1));
                    let after = match next {
                        Some(next) => format!("users {next} {}", number(2)),
                        None => format!("groups 0 {}", number(2)),
                    };
                    put(true, part(first, false), &after, page)?;
                    first = false;
                    after
                }
                "groups" => {
                    let (page, next) = self.listed(false, number(1));
                    let begins = number(1) == 0;
                    match next {
                        Some(next) => {
                            let after = format!("groups {next} {}", number(2));
                            put(false, part(begins, false), &after, page)?;
                            after
                        }
                        None => {
                            // What happened meanwhile, and the end of both.
                            let after = format!("end {}", number(2));
                            put(false, part(begins, true), &after, self.logged(number(2), false))?;
                            after
                        }
                    }
                }
                "end" => {
                    let after = format!("log {}", number(1));
                    put(true, part(false, true), &after, self.logged(number(1), true))?;
                    after
                }
                _ => {
                    let from = number(1);
                    put(true, Mode::Incremental, &at, self.logged(from, true))?;
                    let after = format!("log {}", self.log.len());
                    return put(false, Mode::Incremental, &after, self.logged(from, false));
                }
            };
        }
    }

    /// Who is in a group, through others too; `None` where an unreadable group leaves that
    /// open.
    fn members(&self, group: u8) -> Option<Vec<String>> {
        let (mut inside, mut open) = (BTreeSet::from([group]), vec![group]);
        while let Some(node) = open.pop() {
            match self.groups.get(&node) {
                Some(Group::Unreadable) => return None,
                _ if self.obscured.contains(&node) => return None,
                Some(Group::Gone) => continue,
                _ => {}
            }
            let members = self.edges.range((node, 0)..(node, END)).map(|(_, it)| *it);
            open.extend(members.filter(|it| inside.insert(*it)));
        }
        Some(inside.intersection(&self.users).map(|it| id(*it)).collect())
    }
}

impl Source for Directory {
    fn sync_rooms(
        &mut self,
        _: &mut dyn FnMut(RoomBatch) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        unreachable!("it has no rooms")
    }

    fn sync_users(
        &mut self,
        since: Option<&str>,
        take: &mut dyn FnMut(UserBatch<Packed>) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        let unreadable = |it: &(&u8, &Group)| *it.1 == Group::Unreadable;
        let unreadable: BTreeSet<_> =
            self.groups.iter().filter(unreadable).map(|it| *it.0).collect();
        self.obscured.extend(&unreadable);
        self.report(since, &mut |batch| take(Packed::batch(batch)?))?;
        if since.is_none() {
            self.obscured = unreadable;
        }
        Ok(Summary { complete: true, ..Summary::default() })
    }

    fn read_users(&mut self, ids: &[String]) -> Result<Vec<UserChange>, Error> {
        let stands = |it: &String| match self.change(Entry::User(it[1..].parse().unwrap())) {
            UserChange::UserRemoved(Removed { id, .. }) => missing(&id),
            change => change,
        };
        Ok(ids.iter().map(stands).collect())
    }

    fn read_rooms(&mut self, ids: &[String]) -> Result<Vec<RoomChange>, Error> {
        unreachable!("it has no rooms: {ids:?}")
    }

    fn read_groups(&mut self, ids: &[String]) -> Result<Vec<UserChange>, Error> {
        let stands = |it: &String| match self.change(Entry::Group(it[1..].parse().unwrap())) {
            UserChange::GroupRemoved(Removed { id, .. }) => group_missing(&id),
            change => change,
        };
        Ok(ids.iter().map(stands).collect())
    }
}

#[derive(Debug, Clone)]
enum Step {
    User(u8, bool),
    Group(u8, Group),
    Edge(u8, u8, bool),
    Sync { full: bool, page: usize, repeats: bool, breaks_after: Option<usize> },
}

fn step() -> impl Strategy<Value = Step> {
    let state = prop_oneof![
        6 => Just(Group::Readable), 1 => Just(Group::Unreadable), 2 => Just(Group::Gone)
    ];
    let often = || prop::bool::weighted(0.7);
    prop_oneof![
        2 => (0..FIRST_GROUP, often()).prop_map(|(it, is_there)| Step::User(it, is_there)),
        2 => (FIRST_GROUP..END, state).prop_map(|(it, now)| Step::Group(it, now)),
        4 => (FIRST_GROUP..END, 0..END, often())
            .prop_map(|(it, of, is_in)| Step::Edge(it, of, is_in)),
        2 => (prop::bool::weighted(0.2), 1..5_usize, any::<bool>(), option::of(0..6_usize))
            .prop_map(|(full, page, repeats, breaks_after)| {
                Step::Sync { full, page, repeats, breaks_after }
            }),
    ]
}

fn check(ones: &Ones, directory: &Directory) -> Result<(), TestCaseError> {
    let (mut store, integration) = ones.integration();
    // The limit is off: only a removal of all there are is held.
    store.decide(integration, Decision::Approve, &[]).unwrap();
    let users: Vec<_> = directory.users.iter().map(|it| id(*it)).collect();
    let mut offered = BTreeMap::new();
    store
        .each_group(integration, false, true, |row| {
            offered.insert(row.id.unwrap(), row.member_ids.unwrap());
            Ok::<_, Error>(())
        })
        .unwrap();
    let mut groups_by_user: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for user in &users {
        let groups = store.groups_of(integration, user).unwrap();
        groups_by_user.insert(user.clone(), groups.into_iter().map(|it| it.id).collect());
    }
    drop(store);
    prop_assert_eq!(ones.offered(Kind::User), users.clone());
    for (group, state) in &directory.groups {
        match (state, directory.members(*group)) {
            (Group::Gone, _) => prop_assert!(!offered.contains_key(&id(*group))),
            (Group::Readable, Some(members)) => {
                prop_assert_eq!(offered.get(&id(*group)), Some(&members), "{}", id(*group));
                for user in &users {
                    let is_in = groups_by_user[user].contains(&id(*group));
                    prop_assert_eq!(is_in, members.contains(user), "{} in {}", user, id(*group));
                }
            }
            (Group::Readable, None) => prop_assert!(offered.contains_key(&id(*group))),
            (Group::Unreadable, _) => {}
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn a_run_that_ends_well_leaves_all_users_in_their_groups(steps in vec(step(), 1..50)) {
        let mut ones = Ones::new();
        ones.options.limit = Limit { count: u64::MAX, percent: 100 };
        let mut directory = Directory::default();
        let last = Step::Sync { full: false, page: 3, repeats: false, breaks_after: None };
        for step in steps.into_iter().chain([last]) {
            match step {
                Step::User(it, is_there) => directory.set_user(it, is_there),
                Step::Group(it, now) => directory.set_group(it, now),
                Step::Edge(it, of, is_in) => directory.set_edge(it, of, is_in),
                Step::Sync { full, page, repeats, breaks_after } => {
                    ones.options.full = full;
                    directory = Directory { page, repeats, breaks_after, ..directory };
                    if ones.sync(&mut directory, |sync| sync.users(NAME)).is_ok() {
                        check(&ones, &directory)?;
                    }
                }
            }
        }
    }
}
