//! Other projects' clients, each at a pinned version, installed into `target/peers`.
//!
//! Their package registries are reached from here alone. Where one is not, the peer is reported as
//! not measured.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::contestants::{Contestant, Prepared};
use crate::cargo;

pub(crate) const RUST: &str = "graph-rs-sdk";
pub(crate) const NODE: &str = "@microsoft/microsoft-graph-client";
pub(crate) const BACKSTAGE: &str = "@backstage/plugin-catalog-backend-module-msgraph";
pub(crate) const PYTHON: &str = "Python requests + json";
const PYTHON_SDK: &str = "Microsoft's client for Python";

/// Prepares every peer but [`slow`].
pub(crate) fn prepare() -> Vec<Prepared> {
    let named = |name: &str, prepared: Result<Contestant, String>| {
        prepared.map_err(|why| (name.to_owned(), why))
    };
    vec![
        named(RUST, rust()),
        named(NODE, node(NODE, "graph-client")),
        named(BACKSTAGE, node(BACKSTAGE, "backstage")),
        named(PYTHON, python(PYTHON, "requests")),
    ]
}

/// Prepares the peer that takes milliseconds for each user.
pub(crate) fn slow() -> Prepared {
    python(PYTHON_SDK, "msgraph-sdk").map_err(|why| (PYTHON_SDK.to_owned(), why))
}

fn rust() -> Result<Contestant, String> {
    let target = folder(RUST)?;
    let manifest = sources(RUST).join("Cargo.toml");
    let mut command = cargo::command();
    command.args(["build", "--release", "--locked", "--quiet", "--manifest-path"]).arg(&manifest);
    finish(command.arg("--target-dir").arg(&target))?;
    let program = format!("graph-rs-sdk-peer{}", std::env::consts::EXE_SUFFIX);
    let manifest = fs::read_to_string(&manifest).unwrap_or_default();
    let version = manifest.split_once("\"=").and_then(|(_, rest)| rest.split('"').next());
    let name = format!("{RUST} {} (native)", version.unwrap_or_default());
    Ok(Contestant { name, line: vec![target.join("release").join(program)] })
}

/// Prepares a client of a folder, which is an npm package of this name.
fn node(package: &str, peer: &str) -> Result<Contestant, String> {
    let target = folder(peer)?;
    for file in ["package.json", "package-lock.json", "read.mjs"] {
        copy(&sources(peer).join(file), &target.join(file))?;
    }
    let install = ["ci", "--ignore-scripts", "--loglevel", "error"];
    finish(Command::new("npm").args(install).current_dir(&target))?;
    let version = output(Command::new("node").arg("--version"))?;
    let manifest = fs::read_to_string(target.join("package.json")).unwrap_or_default();
    let manifest = serde_json::from_str::<serde_json::Value>(&manifest).unwrap_or_default();
    let client = manifest["dependencies"][package].as_str().unwrap_or_default();
    let name = format!("{package} {client}, Node {}", version.trim_start_matches('v'));
    Ok(Contestant { name, line: vec!["node".into(), target.join("read.mjs")] })
}

/// Prepares a program in Python that needs one package, which has the name of its folder.
fn python(title: &str, peer: &str) -> Result<Contestant, String> {
    let target = folder(peer)?;
    finish(Command::new("python3").args(["-m", "venv"]).arg(&target))?;
    let python = target.join("bin").join("python");
    let requirements = sources(peer).join("requirements.txt");
    finish(Command::new(&python).args(["-m", "pip", "install", "-q", "-r"]).arg(&requirements))?;
    let pinned = fs::read_to_string(&requirements).unwrap_or_default();
    let package = pinned.trim().replace("==", " ");
    let version = output(Command::new(&python).arg("--version"))?;
    let name = format!("{title} ({package}, {version})");
    Ok(Contestant { name, line: vec![python, sources(peer).join("read.py")] })
}

fn sources(peer: &str) -> PathBuf {
    cargo::root().join("benches").join("peers").join(peer)
}

/// Creates the folder that a peer is installed into.
fn folder(peer: &str) -> Result<PathBuf, String> {
    let folder = cargo::target_folder().join("peers").join(peer);
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to).map(drop).map_err(|error| format!("{}: {error}", from.display()))
}

fn finish(command: &mut Command) -> Result<(), String> {
    output(command).map(drop)
}

/// Runs a command to its end, and returns what it wrote to standard output. Its error is one line.
fn output(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("cannot run {program}: {error}"))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{program}: {}", reason(&errors)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Returns the line of an error output that says most: the first that is marked as an error, or
/// the last one.
fn reason(errors: &str) -> &str {
    let is_marked = |line: &&str| {
        let line = line.to_ascii_lowercase();
        line.starts_with("error") || line.starts_with("npm err")
    };
    let mut lines = errors.lines().map(str::trim).filter(|line| !line.is_empty());
    let last = lines.clone().next_back();
    lines.find(is_marked).or(last).unwrap_or("failed without a word")
}

#[test]
fn the_reason_is_the_line_that_is_marked_as_an_error() {
    let pip = "WARNING: Retrying\nERROR: No matching distribution\nnotice: a new version\n";
    assert_eq!(reason(pip), "ERROR: No matching distribution");
    assert_eq!(reason("npm error code E404\nnpm error a log is in …\n"), "npm error code E404");
    assert_eq!(reason("Traceback\nno module named venv\n"), "no module named venv");
}
