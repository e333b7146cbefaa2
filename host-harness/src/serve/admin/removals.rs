//! Removals that are held until an administrator decides.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse as _, Redirect, Response},
};

use super::session::Admin;
use crate::{
    serve::{
        app::App,
        failure::Failure,
        guard::Posted,
        view::{self, Csrf, Noted, Page, page},
    },
    store::{Decision, IntegrationId, Kind, RemovalRow, StoreError},
};

/// Maximum number of removals on the page. *Approve all* and *Discard all* apply to all of them.
const LIMIT: usize = 500;

#[derive(Template)]
#[template(path = "admin/removals.html")]
struct Removals<'a> {
    page: Page,
    csrf: &'a Csrf,
    name: String,
    id: i64,
    rows: Vec<RemovalRow>,
    count: u64,
}

impl Removals<'_> {
    /// Whether the page lists only a part of the held removals.
    fn is_cut(&self) -> bool {
        (self.rows.len() as u64) < self.count
    }

    fn noun(&self, kind: &Kind) -> &'static str {
        match kind {
            Kind::User => "user",
            Kind::Room => "room",
            Kind::Group => "group",
            Kind::Booking => "booking",
        }
    }
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    Admin(session): Admin,
    Path(number): Path<i64>,
    Query(noted): Query<Noted>,
) -> Result<Response, Failure> {
    let id = IntegrationId::from(number);
    let name = app.name(id).await?;
    let held = app.store(move |store| {
        let mut rows = Vec::new();
        store.each_held(id, |row| {
            if rows.len() < LIMIT {
                rows.push(row);
            }
            Ok::<_, StoreError>(())
        })?;
        Ok::<_, StoreError>((rows, store.held(id)?))
    });
    let (rows, count) = held.await?;
    let shown = Page::admin(format!("Held removals · {name}"), &session.csrf).noted(noted.text());
    Ok(page(&Removals { page: shown, csrf: &session.csrf, name, id: number, rows, count }))
}

pub(super) async fn decide(
    State(app): State<Arc<App>>,
    Admin(session): Admin,
    Path(number): Path<i64>,
    posted: Posted,
) -> Result<Response, Failure> {
    let entered = posted.checked(&session.csrf)?;
    let id = IntegrationId::from(number);
    app.name(id).await?;
    let ids: Vec<String> = entered.all("id").map(str::to_owned).collect();
    let (decision, ids, note) = match entered.text("do") {
        Some(all @ ("approve-all" | "discard-all")) => {
            // The decision is about the list that the administrator saw.
            let held = app.store(move |store| store.held(id)).await?;
            if entered.text("count") != Some(held.to_string().as_str()) {
                return Ok(back(number, "changed"));
            }
            match all {
                "approve-all" => (Decision::Approve, Vec::new(), "approved"),
                _ => (Decision::Discard, Vec::new(), "discarded"),
            }
        }
        // To the store, no ids would mean all removals.
        _ if ids.is_empty() => return Ok(back(number, "none-chosen")),
        Some("approve") => (Decision::Approve, ids, "approved"),
        _ => (Decision::Discard, ids, "discarded"),
    };
    app.store(move |store| store.decide(id, decision, &ids)).await?;
    Ok(back(number, note))
}

fn back(id: i64, note: &str) -> Response {
    Redirect::to(&format!("/admin/integrations/{id}/removals?note={note}")).into_response()
}
