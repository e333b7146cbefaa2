//! A meeting, as one mailbox has it.

use std::collections::BTreeSet;

use serde_json::{Value, json, value::RawValue};

use crate::{
    bookings::Times,
    payload::{Answer, EventItem, Facts, Kind, read_event},
    zones::Zone,
};

/// Properties of an event that are read here.
pub(super) const SELECT: &str = "id,type,seriesMasterId,start,end,isAllDay,isCancelled,\
    isOrganizer,showAs,responseStatus,sensitivity,subject,organizer,attendees,iCalUId,\
    originalStart,originalStartTimeZone,recurrence,createdDateTime,isOnlineMeeting";

/// Named property by which the plugin finds a meeting that it made. Its value is the reference. It
/// stays in the copy in which it was written.
///
/// Source:
/// <https://learn.microsoft.com/graph/api/singlevaluelegacyextendedproperty-get>.
pub(super) const MARK: &str = "String {6b1cfa2e-0d5a-4b6e-9a0e-3f5c1f7e8a42} Name OnesBooking";

/// A single event, or the master of a series.
#[derive(Debug, Clone)]
pub(super) struct Meeting {
    /// Id of this copy.
    pub(super) id: String,
    /// Version of this copy.
    pub(super) etag: Option<String>,
    /// Id of the meeting in all calendars.
    pub(super) uid: Option<String>,
    /// When this copy was made, in a form whose order is that of time.
    pub(super) created: String,
    /// Whether it is a series.
    pub(super) is_series: bool,
    /// Whether this mailbox is the organizer's.
    pub(super) is_organizer: bool,
    /// Whether it was cancelled.
    pub(super) is_cancelled: bool,
    /// The answer of this mailbox.
    pub(super) answer: Answer,
    /// Reference of the request from which the plugin made it.
    pub(super) reference: Option<String>,
    /// When it takes place; of a series, the first occurrence.
    pub(super) times: Times,
    /// How often it takes place, as Graph writes it; `None` of a single event.
    pub(super) recurrence: Option<Value>,
    /// Name of the time zone in which it was made.
    pub(super) zone: Option<String>,
    /// Title.
    pub(super) title: String,
    /// Whether it is marked as private.
    pub(super) is_private: bool,
    /// Whether it has a link to an online meeting.
    pub(super) is_online: bool,
    /// Those who are invited, with rooms, without the organizer.
    pub(super) attendees: Vec<Attendee>,
}

/// One that is invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attendee {
    /// Address, in lower case.
    pub(super) address: String,
    /// Whether it is a room or another resource.
    pub(super) is_resource: bool,
    /// Its answer.
    pub(super) response: Response,
    /// When it answered, as Graph writes it.
    pub(super) answered: String,
    /// Type and address, as they are written again.
    pub(super) written: Value,
}

/// The answer of an attendee, as the organizer has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Response {
    Accepted,
    Declined,
    /// Anything else: a room that has not answered, or whose delegate has not.
    Open,
}

impl Meeting {
    /// Reads an event. `zone` is the one of the rooms.
    ///
    /// # Errors
    /// One sentence that says why it cannot be read. It contains neither title nor names.
    pub(super) fn read(raw: &RawValue, zone: &Zone) -> Result<Self, String> {
        let event = match read_event(raw) {
            EventItem::Event(event) => event,
            EventItem::Removed(_) => return Err("it was removed".to_owned()),
            EventItem::Unreadable(unreadable) => return Err(unreadable.reason),
        };
        let nothing = Facts::default();
        let facts = event.facts.as_deref().unwrap_or(&nothing);
        if let Some(problem) = &facts.problem {
            return Err(problem.clone());
        }
        let times = Times::read(&event, facts.all_day.unwrap_or_default(), zone)?;
        let value: Value = serde_json::from_str(raw.get()).unwrap_or_default();
        let flag = |name: &str| value[name].as_bool().unwrap_or_default();
        let attendees = value["attendees"].as_array();
        Ok(Self {
            id: event.id.clone(),
            etag: event.etag.clone(),
            uid: facts.meeting.clone(),
            created: in_order(value["createdDateTime"].as_str().unwrap_or_default()),
            is_series: event.kind == Kind::Master,
            is_organizer: flag("isOrganizer"),
            is_cancelled: facts.cancelled.unwrap_or_default(),
            answer: facts.answer.unwrap_or(Answer::Given),
            reference: mark(&value),
            times,
            recurrence: Some(value["recurrence"].clone()).filter(|series| !series.is_null()),
            zone: facts.zone.clone(),
            title: value["subject"].as_str().unwrap_or_default().to_owned(),
            is_private: facts.private.unwrap_or(true),
            is_online: flag("isOnlineMeeting"),
            attendees: attendees.into_iter().flatten().map(read_attendee).collect(),
        })
    }

    /// Returns the attendee with that address.
    pub(super) fn attendee(&self, address: &str) -> Option<&Attendee> {
        let address = address.to_lowercase();
        self.attendees.iter().find(|attendee| attendee.address == address)
    }

    /// Returns the addresses of the rooms that are invited.
    pub(super) fn rooms(&self) -> BTreeSet<String> {
        let rooms = self.attendees.iter().filter(|attendee| attendee.is_resource);
        rooms.map(|room| room.address.clone()).collect()
    }
}

/// Returns the value of the named property, where it was requested and is there.
fn mark(event: &Value) -> Option<String> {
    let properties = event["singleValueExtendedProperties"].as_array()?;
    let own = properties.iter().find(|property| {
        // Exchange can write the GUID in capital letters.
        property["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(MARK))
    });
    own?["value"].as_str().map(str::to_owned)
}

fn read_attendee(attendee: &Value) -> Attendee {
    let address = attendee["emailAddress"]["address"].as_str().unwrap_or_default();
    let kind = attendee["type"].as_str().unwrap_or("required");
    let response = attendee["status"]["response"].as_str().unwrap_or_default();
    let response = match response.to_ascii_lowercase().as_str() {
        "accepted" => Response::Accepted,
        "declined" => Response::Declined,
        _ => Response::Open,
    };
    Attendee {
        address: address.trim().to_lowercase(),
        is_resource: kind.eq_ignore_ascii_case("resource"),
        response,
        answered: attendee["status"]["time"].as_str().unwrap_or_default().to_owned(),
        written: json!({"type": kind, "emailAddress": attendee["emailAddress"]}),
    }
}

/// Returns a time of Graph's in a form whose order as text is that of time: fractions of a second
/// have up to seven digits.
pub(super) fn in_order(time: &str) -> String {
    let time = time.trim_end_matches(['Z', 'z']);
    match time.contains('.') {
        true => time.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => time.to_owned(),
    }
}
