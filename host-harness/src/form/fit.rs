//! Whether a control of a shape can show a value.

use serde_json::Value;

use super::shape::{Alternative, Field, Shape, What};
use crate::pointer::escape;

impl Shape {
    /// Whether a control of this shape shows `value` without loss. For an object, its fields are
    /// checked separately.
    pub(super) fn shows(&self, value: &Value) -> bool {
        match self {
            Self::Text(_) => value.is_string(),
            Self::Number { .. } => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::Texts { .. } => value.as_array().is_some_and(|it| it.iter().all(is_line)),
            Self::Object(_) => value.is_object(),
            Self::OneOf(alternatives) => chosen(alternatives, value).is_some(),
            Self::Hidden { .. } | Self::Other { .. } => true,
        }
    }

    /// Whether `value` has this shape exactly, including the fields of an object.
    fn matches(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Object(fields), Value::Object(members)) => {
                fields.iter().all(|field| match (&field.shape, members.get(&field.key)) {
                    (_, None) => !field.required,
                    (Self::Hidden { constant: Some(constant), .. }, Some(value)) => {
                        constant == value
                    }
                    (_, Some(Value::Null)) if field.nullable => true,
                    (shape, Some(value)) => shape.matches(value),
                })
            }
            _ => self.shows(value),
        }
    }

    /// Whether this alternative can show `value`: its tags are equal to the constants of the shape.
    fn can_be(&self, value: &Value) -> bool {
        let is_tagged = |field: &Field| match &field.shape {
            Self::Hidden { constant: Some(constant), .. } => {
                value.get(&field.key).map_or(!field.required, |it| it == constant)
            }
            _ => true,
        };
        match self {
            Self::Object(fields) => value.is_object() && fields.iter().all(is_tagged),
            _ => self.shows(value),
        }
    }
}

/// Returns the index of the alternative that `value` belongs to: one that is equal to it, else one
/// that matches it, else one that can show it.
pub(super) fn chosen(alternatives: &[Alternative], value: &Value) -> Option<usize> {
    let constant =
        |one: &Alternative| matches!(&one.what, What::Constant(constant) if constant == value);
    let matches =
        |one: &Alternative| matches!(&one.what, What::Shape(shape) if shape.matches(value));
    let can_be = |one: &Alternative| matches!(&one.what, What::Shape(shape) if shape.can_be(value));
    let find = |test: &dyn Fn(&Alternative) -> bool| alternatives.iter().position(test);
    find(&constant).or_else(|| find(&matches)).or_else(|| find(&can_be))
}

/// Whether a line of a text area can show the value.
fn is_line(value: &Value) -> bool {
    value.as_str().is_some_and(|it| !it.is_empty() && it.trim() == it && !it.contains(['\n', '\r']))
}

/// Whether a control of the field's shape shows the value. Otherwise it is edited as JSON.
pub(super) fn shows(field: &Field, value: Option<&Value>) -> bool {
    match value {
        None => true,
        Some(Value::Null) if field.nullable => true,
        Some(value) => field.shape.shows(value),
    }
}

/// Adds the JSON Pointers of all secrets in `value` to `found`.
pub(super) fn secrets(
    shape: &Shape,
    value: Option<&Value>,
    pointer: &str,
    found: &mut Vec<String>,
) {
    let Some(value) = value.filter(|it| !it.is_null()) else { return };
    match (shape, value) {
        (Shape::Object(fields), Value::Object(members)) => {
            for field in fields {
                let pointer = format!("{pointer}/{}", escape(&field.key));
                secrets(&field.shape, members.get(&field.key), &pointer, found);
            }
        }
        (Shape::OneOf(alternatives), value) => {
            match chosen(alternatives, value).and_then(|it| alternatives.get(it)) {
                Some(Alternative { what: What::Shape(shape), .. }) => {
                    secrets(shape, Some(value), pointer, found);
                }
                Some(_) => {}
                None if shape.is_secret() => found.push(pointer.to_owned()),
                None => {}
            }
        }
        _ if shape.is_secret() => found.push(pointer.to_owned()),
        _ => {}
    }
}
