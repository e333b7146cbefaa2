//! What users do in Outlook: book meetings, change and cancel them; and what the mailboxes of rooms
//! make of it.

mod answer;
pub(crate) mod booking;
mod copies;
pub(crate) mod deliver;
pub(crate) mod meetings;
pub(crate) mod mix;
mod revise;

use jiff::Timestamp;

use super::Tenant;
use super::calendar::item::{Item, Party, Uid};
use super::calendar::zone::Zone;
use super::place::Room;
use crate::error::ControlError;
use crate::random::Random;

impl Tenant {
    /// Returns the key of the mailbox that an id, user principal name or address names; none if it
    /// is outside the tenant.
    pub(crate) fn mailbox_key(&self, name: &str) -> Option<String> {
        self.directory.find_mailbox(name).map(|user| user.id.clone())
    }

    /// Returns the room or workspace with a mailbox.
    pub(crate) fn room_of(&self, key: &str) -> Option<&Room> {
        self.bookables().find(|room| room.user == key)
    }

    /// Returns name and address of a mailbox. One outside the tenant has its address as its name.
    pub(crate) fn party(&self, name: &str) -> Party {
        let Some(user) = self.directory.find_mailbox(name) else {
            return Party { name: name.into(), address: name.into() };
        };
        let own = |property: &str| self.directory.text(user, property);
        let address = own("mail").or_else(|| own("userPrincipalName")).unwrap_or_default();
        let name = own("displayName").unwrap_or_else(|| address.clone());
        Party { name: name.into(), address: address.into() }
    }

    /// Returns the time zone of a mailbox: of its settings, or of the room's building.
    pub(crate) fn zone_of(&self, key: &str) -> Zone {
        let set = self.calendars.policy(key).time_zone.as_deref();
        let building = || {
            let room = self.room_of(key)?;
            super::invent::time_zone_of(&room.place)
        };
        set.or_else(building).and_then(Zone::find).unwrap_or_else(Zone::utc)
    }

    /// Returns the organizer's copy of a meeting, and the mailbox that it is in.
    fn organizers_copy(&self, uid: Uid) -> Result<(&str, &Item), ControlError> {
        let found = self.calendars.meetings.get(&uid).and_then(|meeting| {
            let organizer = meeting.organizer.as_str();
            Some((organizer, self.calendars.item(organizer, uid)?))
        });
        found.ok_or_else(|| ControlError::no("meeting", &meeting_id(uid)))
    }

    /// Returns the copy of a meeting in a mailbox.
    fn copy_in(&self, key: &str, uid: Uid) -> Result<&Item, ControlError> {
        let copy = self.calendars.item(key, uid);
        copy.ok_or_else(|| ControlError::no("copy of meeting", &meeting_id(uid)))
    }

    /// Draws the number of a new meeting.
    fn next_meeting(&mut self) -> Uid {
        self.calendars.booked += 1;
        Random::stream(self.seed, &format!("meeting {}", self.calendars.booked)).next()
    }

    fn now(&self) -> Timestamp {
        self.calendars.clock.now()
    }
}

/// Returns the id of a meeting in the admin API.
pub(crate) fn meeting_id(uid: Uid) -> String {
    format!("m{uid:016x}")
}

/// Reads the id of a meeting.
pub(crate) fn meeting_uid(id: &str) -> Result<Uid, ControlError> {
    id.strip_prefix('m')
        .and_then(|digits| Uid::from_str_radix(digits, 16).ok())
        .ok_or_else(|| ControlError::no("meeting", id))
}
