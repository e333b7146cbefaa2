//! What all pages share.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::{sync::Semaphore, task::spawn_blocking};

use super::{
    admin::AdminSession, failure::Failure, guard::random_text, people::PersonSession, site::Site,
    vendor::Vendor,
};
use crate::{
    access::{Attempts, Flows, Sessions},
    error::Error,
    form::Form,
    model::Manifest,
    runner::Runner,
    settings::Settings,
    store::{IntegrationId, SealingKey, Store, StoreError},
};

/// The field that holds the name of the button on the login page. Source, also of
/// [`NAME`]: `manifest.settings-schema` in `wit/integration.wit`.
pub(super) const LOGIN_BUTTON: &str = "/users/loginButton";

/// The field that tells integrations apart.
pub(super) const NAME: &str = "/server/name";

/// So many calls of the plugin at once for those who are not signed in.
const STRANGERS: usize = 16;

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
    pub(super) strangers: Semaphore,
    set_up: Mutex<Option<String>>,
}

impl App {
    pub(super) fn new(
        (store, slow): (Store, Store),
        vendor: impl Vendor,
        key: SealingKey,
        manifest: Manifest,
        runner: Runner,
        site: Site,
    ) -> Self {
        let hours = |it: u64| Duration::from_secs(it * 60 * 60);
        Self {
            store: Arc::new(Mutex::new(store)),
            slow: Arc::new(Mutex::new(slow)),
            key,
            vendor: Box::new(vendor),
            form: Form::of(&manifest.settings_schema),
            manifest,
            runner,
            site,
            admins: Sessions::new(hours(8), hours(1), 100),
            people: Sessions::new(hours(12), hours(12), 100_000),
            flows: Flows::new(),
            attempts: Attempts::default(),
            strangers: Semaphore::new(STRANGERS),
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
        self.name(id).await?;
        let key = self.key.clone();
        let kept = self.store(move |store| store.settings(id, &key)).await?;
        Ok(kept.unwrap_or_else(|| Settings::from(serde_json::json!({}))))
    }

    pub(super) async fn name(&self, id: IntegrationId) -> Result<String, Failure> {
        self.store(move |store| store.name(id)).await?.ok_or_else(Failure::not_found)
    }

    pub(super) async fn keep(
        &self,
        id: Option<IntegrationId>,
        settings: Settings,
    ) -> Result<IntegrationId, Failure> {
        let key = self.key.clone();
        self.store(move |store| store.keep_settings(id, &settings, &key)).await
    }

    /// A code that lets one person set the password, where there is none.
    pub(super) fn begin_set_up(&self) -> Result<Option<String>, StoreError> {
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let code = store.password()?.is_none().then(random_text);
        self.set_up.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&code);
        Ok(code)
    }

    pub(super) fn is_set_up_code(&self, code: &str) -> bool {
        let expected = self.set_up.lock().unwrap_or_else(PoisonError::into_inner);
        expected.as_deref().is_some_and(|it| super::guard::same(it, code))
    }

    /// No code any more.
    pub(super) fn end_set_up(&self) {
        self.set_up.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    pub(super) fn now(&self) -> Instant {
        Instant::now()
    }
}
