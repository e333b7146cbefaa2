//! Collects the changes of a sync that are printed, and shows its progress on a terminal.

use indicatif::{ProgressBar, ProgressStyle};

use super::args::{Args, Format};
use crate::{
    store::Kind,
    sync::{Action, Change, Observer},
};

/// The actions, in the order in which they are printed.
const ACTIONS: [Action; 4] = [Action::Added, Action::Updated, Action::Removed, Action::Held];

/// The changes of a run.
pub(super) struct Changes {
    pub(super) dry_run: bool,
    kept: [Vec<Change>; 4],
    more: [u64; 4],
    /// Maximum number of changes in `kept`, for each action.
    limit: usize,
    bar: ProgressBar,
}

impl Changes {
    pub(super) fn new(args: &Args, dry_run: bool) -> Self {
        let limit = match (args.format, dry_run) {
            (Format::Text, false) => 20,
            (Format::Text, true) => 50,
            (Format::Json, false) => 0,
            (Format::Json, true) => 10_000,
        };
        let bar = match args.log_level() {
            // Hidden where stderr is not a terminal.
            0 => ProgressBar::no_length(),
            // It would be drawn over the log.
            _ => ProgressBar::hidden(),
        };
        Self { dry_run, kept: Default::default(), more: [0; 4], limit, bar }
    }

    /// Removes the progress bar from the terminal.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Returns for each action the collected changes, and the number of further ones.
    pub(super) fn each(&self) -> impl Iterator<Item = (Action, &[Change], u64)> {
        let kept = self.kept.iter().zip(self.more);
        ACTIONS.into_iter().zip(kept).map(|(action, (kept, more))| (action, kept.as_slice(), more))
    }
}

impl Observer for Changes {
    fn progress(&mut self, _: Kind, read: u64, total: Option<u64>) {
        let template = match total {
            Some(total) => {
                self.bar.set_length(total.max(read));
                "{bar:30} {human_pos} of {human_len}, {elapsed}"
            }
            None => "{spinner} {human_pos}, {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
        self.bar.set_position(read);
    }

    fn changed(&mut self, action: Action, describe: &dyn Fn() -> Change) {
        let same_action = |(of, _): &&mut (Action, (&mut Vec<Change>, &mut u64))| *of == action;
        let kept = self.kept.iter_mut().zip(self.more.iter_mut());
        let mut by_action: Vec<_> = ACTIONS.into_iter().zip(kept).collect();
        if let Some((_, (kept, more))) = by_action.iter_mut().find(same_action) {
            if kept.len() < self.limit {
                kept.push(describe());
            } else {
                **more += 1;
            }
        }
    }
}
