//! Input that Graph's schema does not allow, but that servers send.

mod any_value;

use futures_executor::block_on;
use serde_json::{Value, json, value::RawValue};

use super::{
    script::{GRAPH, Reply, Script, nothing, ok, settings, sync_rooms, sync_users, user_batches},
    users::{batch, user, with},
};
use crate::{
    directory,
    graph::Page,
    host::Response,
    model::{Coordinates, Group, Membership, Removal, Removed, Room, User, UserChange},
    payload::{GroupItem, GroupRecord, MemberChange, is_user, read_group},
};

const UPPER: &str = "87D349ED-44D7-43E1-9A83-5F2406DEE5BD";
const LOWER: &str = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";

/// What a sync reports of a listing with that body, and of later changes with that.
fn reported(listing: Vec<u8>, changes: &Value) -> Vec<UserChange> {
    let changes = changes.clone();
    let script = Script::new(move |asked| match asked.path.as_str() {
        path if path.contains("$deltatoken=latest") => {
            let link = format!("{GRAPH}/v1.0/users/delta?$deltatoken=A");
            ok(json!({"value": [], "@odata.deltaLink": link}))
        }
        path if path.contains("$deltatoken=A") => {
            let link = format!("{GRAPH}/v1.0/users/delta?$deltatoken=B");
            ok(json!({"value": changes.clone(), "@odata.deltaLink": link}))
        }
        path if path.starts_with("/v1.0/users?") => Reply::Bytes(listing.clone()),
        path if path.contains("microsoft.graph.room?") => ok(json!({"value": [
            {"id": "r", "emailAddress": " Room1@contoso.com ", "displayName": "Room 1"},
        ]})),
        path if path.contains("/places/") => ok(json!({"value": []})),
        _ => nothing(),
    });
    let all = settings(json!({"users": {"includeGuests": true, "includeDisabled": true}}));
    let (batches, result) = sync_users(&script, &all, None);
    result.expect("a good run");
    user_batches(batches).into_iter().flat_map(|it| it.changes).collect()
}

/// The body of a page with one item.
fn body(item: &Value) -> Vec<u8> {
    json!({ "value": [item] }).to_string().into_bytes()
}

#[track_caller]
fn read(record: &Value) -> User {
    match &reported(body(record), &json!([]))[..] {
        [UserChange::User(user)] => user.clone(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn unreadable(record: &Value) -> String {
    match &reported(body(record), &json!([]))[..] {
        [UserChange::UserUnreadable(it)] => format!("{} {}", it.id, it.reason),
        other => panic!("{other:?}"),
    }
}

fn ann(field: &str, value: Value) -> Value {
    with(user("ann"), field, value)
}

#[test]
fn an_odata_count_of_another_type_does_not_prevent_reading_a_page() {
    for count in ["\"6\"", "6.0", "-1", "\"many\"", "null", "[]"] {
        let body = format!(r#"{{"@odata.count": {count}, "value": [{}]}}"#, user("ann"));
        assert_eq!(reported(body.into_bytes(), &json!([])).len(), 1, "{count}");
    }
}

#[test]
fn null_in_proxy_addresses_does_not_prevent_reading_a_user() {
    for addresses in [
        json!([null, "smtp:a@contoso.com"]),
        json!(null),
        json!([]),
        json!([5, true, {}]),
        json!("smtp:a@contoso.com"),
    ] {
        assert_eq!(read(&ann("proxyAddresses", addresses)).id, "ann");
    }
    let room = ann("proxyAddresses", json!([null, "smtp:room1@contoso.com"]));
    assert_eq!(reported(body(&room), &json!([])), [], "the others are read");
    assert_eq!(unreadable(&ann("proxyAddresses", json!({}))), "ann proxyAddresses: not a list");
}

#[test]
fn half_a_surrogate_in_a_name_is_replaced() {
    let escaped = |name: &str| {
        let record = ann("displayName", json!("NAME")).to_string().replace("NAME", name);
        let page = format!(r#"{{"value": [{record}]}}"#).into_bytes();
        match &reported(page, &json!([]))[..] {
            [UserChange::User(user)] => user.display_name.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(escaped(r"Ann \ud83d"), "Ann \u{fffd}");
    assert_eq!(escaped(r"\ude00 Ann"), "\u{fffd} Ann");
    assert_eq!(escaped(r"Ann \ud83d\ude00"), "Ann \u{1f600}");
    assert_eq!(escaped(r"\\ud83d"), r"\ud83d");
}

#[test]
fn half_a_surrogate_in_a_batch_is_replaced_as_well() {
    let script = Script::new(|asked| match asked.path.as_str() {
        "/v1.0/$batch" => {
            let Reply::Json(_, answers) = batch(asked, |_, _| (200, user("ann"))) else {
                return nothing();
            };
            let text =
                answers.to_string().replace(r#""displayName":"ann""#, r#""displayName":"\udc00""#);
            Reply::Raw(200, Vec::new(), text)
        }
        path if path.contains("/places/") => ok(json!({"value": []})),
        _ => nothing(),
    });
    let ids = ["ann".to_owned()];
    let read = block_on(directory::read_users(&script, &settings(json!({})), &ids));
    let UserChange::User(user) = &read.expect("an answer")[0] else { panic!() };
    assert_eq!(user.display_name, "\u{fffd}");
}

#[test]
fn bytes_that_are_not_utf_8_are_replaced() {
    let mut page = body(&ann("displayName", json!("Ann X")));
    let at = page.windows(5).position(|it| it == b"Ann X").expect("the name");
    page[at + 4] = 0xc3;
    match &reported(page, &json!([]))[..] {
        [UserChange::User(user)] => assert_eq!(user.display_name, "Ann \u{fffd}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_byte_order_mark_before_a_page_is_ignored() {
    let page = [b"\xef\xbb\xbf".to_vec(), body(&user("ann"))].concat();
    assert_eq!(reported(page, &json!([])).len(), 1);
}

#[test]
fn ids_in_upper_case_in_one_place_and_lower_in_another_are_the_same() {
    assert_eq!(read(&with(user("ann"), "id", json!(UPPER))).id, LOWER);
    let removed = json!([{"id": UPPER, "@removed": {"reason": "Deleted"}}]);
    let record = with(user("ann"), "id", json!(LOWER));
    let changes = reported(body(&record), &removed);
    assert_eq!(
        changes[1],
        UserChange::UserRemoved(Removed { id: LOWER.to_owned(), removal: Removal::Permanent })
    );
    let group = group(&format!(
        r#"{{"id": "{UPPER}", "displayName": "G", "members@delta": [
            {{"id": "{UPPER}"}}, {{"id": "{UPPER}", "@removed": {{}}}}
        ]}}"#
    ));
    let membership = Membership { group: LOWER.to_owned(), member: LOWER.to_owned() };
    assert_eq!(group.id, LOWER);
    assert!(matches!(&group.record, GroupRecord::Complete(Group { id, .. }) if id == LOWER));
    assert_eq!(
        group.members,
        [MemberChange::Added(membership.clone()), MemberChange::Removed(membership)]
    );
    let rooms = rooms(&json!({"id": "e", "placeId": UPPER, "emailAddress": "r@contoso.com"}));
    assert_eq!(rooms[0].id, LOWER);
    // Only GUIDs: other ids are opaque.
    assert_eq!(read(&with(user("ann"), "id", json!("Ann"))).id, "Ann");
}

#[test]
fn an_answer_comes_under_the_id_that_was_asked_for_whatever_its_case() {
    let script = Script::new(|asked| match asked.path.as_str() {
        "/v1.0/$batch" => batch(asked, |url, _| match url.starts_with("/users/") {
            true => (200, with(user("ann"), "id", json!(LOWER))),
            false => (200, json!({"id": LOWER, "displayName": "G"})),
        }),
        path if path.contains("/places/") => ok(json!({"value": []})),
        _ => nothing(),
    });
    let (settings, ids) = (settings(json!({})), [UPPER.to_owned()]);
    let users = block_on(directory::read_users(&script, &settings, &ids)).expect("an answer");
    assert!(matches!(&users[..], [UserChange::User(it)] if it.id == UPPER), "{users:?}");
    let groups = block_on(directory::read_groups(&script, &settings, &ids)).expect("an answer");
    assert!(matches!(&groups[..], [UserChange::Group(it)] if it.id == UPPER), "{groups:?}");
}

#[test]
fn space_around_addresses_and_user_names_is_removed() {
    let mut record = ann("mail", json!(" ann@contoso.com\u{a0}"));
    record["userPrincipalName"] = json!("ann@contoso.com \u{200b}");
    let record = read(&record);
    assert_eq!(record.email.as_deref(), Some("ann@contoso.com"));
    assert_eq!(record.username, "ann@contoso.com");
    assert_eq!(read(&ann("mail", json!("  "))).email, None);
}

#[test]
fn the_account_of_a_room_is_known_also_with_space_around_its_address() {
    for room in [
        ann("mail", json!("room1@contoso.com ")),
        ann("proxyAddresses", json!(["SMTP: room1@contoso.com"])),
        ann("proxyAddresses", json!([" smtp:Room1@contoso.com\t"])),
    ] {
        assert_eq!(reported(body(&room), &json!([])), [], "{room}");
    }
}

#[test]
fn ext_in_lower_case_and_an_empty_user_type_make_a_guest() {
    let guest = |name: &str, user_type: Value| {
        read(&with(ann("userPrincipalName", json!(name)), "userType", user_type)).guest
    };
    for user_type in [json!(null), json!(""), json!("  ")] {
        assert!(guest("b_fabrikam.com#ext#@contoso.com", user_type.clone()));
        assert!(guest("b_fabrikam.com#EXT#@contoso.com", user_type.clone()));
        assert!(!guest("b@contoso.com", user_type));
    }
    assert!(guest("b@contoso.com", json!(" guest ")));
    // Members from other tenants have such a name too.
    assert!(!guest("b_fabrikam.com#EXT#@contoso.com", json!("Member")));
}

#[test]
fn a_number_or_a_truth_value_where_text_is_meant_is_read_as_its_text() {
    assert_eq!(read(&ann("jobTitle", json!(5))).job_title.as_deref(), Some("5"));
    assert_eq!(read(&ann("department", json!(true))).department.as_deref(), Some("true"));
    assert_eq!(read(&ann("mobilePhone", json!(4255))).mobile_phone.as_deref(), Some("4255"));
    assert_eq!(read(&ann("businessPhones", json!([null, 7]))).business_phone.as_deref(), Some("7"));
    for absent in [json!(null), json!([]), json!([null]), json!("")] {
        assert_eq!(read(&ann("businessPhones", absent)).business_phone, None);
    }
}

#[test]
fn a_field_that_is_not_text_does_not_change_the_stored_value() {
    for (field, value) in [("jobTitle", json!({"no": "text"})), ("surname", json!(["Vance"]))] {
        assert_eq!(unreadable(&ann(field, value)), format!("ann {field}: not a text"));
    }
}

#[test]
fn true_and_false_as_text_are_read_and_other_values_do_not_change_the_stored_one() {
    for (value, enabled) in [("true", true), ("False", false), (" false ", false)] {
        assert_eq!(read(&ann("accountEnabled", json!(value))).enabled, enabled, "{value}");
    }
    for wrong in [json!("no"), json!(0), json!({})] {
        let reason = unreadable(&ann("accountEnabled", wrong));
        assert_eq!(reason, "ann accountEnabled: not true or false");
    }
}

#[test]
fn a_user_whose_id_or_name_is_not_text_is_unreadable() {
    assert_eq!(
        unreadable(&ann("userPrincipalName", json!(5))),
        "ann userPrincipalName: not a text"
    );
    assert_eq!(
        unreadable(&ann("userPrincipalName", json!(" "))),
        "ann userPrincipalName is missing"
    );
    assert_eq!(unreadable(&ann("id", json!(5))), "ann@contoso.com id: not a text");
}

#[test]
fn of_a_key_that_comes_twice_the_last_counts() {
    let record = user("ann").to_string().replacen('{', r#"{"jobTitle": "first", "#, 1);
    let record = format!(r#"{}, "jobTitle": "last"}}"#, record.trim_end_matches('}'));
    match &reported(format!(r#"{{"value": [{record}]}}"#).into_bytes(), &json!([]))[..] {
        [UserChange::User(user)] => assert_eq!(user.job_title.as_deref(), Some("last")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn removed_that_is_null_or_false_removes_no_user() {
    for removed in [json!(null), json!(false)] {
        let changes = json!([with(user("bob"), "@removed", removed.clone())]);
        let changes = reported(body(&user("ann")), &changes);
        assert!(matches!(&changes[1], UserChange::User(user) if user.id == "bob"), "{changes:?}");
        let raw = format!(r#"{{"id": "g", "displayName": "G", "@removed": {removed}}}"#);
        assert!(matches!(group(&raw).record, GroupRecord::Complete(_)));
    }
}

#[test]
fn a_page_whose_value_is_null_is_an_empty_one() {
    assert_eq!(reported(br#"{"value": null}"#.to_vec(), &json!([])), []);
}

#[test]
fn a_value_that_no_program_can_read_affects_only_its_user() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for value in ["1e999", &deep] {
        let wrong = ann("jobTitle", json!("VALUE")).to_string().replace("\"VALUE\"", value);
        let other = with(user("bob"), "other", json!("VALUE")).to_string();
        let other = other.replace("\"VALUE\"", value);
        let page = format!(r#"{{"value": [{wrong}, {other}, 5]}}"#);
        match &reported(page.into_bytes(), &json!([]))[..] {
            [
                UserChange::UserUnreadable(ann),
                UserChange::User(bob),
                UserChange::UserUnreadable(no_object),
            ] => {
                assert_eq!((ann.id.as_str(), ann.reason.as_str()), ("ann", "jobTitle: not a text"));
                assert_eq!((bob.id.as_str(), no_object.reason.as_str()), ("bob", "id is missing"));
            }
            other => panic!("{other:?}"),
        }
    }
}

fn group(raw: &str) -> GroupItem {
    let raw: Box<RawValue> = serde_json::from_str(raw).expect("JSON");
    read_group(&raw)
}

#[test]
fn groups_are_read_with_null_among_their_members_and_odd_texts() {
    let read = group(
        r##"{"id": " g ", "displayName": 7, "mail": " g@contoso.com", "members@delta": [
            null, {"id": "ann", "@odata.type": "#Microsoft.Graph.User"},
            {"id": "b", "@removed": null}
        ]}"##,
    );
    let GroupRecord::Complete(record) = &read.record else { panic!("{read:?}") };
    assert_eq!((record.id.as_str(), record.name.as_str()), ("g", "7"));
    assert_eq!(record.email.as_deref(), Some("g@contoso.com"));
    let joined = |member: &str| {
        MemberChange::Added(Membership { group: "g".to_owned(), member: member.to_owned() })
    };
    assert_eq!(read.members, [joined("ann"), joined("b")]);
    let none = group(r#"{"id": "g", "displayName": "G", "members@delta": null}"#);
    assert!(matches!(none.record, GroupRecord::Complete(_)) && none.members.is_empty());
    let page = r##"{"value": [{"@odata.type": "#MICROSOFT.GRAPH.USER"}]}"##;
    let response = Response { status: 200, headers: Vec::new(), body: page.into() };
    assert!(is_user(Page::read(&response).expect("a page").value[0]));
}

#[track_caller]
fn rooms(room: &Value) -> Vec<Room> {
    let room = room.clone();
    let script = Script::new(move |asked| match asked.path.as_str() {
        path if path.contains("microsoft.graph.room?") => ok(json!({"value": [room.clone()]})),
        path if path.contains("/places/") => ok(json!({"value": []})),
        _ => nothing(),
    });
    let (batches, result) = sync_rooms(&script, &settings(json!({})));
    assert_eq!(result.expect("a good run").unreadable, 0);
    batches.into_iter().flat_map(|batch| batch.rooms).collect()
}

#[test]
fn rooms_are_read_with_numbers_as_text_and_text_as_numbers() {
    let room = |field: &str, value: Value| {
        let mut room = json!({"id": "r", "emailAddress": " r@contoso.com ", "displayName": "R"});
        room[field] = value;
        rooms(&room).remove(0)
    };
    for (capacity, read) in [
        (json!("12"), Some(12)),
        (json!(12.0), Some(12)),
        (json!("12.0"), Some(12)),
        (json!(-1), None),
        (json!(""), None),
        (json!(null), None),
    ] {
        assert_eq!(room("capacity", capacity.clone()).capacity, read, "{capacity}");
    }
    assert_eq!(room("building", json!(7)).building.as_deref(), Some("7"));
    assert_eq!(room("isWheelChairAccessible", json!("True")).wheelchair_accessible, Some(true));
    assert_eq!(room("tags", json!(["a", null, 5])).tags, ["a", "5"]);
    assert_eq!(room("tags", json!("a")).tags, ["a"]);
    let address = room("address", json!({"postalCode": 98052, "city": {}})).address;
    assert_eq!(address.expect("an address").postal_code.as_deref(), Some("98052"));
    let position = json!({"latitude": "47.5", "longitude": -122});
    let here = Some(Coordinates { latitude: 47.5, longitude: -122.0 });
    assert_eq!(room("geoCoordinates", position).position, here);
    let room = room("label", json!(" "));
    assert_eq!(
        (room.label, room.email.as_str(), room.id.as_str()),
        (None, "r@contoso.com", "r@contoso.com")
    );
}
