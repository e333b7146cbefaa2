//! The groups of the directory, and their members.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::Response,
};

use super::{records::Parameters, session::Admin};
use crate::{
    serve::{
        app::App,
        failure::Failure,
        view::{self, Page, page},
    },
    store::{GroupRow, IntegrationId, RecordRow, StoreError},
};

/// Number of rows on a page.
const LIMIT: u32 = 50;

#[derive(Template)]
#[template(path = "admin/groups.html")]
struct Groups {
    page: Page,
    name: String,
    id: i64,
    parameters: Parameters,
    rows: Vec<GroupRow>,
    /// Groups made in ONES.
    own: Vec<GroupRow>,
    next: Option<String>,
}

impl Groups {
    /// Returns the address of a group's page.
    fn address(&self, row: &GroupRow) -> String {
        view::address(self.id, "groups", row.id.as_deref().unwrap_or_default())
    }
}

#[derive(Template)]
#[template(path = "admin/group.html")]
struct Group {
    page: Page,
    name: String,
    id: i64,
    group: GroupRow,
    parameters: Parameters,
    rows: Vec<RecordRow>,
    next: Option<String>,
}

impl Group {
    /// Returns the address of a user's page.
    fn user_address(&self, row: &RecordRow) -> String {
        view::address(self.id, "users", &row.id)
    }

    fn text<'a>(&self, row: &'a RecordRow, field: &str) -> &'a str {
        row.record.get(field).and_then(|it| it.as_str()).unwrap_or_default()
    }
}

pub(super) async fn list(
    State(app): State<Arc<App>>,
    Admin(session): Admin,
    Path(number): Path<i64>,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Failure> {
    let id = IntegrationId::from(number);
    let name = app.name(id).await?;
    let asked = parameters.clone();
    let found = app.look(move |store| {
        let rows = store.groups_page(id, asked.page(LIMIT + 1))?;
        Ok::<_, StoreError>((rows, store.own_groups(id, false)?))
    });
    let (mut rows, own) = found.await?;
    let more = rows.len() > LIMIT as usize;
    rows.truncate(LIMIT as usize);
    let last = rows.last().filter(|_| more).and_then(|it| it.id.as_deref());
    let next = last.map(|it| parameters.next(it));
    let shown = Page::admin(format!("Groups · {name}"), &session.csrf);
    Ok(page(&Groups { page: shown, name, id: number, parameters, rows, own, next }))
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    Admin(session): Admin,
    Path((number, group)): Path<(i64, String)>,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Failure> {
    let id = IntegrationId::from(number);
    let name = app.name(id).await?;
    let asked = parameters.clone();
    let found = app.look(move |store| {
        let rows = store.members_page(id, &group, asked.page(LIMIT + 1))?;
        Ok::<_, StoreError>((store.group(id, &group)?, rows))
    });
    let (group, mut rows) = found.await?;
    let group = group.ok_or_else(Failure::not_found)?;
    let more = rows.len() > LIMIT as usize;
    rows.truncate(LIMIT as usize);
    let next = rows.last().filter(|_| more).map(|it| parameters.next(&it.id));
    let shown = Page::admin(format!("{} · {name}", group.name), &session.csrf);
    Ok(page(&Group { page: shown, name, id: number, group, parameters, rows, next }))
}
