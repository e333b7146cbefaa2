//! Cancels a meeting that the plugin made, or one occurrence of it.

use super::{
    mailbox::{DAY, Mailbox},
    meeting::Meeting,
    problem,
    request::{Wish, read_times},
    ticket::Ticket,
};
use crate::{error::Error, graph::Graph, host::Host, model::BookingTime};

/// Cancels the meeting of a ticket. One request ends a series, so everyone receives one mail.
pub(super) async fn cancel<H: Host>(
    graph: &Graph<'_, H>,
    wish: &Wish<'_>,
    ticket: &Ticket,
    occurrence: Option<&BookingTime>,
    comment: &str,
) -> Result<(), Error> {
    let mailbox = Mailbox::new(graph, &ticket.mailbox, &wish.zone);
    let reference = &wish.request.reference;
    let found = mailbox.find_ours(ticket, reference).await?;
    let Some(meeting) = found.filter(|meeting| !meeting.is_cancelled) else { return Ok(()) };
    if meeting.reference.as_ref() != Some(reference) {
        return Err(problem::not_ours());
    }
    let id = match occurrence {
        None => Some(meeting.id.clone()),
        Some(time) => find_occurrence(&mailbox, &meeting, time).await?,
    };
    let Some(id) = id else { return Ok(()) };
    Ok(mailbox.cancel(&id, !meeting.attendees.is_empty(), comment).await?)
}

/// Returns the id of the occurrence that takes place at a time; `None` where there is none any
/// more.
///
/// # Errors
/// [`Error::Conflict`] where it was moved to another time.
async fn find_occurrence<H: Host>(
    mailbox: &Mailbox<'_, '_, H>,
    meeting: &Meeting,
    time: &BookingTime,
) -> Result<Option<String>, Error> {
    let times = read_times(time)?;
    if !meeting.is_series {
        return match meeting.times == times {
            true => Ok(Some(meeting.id.clone())),
            false => Err(problem::changed()),
        };
    }
    let (starts, ends) = times.instants(mailbox.zone).unwrap_or_default();
    // One that was moved is found within this time.
    let around = (starts - 31 * DAY, ends + 31 * DAY);
    let occurrences = mailbox.occurrences_between(meeting, around).await?.unwrap_or_default();
    let mut there = occurrences.into_iter().filter(|occurrence| !occurrence.is_gone);
    let mut moved = false;
    let found = there.find(|occurrence| {
        moved |= occurrence.original == starts && occurrence.times != times;
        occurrence.times == times
    });
    match found {
        Some(occurrence) => Ok(Some(occurrence.id)),
        None if moved => Err(problem::changed()),
        None => Ok(None),
    }
}
