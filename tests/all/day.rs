//! What a day of bookings costs in requests, with notifications.
//!
//! The days are played on a simulated clock, which the component, the host's parts and the tenant
//! share: the host's outbox, its reads of what notifications name, its scheduled reads, and the
//! upkeep of subscriptions.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    thread,
    time::Duration,
};

use end_to_end::{Scene, component, day, room, text};
use jiff::{SignedDuration, Timestamp};
use m365_emulator::{Booking, NotificationStep, Revision};
use ones_host::{
    model::{BookingTime, Hint, NotificationHint, TimeRange, WatchSubject},
    notifications::{Upkeep, ripe},
    plugin::{Client, Limits, Plugin, Session},
    reservations::{Outbox, Selection},
    settings::Settings,
    store::{
        Actor, IntegrationId, NewReservation, Polling, ReservationChange, ReservationState,
        RunKind, SealingKey, Store, StoreOptions,
    },
    sync::{BookingOptions, Occasion, Options, SessionSource, Sync, Unobserved},
};
use serde_json::Map;
use tokio::runtime::Runtime;

const ROOMS: usize = 6;

/// The largest number of requests of one room in a day: 45,000 of 1,000 rooms.
const MOST: usize = 45;

/// `--bookings-interval` where it is not set.
const INTERVAL: Duration = Duration::from_secs(5 * 60);

/// Number of calls of one integration that send reservations at the same time.
const CALLS: usize = 3;

/// The host, and the tenant that it is connected to.
struct World {
    scene: Scene,
    runtime: Runtime,
    session: Session,
    settings: Settings,
    store: Store,
    key: SealingKey,
    id: IntegrationId,
    outbox: Outbox,
    /// Id of the user who books in ONES.
    organizer: String,
    origin: String,
    /// Seconds since 1970.
    clock: Arc<AtomicI64>,
    started: Timestamp,
    counted: Counted,
}

/// Numbers of requests. The tenant stores only the last 20,000.
#[derive(Default)]
struct Counted {
    all: usize,
    /// Refused, since the mailbox was busy with four others.
    refused: usize,
    /// That renewed a subscription.
    renewals: usize,
}

/// A run that reads bookings, with a connection of its own.
struct Reading {
    store: Store,
    source: SessionSource,
    options: Options,
    id: IntegrationId,
}

impl Reading {
    fn run(self) {
        let Self { mut store, mut source, options, id } = self;
        let mut unobserved = Unobserved;
        let sync = Sync::new(&mut store, &mut source, &mut unobserved, options);
        sync.run(RunKind::Bookings, id).expect("a run");
    }
}

impl World {
    /// Starts a tenant, and reads its rooms, users and bookings.
    fn new() -> Self {
        let scene = Scene::with_calendars(ROOMS);
        for number in 1..=ROOMS {
            let bookable = Map::from_iter([("bookingType".to_owned(), "standard".into())]);
            scene.patch_room(&room(number), bookable).expect("a room");
        }
        scene.sync("users");
        scene.sync("bookings");
        let employee = scene.employee();
        let users = scene.synced_users().into_values();
        let organizer = users.into_iter().find(|user| text(user, "username") == employee);
        let organizer = text(&organizer.expect("the employee is synced"), "id");
        // Requests take so long that some are under way at the same time.
        scene.update_settings(|settings| settings.exchange_latency_milliseconds = 10);

        let folder = scene.path("data");
        let mut store = Store::open(&folder, StoreOptions::default()).expect("a store");
        let key = SealingKey::of(&folder, |_| None).expect("a key");
        let settings = Settings::parse(&scene.settings.to_string(), |_| None).expect("settings");
        let known = store.integration("Contoso").expect("a store");
        let id = store.keep_settings(known, &settings, &key).expect("settings are stored");
        let runtime = Runtime::new().expect("a runtime");
        let client = Client::new().expect("a client");
        let plugin = Plugin::load(&component(), Limits::default(), client).expect("a plugin");
        let started = Timestamp::now();
        let clock = Arc::new(AtomicI64::new(started.as_second()));
        let shown = clock.clone();
        plugin.follow_clock(move || {
            Duration::from_secs(shown.load(Ordering::Relaxed).unsigned_abs())
        });
        let session = runtime.block_on(Session::open(plugin, settings.clone())).expect("settings");
        let (outbox, origin) = (Outbox::new(id), answer_tests());
        let world = Self {
            scene,
            runtime,
            session,
            settings,
            store,
            key,
            id,
            outbox,
            organizer,
            origin,
            clock,
            started,
            counted: Counted::default(),
        };
        world.scene.set_now(Some(started));
        world.scene.hold_notifications(true);
        world
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.clock.load(Ordering::Relaxed)).expect("a time")
    }

    fn pass(&self, time: SignedDuration) {
        let now = self.now() + time;
        self.clock.store(now.as_second(), Ordering::Relaxed);
        self.scene.set_now(Some(now));
    }

    fn source(&self) -> SessionSource {
        SessionSource::new(self.session.clone(), self.runtime.handle().clone())
    }

    fn read(&self, rooms: Vec<String>, occasion: Occasion) {
        if let Some(reading) = self.reading(rooms, occasion) {
            reading.run();
        }
    }

    fn reading(&self, rooms: Vec<String>, occasion: Occasion) -> Option<Reading> {
        if rooms.is_empty() {
            return None;
        }
        let settings = self.settings.bookings().expect("bookings are on");
        let bookings = BookingOptions {
            rooms: Some(rooms),
            list_again: (occasion != Occasion::Notified).then_some(Duration::from_secs(86_400)),
            ..BookingOptions::from(settings)
        };
        let options = Options { now: Some(self.now()), occasion, bookings, ..Options::default() };
        let store = self.store.another().expect("a store");
        Some(Reading { store, source: self.source(), options, id: self.id })
    }

    /// Sends what waits in the outbox, several calls at a time. The rooms of the calls before are
    /// read meanwhile.
    fn send(&mut self) {
        let mut changed = BTreeSet::new();
        loop {
            let now = self.now();
            let jobs = self.outbox.take(&mut self.store, Selection::All, CALLS, now);
            let jobs = jobs.expect("a store");
            if jobs.is_empty() {
                let due = self.store.next_reservation_due(self.id).expect("a store");
                let wait = due.map(|due| due.duration_since(now));
                match wait.filter(|wait| *wait < SignedDuration::from_mins(5)) {
                    Some(wait) => self.pass(wait.max(SignedDuration::from_secs(1))),
                    None => break,
                }
                continue;
            }
            let rooms: Vec<_> = std::mem::take(&mut changed).into_iter().collect();
            let reading = self.reading(rooms, Occasion::Notified);
            let sources: Vec<_> = jobs.iter().map(|_| self.source()).collect();
            let answers: Vec<_> = thread::scope(|scope| {
                let calls = jobs.iter().zip(sources);
                let calls: Vec<_> = calls
                    .map(|(job, mut source)| scope.spawn(move || job.ask(&mut source)))
                    .collect();
                scope.spawn(|| reading.map(Reading::run));
                calls.into_iter().map(|call| call.join().expect("a call")).collect()
            });
            for (job, answer) in jobs.into_iter().zip(answers) {
                changed.extend(job.settle(&mut self.store, answer, now).expect("a store"));
            }
        }
        self.pass(SignedDuration::from_secs(1));
        self.read(changed.into_iter().collect(), Occasion::Notified);
    }

    /// Receives what the tenant notifies about, and reads it.
    fn follow(&mut self) {
        let waiting = self.scene.waiting_notifications().into_iter();
        let hints = waiting.map(|brief| NotificationHint {
            subscription: brief.subscription,
            hint: Hint::Changed,
        });
        let request = [(self.id, hints.collect())];
        self.store.note_hints(&request, self.now()).expect("a store");
        self.scene.step_notifications(NotificationStep::Lose, None, None);
        self.pass(SignedDuration::from_secs(3));
        let hints = self.store.waiting_hints(self.id, true).expect("a store");
        let (ripe, _) = ripe(hints, self.now());
        let rooms = ripe.iter().filter_map(|hint| match &hint.subject {
            WatchSubject::Room(room) => Some(room.clone()),
            _ => None,
        });
        self.read(rooms.collect(), Occasion::Notified);
        self.store.settle_hints(&ripe).expect("a store");
    }

    /// Makes and renews subscriptions.
    fn keep_up(&mut self, sweep: bool) {
        let mut source = self.source();
        let (integration, now) = (self.id, self.now());
        let (store, key, origin) = (&mut self.store, &self.key, Some(self.origin.as_str()));
        let mut upkeep = Upkeep { store, integration, key, origin, now };
        let planned = upkeep.plan(&self.settings, sweep).expect("a store");
        let planned = planned.expect("rooms are watched");
        if !planned.is_empty() {
            upkeep.carry_out(planned, &mut source).expect("subscriptions");
        }
    }

    /// Reads the rooms that a scheduled run reads.
    fn poll(&self) {
        let address = self.store.notification_addresses(&self.key).expect("a store").remove(0).1;
        let address = format!("{}{}{}", self.origin, ones_host::notifications::PATH, address.key);
        let (now, started) = (self.now(), self.started);
        let polling = Polling { address: &address, now, started, interval: INTERVAL };
        match self.store.polled_rooms(self.id, polling).expect("a store") {
            Some(rooms) => self.read(rooms, Occasion::Due),
            None => {
                let rooms = self.store.bookable_rooms(self.id).expect("a store").into_iter();
                self.read(rooms.map(|room| room.id).collect(), Occasion::Asked);
            }
        }
    }

    /// Lets time pass, with scheduled reads and the upkeep of subscriptions.
    fn wait(&mut self, time: SignedDuration) {
        let end = self.now() + time;
        while self.now() < end {
            self.pass(SignedDuration::try_from(INTERVAL).expect("an interval"));
            self.keep_up(false);
            self.poll();
            self.follow();
        }
        self.count();
    }

    /// Counts the requests since the last time.
    fn count(&mut self) {
        for request in self.scene.requests() {
            let is_renewal = request.method == "PATCH" && request.path.contains("/subscriptions/");
            self.counted.all += 1;
            self.counted.refused += usize::from(request.status == Some(429));
            self.counted.renewals += usize::from(is_renewal);
        }
        self.scene.clear_requests();
    }

    /// Stores the wish to book each room in ONES. Returns the references.
    fn reserve(&mut self, starts: Timestamp) -> Vec<String> {
        let rooms = self.store.bookable_rooms(self.id).expect("a store").into_iter();
        let (now, mut references) = (self.now(), Vec::new());
        for room in rooms {
            let new = NewReservation {
                rooms: vec![room.id],
                time: hour(starts),
                recurrence: None,
                organizer: self.organizer.clone(),
                invite: Vec::new(),
                title: "Review".to_owned(),
                private: false,
                online_meeting: false,
                days: None,
                by: Actor::Administrator,
            };
            let made = self.store.reserve(self.id, new, now).expect("a wish");
            references.push(made.reference);
        }
        references
    }

    /// Moves reservations in ONES.
    fn change(&mut self, references: &[String], starts: Timestamp) {
        let now = self.now();
        for reference in references {
            let time = Some(hour(starts));
            let change = ReservationChange { time, ..ReservationChange::default() };
            let by = Actor::Administrator;
            let changed = self.store.change_reservation(self.id, reference, change, by, now);
            changed.expect("a wish");
        }
    }

    /// Expects that all rooms of these reservations accepted.
    fn assert_confirmed(&self, references: &[String]) {
        for reference in references {
            let found = self.store.reservation(self.id, reference).expect("a store");
            let found = found.expect("a reservation");
            assert_eq!(found.state, ReservationState::Confirmed, "{found:?}");
        }
    }
}

fn hour(starts: Timestamp) -> BookingTime {
    let starts = starts.as_second();
    BookingTime::Hours(TimeRange { starts, ends: starts + 3_600 })
}

/// Answers the tests of the address for notifications. Returns the origin of the address.
fn answer_tests() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut line = String::new();
            BufReader::new(&stream).read_line(&mut line).expect("a request");
            let path = line.split(' ').nth(1).unwrap_or_default();
            let url = url::Url::parse("http://a").and_then(|url| url.join(path)).expect("a path");
            let token = url.query_pairs().find(|(name, _)| name == "validationToken");
            let token = token.map_or_else(String::new, |(_, token)| token.into_owned());
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n";
            let length = token.len();
            let written = write!(stream, "{head}Content-Length: {length}\r\n\r\n{token}");
            written.expect("a client that reads");
        }
    });
    format!("http://{address}")
}

#[test]
fn eight_changes_of_a_room_of_which_ones_makes_four_cost_less_than_45_requests_a_day() {
    let mut world = World::new();
    world.keep_up(true);
    assert_eq!(world.scene.subscriptions().len(), ROOMS);
    world.wait(SignedDuration::from_hours(6));
    // A subscription lives for a week, and is renewed after half of that. On this day, all are.
    for _ in 0..14 {
        world.pass(SignedDuration::from_hours(6));
        world.poll();
    }
    world.count();
    world.counted = Counted::default();
    let today = world.now();
    let at = |hour: i8| {
        let meeting = day(10).at(hour, 0, 0, 0);
        meeting.to_zoned_datetime(jiff::tz::TimeZone::UTC).expect("a time").timestamp()
    };
    let pause = SignedDuration::from_hours(3);
    // Four changes in ONES: three bookings, and one of them is moved.
    let mut reserved = Vec::new();
    for starts in [8, 9, 10] {
        reserved.push(world.reserve(at(starts)));
        world.send();
        world.follow();
        world.wait(pause);
    }
    world.change(&reserved[0], at(11));
    world.send();
    world.follow();
    world.wait(pause);
    // Four changes in Outlook: two meetings are made, one is moved, the other cancelled.
    let mut made = Vec::new();
    for starts in [12, 13] {
        for number in 1..=ROOMS {
            let meeting = world.scene.meeting_at(day(10), starts);
            let meeting = Booking { rooms: vec![room(number)], ..meeting };
            made.push(world.scene.book(&meeting).expect("a meeting").id);
        }
        world.follow();
        world.wait(pause);
    }
    let (moved, cancelled) = made.split_at(ROOMS);
    for id in moved {
        let later = Revision {
            start: Some(day(10).at(15, 0, 0, 0)),
            end: Some(day(10).at(16, 0, 0, 0)),
            ..Revision::default()
        };
        world.scene.revise_meeting(id, None, &later).expect("a change");
    }
    world.follow();
    world.wait(pause);
    for id in cancelled {
        world.scene.cancel_meeting(id, None, false).expect("a cancellation");
    }
    world.follow();
    let end = today + SignedDuration::from_hours(24);
    world.wait(end.duration_since(world.now()));

    let Counted { all, refused, renewals } = world.counted;
    assert_eq!(refused, 0, "more than four requests of a mailbox at a time");
    assert_eq!(renewals, ROOMS, "each subscription is renewed once");
    assert!(all < ROOMS * MOST, "{all} requests of {ROOMS} rooms");
    reserved.iter().for_each(|references| world.assert_confirmed(references));
    let World { scene, store, .. } = world;
    // The program reads what was stored.
    drop(store);
    scene.assert_bookings_match([day(1), day(30)]);
}
