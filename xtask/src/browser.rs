//! The browser that the tests of pages drive.

use std::{
    env,
    process::{Command, Stdio},
};

const PROGRAMS: [&str; 2] = ["chromium", "chromedriver"];

/// Whether there is one; installs Debian's where it may, and says what to do where it may not.
pub(crate) fn prepare() -> bool {
    if is_there() {
        return true;
    }
    println!("Installing chromium and chromium-driver for the tests of pages");
    let installed = is_root()
        && apt(&["update", "-qq"])
        && apt(&["install", "-qq", "-y", "--no-install-recommends", "chromium", "chromium-driver"])
        && is_there();
    if !installed {
        println!(
            "The tests of pages are LEFT OUT: there is no {}. On Debian: sudo apt-get install chromium chromium-driver",
            PROGRAMS.join(" or no ")
        );
    }
    installed
}

fn is_there() -> bool {
    let Some(path) = env::var_os("PATH") else { return false };
    PROGRAMS.iter().all(|it| env::split_paths(&path).any(|folder| folder.join(it).is_file()))
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|it| it.stdout.trim_ascii() == b"0")
}

fn apt(words: &[&str]) -> bool {
    let status = Command::new("apt-get")
        .args(words)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .status();
    status.is_ok_and(|it| it.success())
}
