//! Goes page by page through what Graph tells of one subject, and hands it over.

use std::hash::{DefaultHasher, Hash, Hasher};

use futures_util::future::try_join;

use super::checkpoint::{Checkpoint, Position};
use crate::{
    error::{Error, Explanation},
    graph::{Answer, Graph, GraphError, LoopGuard, Page},
    host::{Host, Request, Response, Sink},
    model::{BATCH, Mode, Subject, UserBatch, UserChange},
    payload::UserReader,
};

/// Pages can be empty and go on; endless chains of them were seen as well, and of pages that say
/// the same again and again.
const MOST_BARREN: u32 = 1000;

/// What is particular to one subject.
pub(super) trait Walk<H: Host> {
    const SUBJECT: Subject;

    /// The first page of an enumeration.
    async fn begin(&self, checkpoint: &Checkpoint) -> Result<Position, Error>;

    /// What comes after a page, and whether nothing is left then.
    fn next(&self, position: &Position, page: &Page<'_>) -> Result<(Position, bool), Error>;

    /// What a page tells.
    async fn read(
        &mut self,
        page: &Page<'_>,
        position: &Position,
    ) -> Result<Vec<UserChange>, Error>;

    /// What it means that a page is refused.
    fn refused(
        graph: &Graph<'_, H>,
        reader: &UserReader,
        position: &Position,
        refusal: GraphError,
    ) -> Refused;
}

/// Why a page is refused.
pub(super) enum Refused {
    /// Graph no longer knows the link: begin anew. Its words, should that not help.
    Forgotten(Error),
    /// Anything else.
    For(Error),
}

/// A run: how far it has come, and where what it tells goes to.
pub(super) struct Run<'a, H, S> {
    graph: &'a Graph<'a, H>,
    reader: &'a UserReader,
    sink: &'a mut S,
    checkpoint: Checkpoint,
    unreadable: u32,
}

enum End {
    /// All was told.
    Reached,
    /// Graph no longer knows the link; its words, should it happen again.
    Forgotten(Error),
}

impl<'a, H: Host, S: Sink<UserBatch>> Run<'a, H, S> {
    pub(super) fn new(
        graph: &'a Graph<'a, H>,
        reader: &'a UserReader,
        sink: &'a mut S,
        checkpoint: Checkpoint,
    ) -> Self {
        Self { graph, reader, sink, checkpoint, unreadable: 0 }
    }

    /// How many could not be read so far.
    pub(super) fn unreadable(&self) -> u32 {
        self.unreadable
    }

    /// Tells all that there is to tell of a subject.
    pub(super) async fn walk<W: Walk<H>>(&mut self, walk: &mut W) -> Result<(), Error> {
        let mut enumerations = 0;
        loop {
            let settings = self.graph.settings();
            let anew = self.checkpoint.needs_enumeration(W::SUBJECT, settings);
            if anew {
                let position = walk.begin(&self.checkpoint).await?;
                let now = self.graph.host().now();
                self.checkpoint =
                    self.checkpoint.begin(W::SUBJECT, settings, self.reader, now, position);
            }
            match self.follow(walk, anew).await? {
                End::Reached => return Ok(()),
                End::Forgotten(refusal) => {
                    // Once is Graph's right; again and again would never end.
                    enumerations += 1;
                    if enumerations > 1 {
                        return Err(refusal);
                    }
                    self.checkpoint.forget(W::SUBJECT);
                }
            }
        }
    }

    /// Reads and tells page by page; the next page is under way while this one is told.
    async fn follow<W: Walk<H>>(&mut self, walk: &mut W, mut first: bool) -> Result<End, Error> {
        let Some(mut position) = self.checkpoint.position(W::SUBJECT).cloned() else {
            return Ok(End::Reached);
        };
        let (graph, reader) = (self.graph, self.reader);
        let mut guard = LoopGuard::default();
        let (mut barren, mut before) = (0, None);
        let mut response = match open::<W, H>(graph, reader, &mut guard, &position).await? {
            Ok(response) => response,
            Err(forgotten) => return Ok(End::Forgotten(forgotten)),
        };
        loop {
            // Only its links, so that the next page is under way before this one is read.
            let outline = Page::read(&response)?;
            let (next, ends) = walk.next(&position, &outline)?;
            let fingerprint = Some(fingerprint(&outline));
            let is_new = !outline.value.is_empty() && fingerprint != before;
            barren = if is_new { 0 } else { barren + 1 };
            before = fingerprint;
            // Before anything is told: a checkpoint must not lead astray.
            graph.own_link(next.link())?;
            let fetch = async {
                if ends {
                    return Ok(None);
                }
                open::<W, H>(graph, reader, &mut guard, &next).await.map(Some)
            };
            let part = Part { position: &position, next: &next, first, ends };
            // A page that does not come must not cost the one that is here.
            let fetch = async { Ok(fetch.await) };
            let (fetched, ()) = try_join(fetch, self.tell(walk, response, part)).await?;
            first = false;
            let is_overdue = self.checkpoint.is_overdue(W::SUBJECT, graph.host().now());
            if barren > MOST_BARREN || is_overdue && !ends {
                return Ok(End::Forgotten(LoopGuard::circle()));
            }
            response = match fetched? {
                None => return Ok(End::Reached),
                Some(Ok(response)) => response,
                Some(Err(forgotten)) => return Ok(End::Forgotten(forgotten)),
            };
            position = next;
        }
    }

    /// Tells one page, in as many batches as it takes.
    async fn tell<W: Walk<H>>(
        &mut self,
        walk: &mut W,
        response: Response,
        part: Part<'_>,
    ) -> Result<(), Error> {
        let page = Page::read(&response)?;
        let total = page.count;
        let changes = walk.read(&page, part.position).await?;
        // While it is handed over, the next page comes in: one of the two is enough.
        drop(page);
        drop(response);
        let unreadable = changes.iter().filter(|it| is_unreadable(it)).count();
        self.unreadable =
            self.unreadable.saturating_add(u32::try_from(unreadable).unwrap_or(u32::MAX));

        let full = part.position.is_full();
        let mut after = self.checkpoint.at(W::SUBJECT, part.next.clone());
        // A group that is back may bring people into the scope without a word of its members.
        if W::SUBJECT == Subject::Groups && !full && !changes.is_empty() {
            after.change_scope();
        }
        let mut changes = changes.into_iter().peekable();
        let mut first = part.first;
        loop {
            let batch: Vec<_> = changes.by_ref().take(BATCH).collect();
            let complete = changes.peek().is_none();
            // Within a page there is no place to go on from: it would be read again.
            let checkpoint = if complete { &after } else { &self.checkpoint };
            let mode = match full {
                true => Mode::Full { first, last: complete && part.ends },
                false => Mode::Incremental,
            };
            let batch = UserBatch {
                subject: W::SUBJECT,
                mode,
                changes: batch,
                checkpoint: checkpoint.to_text(),
                total,
            };
            self.sink.put(batch).await.map_err(|_| Error::Cancelled)?;
            first = false;
            if complete {
                self.checkpoint = after;
                return Ok(());
            }
        }
    }
}

/// Where a page stands in its walk.
#[derive(Clone, Copy)]
struct Part<'a> {
    /// From here the page would be read again.
    position: &'a Position,
    /// From here the next one is read.
    next: &'a Position,
    /// An enumeration begins with it.
    first: bool,
    /// Nothing is left after it.
    ends: bool,
}

/// Asks for a page by its link. The inner error means that Graph forgot the link, or that it
/// leads nowhere: begin anew.
async fn open<W: Walk<H>, H: Host>(
    graph: &Graph<'_, H>,
    reader: &UserReader,
    guard: &mut LoopGuard,
    position: &Position,
) -> Result<Result<Response, Error>, Error> {
    if let Err(circle) = guard.follow(position.link()) {
        return Ok(Err(circle));
    }
    let uri = graph.own_link(position.link())?;
    Ok(match graph.ask(Request::get(uri)).await? {
        Answer::Success(response) => Ok(response),
        Answer::Refused(refusal) => match W::refused(graph, reader, position, refusal) {
            Refused::Forgotten(words) => Err(words),
            Refused::For(error) => return Err(error),
        },
    })
}

/// What follows a page of delta, and whether the round ends with it.
pub(super) fn next_of_round(
    position: &Position,
    page: &Page<'_>,
) -> Result<(Position, bool), Error> {
    let next_link = page.next_link.as_ref().map(|it| it.clone().into_owned());
    let delta_link = page.delta_link.as_ref().map(|it| it.clone().into_owned());
    Ok(match (next_link, delta_link) {
        (Some(link), _) if position.is_full() => (Position::Enumerating { link }, false),
        (Some(link), _) => (Position::Following { link }, false),
        (None, Some(link)) => (Position::Following { link }, true),
        (None, None) => return Err(no_link()),
    })
}

/// Whether a link was forgotten, or what was refused instead.
pub(super) fn forgotten_or(refusal: GraphError, explain: impl Fn(GraphError) -> Error) -> Refused {
    match refusal.is_forgotten_link() {
        true => Refused::Forgotten(explain(refusal)),
        false => Refused::For(explain(refusal)),
    }
}

pub(super) fn no_link() -> Error {
    Error::Unexpected(
        Explanation::new(
            "no-delta-link",
            "Microsoft Graph's changes end without a link to later ones",
        )
        .remedy("Try again later"),
    )
}

/// Of what a page says: for the page before it, not for ever.
fn fingerprint(page: &Page<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    page.value.iter().for_each(|item| item.get().hash(&mut hasher));
    hasher.finish()
}

fn is_unreadable(change: &UserChange) -> bool {
    matches!(change, UserChange::Unreadable(_) | UserChange::GroupUnreadable(_))
}
