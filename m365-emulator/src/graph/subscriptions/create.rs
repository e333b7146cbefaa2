//! Subscriptions that are made. Their addresses are tested between [`draft`] and [`create`].

use http::StatusCode;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::Value;
use url::{Host, Url};

use super::super::answer::{Context, entity};
use super::super::calendar::{self, Preferences};
use super::super::permission::{self, Caller};
use super::super::refusal::GraphRefusal;
use super::{expiry, shown};
use crate::state::State;
use crate::state::subscriptions::{Subscription, Target};
use crate::tenant::calendar::noted::ChangeKind;
use crate::wire::{Reply, Request};

/// Maximum number of subscriptions to one mailbox
/// (<https://learn.microsoft.com/graph/outlook-change-notifications-overview>).
const MOST_OF_A_MAILBOX: usize = 1000;

/// Maximum length of `clientState`, in characters.
const LONGEST_STATE: usize = 128;

/// The members of a new subscription that are served. Others are refused.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    change_type: String,
    resource: String,
    notification_url: String,
    expiration_date_time: String,
    lifecycle_notification_url: Option<String>,
    client_state: Option<String>,
    #[serde(rename = "latestSupportedTlsVersion")]
    _tls_version: Option<String>,
    include_resource_data: Option<bool>,
}

/// A subscription whose addresses are not tested yet.
#[derive(Debug)]
pub(crate) struct Draft {
    body: Body,
    caller: Caller,
    changes: Vec<ChangeKind>,
}

impl Draft {
    /// Returns the addresses to test, each once for each member that names it.
    pub(crate) fn urls(&self) -> impl Iterator<Item = &str> {
        [Some(&self.body.notification_url), self.body.lifecycle_notification_url.as_ref()]
            .into_iter()
            .flatten()
            .map(String::as_str)
    }
}

/// Reads a request for a subscription, as far as it can be checked without the resource.
pub(crate) fn draft(caller: Caller, request: &Request) -> Result<Draft, GraphRefusal> {
    let body: Body = serde_json::from_slice(&request.body)
        .map_err(|error| GraphRefusal::body(&error.to_string()))?;
    if body.include_resource_data == Some(true) {
        return Err(GraphRefusal::body("'includeResourceData' is not served."));
    }
    if body.client_state.as_ref().is_some_and(|state| state.chars().count() > LONGEST_STATE) {
        return Err(GraphRefusal::invalid_subscription(
            "The 'clientState' has more than 128 characters.",
        ));
    }
    let changes = kinds(&body.change_type)?;
    let draft = Draft { body, caller, changes };
    draft.urls().try_for_each(check_address)?;
    Ok(draft)
}

/// Makes the subscription of a draft.
pub(crate) fn create(
    state: &mut State,
    draft: Draft,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    let Draft { body, caller, changes } = draft;
    let target = target(state, &caller, &body.resource)?;
    if target != Target::Users && target != Target::Groups {
        state.notify();
        if state.subscriptions.count_of(&target) >= MOST_OF_A_MAILBOX {
            return Err(GraphRefusal::too_many_subscriptions());
        }
    } else if changes.contains(&ChangeKind::Created) {
        return Err(GraphRefusal::invalid_subscription(
            "The change type 'created' is not supported for this resource.",
        ));
    }
    let expires = expiry(state, "Create", &target, &body.expiration_date_time)?;
    let preferences = Preferences::read(request)?;
    let subscription = Subscription {
        id: state.ids.guid(),
        target,
        resource: body.resource,
        changes,
        notification_url: body.notification_url,
        lifecycle_url: body.lifecycle_notification_url,
        client_state: body.client_state,
        expires,
        form: preferences.form,
        is_paused: false,
    };
    let context = Context::new(&state.graph, "v1.0");
    let body = Value::Object(shown::made(state, &subscription)).to_string();
    state.subscribe(subscription);
    let mut reply = entity(&context, "subscriptions", body);
    reply.status = StatusCode::CREATED;
    Ok(preferences.applied_to(reply))
}

/// Reads the kinds of changes.
fn kinds(change_type: &str) -> Result<Vec<ChangeKind>, GraphRefusal> {
    let kind = |name: &str| {
        let name = name.trim();
        ChangeKind::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name)).ok_or_else(
            || GraphRefusal::invalid_subscription(&format!("The change type '{name}' is invalid.")),
        )
    };
    let mut kinds = change_type.split(',').map(kind).collect::<Result<Vec<_>, _>>()?;
    kinds.dedup();
    Ok(kinds)
}

/// Checks an address: https, or on this machine also http, so that tests need no certificate.
fn check_address(address: &str) -> Result<(), GraphRefusal> {
    let url = Url::parse(address).ok();
    let is_usable = url.is_some_and(|url| match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Domain(name))) => name == "localhost",
        ("http", Some(Host::Ipv4(address))) => address.is_loopback(),
        ("http", Some(Host::Ipv6(address))) => address.is_loopback(),
        _ => false,
    });
    match is_usable {
        true => Ok(()),
        false => Err(GraphRefusal::invalid_subscription(
            "The notification URL has to be an absolute URL with the protocol https.",
        )),
    }
}

/// Finds what a subscription is about, and checks that the application may read it.
fn target(state: &mut State, caller: &Caller, resource: &str) -> Result<Target, GraphRefusal> {
    let path = resource.split('?').next().unwrap_or_default();
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    let segments = segments.map(|text| percent_decode_str(text).decode_utf8_lossy().into_owned());
    let segments = super::super::keys_as_segments(segments.collect());
    let lower_case: Vec<String> = segments.iter().map(|text| text.to_lowercase()).collect();
    match lower_case.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["users", _, "events"] => calendar::open(state, caller, &segments[1])
            .map(Target::Events)
            .map_err(|refusal| refusal.of_extension("Create")),
        ["users"] if caller.has(permission::USERS) => Ok(Target::Users),
        ["groups"] if caller.has(permission::GROUPS) => Ok(Target::Groups),
        ["users" | "groups"] => Err(GraphRefusal::directory_permission()),
        _ => Err(GraphRefusal::invalid_subscription(&format!(
            "The resource '{resource}' is not served."
        ))),
    }
}
