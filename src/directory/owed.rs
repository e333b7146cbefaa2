//! Users and groups that Microsoft Graph reported and that have to be read once more.
//!
//! The directory has many replicas, some behind others: delta can report a user whom a read by id
//! does not find yet, or returns as it was before. The link to later changes moves on nevertheless,
//! so the checkpoint contains the ids until they have been read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Explanation},
    model::{Removal, Removed, UserChange},
    payload::Reported,
};

/// Maximum number of ids in a checkpoint, of users and groups together.
const MOST: usize = 1000;

/// Maximum size of what was reported of them, in bytes of JSON.
const MOST_BYTES: usize = 192 * 1024;

/// Approximate size of the JSON around one entry, in bytes.
const ENTRY: usize = 64;

/// Time after which an id that still cannot be read is given up, in seconds.
const LONGEST: u64 = 30 * 24 * 3600;

/// Maximum time for which a replica can be behind a reported change, in seconds.
const LONGEST_LAG: u64 = 24 * 3600;

/// Time after which an answer that contradicts nothing counts as current, in seconds.
const SETTLED: u64 = 3600;

/// Why something has to be read once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Why {
    /// It was not found, or Graph did not answer.
    Unread,
    /// An account may be that of a room, and the rooms could not be read.
    Rooms,
    /// It was reported to the host, but the read that completed it contradicts the change.
    Behind,
    /// It was reported to the host after a read that completed it. A replica can be old without
    /// contradicting the change, so it is read once more after an hour.
    Unsure,
    /// By a read, a user was in none of the selected groups, or blocked. If that answer was old, no
    /// later change reports it.
    Outside,
}

impl Why {
    /// Returns whether nothing was reported to the host yet. The other reasons are precautions,
    /// which are dropped where a checkpoint would become too large.
    fn is_owed(self) -> bool {
        matches!(self, Self::Unread | Self::Rooms)
    }

    /// Returns for how long to read it again, in seconds after the report.
    fn longest(self) -> u64 {
        match self {
            Self::Unread | Self::Rooms => LONGEST,
            Self::Behind => LONGEST_LAG,
            Self::Outside | Self::Unsure => SETTLED,
        }
    }
}

/// What is known of one user or group, and whether it has to be read once more.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) change: UserChange,
    pub(super) open: Option<Why>,
}

impl Finding {
    /// Returns a finding after which no further read is needed.
    pub(super) fn settled(change: UserChange) -> Self {
        Self { change, open: None }
    }

    /// Returns a finding after which another read is needed.
    pub(super) fn open(change: UserChange, why: Why) -> Self {
        Self { change, open: Some(why) }
    }

    /// Returns the change to report to the host. "Not found" is not reported: the change that named
    /// the id shows that it exists.
    fn report(self) -> Option<UserChange> {
        match self.change {
            UserChange::UserMissing(Removed { removal: Removal::Soft, .. })
            | UserChange::GroupMissing(_) => None,
            change => Some(change),
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    /// When it was reported first, in seconds since 1970.
    since: u64,
    why: Why,
    /// Number of runs that read it without success.
    tries: u32,
    /// Everything that was reported of it so far.
    said: Reported,
}

impl Entry {
    fn is_over(&self, now: u64) -> bool {
        now.saturating_sub(self.since) > self.why.longest()
    }
}

/// The properties that one page reported of users or groups, added to what earlier pages reported
/// of those that are still to be read.
#[derive(Debug, Default)]
pub(super) struct Said(BTreeMap<String, Reported>);

impl Said {
    /// Adds the properties of an item; returns all that were reported of it so far.
    pub(super) fn add(&mut self, id: &str, later: Reported, owed: Option<&Owed>) -> &Reported {
        let earlier = || owed?.0.get(id).map(|entry| entry.said.clone());
        let all = self.0.entry(id.to_owned()).or_insert_with(|| earlier().unwrap_or_default());
        all.add(later);
        all
    }

    /// Forgets what was reported of one that was removed.
    pub(super) fn forget(&mut self, id: &str) {
        self.0.insert(id.to_owned(), Reported::default());
    }
}

/// The users or groups that are to be read once more, by id.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Owed(BTreeMap<String, Entry>);

impl Owed {
    /// Returns what was reported of an id that is still to be read.
    pub(super) fn said(&self, id: &str) -> Option<&Reported> {
        self.0.get(id).map(|entry| &entry.said)
    }

    /// Returns all that are to be read now. Those that failed most often come last.
    pub(super) fn due(&self, now: u64) -> Vec<(String, Reported)> {
        let is_due = |entry: &Entry| entry.why != Why::Unsure || entry.is_over(now);
        let mut entries: Vec<_> = self.0.iter().filter(|(_, entry)| is_due(entry)).collect();
        entries.sort_by_key(|(_, entry)| entry.tries);
        entries.into_iter().map(|(id, entry)| (id.clone(), entry.said.clone())).collect()
    }

    /// Notes the finding about an id that a page reported; returns the change to report to the
    /// host.
    /// `said` contains what the page reported.
    pub(super) fn note(&mut self, finding: Finding, said: &Said, now: u64) -> Option<UserChange> {
        let id = finding.change.id();
        let before = self.0.remove(id);
        if let Some(why) = finding.open {
            // It is owed since its first report.
            let since = before.filter(|entry| entry.why.is_owed() && why.is_owed());
            let since = since.map_or(now, |entry| entry.since);
            let said = said.0.get(id).cloned().unwrap_or_default();
            self.0.insert(id.to_owned(), Entry { since, why, tries: 0, said });
        }
        finding.report()
    }

    /// Notes the findings about ids that were read once more; returns the changes to report to the
    /// host. Adds ids to `given_up` that could not be read for too long.
    pub(super) fn settle(
        &mut self,
        findings: Vec<Finding>,
        now: u64,
        given_up: &mut Vec<String>,
    ) -> Vec<UserChange> {
        let mut changes = Vec::with_capacity(findings.len());
        for finding in findings {
            let id = finding.change.id();
            let mut is_news = true;
            if let Some(mut entry) = self.0.remove(id)
                && let Some(why) = finding.open
            {
                // A host counts the time since the last report.
                is_news = why != Why::Outside || entry.why != Why::Outside;
                entry.why = why;
                entry.tries = entry.tries.saturating_add(1);
                match entry.is_over(now) {
                    true if why.is_owed() => given_up.push(id.to_owned()),
                    true => {}
                    false => drop(self.0.insert(id.to_owned(), entry)),
                }
            }
            changes.extend(finding.report().filter(|_| is_news));
        }
        changes
    }

    /// Removes an id that an enumeration reported.
    pub(super) fn remove(&mut self, id: &str) {
        self.0.remove(id);
    }

    /// Returns whether none is to be read.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets the reported properties, but not the ids: later changes of them are unknown.
    pub(super) fn forget_reports(&mut self) {
        self.0.values_mut().for_each(|entry| entry.said = Reported::default());
    }

    /// Returns the number of users or groups that were not reported to the host yet, and when the
    /// oldest of them was reported by Microsoft Graph, in seconds since 1970.
    pub(super) fn count(&self) -> (usize, Option<u64>) {
        let owed = || self.0.values().filter(|entry| entry.why.is_owed());
        (owed().count(), owed().map(|entry| entry.since).min())
    }

    fn bytes(&self) -> usize {
        self.0.iter().map(|(id, entry)| id.len() + entry.said.bytes() + ENTRY).sum()
    }

    /// Removes the oldest entry that is only a precaution; returns whether there was one.
    fn drop_precaution(&mut self) -> bool {
        let precautions = self.0.iter().filter(|(_, entry)| !entry.why.is_owed());
        let oldest = precautions.min_by_key(|(_, entry)| entry.since).map(|(id, _)| id.clone());
        oldest.is_some_and(|id| self.0.remove(&id).is_some())
    }
}

/// Drops precautions until the rest fits into a checkpoint.
///
/// # Errors
/// [`Error::Unavailable`] where more is owed than fits.
pub(super) fn bound(subjects: &mut [&mut Owed]) -> Result<(), Error> {
    loop {
        let number: usize = subjects.iter().map(|owed| owed.0.len()).sum();
        let bytes: usize = subjects.iter().map(|owed| owed.bytes()).sum();
        if number <= MOST && bytes <= MOST_BYTES {
            return Ok(());
        }
        if !subjects.iter_mut().any(|owed| owed.drop_precaution()) {
            return Err(too_many());
        }
    }
}

fn too_many() -> Error {
    Error::Unavailable(
        Explanation::new(
            "too-many-owed",
            "Microsoft Graph reports more users and groups than ONES can read at the moment",
        )
        .remedy(
            "Wait: the next run reads them again and continues. If the error remains for a day, \
                check https://status.cloud.microsoft for outages",
        ),
    )
}
