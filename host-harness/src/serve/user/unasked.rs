//! Callbacks without a pending sign-in.
//!
//! The sign-in has expired, was already used (*back*, *reload*) or was started in another browser;
//! or the vendor's administrator granted the permissions in the vendor's portal. The parameters of
//! such a callback are not trusted.

use axum::{
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse as _, Redirect, Response},
};

use super::session::session;
use crate::{
    model::{Callback, Refusal},
    plugin::CallError,
    problem::Problem,
    serve::{
        app::App,
        client::Client,
        departures::{in_time, turn},
        failure::Failure,
        guard::host,
        site::CALLBACK,
        view::{Page, message},
    },
    store::IntegrationId,
};

/// Code with which a plugin rejects a callback without a flow that reports that consent was
/// granted. Source: `handle-callback` in `wit/integration.wit`.
const CONSENT_UNCONFIRMED: &str = "consent-unconfirmed";

pub(super) async fn answer(
    app: &App,
    client: Client,
    method: &Method,
    headers: &HeaderMap,
    parameters: Vec<(String, String)>,
) -> Result<Response, Failure> {
    // A callback with a code belongs to a sign-in (RFC 6749, section 4.1.2), and is useless
    // without its flow.
    let is_sign_in = parameters.iter().any(|(name, _)| name == "code");
    if !is_sign_in
        && !parameters.is_empty()
        && let Some(response) = consented(app, client, headers, parameters).await?
    {
        return Ok(response);
    }
    if method == Method::POST {
        // Browsers send the session's cookie with this redirect, but not with a form of another
        // site.
        return Ok(Redirect::to(CALLBACK).into_response());
    }
    if session(app, headers).is_some() {
        return Ok(Redirect::to("/me").into_response());
    }
    Err(Failure::new(
        StatusCode::BAD_REQUEST,
        "no-sign-in",
        "No sign-in is pending in this browser",
        "Allow cookies, and sign in again: within 10 minutes, and in this browser only",
    ))
}

/// Returns the page for an administrator who granted the permissions in the vendor's portal. `None`
/// where the plugin does not recognise such a callback.
async fn consented(
    app: &App,
    client: Client,
    headers: &HeaderMap,
    parameters: Vec<(String, String)>,
) -> Result<Option<Response>, Failure> {
    let rows = app.store(|store| store.integrations_overview()).await?;
    let configured: Vec<_> =
        rows.into_iter().filter(|row| row.configured).map(|row| row.id).collect();
    // The answer is the same with the settings of any integration, since none has a pending
    // sign-in.
    let Some(first) = configured.first() else { return Ok(None) };
    let Some(problem) = ask(app, client, *first, headers, parameters).await else {
        return Ok(None);
    };
    // Browsers send the administrator's cookie only with links of this server. Without a session,
    // the link leads to the log-in first.
    let (to, label) = match configured.as_slice() {
        [only] => {
            (format!("/admin/integrations/{}/settings?test=true", only.get()), "Test settings")
        }
        _ => ("/admin".to_owned(), "Select the integration, and test its settings"),
    };
    let shown = Problem { detail: None, ..problem };
    let page = Page::narrow("Consent is not confirmed yet");
    Ok(Some(message(page, shown, to, label)))
}

/// Passes a callback without a flow to the plugin. Returns the plugin's problem where it is that
/// consent was granted and is not confirmed.
async fn ask(
    app: &App,
    client: Client,
    integration: IntegrationId,
    headers: &HeaderMap,
    parameters: Vec<(String, String)>,
) -> Option<Problem> {
    let settings = app.settings(integration).await.ok()?;
    let _turn = turn(app, client, integration).await.ok()?;
    let redirect_uri = app.site.callback(host(headers).unwrap_or_default());
    let callback = Callback { redirect_uri, parameters, flow: None };
    // A sign-in that the plugin reports for it is ignored.
    let asked = in_time(app, app.vendor.handle_callback(settings, callback)).await.err()?;
    let is_consent = matches!(
        &asked,
        CallError::Refused(Refusal::Rejected(it)) if it.code == CONSENT_UNCONFIRMED
    );
    is_consent.then(|| Problem::from(&asked))
}
