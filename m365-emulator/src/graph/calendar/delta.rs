//! `calendarView/delta` (<https://learn.microsoft.com/graph/api/event-delta>), which reports
//! occurrences without their properties, living events outside the window as removed, and deleted
//! occurrences not at all.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::super::answer::{Context, page};
use super::super::options;
use super::super::permission::Caller;
use super::super::refusal::GraphRefusal;
use super::event::{self, EVENT, Shown};
use super::{open, shown, view};
use crate::random::Random;
use crate::state::Settings;
use crate::state::State;
use crate::state::cursors::{CalendarRound, DeltaExpiry, DeltaTokenError};
use crate::tenant::calendar::item::{Event, Item, Kind, Window};
use crate::tenant::calendar::mailbox::{Mailbox, Position};
use crate::wire::{Query, Reply, Request, plain_name};

/// Number of entries on a page without a preference.
const DEFAULT_PAGE: usize = 10;

/// Maximum number of entries on a page. A series that is not split can exceed it.
const MAX_PAGE: usize = 1000;

pub(super) fn answer(
    state: &mut State,
    context: &Context,
    caller: &Caller,
    key: &str,
    request: &Request,
) -> Result<Reply, GraphRefusal> {
    let user = open(state, caller, key)?;
    let path = format!("users/{user}/calendarView/delta");
    let shown = shown(state, request, &user)?;
    let query = &request.query;
    let token = ["deltatoken", "skiptoken"]
        .into_iter()
        .find_map(|name| query.option(name).filter(|token| !token.is_empty()));
    let round = match token.map(|token| state.cursors.calendar(token, &user)) {
        None => {
            check_options(query)?;
            CalendarRound::first(&user, view::window(query)?, select_of(query))
        }
        Some(Ok(round)) => round,
        Some(Err(error)) => return start_again(error, context, &path),
    };
    let names =
        options::selected(&Query::parse(&round.select), "event", |name| EVENT.contains(&name))?;
    let size = shown.preferences.page_size.unwrap_or(DEFAULT_PAGE).min(MAX_PAGE);
    let mailbox = state.tenant.calendars.mailbox_mut(&user);
    let began = round.began.or(Some(mailbox.sequence()));
    let round = CalendarRound { began, ..round };
    let (mut entries, next) = if round.empty_pages < state.settings.calendar_delta_empty_pages {
        let next = CalendarRound { empty_pages: round.empty_pages + 1, ..round.clone() };
        (Vec::new(), Some(next))
    } else {
        let reader = Reader { mailbox, shown: &shown, settings: &state.settings, round: &round };
        reader.page(size)
    };
    if state.settings.delta_shuffles {
        Random::new(round.behind.0).shuffle(&mut entries);
    }
    let value: Vec<String> = entries
        .into_iter()
        .map(|entry| Value::Object(event::select(entry, names.as_deref())).to_string())
        .collect();
    let (next_link, delta_link) = match next {
        Some(next) => {
            let token = state.cursors.issue_calendar(&next);
            (Some(context.link(&path, "", &format!("$skiptoken={token}"))), None)
        }
        None => {
            let next = round.next_round(mailbox.sequence());
            let token = state.cursors.issue_calendar(&next);
            (None, Some(context.link(&path, "", &format!("$deltatoken={token}"))))
        }
    };
    let reply = page(
        context,
        "Collection(event)",
        None,
        next_link.as_deref(),
        delta_link.as_deref(),
        &value.join(","),
    );
    Ok(shown.preferences.applied_to(reply))
}

/// Reads a page of a round from the log of changes.
struct Reader<'a> {
    mailbox: &'a Mailbox,
    shown: &'a Shown,
    settings: &'a Settings,
    round: &'a CalendarRound,
}

type Entry = Map<String, Value>;

impl Reader<'_> {
    /// Returns the entries of the page, and where the next page starts; none at the end.
    fn page(&self, size: usize) -> (Vec<Entry>, Option<CalendarRound>) {
        let round = self.round;
        let mut entries = Vec::new();
        if self.settings.delta_replays
            && let Some(before) = round.page_before
        {
            for (position, item) in self.mailbox.changes(before) {
                if position > round.behind {
                    break;
                }
                entries.extend(self.entries(position, item));
            }
        }
        let (mut count, mut inside) = (0, round.inside);
        let mut behind = round.behind;
        for (position, item) in self.mailbox.changes(round.behind) {
            let of_item = self.entries(position, item);
            if count >= size && !of_item.is_empty() {
                let next = self.next(behind, 0);
                return (entries, Some(next));
            }
            let left = of_item.len().saturating_sub(inside);
            if self.settings.calendar_delta_splits_series && left > size - count {
                let taken = size - count;
                entries.extend(of_item.into_iter().skip(inside).take(taken));
                return (entries, Some(self.next(behind, inside + taken)));
            }
            count += left;
            entries.extend(of_item.into_iter().skip(inside));
            inside = 0;
            behind = position;
        }
        (entries, None)
    }

    fn next(&self, behind: Position, inside: usize) -> CalendarRound {
        let page_before = Some(self.round.behind);
        CalendarRound { behind, inside, page_before, ..self.round.clone() }
    }

    /// Returns what is reported of an item. A deleted one is none.
    fn entries(&self, (change, uid): Position, item: Option<&Item>) -> Vec<Entry> {
        let removed = || match self.round.since.or(self.round.began) {
            // The first round takes back what an earlier page of it can have had.
            Some(before) if change > before => vec![self.removed(uid)],
            _ => Vec::new(),
        };
        let Some(item) = item else { return removed() };
        let events = item.events_in(self.round.window);
        if events.is_empty() {
            return removed();
        }
        if item.recurrence.is_none() {
            return events.iter().map(|event| self.full(event)).collect();
        }
        let changed_parts = self.round.since.filter(|_| self.settings.calendar_delta_parts);
        let parts = changed_parts.and_then(|since| self.mailbox.changed_parts(uid, since));
        let parts: Vec<Entry> = events
            .iter()
            .filter(|event| event.kind == Kind::Exception)
            .filter(|event| {
                let date = event.original.as_ref();
                parts.as_ref().zip(date).is_some_and(|(parts, date)| parts.contains(date))
            })
            .map(|event| self.full(event))
            .collect();
        if !parts.is_empty() {
            return parts;
        }
        let master = self.settings.calendar_delta_masters.then(|| self.full(&item.event()));
        let of_series = events.iter().map(|event| match event.kind {
            Kind::Exception => self.full(event),
            _ => self.shown.bare(event),
        });
        master.into_iter().chain(of_series).collect()
    }

    fn full(&self, event: &Event<'_>) -> Entry {
        let mut entry = Map::new();
        entry.insert("@odata.type".to_owned(), "#microsoft.graph.event".into());
        entry.extend(self.shown.full(event));
        entry
    }

    fn removed(&self, uid: u64) -> Entry {
        let mut entry = Map::new();
        entry.insert("@odata.type".to_owned(), "#microsoft.graph.event".into());
        entry.insert("id".to_owned(), self.shown.item_id(uid).into());
        entry.insert("@removed".to_owned(), json!({"reason": "deleted"}));
        entry
    }
}

fn select_of(query: &Query) -> String {
    let select = query.option("select").unwrap_or_default();
    url::form_urlencoded::Serializer::new(String::new()).append_pair("$select", select).finish()
}

/// `$select` is documented as not supported, and applied all the same.
fn check_options(query: &Query) -> Result<(), GraphRefusal> {
    for (name, _) in query.pairs() {
        match plain_name(name).to_ascii_lowercase().as_str() {
            "orderby" | "filter" | "expand" | "search" => {
                return Err(GraphRefusal::calendar_delta_option());
            }
            "select" | "startdatetime" | "enddatetime" | "format" => {}
            option if name.starts_with('$') => return Err(GraphRefusal::option(option)),
            _ => {}
        }
    }
    Ok(())
}

/// Refuses a token, so that the client starts again.
fn start_again(
    error: DeltaTokenError,
    context: &Context,
    path: &str,
) -> Result<Reply, GraphRefusal> {
    match error {
        DeltaTokenError::Unknown => Err(GraphRefusal::calendar_sync_state(StatusCode::GONE, false)),
        DeltaTokenError::Expired(DeltaExpiry::SyncStateNotFound { status, resync_required }) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::GONE);
            Err(GraphRefusal::calendar_sync_state(status, resync_required))
        }
        DeltaTokenError::Expired(DeltaExpiry::Location) => {
            let location = context.link(path, "", "$deltatoken=");
            Ok(Reply::new(StatusCode::GONE).with("location", &location))
        }
    }
}

impl CalendarRound {
    /// Returns the first round over a window.
    fn first(mailbox: &str, window: Window, select: String) -> Self {
        Self {
            mailbox: mailbox.to_owned(),
            window,
            select,
            since: None,
            began: None,
            behind: (0, 0),
            inside: 0,
            page_before: None,
            empty_pages: 0,
        }
    }

    /// Returns the round after this one. `now` is the number of the mailbox's last change.
    fn next_round(&self, now: u64) -> Self {
        let since = now.max(self.since.unwrap_or_default());
        Self {
            since: Some(since),
            began: None,
            behind: (since, u64::MAX),
            inside: 0,
            page_before: None,
            empty_pages: 0,
            ..self.clone()
        }
    }
}
