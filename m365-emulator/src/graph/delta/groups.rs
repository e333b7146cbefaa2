//! `/groups/delta` (<https://learn.microsoft.com/graph/api/group-delta>,
//! <https://learn.microsoft.com/graph/delta-query-groups>).

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;

use super::super::Context;
use super::super::cursor::{Position, Tracked};
use super::super::filter::Filter;
use super::super::groups::hides_members;
use super::super::permission::{self, Caller};
use super::super::refusal::GraphRefusal;
use super::super::select::{Object, Place, Selection};
use super::super::users::refused_expand;
use super::{Round, Values};
use crate::state::{Settings, State};
use crate::tenant::Tenant;
use crate::tenant::entry::{Sequence, Slot};
use crate::tenant::group::Group;
use crate::tenant::member::Member;
use crate::wire::{Query, Reply, Request, plain_name};

const MEMBERS: &str = "members";

/// What a round tells.
struct Told {
    selection: Selection,
    /// Whether memberships are told.
    members: bool,
    /// The only ones that are followed, where the request named some.
    ids: Option<Vec<String>>,
    /// Only what changed after this; everything in the initial enumeration.
    since: Option<Sequence>,
    minimal: bool,
    /// Whether properties that are null are left out.
    omits_null: bool,
    order: Order,
    /// Groups whose members the application may not see.
    hidden: HashSet<Slot>,
}

/// What there is to tell of one group.
struct News {
    slot: Slot,
    /// Whether it is to be told as if it had never been heard of.
    whole: bool,
    /// Who joined or left.
    touched: Vec<Member>,
}

/// How much fits on a page.
struct Room {
    groups: usize,
    members: usize,
}

pub(crate) fn answer(
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
    let round = match Round::of(Tracked::Groups, now, state, context, request)? {
        ControlFlow::Continue(round) => round,
        ControlFlow::Break(reply) => return Ok(reply),
    };
    let told = Told::of(&round, state, caller)?;
    let news = told.news(&state.tenant, &round, state.settings.delta_replays);
    let mut value = Values::default();
    if let Some(before) = round.before.filter(|_| state.settings.delta_replays) {
        told.page(state, &news, before, Some(round.next), &mut value);
    }
    let next = told.page(state, &news, round.next, None, &mut value);
    Ok(round.answer(state, context, &told.selection.context(), &value.json, next))
}

impl Told {
    fn of(round: &Round, state: &State, caller: &Caller) -> Result<Self, GraphRefusal> {
        let schema = &state.tenant.groups.schema;
        let select = round.query.option("select").filter(|select| !select.trim().is_empty());
        let is_members = |name: &&str| name.trim().eq_ignore_ascii_case(MEMBERS);
        let expands = match round.query.option("expand") {
            None => false,
            Some(expand) if is_members(&expand) => true,
            Some(_) => return Err(refused_expand(&round.query)),
        };
        // Members are not a property, and are selected like one.
        let selects = select.is_some_and(|select| select.split(',').any(|name| is_members(&name)));
        let others = select.map(|select| {
            let others: Vec<&str> = select.split(',').filter(|name| !is_members(name)).collect();
            if others.is_empty() { "id".to_owned() } else { others.join(",") }
        });
        Ok(Self {
            selection: Selection::parse(others.as_deref(), schema, Place::Delta)?,
            members: selects || expands || select.is_none(),
            ids: round.query.option("filter").map(|it| Filter::ids(it, schema)).transpose()?,
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

    /// The groups that there is something to tell of, in the order in which it is told: who is there in the initial
    /// enumeration, afterwards who changed, as it stands now.
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
                whole: groups.at(slot).is_some_and(|group| self.is_news(group)),
                touched: touched.remove(&slot).unwrap_or_default(),
            })
            .collect();
        news.sort_by_key(|news| self.order.of(news.slot));
        news
    }

    /// Tells from one place on, to the end of what fits on a page, or up to another place; where to go on.
    fn page(
        &self,
        state: &State,
        news: &[News],
        from: Position,
        to: Option<Position>,
        value: &mut Values,
    ) -> Option<Position> {
        let mut room = Room::of(&state.settings);
        for pass in from.pass..self.order.passes() {
            for news in news {
                let at = self.order.of(news.slot);
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
                if room.groups == 0 || room.members == 0 {
                    return Some(place);
                }
                let cut = to.filter(|to| (to.pass, to.at) == (pass, at)).map(|to| to.member);
                if let Some(member) = self.tell(state, news, place, cut, &mut room, value) {
                    return Some(Position { member, ..place });
                }
            }
        }
        None
    }

    /// Tells of one group; with which member to go on where the page is full.
    fn tell(
        &self,
        state: &State,
        news: &News,
        place: Position,
        cut: Option<u32>,
        room: &mut Room,
        value: &mut Values,
    ) -> Option<u32> {
        let group = state.tenant.groups.at(news.slot)?;
        if group.removed.is_some() {
            let is_new = self.since.is_some_and(|since| group.since > since);
            if is_new && place.pass == 0 {
                value.removed(group);
                room.groups -= 1;
            }
            return None;
        }
        let mut members = self.members(group, news, place.pass);
        members.retain(|member| {
            let number = self.order.of(member.number());
            number >= place.member && cut.is_none_or(|cut| number < cut)
        });
        let changed = self.since.is_none_or(|since| self.selection.changed(group, since));
        let is_first = place.pass == 0 && place.member == 0;
        if members.is_empty() && !(is_first && (news.whole || changed)) {
            return None;
        }
        let rest = members.get(room.members).map(|member| self.order.of(member.number()));
        members.truncate(room.members);
        room.groups -= 1;
        room.members -= members.len();
        let since = self.since.filter(|_| self.minimal && !news.whole);
        let mut object = value.another();
        self.selection.write_delta(&mut object, group, since, self.omits_null);
        if !members.is_empty() {
            object.member("\"members@delta\":", &written(&state.tenant, group, &members));
        }
        object.close();
        rest
    }

    /// Whose membership is told in this pass, in order.
    fn members(&self, group: &Group, news: &News, pass: u8) -> Vec<Member> {
        if !self.members || self.hidden.contains(&news.slot) {
            return Vec::new();
        }
        let all = if news.whole { group.members() } else { &[] };
        let mut members: Vec<Member> = all
            .iter()
            .chain(&news.touched)
            .copied()
            .filter(|member| self.order.pass(member.number()) == pass)
            .collect();
        if self.order.shuffled || !news.touched.is_empty() {
            members.sort_unstable_by_key(|member| self.order.of(member.number()));
            members.dedup();
        }
        members
    }

    /// Whether a group is told whole: it is new, or back, to who follows since then.
    fn is_news(&self, group: &Group) -> bool {
        group.removed.is_none() && self.since.is_none_or(|since| group.since > since)
    }

    fn follows(&self, group: &Group) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.contains(&group.id))
    }
}

impl Room {
    /// At least one of each: a page that tells nothing would lead nowhere.
    fn of(settings: &Settings) -> Self {
        Self {
            groups: settings.delta_groups_per_page.max(1),
            members: settings.delta_members_per_page.max(1),
        }
    }
}

/// In which order groups and members are told: that of their coming, or none that can be seen through.
struct Order {
    shuffled: bool,
}

impl Order {
    /// Where a number comes. No two come at the same place.
    fn of(&self, number: u32) -> u32 {
        if self.shuffled { number.wrapping_mul(0x9e37_79b1).rotate_left(16) } else { number }
    }

    /// How often all groups are gone through, each time with other members.
    fn passes(&self) -> u8 {
        if self.shuffled { 2 } else { 1 }
    }

    fn pass(&self, number: u32) -> u8 {
        u8::from(self.shuffled && self.of(number) & 1 == 1)
    }
}

/// `members@delta`: who is in the group by now, and who is not.
fn written(tenant: &Tenant, group: &Group, members: &[Member]) -> String {
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
