//! The state of a sign-in until the browser returns.

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

/// Maximum age of a flow. A code is valid for about as long.
const LONGEST: Duration = Duration::from_secs(600);

/// Length of the nonce in front of an encrypted flow, in bytes: long enough to be chosen at random.
const NONCE: usize = 24;

/// A sign-in or consent that is under way. The host stores it in a cookie or a file that other
/// programs may read and write. It is encrypted, so that only the plugin reads nonce and PKCE
/// verifier, and authenticated, so that only the plugin chooses where codes are sent.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Flow {
    /// When it began, in seconds since 1970.
    began: u64,
    redirect_uri: String,
    state: String,
    /// `None` for consent.
    pub(super) sign_in: Option<SignIn>,
}

/// The part of a flow that only a sign-in needs.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignIn {
    /// The provider that discovery named when the browser was sent there.
    pub(super) provider: Provider,
    pub(super) nonce: String,
    /// PKCE verifier.
    pub(super) verifier: String,
}

/// The parameters that the browser sent, each at most once.
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

    /// Encrypts the flow for the host: nonce, then XChaCha20-Poly1305 (RFC 8439, with the longer
    /// nonce of draft-irtf-cfrg-xchacha).
    pub(super) fn seal(&self, host: &impl Host, settings: &Settings) -> String {
        // It contains texts and numbers only, which JSON can always represent.
        let content = serde_json::to_vec(self).unwrap_or_default();
        let nonce: Vec<u8> = (0..NONCE / 8).flat_map(|_| host.random().to_be_bytes()).collect();
        let sealed = cipher(settings).encrypt(XNonce::from_slice(&nonce), content.as_slice());
        // Encryption fails only above 256 GiB.
        let sealed = sealed.unwrap_or_default();
        BASE64_URL_SAFE_NO_PAD.encode([nonce, sealed].concat())
    }

    /// Decrypts what [`Self::seal`] returned under the same settings.
    pub(super) fn open(
        sealed: Option<&str>,
        settings: &Settings,
        now: SystemTime,
    ) -> Result<Self, Error> {
        let sealed = sealed.ok_or_else(|| {
            rejected("no-sign-in", "No sign-in is under way in this browser, or it took too long")
        })?;
        let changed =
            || rejected("flow-changed", "The settings or the sign-in were changed in the meantime");
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(sealed).map_err(|_| changed())?;
        let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or_else(changed)?;
        let content = cipher(settings).decrypt(XNonce::from_slice(nonce), sealed);
        let content = content.map_err(|_| changed())?;
        let flow: Self = serde_json::from_slice(&content).map_err(|_| changed())?;
        let age = unix_seconds(now).checked_sub(flow.began);
        if age.is_none_or(|seconds| seconds > LONGEST.as_secs()) {
            return Err(rejected(
                "flow-expired",
                "The sign-in took longer than ten minutes, or the clock of ONES was set back",
            ));
        }
        Ok(flow)
    }

    /// Returns what the browser sent, after checking that it belongs to this flow.
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
                return Err(rejected("repeated-parameter", "The browser sent a parameter twice"));
            }
        }
        if !state.is_some_and(|state| is_same(state, &self.state)) {
            return Err(rejected("state-mismatch", "The answer belongs to another sign-in"));
        }
        if callback.redirect_uri != self.redirect_uri {
            return Err(rejected(
                "redirect-uri-changed",
                "The browser returned to another address than the requested one",
            ));
        }
        if self.sign_in.as_ref().is_some_and(|sign_in| !sign_in.provider.matches_iss(iss)) {
            return Err(rejected(
                "issuer-mismatch",
                "The answer comes from another provider than the requested one",
            ));
        }
        Ok(answer)
    }
}

/// Returns the cipher for flows under these settings. Its key is derived from the credential, which
/// the plugin has at the beginning and at the end of a flow, and from cloud, tenant and client: a
/// flow names the server that gets the credential, so it must not be valid for any other.
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

/// Compares two secret texts in a time that does not depend on where they differ.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}
