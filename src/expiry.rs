//! Warnings about credentials that expire soon.

use std::time::{Duration, SystemTime};

use crate::{
    host::rfc3339,
    remedy::{self, CLOCK, NEW_CERTIFICATE, NEW_SECRET},
    settings::{Certificate, Credential, Settings, pointer},
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Number of days before the end at which the warnings begin.
const AHEAD: u64 = 30;

/// A credential that is not valid, or will soon no longer be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// JSON Pointer (RFC 6901) to the setting with the date.
    pub field: &'static str,
    /// One sentence that states the date.
    pub summary: String,
    /// What an administrator can do.
    pub remedy: String,
}

impl Expiry {
    /// Returns the expiry of the credential in use; `None` where it is valid for longer.
    pub fn find(settings: &Settings, now: SystemTime) -> Option<Self> {
        let (field, summary, remedy) = match &settings.server.credential {
            Credential::Secret(_) => {
                let expires = settings.server.secret_expires.as_ref()?;
                // To the end of that day in UTC: a few hours do not matter here.
                let summary = match days_left(expires.day + DAY, now) {
                    None => format!("By its date, the client secret expired on {}", expires.text),
                    Some(days) => soon("secret", &expires.text, days)?,
                };
                (pointer::SECRET_EXPIRES, summary, NEW_SECRET)
            }
            Credential::Certificate(certificate) => {
                let (summary, remedy) = certificate_expiry(certificate, now)?;
                (pointer::CLIENT_CERTIFICATE, summary, remedy)
            }
        };
        let remedy = remedy::in_portal(remedy, settings.endpoints().portal());
        Some(Self { field, summary, remedy })
    }
}

/// Returns the warning of a run about the expiry.
pub fn warning(settings: &Settings, now: SystemTime) -> Option<String> {
    Expiry::find(settings, now).map(|expiry| format!("{}. {}", expiry.summary, expiry.remedy))
}

fn certificate_expiry(
    certificate: &Certificate,
    now: SystemTime,
) -> Option<(String, &'static str)> {
    if now < certificate.not_before {
        let from = date(certificate.not_before);
        return Some((format!("The client certificate is not valid before {from}"), CLOCK));
    }
    let until = date(certificate.not_after);
    let summary = match days_left(certificate.not_after, now) {
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

/// Returns the number of full days that are left; `None` after the end.
fn days_left(end: SystemTime, now: SystemTime) -> Option<u64> {
    end.duration_since(now).ok().map(|left| left.as_secs() / DAY.as_secs())
}

/// Formats a date in UTC: `2027-05-01`.
fn date(time: SystemTime) -> String {
    rfc3339(time).chars().take(10).collect()
}
