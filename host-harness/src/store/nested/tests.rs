#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::{
    model::{Group, Membership, User},
    store::{Kind, NewMembers, Numbers, Sighting, StoreOptions},
};

fn name(group: usize) -> String {
    format!("g{group:02}")
}

/// How often members are worked out to list all groups, each of which has these members, and one
/// user.
fn worked_out(groups: usize, members: impl Fn(usize) -> Vec<usize>) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path(), StoreOptions::default()).unwrap();
    let integration = store.ensure_integration("Contoso").unwrap();
    let sighting = Sighting { seen: 1, at: jiff::Timestamp::UNIX_EPOCH };
    let (mut numbers, mut members_of) = (Numbers::default(), NewMembers::default());
    store
        .transaction(integration, |it| {
            let user = User { id: "p".to_owned(), ..User::default() };
            let mut records = it.reported()?;
            records.put(Kind::User, &user, "{}", sighting)?;
            for number in 0..groups {
                let id = name(number);
                let record = Group { id: id.clone(), ..Group::default() };
                records.put(Kind::Group, &record, "{}", sighting)?;
                let mut add = |member: &str| {
                    let membership = Membership { group: id.as_str(), member };
                    it.add_member(membership, &mut numbers, &mut members_of)
                };
                add("p")?;
                members(number).into_iter().try_for_each(|member| add(&name(member)))?;
            }
            it.store_members(&mut members_of, 1)?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let mut nested = Nested::new(&store, integration, true).unwrap();
    for group in 0..groups {
        assert_eq!(nested.members(&name(group)).unwrap(), (1, Some(vec!["p".to_owned()])));
    }
    nested.worked_out
}

#[test]
fn groups_that_lead_to_each_other_are_worked_out_once() {
    assert_eq!(worked_out(40, |_| (0..40).collect()), 1);
    // A circle, and two of them side by side.
    assert_eq!(worked_out(40, |it| vec![(it + 1) % 40]), 1);
    assert_eq!(worked_out(40, |it| vec![(it + 2) % 40]), 2);
}

#[test]
fn groups_that_do_not_lead_back_are_worked_out_each() {
    assert_eq!(worked_out(10, |it| (it + 1..10).collect()), 10);
    assert_eq!(worked_out(10, |_| Vec::new()), 10);
}
