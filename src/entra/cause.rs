//! What the codes of Entra ID mean for ONES, and what to do about each.
//!
//! Sources: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>,
//! <https://learn.microsoft.com/entra/workload-id/troubleshoot-revoked-credentials>.

use crate::{
    remedy::{CLOCK, NEW_CERTIFICATE, NEW_SECRET, PROXY},
    settings::{Credential, Settings},
};

pub(super) struct Cause {
    pub(super) summary: &'static str,
    /// For [`crate::remedy::in_portal`].
    pub(super) remedy: &'static str,
    /// JSON Pointers (RFC 6901) to the settings that are to blame.
    fields: &'static [&'static str],
}

impl Cause {
    /// Of Microsoft's code. `told` are Microsoft's words: one code has several reasons.
    pub(super) fn of(aadsts: u32, credential: &Credential, told: &str) -> Option<Self> {
        let of_credential = match credential {
            Credential::Secret(_) => of_secret(aadsts),
            Credential::Certificate(_) => of_certificate(aadsts, told),
        };
        of_credential.or_else(|| of_any(aadsts))
    }

    /// Of OAuth 2.0's own code, where Microsoft's is missing or new.
    pub(super) fn of_error(error: &str, credential: &Credential) -> Option<Self> {
        match (error, credential) {
            ("invalid_client", Credential::Secret(_)) => Some(Self {
                summary: "Entra ID does not accept the client secret",
                remedy: NEW_SECRET,
                fields: &[SECRET],
            }),
            ("invalid_client", Credential::Certificate(_)) => Some(Self {
                summary: "Entra ID does not accept the client certificate",
                remedy: NEW_CERTIFICATE,
                fields: &[CERTIFICATE],
            }),
            ("unauthorized_client", _) => of_any(700_016),
            ("invalid_tenant", _) => of_any(90002),
            ("invalid_scope" | "invalid_resource", _) => of_any(70011),
            _ => None,
        }
    }
}

/// The settings that a refusal points at, so that the wizard can mark them.
pub fn fields_of(code: &str, settings: &Settings) -> &'static [&'static str] {
    let credential = &settings.server.credential;
    let aadsts = code.strip_prefix("AADSTS").and_then(|it| it.parse().ok());
    // The reasons of one code differ in words only.
    let cause = aadsts.and_then(|it| Cause::of(it, credential, ""));
    cause.or_else(|| Cause::of_error(code, credential)).map_or(&[], |it| it.fields)
}

const TENANT: &str = "/server/tenantId";
const CLIENT: &str = "/server/clientId";
const SECRET: &str = "/server/clientSecret";
const CERTIFICATE: &str = "/server/clientCertificate";
const CLOUD: &str = "/server/cloud";

fn of_secret(aadsts: u32) -> Option<Cause> {
    let summary = match aadsts {
        7_000_215 => {
            "The client secret is wrong; most often its Secret ID was copied instead of its Value"
        }
        7_000_222 => "The client secret has expired",
        7_000_216 | 7_000_218 => "The client secret is missing",
        7_005_003 => "The client secret has been revoked",
        _ => return None,
    };
    Some(Cause { summary, remedy: NEW_SECRET, fields: &[SECRET] })
}

fn of_certificate(aadsts: u32, told: &str) -> Option<Cause> {
    let (summary, remedy, fields): (_, _, &[&str]) = match aadsts {
        700_027 => (of_signature(told), NEW_CERTIFICATE, &[CERTIFICATE]),
        7_000_222 => ("The client certificate has expired", NEW_CERTIFICATE, &[CERTIFICATE]),
        7_000_214 | 7_005_004 => {
            ("The client certificate has been revoked", NEW_CERTIFICATE, &[CERTIFICATE])
        }
        // Microsoft's clock is right, and the certificate is not to blame.
        700_024 => {
            ("By Microsoft's clock, what the certificate signed is not valid now", CLOCK, &[])
        }
        700_021 => (
            "The client ID is not the one that the certificate's key signed",
            "Copy Application (client) ID from {portal}: Microsoft Entra ID → App registrations → your app → Overview",
            &[CLIENT],
        ),
        700_023 => (
            "What the certificate's key signed is meant for another sign-in server",
            "Check that the operator is the one of your tenant, and that Directory (tenant) ID is that of {portal}: Microsoft Entra ID → App registrations → your app → Overview",
            &[TENANT, CLOUD],
        ),
        7_000_216 | 7_000_218 => {
            ("What the certificate signed did not arrive at Entra ID", PROXY, &[CERTIFICATE])
        }
        _ => return None,
    };
    Some(Cause { summary, remedy, fields })
}

/// Why an assertion's signature does not count.
fn of_signature(told: &str) -> &'static str {
    let is_told = |words: &[&str]| words.iter().any(|it| told.contains(it));
    if is_told(&["revoked"]) {
        "The client certificate has been revoked"
    } else if is_told(&["key used is expired", "is expired"]) {
        "The client certificate has expired"
    } else if is_told(&["key was not found", "is not registered"]) {
        "The app registration does not have this client certificate"
    } else {
        "Entra ID does not accept the signature of the client certificate"
    }
}

/// Whatever proves who asks.
fn of_any(aadsts: u32) -> Option<Cause> {
    let (summary, remedy, fields): (_, _, &[&str]) = match aadsts {
        90002 => (
            "Entra ID knows no such tenant in this cloud",
            "Copy Directory (tenant) ID from {portal}: Microsoft Entra ID → App registrations → your app → Overview; check that the operator is the one of your tenant",
            &[TENANT, CLOUD],
        ),
        900_023 => (
            "The tenant ID is neither a GUID nor a domain of a tenant",
            "Copy Directory (tenant) ID from {portal}: Microsoft Entra ID → App registrations → your app → Overview",
            &[TENANT],
        ),
        90038 | 900_382 => (
            "The tenant belongs to another national cloud",
            "Choose the operator of your tenant in the server settings",
            &[CLOUD],
        ),
        90010 | 50059 => (
            "The tenant ID does not name one tenant",
            "Copy Directory (tenant) ID from {portal}: Microsoft Entra ID → App registrations → your app → Overview",
            &[TENANT],
        ),
        700_016 => (
            "The tenant has no app with this client ID",
            "Compare Application (client) ID and Directory (tenant) ID with {portal}: Microsoft Entra ID → App registrations → your app → Overview; they are easily swapped, and the app may live in another tenant",
            &[CLIENT, TENANT],
        ),
        90112 => (
            "The client ID is not a GUID",
            "Copy Application (client) ID from {portal}: Microsoft Entra ID → App registrations → your app → Overview",
            &[CLIENT],
        ),
        70001 | 7_000_112 => (
            "The app is disabled in the tenant",
            "In {portal}: Microsoft Entra ID → Enterprise applications → your app → Properties, set \"Enabled for users to sign-in\" to Yes",
            &[CLIENT],
        ),
        7_000_229 => (
            "The app is registered, but not yet present in the tenant",
            "In {portal}: Microsoft Entra ID → App registrations → your app → API permissions → Grant admin consent",
            &[CLIENT],
        ),
        1_002_012 | 70011 | 500_011 | 500_014 => (
            "Entra ID does not know Microsoft Graph under this address",
            "Choose the operator of your tenant in the server settings; with endpoints of your own, check the address of Graph",
            &[CLOUD],
        ),
        53003 => (
            "A Conditional Access policy of the tenant blocks the app",
            "In {portal}: Microsoft Entra ID → Security → Conditional Access, exclude the app's service principal from the policy, or allow the addresses that ONES comes from",
            &[],
        ),
        50196 => (
            "Entra ID blocks the app for a while, since it asked for too many tokens",
            "Wait an hour; check whether another program uses the same client ID",
            &[],
        ),
        _ => return None,
    };
    Some(Cause { summary, remedy, fields })
}
