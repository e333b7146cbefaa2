use ones_host::{
    Case,
    model::{Mode, Refusal, User, UserChange},
    store::Kind,
    sync::{Action, RunMode},
};

use crate::fake::*;

#[test]
fn reported_users_are_offered() {
    let mut ones = Ones::new();
    let source = &mut Fake::users([
        batch(FIRST, "c1", vec![reported("a"), reported("b")]),
        batch(LAST, "c2", vec![reported("c")]),
    ]);
    let outcome = ones.sync_users(source).unwrap();
    assert_eq!((outcome.mode, outcome.counts.added), (RunMode::Full, 3));
    assert_eq!(ones.users(), ["a", "b", "c"]);
    assert_eq!(source.since, None);
}

#[test]
fn a_user_that_the_first_enumeration_repeats_is_one_user_in_its_last_state() {
    let mut ones = Ones::new();
    let titled = |title: &str| {
        let job_title = Some(title.to_owned());
        UserChange::User(User { job_title, ..user("a") })
    };
    let source = &mut Fake::users([
        batch(FIRST, "c1", vec![titled("Clerk"), reported("b"), titled("Clerk")]),
        batch(MIDDLE, "c2", vec![titled("Manager")]),
    ]);
    let counts = ones.sync_users(source).unwrap().counts;
    assert_eq!((counts.added, counts.updated), (2, 1));
    // Another run continues the enumeration, and reports them again.
    let source = &mut Fake::users([batch(LAST, "c3", vec![titled("Director"), reported("b")])]);
    let counts = ones.sync_users(source).unwrap().counts;
    assert_eq!((counts.added, counts.updated), (0, 1));
    assert_eq!(ones.users(), ["a", "b"]);
    assert_eq!(ones.miscounted(), []);
    let rows = ones.rows(Kind::User, false);
    assert_eq!(rows[0].1["jobTitle"], "Director");
}

#[test]
fn a_run_goes_on_from_the_checkpoint_of_the_last_one() {
    let mut ones = Ones::with_users(&ids(3));
    let source = &mut Fake::users([batch(CHANGES, "c2", vec![reported("new")])]);
    let outcome = ones.sync_users(source).unwrap();
    assert_eq!(source.since.as_deref(), Some("c1"));
    assert_eq!((outcome.mode, outcome.counts.added), (RunMode::Incremental, 1));

    let source = &mut Fake::users([]);
    assert_eq!(ones.sync_users(source).unwrap().mode, RunMode::Incremental);
    assert_eq!(source.since.as_deref(), Some("c2"));
}

#[test]
fn a_full_run_passes_no_checkpoint() {
    let mut ones = Ones::with_users(&ids(3));
    ones.options.full = true;
    let source =
        &mut Fake::users([batch(COMPLETE, "c2", ids(3).iter().map(|it| reported(it)).collect())]);
    let outcome = ones.sync_users(source).unwrap();
    assert_eq!(source.since, None);
    assert_eq!((outcome.counts.added, outcome.counts.updated), (0, 0));
}

#[test]
fn an_update_names_the_fields_that_changed() {
    let mut ones = Ones::with_users(&["a".to_owned()]);
    let now = User { job_title: Some("Lead".to_owned()), ..user("a") };
    let outcome = ones
        .sync_users(&mut Fake::users([batch(CHANGES, "c2", vec![UserChange::User(now)])]))
        .unwrap();
    assert_eq!(outcome.counts.updated, 1);
    let [change] = ones.changes.as_slice() else { panic!("{:?}", ones.changes) };
    assert_eq!((change.action, change.name.as_str()), (Action::Updated, "A"));
    assert_eq!(change.fields.len(), 1);
    assert_eq!(change.fields[0].field, "jobTitle");
    assert_eq!(change.fields[0].after, "Lead");
}

#[test]
fn a_failed_run_keeps_what_it_stored_and_the_next_one_continues_there() {
    let mut ones = Ones::new();
    let source = Fake::users([batch(FIRST, "c1", vec![reported("a")])]);
    let error = ones.sync_users(&mut source.then_fails()).unwrap_err().problem();
    assert_eq!((error.case, error.code.as_str()), (Case::Unavailable, "timeout"));
    assert_eq!(ones.users(), ["a"]);

    let source = &mut Fake::users([batch(LAST, "c2", vec![reported("b")])]);
    ones.sync_users(source).unwrap();
    assert_eq!(source.since.as_deref(), Some("c1"));
    assert_eq!(ones.users(), ["a", "b"]);
    assert_eq!(source.read, [] as [&str; 0], "a was reported by the same enumeration");
}

#[test]
fn a_failed_page_removes_no_user() {
    let mut ones = Ones::with_users(&ids(20));
    ones.options.full = true;
    let source = Fake::users([batch(FIRST, "c2", vec![reported("p000"), gone("p001")])]);
    ones.sync_users(&mut source.then_fails()).unwrap_err();
    assert_eq!(ones.users(), ids(20));
}

#[test]
fn a_run_that_failed_is_recorded_with_its_error() {
    let mut ones = Ones::with_users(&ids(1));
    ones.sync_users(&mut Fake::users([]).then_fails()).unwrap_err();
    let runs = ones.runs();
    assert_eq!(runs.iter().map(|it| it.state).collect::<Vec<_>>(), ["done", "failed"]);
    assert_eq!(runs[0].summary.requests, 2);
    assert_eq!(runs[1].error.as_ref().unwrap().code, "timeout");
}

#[test]
fn a_user_reported_as_removed_is_removed_when_the_run_has_ended_well() {
    let mut ones = Ones::with_users(&ids(20));
    let outcome =
        ones.sync_users(&mut Fake::users([batch(CHANGES, "c2", vec![gone("p001")])])).unwrap();
    assert_eq!(outcome.counts.removed, 1);
    assert_eq!(ones.users().len(), 19);
    let (_, row) = ones.rows(Kind::User, true).swap_remove(1);
    assert_eq!(row["removed"]["reason"], "permanent");
    assert_eq!(ones.changes[0].action, Action::Removed);
}

#[test]
fn a_removal_survives_a_failed_run() {
    let mut ones = Ones::with_users(&ids(20));
    let source = Fake::users([batch(CHANGES, "c2", vec![gone("p001")])]);
    ones.sync_users(&mut source.then_fails()).unwrap_err();
    assert_eq!(ones.users().len(), 20);
    assert_eq!(ones.sync_users(&mut Fake::users([])).unwrap().counts.removed, 1);
}

#[test]
fn an_unknown_user_cannot_be_removed() {
    let mut ones = Ones::with_users(&ids(20));
    let source = &mut Fake::users([batch(CHANGES, "c2", vec![gone("unknown")])]);
    let counts = ones.sync_users(source).unwrap().counts;
    assert_eq!((counts.removed, counts.held), (0, 0));
}

#[test]
fn the_last_report_wins() {
    let mut ones = Ones::with_users(&ids(20));
    let changes = vec![gone("p001"), reported("p001"), reported("p002"), gone("p002")];
    ones.sync_users(&mut Fake::users([batch(CHANGES, "c2", changes)])).unwrap();
    let users = ones.users();
    assert!(users.contains(&"p001".to_owned()) && !users.contains(&"p002".to_owned()));
}

#[test]
fn a_user_who_is_back_is_active_with_the_groups_of_before() {
    let mut ones = Ones::new();
    ones.options.default_groups = vec!["Staff".to_owned()];
    let all = ids(20).iter().map(|it| reported(it)).collect();
    ones.sync_users(&mut Fake::users([batch(COMPLETE, "c1", all)])).unwrap();
    ones.sync_users(&mut Fake::users([batch(CHANGES, "c2", vec![gone("p001")])])).unwrap();
    ones.options.default_groups = vec!["Other".to_owned()];
    let source = &mut Fake::users([batch(CHANGES, "c3", vec![reported("p001"), reported("q")])]);
    assert_eq!(ones.sync_users(source).unwrap().counts.added, 2);
    let rows = ones.rows(Kind::User, false);
    let groups = |id: &str| rows.iter().find(|it| it.0 == id).unwrap().1["groups"].to_string();
    assert_eq!(groups("p001"), r#"["Staff"]"#);
    assert_eq!(groups("q"), r#"["Other"]"#);
}

#[test]
fn a_user_whom_an_enumeration_did_not_report_is_read_before_being_removed() {
    let mut ones = Ones::with_users(&ids(20));
    ones.options.full = true;
    let most = ids(20).iter().skip(3).map(|it| reported(it)).collect();
    let source = &mut Fake::users([batch(COMPLETE, "c2", most)])
        .where_stands(reported("p001"))
        .where_stands(unreadable("p002"));
    let outcome = ones.sync_users(source).unwrap();
    assert_eq!(source.read, ["p000", "p001", "p002"]);
    assert_eq!((outcome.counts.removed, outcome.counts.unreadable), (1, 1));
    assert_eq!(ones.users(), ids(20)[1..]);
}

#[test]
fn an_unreadable_user_stays() {
    let mut ones = Ones::with_users(&ids(3));
    ones.options.full = true;
    let changes = vec![reported("p000"), unreadable("p001"), unreadable("new"), reported("p002")];
    let source = &mut Fake::users([batch(COMPLETE, "c2", changes)]);
    let outcome = ones.sync_users(source).unwrap();
    assert_eq!(outcome.unreadable.len(), 2);
    assert_eq!(ones.users(), ids(3));
    assert!(source.read.is_empty());
}

#[test]
fn an_enumeration_can_span_runs() {
    let mut ones = Ones::with_users(&ids(4));
    ones.options.full = true;
    let source = Fake::users([batch(FIRST, "c2", vec![reported("p000")])]);
    ones.sync_users(&mut source.then_fails()).unwrap_err();
    ones.options.full = false;
    let source = Fake::users([batch(MIDDLE, "c3", vec![reported("p001")])]);
    ones.sync_users(&mut source.then_fails()).unwrap_err();
    let source = &mut Fake::users([batch(LAST, "c4", vec![reported("p002")])]);
    ones.sync_users(source).unwrap();
    assert_eq!(source.read, ["p003"]);
    assert_eq!(ones.users(), ids(3));
}

#[test]
fn a_restarted_enumeration_counts_nothing_of_the_one_before() {
    let mut ones = Ones::with_users(&ids(4));
    ones.options.full = true;
    let source = Fake::users([batch(FIRST, "c2", vec![reported("p000")])]);
    ones.sync_users(&mut source.then_fails()).unwrap_err();
    let source =
        &mut Fake::users([batch(COMPLETE, "c3", vec![reported("p001"), reported("p002")])]);
    ones.sync_users(source).unwrap();
    assert_eq!(source.read, ["p000", "p003"]);
}

#[test]
fn an_enumeration_that_ended_before_the_run_failed_is_swept_by_the_next_run() {
    let mut ones = Ones::with_users(&ids(4));
    ones.options.full = true;
    let most = vec![reported("p000"), reported("p001"), reported("p002")];
    let source = Fake::users([batch(COMPLETE, "c2", most)]);
    ones.sync_users(&mut source.then_fails()).unwrap_err();
    assert_eq!(ones.users().len(), 4);

    ones.options.full = false;
    let source = &mut Fake { read_fails: true, ..Fake::default() };
    ones.sync_users(source).unwrap_err();
    assert_eq!(ones.users().len(), 4);

    let source = &mut Fake::users([batch(CHANGES, "c3", vec![reported("new")])]);
    ones.sync_users(source).unwrap();
    assert_eq!(source.read, ["p003"]);
    assert_eq!(ones.users(), ["new", "p000", "p001", "p002"]);

    let source = &mut Fake::users([]);
    ones.sync_users(source).unwrap();
    assert!(source.read.is_empty(), "once is enough");
}

#[test]
fn a_forgotten_checkpoint_turns_a_run_into_a_full_one() {
    let mut ones = Ones::with_users(&ids(4));
    let source = &mut Fake::users([
        batch(CHANGES, "c2", vec![reported("p003")]),
        batch(FIRST, "c3", vec![reported("p000")]),
        batch(LAST, "c4", vec![reported("p001"), reported("p002")]),
    ]);
    assert_eq!(ones.sync_users(source).unwrap().mode, RunMode::Full);
    assert_eq!(source.read, ["p003"]);
}

#[track_caller]
fn check_broken(users: Vec<(Mode, usize)>, rule: &str) {
    let mut ones = Ones::with_users(&ids(2));
    ones.options.full = users[0].0 != CHANGES || rule.contains("no checkpoint");
    let batches = users
        .into_iter()
        .map(|(mode, size)| batch(mode, "c2", ids(size).iter().map(|it| reported(it)).collect()));
    let problem = ones.sync_users(&mut Fake::users(batches)).unwrap_err().problem();
    assert_eq!(problem.code, "plugin-broke-interface");
    assert!(problem.summary.contains(rule), "{}", problem.summary);
}

#[test]
fn a_plugin_that_breaks_the_interface_ends_the_run() {
    check_broken(vec![(COMPLETE, 1001)], "1001 changes");
    check_broken(vec![(LAST, 1)], "did not begin");
    check_broken(vec![(COMPLETE, 1), (MIDDLE, 1)], "did not begin");
    check_broken(vec![(CHANGES, 1)], "no checkpoint");
    check_broken(vec![(CHANGES, 1), (FIRST, 1), (CHANGES, 1)], "middle of an enumeration");
}

#[test]
fn an_answer_must_be_on_those_asked_for() {
    let mut ones = Ones::with_users(&ids(3));
    ones.options.full = true;
    let some = vec![reported("p000"), reported("p001")];
    let source = &mut Fake::users([batch(COMPLETE, "c2", some)]);
    source.stands.insert("p002".to_owned(), reported("unknown"));
    let problem = ones.sync_users(source).unwrap_err().problem();
    assert_eq!(problem.code, "plugin-broke-interface");
    assert_eq!(ones.users(), ids(3));
}

#[test]
fn users_with_the_e_mail_address_of_a_room_are_stored_and_not_offered() {
    let mut ones = Ones::with_users(&["Lake".to_owned(), "ann".to_owned()]);
    ones.sync_rooms(&mut Fake::rooms(["lake", "hill"])).unwrap();
    assert_eq!(ones.users(), ["ann"]);
    ones.sync_rooms(&mut Fake::rooms(["hill"])).unwrap();
    assert_eq!(ones.users(), ["Lake", "ann"]);
}

#[test]
fn integrations_do_not_touch_each_other() {
    let mut ones = Ones::with_users(&ids(3));
    let source = &mut Fake::users([batch(COMPLETE, "x", vec![reported("p000")])]);
    ones.sync(source, |sync| sync.users("Other")).unwrap();
    assert_eq!(source.since, None);
    assert_eq!(ones.users(), ids(3));
    assert_eq!(ones.open().integrations().unwrap(), ["Contoso", "Other"]);
}

#[test]
fn settings_that_are_refused_at_first_leave_no_integration() {
    let mut ones = Ones::new();
    let refused = Some(Refusal::InvalidSettings(Vec::new()));
    ones.sync_users(&mut Fake { fails: refused.clone(), ..Fake::default() }).unwrap_err();
    assert!(ones.open().integrations().unwrap().is_empty());
    // One that is known keeps what it has, and the failed run.
    ones.sync_users(&mut Fake::users([batch(COMPLETE, "c1", vec![reported("a")])])).unwrap();
    ones.sync_users(&mut Fake { fails: refused, ..Fake::default() }).unwrap_err();
    assert_eq!((ones.users().len(), ones.runs().len()), (1, 2));
}

#[test]
fn what_is_larger_than_any_checkpoint_breaks_the_interface() {
    let batch = batch(COMPLETE, &"x".repeat((256 << 10) + 1), Vec::new());
    let error = Ones::new().sync_users(&mut Fake::users([batch])).unwrap_err();
    assert_eq!(error.problem().code, "plugin-broke-interface");
}

#[test]
fn one_record_that_is_too_large_counts_as_unreadable_and_the_run_goes_on() {
    let mut ones = Ones::with_users(&ids(3));
    ones.options.full = true;
    let large =
        |id: &str| UserChange::User(User { job_title: Some("x".repeat(64 << 10)), ..user(id) });
    let changes = vec![large("p000"), reported("p001"), large("new"), reported("p002")];
    let source = &mut Fake::users([batch(COMPLETE, "c2", changes)]);
    let outcome = ones.sync_users(source).unwrap();
    assert_eq!(ones.users(), ids(3), "what is stored stays");
    assert_eq!((outcome.counts.removed, outcome.counts.unreadable), (0, 2));
    let [first, second] = outcome.unreadable.as_slice() else { panic!("{outcome:?}") };
    assert_eq!((first.id.as_str(), second.id.as_str()), ("p000", "new"));
    assert!(first.reason.contains("65536 at most are stored"), "{}", first.reason);
    assert!(source.read.is_empty(), "they were reported");
    let rows = ones.rows(Kind::User, false);
    assert_eq!(rows[0].1["jobTitle"], serde_json::Value::Null);
}
