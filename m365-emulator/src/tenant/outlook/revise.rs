//! Changes of a meeting, of one of its occurrences, or of one copy alone.

use jiff::civil::Date;

use super::booking::Revision;
use super::meetings::{check_occurrence, find_zone, reported, series, when};
use crate::error::ControlError;
use crate::tenant::Tenant;
use crate::tenant::calendar::Content;
use crate::tenant::calendar::item::{Attendee, Details, Exception, Item, Uid, When};
use crate::tenant::calendar::mailbox::Reported;
use crate::tenant::calendar::recurrence::RangeKind;
use crate::tenant::calendar::values::AttendeeKind;

impl Tenant {
    /// Changes a meeting with all its occurrences, and sends updates. A new time or pattern
    /// drops the exceptions of a series. Rooms that are no longer invited get a cancellation.
    pub(crate) fn revise_meeting(
        &mut self,
        uid: Uid,
        revision: &Revision,
    ) -> Result<(), ControlError> {
        let reported = reported(revision.unreported);
        let (organizer, before) = self.organizers_copy(uid)?;
        let (organizer, mut item) = (organizer.to_owned(), before.clone());
        let invited_before = self.invited_mailboxes(uid);
        revise_item(&mut item, revision)?;
        if revision.rooms.is_some() || revision.attendees.is_some() {
            item.attendees = self.invited_from_now_on(&item, revision)?;
        }
        self.store_copy(&organizer, item, None, reported);
        let invited = self.invited_mailboxes(uid);
        for gone in invited_before.iter().filter(|key| !invited.contains(key)) {
            self.send_to(gone, uid, Content::Cancel { date: None }, reported);
        }
        for key in &invited {
            let decide = revision.moves() || !invited_before.contains(key);
            let request = Content::Request { decide, date: None, force: revision.force };
            self.send_to(key, uid, request, reported);
        }
        Ok(())
    }

    /// Returns the attendees after a change of who is invited. Attendees who
    /// stay have the same answers.
    fn invited_from_now_on(
        &self,
        item: &Item,
        revision: &Revision,
    ) -> Result<Vec<Attendee>, ControlError> {
        let given = |list: &Option<Vec<String>>, is_room: bool| match list {
            Some(list) => list.clone(),
            None => item
                .attendees
                .iter()
                .filter(|attendee| (attendee.kind == AttendeeKind::Resource) == is_room)
                .map(|attendee| attendee.party.address.to_string())
                .collect(),
        };
        let (rooms, others) = (given(&revision.rooms, true), given(&revision.attendees, false));
        let mut attendees = self.invited(&rooms, &others)?;
        for attendee in &mut attendees {
            let before = item.attendees.iter().find(|before| before.party == attendee.party);
            if let Some(before) = before {
                *attendee = before.clone();
            }
        }
        Ok(attendees)
    }

    /// Changes one occurrence of a series, and sends the update.
    pub(crate) fn revise_occurrence(
        &mut self,
        uid: Uid,
        date: Date,
        revision: &Revision,
    ) -> Result<(), ControlError> {
        let reported = reported(revision.unreported);
        let (organizer, item) = self.organizers_copy(uid)?;
        let (organizer, mut item) = (organizer.to_owned(), item.clone());
        check_occurrence(&item, Some(date))?;
        let (when, details) = revised_occurrence(&item, date, revision)?;
        check_neighbours(&item, date, when.start.date())?;
        item.exceptions.insert(date, Exception::Changed { when, details });
        self.store_copy(&organizer, item, Some(date), reported);
        let decide = revision.moves();
        let request = Content::Request { decide, date: Some(date), force: revision.force };
        self.send(uid, &request, reported);
        Ok(())
    }

    /// Changes one copy alone, or one occurrence in it. No message is sent.
    pub(crate) fn revise_copy(
        &mut self,
        key: &str,
        uid: Uid,
        date: Option<Date>,
        revision: &Revision,
    ) -> Result<(), ControlError> {
        self.invent_calendar(key);
        let mut copy = self.copy_in(key, uid)?.clone();
        check_occurrence(&copy, date)?;
        match date {
            None => revise_item(&mut copy, revision)?,
            Some(date) => {
                let (when, details) = revised_occurrence(&copy, date, revision)?;
                copy.exceptions.insert(date, Exception::Changed { when, details });
            }
        }
        self.store_copy(key, copy, date, reported(revision.unreported));
        Ok(())
    }

    /// Sets a named property of one copy.
    pub(crate) fn set_property(&mut self, key: &str, uid: Uid, id: &str, value: &str) {
        self.change_copy(key, uid, None, Reported::Yes, |item| {
            item.properties.retain(|(own, _)| own != id);
            item.properties.push((id.to_owned(), value.to_owned()));
        });
    }

    /// Adds an online meeting to one copy.
    pub(crate) fn turn_online(&mut self, key: &str, uid: Uid) {
        self.change_copy(key, uid, None, Reported::Yes, |item| item.is_online = true);
    }

    /// Deletes one copy alone, or one occurrence in it.
    pub(crate) fn delete_copy(
        &mut self,
        key: &str,
        uid: Uid,
        date: Option<Date>,
        reported: Reported,
    ) -> Result<(), ControlError> {
        self.invent_calendar(key);
        if self.take_out(key, uid, date, reported) {
            Ok(())
        } else {
            Err(ControlError::no("copy of meeting", &super::meeting_id(uid)))
        }
    }

    /// Changes "this and following": ends a series before a day, and makes a new one from that day
    /// on. Returns the new meeting.
    pub(crate) fn split_series(
        &mut self,
        uid: Uid,
        from: Date,
        revision: &Revision,
    ) -> Result<Uid, ControlError> {
        let reported = reported(revision.unreported);
        let (organizer, old) = self.organizers_copy(uid)?;
        let (organizer, mut old) = (organizer.to_owned(), old.clone());
        let Some(recurrence) = old.recurrence.clone() else {
            return Err(ControlError::Invalid("a single meeting cannot be split".to_owned()));
        };
        let dates: Vec<Date> = recurrence.dates().take_while(|date| *date < from).collect();
        let first = recurrence.dates().find(|date| *date >= from);
        let (Some(last), Some(first)) = (dates.last().copied(), first) else {
            return Err(ControlError::Invalid(format!("no occurrence before and from {from}")));
        };
        let mut following = old.clone();
        if let Some(recurrence) = &mut old.recurrence {
            recurrence.range.kind = RangeKind::EndDate;
            recurrence.range.end_date = Some(last);
        }
        old.exceptions.retain(|date, _| *date <= last);
        following.when = following.when.on(first);
        following.exceptions.clear();
        if let Some(recurrence) = &mut following.recurrence {
            recurrence.range.start_date = first;
            if recurrence.range.kind == RangeKind::Numbered {
                let passed = u32::try_from(dates.len()).unwrap_or(u32::MAX);
                recurrence.range.number_of_occurrences -= passed;
            }
        }
        revise_item(&mut following, revision)?;
        if revision.rooms.is_some() || revision.attendees.is_some() {
            following.attendees = self.invited_from_now_on(&following, revision)?;
        }
        self.store_copy(&organizer, old, None, reported);
        self.send(uid, &Content::Request { decide: false, date: None, force: false }, reported);
        following.uid = self.next_meeting();
        following.version = self.calendars.next_version();
        following.created = self.now();
        Ok(self.hold_meeting(&organizer, following, revision.force, reported))
    }
}

/// Changes an item. A new time or pattern drops the exceptions; a new end of a series drops those
/// behind it.
fn revise_item(item: &mut Item, revision: &Revision) -> Result<(), ControlError> {
    let when = revised_when(&item.when, revision)?;
    let recurrence = revision.recurrence.clone().unwrap_or_else(|| item.recurrence.clone());
    let (when, recurrence) = series(when, recurrence)?;
    let is_same_pattern = match (&recurrence, &item.recurrence) {
        (Some(new), Some(old)) => {
            new.pattern == old.pattern && new.range.start_date == old.range.start_date
        }
        (new, old) => new.is_some() == old.is_some(),
    };
    let is_same_time = when.start == item.when.start
        && when.end == item.when.end
        && when.all_day == item.when.all_day
        && when.zone.name == item.when.zone.name;
    item.when = when;
    item.recurrence = recurrence;
    if is_same_pattern && is_same_time {
        let dates: Vec<Date> =
            item.exceptions.keys().copied().filter(|date| !item.takes_place_on(*date)).collect();
        for date in dates {
            item.exceptions.remove(&date);
        }
    } else {
        item.exceptions.clear();
    }
    if let Some(location) = &revision.location {
        item.location = location.as_str().into();
    }
    item.change_details(|details| revise_details(details, revision));
    Ok(())
}

fn revised_occurrence(
    item: &Item,
    date: Date,
    revision: &Revision,
) -> Result<(When, Details), ControlError> {
    let event = item
        .at(date)
        .ok_or_else(|| ControlError::no("occurrence of meeting", &super::meeting_id(item.uid)))?;
    if revision.recurrence.is_some() || revision.rooms.is_some() || revision.attendees.is_some() {
        return Err(ControlError::Invalid(
            "one occurrence has neither a pattern nor rooms and attendees of its own".to_owned(),
        ));
    }
    let when = revised_when(&event.when, revision)?;
    let mut details = event.details.clone();
    revise_details(&mut details, revision);
    Ok((when, details))
}

fn revised_when(before: &When, revision: &Revision) -> Result<When, ControlError> {
    let zone = match &revision.time_zone {
        Some(name) => find_zone(name)?,
        None => before.zone.clone(),
    };
    let start = revision.start.unwrap_or(before.start);
    let end = revision.end.unwrap_or(before.end);
    when(start, end, zone, revision.all_day.unwrap_or(before.all_day))
}

fn revise_details(details: &mut Details, revision: &Revision) {
    if let Some(subject) = &revision.subject {
        details.subject = subject.as_str().into();
    }
    if let Some(body) = &revision.body {
        details.body = body.as_str().into();
    }
    details.sensitivity = revision.sensitivity.unwrap_or(details.sensitivity);
    details.show_as = revision.show_as.unwrap_or(details.show_as);
}

/// Refuses to move an occurrence to or past the day of its neighbour, as Exchange does
/// (`ErrorOccurrenceCrossingBoundary`).
fn check_neighbours(item: &Item, date: Date, to: Date) -> Result<(), ControlError> {
    let Some(recurrence) = &item.recurrence else { return Ok(()) };
    let day_of = |date: Date| item.at(date).map(|event| event.when.start.date());
    let before = recurrence.dates().take_while(|other| *other < date).filter_map(day_of).max();
    let after = recurrence.dates().skip_while(|other| *other <= date).find_map(day_of);
    if before.is_some_and(|before| to <= before) || after.is_some_and(|after| to >= after) {
        return Err(ControlError::CrossesNeighbour);
    }
    Ok(())
}
