//! Limits for clients without a session: floods, guesses, and details of failures.

use std::{thread, time::Duration};

use ones_host::serve::Bounds;

use crate::{browser::*, fake::*, served::*};

/// Returns a server that trusts a proxy on this machine.
fn behind_proxy() -> Served {
    Served::with(|options| options.trusted_proxies = vec!["127.0.0.1".parse().unwrap()])
}

/// Returns a browser whose requests have this header of a proxy.
fn from(served: &Served, name: &str, value: &str) -> Browser {
    let mut browser = served.browser();
    browser.headers = vec![(name.to_owned(), value.to_owned())];
    browser
}

/// Returns the status of a log-in with the right password, after `times` wrong ones.
fn guess(browser: &mut Browser, times: usize) -> u16 {
    browser.get("/admin/log-in");
    for _ in 0..times {
        browser.post("/admin/log-in", &[("password", "wrong")]);
    }
    browser.post("/admin/log-in", &[("password", PASSWORD)]).status
}

fn wait_until(is_so: impl Fn() -> bool) {
    while !is_so() {
        thread::yield_now();
    }
}

#[test]
fn a_flood_of_sign_ins_does_not_drop_a_pending_one() {
    let served = Served::with_contoso();
    *served.vendor.mood.lock().unwrap() = Mood::States;
    let mut browser = served.browser();
    browser.get("/sign-in/1");
    for _ in 0..300 {
        assert_eq!(served.browser().get("/sign-in/1").status, 303);
    }
    browser.get("/sign-in/callback?code=a&state=s1").leads_to("/me");
}

#[test]
fn many_connections_of_one_client_let_others_sign_in() {
    let served = behind_proxy();
    *served.vendor.mood.lock().unwrap() = Mood::Hangs(NAME);
    let flood: Vec<_> = (0..48)
        .map(|_| {
            let mut browser = from(&served, "X-Forwarded-For", "192.0.2.1");
            thread::spawn(move || browser.get("/sign-in/1").status)
        })
        .collect();
    wait_until(|| served.vendor.times("begin-sign-in") == 4);
    *served.vendor.mood.lock().unwrap() = Mood::Plain;
    for number in 2..40 {
        let client = format!("192.0.2.{number}");
        let reply = from(&served, "X-Forwarded-For", &client).get("/sign-in/1");
        assert_eq!(reply.status, 303, "{client}");
    }
    // None of the flood was begun meanwhile but those that hang.
    assert_eq!(served.vendor.times("begin-sign-in"), 4 + 38);
    served.vendor.released.notify_waiters();
    for it in flood {
        it.join().unwrap();
    }
}

#[test]
fn a_vendor_that_does_not_answer_stops_sign_ins_of_its_own_only() {
    let served = behind_proxy();
    served.add("Other");
    *served.vendor.mood.lock().unwrap() = Mood::Hangs(NAME);
    for number in 0..16 {
        let mut browser = from(&served, "X-Forwarded-For", &format!("192.0.2.{number}"));
        thread::spawn(move || browser.get("/sign-in/1"));
    }
    wait_until(|| served.vendor.times("begin-sign-in") == 16);
    let mut browser = from(&served, "X-Forwarded-For", "192.0.2.1");
    assert_eq!(browser.get("/sign-in/2").status, 303);
    served.vendor.released.notify_waiters();
}

#[test]
fn a_sign_in_that_takes_too_long_ends_with_a_sentence() {
    let bounds = Bounds { sign_in: Duration::from_millis(20), ..Bounds::default() };
    let served = Served::with(|options| options.bounds = bounds);
    *served.vendor.mood.lock().unwrap() = Mood::Hangs(NAME);
    let page = served.browser().get("/sign-in/1");
    page.says(502, "does not answer at this moment");
    assert_eq!(served.log.lock().unwrap()[0].problem.code, "sign-in-too-slow");
}

#[test]
fn a_browser_that_gets_no_turn_can_reload() {
    let bounds = Bounds { turn: Duration::ZERO, ..Bounds::default() };
    let served = Served::with(|options| options.bounds = bounds);
    *served.vendor.mood.lock().unwrap() = Mood::Hangs(NAME);
    let mut begun = served.browser();
    *served.vendor.mood.lock().unwrap() = Mood::Plain;
    begun.get("/sign-in/1");
    *served.vendor.mood.lock().unwrap() = Mood::Hangs(NAME);
    for _ in 0..4 {
        let mut browser = served.browser();
        thread::spawn(move || browser.get("/sign-in/1"));
    }
    wait_until(|| served.vendor.times("begin-sign-in") == 5);
    served.browser().get("/sign-in/1").says(503, "Too many people are signing in at this moment");
    let back = "/sign-in/callback?code=a";
    begun.get(back).says(503, "Too many people are signing in at this moment");
    *served.vendor.mood.lock().unwrap() = Mood::Plain;
    served.vendor.released.notify_waiters();
    // Now it gets one, and the sign-in was not used up.
    wait_until(|| begun.clone().get("/sign-in/1").status != 503);
    begun.get(back).leads_to("/me");
}

#[test]
fn an_image_on_a_page_of_another_site_begins_no_sign_in() {
    let served = Served::with_contoso();
    for what in ["image", "iframe", "script", "empty"] {
        from(&served, "Sec-Fetch-Dest", what).get("/sign-in/1").says(403, "inside another page");
    }
    assert_eq!(served.vendor.times("begin-sign-in"), 0);
    assert_eq!(from(&served, "Sec-Fetch-Dest", "document").get("/sign-in/1").status, 303);
}

#[test]
fn of_too_many_sign_ins_in_one_browser_the_oldest_are_dropped() {
    let served = Served::with_contoso();
    *served.vendor.mood.lock().unwrap() = Mood::States;
    let mut browser = served.browser();
    for _ in 0..30 {
        browser.get("/sign-in/1");
    }
    assert_eq!(browser.cookies.len(), 8);
    browser.clone().get("/sign-in/callback?code=a&state=s30").leads_to("/me");
    browser.clone().get("/sign-in/callback?code=a&state=s1").says(400, "No sign-in is pending");
    // Of large ones fewer: all have to fit into one header.
    for number in 31..40 {
        let url = format!("https://vendor.example/?state=s{number}");
        *served.vendor.mood.lock().unwrap() = Mood::Sends(url, "x".repeat(2_000));
        browser.get("/sign-in/1");
    }
    let sizes = browser.cookies.iter().map(|(name, it)| name.len() + it.len() + 3);
    assert!(sizes.sum::<usize>() < 8 << 10, "{:?}", browser.cookies.keys());
    assert!(!browser.cookies.is_empty());
}

#[test]
fn a_flow_that_fits_into_no_cookie_is_refused_with_a_sentence() {
    let served = Served::with_contoso();
    let url = "https://vendor.example/?state=s1".to_owned();
    *served.vendor.mood.lock().unwrap() = Mood::Sends(url, "x".repeat(20_000));
    let mut browser = served.browser();
    browser.get("/sign-in/1").says(502, "Signing in does not work at this moment");
    assert!(browser.cookies.is_empty());
    let log = served.log.lock().unwrap();
    assert_eq!(log[0].problem.code, "flow-too-large");
    assert!(log[0].problem.summary.contains("20000 bytes"), "{:?}", log[0]);
}

#[test]
fn a_redirect_with_a_line_break_is_refused_and_leaves_nothing() {
    let served = Served::with_contoso();
    for url in ["https://vendor.example/\r\nSet-Cookie: x=y", "https://vendor.example/\n"] {
        *served.vendor.mood.lock().unwrap() = Mood::Sends(url.to_owned(), "flow".to_owned());
        let mut browser = served.browser();
        browser.get("/sign-in/1").says(400, "address of the next page is not valid");
        assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
    }
}

#[test]
fn an_address_to_go_on_to_with_a_line_break_opens_no_session() {
    let served = Served::with_contoso();
    let mut browser = served.browser();
    browser.get("/admin/log-in");
    let fields = [("password", PASSWORD), ("next", "/admin/\r\nSet-Cookie: x=y")];
    browser.post("/admin/log-in", &fields).says(400, "address of the next page is not valid");
    assert!(!browser.cookies.contains_key("ones-admin"), "{:?}", browser.cookies);
    let reply = browser.get("/admin/log-in?next=/admin/%0d%0aSet-Cookie:%20x=y");
    reply.says(400, "address of the next page is not valid");
    browser.post("/admin/log-in", &[("password", PASSWORD), ("next", "/admin")]).leads_to("/admin");
}

#[test]
fn images_with_the_set_up_link_do_not_lock_the_log_in() {
    let served = Served::with_contoso();
    for _ in 0..20 {
        served.browser().get("/admin/set-up?code=x").says(403, "not valid");
    }
    // Nor do forms of other sites.
    let mut other = from(&served, "Sec-Fetch-Site", "cross-site");
    for _ in 0..20 {
        other.post("/admin/set-up", &[("code", "x")]).says(403, "another site");
        other.post("/admin/log-in", &[("password", "x")]).says(403, "another site");
    }
    // Nor do forms without a token.
    let mut without = served.browser();
    for _ in 0..20 {
        without.post("/admin/log-in", &[("password", "x")]).says(403, "out of date");
    }
    served.admin();
}

#[test]
fn a_client_that_guesses_set_up_codes_has_to_wait() {
    let served = Served::new();
    let mut browser = served.browser();
    browser.get("/admin/log-in");
    let mut guess = || browser.post("/admin/set-up", &[("code", "x")]).status;
    // The page to log in has no form yet, and so no token.
    assert_eq!(guess(), 403);
    let link = served.set_up.clone().unwrap();
    let (_, path) = link.split_once("/admin/").unwrap();
    browser.get(&format!("/admin/{path}"));
    let mut guess = || browser.post("/admin/set-up", &[("code", "x")]).status;
    let tried: Vec<_> = (0..6).map(|_| guess()).collect();
    assert_eq!(tried, [403, 403, 403, 403, 403, 429]);
}

#[test]
fn of_five_clients_with_the_set_up_link_one_sets_the_password() {
    let served = Served::new();
    let link = served.set_up.clone().unwrap();
    let (_, code) = link.split_once("code=").unwrap();
    let browsers: Vec<_> = (0..5)
        .map(|_| {
            let (mut browser, code) = (served.browser(), code.to_owned());
            browser.get(&format!("/admin/set-up?code={code}"));
            (browser, code)
        })
        .collect();
    let sent: Vec<_> = browsers
        .into_iter()
        .map(|(mut browser, code)| {
            thread::spawn(move || {
                let fields = [("code", code.as_str()), ("password", PASSWORD), ("again", PASSWORD)];
                let status = browser.post("/admin/set-up", &fields).status;
                (status, browser.get("/admin").status)
            })
        })
        .collect();
    let mut got: Vec<_> = sent.into_iter().map(|it| it.join().unwrap()).collect();
    got.sort_unstable();
    assert_eq!(got, [(303, 200), (403, 303), (403, 303), (403, 303), (403, 303)]);
}

#[test]
fn guesses_count_for_the_client_behind_a_trusted_proxy() {
    let served = behind_proxy();
    let mut guesser = from(&served, "X-Forwarded-For", "192.0.2.1");
    assert_eq!(guess(&mut guesser, 5), 429);
    assert_eq!(guess(&mut from(&served, "X-Forwarded-For", "192.0.2.2"), 0), 303);
    // What a client writes itself stands left of what the proxy adds.
    for value in ["192.0.2.9, 192.0.2.1", "192.0.2.9,192.0.2.1:4711", "192.0.2.1, 127.0.0.1"] {
        assert_eq!(guess(&mut from(&served, "X-Forwarded-For", value), 0), 429, "{value}");
    }
    for value in ["for=192.0.2.1", "for=192.0.2.9, For=\"192.0.2.1:80\";proto=https"] {
        assert_eq!(guess(&mut from(&served, "Forwarded", value), 0), 429, "{value}");
    }
}

#[test]
fn guesses_count_for_a_network_of_ipv6() {
    let served = behind_proxy();
    let mut guesser = from(&served, "Forwarded", "for=\"[2001:db8::1]:4711\"");
    assert_eq!(guess(&mut guesser, 5), 429);
    assert_eq!(guess(&mut from(&served, "X-Forwarded-For", "2001:db8::ffff"), 0), 429);
    assert_eq!(guess(&mut from(&served, "X-Forwarded-For", "2001:db8:0:1::1"), 0), 303);
}

#[test]
fn a_client_cannot_take_the_address_of_another_with_its_own_header() {
    let served = behind_proxy();
    // The proxy sets one header, and forwards the other.
    let mut liar = from(&served, "X-Forwarded-For", "192.0.2.1");
    liar.headers.push(("Forwarded".to_owned(), "for=192.0.2.2".to_owned()));
    assert_eq!(guess(&mut liar, 5), 429);
    for client in ["192.0.2.1", "192.0.2.2"] {
        assert_eq!(guess(&mut from(&served, "X-Forwarded-For", client), 0), 303, "{client}");
    }
}

#[test]
fn only_headers_of_a_trusted_proxy_name_the_client() {
    let served = Served::with_contoso();
    for number in 0..5 {
        let mut browser = from(&served, "X-Forwarded-For", &format!("192.0.2.{number}"));
        browser.get("/admin/log-in");
        browser.post("/admin/log-in", &[("password", "wrong")]).says(401, "wrong");
    }
    assert_eq!(guess(&mut from(&served, "X-Forwarded-For", "192.0.2.9"), 0), 429);
    // The log explains once how to trust a proxy.
    let log = served.log.lock().unwrap();
    let noted: Vec<_> = log.iter().filter(|it| it.problem.code == "untrusted-proxy").collect();
    assert_eq!(noted.len(), 1);
    assert!(noted[0].problem.remedy.as_ref().unwrap().contains("--trusted-proxy"));
}

#[test]
fn a_user_sees_a_sentence_and_a_number_and_the_administrator_the_cause() {
    let served = Served::with_contoso();
    *served.vendor.mood.lock().unwrap() = Mood::Traps;
    let page = served.browser().get("/sign-in/1");
    page.says(502, "Signing in does not work at this moment");
    for inner in ["/opt/ones", "plugin.wasm", "panicked", "plugin-trapped", "<details>"] {
        assert!(!page.body.contains(inner), "{inner} in {}", page.body);
    }
    let (_, rest) = page.body.split_once("Reference number: <code>").unwrap();
    let reference = rest.split_once('<').unwrap().0.to_owned();
    {
        let log = served.log.lock().unwrap();
        let logged = log.iter().find(|it| it.reference == reference).unwrap();
        assert_eq!(logged.integration.as_deref(), Some(NAME));
        assert_eq!(logged.problem.detail.as_deref(), Some(STDERR));
        assert!(logged.problem.summary.contains("/opt/ones/plugin.wasm"));
    }
    let overview = served.admin().get("/admin/integrations/1");
    overview.says(200, "Failed sign-ins");
    overview.says(200, &reference);
    overview.says(200, STDERR);
}

#[test]
fn the_cause_of_a_failed_page_is_shown_to_the_administrator_only() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    let database = rusqlite::Connection::open(served.folder.path().join("ones.db")).unwrap();
    database.execute_batch("ALTER TABLE integration RENAME TO elsewhere").unwrap();
    let page = served.browser().get("/");
    page.says(500, "Something went wrong in ONES");
    page.says(500, "Reference number: <code>");
    assert!(!page.body.contains("integration"), "{}", page.body);
    let log = served.log.lock().unwrap().clone();
    assert!(log[0].problem.detail.as_ref().unwrap().contains("no such table"), "{log:?}");
    assert!(page.body.contains(&log[0].reference));
    admin.get("/admin").says(500, "no such table");
}
