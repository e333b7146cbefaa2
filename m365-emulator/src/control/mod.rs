//! Control over a running emulator, which real tenants do not offer and tests need: read and change
//! the tenant, its settings and its answers.

mod answers;
mod application;
mod calendars;
mod groups;
mod guide;
pub(crate) mod http;
mod places;
mod subscriptions;
mod truth;
mod users;

use serde_json::{Map, Value};

pub use self::groups::Members;
pub use self::places::SpaceKind;
pub use self::subscriptions::{ForgedNotification, SubscriptionEntry};
pub use self::truth::Truth;
use crate::state::{Shared, State};

/// A handle to a running emulator, cheap to clone. The admin API under `/_emulator/` calls these
/// functions.
///
/// Users are named by object id or user principal name, groups by object id, places by `id`,
/// `placeId` or `emailAddress`. Properties are those of Graph, as JSON.
#[derive(Clone)]
pub struct Control {
    pub(crate) shared: Shared,
}

/// A JSON object: properties of a user, a group or a place.
pub type Properties = Map<String, Value>;

impl Control {
    fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.shared.lock())
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.shared.lock();
        let changed = change(&mut state);
        state.notify();
        changed
    }

    /// Returns the origin of Entra, such as `http://127.0.0.1:8365`.
    #[must_use]
    pub fn authority(&self) -> String {
        self.read(|state| state.authority.clone())
    }

    /// Returns the origin of Graph.
    #[must_use]
    pub fn graph(&self) -> String {
        self.read(|state| state.graph.clone())
    }

    /// Returns the GUID of the tenant.
    #[must_use]
    pub fn tenant_id(&self) -> String {
        self.read(|state| state.tenant.id.clone())
    }

    /// Returns the GUID of the application.
    #[must_use]
    pub fn client_id(&self) -> String {
        self.read(|state| state.registration.client_id.clone())
    }

    /// Returns the value of the application's client secret.
    #[must_use]
    pub fn client_secret(&self) -> String {
        self.read(|state| state.registration.secret.secret().to_owned())
    }
}
