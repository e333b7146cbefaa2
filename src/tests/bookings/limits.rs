//! Pages, tokens, batches and throttling.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    MAILBOX, bare, calendar::Calendar, event, exception, instance, master, on, room, store::Store,
    window,
};
use crate::{
    host::Failure,
    model::{Mode, Part},
    tests::script::{Asked, GRAPH, Reply, Script, nothing, ok, refused},
};

const START: &str = "2027-05-04T09:00:00Z";
const END: &str = "2027-05-04T10:00:00Z";

fn delta(asked: &Asked) -> Option<&str> {
    asked.path.strip_prefix(&format!("/v1.0/users/{MAILBOX}/calendarView/delta?"))
}

fn page(events: Vec<Value>, link: &str, token: &str) -> Reply {
    let url = format!("{GRAPH}/v1.0/users/{MAILBOX}/calendarView/delta?token={token}");
    ok(json!({"value": events, link: url}))
}

#[test]
fn case_c44_single_events_and_occurrences_on_different_pages_are_all_there() {
    let singles = (0..10).map(|number| event(&format!("s{number}"), START, END)).collect();
    let mut second = vec![master("m", START, END, "UTC")];
    second.extend((0..4).map(|number| bare(&format!("o{number}"), "m", START, END)));
    second.extend((4..6).map(|number| exception(&format!("o{number}"), "m", START, END)));
    let mut calendar = Calendar::of(Vec::new());
    calendar.rounds = vec![vec![singles, second]];
    let mut store = Store::new(room("Europe/Berlin"));
    store.sync(&calendar.script(), &on(), window());
    assert_eq!(store.bookings.len(), 16);
}

#[test]
fn case_c45_a_page_larger_than_asked_for_is_read_and_its_series_is_whole_in_one_batch() {
    let mut events = vec![master("m", START, END, "UTC")];
    events.extend((0..1_200).map(|number| bare(&format!("o{number}"), "m", START, END)));
    let mut store = Store::new(room("Europe/Berlin"));
    let batches = store.sync(&Calendar::of(vec![events]).script(), &on(), window());
    assert_eq!(store.bookings.len(), 1_200);
    let largest = batches.iter().flat_map(|it| &it.changes).map(|it| it.bookings().len()).max();
    assert_eq!(largest, Some(1_200));
}

#[test]
fn case_c46_a_gateway_error_is_repeated_and_a_lost_token_lists_the_room_again() {
    let script = Script::new(|asked: &Asked| match (delta(asked), asked.before) {
        (Some("token=2"), 0) => Reply::Json(504, Value::Null),
        (Some("token=2"), _) => page(vec![event("a", START, END)], "@odata.deltaLink", "3"),
        (Some(_), _) => page(Vec::new(), "@odata.nextLink", "2"),
        _ => nothing(),
    });
    let mut store = Store::new(room("Europe/Berlin"));
    store.sync(&script, &on(), window());
    assert_eq!(store.shown(), ["05-04 09:00 to 10:00"]);

    let lost = Script::new(|asked: &Asked| match (delta(asked), asked.before) {
        (Some("token=2"), 0) => refused(410, "SyncStateNotFound"),
        (Some("token=2"), _) => page(vec![event("a", START, END)], "@odata.deltaLink", "3"),
        (Some(_), _) => page(Vec::new(), "@odata.nextLink", "2"),
        _ => nothing(),
    });
    let mut store = Store::new(room("Europe/Berlin"));
    let batches = store.sync(&lost, &on(), window());
    assert_eq!(store.shown(), ["05-04 09:00 to 10:00"]);
    assert_eq!(
        batches.last().map(|batch| batch.mode),
        Some(Mode::Full(Part { first: true, last: true }))
    );
}

#[test]
fn a_token_that_is_lost_again_and_again_fails_the_room_and_moves_no_checkpoint() {
    for (status, code) in [
        (410, "SyncStateNotFound"),
        (410, "syncStateNotFound"),
        (400, "resyncRequired"),
        (404, "SyncStateNotFound"),
    ] {
        let script = Script::new(move |asked: &Asked| match delta(asked) {
            Some("token=2") => refused(status, code),
            Some(_) => page(Vec::new(), "@odata.nextLink", "2"),
            None => nothing(),
        });
        let mut store = Store::new(room("Europe/Berlin"));
        let (batches, failures, _) = store.try_sync(&script, &on(), window(), usize::MAX);
        assert!(batches.is_empty() && store.position.since.is_none());
        let code = failures[0].error.explanation().map(|it| it.code.as_str());
        assert_eq!((code, script.paths().len()), (Some("state-lost"), 6));
    }
}

#[test]
fn case_c47_a_throttled_room_is_tried_again_within_its_time_and_alone() {
    let script = Script::new(|asked: &Asked| match delta(asked) {
        Some(_) if asked.at < Duration::from_secs(90) => refused(429, "ApplicationThrottled"),
        Some(_) => page(vec![event("a", START, END)], "@odata.deltaLink", "1"),
        None => nothing(),
    });
    let mut store = Store::new(room("Europe/Berlin"));
    store.sync(&script, &on(), window());
    assert_eq!(store.bookings.len(), 1);
    let always = Script::new(|asked: &Asked| match delta(asked) {
        Some(_) => refused(429, "ApplicationThrottled"),
        None => nothing(),
    });
    let mut store = Store::new(room("Europe/Berlin"));
    let (_, failures, _) = store.try_sync(&always, &on(), window(), usize::MAX);
    assert_eq!((failures.len(), store.position.since), (1, None));
}

/// A calendar with one changed series, whose read is answered by `part`.
fn with_parts(
    part: impl Fn(&str, usize) -> (u16, Value) + 'static,
) -> Script<impl Fn(&Asked) -> Reply> {
    Script::new(move |asked: &Asked| match (delta(asked), asked.path.as_str()) {
        (_, "/v1.0/$batch") => {
            let before = asked.before;
            crate::tests::users::batch(asked, |url, _| part(url, before))
        }
        (Some("token=1"), _) => page(vec![bare("o", "m", START, END)], "@odata.deltaLink", "2"),
        (Some("more"), _) => {
            let second = bare("o2", "m", "2027-05-11T09:00:00Z", "2027-05-11T10:00:00Z");
            ok(json!({"value": [instance(&second)]}))
        }
        (Some(_), _) => page(Vec::new(), "@odata.deltaLink", "1"),
        _ => nothing(),
    })
}

fn two_runs(script: &Script<impl Fn(&Asked) -> Reply>) -> (Store, usize) {
    let mut store = Store::new(room("Europe/Berlin"));
    store.sync(script, &on(), window());
    let (_, failures, _) = store.try_sync(script, &on(), window(), usize::MAX);
    (store, failures.len())
}

#[test]
fn case_c48_parts_of_a_batch_are_matched_repeated_and_their_links_followed() {
    let good = |url: &str| match url.contains("/instances") {
        true => json!({"value": [instance(&bare("o", "m", START, END))],
            "@odata.nextLink": format!("{GRAPH}/v1.0/users/{MAILBOX}/calendarView/delta?more")}),
        false => master("m", START, END, "UTC"),
    };
    let script = with_parts(move |url, before| match (before, url.contains("/instances")) {
        (0, true) => (429, json!({"error": {"code": "ApplicationThrottled", "message": ""}})),
        (0, false) => (504, Value::Null),
        _ => (200, good(url)),
    });
    let (store, failures) = two_runs(&script);
    assert_eq!((store.shown().len(), failures), (2, 0), "the next page is followed");
    let html = with_parts(|url, _| match url.contains("/instances") {
        true => (200, json!("<html>Log in, please</html>")),
        false => (200, master("m", START, END, "UTC")),
    });
    let (store, failures) = two_runs(&html);
    assert_eq!((store.shown().len(), failures), (0, 1));
}

#[test]
fn case_c64_every_request_and_every_part_of_a_batch_asks_for_immutable_ids_and_universal_time() {
    let script = with_parts(|url, _| match url.contains("/instances") {
        true => (200, json!({"value": [instance(&bare("o", "m", START, END))]})),
        false => (200, master("m", START, END, "UTC")),
    });
    two_runs(&script);
    let asked = script.asked.borrow();
    let mut seen = 0;
    let is_complete = |prefer: &str| {
        ["IdType=\"ImmutableId\"", "outlook.timezone=\"UTC\"", "outlook.body-content-type=\"text\""]
            .iter()
            .all(|part| prefer.contains(part))
    };
    for asked in asked.iter().filter(|asked| asked.origin == GRAPH) {
        if asked.path != "/v1.0/$batch" {
            let prefer = asked.header("prefer").expect("a header");
            assert!(is_complete(prefer), "{}", asked.path);
            assert!(prefer.ends_with("odata.maxpagesize=150"), "delta takes no $top");
            continue;
        }
        let body: Value = serde_json::from_str(&asked.body).expect("JSON");
        for part in body["requests"].as_array().expect("parts") {
            let prefer = part["headers"]["Prefer"].as_str().unwrap_or_default();
            assert!(is_complete(prefer) && !prefer.contains("maxpagesize"), "{part}");
            let url = part["url"].as_str().expect("a text");
            assert_eq!(url.ends_with("&$top=150"), url.contains("/instances"), "{url}");
            seen += 1;
        }
    }
    assert_eq!(seen, 2);
}

#[test]
fn at_most_four_parts_of_a_batch_to_one_mailbox_are_sent_at_a_time() {
    use std::cell::RefCell;
    let removals: Vec<_> = (0..30).map(|number| super::removed(&format!("e{number}"))).collect();
    let bodies = RefCell::new(Vec::new());
    let script = Script::new(|asked: &Asked| match delta(asked) {
        Some("token=1") => page(removals.clone(), "@odata.deltaLink", "2"),
        Some(_) => page(Vec::new(), "@odata.deltaLink", "1"),
        None if asked.path == "/v1.0/$batch" => {
            let body: Value = serde_json::from_str(&asked.body).expect("JSON");
            bodies.borrow_mut().push(body.clone());
            // Graph holds a request back where the one that it waits for failed: all do.
            let parts = body["requests"].as_array().expect("parts");
            let answer = |part: &Value| match part.get("dependsOn") {
                Some(_) => json!({"id": part["id"], "status": 424}),
                None => json!({"id": part["id"], "status": 404, "body": {"error": {
                    "code": "ErrorItemNotFound", "message": ""}}}),
            };
            ok(json!({"responses": parts.iter().map(answer).collect::<Vec<_>>()}))
        }
        None => nothing(),
    });
    let (_, failures) = two_runs(&script);
    assert_eq!(failures, 0);
    for body in bodies.borrow().iter() {
        let parts = body["requests"].as_array().expect("parts");
        let free = parts.iter().filter(|part| part.get("dependsOn").is_none());
        assert!(free.count() <= 4, "{body}");
    }
    assert_eq!(bodies.borrow().len(), 5 + 3, "of 20, and of 10");
    assert_eq!(script.pauses.borrow().len(), 0, "what was held back does not wait");
}

#[test]
fn a_network_that_fails_for_a_moment_is_no_failure() {
    let script = Script::new(|asked: &Asked| match (delta(asked), asked.before) {
        (Some(_), 0) => Reply::Fail(Failure::Connection),
        (Some(_), _) => page(vec![event("a", START, END)], "@odata.deltaLink", "1"),
        _ => nothing(),
    });
    let mut store = Store::new(room("Europe/Berlin"));
    store.sync(&script, &on(), window());
    assert_eq!(store.bookings.len(), 1);
}
