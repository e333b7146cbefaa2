//! Browsers that come back without a sign-in under way: it has expired, is used up (*back*,
//! *reload*) or was begun in another browser; or the vendor's administrator granted the
//! permissions in its portal.
//!
//! Nothing that such a browser brings is believed.

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

/// With this code a plugin rejects a callback without flow that says that consent was granted. See
/// `handle-callback` in `wit/integration.wit`.
const CONSENT_UNCONFIRMED: &str = "consent-unconfirmed";

pub(super) async fn answer(
    app: &App,
    client: Client,
    method: &Method,
    headers: &HeaderMap,
    parameters: Vec<(String, String)>,
) -> Result<Response, Failure> {
    // A code (RFC 6749, section 4.1.2) is that of a sign-in, and useless without its flow.
    let is_sign_in = parameters.iter().any(|(name, _)| name == "code");
    if !is_sign_in
        && !parameters.is_empty()
        && let Some(response) = consented(app, client, headers, parameters).await?
    {
        return Ok(response);
    }
    if method == Method::POST {
        // The session's cookie does not come with a form of another site. It comes with a link.
        return Ok(Redirect::to(CALLBACK).into_response());
    }
    if session(app, headers).is_some() {
        return Ok(Redirect::to("/me").into_response());
    }
    Err(Failure::new(
        StatusCode::BAD_REQUEST,
        "no-sign-in",
        "No sign-in is under way in this browser",
        "Sign in again, within 10 minutes, in one browser, and with cookies allowed",
    ))
}

/// Returns the page for an administrator who granted the permissions in the vendor's portal. `None`
/// where the plugin does not say that this is such a callback.
async fn consented(
    app: &App,
    client: Client,
    headers: &HeaderMap,
    parameters: Vec<(String, String)>,
) -> Result<Option<Response>, Failure> {
    let rows = app.store(|store| store.integrations_overview()).await?;
    let configured: Vec<_> = rows.into_iter().filter(|it| it.configured).map(|it| it.id).collect();
    // The answer is the same under the settings of each: nothing is begun under any.
    let Some(first) = configured.first() else { return Ok(None) };
    let Some(problem) = ask(app, client, *first, headers, parameters).await else {
        return Ok(None);
    };
    // A browser sends the administrator's cookie with a link of this server, not with the vendor's.
    // Without a session, the link leads to the log-in first.
    let (to, label) = match configured.as_slice() {
        [only] => {
            (format!("/admin/integrations/{}/settings?test=true", only.get()), "Test settings")
        }
        _ => ("/admin".to_owned(), "Choose the integration, and test its settings"),
    };
    let shown = Problem { detail: None, ..problem };
    let page = Page::narrow("Consent is to be confirmed");
    Ok(Some(message(page, shown, to, label)))
}

/// Returns what the plugin says of a callback without flow, where it says that consent was granted.
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
    // A plugin that takes it for a sign-in is not believed.
    let asked = in_time(app, app.vendor.handle_callback(settings, callback)).await.err()?;
    let is_consent = matches!(
        &asked,
        CallError::Refused(Refusal::Rejected(it)) if it.code == CONSENT_UNCONFIRMED
    );
    is_consent.then(|| Problem::from(&asked))
}
