//! Policies of the tenant: Conditional Access, security defaults, other tenants.
//!
//! Source for apps:
//! <https://learn.microsoft.com/entra/identity/conditional-access/workload-identity>.

use super::{Case, Cause, ROW, When};

pub(super) const ROWS: &[Cause] = &[
    Cause {
        codes: &[50131, 53003, 530_032],
        summary: "A Conditional Access policy of the tenant blocks the app",
        remedy: "In {portal}: Microsoft Entra ID → Sign-in logs → Service principal sign-ins, find \
            the policy; then under Security → Conditional Access, exclude the app's \
            service principal from the policy, or allow the IP addresses of ONES",
        ..ROW
    },
    Cause {
        codes: &[530_035],
        summary: "The security defaults of the tenant block the request",
        remedy: "In {portal}: Microsoft Entra ID → Sign-in logs, find out what was blocked and \
            why; ask an administrator of the tenant",
        ..ROW
    },
    Cause {
        codes: &[
            50005, 50097, 50129, 50131, 50155, 50158, 53000, 53001, 53002, 53003, 53004, 53010,
            53011, 530_002, 530_003, 530_032, 530_034, 530_035,
        ],
        when: When::SignIn,
        case: Case::Declined,
        summary: "A Conditional Access policy of your company does not allow this sign-in",
        remedy: "Sign in from a device and a location that your company allows. An \
            administrator finds the reason in {portal}: Microsoft Entra ID → Sign-in logs",
        ..ROW
    },
    Cause {
        codes: &[50072, 50074, 50076, 50078, 50079],
        when: When::SignIn,
        case: Case::Declined,
        summary: "Your company requires a second factor, which was not provided",
        remedy: "Start again in ONES, and confirm the sign-in when Microsoft asks for it",
        ..ROW
    },
    Cause {
        codes: &[500_212, 500_213, 1_000_104],
        when: When::SignIn,
        case: Case::Declined,
        summary: "The policies of the two companies do not allow accounts of one in the other",
        remedy: "Sign in with an account of this company, or ask an administrator to allow it in \
            {portal}: Microsoft Entra ID → External Identities → Cross-tenant access settings",
        ..ROW
    },
    // Another request at once would only make the block longer.
    Cause {
        codes: &[50196],
        case: Case::Unavailable,
        summary: "Entra ID blocks the app for some time, since it requested too many tokens",
        remedy: "Wait an hour; check whether another program uses the same client ID",
        ..ROW
    },
];
