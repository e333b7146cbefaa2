//! Recurrence of a series (<https://learn.microsoft.com/graph/api/resources/patternedrecurrence>),
//! in the form that Graph has, and the dates that it leads to.

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};
use serde::{Deserialize, Serialize};

use crate::error::ControlError;

/// Maximum number of dates of a series without an end that are looked at. It reaches further than
/// any window.
const MAX_DATES: usize = 200_000;

/// Pattern and range of a series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recurrence {
    /// How often the meeting takes place.
    pub pattern: Pattern,
    /// From when and until when.
    pub range: Range,
}

/// How often a series takes place. Members that its type does not need are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pattern {
    /// Which members count.
    #[serde(rename = "type")]
    pub kind: PatternKind,
    /// Number of days, weeks, months or years between occurrences.
    #[serde(default = "one")]
    pub interval: u16,
    /// Month of a yearly pattern, from 1.
    #[serde(default)]
    pub month: i8,
    /// Day of an absolute pattern. A month that is shorter has its last day instead.
    #[serde(default)]
    pub day_of_month: i8,
    /// Weekdays of a weekly or relative pattern.
    #[serde(default)]
    pub days_of_week: Vec<Day>,
    /// First day of the week, which decides which weeks an interval skips.
    #[serde(default)]
    pub first_day_of_week: Day,
    /// Which of the days in a month that are in `days_of_week`.
    #[serde(default)]
    pub index: Index,
}

fn one() -> u16 {
    1
}

/// Types of patterns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PatternKind {
    /// Every `interval` days.
    Daily,
    /// On some weekdays of every `interval`th week.
    Weekly,
    /// On one day of every `interval`th month.
    AbsoluteMonthly,
    /// On the first, second … of some weekdays in every `interval`th month.
    RelativeMonthly,
    /// On one day of one month in every `interval`th year.
    AbsoluteYearly,
    /// On the first, second … of some weekdays in one month of every `interval`th year.
    RelativeYearly,
}

/// Days of the week, in the order of Graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Day {
    /// Sunday.
    #[default]
    Sunday,
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
}

impl Day {
    fn weekday(self) -> Weekday {
        match self {
            Self::Sunday => Weekday::Sunday,
            Self::Monday => Weekday::Monday,
            Self::Tuesday => Weekday::Tuesday,
            Self::Wednesday => Weekday::Wednesday,
            Self::Thursday => Weekday::Thursday,
            Self::Friday => Weekday::Friday,
            Self::Saturday => Weekday::Saturday,
        }
    }
}

impl From<Weekday> for Day {
    fn from(weekday: Weekday) -> Self {
        match weekday {
            Weekday::Sunday => Self::Sunday,
            Weekday::Monday => Self::Monday,
            Weekday::Tuesday => Self::Tuesday,
            Weekday::Wednesday => Self::Wednesday,
            Weekday::Thursday => Self::Thursday,
            Weekday::Friday => Self::Friday,
            Weekday::Saturday => Self::Saturday,
        }
    }
}

/// Which of several days in a month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Index {
    /// The first one.
    #[default]
    First,
    /// The second one.
    Second,
    /// The third one.
    Third,
    /// The fourth one.
    Fourth,
    /// The last one.
    Last,
}

/// From when and until when a series takes place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Range {
    /// Which members count.
    #[serde(rename = "type")]
    pub kind: RangeKind,
    /// Day from which the pattern is counted: the day of the first start in the series' zone.
    pub start_date: Date,
    /// Day of the last start, included. Counts if `kind` is [`RangeKind::EndDate`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<Date>,
    /// Number of occurrences. Counts if `kind` is [`RangeKind::Numbered`].
    #[serde(default)]
    pub number_of_occurrences: u32,
    /// Time zone of the dates. The zone of the meeting counts instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurrence_time_zone: Option<String>,
}

/// Types of ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RangeKind {
    /// Until `end_date`.
    EndDate,
    /// Without an end.
    NoEnd,
    /// `number_of_occurrences` times, deleted ones included.
    Numbered,
}

impl Recurrence {
    /// Checks that the members that count have usable values.
    pub(crate) fn check(&self) -> Result<(), ControlError> {
        let Pattern { kind, interval, month, day_of_month, days_of_week, .. } = &self.pattern;
        let needs_days = !matches!(
            kind,
            PatternKind::Daily | PatternKind::AbsoluteMonthly | PatternKind::AbsoluteYearly
        );
        let needs_day = matches!(kind, PatternKind::AbsoluteMonthly | PatternKind::AbsoluteYearly);
        let needs_month = matches!(kind, PatternKind::AbsoluteYearly | PatternKind::RelativeYearly);
        let wrong = if *interval == 0 {
            "'interval' has to be at least 1"
        } else if needs_days && days_of_week.is_empty() {
            "this pattern needs 'daysOfWeek'"
        } else if needs_day && !(1..=31).contains(day_of_month) {
            "this pattern needs a 'dayOfMonth' from 1 to 31"
        } else if needs_month && !(1..=12).contains(month) {
            "this pattern needs a 'month' from 1 to 12"
        } else if self.range.kind == RangeKind::Numbered && self.range.number_of_occurrences == 0 {
            "this range needs a 'numberOfOccurrences'"
        } else if self.range.kind == RangeKind::EndDate && self.range.end_date.is_none() {
            "this range needs an 'endDate'"
        } else if self.dates().next().is_none() {
            "the series has no occurrence"
        } else {
            return Ok(());
        };
        Err(ControlError::Invalid(wrong.to_owned()))
    }

    /// Returns the days on which occurrences start, in the zone of the series, in order. Exceptions
    /// are not considered.
    pub(crate) fn dates(&self) -> impl Iterator<Item = Date> {
        let range = &self.range;
        let count = match range.kind {
            RangeKind::Numbered => range.number_of_occurrences as usize,
            RangeKind::EndDate | RangeKind::NoEnd => MAX_DATES,
        };
        let last = match range.kind {
            RangeKind::EndDate => range.end_date.unwrap_or(Date::MAX),
            RangeKind::Numbered | RangeKind::NoEnd => Date::MAX,
        };
        let start = range.start_date;
        (0..)
            .map_while(move |period| self.pattern.period(start, period))
            .flatten()
            .skip_while(move |date| *date < start)
            .take_while(move |date| *date <= last)
            .take(count)
    }
}

impl Pattern {
    /// Returns the days of one period, counted from the one that contains the start; none behind
    /// the end of the calendar.
    fn period(&self, start: Date, number: i64) -> Option<Vec<Date>> {
        let steps = number.checked_mul(i64::from(self.interval))?;
        match self.kind {
            PatternKind::Daily => Some(vec![forward(start, Span::new().try_days(steps))?]),
            PatternKind::Weekly => {
                let since = start.weekday().since(self.first_day_of_week.weekday());
                let week = start.checked_sub(i64::from(since).days()).ok()?;
                let week = forward(week, Span::new().try_weeks(steps))?;
                let days = (0..7).map_while(|day| week.checked_add(day.days()).ok());
                Some(days.filter(|day| self.has(*day)).collect())
            }
            PatternKind::AbsoluteMonthly => {
                let month = forward(start.first_of_month(), Span::new().try_months(steps))?;
                Some(vec![self.day_in(month)])
            }
            PatternKind::RelativeMonthly => {
                let month = forward(start.first_of_month(), Span::new().try_months(steps))?;
                Some(self.indexed_in(month).into_iter().collect())
            }
            PatternKind::AbsoluteYearly => Some(vec![self.day_in(self.month_of(start, steps)?)]),
            PatternKind::RelativeYearly => {
                Some(self.indexed_in(self.month_of(start, steps)?).into_iter().collect())
            }
        }
    }

    /// Returns the first day of the pattern's month, some years after the start.
    fn month_of(&self, start: Date, years: i64) -> Option<Date> {
        let january = forward(start.first_of_year(), Span::new().try_years(years))?;
        january.checked_add(i64::from(self.month - 1).months()).ok()
    }

    /// Returns the pattern's day in a month; the last one where the month is shorter
    /// (<https://learn.microsoft.com/exchange/client-developer/web-service-reference/dayofmonth>).
    fn day_in(&self, month: Date) -> Date {
        let day = self.day_of_month.min(month.days_in_month());
        month.with().day(day).build().unwrap_or(month)
    }

    /// Returns the first, second … or last day of a month that is among the pattern's weekdays.
    fn indexed_in(&self, month: Date) -> Option<Date> {
        let days = (1..=month.days_in_month())
            .filter_map(|day| month.with().day(day).build().ok())
            .filter(|day| self.has(*day));
        let mut days: Vec<Date> = days.collect();
        match self.index {
            Index::First => days.into_iter().next(),
            Index::Second => days.into_iter().nth(1),
            Index::Third => days.into_iter().nth(2),
            Index::Fourth => days.into_iter().nth(3),
            Index::Last => days.pop(),
        }
    }

    fn has(&self, date: Date) -> bool {
        self.days_of_week.iter().any(|day| day.weekday() == date.weekday())
    }
}

fn forward(from: Date, by: Result<Span, jiff::Error>) -> Option<Date> {
    from.checked_add(by.ok()?).ok()
}
