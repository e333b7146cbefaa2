//! `$select` on users, and users written out as it says.

use super::refusal::GraphRefusal;
use crate::tenant::directory::{Sequence, User};
use crate::tenant::property::{BASIC, DEFAULT, PropertyId, Schema, Store};

/// What shall be told of each user.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    /// Sorted by property, each with its name as JSON has it before the value.
    properties: Vec<(PropertyId, String)>,
    id: bool,
    /// In the order of the request; none where the default is told.
    named: Option<Vec<String>>,
    /// Where only these may be seen, the others look as if they were never set.
    visible: Option<Vec<PropertyId>>,
}

/// Where the selected is asked for, which decides what can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Listing,
    Single,
    Delta,
}

impl Selection {
    pub(crate) fn parse(
        select: Option<&str>,
        schema: &Schema,
        place: Place,
    ) -> Result<Self, GraphRefusal> {
        let select = select.filter(|select| !select.trim().is_empty());
        let names: Vec<&str> = match select {
            None => DEFAULT.to_vec(),
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
                .ok_or_else(|| GraphRefusal::no_property(name, "user"))?;
            match Schema::store(property) {
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
            selection.properties.push((property, format!("\"{name}\":")));
        }
        selection.properties.sort_unstable();
        selection.properties.dedup();
        selection.named = select.map(|_| named);
        Ok(selection)
    }

    /// Shows the basic properties only.
    pub(crate) fn basic(mut self, schema: &Schema) -> Self {
        self.visible = Some(BASIC.iter().filter_map(|name| schema.find(name)).collect());
        self
    }

    /// The end of `@odata.context`: `(displayName,id)`, or nothing.
    pub(crate) fn context(&self) -> String {
        self.named.as_ref().map_or_else(String::new, |names| format!("({})", names.join(",")))
    }

    /// Writes a user as a listing has it: what was never set is null.
    pub(crate) fn write(&self, out: &mut String, user: &User) {
        let mut object = Object::open(out);
        let mut held = user.held().iter().peekable();
        for (property, name) in &self.properties {
            while held.next_if(|held| held.property < *property).is_some() {}
            let value = match held.peek() {
                Some(held) if held.property == *property && self.may_see(*property) => {
                    Some(&*held.json)
                }
                _ => Schema::unset(*property),
            };
            if let Some(value) = value {
                object.member(name, value);
            }
        }
        if self.id {
            object.text("\"id\":", &user.id);
        }
        object.close();
    }

    /// Writes a user as delta has it: what was never set is absent. With `since`, only what changed after it.
    pub(crate) fn write_delta(&self, out: &mut String, user: &User, since: Option<Sequence>) {
        let mut object = Object::open(out);
        for (property, name) in &self.properties {
            if let Some(held) = user.get(*property)
                && since.is_none_or(|since| held.changed > since)
            {
                object.member(name, &held.json);
            }
        }
        if self.id {
            object.text("\"id\":", &user.id);
        }
        object.close();
    }

    /// Whether anything selected changed after that.
    pub(crate) fn changed(&self, user: &User, since: Sequence) -> bool {
        self.properties
            .iter()
            .any(|(property, _)| user.get(*property).is_some_and(|held| held.changed > since))
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
