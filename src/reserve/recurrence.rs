//! How often a booking takes place, as Graph writes it.
//!
//! Source: <https://learn.microsoft.com/graph/api/resources/patternedrecurrence>.

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::{
    model::{Recurrence, RecurrenceEnd, RecurrencePattern, RelativeDays, WeekIndex, Weekday},
    payload::{day_text, read_day},
};

/// Largest interval, and largest number of occurrences, that Exchange takes.
const MOST: u32 = 999;

/// Checks a recurrence. `first` is the day of the first occurrence.
///
/// # Errors
/// One sentence that says what is wrong.
pub(super) fn check(recurrence: &Recurrence, first: Date) -> Result<(), &'static str> {
    if !(1..=MOST).contains(&recurrence.interval) {
        return Err("The interval of a series is a number from 1 to 999");
    }
    match &recurrence.ends {
        RecurrenceEnd::Never => {}
        RecurrenceEnd::After(count) if (1..=MOST).contains(count) => {}
        RecurrenceEnd::After(_) => return Err("A series has 1 to 999 occurrences, or no end"),
        RecurrenceEnd::On(day) => match read_day(day) {
            None => return Err("The last day of a series is not a day such as 2027-05-31"),
            Some(day) if day < first => return Err("The series ends before it begins"),
            Some(_) => {}
        },
    }
    let has_days = match &recurrence.pattern {
        RecurrencePattern::Weekly(pattern) => !pattern.days.is_empty(),
        RecurrencePattern::RelativeMonthly(on) => !on.days.is_empty(),
        RecurrencePattern::RelativeYearly(yearly) => !yearly.on.days.is_empty(),
        _ => true,
    };
    if !has_days {
        return Err("A weekly or relative series needs a day of the week");
    }
    match takes_place_on(&recurrence.pattern, first) {
        true => Ok(()),
        false => Err("The series does not take place on the day of its first occurrence"),
    }
}

/// Returns whether a pattern has a day, apart from its interval.
fn takes_place_on(pattern: &RecurrencePattern, date: Date) -> bool {
    let month = |number: u32| u32::try_from(date.month()) == Ok(number);
    // In a shorter month, it is the last day.
    let day = |number: u32| {
        (1..=31).contains(&number)
            && u32::try_from(date.day()) == Ok(number.min(days_in_month(date)))
    };
    match pattern {
        RecurrencePattern::Daily => true,
        RecurrencePattern::Weekly(pattern) => pattern.days.iter().any(|day| is_weekday(date, *day)),
        RecurrencePattern::AbsoluteMonthly(number) => day(*number),
        RecurrencePattern::RelativeMonthly(on) => is_relative_day(on, date),
        RecurrencePattern::AbsoluteYearly(yearly) => month(yearly.month) && day(yearly.day),
        RecurrencePattern::RelativeYearly(yearly) => {
            month(yearly.month) && is_relative_day(&yearly.on, date)
        }
    }
}

/// Returns whether the last occurrence is on a day up to `latest`.
pub(super) fn ends_by(recurrence: &Recurrence, first: Date, latest: Date) -> bool {
    let count = match &recurrence.ends {
        RecurrenceEnd::Never => return false,
        RecurrenceEnd::On(day) => return read_day(day).is_some_and(|day| day <= latest),
        RecurrenceEnd::After(count) => usize::try_from(*count).unwrap_or(usize::MAX),
    };
    let days = std::iter::successors(Some(first), |day| day.tomorrow().ok());
    let days = days.take_while(|day| *day <= latest);
    let occurs = |day: &Date| {
        takes_place_on(&recurrence.pattern, *day) && is_in_interval(recurrence, first, *day)
    };
    days.filter(occurs).take(count).count() == count
}

/// Returns whether the interval of a series includes the week, month or year of a day; of a daily
/// series, the day.
fn is_in_interval(recurrence: &Recurrence, first: Date, day: Date) -> bool {
    let days = |from: Date| day.duration_since(from).as_hours() / 24;
    let years = i64::from(day.year() - first.year());
    let distance = match &recurrence.pattern {
        RecurrencePattern::Daily => days(first),
        RecurrencePattern::Weekly(weekly) => {
            let is_start = |day: &Date| is_weekday(*day, weekly.first_day_of_week);
            let back = std::iter::successors(Some(first), |day| day.yesterday().ok());
            days(back.take(7).find(is_start).unwrap_or(first)) / 7
        }
        RecurrencePattern::AbsoluteMonthly(_) | RecurrencePattern::RelativeMonthly(_) => {
            years * 12 + i64::from(day.month() - first.month())
        }
        RecurrencePattern::AbsoluteYearly(_) | RecurrencePattern::RelativeYearly(_) => years,
    };
    distance % i64::from(recurrence.interval.max(1)) == 0
}

fn days_in_month(date: Date) -> u32 {
    u32::try_from(date.days_in_month()).unwrap_or_default()
}

fn is_weekday(date: Date, day: Weekday) -> bool {
    use jiff::civil::Weekday as Civil;
    let own = match date.weekday() {
        Civil::Monday => Weekday::Monday,
        Civil::Tuesday => Weekday::Tuesday,
        Civil::Wednesday => Weekday::Wednesday,
        Civil::Thursday => Weekday::Thursday,
        Civil::Friday => Weekday::Friday,
        Civil::Saturday => Weekday::Saturday,
        Civil::Sunday => Weekday::Sunday,
    };
    own == day
}

/// Returns whether a date is the one in its month that `on` names.
fn is_relative_day(on: &RelativeDays, date: Date) -> bool {
    let fits = |date: Date| on.days.iter().any(|day| is_weekday(date, *day));
    let days = (1..=date.days_in_month()).filter_map(|day| {
        let other = Date::new(date.year(), date.month(), day).ok()?;
        fits(other).then_some(other)
    });
    let mut days: Vec<_> = days.collect();
    let place = match on.index {
        WeekIndex::First => 0,
        WeekIndex::Second => 1,
        WeekIndex::Third => 2,
        WeekIndex::Fourth => 3,
        WeekIndex::Last => days.len().saturating_sub(1),
    };
    days.drain(..).nth(place) == Some(date)
}

/// Returns a recurrence as Graph writes it. `first` is the day of the first occurrence on the wall
/// clock of `zone`. Members that a pattern does not need are refused, so they are left out.
pub(crate) fn to_json(recurrence: &Recurrence, first: Date, zone: &str) -> Value {
    let mut pattern = match &recurrence.pattern {
        RecurrencePattern::Daily => json!({"type": "daily"}),
        RecurrencePattern::Weekly(weekly) => json!({
            "type": "weekly", "daysOfWeek": day_names(&weekly.days),
            "firstDayOfWeek": weekly.first_day_of_week.as_str(),
        }),
        RecurrencePattern::AbsoluteMonthly(day) => {
            json!({"type": "absoluteMonthly", "dayOfMonth": day})
        }
        RecurrencePattern::RelativeMonthly(on) => json!({
            "type": "relativeMonthly", "daysOfWeek": day_names(&on.days),
            "index": on.index.as_str(),
        }),
        RecurrencePattern::AbsoluteYearly(yearly) => json!({
            "type": "absoluteYearly", "dayOfMonth": yearly.day, "month": yearly.month,
        }),
        RecurrencePattern::RelativeYearly(yearly) => json!({
            "type": "relativeYearly", "daysOfWeek": day_names(&yearly.on.days),
            "index": yearly.on.index.as_str(), "month": yearly.month,
        }),
    };
    pattern["interval"] = recurrence.interval.into();
    let mut range = match &recurrence.ends {
        RecurrenceEnd::Never => json!({"type": "noEnd"}),
        RecurrenceEnd::On(day) => json!({"type": "endDate", "endDate": day}),
        RecurrenceEnd::After(count) => json!({"type": "numbered", "numberOfOccurrences": count}),
    };
    range["startDate"] = day_text(first).into();
    range["recurrenceTimeZone"] = zone.into();
    json!({"pattern": pattern, "range": range})
}

/// Returns whether a recurrence of Graph's has what was written. Graph adds members that a pattern
/// does not need. The first day and the time zone are compared as the time of the event.
pub(super) fn contains(own: &Value, written: &Value) -> bool {
    match (own, written) {
        (Value::Object(own), Value::Object(written)) => written.iter().all(|(name, value)| {
            matches!(name.as_str(), "startDate" | "recurrenceTimeZone")
                || own.get(name).is_some_and(|own| contains(own, value))
        }),
        // Days of the week, in any order.
        (Value::Array(own), Value::Array(written)) => {
            own.iter().all(|day| written.contains(day))
                && written.iter().all(|day| own.contains(day))
        }
        _ => own == written,
    }
}

fn day_names(days: &[Weekday]) -> Vec<&'static str> {
    days.iter().map(|day| day.as_str()).collect()
}
