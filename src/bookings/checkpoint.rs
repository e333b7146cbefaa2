//! The point from which the reading of a room's bookings continues.

use serde::{Deserialize, Serialize};

use super::{booking::RULES, range::Range};
use crate::{
    model::{RoomPosition, TimeRange},
    settings::Settings,
};

/// How far a room's bookings were read. It contains no secret: the token in Graph's link is useless
/// without an access token.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Checkpoint {
    /// The rules by which bookings were read.
    version: u32,
    /// What the reading depends on: under other settings, the room is listed again.
    made_for: MadeFor,
    /// Where to continue; `None` where the room is to be listed.
    position: Option<Position>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MadeFor {
    graph: String,
    tenant: String,
    mailbox: String,
    time_zone: String,
}

/// Where to continue.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Position {
    /// Begin of the range that was listed, in seconds since 1970.
    from: i64,
    /// End of the range that was listed.
    until: i64,
    /// Delta link.
    pub(super) link: String,
    /// What is to be read once more.
    #[serde(default)]
    pub(super) again: Vec<Again>,
}

/// An event or series that was read, but contradicted what delta had reported of it: the answer
/// came from a replica without the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Again {
    /// Its id.
    pub(super) id: String,
    /// What a read without contradiction contains.
    pub(super) expected: Expected,
    /// Number of times that it was read since delta reported it.
    pub(super) tries: u32,
}

/// What delta reported of an event or series.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Expected {
    /// Whether it was removed.
    #[serde(default)]
    pub(super) removed: bool,
    /// Ids of the series and of its occurrences, each with its etag.
    #[serde(default)]
    pub(super) etags: Vec<(String, String)>,
}

/// Maximum number of events and series that are to be read once more. With more, the room is listed
/// again.
const MOST_AGAIN: usize = 100;

/// Maximum size of the ids and etags of these, in bytes: a host refuses a checkpoint over 256 KiB.
const LARGEST_AGAIN: usize = 128 * 1024;

impl Again {
    /// Returns whether a checkpoint has room for all of these.
    pub(super) fn fit(all: &[Self]) -> bool {
        let bytes: usize = all.iter().map(Self::bytes).sum();
        all.len() <= MOST_AGAIN && bytes <= LARGEST_AGAIN
    }

    /// Returns the size of its ids and etags, in bytes.
    fn bytes(&self) -> usize {
        let etags = self.expected.etags.iter().map(|(id, etag)| id.len() + etag.len());
        self.id.len() + etags.sum::<usize>()
    }
}

impl Position {
    /// Returns the position after a round.
    pub(super) fn new(range: Range, link: String, again: Vec<Again>) -> Self {
        Self { from: range.from, until: range.until, link, again }
    }

    /// Returns the range that was listed.
    pub(super) fn range(&self) -> Range {
        Range { from: self.from, until: self.until }
    }
}

impl Checkpoint {
    /// Returns the checkpoint of a room at a position; without one, the room is listed next time.
    pub(super) fn new(
        settings: &Settings,
        room: &RoomPosition,
        position: Option<Position>,
    ) -> Self {
        Self { version: RULES, made_for: MadeFor::new(settings, room), position }
    }

    /// Reads where to continue; `None` where the room is to be listed, since there is no checkpoint
    /// that is valid for these settings and for this room.
    pub(super) fn read(settings: &Settings, room: &RoomPosition) -> Option<Position> {
        let checkpoint: Self = serde_json::from_str(room.since.as_deref()?).ok()?;
        let is_valid =
            checkpoint.version == RULES && checkpoint.made_for == MadeFor::new(settings, room);
        // A link to another server would send the token there.
        let is_own = |position: &Position| settings.endpoints().own_link(&position.link).is_some();
        checkpoint.position.filter(|position| is_valid && is_own(position))
    }

    /// Reads where to continue for a window; `None` also where the listed range no longer suffices.
    pub(super) fn read_for(
        settings: &Settings,
        room: &RoomPosition,
        window: TimeRange,
    ) -> Option<Position> {
        Self::read(settings, room).filter(|position| position.range().serves(window, &room.room))
    }

    /// Returns the text that the host stores.
    pub(super) fn to_text(&self) -> String {
        // It contains texts, numbers and lists only, which JSON can always represent.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl MadeFor {
    fn new(settings: &Settings, room: &RoomPosition) -> Self {
        Self {
            graph: settings.endpoints().graph_origin().to_owned(),
            tenant: settings.server.tenant_id.clone(),
            mailbox: room.email.to_lowercase(),
            time_zone: room.time_zone.clone(),
        }
    }
}
