//! Assignment of errors to controls.

use serde_json::Value;

use super::control::Control;
use crate::model::FieldError;

/// Adds each error to the control of its field. Where the field is an item or a member of another
/// one, adds it to that control, with the item's value in `settings`. Returns the errors without
/// any such control.
pub fn place(errors: &[FieldError], settings: &Value, controls: &mut [Control]) -> Vec<FieldError> {
    let mut elsewhere = Vec::new();
    for error in errors {
        let mut nearest = nearest(&error.field);
        let found = nearest.find(|pointer| controls.iter().any(|it| it.find(pointer).is_some()));
        match found.and_then(|pointer| Some((pointer, find(controls, pointer)?))) {
            Some((pointer, control)) => {
                let message = match settings.pointer(&error.field) {
                    Some(Value::String(item)) if pointer != error.field => {
                        format!("{item}: {}", error.message)
                    }
                    _ => error.message.clone(),
                };
                if !control.errors.contains(&message) {
                    control.errors.push(message);
                }
            }
            None => elsewhere.push(error.clone()),
        }
    }
    elsewhere
}

fn find<'a>(controls: &'a mut [Control], pointer: &str) -> Option<&'a mut Control> {
    controls.iter_mut().find_map(|it| it.find_mut(pointer))
}

/// Returns the pointer and those of its parents, the longest first.
fn nearest(pointer: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(pointer), |it| Some(&it[..it.rfind('/')?]))
        .filter(|it| !it.is_empty())
}
