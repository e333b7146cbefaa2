//! Groups within each other: their users, whatever the shape.

use std::collections::{BTreeMap, BTreeSet};

use ones_host::{
    Error,
    model::UserChange,
    store::{GroupRow, PageOf},
};
use proptest::{collection::vec, prelude::*};

use crate::fake::*;

/// Below are users, from here on groups; the last of them is never reported itself.
const FIRST_GROUP: usize = 6;
const END: usize = 18;

fn id(node: usize) -> String {
    if node < FIRST_GROUP { format!("p{node:03}") } else { format!("g{node:03}") }
}

fn batches(changes: Vec<UserChange>) -> Vec<ones_host::model::UserBatch> {
    let mut batches = vec![of_groups(FIRST, "c2", Vec::new())];
    let pieces = changes.chunks(1_000).map(|it| of_groups(MIDDLE, "c2", it.to_vec()));
    batches.extend(pieces);
    batches.push(of_groups(LAST, "c3", Vec::new()));
    batches
}

/// ONES with users and groups, of which these are removed, and memberships.
fn ones(edges: &[(usize, usize)], removed: &BTreeSet<usize>) -> Ones {
    let mut ones = Ones::new();
    let users = (0..FIRST_GROUP).map(|it| reported(&id(it))).collect();
    let groups = (FIRST_GROUP..END - 1).map(|it| group(&id(it)));
    let members = edges.iter().map(|(holder, member)| within(&id(*holder), &id(*member)));
    let mut all = vec![batch(COMPLETE, "c1", users)];
    all.extend(batches(groups.chain(members).collect()));
    ones.options.limit = ones_host::sync::Limit { count: u64::MAX, percent: 100 };
    ones.sync_users(&mut Fake::users(all)).unwrap();
    let gone = removed.iter().map(|it| group_gone(&id(*it))).collect();
    ones.sync_users(&mut Fake::users([of_groups(CHANGES, "c4", gone)])).unwrap();
    ones
}

/// Who is in a group, by following each membership.
fn followed(group: usize, edges: &[(usize, usize)], removed: &BTreeSet<usize>) -> Vec<String> {
    let (mut inside, mut open) = (BTreeSet::from([group]), vec![group]);
    while let Some(node) = open.pop() {
        let leads_on = (FIRST_GROUP..END - 1).contains(&node) && !removed.contains(&node);
        let members = edges.iter().filter(|(holder, _)| leads_on && *holder == node);
        open.extend(members.map(|(_, it)| *it).filter(|it| inside.insert(*it)));
    }
    inside.range(..FIRST_GROUP).map(|it| id(*it)).collect()
}

fn listed(ones: &Ones, members: bool) -> BTreeMap<String, GroupRow> {
    let (store, integration) = ones.integration();
    let mut listed = BTreeMap::new();
    store
        .each_group(integration, true, members, |row| {
            listed.insert(row.id.clone().unwrap(), row);
            Ok::<_, Error>(())
        })
        .unwrap();
    listed
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_users_of_a_group_are_those_found_by_following_each_membership(
        edges in vec((FIRST_GROUP..END, 0..END), 0..60),
        removed in vec(FIRST_GROUP..END - 1, 0..3),
    ) {
        let removed = removed.into_iter().collect();
        let ones = ones(&edges, &removed);
        let (named, counted) = (listed(&ones, true), listed(&ones, false));
        let (store, integration) = ones.integration();
        let all = PageOf { search: "", after: None, removed: true, limit: 50 };
        let page = store.groups_page(integration, all).unwrap();
        prop_assert_eq!(page.len(), END - 1 - FIRST_GROUP);
        for group in FIRST_GROUP..END - 1 {
            let expected = followed(group, &edges, &removed);
            let row = &named[&id(group)];
            prop_assert_eq!(row.member_ids.as_ref(), Some(&expected), "{}", id(group));
            let on_page = page.iter().find(|it| it.id == row.id).unwrap();
            for row in [row, &counted[&id(group)], on_page] {
                prop_assert_eq!(row.members, expected.len() as u64, "{}", id(group));
            }
        }
    }
}

#[test]
fn groups_that_are_all_within_each_other_have_the_same_members() {
    let groups = 30;
    let name = |it: usize| format!("g{it:03}");
    let within_all = (0..groups).flat_map(|holder| {
        let others = (0..groups).map(move |it| within(&name(holder), &name(it)));
        others.chain([group(&name(holder)), within(&name(holder), &id(holder % FIRST_GROUP))])
    });
    let mut ones = Ones::new();
    let users = (0..FIRST_GROUP).map(|it| reported(&id(it))).collect();
    let mut all = vec![batch(COMPLETE, "c1", users)];
    all.extend(batches(within_all.collect()));
    ones.sync_users(&mut Fake::users(all)).unwrap();
    let everybody: Vec<_> = (0..FIRST_GROUP).map(id).collect();
    let listed = listed(&ones, true);
    assert_eq!(listed.len(), groups);
    for row in listed.values() {
        assert_eq!(row.member_ids.as_ref(), Some(&everybody));
    }
}

#[test]
fn a_long_chain_of_groups_ends() {
    let length = 3_000;
    let name = |it: usize| format!("g{it:04}");
    let chain = (0..length).flat_map(|it| [group(&name(it)), within(&name(it), &name(it + 1))]);
    let mut ones = Ones::new();
    let mut all = vec![batch(COMPLETE, "c1", vec![reported("p")])];
    all.extend(batches(chain.chain([within(&name(length - 1), "p")]).collect()));
    ones.sync_users(&mut Fake::users(all)).unwrap();
    let (store, integration) = ones.integration();
    let page = PageOf { search: "", after: None, removed: false, limit: 3 };
    let rows = store.groups_page(integration, page).unwrap();
    assert_eq!(rows.iter().map(|it| it.members).collect::<Vec<_>>(), [1, 1, 1]);
}
