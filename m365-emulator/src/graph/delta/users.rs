//! `/users/delta` (<https://learn.microsoft.com/graph/api/user-delta>).

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::super::Context;
use super::super::cursor::{Position, Tracked};
use super::super::filter::Filter;
use super::super::permission::{self, Caller};
use super::super::refusal::GraphRefusal;
use super::super::select::{Place, Selection};
use super::super::users::refused_expand;
use super::{Round, Values};
use crate::state::State;
use crate::tenant::directory::User;
use crate::tenant::entry::Sequence;
use crate::wire::{Query, Reply, Request, plain_name};

/// "About 200" is what the directory gives.
const PAGE: usize = 200;

/// What a round tells.
struct Told {
    selection: Selection,
    /// The only ones that are followed, where the request named some.
    ids: Option<Vec<String>>,
    minimal: bool,
    /// Whether properties that are null are left out.
    omits_null: bool,
}

pub(crate) fn answer(
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
    let round = match Round::of(Tracked::Users, now, state, context, request)? {
        ControlFlow::Continue(round) => round,
        ControlFlow::Break(reply) => return Ok(reply),
    };
    let schema = &state.tenant.directory.schema;
    let told = Told {
        selection: Selection::parse(round.query.option("select"), schema, Place::Delta)?,
        ids: round.query.option("filter").map(|it| Filter::ids(it, schema)).transpose()?,
        minimal: round.minimal,
        omits_null: state.settings.delta_omits_null,
    };
    let (value, next) = match round.since {
        None => told.enumerate(state, round.next.at),
        // A round that has not begun begins where the one before ended.
        Some(since) => told.follow(state, since, round.next.at.max(since), round.until),
    };
    let next = next.map(|at| Position { at, ..Position::default() });
    Ok(round.answer(state, context, &told.selection.context(), &value, next))
}

impl Told {
    /// The first round: everyone who is there, from a slot on.
    fn enumerate(&self, state: &State, next: u32) -> (String, Option<u32>) {
        let mut value = Values::default();
        let slots = state.tenant.directory.slots();
        for (slot, user) in (0..).zip(slots).skip(next as usize) {
            if value.count == PAGE {
                return (value.json, Some(slot));
            }
            if user.removed.is_none() && self.follows(user) {
                self.tell(&mut value, user, None);
            }
        }
        (value.json, None)
    }

    /// A later round: whoever changed, as they stand now. Who changed again after the round began is told
    /// once more in the next one.
    fn follow(
        &self,
        state: &State,
        since: Sequence,
        next: Sequence,
        until: Sequence,
    ) -> (String, Option<u32>) {
        let directory = &state.tenant.directory;
        let mut value = Values::default();
        let mut told = HashSet::new();
        for (at, slot) in (next..).zip(directory.changes(next, until)) {
            if value.count == PAGE {
                return (value.json, Some(at));
            }
            if !told.insert(*slot) {
                continue;
            }
            if let Some(user) = directory.at(*slot).filter(|user| self.follows(user)) {
                if user.removed.is_some() {
                    value.removed(user);
                } else if user.since > since {
                    self.tell(&mut value, user, None);
                } else if self.selection.changed(user, since) {
                    self.tell(&mut value, user, self.minimal.then_some(since));
                }
            }
        }
        (value.json, None)
    }

    fn tell(&self, value: &mut Values, user: &User, since: Option<Sequence>) {
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
            "expand" => return Err(refused_expand(query)),
            "orderby" => return Err(GraphRefusal::sorting()),
            option if name.starts_with('$') || option == "top" => {
                return Err(GraphRefusal::option(option));
            }
            _ => {}
        }
    }
    Ok(())
}
