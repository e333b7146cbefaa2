//! The endpoints that discovery names are used, unless they are on other servers.

use futures_executor::block_on;
use serde_json::{Value, json};

use super::{REDIRECT_URI, SignIn, begin, configuration, settings, signed_in, what};
use crate::{
    error::{Error, Explanation},
    host::Failure,
    model::Purpose,
    settings::Settings,
    sign_in,
    tests::script::{Reply, Script, TENANT, refused},
};

const ENDPOINTS: [&str; 3] = ["authorization_endpoint", "token_endpoint", "jwks_uri"];

fn of(cloud: Value) -> Settings {
    settings(json!({"server": { "cloud": cloud }}))
}

/// Returns the code of the refusal of a document, `None` if it is accepted.
fn objection(settings: &Settings, member: &str, value: Value) -> Option<Explanation> {
    let mut configuration = configuration(settings);
    configuration[member] = value;
    let (redirect, asked) = begin(settings, &configuration, REDIRECT_URI, Purpose::SignIn);
    assert_eq!(asked.len(), 1, "only the document is asked for");
    match redirect {
        Ok(_) => None,
        Err(Error::Unexpected(why)) => Some(why),
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn an_endpoint_on_another_server_is_refused() {
    let settings = of(json!("global"));
    for endpoint in ENDPOINTS {
        for address in [
            "https://evil.example/authorize",
            "http://login.microsoftonline.com/authorize",
            "https://login.microsoftonline.com.evil.example/",
            "https://login.microsoftonline.com@evil.example/",
            "https://login.microsoftonline.com\\@evil.example/",
            "https://someone@login.microsoftonline.com/",
            "https://login.microsoftonline.com:8443/",
            "https://login.microsoftonline.com:/",
            "https://login.microsoftonline.us/authorize",
            "https://graph.microsoft.com/authorize",
            "https://login.microsoftonline.com/authorize#part",
            " https://login.microsoftonline.com/authorize",
            "//login.microsoftonline.com/authorize",
            "/authorize",
            "javascript:alert(1)",
            "",
        ] {
            let why = objection(&settings, endpoint, json!(address)).expect(address);
            assert_eq!(why.code, "openid-configuration", "{address}");
            assert!(why.summary.contains(endpoint), "{}", why.summary);
            assert!(why.detail.is_some_and(|text| text.contains(address)));
        }
        for nothing in [json!(null), json!(7), json!(["https://login.microsoftonline.com/"])] {
            assert!(objection(&settings, endpoint, nothing).is_some(), "{endpoint}");
        }
    }
}

#[test]
fn an_endpoint_may_be_under_another_name_of_the_same_cloud() {
    for (cloud, alias) in [
        ("global", "https://login.windows.net"),
        ("global", "https://login.microsoft.com"),
        ("us-government-l4", "https://login.usgovcloudapi.net"),
        ("us-government-l5", "https://login.usgovcloudapi.net"),
        ("china-21vianet", "https://login.chinacloudapi.cn"),
    ] {
        let settings = of(json!(cloud));
        for endpoint in ENDPOINTS {
            let there = json!(format!("{alias}/{TENANT}/x"));
            assert_eq!(objection(&settings, endpoint, there), None, "{cloud} {alias}");
        }
    }
}

#[test]
fn the_issuer_is_this_tenants_in_this_cloud_to_the_letter() {
    let global = of(json!("global"));
    for issuer in [
        "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0",
        "https://login.microsoftonline.com/{tenantid}/v2.0",
        "https://login.microsoftonline.com/common/v2.0",
        "https://login.microsoftonline.us/84841066-274d-4ec0-a5c1-276be684bdd3/v2.0",
        "https://login.windows.net/84841066-274d-4ec0-a5c1-276be684bdd3/v2.0",
        "https://sts.windows.net/84841066-274d-4ec0-a5c1-276be684bdd3/",
        "https://evil.example/84841066-274d-4ec0-a5c1-276be684bdd3/v2.0",
        "https://login.microsoftonline.com/84841066-274d-4ec0-a5c1-276be684bdd3/v2.0/",
        "https://login.microsoftonline.com/84841066-274d-4ec0-a5c1-276be684bdd3",
        "https://login.microsoftonline.com/x/84841066-274d-4ec0-a5c1-276be684bdd3/v2.0",
        "https://login.microsoftonline.com:443/84841066-274d-4ec0-a5c1-276be684bdd3/v2.0",
        "https://LOGIN.microsoftonline.com/84841066-274d-4ec0-a5c1-276be684bdd3/v2.0",
        "",
    ] {
        let why = objection(&global, "issuer", json!(issuer)).expect(issuer);
        assert!(why.summary.contains("issuer"), "{}", why.summary);
    }
    assert!(objection(&global, "issuer", json!(null)).is_some());
}

#[test]
fn chinas_issuer_has_one_name_whatever_the_endpoints_have() {
    let china = of(json!("china-21vianet"));
    let issuer =
        |origin: &str| objection(&china, "issuer", json!(format!("{origin}/{TENANT}/v2.0")));
    assert_eq!(issuer("https://login.partner.microsoftonline.cn"), None);
    assert!(issuer("https://login.chinacloudapi.cn").is_some());
    assert!(issuer("https://login.microsoftonline.com").is_some());
}

#[test]
fn custom_endpoints_accept_issuers_of_any_cloud_but_no_other_servers() {
    let own =
        of(json!({"authority": "https://idp.example:8443", "graph": "https://graph.example"}));
    for origin in [
        "https://idp.example:8443",
        "https://login.microsoftonline.com",
        "https://login.microsoftonline.us",
        "https://login.partner.microsoftonline.cn",
    ] {
        let issuer = json!(format!("{origin}/{TENANT}/v2.0"));
        assert_eq!(objection(&own, "issuer", issuer), None, "{origin}");
    }
    assert!(
        objection(&own, "issuer", json!(format!("https://graph.example/{TENANT}/v2.0"))).is_some()
    );
    for endpoint in ENDPOINTS {
        let microsofts = json!("https://login.microsoftonline.com/x");
        assert!(objection(&own, endpoint, microsofts).is_some());
    }
}

#[test]
fn for_a_domain_the_issuer_contains_its_guid() {
    let by_domain = settings(json!({"server": {"tenantId": "contoso.com"}}));
    let sign_in = SignIn::begin(by_domain.clone());
    assert_eq!(signed_in(sign_in.given(&sign_in.token())).id, super::USER_ID);
    let elsewhere = sign_in.claims_with("tid", json!("72f988bf-86f1-41af-91ab-2d7cd011db47"));
    let elsewhere = sign_in.given(&super::signed(&super::header(), &elsewhere));
    assert_eq!(super::rejected(&elsewhere), "id-token-tenant");
    let fabrikam = json!("https://login.microsoftonline.com/fabrikam.com/v2.0");
    assert!(objection(&by_domain, "issuer", fabrikam).is_some());
}

#[test]
fn errors_of_discovery_are_distinguished() {
    let error = |reply: fn() -> Reply| {
        let script = Script::new(move |_| reply());
        let settings = settings(json!({}));
        let begun = sign_in::begin(&script, &settings, REDIRECT_URI, Purpose::SignIn);
        let error = block_on(begun).expect_err("no redirect");
        assert!(script.asked.borrow().iter().all(|request| what(request) == "discovery"));
        (error.explanation().map(|explanation| explanation.code.clone()).unwrap_or_default(), error)
    };
    let html =
        || Reply::Raw(200, vec![("content-type", "text/html")], "<h1>Log in</h1>".to_owned());
    assert_eq!(error(html).0, "openid-configuration");
    let (code, unknown) = error(|| {
        let body = include_str!("../../../tests/payloads/token-error-90002-invalid-tenant.json");
        Reply::Raw(400, Vec::new(), body.to_owned())
    });
    assert_eq!(code, "AADSTS90002");
    assert!(matches!(unknown, Error::Unauthorized(_)), "{unknown:?}");
    let (_, broken) = error(|| refused(500, "x"));
    assert!(matches!(broken, Error::Unavailable(_)), "{broken:?}");
    assert_eq!(error(|| Reply::Fail(Failure::Tls)).0, "certificate");
    let (_, throttled) = error(|| Reply::Raw(429, vec![("retry-after", "77")], String::new()));
    assert_eq!(throttled, Error::Throttled(77));
}
