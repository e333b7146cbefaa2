//! `/users/{id}/calendarView/delta`.

use m365_emulator::{DeltaExpiry, Revision};
use serde_json::{Value, json};

use crate::follower::Follower;
use crate::outlook::{Calendar, recurring, room, start};
use crate::session::{Session, members, payload};

const YEAR: &str = "startDateTime=2027-01-01T00:00:00Z&endDateTime=2028-01-01T00:00:00Z";
const MAY: &str = "startDateTime=2027-05-01T00:00:00Z&endDateTime=2027-06-01T00:00:00Z";

/// Returns the start and the type of each entry.
fn shown(entries: &[Value]) -> Vec<String> {
    let shown = |entry: &Value| {
        if entry["@removed"].is_object() {
            return "removed".to_owned();
        }
        let start = entry["start"]["dateTime"].as_str().unwrap();
        format!("{} {}", &start[5..16], entry["type"].as_str().unwrap())
    };
    entries.iter().map(shown).collect()
}

/// Books Tuesdays at 9 in May: 4, 11, 18 and 25.
fn tuesdays(session: &Session) -> m365_emulator::Booking {
    let range = json!({"type": "numbered", "numberOfOccurrences": 4});
    let series = recurring("weekly", json!({"daysOfWeek": ["tuesday"]}), "2027-05-04", range);
    m365_emulator::Booking {
        recurrence: Some(series),
        ..session.booking("2027-05-04T09:00", "2027-05-04T10:00")
    }
}

fn at(start: &str, end: &str) -> Revision {
    let (start, end) = (start.parse().unwrap(), end.parse().unwrap());
    Revision { start: Some(start), end: Some(end), ..Revision::default() }
}

#[tokio::test]
async fn single_events_are_complete_and_a_quiet_round_is_empty() {
    let session = start(2).await;
    let booked =
        session.emulator.book(&session.booking("2027-05-11T09:00", "2027-05-11T10:00")).unwrap();
    let (mut follower, entries) = Follower::start(&session, YEAR).await;
    assert_eq!(shown(&entries), ["05-11T09:00 singleInstance"]);
    assert_eq!(entries[0]["id"], booked.rooms[0].event.clone().unwrap());
    assert_eq!(entries[0]["@odata.type"], "#microsoft.graph.event");
    assert_eq!(entries[0]["iCalUId"], booked.ical_uid);
    assert_eq!(follower.round().await, [Value::Null; 0]);
    session
        .emulator
        .revise_meeting(&booked.id, None, &at("2027-05-12T09:00", "2027-05-12T10:00"))
        .unwrap();
    assert_eq!(shown(&follower.round().await), ["05-12T09:00 singleInstance"]);
    session.emulator.delete_meeting(&booked.id, None, false).unwrap();
    let gone = follower.round().await;
    let sample = payload("calendarview-delta-removed-not-deleted");
    assert_eq!(members(&gone[0]), members(&sample["value"][0]));
    assert_eq!(gone[0]["@removed"], sample["value"][0]["@removed"]);
    assert_eq!(follower.round().await, [Value::Null; 0]);
}

#[tokio::test]
async fn occurrences_have_seven_members_and_the_rest_is_in_the_master() {
    let session = start(2).await;
    session.emulator.book(&tuesdays(&session)).unwrap();
    let (_, entries) = Follower::start(&session, MAY).await;
    assert_eq!(
        shown(&entries),
        [
            "05-04T09:00 seriesMaster",
            "05-04T09:00 occurrence",
            "05-11T09:00 occurrence",
            "05-18T09:00 occurrence",
            "05-25T09:00 occurrence",
        ]
    );
    let sample = payload("calendarview-delta-occurrence-bare");
    assert_eq!(members(&entries[1]), members(&sample));
    assert_eq!(entries[1]["seriesMasterId"], entries[0]["id"]);
    assert_eq!(entries[1]["@odata.etag"], entries[4]["@odata.etag"]);
    session.emulator.update_settings(|settings| settings.calendar_delta_masters = false);
    let (_, entries) = Follower::start(&session, MAY).await;
    assert!(entries.iter().all(|entry| entry["type"] == "occurrence"));
}

#[tokio::test]
async fn a_living_event_outside_the_window_is_reported_as_removed() {
    let session = start(2).await;
    let (mut follower, entries) = Follower::start(&session, MAY).await;
    assert_eq!(entries, [Value::Null; 0]);
    // Added outside the window; then moved into it, and out again.
    let booked =
        session.emulator.book(&session.booking("2027-06-11T09:00", "2027-06-11T10:00")).unwrap();
    assert_eq!(shown(&follower.round().await), ["removed"]);
    let (inside, outside) =
        (at("2027-05-31T09:00", "2027-05-31T10:00"), at("2027-06-02T09:00", "2027-06-02T10:00"));
    session.emulator.revise_meeting(&booked.id, None, &inside).unwrap();
    assert_eq!(shown(&follower.round().await), ["05-31T09:00 singleInstance"]);
    session.emulator.revise_meeting(&booked.id, None, &outside).unwrap();
    let entries = follower.round().await;
    assert_eq!(shown(&entries), ["removed"]);
    let id = entries[0]["id"].as_str().unwrap();
    session.get(&format!("/users/{}/events/{id}", room(1))).await.expect(200);
    // A first round does not report what lies outside.
    let (_, entries) = Follower::start(&session, MAY).await;
    assert_eq!(entries, [Value::Null; 0]);
}

#[tokio::test]
async fn case_c60_a_deleted_occurrence_is_reported_by_no_entry() {
    let session = start(2).await;
    let booked = session.emulator.book(&tuesdays(&session)).unwrap();
    let (mut follower, _) = Follower::start(&session, MAY).await;
    let second = Some("2027-05-11".parse().unwrap());
    session.emulator.delete_meeting(&booked.id, second, false).unwrap();
    assert_eq!(
        shown(&follower.round().await),
        [
            "05-04T09:00 seriesMaster",
            "05-04T09:00 occurrence",
            "05-18T09:00 occurrence",
            "05-25T09:00 occurrence",
        ]
    );
}

#[tokio::test]
async fn case_c26_a_series_that_moves_has_new_ids_and_the_old_ones_are_not_reported() {
    let session = start(2).await;
    let booked = session.emulator.book(&tuesdays(&session)).unwrap();
    let (mut follower, before) = Follower::start(&session, MAY).await;
    session
        .emulator
        .revise_meeting(&booked.id, None, &at("2027-05-04T10:00", "2027-05-04T11:00"))
        .unwrap();
    let after = follower.round().await;
    assert_eq!(
        shown(&after)[1..],
        [
            "05-04T10:00 occurrence",
            "05-11T10:00 occurrence",
            "05-18T10:00 occurrence",
            "05-25T10:00 occurrence",
        ]
    );
    assert_eq!(after[0]["id"], before[0]["id"]);
    for entry in &after[1..] {
        assert!(before.iter().all(|old| old["id"] != entry["id"]));
    }
    // A new pattern drops the exceptions.
    let moved = at("2027-05-11T12:00", "2027-05-11T13:00");
    let second = Some("2027-05-11".parse().unwrap());
    session.emulator.revise_meeting(&booked.id, second, &moved).unwrap();
    assert_eq!(shown(&follower.round().await)[2], "05-11T12:00 exception");
    let wednesdays = recurring(
        "weekly",
        json!({"daysOfWeek": ["wednesday"]}),
        "2027-05-05",
        json!({"type": "numbered", "numberOfOccurrences": 3}),
    );
    let pattern = Revision {
        recurrence: Some(Some(wednesdays)),
        ..at("2027-05-05T10:00", "2027-05-05T11:00")
    };
    session.emulator.revise_meeting(&booked.id, None, &pattern).unwrap();
    assert_eq!(
        shown(&follower.round().await)[1..],
        ["05-05T10:00 occurrence", "05-12T10:00 occurrence", "05-19T10:00 occurrence",]
    );
}

#[tokio::test]
async fn case_c27_a_single_event_becomes_a_series_under_its_own_id() {
    let session = start(2).await;
    let booked =
        session.emulator.book(&session.booking("2027-06-07T09:00", "2027-06-07T10:00")).unwrap();
    let (mut follower, before) = Follower::start(&session, YEAR).await;
    let weekly = recurring(
        "weekly",
        json!({"daysOfWeek": ["monday"]}),
        "2027-06-07",
        json!({"type": "numbered", "numberOfOccurrences": 3}),
    );
    let series = Revision { recurrence: Some(Some(weekly)), ..Revision::default() };
    session.emulator.revise_meeting(&booked.id, None, &series).unwrap();
    let after = follower.round().await;
    assert_eq!(
        shown(&after),
        [
            "06-07T09:00 seriesMaster",
            "06-07T09:00 occurrence",
            "06-14T09:00 occurrence",
            "06-21T09:00 occurrence",
        ]
    );
    assert_eq!(after[0]["id"], before[0]["id"]);
    assert_eq!(after[0]["iCalUId"], before[0]["iCalUId"]);
}

#[tokio::test]
async fn case_c29_a_deletion_can_be_lost() {
    let session = start(2).await;
    let booked =
        session.emulator.book(&session.booking("2027-05-11T09:00", "2027-05-11T10:00")).unwrap();
    let (mut follower, entries) = Follower::start(&session, YEAR).await;
    session.emulator.delete_meeting(&booked.id, None, true).unwrap();
    assert_eq!(follower.round().await, [Value::Null; 0]);
    assert_eq!(session.truth(1), []);
    let id = entries[0]["id"].as_str().unwrap();
    let gone = session.get(&format!("/users/{}/events/{id}", room(1))).await;
    gone.refused(404, "ErrorItemNotFound");
}

#[tokio::test]
async fn case_c40_an_event_that_changes_during_a_round_comes_again_on_a_later_page() {
    let session = start(2).await;
    let booked =
        session.emulator.book(&session.booking("2027-05-11T09:00", "2027-05-11T10:00")).unwrap();
    session.emulator.book(&session.booking("2027-05-12T09:00", "2027-05-12T10:00")).unwrap();
    let link = format!("/users/{}/calendarView/delta?{YEAR}", room(1));
    let mut follower = Follower { session: &session, link, page_size: 1 };
    let first = follower.page().await;
    session
        .emulator
        .revise_meeting(&booked.id, None, &at("2027-05-11T10:00", "2027-05-11T11:00"))
        .unwrap();
    let rest = follower.round().await;
    assert_eq!(shown(&rest), ["05-12T09:00 singleInstance", "05-11T10:00 singleInstance"]);
    assert_eq!(first["value"][0]["id"], rest[1]["id"]);
    assert_ne!(first["value"][0]["@odata.etag"], rest[1]["@odata.etag"]);
    assert_eq!(follower.round().await, [Value::Null; 0]);
}

#[tokio::test]
async fn what_the_first_round_reported_and_is_deleted_during_it_is_reported_as_removed() {
    let session = start(2).await;
    let emulator = &session.emulator;
    let booking = |day: &str| session.booking(&format!("{day}T09:00"), &format!("{day}T10:00"));
    let before = emulator.book(&booking("2027-05-10")).unwrap();
    let booked = emulator.book(&booking("2027-05-11")).unwrap();
    emulator.book(&booking("2027-05-12")).unwrap();
    emulator.delete_meeting(&before.id, None, false).unwrap();
    let link = format!("/users/{}/calendarView/delta?{YEAR}", room(1));
    let mut follower = Follower { session: &session, link, page_size: 1 };
    let first = follower.page().await;
    assert_eq!(shown(first["value"].as_array().unwrap()), ["05-11T09:00 singleInstance"]);
    emulator.delete_meeting(&booked.id, None, false).unwrap();
    let rest = follower.round().await;
    assert_eq!(shown(&rest), ["05-12T09:00 singleInstance", "removed"]);
    assert_eq!(first["value"][0]["id"], rest[1]["id"]);
}

#[tokio::test]
async fn case_c45_a_series_stays_on_one_page_unless_a_test_wants_it_split() {
    let session = start(2).await;
    session.emulator.book(&tuesdays(&session)).unwrap();
    session.emulator.book(&session.booking("2027-05-12T09:00", "2027-05-12T10:00")).unwrap();
    let link = format!("/users/{}/calendarView/delta?{YEAR}", room(1));
    let mut follower = Follower { session: &session, link: link.clone(), page_size: 2 };
    let pages = follower.pages().await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [5, 1]);
    session.emulator.update_settings(|settings| settings.calendar_delta_splits_series = true);
    let mut follower = Follower { session: &session, link, page_size: 2 };
    let split = follower.pages().await;
    assert_eq!(split.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 2]);
    assert_eq!(shown(&split.concat()), shown(&pages.concat()));
}

#[tokio::test]
async fn case_c46_pages_can_be_empty_and_tokens_expire() {
    let session = start(2).await;
    session.emulator.book(&session.booking("2027-05-12T09:00", "2027-05-12T10:00")).unwrap();
    session.emulator.update_settings(|settings| settings.calendar_delta_empty_pages = 2);
    let link = format!("/users/{}/calendarView/delta?{YEAR}", room(1));
    let mut follower = Follower { session: &session, link, page_size: 10 };
    let pages = follower.pages().await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [0, 0, 1]);
    let gone = DeltaExpiry::SyncStateNotFound { status: 410, resync_required: false };
    session.emulator.expire_delta_tokens(gone);
    let sample = payload("error-410-syncstatenotfound");
    let code = sample["error"]["code"].as_str().unwrap();
    let expired = session.get(&follower.link).await;
    assert_eq!(expired.refused(410, code), sample["error"]["message"]);
    session
        .get(&format!("/users/{}/calendarView/delta?$deltatoken=x", room(1)))
        .await
        .refused(410, code);
}

#[tokio::test]
async fn pages_can_repeat_what_the_previous_one_had() {
    let session = start(2).await;
    for day in 10..13 {
        let (start, end) = (format!("2027-05-{day}T09:00"), format!("2027-05-{day}T10:00"));
        session.emulator.book(&session.booking(&start, &end)).unwrap();
    }
    session.emulator.update_settings(|settings| settings.delta_replays = true);
    let link = format!("/users/{}/calendarView/delta?{YEAR}", room(1));
    let mut follower = Follower { session: &session, link, page_size: 1 };
    let pages = follower.pages().await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 2]);
    assert_eq!(pages[0][0], pages[1][0]);
}

#[tokio::test]
async fn only_the_changed_exceptions_of_a_series_can_be_reported() {
    let session = start(2).await;
    let booked = session.emulator.book(&tuesdays(&session)).unwrap();
    session.emulator.update_settings(|settings| settings.calendar_delta_parts = true);
    let (mut follower, entries) = Follower::start(&session, MAY).await;
    assert_eq!(entries.len(), 5);
    let (third, moved) =
        (Some("2027-05-18".parse().unwrap()), at("2027-05-19T09:00", "2027-05-19T10:00"));
    session.emulator.revise_meeting(&booked.id, third, &moved).unwrap();
    let entries = follower.round().await;
    assert_eq!(shown(&entries), ["05-19T09:00 exception"]);
    assert_eq!(entries[0]["originalStart"], "2027-05-18T09:00:00Z");
    // A change of all is reported with all.
    let title = Revision { subject: Some("Other".to_owned()), ..Revision::default() };
    session.emulator.revise_meeting(&booked.id, None, &title).unwrap();
    assert_eq!(follower.round().await.len(), 5);
}

#[tokio::test]
async fn delta_can_lag_too() {
    let session = start(2).await;
    let (mut follower, _) = Follower::start(&session, YEAR).await;
    let lag = json!({"of": ["calendarDelta"], "times": 1});
    session.admin(reqwest::Method::POST, "lags", Some(lag)).await;
    session.emulator.book(&session.booking("2027-05-12T09:00", "2027-05-12T10:00")).unwrap();
    assert_eq!(follower.round().await, [Value::Null; 0]);
    assert_eq!(shown(&follower.round().await), ["05-12T09:00 singleInstance"]);
}
