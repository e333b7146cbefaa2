//! The runtime of the component: Spin, or any host of WASI 0.3.

use spin_sdk::wasip3::{
    clocks::{monotonic_clock, system_clock},
    random::random,
};

use crate::{host::Host, problem::Problem};

/// How an administrator allows requests to another server. `None` leaves the plugin's own remedy.
#[cfg(feature = "spin")]
pub(super) const ALLOW_REMEDY: Option<&str> = Some(
    "Set SPIN_VARIABLE_AUTHORITY and SPIN_VARIABLE_GRAPH to the origins of these settings and \
     restart, or add them to `allowed_outbound_hosts` in spin.toml",
);

#[cfg(not(feature = "spin"))]
pub(super) const ALLOW_REMEDY: Option<&str> = None;

/// Has no state, since an instance answers many requests.
#[derive(Clone)]
pub(super) struct Runtime;

#[cfg(feature = "spin")]
impl Host for Runtime {
    type Store = spin_sdk::key_value::Store;

    async fn variable(&self, name: &str) -> Result<Option<String>, Problem> {
        use spin_sdk::variables::{self, Error};
        match variables::get(name).await {
            Ok(value) => Ok(Some(value)),
            Err(Error::Undefined(_)) => Ok(None),
            Err(_) => Err(spin::unavailable("variables", &format!("the variable {name}"))),
        }
    }

    fn external_name(&self, name: &str) -> String {
        format!("SPIN_VARIABLE_{}", name.to_ascii_uppercase())
    }

    fn now(&self) -> u64 {
        now()
    }

    async fn wait(&self, seconds: u64) {
        wait(seconds).await;
    }

    fn random(&self) -> u128 {
        random_number()
    }

    async fn store(&self) -> Result<Option<Self::Store>, Problem> {
        let store = spin_sdk::key_value::Store::open_default().await;
        store.map(Some).map_err(|_| spin::unavailable("key-value", "the default key-value store"))
    }
}

#[cfg(feature = "spin")]
mod spin {
    use http::StatusCode;
    use spin_sdk::key_value;

    use crate::{host::Store, problem::Problem};

    /// Without the message of Spin, which can contain internals of the machine.
    pub(super) fn unavailable(code: &str, what: &str) -> Problem {
        let summary = format!("Spin cannot access {what}");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, code, summary)
    }

    fn failed(_: key_value::Error) -> Problem {
        unavailable("key-value", "an entry of the key-value store")
    }

    impl Store for key_value::Store {
        async fn get(&self, key: &str) -> Result<Option<String>, Problem> {
            let value = key_value::Store::get(self, key).await.map_err(failed)?;
            Ok(value.and_then(|value| String::from_utf8(value).ok()))
        }

        async fn set(&self, key: &str, value: &str) -> Result<(), Problem> {
            key_value::Store::set(self, key, value).await.map_err(failed)
        }

        async fn delete(&self, key: &str) -> Result<(), Problem> {
            key_value::Store::delete(self, key).await.map_err(failed)
        }

        async fn keys(&self) -> Result<Vec<String>, Problem> {
            self.get_keys().await.collect().await.map_err(failed)
        }
    }
}

#[cfg(not(feature = "spin"))]
impl Host for Runtime {
    type Store = NoStore;

    async fn variable(&self, name: &str) -> Result<Option<String>, Problem> {
        Ok(std::env::var(self.external_name(name)).ok())
    }

    fn external_name(&self, name: &str) -> String {
        format!("ONES_{}", name.to_ascii_uppercase())
    }

    fn now(&self) -> u64 {
        now()
    }

    async fn wait(&self, seconds: u64) {
        wait(seconds).await;
    }

    fn random(&self) -> u128 {
        random_number()
    }

    async fn store(&self) -> Result<Option<Self::Store>, Problem> {
        Ok(None)
    }
}

/// The store of a host that has none.
#[cfg(not(feature = "spin"))]
pub(super) enum NoStore {}

#[cfg(not(feature = "spin"))]
impl crate::host::Store for NoStore {
    async fn get(&self, _: &str) -> Result<Option<String>, Problem> {
        match *self {}
    }

    async fn set(&self, _: &str, _: &str) -> Result<(), Problem> {
        match *self {}
    }

    async fn delete(&self, _: &str) -> Result<(), Problem> {
        match *self {}
    }

    async fn keys(&self) -> Result<Vec<String>, Problem> {
        match *self {}
    }
}

fn now() -> u64 {
    u64::try_from(system_clock::now().seconds).unwrap_or_default()
}

async fn wait(seconds: u64) {
    monotonic_clock::wait_for(seconds.saturating_mul(1_000_000_000)).await;
}

fn random_number() -> u128 {
    u128::from(random::get_random_u64()) << 64 | u128::from(random::get_random_u64())
}
