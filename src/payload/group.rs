//! The resource type `group`, and its members as `/groups/delta` reports them.
//!
//! Sources: <https://learn.microsoft.com/graph/api/resources/group>, and for `members@delta`
//! <https://learn.microsoft.com/graph/delta-query-groups>.

use serde_json::value::RawValue;

use super::{Json, Members, NO_ID, removal};
use crate::model::{Group, Membership, Removal, Unreadable};

/// The properties of a record of ONES, for `$select`.
pub const GROUP_SELECT: &str = "id,displayName,description,mail";

/// One item of `/groups` or `/groups/delta`. A group can appear again, with further members.
#[derive(Debug, PartialEq)]
pub struct GroupItem {
    /// Id of the group.
    pub id: String,
    /// The group itself.
    pub record: GroupRecord,
    /// Members that joined or left.
    pub members: Vec<MemberChange>,
}

impl GroupItem {
    /// Returns the same under the requested id, where the two differ in case only: the host may
    /// have stored another spelling.
    pub fn asked_as(mut self, id: &str) -> Self {
        if self.id.eq_ignore_ascii_case(id) {
            id.clone_into(&mut self.id);
            if let GroupRecord::Complete(group) = &mut self.record {
                id.clone_into(&mut group.id);
            }
        }
        self
    }
}

/// The group itself, as an item reports it.
#[derive(Debug, PartialEq)]
pub enum GroupRecord {
    /// The complete group.
    Complete(Group),
    /// Only some of the selected properties; the others may have values.
    Partial,
    /// The group was removed.
    Removed(Removal),
    /// A property is wrong.
    Unreadable(Unreadable),
}

/// A member that joined or left.
#[derive(Debug, PartialEq)]
pub enum MemberChange {
    /// It is in the group.
    Added(Membership),
    /// It is no longer in the group.
    Removed(Membership),
}

/// Reads a complete item: of the first round of delta, or of a read by id. An absent property has
/// no value.
pub fn read_group(raw: &RawValue) -> GroupItem {
    item(raw, |members| members.get("displayName").is_none())
}

/// Reads an item of a later round of delta, which contains "at least" what changed: an absent
/// property has no value or is unchanged.
pub fn read_group_change(raw: &RawValue) -> GroupItem {
    item(raw, |members| GROUP_SELECT.split(',').any(|name| members.get(name).is_none()))
}

fn item(raw: &RawValue, is_partial: impl Fn(&Members<'_>) -> bool) -> GroupItem {
    let fields = Members::read(raw);
    let Some(id) = fields.key_if_any("id") else {
        let unreadable = Unreadable::new(NO_ID, "id is missing");
        return GroupItem {
            id: unreadable.id.clone(),
            record: GroupRecord::Unreadable(unreadable),
            members: Vec::new(),
        };
    };
    if let Some(removal) = removal(&fields) {
        return GroupItem { record: GroupRecord::Removed(removal), id, members: Vec::new() };
    }
    let unreadable = |reason| GroupRecord::Unreadable(Unreadable::new(id.as_str(), reason));
    let mut record = match is_partial(&fields) {
        true => GroupRecord::Partial,
        false => group(&id, &fields).map_or_else(unreadable, GroupRecord::Complete),
    };
    let mut changes = Vec::new();
    if let Some(list) = fields.get("members@delta")
        && let Err(reason) = read_members(&id, list, &mut changes)
    {
        record = unreadable(reason);
    }
    GroupItem { id, record, members: changes }
}

fn group(id: &str, members: &Members<'_>) -> Result<Group, String> {
    let email = members.address("mail")?;
    let name = members.text("displayName")?.or_else(|| email.clone());
    Ok(Group {
        name: name.unwrap_or_else(|| id.to_owned()),
        id: id.to_owned(),
        description: members.text("description")?,
        email,
    })
}

/// Reads users and groups from a list of members. Devices, contacts and applications book no rooms.
fn read_members(group: &str, list: &Json<'_>, to: &mut Vec<MemberChange>) -> Result<(), String> {
    let list = match list {
        // Null, as the list or in it, stands for no member.
        Json::Null => return Ok(()),
        Json::List(list) => list.iter().filter(|member| **member != Json::Null),
        _ => return Err("members@delta: not a list".to_owned()),
    };
    let none = Members::default();
    let mut wrong = Ok(());
    for member in list {
        let fields = if let Json::Object(fields) = member { fields } else { &none };
        let kind = fields.text_if_any("@odata.type").map(|kind| kind.to_ascii_lowercase());
        if kind.is_some_and(|kind| !kind.ends_with(".user") && !kind.ends_with(".group")) {
            continue;
        }
        let Some(member) = fields.key_if_any("id") else {
            wrong = Err("members@delta: a member without an id".to_owned());
            continue;
        };
        let membership = Membership { group: group.to_owned(), member };
        to.push(match removal(fields) {
            None => MemberChange::Added(membership),
            Some(_) => MemberChange::Removed(membership),
        });
    }
    wrong
}

/// Returns whether a member of a group is a user. Without a type, it is one where it has a user
/// name.
pub fn is_user(raw: &RawValue) -> bool {
    has_kind_of_user(&Members::read(raw))
}

/// Returns the same for the members of the JSON object.
pub(crate) fn has_kind_of_user(fields: &Members<'_>) -> bool {
    match fields.text_if_any("@odata.type") {
        Some(kind) => kind.to_ascii_lowercase().ends_with(".user"),
        None => fields.get("userPrincipalName").is_some(),
    }
}
