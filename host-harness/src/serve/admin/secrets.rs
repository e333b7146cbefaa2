//! What becomes of secrets that are kept while other settings change.
//!
//! Whoever may change settings need not know their secrets. So that nobody has a saved one
//! sent to a server of their own, it is kept only as long as it goes where it went before.

use serde_json::{Map, Value};

use crate::{
    form::Answer,
    model::{FieldError, Refusal},
    plugin::CallError,
    pointer,
    serve::{app::App, failure::Failure, sessions::Trust},
    settings::Settings,
};

/// What is said of a secret that would go elsewhere.
pub(super) const AGAIN: &str = "Enter it again: the server that it goes to has changed";

/// Settings as they may go on, and what must be entered again.
pub(super) struct Kept {
    pub(super) settings: Value,
    pub(super) trust: Trust,
    pub(super) errors: Vec<FieldError>,
}

/// Where the secrets of saved settings may go.
pub(super) async fn trust(app: &App, saved: &Value, changed: &Value) -> Result<Trust, Failure> {
    if app.form.secrets(saved).is_empty() {
        return Ok(Trust::Anywhere);
    }
    if let Ok(origins) = origins(app, saved.clone()).await? {
        return Ok(Trust::Origins(origins));
    }
    // A step is missing: then what is added now counts as if it had been there.
    let mut whole = changed.as_object().cloned().unwrap_or_default();
    whole.extend(saved.as_object().cloned().unwrap_or_default());
    let origins = origins(app, Value::Object(whole)).await?;
    Ok(Trust::Origins(origins.unwrap_or_default()))
}

/// Takes out what would go elsewhere.
pub(super) async fn keep(app: &App, trust: Trust, answer: &Answer) -> Result<Kept, Failure> {
    let mut settings = answer.settings.clone();
    let secrets = app.form.secrets(&settings);
    let kept: Vec<_> = secrets.iter().filter(|it| !answer.entered.contains(it)).collect();
    let leads = origins(app, settings.clone()).await?;
    let (trust, errors) = match (trust, leads) {
        (_, Ok(leads)) if kept.is_empty() => (Trust::Origins(leads), Vec::new()),
        (_, Err(_)) if kept.is_empty() => (Trust::Anywhere, Vec::new()),
        (Trust::Anywhere, Ok(leads)) => (Trust::Origins(leads), Vec::new()),
        // Settings that do not fit lead nowhere: they are not saved, and nobody is asked.
        (trust, Err(_)) => (trust, Vec::new()),
        (Trust::Origins(trusted), Ok(leads)) if leads.iter().all(|it| trusted.contains(it)) => {
            (Trust::Origins(trusted), Vec::new())
        }
        (trust, Ok(_)) => {
            let errors = kept.iter().map(|pointer| {
                take(&mut settings, pointer);
                FieldError { field: (*pointer).clone(), message: AGAIN.to_owned() }
            });
            let errors = errors.collect();
            (trust, errors)
        }
    };
    Ok(Kept { settings, trust, errors })
}

/// Every origin that may be asked under these settings, or what is wrong with them.
pub(super) async fn origins(
    app: &App,
    settings: Value,
) -> Result<Result<Vec<String>, Vec<FieldError>>, Failure> {
    match app.vendor.origins(Settings::from(settings)).await {
        Ok(origins) => Ok(Ok(origins)),
        Err(CallError::Refused(Refusal::InvalidSettings(fields))) => Ok(Err(fields)),
        Err(error) => Err(error.into()),
    }
}

fn take(settings: &mut Value, pointer: &str) {
    let Some((parent, key)) = pointer.rsplit_once('/') else { return };
    let key = pointer::unescape(key);
    let parent: Option<&mut Map<_, _>> =
        settings.pointer_mut(parent).and_then(Value::as_object_mut);
    if let Some(parent) = parent {
        parent.shift_remove(&key);
    }
}
