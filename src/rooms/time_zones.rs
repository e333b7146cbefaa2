//! The time zones of rooms, which places do not have.
//!
//! `getSchedule` reports the zone of a mailbox's working hours, with the permission that bookings
//! need. So rooms have a time zone only where the settings switch bookings on.

use std::time::Duration;

use serde_json::Value;

use crate::{
    error::Error,
    graph::{Graph, places::reason_to_continue, schedule},
    host::{Host, rfc3339},
    model::{Room, RoomField},
    zones::Zone,
};

/// Length of the schedule that is requested, of which only the time zone is read.
const HOUR: Duration = Duration::from_secs(3600);

/// The zone of a mailbox for which no administrator entered one. It is not documented, but what
/// `Get-MailboxCalendarConfiguration` shows for a new mailbox.
const NEVER_ENTERED: &str = "Pacific Standard Time";

/// Reads the time zones of rooms.
#[derive(Debug, Default)]
pub(super) struct TimeZones {
    warning: Option<String>,
}

impl TimeZones {
    /// Sets the time zones of rooms. Where they cannot be read, they are unknown.
    ///
    /// # Errors
    /// Those after which the run must end: see [`reason_to_continue`].
    pub(super) async fn complete<H: Host>(
        &mut self,
        graph: &Graph<'_, H>,
        rooms: &mut [Room],
    ) -> Result<(), Error> {
        if rooms.is_empty() || !graph.settings().bookings.is_on {
            return Ok(());
        }
        let mailboxes: Vec<_> = rooms.iter().map(|room| room.email.clone()).collect();
        let now = graph.host().now();
        let (start, end) = (rfc3339(now), rfc3339(now + HOUR));
        let schedules = match schedule::read(graph, &mailboxes, (&start, &end)).await {
            Ok(schedules) => schedules,
            Err(error) => {
                let why = reason_to_continue(error)?;
                self.warning.get_or_insert_with(|| {
                    format!("The time zones of rooms could not be read: {why}")
                });
                mailboxes.iter().map(|_| Ok(Value::Null)).collect()
            }
        };
        let default = graph.settings().bookings.time_zone.as_deref();
        for (room, schedule) in rooms.iter_mut().zip(schedules) {
            match schedule {
                Ok(Value::Null) | Err(_) => room.unknown.push(RoomField::TimeZone),
                Ok(schedule) => room.time_zone = time_zone(&schedule, room, default),
            }
        }
        Ok(())
    }

    /// Returns the warning, where time zones could not be read.
    pub(super) fn warning(self) -> Option<String> {
        self.warning
    }
}

/// Returns the IANA name of a room's time zone; `None` where Exchange has none that can be named.
/// The zone that Exchange has where no administrator entered one counts only where the room can be
/// in it: `default` is the zone in the settings.
fn time_zone(schedule: &Value, room: &Room, default: Option<&str>) -> Option<String> {
    let name = schedule["workingHours"]["timeZone"]["name"].as_str()?;
    let zone = Zone::named(name)?.name().to_owned();
    let country = room.address.as_ref().and_then(|address| address.country.as_deref());
    let is_elsewhere = match (country, default) {
        (Some(country), _) => !is_pacific(country),
        (None, default) => default.is_some_and(|default| default != zone),
    };
    (name != NEVER_ENTERED || !is_elsewhere).then_some(zone)
}

/// Returns whether a country has parts in the Pacific zone of North America.
fn is_pacific(country: &str) -> bool {
    const NAMES: [&str; 6] =
        ["US", "USA", "United States", "United States of America", "CA", "Canada"];
    NAMES.iter().any(|name| name.eq_ignore_ascii_case(country.trim()))
}
