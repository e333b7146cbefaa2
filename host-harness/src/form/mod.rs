//! Forms for the settings of any plugin: from a JSON Schema (2020-12) to controls, and from posted
//! values back to settings.
//!
//! [`Form`] is read from a schema. A [`Step`] of it returns [`Control`]s, which a template renders,
//! and reads the values that a browser posts. No setting is lost: unchanged values stay exactly as
//! they were, fields without a control stay in the settings, and a value that no control can show
//! is edited as JSON.
//!
//! Lengths, ranges and formats are only hints for the browser. The plugin checks them, and returns
//! the errors.

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

/// A form with its steps.
#[derive(Debug, Clone)]
pub struct Form {
    steps: Vec<Step>,
}

/// A step of a form: a top-level property of the settings.
#[derive(Debug, Clone)]
pub struct Step {
    field: Field,
}

impl Form {
    /// Reads a schema. Each of its properties that can be set becomes a step.
    pub fn read(schema: &Value) -> Self {
        Self::read_within(schema, &Budget::new(WORK))
    }

    /// Reads a schema as [`Self::read`] does, but only until `budget` is spent. Values of the rest
    /// of the schema are edited as JSON.
    pub fn read_within(schema: &Value, budget: &Budget) -> Self {
        let steps = schema::fields(schema, budget).into_iter().map(|field| Step { field });
        Self { steps: steps.filter(|it| it.field.shape.is_drawn()).collect() }
    }

    /// Returns the steps, in the order of the schema.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns the JSON Pointers of all secrets in `settings`.
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
    /// Returns the key of the step in the settings.
    pub fn key(&self) -> &str {
        &self.field.key
    }

    /// Returns the title of the step.
    pub fn title(&self) -> &str {
        &self.field.title
    }

    /// Returns the guide in CommonMark, empty where there is none.
    pub fn guide(&self) -> &str {
        &self.field.description
    }

    /// Returns the JSON Pointer of the step in the settings.
    pub fn pointer(&self) -> String {
        format!("/{}", escape(&self.field.key))
    }

    /// Whether the step has a control for the field at `pointer`.
    pub fn has(&self, pointer: &str) -> bool {
        self.draw(&Value::Null).iter().any(|it| it.find(pointer).is_some())
    }

    /// Returns the controls, with the values of `settings`.
    pub fn draw(&self, settings: &Value) -> Vec<Control> {
        draw::step(&self.field, settings.get(&self.field.key))
    }

    /// Returns `settings` with the values that a user entered in the controls of this step.
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

/// The place of a field in the settings and in the form. They differ, since the alternatives of one
/// setting need separate controls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Place {
    /// JSON Pointer in the settings.
    pointer: String,
    /// Name of the control.
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

    /// Returns the place of the alternative with that number.
    fn alternative(&self, number: usize) -> Self {
        Self { pointer: self.pointer.clone(), name: format!("{}?{number}", self.name) }
    }

    /// Returns the name of the control in which the value is edited as JSON.
    fn json(&self) -> String {
        format!("{}?json", self.name)
    }

    /// Returns the name of the check box that deletes a saved secret.
    fn forget(name: &str) -> String {
        format!("{name}?forget")
    }
}
