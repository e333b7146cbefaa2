//! Signing keys, and the tokens made with them.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
};
use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey};
use serde_json::{Value, json};

type Slot = Arc<OnceLock<Option<Arc<SigningKey>>>>;

/// The keys of the process, numbered from 0. All emulators of the process use the same keys in this
/// order, because making one takes about a second.
static POOL: Mutex<Vec<Slot>> = Mutex::new(Vec::new());

/// A key that signs tokens.
pub(crate) struct SigningKey {
    pair: RsaKeyPair,
    id: String,
    /// SubjectPublicKeyInfo (RFC 5280).
    public_der: Vec<u8>,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadToken {
    /// The text is not a JWT.
    Malformed,
    /// No key of this emulator signed the token.
    Signature,
}

/// Makes two keys in the background: one to sign with, and the one that a rotation leads to.
pub(crate) fn prepare() {
    std::thread::spawn(|| (0..2).for_each(|number| drop(SigningKey::number(number))));
}

/// Returns the part of a JWT that is signed.
pub(crate) fn signing_input(header: &Value, claims: &Value) -> String {
    let mut token = URL_SAFE_NO_PAD.encode(header.to_string());
    token.push('.');
    token.push_str(&URL_SAFE_NO_PAD.encode(claims.to_string()));
    token
}

/// Reads one of the two parts of a JWT that are JSON: 0 is the header, 1 the claims.
pub(crate) fn part(token: &str, index: usize) -> Result<Value, BadToken> {
    let part = token.split('.').nth(index).ok_or(BadToken::Malformed)?;
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| BadToken::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| BadToken::Malformed)
}

impl SigningKey {
    /// Returns a key of the process, and makes it first if necessary. None if the system cannot
    /// make one.
    pub(crate) fn number(number: usize) -> Option<Arc<Self>> {
        let slot = {
            let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
            while pool.len() <= number {
                pool.push(Slot::default());
            }
            pool.get(number).cloned()?
        };
        slot.get_or_init(|| Self::make().map(Arc::new)).clone()
    }

    fn make() -> Option<Self> {
        let private = rsa::RsaPrivateKey::new(&mut rand_core::OsRng, 2048).ok()?;
        let public_der = private.to_public_key().to_public_key_der().ok()?.into_vec();
        let pair = RsaKeyPair::from_pkcs8(private.to_pkcs8_der().ok()?.as_bytes()).ok()?;
        let digest = ring::digest::digest(&ring::digest::SHA256, pair.public_key().as_ref());
        // Entra's key ids are 27 characters long, as SHA-1 thumbprints are.
        let id = URL_SAFE_NO_PAD.encode(&digest.as_ref()[..20]);
        Some(Self { pair, id, public_der })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Returns the header of tokens that this key signs.
    pub(crate) fn header(&self) -> Value {
        json!({"typ": "JWT", "alg": "RS256", "kid": self.id})
    }

    /// Returns a signed JWT. None if the system has no randomness to blind the signature with.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> Option<String> {
        let mut token = signing_input(header, claims);
        let mut signature = vec![0; self.pair.public().modulus_len()];
        let random = ring::rand::SystemRandom::new();
        self.pair.sign(&RSA_PKCS1_SHA256, &random, token.as_bytes(), &mut signature).ok()?;
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(signature));
        Some(token)
    }

    /// Returns whether this key signed a token.
    pub(crate) fn signed(&self, token: &str) -> bool {
        let Some((signed, signature)) = token.rsplit_once('.') else { return false };
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
        let components: RsaPublicKeyComponents<Vec<u8>> = self.pair.public_key().into();
        components.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).is_ok()
    }

    /// Returns the public key as it is published (RFC 7517), with the issuer that Entra adds.
    pub(crate) fn published(&self, issuer: &str) -> Value {
        let components: RsaPublicKeyComponents<Vec<u8>> = self.pair.public_key().into();
        json!({
            "kty": "RSA",
            "use": "sig",
            "kid": self.id,
            "x5t": self.id,
            "n": URL_SAFE_NO_PAD.encode(&components.n),
            "e": URL_SAFE_NO_PAD.encode(&components.e),
            "issuer": issuer,
        })
    }

    /// Returns the public key as PEM.
    pub(crate) fn public_pem(&self) -> String {
        let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        pem::encode_config(&pem::Pem::new("PUBLIC KEY", self.public_der.clone()), config)
    }
}
