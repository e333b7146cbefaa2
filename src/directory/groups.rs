//! Groups, and who is in which.
//!
//! All of it comes by `/groups/delta`: the first round tells every group with its members, a large
//! one spread over many pages. Source: <https://learn.microsoft.com/graph/delta-query-groups>.

use std::collections::BTreeMap;

use super::{
    checkpoint::{Checkpoint, Position},
    read::read_group_records,
    walk::{Refused, Walk, forgotten_or, next_of_round},
};
use crate::{
    describe::GROUPS,
    error::Error,
    graph::{Graph, GraphError, Page},
    host::Host,
    model::{Subject, UserChange},
    payload::{GROUP_SELECT, GroupRecord, MemberChange, UserReader, read_group, read_group_change},
};

/// All groups of the tenant.
pub(super) struct Groups<'a, H> {
    graph: &'a Graph<'a, H>,
}

impl<'a, H: Host> Groups<'a, H> {
    pub(super) fn new(graph: &'a Graph<'a, H>) -> Self {
        Self { graph }
    }
}

impl<H: Host> Walk<H> for Groups<'_, H> {
    const SUBJECT: Subject = Subject::Groups;

    async fn begin(&self, _checkpoint: &Checkpoint) -> Result<Position, Error> {
        let link = self.graph.endpoints().groups_delta(GROUP_SELECT).to_string();
        Ok(Position::Enumerating { link })
    }

    fn next(&self, position: &Position, page: &Page<'_>) -> Result<(Position, bool), Error> {
        next_of_round(position, page)
    }

    async fn read(
        &mut self,
        page: &Page<'_>,
        position: &Position,
    ) -> Result<Vec<UserChange>, Error> {
        let read = if position.is_full() { read_group } else { read_group_change };
        let items: Vec<_> = page.value.iter().map(|raw| read(raw)).collect();
        let is_partial = |record: &GroupRecord| matches!(record, GroupRecord::Partial);
        let mut partial: Vec<_> =
            items.iter().filter(|it| is_partial(&it.record)).map(|it| it.id.clone()).collect();
        partial.sort_unstable();
        partial.dedup();
        let whole = read_group_records(self.graph, &partial).await?;
        let whole: BTreeMap<_, _> = partial.iter().zip(whole).collect();
        let mut changes = Vec::with_capacity(items.len());
        for item in items {
            // In its place: what is told last counts.
            let read = whole.get(&item.id).filter(|_| is_partial(&item.record)).cloned();
            changes.extend(read.or_else(|| of_record(item.id, item.record)));
            changes.extend(item.members.into_iter().map(|it| match it {
                MemberChange::Added(membership) => UserChange::MemberAdded(membership),
                MemberChange::Removed(membership) => UserChange::MemberRemoved(membership),
            }));
        }
        Ok(changes)
    }

    fn refused(
        graph: &Graph<'_, H>,
        _reader: &UserReader,
        _position: &Position,
        refusal: GraphError,
    ) -> Refused {
        forgotten_or(refusal, |it| graph.explain(it, GROUPS))
    }
}

/// What to tell of a group itself; nothing where it has to be read by itself first.
pub(super) fn of_record(id: String, record: GroupRecord) -> Option<UserChange> {
    match record {
        GroupRecord::Whole(group) => Some(UserChange::Group(group)),
        GroupRecord::Removed(removal) => Some(UserChange::GroupRemoved(id, removal)),
        GroupRecord::Unreadable(it) => Some(UserChange::GroupUnreadable(it)),
        GroupRecord::Partial => None,
    }
}
