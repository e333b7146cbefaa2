//! The form that books rooms, and that changes a booking.

use askama::Template;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{
    booker::Booker,
    fields::{WEEK, Wrong, name},
    free::{self, Free, Question},
    repeat::{self, DAYS, INDEXES},
    when, wish,
};
use crate::{
    form::{Choosing, Entered},
    model::{BookingTime, Choice, Hold, ROOMS, TimeRange, overlaps},
    problem::Problem,
    serve::{
        app::App,
        bookings::{dates, timeline::Reading, words},
        failure::Failure,
        view::{self, Page, ProblemView, choices},
    },
    store::{Reservation, RoomBookings},
    zones,
};

/// What the form does.
pub(super) enum Purpose<'a> {
    /// It books.
    Book,
    /// It changes a reservation.
    Change(&'a Reservation),
}

/// The form with what was entered.
#[derive(Template)]
#[template(path = "reservations/form.html")]
pub(super) struct FormPage<'a> {
    page: Page,
    booker: &'a Booker,
    purpose: Purpose<'a>,
    entered: Entered,
    wrong: Vec<Wrong>,
    /// The error of the last attempt that is about no field.
    problem: Option<Problem>,
    rooms: Choosing,
    chosen: Vec<String>,
    organizers: Vec<Choice>,
    zone: String,
    meanings: [Option<[String; 2]>; 2],
    free: Free,
}

/// What is shown of a form.
pub(super) struct Filled<'a> {
    pub(super) booker: &'a Booker,
    pub(super) purpose: Purpose<'a>,
    pub(super) entered: Entered,
    pub(super) rooms: Vec<RoomBookings>,
    pub(super) wrong: Vec<Wrong>,
    pub(super) problem: Option<Problem>,
    /// Users that match the entered name, where there are several.
    pub(super) organizers: Vec<Choice>,
}

impl FormPage<'_> {
    fn title(&self) -> &'static str {
        match self.purpose {
            Purpose::Book => "Book rooms",
            Purpose::Change(_) => "Change the booking",
        }
    }

    fn text(&self, name: &str) -> &str {
        self.entered.text(name).unwrap_or_default()
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.entered.all(name).any(|entered| entered == value)
    }

    fn is_wrong(&self, field: &str) -> bool {
        self.wrong.iter().any(|wrong| wrong.field == field)
    }

    fn errors(&self, field: &str) -> Vec<&str> {
        let wrong = self.wrong.iter().filter(|wrong| wrong.field == field);
        wrong.map(|wrong| wrong.text.as_str()).collect()
    }

    /// Returns where the form is sent.
    fn action(&self) -> String {
        match &self.purpose {
            Purpose::Book => format!("{}/new", self.booker.viewer.reservations()),
            Purpose::Change(found) => {
                format!("{}/change", self.booker.viewer.reservation(&found.reference))
            }
        }
    }

    /// Returns the address from which the script loads when the rooms are free.
    fn free_address(&self) -> String {
        let base = format!("{}/free", self.booker.viewer.reservations());
        match &self.purpose {
            Purpose::Book => base,
            Purpose::Change(found) => format!("{base}?of={}", found.reference),
        }
    }

    /// Returns the address from which the script loads rooms.
    fn rooms_address(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for name in [name::WHEN, name::DAY, name::FROM, name::TO, name::LAST] {
            query.append_pair(name, self.text(name));
        }
        format!("{}/rooms?{}", self.booker.viewer.reservations(), query.finish())
    }

    fn back(&self) -> String {
        match &self.purpose {
            Purpose::Book => format!("{}?day={}", self.booker.viewer.base, self.text(name::DAY)),
            Purpose::Change(found) => self.booker.viewer.reservation(&found.reference),
        }
    }

    fn is_new(&self) -> bool {
        matches!(self.purpose, Purpose::Book)
    }

    /// Whether the form has the title and the invited users. It lacks them where the administrator
    /// changes a private meeting.
    fn shows_meeting(&self) -> bool {
        match &self.purpose {
            Purpose::Change(found) => self.booker.viewer.shows_meeting(found),
            Purpose::Book => true,
        }
    }

    fn repeats(&self) -> Option<String> {
        match &self.purpose {
            Purpose::Change(found) => found.request.recurrence.as_ref().map(repeat::in_words),
            Purpose::Book => None,
        }
    }

    /// Returns the name of the user for whom the booking is, where that is not entered.
    fn booked_for(&self) -> Option<String> {
        let found = match &self.purpose {
            Purpose::Change(found) => Some(found.request.organizer.clone()),
            Purpose::Book => self.booker.organizer(),
        };
        let organizer = found?;
        organizer.name.or(organizer.email)
    }

    fn chosen_rooms(&self) -> Vec<(&str, &str, Option<&str>)> {
        let known = |id: &str| self.rooms.known.iter().find(|choice| choice.value == id);
        let chosen = self.chosen.iter().map(|id| match known(id) {
            Some(Choice { label, hint, .. }) => (id.as_str(), label.as_str(), hint.as_deref()),
            None => (id.as_str(), id.as_str(), None),
        });
        chosen.collect()
    }

    fn found_rooms(&self) -> impl Template + '_ {
        choices(name::ROOM, &self.rooms, &self.chosen)
    }

    fn week(&self) -> [&'static str; 7] {
        WEEK.map(|(_, name)| name)
    }

    fn months(&self) -> Vec<(u32, String)> {
        (1..=12).map(|number| (number, repeat::month(number))).collect()
    }

    fn indexes(&self) -> [&'static str; 5] {
        INDEXES.map(|(_, name)| name)
    }

    /// Returns the days and sets of days of a pattern such as *the second Monday*.
    fn day_kinds(&self) -> Vec<&'static str> {
        self.week().into_iter().chain(DAYS.map(|(name, _)| name)).collect()
    }

    fn problem_view<'a>(&self, problem: &'a Problem) -> ProblemView<'a> {
        view::problem(problem, "problem")
    }
}

/// Draws the form, with what is free.
pub(super) async fn draw<'a>(app: &App, filled: Filled<'a>) -> Result<FormPage<'a>, Failure> {
    let Filled { booker, purpose, entered, rooms, wrong, problem, organizers } = filled;
    let viewer = &booker.viewer;
    let other = viewer.settings.as_ref().and_then(|settings| settings.time_zone.clone());
    let form_zone = wish::zone(&rooms, other.as_deref());
    let (zone_name, zone) = (form_zone.0.as_str(), &form_zone.1);
    let typed = entered.text(name::SEARCH).unwrap_or_default().trim().to_owned();
    let chosen: Vec<_> = rooms.iter().map(|room| room.room.id.clone()).collect();
    let now = Timestamp::now().as_second();
    let day = when::day(&entered).unwrap_or_else(|_| zones::day_of(now, zone));
    let changed = match purpose {
        Purpose::Book => None,
        Purpose::Change(found) => Some(found),
    };
    let time = wish::time(&entered, changed, &form_zone).ok();
    let time_words = day_words(day, zone, zone_name, time.as_ref());
    let offered = offer(app, booker, &typed, time.clone(), &rooms).await?;
    let recurrence = match purpose {
        Purpose::Book => repeat::read(&entered, day).ok().flatten(),
        Purpose::Change(_) => None,
    };
    let question = Question { rooms: &rooms, day, zone, time, recurrence, own: changed };
    let free = free::look(app, viewer, question).await?;
    let meanings = [name::FROM, name::TO].map(|field| when::meanings(&entered, field, zone));
    let mut shown = FormPage {
        page: viewer.page(""),
        booker,
        purpose,
        entered,
        wrong,
        problem,
        rooms: offered,
        chosen,
        organizers,
        zone: time_words,
        meanings,
        free,
    };
    let title = shown.title();
    shown.page = viewer.page(title);
    Ok(shown)
}

/// Returns the zone of the form in words, with its offset at the time or on the day.
fn day_words(day: Date, zone: &TimeZone, name: &str, time: Option<&BookingTime>) -> String {
    let day = zones::days(day, dates::later(day, 1), zone);
    let range = time.map_or(day, |time| when::instants(time, zone));
    words::zone(name, range, zone)
}

/// Returns the rooms that match a search text, each with what ONES has read of it at the time.
pub(super) async fn offer(
    app: &App,
    booker: &Booker,
    typed: &str,
    time: Option<BookingTime>,
    chosen: &[RoomBookings],
) -> Result<Choosing, Failure> {
    let id = booker.viewer.integration;
    let search = typed.to_lowercase();
    let wanted = time.clone();
    let found = app.look(move |store| {
        let is_match = |text: &str| text.to_lowercase().contains(&search);
        let mut count = 0;
        store.listed_at(
            id,
            |room| {
                let building = room.building.as_deref().unwrap_or_default();
                let is_found = count <= view::LISTED
                    && (is_match(&room.name) || is_match(&room.email) || is_match(building));
                count += usize::from(is_found);
                is_found
            },
            |zone| match &wanted {
                Some(time) => when::instants(time, zone),
                None => TimeRange { starts: 0, ends: 0 },
            },
        )
    });
    let choice = |room: &RoomBookings, time| Choice {
        value: room.room.id.clone(),
        label: room.room.name.clone(),
        hint: Some(hint(room, time)).filter(|hint| !hint.is_empty()),
    };
    let found = found.await?;
    let found = found.iter().map(|room| choice(room, time.as_ref())).collect();
    // Beside the form is when the chosen ones are free.
    let known = chosen.iter().map(|room| choice(room, None)).collect();
    Ok(Choosing { typed: typed.to_owned(), found, known, ..Choosing::default() })
}

/// Returns where a room is, its size, and what ONES has read of it at the time.
fn hint(room: &RoomBookings, time: Option<&BookingTime>) -> String {
    let floor = words::floor(&room.room);
    let place = room.room.building.clone().into_iter().chain(floor).chain(words::seats(&room.room));
    let state = time.map(|time| {
        let zone = zones::zone_or_utc(&room.zone);
        let range = when::instants(time, &zone);
        let when = words::time(time, &zone);
        let is_taken = |row: &crate::store::ListedBooking| {
            row.hold != Hold::Free && overlaps(row.instants, range)
        };
        match Reading::of(room) {
            Reading::Unknown => "not known whether it is free".to_owned(),
            _ if room.bookings.iter().any(is_taken) => format!("taken at {when}"),
            Reading::Stale(_) => format!("no booking known at {when}"),
            Reading::Known => format!("no booking at {when}, as last read"),
        }
    });
    place.chain(state).collect::<Vec<_>>().join(" · ")
}

/// Returns the chosen rooms that exist, with their bookings of the day and of the time.
pub(super) async fn chosen(
    app: &App,
    booker: &Booker,
    entered: &Entered,
) -> Result<Vec<RoomBookings>, Failure> {
    let id = booker.viewer.integration;
    // One too many, so that the error is shown.
    let ids: Vec<_> = entered.all(name::ROOM).take(ROOMS + 1).map(str::to_owned).collect();
    let (entered, now) = (entered.clone(), Timestamp::now().as_second());
    let found = app.look(move |store| {
        store.listed_at(
            id,
            |room| ids.contains(&room.id),
            |zone| {
                let day = when::day(&entered).unwrap_or_else(|_| zones::day_of(now, zone));
                let day = zones::days(day, dates::later(day, 1), zone);
                let time = when::read(&entered, zone).map(|time| when::instants(&time, zone));
                let time = time.unwrap_or(day);
                TimeRange { starts: day.starts.min(time.starts), ends: day.ends.max(time.ends) }
            },
        )
    });
    found.await
}
