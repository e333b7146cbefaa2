//! `ones-host serve` in a separate process.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

use serde_json::Value;

use crate::Scene;

/// A running server. Its process ends when this is dropped.
pub struct Server {
    process: Child,
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    /// Address at which the administrator's password is set, on the first start.
    pub set_up: Option<String>,
}

impl Server {
    /// Starts a server on the data folder of this scene.
    pub fn start(scene: &Scene, words: &[&str]) -> Self {
        let mut process = scene
            .command(&["--format", "json", "serve", "--listen", "127.0.0.1:0"])
            .args(words)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let first: Value = serde_json::from_str(&line).expect("a line with the address");
        let text = |name: &str| first[name].as_str().map(str::to_owned);
        Self { process, url: text("url").unwrap(), set_up: text("setUp") }
    }

    /// Returns the address of a path.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
