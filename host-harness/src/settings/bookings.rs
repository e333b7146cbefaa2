//! Settings of bookings, whose fields have the same meaning in every plugin. Source:
//! `manifest.settings-schema` in `wit/types.wit`.

use serde_json::Value;

use super::Settings;

/// Number of days ahead for which bookings are read where the settings have none.
pub const DAYS: u16 = 180;

/// Largest number of days ahead.
const MOST_DAYS: u16 = 1_080;

/// How bookings are read and shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingSettings {
    /// Number of days ahead for which bookings are read, today included.
    pub days: u16,
    /// Whether users other than the administrator see the titles of bookings that are not private.
    pub titles_shown: bool,
    /// IANA name of the time zone of rooms that have none of their own.
    pub time_zone: Option<String>,
}

impl Settings {
    /// Returns how bookings are read and shown, or `None` where they are off.
    pub fn bookings(&self) -> Option<BookingSettings> {
        let text = |pointer| self.value().pointer(pointer).and_then(Value::as_str);
        if text("/rooms/bookings") != Some("on") {
            return None;
        }
        let days = self.value().pointer("/rooms/bookingDays").and_then(Value::as_u64);
        let days = days.map_or(DAYS, |days| u16::try_from(days).unwrap_or(MOST_DAYS));
        Some(BookingSettings {
            days: days.clamp(1, MOST_DAYS),
            titles_shown: text("/rooms/bookingTitles") == Some("shown"),
            time_zone: text("/rooms/timeZone").filter(|name| !name.is_empty()).map(str::to_owned),
        })
    }
}
