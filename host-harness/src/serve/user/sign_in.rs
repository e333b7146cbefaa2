//! The redirects to the vendor and back: for users who sign in, and for an administrator of the
//! vendor who grants the permissions.

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension,
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, Method, StatusCode, header::SET_COOKIE},
    response::{IntoResponse as _, Redirect, Response},
};

use super::{session::close, unasked};
use crate::{
    access::Pending,
    error::Error,
    model::{Callback, CallbackOutcome, Purpose, User},
    plugin::CallError,
    problem::Problem,
    serve::{
        app::App,
        client::Client,
        cookies::{Cookie, FlowName, cookie},
        departures::{in_time, send, turn},
        failure::Failure,
        guard::{is_opened, pairs},
        refused::refused,
        sessions::UserSession,
        view::{Page, page},
    },
    store::{Admission, IntegrationId, StoreError},
};

#[derive(Template)]
#[template(path = "user/consented.html")]
struct Consented {
    page: Page,
    /// Address of the wizard's page that tests the settings.
    to: String,
}

pub(super) async fn begin(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if !is_opened(&headers) {
        // With images, a page of another site could begin so many sign-ins that the user's own
        // one is dropped.
        return Err(Failure::new(
            StatusCode::FORBIDDEN,
            "not-opened",
            "A sign-in cannot start inside another page",
            "Open the sign-in page of ONES and start there",
        ));
    }
    let id = IntegrationId::from(id);
    app.name(id).await?;
    let _turn = turn(&app, client, id).await?;
    send(&app, &headers, id, Purpose::SignIn).await
}

pub(super) async fn returned_by_link(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Client>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    returned(&app, client, &Method::GET, &headers, query.unwrap_or_default().as_bytes()).await
}

pub(super) async fn returned_by_form(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    returned(&app, client, &Method::POST, &headers, &body).await
}

async fn returned(
    app: &App,
    client: Client,
    method: &Method,
    headers: &HeaderMap,
    parameters: &[u8],
) -> Result<Response, Failure> {
    let parameters: Vec<_> = pairs(parameters).collect();
    let state =
        parameters.iter().find(|(name, _)| name == "state").map(|(_, state)| state.as_str());
    let which = Cookie::Flow(FlowName::of(state));
    let Some(sealed) = cookie(headers, &which, &app.site) else {
        return unasked::answer(app, client, method, headers, parameters).await;
    };
    let answered = match app.flows.open(sealed, &which.name(&app.site), app.today()) {
        Some(begun) => {
            // The sign-in is redeemed after the turn, so that a browser that gets no turn can
            // reload.
            let turn = turn(app, client, begun.integration()).await?;
            match app.flows.redeem(begun, app.today()) {
                Some(pending) => finish(app, headers, pending, parameters).await,
                None => {
                    // `unasked` waits for a turn itself.
                    drop(turn);
                    unasked::answer(app, client, method, headers, parameters).await
                }
            }
        }
        None => unasked::answer(app, client, method, headers, parameters).await,
    };
    let mut response = answered.into_response();
    response.headers_mut().append(SET_COOKIE, which.clear(&app.site));
    Ok(response)
}

async fn finish(
    app: &App,
    headers: &HeaderMap,
    pending: Pending,
    parameters: Vec<(String, String)>,
) -> Result<Response, Failure> {
    let Pending { integration, flow, redirect_uri, purpose } = pending;
    let settings = app.settings(integration).await?;
    let groups = settings.default_groups();
    let callback = Callback { redirect_uri, parameters, flow: Some(flow) };
    let outcome = in_time(app, app.vendor.handle_callback(settings, callback)).await;
    let refusal = match (purpose, outcome) {
        (Purpose::SignIn, Ok(CallbackOutcome::SignedIn(user))) => {
            return admit(app, headers, integration, user, groups).await;
        }
        (Purpose::Consent, Ok(CallbackOutcome::ConsentGranted)) => {
            let id = integration.get();
            // A page of this server, since browsers send the administrator's cookie only with
            // links of this server.
            let to = format!("/admin/integrations/{id}/settings?test=true&note=consented");
            return Ok(page(&Consented { page: Page::narrow("Consent was granted"), to }));
        }
        (_, Ok(_)) => problem(
            "other-purpose",
            "The vendor's answer does not match the request",
            "Start again",
        ),
        (_, Err(error)) => Problem::from(&error),
    };
    Ok(refused(app, StatusCode::FORBIDDEN, refusal, integration, purpose).await)
}

async fn admit(
    app: &App,
    headers: &HeaderMap,
    integration: IntegrationId,
    user: User,
    groups: Vec<String>,
) -> Result<Response, Failure> {
    let id = user.id.clone();
    // A record that cannot be stored is the plugin's fault.
    let broken = |error| match error {
        StoreError::TooLarge { reason } => Error::from(CallError::broke(reason)),
        error => error.into(),
    };
    let admission =
        app.store(move |store| store.admit(integration, &user, &groups).map_err(broken)).await?;
    let ask = "Ask your ONES administrator, and give them the reference number";
    let refusal = match admission {
        Admission::Known | Admission::Created => {
            // A session from before the sign-in must not continue (session fixation).
            close(app, headers);
            let session = Arc::new(UserSession::new(integration, id));
            let token = app.user_sessions.open(session, app.now());
            let cookie = [(SET_COOKIE, Cookie::User.set(token.secret(), &app.site))];
            return Ok((cookie, Redirect::to("/me")).into_response());
        }
        Admission::Disabled => problem("person-disabled", "Your account is blocked", ask),
        Admission::Removed => problem("person-removed", "You were removed from ONES", ask),
        Admission::Room => problem(
            "person-is-room",
            "This account belongs to a room",
            "Sign in with your own account",
        ),
    };
    Ok(refused(app, StatusCode::FORBIDDEN, refusal, integration, Purpose::SignIn).await)
}

fn problem(code: &str, summary: &str, remedy: &str) -> Problem {
    Problem::request(code, summary, remedy)
}
