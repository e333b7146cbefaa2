//! Where the notifications of an integration are sent, and the secret that they carry.

use std::fmt;

use rusqlite::{OptionalExtension as _, params};

use crate::{
    random,
    store::{IntegrationId, SealingKey, Store, StoreError},
};

/// Where the notifications of an integration are sent, and the secret that they carry.
#[derive(Clone, PartialEq, Eq)]
pub struct NotificationAddress {
    /// Last part of the address: 64 hexadecimal digits, which cannot be guessed.
    pub key: String,
    /// The secret: 64 hexadecimal digits.
    pub secret: String,
}

impl fmt::Debug for NotificationAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NotificationAddress([redacted])")
    }
}

impl Store {
    /// Returns the address of an integration, and makes it where there is none.
    ///
    /// Where `key` does not decrypt the secret, another address replaces it. Its subscriptions then
    /// send to an address that no longer exists, and are replaced too.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn notification_address(
        &mut self,
        integration: IntegrationId,
        key: &SealingKey,
    ) -> Result<NotificationAddress, StoreError> {
        let IntegrationId(id) = integration;
        let found = self
            .connection
            .prepare_cached("SELECT key, sealed FROM notification_address WHERE integration = ?1")?
            .query_row([id], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)))
            .optional()?;
        if let Some((name, sealed)) = found
            && let Some(secret) = open(key, &sealed, id)
        {
            return Ok(NotificationAddress { key: name, secret });
        }
        let made = NotificationAddress { key: random::digits(), secret: random::digits() };
        let sealed = key.seal(made.secret.as_bytes(), &binding(id));
        self.execute(
            "INSERT OR REPLACE INTO notification_address (integration, key, sealed)
             VALUES (?1, ?2, ?3)",
            params![id, made.key, sealed],
        )?;
        Ok(made)
    }

    /// Returns the addresses that exist and whose secrets `key` decrypts.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn notification_addresses(
        &self,
        key: &SealingKey,
    ) -> Result<Vec<(IntegrationId, NotificationAddress)>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT integration, key, sealed FROM notification_address")?;
        let rows = statement.query_map([], |row| {
            Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?))
        })?;
        let mut addresses = Vec::new();
        for row in rows {
            let (id, name, sealed) = row?;
            if let Some(secret) = open(key, &sealed, id) {
                addresses.push((IntegrationId(id), NotificationAddress { key: name, secret }));
            }
        }
        Ok(addresses)
    }
}

fn open(key: &SealingKey, sealed: &[u8], integration: i64) -> Option<String> {
    let opened = key.open_sealed(sealed, &binding(integration))?;
    String::from_utf8(opened.to_vec()).ok()
}

/// Returns what the encrypted secret is bound to, so that no other integration can use it.
fn binding(integration: i64) -> String {
    format!("ones-host notifications 1 of integration {integration}")
}
