//! To the vendor and back: for people who sign in, and for an administrator of the vendor
//! who grants the permissions.

use std::sync::Arc;

use askama::Template;
use axum::{
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode, header::SET_COOKIE},
    response::{IntoResponse as _, Redirect, Response},
};

use super::session::{PersonSession, close};
use crate::{
    access::Pending,
    error::Problem,
    model::{Callback, CallbackOutcome, Purpose, User},
    serve::{
        app::App,
        failure::Failure,
        guard::{Cookie, cookie, host, pairs},
        view::{Page, message, page},
    },
    store::{Admission, IntegrationId},
};

#[derive(Template)]
#[template(path = "people/consented.html")]
struct Consented {
    page: Page,
    /// Where the wizard goes on.
    to: String,
}

pub(super) async fn begin(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let _slot = app.strangers.try_acquire().map_err(|_| Failure::busy())?;
    send(&app, &headers, id.into(), Purpose::SignIn).await
}

/// Sends the browser to the vendor, and remembers what for.
pub(in crate::serve) async fn send(
    app: &App,
    headers: &HeaderMap,
    integration: IntegrationId,
    purpose: Purpose,
) -> Result<Response, Failure> {
    let settings = app.settings(integration).await?;
    let redirect_uri = app.site.callback(host(headers).unwrap_or_default());
    let begun = app.vendor.begin_sign_in(settings, &redirect_uri, purpose).await;
    let redirect = match begun {
        Ok(it) => it,
        Err(error) => {
            let problem = crate::Error::from(error).problem();
            return Ok(refused(StatusCode::BAD_GATEWAY, problem, integration, purpose));
        }
    };
    let pending = Pending { integration, flow: redirect.flow, redirect_uri, purpose };
    let token = app.flows.begin(pending, app.now());
    let cookie = [(SET_COOKIE, Cookie::Flow.set(token.secret(), &app.site))];
    Ok((cookie, Redirect::to(&redirect.url)).into_response())
}

pub(super) async fn returned_by_link(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    returned(&app, &headers, query.unwrap_or_default().as_bytes()).await
}

pub(super) async fn returned_by_form(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    returned(&app, &headers, &body).await
}

async fn returned(app: &App, headers: &HeaderMap, parameters: &[u8]) -> Result<Response, Failure> {
    let _slot = app.strangers.try_acquire().map_err(|_| Failure::busy())?;
    let token = cookie(headers, Cookie::Flow, &app.site);
    // Whatever comes of it, this sign-in is used up.
    let pending = token.and_then(|it| app.flows.take(it, app.now()));
    let mut response = match pending {
        Some(pending) => finish(app, headers, pending, parameters).await.into_response(),
        None => Failure::new(
            StatusCode::BAD_REQUEST,
            "no-sign-in",
            "No sign-in is under way in this browser",
            "Sign in again, within 10 minutes, in one browser, and with cookies allowed",
        )
        .into_response(),
    };
    response.headers_mut().append(SET_COOKIE, Cookie::Flow.clear(&app.site));
    Ok(response)
}

async fn finish(
    app: &App,
    headers: &HeaderMap,
    pending: Pending,
    parameters: &[u8],
) -> Result<Response, Failure> {
    let Pending { integration, flow, redirect_uri, purpose } = pending;
    let settings = app.settings(integration).await?;
    let groups = settings.default_groups();
    let parameters = pairs(parameters).collect();
    let callback = Callback { redirect_uri, parameters, flow: Some(flow) };
    let refused = |problem| Ok(refused(StatusCode::FORBIDDEN, problem, integration, purpose));
    match (purpose, app.vendor.handle_callback(settings, callback).await) {
        (Purpose::SignIn, Ok(CallbackOutcome::SignedIn(user))) => {
            admit(app, headers, integration, user, groups).await
        }
        (Purpose::Consent, Ok(CallbackOutcome::ConsentGranted)) => {
            let id = integration.get();
            // A link of this server's own, since the administrator's cookie does not come
            // with what a vendor's page leads to.
            let to = format!("/admin/integrations/{id}/settings?test=true&note=consented");
            Ok(page(&Consented { page: Page::narrow("Consent was granted"), to }))
        }
        (_, Ok(_)) => refused(problem(
            "other-purpose",
            "The vendor answered something else than was asked",
            "Begin again",
        )),
        (_, Err(error)) => refused(crate::Error::from(error).problem()),
    }
}

async fn admit(
    app: &App,
    headers: &HeaderMap,
    integration: IntegrationId,
    user: User,
    groups: Vec<String>,
) -> Result<Response, Failure> {
    let id = user.id.clone();
    let admission = app.store(move |store| store.admit(integration, &user, &groups)).await?;
    let ask = "Ask your administrator of ONES";
    let refusal = match admission {
        Admission::Known | Admission::Created => {
            // Never goes on with a session that was there before.
            close(app, headers);
            let session = Arc::new(PersonSession::new(integration, id));
            let token = app.people.open(session, app.now());
            let cookie = [(SET_COOKIE, Cookie::Person.set(token.secret(), &app.site))];
            return Ok((cookie, Redirect::to("/me")).into_response());
        }
        Admission::Disabled => problem("person-disabled", "Your account is blocked", ask),
        Admission::Removed => problem("person-removed", "You were removed from ONES", ask),
        Admission::Room => problem(
            "person-is-room",
            "This is the account of a room, and nobody's",
            "Sign in with an account of your own",
        ),
    };
    Ok(refused(StatusCode::FORBIDDEN, refusal, integration, Purpose::SignIn))
}

fn problem(code: &str, summary: &str, remedy: &str) -> Problem {
    Problem::of_request(code, summary, remedy)
}

/// What the vendor, the plugin or ONES says against it, and the way back.
fn refused(
    status: StatusCode,
    problem: Problem,
    integration: IntegrationId,
    purpose: Purpose,
) -> Response {
    let (title, to, label) = match purpose {
        Purpose::SignIn => ("Not signed in", "/".to_owned(), "Back to sign in"),
        Purpose::Consent => {
            let to = format!("/admin/integrations/{}/settings", integration.get());
            ("Consent was not granted", to, "Back to the settings")
        }
    };
    (status, message(Page::narrow(title), problem, to, label)).into_response()
}
