//! Repairs answers that are not quite UTF-8 or JSON.
//!
//! Directories contain texts that were cut in the middle of a character: half of a surrogate pair,
//! escaped or as bytes. JSON parsers refuse the complete record or page then. Here each such half
//! becomes U+FFFD, so that everything else can be read.

use crate::host::Response;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Returns the answer as text that parsers accept. One that needs no repair is not copied.
pub(super) fn mended(mut response: Response) -> Response {
    if simdutf8::basic::from_utf8(&response.body).is_err() {
        response.body = String::from_utf8_lossy(&response.body).into_owned().into_bytes();
    }
    if response.body.starts_with(BYTE_ORDER_MARK) {
        response.body.drain(..BYTE_ORDER_MARK.len());
    }
    replace_half_pairs(&mut response.body);
    response
}

/// Replaces each escape of half a surrogate pair by one of U+FFFD, which is as long: six bytes. In
/// JSON, a backslash appears only in texts, where it begins an escape.
fn replace_half_pairs(json: &mut [u8]) {
    let mut at = 0;
    while let Some(found) = json.get(at..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        at += found;
        at += match unit(json, at) {
            Some(0xd800..=0xdbff) if matches!(unit(json, at + 6), Some(0xdc00..=0xdfff)) => 12,
            Some(0xd800..=0xdfff) => {
                json[at..at + 6].copy_from_slice(br"\ufffd");
                6
            }
            Some(_) => 6,
            None => 2,
        };
    }
}

/// Returns the code unit that is escaped at that byte.
fn unit(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + 6)?.strip_prefix(br"\u")?;
    let digits = str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(body: &[u8]) -> String {
        let response = Response { status: 200, headers: Vec::new(), body: body.to_vec() };
        mended(response).text().to_owned()
    }

    fn parsed(json: &str) -> String {
        serde_json::from_str(&text(json.as_bytes())).expect("a text")
    }

    #[test]
    fn half_a_surrogate_becomes_a_replacement_character_and_pairs_are_unchanged() {
        for (given, read) in [
            (r#""Ann\ud83d""#, "Ann\u{fffd}"),
            (r#""\uDE00 Ann""#, "\u{fffd} Ann"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
            (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
            (r#""\ud83d\n""#, "\u{fffd}\n"),
            // An escaped backslash, and then letters.
            (r#""C:\\ud83d""#, r"C:\ud83d"),
            (r#""\\\ud83d""#, "\\\u{fffd}"),
        ] {
            assert_eq!(parsed(given), read);
        }
        for broken in [r"\", r"\u", r"\ud8", r"\ud83", r"\u+83d", r"\ud83d\"] {
            text(broken.as_bytes());
        }
    }

    #[test]
    fn a_byte_order_mark_is_removed() {
        assert_eq!(text(b"\xef\xbb\xbf{}"), "{}");
    }

    #[test]
    fn bytes_that_are_not_text_do_not_affect_others() {
        // Half a surrogate pair in three bytes, and the first of two bytes.
        assert_eq!(text(b"\"\xed\xa0\xbd a\xc3\""), "\"\u{fffd}\u{fffd}\u{fffd} a\u{fffd}\"");
    }

    proptest! {
        #[test]
        fn valid_json_stays_the_same(any_text in any::<String>()) {
            let json = serde_json::Value::from(any_text).to_string();
            prop_assert_eq!(text(json.as_bytes()), json);
        }

        #[test]
        fn any_sequence_of_code_units_is_read_as_javascript_would_show_it(
            units in prop::collection::vec(
                prop_oneof![0x20..0x7f_u16, 0xd800..0xe000_u16, any::<u16>()], 0..20,
            ),
        ) {
            let escaped: String = units.iter().map(|unit| format!(r"\u{unit:04x}")).collect();
            let read = parsed(&format!("\"{escaped}\""));
            prop_assert_eq!(read, String::from_utf16_lossy(&units));
        }
    }
}
