//! Bookings that were made in ONES.

use std::io::{self, Write};

use jiff::Timestamp;

use super::terminal::{BAD, BOLD, CAUTION, FAINT, GOOD, Shown, pad};
use crate::{
    length,
    problem::Problem,
    store::{
        Actor, HistoryEntry, ReleaseRow, ReleaseState, Reservation, ReservationState, ReservedRoom,
        RoomState, Waiting, Wish,
    },
    when,
    wording::counted,
    zones,
};

/// Maximum number of dates that are printed of a series.
const DATES: usize = 10;

fn time(reservation: &Reservation) -> String {
    let zone = &reservation.request.time_zone;
    let time = reservation.time.as_ref().unwrap_or(&reservation.request.time);
    when::in_zone(time, zone, &zones::zone_or_utc(zone))
}

fn title(reservation: &Reservation) -> &str {
    match reservation.request.title.as_str() {
        _ if reservation.is_private() => "(private)",
        "" => "(no title)",
        title => title,
    }
}

/// Prints a reservation in a list.
pub(in crate::cli) fn reservation_line(
    out: &mut impl Write,
    reservation: &Reservation,
) -> io::Result<()> {
    let rooms: Vec<_> = reservation.rooms.iter().map(|room| room.name.as_str()).collect();
    let waits = if reservation.waiting.is_some() { "  waits" } else { "" };
    writeln!(
        out,
        "{}  {}  {}  {}  {}{waits}",
        reservation.reference,
        pad(&time(reservation), 40),
        pad(&rooms.join(", "), 24),
        pad(title(reservation), 32),
        reservation.state.as_str(),
    )
}

/// Prints a reservation with the answer of each room, and what waits.
pub(in crate::cli) fn reservation(
    out: &mut impl Write,
    reservation: &Reservation,
) -> io::Result<()> {
    let Reservation { request, state, waiting, pending_since, problem, .. } = reservation;
    let (style, mark) = match state {
        ReservationState::Confirmed => (GOOD, "✓"),
        ReservationState::Declined | ReservationState::Failed => (BAD, "✗"),
        ReservationState::Cancelled => (FAINT, "–"),
        ReservationState::Requested | ReservationState::Pending | ReservationState::Partly => {
            (CAUTION, "!")
        }
    };
    writeln!(
        out,
        "{style}{mark} {}{style:#}  {BOLD}{}{BOLD:#}  {}",
        state.as_str(),
        Shown(title(reservation)),
        time(reservation),
    )?;
    writeln!(out, "    {FAINT}{}{FAINT:#}", reservation.reference)?;
    for answered in &reservation.rooms {
        room(out, answered, *state, &request.time_zone)?;
    }
    if let Some(since) = pending_since {
        let waited = Timestamp::now().duration_since(*since).unsigned_abs();
        let waited = length::in_words(length::rounded_up(waited));
        writeln!(out, "    Not booked yet: a room has not answered for {waited}")?;
    }
    if let Some(waiting) = waiting {
        wish(out, waiting)?;
    }
    match problem {
        Some(problem) => cause(out, problem),
        None => Ok(()),
    }
}

/// Prints the answer of a room, with dates in the time zone of the booking.
fn room(
    out: &mut impl Write,
    room: &ReservedRoom,
    state: ReservationState,
    zone: &str,
) -> io::Result<()> {
    let ReservedRoom { name, state: answer, reason, declined, .. } = room;
    let answer = match answer {
        RoomState::Pending if state == ReservationState::Requested => "not sent yet",
        RoomState::Pending => "has not answered",
        RoomState::Accepted => "booked",
        RoomState::Partly => "booked in part",
        RoomState::Declined => "not booked",
        RoomState::Conflict => "not free",
        RoomState::Ended => "no longer booked",
    };
    writeln!(out, "    {}  {answer}", Shown(name))?;
    if !declined.is_empty() {
        let rules = zones::zone_or_utc(zone);
        let dates = declined.iter().take(DATES).map(|time| when::in_zone(time, zone, &rules));
        writeln!(out, "        except {}", dates.collect::<Vec<_>>().join(", "))?;
        if declined.len() > DATES {
            let more = (declined.len() - DATES) as u64;
            writeln!(out, "        and {}", counted(more, "other date"))?;
        }
    }
    match reason {
        Some(reason) => cause(out, reason),
        None => Ok(()),
    }
}

fn wish(out: &mut impl Write, waiting: &Waiting) -> io::Result<()> {
    let Waiting { wish, attempts, .. } = waiting;
    let what = match wish {
        Wish::Book => "The booking",
        Wish::Change(_) => "The change",
        Wish::Cancel { .. } => "The cancellation",
        Wish::Release => "Freeing the room",
    };
    let attempts = counted(*attempts, "attempt");
    writeln!(
        out,
        "    {what} waits ({attempts}): `ones-host serve` or `ones-host reservations send` sends it"
    )
}

fn cause(out: &mut impl Write, problem: &Problem) -> io::Result<()> {
    let Problem { summary, code, remedy, .. } = problem;
    writeln!(out, "        {} {FAINT}({}){FAINT:#}", Shown(summary), Shown(code))?;
    match remedy {
        Some(remedy) => writeln!(out, "        → {}", Shown(remedy)),
        None => Ok(()),
    }
}

pub(in crate::cli) fn release(out: &mut impl Write, release: &ReleaseRow) -> io::Result<()> {
    match release.state {
        ReleaseState::Released => writeln!(out, "{GOOD}✓{GOOD:#} the room is free")?,
        ReleaseState::Waiting => writeln!(
            out,
            "{CAUTION}!{CAUTION:#} waits: `ones-host serve` or `ones-host reservations send` sends \
             it"
        )?,
        ReleaseState::Failed => writeln!(out, "{BAD}✗{BAD:#} the room was not made free")?,
    }
    match &release.problem {
        Some(problem) => cause(out, problem),
        None => Ok(()),
    }
}

/// Prints a history, with times in the time zone of the rooms.
pub(in crate::cli) fn history(
    out: &mut impl Write,
    history: &[HistoryEntry],
    zone: &str,
) -> io::Result<()> {
    let rules = zones::zone_or_utc(zone);
    writeln!(out, "\n    {FAINT}Times: {zone}{FAINT:#}")?;
    for HistoryEntry { at, actor, name, text, detail, .. } in history {
        let at = rules.to_datetime(*at).strftime("%Y-%m-%d %H:%M:%S");
        let actor = match actor {
            Actor::User(id) => name.as_deref().unwrap_or(id),
            Actor::Administrator => "administrator",
            Actor::CommandLine => "command line",
            Actor::Vendor => "vendor",
            Actor::Host => "ONES",
        };
        writeln!(out, "    {at}  {}  {}", pad(actor, 16), Shown(text))?;
        if let Some(detail) = detail {
            writeln!(out, "        {FAINT}{}{FAINT:#}", Shown(detail))?;
        }
    }
    Ok(())
}
