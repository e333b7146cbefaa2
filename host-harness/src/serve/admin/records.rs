//! The people and rooms that ONES offers.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use serde::Deserialize;
use serde_json::Value;

use super::session::Admin;
use crate::{
    serve::{
        app::App,
        failure::Failure,
        view::{self, Page, page},
    },
    store::{IntegrationId, Kind, PageOf, RecordRow},
};

/// On a page.
const LIMIT: u32 = 50;

#[derive(Deserialize)]
pub(super) struct Parameters {
    #[serde(default)]
    search: String,
    after: Option<String>,
    /// Removed ones as well.
    #[serde(default)]
    removed: bool,
}

#[derive(Template)]
#[template(path = "admin/records.html")]
struct Records {
    page: Page,
    name: String,
    id: i64,
    kind: Kind,
    parameters: Parameters,
    rows: Vec<RecordRow>,
    more: bool,
}

impl Records {
    fn title(&self) -> &'static str {
        title(self.kind)
    }

    /// A text or a number of a record; empty where it has none.
    fn text(&self, row: &RecordRow, field: &str) -> String {
        match row.record.get(field) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    /// The address of the page behind this one.
    fn next(&self) -> Option<String> {
        let last = self.rows.last().filter(|_| self.more)?;
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("search", &self.parameters.search).append_pair("after", &last.id);
        if self.parameters.removed {
            query.append_pair("removed", "true");
        }
        Some(format!("?{}", query.finish()))
    }
}

fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "People",
        Kind::Room => "Rooms",
    }
}

pub(super) async fn people(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(id): Path<i64>,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Failure> {
    show(&app, admin, id, Kind::User, parameters).await
}

pub(super) async fn rooms(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(id): Path<i64>,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Failure> {
    show(&app, admin, id, Kind::Room, parameters).await
}

async fn show(
    app: &App,
    Admin(session): Admin,
    number: i64,
    kind: Kind,
    parameters: Parameters,
) -> Result<Response, Failure> {
    let id = IntegrationId::from(number);
    let name = app.name(id).await?;
    let Parameters { search, after, removed } = &parameters;
    let (search, after, removed) = (search.clone(), after.clone(), *removed);
    let mut rows = app
        .store(move |store| {
            let of = PageOf { search: &search, after: after.as_deref(), removed, limit: LIMIT + 1 };
            store.page(id, kind, of)
        })
        .await?;
    let more = rows.len() > LIMIT as usize;
    rows.truncate(LIMIT as usize);
    let shown = Page::admin(format!("{} · {name}", title(kind)), &session.csrf);
    Ok(page(&Records { page: shown, name, id: number, kind, parameters, rows, more }))
}
