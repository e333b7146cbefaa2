//! Groups of the directory, and their users.

use ones_host::{
    model::{Removal, Removed, Unreadable, User, UserChange},
    store::{Decision, GroupRow, GroupSource, Kind, PageOf},
    sync::{Action, RunMode},
};

use crate::fake::*;

/// ONES with users p000 to p004 and these groups.
fn with_groups(changes: Vec<UserChange>) -> Ones {
    let mut ones = Ones::new();
    let users = ids(5).iter().map(|it| reported(it)).collect();
    let batches = [batch(COMPLETE, "c1", users), of_groups(COMPLETE, "c2", changes)];
    ones.sync_users(&mut Fake::users(batches)).unwrap();
    ones
}

fn groups(ones: &Ones, all: bool) -> Vec<GroupRow> {
    let (store, id) = ones.integration();
    let mut groups = Vec::new();
    store
        .each_group(id, all, true, |row| {
            groups.push(row);
            Ok::<_, ones_host::Error>(())
        })
        .unwrap();
    groups
}

#[track_caller]
fn check(ones: &Ones, name: &str, members: &[&str]) {
    let groups = groups(ones, false);
    let found = groups.iter().find(|it| it.name == name).unwrap_or_else(|| panic!("{groups:?}"));
    assert_eq!(found.member_ids.as_deref().unwrap(), members, "{name}");
    assert_eq!(found.members, members.len() as u64);
}

/// Reports only groups, as changes.
fn change(ones: &mut Ones, changes: Vec<UserChange>) -> ones_host::store::RunCounts {
    ones.sync_users(&mut Fake::users([of_groups(CHANGES, "c3", changes)])).unwrap().counts
}

/// Reports all groups again.
fn report_all(ones: &mut Ones, changes: Vec<UserChange>) -> (Fake, ones_host::store::RunCounts) {
    let mut source = Fake::users([of_groups(COMPLETE, "c4", changes)]);
    let counts = ones.sync_users(&mut source).unwrap().counts;
    (source, counts)
}

#[test]
fn groups_are_counted_and_listed_with_their_users() {
    let mut ones = Ones::new();
    let changes = vec![group("a"), within("a", "p001"), within("a", "p000"), within("a", "p000")];
    let source = &mut Fake::users([
        batch(COMPLETE, "c1", ids(5).iter().map(|it| reported(it)).collect()),
        of_groups(FIRST, "c2", changes),
        of_groups(LAST, "c3", vec![group("b")]),
    ]);
    let counts = ones.sync_users(source).unwrap().counts;
    assert_eq!((counts.added, counts.groups.added, counts.memberships.added), (5, 2, 2));
    let [a, b] = groups(&ones, false).try_into().unwrap();
    assert_eq!((a.id.as_deref(), a.name.as_str(), a.members), (Some("a"), "A", 2));
    assert_eq!(
        (a.description.as_deref(), a.email.as_deref()),
        (Some("All of a"), Some("a@contoso.com"))
    );
    assert_eq!(
        (a.source, a.member_ids.unwrap()),
        (GroupSource::Directory, vec!["p000".to_owned(), "p001".to_owned()])
    );
    assert_eq!((b.members, b.removed), (0, None));
    let run = ones.runs().pop().unwrap();
    assert_eq!((run.groups.added, run.memberships.added), (2, 2));
    assert!(ones.changes.iter().any(|it| it.kind == Kind::Group && it.name == "B"));
}

#[test]
fn a_member_of_a_group_within_a_group_is_in_both_and_cycles_end() {
    let ones = with_groups(vec![
        group("all"),
        within("all", "team"),
        within("all", "p000"),
        group("team"),
        within("team", "p001"),
        within("team", "core"),
        group("core"),
        within("core", "p002"),
        within("core", "all"),
    ]);
    for name in ["ALL", "TEAM", "CORE"] {
        check(&ones, name, &["p000", "p001", "p002"]);
    }
    let (store, id) = ones.integration();
    let of = |user| -> Vec<_> {
        store.groups_of(id, user).unwrap().into_iter().map(|it| it.name).collect()
    };
    assert_eq!(of("p002"), ["ALL", "CORE", "TEAM"]);
    assert_eq!(of("p004"), [""; 0]);
}

#[test]
fn only_users_on_offer_count_and_a_user_who_is_back_is_still_a_member() {
    let mut ones = with_groups(vec![group("a"), within("a", "p000"), within("a", "stranger")]);
    check(&ones, "A", &["p000"]);
    let users = vec![reported("stranger"), gone("p000")];
    ones.sync_users(&mut Fake::users([batch(CHANGES, "c3", users)])).unwrap();
    check(&ones, "A", &["stranger"]);
    ones.sync_users(&mut Fake::users([batch(CHANGES, "c4", vec![reported("p000")])])).unwrap();
    check(&ones, "A", &["p000", "stranger"]);
    // The account of a room's mailbox is no user.
    ones.sync_rooms(&mut Fake::rooms(["stranger"])).unwrap();
    check(&ones, "A", &["p000"]);
}

#[test]
fn memberships_come_and_go_with_the_changes_that_report_them() {
    let mut ones = with_groups(vec![group("a"), within("a", "p000")]);
    let changes = vec![within("a", "p001"), without("a", "p000"), without("a", "unknown")];
    let counts = change(&mut ones, changes);
    assert_eq!((counts.memberships.added, counts.memberships.removed), (1, 1));
    check(&ones, "A", &["p001"]);
    // The last word counts.
    change(
        &mut ones,
        vec![without("a", "p002"), within("a", "p002"), within("a", "p003"), without("a", "p003")],
    );
    check(&ones, "A", &["p001", "p002"]);
}

#[test]
fn a_membership_that_is_not_reported_again_is_gone_where_its_group_was_reported() {
    let before = |name| vec![group(name), within(name, "p000"), within(name, "p001")];
    let mut ones =
        with_groups([before("reported"), before("unreadable"), before("missed")].concat());
    let source = Fake::users([of_groups(
        COMPLETE,
        "c3",
        vec![group("reported"), within("reported", "p001"), group_unreadable("unreadable")],
    )]);
    let source = &mut source.where_stands(group("missed"));
    let counts = ones.sync_users(source).unwrap().counts;
    assert_eq!(source.read, ["missed"]);
    assert_eq!((counts.memberships.removed, counts.groups.removed, counts.unreadable), (1, 0, 1));
    check(&ones, "REPORTED", &["p001"]);
    check(&ones, "UNREADABLE", &["p000", "p001"]);
    check(&ones, "MISSED", &["p000", "p001"]);
}

#[test]
fn an_enumeration_that_stops_or_is_not_complete_takes_no_membership_away() {
    let mut ones = with_groups(vec![group("a"), within("a", "p000"), within("a", "p001")]);
    let source = Fake::users([of_groups(FIRST, "c3", vec![group("a"), within("a", "p001")])]);
    ones.sync_users(&mut source.then_fails()).unwrap_err();
    check(&ones, "A", &["p000", "p001"]);
    let source = Fake::users([of_groups(LAST, "c4", vec![])]);
    ones.sync_users(&mut source.incomplete()).unwrap();
    check(&ones, "A", &["p000", "p001"]);
    let (_, counts) = report_all(&mut ones, vec![group("a"), within("a", "p001")]);
    assert_eq!(counts.memberships.removed, 1);
    check(&ones, "A", &["p001"]);
}

#[test]
fn a_change_after_an_enumeration_in_the_same_run_counts() {
    let mut ones =
        with_groups(vec![group("a"), within("a", "p000"), group("b"), within("b", "p001")]);
    let source = &mut Fake::users([
        of_groups(COMPLETE, "c3", vec![group("a"), within("a", "p000")]),
        // Renamed meanwhile: its members were not reported again.
        of_groups(CHANGES, "c4", vec![group("b"), within("a", "p002")]),
    ]);
    ones.sync_users(source).unwrap();
    check(&ones, "A", &["p000", "p002"]);
    check(&ones, "B", &["p001"]);
}

#[test]
fn a_removed_group_keeps_its_members_until_it_is_back() {
    let mut ones = with_groups(vec![
        group("a"),
        within("a", "b"),
        group("b"),
        within("b", "p001"),
        group("c"),
        within("c", "p001"),
    ]);
    assert_eq!(change(&mut ones, vec![group_gone("b")]).groups.removed, 1);
    check(&ones, "A", &[]);
    let (store, id) = ones.integration();
    let still_in = store.groups_of(id, "p001").unwrap();
    assert_eq!(still_in.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["C"]);
    assert_eq!(store.counts(id).unwrap().groups, 2);
    drop(store);
    let removed = groups(&ones, true).remove(1);
    assert_eq!((removed.members, removed.removed.unwrap().reason.as_str()), (0, "soft"));
    assert_eq!(change(&mut ones, vec![group("b")]).groups.added, 1);
    check(&ones, "A", &["p001"]);
    check(&ones, "B", &["p001"]);
}

#[test]
fn a_group_that_is_not_reported_is_removed_once_the_vendor_says_so() {
    let mut ones = with_groups(ids(3).iter().map(|it| group(&it.replace('p', "g"))).collect());
    let (source, counts) = report_all(&mut ones, vec![group("g000"), group("g001")]);
    assert_eq!(source.read, ["g002"]);
    assert_eq!((counts.groups.removed, counts.removed), (1, 0));
    assert_eq!(ones.offered(Kind::Group), ["g000", "g001"]);
}

#[test]
fn groups_have_their_own_limit_and_are_held_and_approved_like_users() {
    let names: Vec<_> = (0..30).map(|it| format!("g{it:03}")).collect();
    let mut ones = with_groups(names.iter().map(|it| group(it)).collect());
    let changes = names.iter().take(12).map(|it| group_gone(it)).collect();
    let users = batch(CHANGES, "c3", vec![gone("p000")]);
    let source = &mut Fake::users([users, of_groups(CHANGES, "c4", changes)]);
    let counts = ones.sync_users(source).unwrap().counts;
    assert_eq!(
        (counts.removed, counts.held, counts.groups.removed, counts.groups.held),
        (1, 0, 0, 12)
    );
    assert_eq!(ones.held(), names[..12]);
    assert!(ones.changes.iter().any(|it| it.kind == Kind::Group && it.action == Action::Held));
    let (mut store, id) = ones.integration();
    store.decide(id, Decision::Approve, &names[..11]).unwrap();
    store.decide(id, Decision::Discard, &[]).unwrap();
    drop(store);
    assert_eq!(ones.offered(Kind::Group), names[11..]);
}

#[test]
fn a_failed_run_removes_no_group_and_says_how_many_are_held() {
    let mut ones = with_groups(vec![group("a")]);
    assert_eq!(change(&mut ones, vec![group_gone("a")]).groups.held, 1, "the last one");
    let source = Fake::users([of_groups(CHANGES, "c5", vec![group("b"), group_gone("b")])]);
    ones.sync_users(&mut source.then_fails()).unwrap_err();
    assert_eq!(ones.offered(Kind::Group), ["a", "b"]);
    assert_eq!(ones.runs().pop().unwrap().groups.held, 1);
}

#[test]
fn groups_made_in_ones_are_touched_by_no_sync_whatever_they_are_called() {
    let mut ones = Ones::new();
    ones.options.default_groups = vec!["A".to_owned()];
    let users = ids(5).iter().map(|it| reported(it)).collect();
    let mirrored = vec![group("a"), within("a", "p000")];
    let batches = [batch(COMPLETE, "c1", users), of_groups(COMPLETE, "c2", mirrored)];
    ones.sync_users(&mut Fake::users(batches)).unwrap();
    let own = |ones: &Ones| groups(ones, false).pop().unwrap();
    assert_eq!(
        (own(&ones).source, own(&ones).id, own(&ones).members),
        (GroupSource::Ones, None, 5)
    );
    change(&mut ones, vec![without("a", "p000"), group_gone("a"), group("b")]);
    change(&mut ones, vec![group_gone("a")]);
    assert_eq!((own(&ones).name.as_str(), own(&ones).members), ("A", 5));
    assert_eq!(own(&ones).member_ids.unwrap(), ids(5));
    let (_, row) = ones.rows(Kind::User, false).remove(0);
    assert_eq!(row["groups"], serde_json::json!(["A"]));
}

#[test]
fn users_and_groups_share_a_checkpoint_and_are_each_enumerated_on_their_own() {
    let mut ones = Ones::new();
    let source = Fake::users([
        batch(FIRST, "c1", vec![reported("a")]),
        of_groups(FIRST, "c2", vec![group("g")]),
        batch(LAST, "c3", vec![reported("b")]),
    ]);
    ones.sync_users(&mut source.then_fails()).unwrap_err();
    let source = &mut Fake::users([
        batch(CHANGES, "c4", vec![reported("c")]),
        of_groups(LAST, "c5", vec![group("h")]),
    ]);
    let outcome = ones.sync_users(source).unwrap();
    assert_eq!((source.since.as_deref(), outcome.mode), (Some("c3"), RunMode::Full));
    assert_eq!(source.read, [""; 0], "both enumerations reported all there is");
    let source = &mut Fake::users([]);
    ones.sync_users(source).unwrap();
    assert_eq!(source.since.as_deref(), Some("c5"));
    assert_eq!(
        (ones.users(), ones.offered(Kind::Group)),
        (vec!["a".into(), "b".into(), "c".into()], vec!["g".into(), "h".into()])
    );
}

#[test]
fn groups_that_no_batch_reports_stay_as_they_are() {
    let mut ones = with_groups(vec![group("a"), within("a", "p000")]);
    ones.options.full = true;
    let users = ids(5).iter().map(|it| reported(it)).collect();
    ones.sync_users(&mut Fake::users([batch(COMPLETE, "c3", users)])).unwrap();
    check(&ones, "A", &["p000"]);
}

#[test]
fn batches_and_answers_keep_to_their_subject() {
    let rule = |batches: Vec<_>| {
        let error = Ones::new().sync_users(&mut Fake::users(batches)).unwrap_err().problem();
        assert_eq!(error.code, "plugin-broke-interface");
        error.summary
    };
    for stranger in [group("a"), within("a", "p"), group_gone("a"), group_unreadable("a")] {
        assert!(rule(vec![batch(COMPLETE, "c", vec![stranger])]).contains("a batch of users"));
    }
    for stranger in [reported("a"), gone("a"), unreadable("a")] {
        assert!(rule(vec![of_groups(COMPLETE, "c", vec![stranger])]).contains("a batch of groups"));
    }
    let many = (0..1001).map(|it| within("a", &it.to_string())).collect();
    assert!(rule(vec![of_groups(COMPLETE, "c", many)]).contains("1001 changes"));
    assert!(rule(vec![of_groups(LAST, "c", vec![])]).contains("did not begin"));
    assert!(rule(vec![of_groups(CHANGES, "c", vec![])]).contains("given no checkpoint"));
    let begun = vec![of_groups(FIRST, "c", vec![]), of_groups(CHANGES, "c", vec![])];
    assert!(rule(begun).contains("in the middle of an enumeration"));

    let mut ones = with_groups(vec![group("a"), group("b")]);
    for answer in [reported("b"), within("b", "p000")] {
        let mut source = Fake::users([of_groups(COMPLETE, "c", vec![group("a")])]);
        source.stands.insert("b".to_owned(), answer);
        let error = ones.sync_users(&mut source).unwrap_err().problem();
        assert_eq!(error.code, "plugin-broke-interface", "{error:?}");
    }
}

#[test]
fn groups_and_their_users_are_listed_page_by_page() {
    let names = ["eins", "zwei", "drei"];
    let changes =
        names.iter().flat_map(|it| vec![group(it), within(it, "p000"), within(it, "p003")]);
    let mut ones = with_groups(changes.collect());
    let renamed = User { display_name: "Zoë".to_owned(), ..user("p000") };
    let users = batch(CHANGES, "c3", vec![UserChange::User(renamed)]);
    ones.sync_users(&mut Fake::users([users])).unwrap();
    let (store, id) = ones.integration();
    let of = |search, after, limit| PageOf { search, after, removed: false, limit };
    let page = |of| -> Vec<_> {
        store.groups_page(id, of).unwrap().into_iter().map(|it| it.name).collect()
    };
    assert_eq!(page(of("", None, 2)), ["DREI", "EINS"]);
    assert_eq!(page(of("", Some("eins"), 2)), ["ZWEI"]);
    assert_eq!(page(of("EI", None, 9)), ["DREI", "EINS", "ZWEI"]);
    assert_eq!(page(of("zwei@", None, 9)), ["ZWEI"]);
    let members = |of| -> Vec<_> {
        store.members_page(id, "eins", of).unwrap().into_iter().map(|it| it.id).collect()
    };
    assert_eq!(members(of("", None, 9)), ["p003", "p000"]);
    assert_eq!(members(of("", Some("p003"), 9)), ["p000"]);
    assert_eq!(members(of("zOË", None, 9)), ["p000"]);
    assert_eq!(store.group(id, "nowhere").unwrap(), None);
}

#[test]
fn a_group_of_which_a_part_was_unreadable_keeps_its_members() {
    let mut ones = with_groups(vec![group("a"), within("a", "p000"), within("a", "p001")]);
    let unreadable = UserChange::GroupUnreadable(Unreadable {
        id: "a".to_owned(),
        reason: "a member without an id".to_owned(),
    });
    // A group comes in pieces: one of them is broken, the next is not.
    report_all(&mut ones, vec![group("a"), within("a", "p000"), unreadable, group("a")]);
    check(&ones, "A", &["p000", "p001"]);
}

#[test]
fn an_id_without_end_is_refused() {
    let mut ones = with_groups(vec![group("a")]);
    let endless = within("a", &"x".repeat(2_000));
    let refused = ones.sync_users(&mut Fake::users([of_groups(CHANGES, "c3", vec![endless])]));
    assert!(refused.is_err_and(|it| it.to_string().contains("2000 bytes")));
}

#[test]
fn a_group_that_is_gone_for_good_leaves_no_memberships() {
    let mut ones =
        with_groups(vec![group("a"), within("a", "p000"), group("b"), within("b", "p001")]);
    change(
        &mut ones,
        vec![UserChange::GroupRemoved(Removed { id: "a".to_owned(), removal: Removal::Permanent })],
    );
    change(&mut ones, vec![group("a")]);
    check(&ones, "A", &[]);
    check(&ones, "B", &["p001"]);
}

#[test]
fn a_group_that_is_too_large_counts_as_unreadable_and_keeps_its_members() {
    let mut ones = with_groups(vec![group("a"), within("a", "p000"), group("b")]);
    let description = Some("x".repeat(64 << 10));
    let name = "A".to_owned();
    let large = ones_host::model::Group { id: "a".to_owned(), name, description, email: None };
    let (_, counts) = report_all(&mut ones, vec![UserChange::Group(large), group("b")]);
    assert_eq!((counts.unreadable, counts.groups.removed, counts.memberships.removed), (1, 0, 0));
    check(&ones, "A", &["p000"]);
}
