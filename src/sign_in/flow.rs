//! What a sign-in must remember until the browser is back.

use std::time::{Duration, SystemTime};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::{discovery::Provider, refusal::rejected};
use crate::{error::Error, model::Callback, settings::Settings};

/// A code lives about as long.
const LONGEST: Duration = Duration::from_secs(600);

/// Of a sign-in or consent that is under way. The host keeps it, and it is sealed all the same:
/// a host that keeps it where others can write would let them choose where codes are sent.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Flow {
    /// In seconds since 1970.
    began: u64,
    redirect_uri: String,
    state: String,
    /// `None` where consent was asked for.
    pub(super) sign_in: Option<SignIn>,
}

/// What only a sign-in needs.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignIn {
    /// As discovery told, when the browser was sent there.
    pub(super) provider: Provider,
    pub(super) nonce: String,
    /// Of PKCE.
    pub(super) verifier: String,
}

/// What the browser brought, each at most once.
#[derive(Default)]
pub(super) struct Answer<'a> {
    pub(super) error: Option<&'a str>,
    pub(super) error_description: Option<&'a str>,
    pub(super) code: Option<&'a str>,
    pub(super) admin_consent: Option<&'a str>,
}

impl Flow {
    pub(super) fn begin(
        now: SystemTime,
        redirect_uri: &str,
        state: String,
        sign_in: Option<SignIn>,
    ) -> Self {
        Self { began: seconds(now), redirect_uri: redirect_uri.to_owned(), state, sign_in }
    }

    /// As the host keeps it: the content, and a code that proves it unchanged.
    pub(super) fn seal(&self, settings: &Settings) -> String {
        // Text and numbers: nothing that JSON cannot hold.
        let content = serde_json::to_vec(self).unwrap_or_default();
        let content = BASE64_URL_SAFE_NO_PAD.encode(content);
        let code = mac(settings, &content).finalize().into_bytes();
        format!("{content}.{}", BASE64_URL_SAFE_NO_PAD.encode(code))
    }

    /// Reads what [`Self::seal`] wrote, under the same settings.
    pub(super) fn open(
        sealed: Option<&str>,
        settings: &Settings,
        now: SystemTime,
    ) -> Result<Self, Error> {
        let sealed = sealed.ok_or_else(|| {
            rejected("no-sign-in", "No sign-in is under way in this browser, or it took too long")
        })?;
        let changed =
            || rejected("flow-changed", "The settings were changed meanwhile, or the sign-in was");
        let (content, code) = sealed.split_once('.').ok_or_else(changed)?;
        let code = BASE64_URL_SAFE_NO_PAD.decode(code).map_err(|_| changed())?;
        mac(settings, content).verify_slice(&code).map_err(|_| changed())?;
        let content = BASE64_URL_SAFE_NO_PAD.decode(content).map_err(|_| changed())?;
        let it: Self = serde_json::from_slice(&content).map_err(|_| changed())?;
        let age = seconds(now).checked_sub(it.began);
        if age.is_none_or(|it| it > LONGEST.as_secs()) {
            return Err(rejected(
                "flow-expired",
                "The browser took longer than ten minutes, or the clock of ONES was set back",
            ));
        }
        Ok(it)
    }

    /// What the browser brought, once it is clear that this flow sent it.
    pub(super) fn answer<'a>(&self, callback: &'a Callback) -> Result<Answer<'a>, Error> {
        let mut answer = Answer::default();
        let (mut state, mut iss) = (None, None);
        for (name, value) in &callback.parameters {
            let place = match name.as_str() {
                "state" => &mut state,
                "error" => &mut answer.error,
                "error_description" => &mut answer.error_description,
                "code" => &mut answer.code,
                "iss" => &mut iss,
                "admin_consent" => &mut answer.admin_consent,
                _ => continue,
            };
            // RFC 6749, section 3.1.
            if place.replace(value.as_str()).is_some() {
                return Err(rejected("repeated-parameter", "The browser brought something twice"));
            }
        }
        if !state.is_some_and(|it| is_same(it, &self.state)) {
            return Err(rejected("state-mismatch", "The answer belongs to another sign-in"));
        }
        if callback.redirect_uri != self.redirect_uri {
            return Err(rejected(
                "redirect-uri-changed",
                "The browser came back to another address than was agreed",
            ));
        }
        if self.sign_in.as_ref().is_some_and(|it| !it.provider.may_call_itself(iss)) {
            return Err(rejected("issuer-mismatch", "Another provider answered than was asked"));
        }
        Ok(answer)
    }
}

/// The key is derived from the client's credential, which the plugin has on both ends; cloud, tenant and
/// client are part of it, so that a flow serves these alone: it holds where the proof goes.
fn mac(settings: &Settings, content: &str) -> Hmac<Sha256> {
    let keyed = |key: &[u8]| {
        <Hmac<Sha256> as Mac>::new_from_slice(key).expect("HMAC takes keys of any length")
    };
    let (server, endpoints) = (&settings.server, settings.endpoints());
    let mut key = keyed(&server.credential.private_bytes());
    let (tenant, graph) = (endpoints.openid_configuration().to_string(), endpoints.graph_origin());
    for part in ["ones-office365 flow 1", &tenant, graph, &server.client_id] {
        key.update(part.as_bytes());
        key.update(&[0]);
    }
    keyed(&key.finalize().into_bytes()).chain_update(content)
}

/// Compares what a stranger could guess at, in a time that tells nothing.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |it| it.as_secs())
}
