//! Where a run continues, and when a room is listed again.

use std::cell::RefCell;

use serde_json::{Value, json};

use super::{
    MAILBOX, at,
    calendar::{Calendar, changing},
    event, on, room,
    store::Store,
    window, with,
};
use crate::{
    model::{Mode, Part, TimeRange},
    settings::Settings,
    tests::script::{Asked, Script, settings},
};

const START: &str = "2027-05-04T09:00:00Z";
const END: &str = "2027-05-04T10:00:00Z";
const DAY: i64 = 24 * 3600;

const WHOLE: Mode = Mode::Full(Part { first: true, last: true });

fn calendar() -> RefCell<Calendar> {
    RefCell::new(Calendar::of(vec![vec![event("a", START, END)]]))
}

fn modes(
    store: &mut Store,
    calendar: &RefCell<Calendar>,
    settings: &Settings,
    window: TimeRange,
) -> Vec<Mode> {
    let batches = store.sync(&changing(calendar), settings, window);
    batches.iter().map(|batch| batch.mode).collect()
}

#[test]
fn a_later_run_reads_only_what_changed() {
    let (calendar, mut store) = (calendar(), Store::new(room("Europe/Berlin")));
    assert_eq!(modes(&mut store, &calendar, &on(), window()), [WHOLE]);
    let script = changing(&calendar);
    let batches = store.sync(&script, &on(), window());
    assert_eq!(batches[0].mode, Mode::Incremental);
    assert_eq!(script.paths().len(), 1);
}

#[test]
fn a_window_that_rolls_on_needs_no_new_list_until_the_spare_days_are_used_up() {
    let (calendar, mut store) = (calendar(), Store::new(room("Europe/Berlin")));
    modes(&mut store, &calendar, &on(), window());
    let listed: Vec<_> = (1..=31)
        .filter(|day| {
            let later =
                TimeRange { starts: window().starts + day * DAY, ends: window().ends + day * DAY };
            modes(&mut store, &calendar, &on(), later) == [WHOLE]
        })
        .collect();
    assert!(listed.iter().all(|day| *day > 10) && listed.len() <= 2, "{listed:?}");
    assert!(!listed.is_empty(), "at the latest after 30 days");
}

#[test]
fn a_room_is_listed_again_where_what_its_checkpoint_depends_on_changed() {
    let other_tenant = settings(json!({"server": {"tenantId": "fabrikam.com"},
        "rooms": {"bookings": "on"}}));
    let calendar = calendar();
    let mut store = Store::new(room("Europe/Berlin"));
    modes(&mut store, &calendar, &on(), window());
    assert_eq!(modes(&mut store, &calendar, &other_tenant, window()), [WHOLE]);
    modes(&mut store, &calendar, &on(), window());
    store.position.time_zone = "Asia/Tokyo".to_owned();
    assert_eq!(modes(&mut store, &calendar, &on(), window()), [WHOLE]);
    let longer = TimeRange { ends: at("2027-12-01T00:00:00Z"), ..window() };
    assert_eq!(modes(&mut store, &calendar, &on(), longer), [WHOLE]);
    let titles = settings(json!({"rooms": {"bookings": "on", "bookingTitles": "shown"}}));
    assert_eq!(modes(&mut store, &calendar, &titles, longer), [Mode::Incremental]);
    for nonsense in ["", "{}", "null", "{\"version\": 99}", "\u{0}"] {
        store.position.since = Some(nonsense.to_owned());
        assert_eq!(modes(&mut store, &calendar, &on(), longer), [WHOLE], "{nonsense}");
    }
}

#[test]
fn in_another_time_zone_no_booking_counts_as_the_stored_one() {
    let calendar = calendar();
    let mut store = Store::new(room("Europe/Berlin"));
    modes(&mut store, &calendar, &on(), window());
    let version = |store: &Store| store.bookings["a"].version.clone();
    let before = version(&store);
    store.position.time_zone = "Asia/Tokyo".to_owned();
    modes(&mut store, &calendar, &on(), window());
    assert_ne!(version(&store), before);
    store.position.email = "moved@contoso.com".to_owned();
    let other = Calendar::of(vec![vec![event("a", START, END)]]);
    let script = Script::new(|asked: &Asked| {
        let path = asked.path.replace("moved@contoso.com", MAILBOX);
        other.answer(&Asked { path, ..asked.clone() })
    });
    let in_tokyo = version(&store);
    store.sync(&script, &on(), window());
    assert_ne!(version(&store), in_tokyo);
}

#[test]
fn a_checkpoint_is_stable_and_contains_no_secret() {
    let (calendar, mut store) = (calendar(), Store::new(room("Europe/Berlin")));
    modes(&mut store, &calendar, &on(), window());
    let text = store.position.since.clone().expect("a checkpoint");
    let known: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        known,
        json!({
            "version": 1,
            "madeFor": {
                "graph": "https://graph.microsoft.com",
                "tenant": crate::tests::script::TENANT,
                "mailbox": MAILBOX,
                "timeZone": "Europe/Berlin",
            },
            "position": {
                "from": window().starts, "until": window().ends + 30 * DAY, "again": [],
                "link": format!(
                    "https://graph.microsoft.com/v1.0/users/{MAILBOX}/calendarView/delta?token=1-0"
                ),
            },
        })
    );
    assert!(!text.contains("not~a~real") && !text.contains("opaque"));
}

#[test]
fn a_checkpoint_that_leads_to_another_server_is_not_followed() {
    let (calendar, mut store) = (calendar(), Store::new(room("Europe/Berlin")));
    modes(&mut store, &calendar, &on(), window());
    let text = store.position.since.take().expect("a checkpoint");
    let foreign = text.replace("https://graph.microsoft.com/v1.0", "https://evil.example/v1.0");
    store.position.since = Some(foreign);
    assert_eq!(modes(&mut store, &calendar, &on(), window()), [WHOLE]);
}

#[test]
fn a_token_that_was_lost_lists_the_room_again_and_removes_nothing_that_can_be_read() {
    let calendar = calendar();
    let mut store = Store::new(room("Europe/Berlin"));
    modes(&mut store, &calendar, &on(), window());
    store.changes();
    calendar.replace_with(|calendar| {
        let mut calendar = std::mem::take(calendar).with_events(vec![event("a", START, END)]);
        calendar.forgotten.insert(1);
        calendar.rounds[0] = vec![vec![event("b", START, END)]];
        calendar
    });
    let batches = store.sync(&changing(&calendar), &on(), window());
    assert_eq!(batches[0].mode, WHOLE);
    assert_eq!(store.changes(), ["b 05-04 09:00 to 10:00"], "a was read, and stays");
}

#[test]
fn a_round_that_was_cut_off_is_repeated_and_its_checkpoint_is_the_former_one() {
    let first: Vec<_> = (0..700).map(|number| event(&format!("e{number}"), START, END)).collect();
    let moved = |event: &Value| {
        let later = super::utc("2027-05-04T11:00:00Z");
        with(event.clone(), &[("end", later), ("@odata.etag", json!("W/\"2\""))])
    };
    let second: Vec<_> = first.iter().map(moved).collect();
    let mut calendar = Calendar::of(Vec::new());
    calendar.rounds = vec![
        first.chunks(200).map(<[Value]>::to_vec).collect(),
        second.chunks(200).map(<[Value]>::to_vec).collect(),
    ];
    let script = calendar.script();
    let mut store = Store::new(room("Europe/Berlin"));
    // Cut off within the listing: it begins again, with `first`.
    let (batches, _, result) = store.try_sync(&script, &on(), window(), 1);
    assert_eq!((batches.len(), result), (1, Err(crate::error::Error::Cancelled)));
    let batches = store.sync(&script, &on(), window());
    assert_eq!(batches[0].mode, Mode::Full(Part { first: true, last: false }));
    assert_eq!(store.bookings.len(), 700);
    // Cut off within the changes.
    let before = store.position.since.clone();
    let (batches, _, _) = store.try_sync(&script, &on(), window(), 1);
    assert_eq!((batches.len(), &store.position.since), (1, &before));
    store.sync(&script, &on(), window());
    assert!(store.shown().iter().all(|shown| shown == "05-04 09:00 to 11:00"));
}
