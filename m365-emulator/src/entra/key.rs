//! The signing key, and the tokens made with it.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
};
use rsa::pkcs8::EncodePrivateKey;
use serde_json::{Value, json};

/// One key for the process: making one takes about a second, and nothing depends on which it is.
static KEY: OnceLock<Option<SigningKey>> = OnceLock::new();

pub(crate) struct SigningKey {
    pair: RsaKeyPair,
    id: String,
}

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadToken {
    /// No JWT at all.
    Malformed,
    /// Not signed by this emulator, in this run.
    Signature,
}

impl SigningKey {
    /// Waits for the key where it is still being made.
    pub(crate) fn get() -> Option<&'static Self> {
        KEY.get_or_init(Self::make).as_ref()
    }

    /// Starts making the key, so that the first token need not wait.
    pub(crate) fn prepare() {
        std::thread::spawn(Self::get);
    }

    fn make() -> Option<Self> {
        let private = rsa::RsaPrivateKey::new(&mut rand_core::OsRng, 2048).ok()?;
        let pair = RsaKeyPair::from_pkcs8(private.to_pkcs8_der().ok()?.as_bytes()).ok()?;
        let digest = ring::digest::digest(&ring::digest::SHA256, pair.public_key().as_ref());
        // Entra's key ids are 27 characters long, as SHA-1 thumbprints are.
        let id = URL_SAFE_NO_PAD.encode(&digest.as_ref()[..20]);
        Some(Self { pair, id })
    }

    /// A signed JWT. None where the system has no randomness to blind the signature with.
    pub(crate) fn sign(&self, claims: &Value) -> Option<String> {
        let header = json!({"typ": "JWT", "alg": "RS256", "x5t": self.id, "kid": self.id});
        let mut token = URL_SAFE_NO_PAD.encode(header.to_string());
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(claims.to_string()));
        let mut signature = vec![0; self.pair.public().modulus_len()];
        let random = ring::rand::SystemRandom::new();
        self.pair.sign(&RSA_PKCS1_SHA256, &random, token.as_bytes(), &mut signature).ok()?;
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(signature));
        Some(token)
    }

    /// The claims of a token that this key signed.
    pub(crate) fn verify(&self, token: &str) -> Result<Value, BadToken> {
        let (signed, signature) = token.rsplit_once('.').ok_or(BadToken::Malformed)?;
        let (_, claims) = signed.split_once('.').ok_or(BadToken::Malformed)?;
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| BadToken::Malformed)?;
        let claims: Value = serde_json::from_slice(&claims).map_err(|_| BadToken::Malformed)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| BadToken::Signature)?;
        let public = self.pair.public_key();
        let components = RsaPublicKeyComponents::from(public);
        let components: RsaPublicKeyComponents<Vec<u8>> = components;
        components
            .verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
            .map_err(|_| BadToken::Signature)?;
        Ok(claims)
    }

    /// The key set that is published (RFC 7517), with the issuer that Entra adds.
    pub(crate) fn published(&self, issuer: &str) -> Value {
        let components: RsaPublicKeyComponents<Vec<u8>> = self.pair.public_key().into();
        json!({"keys": [{
            "kty": "RSA",
            "use": "sig",
            "kid": self.id,
            "x5t": self.id,
            "n": URL_SAFE_NO_PAD.encode(&components.n),
            "e": URL_SAFE_NO_PAD.encode(&components.e),
            "issuer": issuer,
        }]})
    }
}
