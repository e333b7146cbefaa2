#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::model::{Outcome, Removal, Removed, Room};

/// A text of one byte more than `most`.
fn over(most: usize) -> String {
    "x".repeat(most + 1)
}

#[track_caller]
fn refuses(answer: &impl Bounded, names: &str) {
    let error = answer.check().unwrap_err();
    assert!(matches!(error, CallError::BrokeInterface { .. }));
    let text = error.to_string();
    assert!(text.contains(names) && text.ends_with("at most are allowed"), "{text}");
}

fn unreadable(id: &str, reason: &str) -> Unreadable {
    Unreadable { id: id.to_owned(), reason: reason.to_owned() }
}

#[test]
fn warnings_are_bounded_in_number_in_length_and_in_all() {
    let summary = |warnings| Summary { warnings, ..Summary::default() };
    let sentence = "x".repeat(SENTENCE);
    summary(vec![sentence.clone(); 64]).check().unwrap();
    refuses(&summary(vec![sentence; 65]), "summary.warnings has 1064960 bytes");
    refuses(&summary(vec![over(SENTENCE)]), "a warning in summary.warnings has 16385 bytes");
    refuses(&summary(vec![String::new(); 10_001]), "summary.warnings has 10001 items");
}

#[test]
fn what_is_unreadable_is_bounded_wherever_it_is_reported() {
    for (id, reason, names) in [
        (over(NAME), String::new(), "unreadable.id has 1025 bytes"),
        (String::new(), over(REASON), "unreadable.reason has 4097 bytes"),
    ] {
        let it = unreadable(&id, &reason);
        let rooms = RoomBatch { rooms: Vec::new(), unreadable: vec![it.clone()] };
        refuses(&rooms, names);
        for change in [UserChange::UserUnreadable(it.clone()), UserChange::GroupUnreadable(it)] {
            let names = if reason.is_empty() { "an id in changes has 1025 bytes" } else { names };
            refuses(&vec![change], names);
        }
    }
}

#[test]
fn ids_are_bounded() {
    let room = Room { id: over(NAME), ..Room::default() };
    refuses(&RoomBatch { rooms: vec![room], unreadable: Vec::new() }, "room.id has 1025 bytes");
    let removed = UserChange::UserRemoved(Removed { id: over(NAME), removal: Removal::Soft });
    refuses(&vec![removed], "an id in changes has 1025 bytes");
    let user = crate::model::User { id: over(NAME), ..crate::model::User::default() };
    refuses(&CallbackOutcome::SignedIn(user), "user.id has 1025 bytes");
}

#[test]
fn names_choices_and_checks_are_bounded() {
    let choice = |value: String, label: String| vec![Choice { value, label, hint: None }];
    refuses(&choice(over(NAME), String::new()), "choice.value has 1025 bytes");
    refuses(&choice(String::new(), over(NAME)), "choice.label has 1025 bytes");
    let check = Check {
        id: String::new(),
        outcome: Outcome::Passed,
        summary: String::new(),
        remedy: None,
        detail: Some(over(DETAIL)),
        fields: Vec::new(),
    };
    refuses(&Report { checks: vec![check.clone()] }, "check.detail has 65537 bytes");
    let check = Check { detail: Some("x".repeat(DETAIL)), ..check };
    refuses(&Report { checks: vec![check; 17] }, "report has 1114112 bytes");
    let manifest = |name: String, permissions| {
        let (version, settings_schema) = (String::new(), String::new());
        Manifest { name, version, settings_schema, permissions, time_zones: None }
    };
    refuses(&manifest(over(NAME), Vec::new()), "manifest.name has 1025 bytes");
    let permission = Permission { name: over(NAME), id: None, reason: String::new() };
    refuses(&manifest(String::new(), vec![permission]), "permission.name has 1025 bytes");
    let field = FieldError { field: String::new(), message: over(REASON) };
    refuses(&vec![field], "field-error.message has 4097 bytes");
}

#[test]
fn scripts_and_flows_are_bounded() {
    let script = Script { file_name: "a.ps1".to_owned(), text: over(SCRIPT) };
    refuses(&script, "script.text has 4194305 bytes");
    let redirect = Redirect { url: "https://a".to_owned(), flow: over(FLOW) };
    refuses(&redirect, "redirect.flow has 2049 bytes");
}

#[test]
fn an_error_is_cut_rather_than_hidden() {
    let explanation = Explanation {
        code: over(NAME),
        summary: "é".repeat(SENTENCE),
        remedy: None,
        detail: Some(over(DETAIL)),
    };
    let mut refusal = Refusal::Unavailable(explanation);
    shorten(&mut refusal);
    let Refusal::Unavailable(it) = refusal else { panic!("{refusal:?}") };
    assert_eq!(it.code, "x".repeat(NAME) + "…");
    assert_eq!(it.summary, "é".repeat(SENTENCE / 2) + "…");
    assert_eq!(it.detail.unwrap().len(), DETAIL + "…".len());
    let fields = vec![FieldError { field: String::new(), message: over(REASON) }; MANY + 1];
    let mut refusal = Refusal::InvalidSettings(fields);
    shorten(&mut refusal);
    let Refusal::InvalidSettings(fields) = refusal else { panic!("{refusal:?}") };
    assert_eq!((fields.len(), fields[0].message.len()), (MANY, REASON + "…".len()));
}
