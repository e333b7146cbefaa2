//! Reads events and series of a room by id.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::value::RawValue;

use super::{
    PREFER,
    booking::Room,
    failure::Failure,
    limits::{MOST_PAGES, endless},
};
use crate::{
    error::{Error, Explanation},
    graph::{
        Answer, Graph, GraphError, LoopGuard, Page,
        batch::{self, BatchAnswer, BatchRequest},
    },
    host::{Host, Request},
    model::BOOKINGS,
    payload::{EVENT_SELECT, Event, EventItem, Kind, read_event},
    permission::CALENDARS,
};

/// The result of reading an event by id.
#[derive(Debug)]
pub(super) enum Found {
    /// The event.
    Event(Box<Event>),
    /// Exchange does not have it.
    Missing,
    /// One sentence that says why it could not be read.
    Unreadable(String),
}

/// The result of reading a series.
#[derive(Debug)]
pub(super) enum FoundSeries {
    /// The master, and all occurrences in the range.
    Complete(Box<Event>, Vec<Event>),
    /// Exchange does not have it, or it is no series.
    Missing,
    /// One sentence that says why it could not be read.
    Unreadable(String),
}

/// What was read of a room.
#[derive(Debug, Default)]
pub(super) struct Reads {
    /// Events by id.
    pub(super) events: BTreeMap<String, Found>,
    /// Series by id.
    pub(super) series: BTreeMap<String, FoundSeries>,
}

/// Reads events and series by id, all in one batch where they fit.
///
/// # Errors
/// [`Failure`] where the mailbox or Graph does not answer. An event that cannot be read is no
/// error.
pub(super) async fn read<H: Host>(
    graph: &Graph<'_, H>,
    room: &Room,
    events: impl IntoIterator<Item = &String>,
    series: impl IntoIterator<Item = &String>,
) -> Result<Reads, Failure> {
    let (events, series): (Vec<_>, Vec<_>) =
        (events.into_iter().collect(), series.into_iter().collect());
    if events.is_empty() && series.is_empty() {
        return Ok(Reads::default());
    }
    let endpoints = graph.endpoints();
    let (from, until) = room.range.requested();
    let event = |id: &String| endpoints.event_in_batch(&room.mailbox, id, EVENT_SELECT);
    let range = (from.as_str(), until.as_str());
    let instances =
        |id: &String| endpoints.instances_in_batch(&room.mailbox, id, range, EVENT_SELECT);
    let urls = events.iter().chain(&series).map(|id| event(id));
    let urls = urls.chain(series.iter().map(|id| instances(id)));
    let requests: Vec<_> =
        urls.map(|url| BatchRequest::get(url).prefer(PREFER.to_owned())).collect();
    let answers = batch::send_to_mailbox(graph, &requests, CALENDARS).await?;
    let mut answers = answers.into_iter();
    let mut reads = Reads::default();
    for id in events {
        reads.events.insert(id.clone(), found(graph, room, answers.next())?);
    }
    let masters: Vec<_> = answers.by_ref().take(series.len()).collect();
    for (id, (master, instances)) in series.into_iter().zip(masters.into_iter().zip(answers)) {
        let found = found_series(graph, room, master, instances).await?;
        reads.series.insert(id.clone(), found);
    }
    Ok(reads)
}

async fn found_series<H: Host>(
    graph: &Graph<'_, H>,
    room: &Room,
    master: BatchAnswer,
    instances: BatchAnswer,
) -> Result<FoundSeries, Failure> {
    let master = match found(graph, room, Some(master))? {
        Found::Event(master) => master,
        Found::Missing => return Ok(FoundSeries::Missing),
        Found::Unreadable(reason) => return Ok(FoundSeries::Unreadable(reason)),
    };
    let body = match item(graph, room, Some(instances))? {
        Ok(_) if master.kind != Kind::Master => return Ok(FoundSeries::Missing),
        Ok(body) => body,
        // It turned into an event that does not repeat, or was removed meanwhile.
        Err(refusal) if refusal.is_missing_event() || refusal.status == 400 => {
            return Ok(FoundSeries::Missing);
        }
        Err(refusal) => return Ok(FoundSeries::Unreadable(reason(&refusal))),
    };
    let mut occurrences = Vec::new();
    let mut guard = LoopGuard::default();
    let first_page = Page::read_inner(&body).ok_or_else(unreadable_page)?;
    let mut link = match collect(first_page, &mut occurrences) {
        Ok(link) => link,
        Err(reason) => return Ok(FoundSeries::Unreadable(reason)),
    };
    for _ in 0..MOST_PAGES {
        if occurrences.len() > BOOKINGS {
            return Ok(FoundSeries::Unreadable(too_many_occurrences()));
        }
        let Some(next) = link else {
            return Ok(FoundSeries::Complete(master, occurrences));
        };
        guard.follow(&next)?;
        let request = Request::get(graph.own_link(&next)?).header("prefer", PREFER);
        link = match graph.ask(request).await? {
            Answer::Success(response) => {
                let page = Page::read(&response)?;
                match collect(page, &mut occurrences) {
                    Ok(link) => link,
                    Err(reason) => return Ok(FoundSeries::Unreadable(reason)),
                }
            }
            Answer::Refused(refusal) => return Err(Failure::of_room(graph, room, refusal)),
        };
    }
    Err(endless(&room.mailbox).into())
}

/// Adds the occurrences on a page of a series; returns the link to the next one.
///
/// # Errors
/// Why one of them has no readable id: without it, the series would be reported as having ended it.
fn collect(page: Page<'_>, occurrences: &mut Vec<Event>) -> Result<Option<String>, String> {
    for raw in page.value {
        match read_event(raw) {
            EventItem::Event(event) => occurrences.push(event),
            EventItem::Removed(_) => {}
            EventItem::Unreadable(unreadable) => return Err(unreadable.reason),
        }
    }
    Ok(page.next_link.map(Cow::into_owned))
}

/// Returns why a series with more occurrences than the interface takes cannot be read.
pub(super) fn too_many_occurrences() -> String {
    format!("the series has more than {BOOKINGS} occurrences in the window")
}

fn unreadable_page() -> Error {
    Error::Unexpected(
        Explanation::new(
            "not-a-page",
            "Microsoft Graph's answer to a request for a series cannot be read",
        )
        .remedy("Try again later. If the error remains, check whether a proxy changes the traffic"),
    )
}

/// Reads the answer to a read of one event.
fn found<H: Host>(
    graph: &Graph<'_, H>,
    room: &Room,
    answer: Option<BatchAnswer>,
) -> Result<Found, Failure> {
    Ok(match item(graph, room, answer)? {
        Ok(body) => match read_event(&body) {
            EventItem::Event(event) => Found::Event(Box::new(event)),
            EventItem::Removed(_) => Found::Missing,
            EventItem::Unreadable(unreadable) => Found::Unreadable(unreadable.reason),
        },
        Err(refusal) if refusal.is_missing_event() => Found::Missing,
        Err(refusal) => Found::Unreadable(reason(&refusal)),
    })
}

/// Returns the body of an answer, or the refusal of this one event.
fn item<H: Host>(
    graph: &Graph<'_, H>,
    room: &Room,
    answer: Option<BatchAnswer>,
) -> Result<Result<Box<RawValue>, GraphError>, Failure> {
    match answer {
        Some(BatchAnswer::Success(body)) => Ok(Ok(body)),
        Some(BatchAnswer::Refused(refusal)) => {
            // The same answer would come for every event of the mailbox.
            let is_of_mailbox = matches!(refusal.status, 401 | 403 | 429 | 500..)
                || refusal.status == 404 && !refusal.is_missing_event();
            match is_of_mailbox {
                true => Err(Failure::of_room(graph, room, refusal)),
                false => Ok(Err(refusal)),
            }
        }
        Some(BatchAnswer::Unanswered) | None => Err(Error::Unavailable(
            Explanation::new("unanswered", "Microsoft Graph did not answer a part of a batch")
                .remedy("Try again in a few minutes"),
        )
        .into()),
    }
}

fn reason(refusal: &GraphError) -> String {
    format!("Microsoft Graph answered {}", refusal.code)
}
