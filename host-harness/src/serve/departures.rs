//! Departures: browsers that are sent to the vendor, to sign in or to grant the permissions.

use axum::{
    http::{HeaderMap, StatusCode, header::SET_COOKIE},
    response::Response,
};
use url::Url;

use super::{
    app::App,
    client::Client,
    cookies::{Cookie, FlowName, flow_cookies},
    failure::Failure,
    guard::{host, lead_to},
    refused::refused,
    vendor::Asked,
};
use crate::{
    access::{Pending, Turn},
    model::{Explanation, Purpose, Refusal},
    plugin::CallError,
    problem::{Case, Problem},
    store::IntegrationId,
};

/// Number of sign-ins under way in one browser, which can have 50 cookies of a site or more
/// (RFC 6265bis, section 6.1).
const IN_BROWSER: usize = 8;

/// Size of their cookies, in characters: all cookies go in one header, for which common servers
/// have 8 KiB.
const SIZE_IN_BROWSER: usize = 7_000;

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
pub(super) async fn send(
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
            let problem = Problem::from(&error);
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
            let problem = Problem::new(Case::Trap, "flow-too-large", error).remedy(remedy);
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
