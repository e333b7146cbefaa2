//! Refusals of Microsoft, and the explanations that users get.

use serde_json::{Value, json};

use super::{CODE, REDIRECT_URI, SignIn, pairs, settings, what};
use crate::{
    error::{Error, Explanation},
    host::Failure,
    tests::script::Reply,
};

/// The case that a host acts on.
#[derive(Debug, PartialEq)]
enum Case {
    Declined,
    Rejected,
    PermissionMissing,
    Unauthorized,
    Unavailable,
    Unexpected,
}

fn split(error: Error) -> (Case, Explanation) {
    match error {
        Error::Declined(it) => (Case::Declined, it),
        Error::Rejected(it) => (Case::Rejected, it),
        Error::PermissionMissing(it) => (Case::PermissionMissing, it),
        Error::Unauthorized(it) => (Case::Unauthorized, it),
        Error::Unavailable(it) => (Case::Unavailable, it),
        Error::Unexpected(it) => (Case::Unexpected, it),
        other => panic!("{other:?}"),
    }
}

fn in_cloud(cloud: &str) -> SignIn {
    SignIn::begin(settings(json!({"server": { "cloud": cloud }})))
}

/// Calls back with an error in the redirect.
fn brought(sign_in: &SignIn, error: &str, description: &str) -> (Case, Explanation) {
    let state = sign_in.sent("state");
    let callback = sign_in.bringing(&[
        ("error", error),
        ("error_description", description),
        ("state", &state),
        ("code", CODE),
    ]);
    let (outcome, asked) = sign_in.back(&callback, |_| None);
    assert_eq!(asked.len(), 0, "an error is the end of it");
    split(outcome.expect_err("an error"))
}

/// Calls back, where the token endpoint refuses the code with this error.
fn answered(sign_in: &SignIn, status: u16, body: Value) -> (Case, Explanation) {
    let (outcome, asked) = sign_in.back(&sign_in.callback(), |request| {
        (what(request) == "code").then(|| Reply::Json(status, body.clone()))
    });
    assert_eq!(asked.len(), 1, "a code is good for one try");
    split(outcome.expect_err("an error"))
}

fn of_entra(error: &str, aadsts: u32) -> Value {
    json!({"error": error, "error_codes": [aadsts], "trace_id": "t-1", "correlation_id": "c-1",
        "error_description": format!("AADSTS{aadsts}: In Microsoft's words. Trace ID: t-1")})
}

#[test]
fn errors_in_a_redirect_are_distinguished_by_case_and_code() {
    use Case::*;
    for (error, aadsts, case, words) in [
        ("access_denied", Some(65004), Declined, "accept what Microsoft asks for"),
        ("access_denied", None, Declined, "accept what Microsoft asks for"),
        ("consent_required", Some(65001), PermissionMissing, "Grant admin consent"),
        ("consent_required", None, PermissionMissing, "Grant admin consent"),
        ("access_denied", Some(90094), PermissionMissing, "Grant admin consent"),
        ("access_denied", Some(90095), PermissionMissing, "Grant admin consent"),
        ("interaction_required", Some(50105), Declined, "Users and groups, assign the user"),
        ("invalid_grant", Some(50057), Declined, "Ask an administrator of your company"),
        ("access_denied", Some(50020), Declined, "with an account of your company"),
        ("interaction_required", Some(53003), Declined, "Sign-in logs"),
        ("access_denied", Some(53000), Declined, "a device and a location"),
        ("invalid_request", Some(50011), Unexpected, "add https://ones.example/sign-in/callback"),
        ("invalid_request", Some(9_002_325), Unexpected, "under the platform Web"),
        ("login_required", Some(50058), Declined, "Start again in ONES"),
        ("interaction_required", None, Declined, "Start again in ONES"),
        ("account_selection_required", Some(16000), Declined, "Start again in ONES"),
        ("server_error", None, Unavailable, "Try again in a few minutes"),
        ("temporarily_unavailable", Some(90033), Unavailable, "Try again in a few minutes"),
        ("unauthorized_client", Some(700_016), Unauthorized, "Application (client) ID"),
        ("invalid_resource", Some(500_011), Unauthorized, "Choose the operator"),
        ("something_new", None, Unauthorized, "Check tenant ID"),
    ] {
        let description =
            aadsts.map(|code| format!("AADSTS{code}: In Microsoft's words.\r\nTrace ID: t-1"));
        let (found, why) =
            brought(&in_cloud("global"), error, description.as_deref().unwrap_or_default());
        assert_eq!(found, case, "{error} {aadsts:?}");
        assert_eq!(why.code, aadsts.map_or(error.to_owned(), |it| format!("AADSTS{it}")));
        let remedy = why.remedy.expect("a remedy");
        assert!(remedy.contains(words), "{error} {aadsts:?}: {remedy}");
        assert!(!remedy.contains(['{', '}']), "{remedy}");
        let detail = why.detail.expect("a detail");
        assert!(detail.starts_with(error), "{detail}");
        assert_eq!(detail.contains("Trace ID: t-1"), aadsts.is_some(), "{detail}");
    }
}

#[test]
fn case_004_errors_that_only_users_cause_are_explained_to_users() {
    use Case::*;
    let sign_in = in_cloud("global");
    for (aadsts, case, summary, remedy) in [
        // Policies of the tenant.
        (50005, Declined, "Conditional Access", "a device and a location"),
        (50097, Declined, "Conditional Access", "a device and a location"),
        (50131, Declined, "Conditional Access", "Sign-in logs"),
        (50158, Declined, "Conditional Access", "Sign-in logs"),
        (53001, Declined, "Conditional Access", "a device and a location"),
        (53004, Declined, "Conditional Access", "a device and a location"),
        (53011, Declined, "Conditional Access", "a device and a location"),
        (530_002, Declined, "Conditional Access", "a device and a location"),
        (530_003, Declined, "Conditional Access", "a device and a location"),
        (530_032, Declined, "Conditional Access", "a device and a location"),
        (530_035, Declined, "Conditional Access", "a device and a location"),
        (50074, Declined, "second factor", "confirm the sign-in when Microsoft asks"),
        (50076, Declined, "second factor", "confirm the sign-in when Microsoft asks"),
        (50079, Declined, "second factor", "confirm the sign-in when Microsoft asks"),
        (500_212, Declined, "policies of the two companies", "Cross-tenant access settings"),
        (500_213, Declined, "policies of the two companies", "Cross-tenant access settings"),
        (1_000_104, Declined, "policies of the two companies", "an account of this company"),
        // The account.
        (50034, Declined, "does not belong to the tenant", "an account of your company"),
        (51004, Declined, "does not belong to the tenant", "invited to the tenant"),
        (90072, Declined, "does not belong to the tenant", "invited to the tenant"),
        (500_341, Declined, "does not belong to the tenant", "invited to the tenant"),
        (50053, Declined, "locked", "Wait some time"),
        (50055, Declined, "has expired", "Change the password"),
        (50126, Declined, "user name or the password", "Start again in ONES"),
        (50132, Declined, "sign in again", "Start again in ONES"),
        (40008, Unavailable, "identity provider", "administrator of your company"),
        // The app registration.
        (50146, Unexpected, "signing key of its own", "Single sign-on"),
        (500_113, Unexpected, "not registered", "add https://ones.example/sign-in/callback"),
        (70004, Unexpected, "not registered", "add https://ones.example/sign-in/callback"),
        (7_000_112, Unauthorized, "disabled", "Enterprise applications"),
        (5_000_225, Unauthorized, "blocked the tenant", "within 20 days"),
        (900_432, Unauthorized, "another national cloud", "Choose the operator"),
        (650_052, PermissionMissing, "not subscribed to", "Billing → Your products"),
    ] {
        let (found, why) = brought(&sign_in, "x", &format!("AADSTS{aadsts}: Words."));
        assert_eq!(found, case, "{aadsts}");
        assert!(why.summary.contains(summary), "{aadsts}: {}", why.summary);
        let said = why.remedy.expect("a remedy");
        assert!(said.contains(remedy), "{aadsts}: {said}");
        assert!(!said.contains(['{', '}']), "{said}");
    }
    let elsewhere = "AADSTS16000: User account 'a@b.example' from identity provider 'live.com' \
        does not exist in tenant 'Contoso' and can't access the application.";
    let (_, why) = brought(&sign_in, "interaction_required", elsewhere);
    assert_eq!(why.summary, "This account does not belong to the tenant");
}

#[test]
fn errors_of_the_token_endpoint_are_distinguished_by_case_and_code() {
    use Case::*;
    for (status, error, aadsts, case, words) in [
        (400, "invalid_grant", 54005, Rejected, "Start again in ONES"),
        (400, "invalid_grant", 70008, Rejected, "Start again in ONES"),
        (400, "invalid_grant", 501_481, Rejected, "Start again in ONES"),
        (400, "invalid_grant", 65001, PermissionMissing, "Grant admin consent"),
        (401, "invalid_client", 7_000_222, Unauthorized, "New client secret"),
        (401, "invalid_client", 7_000_215, Unauthorized, "not the Secret ID"),
        (401, "invalid_client", 700_025, Unexpected, "under the platform Web"),
        (400, "invalid_request", 50011, Unexpected, REDIRECT_URI),
        (400, "invalid_client", 500_112, Unexpected, REDIRECT_URI),
        (400, "invalid_grant", 50057, Declined, "Ask an administrator of your company"),
        (400, "interaction_required", 50076, Declined, "Start again in ONES"),
        (400, "temporarily_unavailable", 90033, Unavailable, "Try again in a few minutes"),
        (500, "server_error", 90006, Unavailable, "Try again in a few minutes"),
        (400, "invalid_request", 900_144, Unauthorized, "Check tenant ID"),
    ] {
        let (found, why) = answered(&in_cloud("global"), status, of_entra(error, aadsts));
        assert_eq!(found, case, "{aadsts}");
        assert_eq!(why.code, format!("AADSTS{aadsts}"));
        let remedy = why.remedy.expect("a remedy");
        assert!(remedy.contains(words), "{aadsts}: {remedy}");
        let detail = why.detail.expect("a detail");
        assert!(
            detail.contains("trace id t-1") && detail.contains("correlation id c-1"),
            "{detail}"
        );
    }
    let (case, why) = answered(&in_cloud("global"), 403, json!(null));
    assert_eq!((case, why.code.as_str()), (Case::Unexpected, "not-entra-id"));
    let (case, why) = answered(&in_cloud("global"), 400, json!({"error": "invalid_grant"}));
    assert_eq!((case, why.code.as_str()), (Case::Rejected, "invalid_grant"));
}

#[test]
fn a_throttling_sign_in_server_gets_no_second_request() {
    let sign_in = in_cloud("global");
    let (outcome, asked) = sign_in.back(&sign_in.callback(), |request| {
        (what(request) == "code")
            .then(|| Reply::Raw(429, vec![("retry-after", "20")], String::new()))
    });
    assert_eq!(outcome, Err(Error::Throttled(20)));
    assert_eq!(asked.len(), 1);
}

#[test]
fn a_code_is_sent_once_whatever_happens_to_it() {
    let sign_in = in_cloud("global");
    for reply in [
        || Reply::Fail(Failure::Connection),
        || Reply::Fail(Failure::Timeout),
        || Reply::Json(500, json!(null)),
        || Reply::Json(503, json!(null)),
        || Reply::Raw(429, Vec::new(), String::new()),
        || Reply::Json(400, json!({"error": "temporarily_unavailable"})),
    ] {
        let (outcome, asked) =
            sign_in.back(&sign_in.callback(), |request| (what(request) == "code").then(reply));
        outcome.expect_err("no ID token");
        assert_eq!(asked.iter().map(what).collect::<Vec<_>>(), ["code"]);
    }
}

#[test]
fn the_portal_is_that_of_the_cloud() {
    for (cloud, portal) in [
        ("global", "portal.azure.com"),
        ("us-government-l4", "portal.azure.us"),
        ("us-government-l5", "portal.azure.us"),
        ("china-21vianet", "portal.azure.cn"),
    ] {
        let sign_in = in_cloud(cloud);
        for aadsts in [65001, 50105, 53003, 50011, 9_002_326, 700_016] {
            let (_, why) = brought(&sign_in, "x", &format!("AADSTS{aadsts}: x"));
            let remedy = why.remedy.expect("a remedy");
            assert!(remedy.contains(&format!("{portal}:")), "{cloud} {aadsts}: {remedy}");
        }
    }
}

#[test]
fn what_a_browser_brings_is_cut_short() {
    let endless = "x".repeat(100_000);
    let (_, why) = brought(&in_cloud("global"), &endless, &endless);
    assert!(why.code.len() <= 100 && why.detail.is_some_and(|text| text.len() <= 1000));
}

#[test]
fn no_error_contains_a_secret() {
    let sign_in = in_cloud("global");
    let secret = "not~a~real~secret";
    // A server that repeats all that it was sent.
    let (outcome, asked) = sign_in.back(&sign_in.callback(), |request| {
        let sent = pairs(&request.body);
        (what(request) == "code").then(|| {
            let all: Vec<_> = sent.values().cloned().collect();
            let description = format!("AADSTS50011: {} {}", all.join(" "), request.body);
            Reply::Json(400, json!({"error": sent["code"], "error_description": description}))
        })
    });
    let verifier = pairs(&asked[0].body)["code_verifier"].clone();
    let echoed = format!("{:?}", outcome.expect_err("an error"));
    for hidden in [secret, CODE, &verifier] {
        assert!(!echoed.contains(hidden), "{hidden}: {echoed}");
    }
    let (_, why) = brought(&sign_in, secret, &format!("AADSTS65001: {secret}"));
    assert!(!format!("{why:?}").contains(secret), "{why:?}");
    // A token that is refused is not shown.
    let token = sign_in.token();
    let refused = sign_in.given(&token[..token.len() - 4]).expect_err("a broken signature");
    let refused = format!("{refused:?}");
    assert!(token.split('.').all(|part| !refused.contains(&part[..20])), "{refused}");
}
