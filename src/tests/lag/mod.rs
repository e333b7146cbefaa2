//! Replicas that lag and requests that fail: the users and groups that a later run must read.

mod story;

use serde_json::{Value, json};

use self::story::{During, NOW, Story, changes, failed, only_user, owed};
use super::{
    script::user_batches,
    users::{user, with},
};
use crate::{
    error::Error,
    model::{Group, Mode, Owed, Part, Removal, Removed, Subject, UserChange},
};

const DAY: u64 = 86_400;

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn case_040_a_user_that_one_replica_does_not_find_is_kept_and_read_in_the_next_run() {
    let mut story = Story::new(json!({}));
    let users = vec![json!({"id": "new", "displayName": "New", "jobTitle": "Lead"})];
    let ran = story.run(During { users, ..During::default() });
    assert_eq!(changes(&ran), Vec::<&UserChange>::new(), "no user is removed");
    assert_eq!(owed(&ran), Some(Owed { count: 1, since: NOW as i64 }));

    // The replica still lags: the id stays owed, since the first report.
    story.wait(600);
    let ran = story.run(During::default());
    assert_eq!(changes(&ran), Vec::<&UserChange>::new());
    assert_eq!(owed(&ran), Some(Owed { count: 1, since: NOW as i64 }));

    let ran = story.run(During { by_id: &|_| (200, user("new")), ..During::default() });
    let found = only_user(&ran);
    assert_eq!((found.id.as_str(), found.display_name.as_str()), ("new", "New"));
    assert_eq!(found.job_title, text("Lead"));
    assert_eq!(owed(&ran), None);
    assert!(story.asked[0].ends_with("$batch"), "before what changed: {:?}", story.asked);
}

#[test]
fn case_041_a_group_that_one_replica_does_not_find_is_kept_and_read_in_the_next_run() {
    let mut story = Story::new(json!({}));
    let joined = json!([{"@odata.type": "#microsoft.graph.user", "id": "ann"}]);
    let groups = vec![json!({"id": "g", "displayName": "New", "members@delta": joined})];
    let ran = story.run(During { groups, ..During::default() });
    assert!(matches!(changes(&ran)[..], [UserChange::MemberAdded(_)]), "{ran:?}");
    assert_eq!(owed(&ran).map(|it| it.count), Some(1));

    let body = json!({"id": "g", "displayName": "Old", "mail": "g@contoso.com"});
    let ran = story.run(During { by_id: &|_| (200, body.clone()), ..During::default() });
    let expected = Group {
        id: "g".to_owned(),
        name: "New".to_owned(),
        email: text("g@contoso.com"),
        ..Group::default()
    };
    assert_eq!(changes(&ran), [&UserChange::Group(expected)]);
    assert_eq!(owed(&ran), None);
}

#[test]
fn case_042_users_whose_part_of_a_batch_failed_are_read_in_the_next_run() {
    let mut story = Story::new(json!({}));
    let users = vec![json!({"id": "new", "displayName": "New"}), json!({"id": "ann"})];
    let groups = vec![json!({"id": "g", "displayName": "New"})];
    let ran = story.run(During { users, groups, by_id: &failed, ..During::default() });
    assert_eq!(ran.1.as_ref().map(|it| it.unreadable), Ok(3));
    assert_eq!(owed(&ran).map(|it| it.count), Some(3));

    let answer = |url: &str| match url.split(['/', '?']).nth(2).unwrap_or_default() {
        "g" => (200, json!({"id": "g", "displayName": "New"})),
        id => (200, user(id)),
    };
    let ran = story.run(During { by_id: &answer, ..During::default() });
    let read: Vec<_> = changes(&ran).iter().map(|change| change.id().to_owned()).collect();
    assert_eq!(read, ["ann", "new", "g"]);
    assert_eq!(owed(&ran), None);
}

#[test]
fn case_042_a_user_whose_check_of_groups_failed_is_checked_in_the_next_run() {
    let group = "00000000-0000-4000-8000-000000000001";
    let mut story = Story::new(json!({"users": {"onlyGroups": [group]}}));
    story.run(During::default()).1.expect("a good run");
    let users = vec![with(user("ann"), "jobTitle", json!("Lead"))];
    let ran = story.run(During { users, by_id: &failed, ..During::default() });
    assert!(matches!(changes(&ran)[..], [UserChange::UserUnreadable(_)]), "{ran:?}");
    assert_eq!(owed(&ran).map(|it| it.count), Some(1));

    let answer = |url: &str| match url.ends_with("/checkMemberGroups") {
        true => (200, json!({"value": [group]})),
        false => (200, user("ann")),
    };
    let ran = story.run(During { by_id: &answer, ..During::default() });
    assert_eq!(only_user(&ran).job_title, text("Lead"));
    assert_eq!(owed(&ran), None);
}

#[test]
fn a_user_who_was_found_in_none_of_the_groups_is_checked_again_for_an_hour() {
    let group = "00000000-0000-4000-8000-000000000001";
    let mut story = Story::new(json!({"users": {"onlyGroups": [group]}}));
    story.run(During::default()).1.expect("a good run");
    let outside = |url: &str| match url.ends_with("/checkMemberGroups") {
        true => (200, json!({"value": []})),
        false => (200, user("ann")),
    };
    let users = vec![user("ann")];
    let ran = story.run(During { users, by_id: &outside, ..During::default() });
    let missing =
        UserChange::UserMissing(Removed { id: "ann".to_owned(), removal: Removal::OutOfScope });
    assert_eq!(changes(&ran), [&missing], "one answer does not prove it");
    assert_eq!(owed(&ran), None, "most users are in no group, which is not an error");

    // The replica has caught up, and delta does not report the user again.
    let inside = |url: &str| match url.ends_with("/checkMemberGroups") {
        true => (200, json!({"value": [group]})),
        false => (200, user("ann")),
    };
    let mut other = Story { since: story.since.clone(), ..Story::new(json!({})) };
    other.settings = story.settings.clone();
    let ran = other.run(During { by_id: &inside, ..During::default() });
    assert_eq!(only_user(&ran).id, "ann");

    story.wait(3601);
    let ran = story.run(During { by_id: &outside, ..During::default() });
    assert_eq!(changes(&ran), Vec::<&UserChange>::new(), "the host has this report already");
    story.run(During { by_id: &outside, ..During::default() }).1.expect("a good run");
    assert_eq!(story.batches(), 0, "after an hour the answer counts as final");
}

#[test]
fn case_047_a_property_that_delta_reported_overrides_an_old_answer() {
    let mut story = Story::new(json!({}));
    let old = with(user("ann"), "jobTitle", json!("Trainee"));
    let users = vec![json!({"id": "ann", "jobTitle": "Lead", "mail": null})];
    let ran = story.run(During { users, by_id: &|_| (200, old.clone()), ..During::default() });
    let ann = only_user(&ran);
    assert_eq!((ann.job_title, ann.email), (text("Lead"), None));
    assert_eq!(ann.username, "ann@contoso.com", "the rest is read");
    assert_eq!(owed(&ran), None, "the user is reported");

    // The same for a group.
    let groups = vec![json!({"id": "g", "displayName": "New", "description": null})];
    let body = json!({"id": "g", "displayName": "Old", "description": "Old", "mail": "g@x.com"});
    let by_id = |url: &str| match url.starts_with("/groups/") {
        true => (200, body.clone()),
        false => (200, old.clone()),
    };
    let ran = story.run(During { groups, by_id: &by_id, ..During::default() });
    let changes = changes(&ran);
    let Some(UserChange::Group(group)) = changes.last() else { panic!("{changes:?}") };
    assert_eq!((group.name.as_str(), group.description.as_ref()), ("New", None));
    assert_eq!(group.email, text("g@x.com"));
}

#[test]
fn case_047_an_old_answer_does_not_overwrite_a_later_change_for_good() {
    let mut story = Story::new(json!({}));
    let old = user("ann");
    let new = with(with(old.clone(), "jobTitle", json!("Lead")), "department", json!("Sales"));
    let report = |property: &str, value: &str| vec![json!({"id": "ann", (property): value})];
    let users = report("department", "Sales");
    story
        .run(During { users, by_id: &|_| (200, new.clone()), ..During::default() })
        .1
        .expect("a good run");
    // Another replica answers, which has neither change yet.
    let users = report("jobTitle", "Lead");
    let ran = story.run(During { users, by_id: &|_| (200, old.clone()), ..During::default() });
    assert_eq!(only_user(&ran).job_title, text("Lead"));

    let ran = story.run(During { by_id: &|_| (200, new.clone()), ..During::default() });
    let ann = only_user(&ran);
    assert_eq!((ann.job_title, ann.department), (text("Lead"), text("Sales")));
    story.run(During::default()).1.expect("a good run");
    assert_eq!(story.batches(), 0, "the replicas agree: no further read is due");
}

#[test]
fn case_047_an_answer_that_may_be_old_is_read_again_after_an_hour() {
    let mut story = Story::new(json!({}));
    let new = with(user("ann"), "department", json!("Sales"));
    let ran = story.run(During { users: vec![new.clone()], ..During::default() });
    assert_eq!(only_user(&ran).department, text("Sales"));
    // The reported property has the same value in the old record.
    let users = vec![json!({"id": "ann", "accountEnabled": true})];
    let ran = story.run(During { users, by_id: &|_| (200, user("ann")), ..During::default() });
    assert_eq!((only_user(&ran).department, owed(&ran)), (None, None));
    story.run(During::default()).1.expect("a good run");
    assert_eq!(story.batches(), 0, "not at once");

    story.wait(3601);
    let ran = story.run(During { by_id: &|_| (200, new.clone()), ..During::default() });
    assert_eq!(only_user(&ran).department, text("Sales"));
    story.run(During::default()).1.expect("a good run");
    assert_eq!(story.batches(), 0, "and only once");
}

#[test]
fn of_several_reports_before_the_first_answer_the_newest_value_of_each_property_counts() {
    let mut story = Story::new(json!({}));
    let users = vec![
        json!({"id": "ann", "jobTitle": "Trainee", "department": "Sales"}),
        json!({"id": "ann", "jobTitle": "Lead"}),
    ];
    story.run(During { users, ..During::default() }).1.expect("a good run");
    let users = vec![json!({"id": "ann", "officeLocation": "2.01"})];
    let ran = story.run(During { users, ..During::default() });
    assert_eq!(owed(&ran).map(|it| it.count), Some(1));
    let ran = story.run(During { by_id: &|_| (200, user("ann")), ..During::default() });
    let ann = only_user(&ran);
    let found = (ann.job_title, ann.department, ann.office);
    assert_eq!(found, (text("Lead"), text("Sales"), text("2.01")));
}

#[test]
fn a_removed_user_is_no_longer_owed() {
    let mut story = Story::new(json!({}));
    story
        .run(During { users: vec![json!({"id": "new"})], ..During::default() })
        .1
        .expect("a good run");
    let users = vec![json!({"id": "new", "@removed": {"reason": "deleted"}})];
    let ran = story.run(During { users, ..During::default() });
    assert_eq!(
        changes(&ran),
        [&UserChange::UserRemoved(Removed { id: "new".to_owned(), removal: Removal::Permanent })]
    );
    assert_eq!(owed(&ran), None);
    story.run(During::default()).1.expect("a good run");
    assert_eq!(story.batches(), 0);
}

#[test]
fn owed_users_outlive_the_delta_link_until_a_listing_reports_them() {
    let mut story = Story::new(json!({}));
    let users = vec![json!({"id": "new"}), json!({"id": "other"})];
    story.run(During { users, ..During::default() }).1.expect("a good run");
    let listed = vec![user("new")];
    let ran = story.run(During { forgot: true, listed, ..During::default() });
    assert_eq!(only_user(&ran).id, "new");
    assert!(user_batches(ran.0.clone()).iter().any(|it| matches!(it.mode, Mode::Full(_))));
    assert_eq!(owed(&ran).map(|it| it.count), Some(1), "the other user is still owed");
}

#[test]
fn a_user_that_cannot_be_read_for_30_days_is_given_up_with_a_warning() {
    let mut story = Story::new(json!({}));
    story
        .run(During { users: vec![json!({"id": "ghost"})], ..During::default() })
        .1
        .expect("a good run");
    story.wait(30 * DAY);
    let ran = story.run(During::default());
    assert_eq!(owed(&ran).map(|it| it.count), Some(1));
    story.wait(1);
    let ran = story.run(During::default());
    assert_eq!(owed(&ran), None);
    let warnings = ran.1.expect("a good run").warnings;
    assert!(warnings[0].contains("ghost") && warnings[0].contains("30 days"), "{warnings:?}");
}

#[test]
fn case_042_the_delta_link_stays_where_a_checkpoint_cannot_store_all_that_is_owed() {
    let mut story = Story::new(json!({}));
    let many =
        |count: usize| (0..count).map(|number| json!({"id": format!("u{number}")})).collect();
    let before = story.since.clone();
    let ran = story.run(During { users: many(1001), ..During::default() });
    let Err(Error::Unavailable(why)) = &ran.1 else { panic!("{:?}", ran.1) };
    assert_eq!(why.code, "too-many-owed");
    assert!(why.remedy.is_some());
    assert_eq!(ran.0, [], "the next run reads the page again");
    assert_eq!(story.since, before);

    // As many as fit are stored, and all are read once the replica has them.
    let ran = story.run(During { users: many(1000), ..During::default() });
    assert_eq!(owed(&ran).map(|it| it.count), Some(1000));
    assert!(story.since.as_ref().is_some_and(|it| it.len() < 256 * 1024));
    let answer = |url: &str| (200, user(url.split(['/', '?']).nth(2).unwrap_or_default()));
    let ran = story.run(During { by_id: &answer, ..During::default() });
    assert_eq!(changes(&ran).len(), 1000);
    assert_eq!(owed(&ran), None);

    // A few large ones can also exceed the limit.
    let large = "x".repeat(100 * 1024);
    let users =
        (0..2).map(|number| json!({"id": format!("u{number}"), "jobTitle": large})).collect();
    let ran = story.run(During { users, ..During::default() });
    assert!(matches!(ran.1, Err(Error::Unavailable(_))), "{:?}", ran.1);
}

#[test]
fn case_046_accounts_are_not_added_while_places_does_not_answer() {
    let mut story = Story::new(json!({}));
    let room = with(user("r"), "mail", json!("room@contoso.com"));
    let users = vec![room.clone(), user("ann"), with(user("bob"), "mail", json!(null))];
    let ran = story.run(During { users, places: 500, ..During::default() });
    let [UserChange::UserIfKnown(r), UserChange::UserIfKnown(ann), UserChange::User(bob)] =
        changes(&ran)[..]
    else {
        panic!("{:?}", ran.0)
    };
    assert_eq!(
        [&r.id, &ann.id, &bob.id],
        ["r", "ann", "bob"],
        "without an address, an account is not a room"
    );
    assert_eq!(owed(&ran).map(|it| it.count), Some(2));
    let warnings = &ran.1.as_ref().expect("a good run").warnings;
    assert!(warnings[0].contains("are synced by a later run"), "{warnings:?}");

    let answer = |url: &str| match url.starts_with("/users/r?") {
        true => (200, room.clone()),
        false => (200, user("ann")),
    };
    let ran = story.run(During { by_id: &answer, ..During::default() });
    let [UserChange::User(ann), out] = changes(&ran)[..] else { panic!("{:?}", ran.0) };
    assert_eq!(ann.id, "ann");
    assert_eq!(
        *out,
        UserChange::UserRemoved(Removed { id: "r".to_owned(), removal: Removal::OutOfScope })
    );
    assert_eq!(owed(&ran), None);
}

#[test]
fn case_046_an_enumeration_without_places_is_followed_by_another() {
    let mut story = Story::new(json!({}));
    let listed = || vec![with(user("r"), "mail", json!("room@contoso.com")), user("ann")];
    let forgot = During { forgot: true, listed: listed(), places: 500, ..During::default() };
    let ran = story.run(forgot);
    assert!(
        changes(&ran).iter().all(|change| matches!(change, UserChange::UserIfKnown(_))),
        "{ran:?}"
    );
    assert_eq!(owed(&ran), None);

    let ran = story.run(During { listed: listed(), ..During::default() });
    assert_eq!(user_batches(ran.0.clone())[0].mode, Mode::Full(Part { first: true, last: false }));
    assert_eq!(only_user(&ran).id, "ann");
    let ran = story.run(During { listed: listed(), ..During::default() });
    assert_eq!(user_batches(ran.0)[0].mode, Mode::Incremental);
}

#[test]
fn case_046_after_a_day_without_places_accounts_are_added_as_users() {
    let mut story = Story::new(json!({}));
    let down = || During { users: vec![user("ann")], places: 503, ..During::default() };
    story.run(down()).1.expect("a good run");
    story.wait(DAY + 600);
    let by_id = |_: &str| (200, user("ann"));
    let ran = story.run(During { by_id: &by_id, ..down() });
    assert!(changes(&ran).iter().all(|change| matches!(change, UserChange::User(_))), "{ran:?}");
    assert_eq!(owed(&ran), None);
    let warnings = ran.1.expect("a good run").warnings;
    assert!(warnings[0].contains("may be synced as users"), "{warnings:?}");
    // Places answers again, so later accounts wait again.
    story.run(During { users: vec![user("ann")], ..During::default() }).1.expect("a good run");
    let ran = story.run(down());
    assert!(matches!(changes(&ran)[..], [UserChange::UserIfKnown(_)]), "{ran:?}");
}

#[test]
fn a_checkpoint_of_an_earlier_version_is_continued() {
    let mut story = Story::new(json!({}));
    let mut old: Value = serde_json::from_str(story.since.as_ref().expect("one")).expect("JSON");
    old["version"] = json!(2);
    assert!(old["people"]["madeFor"]["people"].is_object(), "the stored names: {old}");
    for field in ["enumerateAgain", "withoutRooms"] {
        old.as_object_mut().expect("an object").remove(field).expect(field);
    }
    for subject in ["people", "groups"] {
        for field in ["owed", "pageSize", "expired"] {
            old[subject].as_object_mut().expect("an object").remove(field).expect(field);
        }
    }
    story.since = Some(old.to_string());
    let ran = story.run(During { users: vec![user("ann")], ..During::default() });
    assert_eq!(only_user(&ran).id, "ann");
    assert!(ran.0.iter().all(|it| it.mode == Mode::Incremental), "{:?}", ran.0);
    assert_eq!(ran.0[1].subject, Subject::Groups);
}
