//! The state of notifications, as it is shown.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use serde::{Serialize, Serializer};

use crate::{
    model::WatchSubject,
    problem::Problem,
    store::{IntegrationId, Store, StoreError},
    wording::counted,
};

/// Number of names in a list of subjects that fail.
const NAMES: usize = 5;

/// State of the notifications of an integration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationsView {
    /// Rooms.
    pub rooms: WatchCounts,
    /// Users and groups, which count as one each.
    pub directory: WatchCounts,
    /// Why subjects are not watched, the most frequent reason first.
    pub failing: Vec<FailingSubjects>,
    /// Number of subjects whose changes wait for a sync.
    pub waiting: u64,
    /// Time of the last notification that was stored.
    #[serde(serialize_with = "as_text")]
    pub received_at: Option<Timestamp>,
}

/// Numbers of subjects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct WatchCounts {
    /// Number of subjects that the vendor is to notify about.
    pub wanted: u64,
    /// Number of those that have a subscription.
    pub watched: u64,
}

/// Subjects that are not watched for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailingSubjects {
    /// Number of subjects.
    pub count: u64,
    /// Names of the first of them.
    pub names: Vec<String>,
    /// Time of the first failure.
    #[serde(serialize_with = "as_text")]
    pub since: Option<Timestamp>,
    /// The reason.
    pub problem: Problem,
}

impl NotificationsView {
    /// Returns what is watched, in words: `998 of 1000 rooms, users and groups`.
    pub fn words(&self) -> String {
        let Self { rooms, directory, .. } = self;
        let rooms = (rooms.wanted > 0).then(|| match rooms.watched == rooms.wanted {
            true => counted(rooms.wanted, "room"),
            false => format!("{} of {}", rooms.watched, counted(rooms.wanted, "room")),
        });
        let directory = (directory.wanted > 0).then(|| match directory.watched {
            0 => "neither users nor groups".to_owned(),
            all if all == directory.wanted => "users and groups".to_owned(),
            _ => "only one of users and groups".to_owned(),
        });
        let words: Vec<_> = rooms.into_iter().chain(directory).collect();
        if words.is_empty() { "nothing yet".to_owned() } else { words.join(", ") }
    }

    /// Returns how much waits for a sync, in words.
    pub fn waiting_words(&self) -> String {
        let verb = if self.waiting == 1 { "waits" } else { "wait" };
        format!("Changes of {} {verb} for a sync", counted(self.waiting, "subject"))
    }
}

impl FailingSubjects {
    /// Returns which subjects fail, in words: `2 failed: Attic, Cellar`.
    pub fn words(&self) -> String {
        let more = self.count.saturating_sub(self.names.len() as u64);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{} failed: {}{more}", self.count, self.names.join(", "))
    }
}

fn as_text<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    at.map(|at| at.to_string()).serialize(serializer)
}

impl Store {
    /// Returns the state of the notifications of an integration.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn notifications(
        &self,
        integration: IntegrationId,
        now: Timestamp,
    ) -> Result<NotificationsView, StoreError> {
        let names: HashMap<String, String> = self
            .bookable_rooms(integration)?
            .into_iter()
            .map(|room| (room.id, room.name))
            .collect();
        let mut view = NotificationsView::default();
        for row in self.watched(integration)?.into_iter().filter(|row| row.is_wanted) {
            let (counts, name) = match &row.subject {
                WatchSubject::Room(room) => (&mut view.rooms, names.get(room).unwrap_or(room)),
                WatchSubject::Users => (&mut view.directory, &"Users".to_owned()),
                WatchSubject::Groups => (&mut view.directory, &"Groups".to_owned()),
            };
            counts.wanted += 1;
            let is_live = |expires: i64| expires > now.as_second();
            counts.watched += u64::from(row.held.is_some_and(|held| is_live(held.expires)));
            view.waiting += u64::from(row.hints > 0);
            let Some(failure) = row.failing else { continue };
            let known = view.failing.iter_mut().find(|it| it.problem.is_like(&failure.problem));
            match known {
                Some(known) => {
                    known.count += 1;
                    known.since = known.since.min(Some(failure.since));
                    if known.names.len() < NAMES {
                        known.names.push(name.clone());
                    }
                }
                None => view.failing.push(FailingSubjects {
                    count: 1,
                    names: vec![name.clone()],
                    since: Some(failure.since),
                    problem: failure.problem,
                }),
            }
        }
        view.failing.sort_by_key(|failing| std::cmp::Reverse(failing.count));
        let received_at: Option<Option<i64>> = self
            .connection
            .prepare_cached("SELECT received_at FROM notification_address WHERE integration = ?1")?
            .query_row([integration.0], |row| row.get(0))
            .optional()?;
        let received_at = received_at.flatten();
        view.received_at = received_at.and_then(|at| Timestamp::from_second(at).ok());
        Ok(view)
    }
}
