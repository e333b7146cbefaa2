use ones_host::{secrets::Secrets, settings::Settings};
use serde_json::json;

fn secrets() -> Secrets {
    let schema = json!({
        "$defs": {
            "Server": { "properties": {
                "secret": { "anyOf": [{ "type": "null" }, { "type": "string", "writeOnly": true }] },
                "keys": { "items": { "writeOnly": true } },
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
        "server": { "name": "x", "secret": "hunter22", "keys": ["hunter2233"], "id": "public-id" },
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
    assert!(!secrets().leak_in("public-id"));
}

#[test]
fn debug_output_has_no_secret() {
    assert!(!format!("{:?}", secrets()).contains("hunter"));
}
