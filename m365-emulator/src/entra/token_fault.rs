//! Refusals of the token endpoint that no setting of this tenant leads to.

use super::refusal::EntraRefusal;
use crate::state::State;
use crate::state::fault::TokenFault;

/// Returns the refusal for a fault of the token endpoint.
pub(super) fn refusal(fault: TokenFault, state: &State) -> EntraRefusal {
    let client = &state.registration.client_id;
    match fault {
        TokenFault::OtherCloud => EntraRefusal::cross_cloud(),
        TokenFault::GovernmentTenant => EntraRefusal::government_tenant(),
        TokenFault::PublicTenant => EntraRefusal::public_tenant(),
        TokenFault::SecretUnknown => EntraRefusal::secret_wrong(client),
        TokenFault::ApplicationUnknown => {
            EntraRefusal::client_not_found(client, &state.tenant.name)
        }
        TokenFault::ServicePrincipalMissing => {
            EntraRefusal::service_principal_missing(client, &state.tenant.id)
        }
    }
}
