//! Times in the bodies of requests
//! (<https://learn.microsoft.com/graph/api/resources/datetimetimezone>).

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::Deserialize;

use super::super::refusal::GraphRefusal;
use crate::tenant::calendar::zone::Zone;

/// A wall clock time, and the name of its zone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Moment {
    pub(super) date_time: String,
    pub(super) time_zone: String,
}

impl Moment {
    pub(super) fn zone(&self) -> Result<Zone, GraphRefusal> {
        Zone::find(&self.time_zone).ok_or_else(|| GraphRefusal::no_time_zone(&self.time_zone))
    }

    pub(super) fn wall_clock(&self) -> Result<DateTime, GraphRefusal> {
        self.date_time.parse().map_err(|_| GraphRefusal::time_window("dateTime", &self.date_time))
    }

    pub(super) fn instant(&self) -> Result<Timestamp, GraphRefusal> {
        Ok(self.zone()?.instant(self.wall_clock()?))
    }
}
