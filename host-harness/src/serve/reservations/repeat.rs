//! How often a booking takes place, as the form has it and in words.

use jiff::civil::{Date, date};

use super::{
    fields::{WEEK, Wrong, name},
    series,
};
use crate::{
    form::Entered,
    model::{
        Recurrence, RecurrenceEnd, RecurrencePattern, RelativeDays, RelativeYearlyDays, WeekIndex,
        Weekday, WeeklyPattern, YearlyDay,
    },
    serve::{
        bookings::{dates, words},
        view::counted,
    },
};

/// Largest number of dates.
const MOST: u32 = 999;

/// Largest interval.
const LONGEST: u32 = 99;

/// Which of several days, with the values that the form has for them.
pub(super) const INDEXES: [(WeekIndex, &str); 5] = [
    (WeekIndex::First, "first"),
    (WeekIndex::Second, "second"),
    (WeekIndex::Third, "third"),
    (WeekIndex::Fourth, "fourth"),
    (WeekIndex::Last, "last"),
];

/// Sets of days that the form offers beside the single days.
pub(super) const DAYS: [(&str, std::ops::Range<usize>); 3] =
    [("day", 0..7), ("weekday", 0..5), ("weekend day", 5..7)];

/// Reads how often a booking takes place. `first` is its first day.
pub(super) fn read(entered: &Entered, first: Date) -> Result<Option<Recurrence>, Vec<Wrong>> {
    let key = entered.text(name::REPEAT).unwrap_or("no");
    if key == "no" {
        return Ok(None);
    }
    let (pattern, interval) = (pattern(entered, key), interval(entered, key));
    let ends = ends(entered, first);
    let (pattern, interval, ends) = match (pattern, interval, ends) {
        (Ok(pattern), Ok(interval), Ok(ends)) => (pattern, interval, ends),
        (pattern, interval, ends) => {
            let wrong = [pattern.err(), interval.err(), ends.err()];
            return Err(wrong.into_iter().flatten().collect());
        }
    };
    let recurrence = Recurrence { pattern, interval, ends };
    if !series::has(&recurrence.pattern, first) {
        let next = (1..366).map(|days| dates::later(first, days));
        let next = next.into_iter().find(|day| series::has(&recurrence.pattern, *day));
        let next = next.map(|day| format!(", such as {}", words::day(day))).unwrap_or_default();
        let text = format!(
            "The first day, {}, is not one of the days on which the booking repeats. Choose \
             another pattern, or a first day that is one of them{next}",
            words::day(first)
        );
        return Err(vec![Wrong::new(name::REPEAT, text)]);
    }
    Ok(Some(recurrence))
}

fn pattern(entered: &Entered, key: &str) -> Result<RecurrencePattern, Wrong> {
    let wrong = |text: &str| Wrong::new(name::REPEAT, text);
    let text = |field: &str| entered.text(&format!("{key}-{field}")).unwrap_or_default().trim();
    let number = |field: &str, most: u32| {
        text(field).parse().ok().filter(|number| (1..=most).contains(number))
    };
    let date = || number("date", 31).ok_or_else(|| wrong("Enter a day of the month from 1 to 31"));
    let month = || number("month", 12).ok_or_else(|| wrong("Choose a month"));
    let on = || {
        let index = INDEXES.iter().find(|(_, value)| *value == text("index"));
        let days = days(text("days"));
        match (index, days) {
            (Some((index, _)), Some(days)) => Ok(RelativeDays { days, index: *index }),
            _ => Err(wrong("Choose which day of the month")),
        }
    };
    Ok(match key {
        "daily" => RecurrencePattern::Daily,
        "weekly" => {
            let chosen: Vec<_> = entered.all("weekly-day").collect();
            let days = WEEK.iter().filter(|(_, value)| chosen.contains(value));
            let days: Vec<_> = days.map(|(weekday, _)| *weekday).collect();
            if days.is_empty() {
                return Err(wrong("Choose at least one day of the week"));
            }
            let begins = WEEK.iter().find(|(_, value)| *value == text("begins"));
            let first_day_of_week = begins.map_or(Weekday::Monday, |(weekday, _)| *weekday);
            RecurrencePattern::Weekly(WeeklyPattern { days, first_day_of_week })
        }
        "monthly" => RecurrencePattern::AbsoluteMonthly(date()?),
        "monthly-on" => RecurrencePattern::RelativeMonthly(on()?),
        "yearly" => RecurrencePattern::AbsoluteYearly(YearlyDay { month: month()?, day: date()? }),
        "yearly-on" => {
            let (month, on) = (month()?, on()?);
            RecurrencePattern::RelativeYearly(RelativeYearlyDays { month, on })
        }
        _ => return Err(wrong("Choose how often the booking takes place")),
    })
}

/// Returns the days that a value of the form stands for.
fn days(value: &str) -> Option<Vec<Weekday>> {
    let single = WEEK.iter().find(|(_, name)| *name == value).map(|(weekday, _)| vec![*weekday]);
    single.or_else(|| {
        let (_, range) = DAYS.iter().find(|(name, _)| *name == value)?;
        Some(WEEK[range.clone()].iter().map(|(weekday, _)| *weekday).collect())
    })
}

fn interval(entered: &Entered, key: &str) -> Result<u32, Wrong> {
    let text = entered.text(&format!("{key}-every")).unwrap_or_default().trim();
    let number = text.parse().ok().filter(|number| (1..=LONGEST).contains(number));
    number.ok_or_else(|| {
        let text = format!("Enter after how much time it repeats, a number from 1 to {LONGEST}");
        Wrong::new(name::REPEAT, text)
    })
}

fn ends(entered: &Entered, first: Date) -> Result<RecurrenceEnd, Wrong> {
    let wrong = |text: &str| Wrong::new(name::ENDS, text);
    match entered.text(name::ENDS) {
        Some("never") => Ok(RecurrenceEnd::Never),
        Some("on") => {
            let text = entered.text("ends-on").unwrap_or_default().trim();
            let day = match text {
                "" => None,
                text => dates::read(text).ok().flatten(),
            };
            let day = day.ok_or_else(|| wrong("Enter the last day, such as 2027-01-31"))?;
            if day < first {
                return Err(wrong("The last day is before the first one"));
            }
            Ok(RecurrenceEnd::On(day.to_string()))
        }
        _ => {
            let text = entered.text("ends-after").unwrap_or_default().trim();
            let count = text.parse().ok().filter(|count| (1..=MOST).contains(count));
            let problem = || wrong(&format!("Enter a number of dates from 1 to {MOST}"));
            count.map(RecurrenceEnd::After).ok_or_else(problem)
        }
    }
}

/// Returns a recurrence in words: `every 2 weeks on Monday and Friday, 10 times`.
pub(super) fn in_words(recurrence: &Recurrence) -> String {
    let every = |unit: &str| match recurrence.interval {
        0 | 1 => format!("every {unit}"),
        interval => format!("every {}", counted(interval, unit)),
    };
    let pattern = match &recurrence.pattern {
        RecurrencePattern::Daily => every("day"),
        RecurrencePattern::Weekly(weekly) => {
            format!("{} on {}", every("week"), listed(&weekly.days, "and"))
        }
        RecurrencePattern::AbsoluteMonthly(day) => format!("{} on day {day}", every("month")),
        RecurrencePattern::RelativeMonthly(on) => format!("{} on {}", every("month"), nth(on)),
        RecurrencePattern::AbsoluteYearly(yearly) => {
            format!("{} on {} {}", every("year"), yearly.day, month(yearly.month))
        }
        RecurrencePattern::RelativeYearly(yearly) => {
            format!("{} on {} of {}", every("year"), nth(&yearly.on), month(yearly.month))
        }
    };
    match &recurrence.ends {
        RecurrenceEnd::Never => format!("{pattern}, without an end"),
        RecurrenceEnd::On(day) => match day.parse() {
            Ok(day) => format!("{pattern}, until {}", words::day(day)),
            Err(_) => format!("{pattern}, until {day}"),
        },
        RecurrenceEnd::After(1) => format!("{pattern}, once"),
        RecurrenceEnd::After(count) => format!("{pattern}, {count} times"),
    }
}

/// Returns the English name of a month, from 1.
pub(super) fn month(number: u32) -> String {
    let month = i8::try_from(number.clamp(1, 12)).unwrap_or(1);
    date(2027, month, 1).strftime("%B").to_string()
}

/// Returns one of several days in words: `the second Monday`.
fn nth(on: &RelativeDays) -> String {
    let index = INDEXES.iter().find(|(index, _)| *index == on.index);
    let index = index.map_or("first", |(_, name)| name);
    let set = DAYS.iter().find(|(name, _)| days(name).as_deref() == Some(on.days.as_slice()));
    match set {
        Some((name, _)) => format!("the {index} {name}"),
        None => format!("the {index} {}", listed(&on.days, "or")),
    }
}

fn listed(days: &[Weekday], last: &str) -> String {
    let names = days.iter().map(|day| {
        let found = WEEK.iter().find(|(weekday, _)| weekday == day);
        found.map_or("", |(_, name)| name)
    });
    let names: Vec<_> = names.collect();
    match names.split_last() {
        Some((end, [])) => (*end).to_owned(),
        Some((end, others)) => format!("{} {last} {end}", others.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn on(first: &str, fields: &[(&str, &str)]) -> Result<Option<Recurrence>, Vec<Wrong>> {
        let pairs = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        read(&Entered::new(pairs), first.parse().unwrap())
    }

    fn said(first: &str, fields: &[(&str, &str)]) -> String {
        in_words(&on(first, fields).unwrap().unwrap())
    }

    fn wrong(first: &str, fields: &[(&str, &str)]) -> String {
        let wrong = on(first, fields).unwrap_err();
        wrong.into_iter().map(|wrong| wrong.text).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn six_patterns_and_three_ends_are_read_and_said_in_words() {
        let never = ("ends", "never");
        let daily = [("repeat", "daily"), ("daily-every", "1"), never];
        assert_eq!(said("2027-01-11", &daily), "every day, without an end");
        let weekly = [
            ("repeat", "weekly"),
            ("weekly-every", "2"),
            ("weekly-day", "Friday"),
            ("weekly-day", "Monday"),
            ("weekly-begins", "Sunday"),
            ("ends", "after"),
            ("ends-after", "10"),
        ];
        assert_eq!(said("2027-01-11", &weekly), "every 2 weeks on Monday and Friday, 10 times");
        let monthly = [("repeat", "monthly"), ("monthly-every", "1"), ("monthly-date", "31")];
        let until = [("ends", "on"), ("ends-on", "2027-12-31")];
        assert_eq!(
            said("2027-02-28", &[monthly.as_slice(), &until].concat()),
            "every month on day 31, until Fri 31 Dec 2027"
        );
        let second = [
            ("repeat", "monthly-on"),
            ("monthly-on-every", "3"),
            ("monthly-on-index", "last"),
            ("monthly-on-days", "weekday"),
            never,
        ];
        let said_second = said("2027-01-29", &second);
        assert_eq!(said_second, "every 3 months on the last weekday, without an end");
        let yearly = [
            ("repeat", "yearly"),
            ("yearly-every", "1"),
            ("yearly-month", "2"),
            ("yearly-date", "29"),
            ("ends", "after"),
            ("ends-after", "1"),
        ];
        assert_eq!(said("2028-02-29", &yearly), "every year on 29 February, once");
        let relative = [
            ("repeat", "yearly-on"),
            ("yearly-on-every", "1"),
            ("yearly-on-month", "3"),
            ("yearly-on-index", "second"),
            ("yearly-on-days", "Tuesday"),
            never,
        ];
        let said_relative = said("2027-03-09", &relative);
        assert_eq!(said_relative, "every year on the second Tuesday of March, without an end");
        assert_eq!(on("2027-01-11", &[("repeat", "no")]), Ok(None));
        assert_eq!(on("2027-01-11", &[]), Ok(None));
    }

    #[test]
    fn what_is_missing_or_cannot_be_is_said() {
        let never = ("ends", "never");
        let weekly = [("repeat", "weekly"), ("weekly-every", "1"), never];
        assert_eq!(wrong("2027-01-11", &weekly), "Choose at least one day of the week");
        let tuesdays = [weekly.as_slice(), &[("weekly-day", "Tuesday")]].concat();
        let text = wrong("2027-01-11", &tuesdays);
        assert!(text.contains("The first day, Mon 11 Jan 2027, is not one of the days"), "{text}");
        assert!(text.ends_with("such as Tue 12 Jan 2027"), "{text}");
        let daily = |every, ends: &[(&str, &str)]| {
            let fields = [("repeat", "daily"), ("daily-every", every)];
            wrong("2027-01-11", &[fields.as_slice(), ends].concat())
        };
        for every in ["0", "100", "-1", "", "x"] {
            assert!(daily(every, &[never]).contains("a number from 1 to 99"), "{every}");
        }
        let on = |day| daily("1", &[("ends", "on"), ("ends-on", day)]);
        assert_eq!(on("2027-01-10"), "The last day is before the first one");
        assert!(on("").contains("Enter the last day"));
        let after = daily("1", &[("ends", "after"), ("ends-after", "0")]);
        assert_eq!(after, "Enter a number of dates from 1 to 999");
        assert!(wrong("2027-01-11", &[("repeat", "hourly"), never]).contains("how often"));
    }
}
