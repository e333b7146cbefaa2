//! When a request is repeated, and when it is given up: one rule for pages, single requests,
//! batches and their parts, tokens, discovery and keys.
//!
//! A request is repeated as long as the time for waiting lasts; the number of attempts is not
//! limited. A pause is never shorter than `Retry-After` or the back-off.
//!
//! Source: <https://learn.microsoft.com/graph/throttling>, and for 408, 500, 502, 504 and 509
//! <https://learn.microsoft.com/graph/errors>.

use std::time::{Duration, SystemTime};

use super::refusal::GraphError;
use crate::{
    entra,
    host::{Response, SILENCE, TransportError},
};

/// How long the plugin waits for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    waiting: Duration,
    silence: Duration,
}

impl Patience {
    /// For a sync, which runs in the background.
    pub const SYNC: Self = Self { waiting: Duration::from_secs(120), silence: SILENCE };

    /// For calls whose result a user waits for: checks, choices, sign-ins.
    pub const INTERACTIVE: Self =
        Self { waiting: Duration::from_secs(15), silence: Duration::from_secs(30) };

    /// For a booking, which a user waits for: another attempt is worth more than a quick error.
    pub const BOOKING: Self =
        Self { waiting: Duration::from_secs(30), silence: Duration::from_secs(30) };

    /// Returns the maximum time for one request: all pauses and all attempts that failed.
    pub fn waiting(self) -> Duration {
        self.waiting
    }

    /// Returns the maximum time without a byte in one attempt.
    pub fn silence(self) -> Duration {
        self.silence
    }
}

/// A pause before the next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// Microsoft asked for it.
    Asked(Duration),
    /// It is the back-off, since Microsoft asked for none.
    Guessed(Duration),
}

/// An answer that can be different a moment later, or a missing answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trouble {
    /// Value of `Retry-After`.
    pub asked: Option<Duration>,
    /// Whether Microsoft limits the number of requests, which is neither an outage nor a result.
    pub throttled: bool,
}

impl Trouble {
    /// Returns `None` where the answer is a result.
    pub(super) fn find(result: &Result<Response, TransportError>, now: SystemTime) -> Option<Self> {
        let response = match result {
            Ok(response) => response,
            Err(error) => return error.failure.is_passing().then(Self::default),
        };
        let asked = response.header("retry-after").and_then(|value| retry_after(value, now));
        let code = || GraphError::read(response).code;
        if is_passing(response.status, code) || entra::is_passing(response) {
            // Services that limit requests by 503 send `Retry-After`.
            let throttled = response.status == 429 || response.status == 503 && asked.is_some();
            return Some(Self { asked, throttled });
        }
        None
    }
}

/// Returns whether an answer with that status can be different a moment later. `code` returns
/// Graph's code, and is called only where it matters.
pub fn is_passing(status: u16, code: impl FnOnce() -> String) -> bool {
    match status {
        408 | 429 | 502 | 503 | 504 | 509 => true,
        // Some services answer 500 to requests that they never support.
        500 => !is_refusal(&code()),
        _ => false,
    }
}

fn is_refusal(code: &str) -> bool {
    let code = code.to_ascii_lowercase();
    let code = code.strip_prefix("request_").unwrap_or(&code);
    ["notsupported", "notimplemented", "notallowed", "invalidrequest", "badrequest"].contains(&code)
        || code.starts_with("unsupported")
}

/// What to do after an attempt.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// The answer is the result.
    Final,
    /// Send the request again after the pause.
    Again(Duration),
    /// Microsoft asks for a longer pause than the time that is left: number of seconds.
    GiveUp(u32),
}

/// First pause after a failure, before jitter. Each further one is twice as long.
const FIRST: Duration = Duration::from_secs(1);

/// The back-off is at most this part of the time for waiting, so that a server which recovers
/// within three quarters of that time gets another request.
const PART: u32 = 4;

/// Pause to report where Microsoft still limits the requests and does not say for how long.
const A_MINUTE: Duration = Duration::from_secs(60);

/// The attempts at one request, or at one batch with all its parts.
#[derive(Debug)]
pub struct Attempts {
    /// Time for waiting where Microsoft limits the requests.
    waiting: Duration,
    /// Time for waiting after other errors.
    errors: Duration,
    failed: u32,
    spent: Duration,
}

impl Attempts {
    /// Returns the attempts at a request that can be repeated. `vain` is the number of requests of
    /// the same call that were repeated until their time was used up. Each halves the time after
    /// errors, so that during an outage of one service a run does not wait two minutes for each of
    /// a hundred requests.
    pub(super) fn new(patience: Patience, vain: u32) -> Self {
        let errors = patience.waiting / (1 << vain.min(16));
        Self { waiting: patience.waiting, errors, failed: 0, spent: Duration::ZERO }
    }

    /// Returns the attempts at a request that changes something. It is sent again only where
    /// Microsoft limits the requests, since the service then did not process it.
    pub(super) fn if_not_processed(patience: Patience) -> Self {
        Self { waiting: patience.waiting, ..Self::single() }
    }

    /// Returns the attempts at a request that must not be sent twice.
    pub(super) fn single() -> Self {
        Self { waiting: Duration::ZERO, errors: Duration::ZERO, failed: 0, spent: Duration::ZERO }
    }

    /// Counts the time that a failed attempt took.
    pub(super) fn took(&mut self, time: Duration) {
        self.spent = self.spent.saturating_add(time);
    }

    /// Returns whether there was time for more than one attempt after an error.
    pub(super) fn could_repeat(&self) -> bool {
        !self.errors.is_zero()
    }

    /// Returns whether the pause that Graph asks for fits into the time that is left.
    pub fn can_wait(&self, trouble: &Trouble) -> bool {
        trouble.asked.is_none_or(|asked| asked <= self.left(trouble))
    }

    /// Decides what to do after an attempt. `length` adds jitter to the back-off.
    pub(super) fn judge(
        &mut self,
        trouble: &Trouble,
        length: impl FnOnce(Pause) -> Duration,
    ) -> Verdict {
        let longest = (self.limit(trouble) / PART).max(FIRST);
        let guess = FIRST.saturating_mul(1 << self.failed.min(16)).min(longest);
        let back_off = length(Pause::Guessed(guess));
        let pause = trouble.asked.map_or(back_off, |asked| asked.max(back_off));
        let left = self.left(trouble);
        if pause <= left && !left.is_zero() {
            self.failed += 1;
            self.spent += pause;
            return Verdict::Again(pause);
        }
        if trouble.throttled {
            let asked = trouble.asked.filter(|asked| *asked > left);
            return Verdict::GiveUp(seconds(asked.unwrap_or(A_MINUTE)));
        }
        Verdict::Final
    }

    fn limit(&self, trouble: &Trouble) -> Duration {
        if trouble.throttled { self.waiting } else { self.errors }
    }

    fn left(&self, trouble: &Trouble) -> Duration {
        self.limit(trouble).saturating_sub(self.spent)
    }
}

/// Returns a time in full seconds, rounded up; at least one.
pub fn seconds(time: Duration) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    let seconds = time.as_secs_f64().ceil() as u32;
    seconds.max(1)
}

/// Reads a `Retry-After` (RFC 9110, section 10.2.3): a date, or seconds, which Graph also sends
/// with fractions. A number that is too large becomes the maximum.
pub fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        let seconds = value.parse::<f64>().ok()?;
        return Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the pause without jitter.
    fn full(pause: Pause) -> Duration {
        let (Pause::Asked(time) | Pause::Guessed(time)) = pause;
        time
    }

    fn trouble(status: u16, retry_after: Option<&str>) -> Option<Trouble> {
        let headers = retry_after.map(|value| ("retry-after".to_owned(), value.to_owned()));
        let headers = headers.into_iter().collect();
        let response = Response { status, headers, body: Vec::new() };
        Trouble::find(&Ok(response), SystemTime::UNIX_EPOCH)
    }

    fn judge(attempts: &mut Attempts, status: u16, retry_after: Option<&str>) -> Verdict {
        attempts.judge(&trouble(status, retry_after).expect("trouble"), full)
    }

    fn pauses(patience: Patience, vain: u32, status: u16) -> Vec<u128> {
        let mut attempts = Attempts::new(patience, vain);
        let again = || match judge(&mut attempts, status, None) {
            Verdict::Again(pause) => Some(pause.as_millis()),
            Verdict::Final | Verdict::GiveUp(_) => None,
        };
        std::iter::from_fn(again).collect()
    }

    #[test]
    fn a_pause_is_read_in_every_form_that_servers_send() {
        let now = humantime::parse_rfc3339("2026-11-23T20:00:00Z").expect("a time");
        let read = |text| retry_after(text, now).map(|pause| pause.as_secs_f64());
        assert_eq!(read("10"), Some(10.0));
        assert_eq!(read("2.128"), Some(2.128));
        assert_eq!(read(" 0 "), Some(0.0));
        assert_eq!(read("Mon, 23 Nov 2026 20:00:30 GMT"), Some(30.0));
        assert_eq!(read("Mon, 23 Nov 2026 19:00:00 GMT"), Some(0.0), "a date in the past is now");
        let endless = "9".repeat(400);
        assert_eq!(retry_after(&endless, now), Some(Duration::MAX));
        for nonsense in
            ["", ".", "1.2.3", "soon", "-5", "NaN", "inf", "1e400", "Mon, 99 Nov 2026 20:00:30 GMT"]
        {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn pauses_grow_until_the_time_is_used_up() {
        let sync = [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000];
        assert_eq!(pauses(Patience::SYNC, 0, 503), sync);
        assert_eq!(pauses(Patience::SYNC, 0, 429), sync);
        assert_eq!(pauses(Patience::INTERACTIVE, 0, 503), [1000, 2000, 3750, 3750, 3750]);
    }

    #[test]
    fn requests_repeated_without_success_shorten_the_time_after_errors_but_not_for_throttling() {
        let sum = |vain| pauses(Patience::SYNC, vain, 500).iter().sum::<u128>();
        assert!((0..8).map(sum).sum::<u128>() <= 240_000);
        assert_eq!(pauses(Patience::SYNC, 60, 500), [0_u128; 0]);
        assert_eq!(pauses(Patience::SYNC, 60, 429), pauses(Patience::SYNC, 0, 429));
    }

    #[test]
    fn attempts_that_failed_count_as_waiting() {
        let mut attempts = Attempts::new(Patience::SYNC, 0);
        attempts.took(Duration::from_secs(100));
        assert_eq!(judge(&mut attempts, 504, None), Verdict::Again(FIRST));
        attempts.took(Duration::from_secs(100));
        assert_eq!(judge(&mut attempts, 504, None), Verdict::Final);
    }

    #[test]
    fn a_pause_longer_than_the_time_left_ends_the_call_at_once() {
        let first =
            |status, asked| judge(&mut Attempts::new(Patience::SYNC, 0), status, Some(asked));
        assert_eq!(first(429, "121"), Verdict::GiveUp(121));
        assert_eq!(first(503, "3600.5"), Verdict::GiveUp(3601));
        assert_eq!(first(429, "99999999999999999999999"), Verdict::GiveUp(u32::MAX));
        assert_eq!(first(504, "121"), Verdict::Final);
        let mut attempts = Attempts::new(Patience::SYNC, 0);
        let hundred = Verdict::Again(Duration::from_secs(100));
        assert_eq!(judge(&mut attempts, 429, Some("100")), hundred);
        assert_eq!(judge(&mut attempts, 429, Some("100")), Verdict::GiveUp(100), "120 s in all");
    }

    #[test]
    fn a_throttled_request_never_counts_as_answered() {
        for asked in [None, Some("0"), Some("1")] {
            let mut attempts = Attempts::new(Patience::SYNC, 0);
            let end = loop {
                match judge(&mut attempts, 429, asked) {
                    Verdict::Again(_) => {}
                    end => break end,
                }
            };
            assert_eq!(end, Verdict::GiveUp(60), "{asked:?}");
        }
        let mut change = Attempts::if_not_processed(Patience::BOOKING);
        assert_eq!(judge(&mut change, 429, None), Verdict::Again(FIRST));
        assert_eq!(judge(&mut change, 503, Some("2")), Verdict::Again(Duration::from_secs(2)));
        assert_eq!(judge(&mut change, 504, Some("2")), Verdict::Final);
        assert_eq!(judge(&mut change, 503, None), Verdict::Final, "it can have been processed");
        let mut single = Attempts::single();
        assert_eq!(judge(&mut single, 429, None), Verdict::GiveUp(60));
        assert_eq!(judge(&mut single, 503, None), Verdict::Final);
    }

    #[test]
    fn a_refusal_of_what_a_service_never_supports_is_a_result() {
        for status in [200, 204, 302, 400, 401, 403, 404, 409, 410, 422, 501, 505] {
            assert_eq!(trouble(status, None), None, "{status}");
        }
        for status in [408, 429, 500, 502, 503, 504, 509] {
            assert!(trouble(status, None).is_some(), "{status}");
        }
        for code in ["notSupported", "Request_BadRequest", "UnsupportedQueryOption"] {
            assert!(!is_passing(500, || code.to_owned()), "{code}");
        }
        for code in ["generalException", "InternalServerError", "UnknownError", "http-500"] {
            assert!(is_passing(500, || code.to_owned()), "{code}");
        }
    }
}
