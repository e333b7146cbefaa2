//! Where the processor time of a sync goes, by samples of `perf`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    contestants, measured,
    page_server::{PageServer, Tenant},
};
use crate::{
    Result, cargo, components,
    host::Host,
    programs::{Profile, Programs},
};

/// 99,900 users in 10 groups each.
const TENANT: Tenant = Tenant::of_pages(100).with_groups();

/// Samples in a second of processor time.
const FREQUENCY: &str = "1999";

/// Smallest share that has a row of its own.
const LEAST: f64 = 0.01;

pub(crate) fn measure() -> Result {
    if let Err(error) = Command::new("perf").arg("--version").output() {
        println!("\n## Profile\n\nNot measured: cannot run perf: {error}");
        return Ok(());
    }
    let plugin = components::plugin()?;
    let programs = Programs::build(Profile::Release)?;
    let contestant = contestants::build()?;
    let server = PageServer::start(TENANT)?;
    let host = Host::connect(&programs, &plugin, &server.access())?;
    host.compile_plugin()?;
    let mut component = Command::new(contestant);
    component.arg("component").arg(server.url());
    println!("\n## Profile\n");
    println!("{} users in 10 groups each; shares of the samples of perf.", server.users());
    print_shares("the component in the host, nothing stored", &component)?;
    print_shares("`ones-host sync users`, into an empty folder", &host.command(&["sync", "users"]))
}

/// Runs a command under perf, and prints where its samples are.
fn print_shares(what: &str, command: &Command) -> Result {
    let shares = shares(&record(command)?);
    println!("\n| {what} | |\n|---|---|");
    for (part, share) in shares.iter().filter(|(_, share)| *share >= LEAST) {
        println!("| {part} | {:.0} % |", share * 100.0);
    }
    Ok(())
}

/// Returns a line for each sample: address, function and file.
fn record(command: &Command) -> Result<String> {
    let data = data_file()?;
    let mut perf = Command::new("perf");
    perf.args(["record", "--quiet", "--freq", FREQUENCY, "--output"]).arg(&data).arg("--");
    perf.arg(command.get_program()).args(command.get_args());
    perf.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    measured::run(&mut perf, &[0])?;
    let mut script = Command::new("perf");
    script.args(["script", "--fields", "ip,sym,dso", "--input"]).arg(&data);
    Ok(measured::run(&mut script, &[0])?.output)
}

fn data_file() -> Result<PathBuf> {
    let folder = cargo::target_folder().join("bench");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder.join("perf.data"))
}

/// Returns the parts with their shares, the largest first.
fn shares(samples: &str) -> Vec<(String, f64)> {
    let mut counts = BTreeMap::<String, u32>::new();
    for sample in samples.lines().filter(|line| !line.trim().is_empty()) {
        *counts.entry(part(sample)).or_default() += 1;
    }
    let all: u32 = counts.values().sum();
    let mut shares: Vec<_> =
        counts.into_iter().map(|(part, count)| (part, f64::from(count) / f64::from(all))).collect();
    shares.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    shares
}

/// Returns the part of the program that a sample is in, from a line such as
/// `56434df71b1a core::fmt::write (/usr/bin/ones-host)`.
fn part(sample: &str) -> String {
    let sample = sample.trim().split_once(' ').map_or("", |(_address, rest)| rest);
    let (symbol, file) = sample.rsplit_once(" (").unwrap_or((sample, ""));
    let file = file.trim_end_matches(')');
    if file.starts_with("[kernel") || file.starts_with("[guest.kernel") {
        return "kernel".to_owned();
    }
    let name = Path::new(file).file_name().unwrap_or_default().to_string_lossy();
    // Compiled WebAssembly is in memory. perf expects its names in a file `perf-PID.map`.
    if !file.starts_with('/') || file.starts_with("//anon") || name.ends_with(".map") {
        return "component (WebAssembly)".to_owned();
    }
    if name.starts_with("libc.so") {
        return "libc: copying, comparing, allocation".to_owned();
    }
    match crate_of(symbol) {
        Some(name) if name.starts_with("wasmtime") => "Wasmtime".to_owned(),
        Some("core" | "alloc" | "std" | "hashbrown" | "__rustc") => {
            "Rust's standard library".to_owned()
        }
        Some("ones_host" | "ones_records") => "host".to_owned(),
        Some("hyper" | "hyper_util" | "reqwest" | "h2" | "http" | "tokio" | "mio") => {
            "HTTP and tokio".to_owned()
        }
        Some("rusqlite") => "SQLite".to_owned(),
        Some(_) => "other packages".to_owned(),
        // SQLite is what the programs have in C, apart from cryptography.
        None => "SQLite".to_owned(),
    }
}

/// Returns the crate of a function of Rust; of a function of C, `None`.
fn crate_of(symbol: &str) -> Option<&str> {
    let path = symbol.trim_start_matches(['<', '&', '(', '[', '*', ' ']);
    let path = path.strip_prefix("dyn ").or_else(|| path.strip_prefix("mut ")).unwrap_or(path);
    let (name, _) = path.split_once("::")?;
    name.chars().all(|char| char.is_alphanumeric() || char == '_').then_some(name)
}

#[test]
fn a_sample_is_counted_for_a_part() {
    let of = |symbol: &str| part(&format!("  56434df71b1a {symbol} (/usr/bin/ones-host)"));
    assert_eq!(of("sqlite3VdbeExec"), "SQLite");
    assert_eq!(of("<alloc::vec::Vec<T> as core::ops::Drop>::drop"), "Rust's standard library");
    assert_eq!(of("wasmtime_wasi_http::p3::body"), "Wasmtime");
    assert_eq!(of("ones_host::store::Store::open"), "host");
    assert_eq!(of("<&mut serde_json::de::Deserializer<R>>::deserialize_any"), "other packages");
    assert_eq!(part("ffffffff813a2413 finish_task_switch.isra.0 ([kernel.kallsyms])"), "kernel");
    assert_eq!(part("7f8bd4a29793 [unknown] (/tmp/perf-158.map)"), "component (WebAssembly)");
    assert_eq!(shares("1 a (/x)\n2 b::c (/x)\n3 a (/x)\n")[0].0, "SQLite");
}
