//! Time between runs.

use std::time::Duration;

/// Shortest time between runs.
pub const SHORTEST: Duration = Duration::from_secs(60);

/// Longest time between runs, also after failures.
pub const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Part of the time by which a run is earlier or later, so that integrations do not run at the same
/// time.
const JITTER: f64 = 0.1;

/// Returns how long to wait from the end of a run to the next one.
///
/// It is `interval`, limited to [`SHORTEST`] and [`LONGEST`], doubled for each of the `failures` in
/// a row, and up to 10 % shorter or longer, depending on the random number `chance`. It is no
/// shorter than what the vendor `asked`, and [`LONGEST`] at most.
pub fn pause(interval: Duration, failures: u32, asked: Option<Duration>, chance: u32) -> Duration {
    let interval = interval.clamp(SHORTEST, LONGEST);
    let grown = interval.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST);
    let chance = f64::from(chance) / f64::from(u32::MAX);
    let jittered = grown.mul_f64(1.0 - JITTER + 2.0 * JITTER * chance);
    jittered.max(asked.unwrap_or_default()).clamp(SHORTEST, LONGEST)
}

/// Returns a number that is the same for equal texts and usually differs for others, in place of a
/// random one.
pub fn chance_of(text: &str) -> u32 {
    // FNV-1a with 32 bits, and the last step of MurmurHash3: texts that differ in their last letter
    // alone are far from each other.
    let step = |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let hash = text.bytes().fold(0x811c_9dc5, step);
    let hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    let hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}
