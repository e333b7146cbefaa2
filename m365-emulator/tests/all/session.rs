//! A running emulator and a client of it.

use std::sync::Once;

use m365_emulator::{Config, Emulator};
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::Value;

pub(crate) struct Session {
    pub(crate) emulator: Emulator,
    pub(crate) http: reqwest::Client,
    token: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// Returns the JSON of the answer, and fails if its status is another.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }

    /// Returns the message of a refusal, and fails if the answer has another status or code.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> String {
        let json = self.expect(status);
        assert_eq!(json["error"]["code"], code, "{json}");
        json["error"]["message"].as_str().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) fn client() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

impl Session {
    pub(crate) async fn start(config: Config) -> Self {
        let emulator = Emulator::start(config).await.unwrap();
        let mut session = Self { emulator, http: client(), token: String::new() };
        session.sign_in().await;
        session
    }

    pub(crate) async fn with_users(users: usize) -> Self {
        Self::start(Config { users, rooms: 3, ..Config::default() }).await
    }

    /// Gets a token with the permissions that are granted now.
    pub(crate) async fn sign_in(&mut self) {
        let answer = self.token(&[]).await.expect(200);
        self.token = answer["access_token"].as_str().unwrap().to_owned();
    }

    pub(crate) fn bearer(&self) -> &str {
        &self.token
    }

    pub(crate) fn set_bearer(&mut self, token: &str) {
        self.token = token.to_owned();
    }

    /// Asks for a token with a changed form. A change replaces a field, or removes it if the value
    /// is empty.
    pub(crate) async fn token(&self, changes: &[(&str, &str)]) -> Answer {
        self.token_in(&self.emulator.tenant_id(), changes).await
    }

    pub(crate) async fn token_in(&self, tenant: &str, changes: &[(&str, &str)]) -> Answer {
        let (client, secret) = (self.emulator.client_id(), self.emulator.client_secret());
        let scope = format!("{}/.default", self.emulator.graph());
        let mut form = vec![
            ("client_id", client.as_str()),
            ("client_secret", secret.as_str()),
            ("scope", scope.as_str()),
            ("grant_type", "client_credentials"),
        ];
        for (name, value) in changes {
            form.retain(|(known, _)| known != name);
            if !value.is_empty() {
                form.push((name, value));
            }
        }
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let url = format!("{}/{tenant}/oauth2/v2.0/token", self.emulator.authority());
        let request =
            self.http.post(url).header("content-type", "application/x-www-form-urlencoded");
        send(request.body(body)).await
    }

    /// Sends a GET to Graph, with a path below `/v1.0` or a complete link.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.http.get(self.url(path)).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(request).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.http.post(self.url(path)).bearer_auth(&self.token).json(body)).await
    }

    pub(crate) async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let url = format!("{}/_emulator/{path}", self.emulator.graph());
        let mut request = self.http.request(method, url);
        if let Some(body) = body {
            request = request.json(&body);
        }
        send(request).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        if path.contains("://") {
            path.to_owned()
        } else {
            format!("{}/v1.0{path}", self.emulator.graph())
        }
    }

    /// Returns all elements of a listing, and the number of its pages.
    pub(crate) async fn all(&self, path: &str) -> (Vec<Value>, usize) {
        let (mut elements, mut pages, mut next) = (Vec::new(), 0, Some(path.to_owned()));
        while let Some(path) = next {
            let page = self.get(&path).await.expect(200);
            elements.extend(page["value"].as_array().unwrap().iter().cloned());
            next = page["@odata.nextLink"].as_str().map(str::to_owned);
            pages += 1;
        }
        (elements, pages)
    }
}

pub(crate) async fn send(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, text: response.text().await.unwrap() }
}

/// Reads a sample of Microsoft's that the plugin's tests read too, from `tests/payloads` of the
/// repository.
pub(crate) fn payload(name: &str) -> Value {
    read_json(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/payloads"), name)
}

/// Reads a sample of Microsoft's that only these tests read, from `tests/fixtures`.
pub(crate) fn fixture(name: &str) -> Value {
    read_json(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures"), name)
}

fn read_json(folder: &str, name: &str) -> Value {
    let text = std::fs::read_to_string(format!("{folder}/{name}.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Returns the names of an object's members, sorted.
#[track_caller]
pub(crate) fn members(object: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

pub(crate) fn properties(value: Value) -> m365_emulator::Properties {
    match value {
        Value::Object(properties) => properties,
        other => panic!("{other} is not an object"),
    }
}
