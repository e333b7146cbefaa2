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
    store::{BookingRow, RoomBookings},
};

/// Largest number of bookings in a row.
const LISTED: usize = 100;

/// Tables of bookings, one for each time axis.
#[derive(Template)]
#[template(path = "bookings/timeline.html")]
pub(super) struct Timeline {
    /// Address of the day view.
    pub(super) base: String,
    /// What the rows are: `Room` or `Day`.
    pub(super) rows: &'static str,
    pub(super) groups: Vec<Group>,
}

/// Rows with the same time axis.
pub(super) struct Group {
    pub(super) heading: String,
    /// The time zone of the axis.
    pub(super) zone: String,
    /// Sentence about a clock that changes.
    pub(super) note: Option<String>,
    pub(super) slots: i64,
    pub(super) axis: Vec<Hour>,
    pub(super) rows: Vec<Row>,
}

/// The bookings of a room on a day.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) hint: String,
    pub(super) reading: Reading,
    pub(super) bars: Vec<Bar>,
    /// Number of bookings that are not in the row, since it would be too long.
    pub(super) more: usize,
}

/// What is known of the bookings of a room.
pub(super) enum Reading {
    /// Its bookings were read.
    Known,
    /// They were read at this time, and cannot be read now.
    Stale(String),
    /// They were never read.
    Unknown,
}

/// A booking in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) number: i64,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) time: String,
    pub(super) label: String,
    pub(super) hold: Hold,
    pub(super) overlaps: bool,
}

impl Group {
    /// Returns a group without rows, with the time axis of `track`. `zone` is the name of its zone.
    pub(super) fn new(heading: String, zone: &str, track: &Track) -> Self {
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
    pub(super) fn of(room: &RoomBookings) -> Self {
        match (&room.read_at, &room.failing) {
            (None, _) => Self::Unknown,
            (Some(at), Some(_)) => Self::Stale(view::moment(at).to_string()),
            (Some(_), None) => Self::Known,
        }
    }
}

/// Returns the bookings of a day as the viewer sees them, and the number of those that are too
/// many. `rows` is in the order of the beginnings.
pub(super) fn bars<'a>(
    viewer: &Viewer,
    track: &Track,
    rows: impl IntoIterator<Item = &'a BookingRow>,
) -> (Vec<Bar>, usize) {
    let shown = rows.into_iter().filter(|row| viewer.sees.shows(row) && track.has(row.instants));
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
            label: viewer.sees.label(row).to_owned(),
            hold: row.booking.hold,
            overlaps,
        }
    });
    (bars.collect(), more)
}

/// Returns for each booking whether it takes the room at the same time as another.
fn overlaps(rows: &[&BookingRow]) -> Vec<bool> {
    let mut found = vec![false; rows.len()];
    // The booking that ends last, of those before. If a booking overlaps any of them, it overlaps
    // this one too.
    let mut latest: Option<usize> = None;
    for (index, row) in rows.iter().enumerate() {
        if row.booking.hold == Hold::Free || row.instants.ends <= row.instants.starts {
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
