//! What must hold before a change lands, apart from the tests. Needs no network and no nightly
//! toolchain.

mod features;
mod width;

use crate::{Result, cargo, wasm};

type Check = (&'static str, fn() -> Result);

/// The fastest checks come first.
const CHECKS: [Check; 6] = [
    ("line width", width::check),
    ("format", format),
    ("features of dependencies", features::check),
    ("lints", lints),
    ("lints of the components", component_lints),
    ("documentation", documentation),
];

/// Runs every check, also after one has failed, and reports which ones failed.
pub(crate) fn run() -> Result {
    let mut failed = Vec::new();
    for (name, check) in CHECKS {
        println!("── {name}");
        if let Err(error) = check() {
            eprintln!("{error}\n");
            failed.push(name);
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

fn format() -> Result {
    cargo::run(&["fmt", "--all", "--check"])
}

fn lints() -> Result {
    let arguments = ["clippy", "--workspace", "--all-targets", "--locked"];
    cargo::run(&[&arguments[..], &["--", "-D", "warnings"]].concat())
}

fn component_lints() -> Result {
    wasm::add_target()?;
    // All at once: each on its own would have the packages that they share checked again, with
    // other features.
    let packages = wasm::PACKAGES.into_iter().chain([wasm::EXAMPLE]);
    let packages: Vec<_> = packages.flat_map(|package| ["--package", package]).collect();
    let rest = ["--lib", "--target", wasm::TARGET, "--locked", "--", "-D", "warnings"];
    cargo::run(&[&["clippy"], &packages[..], &rest].concat())
}

fn documentation() -> Result {
    let arguments = ["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"];
    cargo::wait(cargo::command().args(arguments).env("RUSTDOCFLAGS", "-D warnings"))
}
