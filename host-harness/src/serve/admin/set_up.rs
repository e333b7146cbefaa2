//! First start: whoever has the link that the program printed sets the password.

use std::{net::SocketAddr, sync::Arc};

use askama::Template;
use axum::{
    extract::{ConnectInfo, Query, State},
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
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Query(Parameters { code }): Query<Parameters>,
    token: FormToken,
) -> Result<Response, Failure> {
    check(&app, from, &code)?;
    Ok(form(&app, &token, code, None))
}

pub(super) async fn save(
    State(app): State<Arc<App>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    token: FormToken,
    posted: Posted,
) -> Result<Response, Failure> {
    let entered = posted.checked(&token.csrf)?;
    let text = |name| entered.text(name).unwrap_or_default().to_owned();
    let (code, password, again) = (text("code"), text("password"), text("again"));
    check(&app, from, &code)?;
    if password != again {
        let error = "The two passwords are not the same".to_owned();
        return Ok(form(&app, &token, code, Some(error)));
    }
    let hashed = spawn_blocking(move || password::hash(&password)).await;
    let phc = match hashed.map_err(|it| Failure::broken(&it))? {
        Ok(phc) => phc,
        Err(error) => return Ok(form(&app, &token, code, Some(error.to_string()))),
    };
    app.store(move |store| store.set_password(&phc)).await?;
    app.end_set_up();
    Ok(admitted(&app, "/admin"))
}

/// Only with the code, which nobody can guess without end.
fn check(app: &App, from: SocketAddr, code: &str) -> Result<(), Failure> {
    app.attempts.begin(from.ip(), app.now()).map_err(Failure::Wait)?;
    if !app.is_set_up_code(code) {
        return Err(Failure::new(
            StatusCode::FORBIDDEN,
            "set-up-code",
            "This link is not valid (any more)",
            "Use the link that the program printed when it was started last; where a password is \
             set already, log in with it",
        ));
    }
    app.attempts.succeeded(from.ip());
    Ok(())
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
