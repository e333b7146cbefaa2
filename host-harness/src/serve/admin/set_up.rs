//! The administrator's first password, set with the link that the server prints when it starts.

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension,
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use tokio::task::spawn_blocking;

use super::log_in::open_session;
use crate::{
    access::password,
    serve::{
        app::App,
        client::Client,
        failure::Failure,
        guard::{FormToken, Posted},
        view::{Csrf, Page, page},
    },
};

#[derive(Deserialize)]
pub(super) struct Parameters {
    #[serde(default)]
    code: String,
}

#[derive(Template)]
#[template(path = "admin/set_up.html")]
struct SetUp {
    page: Page,
    csrf: Csrf,
    code: String,
    error: Option<String>,
    shortest: usize,
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    Query(Parameters { code }): Query<Parameters>,
    token: FormToken,
) -> Result<Response, Failure> {
    // Not counted as an attempt, since any other site can make a browser send this request. A code
    // of 256 bits cannot be guessed.
    check(&app, &code)?;
    Ok(form(&app, &token, code, None))
}

pub(super) async fn save(
    State(app): State<Arc<App>>,
    Extension(Client(from)): Extension<Client>,
    token: FormToken,
    posted: Posted,
) -> Result<Response, Failure> {
    let entered = posted.checked(&token.csrf)?;
    let text = |name| entered.text(name).unwrap_or_default().to_owned();
    let (code, password, again) = (text("code"), text("password"), text("again"));
    app.attempts.begin(from, app.now()).map_err(Failure::Wait)?;
    check(&app, &code)?;
    app.attempts.succeeded(from);
    if password != again {
        let error = "The two passwords are not the same".to_owned();
        return Ok(form(&app, &token, code, Some(error)));
    }
    let _turn = app.hashing.acquire().await.map_err(|it| Failure::broken(&it))?;
    let hashed = spawn_blocking(move || password::hash(&password)).await;
    let phc = match hashed.map_err(|it| Failure::broken(&it))? {
        Ok(phc) => phc,
        Err(error) => return Ok(form(&app, &token, code, Some(error.to_string()))),
    };
    // Of several simultaneous requests with the code, only one sets the password.
    let is_first = app.store(move |store| store.set_first_password(&phc)).await?;
    app.end_set_up();
    if is_first { open_session(&app, "/admin") } else { Err(not_valid()) }
}

/// Checks the code of the link.
fn check(app: &App, code: &str) -> Result<(), Failure> {
    if app.is_set_up_code(code) { Ok(()) } else { Err(not_valid()) }
}

fn not_valid() -> Failure {
    Failure::new(
        StatusCode::FORBIDDEN,
        "set-up-code",
        "This link is not valid, or was already used",
        "If a password is already set, log in with it. Otherwise use the link that the server \
         printed at its last start",
    )
}

fn form(app: &App, token: &FormToken, code: String, error: Option<String>) -> Response {
    let shown = SetUp {
        page: Page::narrow("Set the administrator's password"),
        csrf: token.csrf.clone(),
        code,
        error,
        shortest: password::SHORTEST,
    };
    token.add_to(app, page(&shown))
}
