//! Lines have at most 100 columns. rustfmt does not check comments, strings, Markdown and WIT.

use std::{fmt::Write as _, fs, path::Path, process::Command};

use crate::{Result, cargo};

const COLUMNS: usize = 100;

/// Not HTML: there, a line break can be content.
const EXTENSIONS: [&str; 11] =
    ["css", "js", "md", "mjs", "py", "rs", "sql", "toml", "wit", "yaml", "yml"];

/// Files from elsewhere, and files that a program writes.
const EXEMPT: [&str; 3] = ["tests/axe-core/", "unified-features/Cargo.toml", "wit/deps/"];

pub(crate) fn check() -> Result {
    let mut problems = String::new();
    for file in files()? {
        let path = cargo::root().join(&file);
        let text = fs::read_to_string(path).map_err(|error| format!("{file}: {error}"))?;
        for (number, columns) in wide_lines(&text, file.ends_with(".md")) {
            let _ = writeln!(problems, "{file}:{number}: {columns} columns");
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(format!("{problems}A line has at most {COLUMNS} columns: break these."))
    }
}

/// Lists the tracked files to check, relative to the workspace.
fn files() -> Result<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(cargo::root())
        .output()
        .map_err(|error| format!("cannot run git: {error}"))?;
    if !output.status.success() {
        return Err(format!("git ls-files: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let files = text.split_terminator('\0').filter(|file| is_checked(file));
    // A file that was deleted and not yet committed is still listed.
    let files = files.filter(|file| cargo::root().join(file).exists());
    Ok(files.map(str::to_owned).collect())
}

fn is_checked(file: &str) -> bool {
    let extension = Path::new(file).extension().and_then(|extension| extension.to_str());
    let has_text = extension.is_some_and(|extension| EXTENSIONS.contains(&extension));
    has_text && !EXEMPT.iter().any(|exempt| file.starts_with(exempt))
}

/// Returns number and columns of each line that is too wide and could be broken.
fn wide_lines(text: &str, is_markdown: bool) -> Vec<(usize, usize)> {
    let lines = (1..).zip(text.lines());
    let lines = lines.map(|(number, line)| (number, line.chars().count(), line));
    let wide = lines.filter(|(_, columns, line)| {
        *columns > COLUMNS && !(is_markdown && is_table(line)) && !is_url(line)
    });
    wide.map(|(number, columns, _)| (number, columns)).collect()
}

/// Markdown has no way to break the row of a table.
fn is_table(line: &str) -> bool {
    line.trim_start().starts_with('|')
}

/// Whether a line has a URL and nothing else, apart from what marks a comment or an item of a list.
fn is_url(line: &str) -> bool {
    let line = line.trim_start_matches(|it: char| it.is_whitespace() || "/!#*->".contains(it));
    line.contains("://") && !line.contains(char::is_whitespace)
}

#[test]
fn a_line_that_could_be_broken_is_reported() {
    let words = "word ".repeat(21);
    let url = format!("/// <https://example.com/{}>", "a".repeat(100));
    let row = format!("| {words}|");
    let text = [&words[..100], &words, &url, &row].join("\n");
    assert_eq!(wide_lines(&text, true), [(2, 105)]);
    assert_eq!(wide_lines(&text, false), [(2, 105), (4, 108)]);
    assert_eq!(wide_lines(&format!("see {url}"), true).len(), 1);
}

#[test]
fn columns_are_characters() {
    assert_eq!(wide_lines(&"ü".repeat(100), false), []);
    assert_eq!(wide_lines(&"ü".repeat(101), false), [(1, 101)]);
}

#[test]
fn files_from_elsewhere_are_not_checked() {
    assert!(is_checked("wit/integration.wit") && is_checked("README.md"));
    for file in ["wit/deps/clocks/types.wit", "tests/payloads/user-get.json", "Cargo.lock"] {
        assert!(!is_checked(file), "{file}");
    }
}
