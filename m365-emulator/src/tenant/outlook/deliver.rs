//! How requests and cancellations reach the mailboxes that are invited. Those to rooms can be made
//! to wait.

use jiff::civil::Date;

use crate::tenant::Tenant;
use crate::tenant::calendar::item::{Details, Exception, Item, Uid};
use crate::tenant::calendar::mailbox::Reported;
use crate::tenant::calendar::values::ShowAs;
use crate::tenant::calendar::{Content, Message};

/// What Exchange writes before the subject of a cancelled meeting.
const CANCELLED: &str = "Canceled: ";

/// How far waiting messages get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Requests are in the room's calendar, and not answered.
    Arrive,
    /// Requests are answered, and cancellations processed.
    Answer,
}

impl Tenant {
    /// Sends a message to all mailboxes that are invited to a meeting. Rooms process theirs at once
    /// unless messages are held.
    pub(super) fn send(&mut self, uid: Uid, content: &Content, reported: Reported) {
        for to in self.invited_mailboxes(uid) {
            self.send_to(&to, uid, content.clone(), reported);
        }
    }

    pub(super) fn send_to(&mut self, to: &str, uid: Uid, content: Content, reported: Reported) {
        self.invent_calendar(to);
        let message = Message { to: to.to_owned(), uid, content, arrived: false };
        if self.calendars.holding && self.room_of(to).is_some() {
            self.calendars.waiting.push(message);
        } else {
            self.arrive(&message, reported);
            self.process(&message, reported);
        }
    }

    /// Returns the mailboxes of the tenant that are invited to a meeting, without the organizer's.
    pub(super) fn invited_mailboxes(&self, uid: Uid) -> Vec<String> {
        let Ok((organizer, item)) = self.organizers_copy(uid) else {
            return Vec::new();
        };
        let keys = item.attendees.iter().filter_map(|attendee| {
            let user = self.directory.find_mailbox(&attendee.party.address)?;
            self.directory.has_mailbox(user).then(|| user.id.clone())
        });
        keys.filter(|key| key != organizer).collect()
    }

    /// Lets waiting messages to one room, or to all, go on. Returns the number of messages.
    pub(crate) fn deliver_waiting(&mut self, room: Option<&str>, stage: Stage) -> usize {
        let waiting = std::mem::take(&mut self.calendars.waiting);
        let (now, later): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|message| room.is_none_or(|room| message.to == room));
        self.calendars.waiting = later;
        let count = now.len();
        for mut message in now {
            if !message.arrived {
                self.arrive(&message, Reported::Yes);
                message.arrived = true;
            }
            match stage {
                Stage::Arrive => self.calendars.waiting.push(message),
                Stage::Answer => self.process(&message, Reported::Yes),
            }
        }
        count
    }

    /// Puts a request into a calendar, as it is before anything has looked at it.
    fn arrive(&mut self, message: &Message, reported: Reported) {
        if let Content::Request { decide, date, .. } = message.content {
            self.request_arrives(&message.to, message.uid, decide, date, reported);
        }
    }

    fn process(&mut self, message: &Message, reported: Reported) {
        let (to, uid) = (&message.to, message.uid);
        match message.content {
            Content::Request { decide, date, force } => {
                self.answer_request(to, uid, decide, date, force, reported);
            }
            Content::Cancel { date } => self.cancellation_arrives(to, uid, date, reported),
        }
    }

    /// Marks a copy, or one occurrence of it, as cancelled, or deletes it if the room is set so.
    fn cancellation_arrives(&mut self, to: &str, uid: Uid, date: Option<Date>, reported: Reported) {
        if self.calendars.policy(to).remove_canceled_meetings && self.room_of(to).is_some() {
            self.take_out(to, uid, date, reported);
            return;
        }
        self.change_copy(to, uid, date, reported, |item| match date {
            None => item.change_details(cancel),
            Some(date) => cancel_occurrence(item, date),
        });
    }
}

fn cancel_occurrence(item: &mut Item, date: Date) {
    let Some(event) = item.at(date) else { return };
    let mut details = event.details.clone();
    cancel(&mut details);
    let when = event.when.into_owned();
    item.exceptions.insert(date, Exception::Changed { when, details });
}

fn cancel(details: &mut Details) {
    if !details.subject.starts_with(CANCELLED) {
        details.subject = format!("{CANCELLED}{}", details.subject).into();
    }
    details.show_as = ShowAs::Free;
    details.cancelled = true;
}
