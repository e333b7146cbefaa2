//! From where a run goes on.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::owed::{self, Owed};
use crate::{
    error::Error,
    model::{self, Subject},
    payload::{GROUP_SELECT, UserReader},
    settings::Settings,
};

/// Raised whenever a record is made in another way, so that all is told anew.
const VERSION: u32 = 3;

/// The oldest version that can be read: it has no ids to read once more.
const OLDEST: u32 = 2;

/// Accounts wait so long for rooms that cannot be read. After that, users matter more than a room
/// that appears among them for a while.
const LONGEST_WITHOUT_ROOMS: Duration = Duration::from_secs(24 * 3600);

/// Largest page of a listing.
pub(super) const LARGEST_PAGE: u16 = 999;

/// An enumeration that did not end within a day begins anew: Graph's page links expire.
const LONGEST_ENUMERATION: Duration = Duration::from_secs(24 * 3600);

/// Delta alone is not trusted for longer: the directory's replicas can lag behind each other.
const LONGEST_FOLLOWING: Duration = Duration::from_secs(7 * 24 * 3600);

/// Where a run stands with people and with groups. Holds no secret: links carry opaque tokens
/// of Graph that are worth nothing without an access token.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Checkpoint {
    version: u32,
    people: Option<Stand>,
    groups: Option<Stand>,
    scope: ScopeIs,
    /// Where the card number was: a name that need not be looked up again.
    card_number: Option<String>,
    /// Rooms could not be read, so an enumeration left out accounts that may be theirs: users
    /// are to be enumerated once more.
    #[serde(default)]
    enumerate_again: bool,
    /// Since when rooms could not be read, in seconds since 1970.
    #[serde(default)]
    without_rooms: Option<u64>,
}

/// How sure it is who is selected, where groups decide it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ScopeIs {
    /// Nothing changed since people were enumerated.
    Settled,
    /// To be enumerated once.
    Open,
    /// Groups changed. The directory's replicas can lag behind each other, so that one enumeration
    /// may not see it yet: to be enumerated now and in the next run.
    Changed,
}

/// Where it stands with one subject.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stand {
    /// What it was made for: under other settings, all of the subject is told anew.
    made_for: MadeFor,
    /// When the enumeration began, in seconds since 1970.
    began: u64,
    /// The next thing to read; nothing where all has to be enumerated.
    position: Option<Position>,
    /// What is to be read once more.
    #[serde(default)]
    owed: Owed,
    /// Number of items that a page may have, where larger pages were too large to read.
    #[serde(default)]
    page_size: Option<u16>,
    /// How often this enumeration's listing lost its place.
    #[serde(default)]
    expired: u32,
}

/// The settings that decide what is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MadeFor {
    graph: String,
    tenant: String,
    select: String,
    /// Of people alone.
    people: Option<Scope>,
}

/// Which people are told.
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
    /// A page of a listing of people. Afterwards, `delta` tells what changed meanwhile.
    Listing {
        /// Of the page.
        link: String,
        /// Taken before the listing began.
        delta: String,
        /// Which of the groups that people are limited to is listed.
        group: usize,
    },
    /// A page of delta that belongs to an enumeration: of people, what changed during the
    /// listing; of groups, all there are.
    Enumerating {
        /// Of the page.
        link: String,
        /// Whether delta alone enumerates: its first round, in which a property that is absent
        /// has no value.
        #[serde(default)]
        initial: bool,
    },
    /// A page of what changed since the last run.
    Following {
        /// Of the page.
        link: String,
    },
}

impl Position {
    /// The page to read.
    pub(super) fn link(&self) -> &str {
        match self {
            Self::Listing { link, .. }
            | Self::Enumerating { link, .. }
            | Self::Following { link } => link,
        }
    }

    /// The link by which delta goes on.
    pub(super) fn delta(&self) -> &str {
        match self {
            Self::Listing { delta, .. } => delta,
            Self::Enumerating { link, .. } | Self::Following { link } => link,
        }
    }

    /// Whether it belongs to an enumeration.
    pub(super) fn is_full(&self) -> bool {
        !matches!(self, Self::Following { .. })
    }
}

impl Checkpoint {
    /// Nothing was told yet.
    pub(super) fn nowhere() -> Self {
        Self {
            version: VERSION,
            people: None,
            groups: None,
            scope: ScopeIs::Settled,
            card_number: None,
            enumerate_again: false,
            without_rooms: None,
        }
    }

    /// Reads one that an earlier run gave, as far as it is not too old.
    pub(super) fn read(text: &str, now: SystemTime) -> Self {
        let it: Option<Self> = serde_json::from_str(text).ok();
        let Some(mut it) = it.filter(|it| (OLDEST..=VERSION).contains(&it.version)) else {
            return Self::nowhere();
        };
        it.version = VERSION;
        for stand in [&mut it.people, &mut it.groups].into_iter().flatten() {
            if !stand.is_fresh(now) {
                stand.position = None;
            }
        }
        it
    }

    /// Where the card number was in the latest run: a name that need not be looked up again while
    /// people are followed.
    pub(super) fn card_number(&self) -> Option<&str> {
        self.card_number.as_deref()
    }

    /// What still serves under these settings; the rest has to be told anew.
    pub(super) fn under(self, settings: &Settings, reader: &UserReader) -> Self {
        let serves = |stand: Stand, subject| {
            let is_same = stand.made_for == MadeFor::of(subject, settings, reader);
            // A link that leads elsewhere would carry the token there.
            let is_own = |link: &str| settings.endpoints().own_link(link).is_some();
            let position = stand.position.filter(|it| is_own(it.link()) && is_own(it.delta()));
            is_same.then_some(Stand { position, ..stand })
        };
        Self {
            people: self.people.and_then(|it| serves(it, Subject::Users)),
            groups: self.groups.and_then(|it| serves(it, Subject::Groups)),
            card_number: reader.card_number().map(ToString::to_string),
            ..self
        }
    }

    /// The same, where it stands with users replaced by where `earlier` stands with them.
    pub(super) fn with_people_of(self, earlier: &Self) -> Self {
        Self { people: earlier.people.clone(), ..self }
    }

    /// Where it stands with a subject; `None` where that is to be enumerated.
    pub(super) fn position(&self, subject: Subject) -> Option<&Position> {
        self.stand(subject)?.position.as_ref()
    }

    fn stand(&self, subject: Subject) -> Option<&Stand> {
        match subject {
            Subject::Users => self.people.as_ref(),
            Subject::Groups => self.groups.as_ref(),
        }
    }

    fn stand_mut(&mut self, subject: Subject) -> Option<&mut Stand> {
        match subject {
            Subject::Users => self.people.as_mut(),
            Subject::Groups => self.groups.as_mut(),
        }
    }

    /// Whether all of a subject has to be told.
    pub(super) fn needs_enumeration(&self, subject: Subject, settings: &Settings) -> bool {
        let Some(position) = self.position(subject) else {
            return true;
        };
        let limited = !settings.users.only_groups.is_empty();
        subject == Subject::Users
            && (limited && self.scope != ScopeIs::Settled
                // An enumeration that is under way ends first: it must end some time.
                || self.enumerate_again && !position.is_full())
    }

    /// The subject is to be enumerated, since Graph no longer knows where it stood.
    pub(super) fn forget(&mut self, subject: Subject) {
        if let Some(stand) = self.stand_mut(subject) {
            stand.position = None;
        }
    }

    /// The same, with an enumeration of `subject` that begins now.
    pub(super) fn begin(
        &self,
        subject: Subject,
        settings: &Settings,
        reader: &UserReader,
        now: SystemTime,
        position: Position,
    ) -> Self {
        let made_for = MadeFor::of(subject, settings, reader);
        let before = self.stand(subject);
        let mut owed = before.map(|it| it.owed.clone()).unwrap_or_default();
        let goes_on = before.and_then(|it| it.position.as_ref());
        if goes_on.is_none_or(|it| it.delta() != position.delta()) {
            // What changed between that link and this one, no change reports.
            owed.forget_reports();
        }
        let began = seconds(now);
        let position = Some(position);
        let stand = Some(Stand { made_for, began, position, owed, page_size: None, expired: 0 });
        match subject {
            // It finds out who is selected by now.
            Subject::Users => {
                let scope = match self.scope {
                    ScopeIs::Changed => ScopeIs::Open,
                    ScopeIs::Open | ScopeIs::Settled => ScopeIs::Settled,
                };
                Self { people: stand, scope, enumerate_again: false, ..self.clone() }
            }
            // What changed between the last round of groups and this one, nobody tells.
            Subject::Groups => {
                let scope = match self.scope {
                    ScopeIs::Settled => ScopeIs::Open,
                    other => other,
                };
                Self { groups: stand, scope, ..self.clone() }
            }
        }
    }

    /// The same, further on with `subject`.
    pub(super) fn at(&self, subject: Subject, position: Position) -> Self {
        let mut it = self.clone();
        it.move_to(subject, position);
        it
    }

    /// Goes on from elsewhere with `subject`.
    pub(super) fn move_to(&mut self, subject: Subject, position: Position) {
        if let Some(stand) = self.stand_mut(subject) {
            stand.position = Some(position);
        }
    }

    /// What is to be read once more of a subject.
    pub(super) fn owed(&self, subject: Subject) -> Option<&Owed> {
        self.stand(subject).map(|it| &it.owed)
    }

    /// The same, to be changed.
    pub(super) fn owed_mut(&mut self, subject: Subject) -> Option<&mut Owed> {
        self.stand_mut(subject).map(|it| &mut it.owed)
    }

    /// Makes what is to be read once more fit.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where more is owed than fits.
    pub(super) fn bound_owed(&mut self) -> Result<(), Error> {
        let stands = [&mut self.people, &mut self.groups].into_iter().flatten();
        owed::bound(&mut stands.map(|it| &mut it.owed).collect::<Vec<_>>())
    }

    /// Returns how many users and groups could not be reported yet; nothing where none.
    pub(super) fn total_owed(&self) -> Option<model::Owed> {
        let stands = [&self.people, &self.groups].into_iter().flatten();
        let counts: Vec<_> = stands.map(|it| it.owed.count()).collect();
        let count: usize = counts.iter().map(|(count, _)| count).sum();
        let since = counts.iter().filter_map(|(_, since)| *since).min()?;
        Some(model::Owed {
            count: u32::try_from(count).unwrap_or(u32::MAX),
            since: i64::try_from(since).unwrap_or(i64::MAX),
        })
    }

    /// Number of items that a page of a subject may have; nothing where any number will do.
    pub(super) fn page_size(&self, subject: Subject) -> Option<u16> {
        self.stand(subject)?.page_size
    }

    /// Halves the number of items that a page may have. Returns false where it is 1 already.
    pub(super) fn halve_pages(&mut self, subject: Subject) -> bool {
        let Some(stand) = self.stand_mut(subject) else {
            return false;
        };
        let size = stand.page_size.unwrap_or(LARGEST_PAGE);
        stand.page_size = Some((size / 2).max(1));
        size > 1
    }

    /// Notes that a listing lost its place; returns how often that happened to it.
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
        self.without_rooms = are_unknown.then(|| self.without_rooms.unwrap_or(seconds(now)));
    }

    /// Returns whether accounts wait for rooms that cannot be read.
    pub(super) fn waits_for_rooms(&self, now: SystemTime) -> bool {
        self.without_rooms.is_none_or(|since| {
            seconds(now).saturating_sub(since) <= LONGEST_WITHOUT_ROOMS.as_secs()
        })
    }

    /// Notes that groups changed.
    pub(super) fn change_scope(&mut self) {
        self.scope = ScopeIs::Changed;
    }

    /// Whether an enumeration of the subject that goes on began too long ago.
    pub(super) fn is_overdue(&self, subject: Subject, now: SystemTime) -> bool {
        self.stand(subject).is_some_and(|it| !it.is_fresh(now))
    }

    /// As ONES keeps it.
    pub(super) fn to_text(&self) -> String {
        // Strings, numbers and enums of them: nothing that JSON cannot hold.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Stand {
    fn is_fresh(&self, now: SystemTime) -> bool {
        let longest = match &self.position {
            Some(position) if position.is_full() => LONGEST_ENUMERATION,
            _ => LONGEST_FOLLOWING,
        };
        seconds(now).saturating_sub(self.began) <= longest.as_secs()
    }
}

/// Seconds since 1970.
pub(super) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |it| it.as_secs())
}

impl MadeFor {
    fn of(subject: Subject, settings: &Settings, reader: &UserReader) -> Self {
        let users = &settings.users;
        let (select, people) = match subject {
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
            people,
        }
    }
}
