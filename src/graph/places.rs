//! Collections of places, page by page.
//!
//! Source: <https://learn.microsoft.com/graph/api/place-list>.

use http::Uri;
use serde_json::value::RawValue;

use super::{Answer, Graph, LoopGuard, Page};
use crate::{
    error::Error,
    host::{Host, Request},
    permission::PLACES,
};

/// Maximum number of places on a page.
pub const PAGE: usize = 100;

/// Maximum number of pages in a row that contain nothing new.
const MOST_BARREN: u32 = 10;

/// Number of places that were read, and number that Graph reports.
#[derive(Debug, Clone, Copy)]
pub struct Total {
    /// Number of items on all pages.
    pub got: usize,
    /// `@odata.count`, where Graph returned it.
    pub count: Option<u64>,
}

/// Why a collection of places could not be read completely.
#[derive(Debug)]
pub struct Trouble {
    /// What went wrong.
    pub error: Error,
    /// Whether a later run is likely to read it: the service failed or was not reached, rather
    /// than refused.
    pub is_passing: bool,
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let is_passing = matches!(error, Error::Unavailable(_) | Error::Throttled(_));
        Self { error, is_passing }
    }
}

/// Does the same as [`try_each_page`], with a plain error.
///
/// # Errors
/// Those of [`Graph::require`] and of `on_page`; [`Error::Unexpected`] where pages continue without
/// anything new.
pub async fn each_page<H: Host>(
    graph: &Graph<'_, H>,
    url: impl Fn(usize) -> Uri,
    on_page: impl AsyncFnMut(&[&RawValue]) -> Result<usize, Error>,
) -> Result<Total, Error> {
    try_each_page(graph, url, on_page).await.map_err(|trouble| trouble.error)
}

/// Reads a collection of places page by page. `url` returns the address of the page after a number
/// of places; `on_page` returns the number of its items that were not seen before.
///
/// `/places` is known to return 100 items without a link to the rest. A full page without a link is
/// therefore followed by a request with `$skip`, until a page contains nothing new.
///
/// # Errors
/// [`Trouble`] with the errors of [`each_page`].
pub async fn try_each_page<H: Host>(
    graph: &Graph<'_, H>,
    url: impl Fn(usize) -> Uri,
    mut on_page: impl AsyncFnMut(&[&RawValue]) -> Result<usize, Error>,
) -> Result<Total, Trouble> {
    let mut total = Total { got: 0, count: None };
    let mut guard = LoopGuard::default();
    let mut next = url(0);
    let mut skipping = false;
    let mut barren = 0;
    loop {
        guard.follow(&next.to_string())?;
        let response = match graph.ask(Request::get(next)).await? {
            Answer::Success(response) => response,
            Answer::Refused(refusal) => {
                let is_passing = refusal.status >= 500 && refusal.status != 501;
                return Err(Trouble { error: graph.explain(refusal, PLACES), is_passing });
            }
        };
        let page = Page::read(&response)?;
        let items = page.value.len();
        let new = on_page(&page.value).await?;
        total.got += items;
        total.count = page.count.or(total.count);
        barren = if new == 0 { barren + 1 } else { 0 };
        if barren > MOST_BARREN {
            return Err(LoopGuard::loop_error().into());
        }
        let lacking = total.count.is_some_and(|count| (total.got as u64) < count);
        next = match &page.next_link {
            Some(link) => graph.own_link(link)?,
            None if items == 0 || new == 0 && !lacking => return Ok(total),
            None if items >= PAGE || skipping || lacking => {
                skipping = true;
                url(total.got)
            }
            None => return Ok(total),
        };
    }
}

/// Returns why something about rooms could not be read, where the run continues without it.
///
/// # Errors
/// The error itself where the run must end: throttling, credentials, a host that no longer reads.
pub fn reason_to_continue(error: Error) -> Result<String, Error> {
    match error {
        Error::PermissionMissing(it)
        | Error::Unsupported(it)
        | Error::Unexpected(it)
        | Error::Unavailable(it) => Ok(it.summary),
        error => Err(error),
    }
}
