use ones_host::{secrets::Secrets, settings::Settings};
use serde_json::json;

fn secrets() -> Secrets {
    let schema = json!({
        "$defs": {
            "Server": { "properties": {
                "secret": {
                    "anyOf": [{ "type": "null" }, { "type": "string", "writeOnly": true }]
                },
                "keys": { "items": { "writeOnly": true } },
                "form": { "writeOnly": true },
                "word": { "writeOnly": true },
                "id": { "type": "string" }
            } },
            "Loop": { "$ref": "#/$defs/Loop" }
        },
        "properties": {
            "server": { "$ref": "#/$defs/Server" },
            "loop": { "$ref": "#/$defs/Loop" },
            "nested": { "writeOnly": true }
        }
    });
    let settings = json!({
        "server": {
            "name": "x",
            "secret": "hunter22",
            "keys": ["hunter2233"],
            "id": "public-id",
            "form": "a b+c/\"é~%1",
            "word": "secretary"
        },
        "loop": {},
        "nested": { "inner": "deep-secret" }
    });
    let settings = Settings::parse(&settings.to_string(), |_| None).unwrap();
    Secrets::of(&settings, &schema)
}

#[test]
fn what_the_schema_marks_write_only_is_taken_out_of_texts() {
    let mut text = "hunter2233 hunter22 public-id deep-secret".to_owned();
    secrets().redact(&mut text);
    assert_eq!(text, "[redacted] [redacted] public-id [redacted]");
}

#[test]
fn a_leak_is_seen() {
    assert!(secrets().leak_in("…hunter22…"));
    // The shortest secret, as a complete text and at its end.
    assert!(secrets().leak_in("hunter22") && secrets().leak_in("id-hunter22"));
    assert!(!secrets().leak_in("hunter2"));
    assert!(!secrets().leak_in("public-id"));
}

#[test]
fn debug_output_has_no_secret() {
    assert!(!format!("{:?}", secrets()).contains("hunter"));
}

#[test]
fn a_secret_is_known_in_a_form_in_a_url_and_in_json() {
    for cited in [
        "a b+c/\"é~%1",
        "a+b%2Bc%2F%22%C3%A9%7E%251",
        "a%20b%2bc%2f%22%c3%a9~%251",
        r#"a b+c\/\"é~%1"#,
        r#"a b+c/\u0022\u00E9~%1"#,
    ] {
        let mut text = format!("secret={cited}&x");
        assert!(secrets().leak_in(&text), "{cited}");
        secrets().redact(&mut text);
        assert_eq!(text, "secret=[redacted]&x", "{cited}");
    }
}

#[test]
fn an_ordinary_word_is_a_secret_only_where_it_stands_alone() {
    let mut text = "secretaryship, secretary".to_owned();
    assert!(!secrets().leak_in(&text), "proves nothing");
    secrets().redact(&mut text);
    assert_eq!(text, "secretaryship, [redacted]");
}

#[test]
fn what_is_shorter_than_eight_characters_is_no_secret() {
    let settings = Settings::parse(r#"{"server": {"name": "x"}, "key": "users"}"#, |_| None);
    let schema = json!({ "properties": { "key": { "writeOnly": true } } });
    let mut text = "no users".to_owned();
    Secrets::of(&settings.unwrap(), &schema).redact(&mut text);
    assert_eq!(text, "no users");
}
