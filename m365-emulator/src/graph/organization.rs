//! `/organization` (<https://learn.microsoft.com/graph/api/organization-list>).

use serde_json::{Value, json};

use super::answer::{Context, ok, page};
use super::permission::{self, Caller};
use super::refusal::GraphRefusal;
use crate::state::State;
use crate::wire::{Reply, Request};

pub(super) fn list(
    state: &State,
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    check_permission(caller)?;
    let mut record = record(state);
    let mut name = "organization".to_owned();
    if let Some(select) = request.query.option("select").filter(|select| !select.is_empty()) {
        let names: Vec<&str> = select.split(',').map(str::trim).collect();
        if let Some(unknown) = names.iter().find(|name| record.get(**name).is_none()) {
            return Err(GraphRefusal::no_property(unknown, "organization"));
        }
        if let Some(record) = record.as_object_mut() {
            record.retain(|name, _| names.contains(&name.as_str()));
        }
        name = format!("organization({})", names.join(","));
    }
    Ok(page(context, &name, None, None, None, &record.to_string()))
}

pub(super) fn get(
    state: &State,
    context: &Context,
    caller: &Caller,
    id: &str,
) -> Result<Reply, GraphRefusal> {
    check_permission(caller)?;
    if !id.eq_ignore_ascii_case(&state.tenant.id) {
        return Err(GraphRefusal::no_resource(id));
    }
    let mut record = record(state);
    record["@odata.context"] = format!("{}#organization/$entity", context.metadata()).into();
    Ok(ok(record.to_string()))
}

fn check_permission(caller: &Caller) -> Result<(), GraphRefusal> {
    if caller.has(permission::ORGANIZATION) {
        return Ok(());
    }
    Err(GraphRefusal::directory_permission())
}

fn record(state: &State) -> Value {
    let tenant = &state.tenant;
    json!({
        "id": tenant.id,
        "deletedDateTime": null,
        "businessPhones": ["8006427676"],
        "city": "Redmond",
        "country": null,
        "countryLetterCode": "US",
        "createdDateTime": "2015-02-26T10:20:30Z",
        "defaultUsageLocation": null,
        "displayName": tenant.name,
        "marketingNotificationEmails": [],
        "onPremisesLastSyncDateTime": null,
        "onPremisesSyncEnabled": true,
        "partnerTenantType": null,
        "postalCode": "98052",
        "preferredLanguage": "en",
        "securityComplianceNotificationMails": [],
        "securityComplianceNotificationPhones": [],
        "state": "WA",
        "street": "4567 Main Street",
        "technicalNotificationMails": [format!("it@{}", tenant.domain)],
        "tenantType": "AAD",
        "assignedPlans": [],
        "provisionedPlans": [],
        "verifiedDomains": [
            {
                "capabilities": "Email, OfficeCommunicationsOnline",
                "isDefault": true,
                "isInitial": false,
                "name": tenant.domain,
                "type": "Managed",
            },
            {
                "capabilities": "Email, OfficeCommunicationsOnline",
                "isDefault": false,
                "isInitial": true,
                "name": tenant.initial_domain,
                "type": "Managed",
            },
        ],
    })
}
