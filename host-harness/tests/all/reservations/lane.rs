//! Reservations are sent in the background.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::Timestamp;
use ones_host::{
    Error,
    model::{
        AnsweredRoom, BookingCalendar, BookingOutcome, BookingRequest, BookingTime, Refusal,
        RoomAnswer, RoomBatch, RoomChange, RoomPosition, RoomUpdate, Summary, TimeRange, UserBatch,
        UserChange,
    },
    plugin::{CallError, Packed},
    runner::{Connect, Runner},
    settings::Settings,
    store::{Actor, IntegrationId, NewReservation, Reservation, ReservationState, Store},
    sync::{Options, Source, Sync},
};
use serde_json::json;
use tokio::{runtime::Handle, sync::Semaphore};
use tokio_util::sync::CancellationToken;

use super::host::ANN;
use crate::fake::*;

/// Accepts every booking, and writes down what it is asked. Calls of the rooms `slow`, `slow2` and
/// so on hang until the test lets them go on.
#[derive(Clone)]
struct Vendor {
    asked: Arc<Mutex<Vec<String>>>,
    gate: Arc<Semaphore>,
}

struct Connected {
    vendor: Vendor,
    stop: CancellationToken,
}

impl Connect for Vendor {
    fn connect(&self, _: Settings, stop: &CancellationToken) -> Result<Box<dyn Source>, Error> {
        Ok(Box::new(Connected { vendor: self.clone(), stop: stop.clone() }))
    }
}

impl Source for Connected {
    fn sync_rooms(
        &mut self,
        _: &mut dyn FnMut(RoomBatch) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        unreachable!()
    }

    fn sync_users(
        &mut self,
        _: Option<&str>,
        _: &mut dyn FnMut(UserBatch<Packed>) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        unreachable!()
    }

    fn read_users(&mut self, _: &[String]) -> Result<Vec<UserChange>, Error> {
        unreachable!()
    }

    fn read_groups(&mut self, _: &[String]) -> Result<Vec<UserChange>, Error> {
        unreachable!()
    }

    fn read_rooms(&mut self, _: &[String]) -> Result<Vec<RoomChange>, Error> {
        unreachable!()
    }

    fn sync_bookings(
        &mut self,
        rooms: &[RoomPosition],
        _: TimeRange,
        _: &mut dyn FnMut(RoomUpdate) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        let rooms: Vec<_> = rooms.iter().map(|it| it.room.as_str()).collect();
        self.vendor.note(format!("read {}", rooms.join(" ")));
        Ok(Summary { complete: true, ..Summary::default() })
    }

    fn book_room(
        &mut self,
        request: &BookingRequest,
        again: bool,
    ) -> Result<BookingOutcome, Error> {
        let room = request.rooms[0].room.clone();
        self.vendor.note(format!("book {room}{}", if again { " again" } else { "" }));
        if room.starts_with("slow") {
            let gate = self.vendor.gate.acquire();
            let passed = Handle::current().block_on(self.stop.run_until_cancelled(gate));
            let cancelled = || CallError::Refused(Refusal::Cancelled);
            passed.ok_or_else(cancelled)?.unwrap().forget();
            self.vendor.note(format!("end {room}"));
        }
        Ok(BookingOutcome {
            ticket: Some("t".to_owned()),
            calendar: BookingCalendar::Room,
            time: Some(request.time.clone()),
            rooms: vec![AnsweredRoom { room, answer: RoomAnswer::Accepted("b".to_owned()) }],
        })
    }
}

impl Vendor {
    fn new() -> Self {
        Self { asked: Arc::default(), gate: Arc::new(Semaphore::new(0)) }
    }

    fn note(&self, what: String) {
        self.asked.lock().unwrap().push(what);
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits until it was asked for something.
    async fn wait_for(&self, what: &str) {
        while !self.asked().iter().any(|it| it.starts_with(what)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// ONES with the rooms `r1`, `r2` and `slow`, and stored settings.
fn ones() -> (Ones, Store, Runner, Vendor) {
    let rooms = ["r1", "r2", "slow", "slow2", "slow3", "slow4", "slow5"].map(room);
    let mut ones = Ones::with_rooms(rooms);
    ones.sync_users(&mut Fake::users([batch(COMPLETE, "c", vec![reported(ANN)])])).unwrap();
    let (mut store, id) = ones.integration();
    let settings = json!({ "server": { "name": NAME }, "rooms": { "bookings": "on" } }).into();
    store.keep_settings(Some(id), &settings, &key(&ones)).unwrap();
    let vendor = Vendor::new();
    let (runner, store) = start(&ones, store, &vendor);
    (ones, store, runner, vendor)
}

/// Returns a runner, and another connection to its store.
fn start(ones: &Ones, store: Store, vendor: &Vendor) -> (Runner, Store) {
    let another = store.another().unwrap();
    (Runner::new(store, vendor.clone(), key(ones), Options::default()), another)
}

fn id(store: &Store) -> IntegrationId {
    store.integration(NAME).unwrap().unwrap()
}

/// Adds an integration with the rooms `slow`, `slow2`, `slow3` and `r1`.
fn add(ones: &Ones, store: &mut Store, name: &str) -> IntegrationId {
    let settings = json!({ "server": { "name": name }, "rooms": { "bookings": "on" } }).into();
    let id = store.keep_settings(None, &settings, &key(ones)).unwrap();
    let rooms = ["slow", "slow2", "slow3", "r1"].map(room).into();
    let source = &mut Fake {
        rooms: vec![RoomBatch { rooms, unreadable: Vec::new() }],
        ..Fake::users([batch(COMPLETE, "c", vec![reported(ANN)])])
    };
    let seen = &mut Seen::default();
    Sync::new(store, source, seen, Options::default()).rooms(name).unwrap();
    Sync::new(store, source, seen, Options::default()).users(name).unwrap();
    id
}

fn reserve(store: &mut Store, room: &str) -> String {
    let id = id(store);
    reserve_at(store, id, room)
}

fn reserve_at(store: &mut Store, integration: IntegrationId, room: &str) -> String {
    let now = Timestamp::now();
    let starts = now.as_second() + 86_400;
    let new = NewReservation {
        rooms: vec![room.to_owned()],
        time: BookingTime::Hours(TimeRange { starts, ends: starts + 3_600 }),
        recurrence: None,
        organizer: ANN.to_owned(),
        invite: Vec::new(),
        title: "Review".to_owned(),
        private: false,
        online_meeting: false,
        days: None,
        by: Actor::Administrator,
    };
    store.reserve(integration, new, now).unwrap().reference
}

fn get(store: &Store, reference: &str) -> Reservation {
    store.reservation(id(store), reference).unwrap().unwrap()
}

async fn wait_until_booked(store: &Store, reference: &str) {
    while get(store, reference).state != ReservationState::Confirmed {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_is_sent_at_once_and_then_the_calendar_of_its_room_is_read() {
    let (_ones, mut store, runner, vendor) = ones();
    let reference = reserve(&mut store, "r1");
    runner.send_reservations(id(&store));
    wait_until_booked(&store, &reference).await;
    vendor.wait_for("read").await;
    runner.stop().await;
    assert_eq!(vendor.asked()[0], "book r1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_hangs_does_not_hold_up_the_others() {
    let (_ones, mut store, runner, vendor) = ones();
    let slow = reserve(&mut store, "slow");
    runner.send_reservations(id(&store));
    vendor.wait_for("book slow").await;
    let quick = reserve(&mut store, "r2");
    runner.send_reservations(id(&store));
    wait_until_booked(&store, &quick).await;
    assert_eq!(get(&store, &slow).state, ReservationState::Requested);
    vendor.gate.add_permits(1);
    wait_until_booked(&store, &slow).await;
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_ends_in_the_middle_of_a_call_repeats_it_as_such() {
    let (ones, mut store, runner, vendor) = ones();
    let reference = reserve(&mut store, "slow");
    runner.send_reservations(id(&store));
    vendor.wait_for("book slow").await;
    runner.stop().await;
    let waiting = get(&store, &reference);
    assert_eq!(waiting.state, ReservationState::Requested);
    assert_eq!(waiting.waiting.unwrap().attempts, 1);
    drop(runner);
    let (runner, store) = start(&ones, store, &vendor);
    vendor.gate.add_permits(1);
    let following = runner.clone();
    let follows = tokio::spawn(async move { following.follow_schedule().await });
    wait_until_booked(&store, &reference).await;
    runner.stop().await;
    follows.await.unwrap();
    let mut booked = vendor.asked();
    booked.retain(|it| it.starts_with("book"));
    assert_eq!(booked, ["book slow", "book slow again"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_after_the_runner_was_stopped() {
    let (_ones, mut store, runner, vendor) = ones();
    runner.stop().await;
    reserve(&mut store, "r1");
    runner.send_reservations(id(&store));
    runner.idle().await;
    assert_eq!(vendor.asked(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_integration_has_three_calls_at_once_and_leaves_places_for_others() {
    let (_ones, mut store, runner, vendor) = ones();
    let rooms = ["slow", "slow2", "slow3", "slow4", "slow5"];
    let references = rooms.map(|room| reserve(&mut store, room));
    let following = runner.clone();
    let follows = tokio::spawn(async move { following.follow_schedule().await });
    let booked = || vendor.asked().iter().filter(|it| it.starts_with("book")).count();
    while booked() < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    vendor.gate.add_permits(rooms.len());
    for reference in &references {
        wait_until_booked(&store, reference).await;
    }
    runner.stop().await;
    follows.await.unwrap();
    let (mut under_way, mut most) = (0, 0);
    for asked in vendor.asked() {
        under_way += usize::from(asked.starts_with("book"));
        under_way -= usize::from(asked.starts_with("end"));
        most = most.max(under_way);
    }
    assert_eq!(most, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn integrations_whose_vendors_hang_leave_a_place_for_each_other_one() {
    let (ones, mut store, runner, vendor) = ones();
    let hanging = ["One", "Two", "Three", "Four"].map(|name| add(&ones, &mut store, name));
    for integration in hanging {
        for room in ["slow", "slow2", "slow3"] {
            reserve_at(&mut store, integration, room);
        }
        runner.send_reservations(integration);
    }
    let booked = || vendor.asked().iter().filter(|it| it.starts_with("book slow")).count();
    while booked() < 12 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let quick = reserve(&mut store, "r1");
    runner.send_reservations(id(&store));
    wait_until_booked(&store, &quick).await;
    runner.stop().await;
}
