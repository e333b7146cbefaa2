//! Points in time.

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
