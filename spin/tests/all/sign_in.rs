//! Sign-ins and consent, with the requests that a browser sends.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;
use url::Url;

use crate::{
    front::{Front, Setting, agent},
    routes::selected_users,
};

/// Presses a button of the vendor's page, and returns where the vendor sends the browser.
fn press(url: &str, name: &str, value: &str) -> Url {
    let mut page = Url::parse(url).unwrap();
    let mut form: Vec<(String, String)> = page.query_pairs().into_owned().collect();
    form.push((name.to_owned(), value.to_owned()));
    page.set_query(None);
    let answer = agent().post(page.as_str()).send_form(form).unwrap();
    Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap()
}

/// Returns path and query with which the browser comes back.
fn callback_path(front: &Front, url: &Url) -> String {
    let path = url.as_str().strip_prefix(&front.url_of("")).expect("the same origin");
    assert!(path.starts_with("/callback?"), "{path}");
    path.to_owned()
}

/// Returns id and name of a user.
fn a_user(front: &Front) -> (String, String) {
    let id = selected_users(front).into_iter().next().unwrap();
    let name = front.user(&id).unwrap()["userPrincipalName"].as_str().unwrap().to_owned();
    (id, name)
}

#[test]
fn a_sign_in_returns_the_user_once() {
    let setting = Setting::with(20, 2);
    let sign_in = |front: &Front| {
        let (id, name) = a_user(front);
        let begun = front.get("/sign-in", "");
        assert_eq!(begun.status, 303);
        let set = begun.header("set-cookie");
        assert!(set.ends_with("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax"), "{set}");
        let path = callback_path(front, &press(begun.header("location"), "account", &name));
        let finished = front.get(&path, &begun.cookie());
        assert_eq!(
            (finished.status, &finished.json()["signedIn"]["id"]),
            (200, &json!(id)),
            "{}",
            finished.text
        );
        assert_eq!(finished.header("cache-control"), "no-store");
        assert!(finished.header("set-cookie").contains("Max-Age=0"));
        (path, begun.cookie())
    };
    setting.run(|front| {
        let (path, cookie) = sign_in(front);
        front.get(&path, &cookie).problem(400, "no-sign-in");
    });
    let front = setting.start_without_spin();
    let (path, cookie) = sign_in(&front);
    // Without a store the cookie stays valid, but the vendor accepts a code once.
    front.get(&path, &cookie).problem(400, "AADSTS54005");
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn case_001_the_button_pressed_in_two_tabs_signs_in_in_both() {
    let setting = Setting::with(20, 2);
    let sign_in = |front: &Front| {
        let (id, name) = a_user(front);
        let begun = [front.get("/sign-in", ""), front.get("/sign-in", "")];
        let cookies = format!("{}; {}", begun[0].cookie(), begun[1].cookie());
        for begun in &begun {
            let path = callback_path(front, &press(begun.header("location"), "account", &name));
            let finished = front.get(&path, &cookies);
            assert_eq!(finished.json()["signedIn"]["id"], json!(id), "{}", finished.text);
        }
    };
    setting.run(sign_in);
    sign_in(&setting.start_without_spin());
}

#[test]
fn neither_cookie_nor_store_reveals_nonce_or_verifier() {
    let setting = Setting::with(1, 1);
    for front in [setting.start_with_spin_interfaces(), setting.start_without_spin()] {
        let begun = front.get("/sign-in", "");
        let location = Url::parse(begun.header("location")).unwrap();
        let nonce = location.query_pairs().find(|(name, _)| name == "nonce").unwrap().1;
        let stored = format!("{}\n{}", begun.cookie(), front.stored());
        let words = stored.split(|it: char| !it.is_ascii_alphanumeric() && it != '-' && it != '_');
        let decoded =
            words.flat_map(|word| BASE64_URL_SAFE_NO_PAD.decode(word).unwrap_or_default());
        let decoded = String::from_utf8_lossy(&decoded.collect::<Vec<_>>()).into_owned();
        for secret in [nonce.as_ref(), "nonce", "verifier"] {
            assert!(!stored.contains(secret) && !decoded.contains(secret), "{secret} in {stored}");
        }
    }
}

#[test]
fn another_browser_cannot_finish_a_sign_in() {
    let setting = Setting::with(20, 2);
    let is_refused = |front: &Front| {
        let (_, name) = a_user(front);
        let begun = front.get("/sign-in", "");
        let path = callback_path(front, &press(begun.header("location"), "account", &name));
        let other = front.get("/sign-in", "");
        front.clear_requests();
        front.get(&path, "").problem(400, "no-sign-in");
        front.get(&path, &other.cookie()).problem(400, "no-sign-in");
        let (name, _) = begun.cookie().split_once('=').map(owned).unwrap();
        let (_, theirs) = other.cookie().split_once('=').map(owned).unwrap();
        // With the name of the first cookie, the plugin refuses it.
        front.get(&path, &format!("{name}={theirs}")).problem(400, "state-mismatch");
        assert_eq!(front.request_count("/token"), 0, "no code is redeemed");
    };
    setting.run(is_refused);
    is_refused(&setting.start_without_spin());
}

#[test]
fn cancelled_and_forged_callbacks_are_problems() {
    Setting::with(20, 2).run(|front| {
        let begun = front.get("/sign-in", "");
        let path = callback_path(front, &press(begun.header("location"), "cancel", "true"));
        front.get(&path, &begun.cookie()).problem(403, "AADSTS65004");
        let forged =
            "error=%3Cscript%3E&error_description=%3Cscript%3Ealert(1)%3C/script%3E&state=1";
        let answer = front.get(&format!("/callback?{forged}"), "ones-flow=1-2");
        answer.problem(400, "no-sign-in");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        let posted = front.post_as("/callback", "application/x-www-form-urlencoded", "", forged);
        posted.problem(400, "no-sign-in");
    });
}

#[test]
fn an_administrator_grants_the_permissions() {
    Setting::with(5, 1).run(|front| {
        for permission in front.permissions() {
            front.revoke(permission).unwrap();
        }
        let begun = front.get("/sign-in?purpose=consent", "");
        let path = callback_path(front, &press(begun.header("location"), "accept", "true"));
        let answer = front.get(&path, &begun.cookie());
        assert_eq!(answer.json(), json!({ "consentGranted": true }));
        assert_eq!(front.permissions().len(), 4);
    });
}
