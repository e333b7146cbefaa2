//! The check of card numbers, whose result contains none of them.

use serde_json::{Value, json};

use super::{check, checks, entered, troubles};
use crate::{
    model::{Check, Outcome},
    tests::script::{Reply, ok, refused},
};

/// Returns the check of card numbers in a tenant whose users have these numbers.
fn card_numbers(entered_as: &str, numbers: &[Value]) -> Check {
    let property = match entered_as {
        "pager" => "extension_25883231668a43a780b25685c3f874bc_pager",
        name => name,
    };
    let users = numbers.iter().enumerate().map(|(index, number)| {
        json!({
            "id": format!("u{index}"),
            "userPrincipalName": format!("u{index}@contoso.com"),
            property: number,
        })
    });
    let users: Vec<_> = users.collect();
    let settings = entered(json!({"users": {"cardNumber": entered_as}}));
    let found = checks(&settings, |asked| match asked.path.as_str() {
        path if path.ends_with("/getAvailableExtensionProperties") => {
            Some(refused(403, "Authorization_RequestDenied"))
        }
        path if path.starts_with("/beta/users?") || path.contains("$top=999") => {
            Some(ok(json!({ "value": users })))
        }
        _ => None,
    });
    let judged = check(&found, "card-number");
    let text = format!("{judged:?}");
    for number in numbers.iter().filter_map(Value::as_str).filter(|it| !it.is_empty()) {
        assert!(!text.contains(number), "a result contains no card number: {text}");
    }
    judged.clone()
}

#[test]
fn card_numbers_are_counted_where_the_settings_say() {
    let judged =
        card_numbers("employeeId", &[json!("#0042"), json!(null), json!("#42"), json!("")]);
    assert_eq!(judged.outcome, Outcome::Passed);
    let words = "2 of 4 users in a sample have a card number in employeeId";
    assert_eq!(judged.summary, words);
    let judged = card_numbers("pager", &[json!("#0042")]);
    let words = "have a card number in extension_25883231668a43a780b25685c3f874bc_pager";
    assert!(judged.summary.ends_with(words), "{judged:?}");
    let none = checks(&entered(json!({})), |asked| {
        assert!(!asked.path.contains("$top=999"), "no user is read");
        None
    });
    assert_eq!(check(&none, "card-number").summary, "Card numbers are not synced");
}

#[test]
fn card_numbers_that_no_user_has_or_two_users_share_are_warned_about() {
    let empty = card_numbers("faxNumber", &[json!(null), json!("")]);
    assert_eq!(empty.outcome, Outcome::Warned);
    assert!(empty.summary.ends_with("has a card number in faxNumber"), "{empty:?}");
    assert_eq!(empty.fields[0].field, "/users/cardNumber");

    let shared = card_numbers("faxNumber", &["#7", "#8", "#7"].map(|it| json!(it)));
    assert_eq!(shared.outcome, Outcome::Warned);
    let words =
        "One card number belongs to more than one user, e.g. u0@contoso.com and u2@contoso.com";
    assert_eq!(shared.summary, words);
    let shared = card_numbers("faxNumber", &["#7", "#8", "#7", "#8"].map(|it| json!(it)));
    assert!(shared.summary.starts_with("2 card numbers belong"), "{shared:?}");

    let odd = card_numbers("faxNumber", &[json!({"a": "b"}), json!("#7")]);
    assert_eq!(odd.outcome, Outcome::Warned);
    assert!(odd.summary.contains("a value other than text in faxNumber"), "{odd:?}");
    assert_eq!(card_numbers("faxNumber", &[]).outcome, Outcome::Skipped);
}

#[test]
fn guests_and_blocked_accounts_that_are_not_synced_need_no_card() {
    let settings = entered(json!({"users": {"cardNumber": "employeeId"}}));
    let users = json!([
        {"id": "a", "userPrincipalName": "a@contoso.com", "employeeId": "7"},
        {"id": "b", "userPrincipalName": "b@contoso.com", "employeeId": "7",
         "accountEnabled": false},
        {"id": "c", "userPrincipalName": "c@contoso.com", "employeeId": "7", "userType": "Guest"},
    ]);
    let found = checks(&settings, |asked| {
        asked.path.contains("$top=999").then(|| ok(json!({ "value": users })))
    });
    let words = "1 of 1 users in a sample have a card number in employeeId";
    assert_eq!(check(&found, "card-number").summary, words);
}

#[test]
fn an_attribute_that_graph_does_not_have_is_not_a_missing_permission() {
    for path in ["/users/delta", "$top=999"] {
        let settings = entered(json!({"users": {"cardNumber": "badge"}}));
        let found = checks(&settings, |asked| {
            let asks = asked.path.contains(path) && asked.path.contains("badge");
            let message = "Could not find a property named 'badge' on type 'microsoft.graph.user'.";
            let error = json!({"error": {"code": "BadRequest", "message": message}});
            asks.then(|| Reply::Json(400, error))
        });
        assert_eq!(troubles(&found), ["failed card-number"]);
        let judged = check(&found, "card-number");
        assert_eq!(judged.fields[0].field, "/users/cardNumber");
        assert!(judged.summary.contains("badge"), "{judged:?}");
        assert!(
            judged.detail.as_ref().is_some_and(|text| text.contains("Could not find")),
            "{judged:?}"
        );
    }
}

#[test]
fn a_pager_that_is_not_found_says_how_to_find_it() {
    let settings = entered(json!({"users": {"cardNumber": "pager"}}));
    let found = checks(&settings, |asked| {
        let looked_up = asked.path.ends_with("/getAvailableExtensionProperties");
        let users = asked.path.starts_with("/beta/users?");
        (looked_up || users).then(|| ok(json!({"value": []})))
    });
    assert_eq!(troubles(&found), ["failed card-number"]);
    let judged = check(&found, "card-number");
    assert!(judged.summary.contains("Directory.Read.All"), "{judged:?}");
    // Where users cannot be read, that comes first.
    let closed = checks(&settings, |asked| {
        asked.path.contains("/users/delta").then(|| refused(403, "Authorization_RequestDenied"))
    });
    assert_eq!(troubles(&closed), ["failed user.read.all", "skipped card-number"]);
}
