//! The lists of users and rooms.

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

/// Number of rows on a page.
const LIMIT: u32 = 50;

/// Search text and position of a page of a list.
#[derive(Clone, Deserialize)]
pub(super) struct Parameters {
    #[serde(default)]
    pub(super) search: String,
    after: Option<String>,
    /// Whether the list includes removed records.
    #[serde(default)]
    pub(super) removed: bool,
}

impl Parameters {
    pub(super) fn page(&self, limit: u32) -> PageOf<'_> {
        let Self { search, after, removed } = self;
        PageOf { search, after: after.as_deref(), removed: *removed, limit }
    }

    /// Returns the query of the next page, after the record with the id `last`.
    pub(super) fn next(&self, last: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("search", &self.search).append_pair("after", last);
        if self.removed {
            query.append_pair("removed", "true");
        }
        format!("?{}", query.finish())
    }
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

    /// Returns a text or a number of a record, empty where the record has no such field.
    fn text(&self, row: &RecordRow, field: &str) -> String {
        match row.record.get(field) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    /// Returns the address of a user's page.
    fn user_address(&self, row: &RecordRow) -> String {
        view::address(self.id, "users", &row.id)
    }

    /// Returns the query of the next page, if there is one.
    fn next(&self) -> Option<String> {
        self.rows.last().filter(|_| self.more).map(|it| self.parameters.next(&it.id))
    }
}

fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "Users",
        Kind::Room => "Rooms",
        Kind::Group => "Groups",
        Kind::Booking => "Bookings",
    }
}

pub(super) async fn users(
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
    let asked = parameters.clone();
    let mut rows = app.store(move |store| store.page(id, kind, asked.page(LIMIT + 1))).await?;
    let more = rows.len() > LIMIT as usize;
    rows.truncate(LIMIT as usize);
    let shown = Page::admin(format!("{} · {name}", title(kind)), &session.csrf);
    Ok(page(&Records { page: shown, name, id: number, kind, parameters, rows, more }))
}
