//! Output in JSON, for programs.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Serializer, Value, json, ser::Formatter};

use super::{Changes, harmless::is_misleading};
use crate::{
    problem::Problem,
    store::{BookingRow, Decision, HistoryEntry, Reservation, RoomBookings, RunKind},
    sync::Outcome,
    when, zones,
};

pub(super) fn value(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, Escaping))?;
    writeln!(out)
}

/// Escapes characters that mislead on a terminal, although JSON does not require it. Programs read
/// the same value.
struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        mut text: &str,
    ) -> io::Result<()> {
        while let Some(at) = text.find(is_misleading) {
            let (before, from) = text.split_at(at);
            out.write_all(before.as_bytes())?;
            let mut rest = from.chars();
            if let Some(it) = rest.next() {
                // Above U+FFFF, JSON escapes a character as two units. Source: RFC 8259, section 7.
                for unit in it.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
            text = rest.as_str();
        }
        out.write_all(text.as_bytes())
    }
}

pub(super) fn problem(out: &mut impl Write, problem: &Problem) -> io::Result<()> {
    value(out, &json!({ "error": problem }))
}

pub(super) fn outcome(
    out: &mut impl Write,
    kind: RunKind,
    outcome: &Outcome,
    changes: &Changes,
) -> io::Result<()> {
    let mut object = json!({
        "mode": outcome.mode,
        "added": outcome.counts.added,
        "updated": outcome.counts.updated,
        "removed": outcome.counts.removed,
        "held": outcome.counts.held,
        "unreadable": outcome.unreadable,
        "summary": outcome.summary,
    });
    if kind == RunKind::Users
        && let Value::Object(object) = &mut object
    {
        object.insert("deleted".to_owned(), json!(outcome.counts.deleted));
        object.insert("groups".to_owned(), json!(outcome.counts.groups));
        object.insert("memberships".to_owned(), json!(outcome.counts.memberships));
    }
    if kind == RunKind::Bookings
        && let Value::Object(object) = &mut object
    {
        object.insert("rooms".to_owned(), json!(outcome.counts.rooms));
        object.insert("roomFailures".to_owned(), json!(outcome.room_failures));
    }
    if changes.dry_run
        && let Value::Object(object) = &mut object
    {
        let more: u64 = changes.each().map(|(_, _, more)| more).sum();
        let listed: Vec<_> = changes.each().flat_map(|(_, kept, _)| kept).collect();
        object.insert("dryRun".to_owned(), json!(true));
        object.insert("changes".to_owned(), json!(listed));
        object.insert("moreChanges".to_owned(), json!(more));
    }
    value(out, &object)
}

/// Prints the bookings of rooms, and the rooms whose bookings are not known, so that a program does
/// not take them for free.
pub(super) fn bookings(out: &mut impl Write, rooms: &[RoomBookings<BookingRow>]) -> io::Result<()> {
    for room in rooms {
        room.bookings.iter().try_for_each(|row| booking(out, room, row))?;
        if !room.is_known() {
            unknown_room(out, room)?;
        }
    }
    Ok(())
}

/// Prints a booking with its room, and when it takes place in words.
fn booking(
    out: &mut impl Write,
    room: &RoomBookings<BookingRow>,
    row: &BookingRow,
) -> io::Result<()> {
    let mut object = json!({
        "room": room.room,
        "zone": room.zone,
        "when": when::in_words(&row.booking.time, &zones::zone_or_utc(&room.zone)),
    });
    if let (Value::Object(object), Value::Object(row)) = (&mut object, json!(row)) {
        object.extend(row);
    }
    value(out, &object)
}

fn unknown_room(out: &mut impl Write, room: &RoomBookings<BookingRow>) -> io::Result<()> {
    value(
        out,
        &json!({
            "room": room.room,
            "zone": room.zone,
            "unknown": { "readAt": room.read_at.map(|at| at.to_string()), "failing": room.failing },
        }),
    )
}

/// Prints a reservation, and when it takes place in words.
pub(super) fn reservation(out: &mut impl Write, reservation: &Reservation) -> io::Result<()> {
    value(out, &reservation_object(reservation))
}

/// As [`reservation`], with its history.
pub(super) fn reservation_with_history(
    out: &mut impl Write,
    reservation: &Reservation,
    history: &[HistoryEntry],
) -> io::Result<()> {
    let mut object = reservation_object(reservation);
    if let Value::Object(object) = &mut object {
        object.insert("history".to_owned(), json!(history));
    }
    value(out, &object)
}

fn reservation_object(reservation: &Reservation) -> Value {
    let zone = &reservation.request.time_zone;
    let time = reservation.time.as_ref().unwrap_or(&reservation.request.time);
    let mut object = json!(reservation);
    if reservation.is_private() {
        hide_meeting(&mut object);
    }
    if let Value::Object(object) = &mut object {
        let words = when::in_words(time, &zones::zone_or_utc(zone));
        object.insert("zone".to_owned(), json!(zone));
        object.insert("when".to_owned(), json!(words));
    }
    object
}

/// Removes titles, invited people and comments, also those of what waits.
fn hide_meeting(value: &mut Value) {
    let Value::Object(members) = value else { return };
    for (name, member) in members {
        match name.as_str() {
            "title" | "invite" | "comment" => *member = Value::Null,
            _ => hide_meeting(member),
        }
    }
}

pub(super) fn decided(
    out: &mut impl Write,
    decision: Decision,
    decided: u64,
    held: u64,
) -> io::Result<()> {
    value(
        out,
        &match decision {
            Decision::Approve => json!({ "removed": decided, "held": held }),
            Decision::Discard => json!({ "discarded": decided, "held": held }),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_meeting_is_not_named_also_while_a_change_or_a_cancellation_waits() {
        let request = || json!({ "title": "Secret", "invite": [{ "email": "eve@x.example" }] });
        let change = json!({ "former": request(), "request": request() });
        let waiting = json!({ "wish": { "change": change } });
        let mut shown = json!({ "request": request(), "waiting": waiting });
        hide_meeting(&mut shown);
        let mut cancelled = json!({ "wish": { "cancel": { "comment": "Eve is ill" } } });
        hide_meeting(&mut cancelled);
        assert_eq!(cancelled, json!({ "wish": { "cancel": { "comment": null } } }));
        let request = json!({ "title": null, "invite": null });
        let change = json!({ "former": request, "request": request });
        let waiting = json!({ "wish": { "change": change } });
        assert_eq!(shown, json!({ "request": request, "waiting": waiting }));
    }
}
