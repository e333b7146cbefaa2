//! What a round reports of a series.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::payload::{Event, Json, Members};

/// What a round reported of a series.
#[derive(Default)]
pub(super) struct Reported {
    pub(super) master: Option<Event>,
    /// Occurrences by id, without the id in the event. The last report of an id counts.
    pub(super) occurrences: BTreeMap<String, Event>,
    /// Whether an occurrence had no readable id.
    pub(super) is_incomplete: bool,
}

impl Reported {
    /// Returns the etags that a read of the series has where it is not older than what was
    /// reported: those of the master, or else of its occurrences.
    pub(super) fn etags(&self, id: &str) -> Vec<(String, String)> {
        let with_etag = |id: &str, event: &Event| Some((id.to_owned(), event.etag.clone()?));
        match &self.master {
            Some(master) => with_etag(id, master).into_iter().collect(),
            None => {
                let occurrences = self.occurrences.iter();
                occurrences.filter_map(|(id, event)| with_etag(id, event)).take(10).collect()
            }
        }
    }
}

/// The series to which an item without a readable id belongs.
pub(super) enum PartOf {
    Series(String),
    /// It can belong to any series.
    AnySeries,
    None,
}

/// Returns the series to which an item belongs.
pub(super) fn part_of(raw: &RawValue) -> PartOf {
    let members = Members::read(raw);
    let text = |name| members.get(name).and_then(Json::as_str).filter(|text| !text.is_empty());
    match (text("seriesMasterId"), text("type")) {
        (Some(series), _) => PartOf::Series(series.to_owned()),
        (None, Some("singleInstance" | "seriesMaster")) => PartOf::None,
        (None, _) => PartOf::AnySeries,
    }
}
