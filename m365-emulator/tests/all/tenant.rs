//! The invented tenant.

use std::collections::HashSet;

use m365_emulator::{Config, Emulator};
use serde_json::{Value, json};

use crate::session::properties;

async fn tenant(config: Config) -> Emulator {
    Emulator::start(config).await.unwrap()
}

fn texts<'a>(users: &'a [Value], name: &'a str) -> impl Iterator<Item = &'a str> {
    users.iter().filter_map(move |user| user[name].as_str())
}

#[tokio::test]
async fn the_same_seed_makes_the_same_tenant() {
    let config = |seed| Config { users: 300, seed, ..Config::default() };
    let (one, same, other) =
        (tenant(config(7)).await, tenant(config(7)).await, tenant(config(8)).await);
    assert_eq!(one.truth(), same.truth());
    assert_eq!(
        (one.tenant_id(), one.client_id(), one.client_secret()),
        (same.tenant_id(), same.client_id(), same.client_secret())
    );
    assert_ne!(one.truth().digest, other.truth().digest);
}

#[tokio::test]
async fn a_tenant_is_as_untidy_as_real_ones() {
    let emulator = tenant(Config { users: 2000, rooms: 100, ..Config::default() }).await;
    let users = emulator.users();
    let truth = emulator.truth();
    // Users, room mailboxes, and one shared mailbox for each 200 users.
    assert_eq!(truth.users, 2000 + 100 + 10);
    assert!(truth.guests > 50 && truth.disabled > 150);
    let scripts = ['ü', 'Ł', '佐', '欧', 'Щ', 'م', 'Π', 'ל', '김'];
    for letter in scripts {
        let found = texts(&users, "displayName")
            .chain(texts(&users, "surname"))
            .any(|name| name.contains(letter));
        assert!(found, "{letter}");
    }
    assert!(texts(&users, "employeeId").any(|id| id.starts_with('0')));
    assert!(users.iter().any(|user| user.get("employeeId").is_none()));
    assert!(users.iter().any(|user| user.get("mail").is_none() && user["userType"] == "Member"));
    assert!(users.iter().any(|user| user.get("faxNumber").is_some()));
    assert!(users.iter().any(|user| user.get(&truth.extensions[0]).is_some()));
    assert!(
        texts(&users, "userPrincipalName").any(|upn| upn.contains("#EXT#@contoso.onmicrosoft.com"))
    );
    assert!(texts(&users, "jobTitle").any(|title| title.len() > 90));
    for name in ["id", "userPrincipalName"] {
        let distinct: HashSet<String> = texts(&users, name).map(str::to_lowercase).collect();
        assert_eq!(distinct.len(), users.len(), "{name}");
    }
}

#[tokio::test]
async fn card_numbers_are_in_all_attributes_with_leading_zeros_and_spaces() {
    let emulator = tenant(Config { users: 2000, rooms: 0, ..Config::default() }).await;
    let users = emulator.users();
    let pager = &emulator.truth().extensions[0];
    let badges: Vec<&Value> =
        users.iter().filter_map(|user| user.get("onPremisesExtensionAttributes")).collect();
    for number in 1..=15 {
        let name = format!("extensionAttribute{number}");
        assert!(badges.iter().any(|badge| badge[&name].is_string()), "{name}");
    }
    let second: Vec<Value> = badges.iter().map(|badge| (*badge).clone()).collect();
    for (users, name) in
        [(&users, "employeeId"), (&users, pager.as_str()), (&second, "extensionAttribute2")]
    {
        let some = |is_wanted: fn(&str) -> bool| texts(users, name).any(is_wanted);
        assert!(some(|number| number.starts_with('0')), "{name}");
        assert!(some(|number| number.starts_with(' ') || number.ends_with(' ')), "{name}");
        assert!(some(|number| number.trim().contains(' ')), "{name}");
        assert!(some(|number| !number.contains(' ')), "{name}");
    }
}

#[tokio::test]
async fn two_users_can_share_a_number() {
    let emulator = tenant(Config { users: 20, rooms: 0, ..Config::default() }).await;
    let pager = emulator.truth().extensions[0].clone();
    let users = emulator.users();
    let ids: Vec<&str> = texts(&users, "id").take(2).collect();
    let number = json!({
        pager.as_str(): " 0042 ",
        "employeeId": "0042",
        "faxNumber": "+49 42",
        "onPremisesExtensionAttributes": {"extensionAttribute7": "00 42"},
    });
    for id in &ids {
        emulator.patch_user(id, properties(number.clone())).unwrap();
    }
    for id in &ids {
        let user = emulator.user(id).unwrap();
        assert_eq!((&user[&pager], &user["employeeId"]), (&json!(" 0042 "), &json!("0042")));
        let attributes = &user["onPremisesExtensionAttributes"];
        assert_eq!(
            (&user["faxNumber"], &attributes["extensionAttribute7"]),
            (&json!("+49 42"), &json!("00 42"))
        );
    }
}

#[tokio::test]
async fn every_room_has_a_mailbox() {
    let emulator = tenant(Config { users: 10, rooms: 60, ..Config::default() }).await;
    for room in emulator.rooms() {
        let email = room["emailAddress"].as_str().unwrap();
        let user = emulator.user(email).unwrap();
        assert_eq!(
            (&user["mail"], &user["displayName"]),
            (&room["emailAddress"], &room["displayName"])
        );
        assert_eq!(user["accountEnabled"], false);
        let proxies = user["proxyAddresses"].as_array().unwrap();
        assert_eq!(proxies[0], format!("SMTP:{email}"));
        assert!(proxies[1].as_str().unwrap().starts_with("smtp:"));
    }
    let rooms = emulator.rooms();
    for kind in ["standard", "reserved"] {
        assert!(rooms.iter().any(|room| room["bookingType"] == kind), "{kind}");
    }
}

#[tokio::test]
async fn a_tenant_can_be_empty() {
    let emulator = tenant(Config { users: 0, rooms: 0, groups: 0, ..Config::default() }).await;
    let truth = emulator.truth();
    assert_eq!((truth.users, truth.rooms, truth.groups), (0, 0, 0));
    assert_eq!(emulator.mix(3).unwrap().len(), 3);
    assert_eq!(emulator.truth().users, 3);
}

#[tokio::test]
async fn an_impossible_configuration_is_refused() {
    let refusal = async |config: Config| Emulator::start(config).await.err().unwrap().to_string();
    let wrong = Config { tenant_id: Some("contoso".to_owned()), ..Config::default() };
    assert!(refusal(wrong).await.contains("tenant id is `contoso`"));
    let wrong = Config { client_secret: Some(String::new()), ..Config::default() };
    assert!(refusal(wrong).await.contains("client secret is empty"));
    let running = tenant(Config::default()).await;
    let taken = running.graph().trim_start_matches("http://").parse().unwrap();
    assert!(
        refusal(Config { listen: taken, ..Config::default() }).await.contains("cannot listen on")
    );
}
