//! Sign-ins, and the cookies and flows of those that are pending.

use http::Request;
use http_body_util::Full;
use serde_json::json;

use super::fake::{Fake, assert_problem, cookie, value};

#[test]
fn a_sign_in_can_be_finished_once() {
    let fake = Fake::configured();
    let begun = fake.get("/sign-in", "");
    assert_eq!(
        (begun.status().as_u16(), begun.headers()["location"].as_bytes()),
        (303, &b"https://vendor.example/?state=1"[..])
    );
    let set = begun.headers()["set-cookie"].to_str().unwrap();
    assert!(set.ends_with("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax"), "{set}");
    assert!(!set.contains("sealed"), "the flow stays in the store");
    let finished = fake.get("/callback?code=1&state=1", &format!("other=1; {}", cookie(&begun)));
    assert_eq!(format!("{}=", cookie(&begun).split_once('=').unwrap().0), cookie(&finished));
    let expected =
        json!({ "flow": "flow 1; sealed", "parameters": [["code", "1"], ["state", "1"]] });
    assert_eq!(value(finished), expected);
    assert_problem(fake.get("/callback?code=1&state=1", &cookie(&begun)), 400, "no-sign-in");
    assert_eq!(fake.received(), [json!(["http://127.0.0.1:3000/callback", false])]);
}

#[test]
fn a_sign_in_expires_after_ten_minutes_and_is_deleted() {
    let fake = Fake::configured();
    let begun = fake.get("/sign-in", "");
    fake.state.now.set(601);
    assert_problem(fake.get("/callback?code=1&state=1", &cookie(&begun)), 400, "no-sign-in");
    fake.get("/sign-in", "");
    fake.state.now.set(1_202);
    fake.get("/sign-in", "");
    assert_eq!(fake.state.stored.borrow().len(), 1, "sign-ins that were not finished are deleted");
}

#[test]
fn without_a_store_the_cookie_contains_the_encrypted_flow() {
    let fake = Fake::configured();
    fake.state.has_no_store.set(true);
    let begun = fake.get("/sign-in", "");
    let finished = value(fake.get("/callback?code=1&state=1", &cookie(&begun)));
    assert_eq!(finished["flow"], "flow 1; sealed");
}

#[test]
fn case_001_the_button_pressed_in_two_tabs_signs_in_in_both() {
    for has_no_store in [false, true] {
        let fake = Fake::configured();
        fake.state.has_no_store.set(has_no_store);
        let tabs = [cookie(&fake.get("/sign-in", "")), cookie(&fake.get("/sign-in", ""))];
        let cookies = tabs.join("; ");
        let first = fake.get("/callback?code=1&state=1", &cookies);
        assert_eq!(
            first.headers().get_all("set-cookie").iter().count(),
            1,
            "only its own cookie is deleted"
        );
        assert_eq!(value(first)["flow"], "flow 1; sealed");
        let second = fake.get("/callback?code=1&state=2", &tabs[1]);
        assert_eq!(value(second)["flow"], "flow 2; sealed");
    }
}

#[test]
fn a_browser_has_at_most_eight_pending_sign_ins_and_loses_the_oldest() {
    let fake = Fake::configured();
    let mut cookies: Vec<String> = (0..8).map(|_| cookie(&fake.get("/sign-in", ""))).collect();
    let begun = fake.get("/sign-in", &format!("other=1; {}", cookies.join("; ")));
    let set: Vec<_> = begun.headers().get_all("set-cookie").iter().collect();
    assert_eq!(set.len(), 2);
    let oldest = cookies.remove(0);
    let cleared = set[0].to_str().unwrap();
    assert!(cleared.starts_with(&format!("{}=;", oldest.split_once('=').unwrap().0)), "{cleared}");
    assert!(cleared.contains("Max-Age=0"));
}

#[test]
fn a_sign_in_over_http_is_refused_outside_of_loopback() {
    let fake = Fake::configured();
    let at =
        |url: &str| fake.ask(Request::get(format!("{url}/sign-in")).body(Full::default()).unwrap());
    let problem = assert_problem(at("http://ones.example"), 400, "redirect-uri");
    assert!(problem["remedy"].as_str().unwrap().contains("PUBLIC_URL"), "{problem}");
    for public in
        ["http://ones.example", "ftp://ones.example", "https://", "nonsense", "https://a@b"]
    {
        fake.set("public_url", public);
        assert_problem(at("http://localhost:3000"), 400, "redirect-uri");
    }
    assert!(fake.received().is_empty(), "the plugin is not called");
    fake.set("public_url", "");
    for url in ["http://localhost:3000", "http://127.0.0.2", "http://[::1]:3000", "https://a"] {
        assert_eq!(at(url).status(), 303, "{url}");
    }
}

#[test]
fn without_a_host_name_in_the_request_the_public_url_is_needed() {
    let fake = Fake::configured();
    let ask = || fake.ask(Request::get("/sign-in").body(Full::default()).unwrap());
    let problem = assert_problem(ask(), 400, "host");
    assert!(problem["remedy"].as_str().unwrap().contains("Set PUBLIC_URL"), "{problem}");
    fake.set("public_url", "http://127.0.0.1:3000/");
    assert_eq!(ask().status(), 303);
    assert_eq!(fake.received(), [json!(["http://127.0.0.1:3000/callback", false])]);
}

#[test]
fn over_https_browsers_send_the_cookie_with_the_form_of_the_vendor() {
    let fake = Fake::configured();
    fake.set("public_url", "https://ones.example/");
    let begun = fake.get("/sign-in?purpose=consent", "");
    let set = begun.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(set.starts_with("__Host-ones-flow-"), "{set}");
    assert!(set.ends_with("; HttpOnly; SameSite=None; Secure"), "{set}");
    assert_eq!(fake.received(), [json!(["https://ones.example/callback", true])]);
    let form = Request::post("http://inside/callback")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", cookie(&begun))
        .body(Full::from("code=a+b&state=1"))
        .unwrap();
    let expected = json!([["code", "a b"], ["state", "1"]]);
    assert_eq!(value(fake.ask(form))["parameters"], expected);
}

#[test]
fn an_error_of_a_callback_is_not_html() {
    let answer = Fake::configured().get("/callback?error=%3Cscript%3E", "");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert_problem(answer, 400, "no-sign-in");
}
