//! A browser for sign-ins: it opens a page, posts its form, and follows a redirect.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use url::Url;

use crate::session::{Answer, Session, send};

pub(crate) const BACK: &str = "http://localhost:7777/signed-in";

/// RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(crate) type Members = BTreeMap<String, String>;

/// Returns the parameters of a request to `authorize`. A change replaces a parameter, or removes it
/// if the value is empty.
pub(crate) fn request(session: &Session, changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let client = session.emulator.client_id();
    let right = [
        ("client_id", client.as_str()),
        ("response_type", "code"),
        ("redirect_uri", BACK),
        ("scope", "openid profile email"),
        ("state", "the state"),
        ("nonce", "the nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    changed(&right, changes)
}

pub(crate) fn changed(right: &[(&str, &str)], changes: &[(&str, &str)]) -> Vec<(String, String)> {
    right
        .iter()
        .filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name))
        .chain(changes)
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// Opens a page of Entra, or posts to it.
pub(crate) async fn open(
    session: &Session,
    method: Method,
    path: &str,
    parameters: &[(String, String)],
) -> Answer {
    let encoded =
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let emulator = &session.emulator;
    let url = format!("{}/{}/{path}", emulator.authority(), emulator.tenant_id());
    let request = if method == Method::POST {
        let kind = "application/x-www-form-urlencoded";
        session.http.post(url).header("content-type", kind).body(encoded)
    } else {
        session.http.get(format!("{url}?{encoded}"))
    };
    send(request).await
}

/// Shows the account picker.
pub(crate) async fn ask(session: &Session, changes: &[(&str, &str)]) -> Answer {
    open(session, Method::GET, "oauth2/v2.0/authorize", &request(session, changes)).await
}

/// Opens a page, and posts its form with one more field, as the buttons do.
pub(crate) async fn press(
    session: &Session,
    path: &str,
    asked: &[(String, String)],
    button: (&str, &str),
) -> Answer {
    let page = open(session, Method::GET, path, asked).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let mut fields = hidden(&page.text);
    fields.push((button.0.to_owned(), button.1.to_owned()));
    open(session, Method::POST, path, &fields).await
}

/// Signs a user in, and returns the parameters that the application gets.
pub(crate) async fn sign_in(session: &Session, account: &str, changes: &[(&str, &str)]) -> Members {
    let asked = request(session, changes);
    came_back(&press(session, "oauth2/v2.0/authorize", &asked, ("account", account)).await)
}

/// Returns the hidden fields of a page's form.
pub(crate) fn hidden(page: &str) -> Vec<(String, String)> {
    let part = |input: &str, name: &str| {
        let value = input.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap();
        unescape(value)
    };
    let inputs = page.split("<input type=\"hidden\" ").skip(1);
    inputs.map(|input| (part(input, "name"), part(input, "value"))).collect()
}

fn unescape(html: &str) -> String {
    html.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

/// Returns the query of a redirect to the application.
#[track_caller]
pub(crate) fn came_back(answer: &Answer) -> Members {
    assert_eq!(answer.status, 302, "{}", answer.text);
    let url = Url::parse(answer.header("location")).unwrap();
    assert!(url.as_str().starts_with(BACK), "{url}");
    url.query_pairs().into_owned().collect()
}

/// Redeems a code, with changes as in [`request`].
pub(crate) async fn redeem(session: &Session, code: &str, changes: &[(&str, &str)]) -> Answer {
    let (client, secret) = (session.emulator.client_id(), session.emulator.client_secret());
    let right = [
        ("grant_type", "authorization_code"),
        ("client_id", client.as_str()),
        ("client_secret", secret.as_str()),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    open(session, Method::POST, "oauth2/v2.0/token", &changed(&right, changes)).await
}

/// Signs a user in, and returns the ID token.
pub(crate) async fn id_token(session: &Session, account: &str) -> String {
    let back = sign_in(session, account, &[]).await;
    let tokens = redeem(session, &back["code"], &[]).await.expect(200);
    tokens["id_token"].as_str().unwrap().to_owned()
}

/// Reads one of the two parts of a JWT that are JSON: 0 is the header, 1 the claims.
pub(crate) fn part(token: &str, index: usize) -> serde_json::Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}
