//! The state that all pages share.

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
    sessions::{AdminSession, UserSession},
    site::Site,
    vendor::Vendor,
    view::{Page, message},
};
use crate::{
    access::{Attempts, Flows, Network, Sessions, Slots, Turns, same},
    error::Error,
    form::Form,
    model::Manifest,
    notifications::Notifications,
    pace::Pace,
    problem::Problem,
    random,
    runner::Runner,
    settings::Settings,
    store::{IntegrationId, SealingKey, Store, StoreError},
};

/// JSON Pointer of the setting that holds the label of the sign-in button. Source, also of
/// [`NAME`]: `manifest.settings-schema` in `wit/integration.wit`.
pub(super) const LOGIN_BUTTON: &str = "/users/loginButton";

/// JSON Pointer of the setting that holds the unique name of an integration.
pub(super) const NAME: &str = "/server/name";

/// JSON Pointer of the setting for the calendar in which ONES makes bookings.
const BOOKING_CALENDAR: &str = "/rooms/bookingCalendar";

/// Maximum number of calls of one integration at the same time that ask when rooms are free.
const LOOKS: usize = 4;

/// Maximum number of passwords that are hashed at the same time. Each takes 19 MiB.
const HASHED: usize = 4;

pub(super) struct App {
    store: Arc<Mutex<Store>>,
    /// A second connection, for long queries: other requests do not wait for them.
    slow: Arc<Mutex<Store>>,
    key: SealingKey,
    pub(super) vendor: Box<dyn Vendor>,
    pub(super) manifest: Manifest,
    pub(super) form: Form,
    pub(super) runner: Runner,
    pub(super) site: Site,
    pub(super) admins: Sessions<Arc<AdminSession>>,
    pub(super) user_sessions: Sessions<Arc<UserSession>>,
    pub(super) flows: Flows,
    pub(super) attempts: Attempts,
    pub(super) turns: Turns,
    pub(super) notifications: Notifications,
    pub(super) notified: NotifiedLimits,
    pub(super) hashing: Semaphore,
    /// Limits the calls that ask when rooms are free.
    pub(super) looks: Slots<IntegrationId>,
    pub(super) incidents: Incidents,
    /// Limits the log of requests that were refused.
    pub(super) refusals: Pace,
    pub(super) bounds: Bounds,
    proxies: Vec<Network>,
    /// Whether the log already contains the warning about a proxy that is not trusted.
    is_proxy_noted: AtomicBool,
    set_up: Mutex<Option<String>>,
}

/// Limits on requests that bring notifications.
pub(super) struct NotifiedLimits {
    /// Turns of the plugin calls.
    pub(super) turns: Turns,
    /// Number of large bodies that are read at the same time.
    pub(super) large: Semaphore,
    /// Limits the log of what was refused.
    pub(super) refusals: Pace,
}

impl Default for NotifiedLimits {
    /// 4 calls of an integration at once, which one client may use alone; 4 large bodies, so that
    /// they take 16 MiB at most; 10 lines of the log per minute.
    fn default() -> Self {
        Self {
            turns: Turns::limited(4, 4),
            large: Semaphore::new(4),
            refusals: Pace::per_minute(10),
        }
    }
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
        (runner, notifications): (Runner, Notifications),
        site: Site,
        given: Given,
    ) -> Self {
        let hours = |count: u64| Duration::from_secs(count * 60 * 60);
        Self {
            store: Arc::new(Mutex::new(store)),
            slow: Arc::new(Mutex::new(slow)),
            flows: Flows::new(&key),
            key,
            vendor: Box::new(vendor),
            form: Form::read(&manifest.schema()),
            manifest,
            runner,
            site,
            admins: Sessions::new(hours(8), hours(1), 100),
            user_sessions: Sessions::new(hours(12), hours(12), 100_000),
            attempts: Attempts::default(),
            turns: Turns::new(),
            notifications,
            notified: NotifiedLimits::default(),
            hashing: Semaphore::new(HASHED),
            looks: Slots::new(LOOKS),
            incidents: given.incidents,
            refusals: Pace::per_minute(60),
            bounds: given.bounds,
            proxies: given.proxies,
            is_proxy_noted: AtomicBool::default(),
            set_up: Mutex::default(),
        }
    }

    /// Runs `work` on the store, on a thread that may block.
    pub(super) async fn store<T: Send + 'static, E: Into<Error> + Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Failure> {
        Self::on(self.store.clone(), work).await
    }

    /// Runs a long query, such as the members of a group, on a connection of its own.
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

    /// Whether the plugin can book rooms.
    pub(super) fn can_book(&self) -> bool {
        self.form.steps().iter().any(|step| step.has(BOOKING_CALENDAR))
    }

    /// Returns the stored settings, empty where none are stored.
    ///
    /// # Errors
    /// Not found where there is no such integration.
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
        let kept = kept.await;
        // Bookings may be on now, or off.
        self.notifications.wake();
        kept
    }

    /// Returns a new code that allows setting the administrator's password once. `None` where a
    /// password is set.
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

    /// Makes the code invalid.
    pub(super) fn end_set_up(&self) {
        self.set_up.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Whether the request belongs to a session of the administrator.
    pub(super) fn is_admin(&self, headers: &HeaderMap) -> bool {
        let token = cookie(headers, &Cookie::Admin, &self.site);
        token.and_then(|it| self.admins.get(it, self.now())).is_some()
    }

    /// Returns the client that sent a request, through trusted proxies where there are any.
    pub(super) fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> Client {
        let is_proxy = self.is_trusted(peer);
        if !is_proxy && is_forwarded(headers) && !self.is_proxy_noted.swap(true, Ordering::Relaxed)
        {
            let summary = format!(
                "{} forwards requests but is not a trusted proxy, so all its clients count as one",
                peer.ip()
            );
            let remedy = "If this is your own proxy, start the server with --trusted-proxy";
            let problem = Problem::request("untrusted-proxy", summary, remedy);
            self.incidents.report(None, problem);
        }
        Client::of(peer, headers, &self.proxies)
    }

    /// Whether the peer of a connection is a trusted proxy.
    pub(super) fn is_trusted(&self, peer: SocketAddr) -> bool {
        self.proxies.iter().any(|it| it.contains(peer.ip()))
    }

    /// Returns the page for a problem of the store or of the plugin. The administrator sees all of
    /// it; any other client sees a sentence and a reference number.
    pub(super) fn show(&self, status: StatusCode, problem: Problem, is_admin: bool) -> Response {
        if is_admin {
            let page = Page::narrow(problem.summary.clone());
            return (status, message(page, problem, "/", "Back to the home page")).into_response();
        }
        let reference = self.incidents.report(None, problem);
        let (summary, remedy) = (
            "Something went wrong in ONES",
            "Try again in a minute. If it fails again, give the reference number to your ONES \
             administrator",
        );
        let shown = Problem::request("inner", summary, remedy);
        let page = Page::narrow(summary).referring(reference);
        (status, message(page, shown, "/", "Back to the home page")).into_response()
    }

    pub(super) fn now(&self) -> Instant {
        Instant::now()
    }

    /// Returns the system time, for values that outlive the process.
    pub(super) fn today(&self) -> SystemTime {
        SystemTime::now()
    }
}
