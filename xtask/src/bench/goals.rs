//! What a ratio is to reach.

/// The side of the limit on which a ratio is to be.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    fn is_met(self, ratio: f64) -> bool {
        match self {
            Self::AtMost(limit) => ratio <= limit,
            Self::AtLeast(limit) => ratio >= limit,
        }
    }
}

/// Prints a table of goals: what is compared, the goal, and the measured ratio where there is one.
pub(crate) fn print(rows: &[(String, Goal, Option<f64>)]) {
    println!("\n| ratio | goal | measured | |\n|---|---|---|---|");
    for (what, goal, measured) in rows {
        let limit = match goal {
            Goal::AtMost(limit) => format!("at most {limit} ×"),
            Goal::AtLeast(limit) => format!("at least {limit} ×"),
        };
        let (measured, verdict) = match measured {
            Some(ratio) if goal.is_met(*ratio) => (format!("{ratio:.2} ×"), "met"),
            Some(ratio) => (format!("{ratio:.2} ×"), "**not met**"),
            None => ("–".to_owned(), "not measured"),
        };
        println!("| {what} | {limit} | {measured} | {verdict} |");
    }
}

#[test]
fn a_goal_has_a_side() {
    assert!(Goal::AtMost(1.5).is_met(1.4) && !Goal::AtMost(1.5).is_met(1.6));
    assert!(Goal::AtLeast(3.0).is_met(3.1) && !Goal::AtLeast(3.0).is_met(2.9));
}
