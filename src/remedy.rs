//! What an administrator can do, in the words of the portal.

/// Something between ONES and Microsoft is in the way.
pub const PROXY: &str =
    "Check whether a proxy or firewall between ONES and Microsoft answers in Microsoft's place";

/// A new client secret; for [`in_portal`].
pub const NEW_SECRET: &str = "In {portal}: Microsoft Entra ID → App registrations → your app → Certificates & secrets → New client secret, then copy its Value (not the Secret ID) into the settings";

/// A new client certificate; for [`in_portal`].
pub const NEW_CERTIFICATE: &str = "In {portal}: Microsoft Entra ID → App registrations → your app → Certificates & secrets → Certificates → Upload certificate, add the certificate without its key, then enter certificate and key in the settings";

/// The clock of ONES differs from Microsoft's.
pub const CLOCK: &str = "Set the clock of the machine that ONES runs on, best by a time server";

/// A permission and admin consent.
pub fn grant(permission: &str, portal: &str) -> String {
    format!(
        "In {portal}: Microsoft Entra ID → App registrations → your app → API permissions, add the application permission {permission} of Microsoft Graph, then click Grant admin consent"
    )
}

/// No longer granted.
pub fn withdraw(permissions: &str, portal: &str) -> String {
    format!(
        "In {portal}: Microsoft Entra ID → App registrations → your app → API permissions, in the menu beside {permissions}, click Revoke admin consent, then Remove permission"
    )
}

/// The text with the cloud's own portal in it.
pub fn in_portal(text: &str, portal: &str) -> String {
    text.replace("{portal}", portal)
}

/// The remedy, behind the one that is most often right: `fresh` ("the app was registered") can take
/// a minute until all of Microsoft's servers know it.
pub fn after_a_minute(fresh: &str, remedy: &str) -> String {
    format!("If {fresh} within the last minutes, wait a minute and test again. Otherwise: {remedy}")
}
