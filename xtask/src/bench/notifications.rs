//! How soon ONES has a change of Outlook with notifications, and how soon they are answered.

use std::{
    collections::{HashMap, VecDeque},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use ureq::Agent;

use super::{
    goals::{self, Goal},
    measured::{median, quantile},
    pages::Pages,
    syncs,
};
use crate::{
    Result, components,
    programs::{Profile, Programs},
    tenant::{Size, Tenant},
};

/// Number of rooms, and of events of each.
const ROOMS: u32 = 1_000;
const EVENTS: u32 = 10;

/// Number of changes that are made one by one, and the time from one to the next: 100 a minute.
const CHANGES: u32 = 250;
const PACE: Duration = Duration::from_millis(600);

/// Number of changes whose notifications come at once, each of another room.
const BURST: u32 = 1_000;

/// Number of notifications of the flood, and the time from one to the next: 10,000 a minute.
const FLOOD: u32 = 3_400;
const FLOOD_PACE: Duration = Duration::from_millis(6);

/// Number of clients that send the flood. Each sends its next notification at its time, and late
/// only where the answer before took longer than 96 ms.
const CLIENTS: u32 = 16;

/// Time between two looks at what ONES has.
const LOOK: Duration = Duration::from_millis(20);

/// Time after which a change that ONES does not have is a failure.
const LOST: Duration = Duration::from_secs(60);

pub(crate) fn measure() -> Result {
    let plugin = components::plugin()?;
    let programs = Programs::build(Profile::Release)?;
    let mut tenant = Tenant::start(&programs, &plugin, Size::of_rooms(ROOMS, EVENTS))?;
    // Every room can be booked.
    for number in 1..=ROOMS {
        let room = format!("rooms/room-{number}@contoso.com");
        tenant.send("PATCH", &room, &json!({"bookingType": "standard"}))?;
    }
    // Titles say which change ONES has.
    let titles = json!({"deleteSubject": false, "addOrganizerToSubject": false});
    tenant.send("PATCH", "calendars/*/policy", &titles)?;
    tenant.host.switch_bookings_on()?;
    tenant.host.compile_plugin()?;
    syncs::sync(&tenant, &["sync", "rooms"])?;
    syncs::sync(&tenant, &["sync", "bookings"])?;
    let rooms = rooms(&tenant)?;
    let pages = Pages::serve(&tenant.host)?;
    pages.connect(&tenant)?;
    let all = |state: &Value| state["rooms"]["watched"] == ROOMS && state["waiting"] == 0;
    wait_until(&tenant, all)?;

    let mut changes = Changes::plan(&tenant, &rooms)?;
    let delays = changes.follow(&tenant, &pages, CHANGES, PACE)?;
    let burst = changes.follow_at_once(&tenant, &pages)?;
    let answers = flood(&tenant)?;
    let flooded = Instant::now();
    wait_until(&tenant, |state| state["waiting"] == 0)?;
    let flooded = flooded.elapsed().as_secs_f64();

    println!("\n## Notifications\n");
    println!(
        "An emulated tenant with {ROOMS} rooms, each with a subscription and {EVENTS} events.\n"
    );
    println!("| | median | 95 % | longest |\n|---|---|---|---|");
    let row = |what: &str, times: &[f64], unit: &str| {
        let [half, most, longest] = [0.5, 0.95, 1.0].map(|part| quantile(times, part));
        println!("| {what} | {half:.2} {unit} | {most:.2} {unit} | {longest:.2} {unit} |");
    };
    row(&format!("until ONES has a change: {CHANGES}, 100 a minute"), &delays, "s");
    row(&format!("until the answer 202: {FLOOD} notifications, 10,000 a minute"), &answers, "ms");
    println!(
        "\nIf the notifications of {BURST} changes in as many rooms come at once, ONES has all of \
         them after {burst:.1} s.\nAfter the end of the flood, all rooms were read again within \
         {flooded:.1} s."
    );
    let within = |what: &str, most: f64, value: f64, unit| {
        Goal::at_most(what, most, Some(value)).in_unit(unit)
    };
    goals::print(&[
        within("until ONES has a change, median", 2.0, median(&delays), "s"),
        within("until ONES has a change, 95 %", 5.0, quantile(&delays, 0.95), "s"),
        within("answer to a notification, 95 %", 50.0, quantile(&answers, 0.95), "ms"),
    ]);
    Ok(())
}

/// Returns the ids of the rooms by their addresses.
fn rooms(tenant: &Tenant) -> Result<HashMap<String, String>> {
    let listed = tenant.host.json(&["rooms"])?;
    let text = |room: &Value, name: &str| room[name].as_str().unwrap_or_default().to_owned();
    let rooms = listed.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(rooms.map(|room| (text(&room, "email"), text(&room, "id"))).collect())
}

/// Waits until `ones-host notifications` prints a certain state.
fn wait_until(tenant: &Tenant, holds: impl Fn(&Value) -> bool) -> Result {
    let begin = Instant::now();
    while begin.elapsed() < 10 * LOST {
        let state = tenant.host.json(&["notifications"])?;
        let state = serde_json::from_str(&state)
            .map_err(|error| format!("the state of notifications is not JSON: {error}"))?;
        if holds(&state) {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(500));
    }
    Err("notifications do not reach the expected state".to_owned())
}

/// Changes that are made in turn, each in another room: a meeting is booked, and at the next turn
/// of its room renamed and moved.
struct Changes {
    organizer: String,
    rooms: Vec<Room>,
    made: usize,
}

struct Room {
    id: String,
    address: String,
    /// A day on which the room is free.
    day: String,
    meeting: Option<String>,
}

/// A change that ONES does not have yet.
struct Open {
    title: String,
    page: String,
    since: Instant,
}

impl Changes {
    fn plan(tenant: &Tenant, ids: &HashMap<String, String>) -> Result<Self> {
        let users = tenant.get("users?$top=50")?;
        let users = users["value"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_member = |user: &&Value| user["mail"].is_string() && user["userType"] == "Member";
        let organizer = users.iter().find(is_member).ok_or("the tenant has no member")?;
        let organizer = organizer["mail"].as_str().unwrap_or_default().to_owned();
        let rooms = (1..=ROOMS).map(|number| {
            let address = format!("room-{number}@contoso.com");
            let id = ids.get(&address).ok_or_else(|| format!("ONES has no {address}"))?.clone();
            let day = free_day(tenant, &address)?;
            Ok(Room { id, address, day, meeting: None })
        });
        Ok(Self { organizer, rooms: rooms.collect::<Result<_>>()?, made: 0 })
    }

    /// Makes changes at a pace. Returns, for each, the seconds from the answer to the change until
    /// the page of the room shows it.
    fn follow(
        &mut self,
        tenant: &Tenant,
        pages: &Pages,
        count: u32,
        pace: Duration,
    ) -> Result<Vec<f64>> {
        let (mut open, mut delays) = (VecDeque::new(), Vec::new());
        let (begin, mut made) = (Instant::now(), 0);
        while made < count || !open.is_empty() {
            let is_due = made < count && begin.elapsed() >= pace * made;
            if is_due {
                open.push_back(self.make(tenant)?);
                made += 1;
            }
            // Only the first one is looked for, so that looking costs little beside what is
            // measured. ONES reads them in about the same order.
            while let Some(Open { title, page, since }) = open.front() {
                if pages.get(page)?.0.contains(title) {
                    delays.push(since.elapsed().as_secs_f64());
                    open.pop_front();
                } else if since.elapsed() > LOST {
                    return Err(format!("ONES does not have {title}: {page}"));
                } else {
                    break;
                }
            }
            if !is_due {
                thread::sleep(LOOK);
            }
        }
        Ok(delays)
    }

    /// Makes many changes, and then lets the emulator send their notifications. Returns the seconds
    /// from then until the pages of all rooms show them.
    fn follow_at_once(&mut self, tenant: &Tenant, pages: &Pages) -> Result<f64> {
        tenant.send("PUT", "notifications", &json!({"hold": true}))?;
        let open = (0..BURST).map(|_| self.make(tenant)).collect::<Result<Vec<_>>>()?;
        tenant.send("PUT", "notifications", &json!({"hold": false}))?;
        let begin = Instant::now();
        for Open { title, page, .. } in &open {
            while !pages.get(page)?.0.contains(title) {
                if begin.elapsed() > LOST {
                    return Err(format!("ONES does not have {title}: {page}"));
                }
                thread::sleep(LOOK);
            }
        }
        Ok(begin.elapsed().as_secs_f64())
    }

    fn make(&mut self, tenant: &Tenant) -> Result<Open> {
        let count = self.rooms.len();
        // Rooms that are far from each other in every list.
        let room = &mut self.rooms[self.made * 7_919 % count];
        let title = format!("Change {} of the benchmark", self.made);
        self.made += 1;
        let at = |hour: u32| format!("{}T{hour:02}:00:00", room.day);
        match &room.meeting {
            None => {
                let meeting = json!({
                    "organizer": self.organizer, "rooms": [room.address], "subject": title,
                    "start": at(9), "end": at(10),
                });
                let made = tenant.made("meetings", &meeting)?;
                if made["rooms"][0]["response"] != "accepted" {
                    return Err(format!("{} did not accept a meeting: {made}", room.address));
                }
                room.meeting = made["id"].as_str().map(str::to_owned);
            }
            Some(meeting) => {
                let later = json!({"subject": title, "start": at(11), "end": at(12)});
                tenant.send("PATCH", &format!("meetings/{meeting}"), &later)?;
            }
        }
        let page = format!("/admin/integrations/1/bookings/rooms/{}?day={}", room.id, room.day);
        Ok(Open { title, page, since: Instant::now() })
    }
}

/// Returns a day of next month on which a room has no meeting.
fn free_day(tenant: &Tenant, address: &str) -> Result<String> {
    let now = tenant.get("clock")?;
    let now = now["now"].as_str().unwrap_or_default();
    let number = |part: Option<&str>| part.and_then(|text| text.parse().ok()).unwrap_or(1);
    let (year, month): (u32, u32) = (number(now.get(..4)), number(now.get(5..7)));
    let (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    for day in 2..=27 {
        let date = |day: u32| format!("{year}-{month:02}-{day:02}");
        let (from, to) = (date(day - 1), date(day + 1));
        let path = format!("calendars/{address}?from={from}T12:00:00Z&to={to}T12:00:00Z");
        let entries = tenant.get(&path)?;
        if entries["value"].as_array().is_none_or(Vec::is_empty) {
            return Ok(date(day));
        }
    }
    Err(format!("{address} has a meeting on every day"))
}

/// Sends notifications of changes in all rooms at a pace, and returns the milliseconds from the
/// moment at which each was to be sent until its answer.
fn flood(tenant: &Tenant) -> Result<Vec<f64>> {
    let subscriptions = tenant.get("subscriptions")?;
    let subscriptions = subscriptions["value"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of_rooms = |subscription: &&Value| {
        subscription["resource"].as_str().is_some_and(|resource| resource.contains("/events"))
    };
    let of_rooms: Vec<_> = subscriptions.iter().filter(of_rooms).collect();
    let first = of_rooms.first().ok_or("the tenant has no subscriptions")?;
    let url = first["notificationUrl"].as_str().unwrap_or_default();
    let id = first["id"].as_str().unwrap_or_default();
    let secret = tenant.get(&format!("subscriptions/{id}/secret"))?["clientState"].take();
    let body = |subscription: &&Value| {
        let item = json!({
            "subscriptionId": subscription["id"],
            "subscriptionExpirationDateTime": subscription["expires"],
            "changeType": "updated",
            "resource": "Users/room/Events/event",
            "resourceData": {
                "@odata.type": "#Microsoft.Graph.Event",
                "@odata.id": "Users/room/Events/event",
                "id": "event",
            },
            "clientState": secret,
            "tenantId": tenant.access["tenantId"],
        });
        json!({ "value": [item] }).to_string()
    };
    let bodies: Vec<_> = of_rooms.iter().map(body).collect();
    let begin = Instant::now();
    let send = |client: u32| {
        let agent: Agent = Agent::config_builder().http_status_as_error(false).build().into();
        let mut times = Vec::new();
        for number in (client..FLOOD).step_by(CLIENTS as usize) {
            let due = begin + FLOOD_PACE * number;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let body = &bodies[number as usize % bodies.len()];
            let sent = agent.post(url).content_type("application/json").send(body);
            let status = sent.map_err(|error| format!("{url}: {error}"))?.status().as_u16();
            if status != 202 {
                return Err(format!("a notification was answered with {status}"));
            }
            times.push(due.elapsed().as_secs_f64() * 1e3);
        }
        Ok(times)
    };
    let times = thread::scope(|scope| {
        let clients: Vec<_> =
            (0..CLIENTS).map(|client| scope.spawn(move || send(client))).collect();
        let times = clients.into_iter().map(|client| client.join());
        times.collect::<std::result::Result<Vec<_>, _>>()
    });
    let times = times.map_err(|_| "a client of the flood panicked")?;
    Ok(times.into_iter().collect::<Result<Vec<_>>>()?.concat())
}
