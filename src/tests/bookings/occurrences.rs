//! Series and their occurrences: when anything of a series changes, it is replaced as a whole.

use std::cell::RefCell;

use serde_json::{Value, json};

use super::{
    at, bare,
    calendar::{Calendar, changing},
    event, exception, instance, master, on, removed, room,
    store::Store,
    window, with,
};
use crate::model::{Mode, TimeRange};

const ZONE: &str = "W. Europe Standard Time";

/// An hour of a day of 2027: `05-04 09`.
fn hour(text: &str) -> (String, String) {
    let (day, hour) = text.split_once(' ').expect("day and hour");
    let next = hour.parse::<u32>().expect("a number") + 1;
    (format!("2027-{day}T{hour}:00:00Z"), format!("2027-{day}T{next:02}:00:00Z"))
}

fn occurrence(id: &str, series: &str, text: &str) -> Value {
    let (start, end) = hour(text);
    bare(id, series, &start, &end)
}

fn changed(id: &str, series: &str, text: &str) -> Value {
    let (start, end) = hour(text);
    exception(id, series, &start, &end)
}

fn series(id: &str, text: &str) -> Value {
    let (start, end) = hour(text);
    master(id, &start, &end, ZONE)
}

fn etag(event: Value, etag: &str) -> Value {
    with(event, &[("@odata.etag", json!(format!("W/\"{etag}\"")))])
}

fn instances(occurrences: &[Value]) -> Vec<Value> {
    occurrences.iter().map(instance).collect()
}

/// A store after a first run over a calendar, which the test then changes.
fn store_of(calendar: &RefCell<Calendar>) -> Store {
    let mut store = Store::new(room("Europe/Berlin"));
    store.sync(&changing(calendar), &on(), window());
    store.changes();
    store
}

fn sync(store: &mut Store, calendar: &RefCell<Calendar>) -> Vec<String> {
    store.sync(&changing(calendar), &on(), window());
    store.changes()
}

/// Two more runs must change nothing.
fn stays(store: &mut Store, calendar: &RefCell<Calendar>) {
    assert_eq!((sync(store, calendar), sync(store, calendar)), (Vec::new(), Vec::new()));
}

#[test]
fn bare_occurrences_get_the_rest_from_their_master() {
    let calendar = RefCell::new(Calendar::of(vec![vec![
        occurrence("o1", "m", "05-04 09"),
        series("m", "05-04 09"),
    ]]));
    let store = store_of(&calendar);
    let booking = &store.bookings["o1"];
    assert_eq!(booking.title.as_deref(), Some("Review"));
    assert_eq!(booking.series.as_deref(), Some("m"));
    assert_eq!(booking.meeting.as_deref(), Some("ical-m/2027-05-04"));
    let organizer = booking.organizer.as_ref().expect("an organizer");
    assert_eq!(organizer.email.as_deref(), Some("mara@contoso.com"));
    assert_eq!(booking.invited, 1, "without the room and the organizer");
    assert!(booking.version.starts_with("1/1~"), "of the occurrence and of the master");
}

#[test]
fn a_master_that_a_round_does_not_contain_is_read() {
    let calendar = Calendar::of(vec![vec![occurrence("o1", "m", "05-04 09")]]);
    let read = instances(&[occurrence("o1", "m", "05-04 09")]);
    let calendar = RefCell::new(calendar.with_series(series("m", "05-04 09"), read));
    let store = store_of(&calendar);
    assert_eq!(store.bookings["o1"].title.as_deref(), Some("Review"));
}

#[test]
fn a_series_that_is_cut_by_the_end_of_a_page_is_whole() {
    let mut calendar = Calendar::of(Vec::new());
    calendar.rounds = vec![vec![
        vec![occurrence("o1", "m", "05-04 09")],
        vec![series("m", "05-04 09"), occurrence("o2", "m", "05-11 09")],
        vec![occurrence("o3", "m", "05-18 09")],
    ]];
    let store = store_of(&RefCell::new(calendar));
    let shown = ["05-04 09:00 to 10:00", "05-11 09:00 to 10:00", "05-18 09:00 to 10:00"];
    assert_eq!(store.shown(), shown);
}

#[test]
fn case_c23_an_occurrence_moved_to_the_day_of_a_deleted_one_keeps_its_id() {
    let before = [
        occurrence("x", "m", "05-04 09"),
        occurrence("y", "m", "05-11 09"),
        occurrence("z", "m", "05-18 09"),
    ];
    let moved = etag(changed("x", "m", "05-11 09"), "2");
    let after = vec![moved.clone(), instance(&before[2])];
    let first = [vec![series("m", "05-04 09")], before.to_vec()].concat();
    let calendar = Calendar::of(vec![first, vec![moved, before[2].clone()]]);
    let calendar = RefCell::new(calendar.with_series(series("m", "05-04 09"), after));
    let mut store = store_of(&calendar);
    sync(&mut store, &calendar);
    assert_eq!(store.shown(), ["05-11 09:00 to 10:00", "05-18 09:00 to 10:00"]);
    assert!(store.bookings.contains_key("x") && !store.bookings.contains_key("y"));
    stays(&mut store, &calendar);
}

#[test]
fn case_c24_an_occurrence_that_was_moved_past_the_end_of_its_series_is_shown() {
    let moved = changed("x", "m", "01-14 10");
    let calendar = Calendar::of(vec![vec![series("m", "01-05 09"), moved]]).script();
    let mut store = Store::new(room("Europe/Berlin"));
    let window = TimeRange { starts: at("2027-01-13T00:00:00Z"), ..window() };
    store.sync(&calendar, &on(), window);
    assert_eq!(store.shown(), ["01-14 10:00 to 11:00"]);
}

#[test]
fn case_c25_a_cancelled_occurrence_ends_as_cancelled_and_the_others_stay() {
    let [one, two, three] = [
        occurrence("o1", "m", "06-01 13"),
        occurrence("o2", "m", "06-02 13"),
        occurrence("o3", "m", "06-03 13"),
    ];
    let cancelled = with(
        changed("o2", "m", "06-02 13"),
        &[
            ("isCancelled", json!(true)),
            ("showAs", json!("free")),
            ("subject", json!("Canceled: Review")),
        ],
    );
    let first = vec![series("m", "06-01 13"), one.clone(), two, three.clone()];
    let second = vec![cancelled.clone(), one.clone(), three.clone()];
    let read = vec![instance(&one), cancelled, instance(&three)];
    let calendar = Calendar::of(vec![first, second]);
    let calendar = RefCell::new(calendar.with_series(series("m", "06-01 13"), read));
    let mut store = store_of(&calendar);
    assert_eq!(sync(&mut store, &calendar), ["o2 Cancelled"]);
    assert_eq!(store.shown(), ["06-01 13:00 to 14:00", "06-03 13:00 to 14:00"]);
    stays(&mut store, &calendar);
}

#[test]
fn case_c26_a_series_that_was_moved_leaves_nothing_behind() {
    let days = ["06-01", "06-08", "06-15"];
    let old = days.map(|day| occurrence(&format!("nine-{day}"), "m", &format!("{day} 09")));
    let new =
        days.map(|day| etag(occurrence(&format!("ten-{day}"), "m", &format!("{day} 10")), "2"));
    let moved = etag(series("m", "06-01 10"), "2");
    let first = [vec![series("m", "06-01 09")], old.to_vec()].concat();
    let second = [vec![moved.clone()], new.to_vec()].concat();
    let calendar =
        RefCell::new(Calendar::of(vec![first, second]).with_series(moved, instances(&new)));
    let mut store = store_of(&calendar);
    sync(&mut store, &calendar);
    let shown = ["06-01 10:00 to 11:00", "06-08 10:00 to 11:00", "06-15 10:00 to 11:00"];
    assert_eq!(store.shown(), shown);
    // The pattern changes to another day; an exception of the old one is not reported any more.
    let days = ["06-02", "06-09", "06-16"];
    let wednesdays =
        days.map(|day| etag(occurrence(&format!("w-{day}"), "m", &format!("{day} 10")), "3"));
    let pattern = etag(series("m", "06-02 10"), "3");
    let mut next = calendar.take().with_series(pattern.clone(), instances(&wednesdays));
    next.rounds.push(vec![[vec![pattern], wednesdays.to_vec()].concat()]);
    let calendar = RefCell::new(next);
    sync(&mut store, &calendar);
    let shown = ["06-02 10:00 to 11:00", "06-09 10:00 to 11:00", "06-16 10:00 to 11:00"];
    assert_eq!(store.shown(), shown);
    stays(&mut store, &calendar);
}

#[test]
fn case_c27_a_single_event_that_becomes_a_series_appears_once() {
    let (start, end) = hour("06-07 09");
    let single = event("a", &start, &end);
    let weekly = etag(series("a", "06-07 09"), "2");
    let days = ["06-07", "06-14", "06-21"];
    let occurrences = days.map(|day| occurrence(&format!("o-{day}"), "a", &format!("{day} 09")));
    let second = [vec![weekly.clone()], occurrences.to_vec()].concat();
    let calendar = Calendar::of(vec![vec![single], second]);
    let calendar = RefCell::new(calendar.with_series(weekly, instances(&occurrences)));
    let mut store = store_of(&calendar);
    sync(&mut store, &calendar);
    assert!(!store.bookings.contains_key("a"));
    let shown = ["06-07 09:00 to 10:00", "06-14 09:00 to 10:00", "06-21 09:00 to 10:00"];
    assert_eq!(store.shown(), shown);
}

#[test]
fn a_series_that_becomes_a_single_event_appears_once() {
    let (start, end) = hour("06-07 09");
    let first = vec![
        series("a", "06-07 09"),
        occurrence("o1", "a", "06-07 09"),
        occurrence("o2", "a", "06-14 09"),
    ];
    let single = event("a", &start, &end);
    let calendar = RefCell::new(Calendar::of(vec![first, vec![single]]));
    let mut store = store_of(&calendar);
    sync(&mut store, &calendar);
    assert_eq!(store.shown(), ["06-07 09:00 to 10:00"]);
    assert!(store.bookings.contains_key("a"));
}

#[test]
fn case_c28_this_and_following_makes_two_series() {
    let one = [occurrence("o1", "m1", "05-04 18"), occurrence("o2", "m1", "05-11 18")];
    let two = [occurrence("o3", "m2", "05-18 19"), occurrence("o4", "m2", "05-25 19")];
    let old = [occurrence("o5", "m1", "05-18 18"), occurrence("o6", "m1", "05-25 18")];
    let first = [vec![series("m1", "05-04 18")], one.to_vec(), old.to_vec()].concat();
    let (m1, m2) = (etag(series("m1", "05-04 18"), "2"), series("m2", "05-18 19"));
    let second = [vec![m1.clone()], one.to_vec(), vec![m2.clone()], two.to_vec()].concat();
    let calendar = Calendar::of(vec![first, second])
        .with_series(m1, instances(&one))
        .with_series(m2, instances(&two));
    let calendar = RefCell::new(calendar);
    let mut store = store_of(&calendar);
    sync(&mut store, &calendar);
    let shown = [
        "05-04 18:00 to 19:00",
        "05-11 18:00 to 19:00",
        "05-18 19:00 to 20:00",
        "05-25 19:00 to 20:00",
    ];
    assert_eq!(store.shown(), shown);
    stays(&mut store, &calendar);
}

#[test]
fn case_c60_a_deleted_occurrence_is_reported_by_none_and_yet_gone() {
    let days = ["05-04", "05-11", "05-18", "05-25", "06-01"];
    let all = days.map(|day| occurrence(day, "m", &format!("{day} 09")));
    let left: Vec<_> = all.iter().filter(|it| it["id"] != "05-11").cloned().collect();
    let shorter = etag(series("m", "05-04 09"), "2");
    let first = [vec![series("m", "05-04 09")], all.to_vec()].concat();
    let second = [vec![shorter.clone()], left.clone()].concat();
    let calendar = Calendar::of(vec![first, second]).with_series(shorter, instances(&left));
    let calendar = RefCell::new(calendar);
    let mut store = store_of(&calendar);
    let script = changing(&calendar);
    store.sync(&script, &on(), window());
    assert!(store.changes().contains(&"05-11 Deleted".to_owned()));
    assert_eq!(store.bookings.len(), 4);
    let asked = script.asked.borrow();
    assert!(asked.iter().all(|asked| !asked.body.contains("events/05-11?")), "nothing is asked");
    drop(asked);
    stays(&mut store, &calendar);
}

#[test]
fn case_c29_an_event_of_which_nothing_is_reported_stays_until_a_listing_and_a_read() {
    let (start, end) = hour("05-04 09");
    let calendar = RefCell::new(
        Calendar::of(vec![vec![event("a", &start, &end)]])
            .with_events(vec![event("a", &start, &end)]),
    );
    let mut store = store_of(&calendar);
    calendar.borrow_mut().rounds[0] = vec![Vec::new()];
    // A listing without it is not enough: the event can still be read.
    store.position.since = None;
    assert_eq!(sync(&mut store, &calendar), [""; 0]);
    calendar.borrow_mut().events.clear();
    assert_eq!(sync(&mut store, &calendar), [""; 0], "delta is empty");
    store.position.since = None;
    assert_eq!(sync(&mut store, &calendar), ["a Deleted"]);
}

#[test]
fn case_c62_a_cancelled_event_is_gone_once_and_the_word_in_the_title_means_nothing() {
    let (start, end) = hour("05-04 09");
    let review = event("a", &start, &end);
    let title = [("subject", json!("Canceled: Review"))];
    let named = with(event("b", &start, &end), &title);
    let cancelled = with(with(review.clone(), &title), &[("isCancelled", json!(true))]);
    let calendar = RefCell::new(Calendar::of(vec![
        vec![review, named],
        vec![cancelled.clone()],
        vec![cancelled.clone()],
        vec![cancelled],
        vec![removed("a")],
    ]));
    let mut store = store_of(&calendar);
    assert_eq!(sync(&mut store, &calendar), ["a Cancelled"]);
    for _ in 0..4 {
        assert_eq!(sync(&mut store, &calendar), [""; 0]);
    }
    assert!(store.bookings.contains_key("b"), "the flag decides");
}

#[test]
fn a_removal_is_read_before_it_counts() {
    let (start, end) = hour("05-04 09");
    let (later, later_end) = ("2028-05-04T09:00:00Z", "2028-05-04T10:00:00Z");
    let first = vec![
        event("gone", &start, &end),
        event("moved", &start, &end),
        series("m", "05-04 09"),
        occurrence("o1", "m", "05-04 09"),
    ];
    let second = vec![removed("gone"), removed("moved"), removed("m"), removed("never-known")];
    let calendar = Calendar::of(vec![first, second]);
    let calendar = calendar.with_events(vec![event("moved", later, later_end)]);
    let calendar = RefCell::new(calendar);
    let mut store = store_of(&calendar);
    let changes = sync(&mut store, &calendar);
    assert_eq!(changes.len(), 3, "{changes:?}");
    for change in ["gone Deleted", "moved OutsideWindow", "o1 Deleted"] {
        assert!(changes.contains(&change.to_owned()), "{change} in {changes:?}");
    }
    stays(&mut store, &calendar);
}

#[test]
fn an_occurrence_moved_over_the_edge_and_back_is_gone_and_back() {
    let inside = occurrence("o1", "m", "05-04 09");
    let other = occurrence("o2", "m", "05-11 09");
    let far = exception("o1", "m", "2029-05-04T09:00:00Z", "2029-05-04T10:00:00Z");
    let back = changed("o1", "m", "05-05 09");
    let calendar = RefCell::new(Calendar::of(vec![
        vec![series("m", "05-04 09"), inside, other.clone()],
        vec![removed("o1")],
        vec![back.clone()],
    ]));
    calendar.replace_with(|calendar| {
        let read = vec![instance(&other)];
        let calendar = std::mem::take(calendar).with_series(series("m", "05-04 09"), read);
        calendar.with_events(vec![far])
    });
    let mut store = store_of(&calendar);
    sync(&mut store, &calendar);
    assert_eq!(store.shown(), ["05-11 09:00 to 10:00"]);
    calendar.replace_with(|calendar| {
        let read = vec![instance(&other), back];
        std::mem::take(calendar).with_series(series("m", "05-04 09"), read)
    });
    sync(&mut store, &calendar);
    assert_eq!(store.shown(), ["05-05 09:00 to 10:00", "05-11 09:00 to 10:00"]);
}

#[test]
fn a_read_that_is_older_than_what_delta_reported_is_repeated_in_the_next_run() {
    let [one, two] = [occurrence("o1", "m", "05-04 09"), occurrence("o2", "m", "05-11 09")];
    let shorter = etag(series("m", "05-04 09"), "2");
    let first = vec![series("m", "05-04 09"), one.clone(), two.clone()];
    let second = vec![shorter.clone(), etag(one.clone(), "2")];
    let calendar = Calendar::of(vec![first, second]);
    // The reads come from a replica that does not have the change yet.
    let stale = instances(&[one.clone(), two]);
    let calendar = RefCell::new(calendar.with_series(series("m", "05-04 09"), stale));
    let mut store = store_of(&calendar);
    assert_eq!(sync(&mut store, &calendar), [""; 0]);
    calendar.replace_with(|calendar| {
        let read = instances(&[etag(one, "2")]);
        std::mem::take(calendar).with_series(shorter, read)
    });
    assert!(sync(&mut store, &calendar).contains(&"o2 Deleted".to_owned()));
    stays(&mut store, &calendar);
    let script = changing(&calendar);
    store.sync(&script, &on(), window());
    assert_eq!(script.paths().len(), 1, "and then nothing more is read");
}

#[test]
fn a_removal_that_a_read_contradicts_is_read_again_a_few_times_only() {
    let (start, end) = hour("05-04 09");
    let living = event("a", &start, &end);
    let calendar = Calendar::of(vec![vec![living.clone()], vec![removed("a")]]);
    let calendar = RefCell::new(calendar.with_events(vec![living]));
    let mut store = store_of(&calendar);
    let mut requests = Vec::new();
    for _ in 0..8 {
        let script = changing(&calendar);
        store.sync(&script, &on(), window());
        requests.push(script.paths().len());
    }
    assert_eq!(requests, [2, 2, 2, 2, 2, 2, 1, 1]);
    assert_eq!(store.changes(), [""; 0]);
}

#[test]
fn a_series_with_an_item_without_id_is_read_so_that_no_date_of_it_ends() {
    let all = [occurrence("o1", "m", "05-04 09"), occurrence("o2", "m", "05-11 09")];
    let mut without_id = all[1].clone();
    without_id["id"] = json!(5);
    let mut without_both = without_id.clone();
    without_both["seriesMasterId"] = json!(null);
    for wrong in [without_id, without_both] {
        let page = vec![series("m", "05-04 09"), all[0].clone(), wrong];
        let calendar = Calendar::of(vec![page]);
        let calendar = RefCell::new(calendar.with_series(series("m", "05-04 09"), instances(&all)));
        let mut store = Store::new(room("Europe/Berlin"));
        let script = changing(&calendar);
        let (_, _, result) = store.try_sync(&script, &on(), window(), usize::MAX);
        assert_eq!(result.expect("a good run").unreadable, 1, "it is reported");
        assert_eq!(store.shown(), ["05-04 09:00 to 10:00", "05-11 09:00 to 10:00"]);
    }
}

#[test]
fn an_answer_that_cannot_be_read_is_read_again_by_the_next_run() {
    let all = [occurrence("o1", "m", "05-04 09"), occurrence("o2", "m", "05-11 09")];
    let calendar = Calendar::of(vec![
        vec![series("m", "05-04 09"), all[0].clone(), all[1].clone()],
        vec![etag(series("m", "05-04 09"), "2"), occurrence("o1", "m", "05-04 11")],
        vec![removed("s")],
    ]);
    let calendar = RefCell::new(calendar);
    let mut store = store_of(&calendar);
    // A proxy answers in Exchange's place.
    let broken = json!({"id": 5});
    calendar.borrow_mut().events.insert("m".to_owned(), broken.clone());
    calendar.borrow_mut().instances.insert("m".to_owned(), Vec::new());
    calendar.borrow_mut().events.insert("s".to_owned(), broken);
    assert_eq!((sync(&mut store, &calendar), sync(&mut store, &calendar)), (vec![], vec![]));
    let moved = [occurrence("o1", "m", "05-04 11"), all[1].clone()];
    let good = std::mem::take(&mut *calendar.borrow_mut());
    let (start, end) = hour("06-01 09");
    *calendar.borrow_mut() = good
        .with_series(etag(series("m", "05-04 09"), "2"), instances(&moved))
        .with_events(vec![event("s", &start, &end)]);
    // The whole series has the new version of its master.
    assert_eq!(
        sync(&mut store, &calendar),
        ["s 06-01 09:00 to 10:00", "o1 05-04 11:00 to 12:00", "o2 05-11 09:00 to 10:00"]
    );
}

#[test]
fn many_series_that_cannot_be_read_do_not_have_the_room_listed_by_each_run() {
    let ids: Vec<_> = (0..101).map(|number| format!("m{number}")).collect();
    // The masters are missing in the listing, and each read of one has no readable id.
    let page = ids.iter().map(|id| occurrence(&format!("o-{id}"), id, "05-04 09")).collect();
    let calendar = RefCell::new(Calendar::of(vec![page]));
    for id in ids {
        let mut calendar = calendar.borrow_mut();
        calendar.events.insert(id.clone(), json!({"id": 5}));
        calendar.instances.insert(id, Vec::new());
    }
    let mut store = Store::new(room("Europe/Berlin"));
    let (_, _, result) = store.try_sync(&changing(&calendar), &on(), window(), usize::MAX);
    assert_eq!(result.expect("a good run").unreadable, 101);
    let script = changing(&calendar);
    let batches = store.sync(&script, &on(), window());
    assert_eq!((batches[0].mode, script.paths().len()), (Mode::Incremental, 1));
}
