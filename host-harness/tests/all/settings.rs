use ones_host::settings::{Settings, SettingsError};

fn parse(text: &str) -> Result<Settings, SettingsError> {
    Settings::parse(text, |name| match name {
        "SECRET" => Some("s3cr3t-${NAME}".to_owned()),
        "NAME" => Some("Contoso".to_owned()),
        _ => None,
    })
}

#[test]
fn variables_stand_for_what_must_not_be_in_a_file() {
    let settings =
        parse(r#"{"server": {"name": "${NAME} ${NAME}", "keep": "$HOME ${} ${a b} ${"}}"#);
    assert_eq!(settings.unwrap().name().unwrap(), "Contoso Contoso");
}

#[test]
fn a_variable_that_is_not_set_is_named_with_its_place() {
    let error = parse(r#"{"server": {"name": "x", "a/b": ["", "${MISSING}"]}}"#).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("MISSING") && error.contains("/server/a~1b/1"), "{error}");
}

#[test]
fn a_syntax_error_has_line_and_column() {
    let error = parse("{\n  \"server\": oops\n}").unwrap_err().to_string();
    assert!(error.contains("line 2 column 13"), "{error}");
}

#[test]
fn settings_without_a_name_can_be_read_for_the_plugin_to_judge() {
    for text in ["{}", r#"{"server": {"name": 3}}"#, r#"{"server": {"name": " "}}"#, "[]"] {
        let settings = parse(text).unwrap();
        assert!(settings.name().unwrap_err().to_string().contains("/server/name"), "{text}");
    }
}

#[test]
fn a_byte_order_mark_is_no_error() {
    parse("\u{feff}{}").unwrap();
}

#[test]
fn default_groups_are_those_of_the_settings() {
    let settings = r#"{"server": {"name": "x"}, "users": {"defaultGroups": ["A", "B"]}}"#;
    assert_eq!(parse(settings).unwrap().default_groups(), ["A", "B"]);
    assert!(parse(r#"{"server": {"name": "x"}}"#).unwrap().default_groups().is_empty());
}

#[test]
fn debug_output_has_no_secret() {
    let settings = parse(r#"{"server": {"name": "x", "clientSecret": "${SECRET}"}}"#).unwrap();
    assert!(!format!("{settings:?}").contains("s3cr3t"));
}
