//! Tenants without Exchange Online, or without a licence.

use serde_json::json;

use super::{check, checks, entered, troubles};
use crate::{
    error::Error,
    model::{Outcome, UserChange},
    tests::{
        script::{Asked, GRAPH, Reply, Script, nothing, ok, settings, sync_rooms, sync_users},
        users::user,
    },
};

/// Source: MicrosoftDocs/azure-docs#32957.
fn no_exchange() -> Reply {
    let message =
        "The tenant for tenant guid '84841066-274d-4ec0-a5c1-276be684bdd3' does not exist.";
    Reply::Json(
        401,
        json!({"error": {"code": "OrganizationFromTenantGuidNotFound", "message": message,
            "innerError": {"request-id": "r-1", "date": "2026-11-26T00:00:00"}}}),
    )
}

/// Returns the answer of a tenant with Exchange.
fn is_exchanges(asked: &Asked) -> bool {
    asked.path.contains("/places/") || asked.path.contains("/calendarView")
}

fn is_no_exchange(error: &Error) -> bool {
    let Error::Unsupported(why) = error else { return false };
    why.code == "OrganizationFromTenantGuidNotFound"
        && why.summary.starts_with("The tenant has no Exchange Online")
        && why.remedy.as_ref().is_some_and(|text| text.contains("Billing → Your products"))
        && why.detail.as_ref().is_some_and(|text| text.contains("request-id r-1"))
}

#[test]
fn case_008_a_tenant_without_exchange_online_is_recognized() {
    let checks = checks(&entered(json!({})), |asked| is_exchanges(asked).then(no_exchange));
    assert_eq!(
        troubles(&checks),
        ["warned place.read.all", "warned calendars.readwrite", "skipped rooms"]
    );
    for id in ["permission/Place.Read.All", "permission/Calendars.ReadWrite"] {
        let check = check(&checks, id);
        assert_eq!(
            check.summary,
            "The tenant has no Exchange Online, and therefore no rooms and no calendars; users and \
                groups can be synced"
        );
        let remedy = check.remedy.as_ref().expect("a remedy");
        assert!(remedy.contains("Microsoft 365 admin center, Billing → Your products"), "{remedy}");
        assert_eq!(check.fields, [], "no setting is to blame");
    }
    let rooms = check(&checks, "rooms");
    assert!(rooms.summary.contains("The tenant has no Exchange Online"), "{rooms:?}");
}

#[test]
fn case_008_a_sync_of_rooms_ends_as_unsupported() {
    let script = Script::new(|asked: &Asked| match is_exchanges(asked) {
        true => no_exchange(),
        false => nothing(),
    });
    let error = sync_rooms(&script, &settings(json!({}))).1.expect_err("no rooms");
    assert!(is_no_exchange(&error), "{error:?}");
}

#[test]
fn case_008_users_are_synced_without_exchange_online() {
    let delta = format!("{GRAPH}/v1.0/users/delta?$deltatoken=A");
    let script = Script::new(|asked: &Asked| match asked.path.as_str() {
        path if path.contains("/places/") => no_exchange(),
        path if path.contains("/users/delta") => {
            ok(json!({"value": [], "@odata.deltaLink": delta}))
        }
        path if path.starts_with("/v1.0/users?") => ok(json!({"value": [user("u1"), user("u2")]})),
        _ => nothing(),
    });
    let (batches, summary) = sync_users(&script, &settings(json!({})), None);
    let changes = batches.iter().flat_map(|batch| &batch.changes);
    assert_eq!(changes.filter(|change| matches!(change, UserChange::User(_))).count(), 2);
    let warnings = summary.expect("a good run").warnings;
    assert!(warnings.iter().any(|warning| warning.contains("no Exchange Online")), "{warnings:?}");
}

#[test]
fn case_008_a_mailbox_that_is_not_in_exchange_online_says_nothing_of_permissions() {
    for (status, code) in [
        (404, "MailboxNotEnabledForRESTAPI"),
        (404, "MailboxNotHostedInExchangeOnline"),
        (400, "MailboxNotHostedInExchangeOnline"),
        (404, "ErrorNonExistentMailbox"),
        (400, "ErrorNonExistentMailbox"),
        (404, "ResourceNotFound"),
    ] {
        let message = "The mailbox is either inactive, soft-deleted, or is hosted on-premise.";
        let error = json!({"error": {"code": code, "message": message}});
        let checks = checks(&entered(json!({})), |asked| {
            asked.path.contains("/calendarView").then(|| Reply::Json(status, error.clone()))
        });
        assert_eq!(troubles(&checks), ["warned calendars.readwrite"], "{code}");
        let calendars = check(&checks, "permission/Calendars.ReadWrite");
        assert!(calendars.summary.contains("none of the tried mailboxes is in Exchange Online"));
        let remedy = calendars.remedy.as_ref().expect("a remedy");
        assert!(remedy.contains("a licence with Exchange Online"), "{remedy}");
    }
}

#[test]
fn case_008_a_missing_licence_is_no_missing_permission() {
    for (status, code) in [
        (403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant"),
        (400, "AadPremiumLicenseRequired"),
    ] {
        let message = "Neither tenant is B2C or tenant doesn't have premium license";
        let error = json!({"error": {"code": code, "message": message}});
        let checks = checks(&entered(json!({})), |asked| {
            asked.path.contains("/groups?").then(|| Reply::Json(status, error.clone()))
        });
        let groups = check(&checks, "permission/Group.Read.All");
        assert_eq!(groups.outcome, Outcome::Warned, "{groups:?}");
        assert!(groups.summary.contains("no licence of Microsoft Entra ID"), "{groups:?}");
        assert!(groups.remedy.as_ref().is_some_and(|text| text.contains("Billing → Licenses")));
    }
}

#[test]
fn case_008_a_refusal_of_places_with_a_valid_token_is_recognized() {
    // microsoftgraph/microsoft-graph-docs#16064
    let message =
        json!({"code": "Unauthorized", "message": "There was a problem calling the proxy call"});
    let error = json!({"error": {"code": "UnknownError", "message": message.to_string()}});
    let script = Script::new(|asked: &Asked| match asked.path.contains("/places/") {
        true => Reply::Json(401, error.clone()),
        false => nothing(),
    });
    let error = sync_rooms(&script, &settings(json!({}))).1.expect_err("no rooms");
    let Error::Unexpected(why) = &error else { panic!("{error:?}") };
    assert!(why.summary.contains("accepts the token elsewhere"), "{why:?}");
}
