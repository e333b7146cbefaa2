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
    /// The rooms that accepted the meeting at its time.
    pub(super) accepted: Accepted,
}

/// The rooms that accepted a meeting at its time. One of them that declines later was released, so
/// its users have the meeting already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Accepted(
    /// Hashes of their addresses, which fit into a ticket; `None` where an earlier version of the
    /// plugin wrote the ticket, so that they are not known.
    Option<BTreeSet<String>>,
);

impl Accepted {
    /// No room has accepted.
    pub(super) const NONE: Self = Self(Some(BTreeSet::new()));

    /// Adds a room.
    pub(super) fn add(&mut self, address: &str) {
        if let Some(rooms) = &mut self.0 {
            rooms.insert(hash(address));
        }
    }

    /// Returns whether a room can have accepted.
    pub(super) fn may_contain(&self, address: &str) -> bool {
        self.0.as_ref().is_none_or(|rooms| rooms.contains(&hash(address)))
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
        if let Accepted(Some(rooms)) = &self.accepted {
            ticket["accepted"] = rooms.iter().map(String::as_str).collect();
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
        let texts = |list: &Vec<Value>| {
            list.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
        };
        let accepted = Accepted(value["accepted"].as_array().map(texts));
        let calendar = match value["calendar"].as_str() {
            Some("organizer") => Some(BookingCalendar::Organizer),
            Some("room") => Some(BookingCalendar::Room),
            _ => None,
        };
        match (value["version"].as_u64(), text("mailbox"), text("event"), calendar) {
            (Some(VERSION), Some(mailbox), Some(event), Some(calendar)) => {
                Ok(Self { mailbox, event, calendar, meeting: text("meeting"), accepted })
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
