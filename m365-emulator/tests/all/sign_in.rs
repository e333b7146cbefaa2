//! Signing in: the account picker, codes, and the tokens that codes are redeemed for.

use m365_emulator::Config;
use reqwest::Method;
use serde_json::{Value, json};

use crate::browser::{
    BACK, VERIFIER, ask, came_back, hidden, open, part, press, redeem, request, sign_in,
};
use crate::entra::refused;
use crate::session::{Session, fixture, members, payload, properties};

const ZOE: &str = "zoe@contoso.com";

/// Starts a tenant with a user of a known name.
async fn session() -> Session {
    let session = Session::with_users(30).await;
    add(
        &session,
        json!({"displayName": "Zoë", "userPrincipalName": ZOE, "mail": "z.oe@contoso.com"}),
    );
    session
}

fn add(session: &Session, user: Value) -> String {
    session.emulator.create_user(properties(user)).unwrap()
}

/// Expects a refusal that was sent to the application.
#[track_caller]
fn sent_back(answer: &crate::session::Answer, error: &str, code: u32) {
    let back = came_back(answer);
    assert_eq!(back["error"], error, "{back:?}");
    let lines: Vec<&str> = back["error_description"].split("\r\n").collect();
    assert!(lines[0].starts_with(&format!("AADSTS{code}: ")), "{lines:?}");
    assert!(lines[1].starts_with("Trace ID: ") && lines[2].starts_with("Correlation ID: "));
    assert!(lines[3].starts_with("Timestamp: "));
    assert_eq!(back["state"], "the state");
    assert!(!back.contains_key("code"));
}

#[tokio::test]
async fn a_user_signs_in_and_the_application_gets_the_claims() {
    let session = session().await;
    let back = sign_in(&session, ZOE, &[]).await;
    assert_eq!(back["state"], "the state");
    let answer = redeem(&session, &back["code"], &[]).await.expect(200);
    for member in members(&payload("token-success-auth-code")) {
        // The emulator has no refresh tokens.
        assert_eq!(answer.get(member).is_some(), member != "refresh_token", "{member}");
    }
    assert_eq!(answer["scope"], "openid profile email");

    let token = answer["id_token"].as_str().unwrap();
    let claims = part(token, 1);
    for member in members(&fixture("id-token-claims-v2")) {
        assert!(claims.get(member).is_some(), "{member}");
    }
    let (emulator, tenant) = (&session.emulator, session.emulator.tenant_id());
    assert_eq!(claims["aud"], emulator.client_id());
    assert_eq!(claims["iss"], format!("{}/{tenant}/v2.0", emulator.authority()));
    assert_eq!((&claims["tid"], &claims["ver"]), (&json!(tenant), &json!("2.0")));
    assert_eq!(claims["nonce"], "the nonce");
    assert_eq!(claims["name"], "Zoë");
    assert_eq!(claims["preferred_username"], ZOE);
    assert_eq!(claims["email"], "z.oe@contoso.com");
    assert_eq!(claims["oid"], emulator.user(ZOE).unwrap()["id"]);
    assert_ne!(claims["sub"], claims["oid"]);
    assert!(claims.get("idp").is_none());
    let seconds =
        |from: &str, to: &str| claims[to].as_i64().unwrap() - claims[from].as_i64().unwrap();
    assert_eq!((seconds("iat", "nbf"), seconds("iat", "exp")), (0, 3900));
    assert_eq!(members(&part(token, 0)), ["alg", "kid", "typ"]);
}

#[tokio::test]
async fn claims_depend_on_the_scopes() {
    let session = session().await;
    let claims = async |scope: &str| {
        let back = sign_in(&session, ZOE, &[("scope", scope), ("nonce", "")]).await;
        let answer = redeem(&session, &back["code"], &[]).await.expect(200);
        answer.get("id_token").map(|token| part(token.as_str().unwrap(), 1))
    };
    let bare = claims("openid").await.unwrap();
    for absent in ["name", "oid", "preferred_username", "email", "nonce"] {
        assert!(bare.get(absent).is_none(), "{absent}");
    }
    let full = claims("openid profile offline_access User.Read").await.unwrap();
    assert_eq!(full["sub"], bare["sub"]);
    assert!(full.get("oid").is_some() && full.get("email").is_none());
    assert!(claims("profile").await.is_none());
}

#[tokio::test]
async fn a_guest_signs_in_with_the_address_of_the_home_tenant() {
    let session = session().await;
    let guest = json!({"displayName": "Gustav", "userType": "Guest", "mail": "gustav@fabrikam.com",
        "userPrincipalName": "gustav_fabrikam.com#EXT#@contoso.onmicrosoft.com"});
    let id = add(&session, guest);
    let back = sign_in(&session, &id, &[("scope", "openid profile")]).await;
    let answer = redeem(&session, &back["code"], &[]).await.expect(200);
    let claims = part(answer["id_token"].as_str().unwrap(), 1);
    assert_eq!(claims["preferred_username"], "gustav@fabrikam.com");
    assert_eq!(claims["email"], "gustav@fabrikam.com");
    assert!(claims["idp"].as_str().unwrap().starts_with("https://sts.windows.net/"));
    assert!(!claims["idp"].as_str().unwrap().contains(&session.emulator.tenant_id()));
}

#[tokio::test]
async fn the_token_of_a_user_has_no_application_permission() {
    let session = session().await;
    let back = sign_in(&session, ZOE, &[]).await;
    let answer = redeem(&session, &back["code"], &[]).await.expect(200);
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(part(token, 1)["scp"], "openid profile email");
    let users = session.http.get(session.url("/users")).bearer_auth(token);
    crate::session::send(users).await.refused(403, "Authorization_RequestDenied");
}

#[tokio::test]
async fn the_picker_lists_members_and_finds_every_account() {
    let session = session().await;
    let disabled = json!({
        "displayName": "Gone",
        "userPrincipalName": "gone@contoso.com",
        "accountEnabled": false,
    });
    let id = add(&session, disabled);
    let count = |page: &str| page.matches("name=\"account\"").count();
    let page = ask(&session, &[]).await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert_eq!(count(&page.text), 20);
    assert!(!page.text.contains(&id) && page.text.contains("search for them"));

    let page = ask(&session, &[("login_hint", "ZOE@contoso")]).await;
    assert_eq!(count(&page.text), 1);
    // A search replaces the hint, also if it is empty.
    let asked = request(&session, &[("login_hint", ZOE)]);
    let path = "oauth2/v2.0/authorize";
    let page = press(&session, path, &asked, ("search", "gone@")).await;
    assert!(count(&page.text) == 1 && page.text.contains(&id), "{}", page.text);
    assert_eq!(count(&press(&session, path, &asked, ("search", "")).await.text), 20);
    assert!(press(&session, path, &asked, ("search", "nobody")).await.text.contains("No account"));

    let page = press(&session, path, &asked, ("account", &id)).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("AADSTS50057: The user account is disabled."));
    assert!(page.text.contains("role=\"alert\""));
    let page = press(&session, path, &asked, ("account", "nobody")).await;
    assert!(page.text.contains("AADSTS50034"));
}

#[tokio::test]
async fn parameters_on_pages_are_escaped() {
    let session = session().await;
    let nasty = "\"><script>alert(1)</script>&'";
    add(&session, json!({"displayName": nasty, "userPrincipalName": "nasty@contoso.com"}));
    let changes = [("state", nasty), ("nonce", nasty), ("login_hint", nasty)];
    for answer in [
        ask(&session, &changes).await,
        ask(&session, &[("redirect_uri", nasty)]).await,
        ask(&session, &[("client_id", nasty)]).await,
        ask(&session, &[("response_mode", "form_post"), ("state", nasty), ("scope", nasty)]).await,
    ] {
        assert!(!answer.text.contains("<script>alert"), "{}", answer.text);
    }
    let back = sign_in(&session, "nasty@contoso.com", &changes).await;
    assert_eq!(back["state"], nasty);
}

#[tokio::test]
async fn wrong_applications_and_addresses_are_shown_and_never_redirected() {
    let session = session().await;
    let other = "11111111-2222-4333-8444-555555555555";
    for (changes, code) in [
        (("client_id", other), "AADSTS700016"),
        (("client_id", ""), "AADSTS900144"),
        (("client_id", "app"), "AADSTS90112"),
        (("redirect_uri", ""), "AADSTS900971"),
        (("redirect_uri", "https://example.com/"), "AADSTS50011"),
        (("redirect_uri", "http://localhost.example.com/"), "AADSTS50011"),
        (("redirect_uri", "http://user@10.0.0.1/"), "AADSTS50011"),
        (("redirect_uri", "http://localhost/#fragment"), "AADSTS50011"),
        (("redirect_uri", "javascript:alert(1)"), "AADSTS50011"),
    ] {
        let answer = ask(&session, &[changes]).await;
        assert_eq!(answer.status, 400, "{changes:?}");
        assert!(answer.header("location").is_empty(), "{changes:?}");
        assert!(answer.text.contains(&format!("{code}: ")), "{changes:?} {}", answer.text);
    }
    for (tenant, code) in [(other, "90002"), ("no tenant", "900023"), ("organizations", "50194")] {
        let url = format!("{}/{tenant}/oauth2/v2.0/authorize", session.emulator.authority());
        let answer = crate::session::send(session.http.get(url)).await;
        assert!(answer.text.contains(&format!("AADSTS{code}: ")), "{}", answer.text);
    }
}

#[tokio::test]
async fn other_errors_go_back_to_the_application() {
    let session = session().await;
    for (change, error, code) in [
        (("response_type", ""), "invalid_request", 900_144),
        (("response_type", "id_token"), "unsupported_response_type", 700_054),
        (("response_type", "code id_token"), "unsupported_response_type", 700_054),
        (("response_type", "token"), "unsupported_response_type", 70005),
        (("response_mode", "pigeon"), "invalid_request", 70007),
        (("scope", ""), "invalid_request", 900_144),
        (("scope", "openid groups"), "invalid_client", 650_053),
        (("prompt", "none"), "login_required", 50058),
        (("prompt", "maybe"), "invalid_request", 90023),
        (("code_challenge", ""), "invalid_request", 50147),
        (("code_challenge", "short"), "invalid_request", 501_491),
        (("code_challenge_method", "S512"), "invalid_request", 50149),
    ] {
        sent_back(&ask(&session, &[change]).await, error, code);
    }
    let asked = request(&session, &[]);
    let cancelled = press(&session, "oauth2/v2.0/authorize", &asked, ("cancel", "true")).await;
    sent_back(&cancelled, "access_denied", 65004);
}

#[tokio::test]
async fn an_answer_comes_by_form_or_fragment_if_requested() {
    let session = session().await;
    let asked = request(&session, &[("response_mode", "form_post")]);
    let page = press(&session, "oauth2/v2.0/authorize", &asked, ("account", ZOE)).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains(&format!("<form method=\"post\" action=\"{BACK}\">")));
    let fields = hidden(&page.text);
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["code", "session_state", "state"]);
    redeem(&session, &fields[0].1, &[]).await.expect(200);

    let asked = request(&session, &[("response_mode", "fragment")]);
    let answer = press(&session, "oauth2/v2.0/authorize", &asked, ("account", ZOE)).await;
    assert!(answer.header("location").starts_with(&format!("{BACK}#code=")));
}

#[tokio::test]
async fn the_request_may_be_posted_and_the_address_may_have_a_query() {
    let session = session().await;
    let mut asked = request(&session, &[("redirect_uri", &format!("{BACK}?keep=this"))]);
    asked.push(("account".to_owned(), ZOE.to_owned()));
    let answer = open(&session, Method::POST, "oauth2/v2.0/authorize", &asked).await;
    let back = came_back(&answer);
    assert_eq!(back["keep"], "this");
    assert!(back.contains_key("code"));
    // Opening a link signs no user in.
    let link = open(&session, Method::GET, "oauth2/v2.0/authorize", &asked).await;
    assert_eq!(link.status, 200);
}

#[tokio::test]
async fn only_registered_addresses_are_accepted_if_there_are_any() {
    let own = "https://ones.example.com/office365/signed-in".to_owned();
    let config = Config { redirect_uris: vec![own.clone()], ..Config::default() };
    let session = Session::start(config).await;
    assert_eq!(ask(&session, &[("redirect_uri", &own)]).await.status, 200);
    assert_eq!(ask(&session, &[("redirect_uri", &format!("{own}/"))]).await.status, 400);
    assert_eq!(ask(&session, &[]).await.status, 400);
    let change = json!({"redirectUris": [BACK]});
    session.admin(Method::PATCH, "settings", Some(change)).await.expect(200);
    assert_eq!(ask(&session, &[]).await.status, 200);
}

#[tokio::test]
async fn a_code_is_redeemed_once_by_the_client_that_asked_for_it() {
    let session = session().await;
    let code = sign_in(&session, ZOE, &[]).await["code"].clone();
    let try_with = async |changes: &[(&str, &str)]| redeem(&session, &code, changes).await;
    let challenge = crate::browser::CHALLENGE;
    refused(try_with(&[("code_verifier", challenge)]).await, 400, "invalid_grant", 501_481);
    refused(try_with(&[("code_verifier", "")]).await, 400, "invalid_grant", 50148);
    refused(try_with(&[("code", "made-up")]).await, 400, "invalid_grant", 70000);
    refused(try_with(&[("code", "")]).await, 400, "invalid_request", 900_144);
    refused(try_with(&[("redirect_uri", "")]).await, 400, "invalid_request", 900_144);
    let other = [("redirect_uri", "http://localhost:7777/")];
    refused(try_with(&other).await, 401, "invalid_client", 500_112);
    refused(try_with(&[("client_secret", "")]).await, 401, "invalid_client", 7_000_218);
    refused(try_with(&[("client_secret", "wrong")]).await, 401, "invalid_client", 7_000_215);
    try_with(&[]).await.expect(200);
    refused(try_with(&[]).await, 400, "invalid_grant", 54005);
}

#[tokio::test]
async fn codes_expire() {
    let session = session().await;
    let code = sign_in(&session, ZOE, &[]).await["code"].clone();
    assert_eq!(session.admin(Method::POST, "codes/expire", None).await.status, 204);
    refused(redeem(&session, &code, &[]).await, 400, "invalid_grant", 70008);
    let code = sign_in(&session, ZOE, &[]).await["code"].clone();
    redeem(&session, &code, &[]).await.expect(200);
}

#[tokio::test]
async fn a_plain_challenge_and_none_are_taken_too() {
    let session = session().await;
    for method in ["plain", ""] {
        let changes = [("code_challenge", VERIFIER), ("code_challenge_method", method)];
        let code = sign_in(&session, ZOE, &changes).await["code"].clone();
        redeem(&session, &code, &[]).await.expect(200);
    }
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    let code = sign_in(&session, ZOE, &without).await["code"].clone();
    // A client with a verifier did not ask for this code.
    refused(redeem(&session, &code, &[]).await, 400, "invalid_grant", 501_481);
    redeem(&session, &code, &[("code_verifier", "")]).await.expect(200);
}

#[tokio::test]
async fn a_user_who_was_disabled_or_deleted_meanwhile_gets_no_token() {
    let session = session().await;
    let code = sign_in(&session, ZOE, &[]).await["code"].clone();
    let disabled = properties(json!({"accountEnabled": false}));
    session.emulator.patch_user(ZOE, disabled).unwrap();
    refused(redeem(&session, &code, &[]).await, 400, "invalid_grant", 50057);
    let enabled = properties(json!({"accountEnabled": true}));
    session.emulator.patch_user(ZOE, enabled).unwrap();
    let code = sign_in(&session, ZOE, &[]).await["code"].clone();
    session.emulator.delete_user(ZOE).unwrap();
    refused(redeem(&session, &code, &[]).await, 400, "invalid_grant", 50034);
}

#[tokio::test]
async fn the_log_shows_the_challenge() {
    let session = session().await;
    session.emulator.clear_requests();
    ask(&session, &[]).await;
    let log = session.emulator.requests();
    let asked = |name: &str| log[0].query.iter().find(|(own, _)| own == name).unwrap().1.clone();
    assert_eq!(asked("code_challenge"), crate::browser::CHALLENGE);
    assert!(log[0].raw_query.contains("code_challenge_method=S256"));
}

#[tokio::test]
async fn signing_out_redirects_to_a_registered_address_or_shows_a_page() {
    let session = session().await;
    let path = "oauth2/v2.0/logout";
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let asked = [pair("post_logout_redirect_uri", BACK), pair("state", "s")];
    let answer = open(&session, Method::GET, path, &asked).await;
    assert_eq!((answer.status, came_back(&answer)["state"].as_str()), (302, "s"));
    for asked in [&[][..], &[pair("post_logout_redirect_uri", "https://example.com/")]] {
        let answer = open(&session, Method::GET, path, asked).await;
        assert_eq!(answer.status, 200);
        assert!(answer.text.contains("You signed out"));
    }
}
