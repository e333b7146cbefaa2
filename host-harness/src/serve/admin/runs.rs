//! The results of all runs, the latest first.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use serde::Deserialize;

use super::session::Admin;
use crate::{
    serve::{
        app::App,
        failure::Failure,
        view::{Page, RunsView, page, runs},
    },
    store::{IntegrationId, RunRow},
};

/// Number of runs on a page.
const LIMIT: u32 = 25;

#[derive(Deserialize)]
pub(super) struct Parameters {
    before: Option<i64>,
}

#[derive(Template)]
#[template(path = "admin/runs.html")]
struct Runs {
    page: Page,
    name: String,
    id: i64,
    rows: Vec<RunRow>,
    is_first: bool,
}

impl Runs {
    fn listed(&self) -> RunsView<'_> {
        runs(&self.rows)
    }

    /// Returns the id of the last run on this page, where there may be earlier ones.
    fn next(&self) -> Option<i64> {
        let is_full = self.rows.len() >= LIMIT as usize;
        self.rows.last().filter(|_| is_full).map(|it| it.id)
    }
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    Admin(session): Admin,
    Path(id): Path<i64>,
    Query(Parameters { before }): Query<Parameters>,
) -> Result<Response, Failure> {
    let number = id;
    let id = IntegrationId::from(id);
    let name = app.name(id).await?;
    let rows = app.store(move |store| store.latest_runs(id, before, LIMIT)).await?;
    let shown = Page::admin(format!("Runs · {name}"), &session.csrf);
    Ok(page(&Runs { page: shown, name, id: number, rows, is_first: before.is_none() }))
}
