//! The wizard: a step of the settings on each page.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, Query, RawQuery, State},
    http::HeaderMap,
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    choices,
    secrets::{self, Kept},
    session::Admin,
};
use crate::{
    form::{Control, Entered, Step, place},
    model::{FieldError, Report},
    problem::Problem,
    random,
    serve::{
        app::{App, LOGIN_BUTTON, NAME},
        failure::Failure,
        guard::{Posted, host, lead_to},
        sessions::{AdminSession, Draft, Trust},
        view::{
            Context, ControlView, Csrf, Noted, Page, ProblemView, ReportView, controls, page,
            problem, report,
        },
    },
    settings::Settings,
    store::IntegrationId,
};

#[derive(Template)]
#[template(path = "admin/settings.html")]
struct Wizard<'a> {
    page: Page,
    csrf: &'a Csrf,
    product: &'a str,
    id: Option<IntegrationId>,
    /// Of the integration, or what is about to be done.
    name: String,
    steps: &'a [Step],
    step: &'a Step,
    guide: String,
    controls: Vec<Control>,
    choices: Option<String>,
    /// Errors of no field that is drawn here.
    elsewhere: Vec<FieldError>,
    problem: Option<Problem>,
    report: Option<Report>,
    draft: Option<String>,
    /// Where the vendor sends browsers back to.
    callback: String,
    /// The step is about signing in: the callback is to be registered with the vendor.
    signs_in: bool,
    permissions: &'a [crate::model::Permission],
}

impl Wizard<'_> {
    fn address(&self, step: &Step) -> String {
        address(self.id, step)
    }

    fn is_first(&self) -> bool {
        self.steps.first().is_some_and(|it| it.key() == self.step.key())
    }

    fn is_last(&self) -> bool {
        self.steps.last().is_some_and(|it| it.key() == self.step.key())
    }

    fn fields(&self) -> impl Iterator<Item = ControlView<'_>> {
        let (choices, is_draft) = (self.choices.as_deref(), self.draft.is_some());
        controls(&self.controls, Context { choices, is_draft })
    }

    fn told<'a>(&self, it: &'a Problem) -> ProblemView<'a> {
        problem(it, "problem-detail")
    }

    fn tested<'a>(&self, it: &'a Report) -> ReportView<'a> {
        report(it)
    }
}

/// What a step is drawn from.
struct Drawing<'a> {
    id: Option<IntegrationId>,
    step: &'a Step,
    settings: Value,
    errors: Vec<FieldError>,
    /// What was sent, where it is drawn again.
    entered: Option<&'a Entered>,
    problem: Option<Problem>,
    report: Option<Report>,
    draft: Option<String>,
}

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
    let drawing = Drawing::of(None, step, json!({}));
    draw(&app, &session, &headers, drawing, None).await
}

#[derive(Deserialize)]
pub(super) struct Shown {
    /// Whether to test the settings at once.
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
    let mut drawing = Drawing::of(Some(id), step, settings.value().clone());
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
    let draft = entered.text("draft").and_then(|it| session.draft(it, id));
    let before = draft.as_ref().map_or(&saved, |it| &it.settings).value();
    let answer = step.read(before, &entered);
    let trust = match &draft {
        Some(draft) => draft.trust.clone(),
        None => secrets::trust(app, before, &answer.settings).await?,
    };
    let kept = secrets::keep(app, trust, &answer).await?;
    let errors = [answer.errors.as_slice(), &kept.errors].concat();

    let mut drawing = Drawing::of(id, step, kept.settings.clone());
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
        let id_of_draft = random::text();
        drawing.draft = Some(id_of_draft.clone());
        session.keep(Some(Draft {
            id: id_of_draft,
            integration: id,
            settings: Settings::from(kept.settings),
            trust: kept.trust,
        }));
    } else {
        // Whoever takes the change back still has what was there before.
        drawing.draft = draft.map(|it| it.id);
    }
    draw(app, session, headers, drawing, None).await
}

/// What is saved. Settings that cannot be opened any more can be entered again.
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

/// Which button was pressed. The key Enter presses the first of a form, which says nothing
/// but that: where something else is searched for than before, that is wanted.
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

/// Saves, unless something is wrong in this step. Later ones may still be empty.
async fn save_step(
    app: &App,
    id: Option<IntegrationId>,
    step: &Step,
    saved: &Settings,
    kept: &Kept,
) -> Result<Saving, Failure> {
    if let Err(fields) = secrets::origins(app, kept.settings.clone()).await? {
        let (others, here): (Vec<_>, Vec<_>) =
            fields.into_iter().partition(|it| is_of_another(app, step, &it.field));
        if !here.is_empty() {
            return Ok(Saving::Wrong(here));
        }
        let is_changed = saved.value().get(step.key()) != kept.settings.get(step.key());
        if !others.is_empty() && is_changed && kept.trust != Trust::Anywhere {
            // Nobody knows yet where these would lead.
            let secrets = app.form.secrets(&kept.settings).into_iter();
            let here = secrets.filter(|it| it.starts_with(&format!("{}/", step.pointer())));
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

fn is_of_another(app: &App, step: &Step, field: &str) -> bool {
    let is_of = |it: &Step| {
        let rest = field.strip_prefix(&it.pointer());
        rest.is_some_and(|it| it.is_empty() || it.starts_with('/'))
    };
    app.form.steps().iter().any(|it| it.key() != step.key() && is_of(it))
}

/// Where to go on when a step is saved.
fn after(app: &App, id: IntegrationId, step: &Step, close: bool) -> String {
    let mut steps = app.form.steps().iter().skip_while(|it| it.key() != step.key());
    match steps.nth(1).filter(|_| !close) {
        Some(next) => format!("{}?note=saved", address(Some(id), next)),
        None => format!("/admin/integrations/{}?note=saved", id.get()),
    }
}

impl<'a> Drawing<'a> {
    fn of(id: Option<IntegrationId>, step: &'a Step, settings: Value) -> Self {
        Self {
            id,
            step,
            settings,
            errors: Vec::new(),
            entered: None,
            problem: None,
            report: None,
            draft: None,
        }
    }

    /// Tries the settings.
    async fn test(&mut self, app: &App) {
        match app.vendor.validate(Settings::from(self.settings.clone())).await {
            Ok(report) => {
                self.errors.extend(report.checks.iter().flat_map(|it| it.fields.clone()));
                self.report = Some(report);
            }
            Err(error) => self.problem = Some(Problem::from(&error)),
        }
    }
}

async fn draw(
    app: &App,
    session: &AdminSession,
    headers: &HeaderMap,
    drawing: Drawing<'_>,
    note: Option<&'static str>,
) -> Result<Response, Failure> {
    let Drawing { id, step, settings, errors, entered, problem, report, draft } = drawing;
    let mut controls = step.draw(&settings);
    if let Some(entered) = entered {
        controls.iter_mut().flat_map(Control::leaves_mut).for_each(|it| it.retype(entered));
    }
    choices::fill(app, &settings, entered, &mut controls).await;
    let elsewhere = place(&errors, &settings, &mut controls);
    let name = match id {
        Some(id) => app.name(id).await?,
        None => "Add integration".to_owned(),
    };
    let choices = choices::address(id, draft.as_deref());
    Ok(page(&Wizard {
        page: Page::admin(format!("{} · {name}", step.title()), &session.csrf).noted(note),
        csrf: &session.csrf,
        product: &app.manifest.name,
        id,
        name,
        steps: app.form.steps(),
        step,
        guide: crate::form::html(step.guide()),
        controls,
        choices,
        elsewhere,
        problem,
        report,
        draft,
        callback: app.site.callback(host(headers).unwrap_or_default()),
        signs_in: step.has(LOGIN_BUTTON),
        permissions: &app.manifest.permissions,
    }))
}

fn step<'a>(app: &'a App, key: &str) -> Result<&'a Step, Failure> {
    app.form.steps().iter().find(|it| it.key() == key).ok_or_else(Failure::not_found)
}

/// Of a step. A new integration has only its first.
fn address(id: Option<IntegrationId>, step: &Step) -> String {
    match id {
        Some(id) => {
            let key: String = form_urlencoded::byte_serialize(step.key().as_bytes()).collect();
            format!("/admin/integrations/{}/settings/{key}", id.get())
        }
        None => "/admin/integrations/new".to_owned(),
    }
}
