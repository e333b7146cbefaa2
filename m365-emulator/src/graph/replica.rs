//! Which requests a lagging replica can answer.

use http::Method;

use super::{is_delta, places};
use crate::state::replicas::Read;

/// Returns what kind of read a request is; none if no replica answers it, as with delta. `path` is
/// without the version.
pub(super) fn read_kind(method: &Method, path: &[&str]) -> Option<Read> {
    let is_post = *method == Method::POST;
    match path {
        ["users", _, "calendarView", name] | ["users", _, "calendar", "calendarView", name]
            if is_delta(name) =>
        {
            Some(Read::CalendarDelta)
        }
        ["users", _, "calendar" | "calendarView" | "events", ..] => Some(Read::Calendar),
        ["users", _, action] if is_post && action.eq_ignore_ascii_case("checkMemberGroups") => {
            Some(Read::MemberGroups)
        }
        _ if is_post => None,
        ["users" | "groups", segment] if is_delta(segment) => None,
        ["users" | "groups"] | ["users" | "groups", "$count"] => Some(Read::Listing),
        ["users", _] => Some(Read::User),
        ["groups", _] => Some(Read::Group),
        ["users" | "groups", ..] => Some(Read::Listing),
        ["places", kind, ..] if places::is_cast(kind) => Some(Read::Listing),
        ["places", _] | ["places", _, _] => Some(Read::Place),
        ["places", ..] => Some(Read::Listing),
        _ => None,
    }
}
