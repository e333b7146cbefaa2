//! What the vendor reported, but did not let be read yet, is shown with the run.

use std::process::Command;

use ones_host::model::Owed;

use crate::fake::*;

const SINCE: i64 = 1_795_694_400;

fn owing(count: u32) -> Ones {
    let mut ones = Ones::new();
    let source = Fake::users([batch(COMPLETE, "c1", vec![reported("a")])]);
    ones.sync_users(&mut source.owing(count, SINCE)).unwrap();
    ones
}

fn printed(ones: &Ones, args: &[&str]) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_ones-host"));
    let output = program.args(args).arg("--data").arg(ones.folder.path()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn case_042_a_run_is_listed_with_what_it_owes() {
    let mut ones = owing(3);
    assert_eq!(ones.runs()[0].summary.owed, Some(Owed { count: 3, since: SINCE }));
    let text = printed(&ones, &["runs"]);
    let sentence = "3 users or groups could not be read yet (oldest since 2026-11-26T12:00:00Z); \
                    the next runs read them first";
    assert!(text.contains(sentence), "{text}");
    let json = printed(&ones, &["runs", "--format", "json"]);
    assert!(json.contains(r#""owed":{"count":3,"since":1795694400}"#), "{json}");

    ones.sync_users(&mut Fake::users([])).unwrap();
    assert_eq!(ones.runs()[1].summary.owed, None);
    assert_eq!(printed(&ones, &["runs"]).matches("could not be read").count(), 1);
}

#[test]
fn case_042_one_is_named_as_one() {
    let text = printed(&owing(1), &["runs"]);
    let sentence = "1 user or group could not be read yet (since 2026-11-26T12:00:00Z); the next \
                    runs read it first";
    assert!(text.contains(sentence), "{text}");
}

#[test]
fn what_is_owed_since_no_time_that_there_is_ends_no_run() {
    let mut ones = Ones::new();
    for since in [i64::MIN, i64::MAX] {
        let source = Fake::users([batch(COMPLETE, "c1", vec![reported("a")])]);
        ones.options.full = true;
        ones.sync_users(&mut source.owing(2, since)).unwrap();
    }
    assert_eq!(printed(&ones, &["runs"]).matches("2 users or groups").count(), 2);
}
