//! Refusals of the token endpoint that no setting of this tenant leads to.

use serde::{Deserialize, Serialize};

use super::refusal::EntraRefusal;
use crate::state::State;

/// Why the token endpoint refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum TokenFault {
    /// The tenant is one of another cloud (AADSTS900432).
    OtherCloud,
    /// The tenant is one of the Azure Government cloud, and the endpoint is the public one (AADSTS900439).
    GovernmentTenant,
    /// The tenant is one of the public cloud, and the endpoint is that of Azure Government (AADSTS900440).
    PublicTenant,
    /// The secret is not known, as one is for some seconds after it was made (AADSTS7000215).
    SecretUnknown,
    /// The application is not known, as one is for some seconds after it was registered (AADSTS700016).
    ApplicationUnknown,
    /// The application has no service principal in the tenant yet (AADSTS7000229).
    ServicePrincipalMissing,
}

impl TokenFault {
    pub(super) fn refusal(self, state: &State) -> EntraRefusal {
        let client = &state.registration.client_id;
        match self {
            Self::OtherCloud => EntraRefusal::cross_cloud(),
            Self::GovernmentTenant => EntraRefusal::government_tenant(),
            Self::PublicTenant => EntraRefusal::public_tenant(),
            Self::SecretUnknown => EntraRefusal::secret_wrong(client),
            Self::ApplicationUnknown => EntraRefusal::client_not_found(client, &state.tenant.name),
            Self::ServicePrincipalMissing => {
                EntraRefusal::service_principal_missing(client, &state.tenant.id)
            }
        }
    }
}
