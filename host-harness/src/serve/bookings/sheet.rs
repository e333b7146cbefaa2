//! The style sheet of timelines: `assets/timeline.css`, and the classes that place bookings.
//!
//! The Content-Security-Policy of the pages forbids inline styles, so each slot at which a booking
//! can begin or end has a class.

use std::{fmt::Write as _, sync::LazyLock};

/// Largest number of slots of a day: 25 hours of twelve.
pub(super) const MOST_SLOTS: i64 = 300;

/// The style sheet.
pub(in crate::serve) static SHEET: LazyLock<String> = LazyLock::new(|| {
    let mut sheet = include_str!("../../../assets/timeline.css").to_owned();
    for slot in 0..=MOST_SLOTS {
        let line = slot + 1;
        // Writing to a text cannot fail.
        let _ = writeln!(
            sheet,
            ".slots-{slot}{{--slots:{slot}}}.from-{slot}{{grid-column-start:{line}}}\
             .to-{slot}{{grid-column-end:{line}}}"
        );
    }
    sheet
});
