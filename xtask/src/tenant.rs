//! An emulated tenant in a process of its own, and the host with settings for it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use crate::{Result, host::Host, programs::Programs};

/// A running emulator and a data folder; both end with this value.
pub(crate) struct Tenant {
    emulator: Child,
    /// `authority`, `graph`, `tenantId`, `clientId`, `clientSecret`.
    pub(crate) access: Value,
    /// The host that is connected to it.
    pub(crate) host: Host,
}

/// How many objects a tenant has.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    users: u32,
    rooms: u32,
    groups: u32,
    memberships: u32,
    /// Events of each room.
    events: u32,
}

impl Size {
    /// Returns the size of a company: 20 users a group, and 10 groups a user.
    pub(crate) const fn of_users(users: u32) -> Self {
        Self { users, rooms: 250, groups: users / 20, memberships: users * 10, events: 300 }
    }

    /// Returns the size of a tenant with these rooms, each with this number of events, and few
    /// users.
    pub(crate) const fn of_rooms(rooms: u32, events: u32) -> Self {
        Self { rooms, events, ..Self::of_users(1_000) }
    }
}

impl Tenant {
    /// Starts the emulator and writes settings for it.
    pub(crate) fn start(programs: &Programs, plugin: &Path, size: Size) -> Result<Self> {
        let mut emulator = Command::new(&programs.emulator)
            .args(["--listen", "127.0.0.1:0", "--users", &size.users.to_string()])
            .args(["--rooms", &size.rooms.to_string(), "--groups", &size.groups.to_string()])
            .args(["--memberships", &size.memberships.to_string()])
            .args(["--events", &size.events.to_string()])
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
        let host = Host::connect(programs, plugin, &access)?;
        Ok(Self { emulator, access, host })
    }

    /// Makes a number of changes to the users of the tenant.
    pub(crate) fn change(&self, users: u32) -> Result {
        self.send("POST", "change", &json!({ "users": users }))
    }

    /// Returns what the emulator's admin API has at a path.
    pub(crate) fn get(&self, path: &str) -> Result<Value> {
        let answer = ureq::get(self.admin(path)).call();
        answer
            .and_then(|mut answer| answer.body_mut().read_json())
            .map_err(|error| format!("cannot read {path} of the tenant: {error}"))
    }

    /// Sends a change to the emulator's admin API.
    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> Result {
        let url = self.admin(path);
        let sent = match method {
            "DELETE" => ureq::delete(url).call(),
            "PATCH" => ureq::patch(url).send_json(body),
            "PUT" => ureq::put(url).send_json(body),
            _ => ureq::post(url).send_json(body),
        };
        sent.map(drop).map_err(|error| format!("cannot change {path} of the tenant: {error}"))
    }

    /// Makes something with the emulator's admin API, and returns the answer.
    pub(crate) fn made(&self, path: &str, body: &Value) -> Result<Value> {
        let answer = ureq::post(self.admin(path)).send_json(body);
        answer
            .and_then(|mut answer| answer.body_mut().read_json())
            .map_err(|error| format!("cannot make {path} of the tenant: {error}"))
    }

    fn admin(&self, path: &str) -> String {
        format!("{}/_emulator/{path}", self.graph())
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
