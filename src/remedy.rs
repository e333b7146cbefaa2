//! Remedies for administrators, in the words of Microsoft's portal.

/// Remedy where a server between ONES and Microsoft answered.
pub const PROXY: &str =
    "Check whether a proxy or firewall between ONES and Microsoft answers instead of Microsoft";

/// Remedy that makes a new client secret. Contains `{portal}`; see [`in_portal`].
pub const NEW_SECRET: &str = "In {portal}: Microsoft Entra ID → App registrations → your app → \
    Certificates & secrets → New client secret, then copy its Value (not the Secret ID) into the \
    settings";

/// Remedy that registers a new client certificate. Contains `{portal}`; see [`in_portal`].
pub const NEW_CERTIFICATE: &str = "In {portal}: Microsoft Entra ID → App registrations → your app \
    → Certificates & secrets → Certificates → Upload certificate, add the certificate without its \
    key, then enter certificate and key in the settings";

/// Remedy where the clock of ONES differs from Microsoft's.
pub const CLOCK: &str =
    "Correct the clock of the machine that ONES runs on; a time server keeps it correct";

/// Returns the remedy that grants a permission.
pub fn grant(permission: &str, portal: &str) -> String {
    format!(
        "In {portal}: Microsoft Entra ID → App registrations → your app → API permissions, add \
            the application permission {permission} of Microsoft Graph, then click Grant admin \
            consent"
    )
}

/// Returns the remedy that withdraws permissions.
pub fn withdraw(permissions: &str, portal: &str) -> String {
    format!(
        "In {portal}: Microsoft Entra ID → App registrations → your app → API permissions, in the \
            menu beside {permissions}, click Revoke admin consent, then Remove permission"
    )
}

/// Returns the text with the portal of the cloud in place of `{portal}`.
pub fn in_portal(text: &str, portal: &str) -> String {
    text.replace("{portal}", portal)
}

/// Returns the remedy for a refusal after a recent change, `fresh` ("the app was registered"),
/// which reaches all of Microsoft's servers within a minute, followed by the remedy for any other
/// time.
pub fn after_a_minute(fresh: &str, remedy: &str) -> String {
    format!(
        "If {fresh} within the last few minutes, wait a minute and test again. Otherwise: \
            {remedy}"
    )
}
