//! The host with a data folder of its own, and settings that connect it to a server.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
};

use serde_json::{Value, json};

use crate::{Result, programs::Programs};

/// The program `ones-host`, its plugin, and a data folder that is deleted with this value.
pub(crate) struct Host {
    program: PathBuf,
    plugin: PathBuf,
    folder: tempfile::TempDir,
    secret: String,
    settings: Value,
}

/// The environment variable that the settings name for the secret, so that no file contains it.
const SECRET: &str = "ONES_CLIENT_SECRET";

impl Host {
    /// Writes settings for a server with these members: `authority`, `graph`, `tenantId`,
    /// `clientId`, `clientSecret`.
    pub(crate) fn connect(programs: &Programs, plugin: &Path, access: &Value) -> Result<Self> {
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
        let secret = access["clientSecret"].as_str().unwrap_or_default().to_owned();
        let program = programs.host.clone();
        let host = Self { program, plugin: plugin.to_owned(), folder, secret, settings };
        host.write_settings()?;
        Ok(host)
    }

    /// Changes the settings so that bookings are read.
    pub(crate) fn switch_bookings_on(&mut self) -> Result {
        self.settings["rooms"] = json!({"bookings": "on"});
        self.write_settings()
    }

    fn write_settings(&self) -> Result {
        fs::write(self.folder.path().join("settings.json"), self.settings.to_string())
            .map_err(|error| format!("cannot write the settings: {error}"))
    }

    /// Returns the command that runs `ones-host` with these arguments.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("--plugin")
            .arg(&self.plugin)
            .arg("--data")
            .arg(self.folder.path().join("data"))
            .arg("--settings")
            .arg(self.folder.path().join("settings.json"))
            .args(arguments)
            .env(SECRET, &self.secret);
        command
    }

    /// Runs `ones-host` with these arguments; its output goes to the terminal.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<ExitStatus> {
        let status = self.command(arguments).status();
        status.map_err(|error| format!("cannot run ones-host: {error}"))
    }

    /// Runs `ones-host --format json` with these arguments, and returns its output.
    pub(crate) fn json(&self, arguments: &[&str]) -> Result<String> {
        let output = self.command(&["--format", "json"]).args(arguments).output();
        let output = output.map_err(|error| format!("cannot run ones-host: {error}"))?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            return Err(format!("ones-host {}: {}\n{stderr}", arguments.join(" "), output.status));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Lets the host compile the plugin, which it does with its first command, and stores.
    pub(crate) fn compile_plugin(&self) -> Result {
        self.json(&["describe"]).map(drop)
    }

    /// Returns the recorded runs.
    pub(crate) fn runs(&self) -> Result<Vec<Value>> {
        let runs = self.json(&["runs"])?;
        Ok(runs.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// Returns the folder that is deleted with this value.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}
