//! All tests, or those whose name contains a text.

use crate::{Result, browser, cargo, components, spin};

pub(crate) fn run(filter: Option<&str>) -> Result {
    components::all()?;
    // This builds the programs too: cargo builds them for the tests of their packages.
    let mut arguments = vec!["test", "--workspace"];
    arguments.extend(filter);
    if !browser::prepare() {
        arguments.extend(["--", "--skip", "browser::"]);
    }
    let mut command = cargo::command();
    if spin::is_available() {
        command.env("ONES_SPIN", "spin");
    }
    cargo::wait(command.args(arguments))
}
