//! Chromium and its driver, which the tests of the pages need.

use std::{
    env,
    process::{Command, Stdio},
};

const PROGRAMS: [&str; 2] = ["chromium", "chromedriver"];

const MISSING: &str = "\
The tests of the pages are SKIPPED: chromium or chromedriver is not installed.
On Debian: sudo apt-get install chromium chromium-driver";

/// Returns whether both programs are installed.
///
/// Where they are missing, it installs them as root on Debian, and elsewhere prints how to.
pub(crate) fn prepare() -> bool {
    if is_installed() {
        return true;
    }
    if !is_root() {
        println!("{MISSING}");
        return false;
    }
    println!("Installing chromium and chromium-driver for the tests of the pages");
    let packages = ["chromium", "chromium-driver"];
    let install = [&["install", "-qq", "-y", "--no-install-recommends"][..], &packages].concat();
    let installed = apt_get(&["update", "-qq"]) && apt_get(&install) && is_installed();
    if !installed {
        println!("{MISSING}");
    }
    installed
}

fn is_installed() -> bool {
    let Some(path) = env::var_os("PATH") else { return false };
    let is_on_path =
        |program: &&str| env::split_paths(&path).any(|folder| folder.join(program).is_file());
    PROGRAMS.iter().all(is_on_path)
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn apt_get(arguments: &[&str]) -> bool {
    let status = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}
