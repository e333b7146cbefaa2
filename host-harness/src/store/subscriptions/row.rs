//! Subjects that are watched, as they are stored.

use jiff::Timestamp;
use rusqlite::{Row, types::Type};

use crate::{
    model::{Subscription, WatchSubject},
    problem::Problem,
    store::{IntegrationId, Store, StoreError, json},
};

/// A subject that the vendor is to notify about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// What it is.
    pub subject: WatchSubject,
    /// Not where the subscription is to be ended.
    pub is_wanted: bool,
    /// The subscription, where there is one.
    pub held: Option<Subscription>,
    /// Where the subscription sends notifications.
    pub address: Option<String>,
    /// Whether the vendor asked to renew it at once.
    pub renew: bool,
    /// Why there is no subscription, or why it was not renewed or ended.
    pub failing: Option<WatchFailure>,
    /// Number of hints that wait for a sync.
    pub hints: u32,
}

/// Why the vendor does not notify about a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchFailure {
    /// Time of the first failure.
    pub since: Timestamp,
    /// Number of failures in a row.
    pub count: u32,
    /// When it is tried again.
    pub retry_at: Timestamp,
    /// Why it failed the last time.
    pub problem: Problem,
}

pub(super) const COLUMNS: &str = "subject, room, wanted, id, address, renewed, expires, renew,
    failures, failing_since, retry_at, problem, hints";

/// Size of the stored subscriptions of an integration, in bytes, for the storage limit.
pub(in crate::store) const USED: &str = "coalesce((SELECT sum(octet_length(room)
        + coalesce(octet_length(id), 0) + coalesce(octet_length(problem), 0) + 250)
    FROM subscription WHERE integration = ?1), 0)";

pub(super) fn watched(row: &Row<'_>) -> rusqlite::Result<Watched> {
    let subject = subject(row)?;
    let held = match row.get::<_, Option<String>>("id")? {
        Some(id) => Some(Subscription {
            id,
            subject: subject.clone(),
            renewed: row.get("renewed")?,
            expires: row.get("expires")?,
        }),
        None => None,
    };
    let failing = match row.get_ref("problem")?.as_str_or_null()? {
        Some(problem) => Some(WatchFailure {
            since: second(row.get("failing_since")?),
            count: row.get("failures")?,
            retry_at: second(row.get("retry_at")?),
            problem: json::read("problem", problem)?,
        }),
        None => None,
    };
    Ok(Watched {
        subject,
        is_wanted: row.get("wanted")?,
        held,
        address: row.get("address")?,
        renew: row.get("renew")?,
        failing,
        hints: row.get("hints")?,
    })
}

pub(super) fn subject(row: &Row<'_>) -> rusqlite::Result<WatchSubject> {
    match row.get_ref("subject")?.as_str()? {
        "room" => Ok(WatchSubject::Room(row.get("room")?)),
        "users" => Ok(WatchSubject::Users),
        "groups" => Ok(WatchSubject::Groups),
        other => {
            let cause = format!("subject: {other}").into();
            Err(rusqlite::Error::FromSqlConversionFailure(0, Type::Text, cause))
        }
    }
}

/// Returns the columns `subject` and `room`.
pub(super) fn columns(subject: &WatchSubject) -> (&'static str, &str) {
    match subject {
        WatchSubject::Room(room) => ("room", room),
        WatchSubject::Users => ("users", ""),
        WatchSubject::Groups => ("groups", ""),
    }
}

fn second(at: Option<i64>) -> Timestamp {
    at.and_then(|at| Timestamp::from_second(at).ok()).unwrap_or_default()
}

impl Store {
    /// Returns the subjects of an integration, in the order in which they were first watched.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn watched(&self, integration: IntegrationId) -> Result<Vec<Watched>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM subscription WHERE integration = ?1 ORDER BY number"
        ))?;
        let rows = statement.query_map([integration.0], watched)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
