//! When an integration is synced again.

use std::time::Duration;

/// Nothing is synced more often.
pub const SHORTEST: Duration = Duration::from_secs(60);

/// Nothing waits longer, whatever went wrong.
pub const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// So much sooner or later, so that integrations do not march in step.
const JITTER: f64 = 0.1;

/// How long to wait from the end of a run to the next one.
///
/// It is `interval` (brought between [`SHORTEST`] and [`LONGEST`]), doubled for each of
/// the `failures` in a row, 10 % sooner or later as `chance` has it: any number, each as
/// likely. It is no sooner than the vendor `asked`, and [`LONGEST`] at most.
pub fn pause(interval: Duration, failures: u32, asked: Option<Duration>, chance: u32) -> Duration {
    let interval = interval.clamp(SHORTEST, LONGEST);
    let grown = interval.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST);
    let chance = f64::from(chance) / f64::from(u32::MAX);
    let jittered = grown.mul_f64(1.0 - JITTER + 2.0 * JITTER * chance);
    jittered.max(asked.unwrap_or_default()).clamp(SHORTEST, LONGEST)
}
