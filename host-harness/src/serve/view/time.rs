//! Times and durations.

use std::time::Duration;

use askama::Template;
use jiff::{Timestamp, tz::TimeZone};

#[derive(Template)]
#[template(source = r#"<time datetime="{{ exact }}">{{ words }}</time>"#, ext = "html")]
pub(in crate::serve) struct Time {
    exact: String,
    words: String,
}

/// Returns a stored time (RFC 3339) in the time zone of this machine.
pub(in crate::serve) fn time(exact: &str) -> Time {
    match exact.parse() {
        Ok(it) => moment(&it),
        Err(_) => Time { exact: exact.to_owned(), words: exact.to_owned() },
    }
}

/// Returns a time as an HTML element, in the time zone of this machine.
pub(in crate::serve) fn moment(moment: &Timestamp) -> Time {
    Time { exact: moment.to_string(), words: words(moment) }
}

/// Returns a time as text, in the time zone of this machine.
pub(super) fn words(moment: &Timestamp) -> String {
    let local = moment.to_zoned_datetime(TimeZone::system());
    local.strftime("%-d %b %Y, %H:%M %Z").to_string()
}

/// Returns a duration in the largest unit that gives a whole number, such as `4 hours`.
pub(in crate::serve) fn duration(length: Duration) -> String {
    let seconds = length.as_secs();
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let fits =
        units.into_iter().find(|(unit, _)| seconds.is_multiple_of(*unit) && seconds >= *unit);
    match fits.map(|(unit, name)| (seconds / unit, name)) {
        Some((1, name)) => format!("1 {name}"),
        Some((count, name)) => format!("{count} {name}s"),
        None => "no time".to_owned(),
    }
}
