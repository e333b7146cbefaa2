//! The history of a booking: which side did what, when, and on whose word.

use askama::Template;
use jiff::Timestamp;

use super::viewer::Viewer;
use crate::{
    serve::{app::App, view},
    store::{Actor, BookingRow, HistoryEntry},
};

/// The history of a booking, the first entry first.
#[derive(Template)]
#[template(path = "bookings/history.html")]
pub(in crate::serve) struct HistoryView {
    lines: Vec<Line>,
    /// Address of the page of the integration.
    overview: String,
}

struct Line {
    at: Timestamp,
    who: String,
    text: String,
    detail: Option<String>,
    /// Number of the run that brought it.
    run: Option<i64>,
}

impl Line {
    fn run_address(&self, overview: &str, run: &i64) -> String {
        format!("{overview}/runs?before={}", run.saturating_add(1))
    }
}

/// Returns the history of a reservation, or of a release.
pub(in crate::serve) fn history(
    app: &App,
    viewer: &Viewer,
    entries: Vec<HistoryEntry>,
) -> HistoryView {
    let lines = entries.into_iter().map(|entry| {
        let who = who(app, viewer, &entry);
        // The words of the vendor can be about its set-up. A comment is the user's own.
        let is_shown = viewer.is_admin() || entry.what.ends_with("-requested");
        let text = match entry.what.as_str() {
            "attempt-failed" if !is_shown => "An attempt failed, and is repeated".to_owned(),
            "failed" if !is_shown => "The attempt failed".to_owned(),
            _ => entry.text,
        };
        let detail = entry.detail.filter(|_| is_shown);
        Line { at: entry.at, who, text, detail, run: None }
    });
    HistoryView { lines: lines.collect(), overview: viewer.overview() }
}

fn who(app: &App, viewer: &Viewer, entry: &HistoryEntry) -> String {
    match &entry.actor {
        Actor::User(id) if viewer.user.as_ref() == Some(id) => "You".to_owned(),
        Actor::User(_) => entry.name.clone().unwrap_or_else(|| "A user".to_owned()),
        Actor::Administrator => "Administrator".to_owned(),
        Actor::CommandLine => "Administrator, on the command line".to_owned(),
        Actor::Vendor => app.manifest.name.clone(),
        Actor::Host => "ONES".to_owned(),
    }
}

impl HistoryView {
    /// Adds what syncs of bookings reported.
    pub(super) fn and_reported(mut self, app: &App, viewer: &Viewer, row: &BookingRow) -> Self {
        let history = &row.history;
        let mut add = |at: Option<Timestamp>, text: &str, run: Option<i64>| {
            self.lines.extend(at.map(|at| Line {
                at,
                who: app.manifest.name.clone(),
                text: text.to_owned(),
                detail: None,
                run: run.filter(|_| viewer.is_admin()),
            }));
        };
        let first = history.first_seen.parse().ok();
        add(first, "First reported to ONES", Some(history.first_run));
        if history.changed_run != history.first_run && history.gone.is_none() {
            let changed = history.changed_at.parse().ok();
            add(changed, "Last reported as changed", Some(history.changed_run));
        }
        if let Some(gone) = &history.gone {
            let ended = Timestamp::from_second(gone.at).ok();
            match gone.run {
                Some(run) => add(ended, "Reported as ended", Some(run)),
                None => add(ended, "Reported as ended; an administrator approved it", None),
            }
        }
        self.lines.sort_by_key(|line| line.at.as_second());
        self
    }
}
