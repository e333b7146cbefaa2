//! Spin's own program, which the tests of the HTTP front end use where it is installed.

use std::process::Command;

/// The first version with WASI 0.3.0: major, minor.
const FIRST: (u32, u32) = (4, 1);

/// Returns whether a `spin` that can run the component is on the `PATH`, and prints what follows.
///
/// Without it, the tests of the HTTP front end run in a host of their own.
pub(crate) fn is_available() -> bool {
    let output = Command::new("spin").arg("--version").output();
    let Ok(output) = output else {
        println!("`spin` is not installed: the tests of the HTTP front end use their own host.");
        return false;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let text = text.trim();
    let is_new_enough = version(text).is_some_and(|version| version >= FIRST);
    if is_new_enough {
        println!("The tests of the HTTP front end also run under {text}.");
    } else {
        println!("{text} is too old: the tests of the HTTP front end use their own host.");
    }
    is_new_enough
}

/// Reads major and minor version from a text such as `spin 4.1.0 (a1b2c3d 2026-09-01)`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split_whitespace().nth(1)?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[test]
fn a_version_is_read() {
    assert_eq!(version("spin 4.1.0 (a1b2c3d 2026-09-01)"), Some((4, 1)));
    assert_eq!(version("spin 3.6.3 (a1b2c3d 2026-09-01)"), Some((3, 6)));
    assert_eq!(version("spin"), None);
}
