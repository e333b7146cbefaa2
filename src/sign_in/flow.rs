//! What a sign-in must remember until the browser is back.

use std::time::{Duration, SystemTime};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce, aead::Aead as _};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::{discovery::Provider, refusal::rejected};
use crate::{
    error::Error,
    host::{Host, unix_seconds},
    model::Callback,
    settings::Settings,
};

/// A code lives about as long.
const LONGEST: Duration = Duration::from_secs(600);

/// Length of the nonce in front of an encrypted flow, in bytes: long enough to be random.
const NONCE: usize = 24;

/// A sign-in or consent that is under way. The host stores it, in a cookie or a file that others
/// may read and write. It is encrypted, so that nobody else reads nonce and PKCE verifier, and
/// authenticated, so that nobody else chooses where codes are sent.
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
        Self { began: unix_seconds(now), redirect_uri: redirect_uri.to_owned(), state, sign_in }
    }

    /// The flow as the host stores it: XChaCha20-Poly1305 (RFC 8439, with the longer nonce of
    /// draft-irtf-cfrg-xchacha), nonce first.
    pub(super) fn seal(&self, host: &impl Host, settings: &Settings) -> String {
        // Text and numbers: nothing that JSON cannot hold.
        let content = serde_json::to_vec(self).unwrap_or_default();
        let nonce: Vec<u8> = (0..NONCE / 8).flat_map(|_| host.random().to_be_bytes()).collect();
        let sealed = cipher(settings).encrypt(XNonce::from_slice(&nonce), content.as_slice());
        // A flow is far below 256 GiB, beyond which encrypting fails.
        let sealed = sealed.unwrap_or_default();
        BASE64_URL_SAFE_NO_PAD.encode([nonce, sealed].concat())
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
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(sealed).map_err(|_| changed())?;
        let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or_else(changed)?;
        let content = cipher(settings).decrypt(XNonce::from_slice(nonce), sealed);
        let content = content.map_err(|_| changed())?;
        let it: Self = serde_json::from_slice(&content).map_err(|_| changed())?;
        let age = unix_seconds(now).checked_sub(it.began);
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

/// The cipher of flows under these settings. Its key is derived from the client's credential, which
/// the plugin has on both ends; cloud, tenant and client are part of it, so that a flow serves
/// these alone: it holds where the proof goes.
fn cipher(settings: &Settings) -> XChaCha20Poly1305 {
    let (server, endpoints) = (&settings.server, settings.endpoints());
    let mut key = <Hmac<Sha256> as Mac>::new_from_slice(&server.credential.private_bytes())
        .expect("HMAC takes keys of any length");
    let (tenant, graph) = (endpoints.openid_configuration().to_string(), endpoints.graph_origin());
    for part in ["ones-office365 flow 2", &tenant, graph, &server.client_id] {
        key.update(part.as_bytes());
        key.update(&[0]);
    }
    XChaCha20Poly1305::new(&key.finalize().into_bytes())
}

/// Compares what a stranger could guess at, in a time that tells nothing.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}
