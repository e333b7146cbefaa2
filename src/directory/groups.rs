//! Reads groups and memberships.
//!
//! `/groups/delta` returns all of them: the first round contains every group with its members, a
//! large group over several pages. Source: <https://learn.microsoft.com/graph/delta-query-groups>.

use std::collections::BTreeMap;

use super::{
    checkpoint::{Checkpoint, Position},
    owed::{Finding, Said},
    read::{group_change, groups_by_id},
    walk::{Contents, Refused, Walk, fingerprint, forgotten_or, next_of_round},
};
use crate::{
    error::Error,
    graph::{Graph, GraphError, Links, Page},
    host::{Host, Response, unix_seconds},
    model::{Subject, UserChange},
    payload::{
        GROUP_SELECT, GroupRecord, MemberChange, Reported, UserReader, read_group,
        read_group_change,
    },
    permission::GROUPS,
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
        Ok(Position::Enumerating { link, initial: true })
    }

    fn relist(&self, _position: &Position, _size: u16) -> Option<Position> {
        None
    }

    fn alternative(&self) -> Option<Position> {
        None
    }

    fn next(
        &self,
        position: &Position,
        links: &Links<'_>,
        _size: u16,
    ) -> Result<(Position, bool), Error> {
        next_of_round(position, links)
    }

    async fn read(
        &mut self,
        page: &Response,
        position: &Position,
        after: &mut Checkpoint,
    ) -> Result<Contents, Error> {
        let page = Page::read(page)?;
        let full = position.is_full();
        let read = if full { read_group } else { read_group_change };
        let mut said = Said::default();
        let mut partial = BTreeMap::new();
        let mut items = Vec::with_capacity(page.value.len());
        for (index, raw) in page.value.iter().enumerate() {
            let mut item = read(raw);
            if matches!(item.record, GroupRecord::Complete(_) | GroupRecord::Partial) {
                let reported = Reported::read(raw, GROUP_SELECT);
                let all = said.add(&item.id, reported, after.owed(Subject::Groups));
                item.record = read(&all.alone()).record;
                if item.record == GroupRecord::Partial {
                    // The last item of a group on the page counts, so only that one is completed.
                    partial.insert(item.id.clone(), (index, all.clone()));
                }
            } else {
                said.forget(&item.id);
            }
            items.push(item);
        }
        let open: Vec<_> = partial.iter().map(|(id, (_, all))| (id.clone(), all.clone())).collect();
        let found = groups_by_id(self.graph, &open).await?;
        let mut found: BTreeMap<_, _> =
            partial.into_values().map(|(index, _)| index).zip(found).collect();
        let now = unix_seconds(self.graph.host().now());
        let mut changes = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            // In the order of the page: the last report of a group counts.
            let finding = match item.record {
                GroupRecord::Partial => found.remove(&index),
                record => Some(Finding::settled(group_change(&item.id, record))),
            };
            if let (Some(finding), Some(owed)) = (finding, after.owed_mut(Subject::Groups)) {
                changes.extend(owed.note(finding, &said, now));
            }
            changes.extend(item.members.into_iter().map(|member| match member {
                MemberChange::Added(membership) => UserChange::MemberAdded(membership),
                MemberChange::Removed(membership) => UserChange::MemberRemoved(membership),
            }));
        }
        let fingerprint = fingerprint(page.value.iter().map(|raw| raw.get()));
        Ok(Contents { changes, total: page.count, fingerprint })
    }

    async fn reread(&mut self, owed: &[(String, Reported)]) -> Result<Vec<Finding>, Error> {
        groups_by_id(self.graph, owed).await
    }

    fn refused(
        graph: &Graph<'_, H>,
        _reader: &UserReader,
        _position: &Position,
        refusal: GraphError,
    ) -> Refused {
        forgotten_or(refusal, |refusal| graph.explain(refusal, GROUPS))
    }
}
