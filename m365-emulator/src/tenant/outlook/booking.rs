//! Input and output of the functions that book and change meetings.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Deserializer, Serialize};

use super::super::calendar::policy::DeclineReason;
use super::super::calendar::recurrence::Recurrence;
use super::super::calendar::values::{Response, Sensitivity, ShowAs};

/// A meeting that a user makes in Outlook.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Booking {
    /// Id, user principal name or address of the organizer, who may be outside the tenant. If it is
    /// a room, the meeting is written straight into its calendar, as a panel at the door does.
    pub organizer: String,
    /// Ids or addresses of rooms that are invited.
    pub rooms: Vec<String>,
    /// Ids or addresses of other mailboxes that are invited.
    pub attendees: Vec<String>,
    /// Subject.
    pub subject: String,
    /// Body, as plain text.
    pub body: String,
    /// Text of the location; the names of the rooms if it is empty. It invites no room.
    pub location: String,
    /// Start on the wall clock of `time_zone`.
    pub start: DateTime,
    /// End on the same wall clock, excluded.
    pub end: DateTime,
    /// Name of Windows or IANA; UTC if none.
    pub time_zone: Option<String>,
    /// What `originalStartTimeZone` names instead, such as `tzone://Microsoft/Custom`.
    pub shown_time_zone: Option<String>,
    /// Whether the meeting has days instead of hours. The times of `start` and `end` do not count
    /// then.
    pub all_day: bool,
    /// Pattern and range of a series.
    pub recurrence: Option<Recurrence>,
    /// Mark of private meetings.
    pub sensitivity: Sensitivity,
    /// How the mailboxes are shown.
    pub show_as: ShowAs,
    /// Whether it is an online meeting too.
    pub online: bool,
    /// Named properties of the organizer's copy: id and value.
    pub extended_properties: BTreeMap<String, String>,
    /// Client's id of the request that made the meeting.
    pub transaction_id: Option<String>,
    /// Whether the rooms accept without looking at their policy and calendar.
    pub force: bool,
    /// Whether delta never reports the booking.
    pub unreported: bool,
}

/// A change of a meeting, of one occurrence, or of one copy. What is none stays as it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Revision {
    /// Subject.
    pub subject: Option<String>,
    /// Body, as plain text.
    pub body: Option<String>,
    /// Text of the location.
    pub location: Option<String>,
    /// Start on the wall clock of the zone.
    pub start: Option<DateTime>,
    /// End on the same wall clock.
    pub end: Option<DateTime>,
    /// Name of Windows or IANA.
    pub time_zone: Option<String>,
    /// Whether the meeting has days instead of hours.
    pub all_day: Option<bool>,
    /// Pattern and range; null makes a series a single meeting.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<Option<Recurrence>>,
    /// Mark of private meetings.
    pub sensitivity: Option<Sensitivity>,
    /// How the mailboxes are shown.
    pub show_as: Option<ShowAs>,
    /// All rooms that are invited from now on.
    pub rooms: Option<Vec<String>>,
    /// All other mailboxes that are invited from now on.
    pub attendees: Option<Vec<String>>,
    /// Whether the rooms accept without looking at their policy and calendar.
    pub force: bool,
    /// Whether delta never reports the change.
    pub unreported: bool,
}

/// Distinguishes null from a missing member.
pub(crate) fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

impl Revision {
    /// Returns whether the time or the pattern changes.
    pub(super) fn moves(&self) -> bool {
        self.start.is_some()
            || self.end.is_some()
            || self.time_zone.is_some()
            || self.all_day.is_some()
            || self.recurrence.is_some()
    }
}

/// A meeting, as the organizer and the rooms have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BookedMeeting {
    /// Id of the meeting for further changes.
    pub id: String,
    /// `iCalUId` of the meeting; of the master if it is a series.
    #[serde(rename = "iCalUId")]
    pub ical_uid: String,
    /// Immutable id of the organizer's copy.
    pub event: String,
    /// The rooms that are invited.
    pub rooms: Vec<BookedRoom>,
}

/// What a room made of a meeting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BookedRoom {
    /// Address of the room.
    pub address: String,
    /// Its answer at the organizer's.
    pub response: Response,
    /// Why it declined.
    pub reason: Option<DeclineReason>,
    /// Days of the occurrences that it declined while it accepted the series.
    pub declined_dates: Vec<Date>,
    /// Immutable id of the copy in its calendar, if there is one.
    pub event: Option<String>,
}

/// An event in a calendar: a single one, an occurrence or an exception.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CalendarEntry {
    /// Immutable id.
    pub id: String,
    /// Id in the default form.
    pub default_id: String,
    /// Immutable id of the master.
    pub series: Option<String>,
    /// Id of the meeting for further changes.
    pub meeting: String,
    /// Id that all copies of the meeting have in common.
    #[serde(rename = "iCalUId")]
    pub ical_uid: String,
    /// Type in Graph.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Day on which the occurrence would start without a change.
    pub original_date: Option<Date>,
    /// Whether it has days instead of hours.
    pub all_day: bool,
    /// Instant in UTC, such as `2027-05-11T09:00:00Z`, or a date.
    pub start: String,
    /// Same for the end, excluded.
    pub end: String,
    /// How the mailbox is shown.
    pub show_as: ShowAs,
    /// Whether the meeting was cancelled and stayed in the calendar.
    pub cancelled: bool,
    /// What the mailbox answered.
    pub response: Response,
    /// Mark of private meetings.
    pub sensitivity: Sensitivity,
    /// Whether the mark is any but normal.
    pub private: bool,
    /// Subject in this mailbox.
    pub subject: String,
    /// Name and address of the organizer.
    pub organizer: Mailbox,
    /// Whether this mailbox is the organizer's.
    pub is_organizer: bool,
    /// Number of mailboxes that are invited.
    pub attendees: usize,
}

/// Name and address of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mailbox {
    /// Name.
    pub name: String,
    /// Address.
    pub address: String,
}
