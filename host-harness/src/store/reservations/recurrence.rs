//! Series: whether their days are valid, and when the last one is over.

use jiff::{Span, civil::Date};

use super::ReservationError;
use crate::{
    model::{
        Recurrence, RecurrenceEnd, RecurrencePattern, RelativeDays, RelativeYearlyDays, Weekday,
        WeeklyPattern, YearlyDay, weekday,
    },
    zones,
};

/// Largest interval of a series. Source: the patterns of RFC 5545 have no limit; 99 is that of
/// common programs.
const MOST_INTERVAL: u32 = 99;

/// Largest number of occurrences.
const MOST_OCCURRENCES: u32 = 999;

/// Returns why a series cannot begin on `first`, if so.
pub(super) fn check(recurrence: &Recurrence, first: Date) -> Result<(), ReservationError> {
    let invalid = |reason: String| Err(ReservationError::InvalidRecurrence { reason });
    let Recurrence { pattern, interval, ends } = recurrence;
    if !(1..=MOST_INTERVAL).contains(interval) {
        return invalid(format!("its interval is {interval}, and it is from 1 to {MOST_INTERVAL}"));
    }
    if days(pattern).is_some_and(<[Weekday]>::is_empty) {
        return invalid("it has no day of the week".to_owned());
    }
    let (month, day) = match pattern {
        RecurrencePattern::AbsoluteMonthly(day) => (1, *day),
        RecurrencePattern::AbsoluteYearly(YearlyDay { month, day }) => (*month, *day),
        RecurrencePattern::RelativeYearly(RelativeYearlyDays { month, .. }) => (*month, 1),
        _ => (1, 1),
    };
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return invalid(format!("there is no day {day} of month {month}"));
    }
    if !begins(pattern, first) {
        return invalid(format!("it does not take place on its first day, {first}"));
    }
    match ends {
        RecurrenceEnd::Never => Ok(()),
        RecurrenceEnd::After(count) => match (1..=MOST_OCCURRENCES).contains(count) {
            true => Ok(()),
            false => invalid(format!("it takes place from 1 to {MOST_OCCURRENCES} times")),
        },
        RecurrenceEnd::On(text) => match zones::day(text) {
            Some(last) if last >= first => Ok(()),
            Some(last) => invalid(format!("its last day, {last}, is before its first, {first}")),
            None => invalid(format!("{text:?} is no day")),
        },
    }
}

fn days(pattern: &RecurrencePattern) -> Option<&[Weekday]> {
    match pattern {
        RecurrencePattern::Weekly(WeeklyPattern { days, .. })
        | RecurrencePattern::RelativeMonthly(RelativeDays { days, .. })
        | RecurrencePattern::RelativeYearly(RelativeYearlyDays {
            on: RelativeDays { days, .. },
            ..
        }) => Some(days),
        _ => None,
    }
}

/// Returns whether a series takes place on that day, as far as it can be told without its other
/// days.
fn begins(pattern: &RecurrencePattern, first: Date) -> bool {
    let has_weekday = days(pattern).is_none_or(|days| days.contains(&weekday(first)));
    // In a shorter month, the day is the last one.
    let is_day =
        |day: u32| i64::from(day).min(first.days_in_month().into()) == i64::from(first.day());
    let is_month = |month: u32| i64::from(month) == i64::from(first.month());
    match pattern {
        RecurrencePattern::AbsoluteMonthly(day) => is_day(*day),
        RecurrencePattern::AbsoluteYearly(YearlyDay { month, day }) => {
            is_month(*month) && is_day(*day)
        }
        RecurrencePattern::RelativeYearly(RelativeYearlyDays { month, .. }) => {
            is_month(*month) && has_weekday
        }
        _ => has_weekday,
    }
}

/// Returns a day on or after the last one of a series, or `None` if it has no end. The first day is
/// `first`.
pub(super) fn last_day(recurrence: &Recurrence, first: Date) -> Option<Date> {
    let Recurrence { pattern, interval, ends } = recurrence;
    let count = match ends {
        RecurrenceEnd::Never => return None,
        RecurrenceEnd::On(text) => return zones::day(text),
        RecurrenceEnd::After(count) => *count,
    };
    // One unit more, since the last day can be later in its week, month or year than the first.
    let units = i64::from(*interval).saturating_mul(i64::from(count)).min(5_000);
    let span = match pattern {
        RecurrencePattern::Daily => Span::new().try_days(units),
        RecurrencePattern::Weekly(_) => Span::new().try_weeks(units),
        RecurrencePattern::AbsoluteMonthly(_) | RecurrencePattern::RelativeMonthly(_) => {
            Span::new().try_months(units + 1)
        }
        RecurrencePattern::AbsoluteYearly(_) | RecurrencePattern::RelativeYearly(_) => {
            Span::new().try_years(units + 1)
        }
    };
    span.ok().map(|span| first.saturating_add(span))
}
