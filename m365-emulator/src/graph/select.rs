//! `$select`, and users, groups and devices written out as it says.

use super::refusal::GraphRefusal;
use crate::tenant::entry::{Entry, Sequence};
use crate::tenant::property::{PropertyId, Schema, Store};

/// What shall be told of each element.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    /// Sorted by property.
    properties: Vec<Selected>,
    id: bool,
    /// In the order of the request; none where the default is told.
    named: Option<Vec<String>>,
    /// Where only these may be seen, the others look as if they were never set.
    visible: Option<Vec<PropertyId>>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Selected {
    property: PropertyId,
    /// As JSON has it before the value.
    name: String,
    /// What a listing has for it where it was never set.
    unset: Option<&'static str>,
}

/// Where the selected is asked for, which decides what can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Listing,
    Single,
    Delta,
    /// Where everything that is kept is told unasked, as beta does.
    Whole,
}

impl Selection {
    pub(crate) fn parse(
        select: Option<&str>,
        schema: &Schema,
        place: Place,
    ) -> Result<Self, GraphRefusal> {
        let select = select.filter(|select| !select.trim().is_empty());
        let names: Vec<&str> = match select {
            None if place == Place::Whole => schema.kept(),
            None => schema.of.default.to_vec(),
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
                .ok_or_else(|| GraphRefusal::no_property(name, schema.of.name))?;
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

    /// Shows the basic properties only.
    pub(crate) fn basic(mut self, schema: &Schema) -> Self {
        self.visible = Some(schema.of.basic.iter().filter_map(|name| schema.find(name)).collect());
        self
    }

    /// Shows nothing but the id.
    pub(crate) fn hidden(mut self) -> Self {
        self.visible = Some(Vec::new());
        self
    }

    /// The end of `@odata.context`: `(displayName,id)`, or nothing.
    pub(crate) fn context(&self) -> String {
        self.named.as_ref().map_or_else(String::new, |names| format!("({})", names.join(",")))
    }

    /// Writes an element as a listing has it: what was never set is null.
    pub(crate) fn write(&self, out: &mut String, entry: &Entry) {
        let mut object = Object::open(out);
        self.write_into(&mut object, entry);
        object.close();
    }

    /// Writes its members into an object that has others too.
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

    /// Writes its members as delta has them: what was never set is absent, with `omits_null` also what is null. With
    /// `since`, only what changed after it.
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

    /// Whether anything selected changed after that.
    pub(crate) fn changed(&self, entry: &Entry, since: Sequence) -> bool {
        self.properties
            .iter()
            .any(|selected| entry.get(selected.property).is_some_and(|held| held.changed > since))
    }

    fn may_see(&self, property: PropertyId) -> bool {
        self.visible.as_ref().is_none_or(|visible| visible.contains(&property))
    }
}

/// Writes a JSON object member by member, out of JSON that is there already.
pub(crate) struct Object<'a> {
    out: &'a mut String,
    empty: bool,
}

impl<'a> Object<'a> {
    pub(crate) fn open(out: &'a mut String) -> Self {
        out.push('{');
        Self { out, empty: true }
    }

    /// `name` is quoted and has its colon, `value` is JSON.
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
