//! Why a sign-in failed, and the remedy.
//!
//! Sources: RFC 6749, sections 4.1.2.1 and 5.2; OpenID Connect Core 1.0, section 3.1.2.6. `entra`
//! has the table of codes.

use crate::{
    entra::{Asker, Refusal},
    error::{Error, Explanation},
    host::Response,
    model::Callback,
    secret::Secret,
    settings::Settings,
};

/// The user starts from the login page or, for consent, from the settings.
const START_AGAIN: &str = "Start again in ONES";

/// Returns the error for anything that does not belong to a sign-in of this browser.
pub(super) fn rejected(code: &str, summary: &str) -> Error {
    Error::Rejected(Explanation::new(code, summary).remedy(START_AGAIN))
}

/// Returns the error with which Entra ID sent the browser back. Its text is not trusted: a client
/// that knows the state can send any text.
pub(super) fn explain_redirect(
    settings: &Settings,
    redirect_uri: &str,
    error: &str,
    description: Option<&str>,
) -> Error {
    read_redirect(error, description).explain(settings, Asker::User(redirect_uri))
}

fn read_redirect(error: &str, description: Option<&str>) -> Refusal {
    let error: String = error.chars().take(100).collect();
    Refusal::in_redirect(&error, description.unwrap_or_default())
}

/// Returns the error with which Entra ID refused the code. `sent` contains the secrets of the
/// request, which the answer may repeat.
pub(super) fn explain_redemption(
    settings: &Settings,
    redirect_uri: &str,
    response: &Response,
    sent: &[Secret],
) -> Error {
    let refusal = sent.iter().fold(Refusal::read(response), Refusal::without);
    refusal.explain(settings, Asker::User(redirect_uri))
}

/// Returns the error with which Entra ID refused to send its endpoints or keys.
pub(super) fn explain_discovery(settings: &Settings, response: &Response) -> Error {
    Refusal::read(response).explain(settings, Asker::App)
}

/// Returns the error for a callback that ONES did not request: after consent in the portal, the
/// browser returns without a state; a sign-in that began in another browser has no flow. `None`
/// where there are both, or where the callback reports neither consent nor an error.
///
/// Any page can send a browser here, so nothing of it is trusted, and only the code is used.
pub(super) fn find_unrequested(settings: &Settings, callback: &Callback) -> Option<Error> {
    let sent = |name: &str| {
        let named = callback.parameters.iter().filter(|(other, _)| other == name);
        let mut values = named.map(|(_, value)| value.as_str());
        // RFC 6749, section 3.1: at most once.
        values.next().filter(|_| values.next().is_none())
    };
    if callback.flow.is_some() && callback.parameters.iter().any(|(name, _)| name == "state") {
        return None;
    }
    // A failed consent also contains `admin_consent=True`.
    if let Some(error) = sent("error") {
        let refusal = read_redirect(error, sent("error_description"));
        let (summary, remedy) = refusal.advice(settings, Asker::User(&callback.redirect_uri))?;
        let code = refusal.aadsts().map(|number| format!("AADSTS{number}"));
        return Some(Error::Rejected(
            Explanation::new(
                code.unwrap_or_else(|| "no-sign-in".to_owned()),
                format!("{summary}; no sign-in or consent of ONES is under way in this browser"),
            )
            .remedy(remedy),
        ));
    }
    sent("admin_consent").filter(|value| value.eq_ignore_ascii_case("true")).map(|_| {
        Error::Rejected(
            Explanation::new(
                "consent-unconfirmed",
                "Microsoft may have recorded the consent, but ONES did not request it in this \
                    browser and does not rely on it",
            )
            .remedy(
                "Open the integration in ONES and click Test settings: it shows which permissions \
                    are granted",
            ),
        )
    })
}
