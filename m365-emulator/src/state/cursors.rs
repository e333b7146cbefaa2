//! The opaque tokens in nextLinks and deltaLinks. A token carries everything that the next request
//! needs.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::tenant::calendar::item::Window;
use crate::tenant::calendar::mailbox;
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
        /// Sequence number at which the round started; none for the initial enumeration.
        since: Option<Sequence>,
        /// Sequence number of the tenant when the round began: the deltaLink at the end of the
        /// round starts there.
        until: Sequence,
        next: Position,
        /// Start of the previous page.
        before: Option<Position>,
    },
    /// The next delta round.
    Delta { of: Tracked, query: String, since: Sequence },
    /// A delta round over the calendar of a mailbox, at one of its pages.
    Calendar(CalendarRound),
}

/// A round of `calendarView/delta`, at one of its pages. The log of the mailbox's changes goes on
/// during a round: an event that changes meanwhile comes again on a later page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CalendarRound {
    /// Id of the mailbox's user.
    pub(crate) mailbox: String,
    /// The window, which is fixed in the token.
    pub(crate) window: Window,
    /// `$select` of the first request, as a query.
    pub(crate) select: String,
    /// Number of the change after which the round starts; none for the initial enumeration.
    pub(crate) since: Option<mailbox::Sequence>,
    /// Number of the last change before the first page; none until it was sent.
    pub(crate) began: Option<mailbox::Sequence>,
    /// Position of the last item on the previous page.
    pub(crate) behind: mailbox::Position,
    /// Number of entries of the next item that the previous page had.
    pub(crate) inside: usize,
    /// Position at which the previous page started; none on the first page.
    pub(crate) page_before: Option<mailbox::Position>,
    /// Number of empty pages so far.
    pub(crate) empty_pages: usize,
}

/// The collections that delta can follow.
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

/// A position in a delta round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Position {
    /// Number of passes over all groups that are complete.
    pub(crate) pass: u8,
    /// A slot, or an index into the log of changes.
    pub(crate) at: u32,
    /// The next member of a group that is too large for one page.
    pub(crate) member: u32,
}

/// How Graph refuses a delta token that has expired. All variants occur, and have the same meaning:
/// the client has to start again.
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
    /// 410 with a `Location` to start again from, and no body.
    Location,
}

/// Why a token of a listing is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageTokenError {
    Expired,
    Malformed,
}

/// Why a delta token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeltaTokenError {
    Unknown,
    Expired(DeltaExpiry),
}

/// Which tokens were issued, and which of them have expired.
#[derive(Clone, Debug)]
pub(crate) struct Cursors {
    issued: u64,
    delta_expired: u64,
    pages_expired: u64,
    expiry: DeltaExpiry,
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
    /// Returns a new token. No two tokens are equal, even if nothing changed between them.
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

    /// Returns the query of a listing, and where its next page starts.
    pub(crate) fn page(&self, token: &str) -> Result<(String, u32), PageTokenError> {
        match self.read(token) {
            Some((number, _)) if number <= self.pages_expired => Err(PageTokenError::Expired),
            Some((_, Cursor::Page { query, next })) => Ok((query, next)),
            _ => Err(PageTokenError::Malformed),
        }
    }

    /// Returns where a delta round starts or continues. `now` is the sequence number of the tenant.
    pub(crate) fn delta(
        &self,
        token: &str,
        of: Tracked,
        now: Sequence,
    ) -> Result<Cursor, DeltaTokenError> {
        let (number, cursor) = self.read(token).ok_or(DeltaTokenError::Unknown)?;
        if number <= self.delta_expired {
            return Err(DeltaTokenError::Expired(self.expiry));
        }
        match &cursor {
            Cursor::Delta { of: its, since, .. } if *its == of && *since <= now => Ok(cursor),
            Cursor::DeltaPage { of: its, until, .. } if *its == of && *until <= now => Ok(cursor),
            _ => Err(DeltaTokenError::Unknown),
        }
    }

    /// Returns a new token for a page or a round of a calendar.
    pub(crate) fn issue_calendar(&mut self, round: &CalendarRound) -> String {
        self.issue(&Cursor::Calendar(round.clone()))
    }

    /// Returns the round of a calendar that a token stands for.
    pub(crate) fn calendar(
        &self,
        token: &str,
        mailbox: &str,
    ) -> Result<CalendarRound, DeltaTokenError> {
        match self.read(token) {
            Some((number, _)) if number <= self.delta_expired => {
                Err(DeltaTokenError::Expired(self.expiry))
            }
            Some((_, Cursor::Calendar(round))) if round.mailbox == mailbox => Ok(round),
            _ => Err(DeltaTokenError::Unknown),
        }
    }

    fn read(&self, token: &str) -> Option<(u64, Cursor)> {
        let json = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (number, cursor): (u64, Cursor) = serde_json::from_slice(&json).ok()?;
        // A higher number belongs to another run of the emulator.
        (number <= self.issued).then_some((number, cursor))
    }
}
