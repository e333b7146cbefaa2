//! What came of *Test settings*.

use askama::Template;

use crate::model::{Check, Outcome, Report};

#[derive(Template)]
#[template(path = "parts/report.html")]
pub(in crate::serve) struct ReportView<'a> {
    report: &'a Report,
}

pub(in crate::serve) fn report(report: &Report) -> ReportView<'_> {
    ReportView { report }
}

impl ReportView<'_> {
    fn count(&self, outcome: Outcome) -> usize {
        self.report.checks.iter().filter(|it| it.outcome == outcome).count()
    }

    /// The worst of them.
    fn class(&self) -> &'static str {
        match (self.count(Outcome::Failed), self.count(Outcome::Warned)) {
            (0, 0) => "good",
            (0, _) => "warn",
            _ => "bad",
        }
    }

    fn title(&self) -> String {
        let checks =
            |count| if count == 1 { "1 check".to_owned() } else { format!("{count} checks") };
        match (self.count(Outcome::Failed), self.count(Outcome::Warned)) {
            (0, 0) => "Everything works".to_owned(),
            (0, warned) => format!("It works, but {} deserves a look", checks(warned)),
            (failed, _) => format!("{} failed", checks(failed)),
        }
    }
}

/// Sign, word and class of an outcome: none of them alone.
fn mark(check: &Check) -> (&'static str, &'static str, &'static str) {
    match check.outcome {
        Outcome::Passed => ("✓", "Passed", "good"),
        Outcome::Warned => ("!", "Warning", "warn"),
        Outcome::Failed => ("✗", "Failed", "bad"),
        Outcome::Skipped => ("–", "Not tried", "soft"),
    }
}
