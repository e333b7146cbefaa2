//! Rooms that cannot be read: each one fails alone, and a problem of all ends the run.

use std::{cell::RefCell, collections::BTreeMap};

use futures_executor::block_on;
use serde_json::{Value, json};

use super::{event, on, window};
use crate::{
    bookings,
    error::Error,
    host::Failure,
    model::{RoomPosition, RoomUpdate, Summary},
    tests::script::{Asked, Collected, GRAPH, Reply, Script, ok, refused, settings},
};

fn rooms(count: usize) -> Vec<RoomPosition> {
    let room = |number| RoomPosition {
        room: format!("r{number}"),
        email: format!("room{number}@contoso.com"),
        time_zone: "Europe/Berlin".to_owned(),
        since: None,
    };
    (0..count).map(room).collect()
}

/// Returns a calendar with one event.
fn one_event(room: &str) -> Reply {
    let link = format!("{GRAPH}/v1.0/users/{room}/calendarView/delta?token=1");
    let event = event("a", "2027-05-04T09:00:00Z", "2027-05-04T10:00:00Z");
    ok(json!({"value": [event], "@odata.deltaLink": link}))
}

/// The codes of rooms that failed, and the result of the run. Number of rooms that were read.
type Ran = (BTreeMap<String, String>, Result<Summary, Error>, usize);

/// Reads rooms whose calendars answer so: `None` is a calendar with one event.
fn run(count: usize, answer: impl Fn(&str, &Asked) -> Option<Reply>) -> Ran {
    let script = Script::new(|asked: &Asked| {
        let path = asked.path.strip_prefix("/v1.0/users/");
        let Some((room, _)) = path.and_then(|path| path.split_once("/calendarView")) else {
            return Reply::Json(404, Value::Null);
        };
        answer(room, asked).unwrap_or_else(|| one_event(room))
    });
    let mut sink = Collected::default();
    let result = block_on(bookings::sync(&script, &on(), &rooms(count), window(), &mut sink));
    let (mut failed, mut read) = (BTreeMap::new(), 0);
    for update in sink.batches {
        match update {
            RoomUpdate::Batch(_) => read += 1,
            RoomUpdate::Failed(failure) => {
                failed.insert(failure.room, code(&failure.error));
            }
        }
    }
    (failed, result, read)
}

fn code(error: &Error) -> String {
    match error {
        Error::Throttled(seconds) => format!("throttled {seconds}"),
        error => error.explanation().map(|it| it.code.clone()).unwrap_or_default(),
    }
}

#[test]
fn a_room_that_is_refused_holds_up_no_other() {
    for (status, name) in [
        (403, "ErrorAccessDenied"),
        (403, "DelegatedCalendarAccessDenied"),
        (404, "MailboxNotEnabledForRESTAPI"),
        (404, "ErrorInvalidUser"),
        (400, "ErrorInvalidUser"),
        (507, "ErrorQuotaExceeded"),
        (500, "ErrorInternalServerError"),
        (429, "ApplicationThrottled"),
    ] {
        let (failed, result, read) =
            run(50, |room, _| (room == "room7@contoso.com").then(|| refused(status, name)));
        assert_eq!(read, 49, "{name}");
        let expected = if status == 429 { "throttled 60" } else { name };
        assert_eq!(failed, BTreeMap::from([("r7".to_owned(), expected.to_owned())]));
        assert!(!result.expect("a good run").complete);
    }
}

#[test]
fn the_explanation_of_a_refused_room_names_it_and_what_to_do() {
    let text = |status, code: &'static str, message: &'static str| {
        let script = Script::new(move |asked: &Asked| match asked.path.contains("room1@") {
            true => Reply::Json(status, json!({"error": {"code": code, "message": message}})),
            false if asked.path.contains("calendarView") => one_event("room0@contoso.com"),
            false => Reply::Json(404, Value::Null),
        });
        let mut sink = Collected::default();
        block_on(bookings::sync(&script, &on(), &rooms(2), window(), &mut sink)).expect("a run");
        let failed = sink.batches.into_iter().find_map(|update| match update {
            RoomUpdate::Failed(failure) => failure.error.explanation().cloned(),
            RoomUpdate::Batch(_) => None,
        });
        let failed = failed.expect("a failure");
        format!("{}. {}", failed.summary, failed.remedy.expect("a remedy"))
    };
    let raop = text(
        403,
        "ErrorAccessDenied",
        "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy.",
    );
    let denied = text(403, "ErrorAccessDenied", "Access is denied.");
    for text in [&raop, &denied] {
        assert!(
            text.contains("does not let ONES read the calendar of room1@contoso.com"),
            "{text}"
        );
        assert!(text.contains("application access policy"), "{text}");
        assert!(!text.contains("admin consent"), "the permission is granted: {text}");
    }
    let absent = text(404, "MailboxNotEnabledForRESTAPI", "Mailbox inactive.");
    assert!(absent.contains("room1@contoso.com has no mailbox in Exchange Online"), "{absent}");
}

#[test]
fn a_permission_that_is_missing_for_all_is_one_error_of_the_run() {
    let (failed, result, read) = run(100, |_, _| Some(refused(403, "ErrorAccessDenied")));
    assert_eq!((failed.len(), read), (0, 0));
    let error = result.expect_err("the permission is missing");
    assert!(
        matches!(&error, Error::PermissionMissing(it) if it.summary.contains("Calendars.ReadWrite"))
    );
    // One room alone does not prove it.
    let (failed, result, _) = run(1, |_, _| Some(refused(403, "ErrorAccessDenied")));
    assert_eq!(failed.len(), 1);
    assert!(result.is_ok());
    // Nor do many, where one can be read.
    let (failed, result, read) = run(100, |room, _| {
        (room != "room99@contoso.com").then(|| refused(403, "ErrorAccessDenied"))
    });
    assert_eq!((failed.len(), read), (99, 1));
    assert!(result.is_ok());
}

#[test]
fn a_token_that_is_refused_and_a_tenant_without_exchange_end_the_run_at_once() {
    let asked = RefCell::new(0);
    let (failed, result, _) = run(100, |_, _| {
        *asked.borrow_mut() += 1;
        Some(Reply::Json(
            401,
            json!({"error": {"code": "InvalidAuthenticationToken",
            "message": "The token is not valid."}}),
        ))
    });
    assert!(failed.is_empty() && matches!(result, Err(Error::Unauthorized(_))), "{result:?}");
    assert!(*asked.borrow() <= 32, "{}", asked.borrow());
    let (failed, result, _) =
        run(100, |_, _| Some(refused(401, "OrganizationFromTenantGuidNotFound")));
    assert!(failed.is_empty() && matches!(result, Err(Error::Unsupported(_))), "{result:?}");
}

#[test]
fn a_network_that_is_down_ends_the_run_with_one_error() {
    let (failed, result, _) = run(100, |_, _| Some(Reply::Fail(Failure::Connection)));
    assert!(failed.is_empty() && matches!(result, Err(Error::Unavailable(_))), "{result:?}");
    // It goes down after some rooms were read.
    let read_before = RefCell::new(0);
    let (failed, result, read) = run(200, |_, _| {
        *read_before.borrow_mut() += 1;
        (*read_before.borrow() > 10).then_some(Reply::Fail(Failure::Connection))
    });
    assert!(matches!(result, Err(Error::Unavailable(_))), "{result:?}");
    assert!(read == 10 && failed.len() < 40, "{read} {}", failed.len());
}

#[test]
fn bookings_are_not_read_where_they_are_off() {
    let script = Script::new(|_: &Asked| panic!("no request is sent"));
    let off = settings(json!({}));
    let mut sink = Collected::default();
    let result = block_on(bookings::sync(&script, &off, &rooms(1), window(), &mut sink));
    assert_eq!(result.map_err(|error| code(&error)), Err("bookings-off".to_owned()));
}

#[test]
fn a_thousand_rooms_take_one_token_and_few_requests() {
    let changes = |changed: usize| {
        let script = Script::new(move |asked: &Asked| {
            let path = asked.path.strip_prefix("/v1.0/users/");
            let Some((room, _)) = path.and_then(|path| path.split_once("/calendarView")) else {
                return Reply::Json(404, Value::Null);
            };
            let number = room.trim_start_matches("room").split('@').next().unwrap_or_default();
            match number.parse::<usize>().is_ok_and(|number| number < changed) {
                true => one_event(room),
                false => {
                    let link = format!("{GRAPH}/v1.0/users/{room}/calendarView/delta?token=1");
                    ok(json!({"value": [], "@odata.deltaLink": link}))
                }
            }
        });
        let mut sink = Collected::default();
        let (settings, rooms) = (on(), rooms(1_000));
        let run = bookings::sync(&script, &settings, &rooms, window(), &mut sink);
        let requests = block_on(run).expect("a good run").requests;
        (requests, script.tokens())
    };
    assert_eq!(changes(0), (1_001, 1));
    assert_eq!(changes(100), (1_001, 1));
}
