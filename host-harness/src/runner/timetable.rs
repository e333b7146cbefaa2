//! When bookings are read. It is not stored: after a start of the program, each integration has its
//! first run at a random time within the interval, so that they do not all run at once.

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;

use crate::{schedule::pause, store::IntegrationId};

#[derive(Default)]
pub(super) struct Timetable {
    interval: Option<Duration>,
    next: HashMap<IntegrationId, Timestamp>,
}

impl Timetable {
    pub(super) fn set_interval(&mut self, interval: Option<Duration>) {
        *self = Self { interval, next: HashMap::new() };
    }

    pub(super) fn interval(&self) -> Option<Duration> {
        self.interval
    }

    pub(super) fn next(&self, integration: IntegrationId) -> Option<Timestamp> {
        self.next.get(&integration).copied()
    }

    /// Returns whether the next run is due. Plans the first one, depending on the random number
    /// `chance`.
    pub(super) fn is_due(
        &mut self,
        integration: IntegrationId,
        now: Timestamp,
        chance: u32,
    ) -> bool {
        let Some(interval) = self.interval else { return false };
        let first = interval.mul_f64(f64::from(chance) / f64::from(u32::MAX));
        let first = || now.checked_add(first).unwrap_or(Timestamp::MAX);
        *self.next.entry(integration).or_insert_with(first) <= now
    }

    /// Plans the next run after `now`, as [`pause`] computes it. Does nothing where there is no
    /// interval.
    pub(super) fn plan(
        &mut self,
        integration: IntegrationId,
        now: Timestamp,
        failures: u32,
        asked: Option<Duration>,
        chance: u32,
    ) {
        let Some(interval) = self.interval else { return };
        let pause = pause(interval, failures, asked, chance);
        let next = now.checked_add(pause).unwrap_or(Timestamp::MAX);
        self.next.insert(integration, next);
    }
}
