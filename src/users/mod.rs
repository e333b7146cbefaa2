//! Tells people: all of them at first, then what changed.
//!
//! A first run takes a delta link that means "from now on", lists everybody in large pages,
//! and then follows that link once: `/users/delta` alone would take five times the requests.
//! Source: <https://learn.microsoft.com/graph/delta-query-overview>.

mod mailboxes;
mod read;
mod teller;

use futures_util::future::try_join;

use crate::{
    checkpoint::{Checkpoint, Position},
    describe::USERS,
    error::{Error, Explanation},
    expiry,
    graph::{Answer, Graph, GraphError, LoopGuard, Page, Patience},
    host::{Host, Request, Response, Sink},
    model::{Summary, UserBatch},
    payload::UserReader,
    settings::Settings,
};
pub use read::read;
use teller::{Part, Teller};

/// Tells people from `since` on, or all of them.
///
/// # Errors
/// [`Error::Cancelled`] where `sink` was dropped; else as [`Graph::require`]. What was told
/// before an error stands, with its checkpoint.
pub async fn sync<H: Host>(
    host: &H,
    settings: &Settings,
    since: Option<&str>,
    sink: &mut impl Sink<UserBatch>,
) -> Result<Summary, Error> {
    let graph = Graph::new(host, settings, Patience::SYNC);
    let reader = UserReader::new(settings);
    let mut teller = Teller::new(&graph, &reader, sink);
    let resumed = since.and_then(|it| Checkpoint::resume(it, settings, &reader, host.now()));
    let mut enumerations = 0;
    let mut start = match resumed {
        Some(checkpoint) => (checkpoint, false),
        None => (begin(&graph, &reader).await?, true),
    };
    while let End::Forgotten(refusal) = follow(&graph, &mut teller, start).await? {
        // Once is Graph's right; again and again would never end.
        enumerations += 1;
        if enumerations > 1 {
            return Err(refusal);
        }
        start = (begin(&graph, &reader).await?, true);
    }
    let (mut warnings, unreadable) = teller.finish();
    warnings.extend(expiry::warning(settings, host.now()));
    Ok(Summary { warnings, unreadable, ..graph.summary() })
}

/// Pages can be empty and go on; endless chains of them were seen as well.
const MOST_BARREN: u32 = 1000;

enum End {
    /// All was told.
    Reached,
    /// Graph no longer knows the link; its words, should it happen again.
    Forgotten(Error),
}

/// Begins an enumeration with a delta link that means "from now on".
async fn begin<H: Host>(graph: &Graph<'_, H>, reader: &UserReader) -> Result<Checkpoint, Error> {
    let endpoints = graph.endpoints();
    let mut url = endpoints.users_delta_latest(reader.select());
    let mut guard = LoopGuard::default();
    let delta = loop {
        guard.follow(&url.to_string())?;
        let response = match graph.ask(Request::get(url)).await? {
            Answer::Success(response) => response,
            Answer::Refused(refusal) => {
                return Err(wrong_attribute(graph.settings(), &refusal)
                    .unwrap_or_else(|| graph.explain(refusal, USERS)));
            }
        };
        let page = Page::read(&response)?;
        // "latest" is answered with the delta link at once. Pages on the way to it would
        // tell what the listing tells anyway.
        url = match (&page.delta_link, &page.next_link) {
            (Some(delta), _) => {
                graph.own_link(delta)?;
                break delta.clone().into_owned();
            }
            (None, Some(next)) => graph.own_link(next)?,
            (None, None) => return Err(no_link()),
        };
    };
    let link = endpoints.users(reader.select()).to_string();
    let position = Position::Listing { link, delta };
    Ok(Checkpoint::begin(graph.settings(), reader, graph.host().now(), position))
}

/// Reads and tells page by page; the next page is under way while this one is told.
async fn follow<H: Host, S: Sink<UserBatch>>(
    graph: &Graph<'_, H>,
    teller: &mut Teller<'_, H, S>,
    (mut checkpoint, mut first): (Checkpoint, bool),
) -> Result<End, Error> {
    let mut guard = LoopGuard::default();
    let mut barren = 0;
    let mut response = match open(graph, &mut guard, &checkpoint.position).await? {
        Ok(response) => response,
        Err(forgotten) => return Ok(End::Forgotten(forgotten)),
    };
    loop {
        // Only its links, so that the next page is under way before this one is read.
        let outline = Page::read(&response)?;
        let (next, ends) = next(&checkpoint.position, &outline)?;
        barren = if outline.value.is_empty() { barren + 1 } else { 0 };
        // Before anything is told: a checkpoint must not lead astray.
        graph.own_link(next.link())?;
        let next = checkpoint.at(next);
        let fetch = async {
            if ends {
                return Ok(None);
            }
            open(graph, &mut guard, &next.position).await.map(Some)
        };
        let part = Part { before: &checkpoint, after: &next, first, ends };
        // A page that does not come must not cost the one that is here.
        let fetch = async { Ok(fetch.await) };
        let (fetched, ()) = try_join(fetch, teller.tell(response, part)).await?;
        first = false;
        if barren > MOST_BARREN {
            return Ok(End::Forgotten(LoopGuard::circle()));
        }
        response = match fetched? {
            None => return Ok(End::Reached),
            Some(Ok(response)) => response,
            Some(Err(forgotten)) => return Ok(End::Forgotten(forgotten)),
        };
        checkpoint = next;
    }
}

/// Asks for a page by its link. The inner error means that Graph forgot the link, or that it
/// leads nowhere: begin anew.
async fn open<H: Host>(
    graph: &Graph<'_, H>,
    guard: &mut LoopGuard,
    position: &Position,
) -> Result<Result<Response, Error>, Error> {
    if let Err(circle) = guard.follow(position.link()) {
        return Ok(Err(circle));
    }
    let uri = graph.own_link(position.link())?;
    Ok(match graph.ask(Request::get(uri)).await? {
        Answer::Success(response) => Ok(response),
        Answer::Refused(refusal) => {
            if let Some(error) = wrong_attribute(graph.settings(), &refusal) {
                return Err(error);
            }
            match refusal.is_forgotten_link() {
                true => Err(graph.explain(refusal, USERS)),
                false => return Err(graph.explain(refusal, USERS)),
            }
        }
    })
}

/// The card number is the only property that the settings name: where Graph refuses it, they
/// are wrong.
pub fn wrong_attribute(settings: &Settings, refusal: &GraphError) -> Option<Error> {
    let attribute = settings.users.card_number.as_ref()?;
    refusal.is_about(attribute.property()).then(|| {
        let name = attribute.path().join("/");
        let message = format!("Microsoft Graph cannot tell the attribute {name} of people");
        Error::wrong_field("/users/cardNumber", message)
    })
}

/// What comes after a page, and whether the run ends with it.
fn next(position: &Position, page: &Page<'_>) -> Result<(Position, bool), Error> {
    let next_link = page.next_link.as_ref().map(|it| it.clone().into_owned());
    let delta_link = page.delta_link.as_ref().map(|it| it.clone().into_owned());
    Ok(match (position, next_link, delta_link) {
        (Position::Listing { delta, .. }, Some(link), _) => {
            (Position::Listing { link, delta: delta.clone() }, false)
        }
        (Position::Listing { delta, .. }, None, _) => {
            (Position::CatchingUp { link: delta.clone() }, false)
        }
        (Position::CatchingUp { .. }, Some(link), _) => (Position::CatchingUp { link }, false),
        (Position::Following { .. }, Some(link), _) => (Position::Following { link }, false),
        (Position::CatchingUp { .. } | Position::Following { .. }, None, Some(link)) => {
            (Position::Following { link }, true)
        }
        (Position::CatchingUp { .. } | Position::Following { .. }, None, None) => {
            return Err(no_link());
        }
    })
}

fn no_link() -> Error {
    Error::Unexpected(
        Explanation::new(
            "no-delta-link",
            "Microsoft Graph's changes end without a link to later ones",
        )
        .remedy("Try again later"),
    )
}
