//! How ONES authenticates as the app: by the client secret, or by an assertion that the key of a
//! certificate signs.
//!
//! Source: <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>.

use std::time::{Duration, SystemTime};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rsa::{
    pss::BlindedSigningKey,
    rand_core::{self, CryptoRng, RngCore, impls::fill_bytes_via_next},
    signature::{RandomizedSigner, SignatureEncoding},
};
use serde_json::json;
use sha2::Sha256;

use crate::{
    error::Error,
    host::{Host, uuid},
    secret::Secret,
    settings::{Certificate, Credential, Settings, pointer},
};

/// Time by which the clock of ONES may be ahead of Microsoft's.
const SKEW: Duration = Duration::from_secs(60);

/// Time for which an assertion is valid: Microsoft recommends at most ten minutes after `nbf`. It
/// is longer than the time for which a request is repeated.
const LIFETIME: Duration = Duration::from_secs(600);

/// Authenticates ONES to one endpoint.
#[derive(Debug)]
pub enum Proof {
    /// The client secret itself.
    Secret(Secret),
    /// A JWT for this endpoint, signed with the key of the certificate (RFC 7523, section 2.2).
    Assertion(Secret),
}

impl Proof {
    /// Returns the proof for a request to `endpoint` that is sent now.
    ///
    /// # Errors
    /// [`Error::InvalidSettings`] where the key of the certificate cannot sign.
    pub fn new<H: Host>(host: &H, settings: &Settings, endpoint: &str) -> Result<Self, Error> {
        match &settings.server.credential {
            Credential::Secret(secret) => Ok(Self::Secret(secret.clone())),
            Credential::Certificate(certificate) => {
                let client = &settings.server.client_id;
                assertion(host, certificate, client, endpoint).map(Self::Assertion)
            }
        }
    }

    /// Returns the fields for the form of a request.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        const TYPE: (&str, &str) =
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        let (kind, field) = match self {
            Self::Secret(secret) => (None, ("client_secret", secret.reveal())),
            Self::Assertion(assertion) => (Some(TYPE), ("client_assertion", assertion.reveal())),
        };
        kind.into_iter().chain([field])
    }

    /// Returns the secret or the assertion, which no text may repeat.
    pub fn secret(&self) -> &Secret {
        match self {
            Self::Secret(secret) | Self::Assertion(secret) => secret,
        }
    }
}

fn assertion<H: Host>(
    host: &H,
    certificate: &Certificate,
    client: &str,
    endpoint: &str,
) -> Result<Secret, Error> {
    let base64 = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let now = host.now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let begin = now.saturating_sub(SKEW);
    let header =
        json!({"alg": "PS256", "typ": "JWT", "x5t#S256": base64(certificate.thumbprint())});
    let claims = json!({
        "aud": endpoint, "iss": client, "sub": client, "jti": uuid(host),
        "iat": now.as_secs(), "nbf": begin.as_secs(), "exp": (begin + LIFETIME).as_secs(),
    });
    let input = format!(
        "{}.{}",
        base64(header.to_string().as_bytes()),
        base64(claims.to_string().as_bytes())
    );
    // The salt is as long as the digest, as PS256 requires (RFC 7518, section 3.5).
    let signature = BlindedSigningKey::<Sha256>::new(certificate.key().clone())
        .try_sign_with_rng(&mut HostRandomness(host), input.as_bytes())
        .map_err(|_| {
            Error::wrong_field(pointer::CLIENT_CERTIFICATE, "The private key cannot sign")
        })?;
    Ok(Secret::new(format!("{input}.{}", base64(&signature.to_bytes()))))
}

/// The randomness of the host, for `rsa`.
struct HostRandomness<'a, H>(&'a H);

impl<H: Host> RngCore for HostRandomness<'_, H> {
    fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    fn next_u64(&mut self) -> u64 {
        self.0.random()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        fill_bytes_via_next(self, bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl<H: Host> CryptoRng for HostRandomness<'_, H> {}
