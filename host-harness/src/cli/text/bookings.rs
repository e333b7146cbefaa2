//! Bookings, conflicts, and the results of syncs of bookings.

use std::io::{self, Write};

use super::terminal::{BAD, BOLD, CAUTION, FAINT, GOOD, Shown, pad};
use crate::{
    model::{Booking, BookingTime, Hold},
    problem::Problem,
    store::{BookingRow, ConflictRow, RoomBookings, RoomCounts, RoomProblem},
    sync::{Outcome, Verified, What},
    when,
    wording::counted,
    zones,
};

/// Maximum number of rooms that are printed for one reason.
const ROOMS: usize = 20;

/// Maximum number of differences that are printed.
const DIFFERENCES: usize = 50;

fn in_zone(time: &BookingTime, zone: &str) -> String {
    when::in_zone(time, zone, &zones::zone_or_utc(zone))
}

/// Returns the title of a booking, or what is printed in its place.
fn title(booking: &Booking) -> &str {
    match &booking.title {
        _ if booking.private => "(private)",
        Some(title) => title,
        None => "(no title)",
    }
}

fn organizer(booking: &Booking) -> &str {
    let organizer = booking.organizer.as_ref();
    organizer.and_then(|it| it.name.as_deref().or(it.email.as_deref())).unwrap_or_default()
}

/// Prints the bookings of rooms, one on a line.
pub(in crate::cli) fn listed(
    out: &mut impl Write,
    rooms: &[RoomBookings<BookingRow>],
) -> io::Result<()> {
    let time = |room: &RoomBookings<BookingRow>, row: &BookingRow| {
        in_zone(&row.booking.time, &room.zone).chars().count()
    };
    let times = rooms.iter().flat_map(|room| room.bookings.iter().map(|row| time(room, row)));
    let width = times.max().unwrap_or_default();
    for room in rooms {
        room.bookings.iter().try_for_each(|row| booking(out, room, row, width))?;
    }
    Ok(())
}

fn booking(
    out: &mut impl Write,
    room: &RoomBookings<BookingRow>,
    row: &BookingRow,
    width: usize,
) -> io::Result<()> {
    let BookingRow { booking, held, .. } = row;
    write!(
        out,
        "{}  {}  {}  {}",
        pad(&in_zone(&booking.time, &room.zone), width),
        pad(&room.room.name, 24),
        pad(title(booking), 32),
        Shown(organizer(booking)),
    )?;
    match booking.hold {
        Hold::Confirmed => {}
        hold => write!(out, "  {FAINT}[{}]{FAINT:#}", hold.as_str())?,
    }
    if *held {
        write!(out, "  {CAUTION}removal held{CAUTION:#}")?;
    }
    writeln!(out)
}

/// Prints which rooms are not known to be free, since their bookings cannot be read.
pub(in crate::cli) fn unknown_rooms(
    out: &mut impl Write,
    rooms: &[RoomBookings<BookingRow>],
) -> io::Result<()> {
    let unknown = rooms.iter().filter(|room| !room.is_known());
    for room in unknown.clone().take(ROOMS) {
        let name = Shown(&room.room.name);
        match &room.failing {
            Some(failing) => {
                writeln!(out, "{BAD}✗{BAD:#} {name}: not read since {}", failing.since)?;
                cause(out, &failing.problem)?;
            }
            None => writeln!(out, "{CAUTION}!{CAUTION:#} {name}: its bookings were never read")?,
        }
    }
    more(out, unknown.count().saturating_sub(ROOMS), "room")
}

pub(in crate::cli) fn conflict(out: &mut impl Write, conflict: &ConflictRow) -> io::Result<()> {
    let ConflictRow { room, zone, one, other, both, since } = conflict;
    writeln!(
        out,
        "{BOLD}{}{BOLD:#}  {}  {FAINT}since {since}{FAINT:#}",
        Shown(&room.name),
        in_zone(&BookingTime::Hours(*both), zone),
    )?;
    for row in [one, other] {
        writeln!(
            out,
            "    {}  {}  {}",
            pad(&in_zone(&row.booking.time, zone), 40),
            pad(title(&row.booking), 32),
            Shown(organizer(&row.booking)),
        )?;
    }
    Ok(())
}

pub(in crate::cli) fn verified(out: &mut impl Write, verified: &Verified) -> io::Result<()> {
    let Verified { bookings, agree, rooms, differences, room_failures, rooms_failed } = verified;
    for it in differences.iter().take(DIFFERENCES) {
        let what = match &it.what {
            What::NotInOnes => "in the calendar, not in ONES".to_owned(),
            What::NotInCalendar => "in ONES, not in the calendar".to_owned(),
            What::Unreadable => "cannot be read".to_owned(),
            What::Fields(fields) => format!("different: {}", fields.join(", ")),
        };
        writeln!(
            out,
            "{BAD}✗{BAD:#} {}  {}  {what}  {FAINT}{}{FAINT:#}",
            pad(&it.name, 24),
            pad(it.time.as_deref().unwrap_or_default(), 40),
            Shown(&it.id),
        )?;
    }
    let different = bookings - agree;
    more(
        out,
        usize::try_from(different).unwrap_or(usize::MAX).saturating_sub(DIFFERENCES),
        "booking",
    )?;
    failed_rooms(out, "", room_failures, *rooms_failed)?;
    let style = if verified.is_agreed() { GOOD } else { BAD };
    writeln!(
        out,
        "{style}{agree} of {} in {} agree{style:#}",
        counted(*bookings, "booking"),
        counted(*rooms, "room")
    )?;
    match different {
        0 => Ok(()),
        _ => writeln!(
            out,
            "    → What changed since the last sync is different too: run \
             `ones-host sync bookings`, then verify again"
        ),
    }
}

/// Prints the counts of a sync of bookings, and the rooms that failed.
pub(super) fn counts(out: &mut impl Write, outcome: &Outcome) -> io::Result<()> {
    let counts = &outcome.counts;
    let RoomCounts { read, failed } = counts.rooms;
    failed_rooms(out, "  ", &outcome.room_failures, failed)?;
    write!(
        out,
        "{} added, {} changed, {} gone in {}",
        counted(counts.added, "booking"),
        counts.updated,
        counts.removed,
        counted(read, "room"),
    )?;
    if counts.unreadable > 0 {
        write!(out, ", {} unreadable", counts.unreadable)?;
    }
    match outcome.room_failures.first() {
        None => Ok(()),
        Some(first) => {
            write!(out, "; {} failed: {}", counted(failed, "room"), Shown(&first.name))?;
            match failed {
                1 => Ok(()),
                _ => write!(out, " and others"),
            }
        }
    }
}

/// Prints the rooms that failed, each with its cause and remedy.
pub(super) fn failed_rooms(
    out: &mut impl Write,
    indent: &str,
    failures: &[RoomProblem],
    all: u64,
) -> io::Result<()> {
    for RoomProblem { name, problem, .. } in failures.iter().take(ROOMS) {
        writeln!(out, "{indent}{BAD}✗{BAD:#} {}", Shown(name))?;
        cause(out, problem)?;
    }
    more(out, usize::try_from(all).unwrap_or(usize::MAX).saturating_sub(ROOMS), "room")
}

fn cause(out: &mut impl Write, problem: &Problem) -> io::Result<()> {
    let Problem { summary, code, remedy, .. } = problem;
    writeln!(out, "    {} {FAINT}({}){FAINT:#}", Shown(summary), Shown(code))?;
    match remedy {
        Some(remedy) => writeln!(out, "    → {}", Shown(remedy)),
        None => Ok(()),
    }
}

fn more(out: &mut impl Write, count: usize, noun: &str) -> io::Result<()> {
    match count {
        0 => Ok(()),
        count => writeln!(out, "    {FAINT}and {} more{FAINT:#}", counted(count as u64, noun)),
    }
}
