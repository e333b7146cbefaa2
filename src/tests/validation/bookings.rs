//! The check of bookings: whether they can be read, and what rooms hide of them.

use serde_json::{Value, json};

use super::{check, checks, entered};
use crate::{
    model::{Check, Outcome},
    tests::script::{Reply, ok, refused},
};

fn meeting(subject: &str, sensitivity: &str) -> Value {
    json!({"id": subject, "type": "singleInstance", "subject": subject,
        "sensitivity": sensitivity, "isCancelled": false,
        "responseStatus": {"response": "accepted"},
        "organizer": {"emailAddress": {"name": "Mara Lind", "address": "mara@contoso.com"}}})
}

/// Returns the check of a tenant whose calendars answer so. `r1` and `r2` are its rooms.
fn bookings(titles: &str, calendar: impl Fn(&str) -> Option<Reply>) -> Check {
    let on = json!({"rooms": {"bookings": "on", "bookingTitles": titles}});
    let checks = checks(&entered(on), |asked| {
        let is_full = asked.path.contains("calendarView") && !asked.path.contains("select=id&");
        is_full.then(|| calendar(&asked.path)).flatten()
    });
    check(&checks, "bookings").clone()
}

fn with_meetings(titles: &str, meetings: Vec<Value>) -> Check {
    bookings(titles, |path| match path.contains("/delta") {
        true => Some(ok(json!({"value": [], "@odata.deltaLink": "https://graph.microsoft.com/d"}))),
        false => Some(ok(json!({"value": meetings}))),
    })
}

#[test]
fn bookings_that_are_off_are_not_tested() {
    let checks = checks(&entered(json!({})), |asked| {
        assert!(!asked.path.contains("calendarView/delta"), "{}", asked.path);
        None
    });
    let bookings = check(&checks, "bookings");
    assert_eq!(bookings.outcome, Outcome::Skipped);
    assert!(bookings.summary.contains("off in the room settings"), "{bookings:?}");
}

#[test]
fn a_calendar_that_can_be_read_passes() {
    let empty = with_meetings("shown", Vec::new());
    assert_eq!(empty.outcome, Outcome::Passed);
    assert!(empty.summary.contains("r1@contoso.com can be read"), "{empty:?}");
    let kept = vec![meeting("Budget", "normal"), meeting("Oncology", "private")];
    let kept = with_meetings("shown", kept);
    assert_eq!(kept.outcome, Outcome::Passed, "{kept:?}");
    assert!(!format!("{kept:?}").contains("Oncology") && !format!("{kept:?}").contains("Budget"));
}

#[test]
fn what_a_room_hides_is_reported_and_matters_where_titles_are_shown() {
    // The room's processing did not change the subjects of these.
    let with = |name: &str, value: Value| {
        let mut unchanged = meeting("Budget", "normal");
        unchanged[name] = value;
        unchanged
    };
    let own = json!({"emailAddress": {"name": "Room 1", "address": "R1@contoso.com"}});
    let hidden = vec![
        meeting("Mara Lind", "normal"),
        meeting("Mara Lind ", "normal"),
        meeting("", "normal"),
        with("organizer", own),
        with("isCancelled", json!(true)),
        with("responseStatus", json!({"response": "notResponded"})),
    ];
    let kept = vec![meeting("Budget", "normal"), meeting("Mara Lind", "normal")];
    for (meetings, finding) in
        [(hidden, "replaces the subjects"), (kept, "no meeting is marked as private")]
    {
        let shown = with_meetings("shown", meetings.clone());
        assert_eq!(shown.outcome, Outcome::Warned, "{shown:?}");
        assert!(shown.summary.contains(finding), "{shown:?}");
        assert!(shown.remedy.expect("a remedy").contains("script of the booking rules"));
        let unseen = with_meetings("hidden", meetings);
        assert_eq!((unseen.outcome, unseen.remedy), (Outcome::Passed, None));
        assert!(unseen.summary.contains(finding), "{}", unseen.summary);
    }
}

#[test]
fn a_missing_permission_is_told_from_one_mailbox_that_is_refused() {
    let all = bookings("hidden", |_| Some(refused(403, "ErrorAccessDenied")));
    assert_eq!(all.outcome, Outcome::Failed);
    assert!(all.summary.contains("Calendars.ReadWrite"), "{all:?}");
    let one = bookings("hidden", |path| {
        let delta = json!({"value": [], "@odata.deltaLink": "https://graph.microsoft.com/d"});
        match path.contains("r1@contoso.com") {
            true => Some(refused(403, "ErrorAccessDenied")),
            false => Some(ok(delta)),
        }
    });
    assert_eq!(one.outcome, Outcome::Warned);
    assert!(one.summary.contains("those of r1@contoso.com cannot"), "{one:?}");
    assert!(one.remedy.expect("a remedy").contains("application access policy"));
    let elsewhere = bookings("hidden", |_| Some(refused(404, "MailboxNotEnabledForRESTAPI")));
    assert_eq!(elsewhere.outcome, Outcome::Failed);
    assert!(elsewhere.summary.contains("no mailbox in Exchange Online"), "{elsewhere:?}");
}
