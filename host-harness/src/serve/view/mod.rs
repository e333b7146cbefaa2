//! The parts of the templates, one file for each.

mod choices;
mod control;
mod page;
mod problem;
mod removal;
mod report;
mod runs;
mod time;

pub(super) use crate::wording::counted;
pub(super) use choices::{LISTED, choices};
pub(super) use control::{Context, ControlView, controls};
pub(super) use page::{Csrf, Noted, Page, address, message, page, under};
pub(super) use problem::{ProblemView, problem};
pub(super) use removal::reason;
pub(super) use report::{ReportView, report};
pub(super) use runs::{RunsView, runs};
pub(super) use time::{Time, moment, time};
