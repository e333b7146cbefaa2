//! Bookings that are read by id.

use futures_executor::block_on;
use serde_json::{Value, json};

use super::{bare, calendar::Calendar, event, exception, instance, master, on, room, window, with};
use crate::{
    bookings,
    error::Error,
    model::{BATCH, BookingChange, BookingEnd, BookingGone},
    tests::script::{Asked, Reply, Script, refused},
};

const START: &str = "2027-05-04T09:00:00Z";
const END: &str = "2027-05-04T10:00:00Z";

/// Reads ids of the room.
fn ask(
    script: &Script<impl Fn(&Asked) -> Reply>,
    ids: &[String],
) -> Result<Vec<BookingChange>, Error> {
    block_on(bookings::read(script, &on(), &room("Europe/Berlin"), ids, window()))
}

fn read(calendar: Calendar, ids: &[&str]) -> Vec<BookingChange> {
    let ids: Vec<_> = ids.iter().map(|id| (*id).to_owned()).collect();
    let mut changes = ask(&calendar.script(), &ids).expect("an answer");
    assert_eq!(changes.len(), ids.len(), "one change for each id");
    changes.sort_by(|one, other| one.id().cmp(other.id()));
    changes
}

#[test]
fn each_id_has_one_answer() {
    let far = ("2028-05-04T09:00:00Z", "2028-05-04T10:00:00Z");
    let cancelled = with(event("c", START, END), &[("isCancelled", json!(true))]);
    let broken = with(event("e", START, END), &[("end", json!(null))]);
    let calendar = Calendar::default().with_events(vec![
        event("a", START, END),
        event("b", far.0, far.1),
        cancelled,
        broken,
    ]);
    let changes = read(calendar, &["a", "b", "c", "d", "e"]);
    let gone = |id: &str, end| BookingChange::BookingGone(BookingGone { id: id.to_owned(), end });
    assert!(matches!(&changes[0], BookingChange::Booking(booking) if booking.id == "a"));
    assert_eq!(changes[1], gone("b", BookingEnd::OutsideWindow));
    assert_eq!(changes[2], gone("c", BookingEnd::Cancelled));
    assert_eq!(changes[3], BookingChange::BookingMissing("d".to_owned()));
    assert!(matches!(&changes[4], BookingChange::BookingUnreadable(it) if it.id == "e"));
}

#[test]
fn the_id_of_a_series_is_answered_by_all_its_occurrences_and_that_of_one_by_itself() {
    let occurrence = instance(&bare("o1", "m", START, END));
    let moved = exception("o2", "m", "2027-05-11T11:00:00Z", "2027-05-11T12:00:00Z");
    let calendar =
        Calendar::default().with_series(master("m", START, END, "UTC"), vec![occurrence, moved]);
    let changes = read(calendar, &["m", "o1", "o2", "none"]);
    let BookingChange::Series(series) = &changes[0] else { panic!("{:?}", changes[0]) };
    assert_eq!((series.id.as_str(), series.bookings.len()), ("m", 2));
    for (change, booking) in changes[2..].iter().zip(&series.bookings) {
        assert_eq!(change, &BookingChange::Booking(booking.clone()), "as in the series");
    }
}

#[test]
fn a_series_with_an_occurrence_that_cannot_be_read_is_unreadable_so_that_no_date_of_it_ends() {
    let good = instance(&bare("o1", "m", START, END));
    let without_end = with(good.clone(), &[("id", json!("o2")), ("end", json!(null))]);
    let without_id = with(good.clone(), &[("id", json!(5))]);
    for wrong in [without_end, without_id] {
        let mut calendar = Calendar::default().with_events(vec![master("m", START, END, "UTC")]);
        calendar.instances.insert("m".to_owned(), vec![good.clone(), wrong]);
        let changes = read(calendar, &["m"]);
        assert!(
            matches!(&changes[..], [BookingChange::BookingUnreadable(it)] if it.id == "m"),
            "{changes:?}"
        );
    }
}

#[test]
fn many_ids_are_read_in_batches_of_twenty() {
    let events: Vec<Value> =
        (0..50).map(|number| event(&format!("e{number:02}"), START, END)).collect();
    let ids: Vec<_> = (0..50).map(|number| format!("e{number:02}")).collect();
    let script = Calendar::default().with_events(events).script();
    assert_eq!(ask(&script, &ids).expect("an answer").len(), 50);
    assert_eq!(script.paths().len(), 3);
    let many: Vec<_> = (0..=BATCH).map(|number| number.to_string()).collect();
    assert!(matches!(ask(&script, &many), Err(Error::Unexpected(it)) if it.code == "too-many-ids"));
}

#[test]
fn a_mailbox_that_is_gone_is_an_error_and_not_a_missing_booking() {
    for (status, code) in [
        (404, "MailboxNotEnabledForRESTAPI"),
        (404, "ErrorInvalidUser"),
        (404, "ResourceNotFound"),
        (403, "ErrorAccessDenied"),
        (500, "ErrorInternalServerError"),
    ] {
        let script = Script::new(move |asked: &Asked| match asked.path.as_str() {
            "/v1.0/$batch" => crate::tests::users::batch(asked, |_, _| {
                (status, json!({"error": {"code": code, "message": "No."}}))
            }),
            _ => Reply::Json(404, Value::Null),
        });
        let ids = ["a".to_owned()];
        assert!(ask(&script, &ids).is_err(), "{code}");
    }
    let script = Script::new(|asked: &Asked| match asked.path.as_str() {
        "/v1.0/$batch" => refused(403, "ErrorAccessDenied"),
        _ => Reply::Json(404, Value::Null),
    });
    assert!(matches!(ask(&script, &["a".to_owned()]), Err(Error::PermissionMissing(_))));
}
