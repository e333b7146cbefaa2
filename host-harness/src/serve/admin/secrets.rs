//! Protection of saved secrets while other settings change.
//!
//! An administrator can change settings without knowing their secrets. A saved secret is kept only
//! as long as the settings send it to the same servers as before, so that no administrator
//! can have it sent to a server of their own.

use serde_json::{Map, Value};

use crate::{
    form::Answer,
    model::{FieldError, Refusal},
    plugin::CallError,
    pointer,
    serve::{app::App, failure::Failure, sessions::Trust},
    settings::Settings,
};

/// Error at a secret that changed settings would send to another server.
pub(super) const AGAIN: &str = "Enter this secret again: the server that receives it has changed";

/// Settings without the secrets that must be entered again.
pub(super) struct Kept {
    pub(super) settings: Value,
    pub(super) trust: Trust,
    pub(super) errors: Vec<FieldError>,
}

/// Returns the servers to which the secrets of saved settings may be sent.
pub(super) async fn trust(app: &App, saved: &Value, changed: &Value) -> Result<Trust, Failure> {
    if app.form.secrets(saved).is_empty() {
        return Ok(Trust::Anywhere);
    }
    if let Ok(origins) = origins(app, saved.clone()).await? {
        return Ok(Trust::Origins(origins));
    }
    // Saved settings without later steps have no origins yet: complete them with the new values.
    let mut complete = changed.as_object().cloned().unwrap_or_default();
    complete.extend(saved.as_object().cloned().unwrap_or_default());
    let origins = origins(app, Value::Object(complete)).await?;
    Ok(Trust::Origins(origins.unwrap_or_default()))
}

/// Removes saved secrets that would be sent to another server.
pub(super) async fn keep(app: &App, trust: Trust, answer: &Answer) -> Result<Kept, Failure> {
    let mut settings = answer.settings.clone();
    let secrets = app.form.secrets(&settings);
    let kept: Vec<_> = secrets.iter().filter(|secret| !answer.entered.contains(secret)).collect();
    let leads = origins(app, settings.clone()).await?;
    let (trust, errors) = match (trust, leads) {
        (_, Ok(leads)) if kept.is_empty() => (Trust::Origins(leads), Vec::new()),
        (_, Err(_)) if kept.is_empty() => (Trust::Anywhere, Vec::new()),
        (Trust::Anywhere, Ok(leads)) => (Trust::Origins(leads), Vec::new()),
        // Invalid settings are neither saved nor used for requests.
        (trust, Err(_)) => (trust, Vec::new()),
        (Trust::Origins(trusted), Ok(leads))
            if leads.iter().all(|origin| trusted.contains(origin)) =>
        {
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

/// Returns the settings without wrong values, so that the wizard can list choices also where a
/// field is wrong. Returns them unchanged where the value is in a step with a secret, or where the
/// rest would send a secret to a server that is not trusted.
pub(super) async fn without_wrong(
    app: &App,
    settings: &Value,
    trust: &Trust,
) -> Result<Value, Failure> {
    let Err(wrong) = origins(app, settings.clone()).await? else { return Ok(settings.clone()) };
    let secrets = app.form.secrets(settings);
    let mut rest = settings.clone();
    for error in &wrong {
        if secrets.iter().any(|secret| first_keys(secret, 1) == first_keys(&error.field, 1)) {
            return Ok(settings.clone());
        }
        take(&mut rest, first_keys(&error.field, 2));
    }
    let is_trusted = match (origins(app, rest.clone()).await?, trust) {
        (Ok(_), Trust::Anywhere) => true,
        (Ok(leads), Trust::Origins(trusted)) => leads.iter().all(|origin| trusted.contains(origin)),
        (Err(_), _) => false,
    };
    Ok(if is_trusted { rest } else { settings.clone() })
}

/// Returns the start of a pointer: `/rooms/select` are the first two keys of `/rooms/select/3`.
fn first_keys(pointer: &str, count: usize) -> &str {
    let end = pointer.match_indices('/').nth(count).map_or(pointer.len(), |(end, _)| end);
    &pointer[..end]
}

/// Returns all origins that these settings send requests to, or the errors of the settings.
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
