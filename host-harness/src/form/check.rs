//! Refuses schemas that are too much work to draw.

use serde_json::Value;

use super::Form;
use crate::{
    budget::Budget,
    schema::{TooMuchWork, WORK},
};

/// Refuses a schema that takes more than [`WORK`] steps to read, in at most as many steps.
///
/// # Errors
/// [`TooMuchWork`].
pub fn check(schema: &Value) -> Result<(), TooMuchWork> {
    let budget = Budget::new(WORK);
    // The schema itself, since each session copies it; and unfolded, as its form is drawn.
    if budget.spend_value(schema) {
        Form::read_within(schema, &budget);
    }
    if budget.is_used_up() { Err(TooMuchWork) } else { Ok(()) }
}
