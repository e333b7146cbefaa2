//! The order of the plugin's modules: each imports only modules below it. Within each folder of the
//! plugin, of the emulator and of the host, files import each other in one direction.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// All modules at the top of `src`, from the bottom to the top.
const LAYERS: [&str; 26] = [
    "memory",
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

#[test]
fn files_of_a_folder_do_not_import_each_other_in_a_circle() {
    for sources in ["src", "m365-emulator/src", "host-harness/src"] {
        for (folder, mut imports) in imports_within_folders(sources) {
            // What imports none of those that are left is at the bottom.
            while let Some(bottom) = imports.iter().find_map(|(file, imported)| {
                let is_left = |other: &String| imports.contains_key(other);
                (!imported.iter().any(is_left)).then(|| file.clone())
            }) {
                imports.remove(&bottom);
            }
            assert!(imports.is_empty(), "{sources}/{folder} has a circle: {imports:?}");
        }
    }
}

#[test]
fn imports_of_neighbours_are_found_in_each_form() {
    let own = ["a", "b", "c"].map(str::to_owned);
    let text = "use super::{d, e::{F, G}};\nuse super::super::h;\nuse crate::{x, a::b::i::J};\n\
        fn f() { crate::a::b::k::l(); super::m::n() } // super::comment";
    let found: BTreeSet<_> =
        paths_named_in(text, &own).into_iter().map(|path| path.join("::")).collect();
    let wanted = ["a::b::d", "a::b::e", "a::h", "a::b::i::J", "a::b::k::l", "a::b::m", "x"];
    assert_eq!(found, BTreeSet::from(wanted.map(str::to_owned)));
}

/// Imports by file and folder: the files and folders in one folder, each with those beside it that
/// it imports.
type Imports = BTreeMap<String, BTreeSet<String>>;

/// Returns the imports within each folder, without `mod.rs`, which imports what is in the folder
/// and is imported by it.
fn imports_within_folders(sources: &str) -> BTreeMap<String, Imports> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join(sources);
    let mut folders = BTreeMap::<String, Imports>::new();
    for path in rust_files(&sources) {
        let within = path.strip_prefix(&sources).expect("a path in src").with_extension("");
        let own: Vec<String> =
            within.iter().map(|name| name.to_str().expect("a name").to_owned()).collect();
        let own: Vec<String> = own.into_iter().filter(|name| name != "mod").collect();
        if own.iter().any(|name| name == "tests") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source file");
        for imported in paths_named_in(&text, &own) {
            let pairs = own.iter().zip(&imported);
            let shared = pairs.take_while(|(own, other)| own == other).count();
            // At the top of the sources, the layers count.
            if let (1.., Some(file), Some(other)) = (shared, own.get(shared), imported.get(shared))
            {
                let imports = folders.entry(own[..shared].join("/")).or_default();
                imports.entry(file.clone()).or_default().insert(other.clone());
            }
        }
    }
    folders
}

/// Returns the paths that a file imports, from the top of the sources. `own` is the path of its
/// module.
fn paths_named_in(text: &str, own: &[String]) -> Vec<Vec<String>> {
    let code = code_of(text);
    let mut paths = Vec::new();
    for (start, _) in code.match_indices("super::") {
        if code[..start].ends_with("super::") {
            continue;
        }
        let mut rest = &code[start..];
        let mut base = own;
        while let Some(behind) = rest.strip_prefix("super::") {
            rest = behind;
            base = &base[..base.len().saturating_sub(1)];
        }
        let names = first_names(rest).into_iter().filter(|name| !name.is_empty());
        paths.extend(names.map(|name| [base, &[name]].concat()));
    }
    for behind in code.split("crate::").skip(1) {
        let items = match behind.strip_prefix('{') {
            Some(list) => items(list),
            None => vec![behind],
        };
        paths.extend(items.into_iter().map(path_at_the_start));
    }
    paths
}

/// Returns the first name of a path, or of each path of a list in braces.
fn first_names(rest: &str) -> Vec<String> {
    match rest.strip_prefix('{') {
        Some(list) => items(list).into_iter().map(name_at_the_start).collect(),
        None => vec![name_at_the_start(rest)],
    }
}

/// Returns the names of a path, up to a list in braces.
fn path_at_the_start(path: &str) -> Vec<String> {
    let path = path.trim_start();
    let is_of_path = |letter: &char| letter.is_ascii_alphanumeric() || ['_', ':'].contains(letter);
    let path: String = path.chars().take_while(is_of_path).collect();
    path.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect()
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
    let code = code_of(text);
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

/// Returns a source without comments and tests.
fn code_of(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    code.collect::<Vec<_>>().join("\n")
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
