//! Links that Microsoft Graph gives and then no longer knows, and pages that are too large.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    script::{
        Asked, Collected, GRAPH, Reply, Script, nothing, ok, refused, settings, sync_users,
        user_batches,
    },
    users::{page, user},
};
use crate::{
    directory,
    error::Error,
    host::Failure,
    model::{Mode, Part, Subject, UserBatch, UserChange},
};

fn users(batches: &[UserBatch]) -> BTreeSet<String> {
    let changes = batches.iter().flat_map(|batch| &batch.changes);
    let users = changes.filter_map(|change| match change {
        UserChange::User(user) => Some(user.id.clone()),
        _ => None,
    });
    users.collect()
}

fn all_users(count: usize) -> BTreeSet<String> {
    (0..count).map(|number| format!("u{number}")).collect()
}

/// Returns the number in a skip token.
fn place(asked: &Asked) -> usize {
    let token = asked.path.split("$skiptoken=").nth(1);
    token.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// A tenant with `count` users, one per page. `refuses` selects the expired page links.
fn tenant<'a>(
    count: usize,
    refuses: impl Fn(&Asked) -> bool + 'a,
) -> Script<impl Fn(&Asked) -> Reply + 'a> {
    Script::new(move |asked| {
        let path = asked.path.as_str();
        if path.contains("$skiptoken") && refuses(asked) {
            return refused(400, "Directory_ExpiredPageToken");
        }
        let at = place(asked);
        let sparse = json!([{"id": format!("u{at}"), "userPrincipalName": "u@contoso.com"}]);
        let items = json!([user(&format!("u{at}"))]);
        let next = |kind: &str| format!("{GRAPH}/v1.0/{kind}$skiptoken={}", at + 1);
        match path {
            path if path.contains("/places/") => ok(json!({"value": []})),
            path if path.contains("latest") => page(&[], "@odata.deltaLink", "A"),
            path if path.contains("/users/delta?$deltatoken=") => {
                page(&[], "@odata.deltaLink", "B")
            }
            path if path.contains("/users/delta?") && at + 1 < count => {
                ok(json!({"value": sparse, "@odata.nextLink": next("users/delta?")}))
            }
            path if path.contains("/users/delta?") => ok(json!({"value": sparse,
                "@odata.deltaLink": format!("{GRAPH}/v1.0/users/delta?$deltatoken=C")})),
            path if path.starts_with("/v1.0/users?") && at + 1 < count => {
                ok(json!({"value": items, "@odata.nextLink": next("users?")}))
            }
            path if path.starts_with("/v1.0/users?") => ok(json!({"value": items})),
            _ => nothing(),
        }
    })
}

fn is_listing(asked: &Asked) -> bool {
    asked.path.starts_with("/v1.0/users?")
}

#[test]
fn case_020_a_page_token_that_expires_once_lists_again_within_the_enumeration() {
    let script = tenant(5, |asked| is_listing(asked) && place(asked) == 3 && asked.before == 0);
    let (batches, result) = sync_users(&script, &settings(json!({})), None);
    result.expect("a good run");
    assert_eq!(users(&batches), all_users(5));
    let first = |it: &&UserBatch| matches!(it.mode, Mode::Full(Part { first: true, .. }));
    assert_eq!(user_batches(batches).iter().filter(first).count(), 1, "what was reported counts");
    assert_eq!(script.pauses.borrow().len(), 1);
}

#[test]
fn case_020_a_listing_whose_tokens_always_expire_gives_way_to_delta() {
    for pages in 1..8 {
        // The page links of a listing expire after this number of pages.
        let script = tenant(8, move |asked| is_listing(asked) && place(asked) >= pages);
        let (batches, result) = sync_users(&script, &settings(json!({})), None);
        result.expect("a good run");
        assert_eq!(users(&batches), all_users(8), "{pages}");
        let batches = user_batches(batches);
        let last = &batches[batches.len() - 1];
        assert_eq!(last.mode, Mode::Full(Part { first: false, last: true }), "{pages}");
        let pauses: Vec<_> = script.pauses.borrow().iter().map(|it| it.as_millis()).collect();
        assert!(matches!(pauses[..], [500..=1000, 1000..=2000]), "they grow: {pauses:?}");
        assert!(
            !script.paths().iter().any(|path| path.ends_with("$batch")),
            "in a first round of delta, what is absent has no value"
        );

        // Later runs follow the link that delta gave.
        let since = &last.checkpoint;
        let (batches, _) = sync_users(&tenant(8, |_| false), &settings(json!({})), Some(since));
        assert_eq!(user_batches(batches)[0].mode, Mode::Incremental);
    }
}

#[test]
fn case_020_a_run_that_is_cut_off_goes_on_with_delta() {
    let settings = settings(json!({}));
    let expires = |asked: &Asked| is_listing(asked) && place(asked) >= 2;
    let mut collected = Collected { room: 6, ..Collected::default() };
    let script = tenant(8, expires);
    let cut = futures_executor::block_on(directory::sync(&script, &settings, None, &mut collected));
    assert_eq!(cut, Err(Error::Cancelled));
    let script = tenant(8, expires);
    let since = collected.batches.last().map(|batch| batch.checkpoint.clone());
    let (batches, result) = sync_users(&script, &settings, since.as_deref());
    result.expect("a good run");
    collected.batches.extend(batches);
    assert_eq!(users(&collected.batches), all_users(8));
    assert!(
        !script.paths().iter().any(|path| path.starts_with("/v1.0/users?")),
        "no listing again"
    );
    let asked = script.asked.borrow();
    let again =
        asked.iter().filter(|request| request.path.ends_with("/users/delta?$deltatoken=C")).count();
    assert_eq!(again, 1, "what changed during an enumeration of two runs is asked for at once");
}

#[test]
fn case_020_patience_with_expired_tokens_ends_and_keeps_what_was_reported() {
    let of_groups = |asked: &Asked| asked.path.contains("/groups/delta");
    let script = Script::new(move |asked| match asked.path.as_str() {
        path if of_groups(asked) && path.contains("$skiptoken") => {
            refused(400, "Directory_ExpiredPageToken")
        }
        _ if of_groups(asked) => ok(json!({"value": [{"id": "g", "displayName": "G"}],
            "@odata.nextLink": format!("{GRAPH}/v1.0/groups/delta?$skiptoken=1")})),
        path if path.contains("/users/delta") => page(&[], "@odata.deltaLink", "A"),
        path if path.starts_with("/v1.0/users?") => ok(json!({"value": [user("ann")]})),
        path if path.contains("/places/") => ok(json!({"value": []})),
        _ => nothing(),
    });
    let (batches, result) = sync_users(&script, &settings(json!({})), None);
    let Err(Error::Unavailable(why)) = result else { panic!("{result:?}") };
    assert_eq!(why.code, "Directory_ExpiredPageToken");
    assert_eq!(users(&batches).len(), 1);
    assert!(batches.iter().any(|batch| batch.subject == Subject::Groups));
    let waited: u64 = script.pauses.borrow().iter().map(|it| it.as_secs()).sum();
    assert!((30..=120).contains(&waited), "{waited} s");
}

#[test]
fn case_020_an_expired_page_link_of_changes_restarts_the_round_without_a_listing() {
    let settings = settings(json!({}));
    let since = sync_users(&tenant(1, |_| false), &settings, None).0;
    let since = &since.last().expect("a batch").checkpoint;
    let script = Script::new(|asked| match asked.path.as_str() {
        path if path.ends_with("deltatoken=B") => {
            page(&[user("ann")], "@odata.nextLink", &format!("p{}", asked.before))
        }
        path if path.ends_with("skiptoken=p0") => refused(400, "Directory_ExpiredPageToken"),
        path if path.ends_with("skiptoken=p1") => page(&[user("bob")], "@odata.deltaLink", "D"),
        path if path.contains("/places/") => ok(json!({"value": []})),
        path if path.contains("/users") => panic!("{path}"),
        _ => nothing(),
    });
    let (batches, result) = sync_users(&script, &settings, Some(since));
    result.expect("a good run");
    assert_eq!(users(&batches), ["ann", "bob"].map(str::to_owned).into());
    assert!(batches.iter().all(|batch| batch.mode == Mode::Incremental));
}

#[test]
fn a_page_that_is_too_large_is_asked_for_in_smaller_ones() {
    let settings = settings(json!({}));
    let top = |asked: &Asked| {
        let top = asked.path.split("$top=").nth(1).and_then(|it| it.split('&').next());
        top.map_or(999, |text| text.parse::<u16>().expect("a number"))
    };
    let large = move |asked: &Asked| match asked.path.as_str() {
        path if path.contains("latest") => page(&[], "@odata.deltaLink", "A"),
        path if path.starts_with("/v1.0/users?$select") && top(asked) > 300 => {
            Reply::Fail(Failure::TooLarge)
        }
        path if path.starts_with("/v1.0/users?") => ok(json!({"value": [user("ann")]})),
        path if path.contains("/users/delta") => {
            let size: u16 = asked
                .header("prefer")
                .and_then(|it| it.strip_prefix("odata.maxpagesize="))
                .map_or(999, |it| it.parse().expect("a number"));
            match size {
                ..=124 => page(&[user("bob")], "@odata.deltaLink", "B"),
                _ => Reply::Fail(Failure::TooLarge),
            }
        }
        path if path.contains("/places/") => ok(json!({"value": []})),
        _ => nothing(),
    };
    let script = Script::new(large);
    let (batches, result) = sync_users(&script, &settings, None);
    result.expect("a good run");
    assert_eq!(users(&batches), ["ann", "bob"].map(str::to_owned).into());
    let modes: Vec<_> = user_batches(batches.clone()).iter().map(|it| it.mode).collect();
    let full = |first, last| Mode::Full(Part { first, last });
    assert_eq!(modes, [full(true, false), full(false, true)]);
    let tops: Vec<_> =
        script.asked.borrow().iter().filter(|request| is_listing(request)).map(top).collect();
    assert_eq!(tops, [999, 499, 249]);

    // The next run knows.
    let script = Script::new(large);
    let since = &batches.last().expect("a batch").checkpoint;
    sync_users(&script, &settings, Some(since)).1.expect("a good run");
    let deltas = script.paths().iter().filter(|path| path.contains("/users/delta")).count();
    assert_eq!(deltas, 1);

    // One user alone is too large: there is an end.
    let script = Script::new(|asked| match asked.path.as_str() {
        path if path.contains("latest") => page(&[], "@odata.deltaLink", "A"),
        path if path.starts_with("/v1.0/users?") => Reply::Fail(Failure::TooLarge),
        _ => nothing(),
    });
    let (_, result) = sync_users(&script, &settings, None);
    let code = result.err().and_then(|error| error.explanation().map(|why| why.code.clone()));
    assert_eq!(code.as_deref(), Some("answer-too-large"));
}

#[test]
fn groups_whose_enumeration_took_two_runs_are_followed_once_more_at_its_end() {
    let settings = settings(json!({}));
    let groups = |items: &[Value], link: &str, token: &str| {
        ok(json!({"value": items, link: format!("{GRAPH}/v1.0/groups/delta?{token}")}))
    };
    let group = |id: &str, members: &[&str]| {
        let members: Vec<_> = members.iter().map(|member| json!({"id": member})).collect();
        json!({"id": id, "displayName": id, "description": null, "mail": null,
            "members@delta": members})
    };
    let script = || {
        Script::new(|asked| match asked.path.as_str() {
            path if path.contains("/groups/delta?$select") => {
                groups(&[group("g", &["ann"])], "@odata.nextLink", "$skiptoken=1")
            }
            path if path.ends_with("/groups/delta?$skiptoken=1") => {
                groups(&[group("h", &[])], "@odata.deltaLink", "$deltatoken=G1")
            }
            path if path.ends_with("/groups/delta?$deltatoken=G1") => {
                groups(&[group("g", &["bob"])], "@odata.deltaLink", "$deltatoken=G2")
            }
            path if path.contains("/users/delta") => page(&[], "@odata.deltaLink", "A"),
            path if path.starts_with("/v1.0/users?") => ok(json!({"value": []})),
            _ => nothing(),
        })
    };
    let mut collected = Collected { room: 3, ..Collected::default() };
    let cut =
        futures_executor::block_on(directory::sync(&script(), &settings, None, &mut collected));
    assert_eq!(cut, Err(Error::Cancelled));
    let since = &collected.batches[2].checkpoint;
    let (batches, result) = sync_users(&script(), &settings, Some(since));
    result.expect("a good run");
    let modes =
        batches.iter().filter(|batch| batch.subject == Subject::Groups).map(|batch| batch.mode);
    let modes: Vec<_> = modes.collect();
    assert_eq!(modes, [Mode::Full(Part { first: false, last: true }), Mode::Incremental]);
    let joined = batches.iter().flat_map(|batch| &batch.changes).any(|it| match it {
        UserChange::MemberAdded(it) => it.member == "bob",
        _ => false,
    });
    assert!(joined, "who joined between the two runs is in it");
}
