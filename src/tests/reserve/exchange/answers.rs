//! Messages to rooms, and how rooms answer them.

use serde_json::json;

use super::{Item, Message, State};

impl State {
    /// Sends a request or a cancellation to the attendees of a meeting.
    pub(super) fn send(&mut self, organizer: &str, uid: &str, is_cancellation: bool) {
        let Some(copy) = self.copy(organizer, uid) else { return };
        for attendee in copy.attendees.clone() {
            let kind = if is_cancellation { "cancellation" } else { "request" };
            self.mails.push((attendee.address.clone(), kind));
            if attendee.kind == "resource" {
                self.send_to_room(Message {
                    room: attendee.address,
                    uid: uid.to_owned(),
                    is_cancellation,
                });
            }
        }
    }

    pub(super) fn send_to_room(&mut self, message: Message) {
        match self.holds {
            true => self.waiting.push(message),
            false => self.process(&message),
        }
    }

    /// Lets a room process a message: it accepts what is free, and keeps what is cancelled.
    pub(in crate::tests) fn process(&mut self, message: &Message) {
        let Message { room, uid, is_cancellation } = message;
        let clock = self.tick();
        if *is_cancellation {
            if let Some(copy) = self.copy_mut(room, uid) {
                copy.cancelled = true;
                copy.version = clock;
                copy.body["showAs"] = json!("free");
            }
            return;
        }
        let Some(request) = self.organizers(uid).cloned() else { return };
        if !request.attendees.iter().any(|attendee| attendee.address == *room) {
            return;
        }
        let others = self.mailboxes.get(room).into_iter().flatten();
        let others: Vec<_> =
            others.filter(|other| other.uid != *uid && other.holds()).cloned().collect();
        let id = self.copy(room, uid).map(|copy| copy.id.clone());
        let mut copy = Item {
            id: id.unwrap_or_else(|| format!("room{clock}=")),
            version: clock,
            created: clock,
            placed: clock,
            is_organizer: false,
            answer: "accepted".to_owned(),
            mark: None,
            transaction: None,
            ..request
        };
        // A room shows the organizer's name instead of the subject.
        copy.body["subject"] = json!("Mara Lind");
        let is_lenient = self.lenient.contains(room);
        if let Some(occurrences) = copy.occurrences.as_mut().filter(|_| is_lenient) {
            for occurrence in occurrences {
                let single =
                    Item { starts: occurrence.starts, ends: occurrence.ends, ..Item::default() };
                occurrence.is_gone |= others.iter().any(|other| single.overlaps(other));
            }
        }
        let is_taken = others.iter().any(|other| copy.overlaps(other));
        let is_declined = is_taken || self.strict.contains(room);
        let calendar = self.mailboxes.entry(room.clone()).or_default();
        calendar.retain(|copy| copy.uid != *uid);
        if !is_declined {
            calendar.push(copy);
        }
        self.note_answer(room, uid, if is_declined { "declined" } else { "accepted" });
    }

    /// Stores an answer in the organizer's copy.
    pub(in crate::tests) fn note_answer(&mut self, room: &str, uid: &str, response: &str) {
        let clock = self.tick();
        let mut copies = self.mailboxes.values_mut().flatten();
        let Some(copy) = copies.find(|copy| copy.uid == uid && copy.is_organizer) else { return };
        copy.version = clock;
        for attendee in copy.attendees.iter_mut().filter(|attendee| attendee.address == room) {
            (attendee.response, attendee.answered) = (response.to_owned(), clock);
        }
    }

    /// Cancels a meeting: it leaves the organizer's calendar, and stays in those of rooms.
    pub(super) fn cancel(&mut self, mailbox: &str, uid: &str) {
        self.send(mailbox, uid, true);
        self.mailboxes.entry(mailbox.to_owned()).or_default().retain(|copy| copy.uid != uid);
    }
}
