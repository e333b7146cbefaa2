//! The attribute that the setting `pager` selects, in different tenants.

use futures_executor::block_on;
use serde_json::{Value, json};

use super::script::{Asked, GRAPH, Reply, Script, nothing, ok, refused, settings, sync_users};
use crate::{
    card_number::{remembered, resolve},
    directory,
    error::Error,
    graph::{Graph, Patience},
    model::{UserChange, UserField},
};

const FIRST: &str = "extension_0000000000000000000000000000000a_pager";
const SECOND: &str = "extension_25883231668a43a780b25685c3f874bc_pager";

fn extension(name: &str) -> Value {
    json!({"name": name, "appDisplayName": "Tenant Schema Extension App", "dataType": "String",
        "isSyncedFromOnPremises": true, "targetObjects": ["User"]})
}

/// A tenant that answers a look-up with `registered`, and whose users are `users`.
fn tenant(registered: impl Fn() -> Reply, users: Vec<Value>) -> Script<impl Fn(&Asked) -> Reply> {
    Script::new(move |asked: &Asked| match asked.path.as_str() {
        "/v1.0/directoryObjects/getAvailableExtensionProperties" => registered(),
        "/beta/users?$top=200" => ok(json!({ "value": users })),
        _ => nothing(),
    })
}

fn found(script: &Script<impl Fn(&Asked) -> Reply>, entered: &str) -> Result<String, Error> {
    let settings = settings(json!({"users": {"cardNumber": entered}}));
    let graph = Graph::new(script, &settings, Patience::SYNC);
    block_on(resolve(&graph, None)).map(|it| it.expect("an attribute").to_string())
}

#[test]
fn pager_is_looked_up_whatever_app_registered_it() {
    let registered = || {
        ok(json!({"value": [
            extension("extension_25883231668a43a780b25685c3f874bc_badge"),
            {
                "name": "extension_0000000000000000000000000000000b_pager",
                "targetObjects": ["Group"],
            },
            extension("extension_25883231_pager"),
            extension("extension_25883231668a43a780b25685c3f874bc_Pager"),
        ]}))
    };
    let script = tenant(registered, Vec::new());
    let expected = "extension_25883231668a43a780b25685c3f874bc_Pager";
    assert_eq!(found(&script, "pager").as_deref(), Ok(expected), "in Graph's spelling");
    assert_eq!(script.paths().len(), 1, "no users are read");
    assert_eq!(script.asked.borrow().last().expect("a post").body, "{}");
}

#[test]
fn where_the_look_up_finds_nothing_a_few_users_show_the_attribute() {
    let users = || {
        vec![
            json!({"id": "a", "displayName": "Ann"}),
            json!({"id": "b", SECOND: "0042", "extension_x_pager": "no"}),
        ]
    };
    let refusals: [fn() -> Reply; 4] = [
        || refused(403, "Authorization_RequestDenied"),
        || refused(404, "Request_ResourceNotFound"),
        || refused(500, "UnknownError"),
        // As Microsoft warns of tenants with more than 1,000 apps.
        || ok(json!({"value": []})),
    ];
    for registered in refusals {
        assert_eq!(found(&tenant(registered, users()), "PAGER").as_deref(), Ok(SECOND));
    }
}

#[test]
fn of_several_attributes_the_one_with_values_is_used() {
    let registered = || ok(json!({"value": [extension(SECOND), extension(FIRST)]}));
    let user = |name: &str, value: Value| json!({"id": "a", name: value});
    let meant = |users| found(&tenant(registered, users), "pager");
    assert_eq!(meant(Vec::new()).as_deref(), Ok(FIRST), "by name, where no user has a value");
    assert_eq!(meant(vec![user(SECOND, json!("7"))]).as_deref(), Ok(SECOND));
    let nulls = vec![user(SECOND, json!(null)), user(FIRST, json!("7"))];
    assert_eq!(meant(nulls).as_deref(), Ok(FIRST));
    // Where two attributes have values, the plugin cannot know which one opens the doors.
    let users = [FIRST, SECOND, SECOND].map(|it| user(it, json!("7")));
    let Err(Error::InvalidSettings(fields)) = meant(users.to_vec()) else { panic!() };
    assert!(fields[0].message.contains(FIRST) && fields[0].message.contains(SECOND), "{fields:?}");
}

#[test]
fn where_no_extension_contains_pager_the_error_names_both_remedies() {
    let script = tenant(|| refused(403, "Authorization_RequestDenied"), vec![json!({"id": "a"})]);
    let Err(Error::InvalidSettings(fields)) = found(&script, "pager") else { panic!() };
    assert_eq!(fields[0].field, "/users/cardNumber");
    for words in ["Directory.Read.All", "extension_…_pager", "Entra Connect"] {
        assert!(fields[0].message.contains(words), "{fields:?}");
    }
    // No beta, no users: the same.
    let script = Script::new(|asked: &Asked| match asked.path.ends_with("/token") {
        true => nothing(),
        false => refused(404, "ResourceNotFound"),
    });
    assert!(matches!(found(&script, "pager"), Err(Error::InvalidSettings(_))));
}

#[test]
fn a_failed_look_up_of_pager_is_not_a_wrong_setting() {
    let closed = Script::new(|asked: &Asked| match asked.path.ends_with("/token") {
        true => nothing(),
        false => refused(403, "Authorization_RequestDenied"),
    });
    assert!(matches!(found(&closed, "pager"), Err(Error::PermissionMissing(_))));
    let busy = Script::new(|asked: &Asked| match asked.path.ends_with("/token") {
        true => nothing(),
        false => Reply::Raw(429, vec![("retry-after", "600")], String::new()),
    });
    assert_eq!(found(&busy, "pager"), Err(Error::Throttled(600)));
}

#[test]
fn other_attributes_need_no_look_up() {
    let script = Script::new(|_| panic!("no request is sent"));
    assert_eq!(found(&script, "employeeId").as_deref(), Ok("employeeId"));
    assert_eq!(found(&script, SECOND).as_deref(), Ok(SECOND));
}

#[test]
fn case_034_where_pager_is_not_found_users_are_synced_without_card_numbers() {
    let tenant = |registered: fn() -> Reply| {
        Script::new(move |asked: &Asked| match asked.path.as_str() {
            path if path.ends_with("/getAvailableExtensionProperties") => registered(),
            "/beta/users?$top=200" => ok(json!({"value": [{"id": "a"}]})),
            path if path.contains("$deltatoken=") => ok(json!({"value": [],
                "@odata.deltaLink": format!("{GRAPH}/v1.0/users/delta?$deltatoken=A")})),
            path if path.starts_with("/v1.0/users?") => ok(
                json!({"value": [{"id": "a", "userPrincipalName": "a@contoso.com", SECOND: "7"}]}),
            ),
            path if path.contains("/places/") => ok(json!({"value": []})),
            _ => nothing(),
        })
    };
    let settings = settings(json!({"users": {"cardNumber": "pager"}}));
    let script = tenant(|| refused(403, "Authorization_RequestDenied"));
    let (batches, result) = sync_users(&script, &settings, None);
    let warnings = result.expect("a good run").warnings;
    assert!(warnings[0].contains("Directory.Read.All"), "the remedy is named: {warnings:?}");
    let [UserChange::User(user)] = &batches[0].changes[..] else { panic!("{batches:?}") };
    assert_eq!((&user.unknown[..], &user.card_number), (&[UserField::CardNumber][..], &None));

    // It is looked for in each run, and users are enumerated once it is found.
    let since = &batches.last().expect("a batch").checkpoint;
    let script = tenant(|| ok(json!({"value": [extension(SECOND)]})));
    let (batches, result) = sync_users(&script, &settings, Some(since));
    assert_eq!(result.expect("a good run").warnings, Vec::<String>::new());
    let [UserChange::User(user)] = &batches[0].changes[..] else { panic!("{batches:?}") };
    assert_eq!((&user.unknown[..], user.card_number.as_deref()), (&[][..], Some("7")));
}

#[test]
fn card_numbers_in_pager_are_unchanged() {
    let user = json!({"id": "a", "userPrincipalName": "a@contoso.com", SECOND: " 007 "});
    let script = Script::new(|asked: &Asked| match asked.path.as_str() {
        path if path.ends_with("/getAvailableExtensionProperties") => {
            ok(json!({"value": [extension(SECOND)]}))
        }
        path if path.contains("$deltatoken=") => ok(json!({
            "value": [],
            "@odata.deltaLink": format!("{GRAPH}/v1.0/users/delta?$deltatoken=A"),
        })),
        path if path.starts_with("/v1.0/users?") => ok(json!({"value": [user]})),
        "/v1.0/$batch" => ok(json!({"responses": [{"id": "0", "status": 200, "body": user}]})),
        path if path.contains("/places/") => ok(json!({"value": []})),
        _ => nothing(),
    });
    let settings = settings(json!({"users": {"cardNumber": "pager"}}));
    let number = |change: &UserChange| match change {
        UserChange::User(user) => user.card_number.clone(),
        other => panic!("{other:?}"),
    };
    let (batches, result) = sync_users(&script, &settings, None);
    result.expect("a good run");
    assert_eq!(number(&batches[0].changes[0]).as_deref(), Some(" 007 "));
    let selected =
        script.paths().iter().filter(|path| path.contains(&format!(",{SECOND}&"))).count();
    assert_eq!(selected, 2, "of the listing and of its changes");
    let read =
        block_on(directory::read_users(&script, &settings, &["a".to_owned()])).expect("a record");
    assert_eq!(number(&read[0]).as_deref(), Some(" 007 "));
}

#[test]
fn an_attribute_that_was_found_once_is_used_in_later_runs() {
    let settings = settings(json!({"users": {"cardNumber": "pager"}}));
    let script = tenant(|| refused(403, "Authorization_RequestDenied"), vec![json!({"id": "a"})]);
    let graph = Graph::new(&script, &settings, Patience::SYNC);
    let known = |name: &str| remembered(&settings, Some(name));
    let resolved = block_on(resolve(&graph, known(SECOND))).expect("remembered");
    assert_eq!(resolved.map(|it| it.to_string()).as_deref(), Some(SECOND));
    // The name of something else is none of pager.
    assert!(block_on(resolve(&graph, known("employeeId"))).is_err());
}
