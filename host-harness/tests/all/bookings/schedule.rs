//! Runs of bookings in the background.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{Timestamp, ToSpan as _};
use ones_host::{
    Error,
    model::{
        Refusal, RoomBatch, RoomChange, RoomPosition, RoomUpdate, Summary, TimeRange, UserBatch,
        UserChange,
    },
    plugin::{CallError, Packed},
    runner::{Connect, NotStarted, Runner},
    settings::Settings,
    store::{IntegrationId, RunKind, Store},
    sync::{Options, Source},
};
use serde_json::json;
use tokio::{
    runtime::Handle,
    sync::{Semaphore, mpsc},
};
use tokio_util::sync::CancellationToken;

use super::calendar::*;
use crate::fake::*;

const FIVE_MINUTES: Duration = Duration::from_secs(300);

/// Plays a plugin whose runs of users and of bookings wait where a gate is closed.
#[derive(Clone, Default)]
struct Vendor {
    asked: Arc<Mutex<Vec<String>>>,
    users: Option<Gate>,
    bookings: Option<Gate>,
    fails: Option<Refusal>,
}

#[derive(Clone)]
struct Gate {
    reached: mpsc::UnboundedSender<()>,
    open: Arc<Semaphore>,
}

impl Gate {
    fn new() -> (Self, mpsc::UnboundedReceiver<()>) {
        let (reached, receiver) = mpsc::unbounded_channel();
        (Self { reached, open: Arc::new(Semaphore::new(0)) }, receiver)
    }

    fn pass(gate: &Option<Self>) {
        if let Some(gate) = gate {
            gate.reached.send(()).unwrap();
            let open = gate.open.acquire();
            Handle::current().block_on(open).unwrap().forget();
        }
    }
}

impl Connect for Vendor {
    fn connect(&self, _: Settings, _: &CancellationToken) -> Result<Box<dyn Source>, Error> {
        Ok(Box::new(self.clone()))
    }
}

impl Vendor {
    fn ask(&self, what: &str) -> Result<Summary, Error> {
        self.asked.lock().unwrap().push(what.to_owned());
        Ok(Summary { complete: true, ..Summary::default() })
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Source for Vendor {
    fn sync_bookings(
        &mut self,
        rooms: &[RoomPosition],
        _: TimeRange,
        take: &mut dyn FnMut(RoomUpdate) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        let zone = rooms.first().map(|room| room.time_zone.clone()).unwrap_or_default();
        let summary = self.ask(&format!("bookings {zone}"))?;
        Gate::pass(&self.bookings);
        if let Some(refusal) = self.fails.clone() {
            return Err(CallError::Refused(refusal).into());
        }
        take(of_room("r1", COMPLETE, "c1", [one(booked("a", "12:00", "13:00"))]))?;
        Ok(summary)
    }

    fn sync_rooms(
        &mut self,
        _: &mut dyn FnMut(RoomBatch) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        self.ask("rooms")
    }

    fn sync_users(
        &mut self,
        _: Option<&str>,
        _: &mut dyn FnMut(UserBatch<Packed>) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        let summary = self.ask("users")?;
        Gate::pass(&self.users);
        Ok(summary)
    }

    fn read_users(&mut self, _: &[String]) -> Result<Vec<UserChange>, Error> {
        Ok(Vec::new())
    }

    fn read_groups(&mut self, _: &[String]) -> Result<Vec<UserChange>, Error> {
        Ok(Vec::new())
    }

    fn read_rooms(&mut self, _: &[String]) -> Result<Vec<RoomChange>, Error> {
        Ok(Vec::new())
    }
}

/// A data folder with an integration that has a room, and these settings of rooms.
fn folder(rooms: serde_json::Value) -> (Ones, Store, IntegrationId) {
    let ones = Ones::with_rooms([room("r1")]);
    let mut store = ones.open();
    let id = store.integration(NAME).unwrap();
    let id = keep(&ones, &mut store, id, rooms);
    (ones, store, id)
}

fn keep(
    ones: &Ones,
    store: &mut Store,
    id: Option<IntegrationId>,
    rooms: serde_json::Value,
) -> IntegrationId {
    let settings = json!({ "server": { "name": NAME }, "rooms": rooms });
    store.keep_settings(id, &settings.into(), &key(ones)).unwrap()
}

fn runner(ones: &Ones, store: &Store, vendor: &Vendor) -> Runner {
    let runner =
        Runner::new(store.another().unwrap(), vendor.clone(), key(ones), Options::default());
    runner.read_bookings_every(Some(FIVE_MINUTES));
    runner
}

#[tokio::test]
async fn bookings_are_read_within_the_interval_and_then_in_each_where_they_are_on() {
    let (ones, store, id) = folder(json!({ "bookings": "on", "timeZone": "Asia/Tokyo" }));
    let vendor = Vendor::default();
    let runner = runner(&ones, &store, &vendor);
    let start = Timestamp::now();
    runner.start_due(start).unwrap();
    let first = runner.next_bookings(id).unwrap();
    assert!(start <= first && first <= start + 5.minutes(), "at a random time in the interval");
    runner.idle().await;
    runner.start_due(start + 5.minutes()).unwrap();
    runner.idle().await;
    assert_eq!(vendor.asked(), ["bookings Asia/Tokyo"]);
    assert_eq!(runner.bookings_ended(id).unwrap().problem, None);
    assert_eq!(runner.ended(id), None);
    let next = runner.next_bookings(id).unwrap();
    assert!(next > Timestamp::now() + 4.minutes() && next < Timestamp::now() + 6.minutes());
    let runs = store.latest_runs(id, None, 9).unwrap();
    assert_eq!((runs[0].kind, runs[0].added), (RunKind::Bookings, 1));
    runner.start_due(next).unwrap();
    runner.idle().await;
    assert_eq!(vendor.asked().len(), 2);
}

#[tokio::test]
async fn where_bookings_are_off_none_are_read_and_the_stored_ones_are_deleted() {
    let (ones, mut store, id) = folder(json!({ "bookings": "on" }));
    let vendor = Vendor::default();
    let runner = runner(&ones, &store, &vendor);
    runner.start(id, &[RunKind::Bookings]).unwrap();
    runner.idle().await;
    let rooms = |store: &Store| {
        let days = ("2027-01-11".parse().unwrap(), "2027-01-12".parse().unwrap());
        store.bookings(id, days, |_| true).unwrap().remove(0)
    };
    assert_eq!(rooms(&store).bookings.len(), 1);
    keep(&ones, &mut store, Some(id), json!({ "bookings": "off" }));
    for after in [0, 10, 20] {
        runner.start_due(Timestamp::now() + after.minutes()).unwrap();
        runner.idle().await;
    }
    assert_eq!(vendor.asked().len(), 1);
    assert_eq!((rooms(&store).bookings.len(), rooms(&store).read_at), (0, None));
}

#[tokio::test]
async fn bookings_and_users_of_one_integration_do_not_wait_for_each_other() {
    let (ones, store, id) = folder(json!({ "bookings": "on" }));
    let ((users, mut users_reached), (bookings, mut bookings_reached)) = (Gate::new(), Gate::new());
    let vendor = Vendor {
        users: Some(users.clone()),
        bookings: Some(bookings.clone()),
        ..Vendor::default()
    };
    let runner = runner(&ones, &store, &vendor);
    runner.start(id, RunKind::ALL).unwrap();
    users_reached.recv().await.unwrap();
    runner.start(id, &[RunKind::Bookings]).unwrap();
    bookings_reached.recv().await.unwrap();
    // Both are under way, and neither is started twice.
    assert!(runner.activity(id).is_some() && runner.bookings_activity(id).is_some());
    assert_eq!(runner.start(id, &[RunKind::Bookings]), Err(NotStarted::Busy));
    assert_eq!(runner.start(id, &[RunKind::Users]), Err(NotStarted::Busy));
    users.open.add_permits(1);
    bookings.open.add_permits(1);
    runner.idle().await;
    assert_eq!(runner.ended(id).unwrap().problem, None);
    assert_eq!(runner.bookings_ended(id).unwrap().problem, None);
}

#[tokio::test]
async fn failures_of_bookings_delay_bookings_and_not_users() {
    let (ones, mut store, id) = folder(json!({ "bookings": "on" }));
    store.set_interval(id, Some(Duration::from_secs(3_600))).unwrap();
    let vendor = Vendor { fails: Some(unavailable()), ..Vendor::default() };
    let runner = runner(&ones, &store, &vendor);
    for failures in 1..4_u32 {
        runner.start(id, &[RunKind::Bookings]).unwrap();
        runner.idle().await;
        let pause = runner.next_bookings(id).unwrap().duration_since(Timestamp::now());
        let expected = f64::from(300 * 2_u32.pow(failures));
        let pause = pause.as_secs_f64();
        assert!((0.89..1.11).contains(&(pause / expected)), "{failures}: {pause}");
    }
    assert_eq!(store.failing_bookings(id).unwrap().unwrap().count, 3);
    store.plan(id, Timestamp::now(), None, u32::MAX / 2).unwrap();
    let next = store.schedule(id).unwrap().next.unwrap();
    assert!(next < Timestamp::now() + 61.minutes());
}

#[tokio::test]
async fn the_next_run_of_bookings_waits_as_long_as_the_vendor_asks() {
    let (ones, store, id) = folder(json!({ "bookings": "on" }));
    let vendor = Vendor { fails: Some(Refusal::Throttled(7_200)), ..Vendor::default() };
    let runner = runner(&ones, &store, &vendor);
    runner.start(id, &[RunKind::Bookings]).unwrap();
    runner.idle().await;
    let next = runner.next_bookings(id).unwrap();
    assert!(next > Timestamp::now() + 119.minutes());
}
