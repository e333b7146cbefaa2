//! One room: what delta reports of its calendar, from the first page to the delta link.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque, hash_map::DefaultHasher},
    hash::{Hash as _, Hasher as _},
};

use futures_util::lock::Mutex;
use http::Uri;
use serde_json::value::RawValue;

use super::{
    batches::{split, weight},
    booking::{Judged, Room},
    checkpoint::{Again, Checkpoint, Expected, Position},
    failure::Failure,
    limits::{
        MOST_EVENTS, MOST_LISTINGS, MOST_PAGES, endless, no_link, state_lost, too_many_events,
    },
    prefer_pages_of,
    range::Range,
    reads::{self, Found, FoundSeries},
    reported::{PartOf, Reported, part_of},
    series::{Composed, compose},
    zone_of,
};
use crate::{
    endpoints::EVENTS_ON_A_PAGE,
    error::{Error, is_too_large},
    graph::{Answer, Graph, LoopGuard, Page},
    host::{Host, Request, Sink},
    model::{
        BookingBatch, BookingChange, BookingEnd, BookingGone, Mode, Part, RoomPosition, RoomUpdate,
        TimeRange, Unreadable,
    },
    payload::{Event, EventItem, Kind, read_event},
};

/// Maximum size of a page, in bytes. Larger ones are requested with fewer events.
const LARGEST_PAGE: usize = 2 * 1024 * 1024;

/// Number of bookings after which a batch is sent, so that memory does not grow with the room.
const SENT_AT: usize = 300;

/// Number of series in one batch of reads, so that memory does not grow with their number.
const SERIES_AT_A_TIME: usize = 4;

/// Number of times that an event or series is read again, where each answer contradicts delta.
const MOST_TRIES: u32 = 5;

/// Reads a room: what changed since its checkpoint, or all of it. Returns the number of bookings
/// that could not be read.
pub(super) async fn read_room<H: Host, S: Sink<RoomUpdate>>(
    graph: &Graph<'_, H>,
    sink: &Mutex<&mut S>,
    position: &RoomPosition,
    window: TimeRange,
) -> Result<u32, Failure> {
    let zone = zone_of(position)?;
    let mut at = Checkpoint::read_for(graph.settings(), position, window);
    let mut listings = 0;
    loop {
        listings += u32::from(at.is_none());
        if listings > MOST_LISTINGS {
            return Err(state_lost().into());
        }
        let range = at.as_ref().map_or_else(|| Range::of_window(window), Position::range);
        let room = Room::new(&position.email, zone.clone(), range);
        let round = Round::new(graph, sink, position, room, at.take());
        if let Some(unreadable) = round.run().await? {
            return Ok(unreadable);
        }
    }
}

/// A round of delta of one room.
struct Round<'a, 's, H, S> {
    graph: &'a Graph<'a, H>,
    sink: &'a Mutex<&'s mut S>,
    position: &'a RoomPosition,
    room: Room,
    /// Delta link of the former round; `None` where the room is listed.
    link: Option<String>,
    /// Whether no batch was sent yet.
    is_first: bool,
    changes: Vec<BookingChange>,
    /// The series of which something was reported.
    series: BTreeMap<String, Reported>,
    /// Whether there was an item of which neither its id nor that of its series could be read.
    are_incomplete: bool,
    /// Ids that were reported as removed.
    removed: BTreeSet<String>,
    /// Hashes of the ids of single events that were reported.
    singles: BTreeSet<u64>,
    again: Vec<Again>,
    /// Ids whose answers could not be read.
    unread: BTreeSet<String>,
    unreadable: u32,
}

impl<'a, 's, H: Host, S: Sink<RoomUpdate>> Round<'a, 's, H, S> {
    fn new(
        graph: &'a Graph<'a, H>,
        sink: &'a Mutex<&'s mut S>,
        position: &'a RoomPosition,
        room: Room,
        at: Option<Position>,
    ) -> Self {
        let (link, again) = at.map(|at| (at.link, at.again)).unzip();
        Self {
            graph,
            sink,
            position,
            room,
            link,
            is_first: true,
            changes: Vec::new(),
            series: BTreeMap::new(),
            are_incomplete: false,
            removed: BTreeSet::new(),
            singles: BTreeSet::new(),
            again: again.unwrap_or_default(),
            unread: BTreeSet::new(),
            unreadable: 0,
        }
    }

    /// Reads all pages and sends what they report. Returns the number of bookings that could not be
    /// read; `None` where Exchange no longer knows the link, so that the room must be listed.
    async fn run(mut self) -> Result<Option<u32>, Failure> {
        let (from, until) = self.room.range.requested();
        let mut next = match &self.link {
            Some(link) => self.graph.own_link(link)?,
            None => self.graph.endpoints().calendar_delta(&self.room.mailbox, &from, &until),
        };
        let mut is_link = self.link.is_some();
        let mut guard = LoopGuard::default();
        let mut events = 0;
        for _ in 0..MOST_PAGES {
            guard.follow(&next.to_string())?;
            let response = match self.request(&next).await? {
                Answer::Success(response) => response,
                Answer::Refused(refusal) if is_link && refusal.is_forgotten_link() => {
                    return Ok(None);
                }
                Answer::Refused(refusal) => {
                    return Err(Failure::of_room(self.graph, &self.room, refusal));
                }
            };
            let page = Page::read(&response)?;
            events += page.value.len();
            if events > MOST_EVENTS {
                return Err(too_many_events(&self.room.mailbox).into());
            }
            for raw in &page.value {
                self.take(raw);
            }
            match (&page.next_link, &page.delta_link) {
                (Some(link), _) => next = self.graph.own_link(link)?,
                (None, Some(link)) => {
                    let link = link.clone().into_owned();
                    self.graph.own_link(&link)?;
                    drop(response);
                    return self.finish(link).await.map(Some);
                }
                (None, None) => return Err(no_link().into()),
            }
            is_link = true;
            drop(response);
            self.send_some().await?;
        }
        Err(endless(&self.room.mailbox).into())
    }

    /// Requests a page, with fewer events where the answer is too large.
    async fn request(&self, uri: &Uri) -> Result<Answer, Failure> {
        let mut events = EVENTS_ON_A_PAGE;
        loop {
            let mut request = Request::get(uri.clone()).header("prefer", prefer_pages_of(events));
            if events > 1 {
                request.largest = LARGEST_PAGE;
            }
            match self.graph.ask(request).await {
                Err(error) if is_too_large(&error) && events > 1 => events = (events / 4).max(1),
                answer => return Ok(answer?),
            }
        }
    }

    /// Takes an item of a page.
    fn take(&mut self, raw: &RawValue) {
        let mut event = match read_event(raw) {
            EventItem::Event(event) => event,
            EventItem::Removed(id) => {
                self.removed.insert(id);
                return;
            }
            EventItem::Unreadable(unreadable) => {
                self.note_without_id(raw);
                return self.push(BookingChange::BookingUnreadable(unreadable));
            }
        };
        // A later report counts: of a removed event as of any other.
        self.removed.remove(&event.id);
        self.again.retain(|again| again.id != event.id);
        match event.kind {
            Kind::Single => self.take_single(&event),
            Kind::Master => {
                let series = self.series.entry(event.id.clone()).or_default();
                series.master = Some(event);
            }
            Kind::Occurrence | Kind::Exception => {
                let (id, master) = (std::mem::take(&mut event.id), event.master.take());
                let series = self.series.entry(master.unwrap_or_default()).or_default();
                series.occurrences.insert(id, event);
            }
        }
    }

    /// Notes an item without a readable id. A series to which it can belong is not complete without
    /// it, so it is read.
    fn note_without_id(&mut self, raw: &RawValue) {
        match part_of(raw) {
            PartOf::Series(id) => self.series.entry(id).or_default().is_incomplete = true,
            PartOf::AnySeries => self.are_incomplete = true,
            PartOf::None => {}
        }
    }

    fn take_single(&mut self, event: &Event) {
        self.series.remove(&event.id);
        let is_repeated = !self.singles.insert(hash(&event.id));
        match self.room.judge(event, None) {
            Ok(Judged::Booking(booking)) => self.push(BookingChange::Booking(*booking)),
            // A listing does not name what it does not contain.
            Ok(Judged::Ended(BookingEnd::OutsideWindow)) if self.link.is_none() && !is_repeated => {
            }
            Ok(Judged::Ended(end)) => self.push_gone(&event.id, end),
            Err(reason) => self.push(unreadable(&event.id, reason)),
        }
    }

    /// Reads what the pages did not say, and sends the rest with the checkpoint after it.
    async fn finish(mut self, link: String) -> Result<u32, Failure> {
        self.send_some().await?;
        let mut series = std::mem::take(&mut self.series);
        let removed = std::mem::take(&mut self.removed);
        let earlier = std::mem::take(&mut self.again);
        let follows = self.link.is_some();
        let mut expected: BTreeMap<String, (Expected, u32)> = BTreeMap::new();
        // After a change, a series is read as a whole. A listing contains all occurrences already.
        let mut wanted: BTreeSet<String> = series
            .iter()
            .filter(|(_, reported)| {
                let is_incomplete = self.are_incomplete || reported.is_incomplete;
                follows || reported.master.is_none() || is_incomplete
            })
            .map(|(id, _)| id.clone())
            .collect();
        for id in &wanted {
            let etags = series.get(id).map(|reported| reported.etags(id)).unwrap_or_default();
            expected.insert(id.clone(), (Expected { removed: false, etags }, 0));
        }
        let mut events = BTreeSet::new();
        for id in removed {
            expected.insert(id.clone(), (Expected { removed: true, etags: Vec::new() }, 0));
            events.insert(id);
        }
        for again in earlier.into_iter().filter(|again| !series.contains_key(&again.id)) {
            if expected.contains_key(&again.id) {
                continue;
            }
            let ids = if again.expected.removed { &mut events } else { &mut wanted };
            ids.insert(again.id.clone());
            expected.insert(again.id, (again.expected, again.tries));
        }
        let mut doubtful: BTreeSet<String> = BTreeSet::new();
        let mut queue: VecDeque<String> = wanted.iter().cloned().collect();
        while !queue.is_empty() || !events.is_empty() {
            let ids: Vec<_> = queue.drain(..queue.len().min(SERIES_AT_A_TIME)).collect();
            let events = std::mem::take(&mut events);
            let read = reads::read(self.graph, &self.room, &events, &ids).await?;
            for (id, found) in read.events {
                if let Found::Missing = found {
                    // The listing can contain it from before its removal.
                    series.remove(&id);
                    series.values_mut().for_each(|series| drop(series.occurrences.remove(&id)));
                }
                let (is_behind, part_of) = self.take_read(&id, found);
                if part_of.as_ref() == Some(&id) {
                    // A series: what was expected of it is compared when all of it is read.
                    queue.extend(wanted.insert(id.clone()).then_some(id));
                    continue;
                }
                // Where this round reported the series as a single event, the read is older.
                let part_of = part_of.filter(|series| !self.singles.contains(&hash(series)));
                if let Some(series) = part_of {
                    // The series may be as old as its occurrence: the next run reads both.
                    if is_behind {
                        doubtful.insert(series.clone());
                    }
                    queue.extend(wanted.insert(series.clone()).then_some(series));
                }
                let (expected, tries) = expected.remove(&id).unwrap_or_default();
                self.read_again_if(is_behind, id, expected, tries);
            }
            for (id, found) in read.series {
                series.remove(&id);
                let (expected, tries) = expected.remove(&id).unwrap_or_default();
                let is_older = self.take_series(&id, found, &expected);
                self.read_again_if(is_older || doubtful.contains(&id), id, expected, tries);
                self.send_some().await?;
            }
        }
        while let Some((id, Reported { master, occurrences, .. })) = series.pop_first() {
            let Some(master) = master else { continue };
            let occurrences = occurrences.into_iter().map(|(id, event)| Event { id, ..event });
            self.take_composed(&id, &master, occurrences);
            self.send_some().await?;
        }
        let mut again = std::mem::take(&mut self.again);
        if !follows && !Again::fit(&again) {
            // The next listing would read the same ids, and might never succeed.
            again.retain(|again| !self.unread.contains(&again.id));
        }
        let position = Again::fit(&again).then(|| Position::new(self.room.range, link, again));
        self.send(true, position).await?;
        Ok(self.unreadable)
    }

    /// Takes an event that was reported as removed, and read. Returns whether the answer
    /// contradicts the report or cannot be read, and the series that must be read as well.
    fn take_read(&mut self, id: &str, found: Found) -> (bool, Option<String>) {
        let event = match found {
            Found::Event(event) => event,
            Found::Missing => {
                self.push_gone(id, BookingEnd::Deleted);
                return (false, None);
            }
            Found::Unreadable(reason) => {
                self.push_unread(id, reason);
                return (true, None);
            }
        };
        let judged = self.room.judge(&event, None);
        match (event.kind, event.master) {
            (Kind::Occurrence | Kind::Exception, Some(master)) => {
                (matches!(judged, Ok(Judged::Booking(_))), Some(master))
            }
            (Kind::Master, _) => (false, Some(id.to_owned())),
            _ => match judged {
                Ok(Judged::Booking(booking)) => {
                    self.push(BookingChange::Booking(*booking));
                    (true, None)
                }
                Ok(Judged::Ended(end)) => {
                    self.push_gone(id, end);
                    (false, None)
                }
                Err(reason) => {
                    self.push_unread(id, reason);
                    (true, None)
                }
            },
        }
    }

    /// Takes a series that was read. Returns whether the answer contradicts what delta reported, or
    /// cannot be read.
    fn take_series(&mut self, id: &str, found: FoundSeries, expected: &Expected) -> bool {
        match found {
            FoundSeries::Complete(master, occurrences) => {
                let has = |(id, etag): &(String, String)| {
                    let all = std::iter::once(&*master).chain(&occurrences);
                    all.filter(|event| event.id == *id)
                        .any(|event| event.etag.as_deref() == Some(etag))
                };
                let is_older = !expected.etags.iter().all(has);
                let has_bookings = self.take_composed(id, &master, occurrences);
                is_older || expected.removed && has_bookings
            }
            FoundSeries::Missing => {
                // Delta reported it, and one answer is not enough.
                self.push(BookingChange::BookingMissing(id.to_owned()));
                true
            }
            FoundSeries::Unreadable(reason) => {
                self.push_unread(id, reason);
                true
            }
        }
    }

    /// Takes a series with all its occurrences. Returns whether it has bookings.
    fn take_composed(
        &mut self,
        id: &str,
        master: &Event,
        occurrences: impl IntoIterator<Item = Event>,
    ) -> bool {
        let Composed { apart, series } = compose(&self.room, id, master, occurrences);
        let is_listed = self.link.is_none();
        let has_bookings = !series.bookings().is_empty();
        apart.into_iter().for_each(|change| self.push(change));
        match series {
            // A listing does not name what it does not contain.
            BookingChange::SeriesGone(gone)
                if is_listed && gone.end == BookingEnd::OutsideWindow => {}
            BookingChange::SeriesGone(gone) => self.push_gone(&gone.id, gone.end),
            change => self.push(change),
        }
        has_bookings
    }

    fn read_again_if(&mut self, is_behind: bool, id: String, expected: Expected, tries: u32) {
        if is_behind && tries < MOST_TRIES {
            self.again.push(Again { id, expected, tries: tries + 1 });
        }
    }

    /// Reports that an id is gone, as a booking and as a series: it can have been either.
    fn push_gone(&mut self, id: &str, end: BookingEnd) {
        let gone = BookingGone { id: id.to_owned(), end };
        self.push(BookingChange::BookingGone(gone.clone()));
        self.push(BookingChange::SeriesGone(gone));
    }

    /// Reports that the answer to a read of an id could not be read.
    fn push_unread(&mut self, id: &str, reason: impl AsRef<str>) {
        self.unread.insert(id.to_owned());
        self.push(unreadable(id, reason));
    }

    fn push(&mut self, change: BookingChange) {
        if let BookingChange::BookingUnreadable(_) = change {
            self.unreadable = self.unreadable.saturating_add(1);
        }
        self.changes.push(change);
    }

    /// Sends batches while there is enough for one.
    async fn send_some(&mut self) -> Result<(), Failure> {
        let weight: usize = self.changes.iter().map(weight).sum();
        if weight >= SENT_AT {
            self.send(false, None).await?;
        }
        Ok(())
    }

    /// Sends everything, in batches within the limits. The last one of the round has the checkpoint
    /// for `position`; the others have the former one, so that a run that was cut off repeats the
    /// round.
    async fn send(&mut self, last: bool, position: Option<Position>) -> Result<(), Failure> {
        let mut batches = split(std::mem::take(&mut self.changes));
        if batches.is_empty() && last {
            batches.push(Vec::new());
        }
        let settings = self.graph.settings();
        let count = batches.len();
        let mut position = position;
        for (index, changes) in batches.into_iter().enumerate() {
            let is_last = last && index + 1 == count;
            let checkpoint = match (&self.link, is_last) {
                (_, true) => Checkpoint::new(settings, self.position, position.take()).to_text(),
                (Some(_), false) => self.position.since.clone().unwrap_or_default(),
                (None, false) => Checkpoint::new(settings, self.position, None).to_text(),
            };
            let mode = match self.link {
                Some(_) => Mode::Incremental,
                None => Mode::Full(Part { first: self.is_first, last: is_last }),
            };
            self.is_first = false;
            let room = self.position.room.clone();
            let batch = BookingBatch { room, mode, changes, checkpoint };
            let update = RoomUpdate::Batch(batch);
            self.sink.lock().await.put(update).await.map_err(|_| Error::Cancelled)?;
        }
        Ok(())
    }
}

fn unreadable(id: &str, reason: impl AsRef<str>) -> BookingChange {
    BookingChange::BookingUnreadable(Unreadable::new(id, reason))
}

/// Returns a hash that is used within one round only.
fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}
