//! From where a run goes on.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::{
    model::Subject,
    payload::{GROUP_SELECT, UserReader},
    settings::Settings,
};

/// Raised whenever a record is made in another way, so that all is told anew.
const VERSION: u32 = 2;

/// An enumeration that did not end within a day begins anew: Graph's page links expire.
const LONGEST_ENUMERATION: Duration = Duration::from_secs(24 * 3600);

/// Delta alone is not trusted for longer: the directory's replicas can lag behind each other.
const LONGEST_FOLLOWING: Duration = Duration::from_secs(7 * 24 * 3600);

/// Where a run stands with people and with groups. Holds no secret: links carry opaque tokens
/// of Graph that are worth nothing without an access token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Checkpoint {
    version: u32,
    people: Option<Stand>,
    groups: Option<Stand>,
    scope: ScopeIs,
    /// Where the card number was: a name that need not be looked up again.
    card_number: Option<String>,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stand {
    /// What it was made for: under other settings, all of the subject is told anew.
    made_for: MadeFor,
    /// When the enumeration began, in seconds since 1970.
    began: u64,
    /// The next thing to read.
    position: Position,
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
            Self::Listing { link, .. } | Self::Enumerating { link } | Self::Following { link } => {
                link
            }
        }
    }

    /// The link by which delta goes on.
    pub(super) fn delta(&self) -> &str {
        match self {
            Self::Listing { delta, .. } => delta,
            Self::Enumerating { link } | Self::Following { link } => link,
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
        }
    }

    /// Reads one that an earlier run gave, as far as it is not too old.
    pub(super) fn read(text: &str, now: SystemTime) -> Self {
        let it: Option<Self> = serde_json::from_str(text).ok();
        let Some(it) = it.filter(|it| it.version == VERSION) else {
            return Self::nowhere();
        };
        let people = it.people.filter(|it| it.is_fresh(now));
        Self { people, groups: it.groups.filter(|it| it.is_fresh(now)), ..it }
    }

    /// Where the card number was in the latest run: a name that need not be looked up again while
    /// people are followed.
    pub(super) fn card_number(&self) -> Option<&str> {
        self.card_number.as_deref()
    }

    /// What still serves under these settings; the rest has to be told anew.
    pub(super) fn under(self, settings: &Settings, reader: &UserReader) -> Self {
        let serves = |stand: &Stand, subject| {
            stand.made_for == MadeFor::of(subject, settings, reader)
                // A link that leads elsewhere would carry the token there.
                && settings.endpoints().own_link(stand.position.link()).is_some()
                && settings.endpoints().own_link(stand.position.delta()).is_some()
        };
        Self {
            people: self.people.filter(|it| serves(it, Subject::People)),
            groups: self.groups.filter(|it| serves(it, Subject::Groups)),
            card_number: reader.card_number().map(ToString::to_string),
            ..self
        }
    }

    /// Where it stands with a subject; `None` where that is to be enumerated.
    pub(super) fn position(&self, subject: Subject) -> Option<&Position> {
        self.stand(subject).map(|it| &it.position)
    }

    fn stand(&self, subject: Subject) -> Option<&Stand> {
        match subject {
            Subject::People => self.people.as_ref(),
            Subject::Groups => self.groups.as_ref(),
        }
    }

    /// Whether all of a subject has to be told.
    pub(super) fn needs_enumeration(&self, subject: Subject, settings: &Settings) -> bool {
        let limited = !settings.users.only_groups.is_empty();
        match subject {
            Subject::People => self.people.is_none() || limited && self.scope != ScopeIs::Settled,
            Subject::Groups => self.groups.is_none(),
        }
    }

    /// The subject is to be enumerated, since Graph no longer knows where it stood.
    pub(super) fn forget(&mut self, subject: Subject) {
        match subject {
            Subject::People => self.people = None,
            Subject::Groups => self.groups = None,
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
        let stand = Some(Stand { made_for, began: seconds(now), position });
        match subject {
            // It finds out who is selected by now.
            Subject::People => {
                let scope = match self.scope {
                    ScopeIs::Changed => ScopeIs::Open,
                    ScopeIs::Open | ScopeIs::Settled => ScopeIs::Settled,
                };
                Self { people: stand, scope, ..self.clone() }
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
        let stand = match subject {
            Subject::People => &mut it.people,
            Subject::Groups => &mut it.groups,
        };
        if let Some(stand) = stand {
            stand.position = position;
        }
        it
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
        let longest = match self.position.is_full() {
            true => LONGEST_ENUMERATION,
            false => LONGEST_FOLLOWING,
        };
        seconds(now).saturating_sub(self.began) <= longest.as_secs()
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |it| it.as_secs())
}

impl MadeFor {
    fn of(subject: Subject, settings: &Settings, reader: &UserReader) -> Self {
        let users = &settings.users;
        let (select, people) = match subject {
            Subject::Groups => (GROUP_SELECT, None),
            Subject::People => (
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
