//! Booking, cancelling and deleting, from the organizer's side.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};

use super::booking::Booking;
use super::meeting_id;
use crate::error::ControlError;
use crate::tenant::Tenant;
use crate::tenant::calendar::item::{Attendee, Details, Exception, Item, Uid, When};
use crate::tenant::calendar::mailbox::Reported;
use crate::tenant::calendar::recurrence::Recurrence;
use crate::tenant::calendar::values::{AttendeeKind, Response};
use crate::tenant::calendar::zone::Zone;
use crate::tenant::calendar::{Content, Meeting};

impl Tenant {
    /// Books a meeting, and sends the requests.
    pub(crate) fn book(&mut self, booking: &Booking) -> Result<Uid, ControlError> {
        if booking.organizer.is_empty() {
            return Err(ControlError::Invalid("a meeting needs an 'organizer'".to_owned()));
        }
        let mut zone = find_zone(booking.time_zone.as_deref().unwrap_or("UTC"))?;
        if let Some(shown) = &booking.shown_time_zone {
            zone = zone.shown_as(shown);
        }
        let when = when(booking.start, booking.end, zone, booking.all_day)?;
        let (when, recurrence) = series(when, booking.recurrence.clone())?;
        let attendees = self.invited(&booking.rooms, &booking.attendees)?;
        let now = self.now();
        let item = Item {
            uid: self.next_meeting(),
            version: self.calendars.next_version(),
            created: now,
            modified: now,
            organizer: self.party(&booking.organizer),
            is_organizer: true,
            response: Response::Organizer,
            answered: None,
            details: Details {
                subject: booking.subject.as_str().into(),
                body: booking.body.as_str().into(),
                sensitivity: booking.sensitivity,
                show_as: booking.show_as,
                cancelled: false,
            },
            when,
            recurrence,
            exceptions: BTreeMap::new(),
            attendees,
            location: booking.location.as_str().into(),
            is_online: booking.online,
            properties: booking.extended_properties.clone().into_iter().collect(),
            transaction_id: booking.transaction_id.clone(),
        };
        let reported = reported(booking.unreported);
        let organizer = self
            .mailbox_key(&booking.organizer)
            .unwrap_or_else(|| booking.organizer.to_lowercase());
        Ok(self.hold_meeting(&organizer, item, booking.force, reported))
    }

    /// Stores a new meeting in the organizer's calendar, and sends the requests.
    pub(super) fn hold_meeting(
        &mut self,
        organizer: &str,
        item: Item,
        force: bool,
        reported: Reported,
    ) -> Uid {
        let uid = item.uid;
        self.invent_calendar(organizer);
        self.calendars.put(organizer, item, None, reported);
        let meeting = Meeting { organizer: organizer.to_owned(), answers: Vec::new() };
        self.calendars.meetings.insert(uid, meeting);
        self.send(uid, &Content::Request { decide: true, date: None, force }, reported);
        uid
    }

    /// Returns the mailboxes of rooms and of others as attendees.
    pub(super) fn invited(
        &self,
        rooms: &[String],
        others: &[String],
    ) -> Result<Vec<Attendee>, ControlError> {
        let mut attendees = Vec::new();
        for other in others {
            attendees.push((self.party(other), AttendeeKind::Required));
        }
        for room in rooms {
            let key = self.mailbox_key(room).filter(|key| self.room_of(key).is_some());
            let key = key.ok_or_else(|| ControlError::no("room", room))?;
            attendees.push((self.party(&key), AttendeeKind::Resource));
        }
        let attendee =
            |(party, kind)| Attendee { party, kind, response: Response::None, answered: None };
        Ok(attendees.into_iter().map(attendee).collect())
    }

    /// Cancels a meeting or one occurrence, as the organizer does: the mailboxes that are invited
    /// get a cancellation.
    pub(crate) fn cancel_meeting(
        &mut self,
        uid: Uid,
        date: Option<Date>,
        reported: Reported,
    ) -> Result<(), ControlError> {
        check_occurrence(self.organizers_copy(uid)?.1, date)?;
        self.send(uid, &Content::Cancel { date }, reported);
        self.take_out_of_organizers(uid, date, reported)
    }

    /// Deletes a meeting or one occurrence from all calendars at once, without a trace.
    pub(crate) fn delete_meeting(
        &mut self,
        uid: Uid,
        date: Option<Date>,
        reported: Reported,
    ) -> Result<(), ControlError> {
        let (_, item) = self.organizers_copy(uid)?;
        check_occurrence(item, date)?;
        for key in self.invited_mailboxes(uid) {
            self.take_out(&key, uid, date, reported);
        }
        self.take_out_of_organizers(uid, date, reported)
    }

    fn take_out_of_organizers(
        &mut self,
        uid: Uid,
        date: Option<Date>,
        reported: Reported,
    ) -> Result<(), ControlError> {
        let organizer = self.organizers_copy(uid)?.0.to_owned();
        self.take_out(&organizer, uid, date, reported);
        Ok(())
    }

    /// Deletes a copy, or one occurrence of it. Returns whether there was one.
    pub(super) fn take_out(
        &mut self,
        key: &str,
        uid: Uid,
        date: Option<Date>,
        reported: Reported,
    ) -> bool {
        match date {
            None => self.calendars.remove(key, uid, reported),
            Some(date) => self.change_copy(key, uid, None, reported, |item| {
                item.exceptions.insert(date, Exception::Deleted);
            }),
        }
    }

    /// Changes a copy, which gets a new version. `date` names the occurrence that the change is
    /// limited to. Returns whether there is a copy.
    pub(super) fn change_copy(
        &mut self,
        key: &str,
        uid: Uid,
        date: Option<Date>,
        reported: Reported,
        change: impl FnOnce(&mut Item),
    ) -> bool {
        let Some(mut item) = self.calendars.item(key, uid).cloned() else { return false };
        change(&mut item);
        self.store_copy(key, item, date, reported);
        true
    }

    /// Stores a copy under a new version.
    pub(super) fn store_copy(
        &mut self,
        key: &str,
        mut item: Item,
        date: Option<Date>,
        reported: Reported,
    ) {
        item.version = self.calendars.next_version();
        item.modified = self.now();
        self.calendars.put(key, item, date, reported);
    }
}

/// Returns whether delta reports a change.
pub(crate) fn reported(unreported: bool) -> Reported {
    if unreported { Reported::No } else { Reported::Yes }
}

pub(crate) fn find_zone(name: &str) -> Result<Zone, ControlError> {
    Zone::find(name).ok_or_else(|| ControlError::Invalid(format!("`{name}` is no time zone")))
}

/// Returns the time of a meeting, checked. A meeting of days has midnights.
pub(super) fn when(
    start: DateTime,
    end: DateTime,
    zone: Zone,
    all_day: bool,
) -> Result<When, ControlError> {
    let (start, end) = if all_day {
        let first = start.date();
        let until = if end.date() > first { end.date() } else { first.saturating_add(1.day()) };
        (first.to_datetime(Time::midnight()), until.to_datetime(Time::midnight()))
    } else {
        (start, end)
    };
    if end < start {
        return Err(ControlError::Invalid(format!("the meeting ends ({end}) before {start}")));
    }
    Ok(When { start, end, zone, all_day })
}

/// Returns the time of the first occurrence, and the recurrence counted from there.
pub(super) fn series(
    when: When,
    recurrence: Option<Recurrence>,
) -> Result<(When, Option<Recurrence>), ControlError> {
    let Some(mut recurrence) = recurrence else {
        return Ok((when, None));
    };
    recurrence.check()?;
    if recurrence.range.start_date != when.start.date() {
        return Err(ControlError::Invalid(format!(
            "the 'startDate' of the range is {}, the meeting starts on {}",
            recurrence.range.start_date,
            when.start.date()
        )));
    }
    let first = recurrence.dates().next().unwrap_or(when.start.date());
    recurrence.range.start_date = first;
    Ok((when.on(first), Some(recurrence)))
}

/// Checks that a series has an occurrence on a day.
pub(super) fn check_occurrence(item: &Item, date: Option<Date>) -> Result<(), ControlError> {
    match date {
        Some(date) if item.at(date).is_none() => {
            let key = format!("{} on {date}", meeting_id(item.uid));
            Err(ControlError::no("occurrence of meeting", &key))
        }
        _ => Ok(()),
    }
}
