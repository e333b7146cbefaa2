//! Kinds of records, and of runs.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::Serialize;

use crate::model::Subject;

/// Kind of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A user of the vendor's directory.
    User,
    /// A room.
    Room,
    /// A group of the vendor's directory.
    Group,
    /// A booking of a room, or a series of bookings.
    Booking,
}

impl Kind {
    /// The kinds that are stored as records, in the order of their declaration. Bookings have
    /// tables of their own.
    pub(super) const ALL: [Self; 3] = [Self::User, Self::Room, Self::Group];

    /// Returns what SQL says behind the name of the table where it reads all records of the kind,
    /// in any order. Most records are users: reading all records as they are stored is faster than
    /// finding each user by the index of ids.
    pub(super) fn reading_all(self) -> &'static str {
        match self {
            Self::User => "NOT INDEXED",
            Self::Room | Self::Group | Self::Booking => "",
        }
    }

    /// Returns the name in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Room => "room",
            Self::Group => "group",
            Self::Booking => "booking",
        }
    }
}

/// The kind of the records in a batch.
impl From<Subject> for Kind {
    fn from(subject: Subject) -> Self {
        match subject {
            Subject::Users => Self::User,
            Subject::Groups => Self::Group,
        }
    }
}

impl ToSql for Kind {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl FromSql for Kind {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "user" => Ok(Self::User),
            "room" => Ok(Self::Room),
            "group" => Ok(Self::Group),
            "booking" => Ok(Self::Booking),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

/// What one run syncs. Its name in the database and in JSON is that of the first of its
/// [`Self::records`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum RunKind {
    /// Rooms.
    #[serde(rename = "room")]
    Rooms,
    /// Users and groups, which share a checkpoint.
    #[serde(rename = "user")]
    Users,
    /// Bookings of all rooms. Each room has a checkpoint of its own.
    #[serde(rename = "booking")]
    Bookings,
}

impl RunKind {
    /// Rooms and users, in the order in which they are synced. Bookings have a schedule of their
    /// own.
    pub const ALL: &'static [Self] = &[Self::Rooms, Self::Users];

    /// Returns the kinds of records that such a run syncs.
    pub fn records(self) -> &'static [Kind] {
        match self {
            Self::Rooms => &[Kind::Room],
            Self::Users => &[Kind::User, Kind::Group],
            Self::Bookings => &[Kind::Booking],
        }
    }

    /// Returns the name in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rooms => Kind::Room.as_str(),
            Self::Users => Kind::User.as_str(),
            Self::Bookings => Kind::Booking.as_str(),
        }
    }
}

impl ToSql for RunKind {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl FromSql for RunKind {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "room" => Ok(Self::Rooms),
            "user" => Ok(Self::Users),
            "booking" => Ok(Self::Bookings),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}
