//! The dates of a series.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::when;
use crate::{
    model::{
        BookingTime, Recurrence, RecurrenceEnd, RecurrencePattern, RelativeDays, TimeRange,
        WeekIndex, weekday,
    },
    serve::bookings::dates::later,
};

/// Largest number of days that are looked at for the next date of a series.
const FARTHEST: i64 = 366 * 100;

/// Returns the dates of a series that begins on `first`, in their order.
pub(super) fn dates(first: Date, recurrence: &Recurrence) -> impl Iterator<Item = Date> {
    let (count, last) = match &recurrence.ends {
        RecurrenceEnd::Never => (usize::MAX, None),
        RecurrenceEnd::On(day) => (usize::MAX, day.parse::<Date>().ok()),
        RecurrenceEnd::After(count) => (*count as usize, None),
    };
    let days = (0..FARTHEST).map(move |days| later(first, days));
    days.take_while(move |day| last.is_none_or(|last| *day <= last))
        .filter(move |day| is_in_phase(first, *day, recurrence) && has(&recurrence.pattern, *day))
        .take(count)
}

/// Returns the times of a series whose first occurrence is at `time`, by the clock of the zone. A
/// time that the clock leaves out on a day is later by as much as the clock goes forward.
pub(super) fn times(
    first: Date,
    recurrence: &Recurrence,
    time: &BookingTime,
    zone: &TimeZone,
) -> impl Iterator<Item = TimeRange> {
    let range = when::instants(time, zone);
    let [starts, ends] = [range.starts, range.ends]
        .map(|second| zone.to_datetime(Timestamp::from_second(second).unwrap_or_default()));
    let ends_after = starts.date().duration_until(ends.date()).as_hours() / 24;
    dates(first, recurrence).map(move |day| {
        let at = |day: Date, time| {
            let instant = zone.to_ambiguous_timestamp(day.to_datetime(time)).compatible();
            instant.map_or(0, Timestamp::as_second)
        };
        TimeRange { starts: at(day, starts.time()), ends: at(later(day, ends_after), ends.time()) }
    })
}

/// Returns whether a day is one of the pattern, if its week, month or year is.
pub(super) fn has(pattern: &RecurrencePattern, day: Date) -> bool {
    let is_date = |wanted: u32| {
        let last = day.days_in_month();
        i64::from(day.day()) == i64::from(wanted).min(i64::from(last))
    };
    let is_month = |month: u32| i64::from(day.month()) == i64::from(month);
    match pattern {
        RecurrencePattern::Daily => true,
        RecurrencePattern::Weekly(weekly) => weekly.days.contains(&weekday(day)),
        RecurrencePattern::AbsoluteMonthly(date) => is_date(*date),
        RecurrencePattern::RelativeMonthly(on) => is_on(on, day),
        RecurrencePattern::AbsoluteYearly(yearly) => is_month(yearly.month) && is_date(yearly.day),
        RecurrencePattern::RelativeYearly(yearly) => {
            is_month(yearly.month) && is_on(&yearly.on, day)
        }
    }
}

/// Returns which of the days of a month `day` is, of those that are one of `days`.
fn is_on(on: &RelativeDays, day: Date) -> bool {
    let is_one = |day: Date| on.days.contains(&weekday(day));
    if !is_one(day) {
        return false;
    }
    let first = day.first_of_month();
    let before = (0..31).map(|days| later(first, days)).take_while(|other| *other < day);
    let before = before.filter(|other| is_one(*other)).count();
    let is_last = || {
        let after = (1..31).map(|days| later(day, days));
        !after.take_while(|other| other.month() == day.month()).any(is_one)
    };
    match on.index {
        WeekIndex::First => before == 0,
        WeekIndex::Second => before == 1,
        WeekIndex::Third => before == 2,
        WeekIndex::Fourth => before == 3,
        WeekIndex::Last => is_last(),
    }
}

/// Returns whether the day, week, month or year of `day` is one of every `interval`.
fn is_in_phase(first: Date, day: Date, recurrence: &Recurrence) -> bool {
    let months = |day: Date| i64::from(day.year()) * 12 + i64::from(day.month());
    let days = |from: Date, to: Date| from.duration_until(to).as_hours() / 24;
    let passed = match &recurrence.pattern {
        RecurrencePattern::Daily => days(first, day),
        RecurrencePattern::Weekly(weekly) => {
            let begins = |day: Date| {
                let weeks = (0..7).map(|back| later(day, -back));
                let found = weeks.into_iter().find(|day| weekday(*day) == weekly.first_day_of_week);
                found.unwrap_or(day)
            };
            days(begins(first), begins(day)) / 7
        }
        RecurrencePattern::AbsoluteMonthly(_) | RecurrencePattern::RelativeMonthly(_) => {
            months(day) - months(first)
        }
        RecurrencePattern::AbsoluteYearly(_) | RecurrencePattern::RelativeYearly(_) => {
            i64::from(day.year()) - i64::from(first.year())
        }
    };
    passed % i64::from(recurrence.interval.max(1)) == 0
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::model::{RelativeYearlyDays, Weekday, WeeklyPattern, YearlyDay};

    fn listed(
        first: &str,
        pattern: RecurrencePattern,
        interval: u32,
        ends: RecurrenceEnd,
    ) -> Vec<String> {
        let recurrence = Recurrence { pattern, interval, ends };
        let dates = dates(first.parse().unwrap(), &recurrence).take(20);
        dates.map(|date| date.strftime("%-d %b").to_string()).collect()
    }

    fn on(days: &[Weekday], index: WeekIndex) -> RelativeDays {
        RelativeDays { days: days.to_vec(), index }
    }

    const WORKDAYS: [Weekday; 5] =
        [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];

    #[test]
    fn each_of_the_six_patterns_has_its_dates() {
        let after = RecurrenceEnd::After;
        let daily = listed("2027-01-30", RecurrencePattern::Daily, 2, after(3));
        assert_eq!(daily, ["30 Jan", "1 Feb", "3 Feb"]);
        // C19: weeks that begin on Sunday.
        let (mut days, first_day_of_week) = (WORKDAYS[..4].to_vec(), Weekday::Sunday);
        days.push(Weekday::Sunday);
        let weekly = RecurrencePattern::Weekly(WeeklyPattern { days, first_day_of_week });
        let weekly = listed("2027-01-03", weekly, 5, after(7));
        assert_eq!(weekly, ["3 Jan", "4 Jan", "5 Jan", "6 Jan", "7 Jan", "7 Feb", "8 Feb"]);
        // C17: the last day of a shorter month.
        let monthly = RecurrencePattern::AbsoluteMonthly(31);
        let monthly = listed("2027-01-31", monthly, 1, after(4));
        assert_eq!(monthly, ["31 Jan", "28 Feb", "31 Mar", "30 Apr"]);
        // C18: the last day of all that the pattern has.
        let last = RecurrencePattern::RelativeMonthly(on(&WORKDAYS, WeekIndex::Last));
        let last = listed("2027-01-29", last, 1, after(6));
        assert_eq!(last, ["29 Jan", "26 Feb", "31 Mar", "30 Apr", "31 May", "30 Jun"]);
        let leap = RecurrencePattern::AbsoluteYearly(YearlyDay { month: 2, day: 29 });
        assert_eq!(listed("2027-02-28", leap, 1, after(2)), ["28 Feb", "29 Feb"]);
        let second = on(&[Weekday::Tuesday], WeekIndex::Second);
        let yearly = RecurrencePattern::RelativeYearly(RelativeYearlyDays { month: 3, on: second });
        assert_eq!(listed("2027-03-09", yearly, 2, after(2)), ["9 Mar", "13 Mar"]);
    }

    #[test]
    fn a_series_ends_after_its_last_day_or_its_number_of_dates() {
        let friday = |first_day_of_week| {
            RecurrencePattern::Weekly(WeeklyPattern {
                days: vec![Weekday::Friday],
                first_day_of_week,
            })
        };
        // C20: the phase is that of the first date.
        let until = RecurrenceEnd::On("2027-02-12".to_owned());
        let dates = listed("2026-10-16", friday(Weekday::Monday), 2, until);
        assert_eq!(dates[6..], ["8 Jan", "22 Jan", "5 Feb"]);
        let endless = listed("2027-01-01", friday(Weekday::Monday), 1, RecurrenceEnd::Never);
        assert_eq!(endless.len(), 20);
    }
}
