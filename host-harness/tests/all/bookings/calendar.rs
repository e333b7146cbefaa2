//! Bookings as a plugin reports them, and ONES with rooms.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use ones_host::{
    model::{
        Booking, BookingBatch, BookingChange, BookingEnd, BookingGone, BookingTime, DateRange,
        Hold, Mode, Participant, Refusal, Room, RoomBatch, RoomFailure, RoomUpdate, SeriesBookings,
        TimeRange,
    },
    store::{BookingRow, ConflictRow, ListedBooking, RoomBookings},
    zones,
};

use crate::fake::*;

/// The time of all runs, a Monday.
pub(crate) const NOW: &str = "2027-01-11T10:00:00Z";

pub(crate) fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_second()
}

/// `09:00` of the day of all runs, or of another one: `2027-01-12T09:00`; in UTC.
pub(crate) fn clock(text: &str) -> i64 {
    match text.len() {
        5 => at(&format!("2027-01-11T{text}:00Z")),
        _ => at(&format!("{text}:00Z")),
    }
}

/// A booking between two clocks.
pub(crate) fn booked(id: &str, starts: &str, ends: &str) -> Booking {
    Booking {
        id: id.to_owned(),
        version: "1".to_owned(),
        meeting: Some(format!("meeting of {id}")),
        series: None,
        time: BookingTime::Hours(TimeRange { starts: clock(starts), ends: clock(ends) }),
        hold: Hold::Confirmed,
        private: false,
        title: Some(id.to_uppercase()),
        organizer: Some(Participant {
            email: Some("ann@contoso.com".to_owned()),
            name: Some("Ann".to_owned()),
        }),
        invited: 3,
    }
}

pub(crate) fn all_day(id: &str, first: &str, until: &str) -> Booking {
    let days = DateRange { first: first.to_owned(), until: until.to_owned() };
    Booking { time: BookingTime::Days(days), ..booked(id, "00:00", "00:00") }
}

pub(crate) fn one(booking: Booking) -> BookingChange {
    BookingChange::Booking(booking)
}

pub(crate) fn series(id: &str, bookings: impl IntoIterator<Item = Booking>) -> BookingChange {
    let within = |booking| Booking { series: Some(id.to_owned()), ..booking };
    let bookings = bookings.into_iter().map(within).collect();
    BookingChange::Series(SeriesBookings { id: id.to_owned(), bookings })
}

pub(crate) fn ended(id: &str, end: BookingEnd) -> BookingChange {
    BookingChange::BookingGone(BookingGone { id: id.to_owned(), end })
}

pub(crate) fn series_ended(id: &str, end: BookingEnd) -> BookingChange {
    BookingChange::SeriesGone(BookingGone { id: id.to_owned(), end })
}

pub(crate) fn of_room(
    room: &str,
    mode: Mode,
    checkpoint: &str,
    changes: impl IntoIterator<Item = BookingChange>,
) -> RoomUpdate {
    RoomUpdate::Batch(BookingBatch {
        room: room.to_owned(),
        mode,
        changes: changes.into_iter().collect(),
        checkpoint: checkpoint.to_owned(),
    })
}

pub(crate) fn failed(room: &str, error: Refusal) -> RoomUpdate {
    RoomUpdate::Failed(RoomFailure { room: room.to_owned(), error })
}

/// Of a room and its time zone.
pub(crate) fn room_in(id: &str, zone: &str) -> Room {
    Room { time_zone: Some(zone.to_owned()), ..room(id) }
}

impl Ones {
    /// Returns ONES with these rooms, whose runs are at [`NOW`].
    pub(crate) fn with_rooms(rooms: impl IntoIterator<Item = Room>) -> Self {
        let mut ones = Self::new();
        let rooms = RoomBatch { rooms: rooms.into_iter().collect(), unreadable: Vec::new() };
        ones.sync_rooms(&mut Fake { rooms: vec![rooms], ..Fake::default() }).unwrap();
        ones.options.now = Some(NOW.parse().unwrap());
        ones
    }

    /// Returns ONES with the room `r1` that has these bookings, and the checkpoint `c1`.
    pub(crate) fn with_bookings(changes: impl IntoIterator<Item = BookingChange>) -> Self {
        let mut ones = Self::with_rooms([room("r1")]);
        ones.sync_bookings(&mut Fake::bookings([of_room("r1", COMPLETE, "c1", changes)])).unwrap();
        ones
    }

    /// Reports changes of the room `r1`. Returns the number of added, updated and removed bookings.
    pub(crate) fn change(
        &mut self,
        changes: impl IntoIterator<Item = BookingChange>,
    ) -> (u64, u64, u64) {
        let source = &mut Fake::bookings([of_room("r1", CHANGES, "c2", changes)]);
        let counts = self.sync_bookings(source).unwrap().counts;
        (counts.added, counts.updated, counts.removed)
    }

    /// The bookings of these days, of which the lists of pages show the same.
    pub(crate) fn days(&self, first: &str, until: &str) -> Vec<RoomBookings<BookingRow>> {
        let (store, id) = self.integration();
        let (first, until): (Date, Date) = (first.parse().unwrap(), until.parse().unwrap());
        let rooms = store.bookings(id, (first, until), |_| true).unwrap();
        let days = |zone: &TimeZone| zones::days(first, until, zone);
        let listed = store.listed_at(id, |_| true, days).unwrap();
        assert_eq!(listed, rooms.iter().map(as_listed).collect::<Vec<_>>());
        rooms
    }

    /// All bookings of the room from before the window to behind it.
    pub(crate) fn all_of(&self, room: &str) -> Vec<BookingRow> {
        let rooms = self.days("2020-01-01", "2035-01-01");
        rooms.into_iter().find(|it| it.room.id == room).unwrap().bookings
    }

    /// Ids of the bookings of the room `r1`.
    pub(crate) fn booked(&self) -> Vec<String> {
        self.all_of("r1").into_iter().map(|row| row.booking.id).collect()
    }

    pub(crate) fn conflicts(&self) -> Vec<ConflictRow> {
        let (store, id) = self.integration();
        store.conflicts(id, self.options.now.unwrap()).unwrap()
    }

    /// Ids of the bookings in conflict.
    pub(crate) fn in_conflict(&self) -> Vec<[String; 2]> {
        self.conflicts().into_iter().map(|it| [it.one.booking.id, it.other.booking.id]).collect()
    }
}

fn as_listed(room: &RoomBookings<BookingRow>) -> RoomBookings {
    let RoomBookings { room, zone, instants, read_at, failing, bookings } = room.clone();
    let bookings = bookings.into_iter().map(|row| ListedBooking {
        number: row.number,
        instants: row.instants,
        all_day: matches!(row.booking.time, BookingTime::Days(_)),
        hold: row.booking.hold,
        private: row.booking.private,
        title: row.booking.title,
        organizer: row.booking.organizer,
    });
    RoomBookings { room, zone, instants, read_at, failing, bookings: bookings.collect() }
}
