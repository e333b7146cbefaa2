//! What the templates print: a file for each of their parts.

mod choices;
mod control;
mod page;
mod problem;
mod report;
mod runs;
mod time;

pub(super) use choices::{LISTED, choices};
pub(super) use control::{Context, ControlView, controls};
pub(super) use page::{Csrf, Noted, Page, address, message, page};
pub(super) use problem::{ProblemView, problem};
pub(super) use report::{ReportView, report};
pub(super) use runs::{RunsView, runs};
pub(super) use time::{moment, time};
