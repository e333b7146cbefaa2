//! The JSON of the records: programs and stored data depend on it.

use serde::Serialize;
use serde_json::{Value, json};

use super::*;

#[track_caller]
fn assert_json(record: &impl Serialize, expected: Value) {
    assert_eq!(serde_json::to_value(record).ok(), Some(expected));
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn room() -> Room {
    Room {
        id: "r1".to_owned(),
        email: "oak@example.com".to_owned(),
        name: "Oak".to_owned(),
        nickname: text("O"),
        capacity: Some(8),
        building: text("Main"),
        floor_number: Some(-1),
        floor_label: text("B1"),
        label: text("quiet"),
        phone: text("1"),
        address: Some(Address {
            street: text("Street 1"),
            city: text("City"),
            state: text("State"),
            postal_code: text("0123"),
            country: text("Country"),
        }),
        position: Some(Coordinates { latitude: 1.5, longitude: -2.5 }),
        time_zone: text("Asia/Hong_Kong"),
        wheelchair_accessible: Some(true),
        audio_device: text("A"),
        video_device: text("V"),
        display_device: text("D"),
        booking_type: text("standard"),
        tags: vec!["t".to_owned()],
        lists: vec!["l".to_owned()],
        unknown: Vec::new(),
    }
}

fn room_json() -> Value {
    json!({
        "id": "r1",
        "email": "oak@example.com",
        "name": "Oak",
        "nickname": "O",
        "capacity": 8,
        "building": "Main",
        "floorNumber": -1,
        "floorLabel": "B1",
        "label": "quiet",
        "phone": "1",
        "address": {
            "street": "Street 1",
            "city": "City",
            "state": "State",
            "postalCode": "0123",
            "country": "Country",
        },
        "position": { "latitude": 1.5, "longitude": -2.5 },
        "timeZone": "Asia/Hong_Kong",
        "wheelchairAccessible": true,
        "audioDevice": "A",
        "videoDevice": "V",
        "displayDevice": "D",
        "bookingType": "standard",
        "tags": ["t"],
        "lists": ["l"],
    })
}

fn user() -> User {
    User {
        id: "u1".to_owned(),
        username: "ann@example.com".to_owned(),
        display_name: "Ann".to_owned(),
        email: text("a@example.com"),
        given_name: text("A"),
        surname: text("N"),
        job_title: text("J"),
        department: text("D"),
        office: text("O"),
        mobile_phone: text("1"),
        business_phone: text("2"),
        language: text("en-US"),
        card_number: text("007"),
        enabled: true,
        guest: false,
        unknown: Vec::new(),
    }
}

fn user_json() -> Value {
    json!({
        "id": "u1",
        "username": "ann@example.com",
        "displayName": "Ann",
        "email": "a@example.com",
        "givenName": "A",
        "surname": "N",
        "jobTitle": "J",
        "department": "D",
        "office": "O",
        "mobilePhone": "1",
        "businessPhone": "2",
        "language": "en-US",
        "cardNumber": "007",
        "enabled": true,
        "guest": false,
    })
}

#[test]
fn a_room_is_written_and_read_with_the_names_of_the_interface() {
    assert_json(&room(), room_json());
    assert_eq!(serde_json::from_value::<Room>(room_json()).ok(), Some(room()));
    assert_eq!(serde_json::from_value::<Room>(json!({})).ok(), Some(Room::default()));
}

#[test]
fn a_user_is_written_and_read_with_the_names_of_the_interface() {
    assert_json(&user(), user_json());
    assert_eq!(serde_json::from_value::<User>(user_json()).ok(), Some(user()));
    assert_eq!(serde_json::from_value::<User>(json!({})).ok(), Some(User::default()));
}

#[test]
fn unknown_fields_are_listed_by_their_names_in_json() {
    use RoomField::{Address, Building, FloorLabel, Lists, Position};
    let room = Room { unknown: vec![Building, FloorLabel, Address, Position, Lists], ..room() };
    let mut expected = room_json();
    expected["unknown"] = json!(["building", "floorLabel", "address", "position", "lists"]);
    assert_json(&room, expected);
    let user = User { unknown: vec![UserField::CardNumber], ..user() };
    let mut expected = user_json();
    expected["unknown"] = json!(["cardNumber"]);
    assert_json(&user, expected);
}

#[test]
fn unknown_fields_are_taken_from_the_stored_record_and_no_others() {
    let stored = Room { name: "Old".to_owned(), building: text("Old"), ..room() };
    let unknown = vec![RoomField::Building, RoomField::Lists];
    let mut read = Room { building: None, lists: Vec::new(), unknown, ..room() };
    read.keep_unknown(stored.clone());
    assert_eq!(read, Room { building: text("Old"), ..room() });
    let all = vec![
        RoomField::Building,
        RoomField::FloorLabel,
        RoomField::Address,
        RoomField::Position,
        RoomField::Lists,
    ];
    let mut read = Room { id: "r1".to_owned(), unknown: all, ..Room::default() };
    read.keep_unknown(stored);
    let Room { building, floor_label, address, position, lists, .. } = room();
    let unchanged = Room { building, floor_label, address, position, lists, ..Room::default() };
    assert_eq!(read, Room { id: "r1".to_owned(), building: text("Old"), ..unchanged });

    let unknown = vec![UserField::CardNumber];
    let mut read = User { card_number: None, unknown, ..user() };
    read.keep_unknown(&User { office: text("Old"), ..user() });
    assert_eq!(read, user());
}

#[test]
fn every_change_is_an_object_under_the_name_of_its_case() {
    let removed = |removal| Removed { id: "x".to_owned(), removal };
    let unreadable = || Unreadable { id: "x".to_owned(), reason: "mail: not a text".to_owned() };
    let unreadable_json = json!({ "id": "x", "reason": "mail: not a text" });
    let group = Group {
        id: "g1".to_owned(),
        name: "Night shift".to_owned(),
        description: text("D"),
        email: text("n@example.com"),
    };
    let group_json = json!({
        "id": "g1", "name": "Night shift", "description": "D", "email": "n@example.com",
    });
    let membership = Membership { group: "g1".to_owned(), member: "u1".to_owned() };
    let membership_json = json!({ "group": "g1", "member": "u1" });
    for (change, id, subject, name, record) in [
        (UserChange::User(user()), "u1", Subject::Users, "user", user_json()),
        (UserChange::UserIfKnown(user()), "u1", Subject::Users, "userIfKnown", user_json()),
        (
            UserChange::UserRemoved(removed(Removal::Permanent)),
            "x",
            Subject::Users,
            "userRemoved",
            json!({ "id": "x", "removal": "permanent" }),
        ),
        (
            UserChange::UserMissing(removed(Removal::OutOfScope)),
            "x",
            Subject::Users,
            "userMissing",
            json!({ "id": "x", "removal": "out-of-scope" }),
        ),
        (
            UserChange::UserUnreadable(unreadable()),
            "x",
            Subject::Users,
            "userUnreadable",
            unreadable_json.clone(),
        ),
        (UserChange::Group(group), "g1", Subject::Groups, "group", group_json),
        (
            UserChange::GroupRemoved(removed(Removal::Soft)),
            "x",
            Subject::Groups,
            "groupRemoved",
            json!({ "id": "x", "removal": "soft" }),
        ),
        (
            UserChange::GroupMissing("x".to_owned()),
            "x",
            Subject::Groups,
            "groupMissing",
            json!({ "id": "x" }),
        ),
        (
            UserChange::GroupUnreadable(unreadable()),
            "x",
            Subject::Groups,
            "groupUnreadable",
            unreadable_json,
        ),
        (
            UserChange::MemberAdded(membership.clone()),
            "g1",
            Subject::Groups,
            "memberAdded",
            membership_json.clone(),
        ),
        (
            UserChange::MemberRemoved(membership),
            "g1",
            Subject::Groups,
            "memberRemoved",
            membership_json,
        ),
    ] {
        assert_eq!((change.id().as_str(), change.subject()), (id, subject), "{name}");
        assert_json(&change, json!({ name: record }));
    }
}

#[test]
fn a_mode_says_where_it_stands_in_an_enumeration() {
    let full = Mode::Full(Part { first: true, last: false });
    assert_json(&full, json!({ "mode": "full", "first": true, "last": false }));
    assert_json(&Mode::Incremental, json!({ "mode": "incremental" }));
    assert_json(&[Subject::Users, Subject::Groups], json!(["users", "groups"]));
}

#[test]
fn a_summary_is_written_with_what_is_owed() {
    let summary = Summary {
        requests: 1,
        throttled: 2,
        retried: 3,
        warnings: vec!["W".to_owned()],
        unreadable: 4,
        complete: true,
        owed: Some(Owed { count: 5, since: 6 }),
    };
    let expected = json!({
        "requests": 1,
        "throttled": 2,
        "retried": 3,
        "warnings": ["W"],
        "unreadable": 4,
        "complete": true,
        "owed": { "count": 5, "since": 6 },
    });
    assert_json(&summary, expected);
    let owed = serde_json::from_value(json!({ "count": 5, "since": 6 })).ok();
    assert_eq!(owed, summary.owed);
}

#[test]
fn a_manifest_contains_its_schema_as_json() {
    let manifest = Manifest {
        name: "Vendor".to_owned(),
        version: "1.2.3".to_owned(),
        settings_schema: r#"{"type": "object"}"#.to_owned(),
        permissions: vec![Permission {
            name: "Read".to_owned(),
            id: text("p1"),
            reason: "Reads".to_owned(),
        }],
        time_zones: text("2026f"),
    };
    let mut expected = json!({
        "name": "Vendor",
        "version": "1.2.3",
        "settingsSchema": { "type": "object" },
        "permissions": [{ "name": "Read", "id": "p1", "reason": "Reads" }],
        "timeZones": "2026f",
    });
    assert_json(&manifest, expected.clone());
    expected["settingsSchema"] = json!("{");
    assert_json(&Manifest { settings_schema: "{".to_owned(), ..manifest }, expected);
}

#[test]
fn a_report_lists_its_checks_with_the_fields_they_concern() {
    use Outcome::{Failed, Passed, Skipped, Warned};
    let check = Check {
        id: "sign-in".to_owned(),
        outcome: Failed,
        summary: "S".to_owned(),
        remedy: text("R"),
        detail: None,
        fields: vec![FieldError::new("/server/tenantId", "M")],
    };
    let expected = json!({
        "checks": [{
            "id": "sign-in",
            "outcome": "failed",
            "summary": "S",
            "remedy": "R",
            "detail": null,
            "fields": [{ "field": "/server/tenantId", "message": "M" }],
        }],
    });
    assert_json(&Report { checks: vec![check] }, expected);
    let outcomes = json!(["passed", "warned", "failed", "skipped"]);
    assert_json(&[Passed, Warned, Failed, Skipped], outcomes);
}

#[test]
fn the_number_of_a_case_is_its_place_in_the_interface() {
    let lifted = [0, 1, 2].map(Removal::_lift);
    assert_eq!(lifted, [Removal::Soft, Removal::Permanent, Removal::OutOfScope]);
    assert_eq!(lifted.map(Removal::as_str), ["soft", "permanent", "out-of-scope"]);
}

#[test]
fn what_a_sign_in_carries_does_not_appear_in_debug_output() {
    let redirect = Redirect { url: "https://a/?state=b".to_owned(), flow: "secret".to_owned() };
    assert_eq!(format!("{redirect:?}"), "Redirect([redacted])");
    let callback = Callback {
        redirect_uri: "https://a".to_owned(),
        parameters: vec![("code".to_owned(), "secret".to_owned())],
        flow: text("secret"),
    };
    assert!(!format!("{callback:?}").contains("secret"), "{callback:?}");
}
