//! docs/errors.md lists every code of an error, and no other.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Texts in the form of a code that are none.
const OTHER_TEXTS: &[&str] = &[
    // Names of clouds, of checks, of headers and of their values, of cookies and files.
    "cache-control china-21vianet us-government-l4 us-government-l5 card-number least-privilege",
    "client-request-id content-length content-type if-match keep-alive max-age no-cache no-store",
    "ones-admin ones-data ones-flow ones-form ones-host ones-person proxy-connection request-id",
    "http2-settings prefer retry-after same-origin sec-fetch-dest sec-fetch-site trusted-proxy",
    "x-forwarded-for",
    // Names in schemas, templates and serialized records.
    "kebab-case pager problem-detail uri-reference x-choices",
    // Fields of forms, and what their buttons send.
    "approve-all discard-all daily-every ends-after ends-on logged-out monthly-date",
    "monthly-every monthly-on monthly-on-days monthly-on-every monthly-on-index organizer-id",
    "weekly-begins weekly-day weekly-every yearly-date yearly-every yearly-month",
    "yearly-on yearly-on-days yearly-on-every yearly-on-index yearly-on-month",
    // Entries of a history, and states of records.
    "attempt-failed cancel-requested change-dropped change-requested not-in-series",
    "occurrence-cancelled out-of-scope outside-window release-requested room-accepted",
    "room-conflict room-ended room-partly room-pending series-moved",
    // Vendor's codes, and those of other answers without a code.
    "http-404",
];

/// Codes that the host makes of the reason for which a booking ended.
const COMPOSED: [&str; 4] =
    ["booking-cancelled", "booking-declined", "booking-deleted", "booking-outside-window"];

/// Length of a GUID, which can have the form of a code.
const GUID: usize = 36;

/// What precedes a code, without a name that ends with it.
const BEFORE_CODES: [&str; 7] = [
    "Explanation::new(",
    "Problem::request(",
    "StatusCode::",
    "Case::",
    "explanation(",
    "declined(",
    "rejected(",
];

#[test]
fn every_code_is_listed_and_every_listed_code_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/errors.md")).expect("docs/errors.md");
    let listed = listed_in(&page);
    let (mut codes, mut texts) = (BTreeSet::new(), BTreeSet::from(COMPOSED.map(str::to_owned)));
    for path in ["src", "host-harness/src"].iter().flat_map(|path| sources(&root.join(path))) {
        let source = fs::read_to_string(&path).expect("a source");
        let is_reserve = path.starts_with(root.join("src/reserve"));
        for (text, is_code) in texts_of(&source, is_reserve) {
            codes.extend(is_code.then(|| text.clone()));
            texts.insert(text);
        }
    }
    let other = OTHER_TEXTS.iter().flat_map(|line| line.split(' ')).map(str::to_owned);
    let other: BTreeSet<String> = other.collect();
    let missing: Vec<_> = codes.difference(&listed).filter(|code| !other.contains(*code)).collect();
    assert!(missing.is_empty(), "codes that docs/errors.md does not list: {missing:?}");
    let extra: Vec<_> = listed.difference(&texts).collect();
    assert!(extra.is_empty(), "docs/errors.md lists codes that do not exist: {extra:?}");
    let unused: Vec<_> = other.difference(&texts).collect();
    assert!(unused.is_empty(), "texts that no source contains: {unused:?}");
}

/// Returns the codes in the first cells of the tables.
fn listed_in(page: &str) -> BTreeSet<String> {
    let cells = page.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let mut listed = BTreeSet::new();
    for code in cells.flat_map(|cell| cell.trim_end_matches('`').split("`, `")) {
        assert!(listed.insert(code.to_owned()), "{code} is listed twice");
    }
    listed
}

/// Returns all Rust sources without tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        match path.is_dir() {
            _ if name == "tests" || name == "tests.rs" => {}
            true => found.extend(sources(&path)),
            false if name.ends_with(".rs") => found.push(path),
            false => {}
        }
    }
    found
}

/// Returns all texts of a source in the form of a code, and whether each can be one: those with a
/// hyphen can, and others in the place of a code. A request for a room has codes of its fields.
fn texts_of(source: &str, is_reserve: bool) -> Vec<(String, bool)> {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let source = source.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_of_code = |letter: char| {
        letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-.".contains(letter)
    };
    let mut texts = Vec::new();
    for (start, _) in source.match_indices('"') {
        let (before, rest) = (&source[..start], &source[start + 1..]);
        let end = rest.find(|letter| !is_of_code(letter)).unwrap_or_default();
        let (text, after) = rest.split_at(end);
        let is_text =
            after.starts_with('"') && text.starts_with(|it: char| it.is_ascii_lowercase());
        if !is_text || text.len() == GUID {
            continue;
        }
        let is_field = before.ends_with("wrong(") || before.ends_with("address(user, ");
        let text = match is_reserve && is_field {
            true => format!("request.{text}"),
            false => text.to_owned(),
        };
        let has_form = text.contains('-') && !text.contains('.') || text.starts_with("request.");
        let is_code = has_form || is_in_place_of_code(before, &after[1..]);
        texts.push((text, is_code));
    }
    texts
}

/// Returns whether a code is between two parts of a source: after one of [`BEFORE_CODES`], or
/// before a sentence.
fn is_in_place_of_code(before: &str, after: &str) -> bool {
    let mut sentence = after.strip_prefix(", \"").unwrap_or_default().chars();
    let is_before_sentence = sentence.next().is_some_and(char::is_uppercase);
    if is_before_sentence && before.trim_end().ends_with('(') {
        return true;
    }
    let before = before.trim_end_matches([' ', ',']);
    let before = before.trim_end_matches(|letter: char| letter.is_alphanumeric() || letter == '_');
    BEFORE_CODES.iter().any(|opening| before.ends_with(opening))
}
