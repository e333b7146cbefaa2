//! The benchmarks of `tests/benches` that print their figures themselves.

use crate::{Result, cargo, components};

pub(crate) fn measure() -> Result {
    components::plugin()?;
    println!("\n## Single calls\n");
    let arguments = ["bench", "--quiet", "--package", "end-to-end"];
    cargo::run(&[&arguments[..], &["--bench", "instance", "--bench", "callback"]].concat())
}
