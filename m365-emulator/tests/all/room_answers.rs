//! What rooms make of meetings: their answers, and the copies in their calendars.

use m365_emulator::{
    Access, AutomateProcessing, BookedMeeting, Booking, DeclineReason, Policy, Response, Revision,
    Sensitivity, ShowAs,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::outlook::{Calendar, recurring, room, start, starts};
use crate::session::{Session, payload, properties};

fn set_policy(session: &Session, change: impl Fn(&mut Policy)) {
    let mut policy = session.emulator.policy("*").unwrap();
    change(&mut policy);
    session.emulator.set_policy("*", &policy).unwrap();
}

fn answer(meeting: &BookedMeeting) -> (Response, Option<DeclineReason>) {
    (meeting.rooms[0].response, meeting.rooms[0].reason)
}

fn subjects(session: &Session) -> Vec<String> {
    session.truth(1).into_iter().map(|event| event.subject).collect()
}

/// Reads the answer of a room in the organizer's calendar.
async fn answer_at_organizers(session: &Session, meeting: &BookedMeeting) -> Value {
    let path = format!("/users/{}/events/{}", session.employee(), meeting.event);
    let event = session.get(&path).await.expect(200);
    let attendees = event["attendees"].as_array().unwrap();
    attendees.iter().find(|attendee| attendee["type"] == "resource").unwrap()["status"].clone()
}

#[tokio::test]
async fn a_room_accepts_and_stores_the_name_of_the_organizer_as_the_subject() {
    let session = start(2).await;
    let booking = Booking {
        sensitivity: Sensitivity::Private,
        body: "Secret".to_owned(),
        ..session.booking("2027-05-11T09:00", "2027-05-11T10:00")
    };
    let booked = session.emulator.book(&booking).unwrap();
    assert_eq!(answer(&booked), (Response::Accepted, None));
    assert_eq!(answer_at_organizers(&session, &booked).await["response"], "accepted");
    let event = booked.rooms[0].event.clone().unwrap();
    let copy = session.get(&format!("/users/{}/events/{event}", room(1))).await.expect(200);
    assert_eq!(copy["subject"], copy["organizer"]["emailAddress"]["name"]);
    assert_eq!(copy["body"]["content"], "");
    assert_eq!(copy["sensitivity"], "normal");
    assert_eq!(copy["isOrganizer"], false);
    assert_eq!(copy["responseStatus"]["response"], "accepted");
    assert_eq!(copy["location"]["locationType"], "conferenceRoom");
    assert_eq!(copy["iCalUId"], booked.ical_uid);
}

#[tokio::test]
async fn case_c38_a_room_can_keep_subject_and_private_mark() {
    let session = start(2).await;
    set_policy(&session, |policy| {
        policy.delete_subject = false;
        policy.add_organizer_to_subject = false;
        policy.remove_private_property = false;
    });
    let booking = Booking {
        subject: "Oncology".to_owned(),
        sensitivity: Sensitivity::Private,
        ..session.booking("2027-05-11T09:00", "2027-05-11T10:00")
    };
    session.emulator.book(&booking).unwrap();
    let truth = &session.truth(1)[0];
    assert_eq!((truth.subject.as_str(), truth.private), ("Oncology", true));
    assert_eq!(truth.show_as, ShowAs::Busy);
    set_policy(&session, |policy| policy.add_organizer_to_subject = true);
    session.emulator.book(&session.booking("2027-05-12T09:00", "2027-05-12T10:00")).unwrap();
    let truth = &session.truth(1)[1];
    assert_eq!(truth.subject, format!("{} Review", truth.organizer.name));
}

#[tokio::test]
async fn case_c33_a_room_declines_as_its_policy_says_and_has_no_copy() {
    let session = start(2).await;
    let may = || session.booking("2027-05-11T09:00", "2027-05-11T10:00");
    let daily = |range| Booking {
        recurrence: Some(recurring("daily", json!({}), "2027-05-11", range)),
        ..may()
    };
    let endless = || daily(json!({"type": "noEnd"}));
    let stranger = || Booking { organizer: "ann@fabrikam.example".to_owned(), ..may() };
    type Case = (DeclineReason, Booking, fn(&mut Policy));
    let cases: Vec<Case> = vec![
        (DeclineReason::BookingWindow, may(), |policy| policy.booking_window_in_days = 100),
        (DeclineReason::BookingWindow, endless(), |policy| {
            policy.enforce_scheduling_horizon = true;
        }),
        (DeclineReason::Duration, may(), |policy| policy.maximum_duration_in_minutes = 59),
        (DeclineReason::Recurring, endless(), |policy| policy.allow_recurring_meetings = false),
        (DeclineReason::Policy, may(), |policy| policy.all_book_in_policy = false),
        (DeclineReason::External, stranger(), |_| {}),
        (
            DeclineReason::WorkingHours,
            session.booking("2027-05-15T09:00", "2027-05-15T10:00"),
            |policy| {
                policy.schedule_only_during_work_hours = true;
                policy.time_zone = Some("UTC".to_owned());
            },
        ),
    ];
    let usual = session.emulator.policy("*").unwrap();
    for (reason, booking, change) in cases {
        session.emulator.set_policy("*", &usual).unwrap();
        set_policy(&session, change);
        let booked = session.emulator.book(&booking).unwrap();
        assert_eq!(answer(&booked), (Response::Declined, Some(reason)));
        assert_eq!(booked.rooms[0].event, None);
        assert_eq!(session.truth(1), []);
    }
    session.emulator.set_policy("*", &usual).unwrap();
    let reserved = properties(json!({"bookingType": "reserved", "capacity": 1}));
    session.emulator.patch_room(&room(1), reserved).unwrap();
    let booked = session.emulator.book(&may()).unwrap();
    assert_eq!(answer(&booked), (Response::Declined, Some(DeclineReason::Reserved)));
    let standard = properties(json!({"bookingType": "standard"}));
    session.emulator.patch_room(&room(1), standard).unwrap();
    set_policy(&session, |policy| policy.enforce_capacity = true);
    let crowd = Booking { attendees: vec![session.employee()], ..may() };
    let booked = session.emulator.book(&crowd).unwrap();
    assert_eq!(answer(&booked), (Response::Declined, Some(DeclineReason::Capacity)));
    let forced = session.emulator.book(&Booking { force: true, ..crowd }).unwrap();
    assert_eq!(answer(&forced), (Response::Accepted, None));
}

#[tokio::test]
async fn a_taken_room_declines_and_of_a_series_some_occurrences_if_it_is_set_so() {
    let session = start(2).await;
    session.emulator.book(&session.booking("2027-05-11T09:00", "2027-05-11T10:00")).unwrap();
    let overlapping = session.booking("2027-05-11T09:30", "2027-05-11T10:30");
    let booked = session.emulator.book(&overlapping).unwrap();
    assert_eq!(answer(&booked), (Response::Declined, Some(DeclineReason::Conflict)));
    // One ends when the other starts.
    let next = session.booking("2027-05-11T10:00", "2027-05-11T10:30");
    assert_eq!(answer(&session.emulator.book(&next).unwrap()), (Response::Accepted, None));
    let range = json!({"type": "numbered", "numberOfOccurrences": 4});
    let daily = Booking {
        recurrence: Some(recurring("daily", json!({}), "2027-05-10", range)),
        ..session.booking("2027-05-10T09:00", "2027-05-10T10:00")
    };
    let booked = session.emulator.book(&daily).unwrap();
    assert_eq!(answer(&booked), (Response::Declined, Some(DeclineReason::Conflict)));
    set_policy(&session, |policy| {
        policy.conflict_percentage_allowed = 25;
        policy.maximum_conflict_instances = 1;
    });
    let booked = session.emulator.book(&daily).unwrap();
    assert_eq!(answer(&booked), (Response::Accepted, None));
    let declined: Vec<String> =
        booked.rooms[0].declined_dates.iter().map(ToString::to_string).collect();
    assert_eq!(declined, ["2027-05-11"]);
    assert_eq!(
        starts(&session.truth(1)),
        [
            "2027-05-10T09:00:00Z",
            "2027-05-11T09:00:00Z",
            "2027-05-11T10:00:00Z",
            "2027-05-12T09:00:00Z",
            "2027-05-13T09:00:00Z",
        ]
    );
    // The organizer still has all four, and a new subject does not bring the declined one back.
    let (from, to) = ("2027-05-10T00:00:00Z".parse(), "2027-05-14T00:00:00Z".parse());
    let own = session.emulator.calendar(&session.employee(), from.unwrap(), to.unwrap()).unwrap();
    assert_eq!(own.iter().filter(|event| event.meeting == booked.id).count(), 4);
    let renamed = Revision { subject: Some("Other".to_owned()), ..Revision::default() };
    session.emulator.revise_meeting(&booked.id, None, &renamed).unwrap();
    assert_eq!(session.truth(1).len(), 5);
    set_policy(&session, |policy| policy.allow_conflicts = true);
    let booked = session.emulator.book(&overlapping).unwrap();
    assert_eq!(answer(&booked), (Response::Accepted, None));
}

#[tokio::test]
async fn case_c34_a_request_arrives_tentative_and_is_answered_later() {
    let session = start(2).await;
    session.admin(Method::PUT, "deliveries", Some(json!({"hold": true}))).await;
    let booking = Booking {
        subject: "Budget 2028".to_owned(),
        ..session.booking("2027-05-11T09:00", "2027-05-11T10:00")
    };
    let booked = session.emulator.book(&booking).unwrap();
    assert_eq!(answer(&booked), (Response::None, None));
    assert_eq!(session.truth(1), []);
    assert_eq!(
        answer_at_organizers(&session, &booked).await,
        json!({
            "response": "none", "time": "0001-01-01T00:00:00Z",
        })
    );
    let waiting = session.admin(Method::GET, "deliveries", None).await.expect(200);
    assert_eq!(waiting, json!({"waiting": 1}));
    let arrive = json!({"room": room(1), "step": "arrive"});
    session.admin(Method::POST, "deliveries", Some(arrive)).await.expect(200);
    let truth = &session.truth(1)[0];
    assert_eq!(truth.subject, "Budget 2028");
    assert_eq!((truth.show_as, truth.response), (ShowAs::Tentative, Response::NotResponded));
    session.admin(Method::POST, "deliveries", None).await.expect(200);
    let truth = &session.truth(1)[0];
    assert_eq!(truth.subject, truth.organizer.name);
    assert_eq!((truth.show_as, truth.response), (ShowAs::Busy, Response::Accepted));
    assert_eq!(answer(&session.emulator.meeting(&booked.id).unwrap()), (Response::Accepted, None));
}

#[tokio::test]
async fn a_delegate_decides_and_the_room_is_tentative_or_free_meanwhile() {
    for (pending, shown) in [(true, ShowAs::Tentative), (false, ShowAs::Free)] {
        let session = start(2).await;
        set_policy(&session, |policy| {
            policy.all_book_in_policy = false;
            policy.all_request_in_policy = true;
            policy.tentative_pending_approval = pending;
        });
        let booking = session.booking("2027-05-11T09:00", "2027-05-11T10:00");
        let booked = session.emulator.book(&booking).unwrap();
        assert_eq!(answer(&booked), (Response::TentativelyAccepted, None));
        let truth = &session.truth(1)[0];
        assert_eq!((truth.show_as, truth.response), (shown, Response::TentativelyAccepted));
        let accept = json!({"meeting": booked.id, "response": "accepted"});
        let path = format!("calendars/{}/answers", room(1));
        session.admin(Method::POST, &path, Some(accept)).await;
        let truth = &session.truth(1)[0];
        assert_eq!((truth.show_as, truth.response), (ShowAs::Busy, Response::Accepted));
        let decline = json!({"meeting": booked.id, "response": "declined"});
        assert_eq!(session.admin(Method::POST, &path, Some(decline)).await.status, 204);
        assert_eq!(session.truth(1), []);
        assert_eq!(answer_at_organizers(&session, &booked).await["response"], "declined");
    }
}

#[tokio::test]
async fn case_c31_a_declined_meeting_can_stay_in_the_calendar() {
    let session = start(2).await;
    let booking = session.booking("2027-05-11T15:00", "2027-05-11T16:00");
    let booked = session.emulator.book(&booking).unwrap();
    let declined = (Response::Declined, None);
    session.emulator.answer_meeting(&room(1), &booked.id, declined.0, declined.1, true).unwrap();
    let truth = session.truth(1);
    assert_eq!((truth[0].response, truth[0].cancelled), (Response::Declined, false));
    // The room is not taken by it.
    let other = session.emulator.book(&booking).unwrap();
    assert_eq!(answer(&other), (Response::Accepted, None));
}

#[tokio::test]
async fn a_room_that_does_not_answer_by_itself() {
    let session = start(2).await;
    set_policy(&session, |policy| policy.automate_processing = AutomateProcessing::AutoUpdate);
    let booking = session.booking("2027-05-11T09:00", "2027-05-11T10:00");
    let booked = session.emulator.book(&booking).unwrap();
    assert_eq!(answer(&booked), (Response::None, None));
    let truth = &session.truth(1)[0];
    assert_eq!((truth.show_as, truth.subject.as_str()), (ShowAs::Tentative, "Review"));
    // An update of the content does not change that.
    let renamed = Revision { subject: Some("Other".to_owned()), ..Revision::default() };
    session.emulator.revise_meeting(&booked.id, None, &renamed).unwrap();
    let truth = &session.truth(1)[0];
    assert_eq!((truth.show_as, truth.subject.as_str()), (ShowAs::Tentative, "Other"));
    let session = start(2).await;
    set_policy(&session, |policy| policy.automate_processing = AutomateProcessing::None);
    session.emulator.book(&booking).unwrap();
    assert_eq!(session.truth(1), []);
}

#[tokio::test]
async fn case_c62_a_cancelled_meeting_stays_unless_the_room_deletes_it() {
    let session = start(2).await;
    let booking = session.booking("2027-05-11T09:00", "2027-05-11T10:00");
    let booked = session.emulator.book(&booking).unwrap();
    session.emulator.cancel_meeting(&booked.id, None, false).unwrap();
    let event = booked.rooms[0].event.clone().unwrap();
    let copy = session.get(&format!("/users/{}/events/{event}", room(1))).await.expect(200);
    assert_eq!((&copy["isCancelled"], &copy["showAs"]), (&json!(true), &json!("free")));
    assert!(copy["subject"].as_str().unwrap().starts_with("Canceled: "));
    let own = session.get(&format!("/users/{}/events/{}", session.employee(), booked.event)).await;
    own.refused(404, "ErrorItemNotFound");
    // The room is free at once.
    let next = session.emulator.book(&booking).unwrap();
    assert_eq!(answer(&next), (Response::Accepted, None));
    set_policy(&session, |policy| policy.remove_canceled_meetings = true);
    session.emulator.cancel_meeting(&next.id, None, false).unwrap();
    assert_eq!(session.truth(1).len(), 1);
}

#[tokio::test]
async fn case_c25_a_cancelled_occurrence_is_a_cancelled_exception() {
    let session = start(2).await;
    let range = json!({"type": "numbered", "numberOfOccurrences": 3});
    let daily = Booking {
        recurrence: Some(recurring("daily", json!({}), "2027-06-01", range)),
        ..session.booking("2027-06-01T13:00", "2027-06-01T14:00")
    };
    let booked = session.emulator.book(&daily).unwrap();
    let cancel = json!({"date": "2027-06-02"});
    let path = format!("meetings/{}/cancel", booked.id);
    assert_eq!(session.admin(Method::POST, &path, Some(cancel)).await.status, 204);
    let truth = session.truth(1);
    let shown: Vec<_> =
        truth.iter().map(|event| (event.kind, event.cancelled, event.show_as)).collect();
    assert_eq!(
        shown,
        [
            ("occurrence", false, ShowAs::Busy),
            ("exception", true, ShowAs::Free),
            ("occurrence", false, ShowAs::Busy),
        ]
    );
    let other = session.booking("2027-06-02T13:00", "2027-06-02T14:00");
    assert_eq!(answer(&session.emulator.book(&other).unwrap()), (Response::Accepted, None));
}

#[tokio::test]
async fn case_c63_a_swapped_room_is_cancelled_and_the_other_one_asked() {
    let session = start(2).await;
    let booked =
        session.emulator.book(&session.booking("2027-05-11T09:00", "2027-05-11T10:00")).unwrap();
    let path = format!("meetings/{}", booked.id);
    let swap = json!({"rooms": [room(2)]});
    let swapped = session.admin(Method::PATCH, &path, Some(swap)).await.expect(200);
    assert_eq!(swapped["rooms"][0]["address"], room(2));
    assert_eq!(swapped["rooms"][0]["response"], "accepted");
    let (old, new) = (session.truth(1), session.truth(2));
    assert_eq!((old[0].cancelled, new[0].cancelled), (true, false));
    assert_eq!(old[0].ical_uid, new[0].ical_uid);
    // Two rooms in one meeting; the first one is asked again.
    let both = json!({"rooms": [room(1), room(2)]});
    session.admin(Method::PATCH, &path, Some(both)).await.expect(200);
    assert!(!session.truth(1)[0].cancelled);
}

#[tokio::test]
async fn case_c36_a_room_that_declines_an_update_has_the_meeting_no_more() {
    let session = start(2).await;
    let booked =
        session.emulator.book(&session.booking("2027-05-11T09:00", "2027-05-11T10:00")).unwrap();
    session.emulator.book(&session.booking("2027-05-11T10:15", "2027-05-11T11:00")).unwrap();
    let longer = Revision { end: Some("2027-05-11T10:30".parse().unwrap()), ..Revision::default() };
    let revised = session.emulator.revise_meeting(&booked.id, None, &longer).unwrap();
    assert_eq!(answer(&revised), (Response::Declined, Some(DeclineReason::Conflict)));
    assert_eq!(starts(&session.truth(1)), ["2027-05-11T10:15:00Z"]);
}

#[tokio::test]
async fn an_occurrence_that_moves_onto_another_meeting_is_declined_alone() {
    let session = start(2).await;
    let range = json!({"type": "numbered", "numberOfOccurrences": 3});
    let daily = Booking {
        recurrence: Some(recurring("daily", json!({}), "2027-06-01", range)),
        ..session.booking("2027-06-01T13:00", "2027-06-01T14:00")
    };
    let booked = session.emulator.book(&daily).unwrap();
    session.emulator.book(&session.booking("2027-06-02T15:00", "2027-06-02T16:00")).unwrap();
    let path = format!("meetings/{}/occurrences/2027-06-02", booked.id);
    let onto = json!({"start": "2027-06-02T15:30:00", "end": "2027-06-02T16:30:00"});
    let revised = session.admin(Method::PATCH, &path, Some(onto)).await.expect(200);
    assert_eq!(revised["rooms"][0]["response"], "accepted");
    assert_eq!(revised["rooms"][0]["declinedDates"], json!(["2027-06-02"]));
    assert_eq!(
        starts(&session.truth(1)),
        ["2027-06-01T13:00:00Z", "2027-06-02T15:00:00Z", "2027-06-03T13:00:00Z",]
    );
    // And to free hours: it comes back.
    let free = json!({"start": "2027-06-02T17:00:00", "end": "2027-06-02T18:00:00"});
    let revised = session.admin(Method::PATCH, &path, Some(free)).await.expect(200);
    assert_eq!(revised["rooms"][0]["declinedDates"], json!([]));
    let truth = session.truth(1);
    assert_eq!(starts(&truth)[2], "2027-06-02T17:00:00Z");
    assert_eq!((truth[2].show_as, truth[2].kind), (ShowAs::Busy, "exception"));
}

#[tokio::test]
async fn a_walk_up_is_written_straight_into_the_rooms_calendar() {
    let session = start(2).await;
    session.emulator.book(&session.booking("2027-05-11T09:00", "2027-05-11T10:00")).unwrap();
    let walk_up = json!({
        "organizer": room(1),
        "subject": "Walk-up",
        "start": "2027-05-11T09:30:00",
        "end": "2027-05-11T10:30:00",
    });
    session.admin(Method::POST, "meetings", Some(walk_up)).await.expect(201);
    let truth = session.truth(1);
    assert_eq!(starts(&truth), ["2027-05-11T09:00:00Z", "2027-05-11T09:30:00Z"]);
    assert_eq!((truth[1].is_organizer, truth[1].response), (true, Response::Organizer));
    assert_eq!(subjects(&session)[1], "Walk-up");
}

#[tokio::test]
async fn a_change_of_one_copy_does_not_reach_the_organizer() {
    let session = start(2).await;
    let booked =
        session.emulator.book(&session.booking("2027-05-11T09:00", "2027-05-11T10:00")).unwrap();
    let path = format!("calendars/{}/events/{}", room(1), booked.id);
    let free = json!({"showAs": "free", "subject": "Free now"});
    assert_eq!(session.admin(Method::PATCH, &path, Some(free)).await.status, 204);
    assert_eq!(session.truth(1)[0].show_as, ShowAs::Free);
    let own = format!("/users/{}/events/{}", session.employee(), booked.event);
    assert_eq!(session.get(&own).await.expect(200)["showAs"], "busy");
    assert_eq!(session.admin(Method::DELETE, &path, None).await.status, 204);
    assert_eq!(session.truth(1), []);
    // A ghost: the organizer still believes in the room.
    assert_eq!(answer_at_organizers(&session, &booked).await["response"], "accepted");
}

#[tokio::test]
async fn a_room_made_again_at_the_same_address_has_an_empty_calendar() {
    let session = start(2).await;
    session.emulator.book(&session.booking("2027-05-11T09:00", "2027-05-11T10:00")).unwrap();
    let old = session.truth(1)[0].id.clone();
    session.emulator.remove_room(&room(1)).unwrap();
    let view =
        format!("/users/{}/calendarView?startDateTime=2027-05-01&endDateTime=2027-06-01", room(1));
    session.get(&view).await.refused(404, "ErrorInvalidUser");
    let again = properties(json!({"displayName": "Again", "emailAddress": room(1)}));
    session.emulator.add_room(again).unwrap();
    assert_eq!(session.get(&view).await.expect(200)["value"], json!([]));
    let event = session.get(&format!("/users/{}/events/{old}", room(1))).await;
    event.refused(404, "ErrorItemNotFound");
}

#[tokio::test]
async fn a_mailbox_can_be_out_of_reach_of_the_application() {
    let session = start(2).await;
    let view =
        format!("/users/{}/calendarView?startDateTime=2027-05-01&endDateTime=2027-06-01", room(1));
    let path = format!("calendars/{}/policy", room(1));
    for (access, code, message) in [
        ("raop", "ErrorAccessDenied", payload("error-403-raop")["error"]["message"].clone()),
        (
            "denied",
            "ErrorAccessDenied",
            json!("Access is denied. Check credentials and try again."),
        ),
        (
            "delegated",
            "DelegatedCalendarAccessDenied",
            json!("Access is denied. Check credentials and try again."),
        ),
    ] {
        let set = json!({"access": access});
        session.admin(Method::PATCH, &path, Some(set)).await.expect(200);
        assert_eq!(session.get(&view).await.refused(403, code), message);
    }
    let mut policy = session.emulator.policy(&room(1)).unwrap();
    policy.access = Access::Granted;
    session.emulator.set_policy(&room(1), &policy).unwrap();
    session.get(&view).await.expect(200);
    let other = view.replace(&room(1), &room(2));
    session.get(&other).await.expect(200);
    session.admin(Method::PATCH, &path, Some(json!({"speed": 1}))).await.expect(400);
    session.admin(Method::PATCH, &path, Some(json!({"timeZone": "EST"}))).await.expect(400);
}

#[tokio::test]
async fn a_user_who_is_invited_is_tentative_until_the_meeting_is_accepted() {
    let session = start(1).await;
    let guest = json!({"userPrincipalName": "guest@contoso.com", "mail": "guest@contoso.com"});
    session.emulator.create_user(properties(guest)).unwrap();
    let booking = Booking {
        attendees: vec!["guest@contoso.com".to_owned()],
        ..session.booking("2027-05-11T09:00", "2027-05-11T10:00")
    };
    let booked = session.emulator.book(&booking).unwrap();
    let shown = || {
        let (from, to) = ("2027-05-11T00:00:00Z", "2027-05-12T00:00:00Z");
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        let events = session.emulator.calendar("guest@contoso.com", from, to).unwrap();
        (events[0].show_as, events[0].response)
    };
    assert_eq!(shown(), (ShowAs::Tentative, Response::NotResponded));
    for (answer, show_as) in
        [(Response::TentativelyAccepted, ShowAs::Tentative), (Response::Accepted, ShowAs::Busy)]
    {
        session
            .emulator
            .answer_meeting("guest@contoso.com", &booked.id, answer, None, false)
            .unwrap();
        assert_eq!(shown(), (show_as, answer));
    }
}
