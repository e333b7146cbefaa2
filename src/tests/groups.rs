//! Groups, memberships, and users who are limited to groups.

use futures_executor::block_on;
use serde_json::{Value, json};

use super::{
    script::{
        Asked, Collected, GRAPH, Reply, Script, nothing, ok, refused, settings, sync_users,
        user_batches,
    },
    users::{batch, user, with},
};
use crate::{
    directory,
    error::Error,
    model::{BATCH, Group, Mode, Part, Removed, Subject, UserBatch, UserChange},
    settings::Settings,
};

const STAFF: &str = "00000000-0000-4000-8000-000000000001";
const LEADS: &str = "00000000-0000-4000-8000-000000000002";

fn member(id: &str) -> Value {
    json!({"@odata.type": "#microsoft.graph.user", "id": id})
}

fn left(id: &str) -> Value {
    with(member(id), "@removed", json!({"reason": "deleted"}))
}

fn group(id: &str, members: &[Value]) -> Value {
    json!({"id": id, "displayName": id, "description": "A group", "mail": null,
        "members@delta": members})
}

fn groups(items: &[Value], link: &str, token: &str) -> Reply {
    let kind = if link == "@odata.deltaLink" { "$deltatoken" } else { "$skiptoken" };
    ok(json!({"value": items, link: format!("{GRAPH}/v1.0/groups/delta?{kind}={token}")}))
}

fn users(items: &[Value], link: &str, token: &str) -> Reply {
    super::users::page(items, link, token)
}

/// A tenant with Ann and Bob, where only Ann is in a group. `of_groups` answers first.
fn tenant(of_groups: impl Fn(&Asked) -> Option<Reply>) -> Script<impl Fn(&Asked) -> Reply> {
    Script::new(move |asked| {
        if let Some(reply) = of_groups(asked) {
            return reply;
        }
        match asked.path.as_str() {
            path if path.contains("/users/delta") && path.contains("latest") => {
                users(&[], "@odata.deltaLink", "P0")
            }
            path if path.contains("/users/delta") => users(&[], "@odata.deltaLink", "P1"),
            path if path.contains("/groups/delta") => groups(&[], "@odata.deltaLink", "G1"),
            path if path.starts_with("/v1.0/users?") => {
                ok(json!({"value": [user("ann"), user("bob")]}))
            }
            path if path.contains("/transitiveMembers?") => ok(json!({"value": [
                with(user("ann"), "@odata.type", json!("#microsoft.graph.user")),
                {"@odata.type": "#microsoft.graph.group", "id": LEADS, "userPrincipalName": null},
                {"@odata.type": "#microsoft.graph.device", "id": "d", "accountEnabled": true},
            ]})),
            path if path.contains("/places/") => ok(json!({"value": []})),
            "/v1.0/$batch" => batch(asked, |url, _| match url.contains("/users/ann/check") {
                true => (200, json!({"value": [STAFF]})),
                false => (200, json!({"value": []})),
            }),
            _ => nothing(),
        }
    })
}

fn reported(batches: &[UserBatch], subject: Subject) -> Vec<String> {
    let changes =
        batches.iter().filter(|batch| batch.subject == subject).flat_map(|batch| &batch.changes);
    let sentence = |it: &UserChange| match it {
        UserChange::User(user) => user.id.clone(),
        UserChange::UserIfKnown(user) => format!("{} if known", user.id),
        UserChange::UserMissing(Removed { id, removal: why }) => format!("{id} missing {why:?}"),
        UserChange::GroupMissing(id) => format!("{id} missing"),
        UserChange::Group(group) => group.id.clone(),
        UserChange::MemberAdded(it) => format!("{} + {}", it.group, it.member),
        UserChange::MemberRemoved(it) => format!("{} - {}", it.group, it.member),
        UserChange::UserRemoved(Removed { id, removal: why })
        | UserChange::GroupRemoved(Removed { id, removal: why }) => format!("{id} {why:?}"),
        UserChange::UserUnreadable(it) | UserChange::GroupUnreadable(it) => {
            format!("{}? {}", it.id, it.reason)
        }
    };
    changes.map(sentence).collect()
}

fn limited() -> Settings {
    settings(json!({"users": {"onlyGroups": [STAFF]}}))
}

/// Returns the checkpoint of a run in a tenant without changes.
fn checkpoint(settings: &Settings) -> String {
    let (batches, result) = sync_users(&tenant(|_| None), settings, None);
    result.expect("a good run");
    batches.last().expect("a batch").checkpoint.clone()
}

#[test]
fn a_group_over_several_pages_is_reported_in_parts_without_its_devices() {
    let script = tenant(|asked| match asked.path.as_str() {
        path if path.contains("/groups/delta?$select=") => {
            let device = json!({"@odata.type": "#microsoft.graph.device", "id": "d"});
            Some(groups(&[group("g", &[member("ann"), device])], "@odata.nextLink", "1"))
        }
        path if path.ends_with("skiptoken=1") => {
            let nested = json!({"@odata.type": "#microsoft.graph.group", "id": "h"});
            let items = [group("g", &[member("bob"), nested]), group("h", &[left("eve")])];
            Some(groups(&items, "@odata.deltaLink", "G1"))
        }
        _ => None,
    });
    let (batches, result) = sync_users(&script, &settings(json!({})), None);
    assert_eq!(result.expect("a good run").warnings, Vec::<String>::new());
    let expected = ["g", "g + ann", "g", "g + bob", "g + h", "h", "h - eve"];
    assert_eq!(reported(&batches, Subject::Groups), expected);
    let modes: Vec<_> = batches
        .iter()
        .filter(|batch| batch.subject == Subject::Groups)
        .map(|batch| batch.mode)
        .collect();
    let full = |first, last| Mode::Full(Part { first, last });
    assert_eq!(modes, [full(true, false), full(false, true)]);
}

#[test]
fn a_hundred_thousand_members_come_in_batches_of_a_thousand() {
    let script = tenant(|asked| {
        let number = asked.path.rsplit("$skiptoken=").next()?;
        let page: usize = match asked.path.contains("/groups/delta?$select=") {
            true => 0,
            false => number.parse().ok()?,
        };
        let members: Vec<_> =
            (0..5_000).map(|number| member(&format!("m{page}-{number}"))).collect();
        let (link, token) = match page {
            19 => ("@odata.deltaLink", "G1".to_owned()),
            _ => ("@odata.nextLink", (page + 1).to_string()),
        };
        Some(groups(&[group("g", &members)], link, &token))
    });
    let (batches, result) = sync_users(&script, &settings(json!({})), None);
    result.expect("a good run");
    assert!(batches.iter().all(|batch| batch.changes.len() <= BATCH));
    let members = batches.iter().flat_map(|batch| &batch.changes);
    let members = members.filter(|member| matches!(member, UserChange::MemberAdded(_))).count();
    assert_eq!(members, 100_000);
}

#[test]
fn changes_of_groups_are_reported_and_absent_properties_are_read() {
    let settings = settings(json!({}));
    let since = checkpoint(&settings);
    let script = tenant(|asked| match asked.path.as_str() {
        path if path.ends_with("deltatoken=G1") => Some(groups(
            &[
                json!({"id": "h", "members@delta": [member("ann"), left("bob")]}),
                json!({"id": "gone", "@removed": {"reason": "changed"}}),
                json!({"id": "lost", "displayName": "Was there a moment ago"}),
                json!({"id": "odd", "displayName": {}, "description": null, "mail": null}),
            ],
            "@odata.deltaLink",
            "G2",
        )),
        "/v1.0/$batch" => Some(batch(asked, |url, _| match url.starts_with("/groups/h?") {
            true => (200, json!({"id": "h", "displayName": "Leads", "mail": "leads@contoso.com"})),
            false => (404, json!({"error": {"code": "Request_ResourceNotFound", "message": "-"}})),
        })),
        _ => None,
    });
    let (batches, result) = sync_users(&script, &settings, Some(&since));
    assert_eq!(result.expect("a good run").unreadable, 1);
    assert!(batches.iter().all(|batch| batch.mode == Mode::Incremental));
    let expected = ["h", "h + ann", "h - bob", "gone Soft", "odd? displayName: not a text"];
    assert_eq!(reported(&batches, Subject::Groups), expected);
    let leads = Group {
        id: "h".to_owned(),
        name: "Leads".to_owned(),
        email: Some("leads@contoso.com".to_owned()),
        ..Group::default()
    };
    let changes = batches.iter().flat_map(|batch| &batch.changes);
    assert!(changes.into_iter().any(|change| *change == UserChange::Group(leads.clone())));
}

#[test]
fn without_the_permission_for_groups_users_are_synced_with_a_warning() {
    let denied = |asked: &Asked| {
        let is_group = asked.path.contains("/groups/");
        is_group.then(|| refused(403, "Authorization_RequestDenied"))
    };
    let (batches, result) = sync_users(&tenant(denied), &settings(json!({})), None);
    assert_eq!(reported(&batches, Subject::Users), ["ann", "bob"]);
    assert!(batches.iter().all(|batch| batch.subject == Subject::Users));
    let warnings = result.expect("a good run").warnings;
    assert_eq!(
        warnings,
        ["Groups are not synced: The permission Group.Read.All is missing or has no admin consent"]
    );
    // The selection depends on groups, so no user is reported, and none is added or removed.
    let (batches, result) = sync_users(&tenant(denied), &limited(), None);
    assert!(matches!(result, Err(Error::PermissionMissing(_))), "{result:?}");
    assert_eq!(batches, []);
}

#[test]
fn only_users_in_the_groups_are_reported_after_the_groups() {
    let script = tenant(|_| None);
    let (batches, result) = sync_users(&script, &limited(), None);
    result.expect("a good run");
    assert_eq!(reported(&batches, Subject::Users), ["ann"]);
    let paths = script.paths();
    let place = |part: &str| paths.iter().position(|path| path.contains(part));
    assert!(place("/groups/delta") < place("/users/delta"), "{paths:?}");
    assert_eq!(place("/v1.0/users?"), None, "no other user is read: {paths:?}");
    assert!(paths.iter().any(|path| path.starts_with(&format!(
        "/v1.0/groups/{STAFF}/transitiveMembers?$select=id,userPrincipalName,"
    ))));
}

#[test]
fn a_changed_user_is_checked_against_the_groups() {
    let since = checkpoint(&limited());
    let script = tenant(|asked| {
        let changed = [user("ann"), user("bob"), with(user("eve"), "accountEnabled", json!(false))];
        let is_next = asked.path.ends_with("deltatoken=P1");
        is_next.then(|| users(&changed, "@odata.deltaLink", "P2"))
    });
    let (batches, result) = sync_users(&script, &limited(), Some(&since));
    assert_eq!(result.expect("a good run").requests, 5, "token, groups, users, rooms, a batch");
    let reported = reported(&batches, Subject::Users);
    assert_eq!(reported, ["ann", "bob missing OutOfScope", "eve OutOfScope"]);
    let asked = script.asked.borrow();
    let body: Value = serde_json::from_str(&asked.last().expect("a batch").body).expect("JSON");
    let one = &body["requests"][1];
    assert_eq!(one["method"], "POST");
    assert_eq!(one["url"], "/users/bob/checkMemberGroups");
    assert_eq!(one["headers"]["Content-Type"], "application/json");
    assert_eq!(one["body"], json!({"groupIds": [STAFF]}));
    assert_eq!(body["requests"].as_array().map(Vec::len), Some(2), "the blocked one is out anyway");
}

#[test]
fn more_than_twenty_groups_are_asked_for_in_pieces() {
    let many: Vec<_> =
        (1..=41).map(|number| format!("00000000-0000-4000-8000-{number:012}")).collect();
    let last = many[40].clone();
    let settings = settings(json!({"users": {"onlyGroups": many}}));
    let script = tenant(move |asked| match asked.path.as_str() {
        "/v1.0/$batch" => Some(batch(asked, |_, body| {
            let groups = body["groupIds"].as_array().expect("groups");
            assert!(groups.len() <= 20, "Graph takes 20");
            let found: Vec<_> = groups.iter().filter(|group| **group == *last).collect();
            (200, json!({ "value": found }))
        })),
        path if path.ends_with("deltatoken=P0") => {
            Some(users(&[user("ann"), user("bob")], "@odata.deltaLink", "P1"))
        }
        _ => None,
    });
    let (batches, result) = sync_users(&script, &settings, None);
    result.expect("a good run");
    let reported = reported(&batches, Subject::Users);
    assert_eq!(reported[reported.len() - 2..], ["ann", "bob"], "both are in the last group");
}

#[test]
fn a_user_whose_groups_cannot_be_read_stays() {
    let since = checkpoint(&limited());
    let script = tenant(|asked| match asked.path.as_str() {
        path if path.ends_with("deltatoken=P1") => {
            Some(users(&[user("ann"), user("bob"), user("eve")], "@odata.deltaLink", "P2"))
        }
        "/v1.0/$batch" => Some(batch(asked, |url, _| match url.contains("/ann/") {
            true => (400, json!({"error": {"code": "Request_BadRequest", "message": "-"}})),
            false => {
                let id = url.split('/').nth(2).unwrap_or_default();
                let id = if id == "eve" { STAFF } else { id };
                let message = format!(
                    "Resource '{id}' does not exist or one of its queried reference-property \
                    objects are not present."
                );
                (404, json!({"error": {"code": "Request_ResourceNotFound", "message": message}}))
            }
        })),
        _ => None,
    });
    let (batches, result) = sync_users(&script, &limited(), Some(&since));
    let summary = result.expect("a good run");
    assert_eq!(summary.unreadable, 2);
    // Bob was not found, which is no removal: all three are read in the next run.
    assert_eq!(summary.owed.map(|it| it.count), Some(3));
    let reported = reported(&batches, Subject::Users);
    let reason =
        "Microsoft Graph answered Request_BadRequest when ONES requested the groups of the user";
    // The missing object can also be one of the groups: no user is removed for that.
    let other = reason.replace("BadRequest", "ResourceNotFound");
    assert_eq!(reported, [format!("ann? {reason}"), format!("eve? {other}")]);
}

#[test]
fn a_change_of_membership_enumerates_the_scope_again_but_not_the_groups() {
    let since = checkpoint(&limited());
    let script = tenant(|asked| {
        let joined = [group(STAFF, &[member("bob")])];
        let is_next = asked.path.ends_with("deltatoken=G1");
        is_next.then(|| groups(&joined, "@odata.deltaLink", "G2"))
    });
    let (batches, result) = sync_users(&script, &limited(), Some(&since));
    result.expect("a good run");
    let modes: Vec<_> = batches.iter().map(|batch| (batch.subject, batch.mode)).collect();
    let full = |first, last| Mode::Full(Part { first, last });
    assert_eq!(
        modes,
        [
            (Subject::Groups, Mode::Incremental),
            (Subject::Users, full(true, false)),
            (Subject::Users, full(false, true)),
        ]
    );
    let paths = script.paths();
    assert!(
        !paths.iter().any(|path| path.contains("latest")),
        "the delta link of groups stays: {paths:?}"
    );

    // Cut off after the groups, the next run knows.
    let mut collected = Collected { room: 1, ..Collected::default() };
    let cut = block_on(directory::sync(&script, &limited(), Some(&since), &mut collected));
    assert_eq!(cut, Err(Error::Cancelled));
    let since = &collected.batches[0].checkpoint;
    let (batches, _) = sync_users(&tenant(|_| None), &limited(), Some(since));
    assert_eq!(user_batches(batches)[0].mode, full(true, false));
}

#[test]
fn any_change_of_groups_enumerates_the_scope_and_once_more_since_replicas_lag() {
    let full = Mode::Full(Part { first: true, last: false });
    let run = |since: &str, changed: &[Value]| {
        let script = tenant(|asked| {
            let is_next = asked.path.contains("/groups/delta?$deltatoken=");
            is_next.then(|| groups(changed, "@odata.deltaLink", "G2"))
        });
        let (batches, result) = sync_users(&script, &limited(), Some(since));
        result.expect("a good run");
        let since = batches.last().expect("a batch").checkpoint.clone();
        (user_batches(batches)[0].mode, since)
    };
    // It may have been restored with members that no change reports.
    let back = json!({"id": LEADS, "displayName": "Leads", "description": null, "mail": null});
    let (mode, since) = run(&checkpoint(&limited()), &[back]);
    assert_eq!(mode, full);
    let (mode, since) = run(&since, &[]);
    assert_eq!(mode, full, "what a replica did not know yet is seen now");
    assert_eq!(run(&since, &[]).0, Mode::Incremental);
}

#[test]
fn of_a_group_that_comes_twice_on_a_page_the_last_item_counts() {
    let settings = settings(json!({}));
    let since = checkpoint(&settings);
    let script = tenant(|asked| match asked.path.as_str() {
        path if path.ends_with("deltatoken=G1") => Some(groups(
            &[
                json!({"id": "h", "@removed": {"reason": "changed"}}),
                json!({"id": "h", "displayName": "Leads"}),
            ],
            "@odata.deltaLink",
            "G2",
        )),
        "/v1.0/$batch" => {
            Some(batch(asked, |_, _| (200, json!({"id": "h", "displayName": "Leads"}))))
        }
        _ => None,
    });
    let (batches, _) = sync_users(&script, &settings, Some(&since));
    assert_eq!(reported(&batches, Subject::Groups), ["h Soft", "h"]);
}

#[test]
fn repeated_pages_end_the_run() {
    let script = tenant(|asked| {
        let number: u32 = asked.path.rsplit("=p").next()?.parse().unwrap_or(0);
        let is_groups = asked.path.contains("/groups/delta");
        let next = format!("p{}", number + 1);
        is_groups.then(|| groups(&[group("g", &[member("ann")])], "@odata.nextLink", &next))
    });
    let (_, result) = sync_users(&script, &settings(json!({})), None);
    assert!(matches!(result, Err(Error::Unexpected(_))), "{result:?}");
}

#[test]
fn an_enumeration_that_takes_more_than_a_day_is_given_up() {
    let script = Script::new(|asked| match asked.path.as_str() {
        path if path.contains("/groups/delta") && asked.before == 0 => {
            Reply::Raw(429, vec![("retry-after", "100")], String::new())
        }
        path if path.contains("/groups/delta") => {
            let number: u32 = path.rsplit("=p").next().and_then(|it| it.parse().ok()).unwrap_or(0);
            let item = group(&format!("g{number}"), &[]);
            groups(&[item], "@odata.nextLink", &format!("p{}", number + 1))
        }
        path if path.contains("/users/delta") => users(&[], "@odata.deltaLink", "P0"),
        path if path.starts_with("/v1.0/users?") => ok(json!({"value": []})),
        _ => nothing(),
    });
    let (_, result) = sync_users(&script, &settings(json!({})), None);
    assert!(matches!(result, Err(Error::Unexpected(_))), "{result:?}");
}

#[test]
fn a_group_without_visible_users_is_warned_about() {
    let script =
        tenant(|asked| asked.path.contains("/transitiveMembers").then(|| ok(json!({"value": []}))));
    let warnings = sync_users(&script, &limited(), None).1.expect("a good run").warnings;
    assert!(
        warnings[0].contains(STAFF) && warnings[0].contains("Member.Read.Hidden"),
        "{warnings:?}"
    );
}

#[test]
fn another_scope_enumerates_users_again_and_continues_with_groups() {
    let since = checkpoint(&settings(json!({})));
    let (batches, _) = sync_users(&tenant(|_| None), &limited(), Some(&since));
    let mode = |subject| batches.iter().find(|batch| batch.subject == subject).map(|it| it.mode);
    assert_eq!(mode(Subject::Groups), Some(Mode::Incremental));
    assert_eq!(mode(Subject::Users), Some(Mode::Full(Part { first: true, last: false })));
    assert_eq!(reported(&batches, Subject::Users), ["ann"]);
}

#[test]
fn a_chosen_group_that_was_deleted_is_named_and_no_user_is_removed() {
    let script = tenant(|asked| {
        let gone = asked.path.contains("/transitiveMembers");
        gone.then(|| refused(404, "Request_ResourceNotFound"))
    });
    let (batches, result) = sync_users(&script, &limited(), None);
    let Err(Error::InvalidSettings(fields)) = result else { panic!("{result:?}") };
    assert_eq!(fields[0].field, "/users/onlyGroups/0");
    assert!(user_batches(batches).is_empty());
}

#[test]
fn case_013_a_group_that_hides_its_members_names_the_permission_to_see_them() {
    let forbidden = |url: &str| url.contains("/transitiveMembers") || url.ends_with("$batch");
    let script =
        tenant(|asked| forbidden(&asked.path).then(|| refused(403, "Authorization_RequestDenied")));
    let (_, result) = sync_users(&script, &limited(), None);
    let Err(Error::PermissionMissing(why)) = result else { panic!("{result:?}") };
    let remedy = why.remedy.expect("a remedy");
    assert!(remedy.contains("Member.Read.Hidden"), "{remedy}");

    // The same of a user who changed.
    let since = checkpoint(&limited());
    let script = tenant(|asked| match asked.path.as_str() {
        path if path.ends_with("deltatoken=P1") => {
            Some(users(&[user("ann")], "@odata.deltaLink", "P2"))
        }
        "/v1.0/$batch" => Some(batch(asked, |_, _| {
            (403, json!({"error": {"code": "Authorization_RequestDenied", "message": "-"}}))
        })),
        _ => None,
    });
    let (_, result) = sync_users(&script, &limited(), Some(&since));
    let Err(Error::PermissionMissing(why)) = result else { panic!("{result:?}") };
    assert!(why.remedy.is_some_and(|text| text.contains("Member.Read.Hidden")));
}

#[test]
fn groups_are_read_by_id_and_missing_ones_are_reported() {
    let script = tenant(|asked| {
        let read = |url: &str, _: &Value| match url {
            url if url.starts_with("/groups/g?$select=id,displayName,") => {
                (200, json!({"id": "g", "displayName": "G", "description": "d", "mail": null}))
            }
            _ => (404, json!({"error": {"code": "Request_ResourceNotFound", "message": "-"}})),
        };
        (asked.path == "/v1.0/$batch").then(|| batch(asked, read))
    });
    let ids = ["g".to_owned(), "gone".to_owned()];
    let read = block_on(directory::read_groups(&script, &settings(json!({})), &ids));
    let read = read.expect("answers");
    assert_eq!(read.iter().map(UserChange::id).collect::<Vec<_>>(), ["g", "gone"]);
    assert!(matches!(&read[0], UserChange::Group(it) if it.name == "G"));
    assert_eq!(read[1], UserChange::GroupMissing("gone".to_owned()));
    let many: Vec<_> = (0..=BATCH).map(|it| it.to_string()).collect();
    let refused = block_on(directory::read_groups(&script, &settings(json!({})), &many));
    assert!(matches!(refused, Err(Error::Unexpected(_))));
}
