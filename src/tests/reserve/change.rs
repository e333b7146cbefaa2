//! Changes of meetings that the plugin made.

use futures_executor::block_on;
use serde_json::json;

use super::{
    MARA, OTHER_ROOM, ROOM, accepted, answer, at, booked, change, changes, code,
    exchange::{Attendee, Exchange, Item, Loss},
    hours, organizers, request, room, ticket, user, written,
};
use crate::{
    error::Error,
    model::{
        BookingEnd, BookingRequest, Recurrence, RecurrenceEnd, RecurrencePattern, RoomAnswer,
        Weekday, WeeklyPattern,
    },
    reserve,
};

fn until(ends: &str) -> BookingRequest {
    BookingRequest { time: hours("2027-05-11T09:00:00Z", ends), ..request() }
}

fn half_past() -> BookingRequest {
    until("2027-05-11T10:30:00Z")
}

#[test]
fn a_booking_ends_early_or_is_extended_into_free_time() {
    let exchange = Exchange::default();
    let mut former = (request(), booked(&exchange, &request()));
    for wish in [until("2027-05-11T09:20:00Z"), half_past()] {
        let outcome = change(&exchange, &former.0, &wish, &former.1).expect("an outcome");
        assert_eq!(outcome.time, Some(wish.time.clone()));
        let [copy] = &exchange.held(ROOM)[..] else { panic!("one booking") };
        assert_eq!(accepted(&outcome), copy.id);
        former = (wish, outcome);
    }
}

#[test]
fn only_what_changes_is_written_with_the_version_that_was_read_in_the_zone_of_the_event() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    exchange.state.borrow_mut().mailboxes.get_mut(MARA).expect("copies")[0].zone =
        "GMT Standard Time".to_owned();
    let script = exchange.script();
    let changed = block_on(reserve::change(
        &script,
        &organizers(),
        &request(),
        &half_past(),
        ticket(&outcome),
    ));
    accepted(&changed.expect("an outcome"));
    let time = |text: &str| json!({"dateTime": text, "timeZone": "GMT Standard Time"});
    assert_eq!(
        written(&script),
        json!({"start": time("2027-05-11T10:00:00"), "end": time("2027-05-11T11:30:00")})
    );
    let asked = script.asked.borrow();
    let patch = asked.iter().find(|asked| asked.method == http::Method::PATCH);
    assert!(patch.expect("a PATCH").header("if-match").is_some());
}

#[test]
fn those_who_were_invited_in_outlook_stay_invited() {
    let exchange = Exchange::default();
    let before = BookingRequest { invite: vec![user("ann@contoso.com")], ..request() };
    let outcome = booked(&exchange, &before);
    exchange.state.borrow_mut().mailboxes.get_mut(MARA).expect("copies")[0]
        .attendees
        .push(Attendee::new("optional", "bo@contoso.com"));
    let wish = BookingRequest {
        invite: vec![user("cy@contoso.com")],
        rooms: vec![room(ROOM), room(OTHER_ROOM)],
        title: "Budget 2028".to_owned(),
        ..request()
    };
    let outcome = change(&exchange, &before, &wish, &outcome).expect("an outcome");
    assert!(outcome.rooms.iter().all(|room| matches!(room.answer, RoomAnswer::Accepted(_))));
    let copy = &exchange.copies(MARA)[0];
    let invited: Vec<_> = copy.attendees.iter().map(|one| one.address.as_str()).collect();
    assert_eq!(invited, [ROOM, "bo@contoso.com", OTHER_ROOM, "cy@contoso.com"]);
    assert_eq!(copy.body["subject"], "Budget 2028");
}

#[test]
fn c36_a_room_that_is_taken_at_the_new_time_is_never_shown_as_ours() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    let theirs = (at("2027-05-11T10:15:00Z"), at("2027-05-11T11:00:00Z"));
    exchange.invite("ann@contoso.com", ROOM, theirs);
    exchange.state.borrow_mut().holds = true;
    let outcome = change(&exchange, &request(), &half_past(), &outcome).expect("an outcome");
    assert_eq!(answer(&outcome), &RoomAnswer::Pending, "although its old answer is accepted");
    exchange.deliver();
    let outcome = super::check(&exchange, &half_past(), &outcome);
    let RoomAnswer::Conflict(bookings) = answer(&outcome) else { panic!("{outcome:?}") };
    assert_eq!(bookings.len(), 1);
    assert_eq!(bookings[0].time, hours("2027-05-11T10:15:00Z", "2027-05-11T11:00:00Z"));
}

#[test]
fn a_booking_that_changed_in_outlook_is_not_changed() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    let uid = exchange.copies(MARA)[0].uid.clone();
    exchange.shift(MARA, &uid, (at("2027-05-11T13:00:00Z"), at("2027-05-11T14:00:00Z")));
    let before = exchange.copies(MARA);
    let error = change(&exchange, &request(), &half_past(), &outcome).expect_err("it moved");
    assert!(matches!(error, Error::Conflict(_)), "{error:?}");
    assert_eq!(code(&error), "booking-changed");
    assert_eq!(exchange.copies(MARA), before);
}

#[test]
fn a_meeting_that_is_gone_or_not_ours_is_not_changed() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    exchange.state.borrow_mut().mailboxes.get_mut(MARA).expect("copies")[0].mark = None;
    let error = change(&exchange, &request(), &half_past(), &outcome).expect_err("no mark");
    assert_eq!(code(&error), "not-ours");
    let uid = exchange.copies(MARA)[0].uid.clone();
    exchange.cancel(MARA, &uid);
    let error = change(&exchange, &request(), &half_past(), &outcome).expect_err("gone");
    assert_eq!(code(&error), "booking-gone");
}

#[test]
fn a_meeting_that_changes_at_the_same_moment_is_read_and_compared_again_once() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    for (refusals, is_changed) in [(1, true), (2, false)] {
        exchange.state.borrow_mut().refusals =
            vec![(412, "ErrorIrresolvableConflict"); refusals].into();
        let script = exchange.script();
        let wish = BookingRequest { title: format!("Title {refusals}"), ..request() };
        let result =
            block_on(reserve::change(&script, &organizers(), &request(), &wish, ticket(&outcome)));
        assert_eq!(result.is_ok(), is_changed, "{result:?}");
        assert_eq!(changes(&script).len(), 2);
    }
}

#[test]
fn a_change_whose_answer_was_lost_can_be_repeated() {
    for loss in [Loss::Before, Loss::After] {
        let exchange = Exchange::default();
        let outcome = booked(&exchange, &request());
        exchange.state.borrow_mut().losses = [loss].into();
        let result = change(&exchange, &request(), &half_past(), &outcome);
        assert!(matches!(result, Err(Error::Unavailable(_))), "{result:?}");
        let outcome = change(&exchange, &request(), &half_past(), &outcome).expect("an outcome");
        accepted(&outcome);
        assert_eq!(outcome.time, Some(half_past().time));
        assert_eq!(exchange.held(ROOM).len(), 1);
    }
}

#[test]
fn a_room_is_replaced_by_another_one() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    let wish = BookingRequest { rooms: vec![room(OTHER_ROOM)], ..request() };
    let outcome = change(&exchange, &request(), &wish, &outcome).expect("an outcome");
    assert_eq!(accepted(&outcome), exchange.copies(OTHER_ROOM)[0].id);
    assert!(exchange.held(ROOM).is_empty());
}

#[test]
fn a_change_keeps_the_reference_and_the_organizer() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    let other = BookingRequest { organizer: user("ann@contoso.com"), ..request() };
    let error = change(&exchange, &request(), &other, &outcome).expect_err("another user");
    assert_eq!(code(&error), "request.organizer");
    let other = BookingRequest { reference: "other".to_owned(), ..request() };
    let error = change(&exchange, &request(), &other, &outcome).expect_err("another booking");
    assert_eq!(code(&error), "request.reference");
}

#[test]
fn an_online_meeting_is_not_removed_and_the_error_says_so() {
    let exchange = Exchange::default();
    let online = BookingRequest { online_meeting: true, ..request() };
    let outcome = booked(&exchange, &online);
    let before = exchange.copies(MARA);
    let wish = BookingRequest { title: "Budget 2028".to_owned(), ..request() };
    let error = change(&exchange, &online, &wish, &outcome).expect_err("it stays online");
    assert_eq!(code(&error), "request.online-meeting");
    let remedy = error.explanation().and_then(|why| why.remedy.as_deref());
    assert!(remedy.is_some_and(|remedy| remedy.contains("cancel it")), "{error:?}");
    assert_eq!(exchange.copies(MARA), before, "nothing is changed");
}

#[test]
fn in_the_calendar_of_a_room_there_is_no_online_meeting_that_would_have_to_stay() {
    let exchange = Exchange::default();
    exchange.state.borrow_mut().closed.insert(MARA.to_owned(), (403, "ErrorAccessDenied"));
    let online = BookingRequest { online_meeting: true, ..request() };
    let outcome = booked(&exchange, &online);
    accepted(&change(&exchange, &online, &request(), &outcome).expect("an outcome"));
}

#[test]
fn another_title_does_not_withdraw_a_meeting_whose_room_was_released() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    let uid = exchange.copies(MARA)[0].uid.clone();
    exchange.state.borrow_mut().mailboxes.remove(ROOM);
    exchange.state.borrow_mut().note_answer(ROOM, &uid, "declined");
    exchange.state.borrow_mut().holds = true;
    let wish = BookingRequest { title: "Budget 2028".to_owned(), ..request() };
    let outcome = change(&exchange, &request(), &wish, &outcome).expect("an outcome");
    assert!(matches!(answer(&outcome), RoomAnswer::Declined(_)), "{outcome:?}");
    assert!(outcome.ticket.is_some());
    assert_eq!(exchange.copies(MARA)[0].body["subject"], "Budget 2028");
}

#[test]
fn a_copy_that_a_user_made_in_outlook_is_not_taken_for_ours() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &request());
    {
        let mut state = exchange.state.borrow_mut();
        let calendar = state.mailboxes.get_mut(MARA).expect("copies");
        let ours = &calendar[0];
        // Outlook copies the mark too.
        calendar[0] = Item { id: "copy=".to_owned(), uid: "copy".to_owned(), ..ours.clone() };
    }
    let checked = super::check(&exchange, &request(), &outcome);
    assert_eq!(answer(&checked), &RoomAnswer::Ended(BookingEnd::Deleted));
    let error = change(&exchange, &request(), &half_past(), &outcome).expect_err("gone");
    assert_eq!(code(&error), "booking-gone");
    super::cancel(&exchange, &request(), &outcome, None).expect("it is gone");
    assert_eq!(exchange.copies(MARA).len(), 1, "the copy stays");
}

fn series() -> BookingRequest {
    let (days, first_day_of_week) = (vec![Weekday::Tuesday], Weekday::Monday);
    let pattern = RecurrencePattern::Weekly(WeeklyPattern { days, first_day_of_week });
    let recurrence = Some(Recurrence { pattern, interval: 1, ends: RecurrenceEnd::After(3) });
    BookingRequest { recurrence, ..request() }
}

#[test]
fn a_series_that_was_moved_in_outlook_can_get_another_title() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &series());
    let uid = exchange.copies(MARA)[0].uid.clone();
    // To Wednesdays, and the host knows its new time.
    let wednesday = ("2027-05-12T09:00:00Z", "2027-05-12T10:00:00Z");
    exchange.shift(MARA, &uid, (at(wednesday.0), at(wednesday.1)));
    let former = BookingRequest { time: hours(wednesday.0, wednesday.1), ..series() };
    let wish = BookingRequest { title: "Budget 2028".to_owned(), ..former.clone() };
    change(&exchange, &former, &wish, &outcome).expect("an outcome");
    assert_eq!(exchange.copies(MARA)[0].body["subject"], "Budget 2028");
}

#[test]
fn a_pattern_that_a_user_changed_in_outlook_is_not_overwritten() {
    let longer =
        BookingRequest { time: hours("2027-05-11T09:00:00Z", "2027-05-11T10:30:00Z"), ..series() };
    for (member, value, is_kept) in [
        ("interval", json!(2), false),
        ("daysOfWeek", json!(["tuesday", "friday"]), false),
        // Graph adds members that the pattern does not need.
        ("month", json!(0), true),
    ] {
        let exchange = Exchange::default();
        let outcome = booked(&exchange, &series());
        exchange.state.borrow_mut().mailboxes.get_mut(MARA).expect("copies")[0].body["recurrence"]
            ["pattern"][member] = value;
        let result = change(&exchange, &series(), &longer, &outcome);
        match is_kept {
            true => assert_eq!(result.expect("an outcome").time, Some(longer.time.clone())),
            false => assert_eq!(code(&result.expect_err(member)), "booking-changed"),
        }
    }
}

#[test]
fn the_zone_of_a_series_is_not_kept_where_it_begins_on_another_day_there() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &series());
    {
        let mut state = exchange.state.borrow_mut();
        let copy = &mut state.mailboxes.get_mut(MARA).expect("copies")[0];
        copy.zone = "New Zealand Standard Time".to_owned();
        copy.body["recurrence"]["range"]["recurrenceTimeZone"] = copy.zone.clone().into();
    }
    let script = exchange.script();
    let evening = ("2027-05-11T18:00:00Z", "2027-05-11T19:00:00Z");
    let wish = BookingRequest { time: hours(evening.0, evening.1), ..series() };
    block_on(reserve::change(&script, &organizers(), &series(), &wish, ticket(&outcome)))
        .expect("an outcome");
    let body = written(&script);
    let zone = "W. Europe Standard Time";
    assert_eq!(body["start"], json!({"dateTime": "2027-05-11T20:00:00", "timeZone": zone}));
    assert_eq!(body["recurrence"]["range"]["startDate"], "2027-05-11");
}

#[test]
fn a_series_that_a_room_has_not_moved_yet_is_pending_and_not_partly_accepted() {
    let exchange = Exchange::default();
    let outcome = booked(&exchange, &series());
    exchange.state.borrow_mut().holds = true;
    let recurrence = series().recurrence;
    let recurrence = recurrence.map(|old| Recurrence { ends: RecurrenceEnd::After(5), ..old });
    let wish = BookingRequest { recurrence, ..series() };
    let outcome = change(&exchange, &series(), &wish, &outcome).expect("an outcome");
    assert_eq!(answer(&outcome), &RoomAnswer::Pending);
    exchange.deliver();
    accepted(&super::check(&exchange, &wish, &outcome));
}
