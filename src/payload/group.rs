//! The resource type `group`, and the ways `/groups/delta` tells who is in it.
//!
//! Sources: <https://learn.microsoft.com/graph/api/resources/group>, and for `members@delta`
//! <https://learn.microsoft.com/graph/delta-query-groups>.

use serde_json::value::RawValue;

use super::{Members, NO_ID, members, removal};
use crate::model::{Group, Membership, Removal, Unreadable};

/// What a record of ONES is made of; for `$select`.
pub const GROUP_SELECT: &str = "id,displayName,description,mail";

/// One item of `/groups` or `/groups/delta`. A group can come again, with further members.
#[derive(Debug, PartialEq)]
pub struct GroupItem {
    /// Of the group.
    pub id: String,
    /// Itself.
    pub record: GroupRecord,
    /// Who joined, and who left.
    pub members: Vec<MemberChange>,
}

impl GroupItem {
    /// The same under the id by which it was asked for, where the two differ in case alone: who
    /// asks may have stored another spelling.
    pub fn asked_as(mut self, id: &str) -> Self {
        if self.id.eq_ignore_ascii_case(id) {
            id.clone_into(&mut self.id);
            if let GroupRecord::Whole(group) = &mut self.record {
                id.clone_into(&mut group.id);
            }
        }
        self
    }
}

/// What an item tells of the group itself.
#[derive(Debug, PartialEq)]
pub enum GroupRecord {
    /// All of it.
    Whole(Group),
    /// Only some of what was selected; what is absent may have a value.
    Partial,
    /// Gone.
    Removed(Removal),
    /// Wrong in itself.
    Unreadable(Unreadable),
}

/// Somebody joined or left.
#[derive(Debug, PartialEq)]
pub enum MemberChange {
    /// Is in it.
    Added(Membership),
    /// Is no longer in it.
    Removed(Membership),
}

/// Reads an item of a first round of delta, or a group by itself: what is absent was never set.
pub fn read_group(raw: &RawValue) -> GroupItem {
    item(raw, |members| members.get("displayName").is_none())
}

/// Reads an item of a later round, which tells "at least" what changed: properties that were
/// never set are absent, and so can be those that stayed as they were.
pub fn read_group_change(raw: &RawValue) -> GroupItem {
    item(raw, |members| GROUP_SELECT.split(',').any(|name| members.get(name).is_none()))
}

fn item(raw: &RawValue, is_partial: impl Fn(&Members<'_>) -> bool) -> GroupItem {
    let fields = members(raw);
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
        false => group(&id, &fields).map_or_else(unreadable, GroupRecord::Whole),
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

/// People and groups; devices, contacts and applications book no rooms.
fn read_members(group: &str, list: &RawValue, to: &mut Vec<MemberChange>) -> Result<(), String> {
    // Null is nobody, as a list and in it.
    let list: Option<Vec<Option<&RawValue>>> =
        serde_json::from_str(list.get()).map_err(|_| "members@delta: not a list")?;
    let mut wrong = Ok(());
    for raw in list.into_iter().flatten().flatten() {
        let fields = members(raw);
        let kind = fields.text_if_any("@odata.type").map(|it| it.to_ascii_lowercase());
        if kind.is_some_and(|it| !it.ends_with(".user") && !it.ends_with(".group")) {
            continue;
        }
        let Some(member) = fields.key_if_any("id") else {
            wrong = Err("members@delta: a member without an id".to_owned());
            continue;
        };
        let membership = Membership { group: group.to_owned(), member };
        to.push(match removal(&fields) {
            None => MemberChange::Added(membership),
            Some(_) => MemberChange::Removed(membership),
        });
    }
    wrong
}

/// Whether an item of a listing of members is a person. Without a type, a name to sign in with
/// tells.
pub fn is_person(raw: &RawValue) -> bool {
    let fields = members(raw);
    match fields.text_if_any("@odata.type") {
        Some(kind) => kind.to_ascii_lowercase().ends_with(".user"),
        None => fields.get("userPrincipalName").is_some(),
    }
}
