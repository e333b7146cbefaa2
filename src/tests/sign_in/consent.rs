//! Admin consent: the URL for the administrator, and the callbacks that mean that it was granted.

use futures_executor::block_on;
use serde_json::{Value, json};

use super::{CLIENT, REDIRECT_URI, SignIn, begin, configuration, query, rejected, settings};
use crate::{
    error::Error,
    model::{Callback, CallbackOutcome, Purpose, Redirect},
    settings::Settings,
    sign_in,
    tests::script::{Script, TENANT, nothing},
};

fn consent(settings: &Settings) -> Redirect {
    let (redirect, asked) =
        begin(settings, &configuration(settings), REDIRECT_URI, Purpose::Consent);
    assert_eq!(asked.len(), 0, "the address is known");
    redirect.expect("a redirect")
}

/// Calls back with the right state. No request is sent.
fn back(parameters: &[(&str, &str)]) -> Result<CallbackOutcome, Error> {
    let settings = settings(json!({}));
    let redirect = consent(&settings);
    let state = query(&redirect.url)["state"].clone();
    let mut parameters: Vec<_> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    parameters.push(("state".to_owned(), state));
    let callback =
        Callback { redirect_uri: REDIRECT_URI.to_owned(), parameters, flow: Some(redirect.flow) };
    let script = Script::new(|_| nothing());
    let outcome = block_on(sign_in::callback(&script, &settings, &callback));
    assert_eq!(script.asked.take().len(), 0);
    outcome
}

#[test]
fn admin_consent_is_requested_for_all_permissions_in_the_cloud_of_the_tenant() {
    for (cloud, authority, graph) in [
        ("global", "https://login.microsoftonline.com", "https://graph.microsoft.com"),
        ("us-government-l4", "https://login.microsoftonline.us", "https://graph.microsoft.us"),
        ("us-government-l5", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
        (
            "china-21vianet",
            "https://login.partner.microsoftonline.cn",
            "https://microsoftgraph.chinacloudapi.cn",
        ),
    ] {
        let url = consent(&settings(json!({"server": { "cloud": cloud }}))).url;
        assert!(url.starts_with(&format!("{authority}/{TENANT}/v2.0/adminconsent?")), "{url}");
        let mut query = query(&url);
        assert_eq!(query.remove("state").map(|it| it.len()), Some(43));
        let query: Vec<_> = query.into_values().collect();
        assert_eq!(query, [CLIENT, REDIRECT_URI, &format!("{graph}/.default")]);
    }
}

#[test]
fn consent_is_granted_where_microsoft_says_so() {
    for granted in ["True", "true"] {
        let outcome = back(&[("admin_consent", granted), ("tenant", TENANT), ("scope", "x")]);
        assert_eq!(outcome, Ok(CallbackOutcome::ConsentGranted));
    }
    for other in
        [&[("admin_consent", "False")][..], &[("admin_consent", "")], &[], &[("code", "x")]]
    {
        assert_eq!(rejected(&back(other)), "no-consent", "{other:?}");
    }
}

#[test]
fn a_callback_with_an_error_never_grants_consent() {
    // As Microsoft documents it.
    let outcome = back(&[
        ("error", "consent_required"),
        (
            "error_description",
            "AADSTS65004: The resource owner or authorization server denied the request.",
        ),
        ("admin_consent", "True"),
        ("tenant", TENANT),
    ]);
    let Err(Error::Declined(why)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(why.code, "AADSTS65004");
    assert_eq!(why.summary, "The user declined what Microsoft asked for");
}

#[test]
fn a_flow_of_consent_signs_no_user_in_and_the_reverse() {
    let settings = settings(json!({}));
    let redirect = consent(&settings);
    let sign_in = SignIn::begin(settings);
    let state: Value = json!(query(&redirect.url)["state"]);
    let state = state.as_str().expect("text");
    let callback = Callback {
        flow: Some(redirect.flow.clone()),
        ..sign_in.bringing(&[("code", super::CODE), ("state", state)])
    };
    assert_eq!(sign_in.refused(&callback), "no-consent");
}
