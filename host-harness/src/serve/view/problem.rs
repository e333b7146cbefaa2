//! An error, for a person.

use askama::Template;

use crate::problem::Problem;

#[derive(Template)]
#[template(path = "parts/problem.html")]
pub(in crate::serve) struct ProblemView<'a> {
    problem: &'a Problem,
    /// Of the detail, to be copied.
    id: String,
}

/// Sentence, remedy, and the vendor's words folded away.
pub(in crate::serve) fn problem(problem: &Problem, id: impl Into<String>) -> ProblemView<'_> {
    ProblemView { problem, id: id.into() }
}

impl ProblemView<'_> {
    /// What a support ticket needs.
    fn detail(&self) -> String {
        let detail = self.problem.detail.as_deref().unwrap_or_default();
        format!("{}\n{detail}", self.problem.code).trim_end().to_owned()
    }
}
