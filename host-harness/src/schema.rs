//! Reading a settings schema within a budget.
//!
//! A schema comes from a plugin, and a short one can unfold without end. Therefore every reader
//! counts its steps against [`WORK`], and [`crate::form::check`] refuses a schema over it where it
//! enters the host.

use serde_json::{Map, Value};

use crate::budget::Budget;

/// Number of steps that reading a schema may take. A step is a part that is read, or 256 bytes of a
/// text that is copied.
pub const WORK: u32 = 20_000;

/// Reading a schema takes more steps than [`WORK`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it takes more than {WORK} steps to read")]
pub struct TooMuchWork;

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
        // Searching `seen` is work too.
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
