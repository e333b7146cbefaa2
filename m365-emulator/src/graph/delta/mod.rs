//! Rounds of delta: what their tokens carry from page to page, whatever is followed
//! (<https://learn.microsoft.com/graph/delta-query-overview>).

pub(super) mod groups;
pub(super) mod users;

use std::ops::ControlFlow;

use http::StatusCode;

use super::cursor::{Cursor, Position, Stale, Tracked};
use super::refusal::GraphRefusal;
use super::select::Object;
use super::{Context, link, page};
use crate::state::State;
use crate::tenant::entry::{Entry, Sequence};
use crate::wire::{Query, Reply, Request};

/// A round, as far as it has come.
struct Round {
    of: Tracked,
    /// That of the round's first request.
    query: Query,
    /// Only changed properties are asked for.
    minimal: bool,
    /// Nothing of this round was asked for yet.
    first: bool,
    /// Where the round started; none for the initial enumeration.
    since: Option<Sequence>,
    /// What the tenant stood at when the round began.
    until: Sequence,
    next: Position,
    /// Where the page before this one began.
    before: Option<Position>,
}

impl Round {
    /// Reads what a request carries. `now` is what the tenant stands at. Breaks with an answer where the token has
    /// expired and Graph says where to start over.
    fn of(
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
            Some(Err(Stale::Refused(refusal))) => return Err(refusal),
            Some(Err(Stale::Gone)) => {
                let location = link(context, of.path(), "", "$deltatoken=");
                let reply = Reply::new(StatusCode::GONE).with("location", &location);
                return Ok(ControlFlow::Break(reply));
            }
        };
        let first = cursor.is_none();
        let start = Position::default();
        let (query, since, until, next, before) = match cursor {
            None => (request.query.clone(), delta_token.map(|_| now), now, start, None),
            Some(Cursor::DeltaPage { query, since, until, next, before, .. }) => {
                (Query::parse(&query), since, until, next, before)
            }
            // A new $select with a known deltaLink is allowed: it says what shall be tracked from here on.
            Some(Cursor::Delta { query, since, .. }) => {
                let given = request.query.option("select").is_some();
                let query = if given { request.query.clone() } else { Query::parse(&query) };
                (query, Some(since), now, start, None)
            }
            Some(Cursor::Page { .. }) => return Err(GraphRefusal::page_token_malformed()),
        };
        let minimal = request.prefers("return=minimal");
        Ok(ControlFlow::Continue(Self { of, query, minimal, first, since, until, next, before }))
    }

    /// The answer, with the link to what comes after it. `selected` is the end of the first page's context.
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
                (Some(link(context, of.path(), "", &format!("$skiptoken={token}"))), None)
            }
            None => {
                let token = state.cursors.issue(&Cursor::Delta { of, query, since: self.until });
                (None, Some(link(context, of.path(), "", &format!("$deltatoken={token}"))))
            }
        };
        let selected = if self.first { selected } else { "" };
        let name = format!("{}{selected}", of.name());
        let reply = page(context, &name, None, next_link.as_deref(), delta_link.as_deref(), value)
            .with("x-ms-resource-unit", "1");
        if self.minimal { reply.with("preference-applied", "return=minimal") } else { reply }
    }
}

/// The elements of a page.
#[derive(Default)]
struct Values {
    json: String,
    count: usize,
}

impl Values {
    fn another(&mut self) -> Object<'_> {
        if self.count > 0 {
            self.json.push(',');
        }
        self.count += 1;
        Object::open(&mut self.json)
    }

    /// Something that is gone, as it is told.
    fn removed(&mut self, entry: &Entry) {
        if let Some(removal) = entry.removed {
            let mut object = self.another();
            object.text("\"id\":", &entry.id);
            object.member("\"@removed\":", &format!("{{\"reason\":\"{}\"}}", removal.reason()));
            object.close();
        }
    }
}
