//! Goes page by page through what Graph tells of one subject, and hands it over.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use futures_util::future::try_join;

use super::{
    checkpoint::{Checkpoint, LARGEST_PAGE, Position, seconds},
    owed::Finding,
    restarts::Restarts,
};
use crate::{
    error::{Error, Explanation, is_too_large},
    graph::{Answer, Graph, GraphError, LoopGuard, Page, Pause},
    host::{Host, Request, Response, Sink},
    model::{self, BATCH, Mode, Subject, UserBatch, UserChange},
    payload::{Reported, UserReader},
};

/// Pages can be empty and go on; endless chains of them were seen as well, and of pages that say
/// the same again and again.
const MOST_BARREN: u32 = 1000;

/// How many ids are read once more at a time: what one request can ask for.
const REREAD: usize = 20;

/// After this time the rest of what is to be read once more waits for the next run, so that it
/// does not keep what changed waiting.
const REREADING: Duration = Duration::from_secs(5 * 60);

/// What is particular to one subject.
pub(super) trait Walk<H: Host> {
    const SUBJECT: Subject;

    /// The first page of an enumeration.
    async fn begin(&self, checkpoint: &Checkpoint) -> Result<Position, Error>;

    /// The first page of the listing that `position` is in, with at most `size` items a page;
    /// nothing where it is in none.
    fn relist(&self, position: &Position, size: u16) -> Option<Position>;

    /// Where to enumerate otherwise, where a listing loses its place again and again.
    fn otherwise(&self) -> Option<Position>;

    /// What comes after a page, and whether nothing is left then. `size` is that of pages.
    fn next(
        &self,
        position: &Position,
        page: &Page<'_>,
        size: u16,
    ) -> Result<(Position, bool), Error>;

    /// What a page tells. `after` is the checkpoint after this page: takes what is to be read
    /// once more.
    async fn read(
        &mut self,
        page: &Page<'_>,
        position: &Position,
        after: &mut Checkpoint,
    ) -> Result<Vec<UserChange>, Error>;

    /// Reads by id what was reported and could not be read; one finding for each.
    async fn reread(&mut self, owed: &[(String, Reported)]) -> Result<Vec<Finding>, Error>;

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
    /// Graph no longer knows the link. Its words, should restarts not help.
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
    given_up: Vec<String>,
}

/// Why pages end.
enum End {
    /// All was told.
    Reached,
    /// Graph no longer knows a link that it gave; its words.
    Expired(Error),
    /// The way leads nowhere; why.
    Astray(Error),
    /// A page is too large to be read; the words for it.
    TooLarge(Error),
}

impl<'a, H: Host, S: Sink<UserBatch>> Run<'a, H, S> {
    pub(super) fn new(
        graph: &'a Graph<'a, H>,
        reader: &'a UserReader,
        sink: &'a mut S,
        checkpoint: Checkpoint,
    ) -> Self {
        Self { graph, reader, sink, checkpoint, unreadable: 0, given_up: Vec::new() }
    }

    /// How many could not be read so far.
    pub(super) fn unreadable(&self) -> u32 {
        self.unreadable
    }

    /// How far it has come.
    pub(super) fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// What went wrong without ending the run.
    pub(super) fn warnings(&self) -> Vec<String> {
        let number = self.given_up.len();
        let examples = self.given_up.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        let warning = format!(
            "Microsoft Graph reported {number} users or groups that it has not let ONES read for 30 days, and ONES no longer tries: {examples}{}",
            if number > 5 { ", …" } else { "" }
        );
        (number > 0).then_some(warning).into_iter().collect()
    }

    /// Tells all that there is to tell of a subject.
    pub(super) async fn walk<W: Walk<H>>(&mut self, walk: &mut W) -> Result<(), Error> {
        self.settle(walk).await?;
        let settings = self.graph.settings();
        let mut restarts = Restarts::default();
        let mut anew = self.checkpoint.needs_enumeration(W::SUBJECT, settings);
        let mut began = self.checkpoint.position(W::SUBJECT).cloned().filter(|_| !anew);
        // Delta says where it stood as its first round began, and this run did not see that.
        let mut once_more = matches!(&began, Some(Position::Enumerating { initial: true, .. }));
        // Whether Graph gave the link that is followed first.
        let mut is_given = true;
        let mut first = false;
        loop {
            if anew {
                let position = walk.begin(&self.checkpoint).await?;
                let now = self.graph.host().now();
                self.checkpoint =
                    self.checkpoint.begin(W::SUBJECT, settings, self.reader, now, position);
                (first, is_given) = (true, false);
            }
            let end = self.follow(walk, &mut first, is_given).await?;
            let position = self.checkpoint.position(W::SUBJECT).cloned();
            let next = match end {
                End::Reached if once_more => {
                    once_more = false;
                    position
                }
                End::Reached => return Ok(()),
                End::Expired(words) => {
                    let pause = restarts.pause().ok_or_else(|| unavailable(words))?;
                    self.graph.count_again(false);
                    let pause = self.graph.length(Pause::Guessed(pause));
                    self.graph.host().sleep(pause).await;
                    self.restart(walk, position, &mut began)
                }
                End::Astray(_) if restarts.may_help() => None,
                End::Astray(why) => return Err(why),
                End::TooLarge(words) => {
                    if !self.checkpoint.halve_pages(W::SUBJECT) {
                        return Err(words);
                    }
                    let size = self.page_size(W::SUBJECT);
                    position.map(|it| walk.relist(&it, size).unwrap_or(it))
                }
            };
            anew = next.is_none();
            match next {
                Some(next) => {
                    is_given = matches!(next, Position::Following { .. });
                    self.checkpoint.move_to(W::SUBJECT, next);
                }
                None => self.checkpoint.forget(W::SUBJECT),
            }
        }
    }

    /// Where to go on after Graph forgot the link of `position`; nothing where all is to be
    /// enumerated anew. `began` is where this run began, which is tried once.
    fn restart<W: Walk<H>>(
        &mut self,
        walk: &W,
        position: Option<Position>,
        began: &mut Option<Position>,
    ) -> Option<Position> {
        let position = position?;
        match &position {
            // What was listed stays told; what changed since, its delta link reports.
            Position::Listing { .. } => match self.checkpoint.expire(W::SUBJECT) {
                1 => walk.relist(&position, self.page_size(W::SUBJECT)),
                _ => walk.otherwise(),
            },
            // Page links are short-lived, the link of the round is not.
            Position::Following { link } => began
                .take()
                .filter(|it| matches!(it, Position::Following { .. }) && it.link() != link),
            Position::Enumerating { .. } => None,
        }
    }

    fn page_size(&self, subject: Subject) -> u16 {
        self.checkpoint.page_size(subject).unwrap_or(LARGEST_PAGE)
    }

    /// Reads what earlier runs could not read, before anything else.
    async fn settle<W: Walk<H>>(&mut self, walk: &mut W) -> Result<(), Error> {
        let mut after = self.checkpoint.clone();
        let host = self.graph.host();
        let began = host.now();
        let due = after.owed(W::SUBJECT).map(|it| it.due(seconds(began))).unwrap_or_default();
        if due.is_empty() {
            return Ok(());
        }
        let mut changes = Vec::new();
        let mut result = Ok(());
        for some in due.chunks(REREAD) {
            let findings = match walk.reread(some).await {
                Ok(findings) => findings,
                // What was read so far is worth telling.
                Err(error) => {
                    result = Err(error);
                    break;
                }
            };
            let now = host.now();
            if let Some(owed) = after.owed_mut(W::SUBJECT) {
                changes.extend(owed.settle(findings, seconds(now), &mut self.given_up));
            }
            if now.duration_since(began).is_ok_and(|it| it > REREADING) {
                break;
            }
        }
        let is_full = self.checkpoint.position(W::SUBJECT).is_some_and(Position::is_full);
        let mode = |_| match is_full {
            true => Mode::Full(model::Part { first: false, last: false }),
            false => Mode::Incremental,
        };
        self.put(W::SUBJECT, changes, after, mode, None).await?;
        result
    }

    /// Reads and tells page by page; the next page is under way while this one is told.
    /// `is_given` says whether Graph gave the first link, `first` whether an enumeration begins
    /// with the next batch.
    async fn follow<W: Walk<H>>(
        &mut self,
        walk: &mut W,
        first: &mut bool,
        is_given: bool,
    ) -> Result<End, Error> {
        let Some(mut position) = self.checkpoint.position(W::SUBJECT).cloned() else {
            return Ok(End::Reached);
        };
        let (graph, reader) = (self.graph, self.reader);
        let size = self.checkpoint.page_size(W::SUBJECT);
        let mut guard = LoopGuard::default();
        let (mut barren, mut before) = (0, None);
        let mut response = match open::<W, H>(graph, reader, &mut guard, &position, size).await? {
            Ok(response) => response,
            Err(End::Expired(words)) if !is_given => return Ok(End::Astray(words)),
            Err(end) => return Ok(end),
        };
        loop {
            // Only its links, so that the next page is under way before this one is read.
            let outline = Page::read(&response)?;
            let (next, ends) = walk.next(&position, &outline, size.unwrap_or(LARGEST_PAGE))?;
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
                open::<W, H>(graph, reader, &mut guard, &next, size).await.map(Some)
            };
            let part = Part { position: &position, next: &next, first: *first, ends };
            // A page that does not come must not cost the one that is here.
            let fetch = async { Ok(fetch.await) };
            let (fetched, ()) = try_join(fetch, self.tell(walk, response, part)).await?;
            *first = false;
            let is_overdue = self.checkpoint.is_overdue(W::SUBJECT, graph.host().now());
            if barren > MOST_BARREN || is_overdue && !ends {
                return Ok(End::Astray(LoopGuard::circle()));
            }
            response = match fetched? {
                None => return Ok(End::Reached),
                Some(Ok(response)) => response,
                Some(Err(end)) => return Ok(end),
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
        let is_empty = page.value.is_empty();
        let mut after = self.checkpoint.at(W::SUBJECT, part.next.clone());
        let changes = walk.read(&page, part.position, &mut after).await?;
        // Before anything is told: the link must not move past what is lost otherwise.
        after.bound_owed()?;
        // While it is handed over, the next page comes in: one of the two is enough.
        drop(page);
        drop(response);
        let full = part.position.is_full();
        // A group that is back may bring people into the scope without a word of its members.
        if W::SUBJECT == Subject::Groups && !full && !is_empty {
            after.change_scope();
        }
        let mut first = part.first;
        let mode = |complete| match full {
            true => Mode::Full(model::Part {
                first: std::mem::take(&mut first),
                last: complete && part.ends,
            }),
            false => Mode::Incremental,
        };
        self.put(W::SUBJECT, changes, after, mode, total).await
    }

    /// Hands changes over in as many batches as it takes, and goes on from `after`. `mode` is
    /// told whether the batch is the last of them.
    async fn put(
        &mut self,
        subject: Subject,
        changes: Vec<UserChange>,
        after: Checkpoint,
        mut mode: impl FnMut(bool) -> Mode,
        total: Option<u64>,
    ) -> Result<(), Error> {
        let unreadable = changes.iter().filter(|it| is_unreadable(it)).count();
        self.unreadable =
            self.unreadable.saturating_add(u32::try_from(unreadable).unwrap_or(u32::MAX));
        let mut changes = changes.into_iter().peekable();
        loop {
            let batch: Vec<_> = changes.by_ref().take(BATCH).collect();
            let complete = changes.peek().is_none();
            // Within a page there is no place to go on from: it would be read again.
            let checkpoint = if complete { &after } else { &self.checkpoint };
            let batch = UserBatch {
                subject,
                mode: mode(complete),
                changes: batch,
                checkpoint: checkpoint.to_text(),
                total,
            };
            self.sink.put(batch).await.map_err(|_| Error::Cancelled)?;
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

/// Asks for a page by its link. The inner error means that it does not come by that link.
async fn open<W: Walk<H>, H: Host>(
    graph: &Graph<'_, H>,
    reader: &UserReader,
    guard: &mut LoopGuard,
    position: &Position,
    size: Option<u16>,
) -> Result<Result<Response, End>, Error> {
    if let Err(circle) = guard.follow(position.link()) {
        return Ok(Err(End::Astray(circle)));
    }
    let mut request = Request::get(graph.own_link(position.link())?);
    if let (Some(size), false) = (size, matches!(position, Position::Listing { .. })) {
        // Delta of users and groups takes no $top. Microsoft documents this header for delta of
        // Outlook items; where Graph does not honour it here, the run ends as too large.
        request = request.header("prefer", format!("odata.maxpagesize={size}"));
    }
    Ok(match graph.ask(request).await {
        Ok(Answer::Success(response)) => Ok(response),
        Ok(Answer::Refused(refusal)) => match W::refused(graph, reader, position, refusal) {
            Refused::Forgotten(words) => Err(End::Expired(words)),
            Refused::For(error) => return Err(error),
        },
        Err(error) if is_too_large(&error) => Err(End::TooLarge(error)),
        Err(error) => return Err(error),
    })
}

/// Graph forgot its links again and again: the next run may be luckier.
fn unavailable(words: Error) -> Error {
    match words.explanation().cloned() {
        Some(words) => {
            let summary = "Microsoft Graph no longer knows the links to further pages that it gave";
            Error::Unavailable(Explanation {
                summary: summary.to_owned(),
                remedy: Some("Wait: the next run goes on".to_owned()),
                ..words
            })
        }
        None => words,
    }
}

/// What follows a page of delta, and whether the round ends with it.
pub(super) fn next_of_round(
    position: &Position,
    page: &Page<'_>,
) -> Result<(Position, bool), Error> {
    let next_link = page.next_link.as_ref().map(|it| it.clone().into_owned());
    let delta_link = page.delta_link.as_ref().map(|it| it.clone().into_owned());
    Ok(match (next_link, delta_link) {
        (Some(link), _) => match position {
            Position::Enumerating { initial, .. } => {
                (Position::Enumerating { link, initial: *initial }, false)
            }
            _ => (Position::Following { link }, false),
        },
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
    matches!(change, UserChange::UserUnreadable(_) | UserChange::GroupUnreadable(_))
}
