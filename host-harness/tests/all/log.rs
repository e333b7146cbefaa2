//! The log of the program.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use crate::{browser::Browser, component::Answers};

/// `ones-host serve` until it is dropped.
struct Serving {
    program: Child,
    stderr: BufReader<std::process::ChildStderr>,
}

impl Serving {
    /// Starts it on a data folder, with a plugin that describes itself.
    fn start(folder: &Path, args: &[&str]) -> Self {
        std::fs::write(folder.join("plugin.wasm"), Answers::described("{}").component()).unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_ones-host"))
            .args(["serve", "--plugin", "plugin.wasm", "--data", ".", "--listen", "127.0.0.1:0"])
            .args(args)
            .current_dir(folder)
            .env_clear()
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(program.stderr.take().unwrap());
        Self { program, stderr }
    }

    /// Reads the next line of stderr, which must be a JSON object.
    fn object(&mut self) -> Value {
        let mut line = String::new();
        self.stderr.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// Reads stderr up to a line that contains `text`, and returns that line.
    fn line(&mut self, text: &str) -> String {
        let mut before = String::new();
        loop {
            let mut line = String::new();
            assert!(self.stderr.read_line(&mut line).unwrap() > 0, "no {text} in: {before}");
            if line.contains(text) {
                return line;
            }
            before += &line;
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.program.kill().unwrap();
        self.program.wait().unwrap();
    }
}

#[test]
fn a_schedule_that_cannot_be_read_is_reported() {
    let folder = TempDir::new().unwrap();
    drop(Serving::start(folder.path(), &[]).line("serving at"));
    let database = Connection::open(folder.path().join("ones.db")).unwrap();
    database.execute_batch("DROP TABLE schedule").unwrap();
    drop(database);
    let line = Serving::start(folder.path(), &[]).line("the schedule cannot be read");
    assert!(line.contains("ERROR") && line.contains("no such table: schedule"), "{line}");
}

#[test]
fn a_request_that_is_refused_is_logged_without_its_query() {
    let folder = TempDir::new().unwrap();
    let mut serving = Serving::start(folder.path(), &["--log-format", "json"]);
    let mut browser = Browser::new(serving.object()["url"].as_str().unwrap());
    browser.send("POST", "/admin/log-in?code=hunter22", "password=hunter22-hunter22");
    let line = serving.object();
    assert_eq!(line["message"], "request refused");
    assert_eq!(line["path"], "/admin/log-in");
    assert_eq!((&line["method"], &line["status"]), (&"POST".into(), &403.into()));
    assert_eq!((&line["level"], &line["client"]), (&"INFO".into(), &"127.0.0.1".into()));
    assert!(!line.to_string().contains("hunter22"), "{line}");
}

#[test]
fn a_log_in_json_has_only_json_from_the_start_on_and_with_the_cause_of_an_incident() {
    let folder = TempDir::new().unwrap();
    let mut serving = Serving::start(folder.path(), &["--log-format", "json"]);
    let line = serving.object();
    assert_eq!(line["message"], "serving");
    assert!(line["set_up"].as_str().unwrap().contains("/admin/set-up?code="), "{line}");
    let mut browser = Browser::new(line["url"].as_str().unwrap());
    browser.headers.push(("X-Forwarded-For".to_owned(), "192.0.2.1".to_owned()));
    browser.send("POST", "/admin/log-in", "");
    let line = serving.object();
    assert_eq!((&line["message"], &line["level"]), (&"incident".into(), &"WARN".into()));
    assert_eq!(line["code"], "untrusted-proxy");
    assert!(line["cause"].as_str().unwrap().contains("127.0.0.1"), "{line}");
    assert!(line["remedy"].as_str().unwrap().contains("--trusted-proxy"), "{line}");
    assert_eq!(line["reference"].as_str().unwrap().len(), "K7QM-2D9X".len());
}
