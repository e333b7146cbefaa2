//! Laws of reading: any value of a member, and pages with damage.

use proptest::prelude::*;
use serde_json::{Value, json, value::RawValue};

use super::{UPPER, ann};
use crate::{
    graph::Page,
    host::Response,
    payload::{Item, Members, RoomKey, UserReader},
};

/// Any JSON, and often what is nearly right.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec!["", " ", "true", "12.0", "smtp:a@contoso.com", UPPER])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z@.]{0,9}", inner, 0..4)
                .prop_map(|it| it.into_iter().collect()),
        ]
    })
}

fn raw(value: &Value) -> Box<RawValue> {
    serde_json::from_str(&value.to_string()).expect("JSON")
}

/// A page of such items, with a few bytes replaced by what parsers find difficult.
fn damaged_page() -> impl Strategy<Value = String> {
    // Often, the next item has the same names, with other values.
    let name = "(id|mail|displayName|userPrincipalName|[a-z@.]{0,9})";
    let alike = prop::collection::btree_set(name, 0..4).prop_flat_map(|names| {
        let values = prop::collection::vec(anything(), names.len());
        prop::collection::vec(values, 1..4).prop_map(move |items| {
            let item = |values: Vec<Value>| names.iter().cloned().zip(values).collect::<Value>();
            items.into_iter().map(item).collect::<Vec<_>>()
        })
    });
    let items = prop_oneof![9 => alike, 1 => anything().prop_map(|item| vec![item])];
    let pieces = vec![
        "",
        " ",
        "\n",
        "\u{1}",
        "\"",
        "\\",
        "\\u00fc",
        "{",
        "}",
        "[",
        "]",
        ",",
        "1e999",
        "null",
        "\"id\":1,",
        "\u{e9}",
    ];
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let pieces = pieces.into_iter().map(str::to_owned).chain([deep]).collect::<Vec<_>>();
    let damage = (any::<prop::sample::Index>(), 0..3_usize, prop::sample::select(pieces));
    let page = prop::collection::vec(items, 0..4);
    (page, prop::collection::vec(damage, 0..3)).prop_map(|(items, damages)| {
        let items = items.concat();
        let page = json!({"@odata.count": items.len(), "@odata.nextLink": "n", "value": items});
        let mut letters: Vec<_> = page.to_string().chars().collect();
        for (at, length, piece) in damages {
            let at = at.index(letters.len());
            let end = letters.len().min(at + length);
            letters.splice(at..end, piece.chars());
        }
        letters.into_iter().collect()
    })
}

proptest! {
    #[test]
    fn a_page_read_in_one_pass_is_equal_to_one_that_is_read_item_by_item(body in damaged_page()) {
        let response = Response { status: 200, headers: Vec::new(), body: body.into_bytes() };
        let at_once = Page::read_each(&response, Members::clone);
        match Page::read(&response) {
            Ok(page) => {
                let at_once = at_once.expect("a page");
                let items: Vec<_> = page.value.iter().map(|raw| Members::read(raw)).collect();
                prop_assert_eq!(at_once.value, items);
                prop_assert_eq!(at_once.next_link, page.next_link);
                prop_assert_eq!(at_once.delta_link, page.delta_link);
                prop_assert_eq!(at_once.count, page.count);
            }
            Err(error) => prop_assert_eq!(at_once.expect_err("no page"), error),
        }
    }

    #[test]
    fn a_member_is_found_by_its_name_whichever_names_the_item_before_had(
        items in prop::collection::vec(
            prop::collection::vec(prop::sample::select(vec!["a", "b", "mail", "id"]), 0..5),
            0..6,
        ),
        asked in prop::collection::vec(prop::sample::select(vec!["a", "b", "mail", "id"]), 0..5),
    ) {
        // Names can appear twice, and the last one counts.
        let item = |names: Vec<&str>| {
            let members = names.iter().enumerate();
            let members = members.map(|(number, name)| format!(r#""{name}":{number}"#));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        };
        let items: Vec<_> = items.into_iter().map(item).collect();
        let body = format!(r#"{{"value":[{}]}}"#, items.join(",")).into_bytes();
        let response = Response { status: 200, headers: Vec::new(), body };
        let all = |members: &Members<'_>| -> Vec<_> {
            asked.iter().map(|name| members.get(name).map(|it| format!("{it:?}"))).collect()
        };
        let found = Page::read_each(&response, |members| all(members)).expect("a page").value;
        let page = Page::read(&response).expect("a page");
        let expected: Vec<_> = page.value.iter().map(|raw| all(&Members::read(raw))).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn with_any_value_of_a_member_the_user_is_read_or_the_member_is_named(
        field in prop::sample::select(vec![
            "userPrincipalName", "displayName", "mail", "jobTitle", "businessPhones",
            "accountEnabled", "userType", "proxyAddresses", "other",
        ]),
        value in anything(),
    ) {
        match UserReader::new(None).read_complete(&raw(&ann(field, value))) {
            Item::User { user, .. } => prop_assert_eq!(user.id, "ann"),
            Item::Unreadable(it) => {
                prop_assert_eq!(it.id, "ann");
                prop_assert!(it.reason.starts_with(field), "{}", it.reason);
            }
            other => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn with_any_value_of_a_member_the_room_is_read_or_the_member_is_named(
        field in prop::sample::select(vec![
            "displayName", "capacity", "floorNumber", "building", "tags", "address",
            "geoCoordinates", "isWheelChairAccessible", "other",
        ]),
        value in anything(),
    ) {
        let mut room = json!({"id": "e", "placeId": "p", "emailAddress": "r@contoso.com"});
        room[field] = value;
        let raw = raw(&room);
        let key = RoomKey::identify(&raw);
        prop_assert_eq!(&key.id, "p");
        if let Err(it) = key.read(&raw) {
            prop_assert!(it.reason.starts_with(field), "{}", it.reason);
        }
    }
}
