//! A front that answers: in this process, and under Spin where there is one.

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
    runtime::{Host, Lent, Named, SERVE, SPIN, serve},
    spin_up::SpinUp,
};

/// A tenant, and the variables that name it.
pub(crate) struct Setting {
    config: Config,
    variables: BTreeMap<&'static str, Option<String>>,
}

/// A front with that tenant. Goes away with its test.
pub(crate) struct Front {
    emulator: Emulator,
    place: Place,
    url: String,
    _spin: Option<SpinUp>,
    lent: Arc<Lent>,
    _runtime: Runtime,
}

/// What runs the front.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// This process, with what Spin gives.
    Host,
    /// `spin up`.
    Spin,
    /// This process, without anything of Spin's.
    Serve,
}

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) text: String,
}

impl Setting {
    /// A tenant of so many people and rooms.
    pub(crate) fn of(users: usize, rooms: usize) -> Self {
        let config = Config { users, rooms, ..Config::default() };
        Self { config, variables: BTreeMap::new() }
    }

    /// Another value of a variable, or none.
    pub(crate) fn variable(mut self, name: &'static str, value: Option<&str>) -> Self {
        self.variables.insert(name, value.map(str::to_owned));
        self
    }

    /// Under Spin, and where there is none in a host that gives what Spin does.
    pub(crate) fn under_spin(&self, test: impl Fn(&Front)) {
        test(&self.start(Place::Host));
        if env::var_os("ONES_SPIN").is_some() {
            test(&self.start(Place::Spin));
        }
    }

    /// In a host of this process that gives what Spin does.
    pub(crate) fn hosted(&self) -> Front {
        self.start(Place::Host)
    }

    /// In a host of WASI 0.3 that has nothing of Spin's.
    pub(crate) fn served(&self) -> Front {
        self.start(Place::Serve)
    }

    fn start(&self, place: Place) -> Front {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let emulator = runtime.block_on(Emulator::start(self.config.clone())).unwrap();
        let mut given: BTreeMap<String, String> = [
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
            // As the README has it: the component is not told where it answers.
            given.insert("public_url".to_owned(), here.clone());
        }
        for (name, value) in &self.variables {
            match value {
                Some(value) => given.insert((*name).to_owned(), value.clone()),
                None => given.remove(*name),
            };
        }
        let lent = Arc::new(place.lends(&given, &emulator));
        let answer_here = |compiled, named| {
            let _in_runtime = runtime.enter();
            serve(listener, Host::new(compiled, lent.clone()), named);
            (None, here)
        };
        let (spin, url) = match place {
            Place::Host => answer_here(&SPIN, Named::InFull),
            Place::Serve => answer_here(&SERVE, Named::ByPath),
            Place::Spin => {
                let (spin, url) = SpinUp::start(&given);
                (Some(spin), url)
            }
        };
        Front { emulator, place, url, _spin: spin, lent, _runtime: runtime }
    }
}

impl Place {
    /// What the component is lent in this process.
    fn lends(self, variables: &BTreeMap<String, String>, emulator: &Emulator) -> Lent {
        let manifest = Manifest::read();
        let spelled = |(name, value): (&String, &String)| {
            (format!("ONES_{}", name.to_ascii_uppercase()), value.clone())
        };
        match self {
            Self::Host => Lent {
                variables: manifest.variables(variables),
                allowed: manifest.allowed(variables),
                stores: manifest.front().key_value_stores.clone(),
                ..Lent::default()
            },
            Self::Serve => Lent {
                environment: variables.iter().map(spelled).collect(),
                allowed: [emulator.authority(), emulator.graph()].into(),
                ..Lent::default()
            },
            Self::Spin => Lent::default(),
        }
    }
}

impl Front {
    /// An address of it.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub(crate) fn get(&self, path: &str, cookie: &str) -> Answer {
        read(agent().get(self.at(path)).header("cookie", cookie).call().unwrap())
    }

    pub(crate) fn head(&self, path: &str) -> Answer {
        read(agent().head(self.at(path)).call().unwrap())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        read(self.send(path, body))
    }

    /// The bytes of an answer as they come.
    pub(crate) fn bytes(&self, path: &str, body: &Value) -> impl Read + use<> {
        let answer = self.send(path, body);
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
        answer.into_body().into_reader()
    }

    /// The lines of an answer as they come.
    pub(crate) fn lines(&self, path: &str, body: &Value) -> impl Iterator<Item = Value> + use<> {
        let lines = BufReader::new(self.bytes(path, body)).lines();
        lines.map(|it| serde_json::from_str(&it.unwrap()).unwrap())
    }

    /// Asks for a sync, and leaves before its first batch, as soon as the plugin asks for a path.
    /// Returns once the plugin waits for no answer.
    pub(crate) fn leave_before_the_first_batch(&self, sync: &str, held: &str) {
        let request = agent().post(self.at(&format!("/sync/{sync}")));
        let request = request.header("content-type", "application/json");
        let answer = request.header("prefer", "wait=0").send("{}").unwrap();
        assert_eq!(answer.status(), 200);
        let patience = Instant::now() + Duration::from_secs(60);
        let wait_until = |reached: &dyn Fn() -> bool, what: &str| {
            while !reached() {
                assert!(Instant::now() < patience, "{what}");
                thread::sleep(Duration::from_millis(10));
            }
        };
        wait_until(&|| self.asked(held) > 0, "the plugin asks for nothing");
        drop(answer);
        let is_silent = || self.lent.unanswered.load(Ordering::SeqCst) == 0;
        wait_until(&is_silent, "the plugin still waits for an answer");
    }

    /// What is in the key-value store, as text.
    pub(crate) fn stored(&self) -> String {
        let kept = self.lent.kept.lock().unwrap();
        let text = |(key, value): (&String, &Vec<u8>)| {
            format!("{key}={}\n", String::from_utf8_lossy(value))
        };
        kept.iter().map(text).collect()
    }

    /// A sync, to its end.
    pub(crate) fn sync(&self, what: &str, body: &Value) -> Vec<Value> {
        self.lines(&format!("/sync/{what}"), body).collect()
    }

    /// With a header of its own, and whatever body.
    pub(crate) fn post_as(
        &self,
        path: &str,
        content_type: &str,
        cookie: &str,
        body: &str,
    ) -> Answer {
        let request = agent().post(self.at(path)).header("cookie", cookie);
        read(request.header("content-type", content_type).send(body).unwrap())
    }

    fn send(&self, path: &str, body: &Value) -> http::Response<Body> {
        let request = agent().post(self.at(path)).header("content-type", "application/json");
        request.send(body.to_string()).unwrap()
    }

    /// How often a path was asked, by a part of it.
    pub(crate) fn asked(&self, part: &str) -> usize {
        self.requests().iter().filter(|it| it.path.contains(part)).count()
    }

    /// Settings as a request brings them, with another secret.
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
        let traps = self.lent.traps.lock().unwrap();
        assert!(thread::panicking() || traps.is_empty(), "{traps:#?}");
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|it| panic!("{it}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|it| it.to_str().unwrap()).unwrap_or_default()
    }

    /// Expects a problem, and says what it is.
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

    /// What a browser sends back of a `Set-Cookie`.
    pub(crate) fn cookie(&self) -> String {
        self.header("set-cookie").split(';').next().unwrap().to_owned()
    }
}

/// No redirect is followed, and no proxy of the machine's is asked.
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
fn the_variables_for_the_emulator_are_those_of_the_tenant_that_it_starts_as() {
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
    assert!(["authority", "graph"].iter().all(|it| allowed.contains(&variables[*it])));
}
