//! Characters that make a terminal show something other than the text.

/// Whether a character controls a terminal, changes the reading direction, or hides its neighbours.
///
/// The joiners U+200C and U+200D are allowed, since names in some scripts need them.
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
