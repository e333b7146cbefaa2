//! What all pages share.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use axum::{
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::{
    bounds::Bounds,
    client::{Client, is_forwarded},
    cookies::{Cookie, cookie},
    failure::Failure,
    incidents::Incidents,
    sessions::{AdminSession, PersonSession},
    site::Site,
    vendor::Vendor,
    view::{Page, message},
};
use crate::{
    access::{Attempts, Flows, Network, Sessions, Turns, same},
    error::Error,
    form::Form,
    model::Manifest,
    pace::Pace,
    problem::Problem,
    random,
    runner::Runner,
    settings::Settings,
    store::{IntegrationId, SealingKey, Store, StoreError},
};

/// The field that holds the name of the button on the login page. Source, also of
/// [`NAME`]: `manifest.settings-schema` in `wit/integration.wit`.
pub(super) const LOGIN_BUTTON: &str = "/users/loginButton";

/// The field that tells integrations apart.
pub(super) const NAME: &str = "/server/name";

/// Number of passwords that are hashed at once: each takes 19 MiB.
const HASHED: usize = 4;

pub(super) struct App {
    store: Arc<Mutex<Store>>,
    /// For what takes a while to look at: nobody else waits for it.
    slow: Arc<Mutex<Store>>,
    key: SealingKey,
    pub(super) vendor: Box<dyn Vendor>,
    pub(super) manifest: Manifest,
    pub(super) form: Form,
    pub(super) runner: Runner,
    pub(super) site: Site,
    pub(super) admins: Sessions<Arc<AdminSession>>,
    pub(super) people: Sessions<Arc<PersonSession>>,
    pub(super) flows: Flows,
    pub(super) attempts: Attempts,
    pub(super) turns: Turns,
    pub(super) hashing: Semaphore,
    pub(super) incidents: Incidents,
    /// Limits the log of requests that were refused.
    pub(super) refusals: Pace,
    pub(super) bounds: Bounds,
    proxies: Vec<Network>,
    /// Whether the log says already that a proxy is not trusted.
    is_proxy_noted: AtomicBool,
    set_up: Mutex<Option<String>>,
}

/// The part of [`super::Options`] that [`App`] stores.
pub(super) struct Given {
    pub(super) bounds: Bounds,
    pub(super) proxies: Vec<Network>,
    pub(super) incidents: Incidents,
}

impl App {
    pub(super) fn new(
        (store, slow): (Store, Store),
        vendor: impl Vendor,
        key: SealingKey,
        manifest: Manifest,
        runner: Runner,
        site: Site,
        given: Given,
    ) -> Self {
        let hours = |it: u64| Duration::from_secs(it * 60 * 60);
        Self {
            store: Arc::new(Mutex::new(store)),
            slow: Arc::new(Mutex::new(slow)),
            flows: Flows::new(&key),
            key,
            vendor: Box::new(vendor),
            form: Form::of(&manifest.settings_schema),
            manifest,
            runner,
            site,
            admins: Sessions::new(hours(8), hours(1), 100),
            people: Sessions::new(hours(12), hours(12), 100_000),
            attempts: Attempts::default(),
            turns: Turns::new(),
            hashing: Semaphore::new(HASHED),
            incidents: given.incidents,
            refusals: Pace::per_minute(60),
            bounds: given.bounds,
            proxies: given.proxies,
            is_proxy_noted: AtomicBool::default(),
            set_up: Mutex::default(),
        }
    }

    /// Works on the store, on a thread where that may wait.
    pub(super) async fn store<T: Send + 'static, E: Into<Error> + Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Failure> {
        Self::on(self.store.clone(), work).await
    }

    /// Looks into the store for what takes a while: who is in which group.
    pub(super) async fn look<T: Send + 'static, E: Into<Error> + Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Failure> {
        Self::on(self.slow.clone(), |store| work(store)).await
    }

    async fn on<T: Send + 'static, E: Into<Error> + Send + 'static>(
        store: Arc<Mutex<Store>>,
        work: impl FnOnce(&mut Store) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Failure> {
        let worked = spawn_blocking(move || {
            work(&mut store.lock().unwrap_or_else(PoisonError::into_inner)).map_err(Into::into)
        });
        match worked.await {
            Ok(worked) => worked.map_err(|it: Error| it.into()),
            Err(error) => Err(Failure::broken(&error)),
        }
    }

    /// The settings that are kept; not found where there is no such integration.
    pub(super) async fn settings(&self, id: IntegrationId) -> Result<Settings, Failure> {
        self.opened_settings(id).await?.map_err(Failure::from)
    }

    /// As [`Self::settings`], with [`StoreError::Sealed`] as a result of its own.
    pub(super) async fn opened_settings(
        &self,
        id: IntegrationId,
    ) -> Result<Result<Settings, StoreError>, Failure> {
        self.name(id).await?;
        let key = self.key.clone();
        let opened = self.store(move |store| match store.settings(id, &key) {
            Err(sealed @ StoreError::Sealed { .. }) => Ok(Err(sealed)),
            opened => opened.map(Ok),
        });
        Ok(opened.await?.map(|it| it.unwrap_or_else(|| Settings::from(serde_json::json!({})))))
    }

    pub(super) async fn name(&self, id: IntegrationId) -> Result<String, Failure> {
        self.store(move |store| store.name(id)).await?.ok_or_else(Failure::not_found)
    }

    /// Stores settings. [`StoreError::NameTaken`] is a result of its own.
    pub(super) async fn keep(
        &self,
        id: Option<IntegrationId>,
        settings: Settings,
    ) -> Result<Result<IntegrationId, StoreError>, Failure> {
        let key = self.key.clone();
        let kept = self.store(move |store| match store.keep_settings(id, &settings, &key) {
            Err(taken @ StoreError::NameTaken { .. }) => Ok(Err(taken)),
            kept => kept.map(Ok),
        });
        kept.await
    }

    /// A code that lets one person set the password, where there is none.
    pub(super) fn begin_set_up(&self) -> Result<Option<String>, StoreError> {
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let code = store.password()?.is_none().then(random::text);
        self.set_up.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&code);
        Ok(code)
    }

    pub(super) fn is_set_up_code(&self, code: &str) -> bool {
        let expected = self.set_up.lock().unwrap_or_else(PoisonError::into_inner);
        expected.as_deref().is_some_and(|it| same(it, code))
    }

    /// No code any more.
    pub(super) fn end_set_up(&self) {
        self.set_up.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Whether the administrator is logged in.
    pub(super) fn is_admin(&self, headers: &HeaderMap) -> bool {
        let token = cookie(headers, &Cookie::Admin, &self.site);
        token.and_then(|it| self.admins.get(it, self.now())).is_some()
    }

    /// The client behind a connection, and behind the proxies that are trusted.
    pub(super) fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> Client {
        let is_proxy = self.is_trusted(peer);
        if !is_proxy && is_forwarded(headers) && !self.is_proxy_noted.swap(true, Ordering::Relaxed)
        {
            let summary = format!(
                "{} forwards requests and is not a trusted proxy: all its clients count as one",
                peer.ip()
            );
            let remedy = "If it is a proxy of yours, start the server with --trusted-proxy";
            let problem = Problem::request("untrusted-proxy", summary, remedy);
            self.incidents.report(None, problem);
        }
        Client::of(peer, headers, &self.proxies)
    }

    /// Whether the other end of a connection is a trusted proxy.
    pub(super) fn is_trusted(&self, peer: SocketAddr) -> bool {
        self.proxies.iter().any(|it| it.contains(peer.ip()))
    }

    /// The page of a problem behind the pages: all of it for the administrator, and for others a
    /// sentence and a reference number.
    pub(super) fn show(&self, status: StatusCode, problem: Problem, is_admin: bool) -> Response {
        if is_admin {
            let page = Page::narrow(problem.summary.clone());
            return (status, message(page, problem, "/", "To the first page")).into_response();
        }
        let reference = self.incidents.report(None, problem);
        let (summary, remedy) = (
            "Something went wrong in ONES",
            "Try again in a minute. If it goes on, give the reference number to your administrator \
             of ONES",
        );
        let shown = Problem::request("inner", summary, remedy);
        let page = Page::narrow(summary).referring(reference);
        (status, message(page, shown, "/", "To the first page")).into_response()
    }

    pub(super) fn now(&self) -> Instant {
        Instant::now()
    }

    /// By the clock on the wall, for what outlives the process.
    pub(super) fn today(&self) -> SystemTime {
        SystemTime::now()
    }
}
