//! What a plugin tells, as plain records.
//!
//! The contract of every item is in `wit/integration.wit`. In JSON, which is also how
//! the store keeps them, names are those of the interface in camelCase.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The largest number of changes in a batch, and of ids in a question.
pub const BATCH: usize = 1_000;

/// What a plugin says of itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// What a person calls the vendor's product.
    pub name: String,
    /// Of the plugin.
    pub version: String,
    /// JSON Schema of the settings.
    pub settings_schema: serde_json::Value,
    /// What the vendor's administrator must grant.
    pub permissions: Vec<Permission>,
}

/// What the vendor's administrator must grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    /// As the vendor spells it.
    pub name: String,
    /// The vendor's identifier of it.
    pub id: Option<String>,
    /// What it is needed for.
    pub reason: String,
}

/// What came of trying the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// In the order in which a person should read them.
    pub checks: Vec<Check>,
}

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// Stable across versions.
    pub id: String,
    /// How it went.
    pub outcome: Outcome,
    /// One line.
    pub summary: String,
    /// What to do about it.
    pub remedy: Option<String>,
    /// What the vendor answered.
    pub detail: Option<String>,
    /// The settings that it concerns.
    pub fields: Vec<FieldError>,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// As it should be.
    Passed,
    /// Works, but deserves a look.
    Warned,
    /// Does not work.
    Failed,
    /// Not tried, since an earlier check failed.
    Skipped,
}

/// What is wrong with a setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) into the settings.
    pub field: String,
    /// What is wrong.
    pub message: String,
}

/// A value that a field of the settings, or an item of it, can take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What goes into the settings.
    pub value: String,
    /// What a person calls it.
    pub label: String,
    /// What tells it from others of that name.
    pub hint: Option<String>,
}

/// A room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the fields are those of the interface, documented there")]
pub struct Room {
    pub id: String,
    pub email: String,
    pub name: String,
    pub nickname: Option<String>,
    pub capacity: Option<u32>,
    pub building: Option<String>,
    pub floor_number: Option<i32>,
    pub floor_label: Option<String>,
    pub label: Option<String>,
    pub phone: Option<String>,
    pub address: Option<Address>,
    pub position: Option<Coordinates>,
    pub wheelchair_accessible: Option<bool>,
    pub audio_device: Option<String>,
    pub video_device: Option<String>,
    pub display_device: Option<String>,
    pub booking_type: Option<String>,
    pub tags: Vec<String>,
    pub lists: Vec<String>,
    /// Not part of what is stored.
    #[serde(skip)]
    pub unknown: RoomFields,
}

/// The fields of a room that could not be read: what is stored of them stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the fields are those of the interface, documented there")]
#[expect(clippy::struct_excessive_bools, reason = "flags of the interface")]
pub struct RoomFields {
    pub building: bool,
    pub floor_label: bool,
    pub address: bool,
    pub position: bool,
    pub lists: bool,
}

impl Room {
    /// Replaces the fields that are unknown by those of the record that is stored.
    pub fn keep_unknown(&mut self, stored: Self) {
        let RoomFields { building, floor_label, address, position, lists } = self.unknown;
        if building {
            self.building = stored.building;
        }
        if floor_label {
            self.floor_label = stored.floor_label;
        }
        if address {
            self.address = stored.address;
        }
        if position {
            self.position = stored.position;
        }
        if lists {
            self.lists = stored.lists;
        }
        self.unknown = RoomFields::default();
    }
}

/// Where a room is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the fields are those of the interface, documented there")]
pub struct Address {
    pub street: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub postal_code: Option<String>,
    pub country: Option<String>,
}

/// Degrees, WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the fields are those of the interface, documented there")]
pub struct Coordinates {
    pub latitude: f64,
    pub longitude: f64,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the fields are those of the interface, documented there")]
pub struct User {
    pub id: String,
    pub username: String,
    pub display_name: String,
    pub email: Option<String>,
    pub given_name: Option<String>,
    pub surname: Option<String>,
    pub job_title: Option<String>,
    pub department: Option<String>,
    pub office: Option<String>,
    pub mobile_phone: Option<String>,
    pub business_phone: Option<String>,
    pub language: Option<String>,
    pub card_number: Option<String>,
    pub enabled: bool,
    pub guest: bool,
    /// Not part of what is stored.
    #[serde(skip)]
    pub unknown: UserFields,
}

/// The fields of a user that could not be read: what is stored of them stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the fields are those of the interface, documented there")]
pub struct UserFields {
    pub card_number: bool,
}

impl User {
    /// Replaces the fields that are unknown by those of the record that is stored.
    pub fn keep_unknown(&mut self, stored: Self) {
        let UserFields { card_number } = self.unknown;
        if card_number {
            self.card_number = stored.card_number;
        }
        self.unknown = UserFields::default();
    }
}

/// A group of the vendor's directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the fields are those of the interface, documented there")]
pub struct Group {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    pub email: Option<String>,
}

/// Who is in a group, directly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Id of the group.
    pub group: String,
    /// Id of a person or of another group. Neither need be known.
    pub member: String,
}

/// Exists, but could not be read: what is stored stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unreadable {
    /// Of the room, person or group.
    pub id: String,
    /// Why, for a person.
    pub reason: String,
}

/// Some rooms, [`BATCH`] at most.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RoomBatch {
    /// As read.
    pub rooms: Vec<Room>,
    /// Which could not be read.
    pub unreadable: Vec<Unreadable>,
}

/// How one room stands now.
#[derive(Debug, Clone, PartialEq)]
pub enum RoomChange {
    /// The complete record.
    Room(Room),
    /// One answer did not find it, or did not find it selected: no proof.
    Missing(String, Removal),
    /// There, but not readable.
    Unreadable(Unreadable),
}

impl RoomChange {
    /// Id of the room.
    pub fn id(&self) -> &str {
        match self {
            Self::Room(room) => &room.id,
            Self::Missing(id, _) => id,
            Self::Unreadable(it) => &it.id,
        }
    }
}

/// Why a person or group is no longer there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Removal {
    /// Can come back.
    Soft,
    /// For good.
    Permanent,
    /// Exists, but is not selected by the settings.
    OutOfScope,
}

impl Removal {
    /// The interface's name of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Soft => "soft",
            Self::Permanent => "permanent",
            Self::OutOfScope => "out-of-scope",
        }
    }
}

/// What is told of one person, group, or membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserChange {
    /// The complete record.
    User(User),
    /// The complete record of an account that may be no user: stored where one is known.
    UserIfKnown(User),
    /// The vendor reported the removal.
    UserRemoved(String, Removal),
    /// One answer did not find it, or did not find it selected: no proof.
    UserMissing(String, Removal),
    /// There, but not readable.
    UserUnreadable(Unreadable),
    /// The complete record, without its members.
    Group(Group),
    /// The vendor reported the removal.
    GroupRemoved(String, Removal),
    /// One answer did not find it: no proof.
    GroupMissing(String),
    /// There, but not readable.
    GroupUnreadable(Unreadable),
    /// In the group.
    MemberAdded(Membership),
    /// Not in the group any more.
    MemberRemoved(Membership),
}

impl UserChange {
    /// Whom it concerns; of a membership, the group.
    pub fn id(&self) -> &str {
        match self {
            Self::User(user) | Self::UserIfKnown(user) => &user.id,
            Self::Group(group) => &group.id,
            Self::UserRemoved(id, _)
            | Self::UserMissing(id, _)
            | Self::GroupRemoved(id, _)
            | Self::GroupMissing(id) => id,
            Self::UserUnreadable(it) | Self::GroupUnreadable(it) => &it.id,
            Self::MemberAdded(it) | Self::MemberRemoved(it) => &it.group,
        }
    }

    /// The length of its longest id, in bytes.
    pub fn longest_id(&self) -> usize {
        match self {
            Self::MemberAdded(it) | Self::MemberRemoved(it) => it.group.len().max(it.member.len()),
            other => other.id().len(),
        }
    }

    /// What a batch must be of that holds it.
    pub fn subject(&self) -> Subject {
        match self {
            Self::User(_)
            | Self::UserIfKnown(_)
            | Self::UserRemoved(..)
            | Self::UserMissing(..)
            | Self::UserUnreadable(_) => Subject::People,
            Self::Group(_)
            | Self::GroupRemoved(..)
            | Self::GroupMissing(_)
            | Self::GroupUnreadable(_)
            | Self::MemberAdded(_)
            | Self::MemberRemoved(_) => Subject::Groups,
        }
    }

    /// Whether it tells who is in a group, and nothing of the group itself.
    pub fn is_membership(&self) -> bool {
        matches!(self, Self::MemberAdded(_) | Self::MemberRemoved(_))
    }
}

/// What a batch tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Subject {
    #[default]
    People,
    /// Groups, and who is in which.
    Groups,
}

impl Subject {
    /// The interface's name of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Groups => "groups",
        }
    }
}

/// Whether all are told, or what changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Part of an enumeration of all there are of the subject.
    Full {
        /// It begins with this batch.
        first: bool,
        /// It is complete with this batch.
        last: bool,
    },
    /// Only what changed since the checkpoint.
    Incremental,
}

/// Some changes, [`BATCH`] at most, and where to go on after them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserBatch {
    /// What all its changes are of.
    pub subject: Subject,
    /// Where it stands.
    pub mode: Mode,
    /// In the order in which they happened.
    pub changes: Vec<UserChange>,
    /// From here a later run goes on.
    pub checkpoint: String,
    /// How many of the subject the vendor counts.
    pub total: Option<u64>,
}

/// How a run went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// All that went over the wire.
    pub requests: u32,
    /// Requests that the vendor asked to send again later.
    pub throttled: u32,
    /// Requests sent again for another cause.
    pub retried: u32,
    /// For the person who looks at the run.
    pub warnings: Vec<String>,
    /// How much could not be read.
    pub unreadable: u32,
    /// Where not, nothing is gone for not having been told in this run.
    pub complete: bool,
    /// Users and groups that were reported, but could not be read yet.
    pub owed: Option<Owed>,
}

/// What the vendor reported, but did not let be read yet: each run reads it first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Owed {
    /// Number of users and groups.
    pub count: u32,
    /// When the oldest was first reported, in seconds since 1970.
    pub since: i64,
}

impl Owed {
    /// Returns when the oldest was first reported.
    pub fn since(self) -> Timestamp {
        Timestamp::from_second(self.since).unwrap_or_default()
    }

    /// Returns a sentence for the administrator, in which `since` is that time.
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

/// How rooms take bookings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookingPolicy {
    /// A room accepts by itself what does not collide.
    pub auto_accept: bool,
    /// How many days ahead a room can be booked.
    pub window_days: u32,
    /// Of one booking, in minutes. 0: no limit.
    pub longest_minutes: u32,
    /// The calendar keeps what a meeting is called.
    pub keep_subject: bool,
}

/// Something for the vendor's administrator to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// What a file of it is called, without a folder.
    pub file_name: String,
    /// All of it.
    pub text: String,
}

/// What a browser is sent to the vendor for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A person signs in to ONES.
    SignIn,
    /// The vendor's administrator grants the permissions.
    Consent,
}

/// What a plugin needs to know again when a browser comes back. Secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Flow(pub String);

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flow([redacted])")
    }
}

/// Where to send a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// An https address, or http on loopback.
    pub url: String,
    /// To be handed back with the callback, once.
    pub flow: Flow,
}

/// What a browser came back with.
#[derive(Clone, PartialEq, Eq)]
pub struct Callback {
    /// As it was given when the browser was sent.
    pub redirect_uri: String,
    /// Of the query or of the form, decoded, in their order.
    pub parameters: Vec<(String, String)>,
    /// None where this browser has no sign-in under way.
    pub flow: Option<Flow>,
}

// The parameters hold codes.
impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.parameters.iter().map(|(name, _)| name).collect();
        f.debug_struct("Callback").field("parameters", &names).finish_non_exhaustive()
    }
}

/// What came of a callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallbackOutcome {
    /// Who signed in.
    SignedIn(User),
    /// The vendor's administrator granted the permissions.
    ConsentGranted,
}

/// A plugin's own error. Both the texts and the code are the plugin's.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the cases are those of the interface, documented there")]
pub enum Refusal {
    InvalidSettings(Vec<FieldError>),
    Unauthorized(Explanation),
    PermissionMissing(Explanation),
    /// Seconds to wait.
    Throttled(u32),
    Unavailable(Explanation),
    Unexpected(Explanation),
    Rejected(Explanation),
    Declined(Explanation),
    Unsupported(Explanation),
    Cancelled,
    Other(Explanation),
}

/// An error, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Stable.
    pub code: String,
    /// A sentence.
    pub summary: String,
    /// What to do about it.
    pub remedy: Option<String>,
    /// For a support ticket.
    pub detail: Option<String>,
}
