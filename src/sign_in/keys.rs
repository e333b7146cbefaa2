//! The keys that sign the tokens of the tenant.
//!
//! Source: RFC 7517;
//! <https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-signature>.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use rsa::BigUint;
use serde::Deserialize;
use serde_json::Value;

use super::{discovery::Provider, refusal::rejected};
use crate::{
    error::{Error, Explanation},
    graph::Graph,
    host::{Host, Request},
    remedy,
};

/// Minimum length of a key, in bits: RFC 7518, section 3.3. `rsa` refuses keys above 4096.
const SHORTEST: usize = 2048;

/// Fetches the key with that id. There is no cache: Microsoft changes keys without notice, and the
/// plugin stores nothing between calls.
pub(super) async fn fetch<H: Host>(
    graph: &Graph<'_, H>,
    provider: &Provider,
    kid: &str,
) -> Result<DecodingKey, Error> {
    #[derive(Deserialize)]
    struct Keys {
        keys: Vec<Value>,
    }

    let address = provider.jwks_uri.parse().unwrap_or_default();
    let response = graph.send(Request::get(address).header("accept", "application/json")).await?;
    if response.status != 200 {
        return Err(super::refusal::explain_discovery(graph.settings(), &response));
    }
    let Keys { keys } = serde_json::from_str(response.text()).map_err(|_| {
        Error::Unexpected(
            Explanation::new("keys-unreadable", "The keys of the sign-in server cannot be read")
                .remedy(remedy::PROXY)
                .detail(response.outline()),
        )
    })?;
    // A key of another kind or form must not affect the others.
    let readable = keys.iter().filter_map(|key| Key::deserialize(key).ok());
    let mut named = readable.filter(|key| key.kid == kid).peekable();
    if named.peek().is_none() {
        return Err(rejected(
            "id-token-unknown-key",
            "The ID token is signed with a key that the tenant does not publish",
        ));
    }
    // Several keys can have the same id where their uses differ (RFC 7517, section 4.5).
    let mut fitting = named.filter_map(|key| key.decoding_key(provider));
    match (fitting.next(), fitting.next()) {
        (Some(key), None) => Ok(key),
        _ => Err(unfit()),
    }
}

/// Returns the error for a key that exists, but is not for ID tokens of this tenant.
pub(super) fn unfit() -> Error {
    rejected(
        "id-token-unfit-key",
        "The key that signed the ID token is not allowed to sign such tokens",
    )
}

#[derive(Deserialize)]
struct Key {
    kid: String,
    kty: String,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
    /// The issuer whose tokens the key signs: an extension of Entra ID's.
    issuer: Option<String>,
}

impl Key {
    /// Returns the key, where it may sign ID tokens of the provider.
    fn decoding_key(&self, provider: &Provider) -> Option<DecodingKey> {
        let signs_for = |issuer: &String| {
            issuer.replace("{tenantid}", &provider.tenant).eq_ignore_ascii_case(&provider.issuer)
        };
        let fits = self.kty == "RSA"
            && self.usage.as_deref().is_none_or(|usage| usage == "sig")
            && self.alg.as_deref().is_none_or(|alg| alg == "RS256")
            && self.issuer.as_ref().is_none_or(signs_for);
        let (n, e) = (self.n.as_deref()?, self.e.as_deref()?);
        let modulus = BASE64_URL_SAFE_NO_PAD.decode(n).ok()?;
        let bits = BigUint::from_bytes_be(&modulus).bits();
        (fits && bits >= SHORTEST).then(|| DecodingKey::from_rsa_components(n, e).ok()).flatten()
    }
}
