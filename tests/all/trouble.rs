//! Errors of servers and settings: each has a clear message, and the store does not change.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use end_to_end::{Run, Scene, program, run, text};
use m365_emulator::{Config, Edit, Fault, Then};
use serde_json::{Value, json};

/// Syncs the users of a new scene once, and returns the scene and its stored users.
fn synced(users: usize) -> (Scene, BTreeMap<String, Value>) {
    let scene = Scene::new(users, 2);
    scene.sync("users");
    let users = scene.synced_users();
    (scene, users)
}

/// Path of the listing of a full sync.
fn on_listing(then: Then) -> Fault {
    Fault::once("/v1.0/users", then).with_query("$top=999")
}

fn answer(status: u16, content_type: &str, body: Value) -> Then {
    let headers = [("Content-Type".to_owned(), content_type.to_owned())].into();
    Then::Answer { status, headers, body: Some(body) }
}

fn edit(pointer: &str, value: Value) -> Then {
    Then::Rewrite(vec![Edit { pointer: pointer.to_owned(), value: Some(value) }])
}

/// Expects that a full sync fails with these words, and changes no user.
#[track_caller]
fn fails(scene: &Scene, before: &BTreeMap<String, Value>, words: &str) -> Run {
    let run = scene.host(&["sync", "users", "--full"]).ends_with(1);
    assert!(run.stderr.contains(words), "{words:?} is not in {}", run.stderr);
    assert_eq!(scene.synced_users(), *before);
    run
}

#[test]
fn html_and_broken_or_other_json_are_not_read_as_pages() {
    let (scene, before) = synced(50);
    let html = json!("<html><body>Sign in to the guest network</body></html>");
    for then in [
        answer(200, "text/html", html),
        answer(200, "application/json", json!({"items": []})),
        answer(200, "application/json", json!("null")),
        Then::Truncate { after: None, clean: true },
    ] {
        scene.set_faults(vec![on_listing(then)]).expect("a fault");
        let run = fails(&scene, &before, "does not come from Microsoft Graph");
        assert!(!run.stderr.contains("guest network"), "a body is not repeated");
    }
}

#[test]
fn a_broken_connection_is_tried_again() {
    let (scene, before) = synced(50);
    scene.set_faults(vec![on_listing(Then::Close {}).times(2)]).expect("a fault");
    let run = scene.host(&["sync", "users", "--full"]).ends_with(0).json();
    assert_eq!(run["summary"]["retried"], json!(2));
    scene
        .set_faults(vec![on_listing(Then::Truncate { after: None, clean: false })])
        .expect("a fault");
    let run = scene.host(&["sync", "users", "--full"]).ends_with(0).json();
    assert_eq!(run["summary"]["retried"], json!(1));
    assert_eq!(scene.synced_users(), before);
}

#[test]
fn case_007_one_outage_of_a_page_is_tried_again() {
    let (scene, before) = synced(50);
    for status in [408, 500, 502, 509] {
        let then = Then::Answer { status, headers: BTreeMap::new(), body: None };
        scene.set_faults(vec![on_listing(then)]).expect("a fault");
        let run = scene.host(&["sync", "users", "--full"]).ends_with(0).json();
        assert_eq!(run["summary"]["retried"], json!(1), "{status}");
    }
    assert_eq!(scene.synced_users(), before);
}

#[test]
fn throttling_is_waited_for_or_reported() {
    let (scene, before) = synced(50);
    let throttled = |seconds: &str| Then::Answer {
        status: 429,
        headers: [("Retry-After".to_owned(), seconds.to_owned())].into(),
        body: None,
    };
    scene.set_faults(vec![on_listing(throttled("0.05")).times(2)]).expect("a fault");
    let run = scene.host(&["sync", "users", "--full"]).ends_with(0).json();
    assert_eq!(run["summary"]["throttled"], json!(2));
    scene.set_faults(vec![on_listing(throttled("300"))]).expect("a fault");
    fails(&scene, &before, "5 minutes");
}

#[test]
fn an_unreadable_field_affects_only_its_user() {
    let (scene, before) = synced(100);
    let index =
        scene.users().iter().position(|user| before.contains_key(&text(user, "id"))).expect("one");
    let pointer = format!("/value/{index}/displayName");
    let id = text(&scene.users()[index], "id");
    scene.set_faults(vec![on_listing(edit(&pointer, json!({"no": "text"})))]).expect("a fault");
    let run = scene.host(&["sync", "users", "--full"]).ends_with(0).json();
    assert_eq!(run["unreadable"][0]["id"], json!(id));
    let reason = run["unreadable"][0]["reason"].as_str().expect("a reason").to_owned();
    assert!(reason.starts_with("displayName: "), "{reason}");
    assert_eq!(run["removed"], json!(0));
    assert_eq!(scene.synced_users(), before);
}

#[test]
fn an_empty_page_does_not_end_the_run() {
    let (scene, before) = synced(50);
    // Graph may answer with an empty page and go on behind it.
    let page = json!({"value": [], "@odata.nextLink": "{self}&again=1"});
    let headers = BTreeMap::new();
    let then = Then::Answer { status: 200, headers, body: Some(page) };
    scene.set_faults(vec![on_listing(then)]).expect("a fault");
    let run = scene.host(&["sync", "users", "--full"]);
    // The link may be refused, but no user is removed.
    assert!(matches!(run.code, 0 | 1), "{run:?}");
    assert_eq!(scene.synced_users(), before);
}

#[test]
fn an_empty_directory_removes_no_users() {
    let (scene, before) = synced(50);
    let then = answer(200, "application/json", json!({"value": []}));
    scene.set_faults(vec![on_listing(then)]).expect("a fault");
    // All users are missing from the listing, and all are found by id.
    let run = scene.host(&["sync", "users", "--full"]).ends_with(0).json();
    assert_eq!((&run["removed"], &run["held"]), (&json!(0), &json!(0)));
    assert_eq!(scene.synced_users(), before);
}

#[test]
fn links_in_a_circle_end_the_run() {
    let (scene, before) = synced(50);
    let circle = edit("/@odata.nextLink", json!("{self}"));
    scene.set_faults(vec![on_listing(circle).times(None)]).expect("a fault");
    fails(&scene, &before, "form a loop");
    assert!(scene.requests().len() < 40);
}

#[test]
fn a_link_to_another_server_gets_no_token() {
    let (scene, before) = synced(50);
    let thief = TcpListener::bind("127.0.0.1:0").expect("a port");
    thief.set_nonblocking(true).expect("a listener");
    let address = thief.local_addr().expect("an address");
    let link = edit("/@odata.nextLink", json!(format!("http://{address}/v1.0/users")));
    scene.set_faults(vec![on_listing(link)]).expect("a fault");
    fails(&scene, &before, "another server");
    assert!(thief.accept().is_err(), "no connection");
}

#[test]
fn an_unreachable_server_is_reported_by_name() {
    let mut scene = Scene::new(5, 1);
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port");
    scene.set("/server/cloud/authority", json!(format!("http://{closed}")));
    // A sync would try for two minutes.
    let run = scene.host(&["validate"]).ends_with(1);
    assert!(run.stdout.contains("No connection to 127.0.0.1"), "{}", run.stdout);
    scene.set("/server/cloud/authority", json!("https://no-such-name.invalid"));
    let run = scene.host(&["validate"]).ends_with(1);
    assert!(run.stdout.contains("no-such-name.invalid"), "{}", run.stdout);
}

#[test]
fn a_certificate_has_to_be_trusted() {
    let folder = tempfile::tempdir().expect("a folder");
    let ca = folder.path().join("ca.pem");
    let scene =
        Scene::with(Config { users: 20, rooms: 2, tls: Some(ca.clone()), ..Config::default() });
    let validate = |ca: Option<&std::path::Path>| {
        let mut command = scene.command(&["--format", "json", "--settings"]);
        command.arg(scene.path("settings.json")).arg("validate");
        match ca {
            Some(ca) => command.env("SSL_CERT_FILE", ca).env_remove("SSL_CERT_DIR"),
            None => command.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR"),
        };
        run(&mut command)
    };
    let run = validate(None).ends_with(1);
    assert!(run.stdout.contains("is not trusted"), "{}", run.stdout);
    validate(Some(&ca)).ends_with(0);
}

#[test]
fn an_endless_answer_is_cut_off() {
    let server = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = server.local_addr().expect("an address");
    thread::spawn(move || {
        for mut client in server.incoming().flatten() {
            thread::spawn(move || {
                let _ = client.read(&mut [0; 4096]);
                let _ = client.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
                let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
                while client.write_all(chunk.as_bytes()).is_ok() {}
            });
        }
    });
    let mut scene = Scene::new(5, 1);
    scene.set("/server/cloud/authority", json!(format!("http://{address}")));
    let run = scene.host(&["sync", "users"]).ends_with(1);
    assert!(run.stderr.contains("larger than any answer"), "{}", run.stderr);
}

#[test]
fn unknown_commands_are_a_usage_error() {
    let scene = Scene::new(1, 1);
    for words in [&["fly"][..], &["sync", "planets"], &["users", "--colour"], &[]] {
        run(&mut scene.command(words)).ends_with(2);
    }
    let run = run(&mut scene.command(&["sync", "users"])).ends_with(2);
    assert!(run.stderr.contains("--settings"), "{}", run.stderr);
}

#[test]
fn settings_that_cannot_be_read_say_where() {
    let scene = Scene::new(1, 1);
    fs::write(scene.path("settings.json"), "{\n  \"server\": {,\n}").expect("a file");
    let run = scene.host(&["validate"]);
    assert!(matches!(run.code, 1 | 2), "{run:?}");
    assert!(run.stderr.contains("line 2"), "{}", run.stderr);
    fs::write(
        scene.path("settings.json"),
        r#"{"server": {"name": "X", "clientSecret": "${NOT_SET_ANYWHERE}"}}"#,
    )
    .expect("a file");
    let run = scene.host(&["validate"]);
    assert!(
        run.stderr.contains("NOT_SET_ANYWHERE") && run.stderr.contains("/server/clientSecret"),
        "{run:?}"
    );
}

#[test]
fn a_file_that_is_not_a_plugin_is_refused() {
    let scene = Scene::new(1, 1);
    let not_a_component = scene.path("module.wasm");
    fs::write(&not_a_component, b"\0asm\x01\0\0\0").expect("a file");
    for (file, words) in [
        (scene.path("settings.json"), "WebAssembly"),
        (not_a_component, "component"),
        (scene.path("nowhere.wasm"), "nowhere.wasm"),
    ] {
        let mut command = std::process::Command::new(program("ones-host"));
        let run = run(command.arg("--plugin").arg(file).arg("describe")).ends_with(1);
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    }
}
