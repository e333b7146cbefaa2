//! The sign-in of users.

use crate::{browser::*, served::*};

/// Sends the browser to the vendor, and back as the user with this id.
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
    Served::new().browser().get("/").says(200, "You cannot sign in yet");
}

#[test]
fn a_new_user_is_provisional_until_the_next_sync() {
    let served = Served::with_contoso();
    let mut browser = served.browser();
    sign_in(&mut browser, "p007").leads_to("/me");
    let page = browser.get("/me");
    page.says(200, "P007");
    page.says(200, "Staff");
    page.says(200, "until the next sync");
    let mut admin = served.admin();
    admin.get("/admin/integrations/1/users").says(200, "provisional");
    served.sync(&mut admin, "users");
    assert!(!browser.get("/me").body.contains("until the next sync"));
}

#[test]
fn the_page_of_a_user_lists_groups_made_in_ones_and_of_the_directory() {
    let served = Served::with_contoso();
    served.sync(&mut served.admin(), "users");
    let mut browser = served.browser();
    sign_in(&mut browser, "p001").leads_to("/me");
    let page = browser.get("/me");
    page.says(200, "<dt>Groups</dt><dd>Staff</dd>");
    page.says(200, "<dt>Groups in Contoso</dt><dd>ALL, TEAM</dd>");
    sign_in(&mut browser, "p002").leads_to("/me");
    assert!(!browser.get("/me").body.contains("Groups in Contoso"));
}

#[test]
fn logging_out_ends_the_session() {
    let served = Served::with_contoso();
    let mut browser = served.browser();
    sign_in(&mut browser, "a");
    browser.get("/me");
    let mut stolen = browser.clone();
    browser.post("/log-out", &[]).leads_to("/?note=logged-out");
    stolen.get("/me").leads_to("/");
}

#[test]
fn a_removed_user_is_signed_out_and_cannot_sign_in() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    served.sync(&mut admin, "users");
    let mut browser = served.browser();
    sign_in(&mut browser, "p000").leads_to("/me");
    served.vendor.gone.lock().unwrap().push("p000".to_owned());
    served.sync(&mut admin, "users");
    browser.get("/me").leads_to("/?note=ended");
    sign_in(&mut browser, "p000").says(403, "You were removed from ONES");
    browser.get("/me").leads_to("/");
}

#[test]
fn a_sign_in_can_be_used_once() {
    let served = Served::with_contoso();
    let mut browser = served.browser();
    browser.get("/sign-in/1");
    let mut copy = browser.clone();
    browser.get("/sign-in/callback?code=a").leads_to("/me");
    copy.get("/sign-in/callback?code=a").says(400, "No sign-in is pending in this browser");
    assert_eq!(served.vendor.times("handle-callback"), 1);
}

#[test]
fn a_callback_without_a_sign_in_does_not_reach_the_plugin() {
    let served = Served::with_contoso();
    let mut browser = served.browser();
    browser.get("/sign-in/callback?code=a").says(400, "No sign-in is pending");
    browser.cookies.insert("ones-flow".to_owned(), "guess".to_owned());
    browser.send("POST", "/sign-in/callback", "code=a").leads_to("/sign-in/callback");
    browser.get("/sign-in/callback").says(400, "No sign-in is pending");
    assert_eq!(served.vendor.times("handle-callback"), 0);
}

#[test]
fn a_user_who_declines_sees_the_reason_and_a_reference_number() {
    let served = Served::with_contoso();
    let mut browser = served.browser();
    browser.get("/sign-in/1");
    let page = browser.get("/sign-in/callback?error=access_denied");
    page.says(403, "They would &#60;not&#62;");
    page.says(403, "Ask your ONES administrator");
    let log = served.log.lock().unwrap();
    page.says(403, &log[0].reference);
    // Remedies in the vendor's portal are for the administrator only.
    assert!(!page.body.contains("Ask &#60;them") && !page.body.contains("AADSTS1"));
    assert_eq!(log[0].problem.remedy.as_deref(), Some("Ask <them>"));
    browser.get("/me").leads_to("/");
}

#[test]
fn a_consent_is_no_sign_in_and_a_sign_in_is_no_consent() {
    let served = Served::with_contoso();
    let mut browser = served.browser();
    browser.get("/sign-in/1");
    browser.get("/sign-in/callback?admin_consent=True").says(403, "does not match the request");
    let mut admin = served.admin();
    admin.get("/admin/integrations/1/consent");
    admin.get("/sign-in/callback?code=a").says(403, "does not match the request");
    admin.get("/me").leads_to("/");
}

#[test]
fn an_earlier_session_ends_with_another_sign_in() {
    let served = Served::with_contoso();
    let mut browser = served.browser();
    sign_in(&mut browser, "a");
    let mut before = browser.clone();
    sign_in(&mut browser, "b").leads_to("/me");
    browser.get("/me").says(200, "<h1>B</h1>");
    before.get("/me").leads_to("/");
}

#[test]
fn the_session_of_a_user_is_no_session_of_the_administrator() {
    let served = Served::with_contoso();
    let mut browser = served.browser();
    sign_in(&mut browser, "a");
    let token = browser.cookies["ones-person"].clone();
    browser.cookies.insert("ones-admin".to_owned(), token);
    assert_eq!(browser.get("/admin").status, 303);
}

#[test]
fn an_unknown_integration_has_no_sign_in() {
    let served = Served::with_contoso();
    served.browser().get("/sign-in/9").says(404, "no such page");
}

/// Begins a sign-in and returns its state.
fn begin(browser: &mut Browser) -> String {
    let reply = browser.get("/sign-in/1");
    assert_eq!(reply.status, 303, "{}", reply.body);
    reply.header("location").split_once("state=").unwrap().1.to_owned()
}

fn with_states() -> Served {
    let served = Served::with_contoso();
    *served.vendor.mood.lock().unwrap() = Mood::States;
    served
}

#[test]
fn case_001_two_tabs_sign_in_each_with_a_flow_of_its_own() {
    let served = with_states();
    for is_reversed in [false, true] {
        let mut browser = served.browser();
        let mut states = [begin(&mut browser), begin(&mut browser)];
        if is_reversed {
            states.reverse();
        }
        for state in states {
            let back = format!("/sign-in/callback?code=p007&state={state}");
            browser.get(&back).leads_to("/me");
            browser.get("/me").says(200, "P007");
        }
    }
}

#[test]
fn case_001_a_tab_that_fails_leaves_the_other_alone() {
    let served = with_states();
    let mut browser = served.browser();
    let (one, two) = (begin(&mut browser), begin(&mut browser));
    browser.get(&format!("/sign-in/callback?error=access_denied&state={one}")).says(403, "would");
    browser.get("/sign-in/callback?code=a&state=guessed").says(400, "No sign-in is pending");
    browser.get("/sign-in/callback?code=a").says(400, "No sign-in is pending");
    browser.get(&format!("/sign-in/callback?code=a&state={two}")).leads_to("/me");
}

#[test]
fn case_028_back_and_reload_lead_a_signed_in_user_to_their_page() {
    let served = with_states();
    let mut browser = served.browser();
    let state = begin(&mut browser);
    let back = format!("code=p007&state={state}");
    browser.send("POST", "/sign-in/callback", &back).leads_to("/me");
    browser.get(&format!("/sign-in/callback?{back}")).leads_to("/me");
    // Browsers do not send the session's cookie with a form of another site, but with the redirect.
    let mut posted = served.browser();
    posted.send("POST", "/sign-in/callback", &back).leads_to("/sign-in/callback");
    browser.get("/sign-in/callback").leads_to("/me");
    posted.get("/sign-in/callback").says(400, "No sign-in is pending in this browser");
    assert_eq!(served.vendor.times("handle-callback"), 1);
    assert!(browser.cookies.keys().all(|it| !it.starts_with("ones-flow")), "{:?}", browser.cookies);
}

#[test]
fn case_002_consent_that_was_not_asked_for_leads_to_a_test_of_the_settings() {
    let served = with_states();
    let test = "/admin/integrations/1/settings?test=true";
    for granted in ["True", "true", "TRUE"] {
        for more in ["", "&state=gone"] {
            let mut browser = served.browser();
            let path = format!("/sign-in/callback?admin_consent={granted}&tenant=t{more}");
            let page = browser.get(&path);
            page.says(200, "The vendor may have &#60;recorded&#62; consent");
            page.says(200, "Test the &#60;settings&#62;");
            page.says(200, &format!("href=\"{test}\""));
            assert!(!page.body.contains("No sign-in") && !page.body.contains("detail of the"));
            // The callback is not trusted: it does not sign in, and does not test the settings.
            assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
            assert_eq!(served.vendor.times("validate"), 0);
        }
    }
    // Without a session, the link leads to the log-in, and from there to the test.
    let log_in = served.browser().get(test);
    assert_eq!(log_in.status, 303);
    assert!(log_in.header("location").starts_with("/admin/log-in?next=%2Fadmin%2Fintegrations"));
    let mut admin = served.admin();
    admin.get(test).leads_to("/admin/integrations/1/settings/server?test=true");
    served.add("Other");
    let page = served.browser().get("/sign-in/callback?admin_consent=True");
    page.says(200, "href=\"/admin\">Select the integration");
}

#[test]
fn a_callback_of_an_unknown_sign_in_is_not_trusted() {
    let served = Served::with_contoso();
    *served.vendor.mood.lock().unwrap() = Mood::Credulous;
    let mut browser = served.browser();
    for parameters in ["admin_consent=True", "x=y", "error=access_denied", "code=a"] {
        let page = browser.get(&format!("/sign-in/callback?{parameters}"));
        page.says(400, "No sign-in is pending");
        assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
    }
}

#[test]
fn a_sign_in_that_is_forged_swapped_replayed_or_cut_is_refused_with_the_same_sentence() {
    let served = with_states();
    served.add("Other");
    let mut browser = served.browser();
    let (one, two) = (begin(&mut browser), begin(&mut browser));
    let other = browser.get("/sign-in/2").header("location").to_owned();
    let other = other.split_once("state=").unwrap().1.to_owned();
    // Each begin adds one cookie: found out by beginning in a browser of its own.
    let names: Vec<_> = browser.cookies.keys().cloned().collect();
    assert_eq!(names.len(), 3);
    let before = browser.clone();
    let refused = |cookies: &dyn Fn(&mut Browser), state: &str| {
        let mut browser = before.clone();
        cookies(&mut browser);
        let page = browser.get(&format!("/sign-in/callback?code=a&state={state}"));
        page.says(400, "No sign-in is pending in this browser");
    };
    let rotated = |browser: &mut Browser| {
        let values: Vec<_> = names.iter().map(|it| browser.cookies[it].clone()).collect();
        for (place, name) in names.iter().enumerate() {
            browser.cookies.insert(name.clone(), values[(place + 1) % 3].clone());
        }
    };
    let each = |change: fn(&str) -> String| {
        move |browser: &mut Browser| browser.cookies.values_mut().for_each(|it| *it = change(it))
    };
    for state in [&one, &two, &other] {
        refused(&rotated, state);
        refused(&each(|_| "guess".to_owned()), state);
        refused(&each(|_| String::new()), state);
        refused(&each(|it| it[..it.len() - 4].to_owned()), state);
        refused(&each(|it| format!("{it}AAAA")), state);
        refused(&each(|it| it.chars().rev().collect()), state);
    }
    assert_eq!(served.vendor.times("handle-callback"), 0);
    browser.get(&format!("/sign-in/callback?code=a&state={one}")).leads_to("/me");
    refused(&|_| {}, &one);
    assert_eq!(served.vendor.times("handle-callback"), 1);
}

#[test]
fn a_callback_without_the_cookie_does_not_use_up_the_sign_in() {
    let served = with_states();
    let mut browser = served.browser();
    let state = begin(&mut browser);
    let back = format!("/sign-in/callback?code=a&state={state}");
    served.browser().get(&back).says(400, "No sign-in is pending");
    browser.get(&back).leads_to("/me");
}
