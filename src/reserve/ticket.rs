//! What the host stores to find a meeting again.

use serde_json::{Value, json};

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
}

impl Ticket {
    /// Returns the ticket as text.
    pub(super) fn write(&self) -> String {
        let calendar = self.calendar.as_str();
        json!({
            "version": VERSION, "mailbox": self.mailbox, "event": self.event,
            "calendar": calendar, "meeting": self.meeting,
        })
        .to_string()
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
                Ok(Self { mailbox, event, calendar, meeting: text("meeting") })
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
