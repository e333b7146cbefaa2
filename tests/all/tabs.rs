//! The pages of the host over HTTP, with several tabs, back and reload.

use std::collections::BTreeMap;

use end_to_end::{Scene, Server, press, text};
use ones_host::{
    settings::Settings,
    store::{SealingKey, Store, StoreOptions},
};
use url::{Url, form_urlencoded};

/// The pages of the host, with the tenant connected.
fn connected(scene: &Scene) -> Server {
    let folder = scene.path("data");
    let mut store = Store::open(&folder, StoreOptions::default()).expect("a store");
    let key = SealingKey::of(&folder, |_| None).expect("a key");
    let settings = Settings::parse(&scene.settings.to_string(), |_| None).expect("settings");
    store.keep_settings(None, &settings, &key).expect("settings are stored");
    drop(store);
    Server::start(scene, &[])
}

/// A browser whose tabs share its cookies. It follows no redirect by itself.
struct Browser<'a> {
    server: &'a Server,
    agent: ureq::Agent,
    cookies: BTreeMap<String, String>,
}

struct Page {
    status: u16,
    location: String,
    body: String,
}

impl<'a> Browser<'a> {
    fn new(server: &'a Server) -> Self {
        let config = ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false);
        let agent = ureq::Agent::new_with_config(config.build());
        Self { server, agent, cookies: BTreeMap::new() }
    }

    fn get(&mut self, path: &str) -> Page {
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.agent.get(self.server.at(path)).header("cookie", cookies.join("; "));
        let mut answer = request.call().expect("an answer");
        for cookie in answer.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().expect("text");
            let (name, rest) = cookie.split_once('=').expect("a name and a value");
            let value = rest.split(';').next().unwrap_or_default();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let location = answer.headers().get("location").and_then(|it| it.to_str().ok());
        Page {
            status: answer.status().as_u16(),
            location: location.unwrap_or_default().to_owned(),
            body: answer.body_mut().read_to_string().unwrap_or_default(),
        }
    }

    /// Presses the sign-in button. Returns the URL of the vendor's page.
    fn leave(&mut self) -> String {
        let page = self.get("/sign-in/1");
        assert_eq!(page.status, 303, "{}", page.body);
        page.location
    }

    /// Selects an account on the vendor's page. Returns the path that the vendor redirects to.
    fn pick(vendors_page: &str, account: &str) -> String {
        let brought = press(vendors_page, "account", account);
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(brought).finish();
        format!("/sign-in/callback?{query}")
    }

    #[track_caller]
    fn is_signed_in(&mut self, name: &str) {
        let page = self.get("/me");
        assert_eq!(page.status, 200, "{} {}", page.location, page.body);
        assert!(page.body.contains(name), "{}", page.body);
    }
}

/// Returns user principal name and display name of a user.
fn user_of(scene: &Scene) -> (String, String) {
    let user = scene.expected_users().into_values().next().expect("a user");
    (text(&user, "userPrincipalName"), text(&user, "displayName"))
}

#[test]
fn case_001_two_tabs_both_sign_in_whichever_is_finished_first() {
    let scene = Scene::new(20, 2);
    let server = connected(&scene);
    let (account, name) = user_of(&scene);
    for first_is_first in [true, false] {
        let mut browser = Browser::new(&server);
        let tabs = [browser.leave(), browser.leave()];
        let mut back = tabs.map(|page| Browser::pick(&page, &account));
        if !first_is_first {
            back.reverse();
        }
        for path in &back {
            let page = browser.get(path);
            assert_eq!((page.status, page.location.as_str()), (303, "/me"), "{}", page.body);
            browser.is_signed_in(&name);
        }
    }
}

#[test]
fn case_001_an_abandoned_tab_does_not_affect_others() {
    let scene = Scene::new(20, 2);
    let server = connected(&scene);
    let (account, name) = user_of(&scene);
    let mut browser = Browser::new(&server);
    let tab = browser.leave();
    for _ in 0..3 {
        browser.leave();
    }
    let page = browser.get(&Browser::pick(&tab, &account));
    assert_eq!((page.status, page.location.as_str()), (303, "/me"), "{}", page.body);
    browser.is_signed_in(&name);
}

#[test]
fn case_028_back_and_reload_after_signing_in_lead_to_ones_own_page() {
    let scene = Scene::new(20, 2);
    let server = connected(&scene);
    let (account, name) = user_of(&scene);
    let mut browser = Browser::new(&server);
    let back = Browser::pick(&browser.leave(), &account);
    browser.get(&back);
    for _ in 0..2 {
        let page = browser.get(&back);
        assert_eq!((page.status, page.location.as_str()), (303, "/me"), "{}", page.body);
    }
    browser.is_signed_in(&name);
    // The address alone signs no other browser in.
    let mut other = Browser::new(&server);
    assert_eq!(other.get(&back).status, 400);
    assert_ne!(other.get("/me").status, 200);
}

#[test]
fn case_002_consent_in_the_portal_leads_to_a_test_of_the_settings() {
    let scene = Scene::new(5, 1);
    let server = connected(&scene);
    let mut browser = Browser::new(&server);
    let redirect_uri = server.at("/sign-in/callback");
    let back = scene.consent_in_portal(&redirect_uri).expect("an address");
    let back = Url::parse(&back).expect("an address");
    let page = browser.get(&format!("{}?{}", back.path(), back.query().unwrap_or_default()));
    assert!(page.body.contains("Test settings"), "{} {}", page.status, page.body);
    assert!(!page.body.contains("No sign-in is pending"), "{}", page.body);
}
