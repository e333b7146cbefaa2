//! The first plugin of docs/writing-a-plugin.md, as its readers run it.

use std::fs;

use end_to_end::{Run, example, program, run};
use serde_json::json;
use tempfile::TempDir;

/// A data folder, and the settings of a directory with one user.
struct Directory(TempDir);

impl Directory {
    fn of(user: &str) -> Self {
        let directory = Self(tempfile::tempdir().expect("a folder"));
        directory.enter(user);
        directory
    }

    fn enter(&self, user: &str) {
        let settings = json!({"server": {"name": "My directory", "user": user}});
        let file = self.0.path().join("settings.json");
        fs::write(file, settings.to_string()).expect("settings");
    }

    fn host(&self, words: &[&str]) -> Run {
        let mut command = std::process::Command::new(program("ones-host"));
        command.env("ONES_PLUGIN", example()).current_dir(self.0.path());
        run(command.args(["--format", "json", "--settings", "settings.json"]).args(words))
    }
}

#[test]
fn the_first_plugin_describes_itself_and_tests_its_settings() {
    let directory = Directory::of("Ada");
    let described = directory.host(&["describe"]).ends_with(0).json();
    assert_eq!(described["name"], "Example");
    let report = directory.host(&["validate"]).ends_with(0).json();
    assert_eq!(report["checks"][0]["outcome"], "passed");
    directory.enter("");
    let failed = directory.host(&["validate"]);
    assert!(failed.ends_with(1).stdout.contains("/server/user"));
}

#[test]
fn the_user_of_the_first_plugin_is_synced_and_renamed() {
    let directory = Directory::of("Ada");
    for (name, [added, updated]) in [("Ada", [1, 0]), ("Ada", [0, 0]), ("Grace", [0, 1])] {
        directory.enter(name);
        let synced = directory.host(&["sync", "users"]).ends_with(0).json();
        assert_eq!([&synced["added"], &synced["updated"]], [&json!(added), &json!(updated)]);
        let users = directory.host(&["users"]).ends_with(0).lines();
        let names: Vec<_> = users.iter().map(|user| &user["displayName"]).collect();
        assert_eq!(names, [name]);
    }
}

#[test]
fn what_the_first_plugin_does_not_have_is_an_error_that_says_so() {
    let directory = Directory::of("Ada");
    let refused = directory.host(&["sync", "rooms"]).ends_with(1);
    let error = &refused.json()["error"];
    assert_eq!((&error["case"], &error["code"]), (&json!("unsupported"), &json!("not-in-example")));
}
