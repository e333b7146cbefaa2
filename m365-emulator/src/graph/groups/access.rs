//! Which groups, and which members of them, an application may read.

use crate::graph::permission::{self, Caller};
use crate::graph::refusal::GraphRefusal;
use crate::state::State;
use crate::tenant::entry::Slot;
use crate::tenant::group::Group;

/// Value of `visibility`, as JSON.
const HIDDEN: &str = "\"HiddenMembership\"";

pub(in crate::graph) fn check_permission(caller: &Caller) -> Result<(), GraphRefusal> {
    if caller.has(permission::GROUPS) {
        return Ok(());
    }
    Err(GraphRefusal::directory_permission())
}

/// Finds a present group by its id.
pub(super) fn find<'a>(state: &'a State, id: &str) -> Result<(Slot, &'a Group), GraphRefusal> {
    state.tenant.groups.find(id).ok_or_else(|| GraphRefusal::no_resource(id))
}

/// Returns whether a group hides its members from an application without the permission for them
/// (<https://learn.microsoft.com/graph/api/group-list-members>).
pub(in crate::graph) fn hides_members(group: &Group, state: &State, caller: &Caller) -> bool {
    let visibility = state.tenant.groups.schema.find("visibility");
    let is_hidden = visibility.and_then(|property| group.json(property)) == Some(HIDDEN);
    is_hidden && !caller.has(permission::HIDDEN_MEMBERS)
}
