//! Requests to one mailbox, one at a time.

use std::time::Duration;

use http::Method;
use serde_json::{Value, value::RawValue};

use super::{
    meeting::{MARK, Meeting, SELECT},
    problem::{self, Trouble},
    ticket::Ticket,
};
use crate::{
    bookings::{MOST_EVENTS, MOST_PAGES, PREFER, Times, endless, time_text, too_many_events},
    error::{Error, is_too_large},
    graph::{Answer, Graph, GraphError, LoopGuard, Page},
    host::{Host, Request, Response, unix_seconds},
    payload::{self, EVENT_SELECT, EventItem, read_event},
    zones::Zone,
};

/// Number of days for which occurrences of a series are read. Exchange refuses views of more than
/// two years.
pub(super) const HORIZON_DAYS: i64 = 600;

/// Time before now for which occurrences of a series that began earlier are read, in seconds.
const PAST: i64 = 180 * DAY;

pub(super) const DAY: i64 = 24 * 3600;

/// A mailbox whose calendar is read and written.
pub(super) struct Mailbox<'g, 'h, H> {
    graph: &'g Graph<'h, H>,
    /// Its address.
    pub(super) address: &'g str,
    /// The time zone of the rooms.
    pub(super) zone: &'g Zone,
}

/// The answer of a mailbox.
enum Reply {
    Done(Response),
    /// The mailbox does not have the event.
    Missing,
    /// Another refusal, which may have a meaning to the caller.
    Refused(GraphError),
}

/// The result of making an event.
pub(super) enum Created {
    Made(Box<Meeting>),
    /// It was made before in the same transaction.
    Exists(Option<String>),
    /// Exchange does not know the time zone.
    UnknownZone(GraphError),
}

/// The result of changing an event.
pub(super) enum Patched {
    Done(Box<Meeting>),
    /// It changed after it was read.
    ChangedMeanwhile,
    Missing,
    /// Exchange does not know the time zone.
    UnknownZone(GraphError),
}

/// An occurrence of a series.
#[derive(Debug, Clone)]
pub(super) struct Occurrence {
    pub(super) id: String,
    /// When the pattern would have begun it, in seconds since 1970.
    pub(super) original: i64,
    pub(super) times: Times,
    /// Whether it was cancelled, or the mailbox declined it.
    pub(super) is_gone: bool,
}

impl<'g, 'h, H: Host> Mailbox<'g, 'h, H> {
    pub(super) fn new(graph: &'g Graph<'h, H>, address: &'g str, zone: &'g Zone) -> Self {
        Self { graph, address, zone }
    }

    /// Waits. A pause of zero does nothing.
    pub(super) async fn wait(&self, pause: Duration) {
        if !pause.is_zero() {
            self.graph.host().sleep(pause).await;
        }
    }

    /// Returns the event with that id; `None` where the mailbox does not have it.
    pub(super) async fn read(&self, id: &str) -> Result<Option<Meeting>, Trouble> {
        let expand = expand_mark();
        let query = [("$select", SELECT), ("$expand", expand.as_str())];
        let uri = self.graph.endpoints().event(self.address, id, &query);
        match self.send(Request::get(uri)).await? {
            Reply::Done(response) => self.meeting_in(&response).map(Some),
            Reply::Missing => Ok(None),
            Reply::Refused(refusal) => Err(self.refused(false, refusal)),
        }
    }

    /// Returns the start of the event on the wall clock of a time zone, as Exchange computes it.
    pub(super) async fn wall_clock(&self, id: &str, zone: &str) -> Result<String, Trouble> {
        let query = [("$select", "id,start,isAllDay")];
        let uri = self.graph.endpoints().event(self.address, id, &query);
        let prefer = format!("IdType=\"ImmutableId\", outlook.timezone=\"{zone}\"");
        match self.send_preferring(Request::get(uri), prefer).await? {
            Reply::Done(response) => {
                Ok(response.json()["start"]["dateTime"].as_str().unwrap_or_default().to_owned())
            }
            Reply::Missing => Ok(String::new()),
            Reply::Refused(refusal) => Err(self.refused(false, refusal)),
        }
    }

    /// Returns the meeting of a ticket; `None` where the mailbox does not have it. Its id can have
    /// changed, and one answer proves nothing, so it is then looked up by its mark. A copy that a
    /// user made in Outlook has the mark too, and another id in all calendars.
    pub(super) async fn find_ours(
        &self,
        ticket: &Ticket,
        reference: &str,
    ) -> Result<Option<Meeting>, Trouble> {
        if let Some(meeting) = self.read(&ticket.event).await? {
            return Ok(Some(meeting));
        }
        let is_ours = |meeting: &Meeting| ticket.meeting.is_none() || meeting.uid == ticket.meeting;
        Ok(self.marked(reference).await?.into_iter().find(is_ours))
    }

    /// Returns the meeting that was made from the request with that reference; `None` where the
    /// mailbox has none.
    pub(super) async fn find(&self, reference: &str) -> Result<Option<Meeting>, Trouble> {
        Ok(self.marked(reference).await?.into_iter().next())
    }

    /// Returns the events with the mark of that reference, the oldest first. Exchange ignores case
    /// in the value of a property, so it is compared here.
    async fn marked(&self, reference: &str) -> Result<Vec<Meeting>, Trouble> {
        let filter = format!(
            "singleValueExtendedProperties/Any(ep: ep/id eq '{MARK}' and ep/value eq \
                '{reference}')"
        );
        let mut found = self.list(&filter, &expand_mark()).await?;
        found.retain(|meeting| meeting.reference.as_deref() == Some(reference));
        Ok(found)
    }

    /// Returns the copy of a meeting in this mailbox; `None` where there is none.
    pub(super) async fn copy_of(&self, uid: &str) -> Result<Option<Meeting>, Trouble> {
        // OData doubles a quote within quotes.
        let filter = format!("iCalUId eq '{}'", uid.replace('\'', "''"));
        Ok(self.list(&filter, "").await?.into_iter().next())
    }

    /// Returns the events that a filter selects and that were not cancelled, the oldest first.
    async fn list(&self, filter: &str, expand: &str) -> Result<Vec<Meeting>, Trouble> {
        let endpoints = self.graph.endpoints();
        let mut meetings = Vec::new();
        let uri = endpoints.events_that(self.address, filter, SELECT, expand);
        self.pages(Request::get(uri), |raw| {
            let meeting = Meeting::read(raw, self.zone);
            let meeting = meeting.map_err(|reason| problem::unreadable(self.address, &reason))?;
            if !meeting.is_cancelled {
                meetings.push(meeting);
            }
            Ok(true)
        })
        .await?;
        meetings.sort_by(|one, other| one.created.cmp(&other.created));
        Ok(meetings)
    }

    /// Makes an event.
    pub(super) async fn create(&self, event: &Value) -> Result<Created, Trouble> {
        let uri = self.graph.endpoints().events(self.address);
        match self.send(Request::change(Method::POST, uri, Some(event))).await? {
            Reply::Done(response) => {
                let made = self.meeting_in(&response);
                // It was made, and can be found by its mark.
                let made =
                    made.map_err(|_| problem::unclear("unreadable-answer", &response.outline()))?;
                Ok(Created::Made(Box::new(made)))
            }
            Reply::Refused(refusal) if refusal.is("ErrorDuplicateTransactionId") => {
                Ok(Created::Exists(refusal.existing_event))
            }
            Reply::Refused(refusal) if is_about_zone(&refusal) => Ok(Created::UnknownZone(refusal)),
            Reply::Refused(refusal) => Err(self.refused(true, refusal)),
            Reply::Missing => Err(problem::unclear("http-404", "").into()),
        }
    }

    /// Changes members of an event, if it is still the version that was read.
    pub(super) async fn patch(&self, old: &Meeting, change: &Value) -> Result<Patched, Trouble> {
        let uri = self.graph.endpoints().event(self.address, &old.id, &[]);
        let mut request = Request::change(Method::PATCH, uri, Some(change));
        if let Some(etag) = &old.etag {
            request = request.header("if-match", etag.as_str());
        }
        match self.send(request).await? {
            Reply::Done(response) => {
                let changed = self
                    .meeting_in(&response)
                    .map_err(|_| problem::unclear("unreadable-answer", &response.outline()))?;
                // The answer has no named properties.
                let reference = old.reference.clone();
                Ok(Patched::Done(Box::new(Meeting { reference, ..changed })))
            }
            Reply::Missing => Ok(Patched::Missing),
            Reply::Refused(refusal) if refusal.status == 412 => Ok(Patched::ChangedMeanwhile),
            Reply::Refused(refusal) if is_about_zone(&refusal) => Ok(Patched::UnknownZone(refusal)),
            Reply::Refused(refusal) => Err(self.refused(true, refusal)),
        }
    }

    /// Cancels an event of which this mailbox is the organizer. One that is gone counts as
    /// cancelled. Everyone invited receives the comment; an event without attendees is deleted.
    pub(super) async fn cancel(
        &self,
        id: &str,
        is_with_others: bool,
        comment: &str,
    ) -> Result<(), Trouble> {
        let endpoints = self.graph.endpoints();
        let request = match is_with_others {
            true => {
                let uri = endpoints.event_action(self.address, id, "cancel");
                let body = serde_json::json!({"comment": comment});
                Request::change(Method::POST, uri, Some(&body))
            }
            false => {
                let uri = endpoints.event(self.address, id, &[]);
                Request::change(Method::DELETE, uri, None)
            }
        };
        self.done(request).await
    }

    /// Declines a meeting of which another mailbox is the organizer, who receives the comment.
    pub(super) async fn decline(&self, id: &str, comment: &str) -> Result<(), Trouble> {
        let uri = self.graph.endpoints().event_action(self.address, id, "decline");
        let body = serde_json::json!({"comment": comment, "sendResponse": true});
        self.done(Request::change(Method::POST, uri, Some(&body))).await
    }

    async fn done(&self, request: Request) -> Result<(), Trouble> {
        match self.send(request).await? {
            Reply::Done(_) | Reply::Missing => Ok(()),
            Reply::Refused(refusal) => Err(self.refused(true, refusal)),
        }
    }

    /// Returns the occurrences of a series within [`HORIZON_DAYS`], from the first one or from
    /// [`PAST`] on; `None` where the series is gone.
    pub(super) async fn occurrences(
        &self,
        master: &Meeting,
    ) -> Result<Option<Vec<Occurrence>>, Trouble> {
        let (starts, _) = master.times.instants(self.zone).unwrap_or_default();
        let now = i64::try_from(unix_seconds(self.graph.host().now())).unwrap_or(i64::MAX);
        let from = starts.max(now - PAST);
        self.occurrences_between(master, (from - DAY, from + HORIZON_DAYS * DAY)).await
    }

    /// Does the same between two instants.
    pub(super) async fn occurrences_between(
        &self,
        master: &Meeting,
        (from, until): (i64, i64),
    ) -> Result<Option<Vec<Occurrence>>, Trouble> {
        let (from, until) = (time_text(from), time_text(until));
        let range = (from.as_str(), until.as_str());
        let uri = self.graph.endpoints().instances(self.address, &master.id, range, EVENT_SELECT);
        let is_all_day = matches!(master.times, Times::Days(..));
        let mut occurrences = Vec::new();
        let is_there = self
            .pages(Request::get(uri), |raw| {
                let occurrence = read_occurrence(raw, is_all_day, self.zone);
                let unreadable = |reason: String| problem::unreadable(self.address, &reason);
                occurrences.push(occurrence.map_err(unreadable)?);
                Ok(true)
            })
            .await?;
        Ok(is_there.then_some(occurrences))
    }

    /// Sends the items of a list to `take`, which returns whether more are needed. Returns false
    /// where the mailbox does not have what is listed.
    pub(super) async fn pages(
        &self,
        first: Request,
        mut take: impl FnMut(&RawValue) -> Result<bool, Error>,
    ) -> Result<bool, Trouble> {
        let mut guard = LoopGuard::default();
        let mut request = first;
        let mut events = 0;
        for _ in 0..MOST_PAGES {
            let response = match self.send(request).await? {
                Reply::Done(response) => response,
                Reply::Missing => return Ok(false),
                Reply::Refused(refusal) => return Err(self.refused(false, refusal)),
            };
            let page = Page::read(&response)?;
            events += page.value.len();
            if events > MOST_EVENTS {
                return Err(too_many_events(self.address).into());
            }
            for raw in page.value {
                if !take(raw)? {
                    return Ok(true);
                }
            }
            let Some(next) = page.next_link else { return Ok(true) };
            guard.follow(&next)?;
            request = Request::get(self.graph.own_link(&next)?);
        }
        Err(endless(self.address).into())
    }

    /// Returns the request for all events between two instants.
    pub(super) fn view(&self, (from, until): (i64, i64)) -> Request {
        let (from, until) = (time_text(from), time_text(until));
        let endpoints = self.graph.endpoints();
        Request::get(endpoints.complete_events_between(self.address, &from, &until))
    }

    async fn send(&self, request: Request) -> Result<Reply, Trouble> {
        self.send_preferring(request, PREFER.to_owned()).await
    }

    async fn send_preferring(&self, request: Request, prefer: String) -> Result<Reply, Trouble> {
        let changes = request.method != Method::GET;
        match self.graph.ask(request.header("prefer", prefer)).await {
            Ok(Answer::Success(response)) => Ok(Reply::Done(response)),
            Ok(Answer::Refused(refusal)) if refusal.is_missing_event() => Ok(Reply::Missing),
            Ok(Answer::Refused(refusal)) if (400..500).contains(&refusal.status) => {
                Ok(Reply::Refused(refusal))
            }
            Ok(Answer::Refused(refusal)) => Err(self.refused(changes, refusal)),
            // The answer is lost, the change is not.
            Err(error) if changes && is_too_large(&error) => {
                Err(problem::unclear("answer-too-large", self.address).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn refused(&self, changes: bool, refusal: GraphError) -> Trouble {
        problem::refused(self.graph, self.address, changes, refusal)
    }

    fn meeting_in(&self, response: &Response) -> Result<Meeting, Trouble> {
        let raw: &RawValue = serde_json::from_str(response.text())
            .map_err(|_| problem::unreadable(self.address, &response.outline()))?;
        let meeting = Meeting::read(raw, self.zone);
        meeting.map_err(|reason| problem::unreadable(self.address, &reason).into())
    }
}

fn expand_mark() -> String {
    format!("singleValueExtendedProperties($filter=id eq '{MARK}')")
}

fn is_about_zone(refusal: &GraphError) -> bool {
    refusal.is("TimeZoneNotSupportedException")
}

fn read_occurrence(raw: &RawValue, is_all_day: bool, zone: &Zone) -> Result<Occurrence, String> {
    let event = match read_event(raw) {
        EventItem::Event(event) => event,
        EventItem::Removed(_) => return Err("it was removed".to_owned()),
        EventItem::Unreadable(unreadable) => return Err(unreadable.reason),
    };
    let facts = event.facts.as_deref();
    let all_day = facts.and_then(|facts| facts.all_day).unwrap_or(is_all_day);
    let times = Times::read(&event, all_day, zone)?;
    let start = event.start.clone()?.instant;
    // Only an exception differs from its pattern. Of all-day events, Graph returns original starts
    // that are no midnight.
    let original = match event.kind {
        payload::Kind::Exception => event.original.unwrap_or(start),
        _ => start,
    };
    let is_gone = facts.is_some_and(|facts| {
        facts.cancelled == Some(true) || facts.answer == Some(payload::Answer::Declined)
    });
    Ok(Occurrence { id: event.id, original, times, is_gone })
}
