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

    /// Reads stderr up to a line that holds `text`, and returns that line.
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
    let address = serving.line("serving at");
    let url = address.trim().rsplit(' ').next().unwrap();
    let mut browser = Browser::new(url);
    browser.send("POST", "/admin/log-in?code=hunter22", "password=hunter22-hunter22");
    let line = serving.line("request refused");
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["path"], "/admin/log-in");
    assert_eq!((&line["method"], &line["status"]), (&"POST".into(), &403.into()));
    assert_eq!((&line["level"], &line["client"]), (&"INFO".into(), &"127.0.0.1".into()));
    assert!(!line.to_string().contains("hunter22"), "{line}");
}
