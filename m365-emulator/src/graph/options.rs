//! Query options that several paths of Graph have. An option that a path does not serve is refused.

use super::refusal::GraphRefusal;
use crate::wire::{Query, Request, plain_name};

/// Size of a page of users or groups without `$top`.
const DEFAULT_TOP: usize = 100;

/// Maximum size of a page of users or groups.
const MAX_TOP: usize = 999;

/// Returns whether the request has the header `ConsistencyLevel: eventual`.
pub(super) fn is_eventual(request: &Request) -> bool {
    request.header("consistencylevel").is_some_and(|level| level.eq_ignore_ascii_case("eventual"))
}

/// Checks the options of a request for one user or group.
pub(super) fn check_single(query: &Query) -> Result<(), GraphRefusal> {
    for (name, _) in query.pairs() {
        match plain_name(name).to_ascii_lowercase().as_str() {
            "expand" => return Err(refuse_expand(query)),
            option if name.starts_with('$') && !matches!(option, "select" | "format") => {
                return Err(GraphRefusal::option(option));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Returns the refusal of `$expand`.
pub(super) fn refuse_expand(query: &Query) -> GraphRefusal {
    let expand = query.option("expand").unwrap_or_default();
    GraphRefusal::expand(expand.split(['(', ',']).next().unwrap_or_default())
}

/// Reads `$top` of a listing of users, groups, or their relations.
pub(super) fn top(query: &Query) -> Result<usize, GraphRefusal> {
    let Some(top) = query.option("top") else {
        return Ok(DEFAULT_TOP);
    };
    match top.parse::<usize>() {
        Ok(size) if (1..=MAX_TOP).contains(&size) => Ok(size),
        Ok(_) => Err(GraphRefusal::page_size(top, MAX_TOP)),
        Err(_) => Err(GraphRefusal::not_a_number("top", top)),
    }
}

/// Reads an option that is a number.
pub(super) fn number(query: &Query, option: &str) -> Result<Option<usize>, GraphRefusal> {
    query
        .option(option)
        .map(|given| given.parse().map_err(|_| GraphRefusal::not_a_number(option, given)))
        .transpose()
}

/// Reads `$select` where an object has the properties for which `has` is true. `kind` is the name
/// of its type.
pub(super) fn selected(
    query: &Query,
    kind: &str,
    has: impl Fn(&str) -> bool,
) -> Result<Option<Vec<String>>, GraphRefusal> {
    let Some(select) = query.option("select").filter(|select| !select.trim().is_empty()) else {
        return Ok(None);
    };
    select
        .split(',')
        .map(str::trim)
        .map(|name| {
            has(name).then(|| name.to_owned()).ok_or_else(|| GraphRefusal::no_property(name, kind))
        })
        .collect::<Result<Vec<_>, _>>()
        .map(Some)
}
