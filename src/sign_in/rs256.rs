//! RS256 (RFC 7518, section 3.3), the only algorithm that ONES accepts.
//!
//! The providers of `jsonwebtoken` contain a dozen algorithms and the elliptic curves that they
//! need, which would add half a megabyte to the component.

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
    // `keys.rs` reads keys.
    key_utils: KeyUtils::new_unimplemented(),
};

/// Installs the provider. Further calls have no effect.
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

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

    use super::*;

    /// RFC 7515, appendix A.2.
    const MODULUS: &str = "\
        ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0B\
        m4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5\
        z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7\
        aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    const MESSAGE: &[u8] = b"\
        eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlL\
        mNvbS9pc19yb290Ijp0cnVlfQ";
    const SIGNATURE: &str = "\
        cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2F\
        p5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQB\
        MHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeY\
        I2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

    fn decode(text: &str) -> Vec<u8> {
        BASE64_URL_SAFE_NO_PAD.decode(text).expect("base64url")
    }

    fn verifier(n: &str, e: &str) -> Box<dyn JwtVerifier> {
        let key = DecodingKey::from_rsa_components(n, e).expect("base64url");
        verifier_factory(&Algorithm::RS256, &key).expect("a key")
    }

    #[test]
    fn the_example_of_the_rfc_is_valid_and_no_byte_of_it_can_be_changed() {
        let verifier = verifier(MODULUS, "AQAB");
        let (message, signature) = (MESSAGE.to_vec(), decode(SIGNATURE));
        assert!(verifier.verify(&message, &signature).is_ok());
        let changed = |bytes: &[u8], index: usize| {
            let mut bytes = bytes.to_vec();
            bytes[index] ^= 1;
            bytes
        };
        for index in 0..message.len() {
            assert!(verifier.verify(&changed(&message, index), &signature).is_err(), "{index}");
        }
        for index in 0..signature.len() {
            assert!(verifier.verify(&message, &changed(&signature, index)).is_err(), "{index}");
        }
    }

    /// Accepts exactly the signatures that are marked as valid. "Acceptable" marks a padding that
    /// only old signers produce.
    #[test]
    fn wycheproofs_valid_signatures_are_accepted_and_no_others() {
        let hex = |text: &str| -> Vec<u8> {
            let digits = (0..text.len() / 2).map(|byte| &text[byte * 2..byte * 2 + 2]);
            digits.map(|digits| u8::from_str_radix(digits, 16).expect("hexadecimal")).collect()
        };
        let (mut key, mut valid, mut invalid) = (verifier(MODULUS, "AQAB"), 0, 0);
        for line in include_str!("../../tests/vectors/rsa-signature-2048-sha256.txt").lines() {
            match line.splitn(5, ' ').collect::<Vec<_>>()[..] {
                ["key", n, e] => key = verifier(n, e),
                [id, result, message, signature, ref comment @ ..] => {
                    let message = hex(message.trim_matches('-'));
                    let signature = decode(if signature == "-" { "" } else { signature });
                    let taken = key.verify(&message, &signature).is_ok();
                    assert_eq!(taken, result == "valid", "{id} {result} {comment:?}");
                    *(if taken { &mut valid } else { &mut invalid }) += 1;
                }
                _ => panic!("{line}"),
            }
        }
        assert_eq!((valid, invalid), (9, 250));
    }

    #[test]
    fn only_rs256_and_only_valid_keys_are_accepted() {
        let key = DecodingKey::from_rsa_components(MODULUS, "AQAB").expect("base64url");
        for algorithm in [Algorithm::RS512, Algorithm::PS256, Algorithm::HS256, Algorithm::ES256] {
            assert!(verifier_factory(&algorithm, &key).is_err(), "{algorithm:?}");
        }
        let secret = DecodingKey::from_secret(&decode(MODULUS));
        assert!(verifier_factory(&Algorithm::RS256, &secret).is_err());
        // Exponents of 0, 1, 2 and 2^33 + 1; a modulus that is even, and none.
        let keys = ["AA", "AQ", "Ag", "AgAAAAE"].map(|e| (MODULUS, e));
        for (n, e) in keys.into_iter().chain([("_____g", "AQAB"), ("", "AQAB")]) {
            let key = DecodingKey::from_rsa_components(n, e).expect("base64url");
            assert!(verifier_factory(&Algorithm::RS256, &key).is_err(), "{n} {e}");
        }
    }
}
