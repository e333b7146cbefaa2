//! Listings of directory objects: `/users`, `/groups`, and the members of a group or the groups of
//! a user. What they have in common is how a request names a page, and how a page leads to the
//! next.

use super::answer::Context;
use super::options;
use super::refusal::GraphRefusal;
use super::select::Selection;
use crate::state::State;
use crate::state::cursors::Cursor;
use crate::tenant::entry::{Entry, Slot};
use crate::wire::{Query, Request};

/// The page that a request asks for.
pub(super) struct Listing {
    /// The query of the first request.
    pub(super) query: Query,
    /// Slot or number of the first element.
    pub(super) start: u32,
    is_counted: bool,
}

impl Listing {
    /// Reads the first page from a query, or a later one from its `$skiptoken`.
    pub(super) fn read(state: &State, request: &Request) -> Result<Self, GraphRefusal> {
        let (query, start) = match request.query.option("skiptoken") {
            None => (request.query.clone(), 0),
            Some(token) => {
                let (query, next) = state.cursors.page(token)?;
                (Query::parse(&query), next)
            }
        };
        let counts = query.option("count").is_some_and(|count| count.eq_ignore_ascii_case("true"));
        // Without the header, Graph ignores the option and refuses the segment `$count`
        // (https://learn.microsoft.com/graph/aad-advanced-queries).
        Ok(Self { query, start, is_counted: counts && options::is_eventual(request) })
    }

    /// Returns whether the answer has the number of all elements.
    pub(super) fn is_counted(&self) -> bool {
        self.is_counted
    }

    /// Returns the link to the page that starts at `next`, if there is one.
    pub(super) fn next_link(
        &self,
        state: &mut State,
        context: &Context,
        path: &str,
        next: Option<u32>,
    ) -> Option<String> {
        let query = self.query.raw_without("skiptoken");
        let token = state.cursors.issue(&Cursor::Page { query: query.clone(), next: next? });
        Some(context.link(path, &query, &format!("$skiptoken={token}")))
    }
}

/// Writes a page of at most `top` entries as JSON, and returns the slot at which the next one
/// starts.
pub(super) fn write_page<'a>(
    selection: &Selection,
    mut entries: impl Iterator<Item = (Slot, &'a Entry)>,
    top: usize,
) -> (String, Option<Slot>) {
    let mut value = String::new();
    for (_, entry) in entries.by_ref().take(top) {
        if !value.is_empty() {
            value.push(',');
        }
        selection.write(&mut value, entry);
    }
    (value, entries.next().map(|(slot, _)| slot))
}
