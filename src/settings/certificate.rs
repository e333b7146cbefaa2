//! Reads a client certificate and its private key from PEM text.

use std::{fmt, ops::RangeInclusive, time::SystemTime};

use pem::Pem;
use rsa::{
    BigUint, RsaPrivateKey,
    pkcs1::{self, DecodeRsaPrivateKey, EncodeRsaPublicKey, der::Decode},
    pkcs8::PrivateKeyInfo,
    traits::PrivateKeyParts,
};
use sha2::{Digest, Sha256};

/// Length of a key, in bits: the minimum of NIST SP 800-131A, and the maximum of `rsa`.
const BITS: RangeInclusive<usize> = 2048..=4096;

/// A certificate and the key that belongs to it.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    key: RsaPrivateKey,
    thumbprint: [u8; 32],
    /// Beginning of its validity.
    pub not_before: SystemTime,
    /// End of its validity.
    pub not_after: SystemTime,
}

impl Certificate {
    /// Reads PEM text: certificates and one private key, in any order. Of a chain of certificates,
    /// takes the one that belongs to the key.
    ///
    /// # Errors
    /// One sentence that says what is wrong and repeats nothing of the text.
    pub(super) fn read(text: &str) -> Result<Self, &'static str> {
        let blocks = pem::parse_many(restore_line_breaks(text))
            .map_err(|_| "This PEM text is damaged: copy it again")?;
        if blocks.is_empty() {
            return Err("This is not PEM text, with a line such as -----BEGIN CERTIFICATE-----");
        }
        let (keys, others): (Vec<_>, Vec<_>) =
            blocks.into_iter().partition(|block| block.tag().ends_with("PRIVATE KEY"));
        let certificates: Vec<_> =
            others.into_iter().filter(|block| block.tag() == "CERTIFICATE").collect();
        if certificates.is_empty() {
            return Err(
                "The certificate is missing: add the text from -----BEGIN CERTIFICATE-----",
            );
        }
        let key = match &keys[..] {
            [] => {
                return Err(
                    "The private key is missing: add the text from -----BEGIN PRIVATE KEY-----",
                );
            }
            [key] => read_key(key)?,
            _ => return Err("There is more than one private key"),
        };
        let public = key.to_public_key().to_pkcs1_der().map_err(|_| UNREADABLE)?;
        for block in &certificates {
            let read = x509_cert::Certificate::from_der(block.contents())
                .map_err(|_| "The certificate cannot be read")?
                .tbs_certificate;
            let certified = read.subject_public_key_info.subject_public_key;
            if certified.raw_bytes() == public.as_bytes() {
                return Ok(Self {
                    key,
                    thumbprint: Sha256::digest(block.contents()).into(),
                    not_before: system_time(read.validity.not_before),
                    not_after: system_time(read.validity.not_after),
                });
            }
        }
        Err("The private key does not belong to the certificate")
    }

    /// Returns the private key, for the code that signs with it.
    pub fn key(&self) -> &RsaPrivateKey {
        &self.key
    }

    /// Returns the SHA-256 hash of the certificate's DER.
    pub fn thumbprint(&self) -> &[u8; 32] {
        &self.thumbprint
    }

    /// Returns the private exponent.
    pub fn private_bytes(&self) -> Vec<u8> {
        self.key.d().to_bytes_be()
    }
}

// The derived one would print the key.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate([redacted])")
    }
}

/// Returns the text with real line breaks. Text from JSON, an environment file or a program
/// contains the two characters `\n` instead, and can have quotes around it. Only a line with the
/// beginning of a block and a backslash is changed: PEM itself contains no backslashes.
fn restore_line_breaks(text: &str) -> String {
    let restore = |line: &str| match line.contains("-----BEGIN ") && line.contains('\\') {
        true => {
            let escapes = ["\\r\\n", "\\n", "\\r"];
            // JSON within JSON is escaped twice.
            let once = line.replace("\\\\", "\\");
            escapes.iter().fold(once, |line, it| line.replace(it, "\n"))
        }
        false => line.to_owned(),
    };
    let lines: Vec<_> = text.lines().map(restore).collect();
    lines.join("\n")
}

fn system_time(time: x509_cert::time::Time) -> SystemTime {
    SystemTime::UNIX_EPOCH + time.to_unix_duration()
}

const UNREADABLE: &str = "The private key cannot be read";

fn read_key(block: &Pem) -> Result<RsaPrivateKey, &'static str> {
    // RFC 1421, section 4.6.1.1, as OpenSSL writes it.
    let kind = block.headers().get("Proc-Type");
    let is_encrypted = kind.is_some_and(|kind| kind.contains("ENCRYPTED"));
    let pkcs1 = match block.tag() {
        "ENCRYPTED PRIVATE KEY" => return Err(ENCRYPTED),
        _ if is_encrypted => return Err(ENCRYPTED),
        "PRIVATE KEY" => {
            let info = PrivateKeyInfo::try_from(block.contents()).map_err(|_| UNREADABLE)?;
            if info.algorithm.oid != pkcs1::ALGORITHM_OID {
                return Err(NOT_RSA);
            }
            info.private_key
        }
        "RSA PRIVATE KEY" => block.contents(),
        _ => return Err(NOT_RSA),
    };
    let parts = pkcs1::RsaPrivateKey::from_der(pkcs1).map_err(|_| UNREADABLE)?;
    if !BITS.contains(&BigUint::from_bytes_be(parts.modulus.as_bytes()).bits()) {
        return Err("The RSA key must have 2048 to 4096 bits");
    }
    // This also checks that the numbers of the key belong together.
    RsaPrivateKey::from_pkcs1_der(pkcs1).map_err(|_| UNREADABLE)
}

const ENCRYPTED: &str = "The private key is encrypted: enter it without a passphrase (`openssl \
    pkey -in key.pem` removes it)";
const NOT_RSA: &str =
    "The private key must be an RSA key, in PKCS#8 (PRIVATE KEY) or PKCS#1 (RSA PRIVATE KEY)";
