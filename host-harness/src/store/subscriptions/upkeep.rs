//! Subscriptions that are made, renewed and ended.

use std::{collections::HashSet, time::Duration};

use jiff::Timestamp;
use rusqlite::params;

use super::row::columns;
use crate::{
    model::{Subscription, WatchSubject},
    problem::Problem,
    schedule::{chance_of, pause},
    store::{IntegrationId, Store, StoreError, Transaction, json},
};

/// Time until a failed subscription is tried again, before it is doubled after each failure.
const RETRY: Duration = Duration::from_secs(5 * 60);

/// Longest words of a vendor that are stored of a subject that failed, in bytes.
const DETAIL: usize = 4 << 10;

/// A subscription that was made or renewed, or why not.
#[derive(Debug, Clone)]
pub struct WatchOutcome {
    /// What the vendor is to notify about.
    pub subject: WatchSubject,
    /// The subscription, or why there is none.
    pub subscription: Result<Subscription, NotWatched>,
    /// Whether notifications may have been lost.
    pub is_new: bool,
}

/// Why a subscription could not be made, renewed or ended.
#[derive(Debug, Clone)]
pub struct NotWatched {
    /// The reason.
    pub problem: Problem,
    /// How long the vendor asks to wait.
    pub retry_after: Option<Duration>,
}

impl Store {
    /// Sets which subjects are watched. What is no longer watched and has a subscription stays
    /// until that has ended.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn want_subjects(
        &mut self,
        integration: IntegrationId,
        wanted: &[WatchSubject],
    ) -> Result<(), StoreError> {
        let stored = self.watched(integration)?;
        let before = stored.iter().filter(|row| row.is_wanted).map(|row| columns(&row.subject));
        let before: HashSet<_> = before.collect();
        let after: HashSet<_> = wanted.iter().map(columns).collect();
        if before == after && stored.iter().all(|row| row.is_wanted || row.held.is_some()) {
            return Ok(());
        }
        self.transaction(integration, |transaction| {
            for subject in wanted.iter().map(columns).filter(|it| !before.contains(it)) {
                transaction.want_subject(subject)?;
            }
            for subject in before.difference(&after) {
                transaction.unwant_subject(*subject)?;
            }
            transaction.forget_unwanted()
        })
    }

    /// Stores subscriptions that were made or renewed, or why not. A subject about which
    /// notifications may have been lost has a hint from now on.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn put_subscriptions(
        &mut self,
        integration: IntegrationId,
        address: &str,
        outcomes: Vec<WatchOutcome>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.transaction(integration, |transaction| {
            for WatchOutcome { subject, subscription, is_new } in outcomes {
                match subscription {
                    Ok(held) => transaction.put_subscription(address, &subject, &held)?,
                    Err(failure) => transaction.watch_failed(&subject, failure, now)?,
                }
                if is_new {
                    transaction.add_hint(&subject, now)?;
                }
            }
            Ok(())
        })
    }

    /// Notes that the subscriptions of these subjects could not be made, renewed or ended. They are
    /// tried again after a pause.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn note_watch_failure(
        &mut self,
        integration: IntegrationId,
        subjects: &[WatchSubject],
        failure: &NotWatched,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.transaction(integration, |transaction| {
            let mut subjects = subjects.iter();
            subjects.try_for_each(|it| transaction.watch_failed(it, failure.clone(), now))
        })
    }

    /// Notes that the subscriptions of these subjects have ended.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn note_unwatched(
        &mut self,
        integration: IntegrationId,
        subjects: &[WatchSubject],
    ) -> Result<(), StoreError> {
        self.transaction(integration, |transaction| {
            for subject in subjects {
                transaction.forget_subscription(subject)?;
            }
            transaction.forget_unwanted()
        })
    }
}

impl Transaction<'_> {
    fn want_subject(&self, (subject, room): (&str, &str)) -> Result<(), StoreError> {
        self.adds.set(true);
        self.sql
            .prepare_cached(
                "INSERT INTO subscription (integration, subject, room) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET wanted = 1, failures = 0, failing_since = NULL,
                     retry_at = NULL, problem = NULL",
            )?
            .execute(params![self.integration, subject, room])?;
        Ok(())
    }

    fn unwant_subject(&self, (subject, room): (&str, &str)) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE subscription SET wanted = 0, failures = 0, failing_since = NULL,
                     retry_at = NULL, problem = NULL, hints = 0
                 WHERE integration = ?1 AND subject = ?2 AND room = ?3",
            )?
            .execute(params![self.integration, subject, room])?;
        Ok(())
    }

    fn forget_unwanted(&self) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "DELETE FROM subscription WHERE integration = ?1 AND wanted = 0 AND id IS NULL",
            )?
            .execute([self.integration])?;
        Ok(())
    }

    fn put_subscription(
        &self,
        address: &str,
        subject: &WatchSubject,
        held: &Subscription,
    ) -> Result<(), StoreError> {
        self.adds.set(true);
        let (subject, room) = columns(subject);
        self.sql
            .prepare_cached(
                "UPDATE subscription SET id = ?4, renewed = ?5, expires = ?6, address = ?7,
                     renew = 0, failures = 0, failing_since = NULL, retry_at = NULL, problem = NULL
                 WHERE integration = ?1 AND subject = ?2 AND room = ?3",
            )?
            .execute(params![
                self.integration,
                subject,
                room,
                held.id,
                held.renewed,
                held.expires,
                address
            ])?;
        Ok(())
    }

    fn forget_subscription(&self, subject: &WatchSubject) -> Result<(), StoreError> {
        let (subject, room) = columns(subject);
        self.sql
            .prepare_cached(
                "UPDATE subscription SET id = NULL, renewed = NULL, expires = NULL, address = NULL,
                     renew = 0, failures = 0, failing_since = NULL, retry_at = NULL, problem = NULL
                 WHERE integration = ?1 AND subject = ?2 AND room = ?3",
            )?
            .execute(params![self.integration, subject, room])?;
        Ok(())
    }

    fn watch_failed(
        &self,
        subject: &WatchSubject,
        NotWatched { mut problem, retry_after }: NotWatched,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.adds.set(true);
        if let Some(detail) = &mut problem.detail {
            detail.truncate(detail.floor_char_boundary(DETAIL));
        }
        let (subject, room) = columns(subject);
        let failures: u32 = self
            .sql
            .prepare_cached(
                "UPDATE subscription SET failures = failures + 1, problem = ?4,
                     failing_since = coalesce(failing_since, ?5)
                 WHERE integration = ?1 AND subject = ?2 AND room = ?3
                 RETURNING failures",
            )?
            .query_map(
                params![self.integration, subject, room, json::write(&problem)?, now.as_second()],
                |row| row.get(0),
            )?
            .next()
            .transpose()?
            .unwrap_or(1);
        // The vendor offers no such subscription: trying again soon does not help.
        let failures = if problem.is_unsupported() { 9 } else { failures - 1 };
        let retry_at = now.checked_add(pause(RETRY, failures, retry_after, chance_of(room)));
        self.sql
            .prepare_cached(
                "UPDATE subscription SET retry_at = ?4
                 WHERE integration = ?1 AND subject = ?2 AND room = ?3",
            )?
            .execute(params![
                self.integration,
                subject,
                room,
                retry_at.unwrap_or(Timestamp::MAX).as_second()
            ])?;
        Ok(())
    }
}
