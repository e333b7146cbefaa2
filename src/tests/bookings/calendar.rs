//! A room's calendar by script: the pages of each round of delta, and events by id.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::{Value, json};

use super::MAILBOX;
use crate::tests::{
    script::{Asked, GRAPH, Reply, Script, nothing, ok, refused},
    users::batch,
};

/// What the calendar answers. The rounds of delta come one after the other: the last one of them
/// reports nothing.
#[derive(Default)]
pub(super) struct Calendar {
    /// The pages of each round.
    pub(super) rounds: Vec<Vec<Vec<Value>>>,
    /// Events by id, as a read returns them.
    pub(super) events: BTreeMap<String, Value>,
    /// Occurrences by the id of their series.
    pub(super) instances: BTreeMap<String, Vec<Value>>,
    /// Numbers of the rounds whose links Exchange has forgotten.
    pub(super) forgotten: BTreeSet<usize>,
}

impl Calendar {
    /// Returns a calendar with one page in each round.
    pub(super) fn of(rounds: Vec<Vec<Value>>) -> Self {
        let rounds = rounds.into_iter().map(|page| vec![page]).collect();
        Self { rounds, ..Self::default() }
    }

    /// Adds events that can be read by id.
    pub(super) fn with_events(mut self, events: Vec<Value>) -> Self {
        let id = |event: &Value| event["id"].as_str().expect("an id").to_owned();
        self.events.extend(events.into_iter().map(|event| (id(&event), event)));
        self
    }

    /// Adds a series that can be read.
    pub(super) fn with_series(self, master: Value, instances: Vec<Value>) -> Self {
        let id = master["id"].as_str().expect("an id").to_owned();
        let mut calendar = self.with_events(vec![master]).with_events(instances.clone());
        calendar.instances.insert(id, instances);
        calendar
    }

    /// Answers a request.
    pub(super) fn answer(&self, asked: &Asked) -> Reply {
        let path = asked.path.as_str();
        if path == "/v1.0/$batch" {
            return batch(asked, |url, _| self.part(url));
        }
        let Some(query) = path.strip_prefix(&format!("/v1.0/users/{MAILBOX}/calendarView/delta?"))
        else {
            return nothing();
        };
        let place = query.strip_prefix("token=").unwrap_or("0-0");
        let (round, page) = place.split_once('-').expect("two numbers");
        let (round, page): (usize, usize) =
            (round.parse().expect("a number"), page.parse().expect("a number"));
        if self.forgotten.contains(&round) && round > 0 {
            return refused(410, "SyncStateNotFound");
        }
        let empty = vec![Vec::new()];
        let pages = self.rounds.get(round).unwrap_or(&empty);
        let link = |round, page| {
            format!("{GRAPH}/v1.0/users/{MAILBOX}/calendarView/delta?token={round}-{page}")
        };
        let next = (round + 1).min(self.rounds.len());
        match page + 1 < pages.len() {
            true => ok(json!({"value": pages[page], "@odata.nextLink": link(round, page + 1)})),
            false => ok(json!({"value": pages[page], "@odata.deltaLink": link(next, 0)})),
        }
    }

    /// Answers a read by id, or a read of a series.
    fn part(&self, url: &str) -> (u16, Value) {
        let path = url.split('?').next().unwrap_or_default();
        let path = path.strip_prefix(&format!("/users/{MAILBOX}/events/")).expect("an event");
        let path = percent_encoding::percent_decode_str(path).decode_utf8().expect("text");
        let path = path.as_ref();
        let missing = || {
            (404, json!({"error": {"code": "ErrorItemNotFound", "message": "It is not there."}}))
        };
        match path.strip_suffix("/instances") {
            Some(series) => match self.instances.get(series) {
                Some(instances) => (200, json!({"value": instances})),
                None => missing(),
            },
            None => self.events.get(path).map_or_else(missing, |event| (200, event.clone())),
        }
    }

    /// Returns a host that answers with this calendar.
    pub(super) fn script(self) -> Script<impl Fn(&Asked) -> Reply> {
        Script::new(move |asked| self.answer(asked))
    }
}

/// A calendar that a test changes between runs.
pub(super) fn changing(calendar: &RefCell<Calendar>) -> Script<impl Fn(&Asked) -> Reply + '_> {
    Script::new(move |asked| calendar.borrow().answer(asked))
}
