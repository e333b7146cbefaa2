//! The wizard: each page shows one step of the settings.
//!
//! This file handles requests and saves settings; [`page`] renders the pages.

mod page;

use std::sync::Arc;

use axum::{
    extract::{Path, Query, RawQuery, State},
    http::HeaderMap,
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    choices,
    secrets::{self, Kept},
    session::Admin,
};
use crate::{
    form::{Entered, Step},
    model::FieldError,
    problem::Problem,
    random,
    serve::{
        app::{App, NAME},
        failure::Failure,
        guard::{Posted, lead_to},
        sessions::{AdminSession, Draft, Trust},
        view::Noted,
    },
    settings::Settings,
    store::IntegrationId,
};
use page::{Drawing, address, draw};

pub(super) async fn first(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
    RawQuery(query): RawQuery,
    _: Admin,
) -> Result<Response, Failure> {
    let first = app.form.steps().first().ok_or_else(Failure::not_found)?;
    let query = query.map(|it| format!("?{it}")).unwrap_or_default();
    lead_to(&(address(Some(id.into()), first) + &query))
}

pub(super) async fn show_new(
    State(app): State<Arc<App>>,
    Admin(session): Admin,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let step = app.form.steps().first().ok_or_else(Failure::not_found)?;
    let drawing = Drawing::new(None, step, json!({}));
    draw(&app, &session, &headers, drawing, None).await
}

#[derive(Deserialize)]
pub(super) struct Shown {
    /// Whether to test the settings immediately.
    #[serde(default)]
    test: bool,
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    Admin(session): Admin,
    Path((id, key)): Path<(i64, String)>,
    Query(shown): Query<Shown>,
    Query(noted): Query<Noted>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let id = IntegrationId::from(id);
    let step = step(&app, &key)?;
    let (settings, problem) = saved(&app, id).await?;
    let mut drawing = Drawing::new(Some(id), step, settings.value().clone());
    drawing.problem = problem;
    if shown.test {
        drawing.test(&app).await;
    }
    draw(&app, &session, &headers, drawing, noted.text()).await
}

pub(super) async fn save_new(
    State(app): State<Arc<App>>,
    Admin(session): Admin,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, Failure> {
    let step = app.form.steps().first().ok_or_else(Failure::not_found)?;
    posted_step(&app, &session, None, step, &headers, posted).await
}

pub(super) async fn save(
    State(app): State<Arc<App>>,
    Admin(session): Admin,
    Path((id, key)): Path<(i64, String)>,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, Failure> {
    let step = step(&app, &key)?;
    posted_step(&app, &session, Some(id.into()), step, &headers, posted).await
}

async fn posted_step(
    app: &App,
    session: &AdminSession,
    id: Option<IntegrationId>,
    step: &Step,
    headers: &HeaderMap,
    posted: Posted,
) -> Result<Response, Failure> {
    let entered = posted.checked(&session.csrf)?;
    let saved = match id {
        Some(id) => saved(app, id).await?.0,
        None => Settings::from(json!({})),
    };
    let draft = entered.text("draft").and_then(|draft_id| session.draft(draft_id, id));
    let before = draft.as_ref().map_or(&saved, |draft| &draft.settings).value();
    let answer = step.read(before, &entered);
    let trust = match &draft {
        Some(draft) => draft.trust.clone(),
        None => secrets::trust(app, before, &answer.settings).await?,
    };
    let kept = secrets::keep(app, trust, &answer).await?;
    let errors = [answer.errors.as_slice(), &kept.errors].concat();

    let mut drawing = Drawing::new(id, step, kept.settings.clone());
    drawing.entered = Some(&entered);
    match wanted(&entered, &drawing) {
        Wanted::Search => drawing.errors = errors,
        _ if !errors.is_empty() => drawing.errors = errors,
        Wanted::Test => drawing.test(app).await,
        Wanted::Save { close } => match save_step(app, id, step, &saved, &kept).await? {
            Saving::Done(id) => {
                session.keep(None);
                return Ok(Redirect::to(&after(app, id, step, close)).into_response());
            }
            Saving::Wrong(errors) => drawing.errors = errors,
            Saving::Failed(problem) => drawing.problem = Some(problem),
        },
    }
    if kept.errors.is_empty() {
        let settings = secrets::without_wrong(app, &kept.settings, &kept.trust).await?;
        drawing.settings_for_choices = settings;
        let id_of_draft = random::text();
        drawing.draft = Some(id_of_draft.clone());
        session.keep(Some(Draft {
            id: id_of_draft,
            integration: id,
            settings: Settings::from(kept.settings),
            trust: kept.trust,
        }));
    } else {
        // With the earlier draft, an administrator who undoes the change need not enter the
        // secrets.
        drawing.draft = draft.map(|it| it.id);
    }
    draw(app, session, headers, drawing, None).await
}

/// Returns the saved settings. Where they cannot be decrypted any more, returns empty settings and
/// the problem, so that the administrator can enter them again.
async fn saved(app: &App, id: IntegrationId) -> Result<(Settings, Option<Problem>), Failure> {
    Ok(match app.opened_settings(id).await? {
        Ok(settings) => (settings, None),
        Err(sealed) => (Settings::from(json!({})), Some(Problem::from(&sealed))),
    })
}

enum Wanted {
    Search,
    Test,
    Save { close: bool },
}

/// Returns the action of the pressed button. The key Enter presses the first, hidden button: it
/// searches where a search text has changed, and saves otherwise.
fn wanted(entered: &Entered, drawing: &Drawing<'_>) -> Wanted {
    match entered.text("do") {
        Some("search") => Wanted::Search,
        Some("test") => Wanted::Test,
        Some("close") => Wanted::Save { close: true },
        Some("enter") if choices::is_searched(drawing.step, &drawing.settings, entered) => {
            Wanted::Search
        }
        _ => Wanted::Save { close: false },
    }
}

enum Saving {
    Done(IntegrationId),
    Wrong(Vec<FieldError>),
    Failed(Problem),
}

/// Saves the settings, unless this step has errors. Later steps may still be empty.
async fn save_step(
    app: &App,
    id: Option<IntegrationId>,
    step: &Step,
    saved: &Settings,
    kept: &Kept,
) -> Result<Saving, Failure> {
    if let Err(fields) = secrets::origins(app, kept.settings.clone()).await? {
        let (others, here): (Vec<_>, Vec<_>) =
            fields.into_iter().partition(|error| is_in_another_step(app, step, &error.field));
        if !here.is_empty() {
            return Ok(Saving::Wrong(here));
        }
        let is_changed = saved.value().get(step.key()) != kept.settings.get(step.key());
        if !others.is_empty() && is_changed && kept.trust != Trust::Anywhere {
            // The servers that receive the secrets are not known yet.
            let secrets = app.form.secrets(&kept.settings).into_iter();
            let here = secrets.filter(|secret| secret.starts_with(&format!("{}/", step.pointer())));
            let again = here.map(|field| FieldError { field, message: secrets::AGAIN.to_owned() });
            let again: Vec<_> = again.collect();
            if !again.is_empty() {
                return Ok(Saving::Wrong(again));
            }
        }
    }
    match app.keep(id, Settings::from(kept.settings.clone())).await {
        Ok(Ok(id)) => Ok(Saving::Done(id)),
        Ok(Err(taken)) => {
            let (field, message) = (NAME.to_owned(), Problem::from(&taken).summary);
            Ok(Saving::Wrong(vec![FieldError { field, message }]))
        }
        Err(Failure::Problem(_, problem) | Failure::Inner(_, problem)) => {
            Ok(Saving::Failed(*problem))
        }
        Err(failure) => Err(failure),
    }
}

fn is_in_another_step(app: &App, step: &Step, field: &str) -> bool {
    let contains_field = |other: &Step| {
        let rest = field.strip_prefix(&other.pointer());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    app.form.steps().iter().any(|other| other.key() != step.key() && contains_field(other))
}

/// Returns the address of the page after a step is saved.
fn after(app: &App, id: IntegrationId, step: &Step, close: bool) -> String {
    let mut steps = app.form.steps().iter().skip_while(|other| other.key() != step.key());
    match steps.nth(1).filter(|_| !close) {
        Some(next) => format!("{}?note=saved", address(Some(id), next)),
        None => format!("/admin/integrations/{}?note=saved", id.get()),
    }
}

fn step<'a>(app: &'a App, key: &str) -> Result<&'a Step, Failure> {
    app.form.steps().iter().find(|step| step.key() == key).ok_or_else(Failure::not_found)
}
