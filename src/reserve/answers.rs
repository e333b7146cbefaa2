//! What the rooms of a meeting answered.

use std::{collections::BTreeMap, time::Duration};

use super::{
    mailbox::{Mailbox, Occurrence},
    meeting::{Attendee, Meeting, Response},
    occupied::others,
    place::place_at,
    problem::Trouble,
    request::Wish,
    ticket::{Accepted, Ticket},
};
use crate::{
    bookings::Times,
    error::{Error, Explanation},
    graph::Graph,
    host::Host,
    model::{
        AnsweredRoom, BookingCalendar, BookingEnd, BookingOutcome, PartlyAccepted, RoomAnswer,
        WantedRoom,
    },
    payload,
};

/// Maximum number of bookings that a conflict names.
pub(super) const MOST_CONFLICTS: usize = 100;

/// The comment on a meeting that the plugin withdraws.
const NOT_FREE: &str = "No room of this meeting is free, so ONES withdrew it.";

/// Pauses between looks for the answers of rooms, while a user waits. Most rooms answer within
/// seconds; the host asks again later about the others.
pub(super) const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

/// A meeting that the plugin made.
#[derive(Debug, Clone)]
pub(super) struct Made {
    /// Address of the mailbox in whose calendar it was made.
    pub(super) mailbox: String,
    pub(super) calendar: BookingCalendar,
    pub(super) meeting: Meeting,
    /// The rooms that accepted it before.
    pub(super) accepted: Accepted,
}

impl Made {
    fn ticket(&self) -> String {
        let ticket = Ticket {
            mailbox: self.mailbox.clone(),
            event: self.meeting.id.clone(),
            calendar: self.calendar,
            meeting: self.meeting.uid.clone(),
            accepted: self.accepted.clone(),
        };
        ticket.write()
    }

    /// Returns the outcome with an answer of each room.
    fn outcome(&self, wish: &Wish<'_>, answers: Vec<RoomAnswer>) -> BookingOutcome {
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

/// Reads the answers of the rooms, and looks again after each pause while one is missing. If
/// `withdraws`, withdraws the meeting where all rooms declined and none had accepted it. `before`
/// is the meeting before a change of its time: an answer that was given then does not count.
pub(super) async fn follow<H: Host>(
    graph: &Graph<'_, H>,
    wish: &Wish<'_>,
    mut made: Made,
    before: Option<&Meeting>,
    withdraws: bool,
    pauses: &[Duration],
) -> Result<BookingOutcome, Error> {
    let address = made.mailbox.clone();
    let mailbox = Mailbox::new(graph, &address, &wish.zone);
    let mut answers = vec![RoomAnswer::Pending; wish.rooms().len()];
    let mut pauses = pauses.iter();
    loop {
        let mut reader = Reader { graph, wish, made: &made, before, occurrences: None };
        for (room, answer) in wish.rooms().iter().zip(&mut answers) {
            if *answer == RoomAnswer::Pending {
                *answer = reader.answer(room).await?;
            }
        }
        let Some(pause) = pauses.next() else { break };
        if !answers.contains(&RoomAnswer::Pending) {
            break;
        }
        graph.host().sleep(*pause).await;
        // Another replica of Exchange may not have the meeting yet.
        if let Some(meeting) = mailbox.read(&made.meeting.id).await? {
            made.meeting = meeting;
        }
        if made.meeting.is_cancelled {
            return Ok(ended(wish, made.calendar, BookingEnd::Cancelled));
        }
    }
    let had_room = wish.rooms().iter().any(|room| made.accepted.may_contain(&room.email));
    if withdraws && !had_room && is_in_vain(wish, &made.meeting, &answers) {
        mailbox.cancel(&made.meeting.id, true, NOT_FREE).await?;
        return Ok(none_left(wish, made.calendar, answers));
    }
    for (room, answer) in wish.rooms().iter().zip(&answers) {
        if matches!(answer, RoomAnswer::Accepted(_) | RoomAnswer::Partly(_)) {
            made.accepted.add(&room.email);
        }
    }
    Ok(made.outcome(wish, answers))
}

/// Returns whether the meeting has no room and was not made into another one in Outlook: moved, or
/// with other rooms.
fn is_in_vain(wish: &Wish<'_>, meeting: &Meeting, answers: &[RoomAnswer]) -> bool {
    let is_refused =
        |answer: &RoomAnswer| matches!(answer, RoomAnswer::Declined(_) | RoomAnswer::Conflict(_));
    let mut rooms = meeting.attendees.iter().filter(|attendee| attendee.is_resource);
    answers.iter().all(is_refused)
        && rooms.all(|room| room.response == Response::Declined)
        && meeting.times == wish.times
        && meeting.reference.as_ref() == Some(&wish.request.reference)
}

/// Whether a room is invited under another address than the one of the request.
enum Invited<'m> {
    As(&'m Attendee),
    Not,
    /// An address is invited that may be one of the room.
    Perhaps,
}

/// Reads answers of rooms.
struct Reader<'r, 'h, H> {
    graph: &'r Graph<'h, H>,
    wish: &'r Wish<'r>,
    made: &'r Made,
    before: Option<&'r Meeting>,
    /// The occurrences of a series in the calendar where it was made, once they were read.
    occurrences: Option<Vec<Occurrence>>,
}

impl<H: Host> Reader<'_, '_, H> {
    async fn answer(&mut self, room: &WantedRoom) -> Result<RoomAnswer, Error> {
        let made = self.made;
        if made.mailbox.eq_ignore_ascii_case(&room.email) {
            return Ok(RoomAnswer::Accepted(made.meeting.id.clone()));
        }
        let attendee = match made.meeting.attendee(&room.email) {
            Some(attendee) => attendee,
            None => match self.other_address(room).await? {
                Invited::As(attendee) => attendee,
                Invited::Not => return Ok(RoomAnswer::Ended(BookingEnd::Cancelled)),
                Invited::Perhaps => return Ok(RoomAnswer::Pending),
            },
        };
        let former = self.before.and_then(|before| before.attendee(&attendee.address));
        // The answer to the meeting as it was before the change.
        let is_former = former.is_some_and(|former| former.answered == attendee.answered);
        match attendee.response {
            Response::Open => Ok(RoomAnswer::Pending),
            Response::Accepted => match self.accepted(room).await? {
                // The room has not moved all occurrences yet.
                RoomAnswer::Partly(_) if is_former => Ok(RoomAnswer::Pending),
                answer => Ok(answer),
            },
            Response::Declined if is_former => Ok(RoomAnswer::Pending),
            Response::Declined => self.declined(room).await,
        }
    }

    /// Finds a room whose address is not invited: Exchange can name it by another one of its
    /// addresses. A resource that is a place of its own is another room, which a user invited in
    /// Outlook.
    async fn other_address(&self, room: &WantedRoom) -> Result<Invited<'_>, Error> {
        let wanted = self.wish.room_addresses();
        let attendees = self.made.meeting.attendees.iter();
        let mut invited = Invited::Not;
        for other in attendees.filter(|one| one.is_resource && !wanted.contains(&one.address)) {
            match place_at(self.graph, &other.address).await? {
                Some(place) if place.is(room) => return Ok(Invited::As(other)),
                Some(_) => {}
                None => invited = Invited::Perhaps,
            }
        }
        Ok(invited)
    }

    /// Returns the answer of a room that accepted: it is booked when the meeting is in its
    /// calendar, at the time that the meeting has now.
    async fn accepted(&mut self, room: &WantedRoom) -> Result<RoomAnswer, Trouble> {
        let meeting = &self.made.meeting;
        let mailbox = Mailbox::new(self.graph, &room.email, &self.wish.zone);
        let Some(uid) = &meeting.uid else { return Ok(RoomAnswer::Pending) };
        let Some(copy) = mailbox.copy_of(uid).await? else { return Ok(RoomAnswer::Pending) };
        if copy.answer != payload::Answer::Given || copy.is_series != meeting.is_series {
            return Ok(RoomAnswer::Pending);
        }
        if !meeting.is_series {
            return Ok(match copy.times == meeting.times {
                true => RoomAnswer::Accepted(copy.id),
                false => RoomAnswer::Pending,
            });
        }
        let there = mailbox.occurrences(&copy).await?.unwrap_or_default();
        let own = self.occurrences().await?;
        let held: BTreeMap<i64, Times> = there
            .iter()
            .filter(|occurrence| !occurrence.is_gone)
            .map(|occurrence| (occurrence.original, occurrence.times))
            .collect();
        let is_missing = |own: &&Occurrence| held.get(&own.original) != Some(&own.times);
        let declined: Vec<_> =
            own.iter().filter(is_missing).map(|own| own.times.to_record()).collect();
        Ok(match declined.len() {
            0 if !own.is_empty() => RoomAnswer::Accepted(copy.id),
            missing if missing == own.len() => RoomAnswer::Pending,
            _ => RoomAnswer::Partly(PartlyAccepted { id: copy.id, declined }),
        })
    }

    /// Returns the answer of a room that declined: what takes it, or that its rules do not allow
    /// the booking. The room's own words are in a mail, which the plugin may not read.
    async fn declined(&mut self, room: &WantedRoom) -> Result<RoomAnswer, Error> {
        let times = self.times().await?;
        let mailbox = Mailbox::new(self.graph, &room.email, &self.wish.zone);
        let held = match others(&mailbox, &times, Some(&self.made.meeting)).await {
            Ok(held) => held,
            Err(Trouble::Failed(
                error @ (Error::Unavailable(_) | Error::Throttled(_) | Error::Unauthorized(_)),
            )) => return Err(error),
            Err(_) => Vec::new(),
        };
        if held.is_empty() {
            return Ok(RoomAnswer::Declined(refused_by(room, self.wish)));
        }
        let bookings = held.into_iter().take(MOST_CONFLICTS).map(|held| held.booking);
        Ok(RoomAnswer::Conflict(bookings.collect()))
    }

    /// Returns when the meeting takes place; of a series, all occurrences.
    async fn times(&mut self) -> Result<Vec<(i64, i64)>, Trouble> {
        let zone = self.wish.zone.clone();
        if !self.made.meeting.is_series {
            return Ok(Vec::from_iter(self.made.meeting.times.instants(&zone)));
        }
        let occurrences = self.occurrences().await?;
        Ok(occurrences.iter().filter_map(|own| own.times.instants(&zone)).collect())
    }

    async fn occurrences(&mut self) -> Result<&[Occurrence], Trouble> {
        if self.occurrences.is_none() {
            let mailbox = Mailbox::new(self.graph, &self.made.mailbox, &self.wish.zone);
            let found = mailbox.occurrences(&self.made.meeting).await?;
            let found = found.unwrap_or_default().into_iter();
            self.occurrences = Some(found.filter(|occurrence| !occurrence.is_gone).collect());
        }
        Ok(self.occurrences.as_deref().unwrap_or_default())
    }
}

/// Returns why a room declined although no other booking takes it.
fn refused_by(room: &WantedRoom, wish: &Wish<'_>) -> Explanation {
    let rules = match wish.request.recurrence {
        Some(_) => "who may book it, how far ahead, how long, and whether series are allowed",
        None => "who may book it, how far ahead, and how long",
    };
    Explanation::new(
        "room-declined",
        format!("{} declined the booking, most likely because of its rules: {rules}", room.name),
    )
    .remedy(
        "Choose another room or time, or ask your Exchange administrator for the rules of this \
            room (Get-CalendarProcessing)",
    )
}
