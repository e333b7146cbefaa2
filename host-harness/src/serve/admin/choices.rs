//! The choices that the plugin returns for a field: for the pickers of the wizard.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{secrets, session::Admin};
use crate::{
    form::{Choosing, Control, Entered, Step, Widget},
    model::Choice,
    problem::Problem,
    serve::{
        app::App,
        failure::Failure,
        sessions::AdminSession,
        view::{LISTED, choices, page},
    },
    settings::Settings,
    store::IntegrationId,
};

/// Number of choices to request for a search: one more than the page lists, to see whether there
/// are more.
const FOUND: u32 = LISTED as u32 + 1;

/// Number of choices to request without a search. A chosen value that is not among them no longer
/// exists, where there are fewer.
const ALL: u32 = 10_000;

/// Maximum number of missing values that are searched one by one, since the plugin may find a value
/// in another spelling.
const LOST: usize = 10;

#[derive(Deserialize)]
pub(super) struct Parameters {
    field: String,
    /// Name of the control.
    name: String,
    #[serde(default)]
    typed: String,
    #[serde(default)]
    draft: String,
}

/// Returns the address from which the script of a page loads choices. `None` where the settings
/// of a new integration are not entered yet.
pub(super) fn address(id: Option<IntegrationId>, draft: Option<&str>) -> Option<String> {
    let draft = draft.unwrap_or_default();
    match id {
        Some(id) => Some(format!("/admin/integrations/{}/choices?draft={draft}", id.get())),
        None if draft.is_empty() => None,
        None => Some(format!("/admin/integrations/new/choices?draft={draft}")),
    }
}

pub(super) async fn list_for_new(
    State(app): State<Arc<App>>,
    Admin(session): Admin,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Failure> {
    answer(&app, &session, None, parameters).await
}

pub(super) async fn list(
    State(app): State<Arc<App>>,
    Admin(session): Admin,
    axum::extract::Path(id): axum::extract::Path<i64>,
    Query(parameters): Query<Parameters>,
) -> Result<Response, Failure> {
    answer(&app, &session, Some(id.into()), parameters).await
}

async fn answer(
    app: &App,
    session: &AdminSession,
    id: Option<IntegrationId>,
    Parameters { field, name, typed, draft }: Parameters,
) -> Result<Response, Failure> {
    let settings = match (session.draft(&draft, id), id) {
        (Some(draft), _) => {
            secrets::without_wrong(app, draft.settings.value(), &draft.trust).await?.into()
        }
        (None, Some(id)) => app.settings(id).await?,
        (None, None) => return Err(Failure::not_found()),
    };
    let offered = ask(app, &settings, &field, &typed).await;
    Ok(page(&choices(&name, &offered, &[])))
}

/// Adds the plugin's choices to these controls.
pub(super) async fn fill(
    app: &App,
    settings: &Value,
    entered: Option<&Entered>,
    controls: &mut [Control],
) {
    if *settings == json!({}) {
        return;
    }
    let settings = Settings::from(settings.clone());
    for control in controls.iter_mut().flat_map(Control::leaves_mut) {
        let (field, typed) = (control.pointer.clone(), typed(entered, control));
        match &mut control.widget {
            Widget::Pick(picker) => {
                picker.offered = offer(app, &settings, &field, &typed, &picker.chosen).await;
            }
            Widget::Line(line) if line.suggests => {
                line.suggestions = ask(app, &settings, &field, "").await.found;
                line.suggestions.truncate(LISTED);
            }
            _ => {}
        }
    }
}

/// Whether a search text in one of the step's pickers has changed.
pub(super) fn is_searched(step: &Step, settings: &Value, entered: &Entered) -> bool {
    let mut controls = step.draw(settings);
    controls.iter_mut().flat_map(Control::leaves_mut).any(|control| {
        let before = entered.text(&format!("{}?before", control.name)).unwrap_or_default();
        matches!(control.widget, Widget::Pick(_)) && typed(Some(entered), control) != before
    })
}

fn typed(entered: Option<&Entered>, picker: &Control) -> String {
    let typed = entered.and_then(|entered| entered.text(&format!("{}?typed", picker.name)));
    typed.unwrap_or_default().trim().to_owned()
}

/// Returns the choices of a picker, and which of the chosen values still exist.
async fn offer(
    app: &App,
    settings: &Settings,
    field: &str,
    typed: &str,
    chosen: &[String],
) -> Choosing {
    let mut offered = ask(app, settings, field, "").await;
    if offered.problem.is_some() {
        return offered;
    }
    let is_all = offered.found.len() < ALL as usize;
    let (known, lost): (Vec<_>, Vec<_>) = chosen
        .iter()
        .map(|value| {
            offered.found.iter().find(|choice| choice.value == *value).cloned().ok_or(value)
        })
        .partition(Result::is_ok);
    offered.known = known.into_iter().flatten().collect();
    for value in lost.into_iter().filter_map(Result::err).take(if is_all { LOST } else { 0 }) {
        match ask(app, settings, field, value).await.found.into_iter().next() {
            Some(choice) => offered.known.push(Choice { value: value.clone(), ..choice }),
            None => offered.gone.push(value.clone()),
        }
    }
    if !typed.is_empty() {
        offered = Choosing {
            known: offered.known,
            gone: offered.gone,
            ..ask(app, settings, field, typed).await
        };
    }
    offered
}

async fn ask(app: &App, settings: &Settings, field: &str, typed: &str) -> Choosing {
    let limit = if typed.is_empty() { ALL } else { FOUND };
    let answer = app.vendor.choices(settings.clone(), field, typed, limit).await;
    let typed = typed.to_owned();
    match answer {
        Ok(found) => Choosing { typed, found, ..Choosing::default() },
        Err(error) => {
            let problem = Some(Problem::from(&error));
            Choosing { typed, problem, ..Choosing::default() }
        }
    }
}
