//! Credentials grow old: who is told in time is not locked out.

use std::time::{Duration, SystemTime};

use crate::{
    remedy::{self, CLOCK, NEW_CERTIFICATE, NEW_SECRET},
    settings::{Certificate, Credential, Settings, pointer},
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// So many days ahead there is a warning.
const AHEAD: u64 = 30;

/// The credential is not, or soon no longer, valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// JSON Pointer (RFC 6901) to the setting that says so.
    pub field: &'static str,
    /// One sentence for a person.
    pub summary: String,
    /// What to do about it.
    pub remedy: String,
}

impl Expiry {
    /// Looks at the credential that is used, as things are `now`.
    pub fn of(settings: &Settings, now: SystemTime) -> Option<Self> {
        let (field, summary, remedy) = match &settings.server.credential {
            Credential::Secret(_) => {
                let expires = settings.server.secret_expires.as_ref()?;
                // In UTC, and to the end of that day: a few hours do not matter here.
                let summary = match days_left(expires.day + DAY, now) {
                    None => format!("By its date, the client secret expired on {}", expires.text),
                    Some(days) => soon("secret", &expires.text, days)?,
                };
                (pointer::SECRET_EXPIRES, summary, NEW_SECRET)
            }
            Credential::Certificate(certificate) => {
                let (summary, remedy) = of_certificate(certificate, now)?;
                (pointer::CLIENT_CERTIFICATE, summary, remedy)
            }
        };
        let remedy = remedy::in_portal(remedy, settings.endpoints().portal());
        Some(Self { field, summary, remedy })
    }
}

/// What a run says of it.
pub fn warning(settings: &Settings, now: SystemTime) -> Option<String> {
    Expiry::of(settings, now).map(|it| format!("{}. {}", it.summary, it.remedy))
}

fn of_certificate(it: &Certificate, now: SystemTime) -> Option<(String, &'static str)> {
    if now < it.not_before {
        let from = date(it.not_before);
        return Some((format!("The client certificate is not valid before {from}"), CLOCK));
    }
    let until = date(it.not_after);
    let summary = match days_left(it.not_after, now) {
        None => format!("The client certificate expired on {until}"),
        Some(days) => soon("certificate", &until, days)?,
    };
    Some((summary, NEW_CERTIFICATE))
}

fn soon(what: &str, date: &str, days: u64) -> Option<String> {
    let left = match days {
        0 => "within a day".to_owned(),
        1 => "in 1 day".to_owned(),
        days => format!("in {days} days"),
    };
    (days <= AHEAD).then(|| format!("The client {what} expires on {date}, {left}"))
}

/// Whole days; `None` where it is over.
fn days_left(end: SystemTime, now: SystemTime) -> Option<u64> {
    end.duration_since(now).ok().map(|it| it.as_secs() / DAY.as_secs())
}

/// In UTC: `2027-05-01`.
fn date(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string().chars().take(10).collect()
}
