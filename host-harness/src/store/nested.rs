//! Users of groups within groups. Groups of which each leads to all others share one set of users,
//! which is computed once.
//!
//! Groups that lead to each other are a strongly connected component, found by Tarjan's algorithm
//! (Depth-first search and linear graph algorithms, SIAM J. Comput. 1, 1972), without recursion.
//! Memory grows with the number of groups, not of memberships: these are read from the store in
//! chunks.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use rusqlite::params;

use super::{IntegrationId, Store, StoreError, edges::INSIDE, json, view};

/// Number of memberships that are read at once.
const CHUNK: usize = 64;

/// Number of members that are stored for other groups of the same component.
const KEPT: usize = 200_000;

/// Number of users in a group, and their ids, where they were asked for.
pub(super) type Members = (u64, Option<Vec<String>>);

/// Computes the users of groups, for one list of groups.
pub(super) struct Nested<'a> {
    store: &'a Store,
    integration: IntegrationId,
    named: bool,
    /// Numbers of the groups, by id.
    numbers: HashMap<String, i64>,
    groups: HashSet<i64>,
    /// Component of each group that was visited.
    components: HashMap<i64, usize>,
    /// Number of groups in each component.
    sizes: Vec<usize>,
    /// Users of components that have more than one group.
    shared: HashMap<usize, Members>,
    kept: usize,
    /// Number of groups whose users were computed.
    #[cfg(test)]
    worked_out: usize,
}

/// A group that is being visited.
struct Visit {
    number: i64,
    /// Number of the earliest group that it leads back to.
    lowest: usize,
    /// Members after this one are still to be read.
    after: i64,
    /// Groups among the members that were read, the next one last.
    next: Vec<i64>,
    is_read: bool,
}

impl<'a> Nested<'a> {
    pub(super) fn new(
        store: &'a Store,
        integration: IntegrationId,
        named: bool,
    ) -> Result<Self, StoreError> {
        let mut statement = store.connection.prepare_cached(
            "SELECT record.id, node.number FROM record JOIN node USING (integration, id)
             WHERE integration = ?1 AND kind = 'group' AND removed_at IS NULL",
        )?;
        let numbers = statement.query_map([integration.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let numbers = numbers.collect::<Result<HashMap<_, _>, _>>()?;
        Ok(Self {
            store,
            integration,
            named,
            groups: numbers.values().copied().collect(),
            numbers,
            components: HashMap::new(),
            sizes: Vec::new(),
            shared: HashMap::new(),
            kept: 0,
            #[cfg(test)]
            worked_out: 0,
        })
    }

    /// Returns the users in the group, directly or through others.
    pub(super) fn members(&mut self, group: &str) -> Result<Members, StoreError> {
        // A group that was removed, or has no members, shares none.
        let Some(number) = self.numbers.get(group).copied() else {
            return self.work_out(group);
        };
        if !self.components.contains_key(&number) {
            self.visit(number)?;
        }
        let component = self.components.get(&number).copied().unwrap_or_default();
        if let Some(members) = self.shared.get(&component) {
            return Ok(members.clone());
        }
        let members = self.work_out(group)?;
        let size = 1 + members.1.as_ref().map_or(0, Vec::len);
        let is_shared = self.sizes.get(component).is_some_and(|it| *it > 1);
        // What does not fit is worked out again.
        if is_shared && self.kept + size <= KEPT {
            self.kept += size;
            self.shared.insert(component, members.clone());
        }
        Ok(members)
    }

    fn work_out(&mut self, group: &str) -> Result<Members, StoreError> {
        #[cfg(test)]
        {
            self.worked_out += 1;
        }
        self.store.members(self.integration, group, self.named)
    }

    /// Finds the components of a group and of the groups that it leads to.
    fn visit(&mut self, start: i64) -> Result<(), StoreError> {
        // When a group was reached; those whose component is known are left out.
        let mut reached: HashMap<i64, usize> = HashMap::new();
        let mut open: Vec<i64> = Vec::new();
        let mut path: Vec<Visit> = Vec::new();
        let enter = |number, reached: &mut HashMap<_, _>, open: &mut Vec<_>| {
            let at = reached.len();
            reached.insert(number, at);
            open.push(number);
            Visit { number, lowest: at, after: i64::MIN, next: Vec::new(), is_read: false }
        };
        path.push(enter(start, &mut reached, &mut open));
        while let Some(visit) = path.last_mut() {
            if let Some(member) = visit.next.pop() {
                match reached.get(&member).copied() {
                    _ if self.components.contains_key(&member) => {}
                    Some(at) => visit.lowest = visit.lowest.min(at),
                    None => path.push(enter(member, &mut reached, &mut open)),
                }
                continue;
            }
            if !visit.is_read {
                visit.next = self.chunk(visit)?;
                continue;
            }
            let Some(Visit { number, lowest, .. }) = path.pop() else { break };
            if let Some(above) = path.last_mut() {
                above.lowest = above.lowest.min(lowest);
            }
            if reached.get(&number) == Some(&lowest) {
                let at = open.iter().rposition(|it| *it == number).unwrap_or_default();
                let component = open.split_off(at);
                self.components.extend(component.iter().map(|it| (*it, self.sizes.len())));
                self.sizes.push(component.len());
            }
        }
        Ok(())
    }

    /// Returns the groups among the next members.
    fn chunk(&self, visit: &mut Visit) -> Result<Vec<i64>, StoreError> {
        let mut statement = self.store.connection.prepare_cached(
            "SELECT member FROM edge WHERE holder = ?1 AND member > ?2 ORDER BY member LIMIT ?3",
        )?;
        let members = statement
            .query_map(params![visit.number, visit.after, CHUNK], |row| row.get::<_, i64>(0))?;
        let mut members = members.collect::<Result<Vec<_>, _>>()?;
        visit.is_read = members.len() < CHUNK;
        visit.after = members.last().copied().unwrap_or(i64::MAX);
        members.retain(|it| self.groups.contains(it));
        Ok(members)
    }
}

impl Store {
    /// Returns the users in a group of the directory, directly or through others.
    pub(super) fn members(
        &self,
        integration: IntegrationId,
        group: &str,
        named: bool,
    ) -> Result<Members, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "WITH RECURSIVE {INSIDE}
             SELECT count(*),
                 CASE WHEN ?3 THEN json_group_array(id ORDER BY id) FILTER (WHERE ?3) END
             FROM (SELECT node.id AS id FROM inside JOIN node USING (number)) JOIN record AS it
               USING (id)
             WHERE it.integration = ?1 AND it.kind = 'user' AND removed_at IS NULL AND {}",
            view::OFFERED
        ))?;
        Ok(statement.query_row(params![integration.0, group, named], |row| {
            let ids: Option<String> = row.get(1)?;
            Ok((row.get(0)?, ids.map(|it| json::read("id", &it)).transpose()?))
        })?)
    }
}
