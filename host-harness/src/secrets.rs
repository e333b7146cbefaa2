//! The last line of defence: texts of a plugin that name a secret lose it.

use std::fmt;

use serde_json::Value;

use crate::{
    model::{Check, Explanation, FieldError, Refusal, Report, Summary},
    settings::Settings,
};

/// Shorter ones stand in too many innocent words.
const SHORTEST: usize = 4;

/// The secrets of some settings, to be taken out of texts.
#[derive(Clone, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// The values that `schema`, a JSON Schema, marks `writeOnly`.
    pub fn of(settings: &Settings, schema: &Value) -> Self {
        let mut found = Vec::new();
        collect(schema, schema, settings.value(), false, 0, &mut found);
        found.sort_by_key(|it| std::cmp::Reverse(it.len()));
        found.dedup();
        Self(found)
    }

    /// Whether `text` holds one of them.
    pub fn leak_in(&self, text: &str) -> bool {
        self.0.iter().any(|secret| text.contains(secret.as_str()))
    }

    /// Takes them out.
    pub fn redact(&self, text: &mut String) {
        for secret in &self.0 {
            if text.contains(secret.as_str()) {
                *text = text.replace(secret.as_str(), "[redacted]");
            }
        }
    }

    pub(crate) fn redact_all<'a>(&self, texts: impl IntoIterator<Item = &'a mut String>) {
        texts.into_iter().for_each(|it| self.redact(it));
    }

    pub(crate) fn redact_report(&self, report: &mut Report) {
        for Check { summary, remedy, detail, fields, .. } in &mut report.checks {
            self.redact_all([summary].into_iter().chain(remedy).chain(detail));
            self.redact_fields(fields);
        }
    }

    pub(crate) fn redact_summary(&self, summary: &mut Summary) {
        self.redact_all(&mut summary.warnings);
    }

    pub(crate) fn redact_refusal(&self, refusal: &mut Refusal) {
        match refusal {
            Refusal::InvalidSettings(fields) => self.redact_fields(fields),
            Refusal::Unauthorized(it)
            | Refusal::PermissionMissing(it)
            | Refusal::Unavailable(it)
            | Refusal::Unexpected(it)
            | Refusal::Unsupported(it)
            | Refusal::Other(it) => {
                let Explanation { code, summary, remedy, detail } = it;
                self.redact_all([code, summary].into_iter().chain(remedy).chain(detail));
            }
            Refusal::Throttled(_) | Refusal::Cancelled => {}
        }
    }

    fn redact_fields(&self, fields: &mut [FieldError]) {
        self.redact_all(fields.iter_mut().map(|it| &mut it.message));
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets([redacted]; {})", self.0.len())
    }
}

/// A schema that refers to itself ends here.
const DEEPEST: usize = 32;

fn collect(
    root: &Value,
    schema: &Value,
    value: &Value,
    secret: bool,
    depth: usize,
    found: &mut Vec<String>,
) {
    if depth > DEEPEST {
        return;
    }
    let secret = secret || schema.get("writeOnly") == Some(&Value::Bool(true));
    let mut into = |schema: &Value, value: &Value| {
        collect(root, schema, value, secret, depth + 1, found);
    };
    if let Some(Value::String(reference)) = schema.get("$ref")
        && let Some(target) = reference.strip_prefix('#').and_then(|it| root.pointer(it))
    {
        into(target, value);
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        for part in schema.get(keyword).and_then(Value::as_array).into_iter().flatten() {
            into(part, value);
        }
    }
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                match schema.get("properties").and_then(|it| it.get(key)) {
                    Some(property) => into(property, member),
                    None if secret => into(&Value::Null, member),
                    None => {}
                }
            }
        }
        Value::Array(items) => {
            let schema = schema.get("items").unwrap_or(&Value::Null);
            items.iter().for_each(|item| into(schema, item));
        }
        Value::String(text) if secret && text.len() >= SHORTEST => {
            found.push(text.clone());
            // A multi-line secret, such as a private key, can be cited by line.
            if text.contains('\n') {
                found.extend(
                    text.lines()
                        .filter(|it| it.len() >= 16 && !it.starts_with("--"))
                        .map(str::to_owned),
                );
            }
        }
        _ => {}
    }
}
