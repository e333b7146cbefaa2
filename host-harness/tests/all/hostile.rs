//! A plugin that means harm: it is refused, and blocks no other work. Work on what it returns is
//! counted in steps.

use ones_host::{
    Error,
    budget::Budget,
    form::{self, Form},
    model::Purpose,
    plugin::{CallError, Plugin, Session},
    schema::{TooMuchWork, WORK},
    secrets::Secrets,
    settings::Settings,
};
use serde_json::{Value, json};

use crate::component::{Answers, settings};

const CALLBACK: &str = "http://localhost:8700/callback";

/// The rule that was broken.
#[track_caller]
fn broken<T>(answer: Result<T, CallError>) -> String {
    let problem = Error::from(answer.err().unwrap()).problem();
    assert_eq!(problem.code, "plugin-broke-interface", "{problem:?}");
    problem.summary
}

/// `allOf` of as many references to the schema itself.
fn itself(times: usize) -> Value {
    let all = vec![json!({ "$ref": "#" }); times];
    json!({ "allOf": all, "properties": { "key": { "type": "string", "writeOnly": true } } })
}

/// Each of these refers twice to the next one: the last is there 2 to the power of `depth` times.
fn doubling(depth: usize) -> Value {
    let next = |it: usize| json!({ "$ref": format!("#/$defs/d{}", it + 1) });
    let object = |it: usize| {
        let properties = json!({ "a": next(it), "b": next(it) });
        (format!("d{it}"), json!({ "type": "object", "properties": properties }))
    };
    let mut defs: serde_json::Map<_, _> = (0..depth).map(object).collect();
    defs.insert(format!("d{depth}"), json!({ "type": "string", "writeOnly": true }));
    json!({ "$defs": defs, "properties": { "server": next(0) } })
}

/// As many properties, each of which is the schema itself.
fn endless(properties: usize) -> Value {
    let properties: serde_json::Map<_, _> =
        (0..properties).map(|it| (format!("p{it}"), json!({ "$ref": "#" }))).collect();
    json!({ "type": "object", "properties": properties })
}

#[test]
fn a_schema_that_is_itself_ten_times_over_is_read_in_few_steps() {
    let (schema, budget) = (itself(10), Budget::new(WORK));
    assert_eq!(form::check(&schema), Ok(()));
    let settings = json!({ "key": "hunter2233" }).into();
    let secrets = Secrets::within(&settings, &schema, &budget);
    assert!(secrets.leak_in("hunter2233"));
    Form::read_within(&schema, &budget);
    assert!(budget.spent() < 200, "{}", budget.spent());
}

#[test]
fn a_schema_that_unfolds_without_end_is_refused_within_its_budget() {
    for schema in [doubling(15), endless(3_000)] {
        let budget = Budget::new(WORK);
        Form::read_within(&schema, &budget);
        assert_eq!(budget.spent(), WORK);
        assert_eq!(form::check(&schema), Err(TooMuchWork));
    }
}

#[test]
fn texts_that_are_copied_again_and_again_count_as_well() {
    let text = json!({ "type": "string", "title": "x".repeat(100_000) });
    let refer = |count: usize| -> Value {
        let properties: serde_json::Map<_, _> =
            (0..count).map(|it| (it.to_string(), json!({ "$ref": "#/$defs/text" }))).collect();
        json!({ "$defs": { "text": text }, "properties": properties })
    };
    assert_eq!(form::check(&refer(10)), Ok(()));
    assert_eq!(form::check(&refer(100)), Err(TooMuchWork));
}

#[test]
fn a_schema_that_refers_to_itself_as_a_tree_does_is_no_harm() {
    let tree = json!({ "$ref": "#/$defs/tree" });
    let schema = json!({
        "$defs": { "tree": { "type": "object", "properties": {
            "a": tree, "b": tree, "c": tree, "d": { "anyOf": [tree, tree, { "type": "string" }] },
            "key": { "type": "string", "writeOnly": true }
        } } },
        "properties": { "server": tree }
    });
    assert_eq!(form::check(&schema), Ok(()));
    // The secrets are found however deep they are.
    let settings = json!({ "server": { "a": { "d": { "b": { "key": "hunter2233" } } } } });
    let secrets = Secrets::of(&Settings::from(settings), &schema);
    assert!(secrets.leak_in("hunter2233"));
}

#[test]
fn values_that_cannot_be_distinguished_from_secrets_are_taken_for_secrets() {
    let schema = json!({ "properties": { "name": { "type": "string" } } });
    let settings = Settings::from(json!({ "name": "Contoso Limited" }));
    assert!(!Secrets::of(&settings, &schema).leak_in("Contoso Limited"));
    let secrets = Secrets::within(&settings, &schema, &Budget::new(1));
    assert!(secrets.leak_in("Contoso Limited"));
}

#[test]
fn a_text_made_to_look_like_a_secret_everywhere_is_redacted_completely() {
    let schema = json!({ "properties": { "key": { "writeOnly": true } } });
    let settings = Settings::from(json!({ "key": format!("{}1", "a".repeat(10_000)) }));
    let secrets = Secrets::of(&settings, &schema);
    let mut text = "a".repeat(60_000);
    assert!(secrets.leak_in(&text));
    secrets.redact(&mut text);
    assert_eq!(text, "[redacted]");
}

async fn described(schema: &Value) -> Result<(), CallError> {
    let described = Answers::described(&schema.to_string()).plugin().describe().await;
    described.map(drop)
}

#[tokio::test]
async fn a_schema_is_refused_where_it_enters_and_the_error_names_it() {
    assert!(described(&json!({ "properties": {} })).await.is_ok());
    assert!(described(&itself(10)).await.is_ok());
    for schema in [doubling(15), endless(3_000)] {
        let rule = broken(described(&schema).await);
        assert!(rule.contains("manifest.settings-schema: it takes more than"), "{rule}");
    }
    let large = json!({ "description": "x".repeat(1 << 20) });
    assert!(broken(described(&large).await).contains("manifest.settings-schema has more than"));
}

/// Answers of a plugin that asks one vendor.
fn answers() -> Answers {
    Answers::described("{}").origins(["https://vendor.example"])
}

async fn session(plugin: Plugin) -> Session {
    Session::open(plugin, settings()).await.unwrap()
}

async fn sent(url: &str, flow: &str) -> Result<(), CallError> {
    let session = session(answers().redirect(url, flow).plugin()).await;
    session.begin_sign_in(CALLBACK, Purpose::SignIn).await.map(drop)
}

#[tokio::test]
async fn the_address_and_the_flow_of_a_redirect_have_limits() {
    sent("https://vendor.example/authorize?x=1", "flow").await.unwrap();
    let rule = broken(sent("https://vendor.example", &"x".repeat(1 << 20)).await);
    assert!(rule.contains("redirect.flow has 1048576 bytes, 2048 at most"), "{rule}");
    let long = format!("https://vendor.example/?{}", "x".repeat(8 << 10));
    assert!(broken(sent(&long, "flow").await).contains("redirect.url has 8216 bytes"));
}

#[tokio::test]
async fn a_browser_is_sent_neither_to_this_machine_nor_on_two_lines() {
    for url in [
        "https://vendor.example/\r\nSet-Cookie: a=b",
        "https://vendor.example/\n",
        "http://localhost:9200/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://0.0.0.0/",
        "http://vendor.example/",
        "javascript:alert(1)",
        "no address",
    ] {
        let rule = broken(sent(url, "flow").await);
        assert!(rule.contains("redirect.url sends a browser where none should go"), "{url}");
    }
}

#[tokio::test]
async fn a_browser_is_not_sent_to_the_pages_of_the_host() {
    for url in ["https://ones.example/admin/", "https://ones.example:443/admin/log-out"] {
        let plugin = answers().redirect(url, "flow").plugin();
        plugin.keep_from_own_pages(([0, 0, 0, 0], 8700).into(), "https://ones.example");
        let session = session(plugin).await;
        let rule = broken(session.begin_sign_in(CALLBACK, Purpose::SignIn).await);
        assert!(rule.contains("redirect.url"), "{rule}");
    }
}

async fn named(origins: &[&str], settings: Value) -> Result<Vec<String>, CallError> {
    let plugin = Answers::described("{}").origins(origins.iter().copied()).plugin();
    plugin.keep_from_own_pages(([127, 0, 0, 1], 8700).into(), "http://localhost:8700");
    Session::open(plugin, settings.into()).await?.origins()
}

#[tokio::test]
async fn origins_are_bounded_in_number_and_length() {
    let many: Vec<_> = (0..201).map(|it| format!("https://{it}.example")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    assert_eq!(named(&many[..200], json!({})).await.unwrap().len(), 200);
    assert!(broken(named(&many, json!({})).await).contains("origins has 201 items, 200 at most"));
    let long = format!("https://{}.example", "x".repeat(2_000));
    assert!(broken(named(&[&long], json!({})).await).contains("an origin in origins has 2016"));
}

#[tokio::test]
async fn what_is_on_this_machine_is_asked_only_where_the_settings_name_it() {
    let settings = |address: &str| json!({ "server": { "cloud": [{ "graph": address }] } });
    for origin in ["http://localhost:6379", "https://127.0.0.1", "http://[::1]:6379"] {
        for other in ["", "http://localhost:63790", "http://127.0.0.2:6379", "localhost", "x"] {
            let rule = broken(named(&[origin], settings(other)).await);
            assert!(rule.contains(&format!("origins has {origin}, which is on this machine")));
        }
        named(&[origin, "https://vendor.example"], settings(origin)).await.unwrap();
        named(&[origin], settings(&format!("{origin}/v1.0?x"))).await.unwrap();
    }
    named(&["http://localhost:6379"], settings("localhost:6379")).await.unwrap();
}

#[tokio::test]
async fn the_pages_of_the_host_are_asked_by_no_plugin_whatever_the_settings_say() {
    for origin in ["http://localhost:8700", "http://127.0.0.1:8700", "https://[::1]:8700"] {
        let rule = broken(named(&[origin], json!({ "graph": origin })).await);
        assert!(rule.contains("is where this host serves its own pages"), "{rule}");
    }
}

#[tokio::test]
async fn checks_are_bounded_in_number() {
    let tried = |count| async move {
        session(answers().checks(count).plugin()).await.validate().await.map(|it| it.checks.len())
    };
    assert_eq!(tried(200).await.unwrap(), 200);
    assert!(broken(tried(201).await).contains("report.checks has 201 items, 200 at most"));
}

/// Words of a change: its case, and 39 more for the largest of them, a user.
const CHANGE: usize = 1 + 39;

/// The case of a user whom a sync could not read.
const UNREADABLE: u32 = 4;

/// Syncs users with one batch. A change is its case, then where its texts are and how long.
async fn synced(answers: Answers, changes: &[Vec<u32>]) -> Result<usize, CallError> {
    synced_under(settings(), answers, changes).await
}

async fn synced_under(
    settings: Settings,
    mut answers: Answers,
    changes: &[Vec<u32>],
) -> Result<usize, CallError> {
    let words = changes.iter().flat_map(|it| {
        let mut words = it.clone();
        words.resize(CHANGE, 0);
        words
    });
    let bytes: Vec<_> = words.flat_map(u32::to_le_bytes).collect();
    let at = answers.bytes(&bytes);
    let answers = answers.users(at, changes.len() as u32);
    let (sender, mut batches) = tokio::sync::mpsc::channel(1);
    Session::open(answers.plugin(), settings).await?.sync_users(None, sender).await?;
    Ok(batches.recv().await.map_or(0, |batch| batch.changes.len()))
}

#[tokio::test]
async fn a_batch_is_bounded_in_its_changes_and_in_what_they_name() {
    let text = |size: usize| {
        let mut answers = answers();
        let at = answers.bytes(&vec![b'x'; size]);
        (answers, at, size as u32)
    };
    let rule = broken(synced(answers(), &vec![vec![0]; 1_001]).await);
    assert!(rule.contains("user-batch.changes has 1001 items"), "{rule}");

    let (answers, at, size) = text(1_025);
    let rule = broken(synced(answers, &[vec![0, at, size]]).await);
    assert!(rule.contains("user.id has 1025 bytes"), "{rule}");

    let (answers, at, size) = text(4_097);
    let rule = broken(synced(answers, &[vec![UNREADABLE, 0, 0, at, size]]).await);
    assert!(rule.contains("unreadable.reason has 4097 bytes"), "{rule}");

    let (mut answers, _, _) = text(0);
    let at = answers.bytes(&[0; 201]);
    let unknown = [&[0; 38][..], &[at, 201]].concat();
    let rule = broken(synced(answers, &[unknown]).await);
    assert!(rule.contains("user.unknown has 201 items"), "{rule}");
}

#[tokio::test]
async fn texts_that_a_batch_names_again_and_again_are_bounded_in_all() {
    let (mut answers, size) = (answers(), 1 << 20);
    let at = answers.bytes(&vec![b'x'; size as usize]);
    let user = vec![0, 0, 0, at, size];
    let rule = broken(synced(answers, &vec![user; 33]).await);
    assert!(rule.contains("user-batch.changes has 34603008 bytes, 33554432 at most"), "{rule}");
}

#[tokio::test]
async fn texts_that_become_short_without_their_secrets_are_bounded_by_their_size_before() {
    let secret = "s3cret+".repeat(150);
    let schema = json!({ "properties": { "secret": { "writeOnly": true } } });
    let mut answers = Answers::described(&schema.to_string()).origins(["https://vendor.example"]);
    let text = secret.repeat(1_000);
    let (at, size) = (answers.bytes(text.as_bytes()), text.len() as u32);
    let user = vec![0, 0, 0, at, size];
    let settings = Settings::from(json!({ "server": { "name": "Hostile" }, "secret": secret }));
    let rule = broken(synced_under(settings, answers, &vec![user; 32]).await);
    assert!(rule.contains("user-batch.changes has 33600000 bytes"), "{rule}");
}
