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
