//! A scene for an end-to-end test: an emulated tenant, and the program `ones-host` with the
//! built component on it.
//!
//! `cargo xtask test` builds both before the tests run.

#![expect(clippy::unwrap_used, reason = "in a test, what should not happen ends it")]

mod browser;
mod press;
mod server;
mod truth;

pub use browser::Browser;
pub use press::press;
pub use server::Server;

use std::{
    collections::BTreeMap,
    env, fs,
    ops::Deref,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use m365_emulator::{Config, Control, Emulator};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A tenant, a data folder and settings that connect them.
pub struct Scene {
    _runtime: Runtime,
    emulator: Emulator,
    folder: TempDir,
    /// As an administrator enters them; write them anew with [`Scene::enter`].
    pub settings: Value,
    /// `--missing-grace`, in minutes. 0 unless a test is about it: what is absent, and not found
    /// by its id either, is then removed by the run that notices it.
    pub missing_grace: u32,
}

/// What a run of the program came to.
#[derive(Debug)]
pub struct Run {
    /// The exit code.
    pub code: i32,
    /// All of it.
    pub stdout: String,
    /// All of it.
    pub stderr: String,
}

impl Run {
    /// The one JSON value on stdout.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The JSON values on stdout, one a line.
    #[track_caller]
    pub fn lines(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|it| panic!("{it}: {line}"));
        self.stdout.lines().map(parse).collect()
    }

    /// Expects an exit code.
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }
}

impl Scene {
    /// A tenant of so many people and rooms.
    pub fn new(users: usize, rooms: usize) -> Self {
        Self::with(Config { users, rooms, ..Config::default() })
    }

    /// Any tenant.
    pub fn with(config: Config) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let emulator = runtime.block_on(Emulator::start(config)).unwrap();
        let settings = json!({
            "server": {
                "name": "Contoso",
                "cloud": {"authority": emulator.authority(), "graph": emulator.graph()},
                "tenantId": emulator.tenant_id(),
                "clientId": emulator.client_id(),
                "clientSecret": emulator.client_secret(),
            },
            "users": {"defaultGroups": ["Staff"]},
        });
        let folder = tempfile::tempdir().unwrap();
        let scene = Self { _runtime: runtime, emulator, folder, settings, missing_grace: 0 };
        scene.enter(&scene.settings);
        scene
    }

    /// Writes other settings.
    pub fn enter(&self, settings: &Value) {
        fs::write(self.path("settings.json"), settings.to_string()).unwrap();
    }

    /// The settings with one value changed, written.
    pub fn set(&mut self, pointer: &str, value: Value) {
        let mut place = &mut self.settings;
        for name in pointer.split('/').skip(1) {
            place = &mut place[name];
        }
        *place = value;
        self.enter(&self.settings);
    }

    /// A file or folder of this scene.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `ones-host` with the component, data folder and settings of this scene.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(program("ones-host"));
        command
            .arg("--plugin")
            .arg(component())
            .arg("--data")
            .arg(self.path("data"))
            .arg("--missing-grace")
            .arg(self.missing_grace.to_string())
            .args(words)
            .current_dir(self.folder.path())
            // The tests need no network, and no proxy of the machine's.
            .env_remove("HTTP_PROXY")
            .env_remove("HTTPS_PROXY")
            .env_remove("http_proxy")
            .env_remove("https_proxy");
        command
    }

    /// Runs `ones-host` with the settings, JSON out.
    pub fn host(&self, words: &[&str]) -> Run {
        let settings = self.path("settings.json");
        let mut command = self.command(&["--format", "json", "--settings"]);
        run(command.arg(settings).args(words))
    }

    /// A sync that ends well; what it says.
    #[track_caller]
    pub fn sync(&self, what: &str) -> Value {
        self.host(&["sync", what]).ends_with(0).json()
    }

    /// What a sync did: added, updated, removed, held.
    #[track_caller]
    pub fn counts(&self, what: &str) -> [u64; 4] {
        let run = self.host(&["sync", what]);
        assert!(matches!(run.code, 0 | 3), "{run:#?}");
        let run = run.json();
        ["added", "updated", "removed", "held"].map(|it| run[it].as_u64().unwrap())
    }

    /// People that ONES offers: id to record.
    #[track_caller]
    pub fn synced_users(&self) -> BTreeMap<String, Value> {
        by_id(self.host(&["users"]).ends_with(0).lines())
    }

    /// Rooms that ONES offers: id to record.
    #[track_caller]
    pub fn synced_rooms(&self) -> BTreeMap<String, Value> {
        by_id(self.host(&["rooms"]).ends_with(0).lines())
    }

    /// Groups of the directory that ONES offers, with the ids of the people in them: id to record.
    #[track_caller]
    pub fn synced_groups(&self) -> BTreeMap<String, Value> {
        let mirrored = |it: &Value| it["source"] == "directory";
        let groups = self.host(&["groups", "--members"]).ends_with(0).lines();
        by_id(groups.into_iter().filter(mirrored).collect())
    }

    /// How often a path was asked, by a part of it.
    pub fn asked(&self, part: &str) -> usize {
        self.requests().iter().filter(|it| it.path.contains(part)).count()
    }

    /// Expects the store to say what the tenant does.
    #[track_caller]
    pub fn assert_users_match(&self) {
        let (kept, truth) = (self.synced_users(), self.expected_users());
        let ids = |it: &BTreeMap<String, Value>| it.keys().cloned().collect::<Vec<_>>();
        assert_eq!(ids(&kept), ids(&truth));
        for (id, person) in &kept {
            for (ours, theirs) in [
                ("username", "userPrincipalName"),
                ("displayName", "displayName"),
                ("email", "mail"),
                ("jobTitle", "jobTitle"),
                ("department", "department"),
                ("mobilePhone", "mobilePhone"),
            ] {
                assert_eq!(text(person, ours), text(&truth[id], theirs), "{ours} of {person}");
            }
        }
    }
}

impl Deref for Scene {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.emulator
    }
}

/// A member's text, empty where there is none.
pub fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

/// The built component.
pub fn component() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/ones_office365.wasm");
    assert!(path.exists(), "{} is missing: run `cargo xtask build`", path.display());
    path
}

/// A program of this workspace, built beside the tests.
pub fn program(name: &str) -> PathBuf {
    let test = env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap();
    let path = folder.join(format!("{name}{}", env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} is missing: run `cargo xtask test`", path.display());
    path
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Run {
    let Output { status, stdout, stderr } = command.output().unwrap();
    Run {
        code: status.code().unwrap_or(-1),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}

fn by_id(records: Vec<Value>) -> BTreeMap<String, Value> {
    records.into_iter().map(|it| (text(&it, "id"), it)).collect()
}
