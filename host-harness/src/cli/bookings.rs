//! `ones-host sync bookings`, `bookings`, `bookings verify` and `conflicts`.

use std::io::{self, Write as _};

use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};

use super::{
    FAILED, Failure, Program,
    args::{BookingsArgs, Format, Moment, RoomArgs},
    ended, json, runtime, text, usage,
};
use crate::{
    model::TimeRange,
    plugin::Session,
    settings::{Settings, SettingsError},
    store::{BookableRoom, IntegrationId, Store},
    sync::{BookingOptions, SessionSource, verify_bookings},
    zones,
};

/// Number of days that are listed where the arguments do not say until when.
const DAYS: i64 = 7;

impl Program {
    /// Lists the bookings of a time, by room.
    pub(super) fn bookings(&self, args: &BookingsArgs) -> Result<u8, Failure> {
        let (store, integration) = self.stored()?;
        let rooms = select(&store, integration, &args.only)?;
        let span = Span::of(args, Timestamp::now())?;
        let shown = |room: &BookableRoom| is_selected(rooms.as_deref(), room);
        let found = store.bookings_at(integration, shown, |zone| span.instants(zone))?;
        let out = &mut io::BufWriter::new(self.out());
        match self.args.format {
            Format::Text => {
                text::listed(out, &found).map_err(Failure::Output)?;
                out.flush().map_err(Failure::Output)?;
                text::unknown_rooms(&mut anstream::stderr().lock(), &found)
            }
            Format::Json => json::bookings(out, &found).and_then(|()| out.flush()),
        }
        .map_err(Failure::Output)?;
        Ok(0)
    }

    /// Lists the conflicts that are not over.
    pub(super) fn conflicts(&self, args: &RoomArgs) -> Result<u8, Failure> {
        let (store, integration) = self.stored()?;
        let rooms = select(&store, integration, args)?;
        let mut conflicts = store.conflicts(integration, Timestamp::now())?;
        conflicts.retain(|conflict| is_selected(rooms.as_deref(), &conflict.room));
        let out = &mut self.out();
        for conflict in &conflicts {
            match self.args.format {
                Format::Text => text::conflict(out, conflict),
                Format::Json => json::value(out, conflict),
            }
            .map_err(Failure::Output)?;
        }
        if conflicts.is_empty() && self.args.format == Format::Text {
            text::note(&mut anstream::stderr().lock(), "there are no conflicts")
                .map_err(Failure::Output)?;
        }
        Ok(0)
    }

    /// Compares the stored bookings with the calendars.
    pub(super) fn verify_bookings(&self, args: &RoomArgs) -> Result<u8, Failure> {
        let settings = self.need_settings("bookings verify")?;
        let options = booking_options(&settings)?;
        let (store, integration) = self.stored()?;
        let rooms = select(&store, integration, args)?;
        let options = BookingOptions { rooms, ..options };
        let plugin = self.plugin()?;
        let runtime = runtime()?;
        let session = runtime.block_on(Session::open(plugin, settings))?;
        session.accepted()?;
        let mut source = SessionSource::new(session.clone(), runtime.handle().clone());
        let now = Timestamp::now();
        let verified = verify_bookings(&store, &mut source, integration, &options, now)
            .map_err(|error| Failure::after(error, session.network_failures()))?;
        let out = &mut self.out();
        let written = match self.args.format {
            Format::Text => text::verified(out, &verified),
            Format::Json => json::value(out, &verified),
        };
        ended(if verified.is_agreed() { 0 } else { FAILED }, written)
    }
}

/// Returns how bookings are read under these settings.
pub(super) fn booking_options(settings: &Settings) -> Result<BookingOptions, SettingsError> {
    settings.bookings().map(BookingOptions::from).ok_or(SettingsError::BookingsOff)
}

/// Returns the ids of the rooms that the arguments name, by id, e-mail address or name; `None`
/// where they name none, which stands for all.
pub(super) fn select(
    store: &Store,
    integration: IntegrationId,
    args: &RoomArgs,
) -> Result<Option<Vec<String>>, Failure> {
    if args.rooms.is_empty() {
        return Ok(None);
    }
    let rooms = store.bookable_rooms(integration)?;
    let find = |asked: &String| {
        let is_same = |text: &str| text.to_lowercase() == asked.to_lowercase();
        if let Some(room) = rooms.iter().find(|room| room.id == *asked) {
            return Ok(room.id.clone());
        }
        let found: Vec<_> =
            rooms.iter().filter(|room| is_same(&room.email) || is_same(&room.name)).collect();
        match found.as_slice() {
            [room] => Ok(room.id.clone()),
            [] => Err(usage(format!(
                "--room: there is no room {asked:?}. List the rooms with: ones-host rooms"
            ))),
            several => {
                let emails: Vec<_> = several.iter().map(|room| room.email.as_str()).collect();
                Err(usage(format!(
                    "--room: several rooms are called {asked:?}: pass one of {}",
                    emails.join(", ")
                )))
            }
        }
    };
    args.rooms.iter().map(find).collect::<Result<_, _>>().map(Some)
}

fn is_selected(rooms: Option<&[String]>, room: &BookableRoom) -> bool {
    rooms.is_none_or(|ids| ids.contains(&room.id))
}

/// The time of which bookings are listed.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: Option<Moment>,
    to: Option<Moment>,
    now: Timestamp,
}

impl Span {
    fn of(args: &BookingsArgs, now: Timestamp) -> Result<Self, Failure> {
        let BookingsArgs { from, to, .. } = *args;
        let span = Self { from, to, now };
        let TimeRange { starts, ends } = span.instants(&TimeZone::UTC);
        match ends <= starts && to.is_some() {
            true => Err(usage("--to is before --from, which is today by default")),
            false => Ok(span),
        }
    }

    fn instants(&self, zone: &TimeZone) -> TimeRange {
        let days_after = |day: Date, days: i64| day.saturating_add(days.days());
        let (starts, first) = match self.from {
            Some(Moment::Instant(at)) => (at.as_second(), zones::day_of(at.as_second(), zone)),
            Some(Moment::Day(day)) => (zones::day_starts(day, zone), day),
            None => {
                let today = zones::day_of(self.now.as_second(), zone);
                (zones::day_starts(today, zone), today)
            }
        };
        let ends = match self.to {
            Some(Moment::Instant(at)) => at.as_second(),
            Some(Moment::Day(day)) => zones::day_starts(days_after(day, 1), zone),
            None => zones::day_starts(days_after(first, DAYS), zone),
        };
        TimeRange { starts, ends }
    }
}
