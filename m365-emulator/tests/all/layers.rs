//! The modules of the emulator import downwards only.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The top-level modules. A module may import those of the lines above, not those of its own line.
const LAYERS: &[&[&str]] = &[
    &["cloud", "error", "outgoing", "random", "wire"],
    &["config", "tls"],
    &["tenant"],
    &["state"],
    &["entra", "graph", "notifier"],
    &["control"],
    &["front"],
    &["server"],
    &["emulator"],
];

/// Returns the Rust files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// Returns the modules behind each `crate::` in a source text. A list in braces is expanded.
fn imports(source: &str) -> BTreeSet<String> {
    let name = |text: &str| {
        let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
        text[..end.unwrap_or(text.len())].to_owned()
    };
    let mut found = BTreeSet::new();
    for behind in source.split("crate::").skip(1) {
        match behind.strip_prefix('{') {
            None => drop(found.insert(name(behind))),
            Some(list) => {
                let list = list.split("};").next().unwrap_or_default();
                found.extend(list.split(',').map(|import| name(import.trim())));
            }
        }
    }
    found
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

#[test]
fn modules_import_only_those_of_the_layers_below() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = BTreeSet::new();
    for file in files(&source) {
        let path = file.strip_prefix(&source).unwrap().with_extension("");
        let module = path.iter().next().unwrap().to_str().unwrap().to_owned();
        if matches!(module.as_str(), "lib" | "main") {
            continue;
        }
        let own = layer(&module).unwrap_or_else(|| panic!("`{module}` is in no layer"));
        for import in imports(&fs::read_to_string(&file).unwrap()) {
            // Types that `lib.rs` exports are in the documentation as `crate::Control`.
            let is_type = import.starts_with(char::is_uppercase);
            if import == module || is_type {
                continue;
            }
            let imported = layer(&import);
            assert!(imported.is_some_and(|below| below < own), "{module} imports {import}");
        }
        seen.insert(module);
    }
    let listed: BTreeSet<_> = LAYERS.concat().into_iter().map(str::to_owned).collect();
    assert_eq!(seen, listed, "the layers list the modules that exist");
}
