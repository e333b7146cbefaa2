//! `/users/delta` (<https://learn.microsoft.com/graph/api/user-delta>).

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::{Round, Values};
use crate::graph::answer::Context;
use crate::graph::filter::Filter;
use crate::graph::options::refuse_expand;
use crate::graph::permission::{self, Caller};
use crate::graph::refusal::GraphRefusal;
use crate::graph::select::{Place, Selection};
use crate::state::State;
use crate::state::cursors::{Position, Tracked};
use crate::tenant::directory::User;
use crate::tenant::entry::Sequence;
use crate::wire::{Query, Reply, Request, plain_name};

/// Number of users on a page: Microsoft documents "about 200".
const PAGE: usize = 200;

/// What a round reports of a user.
struct Report {
    selection: Selection,
    /// Ids of the only users that the client follows, if the request has a filter.
    ids: Option<Vec<String>>,
    minimal: bool,
    /// Whether properties that are null are left out.
    omits_null: bool,
}

pub(in crate::graph) fn answer(
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
    let round = match Round::read(Tracked::Users, now, state, context, request)? {
        ControlFlow::Continue(round) => round,
        ControlFlow::Break(reply) => return Ok(reply),
    };
    let schema = &state.tenant.directory.schema;
    let report = Report {
        selection: Selection::parse(round.query.option("select"), schema, Place::Delta)?,
        ids: round.query.option("filter").map(|ids| Filter::ids(ids, schema)).transpose()?,
        minimal: round.minimal,
        omits_null: state.settings.delta_omits_null,
    };
    let (value, next) = match round.since {
        None => report.enumerate(state, round.next.at),
        // A new round begins where the previous one ended.
        Some(since) => report.follow(state, since, round.next.at.max(since), round.until),
    };
    let next = next.map(|at| Position { at, ..Position::default() });
    Ok(round.answer(state, context, &report.selection.context(), &value, next))
}

impl Report {
    /// Writes a page of the first round: all present users, from a slot on.
    fn enumerate(&self, state: &State, next: u32) -> (String, Option<u32>) {
        let mut value = Values::default();
        let slots = state.tenant.directory.slots();
        for (slot, user) in (0..).zip(slots).skip(next as usize) {
            if value.count == PAGE {
                return (value.json, Some(slot));
            }
            if user.removed.is_none() && self.follows(user) {
                self.write(&mut value, user, None);
            }
        }
        (value.json, None)
    }

    /// Writes a page of a later round: the users that changed, with their current properties. A
    /// user that changes again after the start of the round comes again in the next round.
    fn follow(
        &self,
        state: &State,
        since: Sequence,
        next: Sequence,
        until: Sequence,
    ) -> (String, Option<u32>) {
        let directory = &state.tenant.directory;
        let mut value = Values::default();
        let mut seen = HashSet::new();
        for (at, slot) in (next..).zip(directory.changes(next, until)) {
            if value.count == PAGE {
                return (value.json, Some(at));
            }
            if !seen.insert(*slot) {
                continue;
            }
            if let Some(user) = directory.at(*slot).filter(|user| self.follows(user)) {
                if user.removed.is_some() {
                    value.removed(user);
                } else if user.since > since {
                    self.write(&mut value, user, None);
                } else if self.selection.changed(user, since) {
                    self.write(&mut value, user, self.minimal.then_some(since));
                }
            }
        }
        (value.json, None)
    }

    fn write(&self, value: &mut Values, user: &User, since: Option<Sequence>) {
        let mut object = value.another();
        self.selection.write_delta(&mut object, user, since, self.omits_null);
        object.close();
    }

    fn follows(&self, user: &User) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.contains(&user.id))
    }
}

fn check_options(query: &Query) -> Result<(), GraphRefusal> {
    for (name, _) in query.pairs() {
        match plain_name(name).to_ascii_lowercase().as_str() {
            "select" | "filter" | "deltatoken" | "skiptoken" | "format" => {}
            "expand" => return Err(refuse_expand(query)),
            "orderby" => return Err(GraphRefusal::sorting()),
            option if name.starts_with('$') || option == "top" => {
                return Err(GraphRefusal::option(option));
            }
            _ => {}
        }
    }
    Ok(())
}
