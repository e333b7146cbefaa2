//! Measures requests, memory and time of syncs with the emulator, and then runs the benchmarks of
//! `tests/benches`.

use std::{
    fmt, fs, thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    Result, cargo, components,
    programs::{Profile, Programs},
    tenant::{Size, Tenant},
};

const SIZES: [Size; 2] = [Size::of_users(10_000), Size::of_users(100_000)];

const HEAD: &str = "
| | 10,000 users, 500 groups, 100,000 memberships | 100,000, 5,000, 1,000,000 |
|---|---|---|";

const ROWS: [&str; 4] =
    ["rooms", "first sync of users and groups", "sync of 100 changes", "sync without changes"];

pub(crate) fn run() -> Result {
    let plugin = components::plugin()?;
    let programs = Programs::build(Profile::Release)?;
    println!("{HEAD}");
    let mut columns = Vec::new();
    for size in SIZES {
        let tenant = Tenant::start(&programs, &plugin, size)?;
        // The host compiles the plugin with the first command, and stores the result.
        tenant.host_json(&["describe"])?;
        let rooms = measure(&tenant, &["sync", "rooms"])?;
        let first = measure(&tenant, &["sync", "users"])?;
        tenant.change(100)?;
        let changed = measure(&tenant, &["sync", "users"])?;
        let unchanged = measure(&tenant, &["sync", "users"])?;
        columns.push([rooms, first, changed, unchanged]);
    }
    for (row, title) in ROWS.iter().enumerate() {
        let cells: Vec<_> = columns.iter().map(|column| column[row].to_string()).collect();
        println!("| {title} | {} |", cells.join(" | "));
    }
    println!();
    cargo::run(&["bench", "--quiet", "--package", "end-to-end"])
}

/// What one run of the host used.
struct Run {
    requests: u64,
    time: Duration,
    /// Largest memory of the component, in bytes.
    component: u64,
    /// Largest resident memory of the host, in bytes.
    host: u64,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[expect(clippy::cast_precision_loss, reason = "a tenth of a MiB is what is shown")]
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        write!(
            f,
            "{} requests, {:.1} s, component {:.1} MiB, host {:.0} MiB",
            self.requests,
            self.time.as_secs_f64(),
            mib(self.component),
            mib(self.host)
        )
    }
}

fn measure(tenant: &Tenant, arguments: &[&str]) -> Result<Run> {
    let start = Instant::now();
    let mut host = tenant.start_host(arguments)?;
    let status_file = format!("/proc/{}/status", host.id());
    let mut memory = 0;
    let status = loop {
        memory = peak_memory(&status_file).unwrap_or(memory);
        match host.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => thread::sleep(Duration::from_millis(5)),
            Err(error) => return Err(format!("cannot wait for ones-host: {error}")),
        }
    };
    let time = start.elapsed();
    if !matches!(status.code(), Some(0 | 3)) {
        return Err(format!("ones-host {} ended with {status}", arguments.join(" ")));
    }
    // One run a line.
    let runs = tenant.host_json(&["runs"])?;
    let last = runs
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .max_by_key(|run| run["id"].as_u64())
        .ok_or("ones-host recorded no run")?;
    Ok(Run {
        requests: last["summary"]["requests"].as_u64().unwrap_or_default(),
        time,
        component: last["peakMemory"].as_u64().unwrap_or_default(),
        host: memory,
    })
}

/// Reads the largest resident memory of a process so far, in bytes. Only Linux has such a file.
fn peak_memory(status_file: &str) -> Option<u64> {
    let status = fs::read_to_string(status_file).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}
