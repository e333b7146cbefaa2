//! The last line of defence: texts of a plugin that name a secret lose it.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::HeaderValue;
use serde_json::{Map, Value};

use crate::{
    budget::Budget,
    model::{Check, Explanation, FieldError, Refusal, Report, Summary, UserChange},
    schema,
    settings::Settings,
};

/// In characters. Shorter ones stand in too many innocent words.
const SHORTEST: usize = 8;

/// So many tokens are remembered, the newest.
const TOKENS: usize = 8;

/// Longer ones are not remembered, in bytes: no vendor's token is.
const LONGEST_TOKEN: usize = 16 << 10;

/// Number of steps that finding the secrets of settings may take. Each value of the settings is
/// looked at with the part of the schema that it is of, so this is more than
/// [`schema::WORK`].
const WORK: u32 = 10 * schema::WORK;

/// Number of characters of secrets that are compared with a text. It ends the comparison of
/// texts that are made to begin like a secret everywhere.
const COMPARED: u32 = 10_000_000;

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
        Self::within(settings, schema, &Budget::new(WORK))
    }

    /// As [`Self::of`], in as many steps as `budget` has. What these do not cover is taken for a
    /// secret.
    pub fn within(settings: &Settings, schema: &Value, budget: &Budget) -> Self {
        let mut marked = Marked { root: schema, budget, found: Vec::new() };
        marked.collect(&marked.said(vec![schema]), settings.value());
        let mut found = marked.found;
        found.sort_by_key(|it| std::cmp::Reverse(it.len()));
        found.dedup();
        Self { settings: found, tokens: Arc::default() }
    }

    /// Remembers the credentials that a request carries.
    pub(crate) fn learn(&self, authorization: &HeaderValue) {
        let Ok(value) = authorization.to_str() else { return };
        let token = value.split_once(' ').map_or(value, |(_, it)| it).trim();
        let mut tokens = self.tokens();
        if !(SHORTEST..=LONGEST_TOKEN).contains(&token.len()) || tokens.iter().any(|it| it == token)
        {
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
    /// word, and so proves nothing. A text that is too much work to look at counts as a leak.
    pub fn leak_in(&self, text: &str) -> bool {
        let compared = Budget::new(COMPARED);
        let tokens = self.tokens();
        let strong: Vec<_> =
            self.settings.iter().chain(&*tokens).filter(|it| !is_weak(it)).collect();
        let leaks = |at| strong.iter().any(|it| end(it, text, at, &compared).is_some());
        text.char_indices().any(|(at, _)| compared.is_used_up() || leaks(at))
    }

    /// Takes them out; of a text that is too much work to look at, everything.
    pub fn redact(&self, text: &mut String) {
        self.redact_all([text]);
    }

    /// Takes them out of all texts, which share a budget of work.
    pub(crate) fn redact_all<'a>(&self, texts: impl IntoIterator<Item = &'a mut String>) {
        let compared = Budget::new(COMPARED);
        texts.into_iter().for_each(|it| self.redact_within(it, &compared));
    }

    fn redact_within(&self, text: &mut String, compared: &Budget) {
        let tokens = self.tokens();
        let mut clean = String::new();
        let (mut copied, mut at) = (0, 0);
        while let Some(next) = text[at..].chars().next() {
            let secrets = self.settings.iter().chain(&*tokens);
            let ends = secrets.filter_map(|it| end(it, text, at, compared));
            match ends.max() {
                Some(end) => {
                    clean.push_str(&text[copied..at]);
                    clean.push_str(REDACTED);
                    (copied, at) = (end, end);
                }
                None => at += next.len_utf8(),
            }
            if compared.is_used_up() {
                REDACTED.clone_into(text);
                return;
            }
        }
        if copied > 0 {
            *text = clean + &text[copied..];
        }
    }

    pub(crate) fn redact_report(&self, report: &mut Report) {
        self.redact_all(report.checks.iter_mut().flat_map(|it| {
            let Check { id, outcome: _, summary, remedy, detail, fields } = it;
            let fields = fields.iter_mut().flat_map(|it| [&mut it.field, &mut it.message]);
            [id, summary].into_iter().chain(remedy).chain(detail).chain(fields)
        }));
    }

    /// Takes them out of why something could not be read.
    pub(crate) fn redact_changes(&self, changes: &mut [UserChange]) {
        self.redact_all(changes.iter_mut().filter_map(|it| match it {
            UserChange::UserUnreadable(it) | UserChange::GroupUnreadable(it) => {
                Some(&mut it.reason)
            }
            _ => None,
        }));
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
fn end(secret: &str, text: &str, at: usize, compared: &Budget) -> Option<usize> {
    let (before, rest) = text.split_at_checked(at)?;
    let mut length = if rest.starts_with(secret) { secret.len() } else { 0 };
    if length == 0 {
        for (count, letter) in secret.chars().enumerate() {
            if count > 0 && !compared.spend(1) {
                return None;
            }
            length += encoded(letter, rest.get(length..)?)?;
        }
    }
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

/// Collects the secrets of settings.
struct Marked<'a> {
    root: &'a Value,
    budget: &'a Budget,
    found: Vec<String>,
}

/// What a schema says of one value.
struct Said<'a> {
    parts: Vec<&'a Map<String, Value>>,
    is_secret: bool,
}

impl<'a> Marked<'a> {
    /// What these schemas say, and all that they refer to. Where that is more than may be looked
    /// at, the value is taken for a secret.
    fn said(&self, schemas: Vec<&'a Value>) -> Said<'a> {
        let Some(parts) = schema::applied(self.root, schemas, self.budget) else {
            return Said { parts: Vec::new(), is_secret: true };
        };
        let is_secret = parts.iter().any(|it| it.get("writeOnly") == Some(&Value::Bool(true)));
        Said { parts, is_secret }
    }

    /// What is said of a part of a value of which this is said.
    fn said_within(
        &self,
        said: &Said<'a>,
        find: impl Fn(&'a Map<String, Value>) -> Option<&'a Value>,
    ) -> Said<'a> {
        if said.is_secret || !self.budget.spend(said.parts.len()) {
            return Said { parts: Vec::new(), is_secret: true };
        }
        self.said(said.parts.iter().copied().filter_map(find).collect())
    }

    fn collect(&mut self, said: &Said<'a>, value: &Value) {
        if said.parts.is_empty() && !said.is_secret {
            return;
        }
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    let property = |it: &'a Map<String, Value>| {
                        it.get("properties").and_then(|it| it.get(key))
                    };
                    self.collect(&self.said_within(said, property), member);
                }
            }
            Value::Array(items) => {
                let said = self.said_within(said, |it| it.get("items"));
                items.iter().for_each(|item| self.collect(&said, item));
            }
            Value::String(text) if said.is_secret && text.chars().count() >= SHORTEST => {
                self.found.push(text.clone());
                // A multi-line secret, such as a private key, can be cited by line.
                if text.contains('\n') {
                    self.found.extend(
                        text.lines()
                            .filter(|it| it.len() >= 16 && !it.starts_with("--"))
                            .map(str::to_owned),
                    );
                }
            }
            _ => {}
        }
    }
}
