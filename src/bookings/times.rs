//! When an event takes place.

use jiff::civil::Date;

use crate::{
    model::{BookingTime, DateRange, TimeRange},
    payload::{Event, day_text},
    zones::Zone,
};

/// When an event takes place: hours, or days of the room's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Times {
    /// Begin and end, in seconds since 1970.
    Hours(i64, i64),
    /// First day, and the day after the last one.
    Days(Date, Date),
}

impl Times {
    /// Reads the times of an event. `all_day` says whether it takes days, `zone` is the room's.
    ///
    /// # Errors
    /// One sentence that says what is wrong with them.
    pub(crate) fn read(event: &Event, all_day: bool, zone: &Zone) -> Result<Self, String> {
        let (start, end) = (event.start.clone()?, event.end.clone()?);
        if end.instant < start.instant {
            return Err("end is before start".to_owned());
        }
        if !all_day {
            return Ok(Self::Hours(start.instant, end.instant));
        }
        // Graph reports days as midnight of universal time. Where a server converts them, they
        // begin at midnight in the room's time zone.
        let midnight = |instant| {
            let wall = zone.wall(instant)?;
            (wall == wall.start_of_day()).then(|| wall.date())
        };
        let days = match (start.day, end.day) {
            (Some(first), Some(until)) => Some((first, until)),
            _ => midnight(start.instant).zip(midnight(end.instant)),
        };
        let (first, until) = days.ok_or("an all-day event does not begin and end at midnight")?;
        // Where both are the same, it is that one day.
        let next = first.tomorrow().map_err(|_| "start: out of range".to_owned())?;
        Ok(Self::Days(first, until.max(next)))
    }

    /// Returns the instants of begin and end; `None` where they are out of range.
    pub(crate) fn instants(self, zone: &Zone) -> Option<(i64, i64)> {
        match self {
            Self::Hours(starts, ends) => Some((starts, ends)),
            Self::Days(first, until) => Some((zone.start_of(first)?, zone.start_of(until)?)),
        }
    }

    /// Returns the times as the interface has them.
    pub(crate) fn to_record(self) -> BookingTime {
        match self {
            Self::Hours(starts, ends) => BookingTime::Hours(TimeRange { starts, ends }),
            Self::Days(first, until) => {
                BookingTime::Days(DateRange { first: day_text(first), until: day_text(until) })
            }
        }
    }
}
