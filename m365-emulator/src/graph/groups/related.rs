//! The members of a group, and the groups of a user: `members`, `transitiveMembers`, `memberOf`,
//! `transitiveMemberOf`
//! (<https://learn.microsoft.com/graph/api/group-list-members>,
//! <https://learn.microsoft.com/graph/api/group-list-transitivemembers>,
//! <https://learn.microsoft.com/graph/api/user-list-memberof>).

use super::access::{check_permission, find, hides_members};
use crate::graph::answer::{Context, page, plain_count};
use crate::graph::listing::Listing;
use crate::graph::options::{self, is_eventual, refuse_expand};
use crate::graph::permission::{self, Caller};
use crate::graph::refusal::GraphRefusal;
use crate::graph::select::{Object, Place, Selection};
use crate::graph::users;
use crate::state::State;
use crate::tenant::Tenant;
use crate::tenant::entry::Slot;
use crate::tenant::member::{Member, MemberKind};
use crate::tenant::property::Schema;
use crate::wire::{Query, Reply, Request, plain_name};

/// A relation between objects of the directory.
enum Relation {
    Members { group: Slot, transitive: bool },
    MemberOf { member: Member, transitive: bool },
}

/// Returns whether a path segment names the transitive form of a relation; none if it names another
/// relation. Graph ignores upper and lower case.
pub(in crate::graph) fn transitive(segment: &str, relation: &str) -> Option<bool> {
    let transitive = format!("transitive{relation}");
    match segment {
        _ if segment.eq_ignore_ascii_case(relation) => Some(false),
        _ if segment.eq_ignore_ascii_case(&transitive) => Some(true),
        _ => None,
    }
}

/// Answers `/groups/{id}/members` and the paths below it.
pub(in crate::graph) fn members(
    state: &mut State,
    context: &Context,
    caller: &Caller,
    path: &[&str],
    transitive: bool,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    check_permission(caller)?;
    let (slot, group) = find(state, path.get(1).unwrap_or(&""))?;
    if hides_members(group, state, caller) {
        return Err(GraphRefusal::directory_permission());
    }
    answer(state, context, caller, path, &Relation::Members { group: slot, transitive }, request)
}

/// Answers `/users/{id | userPrincipalName}/memberOf` and the paths below it.
pub(in crate::graph) fn member_of(
    state: &mut State,
    context: &Context,
    caller: &Caller,
    path: &[&str],
    transitive: bool,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    check_permission(caller)?;
    let key = path.get(1).unwrap_or(&"");
    let directory = &state.tenant.directory;
    let user = directory.find(key).ok_or_else(|| GraphRefusal::no_resource(key))?;
    let member = Member::user(directory.slot(&user.id).unwrap_or_default());
    answer(state, context, caller, path, &Relation::MemberOf { member, transitive }, request)
}

fn answer(
    state: &mut State,
    context: &Context,
    caller: &Caller,
    path: &[&str],
    relation: &Relation,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    check_options(&request.query, request)?;
    let (cast, counted) = match path.get(3..).unwrap_or_default() {
        [] => (None, false),
        ["$count"] => (None, true),
        [cast] => (Some(kind(cast)?), false),
        [cast, "$count"] => (Some(kind(cast)?), true),
        [_, segment, ..] => return Err(GraphRefusal::no_segment(segment)),
    };
    if counted {
        if !is_eventual(request) {
            return Err(GraphRefusal::count_segment());
        }
        return Ok(plain_count(relation.count(state, caller, cast)));
    }
    let listing = Listing::read(state, request)?;
    if cast.is_some() && !listing.is_counted() {
        return Err(GraphRefusal::cast_without_header());
    }
    let query = &listing.query;
    let shape = Shape::read(query.option("select"), state, caller, cast)?;
    let top = options::top(query)?;
    let count = listing.is_counted().then(|| relation.count(state, caller, cast));
    let start = Member::from_number(listing.start);
    let mut found = relation.objects_from(state, caller, start, top + 1, cast);
    let next = found.get(top).map(|member| member.number());
    found.truncate(top);
    let value = shape.write(&state.tenant, &found);
    let next_link = listing.next_link(state, context, &path.join("/"), next);
    let units = relation.units() - u8::from(query.option("select").is_some());
    Ok(page(context, &shape.context(), count, next_link.as_deref(), None, &value)
        .with("x-ms-resource-unit", &units.to_string()))
}

impl Relation {
    /// Returns at most `count` related objects in order, starting with `first`, and of one kind if
    /// a kind is given.
    fn objects_from(
        &self,
        state: &State,
        caller: &Caller,
        first: Member,
        count: usize,
        kind: Option<MemberKind>,
    ) -> Vec<Member> {
        let (tenant, settings) = (&state.tenant, &state.settings);
        let is_listed = |member: &Member| {
            settings.unlisted.is_empty()
                || tenant.entry(*member).is_none_or(|entry| settings.lists(&[&entry.id]))
        };
        let fits =
            |member: &Member| kind.is_none_or(|kind| member.kind() == kind) && is_listed(member);
        let groups = &tenant.groups;
        let mut found: Vec<Member> = match self {
            Self::Members { group, transitive: false } => {
                let members = groups.at(*group).map(|group| group.members_from(first));
                members.unwrap_or_default().iter().copied().filter(fits).take(count).collect()
            }
            // A page never needs more members of one group than it has room for.
            Self::Members { group, transitive: true } => groups
                .with_nested(*group)
                .into_iter()
                .flat_map(|group| {
                    group.members_from(first).iter().copied().filter(fits).take(count)
                })
                .collect(),
            Self::MemberOf { member, transitive } => {
                let slots = match transitive {
                    false => groups.direct(*member).collect(),
                    true => groups.transitive(*member),
                };
                let is_shown = |slot: &Slot| {
                    groups.at(*slot).is_some_and(|group| !hides_members(group, state, caller))
                };
                let shown = slots.into_iter().filter(is_shown).map(Member::group);
                shown.filter(|group| *group >= first && fits(group)).collect()
            }
        };
        found.sort_unstable();
        found.dedup();
        found.truncate(count);
        found
    }

    fn count(&self, state: &State, caller: &Caller, kind: Option<MemberKind>) -> usize {
        self.objects_from(state, caller, Member::from_number(0), usize::MAX, kind).len()
    }

    /// Returns the resource units of a request without `$select`
    /// (<https://learn.microsoft.com/graph/throttling-limits>).
    fn units(&self) -> u8 {
        match self {
            Self::Members { transitive: true, .. } => 5,
            Self::Members { .. } | Self::MemberOf { .. } => 3,
        }
    }
}

/// Which properties a listing has of objects that can be of different types.
struct Shape {
    /// In the order of [`MemberKind::ALL`].
    selections: [Selection; 3],
    cast: Option<MemberKind>,
    select: Option<String>,
}

impl Shape {
    fn read(
        select: Option<&str>,
        state: &State,
        caller: &Caller,
        cast: Option<MemberKind>,
    ) -> Result<Self, GraphRefusal> {
        let select = select.filter(|select| !select.trim().is_empty());
        let tenant = &state.tenant;
        let schemas = MemberKind::ALL.map(|kind| schema(tenant, kind));
        let names: Vec<&str> =
            select.map(|list| list.split(',').map(str::trim).collect()).unwrap_or_default();
        for name in &names {
            let known = |schema: &Schema| schema.find_ignoring_case(name).is_some();
            let (of, known) = match cast {
                Some(kind) => (schema(tenant, kind).entity.name, known(schema(tenant, kind))),
                None => ("directoryObject", schemas.iter().any(|schema| known(schema))),
            };
            if !known && !name.eq_ignore_ascii_case("id") {
                return Err(GraphRefusal::no_property(name, of));
            }
        }
        let selection = |kind: MemberKind| -> Result<Selection, GraphRefusal> {
            let schema = schema(tenant, kind);
            // Each type has those of the selected properties that its schema knows.
            let own = names.iter().filter(|name| {
                name.eq_ignore_ascii_case("id") || schema.find_ignoring_case(name).is_some()
            });
            let own = own.copied().collect::<Vec<_>>().join(",");
            let selection = match select {
                None => Selection::parse(None, schema, Place::Listing)?,
                Some(_) if own.is_empty() => Selection::parse(Some("id"), schema, Place::Listing)?,
                Some(_) => Selection::parse(Some(&own), schema, Place::Listing)?,
            };
            // An application that may not read a type gets type and id; the other properties are
            // null (https://learn.microsoft.com/graph/permissions-overview).
            Ok(match kind {
                MemberKind::User if caller.has(permission::USERS_BASIC) => {
                    users::visible(selection, state, caller)
                }
                MemberKind::User if !caller.has(permission::USERS) => selection.hidden(),
                MemberKind::Device if !caller.has(permission::DIRECTORY) => selection.hidden(),
                _ => selection,
            })
        };
        Ok(Self {
            selections: [
                selection(MemberKind::User)?,
                selection(MemberKind::Group)?,
                selection(MemberKind::Device)?,
            ],
            cast,
            select: select.map(str::to_owned),
        })
    }

    fn context(&self) -> String {
        let name = match self.cast {
            None => "directoryObjects",
            Some(MemberKind::User) => "users",
            Some(MemberKind::Group) => "groups",
            Some(MemberKind::Device) => "devices",
        };
        match &self.select {
            None => name.to_owned(),
            Some(select) => format!("{name}({select})"),
        }
    }

    fn write(&self, tenant: &Tenant, found: &[Member]) -> String {
        let mut json = String::new();
        for member in found {
            let Some(entry) = tenant.entry(*member) else {
                continue;
            };
            if !json.is_empty() {
                json.push(',');
            }
            let [user, group, device] = &self.selections;
            let selection = match member.kind() {
                MemberKind::User => user,
                MemberKind::Group => group,
                MemberKind::Device => device,
            };
            let mut object = Object::open(&mut json);
            if self.cast.is_none() {
                object.text("\"@odata.type\":", member.kind().odata_type());
            }
            selection.write_into(&mut object, entry);
            object.close();
        }
        json
    }
}

fn schema(tenant: &Tenant, kind: MemberKind) -> &Schema {
    match kind {
        MemberKind::User => &tenant.directory.schema,
        MemberKind::Group => &tenant.groups.schema,
        MemberKind::Device => &tenant.device_schema,
    }
}

/// Reads a cast, such as `microsoft.graph.user`.
fn kind(cast: &str) -> Result<MemberKind, GraphRefusal> {
    MemberKind::ALL
        .into_iter()
        .find(|kind| kind.odata_type().trim_start_matches('#').eq_ignore_ascii_case(cast))
        .ok_or_else(|| GraphRefusal::no_segment(cast))
}

fn check_options(query: &Query, request: &Request) -> Result<(), GraphRefusal> {
    for (name, _) in query.pairs() {
        match plain_name(name).to_ascii_lowercase().as_str() {
            "select" | "top" | "count" | "skiptoken" | "format" => {}
            "orderby" => return Err(GraphRefusal::sorting()),
            "expand" => return Err(refuse_expand(query)),
            "filter" => return Err(GraphRefusal::reference_filter()),
            "search" if !is_eventual(request) => return Err(GraphRefusal::search_without_header()),
            option if name.starts_with('$') => return Err(GraphRefusal::option(option)),
            _ => {}
        }
    }
    Ok(())
}
