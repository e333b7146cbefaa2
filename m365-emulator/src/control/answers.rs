//! [`Control`] over answers that are not what the tenant stores: replicas that lag, members sent as they are written.

use crate::control::Control;
use crate::entra::consent;
use crate::entra::registration::redirect_uri;
use crate::error::ControlError;
use crate::graph::replica::Lag;
use crate::raw::Override;

impl Control {
    /// From here on, the requests that `lag` names are answered by a replica that stays as the tenant is now. Delta is
    /// ahead of it. Of several replicas, the first that answers a request does so.
    pub fn lag(&self, lag: Lag) {
        self.change(|state| state.replicas.add(lag, &state.tenant));
    }

    /// The replicas that lag, each with the number of requests that it still has to answer.
    #[must_use]
    pub fn lags(&self) -> Vec<Lag> {
        self.read(|state| state.replicas.list())
    }

    /// All replicas have caught up.
    pub fn clear_lags(&self) {
        self.change(|state| state.replicas.clear());
    }

    /// From here on, members of Graph's answers are sent as they are written.
    pub fn add_override(&self, added: Override) {
        self.change(|state| state.overrides.add(added));
    }

    /// The overrides that are set, oldest first.
    #[must_use]
    pub fn overrides(&self) -> Vec<Override> {
        self.read(|state| state.overrides.list().to_vec())
    }

    /// Answers have what the tenant stores again.
    pub fn clear_overrides(&self) {
        self.change(|state| state.overrides.clear());
    }

    /// Grants what the application is registered to ask for, as an administrator does in the portal. Returns the
    /// address that the portal sends the administrator to, which has `admin_consent` and `tenant` but no `state`.
    ///
    /// # Errors
    /// [`ControlError::Invalid`] where the redirect URI is no absolute http or https URL without a fragment.
    pub fn consent_in_portal(&self, redirect: &str) -> Result<String, ControlError> {
        let uri = redirect_uri(redirect)
            .ok_or_else(|| ControlError::Invalid(format!("`{redirect}` is no redirect URI")))?;
        Ok(self.change(|state| consent::in_portal(state, &uri)).into())
    }
}
