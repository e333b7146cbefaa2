//! Checks that the bookings of rooms can be read, and reports what a room hides of them.
//!
//! Exchange replaces the subject of a meeting by its organizer's name, and removes the private
//! mark, unless the room's calendar processing says otherwise: `DeleteSubject`,
//! `AddOrganizerToSubject`, `RemovePrivateProperty`. Source:
//! <https://learn.microsoft.com/powershell/module/exchangepowershell/set-calendarprocessing>.

use std::time::Duration;

use http::Uri;

use super::{BOOKINGS, failed, failed_by, passed, skipped, warned};
use crate::{
    bookings::prefer_pages_of,
    endpoints::EVENTS_ON_A_PAGE,
    graph::{self, Graph, GraphError, Page},
    host::{Host, Request, Response, rfc3339},
    model::Check,
    payload::{Answer, EventItem, Kind, read_event},
    permission::CALENDARS,
};

/// Time ahead of which meetings are looked at.
const AHEAD: Duration = Duration::from_secs(30 * 24 * 3600);

/// The properties that show what a room hides.
const SELECT: &str = "id,type,subject,organizer,sensitivity,isCancelled,responseStatus";

/// Remedy for a mailbox that the app must not read.
const MAILBOX_REFUSED: &str = "Ask your Exchange administrator to add the mailbox to those that \
    the app may use: the application access policy, or the scope of its role assignments";

/// Remedy for a room that hides or shows too much.
const POLICY: &str = "To change it, make the script of the booking rules in ONES (ones-host rooms \
    policy), and run it in Exchange Online PowerShell";

/// Reads the calendar of a room, and the changes in it.
pub(super) async fn check<H: Host>(graph: &Graph<'_, H>, mailboxes: &[String]) -> Check {
    if !graph.settings().bookings.is_on {
        return skipped(BOOKINGS, "Not tested, because bookings are off in the room settings");
    }
    let mut refused = Vec::new();
    for mailbox in mailboxes {
        match read(graph, mailbox).await {
            Ok(Read::Calendar(meetings)) => {
                return with_refused(graph, &meetings, mailbox, &refused);
            }
            Ok(Read::Refused(refusal)) => refused.push((mailbox, refusal)),
            Err(check) => return *check,
        }
    }
    let is_elsewhere = |refusal: &GraphError| refusal.status != 403;
    match refused.pop() {
        None => skipped(BOOKINGS, "Not tested, because there is no room with a mailbox"),
        Some((mailbox, refusal)) if is_elsewhere(&refusal) => Check {
            remedy: Some(
                "Check in the Exchange admin center that the mailboxes of the rooms exist and are \
                    not on premises"
                    .to_owned(),
            ),
            detail: Some(refusal.detail().to_owned()),
            ..failed(BOOKINGS, format!("{mailbox} has no mailbox in Exchange Online"))
        },
        // One mailbox alone does not show whether a policy or a missing permission is the cause.
        Some((mailbox, refusal)) if refused.is_empty() && mailboxes.len() == 1 => Check {
            remedy: Some(MAILBOX_REFUSED.to_owned()),
            detail: Some(refusal.detail().to_owned()),
            ..failed(BOOKINGS, format!("Microsoft 365 does not let ONES read {mailbox}"))
        },
        Some((_, refusal)) => failed_by(BOOKINGS, &graph.explain(refusal, CALENDARS)),
    }
}

/// The result of reading one calendar.
enum Read {
    Calendar(Vec<Meeting>),
    /// The mailbox cannot be read; another one can.
    Refused(GraphError),
}

/// What a meeting in a room's calendar shows.
struct Meeting {
    has_own_subject: bool,
    is_private: bool,
}

async fn read<H: Host>(graph: &Graph<'_, H>, mailbox: &str) -> Result<Read, Box<Check>> {
    let now = graph.host().now();
    let (start, end) = (rfc3339(now), rfc3339(now + AHEAD));
    let view = graph.endpoints().events_between(mailbox, &start, &end, SELECT);
    let meetings = match request(graph, view).await? {
        Ok(response) => {
            let page =
                Page::read(&response).map_err(|error| Box::new(failed_by(BOOKINGS, &error)))?;
            page.value.iter().filter_map(|raw| read_meeting(read_event(raw), mailbox)).collect()
        }
        Err(refusal) => return Ok(Read::Refused(refusal)),
    };
    let delta = graph.endpoints().calendar_delta(mailbox, &start, &end);
    match request(graph, delta).await? {
        Ok(response) => match Page::read(&response) {
            Ok(_) => Ok(Read::Calendar(meetings)),
            Err(error) => Err(Box::new(failed_by(BOOKINGS, &error))),
        },
        Err(refusal) => Ok(Read::Refused(refusal)),
    }
}

/// Requests a page. A refusal of the mailbox is no error.
async fn request<H: Host>(
    graph: &Graph<'_, H>,
    uri: Uri,
) -> Result<Result<Response, GraphError>, Box<Check>> {
    let request = Request::get(uri).header("prefer", prefer_pages_of(EVENTS_ON_A_PAGE));
    match graph.ask(request).await {
        Ok(graph::Answer::Success(response)) => Ok(Ok(response)),
        Ok(graph::Answer::Refused(refusal))
            if !refusal.is_without_exchange()
                && (refusal.status == 403 || refusal.is_mailbox_elsewhere()) =>
        {
            Ok(Err(refusal))
        }
        Ok(graph::Answer::Refused(refusal)) => {
            Err(Box::new(failed_by(BOOKINGS, &graph.explain(refusal, CALENDARS))))
        }
        Err(error) => Err(Box::new(failed_by(BOOKINGS, &error))),
    }
}

/// Reads what a meeting shows; `None` for one that the room's processing did not change: without
/// organizer, not answered, booked by the room itself, or cancelled, where Exchange writes
/// "Canceled: " before the subject.
fn read_meeting(item: EventItem, mailbox: &str) -> Option<Meeting> {
    let EventItem::Event(event) = item else { return None };
    let facts = event.facts.filter(|_| event.kind != Kind::Master)?;
    let is_answered = facts.answer == Some(Answer::Given) && facts.cancelled == Some(false);
    let organizer = facts.organizer??;
    let is_own = organizer.email.is_some_and(|email| email.eq_ignore_ascii_case(mailbox));
    let name = organizer.name.filter(|_| is_answered && !is_own)?;
    let title = facts.title?.unwrap_or_default();
    let (title, name) = (title.trim(), name.trim());
    let is_private = facts.private.unwrap_or(true);
    Some(Meeting { has_own_subject: !title.is_empty() && title != name, is_private })
}

/// Returns the result for a calendar that can be read, with the mailboxes that cannot.
fn with_refused<H: Host>(
    graph: &Graph<'_, H>,
    meetings: &[Meeting],
    mailbox: &str,
    refused: &[(&String, GraphError)],
) -> Check {
    if let Some((other, refusal)) = refused.first() {
        return Check {
            remedy: Some(MAILBOX_REFUSED.to_owned()),
            detail: Some(refusal.detail().to_owned()),
            ..warned(
                BOOKINGS,
                format!("The bookings of {mailbox} can be read, those of {other} cannot"),
            )
        };
    }
    let can_be_read = format!("The bookings of {mailbox} can be read");
    if meetings.is_empty() {
        return passed(BOOKINGS, format!("{can_be_read}; there are none in the next 30 days"));
    }
    let titles_are_shown = graph.settings().bookings.titles_are_shown;
    let finding = if !meetings.iter().any(|meeting| meeting.has_own_subject) {
        "the room replaces the subjects of meetings by the names of their organizers, so titles \
            are names"
    } else if !meetings.iter().any(|meeting| meeting.is_private) {
        "the room keeps subjects, and no meeting is marked as private: if the room removes the \
            mark, as rooms do by default, the titles of private meetings are visible in ONES"
    } else {
        return passed(BOOKINGS, format!("{can_be_read}, with subjects and private marks"));
    };
    let summary = format!("{can_be_read}; {finding}");
    match titles_are_shown {
        true => Check { remedy: Some(POLICY.to_owned()), ..warned(BOOKINGS, summary) },
        // No user sees titles.
        false => passed(BOOKINGS, summary),
    }
}
