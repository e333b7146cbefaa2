//! Hints: what notifications said, until a sync of the subject has ended that began after them.

use jiff::Timestamp;
use rusqlite::{Transaction as Sql, TransactionBehavior, params};

use super::row::{columns, subject};
use crate::{
    model::{Hint, NotificationHint, WatchSubject},
    store::{IntegrationId, Store, StoreError, Transaction},
};

/// What was stored of one request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Noted {
    /// Number of hints whose subscription ONES has.
    pub known: usize,
    /// Whether the bookings of rooms are to be read.
    pub rooms: bool,
    /// Whether users or groups are to be read.
    pub directory: bool,
    /// Whether a subscription is to be renewed, or made again.
    pub upkeep: bool,
}

/// Hints of one subject that wait for a sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingHint {
    number: i64,
    count: u32,
    /// What changed.
    pub subject: WatchSubject,
    /// Time of the first hint.
    pub first: Timestamp,
    /// Time of the last hint.
    pub last: Timestamp,
}

impl Store {
    /// Stores what several requests said, in one transaction. Returns a result for each of them, in
    /// the same order. Hints about subscriptions that ONES does not have are ignored.
    ///
    /// # Errors
    /// Any [`StoreError`]. Nothing is stored then.
    pub fn note_hints(
        &mut self,
        requests: &[(IntegrationId, Vec<NotificationHint>)],
        now: Timestamp,
    ) -> Result<Vec<Noted>, StoreError> {
        let _turn = self.writers.wait();
        let sql = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut noted = Vec::with_capacity(requests.len());
        for (integration, hints) in requests {
            let mut request = Noted::default();
            for hint in hints {
                note(&sql, *integration, hint, now, &mut request)?;
            }
            if request.known > 0 {
                sql.prepare_cached(
                    "UPDATE notification_address SET received_at = ?2 WHERE integration = ?1",
                )?
                .execute(params![integration.0, now.as_second()])?;
            }
            noted.push(request);
        }
        sql.commit()?;
        Ok(noted)
    }

    /// Returns the hints of rooms, or of users and groups, that wait for a sync.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn waiting_hints(
        &self,
        integration: IntegrationId,
        rooms: bool,
    ) -> Result<Vec<WaitingHint>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT number, subject, room, hints, first_hint, last_hint FROM subscription
             WHERE integration = ?1 AND hints > 0 AND (subject = 'room') = ?2
             ORDER BY first_hint, number",
        )?;
        let at = |milliseconds| Timestamp::from_millisecond(milliseconds).unwrap_or_default();
        let rows = statement.query_map(params![integration.0, rooms], |row| {
            Ok(WaitingHint {
                number: row.get("number")?,
                count: row.get("hints")?,
                subject: subject(row)?,
                first: at(row.get("first_hint")?),
                last: at(row.get("last_hint")?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Deletes hints whose subjects were synced. Those that arrived since they were read go on
    /// waiting.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn settle_hints(&mut self, synced: &[WaitingHint]) -> Result<(), StoreError> {
        let _turn = self.writers.wait();
        let sql = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut settle = sql.prepare_cached(
                "UPDATE subscription SET hints = hints - ?2, first_hint = last_hint
                 WHERE number = ?1 AND hints >= ?2",
            )?;
            for hint in synced {
                settle.execute(params![hint.number, hint.count])?;
            }
        }
        sql.commit()?;
        Ok(())
    }
}

fn note(
    sql: &Sql<'_>,
    integration: IntegrationId,
    NotificationHint { subscription, hint }: &NotificationHint,
    now: Timestamp,
    noted: &mut Noted,
) -> Result<(), StoreError> {
    // A subject that is no longer wanted is not synced.
    let found = sql
        .prepare_cached(
            "UPDATE subscription SET
                 hints = hints + (wanted AND ?4 <> 'renew'),
                 first_hint = CASE WHEN hints > 0 THEN first_hint ELSE ?3 END,
                 last_hint = ?3,
                 renew = renew OR ?4 = 'renew',
                 retry_at = iif(?4 IN ('renew', 'ended'), NULL, retry_at),
                 id = iif(?4 = 'ended', NULL, id),
                 renewed = iif(?4 = 'ended', NULL, renewed),
                 expires = iif(?4 = 'ended', NULL, expires),
                 address = iif(?4 = 'ended', NULL, address)
             WHERE integration = ?1 AND id = ?2
             RETURNING subject, room",
        )?
        .query_map(
            params![integration.0, subscription, now.as_millisecond(), hint.as_str()],
            subject,
        )?
        .collect::<Result<Vec<_>, _>>()?;
    for subject in found {
        noted.known += 1;
        match subject {
            WatchSubject::Room(_) => noted.rooms |= *hint != Hint::Renew,
            WatchSubject::Users | WatchSubject::Groups => noted.directory |= *hint != Hint::Renew,
        }
        noted.upkeep |= matches!(hint, Hint::Renew | Hint::Ended);
    }
    Ok(())
}

impl Transaction<'_> {
    /// Adds a hint of the host itself: notifications about a subject may have been lost.
    pub(super) fn add_hint(
        &self,
        subject: &WatchSubject,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (subject, room) = columns(subject);
        self.sql
            .prepare_cached(
                "UPDATE subscription SET hints = hints + 1, last_hint = ?4,
                     first_hint = CASE WHEN hints > 0 THEN first_hint ELSE ?4 END
                 WHERE integration = ?1 AND subject = ?2 AND room = ?3 AND wanted",
            )?
            .execute(params![self.integration, subject, room, now.as_millisecond()])?;
        Ok(())
    }
}
