//! Replicas that lag: some reads return an earlier version of the tenant than delta does
//! (<https://learn.microsoft.com/graph/delta-query-overview#replays>).

use serde::{Deserialize, Serialize};

use crate::tenant::Tenant;

/// Kinds of requests that a lagging replica can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Read {
    /// `/users/{id}`.
    User,
    /// `/groups/{id}`.
    Group,
    /// `/places/{id}`.
    Place,
    /// `/users/{id}/checkMemberGroups`.
    MemberGroups,
    /// `calendarView`, `events` and `getSchedule` of a mailbox.
    Calendar,
    /// `calendarView/delta` of a mailbox.
    CalendarDelta,
    /// `/users`, `/groups`, the members of a group, the groups of a user, `/places/…`, and their
    /// counts.
    Listing,
}

impl Read {
    /// All reads of one user, group or place.
    pub const BY_ID: [Self; 4] = [Self::User, Self::Group, Self::Place, Self::MemberGroups];
}

/// A replica that stays as the tenant was when the replica began to lag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lag {
    /// Which requests the replica answers. Defaults to all reads by id.
    #[serde(default = "by_id")]
    pub of: Vec<Read>,
    /// Number of requests that the replica answers, including those inside a `$batch`. If none, it
    /// answers all of them until it is removed.
    #[serde(default)]
    pub times: Option<u32>,
}

fn by_id() -> Vec<Read> {
    Read::BY_ID.to_vec()
}

impl Default for Lag {
    fn default() -> Self {
        Self { of: by_id(), times: None }
    }
}

impl Lag {
    /// Returns a replica that answers these requests until it is removed.
    #[must_use]
    pub fn on(reads: &[Read]) -> Self {
        Self { of: reads.to_vec(), times: None }
    }

    /// Limits the number of requests that the replica answers.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }
}

/// The replicas that lag. A request is answered by the first one that has its kind and requests
/// left.
#[derive(Debug, Default)]
pub(crate) struct Replicas {
    lagging: Vec<Replica>,
}

#[derive(Debug)]
struct Replica {
    lag: Lag,
    tenant: Tenant,
}

impl Replicas {
    /// Adds a replica that stays as the tenant is now.
    pub(crate) fn add(&mut self, lag: Lag, tenant: &Tenant) {
        self.lagging.push(Replica { lag, tenant: tenant.clone() });
    }

    pub(crate) fn clear(&mut self) {
        self.lagging.clear();
    }

    /// Lists the replicas, each with the number of requests that it still answers.
    pub(crate) fn list(&self) -> Vec<Lag> {
        self.lagging.iter().map(|replica| replica.lag.clone()).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lagging.is_empty()
    }

    /// Returns the index of the replica that answers a request, and counts the request.
    pub(crate) fn answering(&mut self, read: Read) -> Option<usize> {
        let at = self
            .lagging
            .iter()
            .position(|Replica { lag, .. }| lag.of.contains(&read) && lag.times != Some(0))?;
        if let Some(times) = &mut self.lagging[at].lag.times {
            *times -= 1;
        }
        Some(at)
    }

    /// Exchanges the tenant of a replica with another one.
    pub(crate) fn swap(&mut self, replica: usize, tenant: &mut Tenant) {
        std::mem::swap(&mut self.lagging[replica].tenant, tenant);
    }
}
