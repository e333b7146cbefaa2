//! What the figures were measured on.

use std::{fs, process::Command, thread};

use crate::{Result, cargo};

/// Prints the machine, the versions and the commit.
pub(crate) fn print() -> Result {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = processor.lines().find_map(|line| line.strip_prefix("model name"));
    let processor = processor.map_or("unknown", |name| name.trim_start_matches([' ', '\t', ':']));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    println!("| | |\n|---|---|");
    println!("| processor | {processor}, cores: {cores} |");
    println!("| system | {} {} |", line("uname", &["-s"]), line("uname", &["-r"]));
    println!("| compiler | {} |", line("rustc", &["--version"]));
    for package in ["wasmtime", "rusqlite"] {
        println!("| {package} | {} |", version(package)?);
    }
    println!("| commit | {} |", line("git", &["describe", "--always", "--dirty", "--abbrev=10"]));
    Ok(())
}

/// Returns the first line that a program writes, or that there is none.
fn line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(cargo::root()).output();
    let output = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let line = output.ok().and_then(|output| output.lines().next().map(str::to_owned));
    line.unwrap_or_else(|| "unknown".to_owned())
}

/// Returns the version of a package in `Cargo.lock`.
fn version(package: &str) -> Result<String> {
    let id = cargo::output(&["pkgid", package])?;
    let version = id.trim().rsplit(['#', '@']).next().unwrap_or_default();
    Ok(version.to_owned())
}
