//! `/groups/delta`: a client that follows it has the groups of the tenant.

use std::collections::{BTreeMap, BTreeSet};

use m365_emulator::{Config, Control, DeltaExpiry, Settings};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::groups::{empty_group, group_with, id, security_group};
use crate::session::{Session, members, payload, properties};

const SELECT: &str = "displayName,description,members";

/// What a client knows of a group: its selected properties and its members. Null counts as unset.
#[derive(Clone, Debug, Default, PartialEq)]
struct Known {
    properties: Map<String, Value>,
    members: BTreeSet<String>,
}

type Copy = BTreeMap<String, Known>;

fn truth(control: &Control) -> Copy {
    let mut copy = Copy::new();
    for group in control.groups() {
        let mut known = Known { properties: properties(group.clone()), ..Known::default() };
        known.properties.retain(|name, value| {
            SELECT.split(',').any(|selected| selected == name) && !value.is_null()
        });
        copy.insert(id(&group), known);
    }
    control.each_group(|group, members| {
        let all = members.users.into_iter().chain(members.groups).chain(members.devices);
        copy.get_mut(group).unwrap().members.extend(all);
    });
    copy
}

fn apply(copy: &mut Copy, change: &Value) {
    let mut change = properties(change.clone());
    let id = change.remove("id").and_then(|id| id.as_str().map(str::to_owned)).unwrap();
    if change.contains_key("@removed") {
        copy.remove(&id);
        return;
    }
    let known = copy.entry(id).or_default();
    let members = change.remove("members@delta");
    for member in members.iter().flat_map(|members| members.as_array().unwrap()) {
        let id = member["id"].as_str().unwrap().to_owned();
        match member.get("@removed") {
            Some(removed) => {
                assert_eq!(removed, &json!({"reason": "deleted"}));
                known.members.remove(&id);
            }
            None => drop(known.members.insert(id)),
        }
    }
    known.properties.extend(change);
    known.properties.retain(|_, value| !value.is_null());
}

/// Follows a round to its end, calls `between` after each page, and returns the deltaLink.
async fn follow(
    session: &Session,
    link: &str,
    minimal: bool,
    copy: &mut Copy,
    mut between: impl FnMut(),
) -> String {
    let mut link = link.to_owned();
    loop {
        let headers: &[_] = if minimal { &[("Prefer", "return=minimal")] } else { &[] };
        let page = session.get_with(&link, headers).await.expect(200);
        for change in page["value"].as_array().unwrap() {
            apply(copy, change);
        }
        match (page["@odata.nextLink"].as_str(), page["@odata.deltaLink"].as_str()) {
            (Some(next), None) => link = next.to_owned(),
            (None, Some(delta)) => return delta.to_owned(),
            both => panic!("a page has exactly one link: {both:?}"),
        }
        between();
    }
}

#[derive(Clone, Debug)]
enum Step {
    Mix(usize),
    Create(usize),
    Describe(usize, Option<u8>),
    Delete(usize),
    Erase(usize),
    RestoreLast,
    Join(usize, usize),
    Leave(usize),
    DeleteUser(usize),
    RestoreLastUser,
    Nest(usize, usize),
    Page(usize, usize, bool, bool),
    Follow(bool),
    FollowWhileItChanges,
}

fn step() -> impl Strategy<Value = Step> {
    let any = any::<usize>;
    prop_oneof![
        (1..40_usize).prop_map(Step::Mix),
        any().prop_map(Step::Create),
        (any(), proptest::option::of(0..9_u8))
            .prop_map(|(group, text)| Step::Describe(group, text)),
        any().prop_map(Step::Delete),
        any().prop_map(Step::Erase),
        Just(Step::RestoreLast),
        (any(), any()).prop_map(|(group, user)| Step::Join(group, user)),
        any().prop_map(Step::Leave),
        any().prop_map(Step::DeleteUser),
        Just(Step::RestoreLastUser),
        (any(), any()).prop_map(|(outer, inner)| Step::Nest(outer, inner)),
        (1..30_usize, 1..90_usize, proptest::bool::ANY, proptest::bool::ANY).prop_map(
            |(groups, members, replays, shuffles)| {
                Step::Page(groups, members, replays, shuffles)
            }
        ),
        proptest::bool::ANY.prop_map(Step::Follow),
        Just(Step::FollowWhileItChanges),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// After any changes, from any deltaLink, and with pages of any size, order and repetition, a
    /// client has the groups of the tenant.
    #[test]
    fn every_delta_link_leads_to_the_groups_of_the_tenant(
        steps in prop::collection::vec(step(), 1..16),
        seed in 0..4_u64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(replay(steps, seed));
    }
}

fn pages(settings: &mut Settings, groups: usize, members: usize, replays: bool, shuffles: bool) {
    settings.delta_groups_per_page = groups;
    settings.delta_members_per_page = members;
    settings.delta_replays = replays;
    settings.delta_shuffles = shuffles;
}

async fn replay(steps: Vec<Step>, seed: u64) {
    let config = Config { users: 90, rooms: 2, groups: 25, seed, ..Config::default() };
    let session = Session::start(config).await;
    let control = session.emulator.control();
    control.update_settings(|settings| pages(settings, 7, 20, false, false));
    let initial = format!("/groups/delta?$select={SELECT}");
    let mut copy = Copy::new();
    let link = follow(&session, &initial, false, &mut copy, || {}).await;
    assert_eq!(copy, truth(&control));
    let mut rounds = vec![(link, copy)];
    let (mut deleted, mut deleted_user) = (None, None);
    let some = |all: Vec<Value>, which: usize| all.get(which % all.len().max(1)).map(id);
    for step in steps {
        let group = |which| some(control.groups(), which).unwrap_or_else(|| empty_group(&control));
        let user = |which| some(control.users(), which).unwrap();
        match step {
            Step::Mix(users) => drop(control.mix(users).unwrap()),
            Step::Create(which) => drop(security_group(&control, &[user(which)])),
            Step::Describe(which, text) => {
                let text = text.map(|text| text.to_string());
                let change = json!({"description": text, "theme": "Teal"});
                control.patch_group(&group(which), &properties(change)).unwrap();
            }
            Step::Delete(which) => {
                let group = group(which);
                control.delete_group(&group).unwrap();
                deleted = Some(group);
            }
            Step::Erase(which) => control.delete_group_permanently(&group(which)).unwrap(),
            // Refused if the group was not a Microsoft 365 group.
            Step::RestoreLast => drop(deleted.take().map(|id| control.restore_group(&id))),
            Step::Join(which, who) => control.add_members(&group(which), &[user(who)]).unwrap(),
            Step::Leave(which) => {
                let group = group(which);
                if let Some(first) = control.members(&group).unwrap().users.first() {
                    control.remove_members(&group, &[&first]).unwrap();
                }
            }
            Step::DeleteUser(who) => {
                let user = user(who);
                control.delete_user(&user).unwrap();
                deleted_user = Some(user);
            }
            Step::RestoreLastUser => {
                drop(deleted_user.take().map(|id| control.restore_user(&id)));
            }
            // Refused if one of them is a Microsoft 365 group.
            Step::Nest(outer, inner) => {
                drop(control.add_members(&group(outer), &[group(inner)]));
            }
            Step::Page(groups, members, replays, shuffles) => control
                .update_settings(|settings| pages(settings, groups, members, replays, shuffles)),
            Step::Follow(minimal) => {
                let (link, copy) = rounds.last().unwrap();
                let mut copy = copy.clone();
                let link = follow(&session, link, minimal, &mut copy, || {}).await;
                assert_eq!(copy, truth(&control));
                rounds.push((link, copy));
            }
            Step::FollowWhileItChanges => {
                let mut copy = Copy::new();
                let change = || drop(control.mix(12).unwrap());
                let link = follow(&session, &initial, false, &mut copy, change).await;
                rounds.push((link, copy));
            }
        }
    }
    for (link, copy) in rounds {
        for minimal in [false, true] {
            let mut copy = copy.clone();
            follow(&session, &link, minimal, &mut copy, || {}).await;
            assert_eq!(copy, truth(&control));
        }
    }
    let mut new = Copy::new();
    follow(&session, &initial, false, &mut new, || {}).await;
    assert_eq!(new, truth(&control));
}

#[tokio::test]
async fn a_round_has_the_members_of_microsofts_samples() {
    let session = Session::start(Config { users: 9, groups: 130, ..Config::default() }).await;
    let graph = session.emulator.graph();
    let path = "/groups/delta?$select=displayName,description&$expand=members";
    let first = session.get(path).await.expect(200);
    let sample = payload("groups-delta-1-initial");
    assert_eq!(members(&first), members(&sample));
    let context =
        sample["@odata.context"].as_str().unwrap().replace("https://graph.microsoft.com", &graph);
    assert_eq!(first["@odata.context"], context);
    assert_eq!(first["value"].as_array().unwrap().len(), 100);
    assert_eq!(members(&first["value"][0]), members(&sample["value"][0]));
    let member = |group: &Value, at: usize| group["members@delta"][at].clone();
    assert_eq!(members(&member(&first["value"][0], 0)), members(&member(&sample["value"][0], 0)));

    let last = session.get(first["@odata.nextLink"].as_str().unwrap()).await.expect(200);
    assert_eq!(members(&last), members(&payload("groups-delta-3-final-deltalink")));
    assert_eq!(last["@odata.context"], format!("{graph}/v1.0/$metadata#groups"));
    let same = session.get(last["@odata.deltaLink"].as_str().unwrap()).await.expect(200);
    let sample = payload("groups-delta-4-no-changes");
    assert_eq!((members(&same), &same["value"]), (members(&sample), &sample["value"]));

    let users = session.emulator.users();
    let group = id(&session.emulator.groups()[0]);
    session.emulator.delete_user(&id(&users[0])).unwrap();
    session.emulator.add_members(&group, &[id(&users[9])]).unwrap();
    let changes = session.get(same["@odata.deltaLink"].as_str().unwrap()).await.expect(200);
    let sample = payload("groups-delta-5-changes-members-removed");
    let groups = changes["value"].as_array().unwrap();
    let changed = groups.iter().find(|found| found["id"] == group.as_str());
    let (changed, sample) = (changed.unwrap(), &sample["value"][0]);
    assert_eq!(members(changed), members(sample));
    assert_eq!(member(changed, 0)["id"], users[0]["id"]);
    assert_eq!(members(&member(changed, 0)), members(&member(sample, 0)));
    assert_eq!(member(changed, 0)["@removed"], member(sample, 0)["@removed"]);
    assert_eq!(members(&member(changed, 1)), members(&member(sample, 1)));
}

#[tokio::test]
async fn a_large_group_continues_on_the_next_page() {
    let session = Session::with_users(250).await;
    session.emulator.update_settings(|settings| settings.delta_members_per_page = 100);
    let sample = payload("groups-delta-large-group-page1");
    let first = session.get("/groups/delta?$select=displayName,description,members").await;
    let first = first.expect(200);
    assert_eq!(members(&first), members(&sample));
    assert_eq!(members(&first["value"][0]), members(&sample["value"][0]));
    assert_eq!(first["value"].as_array().unwrap().len(), 1);
    let second = session.get(first["@odata.nextLink"].as_str().unwrap()).await.expect(200);
    let third = session.get(second["@odata.nextLink"].as_str().unwrap()).await.expect(200);
    for page in [&second, &third] {
        assert_eq!(page["value"][0]["id"], first["value"][0]["id"]);
        // "The same property values will be returned."
        assert_eq!(page["value"][0]["displayName"], "All Company");
    }
    let count = |page: &Value| page["value"][0]["members@delta"].as_array().unwrap().len();
    assert_eq!((count(&first), count(&second), count(&third)), (100, 100, 50));
    // The rest of the third page has the following groups.
    assert!(third["value"].as_array().unwrap().len() > 1);
}

#[tokio::test]
async fn members_are_reported_if_selected_or_without_select() {
    let session = Session::with_users(9).await;
    let first = async |query: &str| {
        session.get(&format!("/groups/delta{query}")).await.expect(200)["value"][0].clone()
    };
    let everything = first("").await;
    assert!(everything.get("members@delta").is_some() && everything["mail"].is_string());
    // Was never set, and is absent.
    assert!(everything.get("classification").is_none());
    assert_eq!(members(&first("?$select=members").await), ["id", "members@delta"]);
    assert_eq!(members(&first("?$select=mail").await), ["id", "mail"]);
    assert_eq!(
        members(&first("?$select=mail&$expand=members").await),
        ["id", "mail", "members@delta"]
    );
}

#[tokio::test]
async fn deleted_groups_are_reported() {
    let session = Session::with_users(9).await;
    let control = &session.emulator;
    let unified = group_with(control, |group| group["groupTypes"] == json!(["Unified"]));
    let security = security_group(control, &[id(&control.users()[0])]);
    let latest = session.get("/groups/delta?$deltatoken=latest&$select=members").await.expect(200);
    assert_eq!(latest["value"], json!([]));
    let link = latest["@odata.deltaLink"].as_str().unwrap();
    control.delete_group(&unified).unwrap();
    control.delete_group(&security).unwrap();
    let changes = session.get(link).await.expect(200)["value"].clone();
    assert_eq!(
        changes,
        json!([
            {"id": unified, "@removed": {"reason": "changed"}},
            {"id": security, "@removed": {"reason": "deleted"}},
        ])
    );
    // After its restoration, the group is reported with all its members.
    control.restore_group(&unified).unwrap();
    let changes = session.get(link).await.expect(200)["value"].clone();
    let there = control.members(&unified).unwrap().users.len();
    assert_eq!(changes[0]["members@delta"].as_array().unwrap().len(), there);
}

#[tokio::test]
async fn only_changes_are_reported_if_the_client_prefers_it() {
    let session = Session::with_users(9).await;
    let control = &session.emulator;
    let group = empty_group(control);
    let path = format!("/groups/delta?$deltatoken=latest&$select={SELECT}");
    let latest = session.get(&path).await.expect(200);
    let link = latest["@odata.deltaLink"].as_str().unwrap();
    control.patch_group(&group, &properties(json!({"theme": "Teal"}))).unwrap();
    assert_eq!(session.get(link).await.expect(200)["value"], json!([]));
    control.patch_group(&group, &properties(json!({"description": "New"}))).unwrap();
    let minimal = session.get_with(link, &[("Prefer", "return=minimal")]).await;
    assert_eq!(minimal.header("preference-applied"), "return=minimal");
    assert_eq!(minimal.expect(200)["value"], json!([{"description": "New", "id": group}]));
    let all = session.get(link).await.expect(200);
    assert_eq!(members(&all["value"][0]), ["description", "displayName", "id"]);
}

#[tokio::test]
async fn a_page_can_repeat_the_previous_page() {
    let session = Session::with_users(9).await;
    session.emulator.update_settings(|settings| pages(settings, 3, 100, true, false));
    let first = session.get("/groups/delta").await.expect(200);
    let second = session.get(first["@odata.nextLink"].as_str().unwrap()).await.expect(200);
    let (first, second) = (first["value"].as_array().unwrap(), second["value"].as_array().unwrap());
    assert_eq!((first.len(), &second[..3]), (3, &first[..]));
    assert_eq!(second.len(), 6);
}

#[tokio::test]
async fn the_first_round_can_report_members_who_have_left() {
    let session = Session::with_users(9).await;
    let group = id(&session.emulator.groups()[0]);
    let left = id(&session.emulator.users()[4]);
    session.emulator.remove_members(&group, &[&left]).unwrap();
    session.emulator.update_settings(|settings| settings.delta_replays = true);
    let page = session.get("/groups/delta?$select=members").await.expect(200);
    let listed = page["value"][0]["members@delta"].as_array().unwrap();
    let member = listed.iter().find(|member| member["id"] == left.as_str()).unwrap();
    assert_eq!(member["@removed"]["reason"], "deleted");
}

#[tokio::test]
async fn a_group_can_come_again_after_others() {
    let session = Session::with_users(50).await;
    session.emulator.update_settings(|settings| pages(settings, 100, 20, false, true));
    let (listed, _) = session.all("/groups/delta?$select=members").await;
    let mut order: Vec<String> = listed.iter().map(id).collect();
    order.dedup();
    let mut distinct = order.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert!(distinct.len() < order.len());
}

#[tokio::test]
async fn a_round_can_be_limited_to_some_ids() {
    let session = Session::with_users(9).await;
    let control = &session.emulator;
    let groups = control.groups();
    let (one, other) = (id(&groups[1]), id(&groups[4]));
    let path = format!("/groups/delta?$select=id&$filter=id eq '{one}' or id eq '{other}'");
    let page = session.get(&path).await.expect(200);
    let listed: Vec<_> = page["value"].as_array().unwrap().iter().map(id).collect();
    assert_eq!(listed, [one, other]);
    control.delete_group(&id(&groups[0])).unwrap();
    let changes = session.get(page["@odata.deltaLink"].as_str().unwrap()).await.expect(200);
    assert_eq!(changes["value"], json!([]));
    session
        .get("/groups/delta?$filter=startswith(displayName,'x')")
        .await
        .refused(400, "Request_UnsupportedQuery");
}

#[tokio::test]
async fn delta_refuses_options_that_it_does_not_serve() {
    let session = Session::with_users(3).await;
    session.get("/groups/delta?$top=5").await.refused(400, "Request_BadRequest");
    session.get("/groups/delta?$expand=owners").await.refused(400, "ExpandNotSupported");
    session.get("/groups/delta?$orderby=id").await.refused(400, "Request_UnsupportedQuery");
    session.get("/groups/delta?$select=shoeSize").await.refused(400, "BadRequest");
    session.get("/groups/delta?$select=isArchived").await.refused(501, "NotImplemented");
    // A token for users is not one for groups.
    let users = session.get("/users/delta?$deltatoken=latest").await.expect(200);
    let link = users["@odata.deltaLink"].as_str().unwrap().replace("/users/", "/groups/");
    session.get(&link).await.refused(400, "syncStateNotFound");
}

#[tokio::test]
async fn expired_tokens_make_the_client_start_again() {
    let session = Session::with_users(3).await;
    let page = session.get("/groups/delta?$deltatoken=latest").await.expect(200);
    let old = page["@odata.deltaLink"].as_str().unwrap();
    session.emulator.expire_delta_tokens(DeltaExpiry::SyncStateNotFound {
        status: 410,
        resync_required: false,
    });
    session.get(old).await.refused(410, "syncStateNotFound");
    session.emulator.expire_delta_tokens(DeltaExpiry::Location);
    let gone = session.get(old).await;
    let location = format!("{}/v1.0/groups/delta?$deltatoken=", session.emulator.graph());
    assert_eq!((gone.status, gone.header("location")), (410, location.as_str()));
    let page = session.get(&location).await.expect(200);
    assert_eq!(page["value"].as_array().unwrap().len(), session.emulator.truth().groups);
}
