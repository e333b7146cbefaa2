//! Building.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{Result, artefact, browser, compose, spin};

const TARGET: &str = "wasm32-wasip2";

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

/// Where cargo leaves what it builds.
pub(crate) fn target_folder() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |it| root().join(it))
}

/// Runs `cargo` with these words, from the workspace's folder.
pub(crate) fn cargo(words: &[&str]) -> Result {
    run(cargo_command().args(words))
}

/// Builds the plugin, and says where it is and how large.
pub(crate) fn component() -> Result<PathBuf> {
    let built = wasm("ones-office365")?;
    artefact::write("ones_office365.wasm", &artefact::PLUGIN, &artefact::read(&built)?)
}

/// Builds a package for WebAssembly, and says where cargo left it.
pub(crate) fn wasm(package: &str) -> Result<PathBuf> {
    add_target()?;
    // Panics name source files; the paths of this machine are nobody's business, and
    // without them everybody builds the same bytes.
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    let mut flags = vec![format!("--remap-path-prefix={}=", root().display())];
    let sources = home.map(|it| it.join("registry").join("src"));
    for registry in sources.and_then(|it| fs::read_dir(it).ok()).into_iter().flatten().flatten() {
        flags.push(format!("--remap-path-prefix={}=", registry.path().display()));
    }
    // For the target alone: proc macros are built for this machine, without them.
    run(cargo_command()
        .args(["build", "--package", package, "--lib", "--profile", "component"])
        .args(["--target", TARGET])
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}")))?;
    let file = format!("{}.wasm", package.replace('-', "_"));
    Ok(target_folder().join(TARGET).join("component").join(file))
}

/// The host and the emulator, in a profile.
pub(crate) fn programs(profile: &str) -> Result<(PathBuf, PathBuf)> {
    cargo(&[
        "build",
        "--profile",
        profile,
        "--package",
        "ones-host",
        "--package",
        "m365-emulator",
    ])?;
    let folder = target_folder().join(if profile == "dev" { "debug" } else { profile });
    let name = |it: &str| folder.join(format!("{it}{}", env::consts::EXE_SUFFIX));
    Ok((name("ones-host"), name("m365-emulator")))
}

/// Builds everything, then tests everything.
pub(crate) fn test(filter: Option<&str>) -> Result {
    compose::all()?;
    // Brings the programs along, since packages with programs have tests of their own. Built by
    // themselves they would have other features, and Wasmtime would be compiled twice.
    let mut words = vec!["test", "--workspace"];
    words.extend(filter);
    if !browser::prepare() {
        words.extend(["--", "--skip", "browser::"]);
    }
    let mut command = cargo_command();
    if spin::is_at_hand() {
        command.env("ONES_SPIN", "spin");
    }
    run(command.args(words))
}

/// A `rust-toolchain.toml` alone does not fetch the target where rustup may not install by itself.
fn add_target() -> Result {
    let sysroot = Command::new("rustc")
        .args(["--print", "sysroot"])
        .current_dir(root())
        .output()
        .map_err(|it| format!("rustc cannot be run: {it}"))?;
    let sysroot = String::from_utf8_lossy(&sysroot.stdout).trim().to_owned();
    if Path::new(&sysroot).join("lib").join("rustlib").join(TARGET).join("lib").exists() {
        return Ok(());
    }
    let added = Command::new("rustup")
        .args(["target", "add", TARGET])
        .current_dir(root())
        .stdin(Stdio::null())
        .status();
    match added {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!(
            "the target {TARGET} is missing and could not be added: try `rustup target add {TARGET}`"
        )),
    }
}

fn cargo_command() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

fn run(command: &mut Command) -> Result {
    let words: Vec<_> = command.get_args().map(|it| it.to_string_lossy().into_owned()).collect();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`cargo {}` failed: {status}", words.join(" "))),
        Err(error) => Err(format!("cargo cannot be run: {error}")),
    }
}
