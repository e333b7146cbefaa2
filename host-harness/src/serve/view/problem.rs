//! A problem as a part of a page.

use askama::Template;

use crate::problem::Problem;

#[derive(Template)]
#[template(path = "parts/problem.html")]
pub(in crate::serve) struct ProblemView<'a> {
    problem: &'a Problem,
    /// Id of the element with the details, for the button that copies them.
    id: String,
}

/// Returns the summary and the remedy, with the details collapsed.
pub(in crate::serve) fn problem(problem: &Problem, id: impl Into<String>) -> ProblemView<'_> {
    ProblemView { problem, id: id.into() }
}

impl ProblemView<'_> {
    /// Returns the code and the details for a support ticket.
    fn detail(&self) -> String {
        let detail = self.problem.detail.as_deref().unwrap_or_default();
        format!("{}\n{detail}", self.problem.code).trim_end().to_owned()
    }
}
