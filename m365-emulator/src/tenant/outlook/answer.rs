//! How a room answers a request: its policy, its calendar, and what it stores afterwards.

use jiff::civil::{Date, Time, Weekday};
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::error::ControlError;
use crate::tenant::Tenant;
use crate::tenant::calendar::Answer;
use crate::tenant::calendar::item::{Event, Exception, Item, Uid, Window};
use crate::tenant::calendar::mailbox::Reported;
use crate::tenant::calendar::policy::{AutomateProcessing, DeclineReason};
use crate::tenant::calendar::recurrence::RangeKind;
use crate::tenant::calendar::values::{Response, ShowAs};
use crate::tenant::place::text;

/// What a room decides.
enum Decision {
    /// Accepts, except for occurrences on these days. A series can be cut at a day.
    Accept {
        declined: Vec<Date>,
        cut: Option<Date>,
    },
    /// Waits for a delegate.
    Ask,
    Decline(DeclineReason),
}

impl Tenant {
    /// Lets a room answer a request that is in its calendar. Other mailboxes do not answer by
    /// themselves.
    pub(super) fn answer_request(
        &mut self,
        to: &str,
        uid: Uid,
        decide: bool,
        date: Option<Date>,
        force: bool,
        reported: Reported,
    ) {
        let answers = self.calendars.policy(to).automate_processing;
        if self.room_of(to).is_none() || answers != AutomateProcessing::AutoAccept || !decide {
            return;
        }
        let Some(copy) = self.calendars.item(to, uid) else { return };
        let decision = if force {
            Decision::Accept { declined: Vec::new(), cut: None }
        } else {
            self.decide(to, copy, date)
        };
        match (decision, date) {
            (Decision::Decline(reason), None) => {
                self.calendars.remove(to, uid, reported);
                self.report(to, uid, Response::Declined, Some(reason), Vec::new(), reported);
            }
            (Decision::Decline(_), Some(date)) => self.decline_occurrence(to, uid, date, reported),
            (Decision::Ask, _) => {
                self.take_over(to, uid, Response::TentativelyAccepted, &[], None, reported);
                let response = Response::TentativelyAccepted;
                self.report(to, uid, response, None, Vec::new(), reported);
            }
            (Decision::Accept { declined, cut }, None) => {
                self.take_over(to, uid, Response::Accepted, &declined, cut, reported);
                self.report(to, uid, Response::Accepted, None, declined, reported);
            }
            // The answer to the rest of the series stays.
            (Decision::Accept { declined, .. }, Some(date)) => {
                if declined.is_empty() {
                    self.request_arrives(to, uid, false, Some(date), reported);
                    self.forget_declined(to, uid, date);
                } else {
                    self.decline_occurrence(to, uid, date, reported);
                }
            }
        }
    }

    fn decline_occurrence(&mut self, to: &str, uid: Uid, date: Date, reported: Reported) {
        self.take_out(to, uid, Some(date), reported);
        let room = self.party(to).address.to_string();
        let Some(meeting) = self.calendars.meetings.get_mut(&uid) else { return };
        if let Some(answer) = meeting.answers.iter_mut().find(|answer| answer.room == room) {
            answer.declined.push(date);
        }
    }

    fn forget_declined(&mut self, to: &str, uid: Uid, date: Date) {
        let room = self.party(to).address.to_string();
        let Some(meeting) = self.calendars.meetings.get_mut(&uid) else { return };
        for answer in meeting.answers.iter_mut().filter(|answer| answer.room == room) {
            answer.declined.retain(|declined| *declined != date);
        }
    }

    /// Stores a copy with the room's answer.
    fn take_over(
        &mut self,
        to: &str,
        uid: Uid,
        response: Response,
        declined: &[Date],
        cut: Option<Date>,
        reported: Reported,
    ) {
        let Ok((_, organizers)) = self.organizers_copy(uid) else { return };
        let Some(before) = self.calendars.item(to, uid) else { return };
        let mut copy = Item {
            is_organizer: false,
            created: before.created,
            response,
            answered: Some(self.now()),
            properties: before.properties.clone(),
            transaction_id: None,
            ..organizers.clone()
        };
        for date in declined {
            copy.exceptions.insert(*date, Exception::Deleted);
        }
        if let (Some(cut), Some(recurrence)) = (cut, &mut copy.recurrence) {
            recurrence.range.kind = RangeKind::EndDate;
            recurrence.range.end_date = Some(cut);
        }
        self.dress(to, &mut copy);
        self.store_copy(to, copy, None, reported);
    }

    /// Reports an answer to the organizer.
    pub(super) fn report(
        &mut self,
        from: &str,
        uid: Uid,
        response: Response,
        reason: Option<DeclineReason>,
        declined: Vec<Date>,
        reported: Reported,
    ) {
        let (now, address) = (self.now(), self.party(from).address);
        let Ok((organizer, _)) = self.organizers_copy(uid) else { return };
        let organizer = organizer.to_owned();
        self.change_copy(&organizer, uid, None, reported, |item| {
            if let Some(attendee) = item.attendee_mut(&address) {
                attendee.response = response;
                attendee.answered = Some(now);
            }
        });
        if let Some(meeting) = self.calendars.meetings.get_mut(&uid) {
            meeting.answers.retain(|answer| *answer.room != *address);
            meeting.answers.push(Answer { room: address.to_string(), reason, declined });
        }
    }

    /// Lets a delegate of a room, or a user, answer a request that is in a calendar. `keep` leaves
    /// a declined meeting in the calendar.
    pub(crate) fn answer_by_hand(
        &mut self,
        key: &str,
        uid: Uid,
        response: Response,
        date: Option<Date>,
        keep: bool,
        reported: Reported,
    ) -> Result<(), ControlError> {
        self.invent_calendar(key);
        super::meetings::check_occurrence(self.copy_in(key, uid)?, date)?;
        match (response, date) {
            (Response::Declined, Some(date)) => self.decline_occurrence(key, uid, date, reported),
            (Response::Declined, None) => {
                if keep {
                    let now = self.now();
                    self.change_copy(key, uid, None, reported, |item| {
                        item.response = response;
                        item.answered = Some(now);
                    });
                } else {
                    self.calendars.remove(key, uid, reported);
                }
                self.report(key, uid, response, None, Vec::new(), reported);
            }
            (Response::Accepted | Response::TentativelyAccepted, None) => {
                self.take_over(key, uid, response, &[], None, reported);
                self.report(key, uid, response, None, Vec::new(), reported);
            }
            _ => {
                return Err(ControlError::Invalid(
                    "an answer is accepted, tentativelyAccepted or declined; only declined for \
                     one occurrence"
                        .to_owned(),
                ));
            }
        }
        Ok(())
    }

    fn decide(&self, to: &str, request: &Item, date: Option<Date>) -> Decision {
        let policy = self.calendars.policy(to);
        let named = |list: &[String]| {
            list.iter().any(|name| {
                self.party(name).address.eq_ignore_ascii_case(&request.organizer.address)
            })
        };
        let room = self.room_of(to);
        let (start, end) = request.when.instants();
        if self.mailbox_key(&request.organizer.address).is_none()
            && !policy.process_external_meeting_messages
        {
            return Decision::Decline(DeclineReason::External);
        }
        if room.is_some_and(|room| text(&room.place, "bookingType") == "reserved") {
            return Decision::Decline(DeclineReason::Reserved);
        }
        let may_book = policy.all_book_in_policy || named(&policy.book_in_policy);
        if !may_book && !policy.all_request_in_policy && !named(&policy.request_in_policy) {
            return Decision::Decline(DeclineReason::Policy);
        }
        if request.recurrence.is_some() && !policy.allow_recurring_meetings {
            return Decision::Decline(DeclineReason::Recurring);
        }
        let longest = SignedDuration::from_mins(i64::from(policy.maximum_duration_in_minutes));
        if !longest.is_zero() && end.duration_since(start) > longest {
            return Decision::Decline(DeclineReason::Duration);
        }
        let seats = room.and_then(|room| room.place.get("capacity")?.as_u64()).unwrap_or_default();
        let attendees = request.attendees.len() as u64;
        if policy.enforce_capacity && seats > 0 && attendees > seats {
            return Decision::Decline(DeclineReason::Capacity);
        }
        let days = i64::from(policy.booking_window_in_days) + 1;
        let horizon = self.now().saturating_add((days * 24).hours()).unwrap_or(Timestamp::MAX);
        let beyond = Window { start: horizon, end: Timestamp::MAX };
        let is_endless = request
            .recurrence
            .as_ref()
            .is_some_and(|recurrence| recurrence.range.kind == RangeKind::NoEnd);
        let goes_beyond = is_endless || !request.events_in(beyond).is_empty();
        let cuts = request.recurrence.is_some() && !policy.enforce_scheduling_horizon;
        if start >= horizon || (goes_beyond && !cuts) {
            return Decision::Decline(DeclineReason::BookingWindow);
        }
        let cut = goes_beyond.then(|| request.when.zone.wall_clock(horizon).date());
        let window = Window { start: Timestamp::MIN, end: horizon };
        let mut events = request.events_in(window);
        events.retain(|event| date.is_none() || event.original == date);
        if policy.schedule_only_during_work_hours
            && events.iter().any(|event| !self.is_working_time(to, event))
        {
            return Decision::Decline(DeclineReason::WorkingHours);
        }
        let total = events.len() as u32;
        let declined: Vec<&Event<'_>> = if policy.allow_conflicts {
            Vec::new()
        } else {
            self.conflicting(to, request.uid, &events)
        };
        let taken = declined.len() as u32;
        let is_too_much = request.recurrence.is_none()
            || taken > policy.maximum_conflict_instances
            || taken * 100 > policy.conflict_percentage_allowed * total;
        if taken > 0 && (is_too_much || date.is_some()) {
            return Decision::Decline(DeclineReason::Conflict);
        }
        if !may_book {
            return Decision::Ask;
        }
        let declined = declined.into_iter().filter_map(|event| event.original).collect();
        Decision::Accept { declined, cut }
    }

    /// Returns which events overlap others in a room's calendar.
    fn conflicting<'a, 'e>(
        &self,
        to: &str,
        uid: Uid,
        events: &'e [Event<'a>],
    ) -> Vec<&'e Event<'a>> {
        let zone = self.zone_of(to);
        let times = |event: &Event<'_>| event.when.taken_in(&zone);
        let (Some(first), Some(last)) = (
            events.iter().map(|event| times(event).0).min(),
            events.iter().map(|event| times(event).1).max(),
        ) else {
            return Vec::new();
        };
        let Some(mailbox) = self.calendars.mailbox(to) else { return Vec::new() };
        // Days of other zones reach up to a day further.
        let window = Window {
            start: first.saturating_sub(24.hours()).unwrap_or(Timestamp::MIN),
            end: last.saturating_add(24.hours()).unwrap_or(Timestamp::MAX),
        };
        let taken: Vec<(Timestamp, Timestamp)> = mailbox
            .items()
            .filter(|item| item.uid != uid && item.response != Response::Declined)
            .flat_map(|item| item.events_in(window))
            .filter(|event| event.details.show_as != ShowAs::Free)
            .map(|event| times(&event))
            .collect();
        let overlaps = |event: &&Event<'_>| {
            let (start, end) = times(event);
            taken.iter().any(|(other_start, other_end)| start < *other_end && end > *other_start)
        };
        events.iter().filter(overlaps).collect()
    }

    fn is_working_time(&self, to: &str, event: &Event<'_>) -> bool {
        let zone = self.zone_of(to);
        let (start, end) = event.when.taken_in(&zone);
        let (start, end) = (zone.wall_clock(start), zone.wall_clock(end));
        let hours = Time::constant(8, 0, 0, 0)..=Time::constant(17, 0, 0, 0);
        start.date() == end.date()
            && hours.contains(&start.time())
            && hours.contains(&end.time())
            && !matches!(start.date().weekday(), Weekday::Saturday | Weekday::Sunday)
    }
}
