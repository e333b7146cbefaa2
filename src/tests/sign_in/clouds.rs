//! Tokens of one cloud are refused in every other cloud.

use serde_json::{Value, json};

use super::{SignIn, header, rejected, settings, signed, signed_in, what};
use crate::{
    cloud::Cloud,
    tests::script::{TENANT, ok},
};

#[test]
fn each_cloud_takes_its_own_issuer_and_no_others() {
    let clouds = Cloud::NAMED.map(|(name, _)| {
        let sign_in = SignIn::begin(settings(json!({"server": { "cloud": name }})));
        (name, sign_in)
    });
    for (name, sign_in) in &clouds {
        signed_in(sign_in.given(&sign_in.token()));
        for (other, theirs) in &clouds {
            let issuer = &theirs.configuration["issuer"];
            // The two of the US government have one sign-in server.
            if *issuer == sign_in.configuration["issuer"] {
                continue;
            }
            let token = signed(&header(), &sign_in.claims_with("iss", issuer.clone()));
            let refused = rejected(&sign_in.given(&token));
            assert_eq!(refused, "id-token-issuer", "{other} in {name}");
        }
    }
}

#[test]
fn each_cloud_is_asked_at_its_own_servers() {
    for (name, authority, graph) in [
        ("global", "https://login.microsoftonline.com", "https://graph.microsoft.com"),
        ("us-government-l4", "https://login.microsoftonline.us", "https://graph.microsoft.us"),
        ("us-government-l5", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
        (
            "china-21vianet",
            "https://login.partner.microsoftonline.cn",
            "https://microsoftgraph.chinacloudapi.cn",
        ),
    ] {
        let sign_in = SignIn::begin(settings(json!({"server": { "cloud": name }})));
        assert!(sign_in.redirect.url.starts_with(authority), "{name}");
        let (_, asked) = sign_in.back(&sign_in.callback(), |_| None);
        let origins: Vec<_> = asked.iter().map(|request| request.origin.as_str()).collect();
        assert_eq!(origins, [authority, authority, authority, graph], "{name}");
    }
}

#[test]
fn any_identity_provider_under_the_authority_is_accepted() {
    let own = json!({"authority": "https://idp.example", "graph": "https://graph.example"});
    let settings = settings(json!({"server": { "cloud": own }}));
    let configuration = json!({
        "issuer": format!("https://idp.example/{TENANT}/v2.0"),
        "authorization_endpoint": "https://idp.example/go",
        "token_endpoint": "https://idp.example/redeem",
        "jwks_uri": "https://idp.example/jwks.json",
    });
    let sign_in = SignIn::begin_as(settings, configuration);
    assert!(sign_in.redirect.url.starts_with("https://idp.example/go?"));
    let (outcome, asked) = sign_in.back(&sign_in.callback(), |asked| match asked.path.as_str() {
        "/redeem" => Some(ok(json!({"id_token": sign_in.token()}))),
        "/jwks.json" => {
            let mut jwk = super::jwk();
            jwk["issuer"] = Value::Null;
            Some(ok(json!({"keys": [jwk]})))
        }
        _ => None,
    });
    signed_in(outcome);
    assert_eq!(asked.len(), 4);
    assert_eq!(what(&asked[3]), "user");
}
