//! The resource type `event`, as a room's calendar contains it.
//!
//! Source: <https://learn.microsoft.com/graph/api/resources/event>. In delta, an occurrence has
//! only seven members (microsoft-graph-docs-contrib#34): the rest comes from the master of its
//! series. So every fact here can be absent.

use jiff::civil::Date;
use serde_json::value::RawValue;

use super::{
    NO_ID,
    json::{Json, Members},
    removal,
    wall_clock::wall_clock,
};
use crate::{
    model::{Participant, Unreadable},
    zones::Zone,
};

/// The properties that the plugin reads, as in `$select`.
pub const EVENT_SELECT: &str = "id,type,seriesMasterId,start,end,isAllDay,isCancelled,showAs,\
    responseStatus,sensitivity,subject,organizer,attendees,iCalUId,originalStart,\
    originalStartTimeZone,recurrence";

/// Maximum length of an id that a host takes, in bytes.
const LONGEST_ID: usize = 1_000;

/// Maximum length of a title and of a name, in characters. It is the maximum of Exchange.
const LONGEST_TEXT: usize = 255;

/// An item of a calendar.
#[derive(Debug)]
pub enum EventItem {
    /// An event.
    Event(Event),
    /// Delta reports that the event was removed, or that it lies outside the window.
    Removed(String),
    /// It has no readable id.
    Unreadable(Unreadable),
}

/// What an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An event that does not repeat.
    Single,
    /// An occurrence of a series as its pattern says.
    Occurrence,
    /// An occurrence that differs from the pattern.
    Exception,
    /// The series itself. It takes no time.
    Master,
}

/// An event, of which every fact can be absent.
#[derive(Debug, Clone)]
pub struct Event {
    /// Id of this copy in this mailbox. Upper and lower case differ.
    pub id: String,
    /// Version of the item in Exchange.
    pub etag: Option<String>,
    /// What it is.
    pub kind: Kind,
    /// Id of the master, for an occurrence or exception.
    pub master: Option<String>,
    /// When it begins, or why that cannot be read.
    pub start: Result<Moment, String>,
    /// When it ends, or why that cannot be read.
    pub end: Result<Moment, String>,
    /// When the pattern of its series would have begun it, in seconds since 1970.
    pub original: Option<i64>,
    /// Everything else; `None` for an occurrence that consists of the seven members.
    pub facts: Option<Box<Facts>>,
}

/// Begin or end of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970.
    pub instant: i64,
    /// The day, where the wall clock shows midnight.
    pub day: Option<Date>,
}

/// What an event says besides its time.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Whether it takes days instead of hours.
    pub all_day: Option<bool>,
    /// Whether the organizer cancelled it. Such events stay in a room's calendar.
    pub cancelled: Option<bool>,
    /// How it is shown.
    pub shows: Option<Shows>,
    /// The room's answer.
    pub answer: Option<Answer>,
    /// Whether it is private. Anything but `normal` is.
    pub private: Option<bool>,
    /// Title, where the event has the member.
    pub title: Option<Option<String>>,
    /// Organizer, where the event has the member.
    pub organizer: Option<Option<Participant>>,
    /// Addresses of those who are invited, without resources; empty texts for those without one.
    pub invited: Option<Vec<String>>,
    /// Id of the meeting in all calendars.
    pub meeting: Option<String>,
    /// Name of the time zone in which it was made; of a series, the one of its pattern.
    pub zone: Option<String>,
    /// Why a fact that decides cannot be read.
    pub problem: Option<String>,
}

/// How an event is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// It does not take the room.
    Free,
    /// The room has not decided.
    Tentative,
    /// Anything else, also a word that this version does not know: the room is taken.
    Busy,
}

/// The answer of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The room declined.
    Declined,
    /// The room, or its delegate, has not decided.
    Open,
    /// The room accepted or is the organizer, or no answer is needed.
    Given,
}

/// Reads an item of a calendar.
pub fn read_event(raw: &RawValue) -> EventItem {
    let members = Members::read(raw);
    let unreadable = |reason: &str| EventItem::Unreadable(Unreadable::new(NO_ID, reason));
    let id = match members.value("id") {
        Json::Text(id) if id.len() > LONGEST_ID => return unreadable("id: too long"),
        Json::Text(id) if !id.trim().is_empty() => id.clone().into_owned(),
        _ => return unreadable("id: missing, or not a text"),
    };
    if removal(&members).is_some() {
        return EventItem::Removed(id);
    }
    let master = members.text_if_any("seriesMasterId").filter(|id| id.len() <= LONGEST_ID);
    let has_pattern = members.get("recurrence").is_some_and(|value| *value != Json::Null);
    let kind = match members.text_if_any("type").as_deref() {
        Some("seriesMaster") => Kind::Master,
        Some("exception") if master.is_some() => Kind::Exception,
        Some("occurrence") if master.is_some() => Kind::Occurrence,
        Some("singleInstance") => Kind::Single,
        _ if master.is_some() => Kind::Occurrence,
        _ if has_pattern => Kind::Master,
        _ => Kind::Single,
    };
    let original = members.text_if_any("originalStart");
    EventItem::Event(Event {
        id,
        etag: members.text_if_any("@odata.etag"),
        kind,
        master: master.filter(|_| matches!(kind, Kind::Occurrence | Kind::Exception)),
        start: read_moment(&members, "start"),
        end: read_moment(&members, "end"),
        original: original.and_then(|text| wall_clock(&text, Some(&Zone::UTC))).map(|it| it.0),
        facts: read_facts(&members).map(Box::new),
    })
}

/// Reads a `dateTimeTimeZone`. Requests ask for UTC, but a server need not obey.
fn read_moment(members: &Members<'_>, name: &str) -> Result<Moment, String> {
    let time = members.value(name);
    let text = |name| time.get(name).and_then(Json::as_str);
    moment(text("dateTime"), text("timeZone")).map_err(|problem| format!("{name}: {problem}"))
}

/// Reads the `dateTime` and the `timeZone` of a `dateTimeTimeZone`.
///
/// # Errors
/// A text that says what is wrong with it.
pub fn moment(time: Option<&str>, zone: Option<&str>) -> Result<Moment, String> {
    let time = time.filter(|text| !text.is_empty()).ok_or("missing")?;
    let zone = match zone.filter(|text| !text.is_empty()) {
        // Requested of every event, so it is not looked up in the database each time.
        Some("UTC") => Some(Zone::UTC),
        Some(name) => Some(Zone::named(name).ok_or("its time zone is unknown")?),
        None => None,
    };
    let (instant, wall) =
        wall_clock(time, zone.as_ref()).ok_or("not a time, or a time without a zone")?;
    let day = (wall.time() == jiff::civil::Time::midnight()).then(|| wall.date());
    Ok(Moment { instant, day })
}

/// Returns everything that the event says besides its time; `None` where it says nothing.
fn read_facts(members: &Members<'_>) -> Option<Facts> {
    const DECISIVE: [&str; 5] =
        ["isAllDay", "isCancelled", "showAs", "sensitivity", "responseStatus"];
    let has = |name: &str| members.get(name).is_some();
    if !DECISIVE.into_iter().any(has) && !has("subject") && !has("iCalUId") {
        return None;
    }
    let mut problem = None;
    let mut flag = |name| {
        members.flag(name).unwrap_or_else(|reason| {
            problem.get_or_insert(reason);
            None
        })
    };
    let (all_day, cancelled) = (flag("isAllDay"), flag("isCancelled"));
    let word = |value: &Json<'_>| value.as_str().unwrap_or_default().to_ascii_lowercase();
    let shows = has("showAs").then(|| match word(members.value("showAs")).as_str() {
        "free" => Shows::Free,
        "tentative" => Shows::Tentative,
        _ => Shows::Busy,
    });
    let answer = has("responseStatus").then(|| {
        let response = members.value("responseStatus").get("response");
        match response.map(word).unwrap_or_default().as_str() {
            "declined" => Answer::Declined,
            "tentativelyaccepted" | "notresponded" => Answer::Open,
            _ => Answer::Given,
        }
    });
    let private = has("sensitivity").then(|| word(members.value("sensitivity")) != "normal");
    let title = has("subject").then(|| members.text_if_any("subject").map(|text| shorten(&text)));
    let organizer = has("organizer").then(|| participant(members.value("organizer")));
    let range = members.value("recurrence").get("range");
    let pattern_zone = range
        .and_then(|range| range.get("recurrenceTimeZone")?.as_str())
        .filter(|name| !name.trim().is_empty())
        .map(str::to_owned);
    Some(Facts {
        all_day,
        cancelled,
        shows,
        answer,
        private,
        title,
        organizer,
        invited: has("attendees").then(|| invited(members.value("attendees"))),
        meeting: members.text_if_any("iCalUId").filter(|id| id.len() <= LONGEST_ID - 100),
        zone: pattern_zone.or_else(|| members.text_if_any("originalStartTimeZone")),
        problem,
    })
}

/// Reads the address and the name of a `recipient`. Clients write names into the address, and
/// addresses with a name around them; Exchange keeps addresses of its own form (`/O=…`).
fn participant(value: &Json<'_>) -> Option<Participant> {
    let text = |name| {
        let text = text_at(value, ["emailAddress", name]).unwrap_or_default();
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let (mut name, address) = (text("name"), text("address").unwrap_or_default());
    let within = address.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    let bare = within.map_or(address.as_str(), |(bare, _)| bare).trim();
    let is_address = bare.contains('@') && !bare.contains(char::is_whitespace) && bare.len() <= 320;
    if name.is_none() && !is_address && !address.starts_with('/') && !address.is_empty() {
        name = Some(address.clone());
    }
    let email = is_address.then(|| bare.to_owned());
    let name = name.map(|name| shorten(&name));
    (email.is_some() || name.is_some()).then_some(Participant { email, name })
}

/// Returns the addresses of the attendees that are not resources, in lower case.
fn invited(attendees: &Json<'_>) -> Vec<String> {
    let Json::List(attendees) = attendees else { return Vec::new() };
    let users = attendees.iter().filter(|attendee| {
        !text_at(attendee, ["type"]).is_some_and(|kind| kind.eq_ignore_ascii_case("resource"))
    });
    let address = |user| {
        let address = text_at(user, ["emailAddress", "address"]).unwrap_or_default();
        address.trim().to_lowercase()
    };
    users.map(address).collect()
}

/// Returns the text under these names, one within the other.
fn text_at<'v, const N: usize>(value: &'v Json<'_>, names: [&str; N]) -> Option<&'v str> {
    names.into_iter().try_fold(value, |value, name| value.get(name))?.as_str()
}

/// Returns the text, cut to whole characters where it is too long.
fn shorten(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}
