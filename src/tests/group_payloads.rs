//! Microsoft's published payloads of groups. They are in `tests/payloads`.

use serde_json::value::RawValue;

use crate::{
    graph::Page,
    host::Response,
    model::{Group, Membership, Removal},
    payload::{GroupItem, GroupRecord, MemberChange, is_user, read_group, read_group_change},
};

macro_rules! payload {
    ($name:literal) => {
        include_str!(concat!("../../tests/payloads/", $name, ".json"))
    };
}

fn items(body: &str, read: fn(&RawValue) -> GroupItem) -> Vec<GroupItem> {
    let response = Response { status: 200, headers: Vec::new(), body: body.as_bytes().to_vec() };
    Page::read(&response).expect("a page").value.into_iter().map(read).collect()
}

fn added(group: &str, member: &str) -> MemberChange {
    MemberChange::Added(Membership { group: group.to_owned(), member: member.to_owned() })
}

fn removed(group: &str, member: &str) -> MemberChange {
    MemberChange::Removed(Membership { group: group.to_owned(), member: member.to_owned() })
}

#[test]
fn the_first_round_contains_groups_with_and_without_members() {
    let reported = items(payload!("groups-delta-1-initial"), read_group);
    let first = "c2f798fd-f95d-4623-8824-63aec21fffff";
    assert_eq!(
        reported[0],
        GroupItem {
            id: first.to_owned(),
            record: GroupRecord::Complete(Group {
                id: first.to_owned(),
                name: "TestGroup1".to_owned(),
                description: Some("Employees in test group 1".to_owned()),
                email: None,
            }),
            members: vec![
                added(first, "693acd06-2877-4339-8ade-b704261fe7a0"),
                added(first, "49320844-be99-4164-8167-87ff5d047ace"),
            ],
        }
    );
    assert_eq!(reported[1].members, []);
    assert_eq!(items(payload!("groups-delta-2-next"), read_group).len(), 2);
    assert_eq!(items(payload!("groups-delta-3-final-deltalink"), read_group).len(), 2);
}

#[test]
fn a_later_round_contains_members_that_left_and_lacks_properties() {
    assert_eq!(items(payload!("groups-delta-4-no-changes"), read_group_change), []);
    let group = "2e5807ce-58f3-4a94-9b37-ffff2e085957";
    for (body, joined) in [
        (
            payload!("groups-delta-5-changes-members-removed"),
            "37de1ae3-408f-4702-8636-20824abda004",
        ),
        (payload!("groups-delta-large-group-page1"), "37de1ae3-408f-4702-8636-20824abda004"),
    ] {
        let reported = items(body, read_group_change);
        // One of Microsoft's ids is a digit short of a GUID: ids are opaque.
        let left = removed(group, "632f6bb2-3ec8-4c1f-9073-0027a8c6859");
        assert_eq!(reported[0].members, [left, added(group, joined)]);
        assert_eq!(reported[0].record, GroupRecord::Partial, "the address was asked for as well");
    }
}

#[test]
fn a_group_that_is_read_alone_is_complete() {
    let raw: Box<RawValue> = serde_json::from_str(payload!("group-get")).expect("JSON");
    let GroupRecord::Complete(group) = read_group(&raw).record else { panic!("{raw}") };
    assert_eq!(group.id, "b320ee12-b1cd-4cca-b648-a437be61c5cd");
    assert_eq!(group.name, "Library Assist");
    let all = items(payload!("groups-list"), read_group);
    assert!(all.iter().all(|it| matches!(it.record, GroupRecord::Complete(_))), "{all:?}");
}

#[test]
fn users_are_distinguished_from_other_members() {
    let users = |body: &str| {
        let response =
            Response { status: 200, headers: Vec::new(), body: body.as_bytes().to_vec() };
        let page = Page::read(&response).expect("a page");
        page.value.iter().map(|raw| is_user(raw)).collect::<Vec<_>>()
    };
    assert_eq!(users(payload!("groups-transitivemembers")), [true]);
    assert_eq!(users(payload!("groups-transitivemembers-groups-only")), [false, false]);
    // Without a type, only a user principal name identifies a user. A user that is missed for this
    // reason is read by id before it is removed.
    assert_eq!(users(payload!("groups-members-without-odata-type")), [false]);
}

#[test]
fn an_unreadable_member_affects_neither_other_members_nor_the_next_group() {
    let body = r##"{"value": [
        {"id": "g", "displayName": "G", "members@delta": [
            {"@odata.type": "#microsoft.graph.user"}, {"id": "ann"}, {"id": 5}
        ]},
        {"id": "h", "displayName": "H", "members@delta": "everybody"},
        {"displayName": "Nobody"},
        {"id": "i", "@removed": {"reason": "deleted"}},
        {"id": "j", "@removed": {}}
    ]}"##;
    let reported = items(body, read_group);
    assert!(
        matches!(&reported[0].record, GroupRecord::Unreadable(it) if it.reason.contains("members"))
    );
    assert_eq!(reported[0].members, [added("g", "ann")]);
    assert!(matches!(&reported[1].record, GroupRecord::Unreadable(_)));
    assert!(
        matches!(&reported[2].record, GroupRecord::Unreadable(it) if it.reason == "id is missing")
    );
    assert_eq!(reported[3].record, GroupRecord::Removed(Removal::Permanent));
    assert_eq!(reported[4].record, GroupRecord::Removed(Removal::Soft));
}
