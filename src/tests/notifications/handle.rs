//! Requests that reached the address for notifications.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{SECRET, settings};
use crate::{
    error::Error,
    model::{Hint, Notification, NotificationRequest},
    notifications::handle,
    tests::script::TENANT,
};

macro_rules! payload {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!(
            "../../../tests/payloads/notification-",
            $name,
            ".json"
        )))
        .expect("JSON")
    };
}

fn request(body: impl Into<Vec<u8>>) -> NotificationRequest {
    NotificationRequest { query: Vec::new(), body: body.into() }
}

/// Returns the hints of a body, as `{subscription} {hint}`; the code of the error otherwise.
fn hints(body: impl Into<Vec<u8>>) -> Result<Vec<String>, String> {
    match handle(&settings(json!({})), SECRET, &request(body)) {
        Ok(Notification::Hints(hints)) => Ok(hints
            .iter()
            .map(|hint| format!("{} {}", hint.subscription, hint.hint.as_str()))
            .collect()),
        Ok(Notification::Handshake(text)) => panic!("{text}"),
        Err(Error::Rejected(explanation)) => Err(explanation.code),
        Err(other) => panic!("{other:?}"),
    }
}

fn all(items: Value) -> Result<Vec<String>, String> {
    hints(json!({"value": items}).to_string())
}

/// Returns a notification of a change.
fn changed(subscription: &str) -> Value {
    json!({
        "subscriptionId": subscription, "clientState": SECRET, "tenantId": TENANT,
        "changeType": "updated", "resource": "Users/622eaaff/Events/AAMkAG=",
        "subscriptionExpirationDateTime": "2027-01-19T18:30:00.0000000+05:30",
        "resourceData": {"@odata.type": "#Microsoft.Graph.Event", "id": "AAMkAG="},
    })
}

fn lifecycle(subscription: &str, event: &str) -> Value {
    let mut item = json!({"subscriptionId": subscription, "clientState": SECRET});
    item["lifecycleEvent"] = event.into();
    item
}

fn with(mut item: Value, member: &str, value: Value) -> Value {
    item[member] = value;
    item
}

/// Returns a published sample as it would come for the subscription `s` of this tenant.
fn ours(mut sample: Value) -> Value {
    for item in sample["value"].as_array_mut().expect("a list") {
        item["clientState"] = SECRET.into();
        item["tenantId"] = TENANT.into();
        item["subscriptionId"] = "s".into();
    }
    sample
}

#[test]
fn case_c49_the_handshake_repeats_the_decoded_text_exactly() {
    let text = "Validation: Testing 100%25 <br/>";
    let query = vec![("validationToken".to_owned(), text.to_owned())];
    for body in [Vec::new(), b"not JSON".to_vec()] {
        let request = NotificationRequest { query: query.clone(), body };
        let answer = handle(&settings(json!({})), SECRET, &request);
        assert_eq!(answer, Ok(Notification::Handshake(text.to_owned())));
    }
}

#[test]
fn a_handshake_of_any_length_is_not_repeated() {
    let query = vec![("validationToken".to_owned(), "a".repeat(5000))];
    let request = NotificationRequest { query, body: Vec::new() };
    let answer = handle(&settings(json!({})), SECRET, &request);
    assert!(matches!(answer, Err(Error::Rejected(_))), "{answer:?}");
    let query = vec![("other".to_owned(), "a".to_owned())];
    let request = NotificationRequest { query, body: Vec::new() };
    assert!(handle(&settings(json!({})), SECRET, &request).is_err());
}

#[test]
fn each_kind_of_notification_is_a_hint() {
    let items = json!([
        changed("a"),
        lifecycle("b", "missed"),
        lifecycle("c", "reauthorizationRequired"),
        lifecycle("d", "subscriptionRemoved"),
        lifecycle("e", "anEventOfALaterVersion"),
    ]);
    let expected = ["a changed", "b missed", "c renew", "d ended", "e missed"];
    assert_eq!(all(items), Ok(expected.map(str::to_owned).to_vec()));
}

#[test]
fn case_c51_a_notification_without_the_secret_is_refused_and_a_lifecycle_event_needs_no_resource() {
    let mut without = changed("a");
    without.as_object_mut().expect("an object").remove("clientState");
    let forged = || Err("forged-notification".to_owned());
    assert_eq!(all(json!([without])), forged());
    for state in [json!(null), json!(""), json!("K3fJx0Qm81"), json!("k3fJx0Qm8"), json!(5)] {
        assert_eq!(all(json!([with(changed("a"), "clientState", state)])), forged());
    }
    assert_eq!(all(json!([lifecycle("b", "missed")])), Ok(vec!["b missed".to_owned()]));
}

#[test]
fn an_empty_secret_makes_nothing_genuine() {
    let item = with(changed("a"), "clientState", json!(""));
    let body = json!({"value": [item]}).to_string();
    assert!(handle(&settings(json!({})), "", &request(body)).is_err());
}

#[test]
fn forged_notifications_do_not_take_genuine_ones_with_them() {
    let items = json!([
        with(changed("forged"), "clientState", json!("guess")),
        changed("a"),
        with(changed("of another"), "tenantId", json!("84841066-274d-4ec0-a5c1-000000000000")),
        5, null, [], "text", {"subscriptionId": {"a": 5}, "clientState": SECRET},
        with(changed("a"), "subscriptionId", json!(null)),
        with(changed("a"), "subscriptionId", json!("")),
        with(changed("a"), "subscriptionId", json!("b".repeat(2000))),
        with(changed("b"), "tenantId", json!(TENANT.to_uppercase())),
        with(changed("c"), "tenantId", json!(null)),
    ]);
    let expected = ["a changed", "b changed", "c changed"];
    assert_eq!(all(items), Ok(expected.map(str::to_owned).to_vec()));
}

#[test]
fn the_tenant_is_compared_only_where_the_settings_have_its_guid() {
    let named = settings(json!({"server": {"tenantId": "contoso.com"}}));
    let body = json!({"value": [changed("a")]}).to_string();
    let answer = handle(&named, SECRET, &request(body));
    assert!(matches!(answer, Ok(Notification::Hints(_))), "{answer:?}");
}

#[test]
fn case_c65_five_notifications_of_one_change_are_one_hint() {
    let items = json!([
        with(changed("a"), "changeType", json!("created")),
        changed("a"),
        changed("a"),
        lifecycle("a", "missed"),
        changed("a"),
        lifecycle("a", "missed"),
        changed("b"),
    ]);
    let expected = ["a changed", "a missed", "b changed"];
    assert_eq!(all(items), Ok(expected.map(str::to_owned).to_vec()));
    let one = [all(json!([changed("a")])), all(json!([changed("a")]))];
    assert_eq!(one[0], one[1], "a late one is the same hint again");
}

#[test]
fn case_c52_a_hint_does_not_depend_on_what_the_notification_says_of_the_event() {
    for resource in [json!("Users('a')/events('b')"), json!(null), json!({"a": []}), json!(5)] {
        let item = with(changed("a"), "resource", resource.clone());
        let item = with(item, "resourceData", resource);
        assert_eq!(all(json!([item])), Ok(vec!["a changed".to_owned()]));
    }
}

#[test]
fn microsofts_samples_are_read() {
    for (sample, hint) in [
        (payload!("change"), Hint::Changed),
        (payload!("outlook-basic"), Hint::Changed),
        (payload!("lifecycle-missed"), Hint::Missed),
        (payload!("lifecycle-reauthorization"), Hint::Renew),
        (payload!("lifecycle-subscription-removed"), Hint::Ended),
    ] {
        assert_eq!(hints(sample.to_string()), Err("forged-notification".to_owned()));
        let expected = vec![format!("s {}", hint.as_str())];
        assert_eq!(hints(ours(sample).to_string()), Ok(expected));
    }
    let test = payload!("eventhub-test").to_string();
    assert_eq!(hints(test), Err("forged-notification".to_owned()), "it is no notification");
}

#[test]
fn a_damaged_body_is_refused() {
    let good = json!({"value": [changed("a")]}).to_string();
    for cut in (0..good.len()).step_by(7) {
        assert_eq!(hints(&good[..cut]), Err("unreadable-notification".to_owned()), "{cut}");
    }
    for other in
        ["", "null", "[]", "5", "{\"value\": 5}", "{\"value\": {}}", "<html>", "\u{feff}{}"]
    {
        assert_eq!(hints(other), Err("unreadable-notification".to_owned()), "{other}");
    }
    assert_eq!(hints(b"{\"value\": [\"\xff\"]}".as_slice()), Err("unreadable-notification".into()));
    assert_eq!(hints(format!("{good}{good}")), Err("unreadable-notification".to_owned()));
    for nothing in ["{}", "{\"value\": []}", "{\"other\": 5}"] {
        assert_eq!(hints(nothing), Err("forged-notification".to_owned()), "{nothing}");
    }
}

#[test]
fn bodies_as_large_as_they_can_be_are_read() {
    const LARGEST: usize = 4 << 20;
    let filled = |start: &str, part: &str, end: &str| {
        let count = (LARGEST - start.len() - end.len()) / part.len();
        format!("{start}{}{end}", part.repeat(count))
    };
    let forged = Err("forged-notification".to_owned());
    assert_eq!(hints(filled("{\"value\":[0", ",0", "]}")), forged);
    assert_eq!(hints(filled("{\"value\":[{}", ",{}", "]}")), forged);
    assert_eq!(hints(filled("{\"value\":[\"", "\\u0041", "\"]}")), forged);
    assert!(hints(filled("{\"value\":", "[", "")).is_err());
    assert!(hints(filled("{\"value\":[", "{\"a\":", "")).is_err());
    assert!(hints(filled("", "[", "")).is_err());
    let item = changed("a").to_string();
    let body = filled(&format!("{{\"value\":[{item}"), &format!(",{item}"), "]}");
    assert_eq!(hints(body), Ok(vec!["a changed".to_owned()]), "one hint, however often it comes");
    let many: Vec<_> = (0..20_000).map(|id| lifecycle(&id.to_string(), "missed")).collect();
    assert_eq!(all(json!(many)).map(|hints| hints.len()), Ok(20_000));
}

proptest! {
    #[test]
    fn no_body_is_a_panic_and_none_without_the_secret_is_a_hint(
        body in proptest::collection::vec(any::<u8>(), 0..400),
        text in "[\\[\\]{}\",:a-z0-9\\\\]{0,200}",
    ) {
        prop_assert!(hints(body).is_err());
        prop_assert!(hints(text.clone()).is_err());
        let list = format!("{{\"value\":[{text}]}}");
        prop_assert!(hints(list).is_err());
    }

    #[test]
    fn the_order_of_notifications_does_not_matter(
        items in proptest::collection::vec((0..4_usize, 0..4_usize), 1..30),
        seed in any::<u64>(),
    ) {
        let events = ["missed", "reauthorizationRequired", "subscriptionRemoved"];
        let item = |&(id, event): &(usize, usize)| match events.get(event) {
            Some(event) => lifecycle(&id.to_string(), event),
            None => changed(&id.to_string()),
        };
        let mut mixed = items.clone();
        let length = u64::try_from(mixed.len()).expect("a length");
        mixed.rotate_left(usize::try_from(seed % length).expect("a place"));
        mixed.extend_from_slice(&items);
        let list = |items: &[(usize, usize)]| all(items.iter().map(item).collect());
        prop_assert_eq!(list(&items), list(&mixed));
    }
}
