//! Random bytes and texts that cannot be guessed, from the operating system.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// Returns random bytes.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("an operating system has random bytes");
    bytes
}

/// Returns 256 random bits as letters, digits, `-` and `_`: fit for a cookie and for a URL.
pub(crate) fn text() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// Returns 256 random bits as hexadecimal digits.
pub(crate) fn digits() -> String {
    bytes::<32>().iter().map(|byte| format!("{byte:02x}")).collect()
}
