//! When to send a request again, and when to give up.
//!
//! Source: <https://learn.microsoft.com/graph/throttling>.

use std::time::{Duration, SystemTime};

use crate::host::{Response, TransportError};

/// How long to keep trying one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    attempts: u32,
    waiting: Duration,
}

impl Patience {
    /// Of a run in the background.
    pub const SYNC: Self = Self { attempts: 5, waiting: Duration::from_secs(120) };

    /// Of a person who looks at the screen.
    pub const PERSON: Self = Self { attempts: 3, waiting: Duration::from_secs(15) };

    /// Of a person who waits to be let in: what can be sent again, they can begin again.
    pub const ONCE: Self = Self { attempts: 1, waiting: Duration::ZERO };

    /// The longest that one request may wait in all.
    pub fn waiting(self) -> Duration {
        self.waiting
    }
}

/// How long to wait before the next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// As Microsoft said.
    Asked(Duration),
    /// Microsoft said nothing.
    Guessed(Duration),
}

/// What to do after an attempt.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// Whatever came, it is the result.
    Final,
    /// Send it again after the pause.
    Again { pause: Pause, throttled: bool },
    /// Microsoft wants a longer pause than there is patience: seconds.
    GiveUp(u32),
}

/// The first pause after a failure; each further one is twice as long. Before jitter.
const BASE: Duration = Duration::from_millis(500);

/// Keeps count of the tries of one request.
pub(super) struct Attempt {
    patience: Patience,
    tries: u32,
    waited: Duration,
}

impl Attempt {
    pub(super) fn first(patience: Patience) -> Self {
        Self { patience, tries: 1, waited: Duration::ZERO }
    }

    pub(super) fn judge(
        &mut self,
        response: &Response,
        now: SystemTime,
        also_passing: fn(&Response) -> bool,
    ) -> Verdict {
        let asked = response.header("retry-after").and_then(|it| retry_after(it, now));
        match response.status {
            // The directory counts by windows of ten seconds.
            429 => match self.again(asked, true, Duration::from_secs(2)) {
                // A 429 is never a result: without a word on when, a minute is a fair guess.
                Verdict::Final => {
                    Verdict::GiveUp(seconds(asked.unwrap_or(Duration::from_secs(60))))
                }
                verdict => verdict,
            },
            503 | 504 => self.again(asked, asked.is_some(), BASE),
            _ if also_passing(response) => self.again(asked, asked.is_some(), BASE),
            _ => Verdict::Final,
        }
    }

    pub(super) fn judge_failure(&mut self, error: &TransportError) -> Verdict {
        if error.failure.is_passing() { self.again(None, false, BASE) } else { Verdict::Final }
    }

    fn again(&mut self, asked: Option<Duration>, throttled: bool, base: Duration) -> Verdict {
        // At once is no pause: whoever says so has not thought about it.
        let pause = match asked.filter(|it| !it.is_zero()) {
            Some(asked) => Pause::Asked(asked),
            None => Pause::Guessed(base * (1 << (self.tries - 1))),
        };
        let (Pause::Asked(after) | Pause::Guessed(after)) = pause;
        if self.waited + after > self.patience.waiting {
            return if throttled { Verdict::GiveUp(seconds(after)) } else { Verdict::Final };
        }
        if self.tries >= self.patience.attempts {
            return Verdict::Final;
        }
        self.tries += 1;
        self.waited += after;
        Verdict::Again { pause, throttled }
    }
}

/// Whole seconds, rounded up; at least one.
pub fn seconds(time: Duration) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    let seconds = time.as_secs_f64().ceil() as u32;
    seconds.max(1)
}

/// Reads a Retry-After: seconds, also fractional ones as Graph sends them, or a date
/// (RFC 9110, section 10.2.3).
pub fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, retry_after: Option<&str>) -> Response {
        let headers = retry_after.map(|it| ("retry-after".to_owned(), it.to_owned()));
        Response { status, headers: headers.into_iter().collect(), body: Vec::new() }
    }

    fn judge(attempt: &mut Attempt, status: u16, retry_after: Option<&str>) -> Verdict {
        attempt.judge(&response(status, retry_after), SystemTime::UNIX_EPOCH, |_| false)
    }

    #[test]
    fn a_pause_is_read_in_every_form_that_servers_send() {
        let now = humantime::parse_rfc3339("2026-11-23T20:00:00Z").expect("a time");
        let read = |text| retry_after(text, now).map(|it| it.as_secs_f64());
        assert_eq!(read("10"), Some(10.0));
        assert_eq!(read("2.128"), Some(2.128));
        assert_eq!(read(" 0 "), Some(0.0));
        assert_eq!(read("Mon, 23 Nov 2026 20:00:30 GMT"), Some(30.0));
        assert_eq!(read("Mon, 23 Nov 2026 19:00:00 GMT"), Some(0.0), "a date in the past is now");
        for nonsense in ["", "soon", "-5", "NaN", "inf", "1e400", "Mon, 99 Nov 2026 20:00:30 GMT"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn a_request_is_tried_five_times_with_growing_pauses() {
        let mut attempt = Attempt::first(Patience::SYNC);
        let pauses: Vec<_> = std::iter::from_fn(|| match judge(&mut attempt, 503, None) {
            Verdict::Again { pause: Pause::Guessed(it), throttled: false } => Some(it.as_millis()),
            _ => None,
        })
        .collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000]);
    }

    #[test]
    fn a_pause_beyond_patience_ends_at_once() {
        assert_eq!(
            judge(&mut Attempt::first(Patience::SYNC), 429, Some("121")),
            Verdict::GiveUp(121)
        );
        assert_eq!(
            judge(&mut Attempt::first(Patience::SYNC), 503, Some("3600.5")),
            Verdict::GiveUp(3601)
        );
        let mut attempt = Attempt::first(Patience::SYNC);
        let pause = Pause::Asked(Duration::from_secs(100));
        let again = Verdict::Again { pause, throttled: true };
        assert_eq!(judge(&mut attempt, 429, Some("100")), again);
        assert_eq!(judge(&mut attempt, 429, Some("100")), Verdict::GiveUp(100), "120 s in all");
    }

    #[test]
    fn a_throttled_request_never_passes_for_an_answer() {
        let mut attempt = Attempt::first(Patience::SYNC);
        for _ in 0..4 {
            assert!(matches!(judge(&mut attempt, 429, Some("0")), Verdict::Again { .. }));
        }
        assert!(matches!(judge(&mut attempt, 429, Some("0")), Verdict::GiveUp(1..)));
    }
}
