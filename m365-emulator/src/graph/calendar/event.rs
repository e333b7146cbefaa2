//! Events as JSON (<https://learn.microsoft.com/graph/api/resources/event>).

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde_json::{Map, Value, json};

use super::preferences::Preferences;
use crate::tenant::calendar::id::{Named, change_key, etag, event_id, ical_uid, id};
use crate::tenant::calendar::item::{Attendee, Event, Item, Kind, Party, Uid, When};
use crate::tenant::calendar::recurrence::{RangeKind, Recurrence};
use crate::tenant::calendar::values::{AttendeeKind, Response};

/// Properties of an event that can be selected.
pub(super) const EVENT: &[&str] = &[
    "id",
    "createdDateTime",
    "lastModifiedDateTime",
    "changeKey",
    "categories",
    "transactionId",
    "originalStartTimeZone",
    "originalEndTimeZone",
    "iCalUId",
    "reminderMinutesBeforeStart",
    "isReminderOn",
    "hasAttachments",
    "subject",
    "bodyPreview",
    "importance",
    "sensitivity",
    "isAllDay",
    "isCancelled",
    "isOrganizer",
    "responseRequested",
    "seriesMasterId",
    "showAs",
    "type",
    "webLink",
    "onlineMeetingUrl",
    "isOnlineMeeting",
    "onlineMeetingProvider",
    "allowNewTimeProposals",
    "isDraft",
    "hideAttendees",
    "originalStart",
    "recurrence",
    "onlineMeeting",
    "responseStatus",
    "body",
    "start",
    "end",
    "location",
    "locations",
    "attendees",
    "organizer",
];

/// The name of a zone that Outlook made itself.
const CUSTOM: &str = "tzone://Microsoft/Custom";

/// How the events of a mailbox are shown.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// Id of the mailbox's user.
    pub(super) mailbox: String,
    pub(super) preferences: Preferences,
    /// Whether each occurrence has an `iCalUId` of its own.
    pub(super) own_uid_per_occurrence: bool,
}

impl Shown {
    /// Returns the id of an event in the form that the request prefers.
    pub(super) fn id(&self, event: &Event<'_>) -> String {
        event_id(&self.mailbox, event, self.preferences.form)
    }

    /// Returns the id of an item, whether it exists or not.
    pub(super) fn item_id(&self, uid: Uid) -> String {
        id(&self.mailbox, Named { uid, instance: None }, self.preferences.form)
    }

    /// Returns an occurrence as delta reports it: its times and ids, and nothing else.
    pub(super) fn bare(&self, event: &Event<'_>) -> Map<String, Value> {
        let (start, end) = self.times(&event.when);
        let bare = json!({
            "@odata.type": "#microsoft.graph.event",
            "@odata.etag": etag(&self.mailbox, event.item),
            "id": self.id(event),
            "seriesMasterId": self.item_id(event.item.uid),
            "type": event.kind.name(),
            "start": start,
            "end": end,
        });
        object(bare)
    }

    /// Returns all properties of an event.
    pub(super) fn full(&self, event: &Event<'_>) -> Map<String, Value> {
        let (item, details) = (event.item, event.details);
        let (start, end) = self.times(&event.when);
        let id = self.id(event);
        let uid_of = event.original.filter(|_| self.own_uid_per_occurrence);
        let is_series = matches!(event.kind, Kind::Occurrence | Kind::Exception);
        let master = is_series.then(|| self.item_id(item.uid));
        let original_start = event.instance().and_then(|second| {
            Timestamp::from_second(second).ok().map(|instant| instant.to_string())
        });
        let locations = locations(item);
        let provider = if item.is_online { "teamsForBusiness" } else { "unknown" };
        let online = item.is_online.then(|| {
            let link = format!("https://teams.example.com/meet/{:016x}", item.uid);
            json!({"joinUrl": link})
        });
        let link = format!(
            "https://outlook.example.com/owa/?itemid={}&exvsurl=1&path=/calendar/item",
            url::form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>()
        );
        let mut full = json!({
            "@odata.etag": etag(&self.mailbox, item),
            "id": id,
            "createdDateTime": fraction(item.created),
            "lastModifiedDateTime": fraction(item.modified),
            "changeKey": change_key(&self.mailbox, item),
            "categories": [],
            "transactionId": item.transaction_id,
            "originalStartTimeZone": &*event.when.zone.name,
            "originalEndTimeZone": &*event.when.zone.name,
            "iCalUId": ical_uid(item, uid_of),
            "reminderMinutesBeforeStart": 15,
            "isReminderOn": item.is_organizer,
            "hasAttachments": false,
            "subject": &*details.subject,
            "bodyPreview": details.body.chars().take(255).collect::<String>(),
            "importance": "normal",
            "sensitivity": details.sensitivity.name(),
            "isAllDay": event.when.all_day,
            "isCancelled": details.cancelled,
            "isOrganizer": item.is_organizer,
            "responseRequested": true,
            "seriesMasterId": master,
            "showAs": details.show_as.name(),
            "type": event.kind.name(),
            "webLink": link,
            "onlineMeetingUrl": null,
            "isOnlineMeeting": item.is_online,
            "onlineMeetingProvider": provider,
            "allowNewTimeProposals": true,
            "isDraft": false,
            "hideAttendees": false,
        });
        let rest = json!({
            "originalStart": original_start,
            "recurrence": match event.kind {
                Kind::Master => item.recurrence.as_ref().map(|series| recurrence(item, series)),
                _ => None,
            },
            "onlineMeeting": online,
            "responseStatus": status(item.response, item.answered),
            "body": self.body(&details.body),
            "start": start,
            "end": end,
            "location": location(item, &locations),
            "locations": locations,
            "attendees": item.attendees.iter().map(attendee).collect::<Vec<_>>(),
            "organizer": {"emailAddress": address(&item.organizer)},
        });
        if let (Some(full), Value::Object(rest)) = (full.as_object_mut(), rest) {
            full.extend(rest);
        }
        let mut full = object(full);
        if item.transaction_id.is_none() {
            full.shift_remove("transactionId");
        }
        if !is_series {
            full.shift_remove("originalStart");
        }
        full
    }

    /// Returns start and end. Days are midnights of UTC, whatever their zone
    /// (<https://github.com/microsoftgraph/microsoft-graph-docs/issues/2804>).
    pub(super) fn times(&self, when: &When) -> (Value, Value) {
        let zone = &self.preferences.zone;
        let time = |at: DateTime| {
            let at = if when.all_day { at } else { zone.wall_clock(when.zone.instant(at)) };
            json!({"dateTime": wall_clock(at), "timeZone": &*zone.name})
        };
        (time(when.start), time(when.end))
    }

    fn body(&self, text: &str) -> Value {
        if self.preferences.text_bodies {
            return json!({"contentType": "text", "content": text});
        }
        if text.is_empty() {
            return json!({"contentType": "html", "content": ""});
        }
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let html = format!(
            "<html><head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; \
             charset=utf-8\"></head><body>\r\n{escaped}\r\n</body></html>\r\n"
        );
        json!({"contentType": "html", "content": html})
    }
}

/// Returns an event with the selected properties. Its id and etag are always there.
pub(super) fn select(
    mut event: Map<String, Value>,
    names: Option<&[String]>,
) -> Map<String, Value> {
    if let Some(names) = names {
        event.retain(|name, _| {
            name == "id" || name.starts_with("@odata.") || names.iter().any(|own| own == name)
        });
    }
    event
}

fn object(json: Value) -> Map<String, Value> {
    match json {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// Returns a wall clock time as Graph writes it.
fn wall_clock(at: DateTime) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.0000000").to_string()
}

fn fraction(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%7fZ").to_string()
}

fn status(response: Response, answered: Option<Timestamp>) -> Value {
    let time = answered.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), fraction);
    json!({"response": response.name(), "time": time})
}

fn address(party: &Party) -> Value {
    json!({"name": &*party.name, "address": &*party.address})
}

fn attendee(attendee: &Attendee) -> Value {
    json!({
        "type": attendee.kind.name(),
        "status": status(attendee.response, attendee.answered),
        "emailAddress": address(&attendee.party),
    })
}

/// Returns the rooms of an event as locations.
fn locations(item: &Item) -> Vec<Value> {
    let rooms = item.attendees.iter().filter(|attendee| attendee.kind == AttendeeKind::Resource);
    rooms
        .map(|room| {
            json!({
                "displayName": &*room.party.name,
                "locationUri": &*room.party.address,
                "locationType": "conferenceRoom",
                "uniqueId": &*room.party.address,
                "uniqueIdType": "directory",
                "address": {},
                "coordinates": {},
            })
        })
        .collect()
}

fn location(item: &Item, locations: &[Value]) -> Value {
    let text = &*item.location;
    match locations {
        _ if !text.is_empty() => json!({
            "displayName": text,
            "locationType": "default",
            "uniqueId": text,
            "uniqueIdType": "private",
        }),
        [] => json!({
            "displayName": "",
            "locationType": "default",
            "uniqueIdType": "unknown",
            "address": {},
            "coordinates": {},
        }),
        [one] => one.clone(),
        several => {
            let names: Vec<&str> =
                several.iter().filter_map(|one| one["displayName"].as_str()).collect();
            let names = names.join("; ");
            json!({
                "displayName": names,
                "locationType": "default",
                "uniqueId": names,
                "uniqueIdType": "private",
            })
        }
    }
}

/// Returns the recurrence of a master. Members that do not count are 0, or the year 1.
fn recurrence(item: &Item, series: &Recurrence) -> Value {
    let mut json = serde_json::to_value(series).unwrap_or_default();
    let zone = match &*item.when.zone.name {
        // The copies of all-day series have no zone.
        _ if item.when.all_day && !item.is_organizer => "",
        CUSTOM => "Customized Time Zone",
        name => name,
    };
    let range = &mut json["range"];
    range["recurrenceTimeZone"] = zone.into();
    if series.range.kind != RangeKind::EndDate {
        range["endDate"] = Date::constant(1, 1, 1).to_string().into();
    }
    if series.range.kind != RangeKind::Numbered {
        range["numberOfOccurrences"] = 0.into();
    }
    json
}
