//! What a listing or one answer did not find is removed only after a second answer, and an hour
//! after the vendor's last report.

use jiff::{Timestamp, ToSpan as _};
use ones_host::{
    model::{Removal, Removed, RoomChange, RoomField, Unreadable, User, UserChange, UserField},
    store::{Admission, Decision, Kind, RunCounts},
    sync::{MISSING_GRACE, Options},
};

use crate::fake::*;

/// So many minutes after the first run.
fn after(ones: &mut Ones, minutes: i64) {
    let start: Timestamp = "2026-11-26T12:00:00Z".parse().unwrap();
    ones.options.now = Some(start + minutes.minutes());
}

/// ONES under the options of the program, on a clock of the test.
fn empty() -> Ones {
    let mut ones = Ones::new();
    ones.options.missing_grace = MISSING_GRACE;
    after(&mut ones, 0);
    ones
}

/// One that knows 20 users and three groups, with p000 in the first.
fn known() -> Ones {
    let mut ones = empty();
    let users = ids(20).iter().map(|it| reported(it)).collect();
    let groups = vec![group("a"), within("a", "p000"), group("b"), group("c")];
    let batches = [batch(COMPLETE, "c1", users), of_groups(COMPLETE, "c2", groups)];
    ones.sync_users(&mut Fake::users(batches)).unwrap();
    ones
}

fn titled(id: &str, title: &str) -> UserChange {
    UserChange::User(User { job_title: Some(title.to_owned()), ..user(id) })
}

fn title(ones: &Ones, id: &str) -> String {
    let rows = ones.rows(Kind::User, false);
    let (_, row) = rows.into_iter().find(|it| it.0 == id).unwrap();
    row["jobTitle"].as_str().unwrap_or_default().to_owned()
}

/// All users but these, as a complete listing.
fn all_but(left_out: &[&str]) -> Fake {
    let users = ids(20).into_iter().filter(|it| !left_out.contains(&it.as_str()));
    Fake::users([batch(COMPLETE, "c3", users.map(|it| reported(&it)).collect())])
}

fn changes(changes: Vec<UserChange>) -> Fake {
    Fake::users([batch(CHANGES, "c3", changes)])
}

fn nothing() -> Fake {
    Fake::users([])
}

fn run(ones: &mut Ones, mut source: Fake) -> (RunCounts, Vec<String>) {
    let counts = ones.sync_users(&mut source).unwrap().counts;
    (counts, source.read)
}

#[test]
fn case_040_a_user_whom_one_answer_did_not_find_stays_and_is_read_again() {
    let mut ones = known();
    for (minutes, source) in [(10, changes(vec![missing("p001")])), (20, nothing())] {
        after(&mut ones, minutes);
        let (counts, read) = run(&mut ones, source);
        assert_eq!((counts.removed, counts.held, read.len()), (0, 0, 0), "{minutes}");
    }
    assert_eq!(ones.users(), ids(20));
    after(&mut ones, 80);
    let (counts, read) = run(&mut ones, nothing().where_stands(titled("p001", "Lead")));
    assert_eq!((counts.updated, counts.removed, read), (1, 0, vec!["p001".to_owned()]));
    assert_eq!(title(&ones, "p001"), "Lead");
}

#[test]
fn case_040_a_user_whom_a_second_answer_did_not_find_either_is_removed() {
    for (reported, reason) in [(missing("p001"), "soft"), (not_selected("p001"), "out-of-scope")] {
        let mut ones = known();
        run(&mut ones, changes(vec![reported.clone()]));
        after(&mut ones, 61);
        let (counts, _) = run(&mut ones, nothing().where_stands(reported));
        assert_eq!(counts.removed, 1);
        let (_, row) = ones.rows(Kind::User, true).swap_remove(1);
        assert_eq!(row["removed"]["reason"], reason);
    }
}

#[test]
fn case_040_of_a_user_that_is_not_known_it_is_no_news() {
    let mut ones = known();
    run(&mut ones, changes(vec![missing("new"), not_selected("newer")]));
    after(&mut ones, 61);
    assert_eq!(run(&mut ones, nothing()).1, [""; 0]);
    assert_eq!(ones.rows(Kind::User, true).len(), 20);
}

#[test]
fn case_041_a_group_that_one_answer_did_not_find_stays_with_its_members() {
    let mut ones = known();
    let not_found = of_groups(CHANGES, "c3", vec![group_missing("a"), group_missing("b")]);
    run(&mut ones, Fake::users([not_found]));
    assert_eq!(ones.offered(Kind::Group), ["a", "b", "c"]);
    after(&mut ones, 61);
    let (counts, read) = run(&mut ones, nothing().where_stands(group("a")));
    assert_eq!((counts.groups.removed, read), (1, vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(ones.offered(Kind::Group), ["a", "c"]);
    let (store, id) = ones.integration();
    assert_eq!(store.group(id, "a").unwrap().unwrap().members, 1);
}

#[test]
fn a_removal_that_the_vendor_reports_does_not_wait() {
    let mut ones = known();
    let users = batch(CHANGES, "c3", vec![gone("p001"), missing("p001")]);
    let groups = of_groups(CHANGES, "c4", vec![group_gone("b")]);
    let (counts, read) = run(&mut ones, Fake::users([users, groups]));
    assert_eq!((counts.removed, counts.groups.removed, read.len()), (1, 1, 0));
}

#[test]
fn what_was_reported_within_the_hour_is_not_removed_for_not_being_listed() {
    let mut ones = known();
    run(&mut ones, changes(vec![unreadable("p001"), titled("p002", "Lead")]));
    ones.options.full = true;
    after(&mut ones, 59);
    let (counts, read) = run(&mut ones, all_but(&["p001", "p002", "p003"]));
    assert_eq!((counts.removed, read), (0, vec![]));
    ones.options.full = false;
    after(&mut ones, 61);
    let found = nothing().where_stands(titled("p002", "Lead"));
    let (counts, read) = run(&mut ones, found);
    assert_eq!((counts.removed, read), (2, ids(20)[1..4].to_vec()));
}

#[test]
fn what_was_reported_long_ago_is_removed_by_the_run_that_does_not_find_it() {
    let mut ones = known();
    ones.options.full = true;
    after(&mut ones, 61);
    let (counts, read) = run(&mut ones, all_but(&["p001"]));
    assert_eq!((counts.removed, read), (1, vec!["p001".to_owned()]));
}

#[test]
fn what_was_found_by_id_but_not_listed_is_read_once_more() {
    let mut ones = known();
    ones.options.full = true;
    after(&mut ones, 61);
    let (counts, _) = run(
        &mut ones,
        all_but(&["p001", "p002"])
            .where_stands(titled("p001", "Old"))
            .where_stands(titled("p002", "Old")),
    );
    assert_eq!(counts.removed, 0);
    ones.options.full = false;
    after(&mut ones, 122);
    let (counts, read) = run(&mut ones, nothing().where_stands(titled("p001", "New")));
    assert_eq!((counts.removed, read), (1, ids(20)[1..3].to_vec()), "the answers lagged");
    assert_eq!(title(&ones, "p001"), "New");
    after(&mut ones, 1_000);
    assert_eq!(run(&mut ones, nothing()).1, [""; 0], "twice is enough");
}

#[test]
fn a_user_who_signed_in_within_the_hour_is_not_removed_for_being_absent() {
    let mut ones = known();
    let now = Timestamp::now();
    let (mut store, id) = ones.integration();
    for id_of_user in ["p001", "new"] {
        let admission = store.admit(id, &user(id_of_user), &[]).unwrap();
        assert!(matches!(admission, Admission::Known | Admission::Created));
    }
    drop(store);
    ones.options.full = true;
    ones.options.now = Some(now + 30.minutes());
    let (counts, read) = run(&mut ones, all_but(&["p001"]));
    assert_eq!((counts.removed, read.len()), (0, 0));
    ones.options.now = Some(now + 2.hours());
    let (counts, read) = run(&mut ones, all_but(&["p001"]));
    assert_eq!((counts.removed, read), (2, vec!["new".to_owned(), "p001".to_owned()]));
}

#[test]
fn a_candidate_that_cannot_be_read_stays_and_is_read_again() {
    let mut ones = known();
    ones.options.full = true;
    after(&mut ones, 61);
    let source = all_but(&["p001"]).where_stands(unreadable("p001"));
    let (counts, _) = run(&mut ones, source);
    assert_eq!((counts.removed, counts.unreadable), (0, 1));
    ones.options.full = false;
    after(&mut ones, 90);
    ones.sync_users(&mut Fake { read_fails: true, ..nothing() }).unwrap();
    after(&mut ones, 122);
    ones.sync_users(&mut Fake { read_fails: true, ..nothing() }).unwrap_err();
    assert_eq!(ones.users(), ids(20));
    assert_eq!(run(&mut ones, nothing()).0.removed, 1);
}

#[test]
fn an_incomplete_run_reads_no_candidate() {
    let mut ones = known();
    run(&mut ones, changes(vec![missing("p001")]));
    after(&mut ones, 61);
    assert_eq!(run(&mut ones, nothing().incomplete()).1, [""; 0]);
    assert_eq!(run(&mut ones, nothing()).0.removed, 1);
}

#[test]
fn a_candidate_whose_removal_was_discarded_is_left_alone_until_the_next_listing() {
    let mut ones = known();
    ones.options.limit.count = 0;
    ones.options.limit.percent = 0;
    run(&mut ones, changes(vec![missing("p001")]));
    after(&mut ones, 61);
    assert_eq!(run(&mut ones, nothing()).0.held, 1);
    let (mut store, id) = ones.integration();
    store.decide(id, Decision::Discard, &[]).unwrap();
    drop(store);
    after(&mut ones, 122);
    assert_eq!(run(&mut ones, nothing()).1, [""; 0]);
    ones.options.full = true;
    assert_eq!(run(&mut ones, all_but(&["p001"])).0.held, 1);
}

#[test]
fn a_clock_that_was_set_back_protects_nothing_for_longer_than_an_hour() {
    let mut ones = known();
    after(&mut ones, 1_000_000);
    run(&mut ones, changes(vec![reported("p001")]));
    ones.options.full = true;
    after(&mut ones, 10);
    assert_eq!(run(&mut ones, all_but(&["p001"])).0.removed, 0);
    after(&mut ones, 71);
    assert_eq!(run(&mut ones, all_but(&["p001"])).0.removed, 1);
}

#[test]
fn without_patience_one_run_is_enough() {
    let mut ones = known();
    ones.options = Options { missing_grace: std::time::Duration::ZERO, ..ones.options };
    assert_eq!(run(&mut ones, changes(vec![missing("p001")])).0.removed, 1);
}

fn rooms(left_out: &[&str]) -> Fake {
    let all: Vec<_> = ids(130).into_iter().filter(|it| !left_out.contains(&it.as_str())).collect();
    Fake::rooms(all.iter().map(String::as_str))
}

#[test]
fn case_024_rooms_that_one_listing_lacks_are_found_by_id_and_stay() {
    let mut ones = empty();
    ones.sync_rooms(&mut rooms(&[])).unwrap();
    let lacking = ["p003", "p050", "p129"];
    for (minutes, asked) in [(5, 0), (90, 3), (95, 0)] {
        after(&mut ones, minutes);
        let mut source = lacking
            .iter()
            .fold(rooms(&lacking), |it, id| it.where_room_stands(RoomChange::Room(room(id))));
        assert_eq!(ones.sync_rooms(&mut source).unwrap().counts.removed, 0);
        assert_eq!(source.read.len(), asked, "after {minutes} minutes");
    }
    assert_eq!(ones.offered(Kind::Room).len(), 130);
}

#[test]
fn case_024_a_room_that_is_neither_listed_nor_found_by_id_is_removed() {
    let mut ones = empty();
    ones.sync_rooms(&mut rooms(&[])).unwrap();
    after(&mut ones, 61);
    let not_chosen =
        RoomChange::RoomMissing(Removed { id: "p002".to_owned(), removal: Removal::OutOfScope });
    let broken = Unreadable { id: "p003".to_owned(), reason: "no e-mail".to_owned() };
    let source = &mut rooms(&["p001", "p002", "p003"])
        .where_room_stands(not_chosen)
        .where_room_stands(RoomChange::RoomUnreadable(broken));
    let counts = ones.sync_rooms(source).unwrap().counts;
    assert_eq!((counts.removed, counts.unreadable), (2, 1));
    let rows = ones.rows(Kind::Room, true);
    let reasons = [1, 2, 3].map(|it: usize| rows[it].1["removed"]["reason"].clone());
    assert_eq!(reasons, ["soft".into(), "out-of-scope".into(), serde_json::Value::Null]);
}

#[test]
fn case_024_where_rooms_cannot_be_read_by_id_the_run_fails_and_none_is_removed() {
    let mut ones = empty();
    ones.sync_rooms(&mut rooms(&[])).unwrap();
    after(&mut ones, 61);
    ones.sync_rooms(&mut Fake { read_fails: true, ..rooms(&["p001"]) }).unwrap_err();
    assert_eq!(ones.offered(Kind::Room).len(), 130);
    let stranger = RoomChange::Room(room("p005"));
    let mut source = rooms(&["p001"]);
    source.rooms_stand.insert("p001".to_owned(), stranger);
    let problem = ones.sync_rooms(&mut source).unwrap_err().problem();
    assert_eq!(problem.code, "plugin-broke-interface");
}

#[test]
fn case_046_an_account_that_may_be_a_room_is_stored_only_where_it_is_known() {
    let mut ones = known();
    run(&mut ones, changes(vec![gone("p002")]));
    let now =
        |id: &str| UserChange::UserIfKnown(User { job_title: Some("Lead".to_owned()), ..user(id) });
    let (counts, _) = run(&mut ones, changes(vec![now("p001"), now("p002"), now("new")]));
    assert_eq!((counts.added, counts.updated, counts.unreadable), (0, 1, 0));
    assert_eq!(title(&ones, "p001"), "Lead");
    assert_eq!(ones.users().len(), 19);
    // It is there: a listing in which it comes like that has not missed it.
    ones.options.full = true;
    after(&mut ones, 61);
    let mut source = all_but(&["p001", "p002"]);
    source.users[0].changes.push(now("p001"));
    assert_eq!(run(&mut ones, source), (RunCounts::default(), vec![]));
}

#[test]
fn case_048_what_could_not_be_read_of_a_room_stays_as_it_was() {
    let mut ones = empty();
    let complete = || {
        let mut room = room("attic");
        room.building = Some("Tower".to_owned());
        room.floor_label = Some("9th".to_owned());
        room.address = Some(ones_host::model::Address::default());
        room.position = Some(ones_host::model::Coordinates { latitude: 1.5, longitude: 2.5 });
        room.lists = vec!["Quiet".to_owned()];
        room
    };
    let mut report = |room: ones_host::model::Room| {
        let mut source = Fake::rooms([]);
        source.rooms[0].rooms.push(room);
        let counts = ones.sync_rooms(&mut source).unwrap().counts;
        (counts, ones.rows(Kind::Room, false).swap_remove(0).1)
    };
    let (_, before) = report(complete());
    let unknown = vec![
        RoomField::Building,
        RoomField::FloorLabel,
        RoomField::Address,
        RoomField::Position,
        RoomField::Lists,
    ];
    let (counts, row) = report(ones_host::model::Room { unknown, ..room("attic") });
    assert_eq!((counts, row), (RunCounts::default(), before));
    // What is known counts, and so does that a field has no value.
    let unknown = vec![RoomField::Lists];
    let (counts, row) =
        report(ones_host::model::Room { unknown, capacity: Some(4), ..room("attic") });
    assert_eq!((counts.updated, &row["lists"][0]), (1, &"Quiet".into()));
    assert_eq!((&row["capacity"], &row["building"]), (&4.into(), &serde_json::Value::Null));
}

#[test]
fn case_048_a_card_number_that_could_not_be_read_stays_as_it_was() {
    let mut ones = empty();
    let card = |id: &str, number: &str, is_unknown: bool| {
        let card = Some(number.to_owned());
        let unknown = Vec::from_iter(is_unknown.then_some(UserField::CardNumber));
        UserChange::User(User { card_number: card, unknown, ..user(id) })
    };
    let first = vec![card("a", "007", false), card("b", "means nothing", true)];
    run(&mut ones, Fake::users([batch(COMPLETE, "c1", first)]));
    let again = vec![card("a", "means nothing", true), gone("b")];
    let (counts, _) = run(&mut ones, changes(again));
    assert_eq!((counts.updated, counts.removed), (0, 1));
    let back = card("b", "means nothing", true);
    run(&mut ones, changes(vec![back]));
    let numbers: Vec<_> =
        ones.rows(Kind::User, false).iter().map(|it| it.1["cardNumber"].clone()).collect();
    assert_eq!(numbers, ["007".into(), serde_json::Value::Null]);
}

#[test]
fn a_new_user_who_signs_in_lacks_a_card_number_that_could_not_be_read() {
    let ones = known();
    let (mut store, id) = ones.integration();
    let unknown = vec![UserField::CardNumber];
    let new = User { card_number: Some("means nothing".to_owned()), unknown, ..user("new") };
    assert_eq!(store.admit(id, &new, &[]).unwrap(), Admission::Created);
    assert_eq!(store.user(id, "new").unwrap().unwrap().record.card_number, None);
}
