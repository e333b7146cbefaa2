//! `/groups/delta` (<https://learn.microsoft.com/graph/api/group-delta>,
//! <https://learn.microsoft.com/graph/delta-query-groups>).

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;

use super::{Round, Values};
use crate::graph::answer::Context;
use crate::graph::filter::Filter;
use crate::graph::groups::access::hides_members;
use crate::graph::options::refuse_expand;
use crate::graph::permission::{self, Caller};
use crate::graph::refusal::GraphRefusal;
use crate::graph::select::{Object, Place, Selection};
use crate::state::cursors::{Position, Tracked};
use crate::state::{Settings, State};
use crate::tenant::Tenant;
use crate::tenant::entry::{Sequence, Slot};
use crate::tenant::group::Group;
use crate::tenant::member::Member;
use crate::wire::{Query, Reply, Request, plain_name};

const MEMBERS: &str = "members";

/// What a round reports of a group.
struct Report {
    selection: Selection,
    /// Whether memberships are reported.
    members: bool,
    /// Ids of the only groups that the client follows, if the request has a filter.
    ids: Option<Vec<String>>,
    /// Sequence number after which changes are reported; none for the initial enumeration.
    since: Option<Sequence>,
    minimal: bool,
    /// Whether properties that are null are left out.
    omits_null: bool,
    order: Order,
    /// Groups whose members the application may not read.
    hidden: HashSet<Slot>,
}

/// The changes of one group.
struct News {
    slot: Slot,
    /// Whether the group is reported in full, as a new one.
    is_full: bool,
    /// Members that joined or left.
    touched: Vec<Member>,
}

/// The space that is left on a page.
struct Space {
    groups: usize,
    members: usize,
}

pub(in crate::graph) fn answer(
    state: &mut State,
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    if !caller.has(permission::GROUPS) {
        return Err(GraphRefusal::directory_permission());
    }
    check_options(&request.query)?;
    let now = state.tenant.groups.sequence();
    let round = match Round::read(Tracked::Groups, now, state, context, request)? {
        ControlFlow::Continue(round) => round,
        ControlFlow::Break(reply) => return Ok(reply),
    };
    let report = Report::read(&round, state, caller)?;
    let news = report.news(&state.tenant, &round, state.settings.delta_replays);
    let mut value = Values::default();
    if let Some(before) = round.before.filter(|_| state.settings.delta_replays) {
        report.page(state, &news, before, Some(round.next), &mut value);
    }
    let next = report.page(state, &news, round.next, None, &mut value);
    Ok(round.answer(state, context, &report.selection.context(), &value.json, next))
}

impl Report {
    fn read(round: &Round, state: &State, caller: &Caller) -> Result<Self, GraphRefusal> {
        let schema = &state.tenant.groups.schema;
        let select = round.query.option("select").filter(|select| !select.trim().is_empty());
        let is_members = |name: &&str| name.trim().eq_ignore_ascii_case(MEMBERS);
        let expands = match round.query.option("expand") {
            None => false,
            Some(expand) if is_members(&expand) => true,
            Some(_) => return Err(refuse_expand(&round.query)),
        };
        // Members are not a property, but are selected in the same way.
        let selects = select.is_some_and(|select| select.split(',').any(|name| is_members(&name)));
        let others = select.map(|select| {
            let others: Vec<&str> = select.split(',').filter(|name| !is_members(name)).collect();
            if others.is_empty() { "id".to_owned() } else { others.join(",") }
        });
        Ok(Self {
            selection: Selection::parse(others.as_deref(), schema, Place::Delta)?,
            members: selects || expands || select.is_none(),
            ids: round.query.option("filter").map(|ids| Filter::ids(ids, schema)).transpose()?,
            since: round.since,
            minimal: round.minimal,
            omits_null: state.settings.delta_omits_null,
            hidden: state
                .tenant
                .groups
                .present()
                .filter(|(_, group)| hides_members(group, state, caller))
                .map(|(slot, _)| slot)
                .collect(),
            order: Order { shuffled: state.settings.delta_shuffles },
        })
    }

    /// Returns the groups that the round reports, in its order: all present groups in the initial
    /// enumeration, the groups that changed in later rounds.
    fn news(&self, tenant: &Tenant, round: &Round, replays: bool) -> Vec<News> {
        let groups = &tenant.groups;
        let mut touched: BTreeMap<Slot, Vec<Member>> = BTreeMap::new();
        if self.since.is_some() || replays {
            for change in groups.changes(self.since.unwrap_or(0), round.until) {
                touched.entry(change.group).or_default().extend(change.member);
            }
        }
        let slots: Vec<Slot> = match self.since {
            None => groups.present().map(|(slot, _)| slot).collect(),
            Some(_) => touched.keys().copied().collect(),
        };
        let mut news: Vec<News> = slots
            .into_iter()
            .filter(|slot| groups.at(*slot).is_some_and(|group| self.follows(group)))
            .map(|slot| News {
                slot,
                is_full: groups.at(slot).is_some_and(|group| self.is_new(group)),
                touched: touched.remove(&slot).unwrap_or_default(),
            })
            .collect();
        news.sort_by_key(|news| self.order.rank(news.slot));
        news
    }

    /// Writes the groups from one position on, until the page is full or up to another position.
    /// Returns where the next page starts.
    fn page(
        &self,
        state: &State,
        news: &[News],
        from: Position,
        to: Option<Position>,
        value: &mut Values,
    ) -> Option<Position> {
        let mut space = Space::on_page(&state.settings);
        for pass in from.pass..self.order.passes() {
            for news in news {
                let at = self.order.rank(news.slot);
                let mut place = Position { pass, at, member: 0 };
                if (pass, at) < (from.pass, from.at) {
                    continue;
                }
                if (pass, at) == (from.pass, from.at) {
                    place.member = from.member;
                }
                if to.is_some_and(|to| place >= to) {
                    return None;
                }
                if space.groups == 0 || space.members == 0 {
                    return Some(place);
                }
                let cut = to.filter(|to| (to.pass, to.at) == (pass, at)).map(|to| to.member);
                if let Some(member) = self.write(state, news, place, cut, &mut space, value) {
                    return Some(Position { member, ..place });
                }
            }
        }
        None
    }

    /// Writes one group. Returns the member that the next page starts with, if the page is full.
    fn write(
        &self,
        state: &State,
        news: &News,
        place: Position,
        cut: Option<u32>,
        space: &mut Space,
        value: &mut Values,
    ) -> Option<u32> {
        let group = state.tenant.groups.at(news.slot)?;
        if group.removed.is_some() {
            let was_removed = self.since.is_some_and(|since| group.since > since);
            if was_removed && place.pass == 0 {
                value.removed(group);
                space.groups -= 1;
            }
            return None;
        }
        let mut members = self.members(group, news, place.pass);
        members.retain(|member| {
            let number = self.order.rank(member.number());
            number >= place.member && cut.is_none_or(|cut| number < cut)
        });
        let changed = self.since.is_none_or(|since| self.selection.changed(group, since));
        let is_first = place.pass == 0 && place.member == 0;
        if members.is_empty() && !(is_first && (news.is_full || changed)) {
            return None;
        }
        let rest = members.get(space.members).map(|member| self.order.rank(member.number()));
        members.truncate(space.members);
        space.groups -= 1;
        space.members -= members.len();
        let since = self.since.filter(|_| self.minimal && !news.is_full);
        let mut object = value.another();
        self.selection.write_delta(&mut object, group, since, self.omits_null);
        if !members.is_empty() {
            object.member("\"members@delta\":", &members_delta(&state.tenant, group, &members));
        }
        object.close();
        rest
    }

    /// Returns the members that are reported in this pass, in order.
    fn members(&self, group: &Group, news: &News, pass: u8) -> Vec<Member> {
        if !self.members || self.hidden.contains(&news.slot) {
            return Vec::new();
        }
        let all = if news.is_full { group.members() } else { &[] };
        let mut members: Vec<Member> = all
            .iter()
            .chain(&news.touched)
            .copied()
            .filter(|member| self.order.pass(member.number()) == pass)
            .collect();
        if self.order.shuffled || !news.touched.is_empty() {
            members.sort_unstable_by_key(|member| self.order.rank(member.number()));
            members.dedup();
        }
        members
    }

    /// Returns whether a group is reported in full: it is new, or restored, since the start of the
    /// round.
    fn is_new(&self, group: &Group) -> bool {
        group.removed.is_none() && self.since.is_none_or(|since| group.since > since)
    }

    fn follows(&self, group: &Group) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.contains(&group.id))
    }
}

impl Space {
    /// Returns the space of an empty page: at least one group and one member, so that each page
    /// makes progress.
    fn on_page(settings: &Settings) -> Self {
        Self {
            groups: settings.delta_groups_per_page.max(1),
            members: settings.delta_members_per_page.max(1),
        }
    }
}

/// The order of groups and members: the order in which they were added, or a shuffled one.
struct Order {
    shuffled: bool,
}

impl Order {
    /// Returns the rank of a slot or a member's number. No two have the same.
    fn rank(&self, number: u32) -> u32 {
        if self.shuffled { number.wrapping_mul(0x9e37_79b1).rotate_left(16) } else { number }
    }

    /// Returns the number of passes over all groups, each with other members.
    fn passes(&self) -> u8 {
        if self.shuffled { 2 } else { 1 }
    }

    fn pass(&self, number: u32) -> u8 {
        u8::from(self.shuffled && self.rank(number) & 1 == 1)
    }
}

/// Returns `members@delta`: for each member, whether it is in the group now.
fn members_delta(tenant: &Tenant, group: &Group, members: &[Member]) -> String {
    let mut json = String::from("[");
    for member in members {
        let Some(entry) = tenant.entry(*member) else {
            continue;
        };
        if json.len() > 1 {
            json.push(',');
        }
        let mut object = Object::open(&mut json);
        object.text("\"@odata.type\":", member.kind().odata_type());
        object.text("\"id\":", &entry.id);
        if !group.has(*member) {
            object.member("\"@removed\":", "{\"reason\":\"deleted\"}");
        }
        object.close();
    }
    json.push(']');
    json
}

fn check_options(query: &Query) -> Result<(), GraphRefusal> {
    for (name, _) in query.pairs() {
        match plain_name(name).to_ascii_lowercase().as_str() {
            "select" | "expand" | "filter" | "deltatoken" | "skiptoken" | "format" => {}
            "orderby" => return Err(GraphRefusal::sorting()),
            option if name.starts_with('$') || option == "top" => {
                return Err(GraphRefusal::option(option));
            }
            _ => {}
        }
    }
    Ok(())
}
