//! Series as they are entered on the command line: the six patterns and three ends of the
//! interface.

use jiff::tz::TimeZone;

use crate::{
    cli::{
        Failure,
        args::{Repeat, SeriesArgs},
        usage,
    },
    model::{
        BookingTime, Recurrence, RecurrenceEnd, RecurrencePattern, RelativeDays,
        RelativeYearlyDays, Weekday, WeeklyPattern, YearlyDay, weekday,
    },
    zones,
};

/// Returns the series that the arguments name, for a booking whose first time is `first`;
/// `Some(None)` where it is to be one booking, and `None` where they name nothing.
pub(super) fn recurrence(
    args: &SeriesArgs,
    first: &BookingTime,
    zone: &TimeZone,
) -> Result<Option<Option<Recurrence>>, Failure> {
    let Some(repeat) = args.repeat else { return Ok(None) };
    let first = match first {
        BookingTime::Hours(hours) => zones::day_of(hours.starts, zone),
        BookingTime::Days(days) => days.first.parse().unwrap_or_default(),
    };
    let has_days = !args.on.is_empty();
    let days = match has_days {
        true => args.on.iter().map(|day| day.weekday()).collect(),
        false => vec![weekday(first)],
    };
    let (month, day) =
        (u32::from(first.month().unsigned_abs()), u32::from(first.day().unsigned_abs()));
    let relative = args.nth.map(|nth| RelativeDays { days: days.clone(), index: nth.index() });
    if has_days && relative.is_none() && matches!(repeat, Repeat::Monthly | Repeat::Yearly) {
        return Err(usage("--on: with this --repeat, also pass --nth"));
    }
    if args.nth.is_some() && !matches!(repeat, Repeat::Monthly | Repeat::Yearly) {
        return Err(usage("--nth: only with --repeat monthly or yearly"));
    }
    let pattern = match (repeat, relative) {
        (Repeat::Once, _) => return Ok(Some(None)),
        (Repeat::Daily, _) if has_days => {
            return Err(usage("--on: with days of the week, pass --repeat weekly"));
        }
        (Repeat::Daily, _) => RecurrencePattern::Daily,
        (Repeat::Weekly, _) => {
            RecurrencePattern::Weekly(WeeklyPattern { days, first_day_of_week: Weekday::Monday })
        }
        (Repeat::Monthly, None) => RecurrencePattern::AbsoluteMonthly(day),
        (Repeat::Monthly, Some(on)) => RecurrencePattern::RelativeMonthly(on),
        (Repeat::Yearly, None) => RecurrencePattern::AbsoluteYearly(YearlyDay { month, day }),
        (Repeat::Yearly, Some(on)) => {
            RecurrencePattern::RelativeYearly(RelativeYearlyDays { month, on })
        }
    };
    let ends = match (args.until, args.count) {
        (Some(last), _) => RecurrenceEnd::On(last.to_string()),
        (None, Some(count)) => RecurrenceEnd::After(count),
        (None, None) => RecurrenceEnd::Never,
    };
    Ok(Some(Some(Recurrence { pattern, interval: args.every.unwrap_or(1), ends })))
}
