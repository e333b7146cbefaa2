//! The plugin's settings: from the request, or from variables.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::{host::Host, problem::Problem};

/// Variables and where they go in the settings. [`cloud`] knows the rest.
const SERVER: [(&str, &str); 4] = [
    ("tenant_id", "tenantId"),
    ("client_id", "clientId"),
    ("client_secret", "clientSecret"),
    ("name", "name"),
];

/// What an integration is called where no variable says so.
const NAME: &str = "Office 365";

/// Settings of a request, or else of the variables.
///
/// # Errors
/// Where neither has any.
pub async fn of<H: Host>(host: &H, asked: Option<Map<String, Value>>) -> Result<Value, Problem> {
    match asked {
        Some(settings) => Ok(Value::Object(settings)),
        None => of_variables(host).await,
    }
}

/// Settings of the variables: `settings` as a JSON object, over which the others go.
///
/// # Errors
/// Where some are missing, all of them by name.
pub async fn of_variables<H: Host>(host: &H) -> Result<Value, Problem> {
    let wrong = |what: &str| {
        let summary = format!("{} {what}", host.spelled("settings"));
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "settings-variable", summary)
    };
    let mut settings = match variable(host, "settings").await? {
        None => Map::new(),
        Some(text) => match serde_json::from_str(&text) {
            Ok(Value::Object(settings)) => settings,
            Ok(_) => return Err(wrong("is JSON, but not an object")),
            // serde's own words can quote a value, and that can be a secret.
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                return Err(wrong(&format!("is no JSON at line {line}, column {column}")));
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
            // In place of the secret.
            None if field == "clientSecret" && server.contains_key("clientCertificate") => {}
            None if variable_name == "name" => {
                server.insert(field.to_owned(), NAME.into());
            }
            None => missing.push(host.spelled(variable_name)),
        }
    }
    if let Some(cloud) = cloud(host, &mut missing).await? {
        server.insert("cloud".to_owned(), cloud);
    }
    if missing.is_empty() {
        return Ok(Value::Object(settings));
    }
    let missing = missing.join(", ");
    let summary = format!("There are no settings: {missing} not set");
    Err(Problem::new(StatusCode::BAD_REQUEST, "settings-missing", summary)
        .remedy(r#"Set them and start anew, or send {"settings": {…}} with the request"#))
}

/// `cloud` by its name, or `custom`: then `authority` and `graph` are the two origins.
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
            None => missing.push(host.spelled(name)),
        }
    }
    Ok(Some(Value::Object(cloud)))
}

/// An empty one is none: Spin has no other way to say so.
pub(crate) async fn variable<H: Host>(host: &H, name: &str) -> Result<Option<String>, Problem> {
    Ok(host.variable(name).await?.filter(|it| !it.is_empty()))
}
