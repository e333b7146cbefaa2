//! Starts the HTTP front end in this process and, where Spin is installed, under Spin.

use std::{
    collections::BTreeMap,
    env, fmt,
    io::{BufRead as _, BufReader, Read},
    ops::Deref,
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use m365_emulator::{Config, Control, Emulator};
use serde_json::Value;
use tokio::{net::TcpListener, runtime::Runtime};
use ureq::{Body, http};

use crate::{
    manifest::Manifest,
    runtime::{Address, Host, Resources, SERVE, SPIN, serve},
    spin_up::SpinUp,
};

/// A tenant, and changes to the variables that name it.
pub(crate) struct Setting {
    config: Config,
    variables: BTreeMap<&'static str, Option<String>>,
}

/// A running front end with its tenant. Dropping it ends both.
pub(crate) struct Front {
    emulator: Emulator,
    place: Place,
    url: String,
    _spin: Option<SpinUp>,
    resources: Arc<Resources>,
    _runtime: Runtime,
}

/// The runtime of the HTTP front end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// This process, with the interfaces of Spin.
    Host,
    /// `spin up`.
    Spin,
    /// This process, without the interfaces of Spin.
    Serve,
}

/// A complete answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) text: String,
}

impl Setting {
    /// Returns a tenant with this number of users and rooms.
    pub(crate) fn with(users: usize, rooms: usize) -> Self {
        let config = Config { users, rooms, ..Config::default() };
        Self { config, variables: BTreeMap::new() }
    }

    /// Returns the same with calendars of rooms in which there is nothing.
    pub(crate) fn with_empty_calendars(users: usize, rooms: usize) -> Self {
        let mut setting = Self::with(users, rooms);
        setting.config.events = 0;
        setting
    }

    /// Sets a variable to another value, or removes it.
    pub(crate) fn variable(mut self, name: &'static str, value: Option<&str>) -> Self {
        self.variables.insert(name, value.map(str::to_owned));
        self
    }

    /// Runs a test in this process and, where Spin is installed, a second time under Spin.
    pub(crate) fn run(&self, test: impl Fn(&Front)) {
        test(&self.start(Place::Host));
        if env::var_os("ONES_SPIN").is_some() {
            test(&self.start(Place::Spin));
        }
    }

    /// Starts the front end in this process, with the interfaces of Spin.
    pub(crate) fn start_with_spin_interfaces(&self) -> Front {
        self.start(Place::Host)
    }

    /// Starts the front end in this process, without the interfaces of Spin.
    pub(crate) fn start_without_spin(&self) -> Front {
        self.start(Place::Serve)
    }

    fn start(&self, place: Place) -> Front {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let emulator = runtime.block_on(Emulator::start(self.config.clone())).unwrap();
        let mut variables: BTreeMap<String, String> = [
            ("cloud", "custom".to_owned()),
            ("authority", emulator.authority()),
            ("graph", emulator.graph()),
            ("tenant_id", emulator.tenant_id()),
            ("client_id", emulator.client_id()),
            ("client_secret", emulator.client_secret()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let here = format!("http://{}", listener.local_addr().unwrap());
        if place == Place::Serve {
            // Such a host does not pass on its address: see docs/spin.md.
            variables.insert("public_url".to_owned(), here.clone());
        }
        for (name, value) in &self.variables {
            match value {
                Some(value) => variables.insert((*name).to_owned(), value.clone()),
                None => variables.remove(*name),
            };
        }
        let resources = Arc::new(place.resources(&variables, &emulator));
        let serve_here = |compiled, address| {
            let _in_runtime = runtime.enter();
            serve(listener, Host::new(compiled, resources.clone()), address);
            (None, here)
        };
        let (spin, url) = match place {
            Place::Host => serve_here(&SPIN, Address::WithHost),
            Place::Serve => serve_here(&SERVE, Address::PathOnly),
            Place::Spin => {
                let (spin, url) = SpinUp::start(&variables);
                (Some(spin), url)
            }
        };
        Front { emulator, place, url, _spin: spin, resources, _runtime: runtime }
    }
}

impl Place {
    /// Returns what the component can use in this process.
    fn resources(self, variables: &BTreeMap<String, String>, emulator: &Emulator) -> Resources {
        let manifest = Manifest::read();
        let environment_variable = |(name, value): (&String, &String)| {
            (format!("ONES_{}", name.to_ascii_uppercase()), value.clone())
        };
        match self {
            Self::Host => Resources {
                variables: manifest.variables(variables),
                allowed: manifest.allowed(variables),
                stores: manifest.front().key_value_stores.clone(),
                ..Resources::default()
            },
            Self::Serve => Resources {
                environment: variables.iter().map(environment_variable).collect(),
                allowed: [emulator.authority(), emulator.graph()].into(),
                ..Resources::default()
            },
            Self::Spin => Resources::default(),
        }
    }
}

impl Front {
    /// Returns the URL of a path.
    pub(crate) fn url_of(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub(crate) fn get(&self, path: &str, cookie: &str) -> Answer {
        read(agent().get(self.url_of(path)).header("cookie", cookie).call().unwrap())
    }

    pub(crate) fn head(&self, path: &str) -> Answer {
        read(agent().head(self.url_of(path)).call().unwrap())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        read(self.send(path, body))
    }

    /// Returns the body of an answer, which is read while it is sent.
    pub(crate) fn bytes(&self, path: &str, body: &Value) -> impl Read + use<> {
        let answer = self.send(path, body);
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
        answer.into_body().into_reader()
    }

    /// Returns the lines of an answer, which are read while they are sent.
    pub(crate) fn lines(&self, path: &str, body: &Value) -> impl Iterator<Item = Value> + use<> {
        let lines = BufReader::new(self.bytes(path, body)).lines();
        lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap())
    }

    /// Begins a sync, and closes the connection before the first batch, once the plugin has
    /// requested a path. Returns once the plugin waits for no answer.
    pub(crate) fn leave_before_the_first_batch(&self, sync: &str, path: &str) {
        let request = agent().post(self.url_of(&format!("/sync/{sync}")));
        let request = request.header("content-type", "application/json");
        let answer = request.header("prefer", "wait=0").send("{}").unwrap();
        assert_eq!(answer.status(), 200);
        let deadline = Instant::now() + Duration::from_secs(60);
        let wait_until = |reached: &dyn Fn() -> bool, what: &str| {
            while !reached() {
                assert!(Instant::now() < deadline, "{what}");
                thread::sleep(Duration::from_millis(10));
            }
        };
        wait_until(&|| self.request_count(path) > 0, "the plugin sends no request");
        drop(answer);
        let has_no_request = || self.resources.pending_requests.load(Ordering::SeqCst) == 0;
        wait_until(&has_no_request, "the plugin still waits for an answer");
    }

    /// Returns the content of the key-value store, as text.
    pub(crate) fn stored(&self) -> String {
        let stored = self.resources.stored.lock().unwrap();
        let text = |(key, value): (&String, &Vec<u8>)| {
            format!("{key}={}\n", String::from_utf8_lossy(value))
        };
        stored.iter().map(text).collect()
    }

    /// Runs a sync to its end, and returns its lines.
    pub(crate) fn sync(&self, what: &str, body: &Value) -> Vec<Value> {
        self.lines(&format!("/sync/{what}"), body).collect()
    }

    /// Sends a POST with this `Content-Type` and body.
    pub(crate) fn post_as(
        &self,
        path: &str,
        content_type: &str,
        cookie: &str,
        body: &str,
    ) -> Answer {
        let request = agent().post(self.url_of(path)).header("cookie", cookie);
        read(request.header("content-type", content_type).send(body).unwrap())
    }

    fn send(&self, path: &str, body: &Value) -> http::Response<Body> {
        let request = agent().post(self.url_of(path)).header("content-type", "application/json");
        request.send(body.to_string()).unwrap()
    }

    /// Returns the number of requests of the plugin whose path contains a text.
    pub(crate) fn request_count(&self, part: &str) -> usize {
        self.requests().iter().filter(|request| request.path.contains(part)).count()
    }

    /// Returns settings for the body of a request, with this secret.
    pub(crate) fn settings(&self, client_secret: &str) -> Value {
        serde_json::json!({
            "server": {
                "name": "Contoso",
                "cloud": { "authority": self.authority(), "graph": self.graph() },
                "tenantId": self.tenant_id(),
                "clientId": self.client_id(),
                "clientSecret": client_secret,
            }
        })
    }
}

impl Deref for Front {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.emulator
    }
}

impl fmt::Debug for Front {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {}", self.place, self.url)
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        let traps = self.resources.traps.lock().unwrap();
        assert!(thread::panicking() || traps.is_empty(), "{traps:#?}");
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Asserts that the answer is this problem, and returns it.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(
            (self.status, self.header("content-type")),
            (status, "application/problem+json")
        );
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status);
        problem
    }

    /// Returns the part of `Set-Cookie` that a browser sends back.
    pub(crate) fn cookie(&self) -> String {
        self.header("set-cookie").split(';').next().unwrap().to_owned()
    }
}

/// Returns a client that follows no redirects and uses no proxy of this machine.
pub(crate) fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .max_redirects(0)
        .http_status_as_error(false)
        .proxy(None)
        .build();
    ureq::Agent::new_with_config(config)
}

fn read(mut answer: http::Response<Body>) -> Answer {
    Answer {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        text: answer.body_mut().read_to_string().unwrap(),
    }
}

#[test]
fn emulator_json_names_the_tenant_of_the_emulator() {
    let variables: BTreeMap<String, String> =
        serde_json::from_str(include_str!("../../emulator.json")).unwrap();
    let runtime = Runtime::new().unwrap();
    let emulator = runtime.block_on(Emulator::start(Config::default())).unwrap();
    for (name, value) in [
        ("tenant_id", emulator.tenant_id()),
        ("client_id", emulator.client_id()),
        ("client_secret", emulator.client_secret()),
    ] {
        assert_eq!(variables[name], value);
    }
    let manifest = Manifest::read();
    let allowed = manifest.allowed(&variables);
    assert!(["authority", "graph"].iter().all(|name| allowed.contains(&variables[*name])));
}
