//! Bookings in the room's own calendar: the plugin looks, writes, and looks again.

use futures_executor::block_on;
use serde_json::json;

use super::{
    MARA, OTHER_ROOM, ROOM, accepted, answer, at, book, changes, code, exchange::Exchange, hours,
    request, rooms_only, two_rooms, written,
};
use crate::{
    error::Error,
    model::{BookingCalendar, BookingOutcome, BookingRequest, RoomAnswer},
    reserve,
    tests::script::{Asked, Reply, Script, refused},
};

fn book_room(exchange: &Exchange, request: &BookingRequest) -> BookingOutcome {
    let result = block_on(reserve::book(&exchange.script(), &rooms_only(), request, false));
    result.expect("an outcome")
}

fn hour() -> (i64, i64) {
    (at("2027-05-11T09:00:00Z"), at("2027-05-11T10:00:00Z"))
}

/// Returns a host on whose Exchange something happens just after the first event was made.
fn meanwhile<'e>(
    exchange: &'e Exchange,
    act: impl Fn() + 'e,
) -> Script<impl Fn(&Asked) -> Reply + 'e> {
    Script::new(move |asked| {
        let reply = exchange.answer(asked);
        if asked.method == http::Method::POST
            && asked.path.ends_with("/events")
            && asked.before == 0
        {
            act();
        }
        reply
    })
}

#[test]
fn a_room_is_booked_in_its_own_calendar_where_the_organizers_is_not_available() {
    for (status, refusal) in [
        (404, "MailboxNotEnabledForRESTAPI"),
        (404, "ErrorInvalidUser"),
        (400, "ErrorInvalidUser"),
        (404, "ErrorNonExistentMailbox"),
        (404, "Request_ResourceNotFound"),
        (403, "ErrorAccessDenied"),
    ] {
        let exchange = Exchange::default();
        exchange.state.borrow_mut().closed.insert(MARA.to_owned(), (status, refusal));
        let outcome = book(&exchange, &request()).expect("an outcome");
        assert_eq!(outcome.calendar, BookingCalendar::Room, "{refusal}");
        let [copy] = &exchange.held(ROOM)[..] else { panic!("one booking") };
        assert_eq!(accepted(&outcome), copy.id);
        assert!(copy.is_organizer);
        assert_eq!(super::check(&exchange, &request(), &outcome), outcome);
    }
}

#[test]
fn by_the_setting_the_room_alone_is_used_and_the_user_is_invited() {
    let exchange = Exchange::default();
    let script = exchange.script();
    let wish = BookingRequest { online_meeting: true, ..two_rooms() };
    let outcome = block_on(reserve::book(&script, &rooms_only(), &wish, false));
    let outcome = outcome.expect("an outcome");
    let paths = script.paths();
    assert!(paths.iter().all(|path| !path.contains("/users/mara")), "{paths:?}");
    assert_eq!(changes(&script), [format!("POST /v1.0/users/{ROOM}/events")]);
    let body = written(&script);
    assert_eq!(
        body["attendees"],
        json!([
            {"type": "resource", "emailAddress": {"address": OTHER_ROOM, "name": "room2"}},
            {"type": "required", "emailAddress": {"address": MARA}},
        ])
    );
    assert_eq!(body.get("isOnlineMeeting"), None, "a room has no licence");
    assert!(outcome.rooms.iter().all(|it| matches!(it.answer, RoomAnswer::Accepted(_))));
}

#[test]
fn a_room_that_is_taken_is_not_written() {
    let exchange = Exchange::default();
    exchange.walk_up(ROOM, hour());
    let script = exchange.script();
    let outcome = block_on(reserve::book(&script, &rooms_only(), &request(), false));
    let outcome = outcome.expect("an outcome");
    assert!(matches!(answer(&outcome), RoomAnswer::Conflict(held) if held.len() == 1));
    assert!(outcome.ticket.is_none() && changes(&script).is_empty());
}

#[test]
fn where_the_first_room_is_taken_the_next_one_is_the_organizer() {
    let exchange = Exchange::default();
    exchange.walk_up(ROOM, hour());
    let outcome = book_room(&exchange, &two_rooms());
    assert!(matches!(outcome.rooms[0].answer, RoomAnswer::Conflict(_)), "{outcome:?}");
    assert!(matches!(outcome.rooms[1].answer, RoomAnswer::Accepted(_)), "{outcome:?}");
    assert_eq!(exchange.held(ROOM).len(), 1);
}

#[test]
fn c31_what_the_room_declined_or_shows_as_free_does_not_take_it() {
    let exchange = Exchange::default();
    for (answer, shows) in [("declined", "busy"), ("accepted", "free")] {
        exchange.walk_up(ROOM, hour());
        let mut state = exchange.state.borrow_mut();
        let copy = state.mailboxes.get_mut(ROOM).and_then(|copies| copies.last_mut());
        let copy = copy.expect("a booking");
        copy.answer = answer.to_owned();
        copy.body["showAs"] = json!(shows);
    }
    accepted(&book_room(&exchange, &request()));
}

#[test]
fn an_invitation_that_came_at_the_same_moment_wins() {
    let exchange = Exchange::default();
    // Its room accepts before ours can be seen.
    let script = meanwhile(&exchange, || {
        let ours = exchange.state.borrow_mut().mailboxes.remove(ROOM).expect("ours");
        exchange.invite("ann@contoso.com", ROOM, hour());
        exchange.state.borrow_mut().mailboxes.get_mut(ROOM).expect("theirs").extend(ours);
    });
    let outcome = block_on(reserve::book(&script, &rooms_only(), &request(), false));
    let outcome = outcome.expect("an outcome");
    assert!(matches!(answer(&outcome), RoomAnswer::Conflict(held) if held.len() == 1));
    assert!(outcome.ticket.is_none());
    let [theirs] = &exchange.held(ROOM)[..] else { panic!("one booking") };
    assert_eq!(theirs.organizer, "ann@contoso.com");
}

#[test]
fn of_two_that_were_written_at_the_same_moment_the_first_stays() {
    let exchange = Exchange::default();
    let script = meanwhile(&exchange, || {
        exchange.walk_up(ROOM, hour());
    });
    let outcome = block_on(reserve::book(&script, &rooms_only(), &request(), false));
    accepted(&outcome.expect("an outcome"));

    let exchange = Exchange::default();
    let script = meanwhile(&exchange, || {
        exchange.walk_up(ROOM, hour());
        let mut state = exchange.state.borrow_mut();
        state.mailboxes.get_mut(ROOM).expect("copies")[1].created = 0;
    });
    let outcome = block_on(reserve::book(&script, &rooms_only(), &request(), false));
    let outcome = outcome.expect("an outcome");
    assert!(matches!(answer(&outcome), RoomAnswer::Conflict(_)), "{outcome:?}");
    assert_eq!(exchange.held(ROOM).len(), 1);
}

#[test]
fn a_series_is_withdrawn_where_one_of_its_occurrences_is_taken() {
    use crate::model::{Recurrence, RecurrenceEnd, RecurrencePattern};
    let exchange = Exchange::default();
    exchange.walk_up(ROOM, (at("2027-05-13T09:30:00Z"), at("2027-05-13T09:45:00Z")));
    let (pattern, ends) = (RecurrencePattern::Daily, RecurrenceEnd::After(2));
    let series = |interval| {
        let recurrence =
            Some(Recurrence { pattern: pattern.clone(), interval, ends: ends.clone() });
        BookingRequest { recurrence, reference: format!("series-{interval}"), ..request() }
    };
    accepted(&book_room(&exchange, &series(1)));
    let outcome = book_room(
        &exchange,
        &BookingRequest {
            time: hours("2027-05-11T09:30:00Z", "2027-05-11T10:00:00Z"),
            ..series(2)
        },
    );
    assert!(matches!(answer(&outcome), RoomAnswer::Conflict(_)), "{outcome:?}");
    assert_eq!(exchange.held(ROOM).len(), 2, "the walk-up, and the first series");
}

#[test]
fn extending_into_a_taken_time_is_a_conflict_and_the_booking_stays_as_it_was() {
    let half_past =
        BookingRequest { time: hours("2027-05-11T09:00:00Z", "2027-05-11T10:30:00Z"), ..request() };
    let later = (at("2027-05-11T10:15:00Z"), at("2027-05-11T11:00:00Z"));
    for is_at_the_same_moment in [false, true] {
        let exchange = Exchange::default();
        let outcome = book_room(&exchange, &request());
        if !is_at_the_same_moment {
            exchange.walk_up(ROOM, later);
        }
        let script = Script::new(|asked: &Asked| {
            let reply = exchange.answer(asked);
            let is_first = asked.before == 0 && asked.method == http::Method::PATCH;
            if is_at_the_same_moment && is_first && exchange.copies(ROOM).len() == 1 {
                exchange.walk_up(ROOM, later);
            }
            reply
        });
        let ticket = super::ticket(&outcome);
        let result =
            block_on(reserve::change(&script, &rooms_only(), &request(), &half_past, ticket));
        let error = result.expect_err("taken");
        assert!(matches!(error, Error::Conflict(_)) && code(&error) == "room-taken", "{error:?}");
        let ours = &exchange.held(ROOM)[0];
        assert_eq!((ours.starts, ours.ends), hour());
    }
}

#[test]
fn another_title_asks_no_room_again() {
    let exchange = Exchange::default();
    let outcome = book_room(&exchange, &request());
    // A panel at the door does not look.
    exchange.walk_up(ROOM, hour());
    let wish = BookingRequest { title: "Budget 2028".to_owned(), ..request() };
    let (script, ticket) = (exchange.script(), super::ticket(&outcome));
    let changed = block_on(reserve::change(&script, &rooms_only(), &request(), &wish, ticket));
    accepted(&changed.expect("an outcome"));
    assert_eq!(exchange.held(ROOM).len(), 2);
}

#[test]
fn where_no_room_can_be_used_the_error_says_so() {
    let exchange = Exchange::default();
    for mailbox in [MARA, ROOM] {
        let refusal = (403, "ErrorAccessDenied");
        exchange.state.borrow_mut().closed.insert(mailbox.to_owned(), refusal);
    }
    let error = book(&exchange, &request()).expect_err("no mailbox");
    assert!(matches!(error, Error::PermissionMissing(_)), "{error:?}");
}

/// Returns a host on whose Exchange a request is refused after the first one that changes an event.
fn refusing<'e>(
    exchange: &'e Exchange,
    path: &'static str,
    (status, refusal): (u16, &'static str),
) -> Script<impl Fn(&Asked) -> Reply + 'e> {
    let is_changed = std::cell::Cell::new(false);
    Script::new(move |asked: &Asked| {
        let is_event = asked.path.contains("/events");
        if is_changed.get() && asked.method == http::Method::GET && asked.path.contains(path) {
            return refused(status, refusal);
        }
        is_changed.set(is_changed.get() || is_event && asked.method != http::Method::GET);
        exchange.answer(asked)
    })
}

fn daily() -> BookingRequest {
    use crate::model::{Recurrence, RecurrenceEnd, RecurrencePattern};
    let (pattern, ends) = (RecurrencePattern::Daily, RecurrenceEnd::After(3));
    let recurrence = Some(Recurrence { pattern, interval: 1, ends });
    BookingRequest { recurrence, ..request() }
}

#[test]
fn a_series_whose_occurrences_are_not_listed_is_unclear_and_not_booked() {
    let exchange = Exchange::default();
    let script = refusing(&exchange, "/instances", (404, "ErrorItemNotFound"));
    let result = block_on(reserve::book(&script, &rooms_only(), &daily(), false));
    let error = result.expect_err("not listed");
    assert!(matches!(error, Error::Unavailable(_)) && code(&error) == "series-not-listed");
    let again = block_on(reserve::book(&exchange.script(), &rooms_only(), &daily(), true));
    accepted(&again.expect("an outcome"));
}

#[test]
fn a_calendar_that_cannot_be_looked_at_again_leads_to_a_clear_answer() {
    let exchange = Exchange::default();
    let script = refusing(&exchange, "/calendarView", (400, "ErrorInvalidRequest"));
    let outcome = block_on(reserve::book(&script, &rooms_only(), &request(), false));
    let outcome = outcome.expect("an outcome");
    assert!(matches!(answer(&outcome), RoomAnswer::Declined(_)), "{outcome:?}");
    assert!(outcome.ticket.is_none() && exchange.held(ROOM).is_empty());
}

#[test]
fn a_change_after_which_the_calendar_cannot_be_looked_at_is_undone() {
    let half_past =
        BookingRequest { time: hours("2027-05-11T09:00:00Z", "2027-05-11T10:30:00Z"), ..request() };
    for (refusal, is_undone) in [((400, "ErrorInvalidRequest"), true), ((503, "x"), false)] {
        let exchange = Exchange::default();
        let outcome = book_room(&exchange, &request());
        let script = refusing(&exchange, "/calendarView", refusal);
        let ticket = super::ticket(&outcome);
        let result =
            block_on(reserve::change(&script, &rooms_only(), &request(), &half_past, ticket));
        let error = result.expect_err("it is refused");
        assert_eq!(!matches!(error, Error::Unavailable(_)), is_undone, "{error:?}");
        let ours = &exchange.held(ROOM)[0];
        assert_eq!((ours.starts, ours.ends) == hour(), is_undone, "the host repeats the others");
    }
}

#[test]
fn an_event_at_another_time_that_cannot_be_read_does_not_matter() {
    for (time, is_free) in [((10, 11), true), ((9, 10), false)] {
        let exchange = Exchange::default();
        let at_hour = |hour: i64| at("2027-05-11T00:00:00Z") + hour * 3600;
        exchange.walk_up(ROOM, (at_hour(time.0), at_hour(time.1)));
        let script = Script::new(|asked: &Asked| match exchange.answer(asked) {
            Reply::Json(status, mut answer) if asked.path.contains("/calendarView") => {
                answer["value"][0]["isCancelled"] = json!("perhaps");
                Reply::Json(status, answer)
            }
            reply => reply,
        });
        let result = block_on(reserve::book(&script, &rooms_only(), &request(), false));
        assert_eq!(result.is_ok(), is_free, "{result:?}");
    }
}

#[test]
fn a_series_in_the_rooms_own_calendar_ends_while_it_is_compared() {
    use crate::model::{Recurrence, RecurrenceEnd, RecurrencePattern, Weekday, WeeklyPattern};
    let weekly = || {
        let days = vec![Weekday::Tuesday, Weekday::Thursday];
        RecurrencePattern::Weekly(WeeklyPattern { days, first_day_of_week: Weekday::Monday })
    };
    let series = |pattern, interval, ends| {
        let recurrence = Some(Recurrence { pattern, interval, ends });
        BookingRequest { recurrence, ..request() }
    };
    let on = |day: &str| RecurrenceEnd::On(day.to_owned());
    let daily = || RecurrencePattern::Daily;
    // 2027-05-11 is a Tuesday, and 599 days later it is 2028-12-30.
    for (wish, is_short) in [
        (series(daily(), 1, RecurrenceEnd::After(600)), true),
        (series(daily(), 1, RecurrenceEnd::After(601)), false),
        (series(daily(), 3, RecurrenceEnd::After(200)), true),
        (series(daily(), 3, RecurrenceEnd::After(201)), false),
        (series(weekly(), 1, RecurrenceEnd::After(172)), true),
        (series(weekly(), 1, RecurrenceEnd::After(173)), false),
        (series(weekly(), 2, RecurrenceEnd::After(86)), true),
        (series(weekly(), 2, RecurrenceEnd::After(87)), false),
        (series(RecurrencePattern::AbsoluteMonthly(11), 6, RecurrenceEnd::After(4)), true),
        (series(RecurrencePattern::AbsoluteMonthly(11), 6, RecurrenceEnd::After(5)), false),
        (series(daily(), 1, on("2028-12-30")), true),
        (series(daily(), 1, on("2028-12-31")), false),
        (series(daily(), 1, RecurrenceEnd::Never), false),
    ] {
        let exchange = Exchange::default();
        let script = Script::new(|asked: &Asked| match asked.method {
            // Only whether it is written counts.
            http::Method::POST if asked.path.ends_with("/events") => refused(400, "Stop"),
            _ => exchange.answer(asked),
        });
        let error = block_on(reserve::book(&script, &rooms_only(), &wish, false));
        let error = error.expect_err("an error");
        assert_eq!(changes(&script).is_empty(), !is_short, "{:?}", wish.recurrence);
        if !is_short {
            assert!(matches!(error, Error::Unsupported(_)), "{error:?}");
            assert_eq!(code(&error), "series-too-long");
            let remedy = error.explanation().and_then(|why| why.remedy.clone());
            assert!(remedy.is_some_and(|remedy| remedy.contains("2028-12-30")), "{error:?}");
        }
    }
}

#[test]
fn a_series_is_not_changed_into_one_that_is_compared_in_part() {
    use crate::model::RecurrenceEnd;
    let exchange = Exchange::default();
    let outcome = book_room(&exchange, &daily());
    let recurrence = daily().recurrence.map(|mut series| {
        series.ends = RecurrenceEnd::Never;
        series
    });
    let wish = BookingRequest { recurrence, ..daily() };
    let (script, ticket) = (exchange.script(), super::ticket(&outcome));
    let result = block_on(reserve::change(&script, &rooms_only(), &daily(), &wish, ticket));
    assert_eq!(code(&result.expect_err("without an end")), "series-too-long");
    assert!(changes(&script).is_empty());
}

#[test]
fn a_calendar_with_too_many_events_is_an_error_of_its_own_and_so_are_links_in_a_loop() {
    const GRAPH: &str = crate::tests::script::GRAPH;
    let event = json!({"id": "e", "isCancelled": true});
    for (is_loop, wanted) in [(false, "too-many-events"), (true, "paging-loop")] {
        let pages = std::cell::Cell::new(0);
        let script = Script::new(|asked: &Asked| {
            if !asked.path.contains("/calendarView") {
                return Exchange::default().answer(asked);
            }
            pages.set(pages.get() + 1);
            let page = if is_loop { 1 } else { pages.get() };
            let link = format!("{GRAPH}/v1.0/users/{ROOM}/calendarView?page={page}");
            let events = if is_loop { 1 } else { 5_000 };
            Reply::Json(200, json!({"value": vec![&event; events], "@odata.nextLink": link}))
        });
        let result = block_on(reserve::book(&script, &rooms_only(), &request(), false));
        let error = result.expect_err("not read to its end");
        assert!(matches!(error, Error::Unexpected(_)) && code(&error) == wanted, "{error:?}");
        assert!(error.explanation().is_some_and(|why| why.remedy.is_some()));
        assert!(changes(&script).is_empty());
    }
}
