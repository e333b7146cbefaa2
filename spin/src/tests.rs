#![expect(clippy::unwrap_used, reason = "in a test, what should not happen ends it")]
//! The front around a plugin that tells what the test says.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    task::Poll,
};

use bytes::Bytes;
use futures_executor::block_on;
use futures_util::stream;
use http::{Request, StatusCode};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Full};
use ones_records::{
    Callback, CallbackOutcome, Mode, Part, Purpose, Redirect, Removal, Removed, Room, RoomBatch,
    RoomField, Subject, Unreadable, User, UserBatch, UserChange,
};
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    host::{Host, Store},
    plugin::{self, Batch, Plugin, Run},
    problem::Problem,
    request::LARGEST_BODY,
    routes,
};

#[derive(Clone, Default)]
struct Desk(Rc<Inner>);

#[derive(Default)]
struct Inner {
    variables: RefCell<BTreeMap<String, String>>,
    kept: RefCell<BTreeMap<String, String>>,
    keeps_nothing: Cell<bool>,
    now: Cell<u64>,
    /// How many batches were asked for.
    told: Cell<usize>,
    /// Settings, checkpoints and flows that the plugin was given.
    given: RefCell<Vec<Value>>,
    fails: Cell<bool>,
    /// Whether the plugin has no batch before the front's patience is over.
    is_slow: Cell<bool>,
    /// How many sign-ins were begun: each has a state of its own.
    begun: Cell<usize>,
    chance: Cell<u128>,
}

impl Desk {
    fn configured() -> Self {
        let desk = Self::default();
        for name in ["tenant_id", "client_id", "client_secret"] {
            desk.set(name, name);
        }
        desk
    }

    fn set(&self, name: &str, value: &str) {
        self.0.variables.borrow_mut().insert(name.to_owned(), value.to_owned());
    }

    fn ask(&self, request: Request<Full<Bytes>>) -> Answer {
        block_on(routes::handle(self, self, request))
    }

    fn get(&self, path: &str, cookie: &str) -> Answer {
        let request = Request::get(format!("http://127.0.0.1:3000{path}")).header("cookie", cookie);
        self.ask(request.body(Full::default()).unwrap())
    }

    fn post(&self, path: &str, body: &str) -> Answer {
        let request = Request::post(format!("http://127.0.0.1:3000{path}"))
            .header("content-type", "application/json; charset=utf-8");
        self.ask(request.body(Full::from(body.to_owned())).unwrap())
    }

    /// A sync to its end, and the id of the run.
    fn sync(&self, body: &Value) -> Option<String> {
        let told = text(self.post("/sync/users", &body.to_string()));
        let last: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
        last["run"].as_str().map(str::to_owned)
    }

    fn given(&self) -> Vec<Value> {
        self.0.given.take()
    }

    fn run(&self, checkpoints: bool) -> Run {
        let (inner, fails) = (self.0.clone(), self.0.fails.get());
        let mut is_slow = self.0.is_slow.get();
        let batches = stream::unfold(0, move |number| {
            let inner = inner.clone();
            let pause = std::mem::take(&mut is_slow);
            async move {
                if pause {
                    once_pending().await;
                }
                inner.told.set(number + 1);
                let batch = Batch {
                    head: json!({ "number": number }),
                    lines: vec![json!({ "user": { "id": number } })],
                    checkpoint: checkpoints.then(|| format!("after {number}")),
                };
                (number < 3).then_some((batch, number + 1))
            }
        });
        let end = async move {
            let gone =
                || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "gone", "The vendor is gone");
            if fails { Err(gone()) } else { Ok(json!({ "requests": 3 })) }
        };
        Run { batches: Box::pin(batches), end: Box::pin(end) }
    }
}

impl Host for Desk {
    type Store = Self;

    async fn variable(&self, name: &str) -> Result<Option<String>, Problem> {
        Ok(self.0.variables.borrow().get(name).cloned())
    }

    fn spelled(&self, name: &str) -> String {
        name.to_ascii_uppercase()
    }

    fn now(&self) -> u64 {
        self.0.now.get()
    }

    async fn wait(&self, seconds: u64) {
        if !self.0.is_slow.get() && seconds > 0 {
            std::future::pending().await
        }
    }

    fn random(&self) -> u128 {
        self.0.chance.set(self.0.chance.get() + 1);
        self.0.chance.get()
    }

    async fn store(&self) -> Result<Option<Self>, Problem> {
        Ok((!self.0.keeps_nothing.get()).then(|| self.clone()))
    }
}

impl Store for Desk {
    async fn get(&self, key: &str) -> Result<Option<String>, Problem> {
        Ok(self.0.kept.borrow().get(key).cloned())
    }

    async fn set(&self, key: &str, value: &str) -> Result<(), Problem> {
        self.0.kept.borrow_mut().insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<(), Problem> {
        self.0.kept.borrow_mut().remove(key);
        Ok(())
    }

    async fn keys(&self) -> Result<Vec<String>, Problem> {
        Ok(self.0.kept.borrow().keys().cloned().collect())
    }
}

impl Plugin for Desk {
    fn describe(&self) -> Value {
        json!({ "name": "Test" })
    }

    async fn validate(&self, settings: String) -> Value {
        self.0.given.borrow_mut().push(serde_json::from_str(&settings).unwrap());
        json!({ "checks": [] })
    }

    async fn sync_rooms(&self, _: String) -> Run {
        self.run(false)
    }

    async fn sync_users(&self, _: String, since: Option<String>) -> Run {
        self.0.given.borrow_mut().push(json!(since));
        self.run(true)
    }

    async fn begin_sign_in(
        &self,
        _: String,
        redirect_uri: String,
        purpose: Purpose,
    ) -> Result<Redirect, Problem> {
        self.0.given.borrow_mut().push(json!([redirect_uri, purpose == Purpose::Consent]));
        let number = self.0.begun.get() + 1;
        self.0.begun.set(number);
        Ok(Redirect {
            url: format!("https://vendor.example/?state={number}"),
            flow: format!("flow {number}; sealed"),
        })
    }

    async fn handle_callback(&self, _: String, callback: Callback) -> Result<Value, Problem> {
        let flow = callback.flow.ok_or_else(|| {
            Problem::new(StatusCode::BAD_REQUEST, "no-sign-in", "<b>No sign-in</b> is under way")
        })?;
        Ok(json!({ "flow": flow, "parameters": callback.parameters }))
    }
}

/// Not ready when it is first looked at.
async fn once_pending() {
    let mut looked = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut looked, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn text(answer: Answer) -> String {
    let bytes = block_on(answer.into_body().collect()).unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn value(answer: Answer) -> Value {
    serde_json::from_str(&text(answer)).unwrap()
}

#[track_caller]
fn assert_problem(answer: Answer, status: u16, code: &str) -> Value {
    assert_eq!(answer.status(), status);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem = value(answer);
    assert_eq!(problem["code"], code);
    assert_eq!(problem["status"], status);
    problem
}

/// What a browser sends back of a `Set-Cookie`.
fn cookie(answer: &Answer) -> String {
    let set = answer.headers()["set-cookie"].to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}

#[test]
fn batches_are_lines_and_the_last_are_checkpoint_and_summary() {
    let told = text(Desk::configured().post("/sync/users", "{}"));
    let lines: Vec<&str> = told.lines().collect();
    let expected = [
        r#"{"batch":{"number":2}}"#,
        r#"{"user":{"id":2}}"#,
        r#"{"checkpoint":"after 2"}"#,
        r#"{"summary":{"requests":3},"run":"00000000000000000000000000000001"}"#,
    ];
    assert_eq!(lines[lines.len() - 4..], expected);
    assert_eq!(lines.len(), 10);
}

#[test]
fn a_batch_is_asked_for_when_the_one_before_was_taken() {
    let desk = Desk::configured();
    let mut body = desk.post("/sync/rooms", "").into_body();
    assert_eq!(desk.0.told.get(), 1, "the status is that of the first batch");
    for told in [1, 2, 3] {
        block_on(body.frame()).unwrap().unwrap();
        assert_eq!(desk.0.told.get(), told);
    }
    assert!(!body.is_end_stream());
}

#[test]
fn the_next_run_begins_where_the_last_acknowledged_one_ended() {
    let desk = Desk::configured();
    let first = desk.sync(&json!({})).unwrap();
    let second = desk.sync(&json!({})).unwrap();
    desk.sync(&json!({ "ack": second }));
    desk.sync(&json!({}));
    let acknowledged = value(desk.post("/sync/users/ack", &json!({ "run": second }).to_string()));
    assert_problem(
        desk.post("/sync/users/ack", &json!({ "run": first }).to_string()),
        409,
        "run-unknown",
    );
    desk.sync(&json!({ "full": true }));
    assert_eq!(acknowledged, json!({ "acknowledged": second }), "twice is once");
    let begun = [json!(null), json!(null), json!("after 2"), json!("after 2"), json!(null)];
    assert_eq!(desk.given(), begun);
}

#[test]
fn a_run_that_is_not_the_last_is_not_acknowledged_and_nobody_is_asked() {
    let desk = Desk::configured();
    let first = desk.sync(&json!({})).unwrap();
    desk.sync(&json!({}));
    desk.given();
    for run in [first.as_str(), "", "never heard of"] {
        let problem = assert_problem(
            desk.post("/sync/users", &json!({ "ack": run }).to_string()),
            409,
            "run-unknown",
        );
        assert!(problem["remedy"].as_str().unwrap().contains("without `ack`"), "{problem}");
    }
    assert!(desk.given().is_empty());
    assert_problem(desk.post("/sync/users/ack", "{}"), 400, "body");
}

#[test]
fn what_a_client_did_not_read_to_the_end_counts_as_not_delivered() {
    let desk = Desk::configured();
    let run = desk.sync(&json!({})).unwrap();
    desk.sync(&json!({ "ack": run }));
    let mut body = desk.post("/sync/users", "{}").into_body();
    // All of its batches, and not the last line.
    for _ in 0..3 {
        block_on(body.frame()).unwrap().unwrap();
    }
    let kept = desk.0.kept.borrow().clone();
    drop(body);
    assert_eq!(*desk.0.kept.borrow(), kept, "an interrupted run leaves nothing");
    desk.given();
    desk.sync(&json!({}));
    assert_eq!(desk.given(), [json!("after 2")]);
}

#[test]
fn a_client_that_passes_checkpoints_keeps_them_itself() {
    let desk = Desk::configured();
    assert_eq!(desk.sync(&json!({ "since": "elsewhere" })), None);
    assert_eq!(desk.sync(&json!({ "since": "elsewhere", "full": true })), None);
    assert!(desk.0.kept.borrow().is_empty());
    assert_eq!(desk.given(), [json!("elsewhere"), json!(null)]);
}

#[test]
fn a_run_that_failed_can_be_acknowledged_as_far_as_it_came() {
    let desk = Desk::configured();
    desk.0.fails.set(true);
    let run = desk.sync(&json!({})).unwrap();
    desk.sync(&json!({ "ack": run }));
    assert_eq!(desk.given(), [json!(null), json!("after 2")]);
}

#[test]
fn progress_belongs_to_a_tenant_and_a_name_that_its_key_does_not_tell() {
    let desk = Desk::configured();
    for (tenant, name) in [("A", "One"), ("a", "One"), ("a", "Two"), ("b", "One")] {
        let settings = json!({ "server": { "tenantId": tenant, "name": name } });
        let run = desk.sync(&json!({ "settings": settings })).unwrap();
        let acknowledgement = json!({ "settings": settings, "run": run });
        assert_eq!(desk.post("/sync/users/ack", &acknowledgement.to_string()).status(), 200);
        assert_problem(
            desk.post("/sync/users/ack", &json!({ "run": run }).to_string()),
            409,
            "run-unknown",
        );
    }
    assert_eq!(desk.given(), [json!(null), json!("after 2"), json!(null), json!(null)]);
    let kept = desk.0.kept.borrow();
    assert_eq!(kept.len(), 6, "two of each integration");
    assert!(kept.keys().all(|it| it.split_once('/').unwrap().1.len() == 64), "{kept:?}");
}

#[test]
fn what_stores_nothing_starts_anew_and_has_nothing_to_acknowledge() {
    let desk = Desk::configured();
    desk.0.keeps_nothing.set(true);
    assert_eq!(desk.sync(&json!({})), None);
    assert_eq!(desk.sync(&json!({})), None);
    assert_eq!(desk.given(), [json!(null), json!(null)]);
    assert!(desk.0.kept.borrow().is_empty());
    for (path, body) in [("/sync/users", r#"{"ack": "1"}"#), ("/sync/users/ack", r#"{"run": "1"}"#)]
    {
        let problem = assert_problem(desk.post(path, body), 409, "nothing-stored");
        assert!(problem["remedy"].as_str().unwrap().contains("`since`"), "{problem}");
    }
}

#[test]
fn an_answer_begins_without_a_batch_once_patience_is_over() {
    let desk = Desk::configured();
    desk.0.is_slow.set(true);
    let answer = desk.post("/sync/users", "{}");
    assert_eq!((answer.status().as_u16(), desk.0.told.get()), (200, 0));
    assert_eq!(text(answer).lines().count(), 10, "and all of it comes");

    let at_once = |wait: &str| {
        let request = Request::post("http://127.0.0.1:3000/sync/rooms")
            .header("content-type", "application/json")
            .header("prefer", wait);
        desk.0.told.set(0);
        desk.ask(request.body(Full::default()).unwrap());
        desk.0.told.get() == 0
    };
    assert!(at_once("return=minimal, Wait=0; x=1"));
    desk.0.is_slow.set(false);
    for wait in ["wait=1", "wait=soon", "wait", "awaits=0", ""] {
        assert!(!at_once(wait), "{wait}");
    }
}

#[test]
fn a_failure_in_mid_stream_is_the_last_line() {
    let desk = Desk::configured();
    desk.0.fails.set(true);
    let told = text(desk.post("/sync/users", "{}"));
    let last: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!(last["error"]["code"], "gone");
}

#[test]
fn variables_become_settings() {
    let desk = Desk::configured();
    desk.set("cloud", "custom");
    desk.set("authority", "https://a");
    desk.set("graph", "https://g");
    desk.set(
        "settings",
        r#"{"server": {"secretExpires": "2030-01-01"}, "users": {"includeGuests": true}}"#,
    );
    desk.post("/validate", "");
    let server = json!({
        "secretExpires": "2030-01-01",
        "tenantId": "tenant_id",
        "clientId": "client_id",
        "clientSecret": "client_secret",
        "name": "Office 365",
        "cloud": { "authority": "https://a", "graph": "https://g" },
    });
    assert_eq!(desk.given(), [json!({ "server": server, "users": { "includeGuests": true } })]);
}

#[test]
fn a_certificate_stands_for_the_secret() {
    let desk = Desk::configured();
    desk.set("client_secret", "");
    desk.set("settings", r#"{"server": {"clientCertificate": "PEM"}}"#);
    assert_eq!(desk.post("/validate", "").status(), 200);
    assert_eq!(desk.given()[0]["server"]["clientSecret"], Value::Null);
}

#[test]
fn settings_of_the_request_go_as_they_are() {
    let desk = Desk::configured();
    desk.post("/validate", r#"{"settings": {"server": 1}}"#);
    assert_eq!(desk.given(), [json!({ "server": 1 })]);
}

#[test]
fn missing_variables_are_all_named() {
    let desk = Desk::default();
    desk.set("client_id", "");
    let problem = assert_problem(desk.post("/validate", "{}"), 400, "settings-missing");
    let said = problem["detail"].as_str().unwrap();
    assert!(said.contains("TENANT_ID, CLIENT_ID, CLIENT_SECRET"), "{said}");
}

#[test]
fn a_body_or_a_variable_that_is_no_object_says_so() {
    let desk = Desk::configured();
    for body in ["[]", " [{}]", "1", "null", "\"hunter2\"", "true"] {
        for path in ["/validate", "/sync/rooms", "/sync/users", "/sync/users/ack"] {
            let problem = assert_problem(desk.post(path, body), 400, "body");
            assert_eq!(problem["detail"], "The body is JSON, but not an object", "{body}");
        }
    }
    for settings in ["[1]", "7", "null"] {
        desk.set("settings", settings);
        let problem = assert_problem(desk.post("/validate", "{}"), 500, "settings-variable");
        assert_eq!(problem["detail"], "SETTINGS is JSON, but not an object");
    }
    assert!(desk.given().is_empty(), "the plugin is not asked");
}

#[test]
fn settings_that_are_no_json_are_not_quoted() {
    let desk = Desk::configured();
    desk.set("settings", "hunter2");
    let problem = assert_problem(desk.post("/validate", "{}"), 500, "settings-variable");
    assert!(!problem.to_string().contains("hunter2"));
    for (body, code) in [(r#"{"settings": "hunter2"}"#, "body"), ("hunter2", "body")] {
        let problem = assert_problem(desk.post("/validate", body), 400, code);
        assert!(!problem.to_string().contains("hunter2"));
    }
}

#[test]
fn a_post_is_json_of_a_decent_size_and_no_pages() {
    let desk = Desk::configured();
    let form = Request::post("http://a/validate")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::from("settings=1"))
        .unwrap();
    assert_problem(desk.ask(form), 415, "content-type");
    let page = Request::post("http://a/validate")
        .header("content-type", "application/json")
        .header("origin", "http://a")
        .body(Full::from("{}"))
        .unwrap();
    assert_problem(desk.ask(page), 403, "origin");
    assert_problem(desk.post("/validate", &" ".repeat(LARGEST_BODY + 1)), 413, "body-too-large");
    assert_problem(desk.post("/validate", r#"{"sinse": ""}"#), 400, "body");
}

#[test]
fn what_is_not_there_says_what_is() {
    let desk = Desk::configured();
    assert_problem(desk.get("/nothing", ""), 404, "not-found");
    let answer = desk.get("/sync/users", "");
    assert_eq!(answer.headers()["allow"], "POST");
    assert_problem(answer, 405, "method");
    assert!(text(desk.get("/", "")).contains("/sync/users"));
    assert_eq!(value(desk.get("/describe", ""))["name"], "Test");
}

#[test]
fn head_is_get_without_a_body_where_nothing_begins_or_ends() {
    let desk = Desk::configured();
    let head = |path: &str| {
        desk.ask(Request::head(format!("http://a{path}")).body(Full::default()).unwrap())
    };
    for path in ["/", "/describe"] {
        let (head, get) = (head(path), desk.get(path, ""));
        assert_eq!((head.status(), head.headers()), (get.status(), get.headers()));
        assert_eq!(text(head), "");
    }
    for path in ["/sign-in", "/callback", "/sync/users"] {
        assert_eq!(head(path).status(), 405, "{path}");
    }
    assert!(desk.given().is_empty());
}

#[test]
fn a_sign_in_is_good_for_once() {
    let desk = Desk::configured();
    let sent = desk.get("/sign-in", "");
    assert_eq!(
        (sent.status().as_u16(), sent.headers()["location"].as_bytes()),
        (303, &b"https://vendor.example/?state=1"[..])
    );
    let set = sent.headers()["set-cookie"].to_str().unwrap();
    assert!(set.ends_with("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax"), "{set}");
    assert!(!set.contains("sealed"), "the flow stays here");
    let back = desk.get("/callback?code=1&state=1", &format!("other=1; {}", cookie(&sent)));
    assert_eq!(format!("{}=", cookie(&sent).split_once('=').unwrap().0), cookie(&back));
    let expected =
        json!({ "flow": "flow 1; sealed", "parameters": [["code", "1"], ["state", "1"]] });
    assert_eq!(value(back), expected);
    assert_problem(desk.get("/callback?code=1&state=1", &cookie(&sent)), 400, "no-sign-in");
    assert_eq!(desk.given(), [json!(["http://127.0.0.1:3000/callback", false])]);
}

#[test]
fn a_sign_in_lasts_ten_minutes_and_leaves_nothing_behind() {
    let desk = Desk::configured();
    let sent = desk.get("/sign-in", "");
    desk.0.now.set(601);
    assert_problem(desk.get("/callback?code=1&state=1", &cookie(&sent)), 400, "no-sign-in");
    desk.get("/sign-in", "");
    desk.0.now.set(1_202);
    desk.get("/sign-in", "");
    assert_eq!(desk.0.kept.borrow().len(), 1, "who never came back is forgotten");
}

#[test]
fn where_nothing_is_kept_the_browser_carries_the_sealed_flow() {
    let desk = Desk::configured();
    desk.0.keeps_nothing.set(true);
    let sent = desk.get("/sign-in", "");
    let back = value(desk.get("/callback?code=1&state=1", &cookie(&sent)));
    assert_eq!(back["flow"], "flow 1; sealed");
}

#[test]
fn case_001_the_button_pressed_in_two_tabs_signs_in_in_both() {
    for keeps_nothing in [false, true] {
        let desk = Desk::configured();
        desk.0.keeps_nothing.set(keeps_nothing);
        let tabs = [cookie(&desk.get("/sign-in", "")), cookie(&desk.get("/sign-in", ""))];
        let cookies = tabs.join("; ");
        let first = desk.get("/callback?code=1&state=1", &cookies);
        assert_eq!(first.headers().get_all("set-cookie").iter().count(), 1, "its own is cleared");
        assert_eq!(value(first)["flow"], "flow 1; sealed");
        let second = desk.get("/callback?code=1&state=2", &tabs[1]);
        assert_eq!(value(second)["flow"], "flow 2; sealed");
    }
}

#[test]
fn a_browser_carries_a_bounded_number_of_sign_ins_and_forgets_the_oldest() {
    let desk = Desk::configured();
    let mut cookies: Vec<String> = (0..8).map(|_| cookie(&desk.get("/sign-in", ""))).collect();
    let sent = desk.get("/sign-in", &format!("other=1; {}", cookies.join("; ")));
    let set: Vec<_> = sent.headers().get_all("set-cookie").iter().collect();
    assert_eq!(set.len(), 2);
    let oldest = cookies.remove(0);
    let cleared = set[0].to_str().unwrap();
    assert!(cleared.starts_with(&format!("{}=;", oldest.split_once('=').unwrap().0)), "{cleared}");
    assert!(cleared.contains("Max-Age=0"));
}

#[test]
fn a_public_name_over_http_is_no_address_to_come_back_to() {
    let desk = Desk::configured();
    let at =
        |url: &str| desk.ask(Request::get(format!("{url}/sign-in")).body(Full::default()).unwrap());
    let problem = assert_problem(at("http://ones.example"), 400, "redirect-uri");
    assert!(problem["remedy"].as_str().unwrap().contains("PUBLIC_URL"), "{problem}");
    for public in
        ["http://ones.example", "ftp://ones.example", "https://", "nonsense", "https://a@b"]
    {
        desk.set("public_url", public);
        assert_problem(at("http://localhost:3000"), 400, "redirect-uri");
    }
    assert!(desk.given().is_empty(), "the plugin is not asked");
    desk.set("public_url", "");
    for url in ["http://localhost:3000", "http://127.0.0.2", "http://[::1]:3000", "https://a"] {
        assert_eq!(at(url).status(), 303, "{url}");
    }
}

#[test]
fn a_host_that_passes_no_name_on_needs_the_public_url() {
    let desk = Desk::configured();
    let ask = || desk.ask(Request::get("/sign-in").body(Full::default()).unwrap());
    let problem = assert_problem(ask(), 400, "host");
    assert!(problem["remedy"].as_str().unwrap().contains("Set PUBLIC_URL"), "{problem}");
    desk.set("public_url", "http://127.0.0.1:3000/");
    assert_eq!(ask().status(), 303);
    assert_eq!(desk.given(), [json!(["http://127.0.0.1:3000/callback", false])]);
}

#[test]
fn over_https_the_vendors_form_brings_the_cookie_along() {
    let desk = Desk::configured();
    desk.set("public_url", "https://ones.example/");
    let sent = desk.get("/sign-in?purpose=consent", "");
    let set = sent.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(set.starts_with("__Host-ones-flow-"), "{set}");
    assert!(set.ends_with("; HttpOnly; SameSite=None; Secure"), "{set}");
    assert_eq!(desk.given(), [json!(["https://ones.example/callback", true])]);
    let form = Request::post("http://inside/callback")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", cookie(&sent))
        .body(Full::from("code=a+b&state=1"))
        .unwrap();
    let expected = json!([["code", "a b"], ["state", "1"]]);
    assert_eq!(value(desk.ask(form))["parameters"], expected);
}

#[test]
fn an_error_of_a_callback_is_no_html() {
    let answer = Desk::configured().get("/callback?error=%3Cscript%3E", "");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert_problem(answer, 400, "no-sign-in");
}

#[test]
fn rooms_are_lines_and_so_are_those_that_could_not_be_read() {
    let known = Room { id: "r1".to_owned(), floor_number: Some(2), ..Room::default() };
    let unknown = vec![RoomField::FloorLabel, RoomField::Lists];
    let partial = Room { id: "r2".to_owned(), unknown, ..Room::default() };
    let unreadable = vec![Unreadable::new("r3", "capacity: not a whole number")];
    let batch = Batch::from(RoomBatch { rooms: vec![known, partial], unreadable });
    assert_eq!((batch.head, batch.checkpoint), (json!({ "subject": "rooms" }), None));
    let room = |id: &str, floor: Option<i32>, unknown: &[&str]| {
        json!({
            "room": {
                "id": id, "email": "", "name": "", "nickname": null, "capacity": null,
                "building": null, "floorNumber": floor, "floorLabel": null, "label": null,
                "phone": null, "address": null, "position": null, "wheelchairAccessible": null,
                "audioDevice": null, "videoDevice": null, "displayDevice": null,
                "bookingType": null, "tags": [], "lists": [], "unknown": unknown,
            },
        })
    };
    let unreadable =
        json!({ "unreadable": { "id": "r3", "reason": "capacity: not a whole number" } });
    let lines = [room("r1", Some(2), &[]), room("r2", None, &["floorLabel", "lists"]), unreadable];
    assert_eq!(batch.lines, lines);
    assert!(batch.lines[0].to_string().starts_with(r#"{"room":{"id":"r1","email":"","name":"""#));
}

#[test]
fn a_batch_of_users_says_what_it_is_about_and_where_it_stands() {
    let batch = |mode, total| {
        let (subject, checkpoint) = (Subject::Users, "c".to_owned());
        let removed = Removed { id: "u2".to_owned(), removal: Removal::OutOfScope };
        let user = User { id: "u1".to_owned(), ..User::default() };
        let changes = vec![
            UserChange::User(user.clone()),
            UserChange::UserIfKnown(user),
            UserChange::UserRemoved(removed),
            UserChange::GroupMissing("g1".to_owned()),
        ];
        Batch::from(UserBatch { subject, mode, changes, checkpoint, total })
    };
    let full = batch(Mode::Full(Part { first: true, last: false }), Some(7));
    let head = r#"{"subject":"users","mode":"full","first":true,"last":false,"total":7}"#;
    assert_eq!((full.head.to_string().as_str(), full.checkpoint.as_deref()), (head, Some("c")));
    let head = r#"{"subject":"users","mode":"incremental","total":null}"#;
    assert_eq!(batch(Mode::Incremental, None).head.to_string(), head);
    let lines = [
        json!({ "user": user_json() }),
        json!({ "userIfKnown": user_json() }),
        json!({ "userRemoved": { "id": "u2", "removal": "out-of-scope" } }),
        json!({ "groupMissing": { "id": "g1" } }),
    ];
    assert_eq!(full.lines, lines);
}

#[test]
fn a_callback_shows_who_signed_in_or_that_consent_was_granted() {
    let user = User { id: "u1".to_owned(), ..User::default() };
    let shown = plugin::outcome(CallbackOutcome::SignedIn(user));
    assert_eq!(shown, json!({ "signedIn": user_json() }));
    assert_eq!(plugin::outcome(CallbackOutcome::ConsentGranted), json!({ "consentGranted": true }));
}

/// The user `u1`, of whom nothing else is known.
fn user_json() -> Value {
    json!({
        "id": "u1", "username": "", "displayName": "", "email": null, "givenName": null,
        "surname": null, "jobTitle": null, "department": null, "office": null,
        "mobilePhone": null, "businessPhone": null, "language": null, "cardNumber": null,
        "enabled": false, "guest": false, "unknown": [],
    })
}
