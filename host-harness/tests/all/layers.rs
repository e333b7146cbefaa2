//! Imports go down: each module of the host knows those below it, and none above.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The modules of the host, from the bottom up.
const LAYERS: [&str; 27] = [
    "budget",
    "model",
    "pace",
    "pointer",
    "random",
    "schedule",
    "wording",
    "zones",
    "when",
    "length",
    "problem",
    "schema",
    "form",
    "settings",
    "secrets",
    "store",
    "plugin",
    "error",
    "sync",
    "reservations",
    "runner",
    "notifications",
    "access",
    "serve",
    "cli",
    "lib",
    "main",
];

/// The modules of the pages, from the bottom up.
const LAYERS_OF_PAGES: [&str; 20] = [
    "bounds",
    "error",
    "site",
    "vendor",
    "view",
    "client",
    "cookies",
    "failure",
    "incidents",
    "sessions",
    "app",
    "refused",
    "guard",
    "notifications",
    "connections",
    "departures",
    "bookings",
    "reservations",
    "user",
    "admin",
];

#[test]
fn each_module_of_the_host_imports_only_modules_below_it() {
    check("src", "crate", &LAYERS);
}

#[test]
fn each_module_of_the_pages_imports_only_modules_below_it() {
    check("src/serve", "crate::serve", &LAYERS_OF_PAGES);
}

#[track_caller]
fn check(folder: &str, parent: &str, layers: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let height = |name: &str| layers.iter().position(|layer| *layer == name);
    let mut seen = 0;
    for file in files(&root) {
        let name = file.strip_prefix(&root).unwrap().iter().next().unwrap();
        let name = name.to_str().unwrap().trim_end_matches(".rs");
        if name == "mod" {
            continue;
        }
        let own = height(name).unwrap_or_else(|| panic!("{name} has no layer"));
        let inside = file.strip_prefix(root.join(name)).ok();
        // There, `super` is the parent.
        let is_super = inside.is_none_or(|file| file == Path::new("mod.rs"));
        let parents = [parent, if is_super { "super" } else { parent }];
        let text = fs::read_to_string(&file).unwrap();
        for import in parents.iter().flat_map(|parent| imports(&text, parent)) {
            let Some(other) = height(&import) else { continue };
            assert!(other <= own, "{} imports {import}, which is above it", file.display());
            seen += 1;
        }
    }
    assert!(seen > 20, "imports are found");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Returns the modules that a file imports from `parent`, as `parent::name` or within the braces of
/// `parent::{…}`; comments do not count.
fn imports(text: &str, parent: &str) -> BTreeSet<String> {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let code: String = code.flat_map(|line| [line, "\n"]).collect();
    // As in `use crate::{…, serve::{…}}`, one name a line.
    let parents = [format!("{parent}::"), parent.replace("crate::", "\n    ") + "::"];
    let uses = parents.iter().flat_map(|parent| code.split(parent.as_str()).skip(1));
    uses.flat_map(first_names).collect()
}

/// Returns the first name of each path in `text`: of one path, or of those within braces.
fn first_names(text: &str) -> Vec<String> {
    let name = |path: &str| -> String {
        path.trim_start().chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect()
    };
    let Some(list) = text.strip_prefix('{') else { return vec![name(text)] };
    let (mut depth, mut names) = (0, vec![name(list)]);
    for (at, letter) in list.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(name(&list[at + 1..])),
            _ => {}
        }
    }
    names
}
