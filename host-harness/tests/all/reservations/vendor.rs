//! A vendor whose rooms accept what does not overlap, at once or late.

use std::{
    cell::{RefCell, RefMut},
    collections::{BTreeMap, BTreeSet, HashSet},
    rc::Rc,
};

use ones_host::{
    Error,
    model::{
        AnsweredRoom, Booking, BookingCalendar, BookingChange, BookingEnd, BookingOutcome,
        BookingRequest, BookingTime, Explanation, Hold, Mode, Part, Refusal, RoomAnswer, RoomBatch,
        RoomChange, RoomPosition, RoomUpdate, Summary, TimeRange, UserBatch, UserChange,
    },
    plugin::{CallError, Packed},
    sync::Source,
};

use crate::bookings::calendar::*;

/// What happens to one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Fault {
    #[default]
    None,
    /// The request never arrives.
    LostBefore,
    /// The answer is lost: the vendor did what it was asked.
    LostAfter,
    Throttled,
}

/// A room's copy of a meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Copy {
    /// `None` while the room has not answered.
    accepted: Option<bool>,
    version: u32,
    ended: Option<BookingEnd>,
}

#[derive(Debug, Clone)]
pub(super) struct Meeting {
    /// Reference of the reservation; a user made others at the vendor.
    pub(super) reference: Option<String>,
    pub(super) time: TimeRange,
    pub(super) is_cancelled: bool,
    rooms: BTreeMap<String, Copy>,
}

impl Meeting {
    /// Rooms that are booked.
    pub(super) fn booked(&self) -> BTreeSet<String> {
        let is_booked =
            |(_, copy): &(&String, &Copy)| copy.accepted == Some(true) && copy.ended.is_none();
        self.rooms.iter().filter(is_booked).map(|(room, _)| room.clone()).collect()
    }
}

/// The vendor's calendars.
#[derive(Debug, Default)]
pub(super) struct Calendars {
    pub(super) meetings: Vec<Meeting>,
    /// Whether rooms answer late: when [`Self::answer`] is called.
    pub(super) rooms_are_late: bool,
    /// Number of meetings that were made for a reference.
    pub(super) made: BTreeMap<String, u32>,
    /// References and bookings that ONES cancelled or released.
    pub(super) cancelled: BTreeSet<String>,
    /// Number of calls that changed a calendar.
    pub(super) writes: u32,
    pub(super) calls: u32,
    /// Calls that broke a rule.
    pub(super) broken: Vec<String>,
    attempted: HashSet<String>,
}

impl Calendars {
    fn of(&self, reference: &str) -> Option<usize> {
        self.meetings.iter().position(|it| it.reference.as_deref() == Some(reference))
    }

    pub(super) fn meeting(&self, reference: &str) -> Option<&Meeting> {
        self.of(reference).map(|at| &self.meetings[at]).filter(|it| !it.is_cancelled)
    }

    fn is_free(&self, room: &str, time: TimeRange, own: usize) -> bool {
        self.meetings.iter().enumerate().all(|(at, it)| {
            at == own
                || it.is_cancelled
                || !it.booked().contains(room)
                || it.time.ends <= time.starts
                || it.time.starts >= time.ends
        })
    }

    /// Lets the rooms answer that have not.
    pub(super) fn answer(&mut self) {
        for at in 0..self.meetings.len() {
            self.answer_of(at);
        }
    }

    fn answer_of(&mut self, at: usize) {
        let rooms: Vec<String> = self.meetings[at].rooms.keys().cloned().collect();
        for room in rooms {
            let is_free = self.is_free(&room, self.meetings[at].time, at);
            let copy = self.meetings[at].rooms.get_mut(&room).unwrap();
            if copy.accepted.is_none() && copy.ended.is_none() {
                copy.accepted = Some(is_free);
                copy.version += 1;
                if !is_free {
                    copy.ended = Some(BookingEnd::Declined);
                }
            }
        }
        let is_refused = self.meetings[at].rooms.values().all(|copy| copy.ended.is_some());
        if is_refused && self.meetings[at].reference.is_some() {
            self.meetings[at].is_cancelled = true;
        }
    }

    fn make(&mut self, reference: Option<String>, time: TimeRange, rooms: Vec<String>) -> usize {
        let copy = Copy { accepted: None, version: 1, ended: None };
        let rooms = rooms.into_iter().map(|room| (room, copy.clone())).collect();
        self.meetings.push(Meeting { reference, time, is_cancelled: false, rooms });
        self.writes += 1;
        let at = self.meetings.len() - 1;
        if !self.rooms_are_late {
            self.answer_of(at);
        }
        at
    }

    /// A user books a room at the vendor.
    pub(super) fn book(&mut self, room: &str, time: TimeRange) -> usize {
        let at = self.make(None, time, vec![room.to_owned()]);
        self.answer_of(at);
        at
    }

    /// A user moves a meeting at the vendor.
    pub(super) fn move_to(&mut self, at: usize, time: TimeRange) {
        if self.meetings[at].is_cancelled || self.meetings[at].time == time {
            return;
        }
        self.meetings[at].time = time;
        for copy in self.meetings[at].rooms.values_mut() {
            if copy.ended.is_none() {
                copy.accepted = None;
                copy.version += 1;
            }
        }
        if !self.rooms_are_late {
            self.answer_of(at);
        }
    }

    /// A user cancels a meeting at the vendor, or ONES does.
    pub(super) fn cancel(&mut self, at: usize) {
        if self.meetings[at].is_cancelled {
            return;
        }
        self.meetings[at].is_cancelled = true;
        for copy in self.meetings[at].rooms.values_mut() {
            copy.ended.get_or_insert(BookingEnd::Cancelled);
            copy.version += 1;
        }
    }

    /// A user takes a room from a meeting at the vendor.
    pub(super) fn drop_room(&mut self, at: usize, room: &str) {
        let copy = self.meetings[at].rooms.get_mut(room).unwrap();
        copy.ended.get_or_insert(BookingEnd::Cancelled);
        copy.version += 1;
    }

    fn outcome(&self, at: usize, request: &BookingRequest) -> BookingOutcome {
        let meeting = &self.meetings[at];
        let answer = |room: &String| match meeting.rooms.get(room) {
            None => RoomAnswer::Ended(BookingEnd::Deleted),
            Some(copy) => match (copy.accepted, copy.ended) {
                (_, Some(BookingEnd::Declined)) => RoomAnswer::Declined(Explanation {
                    code: "room-declined".to_owned(),
                    summary: "The room is not free at that time".to_owned(),
                    remedy: None,
                    detail: None,
                }),
                (_, Some(end)) => RoomAnswer::Ended(end),
                (None, None) => RoomAnswer::Pending,
                (Some(_), None) => RoomAnswer::Accepted(booking_id(at, room)),
            },
        };
        let rooms = request
            .rooms
            .iter()
            .map(|it| AnsweredRoom { room: it.room.clone(), answer: answer(&it.room) });
        let is_left = !meeting.is_cancelled;
        BookingOutcome {
            ticket: is_left.then(|| format!("ticket {at}")),
            calendar: BookingCalendar::Organizer,
            time: is_left.then_some(BookingTime::Hours(meeting.time)),
            rooms: rooms.collect(),
        }
    }
}

/// Id of a meeting in a room.
pub(super) fn booking_id(at: usize, room: &str) -> String {
    format!("b{at} in {room}")
}

/// The vendor, as each host's plugin sees it. Clones share the calendars.
#[derive(Clone, Default)]
pub(super) struct Vendor {
    calendars: Rc<RefCell<Calendars>>,
    /// What happens to the next call.
    pub(super) fault: Fault,
    /// What the next call is refused with.
    pub(super) refuses: Option<Refusal>,
}

impl Vendor {
    pub(super) fn calendars(&self) -> RefMut<'_, Calendars> {
        self.calendars.borrow_mut()
    }

    fn call<T>(
        &mut self,
        work: impl FnOnce(&mut Calendars) -> Result<T, Refusal>,
    ) -> Result<T, Error> {
        let refused = |refusal| Err(CallError::Refused(refusal).into());
        self.calendars().calls += 1;
        if let Some(refusal) = self.refuses.take() {
            return refused(refusal);
        }
        match std::mem::take(&mut self.fault) {
            Fault::LostBefore => return refused(crate::fake::unavailable()),
            Fault::Throttled => return refused(Refusal::Throttled(7)),
            Fault::LostAfter => {
                let _ = work(&mut self.calendars());
                return refused(crate::fake::unavailable());
            }
            Fault::None => {}
        }
        let done = work(&mut self.calendars());
        done.map_err(|refusal| CallError::Refused(refusal).into())
    }
}

fn conflict() -> Refusal {
    Refusal::Conflict(Explanation {
        code: "changed-meanwhile".to_owned(),
        summary: "The meeting was changed in the calendar meanwhile".to_owned(),
        remedy: None,
        detail: None,
    })
}

fn hours(time: &BookingTime) -> TimeRange {
    match time {
        BookingTime::Hours(hours) => *hours,
        BookingTime::Days(days) => panic!("{days:?}"),
    }
}

impl Source for Vendor {
    fn sync_rooms(
        &mut self,
        _: &mut dyn FnMut(RoomBatch) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        unreachable!()
    }

    fn sync_users(
        &mut self,
        _: Option<&str>,
        _: &mut dyn FnMut(UserBatch<Packed>) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        unreachable!()
    }

    fn read_users(&mut self, _: &[String]) -> Result<Vec<UserChange>, Error> {
        unreachable!()
    }

    fn read_groups(&mut self, _: &[String]) -> Result<Vec<UserChange>, Error> {
        unreachable!()
    }

    fn read_rooms(&mut self, _: &[String]) -> Result<Vec<RoomChange>, Error> {
        unreachable!()
    }

    /// Reports every copy that a room accepted, or that ended.
    fn sync_bookings(
        &mut self,
        rooms: &[RoomPosition],
        _: TimeRange,
        take: &mut dyn FnMut(RoomUpdate) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        for position in rooms {
            let changes = self.changes(&position.room);
            let mode = match position.since {
                Some(_) => Mode::Incremental,
                None => Mode::Full(Part { first: true, last: true }),
            };
            take(of_room(&position.room, mode, "c", changes))?;
        }
        Ok(Summary { complete: true, ..Summary::default() })
    }

    fn book_room(
        &mut self,
        request: &BookingRequest,
        again: bool,
    ) -> Result<BookingOutcome, Error> {
        let reference = request.reference.clone();
        if !again && !self.calendars().attempted.insert(reference.clone()) {
            self.calendars().broken.push(format!("{reference} was sent twice as new"));
        }
        self.call(|calendars| {
            let at = match calendars.of(&reference) {
                Some(at) => at,
                None => {
                    *calendars.made.entry(reference.clone()).or_default() += 1;
                    let rooms = request.rooms.iter().map(|it| it.room.clone()).collect();
                    calendars.make(Some(reference), hours(&request.time), rooms)
                }
            };
            Ok(calendars.outcome(at, request))
        })
    }

    fn check_booking(
        &mut self,
        request: &BookingRequest,
        _: &str,
    ) -> Result<BookingOutcome, Error> {
        self.call(|calendars| {
            let at = calendars.of(&request.reference).unwrap();
            Ok(calendars.outcome(at, request))
        })
    }

    fn change_booking(
        &mut self,
        former: &BookingRequest,
        request: &BookingRequest,
        _: &str,
    ) -> Result<BookingOutcome, Error> {
        self.call(|calendars| {
            let at = calendars.of(&request.reference).unwrap();
            let (before, after) = (hours(&former.time), hours(&request.time));
            let meeting = &calendars.meetings[at];
            if meeting.is_cancelled || meeting.time != before && meeting.time != after {
                return Err(conflict());
            }
            calendars.writes += 1;
            calendars.move_to(at, after);
            Ok(calendars.outcome(at, request))
        })
    }

    fn cancel_booking(
        &mut self,
        request: &BookingRequest,
        _: &str,
        _: Option<&BookingTime>,
        _: &str,
    ) -> Result<(), Error> {
        self.call(|calendars| {
            calendars.writes += 1;
            calendars.cancelled.insert(request.reference.clone());
            let at = calendars.of(&request.reference).unwrap();
            calendars.cancel(at);
            Ok(())
        })
    }

    fn release_room(&mut self, room: &RoomPosition, booking: &str, _: &str) -> Result<(), Error> {
        self.call(|calendars| {
            calendars.writes += 1;
            calendars.cancelled.insert(booking.to_owned());
            for at in 0..calendars.meetings.len() {
                if booking_id(at, &room.room) == booking {
                    let copy = calendars.meetings[at].rooms.get_mut(&room.room).unwrap();
                    copy.ended.get_or_insert(BookingEnd::Cancelled);
                    copy.version += 1;
                }
            }
            Ok(())
        })
    }
}

impl Vendor {
    fn changes(&self, room: &str) -> Vec<BookingChange> {
        let calendars = self.calendars();
        let of_meeting = |(at, meeting): (usize, &Meeting)| {
            let copy = meeting.rooms.get(room)?;
            let id = booking_id(at, room);
            match (copy.accepted, copy.ended) {
                (_, Some(end)) => Some(ended(&id, end)),
                (None, None) => None,
                (Some(_), None) => Some(one(Booking {
                    id,
                    version: copy.version.to_string(),
                    meeting: Some(format!("m{at}")),
                    series: None,
                    time: BookingTime::Hours(meeting.time),
                    hold: Hold::Confirmed,
                    private: false,
                    title: None,
                    organizer: None,
                    invited: 1,
                })),
            }
        };
        calendars.meetings.iter().enumerate().filter_map(of_meeting).collect()
    }
}
