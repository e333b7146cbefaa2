//! What a settings schema may cost those who read it.
//!
//! A schema comes from a plugin, and a short one can unfold without end. It has one budget of
//! work: [`check`] refuses a schema over it where it enters the host, and every reader counts its
//! steps against [`WORK`], so that a schema that was never checked ends as well.

use serde_json::{Map, Value};

use crate::{budget::Budget, form::Form};

/// Number of steps that reading a schema may take: a step is a part that is looked at, or 256
/// bytes of a text that is copied.
pub const WORK: u32 = 20_000;

/// A schema is more work to read than [`WORK`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it takes more than {WORK} steps to read")]
pub struct TooMuchWork;

/// Refuses a schema that is too much work, in at most [`WORK`] steps.
///
/// # Errors
/// [`TooMuchWork`].
pub fn check(schema: &Value) -> Result<(), TooMuchWork> {
    let budget = Budget::new(WORK);
    // Itself, as it is copied for every session; and unfolded, as its form is drawn.
    if budget.spend_value(schema) {
        Form::read_within(schema, &budget);
    }
    if budget.is_used_up() { Err(TooMuchWork) } else { Ok(()) }
}

/// Returns what a reference within the schema names.
pub(crate) fn target<'a>(root: &'a Value, schema: &Value, budget: &Budget) -> Option<&'a Value> {
    let reference = schema.get("$ref")?.as_str()?;
    let found = budget.spend_text(reference).then_some(reference)?.strip_prefix('#')?;
    root.pointer(found)
}

/// Returns the parts of a schema that apply to one value: those in `from`, what they refer to, and
/// their alternatives, each once. `None` where the budget does not cover them.
pub(crate) fn applied<'a>(
    root: &'a Value,
    from: Vec<&'a Value>,
    budget: &Budget,
) -> Option<Vec<&'a Map<String, Value>>> {
    let (mut open, mut seen, mut parts) = (from, Vec::new(), Vec::new());
    while let Some(schema) = open.pop() {
        // Looked through as well: so many are the exception.
        if !budget.spend(1 + seen.len() / 8) {
            return None;
        }
        let Value::Object(members) = schema else { continue };
        if seen.contains(&std::ptr::from_ref(members)) {
            continue;
        }
        seen.push(std::ptr::from_ref(members));
        parts.push(members);
        open.extend(target(root, schema, budget));
        for keyword in ["allOf", "anyOf", "oneOf"] {
            open.extend(members.get(keyword).and_then(Value::as_array).into_iter().flatten());
        }
    }
    Some(parts)
}
