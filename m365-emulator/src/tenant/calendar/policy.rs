//! What a room makes of meeting requests: the settings of Exchange's booking attendant
//! (<https://learn.microsoft.com/powershell/module/exchange/set-calendarprocessing>), with
//! Exchange's defaults.

use serde::{Deserialize, Serialize};

/// How a room answers meeting requests, and what it stores of them. Names and defaults are those of
/// `Set-CalendarProcessing`, except for `time_zone` and `access`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// Whether the room answers at all.
    pub automate_processing: AutomateProcessing,
    /// Whether meetings may overlap.
    pub allow_conflicts: bool,
    /// Maximum percentage of the occurrences of a series that are declined because of conflicts; if
    /// there are more, the room declines the series.
    pub conflict_percentage_allowed: u32,
    /// Maximum number of such occurrences.
    pub maximum_conflict_instances: u32,
    /// How many days ahead meetings may be.
    pub booking_window_in_days: u32,
    /// Maximum length of a meeting. 0 stands for any length.
    pub maximum_duration_in_minutes: u32,
    /// Whether a series that ends behind the booking window is declined. Otherwise it is cut.
    pub enforce_scheduling_horizon: bool,
    /// Whether series are accepted.
    pub allow_recurring_meetings: bool,
    /// Whether every user may book.
    pub all_book_in_policy: bool,
    /// Addresses of users who may book.
    pub book_in_policy: Vec<String>,
    /// Whether every user may ask the delegates.
    pub all_request_in_policy: bool,
    /// Addresses of users who may ask the delegates.
    pub request_in_policy: Vec<String>,
    /// Addresses of delegates.
    pub resource_delegates: Vec<String>,
    /// Whether a meeting is shown as tentative until a delegate has answered. Otherwise the room is
    /// shown as free.
    pub tentative_pending_approval: bool,
    /// Whether requests from outside the tenant are processed.
    pub process_external_meeting_messages: bool,
    /// Whether the subject is deleted.
    pub delete_subject: bool,
    /// Whether the name of the organizer comes before the subject.
    pub add_organizer_to_subject: bool,
    /// Whether the body is deleted.
    pub delete_comments: bool,
    /// Whether the private mark is removed.
    pub remove_private_property: bool,
    /// Whether cancelled meetings are deleted. Otherwise they stay.
    pub remove_canceled_meetings: bool,
    /// Whether meetings with more attendees than the room's capacity are declined.
    pub enforce_capacity: bool,
    /// Whether meetings outside the hours from 8 to 17, Monday to Friday, are declined.
    pub schedule_only_during_work_hours: bool,
    /// Time zone of the mailbox: a name of IANA. If none, that of the building.
    pub time_zone: Option<String>,
    /// Whether the application may read the mailbox.
    pub access: Access,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            automate_processing: AutomateProcessing::AutoAccept,
            allow_conflicts: false,
            conflict_percentage_allowed: 0,
            maximum_conflict_instances: 0,
            booking_window_in_days: 180,
            maximum_duration_in_minutes: 1440,
            enforce_scheduling_horizon: true,
            allow_recurring_meetings: true,
            all_book_in_policy: true,
            book_in_policy: Vec::new(),
            all_request_in_policy: false,
            request_in_policy: Vec::new(),
            resource_delegates: Vec::new(),
            tentative_pending_approval: true,
            process_external_meeting_messages: false,
            delete_subject: true,
            add_organizer_to_subject: true,
            delete_comments: true,
            remove_private_property: true,
            remove_canceled_meetings: false,
            enforce_capacity: false,
            schedule_only_during_work_hours: false,
            time_zone: None,
            access: Access::Granted,
        }
    }
}

/// Whether a room answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AutomateProcessing {
    /// Requests are neither stored nor answered.
    None,
    /// Requests are stored as tentative, and not answered.
    AutoUpdate,
    /// Requests are stored and answered.
    AutoAccept,
}

/// Whether the application may read a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Access {
    /// It may.
    Granted,
    /// An application access policy excludes the mailbox (403 `ErrorAccessDenied`, `[RAOP]`).
    Raop,
    /// The mailbox is outside the scope of the application's role (403 `ErrorAccessDenied`).
    Denied,
    /// The calendar of a new room is not shared yet (403 `DelegatedCalendarAccessDenied`).
    Delegated,
}

/// Why a room declines a meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum DeclineReason {
    /// The room is taken.
    Conflict,
    /// The meeting is too far ahead, or the series has no end.
    BookingWindow,
    /// The meeting is too long.
    Duration,
    /// The room takes no series.
    Recurring,
    /// The organizer may not book the room.
    Policy,
    /// The organizer is outside the tenant.
    External,
    /// The room cannot be booked (`bookingType` `reserved`).
    Reserved,
    /// The meeting has too many attendees.
    Capacity,
    /// The meeting is outside the working hours.
    WorkingHours,
}
