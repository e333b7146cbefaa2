//! The app registration, its service principal in the tenant, and consent.

use super::{Case, Cause, ROW, When};
use crate::settings::pointer::{CLIENT_ID, TENANT_ID};

const COPY_CLIENT: &str = "Copy Application (client) ID from {portal}: Microsoft Entra ID → App \
    registrations → your app → Overview";

const ENABLE: &str = "In {portal}: Microsoft Entra ID → Enterprise applications → your app → \
    Properties, set \"Enabled for users to sign-in\" to Yes. If it is Yes already, the \
    registration itself was deactivated: \
    https://learn.microsoft.com/entra/identity/enterprise-apps/deactivate-app-registration says \
    how to reactivate it";

const GRANT_CONSENT: &str = "In {portal}: Microsoft Entra ID → App registrations → your app → API \
    permissions → Grant admin consent";

const NOT_FOUND: Cause = Cause {
    summary: "The tenant has no app with this client ID",
    remedy: "Compare Application (client) ID and Directory (tenant) ID with {portal}: Microsoft \
        Entra ID → App registrations → your app → Overview; the two are easily confused, and the \
        app may be registered in another tenant",
    fresh: Some("the app was registered"),
    fields: &[CLIENT_ID, TENANT_ID],
    ..ROW
};

pub(super) const ROWS: &[Cause] = &[
    Cause { codes: &[700_011, 700_016], errors: &["unauthorized_client"], ..NOT_FOUND },
    // The code also stands for a disabled app: see below.
    Cause { codes: &[70001], words: &["not found"], ..NOT_FOUND },
    Cause {
        codes: &[90112],
        summary: "The client ID is not a GUID",
        remedy: COPY_CLIENT,
        fields: &[CLIENT_ID],
        ..ROW
    },
    Cause {
        codes: &[90009],
        summary: "The app requested a token for itself: the client ID is not that of your app",
        remedy: COPY_CLIENT,
        fields: &[CLIENT_ID],
        ..ROW
    },
    Cause {
        codes: &[70001, 7_000_112],
        summary: "The app is disabled in the tenant",
        remedy: ENABLE,
        fields: &[CLIENT_ID],
        ..ROW
    },
    Cause {
        codes: &[1_000_031],
        summary: "Entra ID does not allow the app to be used at this time",
        remedy: ENABLE,
        fields: &[CLIENT_ID],
        ..ROW
    },
    // "The client application is missing service principal in the tenant", says Microsoft.
    Cause {
        codes: &[7_000_229],
        summary: "The app is registered, but does not yet exist in the tenant",
        remedy: GRANT_CONSENT,
        fresh: Some("the app was registered or consent was granted"),
        fields: &[CLIENT_ID],
        ..ROW
    },
    Cause {
        codes: &[65001, 90008, 90094, 90095],
        errors: &["consent_required"],
        case: Case::PermissionMissing,
        summary: "An administrator must first consent to the app",
        remedy: GRANT_CONSENT,
        fresh: Some("consent was granted"),
        ..ROW
    },
    // "Application is not assigned to a role for the application", says Microsoft's description.
    Cause {
        codes: &[501_051],
        case: Case::PermissionMissing,
        summary: "The app is not assigned to any role of Microsoft Graph",
        remedy: GRANT_CONSENT,
        fresh: Some("consent was granted"),
        ..ROW
    },
    Cause {
        codes: &[65005, 650_056, 650_057],
        case: Case::PermissionMissing,
        summary: "The app registration lists no permission of Microsoft Graph, or no administrator \
            consented",
        remedy: "In {portal}: Microsoft Entra ID → App registrations → your app → API permissions \
            → Add a permission → Microsoft Graph → Application permissions, add those that ONES \
            lists, then click Grant admin consent",
        fresh: Some("consent was granted"),
        fields: &[CLIENT_ID],
        ..ROW
    },
    Cause {
        codes: &[650_052],
        case: Case::PermissionMissing,
        summary: "The app requests a service that the tenant has not subscribed to or enabled",
        remedy: "In {portal}: Microsoft Entra ID → App registrations → your app → API permissions, \
            remove the permissions of services other than Microsoft Graph. If Microsoft Graph \
            itself is missing, check your subscriptions in the Microsoft 365 admin center: Billing \
            → Your products",
        ..ROW
    },
    Cause {
        codes: &[650_054],
        case: Case::PermissionMissing,
        summary: "The app requests permissions of a service that is no longer in the tenant",
        remedy: "In {portal}: Microsoft Entra ID → App registrations → your app → API permissions, \
            remove the permissions of services other than Microsoft Graph, then click Grant admin \
            consent",
        ..ROW
    },
    // "This indicates that a subscription within the tenant has lapsed, or that the administrator
    // for this tenant has disabled the application", says Microsoft's description.
    Cause {
        codes: &[500_014],
        summary: "Microsoft Graph is disabled in the tenant, or the tenant's subscription has \
            lapsed",
        remedy: "Check your subscriptions in the Microsoft 365 admin center: Billing → Your \
            products. Then in {portal}: Microsoft Entra ID → Enterprise applications, show \
            Microsoft applications → Microsoft Graph → Properties, set \"Enabled for users to \
            sign-in\" to Yes",
        ..ROW
    },
    Cause {
        codes: &[700_025],
        summary: "The app is registered as a public client, which has neither secret nor \
            certificate",
        remedy: "In {portal}: Microsoft Entra ID → App registrations → your app → Authentication, \
            set \"Allow public client flows\" to No",
        fields: &[CLIENT_ID],
        ..ROW
    },
    // The platform of the redirect URI decides whether a secret is required.
    Cause {
        codes: &[700_025, 9_002_325, 9_002_326, 9_002_327],
        when: When::SignIn,
        case: Case::Unexpected,
        summary: "The redirect URI is registered for another kind of app",
        remedy: "In {portal}: Microsoft Entra ID → App registrations → your app → Authentication, \
            remove {redirect-uri} where it is and add it under the platform Web",
        ..ROW
    },
    Cause {
        codes: &[50011, 70004, 500_112, 500_113, 900_971],
        when: When::SignIn,
        case: Case::Unexpected,
        summary: "The redirect URI is not registered with the app",
        remedy: "In {portal}: Microsoft Entra ID → App registrations → your app → Authentication → \
            Add a platform → Web, add {redirect-uri}",
        ..ROW
    },
    Cause {
        codes: &[50003, 50146],
        when: When::SignIn,
        case: Case::Unexpected,
        summary: "The app has a signing key of its own, which is missing, expired or not yet valid",
        remedy: "In {portal}: Microsoft Entra ID → Enterprise applications → your app → Single \
            sign-on, renew the signing certificate of the app, or remove its custom claims",
        ..ROW
    },
    Cause {
        codes: &[50105],
        when: When::SignIn,
        case: Case::Declined,
        summary: "This account is not assigned to the app",
        remedy: "In {portal}: Microsoft Entra ID → Enterprise applications → your app → Users and \
            groups, assign the user; or under Properties, set \"Assignment required?\" to No",
        ..ROW
    },
];
