//! The admin API under `/_emulator/`: [`Control`] over HTTP, without a token. Requests and answers
//! are JSON, except that certificates are uploaded as PEM.

mod calendars;
mod subscriptions;

use ::http::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::guide::GUIDE;
use super::{Control, Members, Properties, SpaceKind};
use crate::error::ControlError;
use crate::state::Shared;
use crate::state::cursors::DeltaExpiry;
use crate::state::fault::Fault;
use crate::wire::{Reply, Request};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mix {
    #[serde(default)]
    users: usize,
    #[serde(default)]
    meetings: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberChange {
    #[serde(default)]
    add: Vec<String>,
    #[serde(default)]
    remove: Vec<String>,
}

#[derive(Serialize)]
struct GroupMembers<'a> {
    id: &'a str,
    #[serde(flatten)]
    members: Members,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expiry {
    #[serde(default)]
    answer: ExpiryAnswer,
    #[serde(default)]
    status: Option<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotation {
    #[serde(default)]
    drop: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Consent {
    redirect_uri: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
enum ExpiryAnswer {
    #[default]
    SyncStateNotFound,
    ResyncRequired,
    Location,
}

/// Returns whether a path belongs to the admin API.
pub(crate) fn serves(path: &str) -> bool {
    path == "/_emulator" || path.starts_with("/_emulator/")
}

/// Answers a request to the admin API.
pub(crate) fn answer(shared: &Shared, request: &Request) -> Reply {
    let control = Control { shared: shared.clone() };
    route(&control, request).unwrap_or_else(|refusal| match refusal {
        Refusal::Control(error) => {
            let status = match error {
                ControlError::NotFound { .. } => StatusCode::NOT_FOUND,
                ControlError::Invalid(_) | ControlError::CrossesNeighbour => {
                    StatusCode::BAD_REQUEST
                }
                ControlError::Conflict { .. } => StatusCode::CONFLICT,
            };
            Reply::json(status, &json!({"error": error.to_string()}))
        }
        Refusal::Json(error) => {
            Reply::json(StatusCode::BAD_REQUEST, &json!({"error": error.to_string()}))
        }
        Refusal::NoSuchPath => {
            let error = "the admin API has no such path or method; GET /_emulator/ lists them";
            Reply::json(StatusCode::NOT_FOUND, &json!({"error": error}))
        }
    })
}

enum Refusal {
    Control(ControlError),
    Json(serde_json::Error),
    NoSuchPath,
}

impl From<ControlError> for Refusal {
    fn from(error: ControlError) -> Self {
        Self::Control(error)
    }
}

impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

fn route(control: &Control, request: &Request) -> Result<Reply, Refusal> {
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
    match (&request.method, path.as_slice()) {
        (&Method::GET, []) => {
            let guide: Map<String, Value> =
                GUIDE.iter().map(|(path, text)| ((*path).to_owned(), json!(text))).collect();
            ok(&guide)
        }
        (&Method::GET, ["truth"]) => ok(&control.truth()),
        (_, ["users", path @ ..]) => users(control, request, path),
        (_, ["rooms", path @ ..]) => rooms(control, request, path),
        (_, ["roomLists", path @ ..]) => room_lists(control, request, path),
        (_, ["workspaces", path @ ..]) => workspaces(control, request, path),
        (_, ["buildings", path @ ..]) => spaces(control, SpaceKind::Building, request, path),
        (_, ["floors", path @ ..]) => spaces(control, SpaceKind::Floor, request, path),
        (_, ["sections", path @ ..]) => spaces(control, SpaceKind::Section, request, path),
        (_, ["groups", path @ ..]) => groups(control, request, path),
        (&Method::GET, ["memberships"]) => memberships(control),
        (_, ["clock"]) => calendars::clock(control, request),
        (_, ["calendars", path @ ..]) => calendars::calendars(control, request, path),
        (_, ["meetings", path @ ..]) => calendars::meetings(control, request, path),
        (_, ["deliveries"]) => calendars::deliveries(control, request),
        (_, ["subscriptions", path @ ..]) => subscriptions::subscriptions(control, request, path),
        (_, ["notifications", path @ ..]) => subscriptions::notifications(control, request, path),
        (&Method::POST, ["change"]) => {
            let mix: Mix = body(request)?;
            let meetings = control.mix_meetings(mix.meetings);
            ok(&json!({"changes": control.mix(mix.users)?, "meetings": meetings}))
        }
        (&Method::GET, ["permissions"]) => ok(&json!({"granted": control.permissions()})),
        (&Method::PUT, ["permissions", name]) => done(control.grant(name)),
        (&Method::DELETE, ["permissions", name]) => done(control.revoke(name)),
        (_, ["certificates", path @ ..]) => certificates(control, request, path),
        (&Method::GET, ["settings"]) => ok(&control.settings()),
        (&Method::PATCH, ["settings"]) => {
            let mut settings = serde_json::to_value(control.settings())?;
            if let Some(settings) = settings.as_object_mut() {
                settings.extend(body::<Map<String, Value>>(request)?);
            }
            let settings = serde_json::from_value(settings)?;
            control.update_settings(|current| *current = settings);
            ok(&control.settings())
        }
        (&Method::POST, ["deltaTokens", "expire"]) => {
            let expiry: Expiry = body(request)?;
            let status = expiry.status.unwrap_or(410);
            if !(400..500).contains(&status) {
                return Err(
                    ControlError::Invalid("'status' has to be 400 to 499".to_owned()).into()
                );
            }
            control.expire_delta_tokens(match expiry.answer {
                ExpiryAnswer::SyncStateNotFound => {
                    DeltaExpiry::SyncStateNotFound { status, resync_required: false }
                }
                ExpiryAnswer::ResyncRequired => {
                    DeltaExpiry::SyncStateNotFound { status, resync_required: true }
                }
                ExpiryAnswer::Location => DeltaExpiry::Location,
            });
            done(Ok(()))
        }
        (&Method::POST, ["pageTokens", "expire"]) => {
            control.expire_page_tokens();
            done(Ok(()))
        }
        (&Method::POST, ["keys", "rotate"]) => {
            control.rotate_keys(body::<Rotation>(request)?.drop);
            done(Ok(()))
        }
        (&Method::POST, ["codes", "expire"]) => {
            control.expire_codes();
            done(Ok(()))
        }
        (&Method::GET, ["faults"]) => ok(&json!({"value": control.faults()})),
        (&Method::PUT, ["faults"]) => done(control.set_faults(body(request)?)),
        (&Method::POST, ["faults"]) => done(control.add_fault(body::<Fault>(request)?)),
        (&Method::DELETE, ["faults"]) => done(control.set_faults(Vec::new())),
        (&Method::POST, ["consent"]) => {
            let consent: Consent = body(request)?;
            ok(&json!({"location": control.consent_in_portal(&consent.redirect_uri)?}))
        }
        (_, ["lags"]) => lags(control, request),
        (_, ["overrides"]) => overrides(control, request),
        (&Method::GET, ["requests"]) => ok(&json!({"value": control.requests()})),
        (&Method::DELETE, ["requests"]) => {
            control.clear_requests();
            done(Ok(()))
        }
        _ => Err(Refusal::NoSuchPath),
    }
}

fn users(control: &Control, request: &Request, path: &[&str]) -> Result<Reply, Refusal> {
    match (&request.method, path) {
        (&Method::GET, []) => list(request, control.users()),
        (&Method::POST, []) => made(control.create_user(body(request)?)?),
        (&Method::GET, [key]) => ok(&control.user(key)?),
        (&Method::PATCH, [key]) => done(control.patch_user(key, body(request)?)),
        (&Method::DELETE, [key]) if request.query.option("permanent") == Some("true") => {
            done(control.delete_user_permanently(key))
        }
        (&Method::DELETE, [key]) => done(control.delete_user(key)),
        (&Method::POST, [key, "restore"]) => done(control.restore_user(key)),
        _ => Err(Refusal::NoSuchPath),
    }
}

fn groups(control: &Control, request: &Request, path: &[&str]) -> Result<Reply, Refusal> {
    match (&request.method, path) {
        (&Method::GET, []) => list(request, control.groups()),
        (&Method::POST, []) => made(control.create_group(body(request)?)?),
        (&Method::GET, [id]) => ok(&control.group(id)?),
        (&Method::PATCH, [id]) => done(control.patch_group(id, &body(request)?)),
        (&Method::DELETE, [id]) if request.query.option("permanent") == Some("true") => {
            done(control.delete_group_permanently(id))
        }
        (&Method::DELETE, [id]) => done(control.delete_group(id)),
        (&Method::POST, [id, "restore"]) => done(control.restore_group(id)),
        (&Method::GET, [id, "members"]) => ok(&control.members(id)?),
        (&Method::POST, [id, "members"]) => {
            let change: MemberChange = body(request)?;
            control.add_members(id, &change.add)?;
            done(control.remove_members(id, &change.remove))
        }
        _ => Err(Refusal::NoSuchPath),
    }
}

/// Lists the members of all groups, each group as one line of JSON.
fn memberships(control: &Control) -> Result<Reply, Refusal> {
    let mut lines = Vec::new();
    let mut written = Ok(());
    control.each_group(|id, members| {
        if written.is_ok() {
            written = serde_json::to_writer(&mut lines, &GroupMembers { id, members });
            lines.push(b'\n');
        }
    });
    written?;
    Ok(Reply::new(StatusCode::OK).with("content-type", "application/x-ndjson").with_body(lines))
}

fn rooms(control: &Control, request: &Request, path: &[&str]) -> Result<Reply, Refusal> {
    match (&request.method, path) {
        (&Method::GET, []) => list(request, control.rooms()),
        (&Method::POST, []) => made(control.add_room(body(request)?)?),
        (&Method::PATCH, [key]) => done(control.patch_room(key, body(request)?)),
        (&Method::DELETE, [key]) => done(control.remove_room(key)),
        _ => Err(Refusal::NoSuchPath),
    }
}

fn workspaces(control: &Control, request: &Request, path: &[&str]) -> Result<Reply, Refusal> {
    match (&request.method, path) {
        (&Method::GET, []) => list(request, control.workspaces()),
        (&Method::POST, []) => made(control.add_workspace(body(request)?)?),
        (&Method::PATCH, [key]) => done(control.patch_workspace(key, body(request)?)),
        (&Method::DELETE, [key]) => done(control.remove_workspace(key)),
        _ => Err(Refusal::NoSuchPath),
    }
}

fn spaces(
    control: &Control,
    kind: SpaceKind,
    request: &Request,
    path: &[&str],
) -> Result<Reply, Refusal> {
    match (&request.method, path) {
        (&Method::GET, []) => list(request, control.spaces(kind)),
        (&Method::POST, []) => made(control.add_space(kind, body(request)?)?),
        (&Method::PATCH, [key]) => done(control.patch_space(kind, key, body(request)?)),
        (&Method::DELETE, [key]) => done(control.remove_space(kind, key)),
        _ => Err(Refusal::NoSuchPath),
    }
}

fn room_lists(control: &Control, request: &Request, path: &[&str]) -> Result<Reply, Refusal> {
    match (&request.method, path) {
        (&Method::GET, []) => list(request, control.room_lists()),
        (&Method::POST, []) => made(control.add_room_list(body(request)?)?),
        (&Method::PATCH, [key]) => done(control.patch_room_list(key, body(request)?)),
        (&Method::DELETE, [key]) => done(control.remove_room_list(key)),
        _ => Err(Refusal::NoSuchPath),
    }
}

fn certificates(control: &Control, request: &Request, path: &[&str]) -> Result<Reply, Refusal> {
    match (&request.method, path) {
        (&Method::GET, []) => ok(&json!({"value": control.certificates()})),
        (&Method::POST, []) => {
            let pem = String::from_utf8_lossy(&request.body);
            let thumbprint = control.add_certificate(&pem)?;
            Ok(Reply::json(StatusCode::CREATED, &json!({"thumbprint": thumbprint})))
        }
        (&Method::DELETE, [thumbprint]) => done(control.remove_certificate(thumbprint)),
        _ => Err(Refusal::NoSuchPath),
    }
}

fn lags(control: &Control, request: &Request) -> Result<Reply, Refusal> {
    match request.method {
        Method::GET => ok(&json!({"value": control.lags()})),
        Method::POST => {
            control.lag(body(request)?);
            done(Ok(()))
        }
        Method::DELETE => {
            control.clear_lags();
            done(Ok(()))
        }
        _ => Err(Refusal::NoSuchPath),
    }
}

fn overrides(control: &Control, request: &Request) -> Result<Reply, Refusal> {
    match request.method {
        // Written directly: `serde_json::Value` cannot represent half a surrogate pair.
        Method::GET => {
            let list = serde_json::to_string(&control.overrides())?;
            Ok(Reply::new(StatusCode::OK)
                .with("content-type", "application/json; charset=utf-8")
                .with_body(format!("{{\"value\":{list}}}")))
        }
        Method::POST => {
            control.add_override(body(request)?);
            done(Ok(()))
        }
        Method::DELETE => {
            control.clear_overrides();
            done(Ok(()))
        }
        _ => Err(Refusal::NoSuchPath),
    }
}

/// Reads the body of a request. An empty body is read as an empty object.
fn body<T: DeserializeOwned>(request: &Request) -> Result<T, serde_json::Error> {
    if request.body.is_empty() {
        return serde_json::from_value(Value::Object(Properties::new()));
    }
    serde_json::from_slice(&request.body)
}

/// Returns a list with its length, limited by `$skip` and `$top`.
fn list(request: &Request, all: Vec<Value>) -> Result<Reply, Refusal> {
    let number = |option: &str| request.query.option(option).and_then(|given| given.parse().ok());
    let count = all.len();
    let value: Vec<Value> = all
        .into_iter()
        .skip(number("skip").unwrap_or_default())
        .take(number("top").unwrap_or(usize::MAX))
        .collect();
    ok(&json!({"count": count, "value": value}))
}

fn ok<T: Serialize>(value: &T) -> Result<Reply, Refusal> {
    Ok(Reply::json(StatusCode::OK, &serde_json::to_value(value)?))
}

fn made(id: String) -> Result<Reply, Refusal> {
    Ok(Reply::json(StatusCode::CREATED, &json!({"id": id})))
}

fn done(outcome: Result<(), ControlError>) -> Result<Reply, Refusal> {
    outcome?;
    Ok(Reply::new(StatusCode::NO_CONTENT))
}
