//! Characters that make a terminal show something else than a text says.

/// Whether a character steers a terminal, turns the reading direction, or hides what is next to it.
///
/// Those that join letters of a script (U+200C, U+200D) do not: names are written with them.
///
/// Sources: Unicode Standard Annex 9, section 2; The Unicode Standard, sections 23.2 (layout
/// controls), 23.3 (deprecated format characters), 23.8 (specials) and 23.9 (tags).
pub(super) fn is_misleading(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}
