//! `$select`: which properties of users, groups and devices an answer has.

use super::refusal::GraphRefusal;
use crate::tenant::entry::{Entry, Sequence};
use crate::tenant::property::{PropertyId, Schema, Store};

/// The properties that an answer has of each element.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    /// Sorted by property.
    properties: Vec<Selected>,
    id: bool,
    /// Names in the order of the request; none for the default selection.
    named: Option<Vec<String>>,
    /// The only properties that the application may read, if limited. The others look as if they
    /// were never set.
    visible: Option<Vec<PropertyId>>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Selected {
    property: PropertyId,
    /// Name with quotes and colon, as in JSON.
    name: String,
    /// Value in a listing if the property was never set.
    unset: Option<&'static str>,
}

/// The kind of request, which decides which properties can be selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Listing,
    Single,
    Delta,
    /// A listing or a read that has all stored properties without `$select`, as in beta.
    Everything,
}

impl Selection {
    pub(crate) fn parse(
        select: Option<&str>,
        schema: &Schema,
        place: Place,
    ) -> Result<Self, GraphRefusal> {
        let select = select.filter(|select| !select.trim().is_empty());
        let names: Vec<&str> = match select {
            None if place == Place::Everything => schema.stored(),
            None => schema.entity.default.to_vec(),
            Some(select) => select.split(',').map(str::trim).collect(),
        };
        let mut selection = Self {
            properties: Vec::with_capacity(names.len()),
            id: select.is_none() || place == Place::Delta,
            named: None,
            visible: None,
        };
        let mut named = Vec::with_capacity(names.len());
        for name in names {
            if name.eq_ignore_ascii_case("id") {
                selection.id = true;
                named.push("id".to_owned());
                continue;
            }
            let property = schema
                .find(name)
                .or_else(|| schema.find_ignoring_case(name))
                .ok_or_else(|| GraphRefusal::no_property(name, schema.entity.name))?;
            match schema.store(property) {
                Store::Directory => {}
                Store::Elsewhere if place == Place::Single => {}
                Store::Elsewhere => return Err(GraphRefusal::not_implemented()),
                Store::AuditLogs if place == Place::Delta => {
                    return Err(GraphRefusal::not_implemented());
                }
                Store::AuditLogs => return Err(GraphRefusal::audit_log_permission()),
            }
            let name = schema.name(property);
            named.push(name.to_owned());
            selection.properties.push(Selected {
                property,
                name: format!("\"{name}\":"),
                unset: schema.unset(property),
            });
        }
        selection.properties.sort_unstable();
        selection.properties.dedup();
        selection.named = select.map(|_| named);
        Ok(selection)
    }

    /// Limits the selection to the basic properties.
    pub(crate) fn basic(mut self, schema: &Schema) -> Self {
        self.visible =
            Some(schema.entity.basic.iter().filter_map(|name| schema.find(name)).collect());
        self
    }

    /// Limits the selection to the id.
    pub(crate) fn hidden(mut self) -> Self {
        self.visible = Some(Vec::new());
        self
    }

    /// Returns the end of `@odata.context`, such as `(displayName,id)`; empty for the default
    /// selection.
    pub(crate) fn context(&self) -> String {
        self.named.as_ref().map_or_else(String::new, |names| format!("({})", names.join(",")))
    }

    /// Writes an element as in a listing: properties that were never set are null.
    pub(crate) fn write(&self, out: &mut String, entry: &Entry) {
        let mut object = Object::open(out);
        self.write_into(&mut object, entry);
        object.close();
    }

    /// Writes the selected properties into an object that has other members too.
    pub(crate) fn write_into(&self, object: &mut Object<'_>, entry: &Entry) {
        let mut held = entry.held().iter().peekable();
        for selected in &self.properties {
            let property = selected.property;
            while held.next_if(|held| held.property < property).is_some() {}
            let value = match held.peek() {
                Some(held) if held.property == property && self.may_see(property) => {
                    Some(&*held.json)
                }
                _ => selected.unset,
            };
            if let Some(value) = value {
                object.member(&selected.name, value);
            }
        }
        if self.id {
            object.text("\"id\":", &entry.id);
        }
    }

    /// Writes the selected properties as delta does: those that were never set are absent, with
    /// `omits_null` also those that are null. With `since`, only those that changed after it.
    pub(crate) fn write_delta(
        &self,
        object: &mut Object<'_>,
        entry: &Entry,
        since: Option<Sequence>,
        omits_null: bool,
    ) {
        for selected in &self.properties {
            if let Some(held) = entry.get(selected.property)
                && !(omits_null && &*held.json == "null")
                && since.is_none_or(|since| held.changed > since)
            {
                object.member(&selected.name, &held.json);
            }
        }
        if self.id {
            object.text("\"id\":", &entry.id);
        }
    }

    /// Returns whether a selected property changed after `since`.
    pub(crate) fn changed(&self, entry: &Entry, since: Sequence) -> bool {
        self.properties
            .iter()
            .any(|selected| entry.get(selected.property).is_some_and(|held| held.changed > since))
    }

    fn may_see(&self, property: PropertyId) -> bool {
        self.visible.as_ref().is_none_or(|visible| visible.contains(&property))
    }
}

/// Writes a JSON object member by member, from values that are JSON already.
pub(crate) struct Object<'a> {
    out: &'a mut String,
    empty: bool,
}

impl<'a> Object<'a> {
    pub(crate) fn open(out: &'a mut String) -> Self {
        out.push('{');
        Self { out, empty: true }
    }

    /// Writes a member. `name` has its quotes and colon, `value` is JSON.
    pub(crate) fn member(&mut self, name: &str, value: &str) {
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
        self.out.push_str(name);
        self.out.push_str(value);
    }

    pub(crate) fn text(&mut self, name: &str, value: &str) {
        let value = serde_json::Value::from(value).to_string();
        self.member(name, &value);
    }

    pub(crate) fn close(self) {
        self.out.push('}');
    }
}
