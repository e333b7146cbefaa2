//! A server on a data folder of its own, with a plugin that does what a test says.

mod contoso;

use std::{
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::Duration,
};

use ones_host::{
    access::password,
    serve::{Bounds, Incident, Log, Options, Server},
    settings::Settings,
    store::{IntegrationId, SealingKey, Store, StoreOptions},
    sync::{self},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{runtime::Runtime, sync::oneshot};

use crate::{browser::Browser, fake::*};

pub(crate) use contoso::*;

pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) fn settings() -> Value {
    json!({
        "server": { "name": NAME, "address": "https://a.example", "secret": SECRET },
        "users": { "defaultGroups": ["Staff"], "loginButton": "Sign in with <Contoso>" }
    })
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// For this machine alone, with what goes wrong in `log`.
fn options(log: Arc<Mutex<Vec<Incident>>>) -> Options {
    Options {
        listen: ([127, 0, 0, 1], 0).into(),
        public_url: None,
        trusted_proxies: Vec::new(),
        bounds: Bounds::default(),
        log: Log::new(move |it| log.lock().unwrap().push(it.clone())),
        bookings_interval: None,
        sync: sync::Options { missing_grace: Duration::ZERO, ..sync::Options::default() },
    }
}

/// The code of the problem with which a server does not start.
pub(crate) fn refused_to_serve(listen: &str, public_url: Option<&str>) -> String {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
    let key = SealingKey::of(folder.path(), |_| None).unwrap();
    let options = Options {
        listen: listen.parse().unwrap(),
        public_url: public_url.map(|it| it.parse().unwrap()),
        ..options(Arc::default())
    };
    let bound = runtime().block_on(Server::bind(store, Contoso::default(), key, options));
    bound.err().unwrap().problem().code
}

/// A server that ends with the test.
pub(crate) struct Served {
    pub(crate) vendor: Contoso,
    pub(crate) url: String,
    pub(crate) set_up: Option<String>,
    /// What only the administrator is shown.
    pub(crate) log: Arc<Mutex<Vec<Incident>>>,
    /// One more connection.
    pub(crate) store: Store,
    pub(crate) key: SealingKey,
    pub(crate) folder: TempDir,
    _running: Running,
}

/// A server that ends when this is dropped.
pub(crate) struct Running {
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn start(runtime: Runtime, server: Server) -> Self {
        let (end, ended) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            runtime.block_on(server.run(async { ended.await.unwrap_or_default() }));
        });
        Self { end: Some(end), thread: Some(thread) }
    }
}

impl Served {
    /// One that was never started before.
    pub(crate) fn new() -> Self {
        Self::prepared(|_| {}, |_, _| {})
    }

    /// One whose password is set and that knows Contoso.
    pub(crate) fn with_contoso() -> Self {
        Self::with(|_| {})
    }

    /// As [`Self::with_contoso`], under a name.
    pub(crate) fn public(url: Option<&str>) -> Self {
        Self::with(|options| options.public_url = url.map(|it| it.parse().unwrap()))
    }

    /// As [`Self::with_contoso`], with other options.
    pub(crate) fn with(change: impl FnOnce(&mut Options)) -> Self {
        Self::of(Contoso::default(), &settings(), change)
    }

    /// As [`Self::with`], with another vendor and other settings.
    pub(crate) fn of(vendor: Contoso, settings: &Value, change: impl FnOnce(&mut Options)) -> Self {
        Self::prepared_for(vendor, change, |store, key| {
            store.set_password(&password::hash(PASSWORD).unwrap()).unwrap();
            store.keep_settings(None, &Settings::from(settings.clone()), key).unwrap();
        })
    }

    pub(crate) fn prepared(
        change: impl FnOnce(&mut Options),
        prepare: impl FnOnce(&mut Store, &SealingKey),
    ) -> Self {
        Self::prepared_for(Contoso::default(), change, prepare)
    }

    fn prepared_for(
        vendor: Contoso,
        change: impl FnOnce(&mut Options),
        prepare: impl FnOnce(&mut Store, &SealingKey),
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let mut store = Store::open(folder.path(), StoreOptions::default()).unwrap();
        let key = SealingKey::of(folder.path(), |_| None).unwrap();
        prepare(&mut store, &key);
        let log = Arc::default();
        let mut options = options(Arc::clone(&log));
        change(&mut options);
        let runtime = runtime();
        let own = store.another().unwrap();
        let bound = Server::bind(store, vendor.clone(), key.clone(), options);
        let server = runtime.block_on(bound).unwrap();
        let url = format!("http://localhost:{}", server.address().port());
        let set_up = server.set_up().map(str::to_owned);
        let running = Running::start(runtime, server);
        Self { vendor, url, set_up, log, store: own, key, folder, _running: running }
    }

    /// Starts another server on the same data, as after a restart.
    pub(crate) fn again(&self) -> Running {
        let runtime = runtime();
        let options = Options {
            public_url: Some("https://ones.example.com".parse().unwrap()),
            ..options(Arc::default())
        };
        let (store, vendor) = (self.store.another().unwrap(), self.vendor.clone());
        let bound = Server::bind(store, vendor, self.key.clone(), options);
        let server = runtime.block_on(bound).unwrap();
        Running::start(runtime, server)
    }

    /// Keeps settings of one more integration, which is number 2.
    pub(crate) fn add(&self, name: &str) {
        let mut added = settings();
        added["server"]["name"] = name.into();
        let mut store = self.store.another().unwrap();
        let id = store.keep_settings(None, &Settings::from(added), &self.key).unwrap();
        assert_eq!(id.get(), 2);
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.url)
    }

    /// A browser whose administrator is logged in.
    pub(crate) fn admin(&self) -> Browser {
        let mut browser = self.browser();
        browser.get("/admin/log-in");
        browser.post("/admin/log-in", &[("password", PASSWORD)]).leads_to("/admin");
        browser
    }

    pub(crate) fn contoso(&self) -> IntegrationId {
        self.store.integration(NAME).unwrap().unwrap()
    }

    pub(crate) fn settings(&self) -> Value {
        let kept = self.store.settings(self.contoso(), &self.key).unwrap();
        kept.unwrap().value().clone()
    }

    /// Syncs, and waits for the end.
    pub(crate) fn sync(&self, admin: &mut Browser, work: &str) {
        let place = format!("/admin/integrations/{}", self.contoso().get());
        admin.get(&place);
        let begun = admin.post(&format!("{place}/sync"), &[("work", work)]);
        begun.leads_to(&place);
        while admin.get(&format!("{place}/activity")).status == 200 {
            std::thread::yield_now();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.end.take());
        let ended = self.thread.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            ended.unwrap().unwrap();
        }
    }
}
