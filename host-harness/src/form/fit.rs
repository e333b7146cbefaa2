//! Which values a shape can show.

use serde_json::Value;

use super::shape::{Alternative, Field, Shape, What};
use crate::pointer::escape;

impl Shape {
    /// Whether a control of this shape shows `value` without loss; of an object, whether
    /// its parts can be looked at one by one.
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

    /// Whether `value` is meant: also the parts of an object are as they should be.
    fn means(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Object(fields), Value::Object(members)) => {
                fields.iter().all(|field| match (&field.shape, members.get(&field.key)) {
                    (_, None) => !field.required,
                    (Self::Hidden { constant: Some(constant), .. }, Some(value)) => {
                        constant == value
                    }
                    (_, Some(Value::Null)) if field.nullable => true,
                    (shape, Some(value)) => shape.means(value),
                })
            }
            _ => self.shows(value),
        }
    }

    /// Whether `value` can be shown as this alternative: its tags are right.
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

/// Which of the alternatives `value` is: the one that is exactly it, or meant by it, or
/// can at least show it.
pub(super) fn chosen(alternatives: &[Alternative], value: &Value) -> Option<usize> {
    let constant = |it: &Alternative| matches!(&it.what, What::Constant(it) if it == value);
    let means = |it: &Alternative| matches!(&it.what, What::Shape(it) if it.means(value));
    let can_be = |it: &Alternative| matches!(&it.what, What::Shape(it) if it.can_be(value));
    let find = |of: &dyn Fn(&Alternative) -> bool| alternatives.iter().position(of);
    find(&constant).or_else(|| find(&means)).or_else(|| find(&can_be))
}

/// Whether one of several lines in a text area can stand for it.
fn is_line(value: &Value) -> bool {
    value.as_str().is_some_and(|it| !it.is_empty() && it.trim() == it && !it.contains(['\n', '\r']))
}

/// Whether a control of its own shape shows the value of a field; otherwise it is JSON.
pub(super) fn shows(field: &Field, value: Option<&Value>) -> bool {
    match value {
        None => true,
        Some(Value::Null) if field.nullable => true,
        Some(value) => field.shape.shows(value),
    }
}

/// The pointers of the secrets that `value` holds.
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
