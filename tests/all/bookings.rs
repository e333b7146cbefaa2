//! Bookings of rooms: what users do in Outlook is in ONES after the next sync.

use end_to_end::{Occurrence, Run, Scene, day, room};
use jiff::civil::Date;
use m365_emulator::{
    Access, Booking, DeltaExpiry, Recurrence, Response, Revision, Sensitivity, ShowAs,
};
use serde_json::{Value, json};

/// The days that the tests look at. Today is not among them: a booking that is over stays.
fn days() -> [Date; 2] {
    [day(1), day(170)]
}

/// Returns a series of some weeks, each week on the weekday of its first day.
fn weekly(first: Date, weeks: u32) -> Recurrence {
    let weekday = format!("{:?}", first.weekday()).to_lowercase();
    serde_json::from_value(json!({
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": [weekday]},
        "range": {
            "type": "numbered",
            "startDate": first.to_string(),
            "numberOfOccurrences": weeks,
        },
    }))
    .expect("a recurrence")
}

fn weekly_meeting(scene: &Scene, first: Date, weeks: u32) -> Booking {
    Booking {
        recurrence: Some(weekly(first, weeks)),
        time_zone: Some("W. Europe Standard Time".to_owned()),
        ..scene.meeting_at(first, 9)
    }
}

/// Lets a room keep subjects, private marks, and cancelled meetings.
fn keep_subjects(scene: &Scene) {
    let mut policy = scene.policy("*").expect("a policy");
    policy.delete_subject = false;
    policy.add_organizer_to_subject = false;
    policy.remove_private_property = false;
    policy.remove_canceled_meetings = false;
    scene.set_policy("*", &policy).expect("a policy");
}

/// Runs a sync of bookings, and returns its numbers of added, updated and removed bookings.
#[track_caller]
fn sync(scene: &Scene) -> [u64; 3] {
    let run = scene.sync("bookings");
    ["added", "updated", "removed"].map(|count| run[count].as_u64().expect("a number"))
}

/// Returns the only booking that ONES has.
#[track_caller]
fn only(scene: &Scene) -> Occurrence {
    let mut all: Vec<_> = scene.synced_bookings(days()).into_iter().collect();
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

fn printed(scene: &Scene, words: &[&str]) -> Run {
    let settings = scene.path("settings.json");
    end_to_end::run(scene.command(&["--settings"]).arg(settings).args(words))
}

#[test]
fn what_is_in_the_calendars_is_in_ones() {
    let scene = Scene::with_calendars(2);
    keep_subjects(&scene);
    scene.book(&scene.meeting_at(day(3), 9)).expect("a meeting");
    let all_day =
        Booking { all_day: true, end: day(5).at(0, 0, 0, 0), ..scene.meeting_at(day(4), 0) };
    scene.book(&all_day).expect("a meeting");
    scene.book(&weekly_meeting(&scene, day(7), 20)).expect("a series");
    // The calendar of the second room has it although its time is taken.
    let rooms = vec![room(2)];
    let meeting = scene.meeting_at(day(3), 9);
    scene.book(&Booking { rooms: rooms.clone(), ..meeting.clone() }).expect("a meeting");
    let start = day(3).at(9, 30, 0, 0);
    let walk_up = Booking { organizer: room(2), rooms: Vec::new(), start, ..meeting.clone() };
    scene.book(&walk_up).expect("a meeting");

    assert_eq!(sync(&scene), [24, 0, 0]);
    assert_eq!(scene.synced_bookings(days()).len(), 24);
    scene.assert_bookings_match(days());

    let conflicts = scene.host(&["conflicts"]).ends_with(0).lines();
    assert_eq!(conflicts.len(), 1, "{conflicts:#?}");
    assert_eq!(conflicts[0]["room"]["email"], json!(room(2)));

    let verified = printed(&scene, &["bookings", "verify"]).ends_with(0);
    assert!(verified.stdout.contains("24 of 24 bookings in 2 rooms agree"), "{verified:?}");

    // The next run asks each room once, and changes nothing.
    scene.clear_requests();
    assert_eq!(sync(&scene), [0; 3]);
    assert_eq!(scene.asked("/calendarView/delta"), 2);
}

#[test]
fn a_difference_that_delta_never_reported_is_found_by_verify() {
    let scene = Scene::with_calendars(1);
    scene.book(&scene.meeting_at(day(3), 9)).expect("a meeting");
    sync(&scene);
    let lost = Booking { unreported: true, ..scene.meeting_at(day(4), 9) };
    scene.book(&lost).expect("a meeting");
    sync(&scene);
    let verified = printed(&scene, &["bookings", "verify"]).ends_with(1);
    assert!(verified.stdout.contains("1 of 2 bookings in 1 room agree"), "{verified:?}");
    scene.host(&["sync", "bookings", "--full"]).ends_with(0);
    let verified = printed(&scene, &["bookings", "verify"]).ends_with(0);
    assert!(verified.stdout.contains("2 of 2 bookings in 1 room agree"), "{verified:?}");
}

#[test]
fn occurrences_are_moved_deleted_and_cancelled() {
    let scene = Scene::with_calendars(1);
    keep_subjects(&scene);
    let series = scene.book(&weekly_meeting(&scene, day(7), 8)).expect("a series").id;
    sync(&scene);
    scene.assert_bookings_match(days());

    let moved = Revision {
        start: Some(day(15).at(14, 0, 0, 0)),
        end: Some(day(15).at(16, 0, 0, 0)),
        ..Revision::default()
    };
    scene.revise_meeting(&series, Some(day(14)), &moved).expect("an occurrence");
    sync(&scene);
    assert_eq!(scene.synced_bookings(days()).len(), 8);
    scene.assert_bookings_match(days());

    scene.delete_meeting(&series, Some(day(21)), false).expect("an occurrence");
    sync(&scene);
    assert_eq!(scene.synced_bookings(days()).len(), 7);
    scene.assert_bookings_match(days());

    scene.cancel_meeting(&series, Some(day(28)), false).expect("an occurrence");
    sync(&scene);
    assert_eq!(scene.synced_bookings(days()).len(), 6);
    scene.assert_bookings_match(days());

    scene.cancel_meeting(&series, None, false).expect("a series");
    sync(&scene);
    assert!(scene.synced_bookings(days()).is_empty());
}

#[test]
fn a_series_and_a_single_meeting_become_one_another() {
    let scene = Scene::with_calendars(1);
    let meeting = scene.book(&scene.meeting_at(day(3), 9)).expect("a meeting").id;
    sync(&scene);
    for (recurrence, count) in [(Some(weekly(day(3), 5)), 5), (None, 1)] {
        let revision = Revision { recurrence: Some(recurrence), ..Revision::default() };
        scene.revise_meeting(&meeting, None, &revision).expect("a meeting");
        sync(&scene);
        assert_eq!(scene.synced_bookings(days()).len(), count);
        scene.assert_bookings_match(days());
    }
}

#[test]
fn nothing_shows_the_title_or_the_organizer_of_a_private_meeting() {
    let scene = Scene::with_calendars(1);
    keep_subjects(&scene);
    let secret = Booking {
        subject: "Dismissal of Quintus".to_owned(),
        sensitivity: Sensitivity::Private,
        ..scene.meeting_at(day(3), 9)
    };
    scene.book(&secret).expect("a meeting");
    let walk_up = Booking { organizer: room(1), rooms: Vec::new(), ..secret };
    scene.book(&walk_up).expect("a meeting");
    let run = scene.host(&["sync", "bookings", "-vv"]).ends_with(0);
    scene.assert_bookings_match(days());
    let user = scene.employee();
    for words in [&["bookings"][..], &["conflicts"], &["bookings", "verify"], &["runs"]] {
        for run in [&run, &scene.host(words), &printed(&scene, words)] {
            for hidden in ["Quintus", user.as_str()] {
                assert!(!format!("{run:?}").contains(hidden), "{words:?}: {run:#?}");
            }
        }
    }
    let stored = std::fs::read(scene.path("data").join("ones.db")).expect("a store");
    assert!(!stored.windows(7).any(|part| part == b"Quintus"));
}

#[test]
fn a_request_is_tentative_until_the_room_has_answered() {
    let scene = Scene::with_calendars(1);
    scene.hold_deliveries(true);
    let meeting = scene.book(&scene.meeting_at(day(3), 9)).expect("a meeting").id;
    sync(&scene);
    assert!(scene.synced_bookings(days()).is_empty(), "the request has not arrived");
    scene.deliver(None, true).expect("rooms");
    sync(&scene);
    assert_eq!(only(&scene).hold, "tentative");
    scene.deliver(None, false).expect("rooms");
    sync(&scene);
    assert_eq!(only(&scene).hold, "confirmed");
    let declined = Response::Declined;
    scene.answer_meeting(&room(1), &meeting, declined, None, true).expect("an answer");
    sync(&scene);
    assert!(scene.synced_bookings(days()).is_empty(), "declined, and still in the calendar");
    scene.assert_bookings_match(days());
}

#[test]
fn a_meeting_that_does_not_block_the_room_is_shown_as_free() {
    let scene = Scene::with_calendars(1);
    let free = Booking { show_as: ShowAs::Free, ..scene.meeting_at(day(3), 9) };
    scene.book(&free).expect("a meeting");
    scene.book(&scene.meeting_at(day(3), 9)).expect("a meeting");
    sync(&scene);
    scene.assert_bookings_match(days());
    assert!(scene.host(&["conflicts"]).ends_with(0).lines().is_empty());
}

#[test]
fn a_meeting_that_gets_another_room_is_booked_there() {
    let scene = Scene::with_calendars(2);
    let meeting = scene.book(&scene.meeting_at(day(3), 9)).expect("a meeting").id;
    sync(&scene);
    assert_eq!(only(&scene).room, room(1));
    let other = Revision { rooms: Some(vec![room(2)]), ..Revision::default() };
    scene.revise_meeting(&meeting, None, &other).expect("a meeting");
    sync(&scene);
    assert_eq!(only(&scene).room, room(2));
    scene.assert_bookings_match(days());
}

#[test]
fn a_room_that_is_refused_fails_alone() {
    let scene = Scene::with_calendars(3);
    for number in 1..=3 {
        let meeting = Booking { rooms: vec![room(number)], ..scene.meeting_at(day(3), 9) };
        scene.book(&meeting).expect("a meeting");
    }
    let access = |access| {
        let mut policy = scene.policy(&room(2)).expect("a room");
        policy.access = access;
        scene.set_policy(&room(2), &policy).expect("a room");
    };
    access(Access::Raop);
    let run = scene.sync("bookings");
    assert_eq!(run["rooms"], json!({"read": 2, "failed": 1}));
    let failure = &run["roomFailures"][0];
    assert!(failure["problem"]["remedy"].is_string(), "{failure}");
    let rooms: Vec<_> = scene.synced_bookings(days()).into_iter().map(|it| it.room).collect();
    assert_eq!(rooms, [room(1), room(3)]);
    let listed = printed(&scene, &["bookings"]);
    assert!(listed.stderr.contains("not read since"), "{listed:?}");

    access(Access::Granted);
    sync(&scene);
    scene.assert_bookings_match(days());
}

#[test]
fn without_the_permission_the_run_fails_and_the_bookings_stay() {
    let scene = Scene::with_calendars(2);
    scene.book(&scene.meeting_at(day(3), 9)).expect("a meeting");
    sync(&scene);
    scene.revoke("Calendars.ReadWrite").expect("it was granted");
    let run = scene.host(&["sync", "bookings"]).ends_with(1).json();
    let remedy = run["error"]["remedy"].as_str().expect("a remedy");
    assert!(remedy.contains("Calendars.ReadWrite"), "{run}");
    scene.assert_bookings_match(days());
}

#[test]
fn a_room_whose_state_exchange_lost_is_listed_again() {
    let expiries = [
        DeltaExpiry::SyncStateNotFound { status: 400, resync_required: false },
        DeltaExpiry::SyncStateNotFound { status: 410, resync_required: true },
        DeltaExpiry::Location,
    ];
    let scene = Scene::with_calendars(1);
    for (number, expiry) in (3..).zip(expiries) {
        let gone = scene.book(&scene.meeting_at(day(number), 9)).expect("a meeting").id;
        scene.book(&scene.meeting_at(day(number), 12)).expect("a meeting");
        sync(&scene);
        // Only a list can find out: the changes never report it.
        scene.delete_meeting(&gone, None, true).expect("a meeting");
        scene.expire_delta_tokens(expiry);
        assert_eq!(sync(&scene), [0, 0, 1], "{expiry:?}");
        scene.assert_bookings_match(days());
    }
}

#[test]
fn a_meeting_that_moves_out_of_the_window_comes_back_with_it() {
    let scene = Scene::with_calendars(1);
    let meeting = scene.book(&scene.meeting_at(day(3), 9)).expect("a meeting").id;
    sync(&scene);
    let id = only(&scene).id;
    for (ahead, count) in [(400, 0), (5, 1)] {
        let moved = Revision {
            start: Some(day(ahead).at(9, 0, 0, 0)),
            end: Some(day(ahead).at(10, 0, 0, 0)),
            ..Revision::default()
        };
        scene.revise_meeting(&meeting, None, &moved).expect("a meeting");
        sync(&scene);
        assert_eq!(scene.synced_bookings(days()).len(), count);
    }
    assert_eq!(only(&scene).id, id);
}

#[test]
fn most_bookings_of_a_room_deleted_at_once_are_held() {
    let scene = Scene::with_calendars(1);
    let meetings: Vec<String> = (0..14)
        .map(|number| scene.book(&scene.meeting_at(day(3 + number), 9)).expect("a meeting").id)
        .collect();
    sync(&scene);
    for meeting in &meetings[..12] {
        scene.delete_meeting(meeting, None, false).expect("a meeting");
    }
    let run: Value = scene.host(&["sync", "bookings"]).ends_with(3).json();
    assert_eq!((&run["removed"], &run["held"]), (&json!(0), &json!(12)));
    assert_eq!(scene.synced_bookings(days()).len(), 14, "they take their room");
    scene.host(&["removals", "approve"]).ends_with(0);
    scene.assert_bookings_match(days());
}
