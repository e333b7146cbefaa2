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

/// Maximum number of pending sign-ins in one browser. Browsers store at least 50 cookies of a site
/// (RFC 6265bis, section 6.1).
const IN_BROWSER: usize = 8;

/// Maximum total size of their cookies, in characters. A browser sends all cookies in one header,
/// which common servers limit to 8 KiB.
const SIZE_IN_BROWSER: usize = 7_000;

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
/// [`Bounds::sign_in`]: super::Bounds::sign_in
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
        Ok(redirect) => redirect,
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
            let remedy = "This is a defect in the plugin: report it to its developers";
            let problem = Problem::new(Case::Trap, "flow-too-large", error).remedy(remedy);
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
