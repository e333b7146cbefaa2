//! Members of answers that are replaced by given JSON text, since Microsoft sends values that its
//! own schema does not allow.

use std::collections::BTreeMap;

use http::StatusCode;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::ControlError;
use crate::wire::Reply;

/// Values that replace members of users, groups and places in answers. The tenant stays as it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Override {
    /// `id` of the object, in upper or lower case, wherever it appears in an answer. If none, every
    /// element of a page and every single object is concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Part of the decoded path of the requests that are concerned. If none, all are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Names of members, and their values as JSON text. A value may have half a surrogate pair
    /// (`"\ud83d"`).
    pub set: BTreeMap<String, Box<RawValue>>,
}

impl Override {
    /// Replaces members of one user, group or place, wherever it appears.
    #[must_use]
    pub fn for_id(id: &str) -> Self {
        Self { id: Some(id.to_owned()), path: None, set: BTreeMap::new() }
    }

    /// Replaces members of every element of a page, and of every object that is read alone.
    #[must_use]
    pub fn for_all() -> Self {
        Self { id: None, path: None, set: BTreeMap::new() }
    }

    /// Limits the override to requests whose decoded path contains this text.
    #[must_use]
    pub fn on(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// Sets the value of a member.
    ///
    /// # Errors
    /// [`ControlError::Invalid`] if the value is not JSON text.
    pub fn set(mut self, name: &str, json: &str) -> Result<Self, ControlError> {
        let value = RawValue::from_string(json.to_owned())
            .map_err(|error| ControlError::Invalid(format!("`{json}` is not JSON: {error}")))?;
        self.set.insert(name.to_owned(), value);
        Ok(self)
    }

    fn concerns(&self, path: &str) -> bool {
        self.path.as_ref().is_none_or(|part| path.contains(part.as_str()))
    }
}

/// All overrides that are set. If two set the same member, the later one applies.
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
        let concerned: Vec<&Override> =
            self.list.iter().filter(|one| one.concerns(&path)).collect();
        if concerned.is_empty() || reply.status != StatusCode::OK {
            return reply;
        }
        let Ok(mut json) = serde_json::from_slice::<Value>(&reply.body) else {
            return reply;
        };
        let mut written = Written::default();
        for one in concerned {
            match &one.id {
                // With `$select`, an object that is read alone can be without its id.
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
        reply.body = written.write(&json).into_bytes();
        reply
    }
}

fn is_last(path: &str, segment: &str) -> bool {
    path.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(segment))
}

/// Values that `serde_json::Value` cannot represent. Marks stand in for them until the text is
/// written.
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

    /// Sets the members of all objects with this id, at any depth.
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

    /// Returns the JSON text, with the values in the place of their marks.
    fn write(&self, json: &Value) -> String {
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

/// Start of a mark in JSON text.
const MARK: &str = "\"@emulator.raw/";

fn mark(number: usize) -> String {
    format!("{}{number}", MARK.trim_start_matches('"'))
}
