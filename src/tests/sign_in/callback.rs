//! The callbacks that a browser can send, and the requests that follow.

use std::time::Duration;

use futures_executor::block_on;
use proptest::prelude::*;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    CLIENT, CODE, NOW, REDIRECT_URI, SignIn, USER_ID, base64, configuration, pairs, settings,
    signed_in, what,
};
use crate::{
    error::Error,
    model::{Callback, CallbackOutcome, Purpose},
    sign_in,
    tests::script::{Script, ok},
};

fn sign_in() -> SignIn {
    SignIn::begin(settings(json!({})))
}

fn asked_for(sign_in: &SignIn, callback: &Callback) -> Vec<&'static str> {
    let (outcome, asked) = sign_in.back(callback, |_| None);
    assert_eq!(signed_in(outcome).id, USER_ID);
    asked.iter().map(what).collect()
}

#[test]
fn a_sign_in_takes_four_requests_and_the_keys_only_after_the_code() {
    let sign_in = sign_in();
    let asked = asked_for(&sign_in, &sign_in.callback());
    assert_eq!(asked, ["code", "keys", "token", "user"]);
}

#[test]
fn the_code_is_redeemed_with_the_verifier_behind_the_challenge() {
    let sign_in = sign_in();
    let (_, asked) = sign_in.back(&sign_in.callback(), |_| None);
    let form = pairs(&asked[0].body);
    let challenge = base64(Sha256::digest(&form["code_verifier"]));
    assert_eq!(challenge, sign_in.sent("code_challenge"));
    assert_eq!(form["code_verifier"].len(), 43, "RFC 7636: at least");
    for (name, value) in [
        ("grant_type", "authorization_code"),
        ("code", CODE),
        ("redirect_uri", REDIRECT_URI),
        ("client_id", CLIENT),
        ("client_secret", "not~a~real~secret"),
        ("scope", "openid profile email"),
    ] {
        assert_eq!(form[name], value);
    }
    assert_eq!(asked[0].header("authorization"), None);
    assert!(asked[1].headers.iter().all(|(name, _)| *name != "authorization"), "keys are public");
}

#[test]
fn a_secret_that_the_form_may_not_hold_goes_into_a_header() {
    let secret = "p:ä s+s";
    let settings = settings(json!({"server": {"clientSecret": secret}}));
    for methods in [json!(["client_secret_basic"]), json!(null)] {
        let mut configuration = configuration(&settings);
        configuration["token_endpoint_auth_methods_supported"] = methods;
        let sign_in = SignIn::begin_as(settings.clone(), configuration);
        let (outcome, asked) = sign_in.back(&sign_in.callback(), |_| None);
        signed_in(outcome);
        // RFC 6749, section 2.3.1: each encoded as a form has it, then joined.
        let pair = format!("{CLIENT}:p%3A%C3%A4+s%2Bs");
        let basic = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, pair);
        assert_eq!(asked[0].header("authorization"), Some(format!("Basic {basic}").as_str()));
        let form = pairs(&asked[0].body);
        assert!(!form.contains_key("client_secret") && !form.contains_key("client_id"), "{form:?}");
    }
}

#[test]
fn unknown_parameters_are_ignored() {
    let sign_in = sign_in();
    let mut callback = sign_in.callback();
    for (name, value) in [("session_state", "s"), ("client_info", "c"), ("client_info", "d")] {
        callback.parameters.push((name.to_owned(), value.to_owned()));
    }
    assert_eq!(asked_for(&sign_in, &callback).len(), 4);
    callback.parameters.reverse();
    assert_eq!(asked_for(&sign_in, &callback).len(), 4);
}

#[test]
fn an_answer_to_another_browser_is_refused() {
    let settings = settings(json!({}));
    let script = Script::new(|_| ok(configuration(&settings)));
    let [mine, theirs] = [(); 2].map(|()| {
        let begun = sign_in::begin(&script, &settings, REDIRECT_URI, Purpose::SignIn);
        SignIn { redirect: block_on(begun).expect("a redirect"), ..sign_in() }
    });
    let state = theirs.sent("state");
    assert_eq!(mine.refused(&brought_by(&mine, &state)), "state-mismatch");
    let crossed = Callback { flow: theirs.callback().flow, ..mine.callback() };
    assert_eq!(mine.refused(&crossed), "state-mismatch");
    signed_in(theirs.back(&brought_by(&theirs, &state), |_| None).0);
}

fn brought_by(sign_in: &SignIn, state: &str) -> Callback {
    sign_in.bringing(&[("code", CODE), ("state", state)])
}

#[test]
fn the_complete_state_is_compared_before_anything_else_is_read() {
    let sign_in = sign_in();
    let state = sign_in.sent("state");
    for wrong in ["", "x", &state[1..], &format!("{state}="), &state.to_lowercase()] {
        assert_eq!(sign_in.refused(&brought_by(&sign_in, wrong)), "state-mismatch", "{wrong}");
    }
    assert_eq!(sign_in.refused(&sign_in.bringing(&[("code", CODE)])), "state-mismatch");
    assert_eq!(sign_in.refused(&sign_in.bringing(&[])), "state-mismatch");
    let error = sign_in.bringing(&[("error", "access_denied"), ("state", "x")]);
    assert_eq!(sign_in.refused(&error), "state-mismatch");
}

#[test]
fn without_a_sign_in_under_way_no_request_is_sent() {
    let sign_in = sign_in();
    let callback = Callback { flow: None, ..sign_in.callback() };
    assert_eq!(sign_in.refused(&callback), "no-sign-in");
}

#[test]
fn a_flow_expires_after_ten_minutes() {
    let at = |seconds: u64, millis: u64| SignIn {
        back_at: Duration::from_secs(seconds) + Duration::from_millis(millis),
        ..sign_in()
    };
    for sign_in in [at(NOW, 0), at(NOW + 600, 0)] {
        let fresh = sign_in.claims_with("exp", json!(NOW + 3600));
        signed_in(sign_in.given(&super::signed(&super::header(), &fresh)));
    }
    for sign_in in [at(NOW + 601, 0), at(NOW + 86_400, 0), at(NOW - 1, 999), at(0, 0)] {
        assert_eq!(sign_in.refused(&sign_in.callback()), "flow-expired");
    }
}

#[test]
fn a_flow_is_valid_only_under_the_settings_it_was_made_for() {
    let own = |authority: &str, graph: &str| {
        let cloud = json!({"authority": authority, "graph": graph});
        json!({"server": {"cloud": cloud}})
    };
    let under = |it| SignIn::begin(settings(it));
    let begun = [
        under(json!({})),
        under(json!({"server": {"clientSecret": "another~secret"}})),
        under(json!({"server": {"clientId": "00000000-14a6-49ae-97bc-6eba6914391e"}})),
        under(json!({"server": {"tenantId": "contoso.com"}})),
        under(json!({"server": {"cloud": "us-government-l4"}})),
        under(json!({"server": {"cloud": "us-government-l5"}})),
        under(json!({"server": {"cloud": "china-21vianet"}})),
        under(own("https://a.example", "https://graph.microsoft.com")),
        under(own("https://b.example", "https://graph.microsoft.com")),
    ];
    for (index, mine) in begun.iter().enumerate() {
        for (other, theirs) in begun.iter().enumerate().filter(|(it, _)| *it != index) {
            let callback = Callback { flow: theirs.callback().flow, ..mine.callback() };
            assert_eq!(mine.refused(&callback), "flow-changed", "{other} under {index}");
        }
    }
    // What does not concern the tenant may change meanwhile.
    let renamed = SignIn {
        settings: settings(
            json!({"server": {"name": "Fabrikam"}, "users": {"includeGuests": true}}),
        ),
        ..sign_in()
    };
    signed_in(renamed.back(&renamed.callback(), |_| None).0);
}

#[test]
fn the_browser_must_come_back_to_where_it_was_sent() {
    let sign_in = sign_in();
    for redirect_uri in ["https://ones.example/", "https://ones.example/sign-in/callback/", ""] {
        let callback = Callback { redirect_uri: redirect_uri.to_owned(), ..sign_in.callback() };
        assert_eq!(sign_in.refused(&callback), "redirect-uri-changed", "{redirect_uri}");
    }
}

#[test]
fn a_parameter_that_comes_twice_is_refused() {
    let sign_in = sign_in();
    for name in ["state", "code", "iss", "error", "error_description", "admin_consent"] {
        let mut callback = sign_in.callback();
        let twice = [(); 2].map(|()| (name.to_owned(), sign_in.sent("state")));
        callback.parameters.extend(twice);
        assert_eq!(sign_in.refused(&callback), "repeated-parameter", "{name}");
    }
}

#[test]
fn a_provider_that_names_itself_must_be_the_one_that_was_asked() {
    let settings = settings(json!({}));
    let mut configuration = configuration(&settings);
    let issuer = configuration["issuer"].as_str().expect("an issuer").to_owned();
    let silent = SignIn::begin(settings.clone());
    configuration["authorization_response_iss_parameter_supported"] = json!(true);
    let naming = SignIn::begin_as(settings, configuration);
    let bringing = |sign_in: &SignIn, iss: &str| {
        sign_in.bringing(&[("code", CODE), ("iss", iss), ("state", &sign_in.sent("state"))])
    };
    for sign_in in [&silent, &naming] {
        signed_in(sign_in.back(&bringing(sign_in, &issuer), |_| None).0);
        for iss in ["https://evil.example", "", &issuer.to_uppercase()] {
            assert_eq!(sign_in.refused(&bringing(sign_in, iss)), "issuer-mismatch", "{iss}");
        }
    }
    assert_eq!(naming.refused(&naming.callback()), "issuer-mismatch", "RFC 9207, section 2.4");
    let error = naming.bringing(&[("error", "access_denied"), ("state", &naming.sent("state"))]);
    assert_eq!(naming.refused(&error), "issuer-mismatch", "errors too");
}

#[test]
fn a_sign_in_needs_a_code() {
    let sign_in = sign_in();
    let state = sign_in.sent("state");
    for callback in [
        sign_in.bringing(&[("state", &state)]),
        sign_in.bringing(&[("code", ""), ("state", &state)]),
        // Consent is none, even if it was granted in between.
        sign_in.bringing(&[("admin_consent", "True"), ("state", &state)]),
        // The implicit flow would return it, but ONES did not request it.
        sign_in.bringing(&[("id_token", &sign_in.token()), ("state", &state)]),
    ] {
        assert_eq!(sign_in.refused(&callback), "no-code");
    }
}

#[test]
fn an_answer_without_an_id_token_is_reported() {
    let sign_in = sign_in();
    for answer in [json!({"access_token": "opaque"}), json!({"id_token": 7}), json!(null)] {
        let (outcome, asked) = sign_in.back(&sign_in.callback(), |request| {
            (what(request) == "code").then(|| ok(answer.clone()))
        });
        let error = outcome.expect_err("no token");
        assert_eq!(
            error.explanation().map(|explanation| explanation.code.as_str()),
            Some("id-token-missing")
        );
        assert_eq!(asked.len(), 1, "no keys are fetched for nothing");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn no_character_of_a_flow_can_be_changed(at in any::<prop::sample::Index>(), bit in 0..7_u8) {
        let sign_in = sign_in();
        let mut flow = sign_in.redirect.flow.clone().into_bytes();
        let at = at.index(flow.len());
        flow[at] ^= 1 << bit;
        let flow = String::from_utf8(flow).expect("still ASCII");
        let callback = Callback { flow: Some(flow), ..sign_in.callback() };
        prop_assert_eq!(sign_in.refused(&callback), "flow-changed");
    }

    #[test]
    fn a_part_of_a_flow_is_refused(
        from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(),
    ) {
        let sign_in = sign_in();
        let flow = &sign_in.redirect.flow;
        let (from, to) = (from.index(flow.len()), to.index(flow.len()));
        let part = flow[from.min(to)..from.max(to)].to_owned();
        let callback = Callback { flow: Some(part), ..sign_in.callback() };
        prop_assert_eq!(sign_in.refused(&callback), "flow-changed");
    }

    #[test]
    fn no_invented_callback_signs_a_user_in(
        parameters in prop::collection::vec(
            (
                "state|code|error|error_description|iss|admin_consent|id_token|\\PC{0,8}",
                "\\PC{0,60}|true",
            ),
            0..8,
        ),
        flow in prop::option::of("\\PC{0,200}|[A-Za-z0-9_-]{1,200}\\.[A-Za-z0-9_-]{43}"),
    ) {
        let sign_in = sign_in();
        let callback = Callback { parameters, flow, ..sign_in.callback() };
        let (outcome, asked) = sign_in.back(&callback, |_| None);
        // The error may explain the parameters, but the plugin does not rely on them.
        prop_assert!(matches!(outcome, Err(Error::Rejected(_))), "{:?}", outcome);
        prop_assert_eq!(asked.len(), 0);
    }

    #[test]
    fn a_valid_flow_signs_no_user_in_without_its_state(
        parameters in prop::collection::vec(
            (
                "state|code|error|error_description|iss|admin_consent|\\PC{0,8}",
                "\\PC{0,60}|true",
            ),
            0..8,
        ),
    ) {
        let sign_in = sign_in();
        let callback = Callback { parameters, ..sign_in.callback() };
        let (outcome, asked) = sign_in.back(&callback, |_| None);
        prop_assert!(matches!(outcome, Err(Error::Rejected(_))), "{:?}", outcome);
        prop_assert_eq!(asked.len(), 0);
    }

    #[test]
    fn any_callback_with_the_right_state_signs_in_or_is_explained(
        parameters in prop::collection::vec(
            ("code|error|error_description|iss|admin_consent|\\PC{0,8}", "\\PC{0,60}|true"), 0..4),
    ) {
        let sign_in = sign_in();
        let mut callback = Callback { parameters, ..sign_in.callback() };
        callback.parameters.push(("state".to_owned(), sign_in.sent("state")));
        let has_code = callback.parameters.iter().any(|(name, _)| name == "code");
        match sign_in.back(&callback, |_| None).0 {
            Ok(CallbackOutcome::SignedIn(_)) => prop_assert!(has_code),
            Ok(CallbackOutcome::ConsentGranted) => prop_assert!(false, "no consent was requested"),
            Err(error) => {
                let explanation = error.explanation();
                prop_assert!(explanation.is_some_and(|explanation| explanation.remedy.is_some()));
            }
        }
    }
}
