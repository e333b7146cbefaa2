//! To the vendor and back: for people who sign in, and for an administrator of the vendor
//! who grants the permissions.

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

/// Number of sign-ins under way in one browser, which can have 50 cookies of a site or more
/// (RFC 6265bis, section 6.1).
const IN_BROWSER: usize = 8;

/// Size of their cookies, in characters: all cookies go in one header, for which common servers
/// have 8 KiB.
const SIZE_IN_BROWSER: usize = 7_000;

#[derive(Template)]
#[template(path = "user/consented.html")]
struct Consented {
    page: Page,
    /// Where the wizard goes on.
    to: String,
}

pub(super) async fn begin(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if !is_opened(&headers) {
        // A page of another site could begin many with images, and push out the one under way.
        return Err(Failure::new(
            StatusCode::FORBIDDEN,
            "not-opened",
            "A sign-in begins with a page that is opened",
            "Begin at the first page",
        ));
    }
    let id = IntegrationId::from(id);
    app.name(id).await?;
    let _turn = turn(&app, client, id).await?;
    send(&app, &headers, id, Purpose::SignIn).await
}

/// Waits for the client's turn to have the plugin called.
pub(super) async fn turn(
    app: &App,
    Client(address): Client,
    integration: IntegrationId,
) -> Result<Turn, Failure> {
    let turn = app.turns.wait(integration, address);
    tokio::time::timeout(app.bounds.turn, turn).await.map_err(|_| Failure::busy())
}

/// Returns the plugin's answer, or an error where it takes longer than a user waits.
pub(super) async fn in_time<T>(app: &App, asked: Asked<'_, T>) -> Result<T, CallError> {
    let late = |_| {
        let seconds = app.bounds.sign_in.as_secs();
        CallError::Refused(Refusal::Unavailable(Explanation {
            code: "sign-in-too-slow".to_owned(),
            summary: format!("The plugin took longer than {seconds} seconds for a sign-in"),
            remedy: Some("See with Test settings whether the vendor answers".to_owned()),
            detail: None,
        }))
    };
    tokio::time::timeout(app.bounds.sign_in, asked).await.map_err(late)?
}

/// Sends the browser to the vendor, with a cookie that holds the sealed sign-in.
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
        Ok(it) => it,
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
            let remedy = "This is a defect of the plugin: report it to those who made it";
            let problem = problem("flow-too-large", &error.to_string(), remedy);
            let problem = Problem { case: "trap".to_owned(), ..problem };
            return Ok(refused(app, StatusCode::BAD_GATEWAY, problem, integration, purpose).await);
        }
    };
    let cookies = response.headers_mut();
    for old in too_many(app, headers, &which, sealed.len()) {
        cookies.append(SET_COOKIE, old.clear(&app.site));
    }
    cookies.append(SET_COOKIE, which.set(&sealed, &app.site));
    Ok(response)
}

/// The `state` of the address that the browser is sent to: it comes back with it.
fn state_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    url.query_pairs().find(|(name, _)| name == "state").map(|(_, it)| it.into_owned())
}

/// The cookies of earlier sign-ins that have to go for one more of that size: those that are over,
/// and then the oldest.
fn too_many(app: &App, headers: &HeaderMap, new: &Cookie, size: usize) -> Vec<Cookie> {
    let now = app.today();
    let earlier = flow_cookies(headers, &app.site).filter(|(which, _)| which != new);
    let mut earlier: Vec<_> = earlier
        .map(|(which, sealed)| {
            let begun = app.flows.open(sealed, &which.name(&app.site), now);
            (begun.map(|it| it.began()), sealed.len(), which)
        })
        .collect();
    // The newest first; those that are over last.
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
    let state = parameters.iter().find(|(name, _)| name == "state").map(|(_, it)| it.as_str());
    let which = Cookie::Flow(FlowName::of(state));
    let Some(sealed) = cookie(headers, &which, &app.site) else {
        return unasked::answer(app, client, method, headers, parameters).await;
    };
    let answered = match app.flows.open(sealed, &which.name(&app.site), app.today()) {
        Some(begun) => {
            // A browser that gets no turn can reload: the sign-in is not used up yet.
            let turn = turn(app, client, begun.integration()).await?;
            match app.flows.redeem(begun, app.today()) {
                Some(pending) => finish(app, headers, pending, parameters).await,
                None => {
                    // `unasked` waits for one of its own.
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
            // A link of this server's own, since the administrator's cookie does not come
            // with what a vendor's page leads to.
            let to = format!("/admin/integrations/{id}/settings?test=true&note=consented");
            return Ok(page(&Consented { page: Page::narrow("Consent was granted"), to }));
        }
        (_, Ok(_)) => problem(
            "other-purpose",
            "The vendor answered something else than was asked",
            "Begin again",
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
    Ok(refused(app, StatusCode::FORBIDDEN, refusal, integration, Purpose::SignIn).await)
}

fn problem(code: &str, summary: &str, remedy: &str) -> Problem {
    Problem::of_request(code, summary, remedy)
}
