//! Users who sign in: whether ONES admits them, and their records.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::{IntegrationId, Kind, Record as _, Store, StoreError, Transaction, json};
use crate::model::User;

/// Whether a user is admitted whom the vendor signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Known. The record stays as the sync reported it, since a sign-in may report less.
    Known,
    /// New. The record is stored provisionally, until a sync reports the user, and the user joins
    /// the default groups.
    Created,
    /// Not admitted: the vendor blocked the account.
    Disabled,
    /// Not admitted: the user was removed.
    Removed,
    /// Not admitted: the account is that of a room's mailbox.
    Room,
}

/// A user, as shown on the user's own page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownUser {
    /// The record as last reported.
    pub record: User,
    /// Groups of ONES that the user joined when first seen.
    pub groups: Vec<String>,
    /// Whether the user is offered, and not blocked by the vendor. A held removal changes nothing.
    pub active: bool,
    /// Whether the user signed in, and no sync has reported the user yet.
    pub provisional: bool,
}

impl Store {
    /// Decides on a user whom the vendor signed in, and stores the record of a new one.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] where the record is larger than one may be; else any
    /// [`StoreError`].
    pub fn admit(
        &mut self,
        integration: IntegrationId,
        user: &User,
        default_groups: &[String],
    ) -> Result<Admission, StoreError> {
        let (mut new, none) = (user.clone(), User::default());
        new.keep_unknown(&none);
        let json = new.to_json().map_err(|it| StoreError::TooLarge { reason: it.reason })?;
        self.transaction(integration, |it| it.admit(user, &json, default_groups))
    }

    /// Returns a user by id, also a removed one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn user(
        &self,
        integration: IntegrationId,
        id: &str,
    ) -> Result<Option<KnownUser>, StoreError> {
        let found = self
            .connection
            .prepare_cached(
                "SELECT json, removed_at IS NOT NULL, provisional,
                     (SELECT json_group_array(group_name) FROM membership
                      WHERE record = it.number)
                 FROM record AS it WHERE integration = ?1 AND kind = 'user' AND id = ?2",
            )?
            .query_row(params![integration.0, id], |row| {
                let record: User = json::read("json", row.get_ref(0)?.as_str()?)?;
                let removed: bool = row.get(1)?;
                let groups = json::read("groups", row.get_ref(3)?.as_str()?)?;
                let active = record.enabled && !removed;
                Ok(KnownUser { record, groups, active, provisional: row.get(2)? })
            })
            .optional()?;
        Ok(found)
    }
}

impl Transaction<'_> {
    fn admit(&self, user: &User, json: &str, groups: &[String]) -> Result<Admission, StoreError> {
        let known: Option<(bool, bool)> = self
            .sql
            .prepare_cached(
                "SELECT removed_at IS NOT NULL, json ->> 'enabled' FROM record
                 WHERE integration = ?1 AND kind = 'user' AND id = ?2",
            )?
            .query_row(params![self.integration, user.id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(match known {
            Some((true, _)) => Admission::Removed,
            Some((_, false)) => Admission::Disabled,
            _ if !user.enabled => Admission::Disabled,
            _ if self.is_room(user)? => Admission::Room,
            Some(_) => {
                self.note_report(Kind::User, &user.id, Timestamp::now())?;
                Admission::Known
            }
            None => {
                self.put_provisional(user, json)?;
                self.join(&user.id, groups)?;
                Admission::Created
            }
        })
    }

    fn is_room(&self, user: &User) -> Result<bool, StoreError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM record WHERE integration = ?1 AND kind = 'room'
                     AND removed_at IS NULL AND email = lowercase(?2))",
            )?
            .query_row(params![self.integration, user.email()], |row| row.get(0))?)
    }
}
