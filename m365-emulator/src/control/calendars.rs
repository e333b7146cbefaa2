//! [`Control`] over calendars: what users do in Outlook, how rooms answer, and what is in each
//! calendar.

use jiff::Timestamp;
use jiff::civil::Date;

use super::Control;
use crate::error::ControlError;
use crate::state::State;
use crate::tenant::calendar::clock::Clock;
use crate::tenant::calendar::id::{Form, Named, event_id, ical_uid, id};
use crate::tenant::calendar::item::{Event, Kind, Uid, Window};
use crate::tenant::calendar::policy::Policy;
use crate::tenant::calendar::values::{AttendeeKind, Response, Sensitivity};
use crate::tenant::outlook::booking::{
    BookedMeeting, BookedRoom, Booking, CalendarEntry, Mailbox, Revision,
};
use crate::tenant::outlook::deliver::Stage;
use crate::tenant::outlook::meetings::{find_zone, reported};
use crate::tenant::outlook::mix::MeetingChange;
use crate::tenant::outlook::{meeting_id, meeting_uid};

impl Control {
    /// Returns the time in the calendars.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.read(|state| state.tenant.calendars.clock.now())
    }

    /// Sets the time in the calendars, which stands still from then on. None is the time of the
    /// machine again. Tokens expire by the time of the machine in both cases.
    pub fn set_now(&self, now: Option<Timestamp>) {
        self.change(|state| state.tenant.calendars.clock = Clock::new(now));
    }

    /// Lists the events of a mailbox that overlap a window, by start: single ones, occurrences and
    /// exceptions, cancelled ones too.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if no mailbox has this name.
    pub fn calendar(
        &self,
        mailbox: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<CalendarEntry>, ControlError> {
        self.change(|state| {
            let key = open(state, mailbox)?;
            let calendar = state.tenant.calendars.mailbox(&key);
            let window = Window { start: from, end: to };
            let events = calendar.map(|calendar| calendar.events_in(window)).unwrap_or_default();
            let per_occurrence = state.settings.ical_uid_per_occurrence;
            Ok(events.iter().map(|event| entry(&key, event, per_occurrence)).collect())
        })
    }

    /// Returns the time zone of a mailbox, by its name of IANA.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if no mailbox has this name.
    pub fn time_zone(&self, mailbox: &str) -> Result<String, ControlError> {
        self.read(|state| {
            let key = key(state, mailbox)?;
            Ok(state.tenant.zone_of(&key).name.to_string())
        })
    }

    /// Books a meeting as a user does in Outlook, and returns how the rooms have answered so far.
    ///
    /// # Errors
    /// A room or time zone is unknown, the meeting ends before it starts, or the pattern is
    /// incomplete.
    pub fn book(&self, booking: &Booking) -> Result<BookedMeeting, ControlError> {
        self.change(|state| {
            let uid = state.tenant.book(booking)?;
            booked(state, uid)
        })
    }

    /// Returns a meeting, and how the rooms have answered so far.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if the organizer has no such meeting.
    pub fn meeting(&self, id: &str) -> Result<BookedMeeting, ControlError> {
        self.read(|state| booked(state, meeting_uid(id)?))
    }

    /// Changes a meeting, or one occurrence of a series, which is named by the day on which it
    /// would start without changes. A new time or pattern of a series drops its exceptions.
    ///
    /// # Errors
    /// The meeting or occurrence does not exist, or a value is not allowed.
    pub fn revise_meeting(
        &self,
        id: &str,
        date: Option<Date>,
        revision: &Revision,
    ) -> Result<BookedMeeting, ControlError> {
        self.change(|state| {
            let uid = meeting_uid(id)?;
            match date {
                None => state.tenant.revise_meeting(uid, revision)?,
                Some(date) => state.tenant.revise_occurrence(uid, date, revision)?,
            }
            booked(state, uid)
        })
    }

    /// Cancels a meeting, or one occurrence, as its organizer. In calendars of rooms it stays as
    /// cancelled, unless their policy deletes it.
    ///
    /// # Errors
    /// The meeting or occurrence does not exist.
    pub fn cancel_meeting(
        &self,
        id: &str,
        date: Option<Date>,
        unreported: bool,
    ) -> Result<(), ControlError> {
        self.change(|state| {
            state.tenant.cancel_meeting(meeting_uid(id)?, date, reported(unreported))
        })
    }

    /// Deletes a meeting, or one occurrence, from all calendars at once.
    ///
    /// # Errors
    /// The meeting or occurrence does not exist.
    pub fn delete_meeting(
        &self,
        id: &str,
        date: Option<Date>,
        unreported: bool,
    ) -> Result<(), ControlError> {
        self.change(|state| {
            state.tenant.delete_meeting(meeting_uid(id)?, date, reported(unreported))
        })
    }

    /// Changes "this and following" of a series: it ends before a day, and a new meeting begins
    /// there. Returns the new meeting.
    ///
    /// # Errors
    /// The meeting does not exist, is no series, has no occurrence before or from this day, or a
    /// value is not allowed.
    pub fn split_series(
        &self,
        id: &str,
        from: Date,
        revision: &Revision,
    ) -> Result<BookedMeeting, ControlError> {
        self.change(|state| {
            let uid = state.tenant.split_series(meeting_uid(id)?, from, revision)?;
            booked(state, uid)
        })
    }

    /// Answers a meeting request in one mailbox: as a room's delegate, or as a user. With `keep`, a
    /// declined meeting stays in the calendar.
    ///
    /// # Errors
    /// The mailbox has no such meeting or occurrence, or the answer is not possible.
    pub fn answer_meeting(
        &self,
        mailbox: &str,
        id: &str,
        response: Response,
        date: Option<Date>,
        keep: bool,
    ) -> Result<(), ControlError> {
        self.change(|state| {
            let key = key(state, mailbox)?;
            let (uid, reported) = (meeting_uid(id)?, reported(false));
            state.tenant.answer_by_hand(&key, uid, response, date, keep, reported)
        })
    }

    /// Changes the copy of a meeting in one mailbox alone. No message is sent to the organizer.
    ///
    /// # Errors
    /// The mailbox has no such meeting or occurrence, or a value is not allowed.
    pub fn revise_copy(
        &self,
        mailbox: &str,
        id: &str,
        date: Option<Date>,
        revision: &Revision,
    ) -> Result<(), ControlError> {
        self.change(|state| {
            let key = key(state, mailbox)?;
            state.tenant.revise_copy(&key, meeting_uid(id)?, date, revision)
        })
    }

    /// Deletes the copy of a meeting in one mailbox alone.
    ///
    /// # Errors
    /// The mailbox has no such meeting.
    pub fn delete_copy(
        &self,
        mailbox: &str,
        id: &str,
        date: Option<Date>,
        unreported: bool,
    ) -> Result<(), ControlError> {
        self.change(|state| {
            let key = key(state, mailbox)?;
            state.tenant.delete_copy(&key, meeting_uid(id)?, date, reported(unreported))
        })
    }

    /// Makes changes in the calendars of all rooms, in a plausible mix of what users do in Outlook:
    /// single meetings, series of all patterns in several time zones, moves, deletions,
    /// cancellations and others. Returns the changes. The same calls on the same tenant make the
    /// same changes.
    pub fn mix_meetings(&self, changes: usize) -> Vec<MeetingChange> {
        self.change(|state| state.tenant.mix_meetings(changes))
    }

    /// Returns how a room answers requests; `*` stands for mailboxes without their own policy.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if no mailbox has this name.
    pub fn policy(&self, mailbox: &str) -> Result<Policy, ControlError> {
        self.read(|state| match mailbox {
            "*" => Ok(state.tenant.calendars.policy.clone()),
            mailbox => Ok(state.tenant.calendars.policy(&key(state, mailbox)?).clone()),
        })
    }

    /// Sets how a room answers requests; `*` stands for all mailboxes.
    ///
    /// # Errors
    /// No mailbox has this name, or the time zone is unknown.
    pub fn set_policy(&self, mailbox: &str, policy: &Policy) -> Result<(), ControlError> {
        if let Some(zone) = &policy.time_zone {
            find_zone(zone)?;
        }
        self.change(|state| {
            if mailbox == "*" {
                state.tenant.calendars.set_policy_of_all(policy);
            } else {
                let key = key(state, mailbox)?;
                state.tenant.calendars.mailbox_mut(&key).policy = policy.clone();
            }
            Ok(())
        })
    }

    /// Makes requests and cancellations to rooms wait until [`Control::deliver`], or lets them be
    /// processed at once.
    pub fn hold_deliveries(&self, hold: bool) {
        self.change(|state| state.tenant.calendars.holding = hold);
    }

    /// Returns the number of messages to rooms that wait.
    #[must_use]
    pub fn waiting_deliveries(&self) -> usize {
        self.read(|state| state.tenant.calendars.waiting.len())
    }

    /// Lets waiting messages be processed: to one room, or to all. With `arrive_only`, requests are
    /// in the calendars afterwards, and not answered. Returns the number of messages.
    ///
    /// # Errors
    /// [`ControlError::NotFound`] if no room has this name.
    pub fn deliver(&self, room: Option<&str>, arrive_only: bool) -> Result<usize, ControlError> {
        self.change(|state| {
            let room = room.map(|room| key(state, room)).transpose()?;
            let stage = if arrive_only { Stage::Arrive } else { Stage::Answer };
            Ok(state.tenant.deliver_waiting(room.as_deref(), stage))
        })
    }
}

/// Returns the key of a mailbox of the tenant.
pub(super) fn key(state: &State, mailbox: &str) -> Result<String, ControlError> {
    state.tenant.mailbox_key(mailbox).ok_or_else(|| ControlError::no("mailbox", mailbox))
}

/// Returns the key of a mailbox, after its calendar was invented.
fn open(state: &mut State, mailbox: &str) -> Result<String, ControlError> {
    let key = key(state, mailbox)?;
    state.tenant.open_calendar(&key);
    Ok(key)
}

fn booked(state: &State, uid: Uid) -> Result<BookedMeeting, ControlError> {
    let gone = || ControlError::no("meeting", &meeting_id(uid));
    let calendars = &state.tenant.calendars;
    let meeting = calendars.meetings.get(&uid).ok_or_else(gone)?;
    let item = calendars.item(&meeting.organizer, uid).ok_or_else(gone)?;
    let named = Named { uid, instance: None };
    let rooms = item.attendees.iter().filter(|attendee| attendee.kind == AttendeeKind::Resource);
    let rooms = rooms.map(|attendee| {
        let address = attendee.party.address.to_string();
        let key = state.tenant.mailbox_key(&address).unwrap_or_default();
        let copy = calendars.item(&key, uid);
        let answer = meeting.answers.iter().find(|answer| answer.room == address);
        BookedRoom {
            response: attendee.response,
            reason: answer.and_then(|answer| answer.reason),
            declined_dates: answer.map(|answer| answer.declined.clone()).unwrap_or_default(),
            event: copy.map(|_| id(&key, named, Form::Immutable)),
            address,
        }
    });
    Ok(BookedMeeting {
        id: meeting_id(uid),
        ical_uid: ical_uid(item, None),
        event: id(&meeting.organizer, named, Form::Immutable),
        rooms: rooms.collect(),
    })
}

fn entry(mailbox: &str, event: &Event<'_>, per_occurrence: bool) -> CalendarEntry {
    let (item, details, when) = (event.item, event.details, &event.when);
    let (start, end) = when.instants();
    let (start, end) = if when.all_day {
        (when.start.date().to_string(), when.end.date().to_string())
    } else {
        (start.to_string(), end.to_string())
    };
    let master = Named { uid: item.uid, instance: None };
    CalendarEntry {
        id: event_id(mailbox, event, Form::Immutable),
        default_id: event_id(mailbox, event, Form::Default),
        series: (event.kind != Kind::Single).then(|| id(mailbox, master, Form::Immutable)),
        meeting: meeting_id(item.uid),
        ical_uid: ical_uid(item, event.original.filter(|_| per_occurrence)),
        kind: event.kind.name(),
        original_date: event.original,
        all_day: when.all_day,
        start,
        end,
        show_as: details.show_as,
        cancelled: details.cancelled,
        response: item.response,
        sensitivity: details.sensitivity,
        private: details.sensitivity != Sensitivity::Normal,
        subject: details.subject.to_string(),
        organizer: Mailbox {
            name: item.organizer.name.to_string(),
            address: item.organizer.address.to_string(),
        },
        is_organizer: item.is_organizer,
        attendees: item.attendees.len(),
    }
}
