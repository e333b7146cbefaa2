//! The list of all integrations.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};

use super::session::Admin;
use crate::{
    serve::{
        app::App,
        failure::Failure,
        view::{self, Noted, Page, page},
    },
    store::{Counts, IntegrationRow, ScheduleRow, StoreError},
};

#[derive(Template)]
#[template(path = "admin/integrations.html")]
struct Integrations<'a> {
    page: Page,
    product: &'a str,
    rows: Vec<Row>,
}

struct Row {
    integration: IntegrationRow,
    counts: Counts,
    schedule: ScheduleRow,
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    Admin(session): Admin,
    Query(noted): Query<Noted>,
) -> Result<Response, Failure> {
    let rows = app.store(|store| {
        let rows = store.integrations_overview()?.into_iter().map(|integration| {
            let (counts, schedule) =
                (store.counts(integration.id)?, store.schedule(integration.id)?);
            Ok(Row { integration, counts, schedule })
        });
        rows.collect::<Result<_, StoreError>>()
    });
    let shown = Page::admin("Integrations", &session.csrf).noted(noted.text());
    Ok(page(&Integrations { page: shown, product: &app.manifest.name, rows: rows.await? }))
}
