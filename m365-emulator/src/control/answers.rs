//! [`Control`] over the answers of Entra and Graph: settings, expired tokens, lagging replicas,
//! overrides and faults; and the log of requests.

use super::Control;
use crate::error::ControlError;
use crate::state::Settings;
use crate::state::cursors::DeltaExpiry;
use crate::state::fault::Fault;
use crate::state::overrides::Override;
use crate::state::replicas::Lag;
use crate::state::request_log::LoggedRequest;

impl Control {
    /// Returns how the tenant behaves.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.read(|state| state.settings.clone())
    }

    /// Changes how the tenant behaves.
    pub fn update_settings(&self, update: impl FnOnce(&mut Settings)) {
        self.change(|state| update(&mut state.settings));
    }

    /// Makes all delta tokens expire that were issued so far.
    pub fn expire_delta_tokens(&self, expiry: DeltaExpiry) {
        self.change(|state| state.cursors.expire_delta(expiry));
    }

    /// Makes all nextLinks of users and groups expire that were issued so far.
    pub fn expire_page_tokens(&self) {
        self.change(|state| state.cursors.expire_pages());
    }

    /// Adds a replica that stays as the tenant is now, and answers the requests that `lag` names.
    /// Delta is not affected. If several replicas answer a request, the first one does.
    pub fn lag(&self, lag: Lag) {
        self.change(|state| state.replicas.add(lag, &state.tenant));
    }

    /// Lists the replicas that lag, each with the number of requests that it still answers.
    #[must_use]
    pub fn lags(&self) -> Vec<Lag> {
        self.read(|state| state.replicas.list())
    }

    /// Removes all replicas that lag.
    pub fn clear_lags(&self) {
        self.change(|state| state.replicas.clear());
    }

    /// Replaces members of Graph's answers from now on.
    pub fn add_override(&self, added: Override) {
        self.change(|state| state.overrides.add(added));
    }

    /// Lists the overrides that are set, oldest first.
    #[must_use]
    pub fn overrides(&self) -> Vec<Override> {
        self.read(|state| state.overrides.list().to_vec())
    }

    /// Removes all overrides.
    pub fn clear_overrides(&self) {
        self.change(|state| state.overrides.clear());
    }

    /// Lists the faults that are set, each with the number of requests that are left.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.read(|state| state.faults.list().to_vec())
    }

    /// Replaces all faults.
    ///
    /// # Errors
    /// [`ControlError::Invalid`] if one of them cannot be sent as HTTP. Then none is changed.
    pub fn set_faults(&self, faults: Vec<Fault>) -> Result<(), ControlError> {
        self.change(|state| state.faults.set(faults))
    }

    /// Adds a fault after the others.
    ///
    /// # Errors
    /// [`ControlError::Invalid`] if it cannot be sent as HTTP.
    pub fn add_fault(&self, fault: Fault) -> Result<(), ControlError> {
        self.change(|state| state.faults.add(fault))
    }

    /// Lists the last 20,000 requests to Entra and Graph, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.read(|state| state.log.entries())
    }

    /// Clears the log of requests. Their numbers continue.
    pub fn clear_requests(&self) {
        self.change(|state| state.log.clear());
    }
}
