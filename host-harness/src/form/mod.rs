//! A JSON Schema (2020-12) as plugins write it becomes a form, and what a person
//! answers becomes settings again. Names no vendor.
//!
//! [`Form`] is read from a schema; a [`Step`] of it is drawn as [`Control`]s, which a
//! template prints, and reads what a browser sends back. Nothing is lost on the way:
//! what is not touched stays to the letter, fields that are not drawn stay as they are,
//! and a value that no control can show is edited as JSON.
//!
//! Lengths, ranges and formats are only hints to the browser here: the plugin checks
//! them, and knows why.

mod answer;
mod check;
mod control;
mod draw;
mod fit;
mod guide;
mod place;
mod schema;
mod shape;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

pub use answer::{Answer, Entered};
pub use check::check;
pub use control::{Choosing, Control, Line, LineKind, Opt, Picker, Saved, Widget};
pub use guide::html;
pub use place::place;
use shape::Field;

use crate::{budget::Budget, pointer::escape, schema::WORK};

/// What a person fills in, step by step.
#[derive(Debug, Clone)]
pub struct Form {
    steps: Vec<Step>,
}

/// A top-level property of the settings.
#[derive(Debug, Clone)]
pub struct Step {
    field: Field,
}

impl Form {
    /// Reads a schema: one step for each property of it that can be set.
    pub fn of(schema: &Value) -> Self {
        Self::within(schema, &Budget::new(WORK))
    }

    /// As [`Self::of`], in as many steps as `budget` has. What these do not cover is edited as
    /// JSON.
    pub fn within(schema: &Value, budget: &Budget) -> Self {
        let steps = schema::fields(schema, budget).into_iter().map(|field| Step { field });
        Self { steps: steps.filter(|it| it.field.shape.is_drawn()).collect() }
    }

    /// In the order of the schema.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Where the secrets are that `settings` hold (JSON Pointers).
    pub fn secrets(&self, settings: &Value) -> Vec<String> {
        let mut found = Vec::new();
        for step in &self.steps {
            let value = settings.get(&step.field.key);
            fit::secrets(&step.field.shape, value, &step.pointer(), &mut found);
        }
        found
    }
}

impl Step {
    /// Its key in the settings.
    pub fn key(&self) -> &str {
        &self.field.key
    }

    /// What a person calls it.
    pub fn title(&self) -> &str {
        &self.field.title
    }

    /// The guide, in CommonMark; empty where there is none.
    pub fn guide(&self) -> &str {
        &self.field.description
    }

    /// Where it is in the settings (JSON Pointer).
    pub fn pointer(&self) -> String {
        format!("/{}", escape(&self.field.key))
    }

    /// Whether it draws the field at `pointer`.
    pub fn has(&self, pointer: &str) -> bool {
        self.draw(&Value::Null).iter().any(|it| it.find(pointer).is_some())
    }

    /// The controls, showing what `settings` hold.
    pub fn draw(&self, settings: &Value) -> Vec<Control> {
        draw::step(&self.field, settings.get(&self.field.key))
    }

    /// The settings after a person changed what was drawn of `settings` to `entered`.
    pub fn read(&self, settings: &Value, entered: &Entered) -> Answer {
        let mut reading = answer::Reading::new(entered);
        let value = reading.step(&self.field, settings.get(&self.field.key));
        let mut members = match settings {
            Value::Object(members) => members.clone(),
            _ => Map::new(),
        };
        answer::put(&mut members, &self.field.key, value);
        reading.finish(Value::Object(members))
    }
}

/// A field's address: in the settings, and as the name of its control. They differ
/// since alternatives at one place in the settings need controls of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Place {
    pointer: String,
    name: String,
}

impl Place {
    fn member(&self, key: &str) -> Self {
        let key = escape(key);
        Self {
            pointer: format!("{}/{key}", self.pointer),
            name: format!("{}/{}", self.name, key.replace('?', "~2")),
        }
    }

    /// The control of the alternative with that number.
    fn alternative(&self, number: usize) -> Self {
        Self { pointer: self.pointer.clone(), name: format!("{}?{number}", self.name) }
    }

    /// The control where the value is edited as JSON.
    fn json(&self) -> String {
        format!("{}?json", self.name)
    }

    /// The control that takes a saved secret away.
    fn forget(name: &str) -> String {
        format!("{name}?forget")
    }
}
