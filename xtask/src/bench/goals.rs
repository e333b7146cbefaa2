//! The goals, and whether what was measured reaches them.

/// A goal for a value, and the value where it was measured.
pub(crate) struct Goal {
    what: String,
    limit: Limit,
    unit: &'static str,
    measured: Option<f64>,
}

/// The side of the limit on which the value is to be.
#[derive(Clone, Copy)]
enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    /// Returns the goal that a ratio is at most `limit`.
    pub(crate) fn at_most(what: impl Into<String>, limit: f64, measured: Option<f64>) -> Self {
        Self { what: what.into(), limit: Limit::AtMost(limit), unit: "×", measured }
    }

    /// Returns the goal that a ratio is at least `limit`.
    pub(crate) fn at_least(what: impl Into<String>, limit: f64, measured: Option<f64>) -> Self {
        Self { what: what.into(), limit: Limit::AtLeast(limit), unit: "×", measured }
    }

    /// Returns the goal that a number of things is at most `limit`.
    #[expect(clippy::cast_precision_loss, reason = "no count has sixteen digits")]
    pub(crate) fn count(what: &str, limit: u32, measured: u64, unit: &'static str) -> Self {
        Self::at_most(what, f64::from(limit), Some(measured as f64)).in_unit(unit)
    }

    /// Returns the same goal for a value that has a unit and is no ratio.
    pub(crate) fn in_unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    fn is_met(&self, measured: f64) -> bool {
        match self.limit {
            Limit::AtMost(limit) => measured <= limit,
            Limit::AtLeast(limit) => measured >= limit,
        }
    }

    /// Returns the goal as a row of a table.
    fn row(&self) -> String {
        let Self { what, unit, .. } = self;
        let (side, limit) = match self.limit {
            Limit::AtMost(limit) => ("at most", limit),
            Limit::AtLeast(limit) => ("at least", limit),
        };
        let Some(measured) = self.measured else {
            return format!("| {what} | {side} {limit} {unit} | – | not measured |");
        };
        let verdict = if self.is_met(measured) { "met" } else { "**not met**" };
        // Near 1, the third digit after the point decides.
        let digits = match limit {
            ..1.2 => 3,
            ..10.0 => 2,
            ..1000.0 => 1,
            _ => 0,
        };
        format!("| {what} | {side} {limit} {unit} | {measured:.digits$} {unit} | {verdict} |")
    }
}

/// Prints a table of goals.
pub(crate) fn print(goals: &[Goal]) {
    println!("\n| | goal | measured | |\n|---|---|---|---|");
    for goal in goals {
        println!("{}", goal.row());
    }
}

#[test]
fn a_goal_has_a_side() {
    let at_most = |measured| Goal::at_most("a / b", 1.05, Some(measured)).row();
    assert_eq!(at_most(1.0449), "| a / b | at most 1.05 × | 1.045 × | met |");
    assert_eq!(at_most(1.0512), "| a / b | at most 1.05 × | 1.051 × | **not met** |");
    let at_least = |measured| Goal::at_least("a / b", 3.0, measured).row();
    assert_eq!(at_least(Some(3.1)), "| a / b | at least 3 × | 3.10 × | met |");
    assert_eq!(at_least(Some(2.9)), "| a / b | at least 3 × | 2.90 × | **not met** |");
    assert_eq!(at_least(None), "| a / b | at least 3 × | – | not measured |");
    let size = Goal::at_most("size", 1.8, Some(1.43)).in_unit("MB").row();
    assert_eq!(size, "| size | at most 1.8 MB | 1.43 MB | met |");
    let count = Goal::at_most("sync", 1250.0, Some(1101.0)).in_unit("requests").row();
    assert_eq!(count, "| sync | at most 1250 requests | 1101 requests | met |");
}
