//! Replicas that lag: some reads answer as of an earlier version of the tenant, while delta is ahead of them
//! (<https://learn.microsoft.com/graph/delta-query-overview#replays>).

use http::Method;
use serde::{Deserialize, Serialize};

use super::places;
use crate::tenant::Tenant;

/// What kind of request a lagging replica answers.
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
    /// `/users`, `/groups`, the members of a group, the groups of a user, `/places/…`, and their counts.
    Listing,
}

impl Read {
    /// All reads of one user, group or place.
    pub const BY_ID: [Self; 4] = [Self::User, Self::Group, Self::Place, Self::MemberGroups];

    /// What a request is; none where no replica answers it, as with delta. `path` has no version.
    fn of(method: &Method, path: &[&str]) -> Option<Self> {
        let is_delta = |segment: &str| {
            let name = segment.strip_prefix("microsoft.graph.").unwrap_or(segment);
            matches!(name, "delta" | "delta()")
        };
        let is_post = *method == Method::POST;
        match path {
            ["users", _, action] if is_post && action.eq_ignore_ascii_case("checkMemberGroups") => {
                Some(Self::MemberGroups)
            }
            _ if is_post => None,
            ["users" | "groups", segment] if is_delta(segment) => None,
            ["users", _, calendar, ..] if calendar.starts_with("calendar") => None,
            ["users" | "groups"] | ["users" | "groups", "$count"] => Some(Self::Listing),
            ["users", _] => Some(Self::User),
            ["groups", _] => Some(Self::Group),
            ["users" | "groups", ..] => Some(Self::Listing),
            ["places", kind, ..] if places::is_cast(kind) => Some(Self::Listing),
            ["places", _] | ["places", _, _] => Some(Self::Place),
            ["places", ..] => Some(Self::Listing),
            _ => None,
        }
    }
}

/// A replica that stays as the tenant was when it began to lag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lag {
    /// Which requests it answers: all reads by id where nothing is given.
    #[serde(default = "by_id")]
    pub of: Vec<Read>,
    /// Number of requests that it answers, those inside a `$batch` included. None is until it is cleared.
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
    /// A replica that answers these requests until it is cleared.
    #[must_use]
    pub fn of(of: &[Read]) -> Self {
        Self { of: of.to_vec(), times: None }
    }

    /// The same, but only for this number of requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }
}

/// The replicas that lag. The first that answers a request and has not caught up does so.
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
    /// From here on, a replica stays as the tenant is now.
    pub(crate) fn add(&mut self, lag: Lag, tenant: &Tenant) {
        self.lagging.push(Replica { lag, tenant: tenant.clone() });
    }

    pub(crate) fn clear(&mut self) {
        self.lagging.clear();
    }

    /// What each still has to answer.
    pub(crate) fn list(&self) -> Vec<Lag> {
        self.lagging.iter().map(|replica| replica.lag.clone()).collect()
    }

    /// The number of the replica that answers a request, counted.
    pub(super) fn answering(&mut self, method: &Method, path: &[&str]) -> Option<usize> {
        if self.lagging.is_empty() {
            return None;
        }
        let read = Read::of(method, path)?;
        let at = self
            .lagging
            .iter()
            .position(|Replica { lag, .. }| lag.of.contains(&read) && lag.times != Some(0))?;
        if let Some(times) = &mut self.lagging[at].lag.times {
            *times -= 1;
        }
        Some(at)
    }

    /// Exchanges a replica's tenant with another one.
    pub(super) fn swap(&mut self, replica: usize, tenant: &mut Tenant) {
        std::mem::swap(&mut self.lagging[replica].tenant, tenant);
    }
}
