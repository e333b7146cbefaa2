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
use url::Url;

use super::{
    refused::refused,
    session::{PersonSession, close},
    unasked,
};
use crate::{
    access::{Pending, Turn},
    error::Problem,
    model::{Callback, CallbackOutcome, Explanation, Purpose, Refusal, User},
    plugin::CallError,
    serve::{
        app::App,
        failure::Failure,
        guard::{Client, Cookie, FlowName, cookie, flow_cookies, host, is_opened, lead_to, pairs},
        vendor::Asked,
        view::{Page, page},
    },
    store::{Admission, IntegrationId},
};

/// Maximum number of pending sign-ins in one browser. Browsers store at least 50 cookies of a site
/// (RFC 6265bis, section 6.1).
const IN_BROWSER: usize = 8;

/// Maximum total size of their cookies, in characters. A browser sends all cookies in one header,
/// which common servers limit to 8 KiB.
const SIZE_IN_BROWSER: usize = 7_000;

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

/// Waits until the plugin may be called for this client.
pub(super) async fn turn(
    app: &App,
    Client(address): Client,
    integration: IntegrationId,
) -> Result<Turn, Failure> {
    let turn = app.turns.wait(integration, address);
    tokio::time::timeout(app.bounds.turn, turn).await.map_err(|_| Failure::busy())
}

/// Returns the plugin's answer, or an error where the plugin takes longer than [`Bounds::sign_in`].
///
/// [`Bounds::sign_in`]: crate::serve::Bounds::sign_in
pub(super) async fn in_time<T>(app: &App, asked: Asked<'_, T>) -> Result<T, CallError> {
    let late = |_| {
        let seconds = app.bounds.sign_in.as_secs();
        CallError::Refused(Refusal::Unavailable(Explanation {
            code: "sign-in-too-slow".to_owned(),
            summary: format!("The plugin took longer than {seconds} seconds for the sign-in"),
            remedy: Some(
                "Press Test settings in the settings, to check whether the vendor answers"
                    .to_owned(),
            ),
            detail: None,
        }))
    };
    tokio::time::timeout(app.bounds.sign_in, asked).await.map_err(late)?
}

/// Redirects the browser to the vendor, with a cookie that contains the sealed sign-in.
pub(in crate::serve) async fn send(
    app: &App,
    headers: &HeaderMap,
    integration: IntegrationId,
    purpose: Purpose,
) -> Result<Response, Failure> {
    let settings = app.settings(integration).await?;
    let redirect_uri = app.site.callback(host(headers).unwrap_or_default());
    let begun = in_time(app, app.vendor.begin_sign_in(settings, &redirect_uri, purpose)).await;
    let redirect = match begun {
        Ok(redirect) => redirect,
        Err(error) => {
            let problem = crate::Error::from(error).problem();
            return Ok(refused(app, StatusCode::BAD_GATEWAY, problem, integration, purpose).await);
        }
    };
    let mut response = lead_to(&redirect.url)?;
    let which = Cookie::Flow(FlowName::of(state_of(&redirect.url).as_deref()));
    let pending = Pending { integration, flow: redirect.flow, redirect_uri, purpose };
    let sealed = match app.flows.seal(&pending, &which.name(&app.site), app.today()) {
        Ok(sealed) => sealed,
        Err(error) => {
            let remedy = "This is a defect in the plugin: report it to its developers";
            let problem = problem("flow-too-large", &error.to_string(), remedy);
            let problem = Problem { case: "trap".to_owned(), ..problem };
            return Ok(refused(app, StatusCode::BAD_GATEWAY, problem, integration, purpose).await);
        }
    };
    let cookies = response.headers_mut();
    for old in dropped(app, headers, &which, sealed.len()) {
        cookies.append(SET_COOKIE, old.clear(&app.site));
    }
    cookies.append(SET_COOKIE, which.set(&sealed, &app.site));
    Ok(response)
}

/// Returns the `state` parameter of the vendor's address. The callback contains it again.
fn state_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    url.query_pairs().find(|(name, _)| name == "state").map(|(_, state)| state.into_owned())
}

/// Returns the cookies of earlier sign-ins that are dropped to make room for a new one of `size`
/// characters: first the expired ones, then the oldest.
fn dropped(app: &App, headers: &HeaderMap, new: &Cookie, size: usize) -> Vec<Cookie> {
    let now = app.today();
    let earlier = flow_cookies(headers, &app.site).filter(|(which, _)| which != new);
    let mut earlier: Vec<_> = earlier
        .map(|(which, sealed)| {
            let begun = app.flows.open(sealed, &which.name(&app.site), now);
            (begun.map(|it| it.began()), sealed.len(), which)
        })
        .collect();
    // The newest first, the expired last.
    earlier.sort_by(|(one, ..), (other, ..)| other.cmp(one));
    let (mut count, mut sum) = (1, size);
    earlier.retain(|(began, size, _)| {
        count += 1;
        sum += size;
        began.is_none() || count > IN_BROWSER || sum > SIZE_IN_BROWSER
    });
    earlier.into_iter().map(|(.., which)| which).collect()
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
        (_, Err(error)) => crate::Error::from(error).problem(),
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
    let admission = app.store(move |store| store.admit(integration, &user, &groups)).await?;
    let ask = "Ask your ONES administrator, and give them the reference number";
    let refusal = match admission {
        Admission::Known | Admission::Created => {
            // A session from before the sign-in must not continue (session fixation).
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
            "This account belongs to a room",
            "Sign in with your own account",
        ),
    };
    Ok(refused(app, StatusCode::FORBIDDEN, refusal, integration, Purpose::SignIn).await)
}

fn problem(code: &str, summary: &str, remedy: &str) -> Problem {
    Problem::of_request(code, summary, remedy)
}
