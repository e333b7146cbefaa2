//! Spin itself, where it is at hand.

use std::process::Command;

/// The first version that has WASI 0.3.0: major, minor.
const FIRST: (u32, u32) = (4, 1);

/// Whether a `spin` is on the `PATH` that can run the component. Says so: the tests run without it too.
pub(crate) fn is_at_hand() -> bool {
    let output = Command::new("spin").arg("--version").output();
    let said = output.ok().map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned());
    let Some(said) = said else {
        println!("No `spin` on the PATH: the tests of the front run in a host of their own alone.");
        return false;
    };
    let takes_part = version(&said).is_some_and(|it| it >= FIRST);
    if takes_part {
        println!("{said}: the tests of the front run under it as well.");
    } else {
        println!(
            "{said} has no WASI 0.3.0: the tests of the front run in a host of their own alone."
        );
    }
    takes_part
}

/// Of `spin 4.1.0 (a1b2c3d 2026-09-01)`.
fn version(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.split_whitespace().nth(1)?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[test]
fn a_version_is_read() {
    assert_eq!(version("spin 4.1.0 (a1b2c3d 2026-09-01)"), Some((4, 1)));
    assert_eq!(version("spin 3.6.3 (a1b2c3d 2026-09-01)"), Some((3, 6)));
    assert_eq!(version("spin"), None);
}
