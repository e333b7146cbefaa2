//! Events that are made, changed and ended through Graph
//! (<https://learn.microsoft.com/graph/api/user-post-events>). A change of the organizer's copy
//! reaches the mailboxes that are invited; a change of another copy reaches none.

use http::StatusCode;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

use super::super::answer::{Context, entity};
use super::super::permission::{self, Caller};
use super::super::refusal::GraphRefusal;
use super::moment::Moment;
use super::{events, open, shown};
use crate::error::ControlError;
use crate::state::State;
use crate::tenant::calendar::id::etag;
use crate::tenant::calendar::item::{Item, Uid};
use crate::tenant::calendar::recurrence::Recurrence;
use crate::tenant::calendar::values::{AttendeeKind, Response, Sensitivity, ShowAs};
use crate::tenant::outlook::booking::{Booking, Revision};
use crate::tenant::outlook::meetings::reported;
use crate::wire::{Reply, Request};

/// Members of an event that are written. Others are refused.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct EventBody {
    subject: Option<String>,
    body: Option<ItemBody>,
    start: Option<Moment>,
    end: Option<Moment>,
    is_all_day: Option<bool>,
    location: Option<Location>,
    locations: Option<Vec<Location>>,
    attendees: Option<Vec<Invited>>,
    #[serde(deserialize_with = "crate::tenant::outlook::booking::given")]
    recurrence: Option<Option<Recurrence>>,
    sensitivity: Option<Sensitivity>,
    show_as: Option<ShowAs>,
    is_online_meeting: Option<bool>,
    online_meeting_provider: Option<Provider>,
    transaction_id: Option<String>,
    single_value_extended_properties: Vec<NamedProperty>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ItemBody {
    #[serde(rename = "contentType")]
    _content_type: ContentType,
    content: String,
}

/// Bodies are stored as text, so HTML is not served.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum ContentType {
    Text,
}

/// Only the name is stored, as Outlook shows it. The address invites no room.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Location {
    display_name: String,
    #[serde(default, rename = "locationEmailAddress")]
    _email_address: Option<String>,
    #[serde(default, rename = "locationUri")]
    _uri: Option<String>,
    #[serde(default, rename = "locationType")]
    _kind: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Invited {
    #[serde(default, rename = "type")]
    kind: AttendeeKind,
    email_address: EmailAddress,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EmailAddress {
    address: String,
    #[serde(default, rename = "name")]
    _name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Provider {
    TeamsForBusiness,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedProperty {
    id: String,
    value: String,
}

/// The body of `accept`, `tentativelyAccept`, `decline` and `cancel`. No mail is sent, so the
/// comment has no effect.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Message {
    #[serde(rename = "comment", alias = "Comment")]
    _comment: Option<String>,
    #[serde(alias = "SendResponse")]
    send_response: Option<bool>,
}

impl EventBody {
    /// Returns the change that the body describes. The zone is that of the start.
    fn revision(self, state: &State) -> Result<Revision, GraphRefusal> {
        let (mut time_zone, mut start, mut end) = (None, None, None);
        if let Some(moment) = &self.start {
            moment.zone()?;
            start = Some(moment.wall_clock()?);
            time_zone = Some(moment.time_zone.clone());
        }
        if let Some(moment) = &self.end {
            let own = moment.zone()?;
            let wall_clock = moment.wall_clock()?;
            end = Some(match &self.start {
                Some(start) => start.zone()?.wall_clock(own.instant(wall_clock)),
                None => wall_clock,
            });
        }
        let (mut rooms, mut attendees) = (None, None);
        if let Some(invited) = self.attendees {
            let is_room = |one: &Invited| {
                let key = state.tenant.mailbox_key(&one.email_address.address);
                one.kind == AttendeeKind::Resource
                    && key.is_some_and(|key| state.tenant.room_of(&key).is_some())
            };
            let (in_rooms, others): (Vec<_>, Vec<_>) = invited.into_iter().partition(is_room);
            let addresses = |list: Vec<Invited>| {
                list.into_iter().map(|one| one.email_address.address).collect::<Vec<_>>()
            };
            rooms = Some(addresses(in_rooms));
            attendees = Some(addresses(others));
        }
        Ok(Revision {
            subject: self.subject,
            body: self.body.map(|body| body.content),
            location: location_text(self.location, self.locations),
            start,
            end,
            time_zone,
            all_day: self.is_all_day,
            recurrence: self.recurrence,
            sensitivity: self.sensitivity,
            show_as: self.show_as,
            rooms,
            attendees,
            force: false,
            unreported: false,
        })
    }
}

/// Makes an event. The mailbox is its organizer.
pub(super) fn create(
    state: &mut State,
    context: &Context,
    caller: &Caller,
    key: &str,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    let user = open_to_write(state, caller, key)?;
    let body: EventBody = read(request)?;
    let (transaction_id, online) = (body.transaction_id.clone(), body.is_online_meeting);
    if let Some(used) = transaction_id.as_deref().and_then(|id| made_by(state, &user, id)) {
        let shown = shown(state, request, &user)?;
        return Err(GraphRefusal::duplicate_transaction(&shown.item_id(used)));
    }
    let properties = &body.single_value_extended_properties;
    let extended_properties =
        properties.iter().map(|own| (own.id.clone(), own.value.clone())).collect();
    let revision = body.revision(state)?;
    let (Some(start), Some(end)) = (revision.start, revision.end) else {
        return Err(GraphRefusal::property_required("Start and End"));
    };
    let booking = Booking {
        organizer: user.clone(),
        rooms: revision.rooms.unwrap_or_default(),
        attendees: revision.attendees.unwrap_or_default(),
        subject: revision.subject.unwrap_or_default(),
        body: revision.body.unwrap_or_default(),
        location: revision.location.unwrap_or_default(),
        start,
        end,
        time_zone: revision.time_zone,
        all_day: revision.all_day.unwrap_or_default(),
        recurrence: revision.recurrence.flatten(),
        sensitivity: revision.sensitivity.unwrap_or_default(),
        show_as: revision.show_as.unwrap_or_default(),
        online: online.unwrap_or_default(),
        extended_properties,
        transaction_id,
        ..Booking::default()
    };
    let uid = state.tenant.book(&booking).map_err(refused)?;
    let mut reply = answer(state, context, request, &user, uid, None)?;
    reply.status = StatusCode::CREATED;
    Ok(reply)
}

/// Changes an event. `If-Match` has to be its etag, if it is sent.
pub(super) fn change(
    state: &mut State,
    context: &Context,
    caller: &Caller,
    key: &str,
    id: &str,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    let user = open_to_write(state, caller, key)?;
    let mut body: EventBody = read(request)?;
    let properties = std::mem::take(&mut body.single_value_extended_properties);
    if body.transaction_id.is_some() {
        return Err(GraphRefusal::body("This member cannot be changed."));
    }
    // A meeting that is online stays online: any other value is ignored
    // (https://learn.microsoft.com/graph/api/event-update).
    let turns_online = body.is_online_meeting == Some(true);
    let found = events::find(state, &user, id)?;
    let (uid, date, is_organizer) = (found.item.uid, found.original, found.item.is_organizer);
    check_etag(request, &user, found.item)?;
    let revision = body.revision(state)?;
    let tenant = &mut state.tenant;
    let changed = match date {
        _ if !is_organizer => tenant.revise_copy(&user, uid, date, &revision),
        None => tenant.revise_meeting(uid, &revision),
        Some(date) => tenant.revise_occurrence(uid, date, &revision),
    };
    changed.map_err(refused)?;
    for NamedProperty { id, value } in properties {
        state.tenant.set_property(&user, uid, &id, &value);
    }
    if turns_online && is_organizer {
        state.tenant.turn_online(&user, uid);
    }
    answer(state, context, request, &user, uid, date)
}

/// Deletes an event: the organizer's with a cancellation to all, another copy alone.
pub(super) fn delete(
    state: &mut State,
    caller: &Caller,
    key: &str,
    id: &str,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    let user = open_to_write(state, caller, key)?;
    let found = events::find(state, &user, id)?;
    let (uid, date, is_organizer) = (found.item.uid, found.original, found.item.is_organizer);
    check_etag(request, &user, found.item)?;
    let deleted = if is_organizer {
        state.tenant.cancel_meeting(uid, date, reported(false))
    } else {
        state.tenant.delete_copy(&user, uid, date, reported(false))
    };
    deleted.map_err(refused)?;
    Ok(Reply::new(StatusCode::NO_CONTENT))
}

/// Answers `cancel`, which only the organizer's copy has.
pub(super) fn cancel(
    state: &mut State,
    caller: &Caller,
    key: &str,
    id: &str,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    let user = open_to_write(state, caller, key)?;
    let _: Message = read(request)?;
    let found = events::find(state, &user, id)?;
    let (uid, date, is_organizer) = (found.item.uid, found.original, found.item.is_organizer);
    if !is_organizer {
        return Err(GraphRefusal::not_organizer());
    }
    state.tenant.cancel_meeting(uid, date, reported(false)).map_err(refused)?;
    Ok(Reply::new(StatusCode::ACCEPTED))
}

/// Answers `accept`, `tentativelyAccept` and `decline`. A declined event leaves the calendar;
/// without `sendResponse`, the organizer gets no answer.
pub(super) fn respond(
    state: &mut State,
    caller: &Caller,
    key: &str,
    id: &str,
    response: Response,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    let user = open_to_write(state, caller, key)?;
    let message: Message = read(request)?;
    let found = events::find(state, &user, id)?;
    let (uid, date, is_organizer) = (found.item.uid, found.original, found.item.is_organizer);
    if is_organizer {
        return Err(GraphRefusal::is_organizer());
    }
    let tenant = &mut state.tenant;
    let answered = match (message.send_response, response) {
        (Some(false), Response::Declined) => tenant.delete_copy(&user, uid, date, reported(false)),
        _ => tenant.answer_by_hand(&user, uid, response, date, false, reported(false)),
    };
    answered.map_err(refused)?;
    Ok(Reply::new(StatusCode::ACCEPTED))
}

/// Returns the text of the location. `location` and `locations` correspond to each other: of
/// several, it has all names (<https://learn.microsoft.com/graph/api/resources/event>).
fn location_text(one: Option<Location>, several: Option<Vec<Location>>) -> Option<String> {
    let names = |locations: Vec<Location>| {
        let names: Vec<_> = locations.into_iter().map(|location| location.display_name).collect();
        names.join("; ")
    };
    one.map(|location| location.display_name).or_else(|| several.map(names))
}

fn open_to_write(state: &mut State, caller: &Caller, key: &str) -> Result<String, GraphRefusal> {
    if !caller.has(permission::CALENDARS_WRITE) {
        return Err(GraphRefusal::mailbox_permission());
    }
    open(state, caller, key)
}

fn read<T: Default + for<'de> Deserialize<'de>>(request: &Request) -> Result<T, GraphRefusal> {
    if request.body.is_empty() {
        return Ok(T::default());
    }
    serde_json::from_slice(&request.body).map_err(|error| GraphRefusal::body(&error.to_string()))
}

/// Returns the meeting in a mailbox that a transaction has made.
fn made_by(state: &State, user: &str, transaction_id: &str) -> Option<Uid> {
    let mut items = state.tenant.calendars.mailbox(user)?.items();
    items.find(|item| item.transaction_id.as_deref() == Some(transaction_id)).map(|item| item.uid)
}

fn check_etag(request: &Request, user: &str, item: &Item) -> Result<(), GraphRefusal> {
    match request.header("if-match") {
        Some(given) if given != "*" && given != etag(user, item) => {
            Err(GraphRefusal::changed_meanwhile())
        }
        _ => Ok(()),
    }
}

/// Returns an event after a change.
fn answer(
    state: &State,
    context: &Context,
    request: &Request,
    user: &str,
    uid: Uid,
    date: Option<Date>,
) -> Result<Reply, GraphRefusal> {
    let shown = shown(state, request, user)?;
    let item = state.tenant.calendars.item(user, uid).ok_or_else(GraphRefusal::no_item)?;
    let event = match date {
        Some(date) => item.at(date).ok_or_else(GraphRefusal::no_item)?,
        None => item.event(),
    };
    let body = Value::Object(shown.full(&event)).to_string();
    let reply = entity(context, &format!("users('{user}')/events"), body);
    Ok(shown.preferences.applied_to(reply))
}

fn refused(error: ControlError) -> GraphRefusal {
    match error {
        ControlError::NotFound { .. } => GraphRefusal::no_item(),
        ControlError::CrossesNeighbour => GraphRefusal::occurrence_crosses(),
        error => GraphRefusal::invalid_event(&error.to_string()),
    }
}
