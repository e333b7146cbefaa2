//! Records and batches, as a plugin reports them.

use ones_host::model::{
    Group, Membership, Mode, Part, Removal, Removed, Room, Subject, Unreadable, User, UserBatch,
    UserChange,
};

/// The first batch of an enumeration, or the only one.
pub(crate) const FIRST: Mode = Mode::Full(Part { first: true, last: false });
pub(crate) const MIDDLE: Mode = Mode::Full(Part { first: false, last: false });
pub(crate) const LAST: Mode = Mode::Full(Part { first: false, last: true });
pub(crate) const COMPLETE: Mode = Mode::Full(Part { first: true, last: true });
pub(crate) const CHANGES: Mode = Mode::Incremental;

pub(crate) fn user(id: &str) -> User {
    User {
        id: id.to_owned(),
        username: format!("{id}@contoso.com"),
        display_name: id.to_uppercase(),
        email: Some(format!("{id}@contoso.com")),
        enabled: true,
        ..User::default()
    }
}

pub(crate) fn reported(id: &str) -> UserChange {
    UserChange::User(user(id))
}

pub(crate) fn gone(id: &str) -> UserChange {
    UserChange::UserRemoved(Removed { id: id.to_owned(), removal: Removal::Permanent })
}

/// What one answer did not find.
pub(crate) fn missing(id: &str) -> UserChange {
    UserChange::UserMissing(Removed { id: id.to_owned(), removal: Removal::Soft })
}

/// Whom one answer found in none of the selected groups.
pub(crate) fn not_selected(id: &str) -> UserChange {
    UserChange::UserMissing(Removed { id: id.to_owned(), removal: Removal::OutOfScope })
}

pub(crate) fn unreadable(id: &str) -> UserChange {
    let reason = "jobTitle: no text".to_owned();
    UserChange::UserUnreadable(Unreadable { id: id.to_owned(), reason })
}

pub(crate) fn group(id: &str) -> UserChange {
    UserChange::Group(Group {
        id: id.to_owned(),
        name: id.to_uppercase(),
        description: Some(format!("All of {id}")),
        email: Some(format!("{id}@contoso.com")),
    })
}

pub(crate) fn group_gone(id: &str) -> UserChange {
    UserChange::GroupRemoved(Removed { id: id.to_owned(), removal: Removal::Soft })
}

pub(crate) fn group_missing(id: &str) -> UserChange {
    UserChange::GroupMissing(id.to_owned())
}

pub(crate) fn group_unreadable(id: &str) -> UserChange {
    let reason = "displayName: no text".to_owned();
    UserChange::GroupUnreadable(Unreadable { id: id.to_owned(), reason })
}

/// Who is in the group.
pub(crate) fn within(group: &str, member: &str) -> UserChange {
    UserChange::MemberAdded(membership(group, member))
}

/// Who is no longer in the group.
pub(crate) fn without(group: &str, member: &str) -> UserChange {
    UserChange::MemberRemoved(membership(group, member))
}

fn membership(group: &str, member: &str) -> Membership {
    Membership { group: group.to_owned(), member: member.to_owned() }
}

pub(crate) fn room(id: &str) -> Room {
    Room {
        id: id.to_owned(),
        email: format!("{id}@contoso.com"),
        name: id.to_uppercase(),
        ..Room::default()
    }
}

/// Numbered ids: `p000`, `p001`, …
pub(crate) fn ids(count: usize) -> Vec<String> {
    (0..count).map(|it| format!("p{it:03}")).collect()
}

pub(crate) fn batch(mode: Mode, checkpoint: &str, changes: Vec<UserChange>) -> UserBatch {
    let subject = Subject::Users;
    UserBatch { subject, mode, changes, checkpoint: checkpoint.to_owned(), total: None }
}

/// One of groups.
pub(crate) fn of_groups(mode: Mode, checkpoint: &str, changes: Vec<UserChange>) -> UserBatch {
    UserBatch { subject: Subject::Groups, ..batch(mode, checkpoint, changes) }
}
