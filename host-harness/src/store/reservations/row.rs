//! A reservation as it is stored and listed.

use jiff::Timestamp;
use rusqlite::Row;
use serde::{Deserialize, Serialize};

use crate::{
    model::{BookingCalendar, BookingRequest, BookingTime, TimeRange},
    problem::Problem,
    store::{
        bookings::{as_text, as_text_if_any},
        json,
    },
};

/// A booking that was made in ONES.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// ONES' own id: a UUID, which the vendor stores with the meeting.
    pub reference: String,
    /// Id of the user for whom it was made.
    pub organizer: String,
    /// What was wished last.
    pub request: BookingRequest,
    /// What the rooms answered, in one word.
    pub state: ReservationState,
    /// Whose calendar the meeting is in, once the vendor has answered.
    pub calendar: Option<BookingCalendar>,
    /// When the meeting takes place, as far as ONES knows; of a series, its first occurrence. None
    /// while the vendor has no meeting.
    pub time: Option<BookingTime>,
    /// That time, or the one that was wished, as instants.
    pub instants: TimeRange,
    /// The rooms, in the order of the request.
    pub rooms: Vec<ReservedRoom>,
    /// Who made it.
    pub by: Actor,
    /// When it was made.
    #[serde(serialize_with = "as_text")]
    pub created: Timestamp,
    /// When its state or its time last changed.
    #[serde(serialize_with = "as_text")]
    pub changed: Timestamp,
    /// What was wished last, while the vendor has not answered it.
    pub waiting: Option<Waiting>,
    /// Since when a room has not answered.
    #[serde(serialize_with = "as_text_if_any")]
    pub pending_since: Option<Timestamp>,
    /// Why the last attempt failed: of the wish that waits, or of the last one.
    pub problem: Option<Problem>,
    /// See [`Self::is_private`].
    #[serde(skip)]
    pub(in crate::store) private: bool,
}

/// State of a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReservationState {
    /// The vendor has not answered the request. No room is booked.
    Requested,
    /// A room has not answered, and none declined. It is not booked.
    Pending,
    /// All rooms are booked.
    Confirmed,
    /// Some rooms are booked, or some occurrences of a series.
    Partly,
    /// No room is booked: they declined, or others have them.
    Declined,
    /// The meeting no longer exists, or no longer has the rooms.
    Cancelled,
    /// The vendor did not carry out the request.
    Failed,
}

/// A room of a reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReservedRoom {
    /// Id of the room.
    pub room: String,
    /// Name of the room, when it was reserved.
    pub name: String,
    /// What the room answered.
    pub state: RoomState,
    /// Id of the booking or series in this room, as syncs of bookings report it.
    pub booking: Option<String>,
    /// Why the room is not booked. The summary is for users.
    pub reason: Option<Problem>,
    /// The occurrences of a series that the room declined.
    pub declined: Vec<BookingTime>,
}

/// What a room answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoomState {
    /// Nothing yet. It is not booked.
    Pending,
    /// It is booked.
    Accepted,
    /// It is booked for some occurrences of the series.
    Partly,
    /// It is not booked, and the reason says why.
    Declined,
    /// It is not booked: others have it.
    Conflict,
    /// It is no longer booked: the meeting no longer exists, or no longer has this room.
    Ended,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// A user who is signed in, by id.
    User(String),
    /// The administrator, on the pages.
    Administrator,
    /// Whoever runs `ones-host` on the command line.
    CommandLine,
    /// A room's answer, or a user of the vendor's own programs.
    Vendor,
    /// This program, by itself.
    Host,
}

/// A wish that the vendor has not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// What is wished.
    pub wish: Wish,
    /// Who wishes it.
    pub by: Actor,
    /// Since when it waits.
    #[serde(serialize_with = "as_text")]
    pub since: Timestamp,
    /// Number of attempts, the one under way included.
    pub attempts: u32,
    /// When the next attempt begins, at the earliest.
    #[serde(serialize_with = "as_text")]
    pub next: Timestamp,
    /// Why the last attempt failed.
    pub problem: Option<Problem>,
}

/// What is wished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wish {
    /// To book, as the reservation says.
    Book,
    /// To change the reservation.
    Change(Box<WishedChange>),
    /// To cancel the meeting, or one occurrence of its series.
    #[serde(rename_all = "camelCase")]
    Cancel {
        /// The occurrence, by its present time.
        occurrence: Option<BookingTime>,
        /// A text for everyone who is invited.
        comment: String,
    },
    /// To make a room free again, whoever booked it.
    Release,
}

/// A change that is wished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WishedChange {
    /// What is changed. None where an earlier wish has to be answered first: then it is what that
    /// wish leads to.
    pub former: Option<BookingRequest>,
    /// What it is changed to.
    pub request: BookingRequest,
    /// The time of the request, as instants.
    #[serde(flatten)]
    pub(in crate::store) instants: TimeRange,
    /// When its last occurrence is over, at the latest.
    pub(in crate::store) over_at: Option<i64>,
}

impl Reservation {
    /// Returns whether the meeting is private, or is to be private, or was so until a change that
    /// waits, also if something else was wished since.
    pub fn is_private(&self) -> bool {
        self.private
    }
}

macro_rules! names {
    ($type:ident { $($variant:ident = $name:literal,)+ }) => {
        impl $type {
            /// Returns the name in the database and in JSON.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }

        impl rusqlite::types::ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok(self.as_str().into())
            }
        }

        impl rusqlite::types::FromSql for $type {
            fn column_result(
                value: rusqlite::types::ValueRef<'_>,
            ) -> rusqlite::types::FromSqlResult<Self> {
                match value.as_str()? {
                    $($name => Ok(Self::$variant),)+
                    _ => Err(rusqlite::types::FromSqlError::InvalidType),
                }
            }
        }
    };
}
pub(super) use names;

names! {
    ReservationState {
        Requested = "requested",
        Pending = "pending",
        Confirmed = "confirmed",
        Partly = "partly",
        Declined = "declined",
        Cancelled = "cancelled",
        Failed = "failed",
    }
}

names! {
    RoomState {
        Pending = "pending",
        Accepted = "accepted",
        Partly = "partly",
        Declined = "declined",
        Conflict = "conflict",
        Ended = "ended",
    }
}

impl ReservationState {
    /// All states.
    pub const ALL: [Self; 7] = [
        Self::Requested,
        Self::Pending,
        Self::Confirmed,
        Self::Partly,
        Self::Declined,
        Self::Cancelled,
        Self::Failed,
    ];

    /// Returns whether rooms are booked, or may be.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Requested | Self::Pending | Self::Confirmed | Self::Partly)
    }

    /// Returns the state of a reservation whose rooms have these states.
    pub(super) fn of(rooms: &[ReservedRoom]) -> Self {
        let has = |state: RoomState| rooms.iter().any(|room| room.state == state);
        let is_booked = has(RoomState::Accepted) || has(RoomState::Partly);
        let is_refused = has(RoomState::Declined) || has(RoomState::Conflict);
        match () {
            () if has(RoomState::Pending) => Self::Pending,
            () if rooms.iter().all(|room| room.state == RoomState::Accepted) => Self::Confirmed,
            () if is_booked => Self::Partly,
            () if is_refused => Self::Declined,
            () => Self::Cancelled,
        }
    }
}

impl RoomState {
    /// Returns whether the room is booked, or may be.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Accepted | Self::Partly)
    }
}

/// A reservation with what only this program needs.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) number: i64,
    /// As the vendor has it.
    pub(super) request: BookingRequest,
    pub(super) ticket: Option<String>,
    pub(super) over_at: Option<i64>,
    pub(super) checks: u32,
    pub(super) row: Reservation,
}

/// Columns of a reservation `r`.
pub(super) const COLUMNS: &str = "r.number, r.reference, r.organizer, r.state, r.request, r.starts,
    r.ends, r.made_by, r.created, r.changed, r.calendar, r.ticket,
    coalesce(r.check_problem, r.problem) AS problem, r.pending_since, r.over_at, r.checks";

/// Reads a reservation from its [`COLUMNS`], without its rooms and without what waits.
pub(super) fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let request: BookingRequest = json::read("request", row.get_ref("request")?.as_str()?)?;
    let ticket: Option<String> = row.get("ticket")?;
    let calendar = match row.get_ref("calendar")?.as_str_or_null()? {
        Some("organizer") => Some(BookingCalendar::Organizer),
        Some("room") => Some(BookingCalendar::Room),
        _ => None,
    };
    Ok(Stored {
        number: row.get("number")?,
        over_at: row.get("over_at")?,
        checks: row.get("checks")?,
        row: Reservation {
            reference: row.get("reference")?,
            organizer: row.get("organizer")?,
            request: request.clone(),
            state: row.get("state")?,
            calendar,
            time: ticket.as_ref().map(|_| request.time.clone()),
            instants: TimeRange { starts: row.get("starts")?, ends: row.get("ends")? },
            rooms: Vec::new(),
            by: json::read("made_by", row.get_ref("made_by")?.as_str()?)?,
            created: second(row.get("created")?),
            changed: second(row.get("changed")?),
            waiting: None,
            pending_since: row.get::<_, Option<i64>>("pending_since")?.map(second),
            problem: problem(row)?,
            private: request.private,
        },
        request,
        ticket,
    })
}

/// Reads the column `problem`.
pub(super) fn problem(row: &Row<'_>) -> rusqlite::Result<Option<Problem>> {
    let text = row.get_ref("problem")?;
    text.as_str_or_null()?.map(|text| json::read("problem", text)).transpose()
}

/// Columns of a room of a reservation.
pub(super) const ROOM_COLUMNS: &str = "room, name, state, booking, reason, declined";

/// Reads a room from its [`ROOM_COLUMNS`].
pub(super) fn room(row: &Row<'_>) -> rusqlite::Result<ReservedRoom> {
    let reason = row.get_ref("reason")?.as_str_or_null()?;
    Ok(ReservedRoom {
        room: row.get("room")?,
        name: row.get("name")?,
        state: row.get("state")?,
        booking: row.get("booking")?,
        reason: reason.map(|text| json::read("reason", text)).transpose()?,
        declined: json::read("declined", row.get_ref("declined")?.as_str()?)?,
    })
}

/// Columns of a wish.
pub(super) const WISH_COLUMNS: &str = "wish, made_by, stored, attempts, due, problem";

/// Reads a wish from its [`WISH_COLUMNS`].
pub(super) fn waiting(row: &Row<'_>) -> rusqlite::Result<Waiting> {
    Ok(Waiting {
        wish: json::read("wish", row.get_ref("wish")?.as_str()?)?,
        by: json::read("made_by", row.get_ref("made_by")?.as_str()?)?,
        since: second(row.get("stored")?),
        attempts: row.get("attempts")?,
        next: second(row.get("due")?),
        problem: problem(row)?,
    })
}

/// Returns the time of that second since 1970.
pub(super) fn second(at: i64) -> Timestamp {
    Timestamp::from_second(at).unwrap_or_default()
}
