//! The records that ONES is told, as the WIT package `ones:integration` has them.
//!
//! `component.rs` turns them into the generated types, so that all else is plain Rust.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A bookable room.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "documented in wit/integration.wit, field by field")]
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
    pub unknown: RoomFields,
}

/// The fields of a room that could not be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "documented in wit/integration.wit, field by field")]
#[expect(clippy::struct_excessive_bools, reason = "flags of the interface")]
pub struct RoomFields {
    pub building: bool,
    pub floor_label: bool,
    pub address: bool,
    pub position: bool,
    pub lists: bool,
}

/// A postal address.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "documented in wit/integration.wit, field by field")]
pub struct Address {
    pub street: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub postal_code: Option<String>,
    pub country: Option<String>,
}

/// Degrees, WGS 84.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the unit is said above")]
pub struct Coordinates {
    pub latitude: f64,
    pub longitude: f64,
}

/// Exists, but could not be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Unreadable {
    /// Of the room or person.
    pub id: String,
    /// Which field was wrong, and how.
    pub reason: String,
}

/// At most [`BATCH`] rooms.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "documented in wit/integration.wit, field by field")]
pub struct RoomBatch {
    pub rooms: Vec<Room>,
    pub unreadable: Vec<Unreadable>,
}

/// How one room stands now.
#[derive(Debug, Clone, PartialEq)]
pub enum RoomChange {
    /// The complete record.
    Room(Room),
    /// Not found, or not selected, by id: one answer, and no proof.
    Missing(String, Removal),
    /// Exists, but could not be read.
    Unreadable(Unreadable),
}

/// A person.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "documented in wit/integration.wit, field by field")]
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
    pub unknown: UserFields,
}

/// The fields of a user that could not be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "documented in wit/integration.wit, field by field")]
pub struct UserFields {
    pub card_number: bool,
}

/// Why somebody is no longer there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// Can come back from the recycle bin.
    Soft,
    /// Gone for good.
    Permanent,
    /// Not selected by the settings (any more).
    OutOfScope,
}

/// A group of the directory.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "documented in wit/integration.wit, field by field")]
pub struct Group {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    pub email: Option<String>,
}

/// Who is directly in a group: a person or another group, by id.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "documented in wit/integration.wit, field by field")]
pub struct Membership {
    pub group: String,
    pub member: String,
}

/// One thing to know about one person, group or membership.
#[derive(Debug, Clone, PartialEq)]
pub enum UserChange {
    /// The complete record, new or changed.
    User(User),
    /// The complete record of an account that may be that of a room.
    IfKnown(User),
    /// The vendor reported the removal of this id.
    Removed(String, Removal),
    /// Not found, or not selected, by id: one answer, and no proof.
    Missing(String, Removal),
    /// Exists, but could not be read.
    Unreadable(Unreadable),
    /// The whole record, new or changed, without its members.
    Group(Group),
    /// The vendor reported the removal of this id.
    GroupRemoved(String, Removal),
    /// Not found by id: one answer, and no proof.
    GroupMissing(String),
    /// Exists, but could not be read.
    GroupUnreadable(Unreadable),
    /// Joined.
    MemberAdded(Membership),
    /// Left.
    MemberRemoved(Membership),
}

impl UserChange {
    /// Of the person or group that it concerns.
    pub fn id(&self) -> &str {
        match self {
            Self::User(user) | Self::IfKnown(user) => &user.id,
            Self::Group(group) => &group.id,
            Self::Removed(id, _)
            | Self::Missing(id, _)
            | Self::GroupRemoved(id, _)
            | Self::GroupMissing(id) => id,
            Self::Unreadable(it) | Self::GroupUnreadable(it) => &it.id,
            Self::MemberAdded(it) | Self::MemberRemoved(it) => &it.group,
        }
    }
}

/// What a batch tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// Who is selected.
    People,
    /// Groups, and who is in which.
    Groups,
}

/// Most changes that one batch may hold.
pub const BATCH: usize = 1000;

/// What a batch is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// An enumeration of all people, or of all groups.
    Full {
        /// It begins with this batch.
        first: bool,
        /// It is complete with this batch.
        last: bool,
    },
    /// What changed since the checkpoint.
    Incremental,
}

/// At most [`BATCH`] changes, and from where a later run goes on.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "documented in wit/integration.wit, field by field")]
pub struct UserBatch {
    pub subject: Subject,
    pub mode: Mode,
    pub changes: Vec<UserChange>,
    pub checkpoint: String,
    pub total: Option<u64>,
}

/// How a run went.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "documented in wit/integration.wit, field by field")]
pub struct Summary {
    pub requests: u32,
    pub throttled: u32,
    pub retried: u32,
    pub warnings: Vec<String>,
    pub unreadable: u32,
    pub complete: bool,
    pub owed: Option<Owed>,
}

/// Users and groups that were reported, but could not be read yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "documented in wit/integration.wit, field by field")]
pub struct Owed {
    pub count: u32,
    pub since: i64,
}

impl Default for Summary {
    /// Nothing happened, and nothing is missing.
    fn default() -> Self {
        Self {
            requests: 0,
            throttled: 0,
            retried: 0,
            warnings: Vec::new(),
            unreadable: 0,
            complete: true,
            owed: None,
        }
    }
}

/// A value that a field of the settings can take.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "documented in wit/integration.wit, field by field")]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub hint: Option<String>,
}

/// What a browser is sent to Entra ID for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A person signs in.
    SignIn,
    /// An administrator of the tenant grants the permissions.
    Consent,
}

/// Where to send a browser.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "documented in wit/integration.wit, field by field")]
pub struct Redirect {
    pub url: String,
    pub flow: String,
}

// It holds a nonce and a verifier.
impl fmt::Debug for Redirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redirect([redacted])")
    }
}

/// What a browser came back with.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "documented in wit/integration.wit, field by field")]
pub struct Callback {
    pub redirect_uri: String,
    pub parameters: Vec<(String, String)>,
    pub flow: Option<String>,
}

// It holds a code.
impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback([redacted])")
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub enum CallbackOutcome {
    /// Who signed in.
    SignedIn(User),
    /// An administrator granted the permissions.
    ConsentGranted,
}

/// How one aspect of the settings fared.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "documented in wit/integration.wit, field by field")]
pub struct Check {
    pub id: &'static str,
    pub outcome: Outcome,
    pub summary: String,
    pub remedy: Option<String>,
    pub detail: Option<String>,
    pub fields: Vec<crate::error::FieldError>,
}

/// Of a [`Check`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// How rooms take bookings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "documented in wit/integration.wit, field by field")]
pub struct BookingPolicy {
    pub auto_accept: bool,
    pub window_days: u32,
    pub longest_minutes: u32,
    pub keep_subject: bool,
}

/// Something for the tenant's administrator to run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "documented in wit/integration.wit, field by field")]
pub struct Script {
    pub file_name: String,
    pub text: String,
}
