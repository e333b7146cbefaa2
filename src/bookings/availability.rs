//! When rooms are taken, without saying by whom.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{check, range};
use crate::{
    error::{Error, Explanation},
    graph::{Graph, Patience, schedule},
    host::Host,
    model::{BATCH, Hold, RoomAvailability, Taken, TimeRange},
    payload::moment,
    settings::Settings,
};

/// Longest time of one request, in seconds: 60 of the 62 days that Graph takes.
const LONGEST: i64 = 60 * 24 * 3600;

/// Returns when these rooms are taken, one record for each address.
///
/// # Errors
/// [`Error::Unexpected`] for more than [`BATCH`] rooms; otherwise those of [`Graph::require`].
/// Where one room is not reported, its record has the error.
pub async fn availability<H: Host>(
    host: &H,
    settings: &Settings,
    rooms: &[String],
    window: TimeRange,
) -> Result<Vec<RoomAvailability>, Error> {
    check(settings, rooms.len(), window)?;
    if rooms.len() > BATCH {
        let summary =
            format!("{} rooms were requested at once; the maximum is {BATCH}", rooms.len());
        return Err(Error::Unexpected(Explanation::new("too-many-rooms", summary)));
    }
    let graph = Graph::new(host, settings, Patience::INTERACTIVE);
    let mut taken: Vec<Result<BTreeSet<Item>, Error>> =
        rooms.iter().map(|_| Ok(BTreeSet::new())).collect();
    let mut from = window.starts;
    while from < window.ends {
        let until = from.saturating_add(LONGEST).min(window.ends);
        let times = (range::text(from), range::text(until));
        let schedules = schedule::read(&graph, rooms, (&times.0, &times.1)).await?;
        for (known, schedule) in taken.iter_mut().zip(schedules) {
            let items = schedule.and_then(|schedule| items(&schedule));
            match (known.as_mut(), items) {
                // An item over the end of a request comes twice.
                (Ok(known), Ok(items)) => known.extend(items),
                (Ok(_), Err(error)) => *known = Err(error),
                (Err(_), _) => {}
            }
        }
        from = until;
    }
    let record = |(email, taken): (&String, Result<BTreeSet<Item>, Error>)| RoomAvailability {
        email: email.clone(),
        taken: taken.map(|items| items.into_iter().map(Item::to_record).collect()),
    };
    Ok(rooms.iter().zip(taken).map(record).collect())
}

/// Begin, end, and whether the room has not decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Item(i64, i64, bool);

impl Item {
    fn to_record(self) -> Taken {
        let Self(starts, ends, is_open) = self;
        let hold = if is_open { Hold::Tentative } else { Hold::Confirmed };
        Taken { time: TimeRange { starts, ends }, hold }
    }
}

/// Returns the times at which a room is taken. The items count, not the digits of
/// `availabilityView`, in which a room with the status `workingElsewhere` looks free.
fn items(schedule: &Value) -> Result<Vec<Item>, Error> {
    let wrong = |what: &str| {
        let summary = format!("Microsoft Graph's answer about a room cannot be read: {what}");
        Error::Unexpected(Explanation::new("unreadable-schedule", summary))
    };
    let items = match &schedule["scheduleItems"] {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items,
        _ => return Err(wrong("scheduleItems")),
    };
    let mut taken = Vec::new();
    for item in items {
        let status = item["status"].as_str().unwrap_or_default().to_ascii_lowercase();
        let time = |name: &str| {
            let text = |part| item[name][part].as_str();
            moment(text("dateTime"), text("timeZone"))
                .map_err(|problem| wrong(&format!("{name}: {problem}")))
        };
        let (starts, ends) = (time("start")?, time("end")?);
        if status != "free" && starts.instant < ends.instant {
            taken.push(Item(starts.instant, ends.instant, status == "tentative"));
        }
    }
    Ok(taken)
}
