//! Callbacks without a sign-in or consent that ONES started.

use futures_executor::block_on;
use serde_json::json;

use super::{SignIn, settings};
use crate::{
    error::{Error, Explanation},
    model::Callback,
    sign_in,
    tests::script::{Script, TENANT, nothing},
};

/// Calls back without a flow. No request is sent.
fn without_flow(parameters: &[(&str, &str)]) -> Explanation {
    let sign_in = SignIn::begin(settings(json!({})));
    refused(&sign_in, &Callback { flow: None, ..sign_in.bringing(parameters) })
}

fn refused(sign_in: &SignIn, callback: &Callback) -> Explanation {
    let script = Script::new(|_| nothing());
    let outcome = block_on(sign_in::callback(&script, &sign_in.settings, callback));
    assert_eq!(script.asked.take().len(), 0, "no request is sent");
    match outcome {
        Err(Error::Rejected(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn case_002_consent_that_was_granted_in_the_portal_leads_to_test_settings() {
    for granted in ["True", "true", "TRUE"] {
        let why = without_flow(&[("admin_consent", granted), ("tenant", TENANT)]);
        assert_eq!(why.code, "consent-unconfirmed");
        assert!(why.summary.starts_with("Microsoft may have recorded the consent"), "{why:?}");
        assert!(why.summary.contains("does not rely on it"), "{why:?}");
        let remedy = why.remedy.expect("a remedy");
        assert!(remedy.starts_with("Open the integration in ONES and click Test settings"));
    }
    // What began in another browser comes with a state, but without a flow.
    let why = without_flow(&[("admin_consent", "True"), ("state", "of-another-browser")]);
    assert_eq!(why.code, "consent-unconfirmed");
}

#[test]
fn case_002_a_sign_in_of_the_same_browser_is_not_what_the_portal_answers() {
    let sign_in = SignIn::begin(settings(json!({})));
    let callback = sign_in.bringing(&[("admin_consent", "True"), ("tenant", TENANT)]);
    assert_eq!(refused(&sign_in, &callback).code, "consent-unconfirmed");
}

#[test]
fn case_002_consent_that_was_refused_in_the_portal_gets_the_explanation_that_fits() {
    for (description, summary, remedy) in [
        (
            "AADSTS65004: The user declined.",
            "declined what Microsoft asked for",
            "accept what Microsoft asks for",
        ),
        ("AADSTS90094: Words.", "must first consent", "Grant admin consent"),
        ("AADSTS650052: Words.", "not subscribed to", "Billing → Your products"),
        ("AADSTS700016: Words.", "no app with this client ID", "Application (client) ID"),
    ] {
        // A failed consent says both.
        let why = without_flow(&[
            ("error", "access_denied"),
            ("error_description", description),
            ("admin_consent", "True"),
            ("tenant", TENANT),
        ]);
        assert!(description.starts_with(&format!("{}:", why.code)), "{why:?}");
        assert!(why.summary.contains(summary), "{why:?}");
        assert!(
            why.summary.ends_with("; no sign-in or consent of ONES is under way in this browser"),
            "{why:?}"
        );
        assert!(why.remedy.expect("a remedy").contains(remedy), "{description}");
    }
}

#[test]
fn case_002_text_of_a_callback_without_a_flow_is_not_shown() {
    let trap = "AADSTS65004: Call +1 555 0100 and read your password to us";
    let why = without_flow(&[("error", "access_denied"), ("error_description", trap)]);
    assert!(!format!("{why:?}").contains("555"), "{why:?}");
    let why = without_flow(&[("error", "call-us"), ("error_description", "Call us")]);
    assert_eq!(why.code, "no-sign-in");
    assert!(!format!("{why:?}").contains("all us"), "{why:?}");
}

#[test]
fn case_002_anything_else_without_a_flow_is_no_sign_in() {
    for parameters in [
        &[("admin_consent", "False")][..],
        &[("admin_consent", "")],
        &[("admin_consent", "True"), ("admin_consent", "True")],
        &[("code", "x"), ("state", "y")],
        &[],
    ] {
        assert_eq!(without_flow(parameters).code, "no-sign-in", "{parameters:?}");
    }
}
