//! The log: what the program does, line by line, on stderr.

use std::io;

use tracing_subscriber::{
    Layer as _,
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use super::args::Format;
use crate::serve::{Incident, Server};

/// Starts the log. At level 0 it is empty; at 1 it has runs and what is refused; from 2 on, also
/// requests. Lines of libraries, which know nothing of secrets, are left out.
pub(super) fn start(level: u8, format: Format) {
    let level = match level {
        0 => return,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let own = Targets::new().with_target("ones_host", level);
    // Where stderr is closed, there is no place to report that.
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(false).log_internal_errors(false);
    let lines = match format {
        Format::Text => lines.with_target(false).with_filter(own).boxed(),
        Format::Json => {
            lines.json().flatten_event(true).with_target(false).with_filter(own).boxed()
        }
    };
    // A program that embeds this one may have a log of its own.
    let _ = tracing_subscriber::registry().with(lines).try_init();
}

/// Logs that the web server is ready, with the address that sets the administrator's password where
/// there is none yet.
pub(super) fn ready(server: &Server) {
    tracing::info!(url = server.url(), set_up = server.set_up(), "serving");
}

/// Logs the cause of an incident, with its reference number.
pub(super) fn incident(incident: &Incident) {
    let Incident { reference, at: _, integration, problem } = incident;
    let fields: Vec<_> =
        problem.fields.iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
    tracing::warn!(
        reference = reference.as_str(),
        integration = integration.as_deref(),
        code = problem.code.as_str(),
        cause = problem.summary.as_str(),
        remedy = problem.remedy.as_deref(),
        detail = problem.detail.as_deref(),
        fields = (!fields.is_empty()).then(|| fields.join("; ")),
        "incident"
    );
}
