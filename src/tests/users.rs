//! The users that a run reports, its mode, and the checkpoint for the next run.

use futures_executor::block_on;
use serde_json::{Value, json};

use super::script::{
    Asked, Collected, GRAPH, Reply, Script, nothing, ok, refused, settings, sync_users,
    user_batches,
};
use crate::{
    directory,
    error::Error,
    model::{BATCH, Mode, Part, Removed, Subject, UserBatch, UserChange, UserField},
};

/// A user as Graph returns it with all properties.
pub(super) fn user(id: &str) -> Value {
    json!({
        "id": id, "userPrincipalName": format!("{id}@contoso.com"), "displayName": id,
        "mail": format!("{id}@contoso.com"), "givenName": null, "surname": null, "jobTitle": null,
        "department": null, "officeLocation": null, "mobilePhone": null, "businessPhones": [],
        "preferredLanguage": null, "accountEnabled": true, "userType": "Member",
        "proxyAddresses": [],
    })
}

pub(super) fn with(mut user: Value, field: &str, value: Value) -> Value {
    user[field] = value;
    user
}

pub(super) fn page(value: &[Value], link: &str, token: &str) -> Reply {
    let path = if link == "@odata.deltaLink" { "delta?$deltatoken" } else { "delta?$skiptoken" };
    ok(json!({"value": value, link: format!("{GRAPH}/v1.0/users/{path}={token}")}))
}

/// A tenant with the users `listed`, where delta reports `changed`.
fn tenant(listed: Vec<Value>, changed: Vec<Value>) -> Script<impl Fn(&Asked) -> Reply> {
    Script::new(move |asked| match asked.path.as_str() {
        path if path.contains("latest") => page(&[], "@odata.deltaLink", "A"),
        path if path.ends_with("=A") => page(&changed, "@odata.deltaLink", "B"),
        path if path.starts_with("/v1.0/users?") => ok(json!({"value": listed})),
        path if path.starts_with("/v1.0/places/microsoft.graph.room?") => ok(json!({"value": [
            {"id": "r", "emailAddress": "Room1@contoso.com", "displayName": "Room 1"},
        ]})),
        "/v1.0/$batch" => batch(asked, |path, _| match path.contains("/users/gone") {
            true => (404, json!({"error": {"code": "Request_ResourceNotFound", "message": "no"}})),
            false => {
                let id = path.trim_start_matches("/users/").split('?').next().expect("an id");
                (200, with(user(id), "jobTitle", json!("read again")))
            }
        }),
        _ => nothing(),
    })
}

/// Answers each request of a batch by its URL and body.
pub(super) fn batch(asked: &Asked, answer: impl Fn(&str, &Value) -> (u16, Value)) -> Reply {
    let requests: Value = serde_json::from_str(&asked.body).expect("JSON");
    let requests = requests["requests"].as_array().expect("requests").clone();
    assert!(requests.len() <= 20, "Graph takes 20");
    // In another order than they were asked.
    let responses: Vec<_> = requests
        .iter()
        .rev()
        .map(|it| {
            let (status, body) = answer(it["url"].as_str().expect("a url"), &it["body"]);
            json!({"id": it["id"], "status": status, "headers": {}, "body": body})
        })
        .collect();
    ok(json!({ "responses": responses }))
}

fn reported(batches: &[UserBatch]) -> Vec<String> {
    let changes = batches.iter().flat_map(|batch| &batch.changes);
    changes
        .map(|it| match it {
            UserChange::User(user) => user.id.clone(),
            UserChange::UserIfKnown(user) => format!("{} if known", user.id),
            UserChange::UserRemoved(Removed { id, removal }) => format!("{id} {removal:?}"),
            UserChange::UserMissing(Removed { id, removal }) => format!("{id} missing {removal:?}"),
            UserChange::UserUnreadable(it) => format!("{}? {}", it.id, it.reason),
            of_groups => format!("{of_groups:?}"),
        })
        .collect()
}

#[test]
fn guests_disabled_accounts_and_rooms_are_left_out_of_a_listing() {
    let listed = vec![
        user("ann"),
        with(user("guest"), "userType", json!("Guest")),
        with(user("left"), "accountEnabled", json!(false)),
        with(user("room"), "mail", json!("ROOM1@contoso.com")),
        with(
            user("alias"),
            "proxyAddresses",
            json!(["SMTP:x@contoso.com", "smtp:room1@contoso.com"]),
        ),
        with(user("nomail"), "mail", json!(null)),
    ];
    let script = tenant(listed.clone(), Vec::new());
    let (batches, _) = sync_users(&script, &settings(json!({})), None);
    assert_eq!(reported(&batches), ["ann", "nomail"]);

    let all = settings(json!({"users": {"includeGuests": true, "includeDisabled": true}}));
    let (batches, _) = sync_users(&tenant(listed, Vec::new()), &all, None);
    assert_eq!(reported(&batches), ["ann", "guest", "left", "nomail"]);
    let guests: Vec<_> = batches[0]
        .changes
        .iter()
        .filter(|change| matches!(change, UserChange::User(user) if user.guest))
        .collect();
    assert_eq!(guests.len(), 1);
}

#[test]
fn a_user_who_leaves_the_scope_by_a_change_is_reported_as_out_of_scope() {
    let changed = vec![
        with(user("left"), "accountEnabled", json!(false)),
        json!({"id": "soft", "@removed": {"reason": "changed"}}),
        json!({"id": "hard", "@removed": {"reason": "deleted"}}),
    ];
    let (batches, _) = sync_users(&tenant(Vec::new(), changed), &settings(json!({})), None);
    assert_eq!(reported(&batches), ["left OutOfScope", "soft Soft", "hard Permanent"]);
}

#[test]
fn a_change_with_only_some_properties_is_completed_by_a_read() {
    let mut ids: Vec<_> =
        (0..23).map(|number| json!({"id": format!("p{number}"), "displayName": "new"})).collect();
    ids.push(json!({"id": "gone", "jobTitle": "x"}));
    ids.push(user("complete"));
    let script = tenant(Vec::new(), ids);
    let (batches, result) = sync_users(&script, &settings(json!({})), None);
    let reported = reported(&batches);
    assert_eq!(reported.len(), 24);
    assert_eq!(reported[23..], ["complete"], "a user that is not found is owed");
    let read_again = batches.iter().flat_map(|batch| &batch.changes).filter(|it| {
        matches!(it, UserChange::User(user) if user.job_title.as_deref() == Some("read again"))
    });
    assert_eq!(read_again.count(), 23);
    let batches = script.paths().iter().filter(|path| path.ends_with("$batch")).count();
    assert_eq!(batches, 2, "20 at a time");
    assert_eq!(result.expect("a good run").owed.map(|it| it.count), Some(1));
}

#[test]
fn an_unreadable_field_affects_only_its_user() {
    let mut listed: Vec<_> = (0..999).map(|number| user(&format!("u{number}"))).collect();
    listed[500]["jobTitle"] = json!({"no": "text"});
    listed[600] = json!({"displayName": "nobody"});
    let (batches, result) = sync_users(&tenant(listed, Vec::new()), &settings(json!({})), None);
    let unreadable: Vec<_> =
        reported(&batches).into_iter().filter(|text| text.contains('?')).collect();
    assert_eq!(unreadable, ["u500? jobTitle: not a text", "(no id)? id is missing"]);
    assert_eq!(result.map(|it| it.unreadable), Ok(2));
    assert_eq!(reported(&batches).len(), 999);
}

#[test]
fn card_numbers_in_any_attribute_are_unchanged() {
    let card = |attribute: &str, user: Value| {
        let settings = settings(json!({"users": {"cardNumber": attribute}}));
        let script = tenant(vec![user], Vec::new());
        let (batches, _) = sync_users(&script, &settings, None);
        let select = script.paths()[1].clone();
        match &batches[0].changes[0] {
            UserChange::User(user) => (user.card_number.clone(), select),
            other => panic!("{other:?}"),
        }
    };
    let (number, select) = card("employeeId", with(user("a"), "employeeId", json!(" 0042 ")));
    assert_eq!(number.as_deref(), Some(" 0042 "));
    assert!(select.contains(",employeeId&"), "{select}");
    let attributes = json!({"extensionAttribute1": "x", "extensionAttribute15": "00917"});
    let (number, select) =
        card("extensionAttribute15", with(user("a"), "onPremisesExtensionAttributes", attributes));
    assert_eq!(number.as_deref(), Some("00917"));
    assert!(select.contains(",onPremisesExtensionAttributes&"), "{select}");
    let pager = "extension_25883231668a43a780b25685c3f874bc_pager";
    assert_eq!(card(pager, with(user("a"), pager, json!("7"))).0.as_deref(), Some("7"));
    assert_eq!(card("faxNumber", with(user("a"), "faxNumber", json!(null))).0, None);
    assert_eq!(card("faxNumber", user("a")).0, None, "absent");
    assert_eq!(
        card("mobilePhone", with(user("a"), "mobilePhone", json!("1"))).0.as_deref(),
        Some("1")
    );
}

/// A tenant with Ann, where Graph refuses an attribute: in delta, or only in a listing.
fn without(attribute: &'static str, in_delta: bool) -> Script<impl Fn(&Asked) -> Reply> {
    Script::new(move |asked| match asked.path.as_str() {
        path if path.contains("latest") && path.contains(attribute) && in_delta => Reply::Json(
            400,
            json!({"error": {"code": "BadRequest", "message": format!(
                "Could not find a property named '{attribute}' on type 'microsoft.graph.user'."
            )}}),
        ),
        path if path.contains("latest") => page(&[], "@odata.deltaLink", "A"),
        path if path.contains("/users/delta?$deltatoken=") => page(&[], "@odata.deltaLink", "B"),
        // https://learn.microsoft.com/graph/delta-query-overview: stored outside the directory.
        path if path.starts_with("/v1.0/users?") && path.contains(attribute) => {
            refused(501, "NotImplemented")
        }
        path if path.starts_with("/v1.0/users?") => ok(json!({"value": [user("ann")]})),
        path if path.contains("/places/") => ok(json!({"value": []})),
        "/v1.0/$batch" => batch(asked, |url, _| match url.contains(attribute) {
            true => (501, json!({"error": {"code": "NotImplemented", "message": "-"}})),
            false => (200, user("ann")),
        }),
        _ => nothing(),
    })
}

#[test]
fn case_034_where_graph_lacks_the_attribute_users_are_synced_without_card_numbers() {
    for in_delta in [true, false] {
        let settings = settings(json!({"users": {"cardNumber": "aboutMe"}}));
        let (batches, result) = sync_users(&without("aboutMe", in_delta), &settings, None);
        let warnings = result.expect("a good run").warnings;
        assert!(warnings[0].contains("aboutMe"), "{warnings:?}");
        let [UserChange::User(ann)] = &batches[0].changes[..] else { panic!("{batches:?}") };
        assert_eq!(ann.unknown, [UserField::CardNumber], "the host keeps the number that it has");

        // The next run tries again without a listing.
        let since = &batches.last().expect("a batch").checkpoint;
        let script = without("aboutMe", in_delta);
        let (batches, result) = sync_users(&script, &settings, Some(since));
        assert_eq!(result.expect("a good run").warnings.len(), 1);
        assert!(batches.iter().all(|batch| batch.mode == Mode::Incremental), "{batches:?}");

        let ids = ["ann".to_owned()];
        let read = block_on(directory::read_users(&script, &settings, &ids)).expect("answers");
        assert!(matches!(&read[0], UserChange::User(it) if !it.unknown.is_empty()), "{read:?}");

        // Graph has it by now: users are enumerated with their numbers.
        let (batches, result) = sync_users(&without("nothing", true), &settings, Some(since));
        assert_eq!(result.expect("a good run").warnings, Vec::<String>::new());
        assert_eq!(batches[0].mode, Mode::Full(Part { first: true, last: false }));
    }
}

#[test]
fn a_loop_of_changes_restarts_the_enumeration() {
    let settings = settings(json!({}));
    let (batches, _) = sync_users(&tenant(vec![user("ann")], Vec::new()), &settings, None);
    let since = &batches.last().expect("a batch").checkpoint;
    let script = Script::new(|asked| match asked.path.as_str() {
        path if path.ends_with("deltatoken=B") => page(&[], "@odata.nextLink", "X"),
        path if path.ends_with("skiptoken=X") => page(&[], "@odata.nextLink", "X"),
        path if path.contains("latest") => page(&[], "@odata.deltaLink", "C"),
        path if path.ends_with("=C") => page(&[], "@odata.deltaLink", "D"),
        path if path.starts_with("/v1.0/users?") => ok(json!({"value": [user("bob")]})),
        path if path.contains("/places/") => ok(json!({"value": []})),
        _ => nothing(),
    });
    let (batches, result) = sync_users(&script, &settings, Some(since));
    assert!(result.is_ok(), "{result:?}");
    let last = user_batches(batches).pop().expect("a batch");
    assert_eq!(last.mode, Mode::Full(Part { first: false, last: true }));
}

#[test]
fn errors_of_places_do_not_delay_users() {
    for (status, code) in [(401, "UnknownError"), (404, "ResourceNotFound")] {
        let script = Script::new(move |asked| match asked.path.as_str() {
            path if path.contains("latest") => page(&[], "@odata.deltaLink", "A"),
            path if path.ends_with("=A") => page(&[], "@odata.deltaLink", "B"),
            path if path.starts_with("/v1.0/users?") => ok(json!({"value": [user("ann")]})),
            path if path.contains("/places/") => refused(status, code),
            _ => nothing(),
        });
        let (batches, result) = sync_users(&script, &settings(json!({})), None);
        assert_eq!(reported(&batches), ["ann"], "{status}");
        assert_eq!(result.expect("a good run").warnings.len(), 1, "{status}");
    }
}

#[test]
fn a_page_larger_than_a_batch_is_sent_in_several_batches() {
    let listed: Vec<_> = (0..2500).map(|number| user(&format!("u{number}"))).collect();
    let (batches, _) = sync_users(&tenant(listed, Vec::new()), &settings(json!({})), None);
    let batches = user_batches(batches);
    assert_eq!(
        batches.iter().map(|batch| batch.changes.len()).collect::<Vec<_>>(),
        [1000, 1000, 500, 0]
    );
    assert!(batches.iter().all(|batch| batch.changes.len() <= BATCH));
    let first = |it: &UserBatch| it.mode == Mode::Full(Part { first: true, last: false });
    assert_eq!(batches.iter().filter(|batch| first(batch)).count(), 1);
    assert_eq!(batches[0].checkpoint, batches[1].checkpoint, "the page would be read again");
    assert_ne!(batches[1].checkpoint, batches[2].checkpoint);
}

#[test]
fn a_forgotten_link_restarts_the_enumeration_within_the_run() {
    let settings = settings(json!({}));
    let (batches, _) = sync_users(&tenant(vec![user("ann")], Vec::new()), &settings, None);
    let since = &batches.last().expect("a batch").checkpoint;
    let gone = [
        (400, "syncStateNotFound"),
        (404, "SyncStateNotFound"),
        (410, "resyncRequired"),
        (400, "Directory_ExpiredPageToken"),
    ];
    for (status, code) in gone {
        let script = Script::new(move |asked| match asked.path.as_str() {
            path if path.ends_with("=B") => refused(status, code),
            path if path.contains("latest") => page(&[], "@odata.deltaLink", "C"),
            path if path.ends_with("=C") => page(&[], "@odata.deltaLink", "D"),
            path if path.starts_with("/v1.0/users?") => ok(json!({"value": [user("bob")]})),
            path if path.contains("/places/") => ok(json!({"value": []})),
            _ => nothing(),
        });
        let (batches, result) = sync_users(&script, &settings, Some(since));
        assert!(result.is_ok(), "{code}: {result:?}");
        assert_eq!(batches[0].mode, Mode::Full(Part { first: true, last: false }), "{code}");
        assert_eq!(reported(&batches), ["bob"]);
    }
    let script = Script::new(|asked| match asked.path.as_str() {
        path if path.contains("latest") => page(&[], "@odata.deltaLink", "C"),
        path if path.ends_with("/token") => nothing(),
        _ => refused(410, "resyncRequired"),
    });
    assert!(sync_users(&script, &settings, Some(since)).1.is_err(), "not for ever");
}

#[test]
fn a_checkpoint_is_used_only_with_the_settings_it_was_made_for() {
    let made = settings(json!({}));
    let (batches, _) = sync_users(&tenant(vec![user("ann")], Vec::new()), &made, None);
    let since = batches.last().expect("a batch").checkpoint.clone();
    assert!(!since.contains("not~a~real~secret"), "free of secrets: {since}");
    let others = [
        json!({"users": {"includeGuests": true}}),
        json!({"users": {"includeDisabled": true}}),
        json!({"users": {"cardNumber": "employeeId"}}),
        json!({"server": {"tenantId": "other.example"}}),
    ];
    for other in others {
        let (batches, _) =
            sync_users(&tenant(Vec::new(), Vec::new()), &settings(other.clone()), Some(&since));
        assert_eq!(batches[0].mode, Mode::Full(Part { first: true, last: false }), "{other}");
    }
    for nonsense in ["", "{}", "null", "[1]", &since[..since.len() / 2], "\u{0}"] {
        let (batches, result) = sync_users(&tenant(Vec::new(), Vec::new()), &made, Some(nonsense));
        assert!(result.is_ok());
        assert_eq!(batches[0].mode, Mode::Full(Part { first: true, last: false }), "{nonsense}");
    }
    let elsewhere = since.replace("graph.microsoft.com/v1.0/users", "evil.example/v1.0/users");
    let script = tenant(Vec::new(), Vec::new());
    sync_users(&script, &made, Some(&elsewhere)).1.expect("a full run");
    assert!(script.asked.borrow().iter().all(|request| !request.origin.contains("evil")));
}

#[test]
fn delta_is_not_trusted_for_more_than_a_week() {
    let settings = settings(json!({}));
    let (batches, _) = sync_users(&tenant(Vec::new(), Vec::new()), &settings, None);
    let since = &batches.last().expect("a batch").checkpoint;
    let script = tenant(Vec::new(), Vec::new());
    script.clock.set(script.clock.get() + std::time::Duration::from_secs(7 * 86_400 + 1));
    let (batches, _) = sync_users(&script, &settings, Some(since));
    assert_eq!(batches[0].mode, Mode::Full(Part { first: true, last: false }));
}

#[test]
fn a_dropped_stream_ends_the_requests() {
    let script = Script::new(|asked| match asked.path.as_str() {
        path if path.contains("latest") => page(&[], "@odata.deltaLink", "A"),
        path if path.contains("/places/") => ok(json!({"value": []})),
        path if path.ends_with("/token") => nothing(),
        path => {
            let next = path.rsplit('=').next().and_then(|it| it.parse().ok()).unwrap_or(0) + 1;
            let link = format!("{GRAPH}/v1.0/users?$skiptoken={next}");
            ok(json!({"value": [user("x")], "@odata.nextLink": link}))
        }
    });
    let mut collected = Collected { room: 3, ..Collected::default() };
    let result = block_on(directory::sync(&script, &settings(json!({})), None, &mut collected));
    assert_eq!(result, Err(Error::Cancelled));
    let pages = script.paths().iter().filter(|path| path.starts_with("/v1.0/users?")).count();
    assert!(pages <= 5, "three reported, one refused, one under way: {pages}");
}

#[test]
fn without_places_users_are_reported_with_a_warning() {
    let script = Script::new(|asked| match asked.path.as_str() {
        path if path.contains("latest") => page(&[], "@odata.deltaLink", "A"),
        path if path.ends_with("=A") => page(&[], "@odata.deltaLink", "B"),
        path if path.starts_with("/v1.0/users?") => ok(json!({"value": [user("ann")]})),
        path if path.contains("/places/") => refused(403, "Authorization_RequestDenied"),
        _ => nothing(),
    });
    let (batches, result) = sync_users(&script, &settings(json!({})), None);
    assert_eq!(reported(&batches), ["ann"]);
    let warnings = result.expect("a good run").warnings;
    assert!(warnings[0].contains("Place.Read.All"), "{warnings:?}");
}

#[test]
fn users_are_read_by_id_in_every_state() {
    let answer = |path: &str, _: &Value| match path {
        it if it.contains("/users/gone") => {
            (404, json!({"error": {"code": "Request_ResourceNotFound", "message": "no"}}))
        }
        it if it.contains("/users/odd") => (200, json!({"id": 7})),
        // Asked for again, and still ill.
        it if it.contains("/users/ill") => {
            (500, json!({"error": {"code": "internal", "message": ""}}))
        }
        it if it.contains("/users/left") => {
            (200, with(user("left"), "accountEnabled", json!(false)))
        }
        it => (200, user(it.trim_start_matches("/users/").split('?').next().expect("an id"))),
    };
    let script = Script::new(move |asked| match asked.path.as_str() {
        "/v1.0/$batch" => batch(asked, answer),
        path if path.contains("/places/") => ok(json!({"value": []})),
        _ => nothing(),
    });
    let ids: Vec<String> = ["ann", "gone", "odd", "ill", "left"].map(str::to_owned).into();
    let changes =
        block_on(directory::read_users(&script, &settings(json!({})), &ids)).expect("answers");
    let batch = UserBatch {
        subject: Subject::Users,
        mode: Mode::Incremental,
        changes,
        checkpoint: String::new(),
        total: None,
    };
    let reported = reported(&[batch]);
    assert_eq!(reported[..2], ["ann", "gone missing Soft"]);
    assert!(reported[2].starts_with("odd? id: not a text"), "{reported:?}");
    assert!(reported[3].starts_with("ill? Microsoft Graph answered internal"), "{reported:?}");
    assert_eq!(reported[4], "left missing OutOfScope", "one read is one answer");
}

#[test]
fn a_throttled_part_of_a_batch_is_asked_again() {
    let script = Script::new(|asked| match asked.path.as_str() {
        "/v1.0/$batch" if asked.before == 0 => ok(json!({"responses": [
            {"id": "1", "status": 429, "headers": {"Retry-After": "3"}, "body": null},
            {"id": "0", "status": 200, "body": user("a")},
        ]})),
        "/v1.0/$batch" => batch(asked, |_, _| (200, user("b"))),
        path if path.contains("/places/") => ok(json!({"value": []})),
        _ => nothing(),
    });
    let ids = ["a".to_owned(), "b".to_owned()];
    let changes =
        block_on(directory::read_users(&script, &settings(json!({})), &ids)).expect("answers");
    assert!(changes.iter().all(|change| matches!(change, UserChange::User(_))), "{changes:?}");
    assert_eq!(script.pauses.borrow()[0].as_secs(), 3);
    let again = script
        .asked
        .borrow()
        .iter()
        .rev()
        .find(|request| request.path.ends_with("$batch"))
        .cloned();
    assert!(!again.expect("asked twice").body.contains("/users/a?"), "only what was put off");
}
