//! The wizard: settings from empty to saved, and the protection of saved secrets.

use serde_json::json;

use crate::{browser::*, fake::*, served::*};

const STEP: &str = "/admin/integrations/1/settings/server";

fn entered<'a>(address: &'a str, secret: &'a str, button: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("/server/name", NAME),
        ("/server/address", address),
        ("/server/secret", secret),
        ("do", button),
    ]
}

#[test]
fn an_integration_is_added_step_by_step() {
    let served = Served::new();
    served.store.another().unwrap().set_password(&hash()).unwrap();
    let mut admin = served.admin();
    let new = "/admin/integrations/new";
    let page = admin.get(new);
    page.says(200, "Go to the <strong>portal</strong>, &lt;script&gt;");
    page.says(200, "<title>Server settings · Add integration · ONES</title>");
    admin
        .post(new, &entered("https://a.example", SECRET, "next"))
        .leads_to("/admin/integrations/1/settings/rooms?note=saved");
    admin.get("/admin/integrations/1/settings/rooms?note=saved").says(200, "Saved");
    let chosen = [("/rooms/select", "?1"), ("/rooms/select?1", "r2"), ("do", "next")];
    admin
        .post("/admin/integrations/1/settings/rooms", &chosen)
        .leads_to("/admin/integrations/1/settings/users?note=saved");
    let page = admin.get("/admin/integrations/1/settings/users");
    page.says(200, &format!("value=\"http://{}/sign-in/callback\" readonly", admin.host));
    let users =
        [("/users/defaultGroups", "Staff\r\nAll"), ("/users/loginButton", "Go"), ("do", "close")];
    admin
        .post("/admin/integrations/1/settings/users", &users)
        .leads_to("/admin/integrations/1?note=saved");
    assert_eq!(
        served.settings(),
        json!({
            "server": { "name": NAME, "address": "https://a.example", "secret": SECRET },
            "rooms": { "select": ["r2"] },
            "users": { "defaultGroups": ["Staff", "All"], "loginButton": "Go" }
        })
    );
}

fn hash() -> String {
    ones_host::access::password::hash(PASSWORD).unwrap()
}

#[test]
fn wrong_fields_are_marked_and_what_was_entered_is_kept() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    admin.get(STEP);
    let page = admin.post(STEP, &entered("ftp://a.example", "", "next"));
    page.says(200, "Begin it with https://");
    page.says(200, "value=\"ftp://a.example\"");
    page.says(200, "aria-invalid=\"true\"");
    assert_eq!(served.settings(), settings());
}

#[test]
fn a_name_belongs_to_one_integration() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    let new = "/admin/integrations/new";
    admin.get(new);
    let page = admin.post(new, &entered("https://a.example", "x", "next"));
    page.says(200, "another integration is called");
}

#[test]
fn settings_are_tested_as_they_were_entered_and_not_saved() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    admin.get(STEP);
    let page = admin.post(STEP, &entered("https://a.example", "mistyped", "test"));
    page.says(200, "1 check failed");
    page.says(200, "This is not the secret");
    page.says(200, "Copy it again");
    assert!(!page.body.contains("mistyped"));
    assert_eq!(served.settings(), settings());

    // What was entered for the test is still there, though the browser has it no more.
    let draft = page.field("draft").unwrap();
    let mut again = entered("https://a.example", "", "close").to_vec();
    again.push(("draft", &draft));
    admin.post(STEP, &again).leads_to("/admin/integrations/1?note=saved");
    assert_eq!(served.settings()["server"]["secret"], "mistyped");
}

#[test]
fn a_saved_secret_is_kept_and_not_shown() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    let page = admin.get(STEP);
    page.says(200, "Saved; leave empty to keep it");
    assert!(!page.body.contains(SECRET) && !page.body.contains("s3cr3t"));
    let page = admin.post(STEP, &entered("https://a.example", "", "test"));
    page.says(200, "The settings work");
    assert!(!page.body.contains(SECRET));
    admin.post(STEP, &entered("https://a.example", "", "close"));
    assert_eq!(served.settings(), settings());
}

#[test]
fn a_saved_secret_is_not_sent_to_another_server() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    admin.get(STEP);
    let mut draft = None;
    // Again and again, also with the draft that such an attempt leaves.
    for button in ["test", "next", "search", "test", "close"] {
        let mut fields = entered("https://evil.example", "", button).to_vec();
        fields.extend(draft.as_deref().map(|it| ("draft", it)));
        let page = admin.post(STEP, &fields);
        assert_eq!(page.status, 200, "{button}");
        draft = page.field("draft");
        for (what, asked) in &*served.vendor.asked.lock().unwrap() {
            assert_ne!(asked["server"]["secret"], SECRET, "{what} after {button}");
        }
    }
    assert_eq!(served.settings(), settings());
    let page = admin.post(STEP, &entered("https://evil.example", "", "next"));
    page.says(200, "Enter this secret again: the server that receives it has changed");
    admin
        .post(STEP, &entered("https://evil.example", "another", "close"))
        .leads_to("/admin/integrations/1?note=saved");
    assert_eq!(served.settings()["server"]["secret"], "another");
}

#[test]
fn a_wrong_address_in_between_does_not_release_the_secret() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    admin.get(STEP);
    let page = admin.post(STEP, &entered("http://", "", "test"));
    let draft = page.field("draft").unwrap();
    let with_draft = |address, button| {
        let mut fields = entered(address, "", button).to_vec();
        fields.push(("draft", &draft));
        fields
    };
    let page = admin.post(STEP, &with_draft("https://evil.example", "next"));
    page.says(200, "Enter this secret again");
    let page = admin.get(STEP);
    page.says(200, "https://a.example");
    assert_eq!(served.settings(), settings());
}

#[test]
fn a_picker_is_searched_without_a_script() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    let step = "/admin/integrations/1/settings/rooms";
    admin.get(step).says(200, "Room 3");
    let page = admin.post(
        step,
        &[
            ("/rooms/select", "?1"),
            ("/rooms/select?1", "r1"),
            ("/rooms/select?1", "was-there-once"),
            ("/rooms/select?1?typed", "2"),
            ("do", "enter"),
        ],
    );
    page.says(200, "value=\"r1\" checked> <span>Room 1");
    page.says(200, "value=\"was-there-once\" checked");
    page.says(200, "No longer found");
    page.says(200, "Room 2");
    assert!(!page.body.contains("Room 3"));
    assert_eq!(served.settings(), settings());
}

const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

#[test]
fn a_secret_of_many_lines_is_kept_until_it_is_forgotten() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    let page = admin.get(STEP);
    page.says(200, "<textarea id=\"/server/certificate\" name=\"/server/certificate\"");
    assert!(!page.body.contains("/server/certificate?forget"));
    let mut save = |more: &[(&str, &str)]| {
        let fields = [&entered("https://a.example", "", "close"), more].concat();
        admin.get(STEP);
        admin.post(STEP, &fields).leads_to("/admin/integrations/1?note=saved");
        served.settings()["server"].get("certificate").cloned()
    };
    let field = "/server/certificate";
    assert_eq!(save(&[(field, "")]), None);
    // Browsers send the ends of lines as CR LF.
    assert_eq!(save(&[(field, &PEM.replace('\n', "\r\n"))]), Some(json!(PEM)));
    assert_eq!(save(&[(field, "")]), Some(json!(PEM)));
    let page = served.admin().get(STEP);
    page.says(200, "name=\"/server/certificate?forget\"");
    page.says(200, "Saved; leave empty to keep it");
    assert!(!page.body.contains("MIIB"));
    assert_eq!(save(&[(field, ""), ("/server/certificate?forget", "true")]), None);
}

#[test]
fn the_choices_of_the_plugin_can_be_picked() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    let step = "/admin/integrations/1/settings/users";
    let page = admin.get(step);
    page.says(200, "class=\"choices found\"");
    page.says(200, "name=\"/users/onlyGroups\" value=\"r2\"");
    let mut save = |chosen: &[&str]| {
        let mut fields = vec![("/users/defaultGroups", "Staff"), ("/users/loginButton", "Go")];
        fields.extend(chosen.iter().map(|it| ("/users/onlyGroups", *it)));
        fields.push(("do", "close"));
        admin.get(step);
        admin.post(step, &fields).leads_to("/admin/integrations/1?note=saved");
        served.settings()["users"].get("onlyGroups").cloned()
    };
    assert_eq!(save(&["r2", "r3"]), Some(json!(["r2", "r3"])));
    assert_eq!(save(&[]), None);
}

#[test]
fn a_script_loads_choices_during_typing() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    let path = "/admin/integrations/1/choices?draft=&field=%2Frooms%2Fselect&name=n&typed=2";
    let list = admin.get(path);
    list.says(200, "name=\"n\" value=\"r2\"");
    assert!(!list.body.contains("Room 1") && !list.body.contains("<html"));
}

#[test]
fn consent_is_asked_for_by_a_link_and_tested_afterwards() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    admin.get(STEP).says(200, "Grant admin consent");
    let reply = admin.get("/admin/integrations/1/consent");
    reply.leads_to(&format!("https://vendor.example/?to=http://{}/sign-in/callback", admin.host));
    // The administrator's cookie is not sent with what the vendor's page leads to.
    let mut coming_back = Browser::new(&served.url);
    coming_back.cookies.insert("ones-flow".to_owned(), admin.cookies["ones-flow"].clone());
    let page = coming_back.get("/sign-in/callback?admin_consent=True");
    page.says(200, "url=/admin/integrations/1/settings?test=true&#38;note=consented");
    admin
        .get("/admin/integrations/1/settings?test=true&note=consented")
        .leads_to(&format!("{STEP}?test=true&note=consented"));
    let page = admin.get(&format!("{STEP}?test=true&note=consented"));
    page.says(200, "Consent was granted");
    page.says(200, "The settings work");
}
