//! When rooms are taken, by `getSchedule`.

use futures_executor::block_on;
use serde_json::{Value, json};

use super::{at, on};
use crate::{
    bookings,
    error::Error,
    model::{Hold, RoomAvailability, Taken, TimeRange},
    tests::script::{Asked, Reply, Script, nothing, ok, refused},
};

fn day() -> TimeRange {
    TimeRange { starts: at("2027-07-05T00:00:00Z"), ends: at("2027-07-06T00:00:00Z") }
}

fn item(status: &str, start: &str, end: &str, zone: &str) -> Value {
    let time = |time: &str| json!({"dateTime": format!("{time}.0000000"), "timeZone": zone});
    json!({"status": status, "start": time(start), "end": time(end)})
}

fn schedule(room: &str, items: &[Value]) -> Value {
    json!({"scheduleId": room, "availabilityView": "0", "scheduleItems": items})
}

/// Answers each request with the schedules of the rooms that it names.
fn tenant(answer: impl Fn(&str) -> Value) -> Script<impl Fn(&Asked) -> Reply> {
    Script::new(move |asked: &Asked| match asked.path.ends_with("/calendar/getSchedule") {
        true => {
            let body: Value = serde_json::from_str(&asked.body).expect("JSON");
            let rooms = body["schedules"].as_array().expect("rooms").iter();
            let schedules = rooms.map(|room| answer(room.as_str().expect("an address")));
            ok(json!({"value": schedules.collect::<Vec<_>>()}))
        }
        false => nothing(),
    })
}

fn ask(
    script: &Script<impl Fn(&Asked) -> Reply>,
    rooms: usize,
    window: TimeRange,
) -> Result<Vec<RoomAvailability>, Error> {
    let rooms: Vec<_> = (0..rooms).map(|number| format!("Room{number}@contoso.com")).collect();
    block_on(bookings::availability(script, &on(), &rooms, window))
}

fn hours(answers: &[RoomAvailability]) -> Vec<(String, Hold)> {
    let taken = answers[0].taken.as_ref().expect("known");
    let time = |instant| {
        jiff::Timestamp::from_second(instant).expect("a time").strftime("%d %H:%M").to_string()
    };
    let text = |taken: &Taken| {
        (format!("{} to {}", time(taken.time.starts), time(taken.time.ends)), taken.hold)
    };
    taken.iter().map(text).collect()
}

#[test]
fn case_c12_the_zone_of_each_item_counts() {
    let script = tenant(|room| {
        schedule(
            &room.to_lowercase(),
            &[
                item("busy", "2027-07-05T14:00:00", "2027-07-05T15:00:00", "UTC"),
                item("Busy", "2027-07-05T12:00:00", "2027-07-05T13:00:00", "Eastern Standard Time"),
            ],
        )
    });
    let answers = ask(&script, 1, day()).expect("an answer");
    assert_eq!(
        hours(&answers),
        [
            ("05 14:00 to 05 15:00".to_owned(), Hold::Confirmed),
            ("05 16:00 to 05 17:00".to_owned(), Hold::Confirmed),
        ]
    );
}

#[test]
fn case_c59_the_items_count_and_not_the_digits() {
    let script = tenant(|room| {
        let items = [
            item("workingElsewhere", "2027-07-05T08:00:00", "2027-07-05T09:00:00", "UTC"),
            item("busy", "2027-07-05T10:00:00", "2027-07-05T11:00:00", "UTC"),
            item("Tentative", "2027-07-05T12:00:00", "2027-07-05T13:00:00", "UTC"),
            item("free", "2027-07-05T14:00:00", "2027-07-05T15:00:00", "UTC"),
        ];
        json!({"scheduleId": room, "availabilityView": "0020", "scheduleItems": items})
    });
    let answers = ask(&script, 1, day()).expect("an answer");
    let holds: Vec<_> = hours(&answers).into_iter().map(|(_, hold)| hold).collect();
    assert_eq!(holds, [Hold::Confirmed, Hold::Confirmed, Hold::Tentative]);
}

#[test]
fn a_room_that_is_not_reported_is_an_error_and_never_free() {
    let script = tenant(|room| match room {
        "Room1@contoso.com" => json!({"scheduleId": room,
            "error": {"message": "Unable to resolve.", "responseCode": "5009"}}),
        "Room2@contoso.com" => json!({"scheduleId": "other@contoso.com", "scheduleItems": []}),
        "Room3@contoso.com" => schedule(
            room,
            &[item("busy", "2027-07-05T08:00:00", "2027-07-05T09:00:00", "Middle Earth")],
        ),
        room => schedule(room, &[]),
    });
    let answers = ask(&script, 4, day()).expect("an answer");
    let code = |answer: &RoomAvailability| match &answer.taken {
        Ok(taken) => format!("{} taken", taken.len()),
        Err(error) => error.explanation().expect("an explanation").code.clone(),
    };
    let codes: Vec<_> = answers.iter().map(code).collect();
    assert_eq!(codes, ["0 taken", "5009", "not-reported", "unreadable-schedule"]);
    assert_eq!(answers[0].email, "Room0@contoso.com", "as it was asked for");
}

#[test]
fn many_rooms_and_long_windows_take_several_requests_within_the_limits() {
    let script = tenant(|room| {
        let long = item("busy", "2027-08-01T08:00:00", "2027-12-31T09:00:00", "UTC");
        schedule(room, &[long])
    });
    let half_a_year = TimeRange { starts: day().starts, ends: day().starts + 180 * 24 * 3600 };
    let answers = ask(&script, 250, half_a_year).expect("an answer");
    assert_eq!(answers.len(), 250);
    assert_eq!(hours(&answers).len(), 1, "an item over the end of a request counts once");
    let asked = script.asked.borrow();
    let bodies = asked.iter().filter(|asked| asked.path.ends_with("getSchedule"));
    let bodies: Vec<Value> =
        bodies.map(|asked| serde_json::from_str(&asked.body).expect("JSON")).collect();
    assert_eq!(bodies.len(), 3 * 3);
    for body in bodies {
        assert!(body["schedules"].as_array().is_some_and(|rooms| rooms.len() <= 100));
        let time =
            |name: &str| at(&format!("{}Z", body[name]["dateTime"].as_str().expect("a time")));
        assert!(time("endTime") - time("startTime") <= 62 * 24 * 3600);
    }
}

#[test]
fn the_request_goes_through_another_mailbox_where_the_first_is_refused() {
    let script = Script::new(|asked: &Asked| match asked.path.as_str() {
        path if path.contains("Room0@") => refused(403, "ErrorAccessDenied"),
        path if path.ends_with("getSchedule") => ok(json!({"value": [
            schedule("Room0@contoso.com", &[]), schedule("Room1@contoso.com", &[]),
        ]})),
        _ => nothing(),
    });
    let answers = ask(&script, 2, day()).expect("an answer");
    assert!(answers.iter().all(|answer| answer.taken.is_ok()), "{answers:?}");
    let denied = Script::new(|asked: &Asked| match asked.path.ends_with("getSchedule") {
        true => refused(403, "ErrorAccessDenied"),
        false => nothing(),
    });
    assert!(matches!(ask(&denied, 2, day()), Err(Error::PermissionMissing(_))));
}
