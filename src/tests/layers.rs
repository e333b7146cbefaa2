//! The order of the plugin's modules: each imports only modules below it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// All modules at the top of `src`, from the bottom to the top.
const LAYERS: [&str; 25] = [
    "host",
    "error",
    "model",
    "secret",
    "origin",
    "permission",
    "remedy",
    "cloud",
    "zones",
    "endpoints",
    "settings",
    "expiry",
    "payload",
    "entra",
    "graph",
    "card_number",
    "directory",
    "rooms",
    "bookings",
    "reserve",
    "notifications",
    "choices",
    "sign_in",
    "validate",
    "component",
];

#[test]
fn each_module_imports_only_modules_below_it() {
    let imports = imports_between_modules();
    let modules: BTreeSet<&str> = imports.keys().map(String::as_str).collect();
    assert_eq!(modules, BTreeSet::from(LAYERS), "the modules of src, and those in the list");
    for (height, module) in LAYERS.iter().enumerate() {
        for import in &imports[*module] {
            assert!(LAYERS[..height].contains(&import.as_str()), "{module} imports {import}");
        }
    }
}

/// Returns the modules that each module at the top of `src` imports, without its tests.
fn imports_between_modules() -> BTreeMap<String, BTreeSet<String>> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut imports = BTreeMap::<String, BTreeSet<String>>::new();
    for path in rust_files(&sources) {
        let within = path.strip_prefix(&sources).expect("a path in src");
        let first = within.iter().next().and_then(|name| name.to_str()).expect("a name");
        let module = first.trim_end_matches(".rs");
        if ["lib", "tests"].contains(&module) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source file");
        let imported = imports.entry(module.to_owned()).or_default();
        imported.extend(modules_named_in(&text));
        imported.remove(module);
    }
    imports
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => files.extend(rust_files(&path)),
            false => files.extend(path.extension().is_some_and(|it| it == "rs").then_some(path)),
        }
    }
    files
}

/// Returns the modules behind each `crate::` in a source file: `crate::host::Host` names one,
/// `crate::{error::Error, host::{Host, Request}}` two.
fn modules_named_in(text: &str) -> BTreeSet<String> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let code = code.collect::<Vec<_>>().join("\n");
    let mut modules = BTreeSet::new();
    for path in code.split("crate::").skip(1) {
        match path.strip_prefix('{') {
            None => modules.insert(name_at_the_start(path)),
            Some(list) => {
                modules.extend(items(list).into_iter().map(name_at_the_start));
                true
            }
        };
    }
    // An item of lib.rs, such as `crate::NAME`, is in no module.
    modules.retain(|name| name.starts_with(|first: char| first.is_ascii_lowercase()));
    modules
}

fn name_at_the_start(path: &str) -> String {
    let is_of_name = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_';
    path.trim_start().chars().take_while(is_of_name).collect()
}

/// Splits the inside of a braced list at its own commas, up to its closing brace.
fn items(list: &str) -> Vec<&str> {
    let (mut items, mut depth, mut start) = (Vec::new(), 0, 0);
    for (index, letter) in list.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' => {
                items.push(&list[start..index]);
                break;
            }
            ',' if depth == 0 => {
                items.push(&list[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    items
}
