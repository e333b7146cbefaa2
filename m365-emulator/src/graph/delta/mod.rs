//! Rounds of delta: what their tokens carry from page to page, for users and for groups
//! (<https://learn.microsoft.com/graph/delta-query-overview>).

pub(super) mod groups;
pub(super) mod users;

use std::ops::ControlFlow;

use http::StatusCode;

use super::answer::{Context, page};
use super::refusal::GraphRefusal;
use super::select::Object;
use crate::state::State;
use crate::state::cursors::{Cursor, DeltaExpiry, DeltaTokenError, Position, Tracked};
use crate::tenant::entry::{Entry, Sequence};
use crate::wire::{Query, Reply, Request};

/// A round of delta, at the page that a request asks for.
struct Round {
    of: Tracked,
    /// Query of the round's first request.
    query: Query,
    /// Whether the client asks for changed properties only.
    minimal: bool,
    /// Whether this is the first page of the first round.
    first: bool,
    /// Sequence number at which the round started; none for the initial enumeration.
    since: Option<Sequence>,
    /// Sequence number of the tenant when the round began.
    until: Sequence,
    next: Position,
    /// Start of the previous page.
    before: Option<Position>,
}

impl Round {
    /// Reads the round of a request. `now` is the sequence number of the tenant. Breaks with an
    /// answer if the token has expired and Graph names the address to start again from.
    fn read(
        of: Tracked,
        now: Sequence,
        state: &State,
        context: &Context,
        request: &Request,
    ) -> Result<ControlFlow<Reply, Self>, GraphRefusal> {
        let delta_token = request.query.option("deltatoken").filter(|token| !token.is_empty());
        let skip_token = request.query.option("skiptoken").filter(|token| !token.is_empty());
        let cursor = match (delta_token, skip_token) {
            (Some(token), None) if !token.eq_ignore_ascii_case("latest") => Some(token),
            (_, skip_token) => skip_token,
        };
        let cursor = match cursor.map(|token| state.cursors.delta(token, of, now)) {
            None => None,
            Some(Ok(cursor)) => Some(cursor),
            Some(Err(error)) => return start_again(error, of, context),
        };
        let first = cursor.is_none();
        let start = Position::default();
        let (query, since, until, next, before) = match cursor {
            None => (request.query.clone(), delta_token.map(|_| now), now, start, None),
            Some(Cursor::DeltaPage { query, since, until, next, before, .. }) => {
                (Query::parse(&query), since, until, next, before)
            }
            // A known deltaLink may come with a new $select, which applies from here on.
            Some(Cursor::Delta { query, since, .. }) => {
                let given = request.query.option("select").is_some();
                let query = if given { request.query.clone() } else { Query::parse(&query) };
                (query, Some(since), now, start, None)
            }
            Some(Cursor::Page { .. } | Cursor::Calendar(_)) => {
                return Err(GraphRefusal::page_token_malformed());
            }
        };
        let minimal = request.prefers("return=minimal");
        Ok(ControlFlow::Continue(Self { of, query, minimal, first, since, until, next, before }))
    }

    /// Returns the answer, with the link to the next page or round. `selected` is the end of the
    /// first page's context.
    fn answer(
        &self,
        state: &mut State,
        context: &Context,
        selected: &str,
        value: &str,
        next: Option<Position>,
    ) -> Reply {
        let (of, query) = (self.of, self.query.raw_without("deltatoken"));
        let (next_link, delta_link) = match next {
            Some(next) => {
                let token = state.cursors.issue(&Cursor::DeltaPage {
                    of,
                    query,
                    since: self.since,
                    until: self.until,
                    next,
                    before: Some(self.next),
                });
                (Some(context.link(of.path(), "", &format!("$skiptoken={token}"))), None)
            }
            None => {
                let token = state.cursors.issue(&Cursor::Delta { of, query, since: self.until });
                (None, Some(context.link(of.path(), "", &format!("$deltatoken={token}"))))
            }
        };
        let selected = if self.first { selected } else { "" };
        let name = format!("{}{selected}", of.name());
        let reply = page(context, &name, None, next_link.as_deref(), delta_link.as_deref(), value)
            .with("x-ms-resource-unit", "1");
        if self.minimal { reply.with("preference-applied", "return=minimal") } else { reply }
    }
}

/// Refuses a delta token, so that the client starts again.
fn start_again(
    error: DeltaTokenError,
    of: Tracked,
    context: &Context,
) -> Result<ControlFlow<Reply, Round>, GraphRefusal> {
    match error {
        DeltaTokenError::Unknown => {
            Err(GraphRefusal::sync_state(StatusCode::BAD_REQUEST, "syncStateNotFound"))
        }
        DeltaTokenError::Expired(DeltaExpiry::SyncStateNotFound { status, resync_required }) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::GONE);
            let code = if resync_required { "resyncRequired" } else { "syncStateNotFound" };
            Err(GraphRefusal::sync_state(status, code))
        }
        DeltaTokenError::Expired(DeltaExpiry::Location) => {
            let location = context.link(of.path(), "", "$deltatoken=");
            Ok(ControlFlow::Break(Reply::new(StatusCode::GONE).with("location", &location)))
        }
    }
}

/// The elements of a page, as JSON.
#[derive(Default)]
struct Values {
    json: String,
    count: usize,
}

impl Values {
    /// Starts the next element.
    fn another(&mut self) -> Object<'_> {
        if self.count > 0 {
            self.json.push(',');
        }
        self.count += 1;
        Object::open(&mut self.json)
    }

    /// Adds an object that was removed.
    fn removed(&mut self, entry: &Entry) {
        if let Some(removal) = entry.removed {
            let mut object = self.another();
            object.text("\"id\":", &entry.id);
            object.member("\"@removed\":", &format!("{{\"reason\":\"{}\"}}", removal.reason()));
            object.close();
        }
    }
}
