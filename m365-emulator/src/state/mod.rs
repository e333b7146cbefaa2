//! All that the emulator knows, behind one lock.

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::entra::certificate::Certificate;
use crate::entra::code::Codes;
use crate::entra::key_ring::KeyRing;
use crate::entra::registration::{ClientSecret, Registration, redirect_uri};
use crate::error::StartError;
use crate::fault::Faults;
use crate::graph::cursor::Cursors;
use crate::graph::replica::Replicas;
use crate::random::{Random, is_guid};
use crate::raw::Overrides;
use crate::request_log::RequestLog;
use crate::tenant::{Tenant, invent};

/// How the tenant behaves, apart from what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// Whether Places tells where its next page is. Both behaviours exist.
    pub places_next_link: bool,
    /// Whether there is Places at all. Where there is not, Graph knows no segment `places`.
    pub places: bool,
    /// Whether Places knows the tenant. Where it does not, there are mailboxes, and every place is answered with 404
    /// `invalid_place`.
    pub places_provisioned: bool,
    /// Whether Places has room lists. Where it has not, there are none to see.
    pub room_lists: bool,
    /// Whether the tenant has Exchange Online. Without it, Places and calendars answer 401
    /// `OrganizationFromTenantGuidNotFound`.
    pub exchange_online: bool,
    /// Ids of users and groups, and ids, place ids or addresses of places that no listing and no count has. Reads by
    /// id and delta do have them.
    pub unlisted: Vec<String>,
    /// Whether delta leaves out properties that are null now, and not only those that were never set.
    pub delta_omits_null: bool,
    /// How many groups a page of `/groups/delta` has at most. Microsoft says no number; about 100 is what it gives.
    pub delta_groups_per_page: usize,
    /// How many members all groups of such a page have together at most: a larger group comes again on the next
    /// page. Microsoft says no number.
    pub delta_members_per_page: usize,
    /// Whether `/groups/delta` repeats on each page what the page before told, and tells members who have left in
    /// the first round too. Microsoft announces replays.
    pub delta_replays: bool,
    /// Whether `/groups/delta` tells groups and members in no order that anybody could count on, a group again after
    /// others in between.
    pub delta_shuffles: bool,
    /// Whether `getAvailableExtensionProperties` tells what there is. It answers with nothing in tenants of more than
    /// 1,000 service principals.
    pub extensions_listed: bool,
    /// Whether the client secret has expired (AADSTS7000222).
    pub secret_expired: bool,
    /// Whether the application has a signing key of its own, as one with mapped claims has. It signs the ID tokens, and
    /// only the key set that discovery with `?appid=` names has it.
    pub own_signing_key: bool,
    /// Whether an administrator disabled the application (AADSTS7000112).
    pub application_disabled: bool,
    /// Where people may be sent back to, letter by letter. Without any, every `http` address of the loopback is
    /// taken.
    pub redirect_uris: Vec<String>,
    /// How long access tokens live. With 0 they are expired when they come.
    pub token_lifetime_seconds: u32,
}

impl Settings {
    /// Whether listings have something that goes by these names.
    pub(crate) fn lists(&self, names: &[&str]) -> bool {
        let is_named = |unlisted: &String| {
            names.iter().any(|name| !name.is_empty() && name.eq_ignore_ascii_case(unlisted))
        };
        !self.unlisted.iter().any(is_named)
    }
}

pub(crate) struct State {
    pub(crate) authority: String,
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
    /// Makes the ids of requests and tokens.
    pub(crate) ids: Random,
}

impl State {
    /// `origin` is where both Entra and Graph are served.
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
            settings: Settings {
                places_next_link: config.places_next_link,
                places: config.places,
                places_provisioned: true,
                room_lists: config.room_lists,
                exchange_online: true,
                unlisted: Vec::new(),
                delta_omits_null: false,
                delta_groups_per_page: 100,
                delta_members_per_page: 1000,
                delta_replays: false,
                delta_shuffles: false,
                extensions_listed: true,
                secret_expired: false,
                own_signing_key: false,
                application_disabled: false,
                redirect_uris: config.redirect_uris.clone(),
                token_lifetime_seconds: 3599,
            },
            keys: KeyRing::default(),
            codes: Codes::default(),
            cursors: Cursors::default(),
            faults: Faults::default(),
            replicas: Replicas::default(),
            overrides: Overrides::default(),
            log: RequestLog::default(),
            ids: Random::stream(config.seed, "requests"),
        })
    }
}

fn guid(
    name: &'static str,
    given: Option<&str>,
    random: &mut Random,
) -> Result<String, StartError> {
    let invented = random.guid();
    match given {
        None => Ok(invented),
        Some(id) if is_guid(id) => Ok(id.to_ascii_lowercase()),
        Some(id) => Err(StartError::NotAGuid { name, value: id.to_owned() }),
    }
}
