//! Everything that the emulator stores, behind one lock: the tenant, the registered application,
//! keys, tokens that were issued, and what tests have set.

mod busy;
pub(crate) mod certificate;
pub(crate) mod codes;
pub(crate) mod cursors;
pub(crate) mod fault;
pub(crate) mod key;
pub(crate) mod key_ring;
pub(crate) mod overrides;
pub(crate) mod registration;
pub(crate) mod replicas;
pub(crate) mod request_log;
pub(crate) mod settings;
mod shared;
pub(crate) mod subscriptions;

use self::busy::Busy;
use self::certificate::Certificate;
use self::codes::Codes;
use self::cursors::Cursors;
use self::fault::Faults;
use self::key_ring::KeyRing;
use self::overrides::Overrides;
use self::registration::{ClientSecret, Registration, redirect_uri};
use self::replicas::Replicas;
use self::request_log::RequestLog;
pub(crate) use self::settings::Settings;
pub(crate) use self::shared::Shared;
use self::subscriptions::Subscriptions;
use crate::config::Config;
use crate::error::StartError;
use crate::outgoing::Outgoing;
use crate::random::{Random, is_guid};
use crate::tenant::{Tenant, invent};

pub(crate) struct State {
    /// Origin of Entra.
    pub(crate) authority: String,
    /// Origin of Graph.
    pub(crate) graph: String,
    pub(crate) tenant: Tenant,
    pub(crate) registration: Registration,
    pub(crate) settings: Settings,
    pub(crate) keys: KeyRing,
    pub(crate) codes: Codes,
    pub(crate) cursors: Cursors,
    pub(crate) faults: Faults,
    pub(crate) replicas: Replicas,
    pub(crate) overrides: Overrides,
    pub(crate) log: RequestLog,
    pub(crate) busy: Busy,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) outgoing: Outgoing,
    /// Source of the ids of requests and tokens.
    pub(crate) ids: Random,
}

impl State {
    /// Makes the tenant and registers the application. `origin` is the address of both Entra and
    /// Graph.
    pub(crate) fn new(config: &Config, origin: &str) -> Result<Self, StartError> {
        let mut ids = Random::stream(config.seed, "registration");
        let tenant_id = guid("tenant id", config.tenant_id.as_deref(), &mut ids)?;
        let client_id = guid("client id", config.client_id.as_deref(), &mut ids)?;
        let invented_secret = ids.client_secret();
        let secret = config.client_secret.clone().unwrap_or(invented_secret);
        if secret.is_empty() {
            return Err(StartError::EmptySecret);
        }
        if let Some(uri) = config.redirect_uris.iter().find(|uri| redirect_uri(uri).is_none()) {
            return Err(StartError::NotARedirectUri(uri.clone()));
        }
        let mut registration = Registration::new(client_id, ClientSecret::new(secret), ids.guid());
        for pem in &config.client_certificates {
            let certificate = Certificate::from_pem(pem);
            certificate
                .and_then(|certificate| registration.add_certificate(certificate))
                .map_err(StartError::ClientCertificate)?;
        }
        let tenant = invent::tenant(config, &tenant_id).map_err(StartError::Tenant)?;
        Ok(Self {
            authority: origin.to_owned(),
            graph: origin.to_owned(),
            tenant,
            registration,
            settings: Settings::initial(config),
            keys: KeyRing::default(),
            codes: Codes::default(),
            cursors: Cursors::default(),
            faults: Faults::default(),
            replicas: Replicas::default(),
            overrides: Overrides::default(),
            log: RequestLog::default(),
            busy: Busy::default(),
            subscriptions: Subscriptions::new(Random::stream(config.seed, "notifications")),
            outgoing: Outgoing::new().map_err(StartError::Client)?,
            ids: Random::stream(config.seed, "requests"),
        })
    }
}

/// Returns the given GUID in lower case, or an invented one if none is given.
fn guid(
    name: &'static str,
    given: Option<&str>,
    random: &mut Random,
) -> Result<String, StartError> {
    // Drawn in both cases, so that a given id does not shift what is drawn after it.
    let invented = random.guid();
    match given {
        None => Ok(invented),
        Some(id) if is_guid(id) => Ok(id.to_ascii_lowercase()),
        Some(id) => Err(StartError::NotAGuid { name, value: id.to_owned() }),
    }
}
