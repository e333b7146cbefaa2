//! A copy of a meeting in one mailbox, as Graph shows it.

use serde_json::{Value, json};

use super::super::super::bookings::utc;
use crate::{bookings::time_text, payload::day_text, zones::Zone};

#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::tests) struct Item {
    pub(in crate::tests) id: String,
    pub(in crate::tests) uid: String,
    pub(in crate::tests) version: u64,
    pub(in crate::tests) created: u64,
    /// When it came to the time at which it is.
    pub(in crate::tests) placed: u64,
    /// The members that are stored as they were written.
    pub(in crate::tests) body: Value,
    pub(in crate::tests) starts: i64,
    pub(in crate::tests) ends: i64,
    pub(in crate::tests) all_day: bool,
    pub(in crate::tests) zone: String,
    /// The occurrences of a series; `None` of a single event.
    pub(in crate::tests) occurrences: Option<Vec<Occurrence>>,
    pub(in crate::tests) attendees: Vec<Attendee>,
    pub(in crate::tests) mark: Option<Value>,
    pub(in crate::tests) transaction: Option<String>,
    pub(in crate::tests) organizer: String,
    pub(in crate::tests) is_organizer: bool,
    pub(in crate::tests) answer: String,
    pub(in crate::tests) cancelled: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tests) struct Occurrence {
    pub(in crate::tests) original: i64,
    pub(in crate::tests) starts: i64,
    pub(in crate::tests) ends: i64,
    pub(in crate::tests) is_gone: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tests) struct Attendee {
    pub(in crate::tests) kind: String,
    pub(in crate::tests) address: String,
    pub(in crate::tests) response: String,
    /// When it answered, as the number of a change.
    pub(in crate::tests) answered: u64,
}

impl Attendee {
    pub(in crate::tests) fn new(kind: &str, address: &str) -> Self {
        let response = "none".to_owned();
        Self { kind: kind.to_owned(), address: address.to_owned(), response, answered: 0 }
    }

    fn to_json(&self) -> Value {
        json!({
            "type": self.kind,
            "status": {"response": self.response, "time": made(self.answered)},
            "emailAddress": {"name": self.address, "address": self.address},
        })
    }
}

impl Item {
    /// Returns whether it takes the mailbox.
    pub(in crate::tests) fn holds(&self) -> bool {
        !self.cancelled && self.answer != "declined" && self.body["showAs"] != "free"
    }

    /// Returns when it takes place: of a series, each occurrence.
    pub(in crate::tests) fn times(&self) -> Vec<(i64, i64)> {
        match &self.occurrences {
            None => vec![(self.starts, self.ends)],
            Some(occurrences) => {
                let there = occurrences.iter().filter(|occurrence| !occurrence.is_gone);
                there.map(|occurrence| (occurrence.starts, occurrence.ends)).collect()
            }
        }
    }

    pub(in crate::tests) fn overlaps(&self, other: &Self) -> bool {
        let others = other.times();
        let overlaps = |(starts, ends): (i64, i64)| {
            others.iter().any(|(from, until)| starts < *until && *from < ends)
        };
        self.times().into_iter().any(overlaps)
    }

    /// Returns the id of an occurrence.
    pub(super) fn occurrence_id(&self, occurrence: &Occurrence) -> String {
        format!("{}.{}", self.id, occurrence.original)
    }

    /// Returns the single event, or the master of the series.
    pub(super) fn to_json(&self) -> Value {
        let kind = if self.occurrences.is_some() { "seriesMaster" } else { "singleInstance" };
        let mut event = self.part(&self.id, kind, self.starts, self.ends);
        event["iCalUId"] = self.uid.as_str().into();
        if let Some(mark) = &self.mark {
            event["singleValueExtendedProperties"] = json!([mark]);
        }
        event
    }

    pub(super) fn occurrence_json(&self, occurrence: &Occurrence) -> Value {
        let Occurrence { original, starts, ends, .. } = *occurrence;
        let kind = if starts == original { "occurrence" } else { "exception" };
        let mut event = self.part(&self.occurrence_id(occurrence), kind, starts, ends);
        event["seriesMasterId"] = self.id.as_str().into();
        event["originalStart"] = time_text(original).into();
        event["iCalUId"] = format!("{}{original}", self.uid).into();
        event["recurrence"] = Value::Null;
        event
    }

    fn part(&self, id: &str, kind: &str, starts: i64, ends: i64) -> Value {
        let time = |instant| match self.all_day {
            // Days are midnights of universal time, whatever the zone.
            true => {
                let zone = Zone::named(&self.zone).expect("a zone");
                let day = day_text(zone.wall(instant).expect("a time").date());
                utc(&format!("{day}T00:00:00"))
            }
            false => utc(&time_text(instant)),
        };
        let mut event = self.body.clone();
        let attendees: Vec<_> = self.attendees.iter().map(Attendee::to_json).collect();
        let more = json!({
            "@odata.type": "#microsoft.graph.event", "@odata.etag": self.etag(), "id": id,
            "type": kind, "seriesMasterId": null, "isAllDay": self.all_day,
            "isCancelled": self.cancelled, "isOrganizer": self.is_organizer,
            "createdDateTime": made(self.created), "originalStartTimeZone": self.zone,
            "responseStatus": {"response": self.answer, "time": made(0)},
            "start": time(starts), "end": time(ends), "attendees": attendees,
            "organizer": {"emailAddress": {"name": "Mara Lind", "address": self.organizer}},
        });
        for (name, value) in more.as_object().expect("an object") {
            event[name.as_str()] = value.clone();
        }
        event
    }

    pub(super) fn etag(&self) -> String {
        format!("W/\"{}\"", self.version)
    }
}

/// Returns the time of a change as Graph writes it.
fn made(change: u64) -> String {
    format!("2026-12-01T08:{:02}:{:02}.{:07}Z", change / 60 % 60, change % 60, change)
}
