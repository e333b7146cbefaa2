//! Times as they are entered on the command line.

use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, DateTime},
    tz::TimeZone,
};

use crate::{
    cli::{
        Failure,
        args::{Point, TimeArgs},
        usage,
    },
    model::{BookingTime, DateRange, TimeRange},
    store::Reservation,
    zones,
};

/// A time as it is entered, in the time zone of the rooms.
pub(super) struct Entered<'a> {
    from: Option<Point>,
    to: Option<Point>,
    day: Option<Date>,
    today: Date,
    zone: &'a TimeZone,
}

impl<'a> Entered<'a> {
    pub(super) fn of(args: &TimeArgs, now: Timestamp, zone: &'a TimeZone) -> Self {
        let TimeArgs { from, to, day } = *args;
        Self { from, to, day, today: zones::day_of(now.as_second(), zone), zone }
    }

    /// Returns the time of a new booking.
    pub(super) fn all(&self) -> Result<BookingTime, Failure> {
        match (self.from, self.to) {
            (None, None) => match self.day {
                Some(day) => days("--day", day, day),
                None => Err(usage("pass --from and --to, or --day for a day without times")),
            },
            (Some(Point::Day(first)), None) => days("--from", first, first),
            (Some(Point::Day(first)), Some(Point::Day(last))) => days("--to", first, last),
            (Some(Point::Day(_)), Some(_)) => {
                Err(usage("--to: with a day as --from, pass the last day"))
            }
            (Some(_), Some(Point::Day(_))) => {
                Err(usage("--to: with a time as --from, pass the time of the end"))
            }
            (Some(from), Some(to)) => {
                let day = self.day.unwrap_or(self.today);
                let starts = self.instant("--from", from, day)?;
                let ends = self.instant("--to", to, zones::day_of(starts, self.zone))?;
                hours(starts, ends)
            }
            (Some(_), None) => Err(usage("pass --to: the end of the booking")),
            (None, Some(_)) => Err(usage("pass --from: the beginning of the booking")),
        }
    }

    /// Returns the changed time of a booking, or `None` where no argument changes it. Without --to,
    /// its length stays.
    pub(super) fn instead_of(&self, before: &BookingTime) -> Result<Option<BookingTime>, Failure> {
        if self.from.is_none() && self.to.is_none() && self.day.is_none() {
            return Ok(None);
        }
        let is_day = |point: Option<Point>| matches!(point, Some(Point::Day(_)));
        let (hours_before, days_before) = match before {
            BookingTime::Hours(hours) => (Some(*hours), None),
            BookingTime::Days(days) => (None, Some(days)),
        };
        let becomes_days = is_day(self.from) || is_day(self.to);
        if let (Some(before), false) = (hours_before, becomes_days) {
            let day = self.day.unwrap_or_else(|| zones::day_of(before.starts, self.zone));
            let starts = match (self.from, self.day) {
                (Some(from), _) => self.instant("--from", from, day)?,
                (None, Some(day)) => {
                    let clock = local(before.starts, self.zone).time();
                    self.second("--day", day.to_datetime(clock))?
                }
                (None, None) => before.starts,
            };
            let ends = match self.to {
                Some(to) => self.instant("--to", to, zones::day_of(starts, self.zone))?,
                None => starts + (before.ends - before.starts),
            };
            return hours(starts, ends).map(Some);
        }
        // An all-day booking stays one, unless both times are given.
        match (self.from, self.to, days_before) {
            (None, Some(Point::Day(last)), Some(before)) => {
                let first = before.first.parse().unwrap_or(self.today);
                days("--to", first, last).map(Some)
            }
            _ => self.all().map(Some),
        }
    }

    fn instant(&self, argument: &str, point: Point, day: Date) -> Result<i64, Failure> {
        match point {
            Point::Instant(at) => Ok(at.as_second()),
            Point::Local(local) => self.second(argument, local),
            Point::Clock(time) => self.second(argument, day.to_datetime(time)),
            Point::Day(_) => Err(usage(format!("{argument}: pass a time, not a day"))),
        }
    }

    /// Returns the instant of a local time. Of an hour that is repeated when summer time ends, it
    /// is the first; an hour that is left out when it begins moves on.
    fn second(&self, argument: &str, local: DateTime) -> Result<i64, Failure> {
        let instant = self.zone.to_timestamp(local);
        let instant = instant.map_err(|error| usage(format!("{argument}: {error}")))?;
        Ok(instant.as_second())
    }
}

fn local(second: i64, zone: &TimeZone) -> DateTime {
    zone.to_datetime(Timestamp::from_second(second).unwrap_or_default())
}

fn hours(starts: i64, ends: i64) -> Result<BookingTime, Failure> {
    match ends > starts {
        true => Ok(BookingTime::Hours(TimeRange { starts, ends })),
        false => Err(usage("--to is not after --from")),
    }
}

/// Returns the days from the first to the last one.
fn days(argument: &str, first: Date, last: Date) -> Result<BookingTime, Failure> {
    if last < first {
        return Err(usage("--to is before --from"));
    }
    let until = last.checked_add(1.day());
    let until = until.map_err(|error| usage(format!("{argument}: {error}")))?;
    Ok(BookingTime::Days(DateRange { first: first.to_string(), until: until.to_string() }))
}

/// Returns the time of one booking of a series: the one that begins then, or on that day at the
/// time of the first one.
pub(super) fn occurrence(point: Point, series: &Reservation) -> Result<BookingTime, Failure> {
    let zone = zones::zone_or_utc(&series.request.time_zone);
    let entered = Entered { from: None, to: None, day: None, today: Date::ZERO, zone: &zone };
    match (&series.request.time, point) {
        (BookingTime::Hours(first), point) => {
            let (on, clock) = match point {
                Point::Day(day) => (day, Point::Clock(local(first.starts, &zone).time())),
                Point::Clock(_) => {
                    return Err(usage("--occurrence: pass the day, or the day and the time"));
                }
                point => (Date::ZERO, point),
            };
            let starts = entered.instant("--occurrence", clock, on)?;
            hours(starts, starts + (first.ends - first.starts))
        }
        (BookingTime::Days(range), Point::Day(day)) => {
            let first = range.first.parse::<Date>().unwrap_or(day);
            let length = range.until.parse::<Date>().map_or(1, |until| (until - first).get_days());
            let last = day.saturating_add(i64::from(length.max(1) - 1).days());
            days("--occurrence", day, last)
        }
        (BookingTime::Days(_), _) => Err(usage("--occurrence: pass its first day")),
    }
}
