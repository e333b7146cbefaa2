//! A small calendar that answers as Exchange does: occurrences are bare, a deleted occurrence is
//! reported by no item, and an event outside the window is reported as removed.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{all_day, bare, event, exception, instance, master, removed, with};

/// Seconds of an hour.
const HOUR: i64 = 3600;

/// What a user does in Outlook. Numbers choose one of the events that there are.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Book { hour: i64, is_day: bool },
    BookSeries { hour: i64, count: u8 },
    Move(usize, i64),
    Cancel(usize),
    Delete(usize),
    MoveOccurrence(usize, usize, i64),
    DeleteOccurrence(usize, usize),
    CancelOccurrence(usize, usize),
    MoveSeries(usize, i64),
    DeleteSeries(usize),
    IntoSeries(usize, u8),
    IntoSingle(usize),
}

/// Returns any act. Hours are counted from the begin of the window; some are outside of it.
pub(super) fn any_act() -> impl Strategy<Value = Act> {
    let hour = || -100..1_800_i64;
    let number = || any::<usize>();
    prop_oneof![
        3 => (hour(), any::<bool>()).prop_map(|(hour, is_day)| Act::Book { hour, is_day }),
        3 => (hour(), 1..6_u8).prop_map(|(hour, count)| Act::BookSeries { hour, count }),
        2 => (number(), hour()).prop_map(|(it, hour)| Act::Move(it, hour)),
        1 => number().prop_map(Act::Cancel),
        2 => number().prop_map(Act::Delete),
        2 => (number(), number(), hour())
            .prop_map(|(it, of, hour)| Act::MoveOccurrence(it, of, hour)),
        2 => (number(), number()).prop_map(|(it, of)| Act::DeleteOccurrence(it, of)),
        1 => (number(), number()).prop_map(|(it, of)| Act::CancelOccurrence(it, of)),
        2 => (number(), hour()).prop_map(|(it, hour)| Act::MoveSeries(it, hour)),
        1 => number().prop_map(Act::DeleteSeries),
        1 => (number(), 1..5_u8).prop_map(|(it, count)| Act::IntoSeries(it, count)),
        1 => number().prop_map(Act::IntoSingle),
    ]
}

#[derive(Debug, Clone)]
struct Occurrence {
    start: i64,
    is_exception: bool,
    is_cancelled: bool,
}

#[derive(Debug, Clone)]
enum Item {
    Single { start: i64, is_day: bool, is_cancelled: bool },
    Series { start: i64, occurrences: BTreeMap<String, Occurrence> },
}

/// A calendar at one moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    items: BTreeMap<String, (u32, Item)>,
    /// Numbers of the last changes of ids, also of those that are gone.
    changes: BTreeMap<String, u32>,
    next: u32,
    /// Begin of the window.
    begin: i64,
    /// The times between which events are reported as there.
    view: (i64, i64),
}

fn text(instant: i64) -> String {
    jiff::Timestamp::from_second(instant).expect("a time").to_string()
}

impl Model {
    /// Returns a calendar without events.
    pub(super) fn new(begin: i64, view: (i64, i64)) -> Self {
        Self { begin, view, ..Self::default() }
    }

    /// Returns the number of changes so far, which is what a token stands for.
    pub(super) fn now(&self) -> u32 {
        self.next
    }

    fn touch(&mut self, id: &str) -> u32 {
        self.next += 1;
        self.changes.insert(id.to_owned(), self.next);
        self.next
    }

    fn put(&mut self, id: String, item: Item) {
        let etag = self.touch(&id);
        self.items.insert(id, (etag, item));
    }

    fn pick(&self, number: usize, is_series: bool) -> Option<String> {
        let is_it = |item: &Item| matches!(item, Item::Series { .. }) == is_series;
        let ids: Vec<_> = self.items.iter().filter(|(_, (_, item))| is_it(item)).collect();
        (!ids.is_empty()).then(|| ids[number % ids.len()].0.clone())
    }

    fn weekly(&mut self, start: i64, count: u8) -> Item {
        self.next += 1;
        let round = self.next;
        let occurrence = |number| {
            let start = start + i64::from(number) * 7 * 24 * HOUR;
            let it = Occurrence { start, is_exception: false, is_cancelled: false };
            (format!("o{round}-{number}"), it)
        };
        Item::Series { start, occurrences: (0..count).map(occurrence).collect() }
    }

    pub(super) fn act(&mut self, act: &Act) {
        let at = |hour: i64| self.begin + hour * HOUR;
        match *act {
            Act::Book { hour, is_day } => {
                let start = if is_day { at(hour / 24 * 24) } else { at(hour) };
                self.put(
                    format!("s{}", self.next),
                    Item::Single { start, is_day, is_cancelled: false },
                );
            }
            Act::BookSeries { hour, count } => {
                let series = self.weekly(self.begin + hour * HOUR, count);
                self.put(format!("m{}", self.next), series);
            }
            Act::Move(number, hour) => {
                let start = at(hour);
                if let Some(id) = self.pick(number, false) {
                    self.put(id, Item::Single { start, is_day: false, is_cancelled: false });
                }
            }
            Act::Cancel(number) => {
                if let Some(id) = self.pick(number, false)
                    && let Some((_, Item::Single { start, is_day, .. })) = self.items.get(&id)
                {
                    let (start, is_day) = (*start, *is_day);
                    self.put(id, Item::Single { start, is_day, is_cancelled: true });
                }
            }
            Act::Delete(number) => {
                if let Some(id) = self.pick(number, false) {
                    self.items.remove(&id);
                    self.touch(&id);
                }
            }
            Act::MoveOccurrence(number, of, hour) => {
                let moved = at(hour);
                self.change_occurrence(number, of, |occurrence| {
                    occurrence.start = moved;
                    occurrence.is_exception = true;
                    true
                });
            }
            Act::DeleteOccurrence(number, of) => {
                self.change_occurrence(number, of, |_| false);
            }
            Act::CancelOccurrence(number, of) => self.change_occurrence(number, of, |occurrence| {
                occurrence.is_cancelled = true;
                occurrence.is_exception = true;
                true
            }),
            Act::MoveSeries(number, hour) => {
                let start = at(hour);
                if let Some(id) = self.pick(number, true)
                    && let Some((_, Item::Series { occurrences, .. })) = self.items.get(&id)
                {
                    let count = u8::try_from(occurrences.len()).expect("few");
                    let series = self.weekly(start, count);
                    self.put(id, series);
                }
            }
            Act::DeleteSeries(number) => {
                if let Some(id) = self.pick(number, true) {
                    self.items.remove(&id);
                    self.touch(&id);
                }
            }
            Act::IntoSeries(number, count) => {
                if let Some(id) = self.pick(number, false)
                    && let Some((_, Item::Single { start, .. })) = self.items.get(&id)
                {
                    let series = self.weekly(*start, count);
                    self.put(id, series);
                }
            }
            Act::IntoSingle(number) => {
                if let Some(id) = self.pick(number, true)
                    && let Some((_, Item::Series { start, .. })) = self.items.get(&id)
                {
                    let start = *start;
                    self.put(id, Item::Single { start, is_day: false, is_cancelled: false });
                }
            }
        }
    }

    /// Changes one occurrence; `keep` returns false where it is deleted. Its series changes too.
    fn change_occurrence(
        &mut self,
        number: usize,
        of: usize,
        keep: impl FnOnce(&mut Occurrence) -> bool,
    ) {
        let Some(id) = self.pick(number, true) else { return };
        let Some((_, Item::Series { occurrences, .. })) = self.items.get_mut(&id) else { return };
        let Some(key) = occurrences.keys().nth(of % occurrences.len().max(1)).cloned() else {
            return;
        };
        let (begin, end) = self.view;
        let is_kept = occurrences.get_mut(&key).is_some_and(keep);
        let start = occurrences.get(&key).map_or(begin, |it| it.start);
        if !is_kept {
            occurrences.remove(&key);
        }
        let etag = self.touch(&id);
        if let Some((known, _)) = self.items.get_mut(&id) {
            *known = etag;
        }
        // An occurrence that left the window is reported; one that was deleted is not.
        if is_kept && !(begin - HOUR < start && start < end) {
            self.changes.insert(key, etag);
        }
    }

    fn is_in_view(&self, start: i64, length: i64) -> bool {
        start < self.view.1 && start + length > self.view.0
    }

    fn single(&self, id: &str) -> Option<Value> {
        let (etag, Item::Single { start, is_day, is_cancelled }) = self.items.get(id)? else {
            return None;
        };
        let event = match is_day {
            true => {
                let day = |instant| text(instant)[..10].to_owned();
                all_day(id, &day(*start), &day(start + 24 * HOUR))
            }
            false => event(id, &text(*start), &text(start + HOUR)),
        };
        Some(tagged(with(event, &[("isCancelled", json!(is_cancelled))]), *etag))
    }

    fn master(&self, id: &str) -> Option<Value> {
        let (etag, Item::Series { start, .. }) = self.items.get(id)? else { return None };
        Some(tagged(master(id, &text(*start), &text(start + HOUR), "UTC"), *etag))
    }

    /// Returns the occurrences in the view, as delta reports them.
    fn occurrences(&self, id: &str) -> Vec<Value> {
        let Some((etag, Item::Series { occurrences, .. })) = self.items.get(id) else {
            return Vec::new();
        };
        let within = occurrences.iter().filter(|(_, it)| self.is_in_view(it.start, HOUR));
        within.map(|(key, it)| tagged(self.occurrence(id, key, it), *etag)).collect()
    }

    fn occurrence(&self, series: &str, id: &str, it: &Occurrence) -> Value {
        let (start, end) = (text(it.start), text(it.start + HOUR));
        match it.is_exception {
            false => bare(id, series, &start, &end),
            true => with(
                exception(id, series, &start, &end),
                &[("isCancelled", json!(it.is_cancelled))],
            ),
        }
    }

    /// Returns what delta reports after a number of changes; all events for zero.
    pub(super) fn delta(&self, since: u32) -> Vec<Value> {
        let mut items = Vec::new();
        for (id, _) in self.changes.iter().filter(|(_, change)| **change > since) {
            match self.items.get(id) {
                Some((_, Item::Single { start, is_day, .. })) => {
                    let length = if *is_day { 24 * HOUR } else { HOUR };
                    match self.is_in_view(*start, length) {
                        true => items.extend(self.single(id)),
                        false if since > 0 => items.push(removed(id)),
                        false => {}
                    }
                }
                Some((_, Item::Series { .. })) => {
                    let occurrences = self.occurrences(id);
                    match occurrences.is_empty() {
                        true if since > 0 => items.push(removed(id)),
                        true => {}
                        false => {
                            items.extend(occurrences);
                            items.extend(self.master(id));
                        }
                    }
                }
                None if since > 0 => items.push(removed(id)),
                None => {}
            }
        }
        items
    }

    /// Answers a read by id, or of the occurrences of a series.
    pub(super) fn part(&self, path: &str) -> (u16, Value) {
        let missing = (404, json!({"error": {"code": "ErrorItemNotFound", "message": "No."}}));
        if let Some(series) = path.strip_suffix("/instances") {
            let whole = |it: &Value| match it["type"] == "occurrence" {
                true => instance(it),
                false => it.clone(),
            };
            let occurrences = self.occurrences(series);
            return match self.master(series) {
                Some(_) => {
                    (200, json!({"value": occurrences.iter().map(whole).collect::<Vec<_>>()}))
                }
                None => missing,
            };
        }
        let of_series = || {
            self.items.iter().find_map(|(id, (etag, item))| match item {
                Item::Series { occurrences, .. } => {
                    let it = occurrences.get(path)?;
                    let told = tagged(self.occurrence(id, path, it), *etag);
                    Some(if it.is_exception { told } else { instance(&told) })
                }
                Item::Single { .. } => None,
            })
        };
        let event = self.single(path).or_else(|| self.master(path)).or_else(of_series);
        event.map_or(missing, |event| (200, event))
    }

    /// Returns what ONES must have in the end: ids with begin, and whether it is a day.
    pub(super) fn truth(
        &self,
        range: (i64, i64),
        zone: &crate::zones::Zone,
    ) -> BTreeMap<String, String> {
        let mut truth = BTreeMap::new();
        let mut add = |id: &String, start: i64, is_day: bool| {
            let day = jiff::Timestamp::from_second(start).expect("a time").to_string();
            let date: jiff::civil::Date = day[..10].parse().expect("a day");
            let (from, until) = match is_day {
                true => {
                    let next = date.tomorrow().expect("a day");
                    (zone.start_of(date).expect("a time"), zone.start_of(next).expect("a time"))
                }
                false => (start, start + HOUR),
            };
            if from < range.1 && until > range.0 {
                truth.insert(id.clone(), if is_day { date.to_string() } else { text(start) });
            }
        };
        for (id, (_, item)) in &self.items {
            match item {
                Item::Single { is_cancelled: true, .. } => {}
                Item::Single { start, is_day, .. } => add(id, *start, *is_day),
                Item::Series { occurrences, .. } => {
                    let living = occurrences.iter().filter(|(_, it)| !it.is_cancelled);
                    living.for_each(|(key, it)| add(key, it.start, false));
                }
            }
        }
        truth
    }
}

fn tagged(event: Value, etag: u32) -> Value {
    with(event, &[("@odata.etag", json!(format!("W/\"{etag}\"")))])
}
