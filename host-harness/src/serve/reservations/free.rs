//! When the rooms of the form are free: what the vendor's calendars have now, beside what ONES has
//! read of them.

use std::time::Duration;

use askama::Template;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{series, when};
use crate::{
    model::{BookingTime, Hold, Recurrence, RoomAvailability, TimeRange, overlaps},
    serve::{
        app::App,
        bookings::{
            Viewer, dates,
            timeline::{Group, Reading, Row, Timeline, bars},
            track::Track,
            words,
        },
        failure::Failure,
        view,
    },
    store::{ListedBooking, Reservation, RoomBookings},
    zones,
};

/// Maximum time for the calendars of the vendor.
const PATIENCE: Duration = Duration::from_secs(15);

/// Number of dates of a series that are looked up.
const DATES: usize = 15;

/// What is asked for.
pub(super) struct Question<'a> {
    pub(super) rooms: &'a [RoomBookings],
    pub(super) day: Date,
    pub(super) zone: &'a TimeZone,
    /// `None` where the time cannot be read.
    pub(super) time: Option<BookingTime>,
    pub(super) recurrence: Option<Recurrence>,
    /// The reservation that is changed. Its rooms do not count as taken by itself.
    pub(super) own: Option<&'a Reservation>,
}

/// When the rooms of the form are free.
#[derive(Template)]
#[template(path = "reservations/free.html")]
pub(super) struct Free {
    /// The time that is asked for, in words.
    when: Option<String>,
    zone: String,
    rooms: Vec<RoomFree>,
    timeline: Option<Timeline>,
    series: Vec<SeriesFree>,
}

/// Whether a room is free.
struct RoomFree {
    name: String,
    state: State,
    /// When it is taken on the day, in words, by the calendar of the vendor.
    taken: Vec<String>,
}

/// Whether a room is free at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Free,
    Taken,
    Tentative,
    /// The calendar of the vendor is free, and ONES has a booking.
    Differs,
    /// The calendar of the vendor could not be read.
    Unknown,
    /// No time was asked for.
    Listed,
}

/// On which dates of a series a room is taken, by what ONES has read.
struct SeriesFree {
    name: String,
    /// Number of dates that were looked up.
    count: usize,
    taken: Vec<String>,
    /// When the bookings were read. `None` where nothing is known.
    read_at: Option<String>,
    /// The last day of which ONES has bookings, where the series goes on after it.
    until: Option<String>,
}

impl SeriesFree {
    fn dates(&self) -> String {
        view::counted(self.count as u64, "date")
    }
}

impl RoomFree {
    /// Returns the sign, the words and the CSS class. Colour alone is not accessible.
    fn mark(&self) -> (&'static str, &'static str, &'static str) {
        match self.state {
            State::Free => ("✓", "Free at this time", "good"),
            State::Taken => ("✗", "Taken at this time", "bad"),
            State::Tentative => ("!", "Requested by others at this time", "warn"),
            State::Differs => ("!", "Perhaps taken: ONES has a booking at this time", "warn"),
            State::Unknown => {
                ("?", "Not known: the calendar of the room could not be read", "warn")
            }
            State::Listed => ("–", "Enter a time to see whether it is free", "soft"),
        }
    }
}

/// Looks up when rooms are free. The calendars of the vendor are asked for the day, and for the
/// whole time of a booking of several days.
pub(super) async fn look(
    app: &App,
    viewer: &Viewer,
    question: Question<'_>,
) -> Result<Free, Failure> {
    let Question { rooms, day, zone, time, recurrence, own } = question;
    let wanted = time.as_ref().map(|time| when::instants(time, zone));
    let window = {
        let day = zones::days(day, dates::later(day, 1), zone);
        let ends = wanted.map_or(day.ends, |wanted| wanted.ends.max(day.ends));
        TimeRange { starts: day.starts, ends }
    };
    let emails = rooms.iter().map(|room| room.room.email.clone()).collect();
    let answers = ask(app, viewer, emails, window).await?;
    let series = match (&recurrence, &time) {
        (Some(recurrence), Some(time)) => {
            look_ahead(app, viewer, rooms, day, zone, recurrence, time).await?
        }
        _ => Vec::new(),
    };
    let free = rooms.iter().map(|room| {
        let answer = answers.iter().find(|answer| answer.email == room.room.email);
        describe(room, answer, zone, wanted, own)
    });
    let free: Vec<_> = free.collect();
    let when = time.as_ref().map(|time| words::time(time, zone));
    let name = rooms.first().map_or("UTC", |room| room.zone.as_str());
    Ok(Free {
        when,
        zone: words::zone(name, window, zone),
        timeline: timeline(viewer, rooms, &free, (day, zone, name)),
        rooms: free,
        series,
    })
}

/// Asks the vendor. Without an answer in time, nothing is known.
async fn ask(
    app: &App,
    viewer: &Viewer,
    emails: Vec<String>,
    window: TimeRange,
) -> Result<Vec<RoomAvailability>, Failure> {
    if emails.is_empty() {
        return Ok(Vec::new());
    }
    let settings = app.settings(viewer.integration).await?;
    let asked = async {
        let _place = app.looks.take(viewer.integration).await;
        app.vendor.availability(settings, emails, window).await.ok()
    };
    let answer = tokio::time::timeout(PATIENCE, asked).await;
    Ok(answer.ok().flatten().unwrap_or_default())
}

fn describe(
    room: &RoomBookings,
    answer: Option<&RoomAvailability>,
    zone: &TimeZone,
    wanted: Option<TimeRange>,
    own: Option<&Reservation>,
) -> RoomFree {
    let name = room.room.name.clone();
    let own = own.filter(|reservation| {
        let mut rooms = reservation.rooms.iter();
        rooms.any(|reserved| reserved.room == room.room.id && reserved.state.is_open())
    });
    let own = own.map(|reservation| reservation.instants);
    let Some(Ok(taken)) = answer.map(|answer| &answer.taken) else {
        return RoomFree { name, state: State::Unknown, taken: Vec::new() };
    };
    let others = || taken.iter().filter(|taken| Some(taken.time) != own);
    let words = others().map(|taken| words::range(taken.time, zone)).collect();
    let Some(wanted) = wanted else {
        return RoomFree { name, state: State::Listed, taken: words };
    };
    let at_the_time = || others().filter(|taken| overlaps(taken.time, wanted));
    let is_known = |row: &ListedBooking| {
        row.hold != Hold::Free && Some(row.instants) != own && overlaps(row.instants, wanted)
    };
    let state = match () {
        () if at_the_time().any(|taken| taken.hold == Hold::Confirmed) => State::Taken,
        () if at_the_time().next().is_some() => State::Tentative,
        () if room.bookings.iter().any(is_known) => State::Differs,
        () => State::Free,
    };
    RoomFree { name, state, taken: words }
}

/// Returns the bookings that ONES has of the day.
fn timeline(
    viewer: &Viewer,
    rooms: &[RoomBookings],
    free: &[RoomFree],
    (day, zone, name): (Date, &TimeZone, &str),
) -> Option<Timeline> {
    let track = Track::new(day, zone.clone());
    let mut group =
        Group::new(format!("Bookings that ONES has read of {}", words::day(day)), name, &track);
    group.rows.extend(rooms.iter().zip(free).map(|(room, free)| {
        let (bars, more) = bars(viewer, &track, &room.bookings);
        let may_be_taken = free.state == State::Unknown || !free.taken.is_empty();
        let reading = match &room.read_at {
            // Else it would be shown as free.
            Some(at) if bars.is_empty() && may_be_taken => {
                Reading::Stale(view::moment(at).to_string())
            }
            _ => Reading::of(room),
        };
        Row {
            name: room.room.name.clone(),
            address: viewer.week(&room.room.id, &day.to_string()),
            hint: String::new(),
            book: None,
            reading,
            bars,
            more,
        }
    }));
    let base = viewer.base.clone();
    (!rooms.is_empty()).then(|| Timeline { base, rows: "Room", groups: vec![group] })
}

/// Looks up the first dates of a series in what ONES has read.
async fn look_ahead(
    app: &App,
    viewer: &Viewer,
    rooms: &[RoomBookings],
    day: Date,
    zone: &TimeZone,
    recurrence: &Recurrence,
    time: &BookingTime,
) -> Result<Vec<SeriesFree>, Failure> {
    let times: Vec<_> = series::times(day, recurrence, time, zone).take(DATES).collect();
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return Ok(Vec::new()) };
    let span = TimeRange { starts: first.starts, ends: last.ends };
    let ids: Vec<_> = rooms.iter().map(|room| room.room.id.clone()).collect();
    let id = viewer.integration;
    let found =
        app.look(move |store| store.listed_at(id, |room| ids.contains(&room.id), |_| span)).await?;
    let ahead = viewer.settings.as_ref().map_or(0, |settings| i64::from(settings.days));
    let known = dates::later(zones::day_of(Timestamp::now().as_second(), zone), ahead);
    let known_until = zones::day_starts(known, zone);
    let described = found.iter().map(|room| {
        let within: Vec<_> = times.iter().filter(|time| time.ends <= known_until).collect();
        let taken = within.iter().filter(|time| {
            let is_taken =
                |row: &ListedBooking| row.hold != Hold::Free && overlaps(row.instants, ***time);
            room.bookings.iter().any(is_taken)
        });
        let count = within.len();
        SeriesFree {
            name: room.room.name.clone(),
            count,
            taken: taken.map(|time| words::day(zones::day_of(time.starts, zone))).collect(),
            read_at: room.read_at.map(|at| view::moment(&at).to_string()),
            until: (count < times.len()).then(|| words::day(dates::later(known, -1))),
        }
    });
    Ok(described.collect())
}
