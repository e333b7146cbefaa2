//! The sign-in page: a button for each integration through which users sign in.

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
    /// Name of the integration.
    name: String,
}

impl LogIn {
    /// Whether another button has the same label.
    fn is_ambiguous(&self, button: &Button) -> bool {
        self.buttons.iter().filter(|other| other.label == button.label).count() > 1
    }
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    Query(noted): Query<Noted>,
) -> Result<Response, Failure> {
    let mut buttons = Vec::new();
    for row in app.store(|store| store.integrations_overview()).await? {
        // An integration whose settings cannot be decrypted must not hide the other buttons.
        if let Ok(settings) = app.settings(row.id).await
            && row.configured
            && let Some(label) = label(&app, &settings)
        {
            buttons.push(Button { integration: row.id.get(), label, name: row.name });
        }
    }
    Ok(page(&LogIn { page: Page::narrow("Sign in").noted(noted.text()), buttons }))
}

/// Returns the label of the sign-in button: the one of the settings, or the default of the schema.
/// `None` where the plugin has no sign-in.
fn label(app: &App, settings: &Settings) -> Option<String> {
    let controls = app.form.steps().iter().flat_map(|step| step.draw(settings.value()));
    let found = controls.into_iter().find_map(|control| control.find(LOGIN_BUTTON).cloned())?;
    Some(match found.widget {
        Widget::Line(line) if !line.text.is_empty() => line.text,
        _ => format!("Sign in with {}", app.manifest.name),
    })
}
