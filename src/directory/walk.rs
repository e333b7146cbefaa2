//! Reads one subject page by page, and hands its changes over to the host.

use std::{
    borrow::Cow,
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use futures_util::future::try_join;

use super::{
    checkpoint::{Checkpoint, LARGEST_PAGE, Position},
    owed::Finding,
    restarts::Restarts,
};
use crate::{
    error::{Error, Explanation, is_too_large},
    graph::{Answer, Graph, GraphError, Links, LoopGuard, Pause},
    host::{Host, Request, Response, Sink, unix_seconds},
    model::{self, BATCH, Mode, Subject, UserBatch, UserChange},
    payload::{Reported, UserReader},
};

/// Maximum number of pages in a row without anything new. Single pages can be empty, but endless
/// chains of empty or equal pages occurred as well.
const MOST_BARREN: u32 = 1000;

/// Number of ids that are read once more at a time: the maximum of one request.
const REREAD: usize = 20;

/// Maximum time to read ids once more. The rest waits for the next run, so that it does not delay
/// new changes.
const REREADING: Duration = Duration::from_secs(5 * 60);

/// The parts of a walk that differ between users and groups.
pub(super) trait Walk<H: Host> {
    const SUBJECT: Subject;

    /// Returns the first page of an enumeration.
    async fn begin(&self, checkpoint: &Checkpoint) -> Result<Position, Error>;

    /// Returns the first page of the listing of `position`, with at most `size` items a page;
    /// `None` where `position` is not in a listing.
    fn relist(&self, position: &Position, size: u16) -> Option<Position>;

    /// Returns another way to enumerate, for a listing whose page links expire repeatedly.
    fn alternative(&self) -> Option<Position>;

    /// Returns what to read after a page, and whether the walk ends with that page. `size` is the
    /// maximum number of items on a page.
    fn next(
        &self,
        position: &Position,
        links: &Links<'_>,
        size: u16,
    ) -> Result<(Position, bool), Error>;

    /// Reads a page. `after` is the checkpoint after it: ids that are to be read once more are
    /// added to it.
    async fn read(
        &mut self,
        page: &Response,
        position: &Position,
        after: &mut Checkpoint,
    ) -> Result<Contents, Error>;

    /// Reads ids once more; returns one finding for each.
    async fn reread(&mut self, owed: &[(String, Reported)]) -> Result<Vec<Finding>, Error>;

    /// Returns the reason why a page was refused.
    fn refused(
        graph: &Graph<'_, H>,
        reader: &UserReader,
        position: &Position,
        refusal: GraphError,
    ) -> Refused;
}

/// What a page contains.
pub(super) struct Contents {
    /// The changes to report.
    pub(super) changes: Vec<UserChange>,
    /// Number of items on all pages.
    pub(super) total: Option<u64>,
    /// Distinguishes the page from the one before; `None` for a page without items.
    pub(super) fingerprint: Option<u64>,
}

/// Returns a fingerprint of a page. Its first and last item are enough: only a long series of pages
/// that do not differ is an error.
pub(super) fn fingerprint(mut items: impl DoubleEndedIterator<Item = impl Hash>) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    items.next()?.hash(&mut hasher);
    items.next_back().hash(&mut hasher);
    Some(hasher.finish())
}

/// Why a page was refused.
pub(super) enum Refused {
    /// Graph no longer knows the link. The error applies where restarts do not help.
    Forgotten(Error),
    /// Any other reason.
    For(Error),
}

/// A run: its checkpoint, and the sink of its batches.
pub(super) struct Run<'a, H, S> {
    graph: &'a Graph<'a, H>,
    reader: &'a UserReader,
    sink: &'a mut S,
    checkpoint: Checkpoint,
    unreadable: u32,
    given_up: Vec<String>,
}

/// Why no further page is read.
enum End {
    /// All changes were handed over.
    Reached,
    /// Graph no longer knows a link that it returned.
    Expired(Error),
    /// The pages do not come to an end.
    Astray(Error),
    /// A page is too large to be read.
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

    /// Returns the number of records that could not be read so far.
    pub(super) fn unreadable(&self) -> u32 {
        self.unreadable
    }

    /// Returns the checkpoint that was reached.
    pub(super) fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Returns warnings about errors that did not end the run.
    pub(super) fn warnings(&self) -> Vec<String> {
        let number = self.given_up.len();
        let examples = self.given_up.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        let warning = format!(
            "Microsoft Graph reported {number} users or groups that ONES could not read for 30 \
                days; ONES no longer tries to: {examples}{}",
            if number > 5 { ", …" } else { "" }
        );
        (number > 0).then_some(warning).into_iter().collect()
    }

    /// Hands over all changes of a subject.
    pub(super) async fn walk<W: Walk<H>>(&mut self, walk: &mut W) -> Result<(), Error> {
        self.settle(walk).await?;
        let settings = self.graph.settings();
        let mut restarts = Restarts::default();
        let mut enumerate = self.checkpoint.needs_enumeration(W::SUBJECT, settings);
        let mut began = self.checkpoint.position(W::SUBJECT).cloned().filter(|_| !enumerate);
        // The first round of delta began in an earlier run and shows the state of that time.
        let mut once_more = matches!(&began, Some(Position::Enumerating { initial: true, .. }));
        // Whether Graph returned the link that is followed first, or the plugin built it.
        let mut is_given = true;
        let mut first = false;
        loop {
            if enumerate {
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
                    position.map(|reached| walk.relist(&reached, size).unwrap_or(reached))
                }
            };
            enumerate = next.is_none();
            match next {
                Some(next) => {
                    is_given = matches!(next, Position::Following { .. });
                    self.checkpoint.move_to(W::SUBJECT, next);
                }
                None => self.checkpoint.forget(W::SUBJECT),
            }
        }
    }

    /// Returns where to continue after Graph forgot the link of `position`; `None` where the
    /// subject is to be enumerated again. `began` is the position at which this run began, which is
    /// tried once.
    fn restart<W: Walk<H>>(
        &mut self,
        walk: &W,
        position: Option<Position>,
        began: &mut Option<Position>,
    ) -> Option<Position> {
        let position = position?;
        match &position {
            // What was listed was handed over; the delta link reports what changed since.
            Position::Listing { .. } => match self.checkpoint.expire(W::SUBJECT) {
                1 => walk.relist(&position, self.page_size(W::SUBJECT)),
                _ => walk.alternative(),
            },
            // Page links are short-lived, the link of the round is not.
            Position::Following { link } => began.take().filter(|before| {
                matches!(before, Position::Following { .. }) && before.link() != link
            }),
            Position::Enumerating { .. } => None,
        }
    }

    fn page_size(&self, subject: Subject) -> u16 {
        self.checkpoint.page_size(subject).unwrap_or(LARGEST_PAGE)
    }

    /// Reads the ids that earlier runs could not read, before any page.
    async fn settle<W: Walk<H>>(&mut self, walk: &mut W) -> Result<(), Error> {
        let mut after = self.checkpoint.clone();
        let host = self.graph.host();
        let began = host.now();
        let owed = after.owed(W::SUBJECT);
        let due = owed.map(|owed| owed.due(unix_seconds(began))).unwrap_or_default();
        if due.is_empty() {
            return Ok(());
        }
        let mut changes = Vec::new();
        let mut result = Ok(());
        for some in due.chunks(REREAD) {
            let findings = match walk.reread(some).await {
                Ok(findings) => findings,
                // What was read so far is handed over.
                Err(error) => {
                    result = Err(error);
                    break;
                }
            };
            let now = host.now();
            if let Some(owed) = after.owed_mut(W::SUBJECT) {
                changes.extend(owed.settle(findings, unix_seconds(now), &mut self.given_up));
            }
            if now.duration_since(began).is_ok_and(|elapsed| elapsed > REREADING) {
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

    /// Reads and hands over page by page; the next page is requested while this one is handed over.
    /// `is_given` says whether Graph returned the first link, `first` whether an enumeration begins
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
            // Only the links are read here, so that the next page is requested before this one is
            // read.
            let links = Links::read(&response)?;
            let (next, ends) = walk.next(&position, &links, size.unwrap_or(LARGEST_PAGE))?;
            // Checked before the batch: a checkpoint must not contain a link to another server.
            graph.own_link(next.link())?;
            let fetch = async {
                if ends {
                    return Ok(None);
                }
                open::<W, H>(graph, reader, &mut guard, &next, size).await.map(Some)
            };
            let part = Part { position: &position, next: &next, first: *first, ends };
            // An error of the next page must not cancel the current one.
            let fetch = async { Ok(fetch.await) };
            let (fetched, fingerprint) =
                try_join(fetch, self.hand_over_page(walk, response, part)).await?;
            *first = false;
            let is_new = fingerprint.is_some() && fingerprint != before;
            barren = if is_new { 0 } else { barren + 1 };
            before = fingerprint;
            let is_overdue = self.checkpoint.is_overdue(W::SUBJECT, graph.host().now());
            if barren > MOST_BARREN || is_overdue && !ends {
                return Ok(End::Astray(LoopGuard::loop_error()));
            }
            response = match fetched? {
                None => return Ok(End::Reached),
                Some(Ok(response)) => response,
                Some(Err(end)) => return Ok(end),
            };
            position = next;
        }
    }

    /// Hands over the changes of one page, in as many batches as needed. Returns the fingerprint of
    /// the page.
    async fn hand_over_page<W: Walk<H>>(
        &mut self,
        walk: &mut W,
        response: Response,
        part: Part<'_>,
    ) -> Result<Option<u64>, Error> {
        let mut after = self.checkpoint.at(W::SUBJECT, part.next.clone());
        let Contents { changes, total, fingerprint } =
            walk.read(&response, part.position, &mut after).await?;
        // Checked before the batch: the link must not move past ids that would be lost.
        after.bound_owed()?;
        // The next page arrives during the handover, and memory must hold only one of them.
        drop(response);
        let full = part.position.is_full();
        // A restored group can select users although delta does not report its members.
        if W::SUBJECT == Subject::Groups && !full && fingerprint.is_some() {
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
        self.put(W::SUBJECT, changes, after, mode, total).await?;
        Ok(fingerprint)
    }

    /// Hands changes over in as many batches as needed, and continues from `after`. The argument of
    /// `mode` says whether the batch is the last one.
    async fn put(
        &mut self,
        subject: Subject,
        mut changes: Vec<UserChange>,
        after: Checkpoint,
        mut mode: impl FnMut(bool) -> Mode,
        total: Option<u64>,
    ) -> Result<(), Error> {
        let unreadable = changes.iter().filter(|change| is_unreadable(change)).count();
        self.unreadable =
            self.unreadable.saturating_add(u32::try_from(unreadable).unwrap_or(u32::MAX));
        loop {
            let later = changes.split_off(changes.len().min(BATCH));
            let complete = later.is_empty();
            // No run can continue within a page: until its last batch, the page is read again.
            let checkpoint = if complete { &after } else { &self.checkpoint };
            let batch = UserBatch {
                subject,
                mode: mode(complete),
                changes,
                checkpoint: checkpoint.to_text(),
                total,
            };
            self.sink.put(batch).await.map_err(|_| Error::Cancelled)?;
            if complete {
                self.checkpoint = after;
                return Ok(());
            }
            changes = later;
        }
    }
}

/// The position of a page in its walk.
#[derive(Clone, Copy)]
struct Part<'a> {
    /// Position of this page, from which it can be read again.
    position: &'a Position,
    /// Position of the next page.
    next: &'a Position,
    /// Whether an enumeration begins with it.
    first: bool,
    /// Whether the walk ends with it.
    ends: bool,
}

/// Requests a page by its link. The inner error means that this link does not return the page.
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
        // Delta of users and groups does not accept $top. Microsoft documents this header for delta
        // of Outlook items; where Graph ignores it here, the run fails with the size as its cause.
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

/// Returns the error where Graph repeatedly no longer knows its links: the next run may succeed.
fn unavailable(words: Error) -> Error {
    match words.explanation().cloned() {
        Some(words) => {
            let summary =
                "Microsoft Graph no longer knows the links to further pages that it returned";
            Error::Unavailable(Explanation {
                summary: summary.to_owned(),
                remedy: Some("Wait: the next run continues".to_owned()),
                ..words
            })
        }
        None => words,
    }
}

/// Returns what follows a page of delta, and whether the round ends with it.
pub(super) fn next_of_round(
    position: &Position,
    links: &Links<'_>,
) -> Result<(Position, bool), Error> {
    let owned = |link: &Option<Cow<'_, str>>| link.as_deref().map(str::to_owned);
    Ok(match (owned(&links.next), owned(&links.delta)) {
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

/// Returns whether Graph no longer knows a link, or which other reason the refusal has.
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
            "Microsoft Graph returned the last page of changes without a link to later ones",
        )
        .remedy("Try again later"),
    )
}

fn is_unreadable(change: &UserChange) -> bool {
    matches!(change, UserChange::UserUnreadable(_) | UserChange::GroupUnreadable(_))
}
