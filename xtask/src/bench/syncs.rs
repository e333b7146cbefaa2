//! Requests, memory and time of syncs with the emulator.

use std::fmt;

use super::measured::{self, mib};
use crate::{
    Result, components,
    programs::{Profile, Programs},
    tenant::{Size, Tenant},
};

const SIZES: [Size; 2] = [Size::of_users(10_000), Size::of_users(100_000)];

const HEAD: &str = "
| | 10,000 users, 500 groups, 100,000 memberships | 100,000, 5,000, 1,000,000 |
|---|---|---|";

const ROWS: [&str; 4] =
    ["rooms", "first sync of users and groups", "sync of 100 changes", "sync without changes"];

pub(crate) fn measure() -> Result {
    let plugin = components::plugin()?;
    let programs = Programs::build(Profile::Release)?;
    println!("\n## Syncs\n{HEAD}");
    let mut columns = Vec::new();
    for size in SIZES {
        let tenant = Tenant::start(&programs, &plugin, size)?;
        tenant.host.compile_plugin()?;
        let rooms = sync(&tenant, &["sync", "rooms"])?;
        let first = sync(&tenant, &["sync", "users"])?;
        tenant.change(100)?;
        let changed = sync(&tenant, &["sync", "users"])?;
        let unchanged = sync(&tenant, &["sync", "users"])?;
        columns.push([rooms, first, changed, unchanged]);
    }
    for (row, title) in ROWS.iter().enumerate() {
        let cells: Vec<_> = columns.iter().map(|column| column[row].to_string()).collect();
        println!("| {title} | {} |", cells.join(" | "));
    }
    Ok(())
}

/// What one run of the host used.
pub(crate) struct Run {
    pub(crate) requests: u64,
    /// Seconds from start to end.
    time: f64,
    /// Largest memory of the component, in bytes.
    pub(crate) component: u64,
    /// Largest resident memory of the host, in bytes.
    pub(crate) host: u64,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} requests, {:.1} s, component {:.1} MiB, host {:.0} MiB",
            self.requests,
            self.time,
            mib(self.component),
            mib(self.host)
        )
    }
}

/// Runs `ones-host` with these arguments, which sync something.
pub(crate) fn sync(tenant: &Tenant, arguments: &[&str]) -> Result<Run> {
    let used = measured::run(&mut tenant.host.command(arguments), &[0, 3])?;
    let runs = tenant.host.runs()?;
    let last =
        runs.iter().max_by_key(|run| run["id"].as_u64()).ok_or("ones-host recorded no run")?;
    Ok(Run {
        requests: last["summary"]["requests"].as_u64().unwrap_or_default(),
        time: used.wall,
        component: last["peakMemory"].as_u64().unwrap_or_default(),
        host: used.memory,
    })
}
