//! `/users/delta` (<https://learn.microsoft.com/graph/api/user-delta>,
//! <https://learn.microsoft.com/graph/delta-query-overview>).

use std::collections::HashSet;

use http::StatusCode;

use super::cursor::{Cursor, Stale};
use super::filter::Filter;
use super::permission::{self, Caller};
use super::refusal::GraphRefusal;
use super::select::{Object, Place, Selection};
use super::{Context, link, page};
use crate::state::State;
use crate::tenant::directory::{Sequence, Slot, User};
use crate::wire::{Query, Reply, Request, plain_name};

/// "About 200" is what the directory gives.
const PAGE: usize = 200;

/// A round, as far as it has come.
struct Round {
    selection: Selection,
    /// The only ones that are followed, where the request named some.
    ids: Option<Vec<String>>,
    minimal: bool,
    since: Option<Sequence>,
    until: Sequence,
    next: u32,
}

pub(super) fn answer(
    state: &mut State,
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    if !caller.has(permission::USERS) {
        return Err(GraphRefusal::directory_permission());
    }
    check_options(&request.query)?;
    let now = state.tenant.directory.sequence();
    let delta_token = request.query.option("deltatoken").filter(|token| !token.is_empty());
    let skip_token = request.query.option("skiptoken").filter(|token| !token.is_empty());
    let cursor = match (delta_token, skip_token) {
        (Some(token), None) if !token.eq_ignore_ascii_case("latest") => Some(token),
        (_, skip_token) => skip_token,
    };
    let cursor = match cursor.map(|token| state.cursors.delta(token, now)) {
        None => None,
        Some(Ok(cursor)) => Some(cursor),
        Some(Err(Stale::Refused(refusal))) => return Err(refusal),
        Some(Err(Stale::Gone)) => {
            let location = link(context, "users/delta", "", "$deltatoken=");
            return Ok(Reply::new(StatusCode::GONE).with("location", &location));
        }
    };
    let latest = delta_token.is_some() && cursor.is_none();
    let first = cursor.is_none();
    let (query, since, until, next) = match cursor {
        None => (request.query.clone(), latest.then_some(now), now, if latest { now } else { 0 }),
        Some(Cursor::DeltaPage { query, since, until, next }) => {
            (Query::parse(&query), since, until, next)
        }
        // A new $select with a known deltaLink is allowed: it says what shall be tracked from here on.
        Some(Cursor::Delta { query, since }) => {
            let given = request.query.option("select").is_some();
            let query = if given { request.query.clone() } else { Query::parse(&query) };
            (query, Some(since), now, since)
        }
        Some(Cursor::Page { .. }) => return Err(GraphRefusal::page_token_malformed()),
    };
    let round = Round {
        selection: Selection::parse(
            query.option("select"),
            &state.tenant.directory.schema,
            Place::Delta,
        )?,
        ids: query.option("filter").map(Filter::ids).transpose()?,
        minimal: request.prefers("return=minimal"),
        since,
        until,
        next,
    };
    let (value, next) = match round.since {
        None => round.enumerate(state),
        Some(since) => round.follow(state, since),
    };

    let kept = query.raw_without("deltatoken");
    let (next_link, delta_link) = match next {
        Some(next) => {
            let cursor = Cursor::DeltaPage { query: kept, since, until, next };
            let token = state.cursors.issue(&cursor);
            (Some(link(context, "users/delta", "", &format!("$skiptoken={token}"))), None)
        }
        None => {
            let token = state.cursors.issue(&Cursor::Delta { query: kept, since: until });
            (None, Some(link(context, "users/delta", "", &format!("$deltatoken={token}"))))
        }
    };
    let name =
        if first { format!("users{}", round.selection.context()) } else { "users".to_owned() };
    let reply = page(context, &name, None, next_link.as_deref(), delta_link.as_deref(), &value);
    let reply = reply.with("x-ms-resource-unit", "1");
    Ok(if round.minimal { reply.with("preference-applied", "return=minimal") } else { reply })
}

impl Round {
    /// The first round: everyone who is there.
    fn enumerate(&self, state: &State) -> (String, Option<u32>) {
        let mut value = Values::default();
        let slots = state.tenant.directory.slots();
        for (slot, user) in slots.iter().enumerate().skip(self.next as usize) {
            if value.count == PAGE {
                return (value.json, Slot::try_from(slot).ok());
            }
            if user.removed.is_none() && self.follows(user) {
                self.selection.write_delta(value.another(), user, None);
            }
        }
        (value.json, None)
    }

    /// A later round: whoever changed, as they stand now. Who changed again after the round began is told
    /// once more in the next one.
    fn follow(&self, state: &State, since: Sequence) -> (String, Option<u32>) {
        let directory = &state.tenant.directory;
        let mut value = Values::default();
        let mut told = HashSet::new();
        for (at, slot) in (self.next..).zip(directory.changes(self.next, self.until)) {
            if value.count == PAGE {
                return (value.json, Some(at));
            }
            if !told.insert(*slot) {
                continue;
            }
            if let Some(user) = directory.at(*slot).filter(|user| self.follows(user)) {
                self.tell(&mut value, user, since);
            }
        }
        (value.json, None)
    }

    fn tell(&self, value: &mut Values, user: &User, since: Sequence) {
        if let Some(removal) = user.removed {
            let mut object = Object::open(value.another());
            object.text("\"id\":", &user.id);
            object.member("\"@removed\":", &format!("{{\"reason\":\"{}\"}}", removal.reason()));
            object.close();
        } else if user.since > since {
            self.selection.write_delta(value.another(), user, None);
        } else if self.selection.changed(user, since) {
            let since = self.minimal.then_some(since);
            self.selection.write_delta(value.another(), user, since);
        }
    }

    fn follows(&self, user: &User) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.contains(&user.id))
    }
}

#[derive(Default)]
struct Values {
    json: String,
    count: usize,
}

impl Values {
    fn another(&mut self) -> &mut String {
        if self.count > 0 {
            self.json.push(',');
        }
        self.count += 1;
        &mut self.json
    }
}

fn check_options(query: &Query) -> Result<(), GraphRefusal> {
    for (name, _) in query.pairs() {
        match plain_name(name).to_ascii_lowercase().as_str() {
            "select" | "filter" | "deltatoken" | "skiptoken" | "format" => {}
            "expand" => return Err(super::users::refused_expand(query)),
            "orderby" => return Err(GraphRefusal::sorting()),
            option if name.starts_with('$') || option == "top" => {
                return Err(GraphRefusal::option(option));
            }
            _ => {}
        }
    }
    Ok(())
}
