//! Rooms that a scheduled run of bookings reads, where notifications work for others.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::params;

use crate::store::{IntegrationId, Store, StoreError};

/// Time in which each room is read once, although notifications work for it. What was lost, ONES
/// then has after that time at most.
const RARELY: Duration = Duration::from_secs(6 * 60 * 60);

/// What is known where rooms are selected.
#[derive(Debug, Clone, Copy)]
pub struct Polling<'a> {
    /// Where notifications of the integration are sent.
    pub address: &'a str,
    /// Time of the run.
    pub now: Timestamp,
    /// Time of the start of the program. Before it, notifications may have been lost.
    pub started: Timestamp,
    /// Time from one scheduled run to the next.
    pub interval: Duration,
}

impl Store {
    /// Returns the ids of the rooms that a scheduled run reads, or `None` for all rooms.
    ///
    /// They are the rooms for which notifications do not work, those where something is left to be
    /// done, and of the others a part, those that were not read for the longest time: so many that
    /// each one is read within `RARELY`.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn polled_rooms(
        &self,
        integration: IntegrationId,
        Polling { address, now, started, interval }: Polling<'_>,
    ) -> Result<Option<Vec<String>>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT record.id AS room, read_at,
                 subscription.number IS NULL OR read_at IS NULL OR read_at < ?4
                   OR calendar.failures > 0 OR enumerating OR sweep_due
                   OR subscription.hints > 0
                   OR EXISTS (SELECT 1 FROM booking_item
                       WHERE booking_item.calendar = calendar.number AND seen < 0) AS due
             FROM record
               LEFT JOIN calendar
                 ON calendar.integration = ?1 AND calendar.room = record.id
               LEFT JOIN subscription
                 ON subscription.integration = ?1 AND subscription.subject = 'room'
                   AND subscription.room = record.id AND wanted AND address = ?2 AND expires > ?3
             WHERE record.integration = ?1 AND kind = 'room' AND removed_at IS NULL",
        )?;
        let (now, started) = (now.as_second(), started.as_second());
        let rows = statement.query_map(params![integration.0, address, now, started], |row| {
            Ok((row.get("room")?, row.get::<_, Option<i64>>("read_at")?, row.get("due")?))
        })?;
        let (mut due, mut others) = (Vec::new(), Vec::new());
        for row in rows {
            match row? {
                (room, Some(read_at), false) => others.push((read_at, room)),
                (room, ..) => due.push(room),
            }
        }
        if others.is_empty() {
            return Ok(None);
        }
        let part = interval.as_secs_f64() / RARELY.as_secs_f64();
        // Rounded up, also where it is no whole number.
        let at_once = (others.len() as f64 * part).ceil() as usize;
        // One that was just read, because of a notification or by an administrator, is left out.
        let until = now.saturating_sub(RARELY.as_secs().cast_signed() / 2);
        others.sort();
        let oldest = others.into_iter().filter(|(read_at, _)| *read_at <= until).take(at_once);
        due.extend(oldest.map(|(_, room)| room));
        Ok(Some(due))
    }
}
