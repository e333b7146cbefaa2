//! A person signs in, in a browser that is none.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;
use url::Url;

use crate::{
    front::{Front, Setting, agent},
    routes::people,
};

/// Presses a button of the vendor's page, and says where the browser is sent to.
fn press(url: &str, name: &str, value: &str) -> Url {
    let mut page = Url::parse(url).unwrap();
    let mut form: Vec<(String, String)> = page.query_pairs().into_owned().collect();
    form.push((name.to_owned(), value.to_owned()));
    page.set_query(None);
    let answer = agent().post(page.as_str()).send_form(form).unwrap();
    Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap()
}

/// Path and query under which the browser comes back.
fn back(front: &Front, url: &Url) -> String {
    let path = url.as_str().strip_prefix(&front.at("")).expect("the same origin");
    assert!(path.starts_with("/callback?"), "{path}");
    path.to_owned()
}

fn somebody(front: &Front) -> (String, String) {
    let id = people(front).into_iter().next().unwrap();
    let name = front.user(&id).unwrap()["userPrincipalName"].as_str().unwrap().to_owned();
    (id, name)
}

#[test]
fn who_signs_in_is_shown_once() {
    let setting = Setting::of(20, 2);
    let signs_in = |front: &Front| {
        let (id, name) = somebody(front);
        let sent = front.get("/sign-in", "");
        assert_eq!(sent.status, 303);
        let set = sent.header("set-cookie");
        assert!(set.ends_with("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax"), "{set}");
        let path = back(front, &press(sent.header("location"), "account", &name));
        let shown = front.get(&path, &sent.cookie());
        assert_eq!(
            (shown.status, &shown.json()["signedIn"]["id"]),
            (200, &json!(id)),
            "{}",
            shown.text
        );
        assert_eq!(shown.header("cache-control"), "no-store");
        assert!(shown.header("set-cookie").contains("Max-Age=0"));
        (path, sent.cookie())
    };
    setting.under_spin(|front| {
        let (path, cookie) = signs_in(front);
        front.get(&path, &cookie).problem(400, "no-sign-in");
    });
    let front = setting.served();
    let (path, cookie) = signs_in(&front);
    // The browser has it still, but the vendor takes a code once.
    front.get(&path, &cookie).problem(400, "AADSTS54005");
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn case_001_the_button_pressed_in_two_tabs_signs_in_in_both() {
    let setting = Setting::of(20, 2);
    let signs_in = |front: &Front| {
        let (id, name) = somebody(front);
        let sent = [front.get("/sign-in", ""), front.get("/sign-in", "")];
        let cookies = format!("{}; {}", sent[0].cookie(), sent[1].cookie());
        for sent in &sent {
            let path = back(front, &press(sent.header("location"), "account", &name));
            let shown = front.get(&path, &cookies);
            assert_eq!(shown.json()["signedIn"]["id"], json!(id), "{}", shown.text);
        }
    };
    setting.under_spin(signs_in);
    signs_in(&setting.served());
}

#[test]
fn whoever_reads_cookie_and_store_reads_neither_nonce_nor_verifier() {
    let setting = Setting::of(1, 1);
    for front in [setting.hosted(), setting.served()] {
        let sent = front.get("/sign-in", "");
        let location = Url::parse(sent.header("location")).unwrap();
        let nonce = location.query_pairs().find(|(name, _)| name == "nonce").unwrap().1;
        let kept = format!("{}\n{}", sent.cookie(), front.stored());
        let runs = kept.split(|it: char| !it.is_ascii_alphanumeric() && it != '-' && it != '_');
        let decoded = runs.flat_map(|it| BASE64_URL_SAFE_NO_PAD.decode(it).unwrap_or_default());
        let decoded = String::from_utf8_lossy(&decoded.collect::<Vec<_>>()).into_owned();
        for told in [nonce.as_ref(), "nonce", "verifier"] {
            assert!(!kept.contains(told) && !decoded.contains(told), "{told} in {kept}");
        }
    }
}

#[test]
fn another_browser_has_no_sign_in_under_way() {
    let setting = Setting::of(20, 2);
    let refuses = |front: &Front| {
        let (_, name) = somebody(front);
        let sent = front.get("/sign-in", "");
        let path = back(front, &press(sent.header("location"), "account", &name));
        let other = front.get("/sign-in", "");
        front.clear_requests();
        front.get(&path, "").problem(400, "no-sign-in");
        front.get(&path, &other.cookie()).problem(400, "no-sign-in");
        let (name, _) = sent.cookie().split_once('=').map(owned).unwrap();
        let (_, theirs) = other.cookie().split_once('=').map(owned).unwrap();
        // Under the name of the first: the plugin looks as well.
        front.get(&path, &format!("{name}={theirs}")).problem(400, "state-mismatch");
        assert_eq!(front.asked("/token"), 0, "no code is redeemed");
    };
    setting.under_spin(refuses);
    refuses(&setting.served());
}

#[test]
fn who_cancels_and_what_is_forged_is_said_as_a_problem() {
    Setting::of(20, 2).under_spin(|front| {
        let sent = front.get("/sign-in", "");
        let path = back(front, &press(sent.header("location"), "cancel", "true"));
        front.get(&path, &sent.cookie()).problem(403, "AADSTS65004");
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
    Setting::of(5, 1).under_spin(|front| {
        for permission in front.permissions() {
            front.revoke(permission).unwrap();
        }
        let sent = front.get("/sign-in?purpose=consent", "");
        let path = back(front, &press(sent.header("location"), "accept", "true"));
        let answer = front.get(&path, &sent.cookie());
        assert_eq!(answer.json(), json!({ "consentGranted": true }));
        assert_eq!(front.permissions().len(), 4);
    });
}
