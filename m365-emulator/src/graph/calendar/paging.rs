//! Pages of lists of events.

use super::super::answer::Context;
use super::super::options;
use super::super::refusal::GraphRefusal;
use crate::wire::Query;

const DEFAULT_TOP: usize = 10;
const MAX_TOP: usize = 1000;

/// Reads which part of a list is asked for: by `$skip` and `$top`. The preferred size of a page is
/// that of delta, and no list has it.
pub(super) fn skip_and_top(query: &Query) -> Result<(usize, usize), GraphRefusal> {
    let top = options::number(query, "top")?.unwrap_or(DEFAULT_TOP);
    if !(1..=MAX_TOP).contains(&top) {
        return Err(GraphRefusal::page_size(&top.to_string(), MAX_TOP));
    }
    Ok((options::number(query, "skip")?.unwrap_or_default(), top))
}

/// Returns the link to the rest of a list of `total` events, of which `sent` are on this page and
/// those before; none at the end.
pub(super) fn next_link(
    context: &Context,
    query: &Query,
    path: &str,
    sent: usize,
    total: usize,
) -> Option<String> {
    (sent < total).then(|| context.link(path, &query.raw_without("skip"), &format!("$skip={sent}")))
}
