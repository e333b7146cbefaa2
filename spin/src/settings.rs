//! Reads the settings of the plugin from the request, or from variables.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::{host::Host, problem::Problem};

/// Names of variables, and of the fields of `server` that they set. [`cloud`] reads the others.
const SERVER: [(&str, &str); 4] = [
    ("tenant_id", "tenantId"),
    ("client_id", "clientId"),
    ("client_secret", "clientSecret"),
    ("name", "name"),
];

/// Name of an integration where no variable sets it.
const DEFAULT_NAME: &str = "Office 365";

/// Returns the settings of a request or, where it has none, those of the variables.
///
/// # Errors
/// Where variables are missing or wrong.
pub async fn read<H: Host>(
    host: &H,
    from_request: Option<Map<String, Value>>,
) -> Result<Value, Problem> {
    match from_request {
        Some(settings) => Ok(Value::Object(settings)),
        None => read_variables(host).await,
    }
}

/// Returns the settings of the variables: the JSON object in `settings`, in which the other
/// variables replace fields.
///
/// # Errors
/// Where variables are missing (the error lists all of them), or `settings` is not a JSON object.
pub async fn read_variables<H: Host>(host: &H) -> Result<Value, Problem> {
    let wrong = |what: &str| {
        let summary = format!("{} {what}", host.external_name("settings"));
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "settings-variable", summary)
    };
    let mut settings = match variable(host, "settings").await? {
        None => Map::new(),
        Some(text) => match serde_json::from_str(&text) {
            Ok(Value::Object(settings)) => settings,
            Ok(_) => return Err(wrong("is JSON, but not an object")),
            // Not the message of serde: it can quote a value, which can be a secret.
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                return Err(wrong(&format!("is not JSON at line {line}, column {column}")));
            }
        },
    };
    let server = settings.entry("server").or_insert_with(|| json!({}));
    let Value::Object(server) = server else {
        return Err(wrong("has a member `server` that is not an object"));
    };
    let mut missing = Vec::new();
    for (variable_name, field) in SERVER {
        match variable(host, variable_name).await? {
            Some(value) => {
                server.insert(field.to_owned(), value.into());
            }
            None if server.contains_key(field) => {}
            // A certificate replaces the secret.
            None if field == "clientSecret" && server.contains_key("clientCertificate") => {}
            None if variable_name == "name" => {
                server.insert(field.to_owned(), DEFAULT_NAME.into());
            }
            None => missing.push(host.external_name(variable_name)),
        }
    }
    if let Some(cloud) = cloud(host, &mut missing).await? {
        server.insert("cloud".to_owned(), cloud);
    }
    if missing.is_empty() {
        return Ok(Value::Object(settings));
    }
    let missing = missing.join(", ");
    let summary = format!("Settings are missing: set {missing}");
    Err(Problem::new(StatusCode::BAD_REQUEST, "settings-missing", summary)
        .remedy(r#"Set these variables and restart, or send {"settings": {…}} with the request"#))
}

/// Reads the cloud: its name, or for `custom` the origins in `authority` and `graph`.
async fn cloud<H: Host>(host: &H, missing: &mut Vec<String>) -> Result<Option<Value>, Problem> {
    let Some(name) = variable(host, "cloud").await? else { return Ok(None) };
    if name != "custom" {
        return Ok(Some(name.into()));
    }
    let mut cloud = Map::new();
    for name in ["authority", "graph"] {
        match variable(host, name).await? {
            Some(origin) => {
                cloud.insert(name.to_owned(), origin.into());
            }
            None => missing.push(host.external_name(name)),
        }
    }
    Ok(Some(Value::Object(cloud)))
}

/// Reads a variable. An empty one counts as not set: Spin cannot express that otherwise.
pub(crate) async fn variable<H: Host>(host: &H, name: &str) -> Result<Option<String>, Problem> {
    Ok(host.variable(name).await?.filter(|value| !value.is_empty()))
}
