//! Notifications of changes: what happens in Outlook is in ONES without a scheduled sync.

use std::{collections::BTreeSet, fs, path::Path, thread, time::Duration};

use end_to_end::{Scene, Server, day, room};
use jiff::civil::Date;
use m365_emulator::{LifecycleEvent, NotificationStep, Revision};
use ones_host::{
    settings::Settings,
    store::{SealingKey, Store, StoreOptions},
};
use serde_json::{Value, json};

/// The days that the tests look at.
fn days() -> [Date; 2] {
    [day(1), day(30)]
}

/// Stores the settings of the scene, as the wizard does. No server may run.
fn keep(scene: &Scene) {
    let folder = scene.path("data");
    let mut store = Store::open(&folder, StoreOptions::default()).expect("a store");
    let key = SealingKey::of(&folder, |_| None).expect("a key");
    let settings = Settings::parse(&scene.settings.to_string(), |_| None).expect("settings");
    let known = store.integration("Contoso").expect("a store");
    store.keep_settings(known, &settings, &key).expect("settings are stored");
}

/// Starts a server whose next scheduled sync of bookings is, as good as certainly, after the test.
fn serve(scene: &Scene) -> Server {
    Server::start(scene, &["--bookings-interval", "1440"])
}

/// Waits until something holds. A test that waits for what never comes is ended by its runner.
fn wait_until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        thread::sleep(Duration::from_millis(50));
    }
}

fn state(scene: &Scene) -> Value {
    scene.host(&["notifications"]).ends_with(0).json()
}

/// Waits until all rooms are watched, and nothing waits for a sync.
fn wait_until_watched(scene: &Scene, rooms: u64) {
    wait_until(|| {
        let state = state(scene);
        let counts = json!({ "wanted": rooms, "watched": rooms });
        state["rooms"] == counts && state["waiting"] == 0
    });
}

fn wait_until_bookings_match(scene: &Scene) {
    wait_until(|| scene.synced_bookings(days()) == scene.expected_bookings(days()));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for file in fs::read_dir(from).expect("a folder") {
        let file = file.expect("a file");
        fs::copy(file.path(), to.join(file.file_name())).expect("a copy");
    }
}

#[test]
fn a_meeting_that_is_booked_moved_and_cancelled_in_outlook_is_so_in_ones() {
    let scene = Scene::with_calendars(3);
    keep(&scene);
    let _server = serve(&scene);
    wait_until_watched(&scene, 3);
    assert_eq!(scene.subscriptions().len(), 3);
    scene.clear_requests();
    let rooms = vec![room(1), room(2)];
    let meeting = m365_emulator::Booking { rooms, ..scene.meeting_at(day(3), 9) };
    let booked = scene.book(&meeting).expect("a meeting");
    wait_until(|| scene.synced_bookings(days()).len() == 2);
    wait_until_bookings_match(&scene);
    let later = Revision {
        start: Some(day(4).at(11, 0, 0, 0)),
        end: Some(day(4).at(12, 0, 0, 0)),
        ..Revision::default()
    };
    scene.revise_meeting(&booked.id, None, &later).expect("a meeting");
    wait_until_bookings_match(&scene);
    let moved = scene.synced_bookings(days());
    assert!(moved.iter().all(|it| it.starts.starts_with(&day(4).to_string())), "{moved:?}");
    scene.cancel_meeting(&booked.id, None, false).expect("a meeting");
    wait_until(|| scene.synced_bookings(days()).is_empty());
    // Only the calendars that changed were read.
    let requests = scene.requests().into_iter().map(|request| request.path);
    let read: BTreeSet<_> = requests.filter(|path| path.ends_with("/calendarView/delta")).collect();
    assert_eq!(read.len(), 2, "{read:#?}");
    let state = state(&scene);
    assert!(state["receivedAt"].is_string() && state["failing"] == json!([]), "{state}");
}

#[test]
fn what_was_lost_is_read_when_the_vendor_says_so() {
    let scene = Scene::with_calendars(2);
    keep(&scene);
    let _server = serve(&scene);
    wait_until_watched(&scene, 2);
    scene.hold_notifications(true);
    scene.book(&scene.meeting_at(day(3), 9)).expect("a meeting");
    wait_until(|| !scene.waiting_notifications().is_empty());
    scene.step_notifications(NotificationStep::Lose, None, None);
    scene.hold_notifications(false);
    assert_eq!(scene.synced_bookings(days()).len(), 0);
    for subscription in scene.subscriptions() {
        let missed = LifecycleEvent::Missed;
        scene.send_lifecycle(&subscription.id, missed).expect("a subscription");
    }
    wait_until(|| scene.synced_bookings(days()).len() == 1);
    wait_until_bookings_match(&scene);
    // One that the vendor ended is made again, and nothing that changed meanwhile is lost.
    for subscription in scene.subscriptions() {
        scene.remove_subscription(&subscription.id, true).expect("a subscription");
    }
    scene.book(&scene.meeting_at(day(5), 9)).expect("a meeting");
    wait_until(|| scene.synced_bookings(days()).len() == 2);
    wait_until_watched(&scene, 2);
    assert_eq!(scene.subscriptions().len(), 2);
}

#[test]
fn after_a_restore_from_a_backup_each_room_has_one_subscription_and_is_read() {
    let mut scene = Scene::with_calendars(2);
    keep(&scene);
    let server = serve(&scene);
    wait_until_watched(&scene, 2);
    drop(server);
    let (data, backup) = (scene.path("data"), scene.path("backup"));
    copy(&data, &backup);
    let former: Vec<_> = scene.subscriptions().into_iter().map(|it| it.id).collect();
    scene.set("/rooms/bookings", json!("off"));
    keep(&scene);
    let server = serve(&scene);
    wait_until(|| scene.subscriptions().is_empty());
    drop(server);
    scene.book(&scene.meeting_at(day(3), 9)).expect("a meeting");
    fs::remove_dir_all(&data).expect("the data");
    copy(&backup, &data);
    let _server = serve(&scene);
    wait_until(|| scene.synced_bookings(days()).len() == 1);
    wait_until_bookings_match(&scene);
    wait_until_watched(&scene, 2);
    let present: Vec<_> = scene.subscriptions().into_iter().map(|it| it.id).collect();
    assert_eq!(present.len(), 2);
    assert!(present.iter().all(|id| !former.contains(id)), "{present:?}");
}
