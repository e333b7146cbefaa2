//! People who sign in.

use crate::{browser::*, served::*};

/// Sent to the vendor, and back as `id`.
fn sign_in(browser: &mut Browser, id: &str) -> Reply {
    assert_eq!(browser.get("/sign-in/1").status, 303);
    browser.send("POST", "/sign-in/callback", &format!("code={id}"))
}

#[test]
fn the_login_page_has_a_button_named_by_the_settings() {
    let served = Served::with_contoso();
    let page = served.browser().get("/");
    page.says(
        200,
        "<a class=\"button first wide\" href=\"/sign-in/1\">Sign in with &#60;Contoso&#62;</a>",
    );
    Served::new().browser().get("/").says(200, "Nobody can sign in yet");
}

#[test]
fn somebody_new_is_let_in_until_a_sync_tells_of_them() {
    let served = Served::with_contoso();
    let mut browser = served.browser();
    sign_in(&mut browser, "p007").leads_to("/me");
    let page = browser.get("/me");
    page.says(200, "P007");
    page.says(200, "Staff");
    page.says(200, "until the next sync");
    let mut admin = served.admin();
    admin.get("/admin/integrations/1/people").says(200, "provisional");
    served.sync(&mut admin, "people");
    assert!(!browser.get("/me").body.contains("until the next sync"));
}

#[test]
fn ones_own_groups_and_those_of_the_directory_are_on_ones_own_page() {
    let served = Served::with_contoso();
    served.sync(&mut served.admin(), "people");
    let mut browser = served.browser();
    sign_in(&mut browser, "p001").leads_to("/me");
    let page = browser.get("/me");
    page.says(200, "<dt>Groups</dt><dd>Staff</dd>");
    page.says(200, "<dt>Groups in Contoso</dt><dd>ALL, TEAM</dd>");
    sign_in(&mut browser, "p002").leads_to("/me");
    assert!(!browser.get("/me").body.contains("Groups in Contoso"));
}

#[test]
fn a_session_ends_with_log_out() {
    let served = Served::with_contoso();
    let mut browser = served.browser();
    sign_in(&mut browser, "a");
    browser.get("/me");
    let mut stolen = browser.clone();
    browser.post("/log-out", &[]).leads_to("/?note=logged-out");
    stolen.get("/me").leads_to("/");
}

#[test]
fn who_is_removed_is_signed_in_no_more_and_not_let_in_again() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    served.sync(&mut admin, "people");
    let mut browser = served.browser();
    sign_in(&mut browser, "p000").leads_to("/me");
    served.vendor.gone.lock().unwrap().push("p000".to_owned());
    served.sync(&mut admin, "people");
    browser.get("/me").leads_to("/?note=ended");
    sign_in(&mut browser, "p000").says(403, "You were removed from ONES");
    browser.get("/me").leads_to("/");
}

#[test]
fn a_sign_in_is_used_once() {
    let served = Served::with_contoso();
    let mut browser = served.browser();
    browser.get("/sign-in/1");
    let mut copy = browser.clone();
    browser.get("/sign-in/callback?code=a").leads_to("/me");
    copy.get("/sign-in/callback?code=a").says(400, "No sign-in is under way in this browser");
    assert_eq!(served.vendor.times("handle-callback"), 1);
}

#[test]
fn the_callback_of_a_stranger_asks_nobody() {
    let served = Served::with_contoso();
    let mut browser = served.browser();
    browser.get("/sign-in/callback?code=a").says(400, "No sign-in is under way");
    browser.cookies.insert("ones-flow".to_owned(), "guess".to_owned());
    browser.send("POST", "/sign-in/callback", "code=a").says(400, "No sign-in is under way");
    assert_eq!(served.vendor.times("handle-callback"), 0);
}

#[test]
fn who_declines_reads_why_and_what_to_do() {
    let served = Served::with_contoso();
    let mut browser = served.browser();
    browser.get("/sign-in/1");
    let page = browser.get("/sign-in/callback?error=access_denied");
    page.says(403, "They would &#60;not&#62;");
    page.says(403, "Ask &#60;them&#62;");
    page.says(403, "<details><summary>");
    browser.get("/me").leads_to("/");
}

#[test]
fn consent_signs_nobody_in_and_signing_in_grants_nothing() {
    let served = Served::with_contoso();
    let mut browser = served.browser();
    browser.get("/sign-in/1");
    browser.get("/sign-in/callback?admin_consent=True").says(403, "something else");
    let mut admin = served.admin();
    admin.get("/admin/integrations/1/consent");
    admin.get("/sign-in/callback?code=a").says(403, "something else");
    admin.get("/me").leads_to("/");
}

#[test]
fn an_earlier_session_ends_when_somebody_signs_in_again() {
    let served = Served::with_contoso();
    let mut browser = served.browser();
    sign_in(&mut browser, "a");
    let mut before = browser.clone();
    sign_in(&mut browser, "b").leads_to("/me");
    browser.get("/me").says(200, "<h1>B</h1>");
    before.get("/me").leads_to("/");
}

#[test]
fn a_person_is_no_administrator() {
    let served = Served::with_contoso();
    let mut browser = served.browser();
    sign_in(&mut browser, "a");
    let token = browser.cookies["ones-person"].clone();
    browser.cookies.insert("ones-admin".to_owned(), token);
    assert_eq!(browser.get("/admin").status, 303);
}

#[test]
fn there_is_no_way_through_what_is_not_connected() {
    let served = Served::with_contoso();
    served.browser().get("/sign-in/9").says(404, "no such page");
}
