//! What the HTTP front end needs from the runtime that runs it.

use crate::problem::Problem;

/// Variables, time, randomness and, where there is one, a store.
pub trait Host: Clone + 'static {
    /// Type of the store.
    type Store: Store;

    /// Returns the value of a variable such as `tenant_id`, or `None` where it is not set.
    ///
    /// # Errors
    /// Where the host cannot read the variable.
    fn variable(&self, name: &str) -> impl Future<Output = Result<Option<String>, Problem>>;

    /// Returns the name under which an administrator sets a variable: `SPIN_VARIABLE_TENANT_ID`.
    fn external_name(&self, name: &str) -> String;

    /// Returns the current time, in seconds since 1970.
    fn now(&self) -> u64;

    /// Waits for a number of seconds.
    fn wait(&self, seconds: u64) -> impl Future<Output = ()>;

    /// Returns a cryptographically secure random number.
    fn random(&self) -> u128;

    /// Opens the store. `None` where the host has none: then the browser's cookie contains the
    /// state of a sign-in, and requests contain checkpoints.
    ///
    /// # Errors
    /// Where the host has a store and cannot open it.
    fn store(&self) -> impl Future<Output = Result<Option<Self::Store>, Problem>>;
}

/// Stores values by key.
pub trait Store: 'static {
    /// Returns the value of a key, or `None` where there is no such key.
    ///
    /// # Errors
    /// Where the store does not answer.
    fn get(&self, key: &str) -> impl Future<Output = Result<Option<String>, Problem>>;

    /// Stores a value, and replaces the previous one.
    ///
    /// # Errors
    /// Where the store does not answer.
    fn set(&self, key: &str, value: &str) -> impl Future<Output = Result<(), Problem>>;

    /// Deletes a key. Does nothing where there is no such key.
    ///
    /// # Errors
    /// Where the store does not answer.
    fn delete(&self, key: &str) -> impl Future<Output = Result<(), Problem>>;

    /// Lists all keys.
    ///
    /// # Errors
    /// Where the store does not answer.
    fn keys(&self) -> impl Future<Output = Result<Vec<String>, Problem>>;
}
