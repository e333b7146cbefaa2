//! An emulated tenant in a process of its own, and the host with settings for it.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use serde_json::{Value, json};

use crate::{Result, programs::Programs};

/// A running emulator and a data folder; both end with this value.
pub(crate) struct Tenant {
    emulator: Child,
    /// `authority`, `graph`, `tenantId`, `clientId`, `clientSecret`.
    pub(crate) access: Value,
    folder: tempfile::TempDir,
    host: PathBuf,
    plugin: PathBuf,
}

/// How many objects a tenant has.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    users: u32,
    rooms: u32,
    groups: u32,
    memberships: u32,
}

impl Size {
    /// Returns the size of a company: 20 users a group, and 10 groups a user.
    pub(crate) const fn of_users(users: u32) -> Self {
        Self { users, rooms: 250, groups: users / 20, memberships: users * 10 }
    }
}

/// The environment variable that the settings name for the secret, so that no file contains it.
const SECRET: &str = "ONES_CLIENT_SECRET";

impl Tenant {
    /// Starts the emulator and writes settings for it.
    pub(crate) fn start(programs: &Programs, plugin: &Path, size: Size) -> Result<Self> {
        let mut emulator = Command::new(&programs.emulator)
            .args(["--listen", "127.0.0.1:0", "--users", &size.users.to_string()])
            .args(["--rooms", &size.rooms.to_string(), "--groups", &size.groups.to_string()])
            .args(["--memberships", &size.memberships.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot run the emulator: {error}"))?;
        let mut line = String::new();
        let stdout = emulator.stdout.take().ok_or("the emulator has no output")?;
        BufReader::new(stdout)
            .read_line(&mut line)
            .map_err(|error| format!("cannot read the output of the emulator: {error}"))?;
        let access: Value = serde_json::from_str(&line)
            .map_err(|error| format!("the first line of the emulator is not JSON: {error}"))?;
        let folder = tempfile::tempdir()
            .map_err(|error| format!("cannot create a temporary folder: {error}"))?;
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
            .map_err(|error| format!("cannot write the settings: {error}"))?;
        let (host, plugin) = (programs.host.clone(), plugin.to_owned());
        Ok(Self { emulator, access, folder, host, plugin })
    }

    /// Runs `ones-host` with these arguments; its output goes to the terminal.
    pub(crate) fn run_host(&self, arguments: &[&str]) -> Result<ExitStatus> {
        let status = self.host(arguments).status();
        status.map_err(|error| format!("cannot run ones-host: {error}"))
    }

    /// Starts `ones-host` with these arguments; its output is discarded.
    pub(crate) fn start_host(&self, arguments: &[&str]) -> Result<Child> {
        let host = self.host(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        host.map_err(|error| format!("cannot run ones-host: {error}"))
    }

    /// Runs `ones-host --format json` with these arguments, and returns its output.
    pub(crate) fn host_json(&self, arguments: &[&str]) -> Result<String> {
        let output = self.host(&["--format", "json"]).args(arguments).output();
        let output = output.map_err(|error| format!("cannot run ones-host: {error}"))?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            return Err(format!("ones-host {}: {}\n{stderr}", arguments.join(" "), output.status));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn host(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.host);
        command
            .arg("--plugin")
            .arg(&self.plugin)
            .arg("--data")
            .arg(self.folder.path().join("data"))
            .arg("--settings")
            .arg(self.folder.path().join("settings.json"))
            .args(arguments)
            .env(SECRET, self.access["clientSecret"].as_str().unwrap_or_default());
        command
    }

    /// Makes a number of changes to the users of the tenant.
    pub(crate) fn change(&self, users: u32) -> Result {
        ureq::post(format!("{}/_emulator/change", self.graph()))
            .send_json(json!({ "users": users }))
            .map_err(|error| format!("cannot change the tenant: {error}"))?;
        Ok(())
    }

    /// Returns the folder that is deleted with this value.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the URL at which the emulator answers.
    pub(crate) fn graph(&self) -> &str {
        self.access["graph"].as_str().unwrap_or_default()
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        // The emulator stores nothing, so it need not end by itself.
        let _ = self.emulator.kill();
        let _ = self.emulator.wait();
    }
}
