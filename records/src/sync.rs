//! Batches and summaries of a sync.

use serde::{Deserialize, Serialize};
#[cfg(feature = "wasmtime")]
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::{Checkpoint, Room, Unreadable, UserChange, enumeration::enumeration};

/// The largest number of changes or rooms in a batch, and of ids in a call.
pub const BATCH: usize = 1_000;

/// A part of all rooms, at most [`BATCH`].
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct RoomBatch {
    pub rooms: Vec<Room>,
    pub unreadable: Vec<Unreadable>,
}

/// Some changes, at most [`BATCH`], and the checkpoint after them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct UserBatch<C = Vec<UserChange>> {
    pub subject: Subject,
    pub mode: Mode,
    pub changes: C,
    pub checkpoint: Checkpoint,
    pub total: Option<u64>,
}

enumeration! {
    /// What the changes of a batch are about.
    #[serde(rename_all = "kebab-case")]
    Subject {
        Users = "users",
        Groups = "groups",
    }
}

/// Whether a batch is part of an enumeration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "mode", rename_all = "kebab-case")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(variant))]
pub enum Mode {
    #[cfg_attr(feature = "wasmtime", component(name = "full"))]
    Full(Part),
    #[cfg_attr(feature = "wasmtime", component(name = "incremental"))]
    Incremental,
}

/// The position of a batch in an enumeration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Part {
    pub first: bool,
    pub last: bool,
}

/// How a run went. The default is that of a run that did nothing and is not complete.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Summary {
    pub requests: u32,
    pub throttled: u32,
    pub retried: u32,
    pub warnings: Vec<String>,
    pub unreadable: u32,
    pub complete: bool,
    pub owed: Option<Owed>,
}

/// Users and groups that the vendor reported, but that could not be read yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Owed {
    pub count: u32,
    pub since: i64,
}

impl Owed {
    /// Returns a sentence for the administrator. `since` is the time in [`Self::since`], in words.
    pub fn sentence(self, since: &str) -> String {
        match self.count {
            1 => format!(
                "1 user or group could not be read yet (since {since}); the next runs read it first"
            ),
            count => format!(
                "{count} users or groups could not be read yet (oldest since {since}); the next \
                 runs read them first"
            ),
        }
    }
}
