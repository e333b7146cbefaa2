//! A page of the wizard: the form of one step, with its errors and the result of a test.

use askama::Template;
use axum::{http::HeaderMap, response::Response};
use serde_json::Value;

use crate::{
    form::{Control, Entered, Step, place},
    model::{FieldError, Report},
    problem::Problem,
    serve::{
        admin::choices,
        app::{App, LOGIN_BUTTON},
        failure::Failure,
        guard::host,
        sessions::AdminSession,
        view::{
            Context, ControlView, Csrf, Page, ProblemView, ReportView, controls, page, problem,
            report,
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
    /// Name of the integration, or `Add integration` for a new one.
    name: String,
    steps: &'a [Step],
    step: &'a Step,
    guide: String,
    controls: Vec<Control>,
    choices: Option<String>,
    /// Errors of fields that this step does not show.
    elsewhere: Vec<FieldError>,
    problem: Option<Problem>,
    report: Option<Report>,
    draft: Option<String>,
    /// Redirect URI, to which the vendor sends browsers back.
    callback: String,
    /// Whether the step contains the settings of the sign-in, and so shows the redirect URI.
    signs_in: bool,
    permissions: &'a [crate::model::Permission],
}

impl Wizard<'_> {
    fn address(&self, step: &Step) -> String {
        address(self.id, step)
    }

    fn is_first(&self) -> bool {
        self.steps.first().is_some_and(|first| first.key() == self.step.key())
    }

    fn is_last(&self) -> bool {
        self.steps.last().is_some_and(|last| last.key() == self.step.key())
    }

    fn fields(&self) -> impl Iterator<Item = ControlView<'_>> {
        let (choices, is_draft) = (self.choices.as_deref(), self.draft.is_some());
        controls(&self.controls, Context { choices, is_draft })
    }

    fn problem<'a>(&self, cause: &'a Problem) -> ProblemView<'a> {
        problem(cause, "problem-detail")
    }

    fn report<'a>(&self, checks: &'a Report) -> ReportView<'a> {
        report(checks)
    }
}

/// The contents of a step's page.
pub(super) struct Drawing<'a> {
    id: Option<IntegrationId>,
    pub(super) step: &'a Step,
    pub(super) settings: Value,
    /// The settings without wrong values, to request choices with.
    pub(super) settings_for_choices: Value,
    pub(super) errors: Vec<FieldError>,
    /// The posted values, where the page is the answer to a form.
    pub(super) entered: Option<&'a Entered>,
    pub(super) problem: Option<Problem>,
    report: Option<Report>,
    /// Id of the draft in the administrator's session.
    pub(super) draft: Option<String>,
}

impl<'a> Drawing<'a> {
    pub(super) fn new(id: Option<IntegrationId>, step: &'a Step, settings: Value) -> Self {
        Self {
            id,
            step,
            settings_for_choices: settings.clone(),
            settings,
            errors: Vec::new(),
            entered: None,
            problem: None,
            report: None,
            draft: None,
        }
    }

    /// Tests the settings with the plugin, and adds the report to the page.
    pub(super) async fn test(&mut self, app: &App) {
        match app.vendor.validate(Settings::from(self.settings.clone())).await {
            Ok(report) => {
                self.errors.extend(report.checks.iter().flat_map(|check| check.fields.clone()));
                self.report = Some(report);
            }
            Err(error) => self.problem = Some(Problem::from(&error)),
        }
    }
}

/// Renders the page, with the choices of the plugin.
pub(super) async fn draw(
    app: &App,
    session: &AdminSession,
    headers: &HeaderMap,
    drawing: Drawing<'_>,
    note: Option<&'static str>,
) -> Result<Response, Failure> {
    let Drawing {
        id,
        step,
        settings,
        settings_for_choices,
        errors,
        entered,
        problem,
        report,
        draft,
    } = drawing;
    let mut controls = step.draw(&settings);
    if let Some(entered) = entered {
        controls
            .iter_mut()
            .flat_map(Control::leaves_mut)
            .for_each(|control| control.retype(entered));
    }
    choices::fill(app, &settings_for_choices, entered, &mut controls).await;
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

/// Returns the address of a step. A new integration has only the first one.
pub(super) fn address(id: Option<IntegrationId>, step: &Step) -> String {
    match id {
        Some(id) => {
            let key: String = form_urlencoded::byte_serialize(step.key().as_bytes()).collect();
            format!("/admin/integrations/{}/settings/{key}", id.get())
        }
        None => "/admin/integrations/new".to_owned(),
    }
}
