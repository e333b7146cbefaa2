//! A meeting that was made, and what the host receives about it.

use super::{
    meeting::Meeting,
    request::Wish,
    ticket::{Rooms, Ticket},
};
use crate::model::{
    AnsweredRoom, BookingCalendar, BookingEnd, BookingOutcome, RoomAnswer, WantedRoom,
};

/// A meeting that the plugin made.
#[derive(Debug, Clone)]
pub(super) struct Made {
    /// Address of the mailbox in whose calendar it was made.
    pub(super) mailbox: String,
    pub(super) calendar: BookingCalendar,
    pub(super) meeting: Meeting,
    /// The rooms that accepted it before; `None` where they are not known.
    pub(super) accepted: Option<Rooms>,
    /// The rooms that have to process a cancellation.
    pub(super) waits: Rooms,
    /// The rooms that were asked a second time.
    pub(super) asked_again: Rooms,
}

impl Made {
    /// Returns the meeting of a ticket.
    pub(super) fn known(ticket: &Ticket, meeting: Meeting) -> Self {
        let Ticket { mailbox, calendar, accepted, waits, asked_again, .. } = ticket.clone();
        Self { mailbox, calendar, meeting, accepted, waits, asked_again }
    }

    fn ticket(&self) -> String {
        let ticket = Ticket {
            mailbox: self.mailbox.clone(),
            event: self.meeting.id.clone(),
            calendar: self.calendar,
            meeting: self.meeting.uid.clone(),
            accepted: self.accepted.clone(),
            waits: self.waits.clone(),
            asked_again: self.asked_again.clone(),
        };
        ticket.write()
    }

    /// Returns the outcome with an answer of each room.
    pub(super) fn outcome(&self, wish: &Wish<'_>, answers: Vec<RoomAnswer>) -> BookingOutcome {
        BookingOutcome {
            ticket: Some(self.ticket()),
            calendar: self.calendar,
            time: Some(self.meeting.times.to_record()),
            rooms: rooms(wish, answers),
        }
    }

    /// Returns the outcome where no room has answered.
    pub(super) fn pending(&self, wish: &Wish<'_>) -> BookingOutcome {
        self.outcome(wish, wish.rooms().iter().map(|_| RoomAnswer::Pending).collect())
    }
}

/// Returns the outcome where no meeting is left.
pub(super) fn none_left(
    wish: &Wish<'_>,
    calendar: BookingCalendar,
    answers: Vec<RoomAnswer>,
) -> BookingOutcome {
    BookingOutcome { ticket: None, calendar, time: None, rooms: rooms(wish, answers) }
}

/// Returns the outcome where the meeting ended.
pub(super) fn ended(wish: &Wish<'_>, calendar: BookingCalendar, end: BookingEnd) -> BookingOutcome {
    none_left(wish, calendar, wish.rooms().iter().map(|_| RoomAnswer::Ended(end)).collect())
}

fn rooms(wish: &Wish<'_>, answers: Vec<RoomAnswer>) -> Vec<AnsweredRoom> {
    let answered = |(room, answer): (&WantedRoom, RoomAnswer)| AnsweredRoom {
        room: room.room.clone(),
        answer,
    };
    wish.rooms().iter().zip(answers).map(answered).collect()
}
