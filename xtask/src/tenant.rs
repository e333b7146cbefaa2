//! An emulated tenant in a process of its own, and the host that syncs it.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
};

use serde_json::{Value, json};

use crate::Result;

/// Goes away with its tenant.
pub(crate) struct Tenant {
    emulator: Child,
    /// `authority`, `graph`, `tenantId`, `clientId`, `clientSecret`.
    pub(crate) access: Value,
    folder: tempfile::TempDir,
    host: PathBuf,
    component: PathBuf,
}

/// How much there is in a tenant.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) users: u32,
    pub(crate) rooms: u32,
    pub(crate) groups: u32,
    pub(crate) memberships: u32,
}

impl Size {
    /// A company of so many people.
    pub(crate) const fn of(users: u32) -> Self {
        Self { users, rooms: 250, groups: users / 20, memberships: users * 10 }
    }
}

/// By which the settings name the secret, so that it is in no file.
const SECRET: &str = "ONES_CLIENT_SECRET";

impl Tenant {
    /// Starts the emulator and writes settings for it.
    pub(crate) fn start(
        (host, emulator): &(PathBuf, PathBuf),
        component: &Path,
        size: Size,
    ) -> Result<Self> {
        let mut emulator = Command::new(emulator)
            .args(["--listen", "127.0.0.1:0", "--users", &size.users.to_string()])
            .args(["--rooms", &size.rooms.to_string(), "--groups", &size.groups.to_string()])
            .args(["--memberships", &size.memberships.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|it| format!("the emulator cannot be run: {it}"))?;
        let mut line = String::new();
        let stdout = emulator.stdout.take().ok_or("the emulator has no output")?;
        BufReader::new(stdout)
            .read_line(&mut line)
            .map_err(|it| format!("the emulator says nothing: {it}"))?;
        let access: Value = serde_json::from_str(&line)
            .map_err(|it| format!("the emulator's first line is no JSON: {it}"))?;
        let folder = tempfile::tempdir().map_err(|it| format!("no temporary folder: {it}"))?;
        let settings = json!({
            "server": {
                "name": "Contoso",
                "cloud": {"authority": access["authority"], "graph": access["graph"]},
                "tenantId": access["tenantId"],
                "clientId": access["clientId"],
                "clientSecret": format!("${{{SECRET}}}"),
            },
            "users": {"defaultGroups": ["Staff"], "cardNumber": "employeeId"},
        });
        fs::write(folder.path().join("settings.json"), settings.to_string())
            .map_err(|it| format!("the settings cannot be written: {it}"))?;
        let (host, component) = (host.clone(), component.to_owned());
        Ok(Self { emulator, access, folder, host, component })
    }

    /// `ones-host` with these words, on this tenant.
    fn host(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.host);
        command
            .arg("--plugin")
            .arg(&self.component)
            .arg("--data")
            .arg(self.folder.path().join("data"))
            .arg("--settings")
            .arg(self.folder.path().join("settings.json"))
            .args(words)
            .env(SECRET, self.access["clientSecret"].as_str().unwrap_or_default());
        command
    }

    /// For a person who looks on.
    pub(crate) fn show(&self, words: &[&str]) -> Result<ExitStatus> {
        self.host(words).status().map_err(|it| format!("ones-host cannot be run: {it}"))
    }

    /// Without waiting for the end; says nothing.
    pub(crate) fn begin(&self, words: &[&str]) -> Result<Child> {
        let child = self.host(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        child.map_err(|it| format!("ones-host cannot be run: {it}"))
    }

    /// For a program.
    pub(crate) fn ask(&self, words: &[&str]) -> Result<Output> {
        let output = self.host(&["--format", "json"]).args(words).output();
        let output = output.map_err(|it| format!("ones-host cannot be run: {it}"))?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            return Err(format!("ones-host {}: {}\n{stderr}", words.join(" "), output.status));
        }
        Ok(output)
    }

    /// Something that happens in the tenant.
    pub(crate) fn change(&self, users: u32) -> Result<Value> {
        let url = format!("{}/_emulator/change", self.access["graph"].as_str().unwrap_or_default());
        let mut response = ureq::post(url)
            .send_json(json!({ "users": users }))
            .map_err(|it| format!("the tenant cannot be changed: {it}"))?;
        response.body_mut().read_json().map_err(|it| format!("the emulator answers no JSON: {it}"))
    }

    /// Of its own, gone with it.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the emulator answers.
    pub(crate) fn graph(&self) -> &str {
        self.access["graph"].as_str().unwrap_or_default()
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        // It has nothing to lose.
        let _ = self.emulator.kill();
        let _ = self.emulator.wait();
    }
}
