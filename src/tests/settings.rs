//! The settings that an administrator can enter, and the errors in them.

use serde_json::{Value, json};

use crate::{
    cloud::Cloud,
    model::BookingCalendar,
    settings::{CardNumber, RoomSelection, Settings},
};

fn good() -> Value {
    json!({"server": {
        "name": "Contoso",
        "tenantId": "84841066-274d-4ec0-a5c1-276be684bdd3",
        "clientId": "6731DE76-14a6-49ae-97bc-6eba6914391e",
        "clientSecret": "not~a~real~secret",
    }})
}

fn set(pointer: &str, value: Value) -> Value {
    let mut settings = good();
    let mut place = &mut settings;
    for name in pointer.split('/').skip(1) {
        place = &mut place[name];
    }
    *place = value;
    settings
}

/// Returns the wrong fields in the order of the errors.
fn wrong(settings: &Value) -> Vec<String> {
    match Settings::parse(&settings.to_string()) {
        Ok(_) => Vec::new(),
        Err(fields) => fields.into_iter().map(|field| field.field).collect(),
    }
}

#[test]
fn four_values_are_enough() {
    let settings = Settings::parse(&good().to_string()).expect("good settings");
    assert_eq!(settings.server.cloud, Cloud::Global);
    assert_eq!(settings.rooms, RoomSelection::All);
    assert_eq!(settings.users.login_button, "Sign in with Microsoft");
    assert!(!settings.users.include_guests && !settings.users.include_disabled);
    assert_eq!(settings.server.client_id, "6731de76-14a6-49ae-97bc-6eba6914391e");
}

#[test]
fn nulls_and_explicit_defaults_are_accepted() {
    let mut settings = good();
    settings["server"]["clientCertificate"] = Value::Null;
    settings["server"]["secretExpires"] = json!("2027-05-01");
    settings["rooms"] = json!({"select": "all"});
    settings["users"] = json!({"defaultGroups": ["Staff"], "cardNumber": null, "onlyGroups": [],
        "loginButton": "Sign in with Microsoft", "includeGuests": false, "includeDisabled": false});
    assert_eq!(wrong(&settings), Vec::<String>::new());
}

#[test]
fn every_wrong_field_is_reported_at_once() {
    let settings = json!({
        "server": {"name": " ", "cloud": "mars", "tenantId": "contoso", "clientId": 5,
            "clientSecret": 7, "secretExpires": "soon", "clientCertificate": {"pem": "x"}},
        "rooms": {"select": "some"},
        "users": {"cardNumber": "a b", "includeGuests": "yes", "onlyGroups": ["Staff"],
            "defaultGroups": ["", 1], "loginButton": ""},
    });
    let mut fields = wrong(&settings);
    fields.sort();
    assert_eq!(
        fields,
        [
            "/rooms/select",
            "/server/clientCertificate",
            "/server/clientId",
            "/server/clientSecret",
            "/server/cloud",
            "/server/name",
            "/server/secretExpires",
            "/server/tenantId",
            "/users/cardNumber",
            "/users/defaultGroups",
            "/users/includeGuests",
            "/users/loginButton",
            "/users/onlyGroups/0",
        ]
    );
}

#[test]
fn a_list_in_place_of_an_object_hides_no_other_error() {
    let mut settings = set("/server/cloud", json!(["global"]));
    settings["server"]["tenantId"] = json!("contoso");
    settings["rooms"] = json!(["all"]);
    assert_eq!(wrong(&settings), ["/server/cloud", "/rooms", "/server/tenantId"]);
    assert_eq!(wrong(&set("/server/name", json!("x".repeat(101)))), ["/server/name"]);
}

#[test]
fn attributes_are_known_in_any_spelling() {
    let path = |name: &str| {
        let settings = set("/users", json!({ "cardNumber": name })).to_string();
        let card_number = Settings::parse(&settings).expect("good settings").users.card_number;
        match card_number.expect("a card number") {
            CardNumber::Attribute(attribute) => {
                let text = attribute.to_string();
                assert_eq!(text.parse(), Ok(attribute), "its text names it as well");
                text
            }
            CardNumber::Pager => "pager".to_owned(),
        }
    };
    assert_eq!(path("PAGER"), "pager");
    assert_eq!(path("EmployeeID"), "employeeId");
    assert_eq!(path("extensionattribute7"), "onPremisesExtensionAttributes/extensionAttribute7");
    assert_eq!(path("badgeNumber"), "badgeNumber");
}

#[test]
fn missing_steps_and_steps_of_another_type_are_named() {
    assert_eq!(wrong(&json!({})), ["/server"]);
    let fields = wrong(&json!({"server": {}}));
    assert_eq!(
        fields,
        ["/server/name", "/server/tenantId", "/server/clientId", "/server/clientSecret"]
    );
    assert_eq!(wrong(&json!([])), [""]);
    assert_eq!(wrong(&set("/rooms", json!("all"))), ["/rooms"]);
    assert_eq!(wrong(&set("/rooms", json!({"select": []}))), ["/rooms/select"]);
    assert_eq!(wrong(&set("/rooms", json!({"select": ["a", ""]}))), ["/rooms/select/1"]);
    let errors = Settings::parse("{\"server\": ").expect_err("broken off");
    assert!(errors[0].message.contains("line 1, column"), "{errors:?}");
}

#[test]
fn unknown_settings_are_refused_with_the_name_that_was_meant() {
    let errors =
        Settings::parse(&set("/server/tenantid", json!("x")).to_string()).expect_err("unknown");
    assert_eq!(errors[0].field, "/server/tenantid");
    assert!(errors[0].message.contains("tenantId"), "{errors:?}");
    assert_eq!(wrong(&set("/extra", json!(1))), ["/extra"]);
    assert_eq!(wrong(&set("/users", json!({"a/b~c": 1}))), ["/users/a~1b~0c"]);
    let cloud =
        json!({"authority": "https://a.example", "graph": "https://g.example", "portal": "x"});
    assert_eq!(wrong(&set("/server/cloud", cloud)), ["/server/cloud/portal"]);
}

#[test]
fn a_value_that_may_be_a_secret_is_not_repeated() {
    let settings = set("/server/clientId", json!("7~secret~in~the~wrong~field"));
    let errors = Settings::parse(&settings.to_string()).expect_err("no GUID");
    assert!(!format!("{errors:?}").contains("7~secret"), "{errors:?}");
}

#[test]
fn every_cloud_has_a_name_and_others_have_addresses() {
    for (name, cloud) in Cloud::NAMED {
        let settings = Settings::parse(&set("/server/cloud", json!(name)).to_string());
        assert_eq!(settings.map(|it| it.server.cloud), Ok(cloud));
    }
    let custom = |authority: &str, graph: &str| {
        wrong(&set("/server/cloud", json!({"authority": authority, "graph": graph})))
    };
    let none: [&str; 0] = [];
    assert_eq!(custom("http://127.0.0.1:8365", "http://[::1]:8365/"), none);
    assert_eq!(custom("https://localhost:1", "https://graph.example"), none);
    assert_eq!(
        custom("http://graph.example", "ftp://x"),
        ["/server/cloud/authority", "/server/cloud/graph"]
    );
    assert_eq!(
        custom("https://a.example/path", "https://u@g.example"),
        ["/server/cloud/authority", "/server/cloud/graph"]
    );
    assert_eq!(
        custom("http://127.0.0.1.evil.example", "https://g.example:99999"),
        ["/server/cloud/authority", "/server/cloud/graph"]
    );
}

#[test]
fn a_card_number_is_the_name_of_an_attribute() {
    let card = |name: &str| wrong(&set("/users", json!({"cardNumber": name}))).is_empty();
    for name in [
        "employeeId",
        "faxNumber",
        "pager",
        "Pager",
        "extensionAttribute1",
        "extensionAttribute15",
        "extension_25883231668a43a780b25685c3f874bc_pager",
        "employeeOrgData/costCenter",
    ] {
        assert!(card(name), "{name}");
    }
    for name in [
        "",
        "extensionAttribute0",
        "extensionAttribute16",
        "extensionAttribute01",
        "accountEnabled",
        "a,b",
        "a b",
        "$top",
        "a/b/c",
        "signInActivity",
        "employeeId&$top=1",
    ] {
        assert!(!card(name), "{name}");
    }
}

#[test]
fn a_group_that_is_in_the_list_twice_is_named() {
    let group = "0000000a-0000-4000-8000-000000000001";
    let twice = json!({"server": {"name": "Contoso", "tenantId": "contoso.com",
            "clientId": "6731de76-14a6-49ae-97bc-6eba6914391e", "clientSecret": "s"},
        "users": {"onlyGroups": [group, format!(" {} ", group.to_uppercase())]}});
    let wrong = Settings::parse(&twice.to_string()).expect_err("twice");
    let fields: Vec<_> = wrong.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["/users/onlyGroups/1"]);
}

#[test]
fn bookings_are_off_and_their_window_is_half_a_year_where_the_settings_do_not_say() {
    let bookings = |rooms: Value| {
        let settings = set("/rooms", rooms).to_string();
        Settings::parse(&settings).expect("good settings").bookings
    };
    let absent = bookings(json!({}));
    assert!(!absent.is_on && !absent.titles_are_shown);
    assert_eq!((absent.days, absent.time_zone), (180, None));
    assert_eq!(absent.calendar, BookingCalendar::Organizer);
    let given = bookings(json!({"bookings": "on", "bookingDays": 30, "bookingTitles": "shown",
        "timeZone": " europe/berlin "}));
    assert!(given.is_on && given.titles_are_shown);
    assert_eq!((given.days, given.time_zone.as_deref()), (30, Some("Europe/Berlin")));
    assert_eq!(bookings(json!({"timeZone": ""})).time_zone, None);
    assert_eq!(bookings(json!({"bookingCalendar": "room"})).calendar, BookingCalendar::Room);
}

#[test]
fn wrong_settings_of_bookings_are_named() {
    for (field, values) in [
        ("bookings", vec![json!("yes"), json!(true)]),
        ("bookingDays", vec![json!(0), json!(366), json!(-1), json!(1.5), json!("many")]),
        ("bookingTitles", vec![json!("some"), json!(false)]),
        ("bookingCalendar", vec![json!("rooms"), json!(true)]),
        ("timeZone", vec![json!("Berlin"), json!("EST5EDT6"), json!(1)]),
    ] {
        for value in values {
            let pointer = format!("/rooms/{field}");
            assert_eq!(wrong(&set(&pointer, value.clone())), [pointer.as_str()], "{value}");
        }
    }
    let windows = set("/rooms/timeZone", json!("W. Europe Standard Time"));
    let fields = Settings::parse(&windows.to_string()).expect_err("a Windows name");
    assert!(fields[0].message.ends_with("enter Europe/Berlin"), "{fields:?}");
}
