//! Every selection of packages enables the same features of a dependency. Otherwise cargo compiles
//! it again, with everything above it: Wasmtime takes minutes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde_json::Value;

use crate::{Result, cargo};

/// Packages whose own dependencies may have fewer features: `xtask` is to build quickly.
const EXEMPT: [&str; 1] = ["xtask"];

const REMEDY: &str = "\
Run `cargo hakari generate`, as unified-features/README.md explains. A new package
must depend on `unified-features`, except on WebAssembly.";

/// The feature sets that each package is compiled with. There are several where it is needed for
/// this machine and, with other features, by a procedural macro.
type Features = BTreeMap<String, BTreeSet<String>>;

pub(crate) fn check() -> Result {
    let all = features(&["--workspace"], WITH_TESTS)?;
    let mut problems = String::new();
    for package in packages()? {
        for (edges, command) in [(WITHOUT_TESTS, "build"), (WITH_TESTS, "test")] {
            let selected = features(&["--package", &package], edges)?;
            for difference in differences(&selected, &all) {
                let _ = writeln!(problems, "cargo {command} -p {package}: {difference}");
            }
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(format!("{problems}{REMEDY}")) }
}

const WITHOUT_TESTS: &str = "normal,build";
const WITH_TESTS: &str = "normal,build,dev";

/// Returns the names of the workspace's packages, without the exempt ones.
fn packages() -> Result<Vec<String>> {
    let text = cargo::output(&["metadata", "--no-deps", "--format-version", "1", "--locked"])?;
    let metadata: Value =
        serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let names = packages.filter_map(|package| package["name"].as_str());
    Ok(names.filter(|name| !EXEMPT.contains(name)).map(str::to_owned).collect())
}

/// Reads the features of every dependency of these packages.
fn features(packages: &[&str], edges: &str) -> Result<Features> {
    let options = ["tree", "--locked", "--prefix", "none", "--format", "{p}|{f}", "--edges", edges];
    let tree = cargo::output(&[&options[..], packages].concat())?;
    let mut features = Features::new();
    for line in tree.lines() {
        // A package that was listed before ends with `(*)`.
        let line = line.trim_end_matches(" (*)");
        if let Some((package, enabled)) = line.split_once('|')
            && !is_member(package)
        {
            features.entry(package.to_owned()).or_default().insert(enabled.to_owned());
        }
    }
    Ok(features)
}

/// Returns whether the package is a member of the workspace, which takes seconds to compile again.
/// Cargo prints the folder of a member.
fn is_member(package: &str) -> bool {
    package.contains('(') && !package.contains("(proc-macro)")
}

/// Lists what is compiled with other features for some packages than for all.
fn differences(selected: &Features, all: &Features) -> Vec<String> {
    let mut differences = Vec::new();
    for (package, sets) in selected {
        let known = all.get(package);
        for set in sets.iter().filter(|set| known.is_none_or(|known| !known.contains(*set))) {
            let known = known.into_iter().flatten();
            let known: Vec<_> = known.map(|set| format!("[{set}]")).collect();
            differences
                .push(format!("{package} has [{set}], in the workspace {}", known.join(" or ")));
        }
    }
    differences
}

#[test]
fn a_dependency_with_other_features_is_reported() {
    let features = |entries: &[(&str, &[&str])]| -> Features {
        let sets = |sets: &[&str]| sets.iter().map(|&set| set.to_owned()).collect();
        entries.iter().map(|(package, entry)| ((*package).to_owned(), sets(entry))).collect()
    };
    let all = features(&[("serde v1.0.0", &["derive,std", "std"]), ("url v2.0.0", &[""])]);
    let same = features(&[("serde v1.0.0", &["std"])]);
    assert_eq!(differences(&same, &all), [""; 0]);
    let other = features(&[("serde v1.0.0", &["alloc"])]);
    let expected = "serde v1.0.0 has [alloc], in the workspace [derive,std] or [std]";
    assert_eq!(differences(&other, &all), [expected]);
}
