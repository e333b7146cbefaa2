//! Calendars: where the sync of the bookings of each room stands.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rusqlite::{OptionalExtension as _, Row, params};
use serde::Serialize;

use super::{BookableRoom, row::as_text};
use crate::{
    problem::Problem,
    store::{StoreError, Transaction, json},
    zones,
};

/// A room, and the time zone of its calendar.
#[derive(Debug, Clone)]
pub(crate) struct RoomZone {
    /// Id of the room.
    pub(crate) room: String,
    /// IANA name, which [`zones::zone`] knows.
    pub(crate) zone: String,
}

/// State of the sync of one room.
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    pub(crate) number: i64,
    /// Time zone of the room.
    pub(crate) zone: TimeZone,
    /// Checkpoint that the next run continues from.
    pub(crate) checkpoint: Option<String>,
    /// Number of the latest enumeration.
    pub(crate) enumeration: i64,
    /// Whether it has begun and is not complete.
    pub(crate) enumerating: bool,
    /// Whether it is complete, and what it did not list has not been handled yet.
    pub(crate) sweep_due: bool,
    /// When all bookings were last listed.
    pub(crate) listed_at: Option<i64>,
}

/// A room whose bookings cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoomFailing {
    /// Time of the first failure.
    #[serde(serialize_with = "as_text")]
    pub since: Timestamp,
    /// Number of failures in a row.
    pub count: u32,
    /// Why the last one failed.
    pub problem: Problem,
}

/// Columns of a calendar that lists need.
pub(super) const COLUMNS: &str = "calendar.number AS calendar, calendar.zone AS zone,
    calendar.read_at AS read_at, calendar.failures AS failures,
    calendar.failing_since AS failing_since, calendar.problem AS problem";

/// A calendar as lists show it.
pub(super) struct State {
    /// `None` where no run has read the room yet.
    pub(super) number: Option<i64>,
    pub(super) zone: String,
    pub(super) read_at: Option<Timestamp>,
    pub(super) failing: Option<RoomFailing>,
}

impl State {
    pub(super) fn of(row: &Row<'_>, room: &BookableRoom) -> rusqlite::Result<Self> {
        let second = |at: Option<i64>| at.and_then(|at| Timestamp::from_second(at).ok());
        let failing = match row.get_ref("problem")?.as_str_or_null()? {
            Some(problem) => Some(RoomFailing {
                since: second(row.get("failing_since")?).unwrap_or_default(),
                count: row.get("failures")?,
                problem: json::read("problem", problem)?,
            }),
            None => None,
        };
        let own = || room.time_zone.clone().filter(|name| zones::zone(name).is_some());
        let zone: Option<String> = row.get("zone")?;
        Ok(Self {
            number: row.get("calendar")?,
            zone: zone.or_else(own).unwrap_or_else(|| "UTC".to_owned()),
            read_at: second(row.get("read_at")?),
            failing,
        })
    }
}

impl Transaction<'_> {
    /// Returns the calendar of a room, which is made where it does not exist. Where the time zone
    /// or its rules changed, the instants of its all-day bookings are computed again.
    pub(crate) fn open_calendar(
        &self,
        RoomZone { room, zone: name }: &RoomZone,
        now: Timestamp,
    ) -> Result<Calendar, StoreError> {
        let zone = zones::zone_or_utc(name);
        let rules = zones::version().name.as_str();
        let found = self
            .sql
            .prepare_cached(
                "SELECT number, checkpoint, enumeration, enumerating, sweep_due, listed_at,
                     zone = ?3 AND zone_data = ?4
                 FROM calendar WHERE integration = ?1 AND room = ?2",
            )?
            .query_row(params![self.integration, room, name, rules], |row| {
                let calendar = Calendar {
                    number: row.get(0)?,
                    zone: zone.clone(),
                    checkpoint: row.get(1)?,
                    enumeration: row.get(2)?,
                    enumerating: row.get(3)?,
                    sweep_due: row.get(4)?,
                    listed_at: row.get(5)?,
                };
                Ok((calendar, row.get::<_, bool>(6)?))
            })
            .optional()?;
        match found {
            Some((calendar, true)) => Ok(calendar),
            Some((calendar, false)) => {
                self.sql
                    .prepare_cached(
                        "UPDATE calendar SET zone = ?2, zone_data = ?3 WHERE number = ?1",
                    )?
                    .execute(params![calendar.number, name, rules])?;
                self.move_days(&calendar)?;
                self.find_conflicts(calendar.number, now)?;
                Ok(calendar)
            }
            None => {
                self.adds.set(true);
                self.sql
                    .prepare_cached(
                        "INSERT INTO calendar (integration, room, zone, zone_data)
                         VALUES (?1, ?2, ?3, ?4)",
                    )?
                    .execute(params![self.integration, room, name, rules])?;
                Ok(Calendar {
                    number: self.sql.last_insert_rowid(),
                    zone,
                    checkpoint: None,
                    enumeration: 0,
                    enumerating: false,
                    sweep_due: false,
                    listed_at: None,
                })
            }
        }
    }

    /// Computes the instants of the all-day bookings of a calendar again.
    fn move_days(&self, calendar: &Calendar) -> Result<(), StoreError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT number, first_day, until_day FROM booking
             WHERE calendar = ?1 AND first_day IS NOT NULL",
        )?;
        let days = statement.query_map([calendar.number], |row| {
            Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        })?;
        let days: Vec<(i64, _, _)> = days.collect::<Result<_, _>>()?;
        let mut update = self
            .sql
            .prepare_cached("UPDATE booking SET starts = ?2, ends = ?3 WHERE number = ?1")?;
        for (number, first, until) in days {
            // They were checked when they were stored.
            let (Ok(first), Ok(until)) = (first.parse::<Date>(), until.parse()) else { continue };
            let instants = zones::days(first, until, &calendar.zone);
            update.execute(params![number, instants.starts, instants.ends])?;
        }
        Ok(())
    }

    /// Stores the state of the sync of a room, with its checkpoint.
    pub(crate) fn set_calendar(&self, calendar: &Calendar) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE calendar SET checkpoint = ?2, enumeration = ?3, enumerating = ?4,
                     sweep_due = ?5, listed_at = ?6
                 WHERE number = ?1",
            )?
            .execute(params![
                calendar.number,
                calendar.checkpoint,
                calendar.enumeration,
                calendar.enumerating,
                calendar.sweep_due,
                calendar.listed_at,
            ])?;
        Ok(())
    }

    /// Notes that the bookings of a room could not be read.
    pub(crate) fn room_failed(
        &self,
        calendar: i64,
        problem: &Problem,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE calendar SET failures = failures + 1, problem = ?2,
                     failing_since = coalesce(failing_since, ?3)
                 WHERE number = ?1",
            )?
            .execute(params![calendar, json::write(problem)?, now.as_second()])?;
        Ok(())
    }

    /// Notes that all bookings of a room were listed in a run that failed afterwards. Does nothing
    /// where the room was read before.
    pub(crate) fn room_listed(&self, calendar: i64, now: Timestamp) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE calendar SET read_at = ?2 WHERE number = ?1 AND read_at IS NULL",
            )?
            .execute(params![calendar, now.as_second()])?;
        Ok(())
    }

    /// Notes that the bookings of a room were read well.
    pub(crate) fn room_read(&self, calendar: i64, now: Timestamp) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE calendar SET read_at = ?2, failures = 0, problem = NULL,
                     failing_since = NULL
                 WHERE number = ?1",
            )?
            .execute(params![calendar, now.as_second()])?;
        Ok(())
    }
}
