//! Runs, as they are listed.

use askama::Template;

use super::{ProblemView, problem, time::words};
use crate::{
    problem::Problem,
    store::{RunKind, RunRow},
};

#[derive(Template)]
#[template(path = "parts/runs.html")]
pub(in crate::serve) struct RunsView<'a> {
    runs: &'a [RunRow],
}

/// How each went, with its warnings or why it failed.
pub(in crate::serve) fn runs(runs: &[RunRow]) -> RunsView<'_> {
    RunsView { runs }
}

impl RunsView<'_> {
    fn counts(&self, run: &RunRow) -> String {
        let counts = [
            (run.added, "added"),
            (run.updated, "updated"),
            (run.removed, "removed"),
            (run.held, "held"),
            (run.summary.unreadable.into(), "unreadable"),
            (run.deleted, "deleted for good"),
            (run.groups.added, "groups added"),
            (run.groups.updated, "groups updated"),
            (run.groups.removed, "groups removed"),
            (run.groups.held, "groups held"),
            (run.memberships.added, "memberships added"),
            (run.memberships.removed, "memberships removed"),
        ];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: Vec<_> = counts.map(|(count, what)| format!("{count} {what}")).collect();
        let requests = match run.summary.requests {
            1 => "1 request".to_owned(),
            many => format!("{many} requests"),
        };
        match counts.as_slice() {
            [] => format!("No changes · {requests}"),
            counts => format!("{} · {requests}", counts.join(", ")),
        }
    }

    /// What the vendor reported, but did not let be read yet.
    fn owed(&self, run: &RunRow) -> Option<String> {
        run.summary.owed.map(|it| it.sentence(&words(&it.since())))
    }

    /// The vendor has no such thing: no failure.
    fn is_unsupported(&self, run: &RunRow) -> bool {
        run.error.as_ref().is_some_and(Problem::is_unsupported)
    }

    fn told<'a>(&self, it: &'a Problem, run: &i64) -> ProblemView<'a> {
        problem(it, format!("run-{run}"))
    }
}
