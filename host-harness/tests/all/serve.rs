//! The pages of the administrator, and the checks of their requests.

use ones_host::{
    model::Owed,
    store::{Leavers, RunKind},
};
use serde_json::json;

use crate::{fake::*, served::*};

#[test]
fn the_first_to_have_the_link_sets_the_password_once() {
    let served = Served::new();
    let link = served.set_up.clone().unwrap();
    let (_, path) = link.split_once("/admin/").unwrap();
    let path = format!("/admin/{path}");
    let (_, code) = path.split_once("code=").unwrap();
    let mut browser = served.browser();
    browser.get("/admin/set-up?code=guess").says(403, "not valid");
    browser.get(&path).says(200, "Set password");
    let mut set = |one, two| {
        browser.post("/admin/set-up", &[("code", code), ("password", one), ("again", two)])
    };
    set("short", "short").says(200, "shorter than 12");
    set(PASSWORD, "another one, longer").says(200, "not the same");
    set(PASSWORD, PASSWORD).leads_to("/admin");
    browser.get("/admin").says(200, "No integration is set up yet");
    browser.get(&path).says(403, "not valid");
    served.admin();
}

#[test]
fn a_password_that_is_set_needs_no_link() {
    let served = Served::with_contoso();
    assert_eq!(served.set_up, None);
    served.browser().get("/admin/set-up?code=").says(403, "not valid");
}

#[test]
fn a_client_that_guesses_passwords_has_to_wait() {
    let served = Served::with_contoso();
    let mut browser = served.browser();
    browser.get("/admin/log-in");
    let mut guess = |it| browser.post("/admin/log-in", &[("password", it)]);
    for _ in 0..5 {
        guess("wrong").says(401, "The password is wrong");
    }
    let refused = guess(PASSWORD);
    refused.says(429, "Try again in");
    assert!((1..=30).contains(&refused.header("retry-after").parse().unwrap()));
}

#[test]
fn every_page_of_the_administrator_needs_a_session() {
    let served = Served::with_contoso();
    for path in [
        "",
        "/integrations/new",
        "/integrations/1",
        "/integrations/1/settings/server",
        "/integrations/1/users",
        "/integrations/1/people",
        "/integrations/1/rooms",
        "/integrations/1/runs",
        "/integrations/1/removals",
        "/integrations/1/activity",
        "/integrations/1/activity/bookings",
        "/integrations/1/consent",
        "/integrations/1/choices?field=x&name=x",
    ] {
        let reply = served.browser().get(&format!("/admin{path}"));
        assert_eq!(reply.status, 303, "{path}");
        assert!(reply.header("location").starts_with("/admin/log-in?next=%2Fadmin"), "{path}");
    }
    for path in [
        "/integrations/new",
        "/integrations/1/settings/server",
        "/integrations/1/sync",
        "/integrations/1/schedule",
        "/integrations/1/removals",
        "/log-out",
    ] {
        let reply = served.browser().post(&format!("/admin{path}"), &[]);
        reply.leads_to("/admin/log-in?next=%2F");
    }
    assert_eq!(served.vendor.asked.lock().unwrap().len(), 0);
}

#[test]
fn logging_in_leads_back_to_the_requested_page_of_the_administrator_only() {
    let served = Served::with_contoso();
    let mut browser = served.browser();
    for (next, place) in [
        ("/admin/integrations/1", "/admin/integrations/1"),
        ("https://evil.example/admin", "/admin"),
        ("//evil.example/", "/admin"),
        ("/admin/../sign-in/1", "/admin"),
        ("/administrator", "/admin"),
    ] {
        browser.get("/admin/log-in");
        browser.post("/admin/log-in", &[("password", PASSWORD), ("next", next)]).leads_to(place);
    }
}

#[test]
fn logging_out_ends_the_session() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    admin.get("/admin").says(200, NAME);
    let before = admin.clone();
    admin.post("/admin/log-out", &[]).leads_to("/admin/log-in");
    let mut stolen = before;
    assert_eq!(stolen.get("/admin").status, 303);
}

#[test]
fn every_response_has_security_headers() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    let paths = [
        "/",
        "/admin",
        "/admin/log-in",
        "/admin/integrations/1",
        "/nowhere",
        "/admin/integrations/9",
        "/assets/style.css",
        "/sign-in/callback",
        "/sign-in/1",
        "/me",
    ];
    for path in paths {
        let reply = admin.get(path);
        let policy = reply.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{path}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("referrer-policy"), "same-origin", "{path}");
        let cached = if path.starts_with("/assets") { "no-cache" } else { "no-store" };
        assert_eq!(reply.header("cache-control"), cached, "{path}");
    }
}

#[test]
fn a_server_answers_under_its_own_host_names_only() {
    let served = Served::with_contoso();
    let mut browser = served.browser();
    let own = browser.host.clone();
    for host in [own.clone(), own.replace("localhost", "127.0.0.1"), own.to_uppercase()] {
        browser.host = host;
        assert_eq!(browser.get("/").status, 200, "{}", browser.host);
    }
    for host in ["evil.example", "localhost", "localhost:1", ""] {
        browser.host = host.to_owned();
        browser.get("/").says(421, "does not have that host name");
    }
}

#[test]
fn forms_of_another_site_change_nothing() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    let host = admin.host.clone();
    admin.get("/admin");
    let path = "/admin/integrations/1/schedule";
    for (name, value) in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
    ] {
        admin.headers = vec![(name.to_owned(), value.to_owned())];
        admin.post(path, &[("every", "3600")]).says(403, "another site");
    }
    admin.headers.clear();
    let token = std::mem::take(&mut admin.csrf);
    admin.post(path, &[("every", "3600")]).says(403, "out of date");
    admin.csrf = served.admin().csrf;
    admin.post(path, &[("every", "3600")]).says(403, "out of date");
    assert_eq!(served.store.schedule(served.contoso()).unwrap().interval, None);

    admin.csrf = token;
    admin.headers = vec![("Origin".to_owned(), format!("http://{host}"))];
    admin.post(path, &[("every", "3600")]).leads_to("/admin/integrations/1?note=scheduled");
    let interval = served.store.schedule(served.contoso()).unwrap().interval;
    assert_eq!(interval.unwrap().as_secs(), 3600);
}

#[test]
fn logging_in_needs_a_form_of_this_server() {
    let served = Served::with_contoso();
    let mut browser = served.browser();
    browser.post("/admin/log-in", &[("password", PASSWORD)]).says(403, "out of date");
    browser.get("/admin/log-in");
    browser.csrf = "guess".to_owned();
    browser.post("/admin/log-in", &[("password", PASSWORD)]).says(403, "out of date");
}

#[test]
fn a_form_of_more_than_256_kib_is_refused() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    let long = "x".repeat(300 << 10);
    let reply = admin.post("/admin/integrations/1/settings/server", &[("/server/name", &long)]);
    assert_eq!(reply.status, 413);
}

#[test]
fn other_machines_need_a_valid_public_url() {
    assert_eq!(refused_to_serve("0.0.0.0:0", None), "no-public-url");
    for url in ["https://ones.example.com/path", "ftp://ones.example.com", "https://a:b@c.example"]
    {
        assert_eq!(refused_to_serve("127.0.0.1:0", Some(url)), "public-url", "{url}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    assert_eq!(refused_to_serve(&taken.local_addr().unwrap().to_string(), None), "listen");
}

#[test]
fn with_an_https_url_cookies_are_for_https_only() {
    let served = Served::public(Some("https://ones.example.com"));
    let mut browser = served.browser();
    browser.host = "ones.example.com".to_owned();
    let reply = browser.get("/admin/log-in");
    let cookie = reply.header("set-cookie");
    assert!(cookie.starts_with("__Host-ones-form="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"), "{cookie}");
    let reply = browser.get("/sign-in/1");
    let cookie = reply.header("set-cookie");
    assert!(cookie.starts_with("__Host-ones-flow="), "{cookie}");
    assert!(cookie.ends_with("; SameSite=None; Secure; Max-Age=600"), "{cookie}");
    reply.leads_to("https://vendor.example/?to=https://ones.example.com/sign-in/callback");
}

#[test]
fn an_integration_is_synced_and_its_records_are_listed() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    served.sync(&mut admin, "both");
    admin.get("/admin/integrations/1").says(200, "/admin/integrations/1/users\">30<");
    admin.get("/admin/integrations/1/users").says(200, "P029");
    let found = admin.get("/admin/integrations/1/users?search=p007%40");
    found.says(200, "P007");
    assert!(!found.body.contains("P008"));
    admin.get("/admin/integrations/1/rooms").says(200, "a@contoso.com");
    admin.get("/admin/integrations/1/runs").says(200, "30 users added");
}

#[test]
fn case_042_what_could_not_be_read_yet_is_shown_with_the_run() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    *served.vendor.owed.lock().unwrap() = Some(Owed { count: 3, since: 1_795_694_400 });
    served.sync(&mut admin, "users");
    for page in ["/admin/integrations/1", "/admin/integrations/1/runs"] {
        admin.get(page).says(200, "3 users or groups could not be read yet (oldest since ");
    }
}

#[test]
fn a_decision_about_held_removals_applies_to_the_listed_ones() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    served.sync(&mut admin, "users");
    *served.vendor.gone.lock().unwrap() = ids(12);
    served.sync(&mut admin, "users");
    admin.get("/admin/integrations/1").says(200, "12 removals are held");
    let place = "/admin/integrations/1/removals";
    admin.get(place).says(200, "Approve all 12");
    let mut decide = |fields: &[(&str, &str)], note: &str| {
        admin.post(place, fields).leads_to(&format!("{place}?note={note}"));
        served.store.held(served.contoso()).unwrap()
    };
    assert_eq!(decide(&[("do", "approve")], "none-chosen"), 12);
    assert_eq!(decide(&[("do", "approve"), ("id", "p000"), ("id", "p001")], "approved"), 10);
    assert_eq!(decide(&[("do", "discard"), ("id", "p002")], "discarded"), 9);
    // The page was drawn when there were more.
    assert_eq!(decide(&[("do", "approve-all"), ("count", "12")], "changed"), 9);
    assert_eq!(decide(&[("do", "approve-all"), ("count", "9")], "approved"), 0);
    let all = admin.get("/admin/integrations/1/users?removed=true");
    all.says(200, "P000");
    assert!(!admin.get("/admin/integrations/1/users").body.contains("P000"));
}

#[test]
fn groups_and_their_members_are_listed() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    served.sync(&mut admin, "users");
    admin.get("/admin/integrations/1").says(200, "/admin/integrations/1/groups\">2<");
    let groups = admin.get("/admin/integrations/1/groups");
    groups.says(200, "<a href=\"/admin/integrations/1/groups/team\">TEAM</a>");
    groups.says(200, "class=\"number\">2</td>");
    groups.says(200, "<li>Staff: 30 users</li>");
    let found = admin.get("/admin/integrations/1/groups?search=tea");
    assert!(found.body.contains("TEAM") && !found.body.contains(">ALL<"), "{}", found.body);
    let group = admin.get("/admin/integrations/1/groups/all");
    group.says(200, "<a href=\"/admin/integrations/1/users/p001\">P001</a>");
    assert!(!group.body.contains("P002"));
    admin.get("/admin/integrations/1/groups/all?search=p000").says(200, "P000");
    let user = admin.get("/admin/integrations/1/users/p001");
    user.says(200, "<a href=\"/admin/integrations/1/groups/team\">TEAM</a>");
    user.says(200, "Staff");
    admin.get("/admin/integrations/1/users").says(200, "/admin/integrations/1/users/p001\"");
    for nowhere in ["groups/nowhere", "users/nowhere"] {
        admin.get(&format!("/admin/integrations/1/{nowhere}")).says(404, "no such page");
    }
}

#[test]
fn the_former_addresses_of_users_lead_to_the_present_ones() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    for rest in ["", "?search=p00&removed=true", "/people%2Fp001"] {
        let reply = admin.get(&format!("/admin/integrations/1/people{rest}"));
        let present = format!("/admin/integrations/1/users{rest}");
        assert_eq!((reply.status, reply.header("location")), (308, present.as_str()));
    }
}

#[test]
fn a_sync_started_with_the_former_word_for_users_is_one_of_users() {
    let served = Served::with_contoso();
    served.sync(&mut served.admin(), "people");
    let runs = served.store.another().unwrap().latest_runs(served.contoso(), None, 9).unwrap();
    let kinds: Vec<_> = runs.iter().map(|run| run.kind).collect();
    assert_eq!(kinds, [RunKind::Users]);
}

#[test]
fn an_id_in_an_address_can_contain_any_character() {
    let served = Served::with_contoso();
    let mut store = served.store.another().unwrap();
    let id = "a/b?c=d&e + %2f é";
    store.admit(served.contoso(), &user(id), &[]).unwrap();
    let mut admin = served.admin();
    let page = admin.get("/admin/integrations/1/users");
    let place = page.body.split('"').find(|it| it.contains("/users/")).unwrap().to_owned();
    admin.get(&place).says(200, "no sync has found them yet");
}

#[test]
fn the_setting_for_removed_users_belongs_to_one_integration() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    let overview = "/admin/integrations/1";
    admin.get(overview).says(200, "value=\"disable\" checked");
    let place = format!("{overview}/leavers");
    admin
        .post(&place, &[("leavers", "remove"), ("after", " 90 ")])
        .leads_to("/admin/integrations/1?note=leavers");
    let page = admin.get("/admin/integrations/1?note=leavers");
    page.says(200, "The setting for removed users was saved");
    page.says(200, "value=\"remove\" checked");
    page.says(200, "value=\"90\"");
    for wrong in ["0", "3651", "", "x"] {
        let page = admin.post(&place, &[("leavers", "remove"), ("after", wrong)]);
        page.says(400, "number of days is not valid");
    }
    let kept = || served.store.leavers(served.contoso()).unwrap();
    assert_eq!(kept(), Leavers::Remove { after_days: 90 });
    admin
        .post(&place, &[("leavers", "disable"), ("after", "90")])
        .leads_to("/admin/integrations/1?note=leavers");
    assert_eq!(kept(), Leavers::Disable);
}

#[test]
fn the_script_for_the_rooms_is_downloaded() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    admin.get("/admin/integrations/1").says(200, "Sync rooms first");
    served.sync(&mut admin, "rooms");
    admin.get("/admin/integrations/1").says(200, "Download the script");
    admin.get("/admin/integrations/1").says(200, "a private meeting stays private");
    let place = "/admin/integrations/1/rooms/policy";
    let script = admin.get(&format!("{place}?window=90&longest=2&accept=true"));
    assert_eq!(script.header("content-disposition"), "attachment; filename=\"rooms.txt\"");
    script.says(
        200,
        "a@contoso.com,b@contoso.com: BookingPolicy { auto_accept: true, window_days: 90, \
        longest_minutes: 120, keep_subject: false }",
    );
    admin
        .get(&format!("{place}?window=1081&longest=2"))
        .says(400, "number of days or hours is not valid");
    let stranger = served.browser().get(place);
    stranger.leads_to("/admin/log-in?next=%2Fadmin%2Fintegrations%2F1%2Frooms%2Fpolicy");
}

#[test]
fn what_the_vendor_does_not_offer_is_not_shown_as_a_failure() {
    let served = Served::with_contoso();
    *served.vendor.has_no_rooms.lock().unwrap() = true;
    let mut admin = served.admin();
    served.sync(&mut admin, "both");
    let page = admin.get("/admin/integrations/1");
    page.says(200, "Part of the sync is not available");
    page.says(200, "This cloud has no rooms");
    page.says(200, "Not available");
    assert!(!page.body.contains("banner bad") && !page.body.contains("✗"), "{}", page.body);
    page.says(200, "/admin/integrations/1/users\">30<");
}

#[test]
fn settings_that_were_never_entered_can_be() {
    let served = Served::with_contoso();
    let mut store = served.store.another().unwrap();
    store.ensure_integration("Other").unwrap();
    let mut admin = served.admin();
    admin
        .get("/admin/integrations/2")
        .says(200, "settings of this integration are not stored here");
    admin.get("/admin/integrations/2/settings/server").says(200, "Test settings");
    assert_eq!(served.settings(), json!(settings()));
}
