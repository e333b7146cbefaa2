//! Invents the calendar of a room, as a company's week fills it: stand-ups, weekly and monthly
//! meetings, single ones, a few private, cancelled and all-day ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::{Date, Time, Weekday};

use crate::random::Random;
use crate::tenant::Tenant;
use crate::tenant::calendar::Meeting;
use crate::tenant::calendar::item::{Attendee, Details, Exception, Item, Party, When};
use crate::tenant::calendar::mailbox::Reported;
use crate::tenant::calendar::recurrence::{
    Day, Index, Pattern, PatternKind, Range, RangeKind, Recurrence,
};
use crate::tenant::calendar::values::{AttendeeKind, Response, Sensitivity, ShowAs};
use crate::tenant::calendar::zone::Zone;

/// Number of days ahead that the number of events is for.
const DAYS: i64 = 180;

/// Number of half hours, from 12 o'clock, that single meetings are in.
const SLOTS: usize = 16;

/// Length of a weekly meeting, in minutes. If it is moved by a quarter of an hour, it does not
/// overlap the next one: a room accepts one meeting at a time.
const WEEKLY: i64 = 45;

const SERIES: &[&str] = &["Team weekly", "Sprint review", "1:1", "Design review", "Lenkungskreis"];

const SUBJECTS: &[&str] = &[
    "Budget review",
    "Vorstellungsgespräch",
    "設計レビュー",
    "Customer visit",
    "Quarterly planning",
    "Entrevista",
    "Workshop",
];

impl Tenant {
    /// Invents the calendar of a room, unless that was done before. Other mailboxes have the
    /// meetings that their users organize in rooms.
    pub(crate) fn invent_calendar(&mut self, key: &str) {
        if self.calendars.events == 0
            || self.calendars.invented.contains(key)
            || self.room_of(key).is_none()
        {
            return;
        }
        self.calendars.invented.insert(key.to_owned());
        let mut organizers = std::mem::take(&mut self.calendars.organizers);
        if organizers.is_empty() {
            organizers = self.organizers();
        }
        let inventor = Inventor::new(self, key, &organizers);
        for (organizer, item) in inventor.calendar() {
            self.add_invented(key, organizer, item);
        }
        self.calendars.organizers = organizers;
    }

    /// Invents what has to be in a calendar before it is read.
    pub(crate) fn open_calendar(&mut self, key: &str) {
        if self.room_of(key).is_some() {
            self.invent_calendar(key);
        } else {
            self.invent_all_calendars();
        }
    }

    /// Invents the calendars of all rooms, which are those of the organizers too.
    fn invent_all_calendars(&mut self) {
        let rooms: Vec<String> = self.bookables().map(|room| room.user.clone()).collect();
        rooms.iter().for_each(|room| self.invent_calendar(room));
    }

    /// Returns employees with a mailbox: their ids, names and addresses.
    pub(in crate::tenant) fn organizers(&self) -> Vec<(String, Party)> {
        let directory = &self.directory;
        let users = directory.present().filter(|user| {
            directory.has_mailbox(user)
                && directory.text(user, "userType").as_deref() == Some("Member")
                && directory.text(user, "department").is_some()
        });
        users.take(2000).map(|user| (user.id.clone(), self.party(&user.id))).collect()
    }

    /// Stores an invented meeting in both calendars. The room has answered it.
    fn add_invented(&mut self, room: &str, organizer: Option<String>, item: Item) {
        let uid = item.uid;
        let Some(organizer) = organizer else {
            let own = Item { is_organizer: true, response: Response::Organizer, ..item };
            self.calendars.mailbox_mut(room).put(own, None, Reported::Yes);
            let meeting = Meeting { organizer: room.to_owned(), answers: Vec::new() };
            self.calendars.meetings.insert(uid, meeting);
            return;
        };
        let mut copy = item.clone();
        copy.response = Response::Accepted;
        copy.answered = Some(item.created);
        self.dress(room, &mut copy);
        self.calendars.mailbox_mut(room).put(copy, None, Reported::Yes);
        // The organizer of a cancelled meeting has deleted it.
        if !item.details.cancelled {
            let own = Item { is_organizer: true, response: Response::Organizer, ..item };
            self.calendars.mailbox_mut(&organizer).put(own, None, Reported::Yes);
        }
        self.calendars.meetings.insert(uid, Meeting { organizer, answers: Vec::new() });
    }
}

/// Invents the calendar of one room.
struct Inventor<'a> {
    random: Random,
    zone: Zone,
    room: Party,
    organizers: &'a [(String, Party)],
    events: usize,
    created: jiff::Timestamp,
    /// Monday of the first week.
    monday: Date,
    today: Date,
    items: Vec<(Option<String>, Item)>,
}

impl<'a> Inventor<'a> {
    fn new(tenant: &Tenant, key: &str, organizers: &'a [(String, Party)]) -> Self {
        let zone = tenant.zone_of(key);
        let since = tenant.calendars.since;
        let today = zone.wall_clock(since).date();
        let past = i64::from(today.weekday().to_monday_zero_offset());
        Self {
            random: Random::stream(tenant.seed, &format!("calendar {key}")),
            zone,
            room: tenant.party(key),
            organizers,
            events: tenant.calendars.events,
            created: since.saturating_sub((24 * 14).hours()).unwrap_or(since),
            monday: today.saturating_sub(past.days()),
            today,
            items: Vec::new(),
        }
    }

    /// Returns the meetings, each with the mailbox of its organizer; none if it is the room.
    fn calendar(mut self) -> Vec<(Option<String>, Item)> {
        // Most events are occurrences of series; the rest are single meetings.
        let mut rest = self.events;
        if rest >= 400 {
            rest -= self.stand_up().min(rest);
        }
        let weekly = rest * 3 / 5;
        let mut slot = 0;
        let mut occurrences = 0;
        while occurrences + 26 <= weekly && slot < 25 {
            occurrences += self.weekly(slot);
            slot += 1;
        }
        rest -= occurrences.min(rest);
        let days = rest.min(2);
        (0..days).for_each(|number| self.day(number));
        rest -= days;
        for number in 0..rest {
            self.single(number, rest);
        }
        self.items
    }

    /// Adds a meeting at 9:00 of every working day, without an end. Returns the number of events.
    fn stand_up(&mut self) -> usize {
        let days = [Day::Monday, Day::Tuesday, Day::Wednesday, Day::Thursday, Day::Friday];
        let start = self.monday.saturating_sub(21.days());
        let pattern = weekly_pattern(1, &days);
        self.add_series("Stand-up", start, at(9, 0), 15, pattern, RangeKind::NoEnd)
    }

    /// Adds a weekly, fortnightly or monthly meeting in one of 25 hours of the week.
    fn weekly(&mut self, slot: usize) -> usize {
        let weekday = (slot % 5) as i64;
        let hour = 10 + (slot / 5 % 2) as i8;
        // From the eleventh on, they are before the others' working hours.
        let hour = if slot >= 10 { 5 + (slot / 5 % 3) as i8 } else { hour };
        let day = self.monday.saturating_add(weekday.days());
        let name = self.random.pick(SERIES);
        let weekday = Day::from(day.weekday());
        match self.random.below(8) {
            0 => {
                let pattern = Pattern {
                    index: Index::Last,
                    ..pattern(PatternKind::RelativeMonthly, 1, &[weekday])
                };
                self.add_series("All-hands", day, at(hour, 0), WEEKLY, pattern, RangeKind::NoEnd)
            }
            1 | 2 => {
                let pattern = weekly_pattern(2, &[weekday]);
                self.add_series(name, day, at(hour, 0), WEEKLY, pattern, RangeKind::EndDate)
            }
            _ => {
                let pattern = weekly_pattern(1, &[weekday]);
                self.add_series(name, day, at(hour, 0), WEEKLY, pattern, RangeKind::EndDate)
            }
        }
    }

    /// Adds an all-day meeting on a Saturday: the first in an even week, the second in an odd one.
    fn day(&mut self, number: usize) {
        let weeks = (2 * self.random.below(12) + number) as i64;
        let saturday = self.monday.saturating_add((5 + 7 * weeks).days());
        let when = When {
            start: saturday.to_datetime(Time::midnight()),
            end: saturday.saturating_add(1.day()).to_datetime(Time::midnight()),
            zone: self.zone.clone(),
            all_day: true,
        };
        self.add("Open day", when, None);
    }

    /// Adds a single meeting of half an hour in the afternoon of a working day.
    fn single(&mut self, number: usize, of: usize) {
        let working_days: i64 = DAYS / 7 * 5;
        let per_day = of.div_ceil(working_days as usize).max(1);
        let place = (number / per_day) as i64;
        // Counted in working days from today; a weekend counts as the Monday after it.
        let today = match self.today.weekday() {
            Weekday::Saturday | Weekday::Sunday => 5,
            weekday => i64::from(weekday.to_monday_zero_offset()),
        };
        let place = today + place;
        let day = self.monday.saturating_add((place / 5 * 7 + place % 5).days());
        let half_hours = number % per_day % SLOTS;
        let time = at(12 + (half_hours / 2) as i8, 30 * (half_hours % 2) as i8);
        let start = day.to_datetime(time);
        let end = start.saturating_add(30.minutes());
        let when = When { start, end, zone: self.zone.clone(), all_day: false };
        let subject = self.random.pick(SUBJECTS);
        self.add(subject, when, None);
    }

    fn add_series(
        &mut self,
        subject: &str,
        day: Date,
        time: Time,
        minutes: i64,
        pattern: Pattern,
        kind: RangeKind,
    ) -> usize {
        let end_date = day.saturating_add((DAYS + 30).days());
        let range = Range {
            kind,
            start_date: day,
            end_date: (kind == RangeKind::EndDate).then_some(end_date),
            number_of_occurrences: 0,
            recurrence_time_zone: None,
        };
        let mut recurrence = Recurrence { pattern, range };
        let first = recurrence.dates().next().unwrap_or(day);
        recurrence.range.start_date = first;
        let start = first.to_datetime(time);
        let end = start.saturating_add(minutes.minutes());
        let last = self.today.saturating_add(DAYS.days());
        let dates: Vec<Date> = recurrence
            .dates()
            .skip_while(|date| *date < self.today)
            .take_while(|date| *date < last)
            .collect();
        let when = When { start, end, zone: self.zone.clone(), all_day: false };
        self.add(subject, when, Some(recurrence));
        self.make_exceptions(&dates);
        dates.len()
    }

    /// Moves one occurrence of the last series by a quarter of an hour, and deletes another.
    fn make_exceptions(&mut self, dates: &[Date]) {
        let (moved, deleted) = (self.random.below(dates.len()), self.random.below(dates.len()));
        let Some((_, item)) = self.items.last_mut() else { return };
        if let Some(date) = dates.get(moved) {
            let mut when = item.when.on(*date);
            when.start = when.start.saturating_add(15.minutes());
            when.end = when.end.saturating_add(15.minutes());
            let details = item.details.clone();
            item.exceptions.insert(*date, Exception::Changed { when, details });
        }
        if let Some(date) = dates.get(deleted) {
            item.exceptions.insert(*date, Exception::Deleted);
        }
    }

    fn add(&mut self, subject: &str, when: When, recurrence: Option<Recurrence>) {
        let uid = self.random.next();
        let walk_up = recurrence.is_none() && self.random.percent(4);
        let organizer = &self.organizers.get(self.random.below(self.organizers.len()));
        let (organizer, party) = match organizer {
            Some((id, party)) if !walk_up => (Some(id.clone()), party.clone()),
            _ => (None, self.room.clone()),
        };
        let is_private = self.random.percent(5);
        let cancelled = recurrence.is_none() && organizer.is_some() && self.random.percent(3);
        let subject: Arc<str> =
            if cancelled { format!("Canceled: {subject}").into() } else { subject.into() };
        let mut attendees = Vec::new();
        if organizer.is_some() {
            let count = 1 + self.random.below(4);
            for _ in 0..count {
                let guest = self.organizers.get(self.random.below(self.organizers.len()));
                attendees.extend(guest.map(|(_, party)| attendee(party, AttendeeKind::Required)));
            }
            attendees.push(Attendee {
                response: Response::Accepted,
                answered: Some(self.created),
                ..attendee(&self.room, AttendeeKind::Resource)
            });
        }
        let item = Item {
            uid,
            version: uid,
            created: self.created,
            modified: self.created,
            organizer: party,
            is_organizer: false,
            response: Response::None,
            answered: None,
            details: Details {
                subject,
                body: "".into(),
                sensitivity: if is_private { Sensitivity::Private } else { Sensitivity::Normal },
                show_as: if cancelled { ShowAs::Free } else { ShowAs::Busy },
                cancelled,
            },
            when,
            recurrence,
            exceptions: BTreeMap::new(),
            attendees,
            location: "".into(),
            is_online: self.random.percent(60),
            properties: Vec::new(),
            transaction_id: None,
        };
        self.items.push((organizer, item));
    }
}

fn attendee(party: &Party, kind: AttendeeKind) -> Attendee {
    Attendee { party: party.clone(), kind, response: Response::None, answered: None }
}

fn at(hour: i8, minute: i8) -> Time {
    Time::new(hour, minute, 0, 0).unwrap_or_default()
}

fn weekly_pattern(interval: u16, days: &[Day]) -> Pattern {
    pattern(PatternKind::Weekly, interval, days)
}

fn pattern(kind: PatternKind, interval: u16, days: &[Day]) -> Pattern {
    Pattern {
        kind,
        interval,
        month: 0,
        day_of_month: 0,
        days_of_week: days.to_vec(),
        first_day_of_week: Day::Sunday,
        index: Index::First,
    }
}
