//! How often a booking takes place.

use serde::{Deserialize, Serialize};
#[cfg(feature = "wasmtime")]
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::enumeration::enumeration;

enumeration! {
    /// A day of the week.
    #[serde(rename_all = "kebab-case")]
    Weekday {
        Monday = "monday",
        Tuesday = "tuesday",
        Wednesday = "wednesday",
        Thursday = "thursday",
        Friday = "friday",
        Saturday = "saturday",
        Sunday = "sunday",
    }
}

enumeration! {
    /// Which of several days.
    #[serde(rename_all = "kebab-case")]
    WeekIndex {
        First = "first",
        Second = "second",
        Third = "third",
        Fourth = "fourth",
        Last = "last",
    }
}

/// Days of a week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct WeeklyPattern {
    pub days: Vec<Weekday>,
    #[cfg_attr(feature = "wasmtime", component(name = "first-day-of-week"))]
    pub first_day_of_week: Weekday,
}

/// One day of a month: of those that are one of `days`, the one that `index` names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct RelativeDays {
    pub days: Vec<Weekday>,
    pub index: WeekIndex,
}

/// A day of a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct YearlyDay {
    /// From 1 to 12.
    pub month: u32,
    /// From 1 to 31.
    pub day: u32,
}

/// One day of a month of each year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct RelativeYearlyDays {
    /// From 1 to 12.
    pub month: u32,
    pub on: RelativeDays,
}

/// The days on which a series takes place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(variant))]
pub enum RecurrencePattern {
    #[cfg_attr(feature = "wasmtime", component(name = "daily"))]
    Daily,
    #[cfg_attr(feature = "wasmtime", component(name = "weekly"))]
    Weekly(WeeklyPattern),
    /// The day of the month, from 1 to 31.
    #[cfg_attr(feature = "wasmtime", component(name = "absolute-monthly"))]
    AbsoluteMonthly(u32),
    #[cfg_attr(feature = "wasmtime", component(name = "relative-monthly"))]
    RelativeMonthly(RelativeDays),
    #[cfg_attr(feature = "wasmtime", component(name = "absolute-yearly"))]
    AbsoluteYearly(YearlyDay),
    #[cfg_attr(feature = "wasmtime", component(name = "relative-yearly"))]
    RelativeYearly(RelativeYearlyDays),
}

/// When a series ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(variant))]
pub enum RecurrenceEnd {
    #[cfg_attr(feature = "wasmtime", component(name = "never"))]
    Never,
    /// `YYYY-MM-DD`.
    #[cfg_attr(feature = "wasmtime", component(name = "on"))]
    On(String),
    /// The number of occurrences.
    #[cfg_attr(feature = "wasmtime", component(name = "after"))]
    After(u32),
}

/// How often a booking takes place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Recurrence {
    pub pattern: RecurrencePattern,
    pub interval: u32,
    pub ends: RecurrenceEnd,
}
