//! Runs cargo in the folder of the workspace.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::Result;

/// Returns the folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

/// Returns the folder that cargo builds into.
pub(crate) fn target_folder() -> PathBuf {
    let configured = env::var_os("CARGO_TARGET_DIR");
    configured.map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// Returns a `cargo` command that is still without arguments.
///
/// Its environment is that of a `cargo` in a terminal, without the variables that `cargo run` sets
/// for xtask. A build script that depends on them would run again (ring's does), and cargo would
/// compile everything above it.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_MANIFEST_") || text.starts_with("CARGO_PKG_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs `cargo` with these arguments.
pub(crate) fn run(arguments: &[&str]) -> Result {
    wait(command().args(arguments))
}

/// Runs a `cargo` command to its end; an exit code other than 0 is an error.
pub(crate) fn wait(command: &mut Command) -> Result {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{}` failed: {status}", line(command))),
        Err(error) => Err(format!("cannot run cargo: {error}")),
    }
}

/// Runs `cargo` with these arguments and returns what it writes to standard output.
pub(crate) fn output(arguments: &[&str]) -> Result<String> {
    let mut command = command();
    let output = command.args(arguments).output();
    let output = output.map_err(|error| format!("cannot run cargo: {error}"))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`{}` failed: {}\n{stderr}", line(&command), output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Returns a command as it is typed into a terminal.
fn line(command: &Command) -> String {
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    [vec!["cargo".to_owned()], arguments.collect()].concat().join(" ")
}
