//! Sign-ins of apps that use a client certificate.

use serde_json::json;

use super::{SignIn, configuration, settings, signed_in, what};
use crate::tests::{
    credentials::{form, verified, with_certificate},
    script::{Reply, TENANT},
};

#[test]
fn a_code_is_redeemed_with_an_assertion_for_the_endpoint_that_discovery_named() {
    let settings = settings(with_certificate());
    let mut configuration = configuration(&settings);
    let endpoint = format!("https://login.microsoft.com/{TENANT}/another/token");
    configuration["token_endpoint"] = json!(endpoint);
    for methods in [json!(["client_secret_basic"]), json!(["private_key_jwt"]), json!(null)] {
        configuration["token_endpoint_auth_methods_supported"] = methods;
        let sign_in = SignIn::begin_as(settings.clone(), configuration.clone());
        let (outcome, asked) = sign_in.back(&sign_in.callback(), |_| None);
        signed_in(outcome);
        assert_eq!(asked[0].header("authorization"), None);
        let form = form(&asked[0].body);
        assert_eq!(form["client_id"], settings.server.client_id);
        assert_eq!(form.get("client_secret"), None);
        let assertion = form["client_assertion"].as_str().expect("a JWT");
        assert_eq!(verified(assertion).1["aud"], json!(endpoint));
    }
}

#[test]
fn a_flow_is_valid_only_with_the_certificate_it_was_made_for() {
    let [mine, theirs] = [with_certificate(), json!({})].map(|it| SignIn::begin(settings(it)));
    for (one, other) in [(&mine, &theirs), (&theirs, &mine)] {
        let mut callback = one.callback();
        callback.flow = other.callback().flow;
        assert_eq!(one.refused(&callback), "flow-changed");
    }
}

#[test]
fn an_assertion_that_the_server_repeats_is_hidden() {
    let sign_in = SignIn::begin(settings(with_certificate()));
    let (outcome, asked) = sign_in.back(&sign_in.callback(), |it| {
        let answer = || json!({"error": "invalid_client", "error_description": it.body});
        (what(it) == "code").then(|| Reply::Json(401, answer()))
    });
    let printed = format!("{:?}", outcome.expect_err("refused"));
    let assertion = form(&asked[0].body)["client_assertion"].clone();
    assert!(!printed.contains(assertion.as_str().expect("a JWT")), "{printed}");
}
