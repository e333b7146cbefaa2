//! Microsoft Graph: the paths below `/v1.0` and `/beta`.

mod answer;
pub(crate) mod batch;
pub(crate) mod calendar;
mod delta;
mod extensions;
mod filter;
mod groups;
mod listing;
mod options;
mod organization;
mod permission;
mod places;
pub(crate) mod refusal;
mod replica;
mod select;
pub(crate) mod subscriptions;
mod users;

use http::Method;
use serde_json::Value;

use self::answer::Context;
use self::groups::related;
use self::permission::Caller;
use self::refusal::GraphRefusal;
use crate::state::State;
use crate::state::key::BadToken;
use crate::wire::{Reply, Request};

/// Header of each answer of Graph, with names as Microsoft gives them to its machines.
const DIAGNOSTIC: &str = concat!(
    r#"{"ServerInfo":{"DataCenter":"Emulator","Slice":"E","Ring":"0","#,
    r#""ScaleUnit":"001","RoleInstance":"EM2PEPF00000001"}}"#
);

/// Returns whether a path belongs to Graph.
pub(crate) fn serves(path: &str) -> bool {
    path.split('/').nth(1).is_some_and(|version| matches!(version, "v1.0" | "beta"))
}

/// Answers one request to Graph that is not a `$batch`.
pub(crate) fn answer(state: &mut State, request: &Request) -> Reply {
    let answered = authenticate(state, request).and_then(|caller| route(state, &caller, request));
    state.notify();
    let reply = finish(state, request, answered);
    state.overrides.apply(reply, &request.path)
}

/// Refuses a request before it is looked at.
pub(crate) fn refuse(state: &mut State, request: &Request, refusal: GraphRefusal) -> Reply {
    finish(state, request, Err(refusal))
}

/// Adds the headers that every answer of Graph has.
pub(crate) fn finish(
    state: &mut State,
    request: &Request,
    answered: Result<Reply, GraphRefusal>,
) -> Reply {
    let request_id = state.ids.guid();
    let client_request_id = request.header("client-request-id").unwrap_or(&request_id);
    let mut reply =
        answered.unwrap_or_else(|refusal| refusal.reply(&request_id, client_request_id));
    reply.set("request-id", &request_id);
    reply.set("client-request-id", client_request_id);
    reply.set("x-ms-ags-diagnostic", DIAGNOSTIC);
    reply.set("cache-control", "no-cache");
    reply.set("strict-transport-security", "max-age=31536000");
    reply
}

/// Reads the bearer token. The permissions are those of the time at which the token was issued.
pub(crate) fn authenticate(state: &State, request: &Request) -> Result<Caller, GraphRefusal> {
    let refused = |message: &str| GraphRefusal::unauthorized(message, &state.authority);
    let token = request
        .header("authorization")
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .filter(|token| !token.is_empty())
        .ok_or_else(|| refused("Access token is empty."))?;
    let claims = state.keys.verify(token).map_err(|bad| match bad {
        BadToken::Malformed => refused("CompactToken parsing failed with error code: 80049217"),
        BadToken::Signature => refused("Access token validation failure. Invalid signature."),
    })?;
    if claims["exp"].as_i64().is_none_or(|end| end <= jiff::Timestamp::now().as_second()) {
        return Err(refused("Lifetime validation failed, the token is expired."));
    }
    if claims["tid"] != state.tenant.id.as_str() {
        return Err(refused("Access token validation failure. Invalid tenant."));
    }
    let roles = claims["roles"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(Caller { roles: roles.iter().filter_map(Value::as_str).map(str::to_owned).collect() })
}

fn route(state: &mut State, caller: &Caller, request: &Request) -> Result<Reply, GraphRefusal> {
    let segments = keys_as_segments(request.segments());
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (version, path) = segments.split_first().ok_or_else(|| GraphRefusal::no_segment(""))?;
    let context = &Context::new(&state.graph, version);
    let read =
        if state.replicas.is_empty() { None } else { replica::read_kind(&request.method, path) };
    let Some(replica) = read.and_then(|read| state.replicas.answering(read)) else {
        return dispatch(state, context, caller, path, request);
    };
    // The replica's tenant takes the place of the tenant for this request.
    state.replicas.swap(replica, &mut state.tenant);
    let answered = dispatch(state, context, caller, path, request);
    state.replicas.swap(replica, &mut state.tenant);
    answered
}

fn dispatch(
    state: &mut State,
    context: &Context,
    caller: &Caller,
    path: &[&str],
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    if let Some(answered) = calendar::route(state, context, caller, path, request) {
        return answered;
    }
    if let Some(answered) = subscriptions::route(state, context, path, request) {
        return answered;
    }
    if request.method == Method::POST {
        match path {
            ["users", key, action] if action.eq_ignore_ascii_case("checkMemberGroups") => {
                return groups::check::answer(state, context, caller, key, request);
            }
            ["directoryObjects", "getAvailableExtensionProperties"] => {
                return extensions::available(state, context, caller, request);
            }
            _ => {}
        }
    }
    if request.method != Method::GET {
        return Err(match path.first() {
            Some(&("users" | "groups" | "places" | "organization")) => GraphRefusal::method(),
            first => GraphRefusal::no_segment(first.unwrap_or(&"")),
        });
    }
    match path {
        ["organization"] => organization::list(state, context, caller, request),
        ["organization", id] => organization::get(state, context, caller, id),
        ["users"] => users::list(state, context, caller, request),
        ["users", "$count"] => users::count(state, caller, request),
        ["users", name] if is_delta(name) => delta::users::answer(state, context, caller, request),
        ["users", key] => users::get(state, context, caller, key, request),
        ["groups"] => groups::list(state, context, caller, request),
        ["groups", "$count"] => groups::count(state, caller, request),
        ["groups", name] if is_delta(name) => {
            delta::groups::answer(state, context, caller, request)
        }
        ["groups", id] => groups::get(state, context, caller, id, request),
        ["places", path @ ..] => places::route(state, context, caller, path, request),
        ["me", ..] => Err(GraphRefusal::not_for_applications()),
        ["users", _, segment, ..] => match related::transitive(segment, "memberOf") {
            Some(transitive) => {
                related::member_of(state, context, caller, path, transitive, request)
            }
            None => Err(GraphRefusal::no_segment(segment)),
        },
        ["groups", _, segment, ..] => match related::transitive(segment, "members") {
            Some(transitive) => related::members(state, context, caller, path, transitive, request),
            None => Err(GraphRefusal::no_segment(segment)),
        },
        ["organization", _, segment, ..] => Err(GraphRefusal::no_segment(segment)),
        [segment, ..] => Err(GraphRefusal::no_segment(segment)),
        [] => Err(GraphRefusal::no_segment("")),
    }
}

/// Returns whether a segment of a path is the function `delta`, in any way to write it.
fn is_delta(segment: &str) -> bool {
    let name = segment.strip_prefix("microsoft.graph.").unwrap_or(segment);
    matches!(name, "delta" | "delta()")
}

/// Rewrites `users('id')`, the form of OData, as `users/id`. Graph accepts both.
fn keys_as_segments(segments: Vec<String>) -> Vec<String> {
    segments
        .into_iter()
        .flat_map(|segment| {
            let split = segment
                .strip_suffix("')")
                .and_then(|rest| rest.split_once("('"))
                .filter(|(name, _)| name.bytes().all(|byte| byte.is_ascii_alphabetic()))
                .map(|(name, key)| vec![name.to_owned(), key.replace("''", "'")]);
            split.unwrap_or_else(|| vec![segment])
        })
        .collect()
}
