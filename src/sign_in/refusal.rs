//! Why a sign-in did not come to its end, and what can be done about it.
//!
//! Sources: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>, RFC 6749,
//! sections 4.1.2.1 and 5.2; OpenID Connect Core 1.0, section 3.1.2.6.

use crate::{
    entra::Refusal,
    error::{Error, Explanation},
    host::Response,
    remedy,
    secret::Secret,
    settings::Settings,
};

/// From the login page or, for consent, from the settings.
const BEGIN_AGAIN: &str = "Begin again in ONES";

/// Whatever does not belong to a sign-in of this browser.
pub(super) fn rejected(code: &str, summary: &str) -> Error {
    Error::Rejected(Explanation::new(code, summary).remedy(BEGIN_AGAIN))
}

/// What Entra ID sent the browser back with. Who can show its state can show any text.
pub(super) fn of_browser(
    settings: &Settings,
    redirect_uri: &str,
    error: &str,
    description: Option<&str>,
) -> Error {
    let error: String = error.chars().take(100).collect();
    explain(Refusal::told(&error, description.unwrap_or_default()), settings, redirect_uri)
}

/// What Entra ID answered to the code; `sent` is what went there with it.
pub(super) fn of_code(
    settings: &Settings,
    redirect_uri: &str,
    response: &Response,
    sent: &[Secret],
) -> Error {
    let refusal = sent.iter().fold(Refusal::read(response), Refusal::without);
    explain(refusal, settings, redirect_uri)
}

/// What was answered where endpoints or keys were asked for.
pub(super) fn of_discovery(settings: &Settings, response: &Response) -> Error {
    Refusal::read(response).explain(settings)
}

fn explain(refusal: Refusal, settings: &Settings, redirect_uri: &str) -> Error {
    let Some((case, summary, remedy)) = known(refusal.aadsts(), refusal.error()) else {
        return refusal.explain(settings);
    };
    let remedy = remedy::in_portal(remedy, settings.endpoints().portal());
    let (code, detail) = refusal.code_and_detail(settings);
    case(
        Explanation::new(code, summary)
            .remedy(remedy.replace("{redirect-uri}", redirect_uri))
            .detail(detail),
    )
}

type Known = (fn(Explanation) -> Error, &'static str, &'static str);

/// What only happens where people sign in. Whatever else can be refused, is refused to ONES
/// itself as well, and has words already.
fn known(aadsts: Option<u32>, error: Option<&str>) -> Option<Known> {
    let by_code: Option<Known> = match aadsts {
        Some(65004) => DECLINED,
        Some(65001 | 90094 | 90095) => CONSENT,
        Some(50105) => Some((
            Error::Declined,
            "This account is not assigned to the app",
            "In {portal}: Microsoft Entra ID → Enterprise applications → your app → Users and groups, assign the person; or under Properties, set \"Assignment required?\" to No",
        )),
        Some(50057) => Some((
            Error::Declined,
            "This account is blocked",
            "Ask an administrator of your company to enable it",
        )),
        Some(50020 | 90072) => Some((
            Error::Declined,
            "This account is not one of the tenant",
            "Sign in with an account of your company, or ask to be invited to the tenant",
        )),
        Some(53000..=53004 | 530_003) => Some((
            Error::Declined,
            "A Conditional Access policy of your company does not let this sign-in through",
            "Sign in from a device and a place that your company allows; an administrator finds the reason in {portal}: Microsoft Entra ID → Sign-in logs",
        )),
        Some(50011 | 500_112 | 900_971) => Some((
            Error::Unexpected,
            "The redirect URI is not registered with the app",
            "In {portal}: Microsoft Entra ID → App registrations → your app → Authentication → Add a platform → Web, add {redirect-uri}",
        )),
        // The registration's platform decides whether a secret is wanted.
        Some(9_002_325 | 9_002_326 | 9_002_327 | 700_025) => Some((
            Error::Unexpected,
            "The redirect URI is registered for another kind of app",
            "In {portal}: Microsoft Entra ID → App registrations → your app → Authentication, remove {redirect-uri} where it is and add it under the platform Web",
        )),
        Some(50058 | 50076 | 50078 | 50079 | 16000) => AGAIN,
        _ => None,
    };
    by_code.or(match error? {
        "access_denied" => DECLINED,
        "consent_required" => CONSENT,
        "login_required" | "interaction_required" | "account_selection_required" => AGAIN,
        "invalid_grant" => Some((
            Error::Rejected,
            "The code that the browser brought is used up, too old, or was never given",
            BEGIN_AGAIN,
        )),
        _ => None,
    })
}

const DECLINED: Option<Known> = Some((
    Error::Declined,
    "What Microsoft asked for was declined",
    "Begin again in ONES, and accept what Microsoft asks for",
));

const CONSENT: Option<Known> = Some((
    Error::PermissionMissing,
    "An administrator must first consent to the app",
    "In {portal}: Microsoft Entra ID → App registrations → your app → API permissions → Grant admin consent",
));

const AGAIN: Option<Known> =
    Some((Error::Declined, "Microsoft wants the person to sign in anew", BEGIN_AGAIN));
