//! Bookings drawn at their time: a table with a row for each room or day.

use askama::Template;

use super::{
    track::{Hour, Track},
    viewer::Viewer,
    words,
};
use crate::{
    model::Hold,
    serve::view,
    store::{ListedBooking, RoomBookings},
};

/// Largest number of bookings in a row.
const LISTED: usize = 100;

/// Tables of bookings, one for each time axis.
#[derive(Template)]
#[template(path = "bookings/timeline.html")]
pub(in crate::serve) struct Timeline {
    /// Address of the day view.
    pub(in crate::serve) base: String,
    /// What the rows are: `Room` or `Day`.
    pub(in crate::serve) rows: &'static str,
    pub(in crate::serve) groups: Vec<Group>,
}

/// Rows with the same time axis.
pub(in crate::serve) struct Group {
    pub(in crate::serve) heading: String,
    /// The time zone of the axis.
    pub(in crate::serve) zone: String,
    /// Sentence about a clock that changes.
    pub(in crate::serve) note: Option<String>,
    pub(in crate::serve) slots: i64,
    pub(in crate::serve) axis: Vec<Hour>,
    pub(in crate::serve) rows: Vec<Row>,
}

/// The bookings of a room on a day.
pub(in crate::serve) struct Row {
    pub(in crate::serve) name: String,
    pub(in crate::serve) address: String,
    pub(in crate::serve) hint: String,
    /// Address of the form that books the room on the day, and what it books, in words.
    pub(in crate::serve) book: Option<(String, String)>,
    pub(in crate::serve) reading: Reading,
    pub(in crate::serve) bars: Vec<Bar>,
    /// Number of bookings that are not in the row, since it would be too long.
    pub(in crate::serve) more: usize,
}

/// What is known of the bookings of a room.
pub(in crate::serve) enum Reading {
    /// Its bookings were read.
    Known,
    /// They were read at this time, and cannot be read now.
    Stale(String),
    /// They were never read.
    Unknown,
}

/// A booking in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::serve) struct Bar {
    pub(in crate::serve) number: i64,
    pub(in crate::serve) from: i64,
    pub(in crate::serve) to: i64,
    pub(in crate::serve) time: String,
    pub(in crate::serve) label: String,
    pub(in crate::serve) hold: Hold,
    pub(in crate::serve) overlaps: bool,
}

impl Group {
    /// Returns a group without rows, with the time axis of `track`. `zone` is the name of its zone.
    pub(in crate::serve) fn new(heading: String, zone: &str, track: &Track) -> Self {
        Self {
            heading,
            zone: words::zone(zone, track.time, &track.zone),
            note: track.note(),
            slots: track.slots(),
            axis: track.axis.clone(),
            rows: Vec::new(),
        }
    }
}

impl Row {
    /// Returns the number of bookings that are not in the row, in words.
    fn rest(&self) -> String {
        view::counted(self.more as u64, "more booking")
    }
}

impl Reading {
    pub(in crate::serve) fn of(room: &RoomBookings) -> Self {
        match (&room.read_at, &room.failing) {
            (None, _) => Self::Unknown,
            (Some(at), Some(_)) => Self::Stale(view::moment(at).to_string()),
            (Some(_), None) => Self::Known,
        }
    }
}

/// Returns the bookings of a day as the viewer sees them, and the number of those that are too
/// many. `rows` is in the order of the beginnings.
pub(in crate::serve) fn bars<'a>(
    viewer: &Viewer,
    track: &Track,
    rows: impl IntoIterator<Item = &'a ListedBooking>,
) -> (Vec<Bar>, usize) {
    let shown = rows.into_iter().filter(|row| viewer.sees.shows(*row) && track.has(row.instants));
    let shown: Vec<_> = shown.collect();
    let overlaps = overlaps(&shown);
    let more = shown.len().saturating_sub(LISTED);
    let bars = shown.iter().zip(overlaps).take(LISTED).map(|(row, overlaps)| {
        let (from, to) = track.place(row.instants);
        Bar {
            number: row.number,
            from,
            to,
            time: words::on_day(row, track.day, track.time, &track.zone),
            label: viewer.sees.label(*row).to_owned(),
            hold: row.hold,
            overlaps,
        }
    });
    (bars.collect(), more)
}

/// Returns for each booking whether it takes the room at the same time as another.
fn overlaps(rows: &[&ListedBooking]) -> Vec<bool> {
    let mut found = vec![false; rows.len()];
    // The booking that ends last, of those before. If a booking overlaps any of them, it overlaps
    // this one too.
    let mut latest: Option<usize> = None;
    for (index, row) in rows.iter().enumerate() {
        if row.hold == Hold::Free || row.instants.ends <= row.instants.starts {
            continue;
        }
        let Some(before) = latest else {
            latest = Some(index);
            continue;
        };
        if rows[before].instants.ends > row.instants.starts {
            (found[before], found[index]) = (true, true);
        }
        if row.instants.ends > rows[before].instants.ends {
            latest = Some(index);
        }
    }
    found
}
