//! Reads Graph's JSON one item at a time, so that a wrong item does not affect the others.

mod event;
mod field;
mod group;
mod place;
mod reported;
mod user;
mod wall_clock;

use serde_json::Value;

use crate::model::Removal;

pub use event::{
    Answer, EVENT_SELECT, Event, EventItem, Facts, Kind, Moment, Shows, moment, read_event,
};
use field::Members;
pub(crate) use field::{filled, members, one_spelling, whole_number};
pub use group::{
    GROUP_SELECT, GroupItem, GroupRecord, MemberChange, is_user, read_group, read_group_change,
};
pub use place::{ListRef, RoomKey, Space, is_room, read_list, read_mailbox, read_space};
pub use reported::Reported;
pub use user::{Item, UserReader};
pub use wall_clock::day_text;
use wall_clock::wall_clock;

/// Returns how an item was removed, by its `@removed`; `None` where it was not. Null and false mean
/// that it was not.
fn removal(members: &Members<'_>) -> Option<Removal> {
    let removed = match members.get("@removed")?.get() {
        "null" | "false" => return None,
        removed => serde_json::from_str::<Value>(removed).unwrap_or_default(),
    };
    match removed.get("reason").and_then(Value::as_str) {
        Some(reason) if reason.eq_ignore_ascii_case("deleted") => Some(Removal::Permanent),
        _ => Some(Removal::Soft),
    }
}

/// Id to report for an item without a readable one.
const NO_ID: &str = "(no id)";
