//! The one algorithm that is taken.
//!
//! `jsonwebtoken` brings a dozen, and with them the curves they need: half a megabyte of a
//! component that verifies RS256 (RFC 7518, section 3.3) and nothing else.

use jsonwebtoken::{
    Algorithm, DecodingKey, DecodingKeyKind,
    crypto::{CryptoProvider, JwtVerifier, KeyUtils},
    errors::{ErrorKind, Result},
    signature::{Error, Verifier},
};
use rsa::{BigUint, RsaPublicKey, pkcs1v15};
use sha2::Sha256;

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(ErrorKind::InvalidAlgorithm.into()),
    verifier_factory,
    // Keys are read in `keys.rs`.
    key_utils: KeyUtils::new_unimplemented(),
};

/// Lets `jsonwebtoken` verify. Once is enough, more does no harm.
pub(super) fn install() {
    let _ = PROVIDER.install_default();
}

struct Rs256(pkcs1v15::VerifyingKey<Sha256>);

fn verifier_factory(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    let DecodingKeyKind::RsaModulusExponent { n, e } = key.kind() else {
        return Err(ErrorKind::InvalidKeyFormat.into());
    };
    if *algorithm != Algorithm::RS256 {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    let key = RsaPublicKey::new(BigUint::from_bytes_be(n), BigUint::from_bytes_be(e))
        .map_err(|_| ErrorKind::InvalidKeyFormat)?;
    Ok(Box::new(Rs256(pkcs1v15::VerifyingKey::new(key))))
}

impl Verifier<Vec<u8>> for Rs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        self.0.verify(message, &pkcs1v15::Signature::try_from(signature.as_slice())?)
    }
}

impl JwtVerifier for Rs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}
