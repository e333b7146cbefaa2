//! First start: whoever has the link that the program printed sets the password.

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

use super::log_in::admitted;
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
    // Not counted as a guess: any page of another site can make a browser send this request. The
    // code has 256 bits, too many to guess.
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
    // Of several requests with the code at the same time, one sets the password.
    let is_first = app.store(move |store| store.set_first_password(&phc)).await?;
    app.end_set_up();
    if is_first { admitted(&app, "/admin") } else { Err(not_valid()) }
}

/// Only with the code.
fn check(app: &App, code: &str) -> Result<(), Failure> {
    if app.is_set_up_code(code) { Ok(()) } else { Err(not_valid()) }
}

fn not_valid() -> Failure {
    Failure::new(
        StatusCode::FORBIDDEN,
        "set-up-code",
        "This link is not valid (any more)",
        "Use the link that the program printed when it was started last; where a password is \
         set already, log in with it",
    )
}

fn form(app: &App, token: &FormToken, code: String, error: Option<String>) -> Response {
    let shown = SetUp {
        page: Page::narrow("Set up"),
        csrf: token.csrf.clone(),
        code,
        error,
        shortest: password::SHORTEST,
    };
    token.given(app, page(&shown))
}
