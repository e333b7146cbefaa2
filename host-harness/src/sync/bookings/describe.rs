//! Changes of bookings, as observers see them.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::{
    model::{Booking, Participant},
    store::Kind,
    sync::{Action, Change, FieldChange},
    when,
};

/// A room, as changes name it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// E-mail address of the room.
    pub(super) email: &'a str,
    /// IANA name of its time zone.
    pub(super) zone: &'a str,
    /// Rules of its time zone.
    pub(super) rules: &'a TimeZone,
}

/// Describes what happened to a booking; for an update, also which fields changed.
pub(super) fn describe(
    action: Action,
    booking: &Booking,
    Place { email, zone, rules }: Place<'_>,
    before: Option<&Booking>,
    reason: Option<&str>,
) -> Change {
    let in_zone = |it: &Booking| when::in_zone(&it.time, zone, rules);
    let mut fields = Vec::new();
    if let Some(before) = before {
        let organizer = |it: &Booking| match &it.organizer {
            Some(Participant { email, name }) => json!(name.as_ref().or(email.as_ref())),
            None => Value::Null,
        };
        let pairs = [
            ("time", json!(in_zone(before)), json!(in_zone(booking))),
            ("hold", json!(before.hold), json!(booking.hold)),
            ("private", json!(before.private), json!(booking.private)),
            ("title", json!(before.title), json!(booking.title)),
            ("organizer", organizer(before), organizer(booking)),
            ("invited", json!(before.invited), json!(booking.invited)),
        ];
        // A meeting that became private is not named by what it was called before.
        let is_hidden = |field: &str| booking.private && matches!(field, "title" | "organizer");
        let changed =
            pairs.into_iter().filter(|(field, before, after)| before != after && !is_hidden(field));
        fields.extend(changed.map(|(field, before, after)| FieldChange {
            field: field.to_owned(),
            before,
            after,
        }));
    }
    Change {
        action,
        kind: Kind::Booking,
        id: booking.id.clone(),
        name: name(booking).to_owned(),
        address: email.to_owned(),
        time: Some(in_zone(booking)),
        reason: reason.map(str::to_owned),
        fields,
    }
}

/// Returns the title of a booking, or what is shown in its place.
fn name(booking: &Booking) -> &str {
    match &booking.title {
        _ if booking.private => "Private booking",
        Some(title) => title,
        None => "Booking without a title",
    }
}
