//! The law of reading: whatever users do in Outlook, and however requests fail, are cut off,
//! repeated or answered by a replica that is behind, after two quiet runs ONES has what is in the
//! calendar.

mod model;

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use proptest::prelude::*;
use serde_json::json;

use self::model::{Act, Model, any_act};
use super::{MAILBOX, at, on, room, store::Store};
use crate::{
    model::{BookingTime, TimeRange},
    tests::{
        script::{Asked, GRAPH, Reply, Script, nothing, ok, refused},
        users::batch,
    },
    zones::Zone,
};

const DAY: i64 = 24 * 3600;

/// What goes wrong in a run.
#[derive(Debug, Clone)]
struct Run {
    acts: Vec<Act>,
    page: usize,
    /// Whether each page repeats the last item of the page before it.
    repeats: bool,
    trouble: Trouble,
}

#[derive(Debug, Clone)]
enum Trouble {
    None,
    /// Exchange has lost the token.
    LostToken,
    /// The mailbox is refused.
    Refused,
    /// The host ends the run after a number of batches.
    Killed(usize),
    /// Reads by id come from a replica without the changes of this run.
    Behind,
}

fn any_run() -> impl Strategy<Value = Run> {
    let trouble = prop_oneof![
        3 => Just(Trouble::None),
        1 => Just(Trouble::LostToken),
        1 => Just(Trouble::Refused),
        2 => (0..4_usize).prop_map(Trouble::Killed),
        2 => Just(Trouble::Behind),
    ];
    (prop::collection::vec(any_act(), 0..6), 1..9_usize, any::<bool>(), trouble)
        .prop_map(|(acts, page, repeats, trouble)| Run { acts, page, repeats, trouble })
}

/// The calendar as the run sees it.
struct Tenant {
    now: Model,
    /// The calendar before this run's changes.
    before: Model,
    run: Run,
    is_lost: Cell<bool>,
}

impl Tenant {
    fn answer(&self, asked: &Asked) -> Reply {
        if asked.path == "/v1.0/$batch" {
            let is_behind = matches!(self.run.trouble, Trouble::Behind);
            let model = if is_behind { &self.before } else { &self.now };
            let prefix = format!("/users/{MAILBOX}/events/");
            return batch(asked, |url, _| {
                let path = url.split('?').next().unwrap_or_default();
                model.part(path.strip_prefix(&prefix).expect("an event"))
            });
        }
        let path = format!("/v1.0/users/{MAILBOX}/calendarView/delta?");
        let Some(query) = asked.path.strip_prefix(&path) else { return nothing() };
        if let Trouble::Refused = self.run.trouble {
            return refused(403, "ErrorAccessDenied");
        }
        let place = query.strip_prefix("token=").unwrap_or("0-0");
        let (since, skip) = place.split_once('-').expect("two numbers");
        let (since, skip): (u32, usize) =
            (since.parse().expect("a number"), skip.parse().expect("a number"));
        if let Trouble::LostToken = self.run.trouble
            && since > 0
            && !self.is_lost.replace(true)
        {
            return refused(410, "SyncStateNotFound");
        }
        let items = self.now.delta(since);
        let end = (skip + self.run.page).min(items.len());
        let start = if self.run.repeats { skip.saturating_sub(1) } else { skip };
        let link = |token: u32, skip: usize| {
            format!("{GRAPH}/v1.0/users/{MAILBOX}/calendarView/delta?token={token}-{skip}")
        };
        let value = &items[start.min(end)..end];
        match end < items.len() {
            true => ok(json!({"value": value, "@odata.nextLink": link(since, end)})),
            false => ok(json!({"value": value, "@odata.deltaLink": link(self.now.now(), 0)})),
        }
    }
}

fn shown(store: &Store) -> BTreeMap<String, String> {
    let start = |time: &BookingTime| match time {
        BookingTime::Hours(time) => {
            jiff::Timestamp::from_second(time.starts).expect("a time").to_string()
        }
        BookingTime::Days(days) => days.first.clone(),
    };
    store.bookings.values().map(|booking| (booking.id.clone(), start(&booking.time))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn after_two_quiet_runs_the_bookings_are_those_of_the_calendar(
        runs in prop::collection::vec(any_run(), 1..8),
        zone in prop::sample::select(vec![
            "Europe/Berlin", "America/New_York", "Australia/Melbourne", "Asia/Kolkata",
            "America/Sao_Paulo",
        ]),
    ) {
        let (starts, ends) = (at("2027-03-10T00:00:00Z"), at("2027-04-10T00:00:00Z"));
        let window = TimeRange { starts, ends };
        let range = (window.starts, window.ends + 30 * DAY);
        // The number of changes is never zero, which would stand for a listing.
        let mut model = Model::new(window.starts, (range.0 - DAY, range.1 + DAY));
        model.act(&Act::Book { hour: 5, is_day: false });
        let mut store = Store::new(room(zone));
        let quiet = Run { acts: Vec::new(), page: 5, repeats: false, trouble: Trouble::None };
        for run in runs.into_iter().chain([quiet.clone(), quiet]) {
            let before = model.clone();
            run.acts.iter().for_each(|act| model.act(act));
            let updates = match run.trouble {
                Trouble::Killed(updates) => updates,
                _ => usize::MAX,
            };
            let (now, is_lost) = (model.clone(), Cell::new(false));
            let tenant = RefCell::new(Tenant { now, before, run, is_lost });
            let script = Script::new(|asked: &Asked| tenant.borrow().answer(asked));
            // A host confirms an hour later what a listing lacks: no replica is behind then.
            let since = store.position.since.as_deref();
            if since.is_none_or(|since| since.contains("\"position\":null")) {
                tenant.borrow_mut().before = model.clone();
            }
            store.try_sync(&script, &on(), window, updates).2.ok();
        }
        let zone = Zone::iana(zone).expect("a zone");
        prop_assert_eq!(shown(&store), model.truth(range, &zone));
    }
}
