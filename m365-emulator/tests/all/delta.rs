//! `/users/delta`: a client that follows it has the users of the tenant.

use std::collections::BTreeMap;

use m365_emulator::{Config, Control, DeltaExpiry};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::session::{Session, members, payload, properties};

const SELECT: &str = "displayName,jobTitle,mobilePhone,accountEnabled,mail";

/// What a client knows: the selected properties of all users. Null counts as unset.
type Copy = BTreeMap<String, Map<String, Value>>;

fn truth(control: &Control) -> Copy {
    let mut copy = Copy::new();
    for user in control.users() {
        let mut known = properties(user.clone());
        known.retain(|name, value| {
            SELECT.split(',').any(|selected| selected == name) && !value.is_null()
        });
        copy.insert(user["id"].as_str().unwrap().to_owned(), known);
    }
    copy
}

fn apply(copy: &mut Copy, change: &Value) {
    let mut change = properties(change.clone());
    let id = change
        .remove("id")
        .and_then(|id| id.as_str().map(str::to_owned))
        .expect("delta always returns the id");
    if change.contains_key("@removed") {
        copy.remove(&id);
        return;
    }
    let known = copy.entry(id).or_default();
    known.extend(change);
    known.retain(|_, value| !value.is_null());
}

/// Follows a round to its end, and returns the deltaLink.
async fn follow(session: &Session, link: &str, minimal: bool, copy: &mut Copy) -> String {
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
    }
}

#[derive(Clone, Debug)]
enum Step {
    Mix(usize),
    Create,
    Patch(usize, Option<u8>),
    Rename(usize),
    Delete(usize),
    Erase(usize),
    RestoreLast,
    Follow(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1..40_usize).prop_map(Step::Mix),
        Just(Step::Create),
        (any::<usize>(), any::<Option<u8>>()).prop_map(|(user, value)| Step::Patch(user, value)),
        any::<usize>().prop_map(Step::Rename),
        any::<usize>().prop_map(Step::Delete),
        any::<usize>().prop_map(Step::Erase),
        Just(Step::RestoreLast),
        any::<bool>().prop_map(Step::Follow),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 16,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// After any changes, from any deltaLink, and with all or only the changed properties, a client
    /// has the users of the tenant.
    #[test]
    fn every_delta_link_leads_to_the_users_of_the_tenant(
        steps in prop::collection::vec(step(), 1..12),
        seed in 0..4_u64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(replay(steps, seed));
    }
}

async fn replay(steps: Vec<Step>, seed: u64) {
    let session = Session::start(Config { users: 215, rooms: 2, seed, ..Config::default() }).await;
    let control = session.emulator.control();
    let mut copy = Copy::new();
    let link = follow(&session, &format!("/users/delta?$select={SELECT}"), false, &mut copy).await;
    assert_eq!(copy, truth(&control));
    let mut rounds = vec![(link, copy)];
    let mut deleted = None;
    for step in steps {
        let user = |number: usize| {
            let users = control.users();
            let user = users.get(number % users.len().max(1));
            user.map(|user| user["id"].as_str().unwrap().to_owned())
        };
        match step {
            Step::Mix(users) => drop(control.mix(users).unwrap()),
            Step::Create => drop(control.create_user(properties(json!({}))).unwrap()),
            Step::Patch(number, value) => {
                let phone = value.map(|value| value.to_string());
                let change = json!({"mobilePhone": phone, "city": "unselected"});
                control.patch_user(&user(number).unwrap(), properties(change)).unwrap();
            }
            Step::Rename(number) => {
                let change = json!({"displayName": format!("Renamed {number}"), "jobTitle": null});
                control.patch_user(&user(number).unwrap(), properties(change)).unwrap();
            }
            Step::Delete(number) => {
                let id = user(number).unwrap();
                control.delete_user(&id).unwrap();
                deleted = Some(id);
            }
            Step::Erase(number) => control.delete_user_permanently(&user(number).unwrap()).unwrap(),
            // Refused if the mix has erased or restored the user meanwhile.
            Step::RestoreLast => drop(deleted.take().map(|id| control.restore_user(&id))),
            Step::Follow(minimal) => {
                let (link, copy) = rounds.last().unwrap();
                let mut copy = copy.clone();
                let link = follow(&session, link, minimal, &mut copy).await;
                assert_eq!(copy, truth(&control));
                rounds.push((link, copy));
            }
        }
    }
    for (link, copy) in rounds {
        for minimal in [false, true] {
            let mut copy = copy.clone();
            follow(&session, &link, minimal, &mut copy).await;
            assert_eq!(copy, truth(&control));
        }
    }
}

#[tokio::test]
async fn a_round_has_the_members_of_microsofts_samples() {
    let session = Session::with_users(250).await;
    let graph = session.emulator.graph();
    let first = session.get("/users/delta?$select=displayName,givenName,surname").await.expect(200);
    let sample = payload("users-delta-1-initial");
    assert_eq!(members(&first), members(&sample));
    let context =
        sample["@odata.context"].as_str().unwrap().replace("https://graph.microsoft.com", &graph);
    assert_eq!(first["@odata.context"], context);
    assert_eq!(first["value"].as_array().unwrap().len(), 200);

    let last = session.get(first["@odata.nextLink"].as_str().unwrap()).await.expect(200);
    assert_eq!(members(&last), members(&payload("users-delta-3-final-deltalink")));
    assert_eq!(last["@odata.context"], format!("{graph}/v1.0/$metadata#users"));

    let id = session.emulator.users()[3]["id"].as_str().unwrap().to_owned();
    session.emulator.delete_user(&id).unwrap();
    let changes = session.get(last["@odata.deltaLink"].as_str().unwrap()).await.expect(200);
    let sample = payload("users-delta-5-changes-removed");
    assert_eq!(members(&changes), members(&sample));
    assert_eq!(changes["value"], json!([{"id": id, "@removed": sample["value"][1]["@removed"]}]));

    session.emulator.delete_user_permanently(&id).unwrap();
    let changes = session.get(changes["@odata.deltaLink"].as_str().unwrap()).await.expect(200);
    assert_eq!(changes["value"][0]["@removed"]["reason"], "deleted");
}

#[tokio::test]
async fn latest_lists_no_users_and_follows_from_now() {
    let session = Session::with_users(5).await;
    let latest =
        session.get("/users/delta?$deltaToken=latest&$select=displayName").await.expect(200);
    assert_eq!(latest["value"], json!([]));
    let link = latest["@odata.deltaLink"].as_str().unwrap();
    let id = session
        .emulator
        .create_user(properties(json!({"userPrincipalName": "n@contoso.com"})))
        .unwrap();
    let changes = session.get(link).await.expect(200);
    // The display name was never set: only the id is returned.
    assert_eq!(changes["value"], json!([{"id": id}]));
    assert_ne!(changes["@odata.deltaLink"], link);
    // The same link again gives the same.
    assert_eq!(session.get(link).await.expect(200)["value"], changes["value"]);
}

#[tokio::test]
async fn only_selected_properties_count_as_changes() {
    let session = Session::with_users(5).await;
    let id = session.emulator.users()[0]["id"].as_str().unwrap().to_owned();
    let latest = session
        .get("/users/delta?$deltatoken=latest&$select=displayName,jobTitle")
        .await
        .expect(200);
    let link = latest["@odata.deltaLink"].as_str().unwrap().to_owned();
    let patch = |value: Value| session.emulator.patch_user(&id, properties(value)).unwrap();
    patch(json!({"city": "Ulm"}));
    assert_eq!(session.get(&link).await.expect(200)["value"], json!([]));
    patch(json!({"displayName": "X", "jobTitle": "Y"}));
    let link =
        session.get(&link).await.expect(200)["@odata.deltaLink"].as_str().unwrap().to_owned();
    patch(json!({"jobTitle": null}));
    let all = session.get(&link).await.expect(200);
    assert_eq!(all["value"], json!([{"displayName": "X", "jobTitle": null, "id": id}]));
    let minimal = session.get_with(&link, &[("Prefer", "return=minimal")]).await;
    assert_eq!(minimal.header("preference-applied"), "return=minimal");
    assert_eq!(minimal.expect(200)["value"], json!([{"jobTitle": null, "id": id}]));
}

#[tokio::test]
async fn a_user_that_changes_during_a_round_is_reported_in_the_next() {
    let session = Session::with_users(250).await;
    let first = session.get("/users/delta?$select=displayName").await.expect(200);
    let id = first["value"][0]["id"].as_str().unwrap().to_owned();
    session.emulator.patch_user(&id, properties(json!({"displayName": "Late"}))).unwrap();
    let last = session.get(first["@odata.nextLink"].as_str().unwrap()).await.expect(200);
    let changes = session.get(last["@odata.deltaLink"].as_str().unwrap()).await.expect(200);
    assert_eq!(changes["value"], json!([{"displayName": "Late", "id": id}]));
}

#[tokio::test]
async fn a_round_can_be_limited_to_some_ids() {
    let session = Session::with_users(9).await;
    let users = session.emulator.users();
    let ids = [users[1]["id"].as_str().unwrap(), users[4]["id"].as_str().unwrap()];
    let path = format!("/users/delta?$select=id&$filter=id eq '{}' or id eq '{}'", ids[0], ids[1]);
    let page = session.get(&path).await.expect(200);
    let listed: Vec<_> =
        page["value"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap()).collect();
    assert_eq!(listed, ids);
    session.emulator.delete_user(users[0]["id"].as_str().unwrap()).unwrap();
    let changes = session.get(page["@odata.deltaLink"].as_str().unwrap()).await.expect(200);
    assert_eq!(changes["value"], json!([]));
    session
        .get("/users/delta?$filter=userType eq 'Guest'")
        .await
        .refused(400, "Request_UnsupportedQuery");
}

#[tokio::test]
async fn delta_refuses_options_that_it_does_not_serve() {
    let session = Session::with_users(3).await;
    session.get("/users/delta?$top=5").await.refused(400, "Request_BadRequest");
    session.get("/users/delta?$expand=manager").await.refused(400, "ExpandNotSupported");
    session.get("/users/delta?$orderby=id").await.refused(400, "Request_UnsupportedQuery");
    session.get("/users/delta?$select=shoeSize").await.refused(400, "BadRequest");
    let refusal = session.get("/users/delta?$select=skills").await.expect(501);
    let sample = payload("error-501-delta-property");
    assert_eq!(refusal["error"]["code"], sample["error"]["code"]);
    assert_eq!(refusal["error"]["message"], sample["error"]["message"]);
}

#[tokio::test]
async fn expired_tokens_make_the_client_start_again() {
    let session = Session::with_users(3).await;
    let link = async || {
        let page = session.get("/users/delta?$deltatoken=latest").await.expect(200);
        page["@odata.deltaLink"].as_str().unwrap().to_owned()
    };
    let old = link().await;
    session.emulator.expire_delta_tokens(DeltaExpiry::SyncStateNotFound {
        status: 410,
        resync_required: false,
    });
    session.get(&old).await.refused(410, "syncStateNotFound");
    let fresh = link().await;
    session.get(&fresh).await.expect(200);
    session
        .emulator
        .expire_delta_tokens(DeltaExpiry::SyncStateNotFound { status: 400, resync_required: true });
    session.get(&fresh).await.refused(400, "resyncRequired");

    session.emulator.expire_delta_tokens(DeltaExpiry::Location);
    let gone = session.get(&old).await;
    assert_eq!((gone.status, gone.text.as_str()), (410, ""));
    let location = gone.header("location").to_owned();
    assert_eq!(location, format!("{}/v1.0/users/delta?$deltatoken=", session.emulator.graph()));
    let page = session.get(&location).await.expect(200);
    assert_eq!(page["value"].as_array().unwrap().len(), session.emulator.truth().users);

    session.get("/users/delta?$deltatoken=made-up").await.refused(400, "syncStateNotFound");
    session.get("/users/delta?$skiptoken=made-up").await.refused(400, "syncStateNotFound");
}
