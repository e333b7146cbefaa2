//! A plugin that does what a test says, and a store to sync into.

mod records;

use std::{collections::BTreeMap, time::Duration};

use ones_host::{
    Error,
    model::{
        BookingChange, BookingOutcome, BookingRequest, BookingTime, Explanation, Owed, Refusal,
        Removal, Removed, RoomBatch, RoomChange, RoomPosition, RoomUpdate, Subscription, Summary,
        TimeRange, UserBatch, UserChange, WatchResult,
    },
    plugin::{CallError, Packed},
    store::{IntegrationId, Kind, RunRow, SealingKey, Store, StoreOptions},
    sync::{Action, BookingOptions, Change, Observer, Options, Outcome, Source, Sync, Watching},
};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::{notifications::vendor::Notifier, reservation_pages::desk::Desk};

pub(crate) use records::*;

pub(crate) const NAME: &str = "Contoso";

pub(crate) fn unavailable() -> Refusal {
    Refusal::Unavailable(Explanation {
        code: "timeout".to_owned(),
        summary: "The vendor does not answer".to_owned(),
        remedy: Some("Try again later".to_owned()),
        detail: None,
    })
}

/// Reports these batches, then ends with this result.
#[derive(Default)]
pub(crate) struct Fake {
    pub(crate) users: Vec<UserBatch>,
    pub(crate) rooms: Vec<RoomBatch>,
    pub(crate) bookings: Vec<RoomUpdate>,
    pub(crate) fails: Option<Refusal>,
    /// What `read_users` and `read_groups` answer; nothing else is found.
    pub(crate) stands: BTreeMap<String, UserChange>,
    /// What `read_rooms` answers; no other is found.
    pub(crate) rooms_stand: BTreeMap<String, RoomChange>,
    /// What `read_bookings` answers; no other is found.
    pub(crate) bookings_stand: BTreeMap<String, BookingChange>,
    pub(crate) read_fails: bool,
    pub(crate) rooms_fail: Option<Refusal>,
    pub(crate) incomplete: bool,
    pub(crate) owed: Option<Owed>,
    /// What it was asked.
    pub(crate) since: Option<String>,
    pub(crate) read: Vec<String>,
    pub(crate) asked: Vec<RoomPosition>,
    pub(crate) window: Option<TimeRange>,
    /// Who books rooms.
    pub(crate) desk: Option<Desk>,
    /// Where it makes subscriptions.
    pub(crate) notifier: Option<Notifier>,
}

impl Fake {
    pub(crate) fn users(users: impl IntoIterator<Item = UserBatch>) -> Self {
        Self { users: users.into_iter().collect(), ..Self::default() }
    }

    pub(crate) fn rooms<'a>(ids: impl IntoIterator<Item = &'a str>) -> Self {
        let rooms = ids.into_iter().map(room).collect();
        Self { rooms: vec![RoomBatch { rooms, unreadable: Vec::new() }], ..Self::default() }
    }

    pub(crate) fn bookings(bookings: impl IntoIterator<Item = RoomUpdate>) -> Self {
        Self { bookings: bookings.into_iter().collect(), ..Self::default() }
    }

    pub(crate) fn where_booking_stands(mut self, change: BookingChange) -> Self {
        self.bookings_stand.insert(change.id().to_owned(), change);
        self
    }

    pub(crate) fn then_fails(self) -> Self {
        Self { fails: Some(unavailable()), ..self }
    }

    pub(crate) fn incomplete(self) -> Self {
        Self { incomplete: true, ..self }
    }

    pub(crate) fn where_stands(mut self, change: UserChange) -> Self {
        self.stands.insert(change.id().to_owned(), change);
        self
    }

    pub(crate) fn where_room_stands(mut self, change: RoomChange) -> Self {
        self.rooms_stand.insert(change.id().to_owned(), change);
        self
    }

    pub(crate) fn owing(self, count: u32, since: i64) -> Self {
        Self { owed: Some(Owed { count, since }), ..self }
    }

    fn desk(&self) -> &Desk {
        self.desk.as_ref().expect("a test that books has a desk")
    }

    fn end(&self) -> Result<Summary, Error> {
        match self.fails.clone() {
            Some(refusal) => Err(CallError::Refused(refusal).into()),
            None => Ok(Summary {
                requests: 2,
                complete: !self.incomplete,
                owed: self.owed,
                ..Summary::default()
            }),
        }
    }
}

impl Source for Fake {
    fn sync_rooms(
        &mut self,
        take: &mut dyn FnMut(RoomBatch) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        if let Some(refusal) = self.rooms_fail.clone() {
            return Err(CallError::Refused(refusal).into());
        }
        std::mem::take(&mut self.rooms).into_iter().try_for_each(take)?;
        self.end()
    }

    fn sync_users(
        &mut self,
        since: Option<&str>,
        take: &mut dyn FnMut(UserBatch<Packed>) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        self.since = since.map(str::to_owned);
        let users = std::mem::take(&mut self.users).into_iter();
        users.map(Packed::batch).try_for_each(|batch| take(batch?))?;
        self.end()
    }

    fn read_users(&mut self, ids: &[String]) -> Result<Vec<UserChange>, Error> {
        self.read.extend(ids.iter().cloned());
        if self.read_fails {
            return Err(CallError::Refused(unavailable()).into());
        }
        let stands = |id: &String| self.stands.get(id).cloned().unwrap_or_else(|| missing(id));
        Ok(ids.iter().map(stands).collect())
    }

    fn read_rooms(&mut self, ids: &[String]) -> Result<Vec<RoomChange>, Error> {
        self.read.extend(ids.iter().cloned());
        if self.read_fails {
            return Err(CallError::Refused(unavailable()).into());
        }
        let missing = |id: &String| {
            RoomChange::RoomMissing(Removed { id: id.clone(), removal: Removal::Soft })
        };
        let stands = |id: &String| self.rooms_stand.get(id).cloned().unwrap_or_else(|| missing(id));
        Ok(ids.iter().map(stands).collect())
    }

    fn sync_bookings(
        &mut self,
        rooms: &[RoomPosition],
        window: TimeRange,
        take: &mut dyn FnMut(RoomUpdate) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        if let Some(notifier) = &self.notifier {
            let read = rooms.iter().map(|room| room.room.clone()).collect();
            notifier.state().read.push(read);
        }
        self.asked = rooms.to_vec();
        self.window = Some(window);
        std::mem::take(&mut self.bookings).into_iter().try_for_each(take)?;
        self.end()
    }

    fn read_bookings(
        &mut self,
        _: &RoomPosition,
        ids: &[String],
        _: TimeRange,
    ) -> Result<Vec<BookingChange>, Error> {
        self.read.extend(ids.iter().cloned());
        if self.read_fails {
            return Err(CallError::Refused(unavailable()).into());
        }
        let missing = |id: &String| BookingChange::BookingMissing(id.clone());
        let stands =
            |id: &String| self.bookings_stand.get(id).cloned().unwrap_or_else(|| missing(id));
        Ok(ids.iter().map(stands).collect())
    }

    fn book_room(
        &mut self,
        request: &BookingRequest,
        again: bool,
    ) -> Result<BookingOutcome, Error> {
        self.desk().book(request, again)
    }

    fn check_booking(
        &mut self,
        request: &BookingRequest,
        _: &str,
    ) -> Result<BookingOutcome, Error> {
        self.desk().answer(request)
    }

    fn change_booking(
        &mut self,
        _: &BookingRequest,
        request: &BookingRequest,
        _: &str,
    ) -> Result<BookingOutcome, Error> {
        self.desk().change(request)
    }

    fn cancel_booking(
        &mut self,
        _: &BookingRequest,
        _: &str,
        occurrence: Option<&BookingTime>,
        comment: &str,
    ) -> Result<(), Error> {
        self.desk().cancel(occurrence, comment)
    }

    fn release_room(
        &mut self,
        room: &RoomPosition,
        booking: &str,
        comment: &str,
    ) -> Result<(), Error> {
        self.desk().release(&room.room, booking, comment)
    }

    fn watch(&mut self, wanted: Watching) -> Result<Vec<WatchResult>, Error> {
        self.notifier.as_ref().unwrap().watch(wanted)
    }

    fn unwatch(&mut self, held: Vec<Subscription>) -> Result<(), Error> {
        self.notifier.as_ref().unwrap().unwatch(held)
    }

    fn read_groups(&mut self, ids: &[String]) -> Result<Vec<UserChange>, Error> {
        self.read.extend(ids.iter().cloned());
        let stands =
            |id: &String| self.stands.get(id).cloned().unwrap_or_else(|| group_missing(id));
        Ok(ids.iter().map(stands).collect())
    }
}

/// The key of its data folder.
pub(crate) fn key(ones: &Ones) -> SealingKey {
    SealingKey::of(ones.folder.path(), |_| None).unwrap()
}

/// Keeps all changes.
#[derive(Default)]
pub(crate) struct Seen(pub(crate) Vec<Change>);

impl Observer for Seen {
    fn changed(&mut self, _: Action, describe: &dyn Fn() -> Change) {
        self.0.push(describe());
    }
}

/// ONES with a data folder of its own.
pub(crate) struct Ones {
    pub(crate) folder: TempDir,
    pub(crate) options: Options,
    pub(crate) max_pages: Option<u32>,
    pub(crate) quota: Option<u64>,
    pub(crate) changes: Vec<Change>,
}

impl Ones {
    pub(crate) fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            // What is absent is removed at once, so that a test needs no clock: see `missing.rs`.
            options: Options {
                missing_grace: Duration::ZERO,
                bookings: BookingOptions {
                    missing_grace: Duration::ZERO,
                    ..BookingOptions::default()
                },
                ..Options::default()
            },
            max_pages: None,
            quota: None,
            changes: Vec::new(),
        }
    }

    /// Returns a store with these users.
    pub(crate) fn with_users(ids: &[String]) -> Self {
        let mut ones = Self::new();
        let changes = ids.iter().map(|it| reported(it)).collect();
        ones.sync_users(&mut Fake::users([batch(COMPLETE, "c1", changes)])).unwrap();
        ones
    }

    pub(crate) fn sync_users(&mut self, source: &mut Fake) -> Result<Outcome, Error> {
        self.sync(source, |sync| sync.users(NAME))
    }

    pub(crate) fn sync_rooms(&mut self, source: &mut Fake) -> Result<Outcome, Error> {
        self.sync(source, |sync| sync.rooms(NAME))
    }

    pub(crate) fn sync_bookings(&mut self, source: &mut Fake) -> Result<Outcome, Error> {
        self.sync(source, |sync| sync.bookings(NAME))
    }

    pub(crate) fn sync<T>(
        &mut self,
        source: &mut dyn Source,
        run: impl FnOnce(Sync<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut store = self.open();
        let mut seen = Seen::default();
        let outcome = run(Sync::new(&mut store, source, &mut seen, self.options.clone()));
        self.changes = seen.0;
        drop(store);
        assert_eq!(self.miscounted(), [], "the store counts other records than it has");
        outcome
    }

    /// Returns the kinds of which the store says another number of active records than it has, with
    /// both numbers.
    pub(crate) fn miscounted(&self) -> Vec<(String, i64, i64)> {
        let database = Connection::open(self.folder.path().join("ones.db")).unwrap();
        let mut statement = database
            .prepare(
                "SELECT kind, coalesce(active, 0) AS stored, coalesce(counted, 0) AS found
                 FROM progress FULL JOIN (SELECT integration, kind, count(*) AS counted FROM record
                     WHERE removed_at IS NULL GROUP BY integration, kind) USING (integration, kind)
                 WHERE stored <> found",
            )
            .unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    }

    pub(crate) fn open(&self) -> Store {
        Store::open(
            self.folder.path(),
            StoreOptions { max_pages: self.max_pages, quota: self.quota },
        )
        .unwrap()
    }

    pub(crate) fn integration(&self) -> (Store, IntegrationId) {
        let store = self.open();
        let id = store.integration(NAME).unwrap().unwrap();
        (store, id)
    }

    /// Ids of those on offer.
    pub(crate) fn offered(&self, kind: Kind) -> Vec<String> {
        self.rows(kind, false).into_iter().map(|(id, _)| id).collect()
    }

    pub(crate) fn users(&self) -> Vec<String> {
        self.offered(Kind::User)
    }

    /// Ids, and all that is printed of them.
    pub(crate) fn rows(&self, kind: Kind, all: bool) -> Vec<(String, serde_json::Value)> {
        let (store, id) = self.integration();
        let mut rows = Vec::new();
        store
            .each_record(id, kind, all, |row| {
                let json = row.to_json(kind);
                rows.push((json["id"].as_str().unwrap().to_owned(), json));
                Ok::<_, Error>(())
            })
            .unwrap();
        rows
    }

    pub(crate) fn held(&self) -> Vec<String> {
        let (store, id) = self.integration();
        let mut held = Vec::new();
        store
            .each_held(id, |row| {
                held.push(row.id);
                Ok::<_, Error>(())
            })
            .unwrap();
        held
    }

    pub(crate) fn runs(&self) -> Vec<RunRow> {
        let (store, id) = self.integration();
        let mut runs = Vec::new();
        store
            .each_run(id, |row| {
                runs.push(row);
                Ok::<_, Error>(())
            })
            .unwrap();
        runs
    }
}
