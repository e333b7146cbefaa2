//! A scene for an end-to-end test: an emulated tenant, and the program `ones-host` with the built
//! component.
//!
//! `cargo xtask test` builds both before the tests run.

#![expect(clippy::unwrap_used, reason = "an unexpected error fails the test")]

mod browser;
mod calendars;
mod press;
mod server;
mod truth;

pub use browser::Browser;
pub use calendars::{Occurrence, day, room};
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
    /// Settings as an administrator enters them. [`Scene::enter`] writes changed settings.
    pub settings: Value,
    /// `--missing-grace`, in minutes. With 0, the default, a run removes records that it finds
    /// neither in a listing nor by their ids.
    pub missing_grace: u32,
}

/// The result of a run of the program.
#[derive(Debug)]
pub struct Run {
    /// The exit code.
    pub code: i32,
    /// Complete standard output.
    pub stdout: String,
    /// Complete standard error.
    pub stderr: String,
}

impl Run {
    /// Returns the JSON value on stdout.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Returns the JSON values on stdout, one for each line.
    #[track_caller]
    pub fn lines(&self) -> Vec<Value> {
        let parse =
            |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
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
    /// Starts a tenant with the given numbers of users and rooms.
    pub fn new(users: usize, rooms: usize) -> Self {
        Self::with(Config { users, rooms, ..Config::default() })
    }

    /// Starts a tenant with any configuration.
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

    /// Changes one value of the settings, and writes them.
    pub fn set(&mut self, pointer: &str, value: Value) {
        let mut place = &mut self.settings;
        for name in pointer.split('/').skip(1) {
            place = &mut place[name];
        }
        *place = value;
        self.enter(&self.settings);
    }

    /// Returns the path of a file or folder of this scene.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns the command `ones-host` with the component and the data folder of this scene.
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
            // The tests need no network, and no proxy of this machine.
            .env_remove("HTTP_PROXY")
            .env_remove("HTTPS_PROXY")
            .env_remove("http_proxy")
            .env_remove("https_proxy");
        command
    }

    /// Runs `ones-host` with the settings and JSON output.
    pub fn host(&self, words: &[&str]) -> Run {
        let settings = self.path("settings.json");
        let mut command = self.command(&["--format", "json", "--settings"]);
        run(command.arg(settings).args(words))
    }

    /// Runs a sync that has to succeed, and returns its output.
    #[track_caller]
    pub fn sync(&self, what: &str) -> Value {
        self.host(&["sync", what]).ends_with(0).json()
    }

    /// Runs a sync, and returns its numbers of added, updated, removed and held records.
    #[track_caller]
    pub fn counts(&self, what: &str) -> [u64; 4] {
        let run = self.host(&["sync", what]);
        assert!(matches!(run.code, 0 | 3), "{run:#?}");
        let run = run.json();
        ["added", "updated", "removed", "held"].map(|count| run[count].as_u64().unwrap())
    }

    /// Returns the users that ONES offers, by id.
    #[track_caller]
    pub fn synced_users(&self) -> BTreeMap<String, Value> {
        by_id(self.host(&["users"]).ends_with(0).lines())
    }

    /// Returns the rooms that ONES offers, by id.
    #[track_caller]
    pub fn synced_rooms(&self) -> BTreeMap<String, Value> {
        by_id(self.host(&["rooms"]).ends_with(0).lines())
    }

    /// Returns the groups of the directory that ONES offers, with the ids of their members, by id.
    #[track_caller]
    pub fn synced_groups(&self) -> BTreeMap<String, Value> {
        let is_mirrored = |group: &Value| group["source"] == "directory";
        let groups = self.host(&["groups", "--members"]).ends_with(0).lines();
        by_id(groups.into_iter().filter(is_mirrored).collect())
    }

    /// Returns the number of requests whose path contains this text.
    pub fn asked(&self, part: &str) -> usize {
        self.requests().iter().filter(|request| request.path.contains(part)).count()
    }

    /// Expects that the stored users are those of the tenant.
    #[track_caller]
    pub fn assert_users_match(&self) {
        let (stored, truth) = (self.synced_users(), self.expected_users());
        let ids = |users: &BTreeMap<String, Value>| users.keys().cloned().collect::<Vec<_>>();
        assert_eq!(ids(&stored), ids(&truth));
        for (id, user) in &stored {
            for (ours, theirs) in [
                ("username", "userPrincipalName"),
                ("displayName", "displayName"),
                ("email", "mail"),
                ("jobTitle", "jobTitle"),
                ("department", "department"),
                ("mobilePhone", "mobilePhone"),
            ] {
                assert_eq!(text(user, ours), text(&truth[id], theirs), "{ours} of {user}");
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

/// Returns a string member; empty if there is none.
pub fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

/// Returns the path of the built component.
pub fn component() -> PathBuf {
    built("ones_office365.wasm")
}

/// Returns the path of the first plugin of docs/writing-a-plugin.md.
pub fn example() -> PathBuf {
    built("example/ones_example.wasm")
}

fn built(file: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target").join(file);
    assert!(path.exists(), "{} is missing: run `cargo xtask build`", path.display());
    path
}

/// Returns the path of a program of this workspace, which is built before the tests.
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
    records.into_iter().map(|record| (text(&record, "id"), record)).collect()
}
