//! What the host stores to find a meeting again.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    error::{Error, Explanation},
    model::BookingCalendar,
};

/// Version of the form of tickets.
const VERSION: u64 = 1;

/// Where a meeting is. It contains no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ticket {
    /// Address of the mailbox whose calendar the meeting was made in.
    pub(super) mailbox: String,
    /// Immutable id of the event in that mailbox.
    pub(super) event: String,
    /// Whose calendar it is.
    pub(super) calendar: BookingCalendar,
    /// Id of the meeting in all calendars.
    pub(super) meeting: Option<String>,
    /// The rooms that accepted the meeting at its time. One of them that declines later was
    /// released, so its users have the meeting already. `None` where an earlier version of the
    /// plugin wrote the ticket, so that they are not known.
    pub(super) accepted: Option<Rooms>,
    /// The rooms that declined because of a meeting whose cancellation they have not processed.
    pub(super) waits: Rooms,
    /// The rooms that were asked a second time.
    pub(super) asked_again: Rooms,
}

/// Some rooms of a booking, by hashes of their addresses, which fit into a ticket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rooms(BTreeSet<String>);

impl Rooms {
    /// Adds a room.
    pub(super) fn add(&mut self, address: &str) {
        self.0.insert(hash(address));
    }

    /// Returns whether a room is among them.
    pub(super) fn contains(&self, address: &str) -> bool {
        self.0.contains(&hash(address))
    }

    fn read(list: &Value) -> Option<Self> {
        let texts = list.as_array()?.iter().filter_map(Value::as_str);
        Some(Self(texts.map(str::to_owned).collect()))
    }

    fn to_json(&self) -> Value {
        self.0.iter().map(String::as_str).collect()
    }
}

/// Returns a short hash of an address.
fn hash(address: &str) -> String {
    let hash = Sha256::digest(address.to_lowercase());
    hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

impl Ticket {
    /// Returns the ticket as text.
    pub(super) fn write(&self) -> String {
        let calendar = self.calendar.as_str();
        let mut ticket = json!({
            "version": VERSION, "mailbox": self.mailbox, "event": self.event,
            "calendar": calendar, "meeting": self.meeting,
        });
        let accepted = self.accepted.iter().map(|rooms| ("accepted", rooms));
        let others = [("waits", &self.waits), ("askedAgain", &self.asked_again)];
        let others = others.into_iter().filter(|(_, rooms)| !rooms.0.is_empty());
        for (name, rooms) in accepted.chain(others) {
            ticket[name] = rooms.to_json();
        }
        ticket.to_string()
    }

    /// Reads a ticket.
    ///
    /// # Errors
    /// [`Error::Other`] where it is damaged, or of another version.
    pub(super) fn read(ticket: &str) -> Result<Self, Error> {
        let value: Value = serde_json::from_str(ticket).unwrap_or_default();
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        let calendar = match value["calendar"].as_str() {
            Some("organizer") => Some(BookingCalendar::Organizer),
            Some("room") => Some(BookingCalendar::Room),
            _ => None,
        };
        match (value["version"].as_u64(), text("mailbox"), text("event"), calendar) {
            (Some(VERSION), Some(mailbox), Some(event), Some(calendar)) => {
                let rooms = |name: &str| Rooms::read(&value[name]);
                Ok(Self {
                    mailbox,
                    event,
                    calendar,
                    meeting: text("meeting"),
                    accepted: rooms("accepted"),
                    waits: rooms("waits").unwrap_or_default(),
                    asked_again: rooms("askedAgain").unwrap_or_default(),
                })
            }
            _ => Err(Error::Other(
                Explanation::new(
                    "wrong-ticket",
                    "The ticket of the booking is damaged, or of another version of the plugin",
                )
                .remedy("Cancel the meeting in Outlook, and book the room again"),
            )),
        }
    }
}
