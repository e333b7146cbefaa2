//! `ones-host serve` in a process of its own.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

use serde_json::Value;

use crate::Scene;

/// Goes away with its process.
pub struct Server {
    process: Child,
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    /// Where the administrator's password is set, on the first start.
    pub set_up: Option<String>,
}

impl Server {
    /// On the data folder of this scene; nothing is configured yet.
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
        let told: Value = serde_json::from_str(&line).expect("a line that says where it is");
        let text = |name: &str| told[name].as_str().map(str::to_owned);
        Self { process, url: text("url").unwrap(), set_up: text("setUp") }
    }

    /// An address of it.
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
