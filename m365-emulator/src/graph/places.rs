//! `/places` (<https://learn.microsoft.com/graph/api/place-list>,
//! <https://learn.microsoft.com/graph/api/place-get>).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::answer::{Context, ok, page, plain_count};
use super::options;
use super::permission::{self, Caller};
use super::refusal::GraphRefusal;
use crate::state::State;
use crate::tenant::place::{Kind, Room, RoomList, is_named, text};
use crate::wire::{Query, Reply, Request, plain_name};

/// Characters of an address that are encoded in a path or a context.
const ADDRESS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');

/// Returns the type that a path segment casts to, without its namespace. Client libraries leave out
/// `microsoft.`, and Microsoft's documents also write room lists in lower case; Graph accepts all
/// forms.
fn cast(segment: &str) -> Option<String> {
    let segment = segment.to_ascii_lowercase();
    let name = segment.strip_prefix("microsoft.").unwrap_or(&segment).strip_prefix("graph.")?;
    Some(name.to_owned())
}

/// Returns whether a path segment casts to a type.
pub(super) fn is_cast(segment: &str) -> bool {
    cast(segment).is_some()
}

fn kind(state: &State, segment: &str) -> Option<Kind> {
    let name = cast(segment)?;
    Kind::ALL
        .into_iter()
        .filter(|kind| kind.exists_in(state.tenant.cloud))
        .find(|kind| kind.name().eq_ignore_ascii_case(&name))
}

/// Returns the size of a page without `$top`
/// (<https://learn.microsoft.com/graph/api/place-list>).
fn page_size(kind: Kind) -> usize {
    match kind {
        Kind::Room | Kind::RoomList | Kind::Workspace => 100,
        Kind::Building | Kind::Floor | Kind::Section => 1000,
    }
}

pub(super) fn route(
    state: &State,
    context: &Context,
    caller: &Caller,
    path: &[&str],
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    if !state.settings.places {
        return Err(GraphRefusal::no_segment("places"));
    }
    if !state.settings.exchange_online {
        return Err(GraphRefusal::no_exchange_online(&state.tenant.id));
    }
    if !caller.has(permission::PLACES) {
        return Err(GraphRefusal::places_permission(permission::PLACES[0], &caller.roles));
    }
    // An unknown type is not read as a key either.
    let is_unknown = |segment: &&&str| cast(segment).is_some() && kind(state, segment).is_none();
    if let Some(segment) = path.iter().find(is_unknown) {
        return Err(GraphRefusal::no_segment(segment));
    }
    if !state.settings.places_provisioned {
        return Err(GraphRefusal::places_not_provisioned(path.first().unwrap_or(&"")));
    }
    let first = path.first().and_then(|segment| kind(state, segment));
    match (path, first) {
        ([], _) => Err(GraphRefusal::places_without_kind()),
        ([_], Some(kind)) => list(state, context, kind, request),
        ([_, "$count"], Some(kind)) => Ok(plain_count(listed(state, kind).count())),
        ([key], None) => get(state, context, key, None, request),
        ([key, cast], None) if kind(state, cast).is_some() => {
            get(state, context, key, kind(state, cast), request)
        }
        ([key, cast, "rooms"], None) if kind(state, cast) == Some(Kind::RoomList) => {
            members_of(state, context, key, Kind::Room, request)
        }
        ([key, cast, "workspaces"], None)
            if kind(state, cast) == Some(Kind::RoomList)
                && Kind::Workspace.exists_in(state.tenant.cloud) =>
        {
            members_of(state, context, key, Kind::Workspace, request)
        }
        ([.., segment], _) => Err(GraphRefusal::no_segment(segment)),
    }
}

fn all(state: &State, kind: Kind) -> Box<dyn Iterator<Item = &Map<String, Value>> + '_> {
    let tenant = &state.tenant;
    match kind {
        Kind::Room => Box::new(known(&tenant.rooms)),
        Kind::Workspace => Box::new(known(&tenant.workspaces)),
        Kind::RoomList => Box::new(room_lists(state).map(|list| &list.place)),
        Kind::Building | Kind::Floor | Kind::Section => {
            Box::new(tenant.spaces(kind).map(|space| &space.place))
        }
    }
}

/// Returns the places that listings contain.
fn listed(state: &State, kind: Kind) -> impl Iterator<Item = &Map<String, Value>> {
    all(state, kind).filter(|place| {
        let names = ["id", "placeId", "emailAddress"].map(|name| text(place, name));
        state.settings.lists(&names)
    })
}

/// Returns the rooms or workspaces that Places knows already.
fn known(rooms: &[Room]) -> impl Iterator<Item = &Map<String, Value>> {
    rooms.iter().filter(|room| room.in_places).map(|room| &room.place)
}

fn room_lists(state: &State) -> impl Iterator<Item = &RoomList> {
    state.tenant.room_lists.iter().filter(|_| state.settings.room_lists)
}

fn list(
    state: &State,
    context: &Context,
    kind: Kind,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    let places: Vec<_> = listed(state, kind).collect();
    let path = format!("places/microsoft.graph.{}", kind.name());
    collection(state, context, &path, &path, kind, &places, request)
}

/// Lists the rooms or workspaces of a room list. The list is named by `emailAddress`, or by the
/// newer `placeId`, but never by `id`.
fn members_of(
    state: &State,
    context: &Context,
    key: &str,
    kind: Kind,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    let list = room_lists(state)
        .find(|list| {
            is_named(&list.place, key) && !text(&list.place, "id").eq_ignore_ascii_case(key)
        })
        .ok_or_else(|| GraphRefusal::no_place(key))?;
    let members: Vec<_> = listed(state, kind)
        .filter(|place| list.rooms.iter().any(|id| id == text(place, "id")))
        .collect();
    let encoded = utf8_percent_encode(key, ADDRESS);
    let relation = format!("microsoft.graph.roomList/{}s", kind.name());
    let name = format!("places('{encoded}')/{relation}");
    let path = format!("places/{encoded}/{relation}");
    collection(state, context, &name, &path, kind, &members, request)
}

fn collection(
    state: &State,
    context: &Context,
    name: &str,
    path: &str,
    kind: Kind,
    places: &[&Map<String, Value>],
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    let query = &request.query;
    check_options(query, &["select", "top", "skip", "count", "format"])?;
    let names = selected(state, query, kind)?;
    let top = options::number(query, "top")?.unwrap_or(page_size(kind));
    let skip = options::number(query, "skip")?.unwrap_or_default();
    let counts = query.option("count").is_some_and(|count| count.eq_ignore_ascii_case("true"));
    let value: Vec<String> = places
        .iter()
        .skip(skip)
        .take(top)
        .map(|place| Value::Object(shown(place, names.as_deref())).to_string())
        .collect();
    let next = skip.saturating_add(top);
    let next_link = (state.settings.places_next_link && top > 0 && next < places.len())
        .then(|| context.link(path, &query.raw_without("skip"), &format!("$skip={next}")));
    let name =
        names.map_or_else(|| name.to_owned(), |names| format!("{name}({})", names.join(",")));
    let count = counts.then_some(places.len());
    Ok(page(context, &name, count, next_link.as_deref(), None, &value.join(",")))
}

fn get(
    state: &State,
    context: &Context,
    key: &str,
    cast: Option<Kind>,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    check_options(&request.query, &["select", "format"])?;
    let (kind, place) = Kind::ALL
        .into_iter()
        .filter(|kind| cast.is_none_or(|cast| cast == *kind))
        .find_map(|kind| {
            all(state, kind).find(|place| is_named(place, key)).map(|place| (kind, place))
        })
        .ok_or_else(|| GraphRefusal::no_place(key))?;
    let names = selected(state, &request.query, kind)?;
    let mut body = Map::new();
    body.insert(
        "@odata.context".to_owned(),
        format!("{}#places/$entity", context.metadata()).into(),
    );
    body.insert("@odata.type".to_owned(), format!("#microsoft.graph.{}", kind.name()).into());
    body.extend(shown(place, names.as_deref()));
    Ok(ok(Value::Object(body).to_string()))
}

fn check_options(query: &Query, served: &[&str]) -> Result<(), GraphRefusal> {
    for (name, _) in query.pairs() {
        let option = plain_name(name).to_ascii_lowercase();
        if served.contains(&option.as_str()) {
            continue;
        }
        match option.as_str() {
            "filter" => return Err(GraphRefusal::exchange_filter()),
            "expand" => return Err(options::refuse_expand(query)),
            "orderby" => return Err(GraphRefusal::sorting()),
            option if name.starts_with('$') => return Err(GraphRefusal::option(option)),
            _ => {}
        }
    }
    Ok(())
}

fn selected(state: &State, query: &Query, kind: Kind) -> Result<Option<Vec<String>>, GraphRefusal> {
    options::selected(query, kind.name(), |name| name == "id" || kind.has(state.tenant.cloud, name))
}

/// Returns the selected members of a place, or all of them.
fn shown(place: &Map<String, Value>, names: Option<&[String]>) -> Map<String, Value> {
    match names {
        None => place.clone(),
        Some(names) => names
            .iter()
            .map(|name| (name.clone(), place.get(name).cloned().unwrap_or_default()))
            .collect(),
    }
}
