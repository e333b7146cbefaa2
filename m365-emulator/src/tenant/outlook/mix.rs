//! Random changes of calendars, in a plausible mix of what users do in Outlook.

use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};
use serde::Serialize;

use super::booking::{Booking, Revision};
use super::meeting_id;
use crate::random::Random;
use crate::tenant::Tenant;
use crate::tenant::calendar::item::{Item, Uid, When, Window};
use crate::tenant::calendar::mailbox::Reported;
use crate::tenant::calendar::recurrence::{
    Day, Index, Pattern, PatternKind, Range, RangeKind, Recurrence,
};
use crate::tenant::calendar::values::{Sensitivity, ShowAs};
use crate::tenant::place::text;

/// A change that [`Control::mix_meetings`](crate::Control::mix_meetings) has made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MeetingChange {
    /// What was done.
    pub kind: MeetingChangeKind,
    /// Id of the meeting.
    pub meeting: String,
    /// The occurrence that the change was limited to.
    pub date: Option<Date>,
}

/// What a user did in Outlook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum MeetingChangeKind {
    /// Booked a single meeting.
    Book,
    /// Booked a series.
    BookSeries,
    /// Wrote a meeting straight into a room's calendar.
    WalkUp,
    /// Moved a meeting, or all of a series.
    Move,
    /// Moved one occurrence.
    MoveOne,
    /// Deleted one occurrence without a trace.
    DeleteOne,
    /// Cancelled one occurrence.
    CancelOne,
    /// Cancelled a meeting.
    Cancel,
    /// Deleted a meeting from all calendars.
    Delete,
    /// Changed the private mark, or how the mailboxes are shown.
    Mark,
    /// Changed the pattern of a series.
    Pattern,
    /// Changed "this and following".
    Split,
    /// Exchanged the rooms for another one.
    Swap,
    /// Changed the copy in a room's calendar alone.
    Copy,
}

use MeetingChangeKind as Change;

/// Changes, each as often as it stands here.
const CHANGES: &[Change] = &[
    Change::Book,
    Change::Book,
    Change::Book,
    Change::BookSeries,
    Change::BookSeries,
    Change::WalkUp,
    Change::Move,
    Change::Move,
    Change::MoveOne,
    Change::MoveOne,
    Change::DeleteOne,
    Change::DeleteOne,
    Change::CancelOne,
    Change::Cancel,
    Change::Delete,
    Change::Mark,
    Change::Mark,
    Change::Pattern,
    Change::Split,
    Change::Swap,
    Change::Copy,
];

/// Zones that meetings are booked in.
const ZONES: &[&str] = &[
    "UTC",
    "W. Europe Standard Time",
    "America/New_York",
    "AUS Eastern Standard Time",
    "Asia/Kolkata",
    "Cen. Australia Standard Time",
    "America/Sao_Paulo",
    "Pacific/Chatham",
];

/// Number of days around now in which meetings are booked.
const DAYS: usize = 300;

impl Tenant {
    /// Makes the given number of changes in the calendars of all rooms. The same calls on the same
    /// tenant make the same changes.
    pub(crate) fn mix_meetings(&mut self, changes: usize) -> Vec<MeetingChange> {
        let rooms: Vec<(String, String)> = self
            .rooms
            .iter()
            .map(|room| (room.user.clone(), text(&room.place, "emailAddress").to_owned()))
            .collect();
        if rooms.is_empty() {
            return Vec::new();
        }
        let organizers = self.organizers();
        let mut mixed = Vec::with_capacity(changes);
        // A change can turn out not to be possible: then another one is drawn.
        for _ in 0..20 * changes {
            if mixed.len() == changes {
                break;
            }
            self.calendars.mixes += 1;
            let random = Random::stream(self.seed, &format!("meetings {}", self.calendars.mixes));
            let mut mixer = Mixer { random, rooms: &rooms, organizers: &organizers };
            mixed.extend(mixer.change(self));
        }
        mixed
    }
}

struct Mixer<'a> {
    random: Random,
    /// Mailbox and address of each room.
    rooms: &'a [(String, String)],
    organizers: &'a [(String, crate::tenant::calendar::item::Party)],
}

impl Mixer<'_> {
    /// Makes one change. None if it is not possible with the meeting that was drawn.
    fn change(&mut self, tenant: &mut Tenant) -> Option<MeetingChange> {
        let kind = CHANGES[self.random.below(CHANGES.len())];
        let done = |uid: Uid, date| MeetingChange { kind, meeting: meeting_id(uid), date };
        if let Change::Book | Change::BookSeries | Change::WalkUp = kind {
            let booking = self.booking(tenant, kind);
            return tenant.book(&booking).ok().map(|uid| done(uid, None));
        }
        let room = &self.rooms[self.random.below(self.rooms.len())].0;
        tenant.invent_calendar(room);
        let (uid, item, date) = self.draw(tenant, room)?;
        let occurrence = item.recurrence.as_ref().and(date);
        let yes = Reported::Yes;
        let outcome = match kind {
            Change::Move => {
                let revision = self.moved(&item.when, 1);
                tenant.revise_meeting(uid, &revision).map(|()| None)
            }
            Change::MoveOne => {
                let date = occurrence?;
                let when = item.at(date)?.when.into_owned();
                let revision = self.moved(&when, 8);
                tenant.revise_occurrence(uid, date, &revision).map(|()| Some(date))
            }
            Change::DeleteOne => {
                let date = occurrence?;
                tenant.delete_meeting(uid, Some(date), yes).map(|()| Some(date))
            }
            Change::CancelOne => {
                let date = occurrence?;
                tenant.cancel_meeting(uid, Some(date), yes).map(|()| Some(date))
            }
            Change::Cancel => tenant.cancel_meeting(uid, None, yes).map(|()| None),
            Change::Delete => tenant.delete_meeting(uid, None, yes).map(|()| None),
            Change::Mark => tenant.revise_meeting(uid, &self.mark()).map(|()| None),
            Change::Pattern => {
                let start = item.when.start.date();
                item.recurrence.as_ref()?;
                let recurrence = Some(Some(self.recurrence(start)));
                let revision = Revision { recurrence, ..Revision::default() };
                tenant.revise_meeting(uid, &revision).map(|()| None)
            }
            Change::Split => {
                let date = occurrence?;
                let revision = self.mark();
                tenant.split_series(uid, date, &revision).map(|_| Some(date))
            }
            Change::Swap => {
                let other = &self.rooms[self.random.below(self.rooms.len())].1;
                let rooms = Some(vec![other.clone()]);
                let revision = Revision { rooms, ..Revision::default() };
                tenant.revise_meeting(uid, &revision).map(|()| None)
            }
            _ => tenant.revise_copy(room, uid, occurrence, &self.mark()).map(|()| occurrence),
        };
        outcome.ok().map(|date| done(uid, date))
    }

    /// Draws a meeting in a room's calendar around now, and one of its occurrences.
    fn draw(&mut self, tenant: &Tenant, room: &str) -> Option<(Uid, Item, Option<Date>)> {
        let now = tenant.now();
        let days = SignedDuration::from_hours(24 * DAYS as i64);
        let window = Window { start: now, end: now.saturating_add(days).ok()? };
        let items: Vec<&Item> = tenant.calendars.mailbox(room)?.items().collect();
        let item = items.get(self.random.below(items.len()))?;
        let events = item.events_in(window);
        let event = events.get(self.random.below(events.len()))?;
        Some((item.uid, (*item).clone(), event.original))
    }

    fn booking(&mut self, tenant: &Tenant, kind: Change) -> Booking {
        let room = &self.rooms[self.random.below(self.rooms.len())];
        let organizer = self.organizers.get(self.random.below(self.organizers.len()));
        let organizer = match organizer {
            Some((id, _)) if kind != Change::WalkUp => id.clone(),
            _ => room.0.clone(),
        };
        let day = tenant.now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
        let day = day.saturating_add((self.random.below(DAYS) as i64).days());
        let hour = self.random.below(24) as i8;
        let start = day.at(hour, 30 * self.random.below(2) as i8, 0, 0);
        let end = start.saturating_add((30 * (1 + self.random.below(4)) as i64).minutes());
        let recurrence = (kind == Change::BookSeries).then(|| self.recurrence(day));
        Booking {
            rooms: if organizer == room.0 { Vec::new() } else { vec![room.1.clone()] },
            organizer,
            subject: format!("Meeting {}", self.random.below(1000)),
            start,
            end,
            time_zone: Some(self.random.pick(ZONES).to_owned()),
            all_day: self.random.percent(10),
            recurrence,
            sensitivity: if self.random.percent(10) {
                Sensitivity::Private
            } else {
                Sensitivity::Normal
            },
            ..Booking::default()
        }
    }

    /// Draws one of the six patterns and three ranges.
    fn recurrence(&mut self, start: Date) -> Recurrence {
        let kinds = [
            PatternKind::Daily,
            PatternKind::Weekly,
            PatternKind::AbsoluteMonthly,
            PatternKind::RelativeMonthly,
            PatternKind::AbsoluteYearly,
            PatternKind::RelativeYearly,
        ];
        let indexes = [Index::First, Index::Second, Index::Third, Index::Fourth, Index::Last];
        let own = Day::from(start.weekday());
        let other = Day::from(start.saturating_add((self.random.below(6) as i64).days()).weekday());
        let pattern = Pattern {
            kind: kinds[self.random.below(kinds.len())],
            interval: 1 + self.random.below(3) as u16,
            month: start.month(),
            day_of_month: start.day(),
            days_of_week: if own == other { vec![own] } else { vec![own, other] },
            first_day_of_week: if self.random.percent(50) { Day::Sunday } else { Day::Monday },
            index: indexes[self.random.below(indexes.len())],
        };
        let kind = match self.random.below(3) {
            0 => RangeKind::NoEnd,
            1 => RangeKind::EndDate,
            _ => RangeKind::Numbered,
        };
        let range = Range {
            kind,
            start_date: start,
            end_date: Some(start.saturating_add((20 + self.random.below(200) as i64).days())),
            number_of_occurrences: 2 + self.random.below(20) as u32,
            recurrence_time_zone: None,
        };
        Recurrence { pattern, range }
    }

    /// Draws a new time: some half hours later, with another length. Days stay days.
    fn moved(&mut self, when: &When, half_hours: usize) -> Revision {
        let later = 30 * (1 + self.random.below(half_hours) as i64);
        let length = 30 * (1 + self.random.below(4) as i64);
        // The day of a series' start stays.
        let start = when.start.saturating_add(later.minutes());
        let start = if start.date() == when.start.date() { start } else { when.start };
        let end = start.saturating_add(length.minutes());
        Revision { start: Some(start), end: Some(end), ..Revision::default() }
    }

    fn mark(&mut self) -> Revision {
        let shown =
            [ShowAs::Free, ShowAs::Tentative, ShowAs::Busy, ShowAs::Oof, ShowAs::WorkingElsewhere];
        Revision {
            sensitivity: self.random.percent(30).then_some(Sensitivity::Private),
            show_as: Some(shown[self.random.below(shown.len())]),
            ..Revision::default()
        }
    }
}
