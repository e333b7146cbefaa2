//! The result of *Test settings*.

use askama::Template;

use crate::{
    model::{Check, Outcome, Report},
    wording::counted,
};

#[derive(Template)]
#[template(path = "parts/report.html")]
pub(in crate::serve) struct ReportView<'a> {
    report: &'a Report,
}

pub(in crate::serve) fn report(report: &Report) -> ReportView<'_> {
    ReportView { report }
}

impl ReportView<'_> {
    fn count(&self, outcome: Outcome) -> u64 {
        self.report.checks.iter().filter(|check| check.outcome == outcome).count() as u64
    }

    /// Returns the CSS class of the worst outcome.
    fn class(&self) -> &'static str {
        match (self.count(Outcome::Failed), self.count(Outcome::Warned)) {
            (0, 0) => "good",
            (0, _) => "warn",
            _ => "bad",
        }
    }

    fn title(&self) -> String {
        match (self.count(Outcome::Failed), self.count(Outcome::Warned)) {
            (0, 0) => "The settings work".to_owned(),
            (0, warned) => format!("The settings work, with {}", counted(warned, "warning")),
            (failed, _) => format!("{} failed", counted(failed, "check")),
        }
    }
}

/// Returns the sign, the word and the CSS class of an outcome. Colour alone is not accessible.
fn mark(check: &Check) -> (&'static str, &'static str, &'static str) {
    match check.outcome {
        Outcome::Passed => ("✓", "Passed", "good"),
        Outcome::Warned => ("!", "Warning", "warn"),
        Outcome::Failed => ("✗", "Failed", "bad"),
        Outcome::Skipped => ("–", "Skipped", "soft"),
    }
}
