//! Property test of bookings: whatever users do in Outlook, and whatever goes wrong in between,
//! after two quiet runs ONES has the bookings of the calendars, occurrence by occurrence.

use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use end_to_end::{Scene, day, room};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use m365_emulator::{DeltaExpiry, Fault, Lag, Read, Then};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::json;

/// Time zones of the rooms: both hemispheres, one without daylight saving time, and one that
/// abolished it in 2026.
const ZONES: [&str; 5] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Adelaide",
    "Asia/Hong_Kong",
    "America/Vancouver",
];

/// What happens between two runs.
#[derive(Debug, Clone)]
enum Event {
    /// Users change meetings in Outlook.
    Meetings(usize),
    /// The clock of the calendars goes on to about this day: meetings are booked from there on.
    Clock(i64),
    /// How Exchange reports changes.
    Habits(Habits),
    /// Exchange loses the state of all calendars.
    Expire,
    /// A replica stays as the calendars are now, for a number of requests.
    Lag(Vec<Read>, u32),
    /// Requests to a mailbox fail with a status.
    Fail(usize, u16, u32),
    /// A run is killed after a number of requests.
    Kill(usize),
    Sync,
}

#[derive(Debug, Clone, Copy)]
struct Habits {
    masters: bool,
    parts: bool,
    splits: bool,
    empty_pages: usize,
    replays: bool,
    shuffles: bool,
}

fn event() -> impl Strategy<Value = Event> {
    let reads = prop_oneof![
        Just(vec![Read::Calendar]),
        Just(vec![Read::CalendarDelta]),
        Just(vec![Read::Calendar, Read::CalendarDelta]),
    ];
    let status = prop_oneof![Just(403_u16), Just(404), Just(500), Just(503)];
    let habits = (any::<[bool; 5]>(), 0..3_usize).prop_map(|(flags, empty_pages)| {
        let [masters, parts, splits, replays, shuffles] = flags;
        Habits { masters, parts, splits, empty_pages, replays, shuffles }
    });
    prop_oneof![
        6 => (5..30_usize).prop_map(Event::Meetings),
        1 => (0..240_i64).prop_map(Event::Clock),
        2 => habits.prop_map(Event::Habits),
        1 => Just(Event::Expire),
        2 => (reads, 1..12_u32).prop_map(|(reads, times)| Event::Lag(reads, times)),
        2 => (1..=ZONES.len(), status, 1..4_u32)
            .prop_map(|(number, status, times)| Event::Fail(number, status, times)),
        1 => (1..12_usize).prop_map(Event::Kill),
        3 => Just(Event::Sync),
    ]
}

struct History(Scene);

impl History {
    /// Starts a tenant with a room in each time zone, and a window over both changes of daylight
    /// saving time.
    fn begin() -> Self {
        let mut scene = Scene::with_calendars(ZONES.len());
        for (number, zone) in (1..).zip(ZONES) {
            let mut policy = scene.policy(&room(number)).expect("a room");
            policy.time_zone = Some(zone.to_owned());
            scene.set_policy(&room(number), &policy).expect("a room");
        }
        scene.set("/rooms/bookingDays", json!(365));
        scene.sync("rooms");
        Self(scene)
    }

    fn happen(&self, event: &Event) {
        let Self(scene) = self;
        match event {
            Event::Meetings(count) => drop(scene.mix_meetings(*count)),
            Event::Clock(ahead) => {
                let now = day(*ahead).to_zoned_datetime(TimeZone::UTC).expect("a day").timestamp();
                // Meetings that are over stay in ONES: none is booked today.
                scene.set_now(Some(now + Duration::from_secs(48 * 3600)));
            }
            Event::Habits(habits) => scene.update_settings(|settings| {
                settings.calendar_delta_masters = habits.masters;
                settings.calendar_delta_parts = habits.parts;
                settings.calendar_delta_splits_series = habits.splits;
                settings.calendar_delta_empty_pages = habits.empty_pages;
                settings.delta_replays = habits.replays;
                settings.delta_shuffles = habits.shuffles;
            }),
            Event::Expire => scene.expire_delta_tokens(DeltaExpiry::SyncStateNotFound {
                status: 410,
                resync_required: false,
            }),
            Event::Lag(reads, times) => scene.lag(Lag::on(reads).times(*times)),
            Event::Fail(number, status, times) => {
                // Longer than a run waits: nothing is gained by trying again.
                let retry_after = (*status >= 500).then(|| "600".to_owned());
                let then = Then::Fail { status: *status, retry_after };
                let fault = Fault::once(&room(*number), then).times(*times);
                scene.add_fault(fault).expect("a fault");
            }
            Event::Kill(requests) => self.kill_after(*requests),
            Event::Sync => self.sync(),
        }
    }

    /// Runs a sync that removes without approval. Rooms can fail in it.
    fn sync(&self) {
        let run = self.0.host(&["--max-removals", "100000", "sync", "bookings"]);
        assert!(matches!(run.code, 0 | 1), "{run:#?}");
    }

    /// Starts a sync, and kills it when it has sent a number of requests.
    fn kill_after(&self, requests: usize) {
        let Self(scene) = self;
        scene.clear_requests();
        let settings = scene.path("settings.json");
        let mut command = scene.command(&["--max-removals", "100000", "--settings"]);
        command.arg(settings).args(["sync", "bookings"]);
        let mut program: Child =
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a program");
        while scene.requests().len() < requests && program.try_wait().expect("a program").is_none()
        {
            thread::sleep(Duration::from_millis(1));
        }
        drop(program.kill());
        program.wait().expect("a program");
    }
}

/// The days that are compared: without the edges of the window, which depend on the hour.
fn days() -> [Date; 2] {
    [day(3), day(363)]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 5,
        max_shrink_iters: 20,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(13),
        ..ProptestConfig::default()
    })]

    #[test]
    fn after_two_quiet_runs_ones_has_the_bookings_of_the_calendars(
        events in prop::collection::vec(event(), 6..20),
    ) {
        let history = History::begin();
        history.happen(&Event::Clock(0));
        history.happen(&Event::Meetings(30));
        history.sync();
        for event in &events {
            history.happen(event);
        }
        let scene = &history.0;
        scene.set_faults(Vec::new()).expect("no faults");
        scene.clear_lags();
        history.sync();
        history.sync();
        scene.assert_bookings_match(days());
        let verified = scene.host(&["bookings", "verify"]).ends_with(0).json();
        prop_assert_eq!(&verified["bookings"], &verified["agree"]);
    }
}
