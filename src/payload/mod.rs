//! Reads Graph's JSON one item at a time, so that a wrong item does not affect the others.

mod event;
mod field;
mod group;
mod json;
mod place;
mod plain;
mod reported;
mod user;
mod wall_clock;

use crate::model::Removal;

pub use event::{
    Answer, EVENT_SELECT, Event, EventItem, Facts, Kind, Moment, Shows, moment, read_event,
};
pub(crate) use field::{filled, one_spelling, whole_number};
pub(crate) use group::has_kind_of_user;
pub use group::{
    GROUP_SELECT, GroupItem, GroupRecord, MemberChange, is_user, read_group, read_group_change,
};
pub(crate) use json::{Json, Members, Text};
pub use place::{ListRef, RoomKey, Space, is_room, read_list, read_mailbox, read_space};
pub(crate) use plain::Plain;
pub use reported::Reported;
pub use user::{Item, UserReader};
pub use wall_clock::{day_text, read_day};

/// Returns how an item was removed, by its `@removed`; `None` where it was not. Null and false mean
/// that it was not.
fn removal(members: &Members<'_>) -> Option<Removal> {
    let removed = match members.get("@removed")? {
        Json::Null | Json::Bool(false) => return None,
        removed => removed,
    };
    match removed.get("reason").and_then(Json::as_str) {
        Some(reason) if reason.eq_ignore_ascii_case("deleted") => Some(Removal::Permanent),
        _ => Some(Removal::Soft),
    }
}

/// Id to report for an item without a readable one.
const NO_ID: &str = "(no id)";
