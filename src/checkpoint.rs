//! From where a run of people goes on.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::{payload::UserReader, settings::Settings};

/// Raised whenever a record is made in another way, so that everybody is told anew.
const VERSION: u32 = 1;

/// An enumeration that did not end within a day begins anew: Graph's page links expire.
const LONGEST_ENUMERATION: Duration = Duration::from_secs(24 * 3600);

/// Delta alone is not trusted for longer: the directory's replicas can lag behind each other.
const LONGEST_FOLLOWING: Duration = Duration::from_secs(7 * 24 * 3600);

/// Where a run stands. Holds no secret: links carry opaque tokens of Graph that are worth
/// nothing without an access token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    version: u32,
    /// What it was made for: under other settings, all is told anew.
    made_for: Scope,
    /// When the enumeration began, in seconds since 1970.
    began: u64,
    /// The next thing to read.
    pub position: Position,
}

/// The settings that decide who is told, and what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scope {
    graph: String,
    tenant: String,
    select: String,
    card_number: Option<String>,
    guests: bool,
    disabled: bool,
}

/// What to read next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", tag = "phase")]
pub enum Position {
    /// A page of the listing of all people. Afterwards, `delta` tells what changed meanwhile.
    Listing {
        /// Of the page.
        link: String,
        /// Taken before the listing began.
        delta: String,
    },
    /// A page of what changed during the listing.
    CatchingUp {
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
    pub fn link(&self) -> &str {
        match self {
            Self::Listing { link, .. } | Self::CatchingUp { link } | Self::Following { link } => {
                link
            }
        }
    }
}

impl Checkpoint {
    /// Of an enumeration that begins now.
    pub fn begin(
        settings: &Settings,
        reader: &UserReader,
        now: SystemTime,
        position: Position,
    ) -> Self {
        Self {
            version: VERSION,
            made_for: Scope::of(settings, reader),
            began: seconds(now),
            position,
        }
    }

    /// Reads one that an earlier run gave; `None` where it no longer serves, and all has to
    /// be told anew.
    pub fn resume(
        text: &str,
        settings: &Settings,
        reader: &UserReader,
        now: SystemTime,
    ) -> Option<Self> {
        let it: Self = serde_json::from_str(text).ok()?;
        let longest = match it.position {
            Position::Listing { .. } | Position::CatchingUp { .. } => LONGEST_ENUMERATION,
            Position::Following { .. } => LONGEST_FOLLOWING,
        };
        let fresh = seconds(now).saturating_sub(it.began) <= longest.as_secs();
        let fits = it.version == VERSION && it.made_for == Scope::of(settings, reader);
        // A link that leads elsewhere would carry the token there.
        let own = settings.endpoints().own_link(it.position.link()).is_some();
        (fits && fresh && own).then_some(it)
    }

    /// The same enumeration, further on.
    pub fn at(&self, position: Position) -> Self {
        Self { position, ..self.clone() }
    }

    /// As ONES keeps it.
    pub fn to_text(&self) -> String {
        // Strings, numbers and enums of them: nothing that JSON cannot hold.
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |it| it.as_secs())
}

impl Scope {
    fn of(settings: &Settings, reader: &UserReader) -> Self {
        let users = &settings.users;
        Self {
            graph: settings.endpoints().graph_origin().to_owned(),
            tenant: settings.server.tenant_id.clone(),
            select: reader.select().to_owned(),
            card_number: reader.card_number().map(ToString::to_string),
            guests: users.include_guests,
            disabled: users.include_disabled,
        }
    }
}
