//! A data folder that may not be written, and one that may not be read.

#![cfg(unix)]

use std::{
    fs::{Permissions, copy, set_permissions},
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _},
        process::CommandExt as _,
    },
    path::Path,
    process::Command,
};

use ones_host::sync::{Options, Sync, Unobserved};
use tempfile::TempDir;

use crate::fake::*;

/// Gives a folder and its files these permissions.
fn allow(folder: &Path, of_folder: u32, of_files: u32) {
    for entry in std::fs::read_dir(folder).unwrap() {
        set_permissions(entry.unwrap().path(), Permissions::from_mode(of_files)).unwrap();
    }
    set_permissions(folder, Permissions::from_mode(of_folder)).unwrap();
}

/// Runs the program as a user without root's permissions.
#[track_caller]
fn run(folder: &Path, args: &[&str], code: i32) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ones-host"));
    command.args(args).args(["--format", "json", "--data"]).arg(folder).env_clear();
    command.current_dir("/");
    if folder.metadata().unwrap().uid() == 0 {
        command.uid(65_534).gid(65_534);
    }
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

fn names(folder: &Path) -> Vec<std::ffi::OsString> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name()).collect();
    names.sort();
    names
}

#[test]
fn what_may_not_be_written_is_read() {
    let ones = Ones::with_users(&ids(3));
    let folder = ones.folder.path();
    allow(folder, 0o555, 0o444);
    let before = names(folder);
    for (list, count) in [("users", 3), ("rooms", 0), ("groups", 0), ("runs", 1), ("removals", 0)] {
        assert_eq!(run(folder, &[list], 0).lines().count(), count, "{list}");
    }
    assert_eq!(names(folder), before);
    allow(folder, 0o700, 0o600);
}

#[test]
fn what_a_process_that_died_stored_last_is_read_too() {
    let ones = Ones::with_users(&ids(3));
    let crashed = TempDir::new().unwrap();
    {
        let mut store = ones.open();
        let source = &mut Fake::users([batch(CHANGES, "c2", vec![reported("new")])]);
        Sync::new(&mut store, source, &mut Unobserved, Options::default()).users(NAME).unwrap();
        // As on the disk when the process dies: what was stored last is in the log alone.
        for name in ["ones.db", "ones.db-wal", "ones.lock"] {
            copy(ones.folder.path().join(name), crashed.path().join(name)).unwrap();
        }
    }
    let folder = crashed.path();
    allow(folder, 0o555, 0o444);
    let before = names(folder);
    assert_eq!(run(folder, &["users"], 0).lines().count(), 4);
    assert_eq!(names(folder), before);
    allow(folder, 0o700, 0o600);
}

#[test]
fn a_folder_that_an_older_version_wrote_is_read_where_it_may_not_be_written() {
    let ones = crate::migration::older();
    let folder = ones.folder.path();
    allow(folder, 0o555, 0o444);
    assert!(run(folder, &["users", "--all"], 0).lines().count() > 0);
    allow(folder, 0o700, 0o600);
}

#[test]
fn others_read_while_a_process_writes_to_what_they_may_not_write() {
    let ones = Ones::with_users(&ids(3));
    let folder = ones.folder.path();
    let mut store = ones.open();
    let source = &mut Fake::users([batch(CHANGES, "c2", vec![reported("new")])]);
    Sync::new(&mut store, source, &mut Unobserved, Options::default()).users(NAME).unwrap();
    allow(folder, 0o555, 0o444);
    assert_eq!(run(folder, &["users"], 0).lines().count(), 4);
    allow(folder, 0o700, 0o600);
}

#[test]
fn without_permission_the_error_says_so() {
    let ones = Ones::with_users(&ids(3));
    let folder = ones.folder.path();
    let code = |args: &[&str]| {
        let answer: serde_json::Value = serde_json::from_str(&run(folder, args, 1)).unwrap();
        answer["error"]["code"].as_str().unwrap().to_owned()
    };
    allow(folder, 0o000, 0o600);
    assert_eq!(code(&["users"]), "data-permission");
    set_permissions(folder, Permissions::from_mode(0o700)).unwrap();
    allow(folder, 0o555, 0o000);
    assert_eq!(code(&["users"]), "data-permission");
    allow(folder, 0o555, 0o444);
    assert_eq!(code(&["leavers", "disable"]), "data-permission");
    allow(folder, 0o700, 0o600);
}
