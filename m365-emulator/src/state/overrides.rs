//! Members that are sent as they are written, where Microsoft sends what its own schema does not allow.

use std::collections::BTreeMap;

use http::StatusCode;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::ControlError;
use crate::wire::Reply;

/// Members of users, groups and places that are sent as they are written here, whatever the tenant stores.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Override {
    /// `id` of what is concerned, in any case and wherever it appears in an answer. None concerns every element of a
    /// page, and what is read alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Part of the decoded path of the requests that are concerned. None concerns all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Names of members, and their values as JSON texts. A text may have half a surrogate pair (`"\ud83d"`).
    pub set: BTreeMap<String, Box<RawValue>>,
}

impl Override {
    /// Of one user, group or place, wherever it appears.
    #[must_use]
    pub fn of(id: &str) -> Self {
        Self { id: Some(id.to_owned()), path: None, set: BTreeMap::new() }
    }

    /// Of every element of a page, and of what is read alone.
    #[must_use]
    pub fn of_all() -> Self {
        Self { id: None, path: None, set: BTreeMap::new() }
    }

    /// The same, but only in answers to requests whose decoded path contains this.
    #[must_use]
    pub fn on(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// Sets a member.
    ///
    /// # Errors
    /// The value is no JSON text.
    pub fn set(mut self, name: &str, json: &str) -> Result<Self, ControlError> {
        let value = RawValue::from_string(json.to_owned())
            .map_err(|error| ControlError::Invalid(format!("`{json}` is no JSON: {error}")))?;
        self.set.insert(name.to_owned(), value);
        Ok(self)
    }

    fn concerns(&self, path: &str) -> bool {
        self.path.as_ref().is_none_or(|part| path.contains(part.as_str()))
    }
}

/// All overrides that are set. Where two set the same member, the later one counts.
#[derive(Debug, Default)]
pub(crate) struct Overrides {
    list: Vec<Override>,
}

impl Overrides {
    pub(crate) fn add(&mut self, added: Override) {
        self.list.push(added);
    }

    pub(crate) fn list(&self) -> &[Override] {
        &self.list
    }

    pub(crate) fn clear(&mut self) {
        self.list.clear();
    }

    /// Writes the overridden members into an answer.
    pub(crate) fn apply(&self, mut reply: Reply, path: &str) -> Reply {
        let path = percent_decode_str(path).decode_utf8_lossy();
        let concerned: Vec<&Override> = self.list.iter().filter(|it| it.concerns(&path)).collect();
        if concerned.is_empty() || reply.status != StatusCode::OK {
            return reply;
        }
        let Ok(mut json) = serde_json::from_slice::<Value>(&reply.body) else {
            return reply;
        };
        let mut written = Written::default();
        for one in concerned {
            match &one.id {
                // What is read alone need not have the id among its members.
                Some(id) if is_last(&path, id) && json.get("id").is_none() => {
                    written.put(&mut json, one);
                }
                Some(id) => written.put_into_named(&mut json, id, one),
                None => match json.get_mut("value").and_then(Value::as_array_mut) {
                    Some(elements) => {
                        elements.iter_mut().for_each(|element| written.put(element, one));
                    }
                    None => written.put(&mut json, one),
                },
            }
        }
        reply.body = written.text_of(&json).into_bytes();
        reply
    }
}

fn is_last(path: &str, segment: &str) -> bool {
    path.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(segment))
}

/// Values that JSON in memory cannot hold: marks stand in their place until the text is written.
#[derive(Default)]
struct Written<'a> {
    values: Vec<&'a RawValue>,
}

impl<'a> Written<'a> {
    /// Sets the members of an object.
    fn put(&mut self, element: &mut Value, one: &'a Override) {
        let Some(members) = element.as_object_mut() else { return };
        for (name, value) in &one.set {
            members.insert(name.clone(), mark(self.values.len()).into());
            self.values.push(value);
        }
    }

    /// Sets the members of all objects that have this id, at any depth.
    fn put_into_named(&mut self, json: &mut Value, id: &str, one: &'a Override) {
        match json {
            Value::Array(elements) => {
                elements.iter_mut().for_each(|element| self.put_into_named(element, id, one));
            }
            Value::Object(members) => {
                members.values_mut().for_each(|member| self.put_into_named(member, id, one));
                if json["id"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(id)) {
                    self.put(json, one);
                }
            }
            _ => {}
        }
    }

    fn text_of(&self, json: &Value) -> String {
        let json = json.to_string();
        let mut text = String::with_capacity(json.len());
        let mut rest = json.as_str();
        while let Some((before, behind)) = rest.split_once(MARK) {
            text.push_str(before);
            let (number, behind) = behind.split_once('"').unwrap_or((behind, ""));
            let value = number.parse().ok().and_then(|number: usize| self.values.get(number));
            text.push_str(value.map_or("null", |value| value.get()));
            rest = behind;
        }
        text.push_str(rest);
        text
    }
}

/// How a mark begins in JSON text.
const MARK: &str = "\"@emulator.raw/";

fn mark(number: usize) -> String {
    format!("{}{number}", MARK.trim_start_matches('"'))
}
