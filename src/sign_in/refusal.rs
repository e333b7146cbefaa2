//! Why a sign-in did not come to its end, and what can be done about it.
//!
//! Sources: RFC 6749, sections 4.1.2.1 and 5.2; OpenID Connect Core 1.0, section 3.1.2.6. What the
//! codes mean is in one table, with those of ONES' own tokens.

use crate::{
    entra::{Asker, Refusal},
    error::{Error, Explanation},
    host::Response,
    model::Callback,
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
    from_browser(error, description).explain(settings, Asker::User(redirect_uri))
}

fn from_browser(error: &str, description: Option<&str>) -> Refusal {
    let error: String = error.chars().take(100).collect();
    Refusal::in_redirect(&error, description.unwrap_or_default())
}

/// What Entra ID answered to the code; `sent` is what went there with it.
pub(super) fn of_code(
    settings: &Settings,
    redirect_uri: &str,
    response: &Response,
    sent: &[Secret],
) -> Error {
    let refusal = sent.iter().fold(Refusal::read(response), Refusal::without);
    refusal.explain(settings, Asker::User(redirect_uri))
}

/// What was answered where endpoints or keys were asked for.
pub(super) fn of_discovery(settings: &Settings, response: &Response) -> Error {
    Refusal::read(response).explain(settings, Asker::App)
}

/// What a browser brought that ONES did not ask for: consent that was granted or refused in the
/// portal comes back without a state, and what began in another browser comes back without a flow.
/// `None` where it has both, or says nothing of consent or of an error.
///
/// Nothing of it is believed, and nothing but the code is used: any page can send a browser here.
pub(super) fn unasked(settings: &Settings, callback: &Callback) -> Option<Error> {
    let brought = |name: &str| {
        let named = callback.parameters.iter().filter(|(it, _)| it == name);
        let mut values = named.map(|(_, value)| value.as_str());
        // RFC 6749, section 3.1: at most once.
        values.next().filter(|_| values.next().is_none())
    };
    if callback.flow.is_some() && callback.parameters.iter().any(|(name, _)| name == "state") {
        return None;
    }
    // A failed consent says `admin_consent=True` as well.
    if let Some(error) = brought("error") {
        let refusal = from_browser(error, brought("error_description"));
        let (summary, remedy) = refusal.advice(settings, Asker::User(&callback.redirect_uri))?;
        let code = refusal.aadsts().map(|it| format!("AADSTS{it}"));
        return Some(Error::Rejected(
            Explanation::new(
                code.unwrap_or_else(|| "no-sign-in".to_owned()),
                format!("{summary}; no sign-in or consent of ONES is under way in this browser"),
            )
            .remedy(remedy),
        ));
    }
    brought("admin_consent").filter(|it| it.eq_ignore_ascii_case("true")).map(|_| {
        Error::Rejected(
            Explanation::new(
                "consent-unconfirmed",
                "Microsoft may have recorded the consent, but ONES has not asked for it in this \
                    browser and does not rely on it",
            )
            .remedy(
                "Open the integration in ONES and press Test settings: it shows which \
                permissions are granted",
            ),
        )
    })
}
