//! Lists of runs.

use askama::Template;

use super::{ProblemView, problem, time::words};
use crate::{
    model::owed_since,
    problem::Problem,
    store::{RunKind, RunRow},
    wording::counted,
};

#[derive(Template)]
#[template(path = "parts/runs.html")]
pub(in crate::serve) struct RunsView<'a> {
    runs: &'a [RunRow],
}

/// Returns the list of runs, each with its result, its warnings or its error.
pub(in crate::serve) fn runs(runs: &[RunRow]) -> RunsView<'_> {
    RunsView { runs }
}

impl RunsView<'_> {
    fn title(&self, kind: &RunKind) -> &'static str {
        match kind {
            RunKind::Rooms => "Rooms",
            RunKind::Users => "Users",
            RunKind::Bookings => "Bookings",
        }
    }

    fn counts(&self, run: &RunRow) -> String {
        let noun = match run.kind {
            RunKind::Rooms => "room",
            RunKind::Users => "user",
            RunKind::Bookings => "booking",
        };
        let counts = [
            (run.added, noun, "added"),
            (run.updated, noun, "updated"),
            (run.removed, "", "removed"),
            (run.held, "", "held"),
            (run.summary.unreadable.into(), "", "unreadable"),
            (run.deleted, "", "permanently deleted"),
            (run.groups.added, "group", "added"),
            (run.groups.updated, "group", "updated"),
            (run.groups.removed, "group", "removed"),
            (run.groups.held, "group", "held"),
            (run.memberships.added, "membership", "added"),
            (run.memberships.removed, "membership", "removed"),
        ];
        let counts = counts.into_iter().filter(|(count, ..)| *count > 0);
        let counts: Vec<_> = counts
            .map(|(count, noun, action)| match noun {
                "" => format!("{count} {action}"),
                noun => format!("{} {action}", counted(count, noun)),
            })
            .collect();
        let requests = counted(run.summary.requests, "request");
        match counts.as_slice() {
            [] => format!("No changes · {requests}"),
            counts => format!("{} · {requests}", counts.join(", ")),
        }
    }

    /// Returns the sentence about records that the vendor reported and that could not be read yet.
    fn owed(&self, run: &RunRow) -> Option<String> {
        run.summary.owed.map(|it| it.sentence(&words(&owed_since(it))))
    }

    /// Whether the vendor does not offer what the run reads, which is not shown as a failure.
    fn is_unsupported(&self, run: &RunRow) -> bool {
        run.error.as_ref().is_some_and(Problem::is_unsupported)
    }

    fn problem<'a>(&self, cause: &'a Problem, run: &i64) -> ProblemView<'a> {
        problem(cause, format!("run-{run}"))
    }
}
