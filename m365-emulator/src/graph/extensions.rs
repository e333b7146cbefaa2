//! `getAvailableExtensionProperties`
//! (<https://learn.microsoft.com/graph/api/directoryobject-getavailableextensionproperties>).

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Context, ok};
use super::permission::{self, Caller};
use super::refusal::GraphRefusal;
use crate::random::Random;
use crate::state::State;
use crate::wire::{Reply, Request};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    is_synced_from_on_premises: Option<bool>,
}

/// Lists the directory extensions. All that the tenant has come from Entra Connect.
pub(super) fn available(
    state: &State,
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    if !caller.has(permission::DIRECTORY) {
        return Err(GraphRefusal::directory_permission());
    }
    let body: Body = match request.body.is_empty() {
        true => Body::default(),
        false => serde_json::from_slice(&request.body)
            .map_err(|_| GraphRefusal::body("'isSyncedFromOnPremises' has to be true or false."))?,
    };
    let tenant = &state.tenant;
    let is_listed =
        state.settings.extensions_listed && body.is_synced_from_on_premises != Some(false);
    let names = tenant.directory.schema.extensions().iter().filter(|_| is_listed);
    let value: Vec<Value> = names
        .map(|name| {
            json!({
                "@odata.type": "#microsoft.graph.extensionProperty",
                "id": Random::stream(tenant.seed, name).guid(),
                "deletedDateTime": null,
                "appDisplayName": "Tenant Schema Extension App",
                "name": name,
                "dataType": "String",
                "isSyncedFromOnPremises": true,
                "targetObjects": ["User"],
            })
        })
        .collect();
    Ok(ok(json!({
        "@odata.context": format!("{}#Collection(extensionProperty)", context.metadata()),
        "value": value,
    })
    .to_string()))
}
