//! Secrets of settings, and how texts lose them: the last line of defence against a plugin that
//! leaks.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::HeaderValue;
use serde_json::{Map, Value};

use crate::{budget::Budget, schema, settings::Settings};

/// Length of the shortest secret, in characters. Shorter ones are part of too many ordinary words.
const SHORTEST: usize = 8;

/// Number of tokens that are remembered, the newest.
const TOKENS: usize = 8;

/// Length of the longest token that is remembered, in bytes. Vendors' tokens are shorter.
const LONGEST_TOKEN: usize = 16 << 10;

/// Number of steps that finding the secrets of settings may take. It is more than
/// [`schema::WORK`], since each value of the settings is read together with its part of the schema.
const WORK: u32 = 10 * schema::WORK;

/// Number of characters of secrets that one [`Search`] compares. It ends the search in texts that
/// are made to begin like a secret everywhere.
const COMPARED: u32 = 10_000_000;

const REDACTED: &str = "[redacted]";

/// The secrets of some settings, and the tokens that were obtained with them. They are found in
/// texts as they are, and as they look in a form, in a URL, and in JSON. Clones share the tokens.
#[derive(Clone, Default)]
pub struct Secrets {
    settings: Vec<String>,
    tokens: Arc<Mutex<VecDeque<String>>>,
}

impl Secrets {
    /// Returns the values that `schema`, a JSON Schema, marks `writeOnly`.
    pub fn of(settings: &Settings, schema: &Value) -> Self {
        Self::within(settings, schema, &Budget::new(WORK))
    }

    /// As [`Self::of`], in as many steps as `budget` has. Values that these steps do not cover are
    /// taken for secrets.
    pub fn within(settings: &Settings, schema: &Value, budget: &Budget) -> Self {
        let mut marked = Marked { root: schema, budget, found: Vec::new() };
        marked.collect(&marked.said(vec![schema]), settings.value());
        let mut found = marked.found;
        found.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        found.dedup();
        Self { settings: found, tokens: Arc::default() }
    }

    /// Remembers the credentials that a request carries.
    pub(crate) fn learn(&self, authorization: &HeaderValue) {
        let Ok(value) = authorization.to_str() else { return };
        let token = value.split_once(' ').map_or(value, |(_, token)| token).trim();
        let mut tokens = self.tokens();
        let is_known = tokens.iter().any(|known| known == token);
        if is_known || !(SHORTEST..=LONGEST_TOKEN).contains(&token.len()) {
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

    /// Returns whether `text` names a secret, in any spelling that [`Self::redact`] replaces.
    pub fn leak_in(&self, text: &str) -> bool {
        self.search().finds_in(text)
    }

    /// Replaces the secrets in `text`, also where they are percent-encoded or escaped as in JSON.
    pub fn redact(&self, text: &mut String) {
        self.search().redact(text);
    }

    /// Returns a search for the secrets that are known now, for one text or several.
    pub(crate) fn search(&self) -> Search {
        Search::new(self.settings.iter().chain(&*self.tokens()).cloned())
    }
}

/// A search for secrets in texts, which share a budget of work.
pub(crate) struct Search {
    secrets: Vec<Sought>,
    /// Bytes that a secret can begin with, in any of its spellings.
    first: [bool; 256],
    /// Length of the shortest text that can name a secret, in bytes. Most texts of a record are
    /// shorter.
    shortest: usize,
    compared: Budget,
}

/// A secret that is searched for.
struct Sought {
    text: String,
    /// Number of characters. No spelling of a character is shorter than a byte.
    characters: usize,
    /// Whether it can be an ordinary word.
    is_weak: bool,
}

impl From<String> for Sought {
    fn from(text: String) -> Self {
        let is_weak = text.chars().all(char::is_alphabetic);
        Self { characters: text.chars().count(), is_weak, text }
    }
}

impl Search {
    fn new(secrets: impl Iterator<Item = String>) -> Self {
        let secrets: Vec<Sought> = secrets.map(Sought::from).collect();
        let mut first = [false; 256];
        let plain = secrets.iter().filter_map(|secret| secret.text.bytes().next());
        // Escaped, as `encoded` reads them.
        let bytes = plain.chain(*b"%+\\");
        bytes.for_each(|byte| first[usize::from(byte)] = true);
        let shortest = secrets.iter().map(|secret| secret.characters).min();
        let shortest = shortest.unwrap_or(usize::MAX);
        Self { secrets, first, shortest, compared: Budget::new(COMPARED) }
    }

    /// Returns whether `text` names a secret. One that consists of letters can be an ordinary word,
    /// and so does not count. A text that takes too much work counts.
    pub(crate) fn finds_in(&self, text: &str) -> bool {
        let is_at = |at| self.found(text, at).any(|(secret, _)| !secret.is_weak);
        self.starts(text).any(is_at) || self.compared.is_used_up()
    }

    /// Replaces the secrets in `text`, and the complete text where it takes too much work.
    pub(crate) fn redact(&self, text: &mut String) {
        if let Some(clean) = self.redacted(text) {
            *text = clean;
        }
    }

    /// Returns `text` without secrets, or `None` where it holds none.
    pub(crate) fn redacted(&self, text: &str) -> Option<String> {
        if text.len() < self.shortest {
            return None;
        }
        let (mut clean, mut copied) = (String::new(), 0);
        for at in self.starts(text) {
            if at < copied {
                continue;
            }
            if let Some(end) = self.found(text, at).map(|(_, end)| end).max() {
                clean.push_str(&text[copied..at]);
                clean.push_str(REDACTED);
                copied = end;
            }
            if self.compared.is_used_up() {
                return Some(REDACTED.to_owned());
            }
        }
        (copied > 0).then(|| clean + &text[copied..])
    }

    /// Returns where in `text` a secret may begin.
    fn starts<'a>(&'a self, text: &'a str) -> impl Iterator<Item = usize> + use<'a> {
        let last = (text.len() + 1).saturating_sub(self.shortest);
        let bytes = text.as_bytes()[..last.min(text.len())].iter().enumerate();
        bytes.filter(|(_, byte)| self.first[usize::from(**byte)]).map(|(at, _)| at)
    }

    /// Returns the secrets that begin at `at`, and where each ends.
    fn found<'a>(&'a self, text: &'a str, at: usize) -> impl Iterator<Item = (&'a Sought, usize)> {
        let left = text.len() - at;
        let secrets = self.secrets.iter().filter(move |secret| secret.characters <= left);
        secrets.filter_map(move |it| Some((it, end(it, text, at, &self.compared)?)))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets([redacted]; {})", self.settings.len())
    }
}

/// Returns where the secret ends that begins at `at`. A weak one counts only as a separate word.
fn end(secret: &Sought, text: &str, at: usize, compared: &Budget) -> Option<usize> {
    let (before, rest) = text.split_at_checked(at)?;
    let mut length = if rest.starts_with(&secret.text) { secret.text.len() } else { 0 };
    if length == 0 {
        for (count, letter) in secret.text.chars().enumerate() {
            if count > 0 && !compared.spend(1) {
                return None;
            }
            length += encoded(letter, rest.get(length..)?)?;
        }
    }
    let is_separate = !before.ends_with(char::is_alphanumeric)
        && !rest.get(length..)?.starts_with(char::is_alphanumeric);
    (is_separate || !secret.is_weak).then_some(at + length)
}

/// Returns the number of bytes at the beginning of `text` that stand for `wanted`. Sources: RFC
/// 3986, section 2.1; URL Standard, section 5.2 (`+`); RFC 8259, section 7.
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

/// What a schema says about one value.
struct Said<'a> {
    parts: Vec<&'a Map<String, Value>>,
    is_secret: bool,
}

impl<'a> Marked<'a> {
    /// Returns what these schemas say, and those they refer to. Where the budget does not cover
    /// them, the value is taken for a secret.
    fn said(&self, schemas: Vec<&'a Value>) -> Said<'a> {
        let Some(parts) = schema::applied(self.root, schemas, self.budget) else {
            return Said { parts: Vec::new(), is_secret: true };
        };
        let is_secret = parts.iter().any(|it| it.get("writeOnly") == Some(&Value::Bool(true)));
        Said { parts, is_secret }
    }

    /// Returns what is said about a part of a value, where `said` is about the value.
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
                // A secret of several lines, such as a private key, can be cited by line.
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
