//! What the front borrows from whoever runs it.

use crate::problem::Problem;

/// Variables, time and chance, and perhaps a place to keep things.
pub trait Host: Clone + 'static {
    /// Where things are kept.
    type Store: Store;

    /// The value of a variable: `tenant_id`. None where it is not set.
    ///
    /// # Errors
    /// Where the host cannot tell.
    fn variable(&self, name: &str) -> impl Future<Output = Result<Option<String>, Problem>>;

    /// What somebody who wants to set this variable calls it: `SPIN_VARIABLE_TENANT_ID`.
    fn spelled(&self, name: &str) -> String;

    /// Seconds since 1970.
    fn now(&self) -> u64;

    /// Waits for a number of seconds.
    fn wait(&self, seconds: u64) -> impl Future<Output = ()>;

    /// Cryptographically secure.
    fn random(&self) -> u128;

    /// None where nothing is stored: then a sign-in under way is in the browser's cookie, and
    /// checkpoints come with the request.
    ///
    /// # Errors
    /// Where there should be one and it cannot be opened.
    fn store(&self) -> impl Future<Output = Result<Option<Self::Store>, Problem>>;
}

/// Keeps values under keys.
pub trait Store: 'static {
    /// None where there is no such key.
    ///
    /// # Errors
    /// Where the store does not answer.
    fn get(&self, key: &str) -> impl Future<Output = Result<Option<String>, Problem>>;

    /// In place of what was there.
    ///
    /// # Errors
    /// Where the store does not answer.
    fn set(&self, key: &str, value: &str) -> impl Future<Output = Result<(), Problem>>;

    /// Also where there is no such key.
    ///
    /// # Errors
    /// Where the store does not answer.
    fn delete(&self, key: &str) -> impl Future<Output = Result<(), Problem>>;

    /// All keys.
    ///
    /// # Errors
    /// Where the store does not answer.
    fn keys(&self) -> impl Future<Output = Result<Vec<String>, Problem>>;
}
