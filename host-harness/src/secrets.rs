//! The last line of defence: texts of a plugin that name a secret lose it.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::HeaderValue;
use serde_json::Value;

use crate::{
    model::{Check, Explanation, FieldError, Refusal, Report, Summary},
    settings::Settings,
};

/// In characters. Shorter ones stand in too many innocent words.
const SHORTEST: usize = 8;

/// So many tokens are remembered, the newest.
const TOKENS: usize = 8;

const REDACTED: &str = "[redacted]";

/// The secrets of some settings and the tokens that were got with them, to be taken out
/// of texts: as they are, and as they look in a form, in a URL, and in JSON. Clones share
/// the tokens.
#[derive(Clone, Default)]
pub struct Secrets {
    settings: Vec<String>,
    tokens: Arc<Mutex<VecDeque<String>>>,
}

impl Secrets {
    /// The values that `schema`, a JSON Schema, marks `writeOnly`.
    pub fn of(settings: &Settings, schema: &Value) -> Self {
        let mut found = Vec::new();
        collect(schema, schema, settings.value(), false, 0, &mut found);
        found.sort_by_key(|it| std::cmp::Reverse(it.len()));
        found.dedup();
        Self { settings: found, tokens: Arc::default() }
    }

    /// Remembers the credentials that a request carries.
    pub(crate) fn learn(&self, authorization: &HeaderValue) {
        let Ok(value) = authorization.to_str() else { return };
        let token = value.split_once(' ').map_or(value, |(_, it)| it).trim();
        let mut tokens = self.tokens();
        if token.len() < SHORTEST || tokens.iter().any(|it| it == token) {
            return;
        }
        if tokens.len() == TOKENS {
            tokens.pop_front();
        }
        tokens.push_back(token.to_owned());
    }

    fn tokens(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether `text` holds one of them. One that is letters alone can be an ordinary
    /// word, and so proves nothing.
    pub fn leak_in(&self, text: &str) -> bool {
        let tokens = self.tokens();
        let strong: Vec<_> =
            self.settings.iter().chain(&*tokens).filter(|it| !is_weak(it)).collect();
        text.char_indices().any(|(at, _)| strong.iter().any(|it| end(it, text, at).is_some()))
    }

    /// Takes them out.
    pub fn redact(&self, text: &mut String) {
        let tokens = self.tokens();
        let mut clean = String::new();
        let (mut copied, mut at) = (0, 0);
        while let Some(next) = text[at..].chars().next() {
            let ends = self.settings.iter().chain(&*tokens).filter_map(|it| end(it, text, at));
            match ends.max() {
                Some(end) => {
                    clean.push_str(&text[copied..at]);
                    clean.push_str(REDACTED);
                    (copied, at) = (end, end);
                }
                None => at += next.len_utf8(),
            }
        }
        if copied > 0 {
            *text = clean + &text[copied..];
        }
    }

    pub(crate) fn redact_all<'a>(&self, texts: impl IntoIterator<Item = &'a mut String>) {
        texts.into_iter().for_each(|it| self.redact(it));
    }

    pub(crate) fn redact_report(&self, report: &mut Report) {
        for Check { id, summary, remedy, detail, fields, .. } in &mut report.checks {
            self.redact_all([id, summary].into_iter().chain(remedy).chain(detail));
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
            | Refusal::Rejected(it)
            | Refusal::Declined(it)
            | Refusal::Unsupported(it)
            | Refusal::Other(it) => {
                let Explanation { code, summary, remedy, detail } = it;
                self.redact_all([code, summary].into_iter().chain(remedy).chain(detail));
            }
            Refusal::Throttled(_) | Refusal::Cancelled => {}
        }
    }

    fn redact_fields(&self, fields: &mut [FieldError]) {
        self.redact_all(fields.iter_mut().flat_map(|it| [&mut it.field, &mut it.message]));
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets([redacted]; {})", self.settings.len())
    }
}

/// Whether it can be an ordinary word.
fn is_weak(secret: &str) -> bool {
    secret.chars().all(char::is_alphabetic)
}

/// Where `secret` ends that begins at `at`; a weak one only as a word of its own.
fn end(secret: &str, text: &str, at: usize) -> Option<usize> {
    let (before, rest) = text.split_at_checked(at)?;
    let length = if rest.starts_with(secret) {
        secret.len()
    } else {
        secret.chars().try_fold(0, |length, it| Some(length + encoded(it, rest.get(length..)?)?))?
    };
    let whole = !before.ends_with(char::is_alphanumeric)
        && !rest.get(length..)?.starts_with(char::is_alphanumeric);
    (whole || !is_weak(secret)).then_some(at + length)
}

/// How many bytes at the beginning of `text` stand for `wanted`. Sources: RFC 3986,
/// section 2.1; URL Standard, section 5.2 (`+`); RFC 8259, section 7.
fn encoded(wanted: char, text: &str) -> Option<usize> {
    let begins = |with: &str| {
        let same = text.get(..with.len()).is_some_and(|it| it.eq_ignore_ascii_case(with));
        same.then_some(with.len())
    };
    let found = match text.bytes().next()? {
        b'%' => {
            let mut bytes = [0; 4];
            let bytes = wanted.encode_utf8(&mut bytes).bytes();
            begins(&bytes.map(|it| format!("%{it:02x}")).collect::<String>())
        }
        b'+' if wanted == ' ' => Some(1),
        b'\\' => {
            let mut units = [0; 2];
            let units = wanted.encode_utf16(&mut units).iter();
            begins(&units.map(|it| format!("\\u{it:04x}")).collect::<String>()).or_else(|| {
                let short = match wanted {
                    '\n' => 'n',
                    '\r' => 'r',
                    '\t' => 't',
                    '"' | '\\' | '/' => wanted,
                    _ => return None,
                };
                text[1..].starts_with(short).then_some(2)
            })
        }
        _ => None,
    };
    found.or_else(|| text.starts_with(wanted).then(|| wanted.len_utf8()))
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
        Value::String(text) if secret && text.chars().count() >= SHORTEST => {
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
