//! Requests, memory, size and speed, against the emulator on this machine.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    Result, cargo,
    tenant::{Size, Tenant},
};

/// As many groups as a twentieth of the people, and ten memberships a person.
const SIZES: [Size; 2] = [Size::of(10_000), Size::of(100_000)];

pub(crate) fn run() -> Result {
    let component = cargo::component()?;
    let programs = cargo::programs("release")?;
    println!(
        "\n| | 10,000 people, 500 groups, 100,000 memberships | 100,000, 5,000, 1,000,000 |\n|---|---|---|"
    );
    let mut columns = Vec::new();
    for size in SIZES {
        let tenant = Tenant::start(&programs, &component, size)?;
        // Compiles the component once; the host keeps the result.
        tenant.ask(&["describe"])?;
        let rooms = measure(&tenant, &["sync", "rooms"])?;
        let first = measure(&tenant, &["sync", "users"])?;
        tenant.change(100)?;
        let changed = measure(&tenant, &["sync", "users"])?;
        let unchanged = measure(&tenant, &["sync", "users"])?;
        columns.push([rooms, first, changed, unchanged]);
    }
    let titles =
        ["rooms", "first sync of people and groups", "sync of 100 changes", "sync without changes"];
    for (row, title) in titles.iter().enumerate() {
        let cells: Vec<_> = columns.iter().map(|it| it[row].to_string()).collect();
        println!("| {title} | {} |", cells.join(" | "));
    }
    println!();
    cargo::cargo(&["bench", "--quiet", "--package", "end-to-end"])
}

/// What one run of the host took.
struct Run {
    requests: u64,
    time: Duration,
    component: u64,
    host: u64,
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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

fn measure(tenant: &Tenant, words: &[&str]) -> Result<Run> {
    let begun = Instant::now();
    let mut child = tenant.begin(words)?;
    // The kernel's own high-water mark of resident memory; only Linux has it.
    let status = format!("/proc/{}/status", child.id());
    let mut host = 0;
    let code = loop {
        host = peak_memory(&status).unwrap_or(host);
        match child.try_wait() {
            Ok(Some(code)) => break code,
            Ok(None) => thread::sleep(Duration::from_millis(5)),
            Err(error) => return Err(format!("ones-host is lost: {error}")),
        }
    };
    let time = begun.elapsed();
    if !matches!(code.code(), Some(0 | 3)) {
        return Err(format!("ones-host {} ended with {code}", words.join(" ")));
    }
    let runs = tenant.ask(&["runs"])?;
    let runs = String::from_utf8_lossy(&runs.stdout);
    // One a line, the last one last.
    let run: Value = runs
        .lines()
        .filter_map(|it| serde_json::from_str::<Value>(it).ok())
        .max_by_key(|it| it["id"].as_u64())
        .ok_or("no run was recorded")?;
    Ok(Run {
        requests: run["summary"]["requests"].as_u64().unwrap_or_default(),
        time,
        component: run["peakMemory"].as_u64().unwrap_or_default(),
        host,
    })
}

/// In bytes.
fn peak_memory(status: &str) -> Option<u64> {
    let status = fs::read_to_string(status).ok()?;
    let line = status.lines().find(|it| it.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}
