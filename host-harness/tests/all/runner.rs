//! Syncs in the background.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{Timestamp, ToSpan as _};
use ones_host::{
    Error,
    model::{
        Explanation, Refusal, Removal, Removed, RoomBatch, RoomChange, Summary, UserBatch,
        UserChange,
    },
    plugin::{CallError, Packed},
    runner::{Connect, NotStarted, Patience, Runner},
    settings::Settings,
    store::{IntegrationId, Kind, RunKind, Store},
    sync::{Options, Source},
};
use serde_json::json;
use tokio::{
    runtime::Handle,
    sync::{Semaphore, mpsc},
};
use tokio_util::sync::CancellationToken;

use crate::fake::*;

const HOUR: Duration = Duration::from_secs(3600);

/// Plays a plugin: what is asked of it is written down.
#[derive(Clone, Default)]
struct Vendor {
    asked: Arc<Mutex<Vec<String>>>,
    rooms_fail: Option<Refusal>,
    people_fail: Option<Refusal>,
    gate: Option<Gate>,
}

/// Lets a test see that a run got there, and lets the run go on.
#[derive(Clone)]
struct Gate {
    reached: mpsc::UnboundedSender<String>,
    open: Arc<Semaphore>,
}

impl Gate {
    fn new() -> (Self, mpsc::UnboundedReceiver<String>) {
        let (reached, receiver) = mpsc::unbounded_channel();
        (Self { reached, open: Arc::new(Semaphore::new(0)) }, receiver)
    }
}

impl Vendor {
    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Connect for Vendor {
    fn connect(
        &self,
        settings: Settings,
        stop: &CancellationToken,
    ) -> Result<Box<dyn Source>, Error> {
        let name = settings.name()?.to_owned();
        Ok(Box::new(Connected { vendor: self.clone(), name, stop: stop.clone() }))
    }
}

struct Connected {
    vendor: Vendor,
    name: String,
    stop: CancellationToken,
}

impl Connected {
    fn asked(&self, what: &str) {
        self.vendor.asked.lock().unwrap().push(format!("{} {what}", self.name));
    }

    fn end(&self, fails: &Option<Refusal>) -> Result<Summary, Error> {
        match fails {
            Some(refusal) => Err(CallError::Refused(refusal.clone()).into()),
            None => Ok(Summary { complete: true, ..Summary::default() }),
        }
    }

    fn pass(&self) -> Result<(), Error> {
        let Some(gate) = &self.vendor.gate else { return Ok(()) };
        gate.reached.send(self.name.clone()).unwrap();
        let permit = Handle::current().block_on(self.stop.run_until_cancelled(gate.open.acquire()));
        let cancelled = || CallError::Refused(Refusal::Cancelled);
        permit.ok_or_else(cancelled)?.unwrap().forget();
        Ok(())
    }
}

impl Source for Connected {
    fn sync_rooms(
        &mut self,
        take: &mut dyn FnMut(RoomBatch) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        self.asked("rooms");
        take(RoomBatch { rooms: vec![room("attic")], unreadable: Vec::new() })?;
        self.end(&self.vendor.rooms_fail)
    }

    fn sync_users(
        &mut self,
        _: Option<&str>,
        take: &mut dyn FnMut(UserBatch<Packed>) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        self.asked("users");
        take(Packed::batch(UserBatch {
            total: Some(9),
            ..batch(FIRST, "c1", vec![reported("a"), reported("b")])
        })?)?;
        self.pass()?;
        take(Packed::batch(batch(LAST, "c2", vec![]))?)?;
        self.end(&self.vendor.people_fail)
    }

    fn read_users(&mut self, ids: &[String]) -> Result<Vec<UserChange>, Error> {
        Ok(ids.iter().map(|it| reported(it)).collect())
    }

    fn read_rooms(&mut self, ids: &[String]) -> Result<Vec<RoomChange>, Error> {
        let missing = |id: &String| {
            RoomChange::RoomMissing(Removed { id: id.clone(), removal: Removal::Soft })
        };
        Ok(ids.iter().map(missing).collect())
    }

    fn read_groups(&mut self, ids: &[String]) -> Result<Vec<UserChange>, Error> {
        Ok(ids.iter().map(|it| group(it)).collect())
    }
}

/// A data folder with integrations of these names.
fn folder<const N: usize>(names: [&str; N]) -> (Ones, Store, [IntegrationId; N]) {
    let ones = Ones::new();
    let mut store = ones.open();
    let ids = names.map(|name| {
        let settings = json!({
            "server": { "name": name }, "users": { "defaultGroups": ["Everybody"] },
        });
        store.keep_settings(None, &settings.into(), &key(&ones)).unwrap()
    });
    (ones, store, ids)
}

fn runner(ones: &Ones, store: &Store, vendor: &Vendor) -> Runner {
    Runner::new(store.another().unwrap(), vendor.clone(), key(ones), Options::default())
}

#[tokio::test]
async fn rooms_are_synced_before_users() {
    let (ones, store, [id]) = folder([NAME]);
    let vendor = Vendor::default();
    let runner = runner(&ones, &store, &vendor);
    runner.start(id, RunKind::ALL).unwrap();
    runner.idle().await;
    assert_eq!(vendor.asked(), ["Contoso rooms", "Contoso users"]);
    let counts = store.counts(id).unwrap();
    assert_eq!((counts.users, counts.rooms), (2, 1));
    assert_eq!(store.user(id, "a").unwrap().unwrap().groups, ["Everybody"]);
    let ended = runner.ended(id).unwrap();
    assert_eq!((ended.kinds, ended.problem), (RunKind::ALL, None));
    let states: Vec<_> =
        store.latest_runs(id, None, 9).unwrap().iter().map(|it| it.state).collect();
    assert_eq!(states, ["done", "done"]);
}

#[tokio::test]
async fn what_is_not_asked_for_is_not_synced() {
    let (ones, store, [id]) = folder([NAME]);
    let vendor = Vendor::default();
    let runner = runner(&ones, &store, &vendor);
    for kinds in [&[RunKind::Users], &[RunKind::Rooms]] {
        runner.start(id, kinds).unwrap();
        runner.idle().await;
    }
    assert_eq!(vendor.asked(), ["Contoso users", "Contoso rooms"]);
}

#[tokio::test]
async fn an_integration_has_one_run_at_a_time_whose_progress_can_be_read() {
    let (ones, store, [id]) = folder([NAME]);
    let (gate, mut reached) = Gate::new();
    let vendor = Vendor { gate: Some(gate.clone()), ..Vendor::default() };
    let runner = runner(&ones, &store, &vendor);
    assert_eq!(runner.activity(id), None);
    runner.start(id, RunKind::ALL).unwrap();
    reached.recv().await.unwrap();
    assert_eq!(runner.start(id, &[RunKind::Rooms]), Err(NotStarted::Busy));
    let activity = runner.activity(id).unwrap();
    assert_eq!((activity.kind, activity.reported, activity.total), (Some(Kind::User), 2, Some(9)));
    assert_eq!(runner.ended(id), None);
    // Readers and writers of the store need not wait for it.
    let mut other = store.another().unwrap();
    assert_eq!(other.counts(id).unwrap().users, 2);
    other.admit(id, &user("new"), &[]).unwrap();
    gate.open.add_permits(1);
    runner.idle().await;
    assert_eq!(runner.activity(id), None);
    assert_eq!(runner.ended(id).unwrap().problem, None);
    assert_eq!(runner.start(id, &[RunKind::Rooms]), Ok(()));
    runner.idle().await;
}

#[tokio::test]
async fn two_integrations_are_synced_at_once_and_others_wait() {
    let (ones, store, ids) = folder(["A", "B", "C"]);
    let (gate, mut reached) = Gate::new();
    let vendor = Vendor { gate: Some(gate.clone()), ..Vendor::default() };
    let runner = runner(&ones, &store, &vendor);
    for id in ids {
        runner.start(id, &[RunKind::Users]).unwrap();
    }
    let mut first = vec![reached.recv().await.unwrap(), reached.recv().await.unwrap()];
    let waiting: Vec<_> =
        ids.into_iter().filter(|it| runner.activity(*it).unwrap().kind.is_none()).collect();
    assert_eq!(waiting.len(), 1);
    assert_eq!(vendor.asked().len(), 2);
    gate.open.add_permits(1);
    first.push(reached.recv().await.unwrap());
    gate.open.add_permits(2);
    runner.idle().await;
    first.sort();
    assert_eq!(first, ["A", "B", "C"]);
}

fn patient(ones: &Ones, store: &Store, vendor: &Vendor, patience: Patience) -> Runner {
    let (store, vendor, options) = (store.another().unwrap(), vendor.clone(), Options::default());
    Runner::with_patience(store, vendor, key(ones), options, patience)
}

#[tokio::test]
async fn runs_that_are_stuck_do_not_keep_others_from_their_turn() {
    let (ones, store, ids) = folder(["A", "B", "C", "D"]);
    let (gate, mut reached) = Gate::new();
    let vendor = Vendor { gate: Some(gate.clone()), ..Vendor::default() };
    // Two at once; the turn of each is over as soon as it began.
    let patience = Patience { turn: Duration::ZERO, ..Patience::default() };
    let runner = patient(&ones, &store, &vendor, patience);
    for id in ids {
        runner.start(id, &[RunKind::Users]).unwrap();
    }
    let mut all = Vec::new();
    for _ in ids {
        all.push(reached.recv().await.unwrap());
    }
    all.sort();
    assert_eq!(all, ["A", "B", "C", "D"], "none of them is done");
    gate.open.add_permits(4);
    runner.idle().await;
    assert!(ids.into_iter().all(|it| runner.ended(it).unwrap().problem.is_none()));
}

#[tokio::test]
async fn where_all_places_are_taken_the_longest_run_ends_for_one_that_waits() {
    let (ones, mut store, [a, b, c]) = folder(["A", "B", "C"]);
    let (gate, mut reached) = Gate::new();
    let vendor = Vendor { gate: Some(gate.clone()), ..Vendor::default() };
    let (turn, longest) = (Duration::ZERO, Duration::ZERO);
    let patience = Patience { turn, most: 2, longest, ..Patience::default() };
    let runner = patient(&ones, &store, &vendor, patience);
    store.set_interval(a, Some(HOUR)).unwrap();
    for (id, name) in [(a, "A"), (b, "B"), (c, "C")] {
        runner.start(id, &[RunKind::Users]).unwrap();
        assert_eq!(reached.recv().await.unwrap(), name);
    }
    // One ended for one that waits, and no other.
    assert_eq!(runner.ended(b), None);
    gate.open.add_permits(2);
    runner.idle().await;
    assert_eq!(runner.ended(a).unwrap().problem.unwrap().code, "run-overdue");
    assert_eq!(store.schedule(a).unwrap().failing.unwrap().problem.code, "run-overdue");
    assert_eq!(store.counts(a).unwrap().users, 2, "what was stored stays");
    for id in [b, c] {
        assert_eq!(runner.ended(id).unwrap().problem, None);
    }
}

#[tokio::test]
async fn a_run_takes_as_long_as_it_likes_while_no_other_waits_for_its_place() {
    let (ones, store, [id]) = folder([NAME]);
    let (gate, mut reached) = Gate::new();
    let vendor = Vendor { gate: Some(gate.clone()), ..Vendor::default() };
    let (turn, longest) = (Duration::ZERO, Duration::ZERO);
    let patience = Patience { turn, most: 1, longest, ..Patience::default() };
    let runner = patient(&ones, &store, &vendor, patience);
    runner.start(id, &[RunKind::Users]).unwrap();
    reached.recv().await.unwrap();
    gate.open.add_permits(1);
    runner.idle().await;
    assert_eq!(runner.ended(id).unwrap().problem, None);
}

#[tokio::test]
async fn users_are_synced_also_where_rooms_fail() {
    let (ones, store, [id]) = folder([NAME]);
    let vendor = Vendor { rooms_fail: Some(unavailable()), ..Vendor::default() };
    let runner = runner(&ones, &store, &vendor);
    runner.start(id, RunKind::ALL).unwrap();
    runner.idle().await;
    assert_eq!(vendor.asked(), ["Contoso rooms", "Contoso users"]);
    assert_eq!(runner.ended(id).unwrap().problem.unwrap().code, "timeout");
    let failing = store.schedule(id).unwrap().failing.unwrap();
    assert_eq!((failing.kind, failing.count), (RunKind::Rooms, 1));
}

fn unsupported() -> Refusal {
    Refusal::Unsupported(Explanation {
        code: "no-places".to_owned(),
        summary: "This cloud has no rooms".to_owned(),
        remedy: None,
        detail: None,
    })
}

#[tokio::test]
async fn rooms_that_the_vendor_does_not_have_are_no_failure() {
    let (ones, mut store, [id]) = folder([NAME]);
    store.set_interval(id, Some(HOUR)).unwrap();
    // Something that went wrong before is over with it.
    let broken = Vendor { rooms_fail: Some(unavailable()), ..Vendor::default() };
    let without = Vendor { rooms_fail: Some(unsupported()), ..Vendor::default() };
    for (vendor, failing) in [(broken, true), (without.clone(), false), (without, false)] {
        let runner = runner(&ones, &store, &vendor);
        runner.start(id, RunKind::ALL).unwrap();
        runner.idle().await;
        assert_eq!(vendor.asked().last().unwrap(), "Contoso users");
        assert_eq!(runner.ended(id).unwrap().problem.unwrap().is_unsupported(), !failing);
        assert_eq!(store.schedule(id).unwrap().failing.is_some(), failing);
        assert_eq!(store.counts(id).unwrap().users, 2);
    }
    let next = store.schedule(id).unwrap().next.unwrap();
    assert!((next - Timestamp::now()).as_mins() <= 66, "no pause grows");
}

#[tokio::test]
async fn a_failure_is_reported_rather_than_what_the_vendor_does_not_offer() {
    let (ones, store, [id]) = folder([NAME]);
    let (rooms_fail, people_fail) = (Some(unsupported()), Some(unavailable()));
    let runner = runner(&ones, &store, &Vendor { rooms_fail, people_fail, ..Vendor::default() });
    runner.start(id, RunKind::ALL).unwrap();
    runner.idle().await;
    assert_eq!(runner.ended(id).unwrap().problem.unwrap().code, "timeout");
    assert_eq!(store.schedule(id).unwrap().failing.unwrap().kind, RunKind::Users);
}

#[tokio::test]
async fn the_next_run_waits_as_long_as_the_vendor_asks() {
    let (ones, mut store, [id]) = folder([NAME]);
    store.set_interval(id, Some(HOUR)).unwrap();
    let vendor = Vendor { rooms_fail: Some(Refusal::Throttled(50_000)), ..Vendor::default() };
    let runner = runner(&ones, &store, &vendor);
    let before = Timestamp::now();
    runner.start(id, RunKind::ALL).unwrap();
    runner.idle().await;
    assert_eq!(vendor.asked(), ["Contoso rooms"]);
    assert!(store.schedule(id).unwrap().next.unwrap() >= before + 50_000.seconds());
}

/// In minutes from now, after runs that end like this.
async fn pauses(fails: &[bool]) -> Vec<i64> {
    let (ones, mut store, [id]) = folder([NAME]);
    store.set_interval(id, Some(HOUR)).unwrap();
    let mut pauses = Vec::new();
    for fails in fails {
        let people_fail = fails.then(unavailable);
        let runner = runner(&ones, &store, &Vendor { people_fail, ..Vendor::default() });
        runner.start(id, RunKind::ALL).unwrap();
        runner.idle().await;
        let next = store.schedule(id).unwrap().next.unwrap();
        pauses.push((next - Timestamp::now()).as_mins());
    }
    pauses
}

#[tokio::test]
async fn the_pause_grows_with_each_failure_and_a_success_sets_it_back() {
    let pauses = pauses(&[false, true, true, true, false]).await;
    for (pause, hours) in pauses.iter().zip([1, 2, 4, 8, 1]) {
        // A tenth sooner or later, and what the run itself took.
        assert!((hours * 53..=hours * 66).contains(pause), "{pauses:?}");
    }
}

#[tokio::test]
async fn what_is_due_is_started_once() {
    let (ones, mut store, [id, other]) = folder([NAME, "Other"]);
    store.set_interval(id, Some(HOUR)).unwrap();
    let vendor = Vendor::default();
    let runner = runner(&ones, &store, &vendor);
    runner.start_due(Timestamp::now()).unwrap();
    assert_eq!(runner.activity(id), None);
    let due = Timestamp::now() + 1.hour();
    runner.start_due(due).unwrap();
    assert_eq!(runner.activity(id).unwrap().kinds, RunKind::ALL);
    // Under way: nothing more is started.
    runner.start_due(due).unwrap();
    runner.idle().await;
    assert_eq!(vendor.asked(), ["Contoso rooms", "Contoso users"]);
    assert!(store.schedule(id).unwrap().next.unwrap() > Timestamp::now());
    assert_eq!(runner.ended(other), None);
}

#[tokio::test]
async fn a_run_whose_process_ended_is_not_started_again_at_once() {
    let (ones, mut store, [id]) = folder([NAME]);
    store.set_interval(id, Some(HOUR)).unwrap();
    let due = Timestamp::now() + 1.hour();
    let (gate, mut reached) = Gate::new();
    let vendor = Vendor { gate: Some(gate.clone()), ..Vendor::default() };
    let runner = runner(&ones, &store, &vendor);
    store.plan(id, Timestamp::now() - 9.hours(), None, 0).unwrap();
    assert_eq!(store.due(Timestamp::now()).unwrap(), [id]);
    runner.start_due(due).unwrap();
    reached.recv().await.unwrap();
    assert_eq!(store.due(Timestamp::now()).unwrap(), []);
    gate.open.add_permits(1);
    runner.idle().await;
}

#[tokio::test]
async fn a_run_that_cannot_begin_counts_as_failed() {
    let (ones, store, [id]) = folder([NAME]);
    let other = ones_host::store::SealingKey::of(ones.folder.path(), |_| {
        Some("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned())
    });
    let vendor = Vendor::default();
    let runner =
        Runner::new(store.another().unwrap(), vendor.clone(), other.unwrap(), Options::default());
    runner.start(id, RunKind::ALL).unwrap();
    runner.idle().await;
    assert_eq!(runner.ended(id).unwrap().problem.unwrap().code, "settings-sealed");
    assert_eq!(store.schedule(id).unwrap().failing.unwrap().problem.code, "settings-sealed");
    assert_eq!(vendor.asked(), [""; 0]);
}

#[tokio::test]
async fn without_settings_a_run_says_so() {
    let ones = Ones::with_users(&ids(1));
    let (store, id) = ones.integration();
    let runner = runner(&ones, &store, &Vendor::default());
    runner.start(id, &[RunKind::Users]).unwrap();
    runner.idle().await;
    assert_eq!(runner.ended(id).unwrap().problem.unwrap().code, "settings-not-kept");
}

#[tokio::test]
async fn stopping_waits_for_the_end_and_loses_nothing() {
    let (ones, store, ids) = folder(["A", "B", "C"]);
    let (gate, mut reached) = Gate::new();
    let vendor = Vendor { gate: Some(gate), ..Vendor::default() };
    let runner = runner(&ones, &store, &vendor);
    for id in ids {
        runner.start(id, &[RunKind::Users]).unwrap();
    }
    reached.recv().await.unwrap();
    reached.recv().await.unwrap();
    runner.stop().await;
    for id in ids {
        assert_eq!(runner.activity(id), None);
        assert_eq!(runner.ended(id).unwrap().problem.unwrap().code, "cancelled");
        assert_eq!(store.schedule(id).unwrap().failing, None);
    }
    assert_eq!(vendor.asked().len(), 2, "the third had not begun");
    let stored: u64 = ids.iter().map(|it| store.counts(*it).unwrap().users).sum();
    assert_eq!(stored, 4);
    assert_eq!(runner.start(ids[0], RunKind::ALL), Err(NotStarted::Stopping));
    // Ends at once.
    runner.follow_schedule().await;
}
