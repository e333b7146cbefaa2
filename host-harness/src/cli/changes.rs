//! Keeps as many changes as will be shown, and draws progress on a terminal.

use indicatif::{ProgressBar, ProgressStyle};

use super::args::{Args, Format};
use crate::{
    store::Kind,
    sync::{Action, Change, Observer},
};

/// In the order in which they are shown.
const ACTIONS: [Action; 4] = [Action::Added, Action::Updated, Action::Removed, Action::Held];

/// What a run changed.
pub(super) struct Changes {
    pub(super) dry_run: bool,
    kept: [Vec<Change>; 4],
    more: [u64; 4],
    /// Of each action.
    room: usize,
    bar: ProgressBar,
}

impl Changes {
    pub(super) fn new(args: &Args, dry_run: bool) -> Self {
        let room = match (args.format, dry_run) {
            (Format::Text, false) => 20,
            (Format::Text, true) => 50,
            (Format::Json, false) => 0,
            (Format::Json, true) => 10_000,
        };
        let bar = match args.log_level() {
            // Hides itself where stderr is no terminal.
            0 => ProgressBar::no_length(),
            // It would be drawn over the log.
            _ => ProgressBar::hidden(),
        };
        Self { dry_run, kept: Default::default(), more: [0; 4], room, bar }
    }

    /// Takes the progress off the screen.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// By action: those kept, and how many more there were.
    pub(super) fn each(&self) -> impl Iterator<Item = (Action, &[Change], u64)> {
        let kept = self.kept.iter().zip(self.more);
        ACTIONS.into_iter().zip(kept).map(|(action, (kept, more))| (action, kept.as_slice(), more))
    }
}

impl Observer for Changes {
    fn progress(&mut self, _: Kind, told: u64, total: Option<u64>) {
        let template = match total {
            Some(total) => {
                self.bar.set_length(total.max(told));
                "{bar:30} {human_pos} of {human_len}, {elapsed}"
            }
            None => "{spinner} {human_pos}, {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
        self.bar.set_position(told);
    }

    fn changed(&mut self, change: Change) {
        let of = |it: &&mut (Action, (&mut Vec<Change>, &mut u64))| it.0 == change.action;
        let kept = self.kept.iter_mut().zip(self.more.iter_mut());
        let mut by_action: Vec<_> = ACTIONS.into_iter().zip(kept).collect();
        if let Some((_, (kept, more))) = by_action.iter_mut().find(of) {
            if kept.len() < self.room {
                kept.push(change);
            } else {
                **more += 1;
            }
        }
    }
}
