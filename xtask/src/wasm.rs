//! Builds packages for WebAssembly.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{Result, cargo};

/// The target of every component: WASI's bindings and Rust's standard library for it.
pub(crate) const TARGET: &str = "wasm32-wasip2";

/// The packages that become components: the plugin, and the HTTP front end in its two variants.
pub(crate) const PACKAGES: [&str; 3] = [PLUGIN, SPIN, SERVE];

/// The package with the first plugin of docs/writing-a-plugin.md, which is checked only.
pub(crate) const EXAMPLE: &str = "ones-example";

pub(crate) const PLUGIN: &str = "ones-office365";
pub(crate) const SPIN: &str = "ones-spin";
pub(crate) const SERVE: &str = "ones-serve";

/// Builds the library of a package, and returns the bytes of the component.
pub(crate) fn build(package: &str) -> Result<Vec<u8>> {
    add_target()?;
    // For this target only: cargo builds procedural macros without these flags.
    cargo::wait(
        cargo::command()
            .args(["build", "--package", package, "--lib", "--profile", "component"])
            .args(["--target", TARGET])
            .env("CARGO_ENCODED_RUSTFLAGS", flags().join("\u{1f}")),
    )?;
    let file = format!("{}.wasm", package.replace('-', "_"));
    read(&cargo::target_folder().join(TARGET).join("component").join(file))
}

/// Returns the flags of the compiler. Every host of components has the vector instructions: they
/// are a part of WebAssembly 2.0.
fn flags() -> Vec<String> {
    let vectors = ["-C", "target-feature=+simd128"].map(str::to_owned);
    without_local_paths().into_iter().chain(vectors).collect()
}

/// Returns the flags that keep the paths of this machine out of a component.
///
/// Panics name source files. Without local paths, every machine builds the same bytes.
fn without_local_paths() -> Vec<String> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    let sources = home.map(|home| home.join("registry").join("src"));
    let registries = sources.and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten();
    let mut paths = vec![cargo::root()];
    paths.extend(registries.flatten().map(|registry| registry.path()));
    paths.iter().map(|path| format!("--remap-path-prefix={}=", path.display())).collect()
}

/// Adds the target to the toolchain where it is missing.
///
/// `rust-toolchain.toml` alone does not add it where rustup may not install by itself.
pub(crate) fn add_target() -> Result {
    let sysroot = Command::new("rustc")
        .args(["--print", "sysroot"])
        .current_dir(cargo::root())
        .output()
        .map_err(|error| format!("cannot run rustc: {error}"))?;
    let sysroot = String::from_utf8_lossy(&sysroot.stdout).trim().to_owned();
    if Path::new(&sysroot).join("lib").join("rustlib").join(TARGET).join("lib").exists() {
        return Ok(());
    }
    let added = Command::new("rustup")
        .args(["target", "add", TARGET])
        .current_dir(cargo::root())
        .stdin(Stdio::null())
        .status();
    match added {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!(
            "the target {TARGET} is missing and rustup could not add it: \
             try `rustup target add {TARGET}`"
        )),
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}
