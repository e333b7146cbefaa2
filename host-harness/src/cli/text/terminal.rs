//! Colours, columns, and texts that a terminal can show safely.

use std::fmt::{self, Display, Write as _};

use anstyle::{AnsiColor, Style};
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use crate::cli::harmless::is_misleading;

pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const CAUTION: Style = AnsiColor::Yellow.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default();
pub(super) const BOLD: Style = Style::new().bold();
pub(super) const FAINT: Style = Style::new().dimmed();

/// A text of a plugin or of settings, printed in one line, without characters that would control
/// the terminal or change the reading direction.
pub(super) struct Shown<'a>(pub(super) &'a str);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '\n' | '\t' | '\u{2028}' | '\u{2029}' => f.write_char(' ')?,
                letter if is_misleading(letter) => {}
                letter => f.write_char(letter)?,
            }
        }
        Ok(())
    }
}

/// Returns the text with spaces up to `width` columns. A character can take two columns.
pub(super) fn pad(text: &str, width: usize) -> String {
    let text = Shown(text).to_string();
    let missing = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

/// Returns a JSON value as text, without quotes.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => Shown(text).to_string(),
        other => Shown(&other.to_string()).to_string(),
    }
}
