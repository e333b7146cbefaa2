//! The tenant and its cloud.

use super::{Case, Cause, ROW};
use crate::settings::pointer::{CLOUD, TENANT_ID};

const COPY_TENANT: &str = "Copy Directory (tenant) ID from {portal}: Microsoft Entra ID → App \
    registrations → your app → Overview";

/// Uses the names in the wizard.
const CHOOSE_OPERATOR: &str = "Choose the operator of your tenant in the server settings, under \
    Office 365 service operator. The portal of your administrators shows which one it is: \
    portal.azure.com is worldwide (also GCC), portal.azure.us is US government (GCC High or DoD), \
    portal.azure.cn is 21Vianet";

pub(super) const ROWS: &[Cause] = &[
    Cause {
        codes: &[90002],
        errors: &["invalid_tenant"],
        summary: "Entra ID does not know this tenant in this cloud",
        remedy: "Copy Directory (tenant) ID from {portal}: Microsoft Entra ID → App registrations \
            → your app → Overview; check that the operator is the one of your tenant. Entra \
            ID may also not know a tenant without an active subscription",
        fields: &[TENANT_ID, CLOUD],
        ..ROW
    },
    Cause {
        codes: &[900_023],
        summary: "The tenant ID is neither a GUID nor a domain of a tenant",
        remedy: COPY_TENANT,
        fields: &[TENANT_ID],
        ..ROW
    },
    // "Tenant identifiers may not be an empty GUID", says Microsoft's description.
    Cause {
        codes: &[900_021],
        summary: "The tenant ID consists of zeros only",
        remedy: COPY_TENANT,
        fields: &[TENANT_ID],
        ..ROW
    },
    Cause {
        codes: &[90010, 90019, 50059, 50128, 9_001_023],
        summary: "The tenant ID does not name one tenant",
        remedy: COPY_TENANT,
        fields: &[TENANT_ID],
        ..ROW
    },
    // "We are sorry, this resource is not available", says Microsoft's description.
    Cause {
        codes: &[5_000_224],
        summary: "Entra ID says that this tenant is not available: it may have been closed or \
            deleted",
        remedy: "Compare Directory (tenant) ID with {portal}: Microsoft Entra ID → App \
            registrations → your app → Overview. If the portal does not open the tenant either, \
            ask Microsoft's support",
        fields: &[TENANT_ID],
        ..ROW
    },
    // https://learn.microsoft.com/entra/fundamentals/tenant-inaccessible
    Cause {
        codes: &[5_000_225],
        summary: "Microsoft has blocked the tenant for inactivity",
        remedy: "Ask Microsoft's support within 20 days of the block to reactivate the tenant: \
            after that, Microsoft deletes it",
        ..ROW
    },
    Cause {
        codes: &[90055],
        case: Case::Unavailable,
        summary: "Entra ID refuses requests of this tenant, since there are too many",
        remedy: "Wait an hour; check whether another program uses the same client ID. If the error \
            remains, ask Microsoft's support whether the tenant is blocked",
        ..ROW
    },
    // https://learn.microsoft.com/entra/identity/enterprise-apps/tenant-restrictions
    Cause {
        codes: &[50002, 500_021, 500_022],
        summary: "A proxy of your company does not allow this tenant (tenant restrictions)",
        remedy: "Ask the administrator of the proxy to add the tenant to the header \
            Restrict-Access-To-Tenants, or to exempt the machine that ONES runs on",
        ..ROW
    },
    // 900383: "Please login to your National Cloud dedicated portal". 90044: "National Cloud
    // Request Process Switched off" (MicrosoftDocs/azure-docs#95336).
    Cause {
        codes: &[90038, 90043, 90044, 90051, 900_382, 900_383, 900_432],
        summary: "The tenant belongs to another national cloud than the chosen one",
        remedy: CHOOSE_OPERATOR,
        fields: &[CLOUD],
        ..ROW
    },
    // USGClientNotSupportedOnPublicEndpoint:
    // https://devblogs.microsoft.com/azuregov/azure-government-aad-authority-endpoint-update/
    Cause {
        codes: &[900_439],
        summary: "The tenant belongs to the cloud of the US government, not to the worldwide one",
        remedy: "Choose the operator of your tenant in the server settings, under Office 365 \
            service operator: Microsoft, US government L4 (GCC High) or Microsoft, US government \
            L5 (DoD)",
        fields: &[CLOUD],
        ..ROW
    },
    // PublicTenantNotSupportedOnUSGovEndpoint: the reverse.
    Cause {
        codes: &[900_440],
        summary: "The tenant belongs to the worldwide cloud, not to that of the US government",
        remedy: "Choose the operator of your tenant in the server settings, under Office 365 \
            service operator: Microsoft, worldwide (also GCC)",
        fields: &[CLOUD],
        ..ROW
    },
    Cause {
        codes: &[28002, 28003, 50001, 70011, 500_011, 700_022, 1_002_012],
        errors: &["invalid_scope", "invalid_resource"],
        summary: "Entra ID does not know Microsoft Graph under this address",
        remedy: "Choose the operator of your tenant in the server settings; with a custom \
            cloud, check the address of Graph",
        fields: &[CLOUD],
        ..ROW
    },
];
