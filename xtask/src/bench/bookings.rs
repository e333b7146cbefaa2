//! What bookings of 1,000 rooms cost: requests, memory, and the page that shows a day.

use serde_json::{Value, json};

use super::{
    goals::{self, Goal},
    measured::{self, median},
    pages::Pages,
    syncs::{self, Run},
};
use crate::{
    Result, components,
    programs::{Profile, Programs},
    tenant::{Size, Tenant},
};

/// Number of events of each room in the window.
const EVENTS: u32 = 1_000;

/// Number of rooms of the large tenant, and of the small one that it is compared with.
const ROOMS: u32 = 1_000;
const FEW: u32 = 100;

/// Number of rooms with a change.
const CHANGED: u32 = 100;

/// How often the page of a day is requested; one request more goes before.
const PAGES: usize = 21;

pub(crate) fn measure() -> Result {
    let plugin = components::plugin()?;
    let programs = Programs::build(Profile::Release)?;
    let start = |rooms| {
        let mut tenant = Tenant::start(&programs, &plugin, Size::of_rooms(rooms, EVENTS))?;
        tenant.host.switch_bookings_on()?;
        tenant.host.compile_plugin()?;
        syncs::sync(&tenant, &["sync", "rooms"])?;
        Ok::<_, String>(tenant)
    };
    let few = sync(&start(FEW)?)?;
    let tenant = start(ROOMS)?;
    let (first, unchanged) = (sync(&tenant)?, sync(&tenant)?);
    let mut day = String::new();
    for room in 1..=CHANGED {
        day = change(&tenant, room)?;
    }
    let changed = sync(&tenant)?;
    let page = show_day(&tenant, &day)?;

    println!("\n## Bookings\n");
    println!("An emulated tenant with {EVENTS} events of each room in the window.\n");
    println!("| `ones-host sync bookings` | |\n|---|---|");
    for (what, run) in [
        (format!("{FEW} rooms, for the first time"), &few),
        (format!("{ROOMS} rooms, for the first time"), &first),
        (format!("{ROOMS} rooms, without changes"), &unchanged),
        (format!("{ROOMS} rooms, of which {CHANGED} have a change"), &changed),
    ] {
        println!("| {what} | {run} |");
    }
    println!(
        "\nThe day view of {ROOMS} rooms, which `ones-host serve` makes from its store for an \
         administrator: {} bookings,\n{:.1} MB of HTML, from the request to the end of the answer \
         {:.0} ms, median of {PAGES}.",
        page.bookings,
        page.megabytes,
        page.time * 1e3
    );
    let goal = |what: &str, most: u32, requests: u64| Goal::count(what, most, requests, "requests");
    #[expect(clippy::cast_precision_loss, reason = "two digits of a ratio are shown")]
    let host = Some(first.host as f64 / few.host as f64);
    // Each run requests a token.
    let polled = unchanged.requests.saturating_sub(1);
    let component = Some(measured::mib(first.component));
    goals::print(&[
        goal("requests of the first import", 10_500, first.requests),
        goal("requests without changes, apart from the token", ROOMS, polled),
        goal("requests with changes in 100 rooms", 1_250, changed.requests),
        Goal::at_most("component's memory, first import", 16.0, component).in_unit("MiB"),
        Goal::at_most("host's memory, 1,000 rooms / 100 rooms", 1.2, host),
        Goal::at_most("day view of 1,000 rooms", 100.0, Some(page.time * 1e3)).in_unit("ms"),
    ]);
    Ok(())
}

fn sync(tenant: &Tenant) -> Result<Run> {
    syncs::sync(tenant, &["sync", "bookings"])
}

/// Changes one thing in the calendar of a room, and returns a day on which it has meetings.
///
/// In turn: a user books at the door, marks a meeting as tentative, deletes one, and moves an
/// occurrence of a series.
fn change(tenant: &Tenant, room: u32) -> Result<String> {
    let now = tenant.get("clock")?;
    let now = now["now"].as_str().unwrap_or_default();
    let year: u32 = now.get(..4).and_then(|year| year.parse().ok()).unwrap_or_default();
    let calendar = format!("calendars/room-{room}@contoso.com");
    let entries = tenant.get(&format!("{calendar}?from={now}&to={}-12-31T00:00:00Z", year + 1))?;
    let entries = entries["value"].as_array().map(Vec::as_slice).unwrap_or_default();
    // Not today's: the first ones can be over.
    let mut later = entries.iter().skip(20);
    let is_single = |entry: &&Value| entry["type"] == "singleInstance";
    let occurrence = entries.iter().skip(20).find(|entry| entry["type"] == "occurrence");
    let single = later.find(is_single).ok_or_else(|| format!("{calendar} has no meeting"))?;
    let occurrence = occurrence.ok_or_else(|| format!("{calendar} has no series"))?;
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    let event = |entry| format!("{calendar}/events/{}", text(entry, "meeting"));
    let day = text(occurrence, "originalDate");
    match room % 4 {
        0 => tenant.send(
            "POST",
            "meetings",
            &json!({
                "organizer": format!("room-{room}@contoso.com"), "subject": "Walk-up",
                "start": format!("{day}T02:00:00"), "end": format!("{day}T02:30:00"), "force": true,
            }),
        )?,
        1 => tenant.send("PATCH", &event(single), &json!({"showAs": "tentative"}))?,
        2 => tenant.send("DELETE", &event(single), &Value::Null)?,
        _ => tenant.send(
            "PATCH",
            &event(occurrence),
            &json!({
                "date": day, "start": format!("{day}T02:00:00"), "end": format!("{day}T02:30:00"),
            }),
        )?,
    }
    Ok(day)
}

/// The page of a day.
struct DayPage {
    bookings: usize,
    megabytes: f64,
    /// Seconds from the request to the end of the answer.
    time: f64,
}

fn show_day(tenant: &Tenant, day: &str) -> Result<DayPage> {
    let pages = Pages::serve(&tenant.host)?;
    let path = format!("/admin/integrations/1/bookings?day={day}");
    let (html, _) = pages.get(&path)?;
    let rooms = html.matches("<tr><th scope=\"row\">").count();
    if u32::try_from(rooms) != Ok(ROOMS) {
        return Err(format!("the page of {day} has {rooms} of {ROOMS} rooms"));
    }
    let times = (0..PAGES).map(|_| Ok(pages.get(&path)?.1)).collect::<Result<Vec<_>>>()?;
    #[expect(clippy::cast_precision_loss, reason = "one digit is shown")]
    let megabytes = html.len() as f64 / 1e6;
    Ok(DayPage { bookings: html.matches("<li ").count(), megabytes, time: median(&times) })
}
