//! The part of a vendor that books rooms, and does what a test says.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use ones_host::{
    Error,
    model::{
        AnsweredRoom, BookingCalendar, BookingOutcome, BookingRequest, BookingTime, Explanation,
        Hold, Refusal, RoomAnswer, RoomAvailability, Taken, TimeRange, overlaps,
    },
    plugin::CallError,
};

/// What rooms answer, and what they were asked.
#[derive(Clone, Default)]
pub(crate) struct Desk(Arc<Mutex<State>>);

#[derive(Default)]
pub(crate) struct State {
    /// Answers of rooms, by id. Others accept.
    pub(crate) answers: BTreeMap<String, RoomAnswer>,
    /// Refuses all calls that write.
    pub(crate) refusal: Option<Refusal>,
    /// When rooms are taken, by e-mail address. Others are free. `None` where it is not known.
    pub(crate) taken: BTreeMap<String, Option<Vec<Taken>>>,
    /// Whether nothing is known of any room.
    pub(crate) is_blind: bool,
    pub(crate) requests: Vec<BookingRequest>,
    /// Occurrences that were cancelled, or none for a complete meeting, with the comments.
    pub(crate) cancelled: Vec<(Option<BookingTime>, String)>,
    /// Rooms that were released, with the bookings and the comments.
    pub(crate) released: Vec<[String; 3]>,
}

/// Returns an explanation with texts that HTML must escape.
pub(crate) fn why(summary: &str) -> Explanation {
    Explanation {
        code: "why".to_owned(),
        summary: summary.to_owned(),
        remedy: Some("Look at <the portal>".to_owned()),
        detail: Some("AADSTS4711 at /etc/secret".to_owned()),
    }
}

impl Desk {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Makes a room taken at a time.
    pub(crate) fn take(&self, email: &str, time: TimeRange, hold: Hold) {
        let mut state = self.state();
        let taken = state.taken.entry(email.to_owned()).or_insert_with(|| Some(Vec::new()));
        taken.get_or_insert_default().push(Taken { time, hold });
    }

    pub(crate) fn book(&self, request: &BookingRequest, _: bool) -> Result<BookingOutcome, Error> {
        self.state().requests.push(request.clone());
        self.answer(request)
    }

    pub(crate) fn change(&self, request: &BookingRequest) -> Result<BookingOutcome, Error> {
        self.book(request, false)
    }

    pub(crate) fn answer(&self, request: &BookingRequest) -> Result<BookingOutcome, Error> {
        self.check()?;
        let state = self.state();
        let rooms = request.rooms.iter().map(|wanted| {
            let accepts = || RoomAnswer::Accepted(format!("{} in {}", request.title, wanted.room));
            let answer = state.answers.get(&wanted.room).cloned().unwrap_or_else(accepts);
            AnsweredRoom { room: wanted.room.clone(), answer }
        });
        let rooms: Vec<_> = rooms.collect();
        let is_refused = |room: &AnsweredRoom| {
            matches!(room.answer, RoomAnswer::Declined(_) | RoomAnswer::Conflict(_))
        };
        let is_made = !rooms.iter().all(is_refused);
        Ok(BookingOutcome {
            ticket: is_made.then(|| "t".to_owned()),
            calendar: BookingCalendar::Organizer,
            time: is_made.then(|| request.time.clone()),
            rooms,
        })
    }

    pub(crate) fn cancel(
        &self,
        occurrence: Option<&BookingTime>,
        comment: &str,
    ) -> Result<(), Error> {
        self.check()?;
        self.state().cancelled.push((occurrence.cloned(), comment.to_owned()));
        Ok(())
    }

    pub(crate) fn release(&self, room: &str, booking: &str, comment: &str) -> Result<(), Error> {
        self.check()?;
        self.state().released.push([room, booking, comment].map(str::to_owned));
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        match self.state().refusal.clone() {
            Some(refusal) => Err(CallError::Refused(refusal).into()),
            None => Ok(()),
        }
    }

    pub(crate) fn availability(
        &self,
        rooms: &[String],
        window: TimeRange,
    ) -> Result<Vec<RoomAvailability>, CallError> {
        let state = self.state();
        if state.is_blind {
            return Err(CallError::Refused(Refusal::Unavailable(why("No <calendar> answers"))));
        }
        let room = |email: &String| {
            let taken = match state.taken.get(email) {
                Some(None) => Err(Refusal::PermissionMissing(why("It may <not> be read"))),
                Some(Some(taken)) => {
                    Ok(taken.iter().filter(|it| overlaps(it.time, window)).copied().collect())
                }
                None => Ok(Vec::new()),
            };
            RoomAvailability { email: email.clone(), taken }
        };
        Ok(rooms.iter().map(room).collect())
    }
}
