//! The administrator's log-in with the password, and log-out.

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header::SET_COOKIE},
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;
use tokio::task::spawn_blocking;

use super::session::Admin;
use crate::{
    access::password,
    serve::{
        app::App,
        client::Client,
        cookies::{Cookie, cookie},
        failure::Failure,
        guard::{FormToken, Posted, lead_to},
        sessions::AdminSession,
        view::{Csrf, Page, page},
    },
};

#[derive(Deserialize)]
pub(super) struct Parameters {
    #[serde(default)]
    next: String,
}

#[derive(Template)]
#[template(path = "admin/log_in.html")]
struct LogIn {
    page: Page,
    csrf: Csrf,
    next: String,
    error: Option<&'static str>,
    /// Whether no password is set yet.
    is_new: bool,
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    Query(Parameters { next }): Query<Parameters>,
    token: FormToken,
) -> Result<Response, Failure> {
    lead_to(own_page(&next))?;
    form(&app, &token, next, None).await
}

pub(super) async fn log_in(
    State(app): State<Arc<App>>,
    Extension(Client(from)): Extension<Client>,
    headers: HeaderMap,
    token: FormToken,
    posted: Posted,
) -> Result<Response, Failure> {
    let entered = posted.checked(&token.csrf)?;
    let next = entered.text("next").unwrap_or_default().to_owned();
    let password = entered.text("password").unwrap_or_default().to_owned();
    // Checked before a session is opened: the browser would not receive its cookie.
    lead_to(own_page(&next))?;
    app.attempts.begin(from, app.now()).map_err(Failure::Wait)?;
    let _turn = app.hashing.acquire().await.map_err(|it| Failure::broken(&it))?;
    let phc = app.store(|store| store.password()).await?;
    let verified = spawn_blocking(move || phc.is_some_and(|phc| password::verify(&password, &phc)));
    if !verified.await.map_err(|it| Failure::broken(&it))? {
        let form = form(&app, &token, next, Some("The password is wrong")).await?;
        return Ok((StatusCode::UNAUTHORIZED, form).into_response());
    }
    app.attempts.succeeded(from);
    if let Some(token) = cookie(&headers, &Cookie::Admin, &app.site) {
        app.admins.close(token);
    }
    open_session(&app, own_page(&next))
}

pub(super) async fn log_out(
    State(app): State<Arc<App>>,
    Admin(session): Admin,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, Failure> {
    posted.checked(&session.csrf)?;
    if let Some(token) = cookie(&headers, &Cookie::Admin, &app.site) {
        app.admins.close(token);
    }
    let cleared = [(SET_COOKIE, Cookie::Admin.clear(&app.site))];
    Ok((cleared, Redirect::to("/admin/log-in")).into_response())
}

/// Opens a session and redirects to `next`.
///
/// # Errors
/// `next` is not a valid address. Then no session is opened.
pub(super) fn open_session(app: &App, next: &str) -> Result<Response, Failure> {
    let mut response = lead_to(next)?;
    let token = app.admins.open(Arc::new(AdminSession::new()), app.now());
    let cookie = Cookie::Admin.set(token.secret(), &app.site);
    response.headers_mut().append(SET_COOKIE, cookie);
    Ok(response)
}

/// Returns `next` where it is a page of the administrator, and otherwise the first of them.
fn own_page(next: &str) -> &str {
    let is_own = next == "/admin" || next.starts_with("/admin/");
    if is_own && !next.contains("..") { next } else { "/admin" }
}

async fn form(
    app: &App,
    token: &FormToken,
    next: String,
    error: Option<&'static str>,
) -> Result<Response, Failure> {
    let is_new = app.store(|store| store.password()).await?.is_none();
    let (shown, csrf) = (Page::narrow("Log in as administrator"), token.csrf.clone());
    Ok(token.add_to(app, page(&LogIn { page: shown, csrf, next, error, is_new })))
}
