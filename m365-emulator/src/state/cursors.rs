//! The opaque tokens in nextLinks and deltaLinks. They carry all that the request after them needs.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::refusal::GraphRefusal;
use crate::tenant::entry::Sequence;

/// What a token stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Cursor {
    /// The next page of a listing.
    Page {
        /// The query of the first request.
        query: String,
        /// A slot, or the number of a member.
        next: u32,
    },
    /// The next page of a delta round.
    DeltaPage {
        of: Tracked,
        query: String,
        /// Where the round started; none for the initial enumeration.
        since: Option<Sequence>,
        /// What the tenant stood at when the round began: the deltaLink at its end starts there.
        until: Sequence,
        next: Position,
        /// Where the page before began.
        before: Option<Position>,
    },
    /// The next delta round.
    Delta { of: Tracked, query: String, since: Sequence },
}

/// What can be followed with delta.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Tracked {
    Users,
    Groups,
}

impl Tracked {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Groups => "groups",
        }
    }

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Users => "users/delta",
            Self::Groups => "groups/delta",
        }
    }
}

/// A place in a delta round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Position {
    /// How often everything was gone through already.
    pub(crate) pass: u8,
    /// A slot, or a place in the log of changes.
    pub(crate) at: u32,
    /// Of a group that is too large for one page: which member comes next.
    pub(crate) member: u32,
}

/// How expired delta tokens are answered. Both happen, and mean the same: start over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeltaExpiry {
    /// An error with this status and the code `syncStateNotFound`, or `resyncRequired`.
    SyncStateNotFound {
        /// 400 or 410.
        status: u16,
        /// Whether the code is `resyncRequired` instead.
        resync_required: bool,
    },
    /// 410 with a `Location` to start over from, and no body.
    Location,
}

/// What is out, and what of it counts no more.
#[derive(Clone, Debug)]
pub(crate) struct Cursors {
    issued: u64,
    delta_expired: u64,
    pages_expired: u64,
    expiry: DeltaExpiry,
}

/// Why a delta token is not taken.
pub(crate) enum Stale {
    Refused(GraphRefusal),
    /// Start over at the address without a token.
    Gone,
}

impl Default for Cursors {
    fn default() -> Self {
        Self {
            issued: 0,
            delta_expired: 0,
            pages_expired: 0,
            expiry: DeltaExpiry::SyncStateNotFound { status: 410, resync_required: false },
        }
    }
}

impl Cursors {
    /// No two tokens are the same, even where nothing changed between them.
    pub(crate) fn issue(&mut self, cursor: &Cursor) -> String {
        self.issued += 1;
        let json = serde_json::to_string(&(self.issued, cursor)).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(json)
    }

    pub(crate) fn expire_delta(&mut self, expiry: DeltaExpiry) {
        self.delta_expired = self.issued;
        self.expiry = expiry;
    }

    pub(crate) fn expire_pages(&mut self) {
        self.pages_expired = self.issued;
    }

    /// Where a listing goes on.
    pub(crate) fn page(&self, token: &str) -> Result<(String, u32), GraphRefusal> {
        match self.read(token) {
            Some((number, _)) if number <= self.pages_expired => {
                Err(GraphRefusal::page_token_expired())
            }
            Some((_, Cursor::Page { query, next })) => Ok((query, next)),
            _ => Err(GraphRefusal::page_token_malformed()),
        }
    }

    /// Where a delta round starts or goes on.
    pub(crate) fn delta(&self, token: &str, of: Tracked, now: Sequence) -> Result<Cursor, Stale> {
        let unknown = GraphRefusal::sync_state(StatusCode::BAD_REQUEST, "syncStateNotFound");
        let Some((number, cursor)) = self.read(token) else {
            return Err(Stale::Refused(unknown));
        };
        if number <= self.delta_expired {
            return Err(match self.expiry {
                DeltaExpiry::Location => Stale::Gone,
                DeltaExpiry::SyncStateNotFound { status, resync_required } => {
                    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::GONE);
                    let code = if resync_required { "resyncRequired" } else { "syncStateNotFound" };
                    Stale::Refused(GraphRefusal::sync_state(status, code))
                }
            });
        }
        match &cursor {
            Cursor::Delta { of: its, since, .. } if *its == of && *since <= now => Ok(cursor),
            Cursor::DeltaPage { of: its, until, .. } if *its == of && *until <= now => Ok(cursor),
            _ => Err(Stale::Refused(unknown)),
        }
    }

    fn read(&self, token: &str) -> Option<(u64, Cursor)> {
        let json = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (number, cursor): (u64, Cursor) = serde_json::from_slice(&json).ok()?;
        // A token of another run is one that this tenant never gave.
        (number <= self.issued).then_some((number, cursor))
    }
}
