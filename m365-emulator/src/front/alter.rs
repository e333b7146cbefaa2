//! How faults make up, cut and rewrite answers.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::Value;

use crate::state::fault::Edit;
use crate::wire::{Delivery, Reply};

/// Returns the answer that a fault gives without the tenant.
pub(super) fn made_up(
    status: u16,
    headers: &BTreeMap<String, String>,
    body: Option<&Value>,
) -> Reply {
    let mut reply =
        Reply::new(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    match body {
        None => {}
        Some(Value::String(text)) => reply.body = text.clone().into_bytes(),
        Some(json) => {
            reply.set("content-type", "application/json");
            reply.body = json.to_string().into_bytes();
        }
    }
    for (name, value) in headers {
        reply.set(name, value);
    }
    reply
}

/// Cuts an answer short.
pub(super) fn truncate(mut reply: Reply, after: Option<usize>, clean: bool) -> Reply {
    let after = after.unwrap_or(reply.body.len() / 2).min(reply.body.len());
    if clean {
        reply.body.truncate(after);
    } else {
        reply.delivery = Delivery::CutAfter(after);
    }
    reply
}

/// Changes members of an answer. An answer that is not JSON stays as it is.
pub(super) fn rewrite(mut reply: Reply, edits: &[Edit], url: &str, graph: &str) -> Reply {
    if let Ok(mut json) = serde_json::from_slice::<Value>(&reply.body) {
        for edit in edits {
            apply(&mut json, edit, url, graph);
        }
        reply.body = json.to_string().into_bytes();
    }
    reply
}

fn apply(json: &mut Value, edit: &Edit, url: &str, graph: &str) {
    let value = edit.value.clone().map(|value| match value {
        Value::String(text) => Value::from(text.replace("{self}", url).replace("{graph}", graph)),
        other => other,
    });
    let Some((parent, name)) = edit.pointer.rsplit_once('/') else {
        return;
    };
    let name = name.replace("~1", "/").replace("~0", "~");
    match json.pointer_mut(parent) {
        Some(Value::Object(members)) => match value {
            Some(value) => drop(members.insert(name, value)),
            None => drop(members.shift_remove(&name)),
        },
        Some(Value::Array(elements)) => {
            let at = name.parse::<usize>().ok().filter(|at| *at < elements.len());
            match (at, value) {
                (Some(at), Some(value)) => elements[at] = value,
                (Some(at), None) => drop(elements.remove(at)),
                (None, _) => {}
            }
        }
        _ => {}
    }
}
