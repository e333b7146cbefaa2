//! The login page: a button for each integration that people sign in through.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};

use crate::{
    form::Widget,
    serve::{
        app::{App, LOGIN_BUTTON},
        failure::Failure,
        view::{Noted, Page, page},
    },
    settings::Settings,
};

#[derive(Template)]
#[template(path = "user/log_in.html")]
struct LogIn {
    page: Page,
    buttons: Vec<Button>,
}

struct Button {
    integration: i64,
    label: String,
    /// What the integration is called.
    name: String,
}

impl LogIn {
    /// Whether labels alone do not tell the buttons apart.
    fn is_ambiguous(&self, button: &Button) -> bool {
        self.buttons.iter().filter(|it| it.label == button.label).count() > 1
    }
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    Query(noted): Query<Noted>,
) -> Result<Response, Failure> {
    let mut buttons = Vec::new();
    for row in app.store(|store| store.integrations_overview()).await? {
        // One whose settings cannot be opened must not keep others from signing in.
        if let Ok(settings) = app.settings(row.id).await
            && row.configured
            && let Some(label) = label(&app, &settings)
        {
            buttons.push(Button { integration: row.id.get(), label, name: row.name });
        }
    }
    Ok(page(&LogIn { page: Page::narrow("Sign in").noted(noted.text()), buttons }))
}

/// As the settings name it, or the schema; `None` where nobody signs in through this
/// plugin.
fn label(app: &App, settings: &Settings) -> Option<String> {
    let controls = app.form.steps().iter().flat_map(|it| it.draw(settings.value()));
    let found = controls.into_iter().find_map(|it| it.find(LOGIN_BUTTON).cloned())?;
    Some(match found.widget {
        Widget::Line(line) if !line.text.is_empty() => line.text,
        _ => format!("Sign in with {}", app.manifest.name),
    })
}
