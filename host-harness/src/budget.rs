//! Budgets of work: what a plugin returns is read in a limited number of steps, so that no plugin
//! decides how long that takes.

use std::cell::Cell;

use serde_json::Value;

/// Number of bytes of text that count as one step.
const TEXT: usize = 256;

/// Number of steps that are left. Work that it does not cover is not done.
#[derive(Debug, Clone)]
pub struct Budget {
    granted: u32,
    left: Cell<u32>,
}

impl Budget {
    /// Returns a budget of that number of steps.
    pub fn new(steps: u32) -> Self {
        Self { granted: steps, left: Cell::new(steps) }
    }

    /// Returns the number of steps that were taken.
    pub fn spent(&self) -> u32 {
        self.granted - self.left.get()
    }

    /// Returns whether no step is left. What was read may then be incomplete.
    pub fn is_used_up(&self) -> bool {
        self.left.get() == 0
    }

    /// Takes a number of steps. Returns whether as many were left.
    pub(crate) fn spend(&self, steps: usize) -> bool {
        let left = u32::try_from(steps).ok().and_then(|it| self.left.get().checked_sub(it));
        self.left.set(left.unwrap_or_default());
        left.is_some()
    }

    /// Takes the steps that a copy of the text costs.
    pub(crate) fn spend_text(&self, text: &str) -> bool {
        self.spend(text.len() / TEXT)
    }

    /// Takes a step for each value within `value`, and the steps of its texts.
    pub(crate) fn spend_value(&self, value: &Value) -> bool {
        let mut open = vec![value];
        while let Some(value) = open.pop() {
            let covered = match value {
                Value::String(text) => self.spend_text(text),
                Value::Array(items) => {
                    open.extend(items);
                    true
                }
                Value::Object(members) => {
                    open.extend(members.values());
                    members.keys().all(|key| self.spend_text(key))
                }
                Value::Null | Value::Bool(_) | Value::Number(_) => true,
            };
            if !covered || !self.spend(1) {
                return false;
            }
        }
        true
    }
}
