#![expect(clippy::unwrap_used, reason = "a test may panic")]

use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

use super::*;
use crate::model::FieldError;

/// A schema with every shape that a form supports, and with some that it does not.
fn schema() -> Value {
    json!({
        "$defs": { "Origin": { "type": "string", "format": "uri", "description": "An origin" } },
        "properties": {
            "server": {
                "title": "Server settings",
                "description": "Open the *portal*.",
                "properties": {
                    "name": { "title": "Name", "type": "string", "maxLength": 100 },
                    "cloud": {
                        "anyOf": [
                            { "oneOf": [
                                { "const": "global", "description": "Worldwide" },
                                { "const": "china", "title": "China" }
                            ] },
                            {
                                "description": "Your own",
                                "type": "object",
                                "properties": {
                                    "authority": { "$ref": "#/$defs/Origin", "title": "Sign-in" },
                                    "graph": { "$ref": "#/$defs/Origin" }
                                },
                                "required": ["authority", "graph"]
                            }
                        ],
                        "default": "global"
                    },
                    "secret": { "type": "string", "writeOnly": true },
                    "second": { "type": "string", "writeOnly": true },
                    "key": {
                        "type": "object", "writeOnly": true,
                        "properties": { "pem": { "type": "string" }, "kid": { "type": "integer" } }
                    },
                    "expires": { "type": "string", "format": "date" },
                    "certificate": { "type": "null" },
                    "never": { "type": "array", "items": { "type": "string" }, "maxItems": 0 }
                },
                "required": ["name", "secret"],
                "type": "object"
            },
            "rooms": {
                "properties": {
                    "select": {
                        "anyOf": [
                            { "const": "all", "description": "All rooms" },
                            {
                                "description": "Chosen", "type": "array",
                                "items": { "type": "string" }, "x-choices": true
                            }
                        ],
                        "default": "all"
                    },
                    "a/b~c?": { "type": ["string", "null"], "x-choices": true },
                    "count": { "type": "integer", "minimum": 1 },
                    "share": { "type": ["number", "null"], "default": 0.5 },
                    "tags": { "type": "array", "items": { "type": "string" }, "default": ["a"] },
                    "shout": { "type": "boolean", "default": true },
                    "maybe": { "type": ["boolean", "null"] },
                    "level": { "enum": ["low", "high", 3] },
                    "when": { "anyOf": [
                        {
                            "type": "object", "required": ["kind"],
                            "properties": { "kind": { "const": "day" }, "on": { "type": "string" } }
                        },
                        {
                            "type": "object", "required": ["kind"],
                            "properties": { "kind": { "const": "never" } }
                        }
                    ] },
                    "table": { "type": "object", "additionalProperties": true },
                    "matrix": { "type": "array", "items": { "type": "array" } }
                },
                "type": "object"
            }
        },
        "type": "object"
    })
}

/// Returns the values that a browser posts for an unchanged form.
fn untouched(controls: &[Control]) -> Vec<(String, String)> {
    let crlf = |it: &str| it.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
    let mut pairs = Vec::new();
    for it in controls {
        let name = it.name.clone();
        match &it.widget {
            Widget::Line(line) => pairs.push((name, line.text.replace(['\r', '\n'], ""))),
            Widget::Area { text, .. } => pairs.push((name, crlf(text))),
            Widget::Check { on: true } => pairs.push((name, "true".to_owned())),
            Widget::Check { on: false } => {}
            Widget::Choose(options) => {
                for option in options {
                    if option.chosen {
                        pairs.push((name.clone(), option.value.clone()));
                    }
                    pairs.extend(untouched(&option.parts));
                }
            }
            Widget::Pick(picker) => {
                pairs.extend(picker.chosen.iter().map(|it| (name.clone(), it.clone())));
            }
            Widget::Group(parts) => pairs.extend(untouched(parts)),
        }
    }
    pairs
}

fn step(key: &str) -> Step {
    Form::read(&schema()).steps().iter().find(|it| it.key() == key).unwrap().clone()
}

/// Reads a form in which these values were changed or added.
#[track_caller]
fn answer(key: &str, settings: &Value, changed: &[(&str, &str)]) -> Answer {
    let step = step(key);
    let mut pairs = untouched(&step.draw(settings));
    pairs.retain(|(name, _)| !changed.iter().any(|(it, _)| it == name));
    pairs.extend(changed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    step.read(settings, &Entered::new(pairs))
}

#[track_caller]
fn check(key: &str, settings: Value, changed: &[(&str, &str)], becomes: Value) {
    let answer = answer(key, &settings, changed);
    assert_eq!(answer.settings, becomes);
    assert_eq!(answer.errors, []);
}

fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[ -~]{0,8}",
        "[a-c\\n\\r ]{0,4}",
        Just("global".to_owned()),
        Just("all".to_owned()),
        Just("2026-02-30".to_owned()),
        Just("2026-02-28".to_owned()),
        Just("day".to_owned()),
        "\\PC{0,4}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    let key = prop_oneof!["[a-z]{1,3}", "authority|graph|pem|kid|kind|on"];
    leaf.prop_recursive(3, 12, 3, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec("[a-z ]{0,3}", 0..3).prop_map(Value::from),
            vec((key.clone(), inner), 0..3).prop_map(|it| it.into_iter().collect()),
        ]
    })
}

fn any_settings() -> impl Strategy<Value = Value> {
    let member = |key: &'static str| {
        proptest::option::weighted(0.7, any_json()).prop_map(move |it| (key, it))
    };
    let object = |keys: &[&'static str]| {
        keys.iter().map(|it| member(it)).collect::<Vec<_>>().prop_map(|members| {
            members
                .into_iter()
                .filter_map(|(key, it)| Some((key.to_owned(), it?)))
                .collect::<Value>()
        })
    };
    let server = object(&[
        "name",
        "cloud",
        "secret",
        "second",
        "key",
        "expires",
        "certificate",
        "never",
        "unknown",
    ]);
    let rooms = object(&[
        "select", "a/b~c?", "count", "share", "tags", "shout", "maybe", "level", "when", "table",
        "matrix", "unknown",
    ]);
    (server, prop_oneof![3 => rooms, 1 => any_json()], any_json())
        .prop_map(|(server, rooms, more)| json!({ "server": server, "rooms": rooms, "more": more }))
}

proptest! {
    #[test]
    fn unchanged_values_come_back_equal(settings in any_settings()) {
        for step in Form::read(&schema()).steps() {
            let entered = Entered::new(untouched(&step.draw(&settings)));
            let answer = step.read(&settings, &entered);
            prop_assert_eq!(&answer.settings, &settings);
            prop_assert!(answer.errors.is_empty() && answer.entered.is_empty());
        }
    }

    #[test]
    fn no_control_contains_a_secret(settings in any_settings(), secret in "s3cr3t[a-z0-9]{8}") {
        let mut settings = settings;
        for pointer in ["/server/secret", "/server/second"] {
            if let Some(it) = settings.pointer_mut(pointer) { *it = secret.clone().into() }
        }
        if let Some(it) = settings.pointer_mut("/server/key") { *it = json!({ "pem": secret }) }
        for step in Form::read(&schema()).steps() {
            let drawn = format!("{:?}", step.draw(&settings));
            prop_assert!(!drawn.contains(&secret));
        }
    }

    #[test]
    fn any_posted_values_can_be_read(
        settings in any_settings(),
        other in any_settings(),
        extra in vec("[ -~]{0,5}", 40),
    ) {
        for step in Form::read(&schema()).steps() {
            let mut extra = extra.iter();
            let mut pairs = untouched(&step.draw(&other));
            for ((_, value), text) in pairs.iter_mut().step_by(2).zip(&mut extra) {
                text.clone_into(value);
            }
            let answer = step.read(&settings, &Entered::new(pairs));
            prop_assert_eq!(&answer.settings["more"], &settings["more"]);
        }
    }

    #[test]
    fn any_schema_can_be_drawn(schema in any_json(), settings in any_settings()) {
        let rooms = json!({ "properties": { "select": schema } });
        let schema = json!({ "properties": { "server": schema, "rooms": rooms } });
        for step in Form::read(&schema).steps() {
            step.read(&settings, &Entered::new(untouched(&step.draw(&settings))));
        }
    }
}

#[test]
fn the_steps_are_the_top_level_objects() {
    let form = Form::read(&schema());
    let titles: Vec<_> = form.steps().iter().map(|it| (it.key(), it.title())).collect();
    assert_eq!(titles, [("server", "Server settings"), ("rooms", "Rooms")]);
    assert_eq!(form.steps()[0].guide(), "Open the *portal*.");
}

#[test]
fn a_field_that_can_only_be_empty_has_no_control() {
    let server = step("server");
    assert!(!server.has("/server/certificate") && !server.has("/server/never"));
    assert!(server.has("/server/cloud/graph"));
}

#[test]
fn a_reference_adds_keywords_and_keeps_those_beside_it() {
    let controls = step("server").draw(&json!({ "server": { "cloud": {} } }));
    let authority = controls.iter().find_map(|it| it.find("/server/cloud/authority")).unwrap();
    assert_eq!((authority.title.as_str(), authority.help.as_str()), ("Sign-in", "An origin"));
    assert_eq!(authority.name, "/server/cloud?2/authority");
}

#[test]
fn an_alternative_is_a_constant_or_an_object() {
    let own = json!({ "server": { "cloud": { "authority": "https://a", "graph": "https://g" } } });
    check(
        "server",
        json!({}),
        &[("/server/cloud", "china")],
        json!({ "server": { "cloud": "china" } }),
    );
    check(
        "server",
        own.clone(),
        &[("/server/cloud", "global")],
        json!({ "server": { "cloud": "global" } }),
    );
    let entered = [
        ("/server/cloud", "?2"),
        ("/server/cloud?2/authority", " https://a "),
        ("/server/cloud?2/graph", "https://g"),
    ];
    check("server", json!({}), &entered, own);
}

#[test]
fn chosen_items_become_a_list_in_their_order() {
    let entered = [("/rooms/select", "?1"), ("/rooms/select?1", "b"), ("/rooms/select?1", "a")];
    check("rooms", json!({}), &entered, json!({ "rooms": { "select": ["b", "a"] } }));
    let nothing = [("/rooms/select", "?1")];
    check(
        "rooms",
        json!({ "rooms": { "select": [] } }),
        &nothing,
        json!({ "rooms": { "select": [] } }),
    );
}

#[test]
fn a_tagged_alternative_adds_its_tag() {
    let entered = [("/rooms/when", "?0"), ("/rooms/when?0/on", "Monday")];
    check(
        "rooms",
        json!({}),
        &entered,
        json!({ "rooms": { "when": { "on": "Monday", "kind": "day" } } }),
    );
    check(
        "rooms",
        json!({}),
        &[("/rooms/when", "?1")],
        json!({ "rooms": { "when": { "kind": "never" } } }),
    );
}

#[test]
fn an_emptied_value_is_absent_and_one_with_a_default_is_empty() {
    let settings = json!({ "rooms": { "count": 3, "a/b~c?": "x", "level": "low", "tags": ["b"] } });
    let emptied = [
        ("/rooms/count", ""),
        ("/rooms/a~1b~0c~2", " "),
        ("/rooms/level", ""),
        ("/rooms/tags", ""),
    ];
    check("rooms", settings, &emptied, json!({ "rooms": { "tags": [] } }));
}

#[test]
fn a_list_has_one_item_per_line() {
    let tags = [("/rooms/tags", " x \r\n\r\ny")];
    check("rooms", json!({}), &tags, json!({ "rooms": { "tags": ["x", "y"] } }));
}

#[test]
fn an_invalid_number_is_an_error_of_its_field() {
    let settings = json!({ "rooms": { "count": 3 } });
    let answer = answer("rooms", &settings, &[("/rooms/count", "2.5"), ("/rooms/share", "1,5")]);
    assert_eq!(answer.settings, settings);
    let fields: Vec<_> = answer.errors.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(fields, ["/rooms/count", "/rooms/share"]);
    check(
        "rooms",
        settings,
        &[("/rooms/share", "2.5")],
        json!({ "rooms": { "count": 3, "share": 2.5 } }),
    );
}

#[test]
fn a_value_that_no_control_can_show_is_edited_as_json() {
    let settings = json!({ "rooms": { "count": "three", "table": { "a": [1] } } });
    let entered = [("/rooms/count?json", "4"), ("/rooms/table", "{\"b\": 2}")];
    check(
        "rooms",
        settings.clone(),
        &entered,
        json!({ "rooms": { "count": 4, "table": { "b": 2 } } }),
    );
    let wrong = answer("rooms", &settings, &[("/rooms/table", "{")]);
    assert_eq!(wrong.settings, settings);
    assert_eq!(wrong.errors[0].field, "/rooms/table");
}

#[test]
fn a_secret_is_kept_entered_or_deleted() {
    let settings = json!({ "server": { "name": "x", "secret": "old", "second": "old" } });
    check("server", settings.clone(), &[("/server/secret", "")], settings.clone());
    let entered = answer("server", &settings, &[("/server/secret", " new ")]);
    assert_eq!(entered.settings["server"]["secret"], " new ");
    assert_eq!(entered.entered, ["/server/secret"]);
    let forgotten = answer(
        "server",
        &settings,
        &[("/server/secret?forget", "true"), ("/server/second?forget", "true")],
    );
    assert_eq!(forgotten.settings, json!({ "server": { "name": "x", "secret": "old" } }));
}

#[test]
fn secrets_are_found_at_any_depth() {
    let settings = json!({ "server": {
        "secret": "a", "second": ["wrong"], "key": { "pem": "b", "kid": 3 }, "name": "no"
    } });
    let found = ["/server/secret", "/server/second", "/server/key/pem", "/server/key/kid"];
    assert_eq!(Form::read(&schema()).secrets(&settings), found);
}

#[test]
fn a_secret_inside_json_is_not_shown() {
    let secret = json!({ "properties": { "token": { "writeOnly": true, "type": "string" } } });
    let schema = json!({ "properties": { "server": { "type": "object", "properties": {
        "logins": { "type": "array", "items": secret, "title": "Logins" }
    } } } });
    let settings = json!({ "server": { "logins": [{ "token": "s3cr3t" }] } });
    let form = Form::read(&schema);
    assert!(!format!("{:?}", form.steps()[0].draw(&settings)).contains("s3cr3t"));
    assert_eq!(form.secrets(&settings), ["/server/logins"]);
}

#[test]
fn an_error_is_shown_at_the_nearest_field() {
    let settings = json!({ "rooms": { "select": ["a@x", "b@x"] } });
    let mut controls = step("rooms").draw(&settings);
    let error = |field: &str| FieldError { field: field.to_owned(), message: "wrong".to_owned() };
    let errors =
        ["/rooms/select/1", "/rooms/count", "/rooms", "/server/name", "/rooms/counts"].map(error);
    let elsewhere = place(&errors, &settings, &mut controls);
    let fields: Vec<_> = elsewhere.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(fields, ["/rooms", "/server/name", "/rooms/counts"]);
    let errors = |pointer| {
        let found = controls.iter().find_map(|it| it.find(pointer));
        found.unwrap().errors.clone()
    };
    assert_eq!(errors("/rooms/select"), ["b@x: wrong"]);
    assert_eq!(errors("/rooms/count"), ["wrong"]);
}

#[test]
fn a_schema_that_refers_to_itself_can_be_read() {
    let tree = json!({ "$ref": "#/$defs/tree" });
    let schema = json!({
        "$defs": { "tree": { "type": "object", "properties": {
            "a": tree, "b": tree, "c": tree, "d": { "anyOf": [tree, tree, { "type": "string" }] }
        } } },
        "properties": { "server": tree }
    });
    assert_eq!(Form::read(&schema).steps().len(), 1);
}

#[test]
fn a_guide_becomes_safe_html() {
    let text = "# Go\n\n1. **Open** [it](https://x.example/a) `now`\n\n\
                <script>alert(1)</script>\n\n\
                [no](javascript:alert(1)) ![pic](https://x.example/p.png) <b onclick=x>bold</b>";
    let html = html(text);
    assert!(html.contains("<h3>Go</h3>") && html.contains("<strong>Open</strong>"), "{html}");
    assert!(html.contains(r#"<a href="https://x.example/a">"#), "{html}");
    assert!(html.contains("&lt;script&gt;") && html.contains("&lt;b onclick"), "{html}");
    assert!(!html.contains("javascript:") && !html.contains("<img"), "{html}");
}
