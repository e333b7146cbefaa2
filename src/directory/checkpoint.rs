//! The point from which the next run continues.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::owed::{self, Owed};
use crate::{
    error::Error,
    host::unix_seconds,
    model::{self, Subject},
    payload::{GROUP_SELECT, UserReader},
    settings::Settings,
};

/// Version of the records. A higher one makes each host read all users and groups again.
const VERSION: u32 = 3;

/// Oldest version that can be read: it has no ids to read once more.
const OLDEST: u32 = 2;

/// Maximum time for which accounts wait while rooms cannot be read. After that, missing users are
/// worse than a room that is synced as a user for some time.
const LONGEST_WITHOUT_ROOMS: Duration = Duration::from_secs(24 * 3600);

/// Maximum number of items on a page of a listing.
pub(super) const LARGEST_PAGE: u16 = 999;

/// Maximum time of an enumeration, after which it restarts: Graph's page links expire.
const LONGEST_ENUMERATION: Duration = Duration::from_secs(24 * 3600);

/// Maximum time without an enumeration: delta can miss changes, since replicas of the directory can
/// be behind others.
const LONGEST_FOLLOWING: Duration = Duration::from_secs(7 * 24 * 3600);

/// How far runs have read users and groups. It contains no secret: the tokens in Graph's links are
/// useless without an access token.
///
/// Stored names such as `people` stay, so that checkpoints of earlier versions can be read.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Checkpoint {
    version: u32,
    #[serde(rename = "people")]
    users: Option<Stand>,
    groups: Option<Stand>,
    scope: ScopeIs,
    /// Name of the attribute of the card number, which need not be looked up again.
    card_number: Option<String>,
    /// Whether users are to be enumerated once more, since rooms could not be read and the last
    /// enumeration left out accounts that may belong to rooms.
    #[serde(default)]
    enumerate_again: bool,
    /// Since when rooms could not be read, in seconds since 1970.
    #[serde(default)]
    without_rooms: Option<u64>,
}

/// Whether the selection of users is current, where groups decide it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ScopeIs {
    /// No group changed since users were enumerated.
    Settled,
    /// Users are to be enumerated once.
    Open,
    /// Groups changed. An enumeration can read a replica without the change, so users are to be
    /// enumerated now and in the next run.
    Changed,
}

/// How far runs have read one subject.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stand {
    /// The settings of the run: under others, the subject is enumerated again.
    made_for: MadeFor,
    /// When the enumeration began, in seconds since 1970.
    began: u64,
    /// What to read next; `None` where the subject is to be enumerated.
    position: Option<Position>,
    /// Ids that are to be read once more.
    #[serde(default)]
    owed: Owed,
    /// Maximum number of items on a page, where larger pages were too large to read.
    #[serde(default)]
    page_size: Option<u16>,
    /// Number of times that a page link of the listing expired in this enumeration.
    #[serde(default)]
    expired: u32,
}

/// The settings that decide what is reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MadeFor {
    graph: String,
    tenant: String,
    select: String,
    /// For users only.
    #[serde(rename = "people")]
    users: Option<Scope>,
}

/// The settings that decide which users are reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scope {
    card_number: Option<String>,
    guests: bool,
    disabled: bool,
    only_groups: Vec<String>,
}

/// What to read next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", tag = "phase")]
pub(super) enum Position {
    /// A page of a listing of users. After the listing, `delta` reports what changed meanwhile.
    Listing {
        /// Link of the page.
        link: String,
        /// Delta link from before the listing.
        delta: String,
        /// Index of the listed group, where users are limited to groups.
        group: usize,
    },
    /// A page of delta within an enumeration: changes of users during the listing, or all groups.
    Enumerating {
        /// Link of the page.
        link: String,
        /// Whether it is the first round of delta, in which an absent property has no value.
        #[serde(default)]
        initial: bool,
    },
    /// A page of what changed since the last run.
    Following {
        /// Link of the page.
        link: String,
    },
}

impl Position {
    /// Returns the link of the page to read.
    pub(super) fn link(&self) -> &str {
        match self {
            Self::Listing { link, .. }
            | Self::Enumerating { link, .. }
            | Self::Following { link } => link,
        }
    }

    /// Returns the link of the next delta page.
    pub(super) fn delta(&self) -> &str {
        match self {
            Self::Listing { delta, .. } => delta,
            Self::Enumerating { link, .. } | Self::Following { link } => link,
        }
    }

    /// Returns whether it is part of an enumeration.
    pub(super) fn is_full(&self) -> bool {
        !matches!(self, Self::Following { .. })
    }
}

impl Checkpoint {
    /// Returns the checkpoint before the first run.
    pub(super) fn empty() -> Self {
        Self {
            version: VERSION,
            users: None,
            groups: None,
            scope: ScopeIs::Settled,
            card_number: None,
            enumerate_again: false,
            without_rooms: None,
        }
    }

    /// Reads the checkpoint of an earlier run, without positions that are too old.
    pub(super) fn read(text: &str, now: SystemTime) -> Self {
        let read: Option<Self> = serde_json::from_str(text).ok();
        let is_known = |checkpoint: &Self| (OLDEST..=VERSION).contains(&checkpoint.version);
        let Some(mut checkpoint) = read.filter(is_known) else {
            return Self::empty();
        };
        checkpoint.version = VERSION;
        for stand in [&mut checkpoint.users, &mut checkpoint.groups].into_iter().flatten() {
            if !stand.is_fresh(now) {
                stand.position = None;
            }
        }
        checkpoint
    }

    /// Returns the name of the attribute of the card number in the last run, which need not be
    /// looked up again until users are enumerated.
    pub(super) fn card_number(&self) -> Option<&str> {
        self.card_number.as_deref()
    }

    /// Returns the part that is valid under these settings; the rest is enumerated again.
    pub(super) fn valid_for(self, settings: &Settings, reader: &UserReader) -> Self {
        let keep = |stand: Stand, subject| {
            let is_same = stand.made_for == MadeFor::new(subject, settings, reader);
            // A link to another server would send the token there.
            let is_own = |link: &str| settings.endpoints().own_link(link).is_some();
            let position = stand.position.filter(|at| is_own(at.link()) && is_own(at.delta()));
            is_same.then_some(Stand { position, ..stand })
        };
        Self {
            users: self.users.and_then(|stand| keep(stand, Subject::Users)),
            groups: self.groups.and_then(|stand| keep(stand, Subject::Groups)),
            card_number: reader.card_number().map(ToString::to_string),
            ..self
        }
    }

    /// Returns the same with the state of users from `earlier`.
    pub(super) fn with_users_of(self, earlier: &Self) -> Self {
        Self { users: earlier.users.clone(), ..self }
    }

    /// Returns what to read next of a subject; `None` where it is to be enumerated.
    pub(super) fn position(&self, subject: Subject) -> Option<&Position> {
        self.stand(subject)?.position.as_ref()
    }

    fn stand(&self, subject: Subject) -> Option<&Stand> {
        match subject {
            Subject::Users => self.users.as_ref(),
            Subject::Groups => self.groups.as_ref(),
        }
    }

    fn stand_mut(&mut self, subject: Subject) -> Option<&mut Stand> {
        match subject {
            Subject::Users => self.users.as_mut(),
            Subject::Groups => self.groups.as_mut(),
        }
    }

    /// Returns whether a subject is to be enumerated.
    pub(super) fn needs_enumeration(&self, subject: Subject, settings: &Settings) -> bool {
        let Some(position) = self.position(subject) else {
            return true;
        };
        let limited = !settings.users.only_groups.is_empty();
        subject == Subject::Users
            && (limited && self.scope != ScopeIs::Settled
                // An enumeration that has begun is completed first.
                || self.enumerate_again && !position.is_full())
    }

    /// Makes the next run enumerate the subject, since Graph no longer knows its link.
    pub(super) fn forget(&mut self, subject: Subject) {
        if let Some(stand) = self.stand_mut(subject) {
            stand.position = None;
        }
    }

    /// Returns the same with an enumeration of `subject` that begins now.
    pub(super) fn begin(
        &self,
        subject: Subject,
        settings: &Settings,
        reader: &UserReader,
        now: SystemTime,
        position: Position,
    ) -> Self {
        let made_for = MadeFor::new(subject, settings, reader);
        let before = self.stand(subject);
        let mut owed = before.map(|stand| stand.owed.clone()).unwrap_or_default();
        let goes_on = before.and_then(|stand| stand.position.as_ref());
        if goes_on.is_none_or(|earlier| earlier.delta() != position.delta()) {
            // No change reports what happened between that link and this one.
            owed.forget_reports();
        }
        let began = unix_seconds(now);
        let position = Some(position);
        let stand = Some(Stand { made_for, began, position, owed, page_size: None, expired: 0 });
        match subject {
            // The enumeration reads the current selection.
            Subject::Users => {
                let scope = match self.scope {
                    ScopeIs::Changed => ScopeIs::Open,
                    ScopeIs::Open | ScopeIs::Settled => ScopeIs::Settled,
                };
                Self { users: stand, scope, enumerate_again: false, ..self.clone() }
            }
            // Changes between the last round of groups and this one are unknown.
            Subject::Groups => {
                let scope = match self.scope {
                    ScopeIs::Settled => ScopeIs::Open,
                    other => other,
                };
                Self { groups: stand, scope, ..self.clone() }
            }
        }
    }

    /// Returns the same at another position of `subject`.
    pub(super) fn at(&self, subject: Subject, position: Position) -> Self {
        let mut checkpoint = self.clone();
        checkpoint.move_to(subject, position);
        checkpoint
    }

    /// Sets the position of `subject`.
    pub(super) fn move_to(&mut self, subject: Subject, position: Position) {
        if let Some(stand) = self.stand_mut(subject) {
            stand.position = Some(position);
        }
    }

    /// Returns the ids of a subject that are to be read once more.
    pub(super) fn owed(&self, subject: Subject) -> Option<&Owed> {
        self.stand(subject).map(|stand| &stand.owed)
    }

    /// Returns the same for changes.
    pub(super) fn owed_mut(&mut self, subject: Subject) -> Option<&mut Owed> {
        self.stand_mut(subject).map(|stand| &mut stand.owed)
    }

    /// Drops precautions until the ids to read once more fit.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where more is owed than fits.
    pub(super) fn bound_owed(&mut self) -> Result<(), Error> {
        let stands = [&mut self.users, &mut self.groups].into_iter().flatten();
        owed::bound(&mut stands.map(|stand| &mut stand.owed).collect::<Vec<_>>())
    }

    /// Returns the number of users and groups that could not be reported yet; `None` where there
    /// are none.
    pub(super) fn total_owed(&self) -> Option<model::Owed> {
        let stands = [&self.users, &self.groups].into_iter().flatten();
        let counts: Vec<_> = stands.map(|stand| stand.owed.count()).collect();
        let count: usize = counts.iter().map(|(count, _)| count).sum();
        let since = counts.iter().filter_map(|(_, since)| *since).min()?;
        Some(model::Owed {
            count: u32::try_from(count).unwrap_or(u32::MAX),
            since: i64::try_from(since).unwrap_or(i64::MAX),
        })
    }

    /// Returns the maximum number of items on a page of a subject; `None` where there is no limit.
    pub(super) fn page_size(&self, subject: Subject) -> Option<u16> {
        self.stand(subject)?.page_size
    }

    /// Halves the maximum number of items on a page. Returns false where it is 1 already.
    pub(super) fn halve_pages(&mut self, subject: Subject) -> bool {
        let Some(stand) = self.stand_mut(subject) else {
            return false;
        };
        let size = stand.page_size.unwrap_or(LARGEST_PAGE);
        stand.page_size = Some((size / 2).max(1));
        size > 1
    }

    /// Counts a page link of a listing that expired; returns how often that happened.
    pub(super) fn expire(&mut self, subject: Subject) -> u32 {
        self.stand_mut(subject).map_or(0, |stand| {
            stand.expired = stand.expired.saturating_add(1);
            stand.expired
        })
    }

    /// Notes that users are to be enumerated once more, since rooms could not be read.
    pub(super) fn enumerate_again(&mut self) {
        self.enumerate_again = true;
    }

    /// Notes whether rooms could be read.
    pub(super) fn note_rooms(&mut self, are_unknown: bool, now: SystemTime) {
        self.without_rooms = are_unknown.then(|| self.without_rooms.unwrap_or(unix_seconds(now)));
    }

    /// Returns whether accounts wait for rooms that cannot be read.
    pub(super) fn waits_for_rooms(&self, now: SystemTime) -> bool {
        self.without_rooms.is_none_or(|since| {
            unix_seconds(now).saturating_sub(since) <= LONGEST_WITHOUT_ROOMS.as_secs()
        })
    }

    /// Notes that groups changed.
    pub(super) fn change_scope(&mut self) {
        self.scope = ScopeIs::Changed;
    }

    /// Returns whether the enumeration of a subject began too long ago.
    pub(super) fn is_overdue(&self, subject: Subject, now: SystemTime) -> bool {
        self.stand(subject).is_some_and(|stand| !stand.is_fresh(now))
    }

    /// Returns the text that the host stores.
    pub(super) fn to_text(&self) -> String {
        // It contains texts, numbers and enums only, which JSON can always represent.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Stand {
    fn is_fresh(&self, now: SystemTime) -> bool {
        let longest = match &self.position {
            Some(position) if position.is_full() => LONGEST_ENUMERATION,
            _ => LONGEST_FOLLOWING,
        };
        unix_seconds(now).saturating_sub(self.began) <= longest.as_secs()
    }
}

impl MadeFor {
    fn new(subject: Subject, settings: &Settings, reader: &UserReader) -> Self {
        let users = &settings.users;
        let (select, users_scope) = match subject {
            Subject::Groups => (GROUP_SELECT, None),
            Subject::Users => (
                reader.select(),
                Some(Scope {
                    card_number: reader.card_number().map(ToString::to_string),
                    guests: users.include_guests,
                    disabled: users.include_disabled,
                    only_groups: users.only_groups.clone(),
                }),
            ),
        };
        Self {
            graph: settings.endpoints().graph_origin().to_owned(),
            tenant: settings.server.tenant_id.clone(),
            select: select.to_owned(),
            users: users_scope,
        }
    }
}
