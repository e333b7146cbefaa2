//! Encryption of settings, which hold secrets: XChaCha20-Poly1305 (RFC 8439, with the longer nonce
//! of draft-irtf-cfrg-xchacha, so that random nonces do not repeat).

use std::{fmt, io, io::Write as _, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{StoreError, folder::Folder};
use crate::random;

/// Name of the key file in the data folder.
const FILE: &str = "ones.key";

/// Name of the environment variable that holds the key in place of the file.
const VARIABLE: &str = "ONES_KEY";

/// Length of a nonce, in bytes.
const NONCE: usize = 24;

/// Key that encrypts settings.
#[derive(Clone)]
pub struct SealingKey(Zeroizing<[u8; 32]>);

impl SealingKey {
    /// Returns the key of a data folder: the value of `variable` for `ONES_KEY`, in base64, or the
    /// contents of the file `ones.key`. Where neither exists, the file is created with a new key,
    /// readable by the user of this process alone. Folder and key together give the secrets; the
    /// variable keeps them apart.
    ///
    /// # Errors
    /// [`StoreError::Key`] where the text is no key, [`StoreError::Folder`] where the file cannot
    /// be read or created.
    pub fn of(
        folder: &Path,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, StoreError> {
        if let Some(text) = variable(VARIABLE).map(Zeroizing::new) {
            return Self::parse(&text)
                .ok_or_else(|| StoreError::Key { place: VARIABLE.to_owned() });
        }
        let folder = Folder::create(folder)?;
        let file = folder.path().join(FILE);
        let text = match std::fs::read_to_string(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = Self(Zeroizing::new(random::bytes()));
                key.write(&file).map_err(|it| folder.failed(it))?;
                return Ok(key);
            }
            read => Zeroizing::new(read.map_err(|it| folder.failed(it))?),
        };
        Self::parse(&text).ok_or_else(|| StoreError::Key { place: file.display().to_string() })
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).ok()?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    /// Writes the complete file or none, and never replaces another.
    fn write(&self, file: &Path) -> io::Result<()> {
        let folder = file.parent().unwrap_or(Path::new("."));
        // A temporary file is readable by this user alone.
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        let text = Zeroizing::new(STANDARD.encode(*self.0) + "\n");
        new.write_all(text.as_bytes())?;
        new.as_file().sync_all()?;
        new.persist_noclobber(file)?;
        Ok(())
    }

    /// Returns a key for another purpose. Neither key decrypts what the other encrypts, and neither
    /// can be computed from the other.
    pub(crate) fn derive(&self, purpose: &str) -> Self {
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(self.0.as_ref())
            .expect("HMAC takes keys of any length");
        mac.update(purpose.as_bytes());
        Self(Zeroizing::new(mac.finalize().into_bytes().into()))
    }

    /// Encrypts a text. It is decrypted only with the same `binding`.
    pub(crate) fn seal(&self, text: &[u8], binding: &str) -> Vec<u8> {
        let nonce: [u8; NONCE] = random::bytes();
        let payload = Payload { msg: text, aad: binding.as_bytes() };
        let sealed = self.cipher().encrypt(XNonce::from_slice(&nonce), payload);
        [nonce.as_slice(), &sealed.expect("what is sealed is shorter than 256 GiB")].concat()
    }

    /// Decrypts a text, unless it was changed, or encrypted with another binding.
    pub(crate) fn open_sealed(&self, sealed: &[u8], binding: &str) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE)?;
        let payload = Payload { msg: sealed, aad: binding.as_bytes() };
        self.cipher().decrypt(XNonce::from_slice(nonce), payload).ok().map(Zeroizing::new)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.0.as_ref().into())
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey([redacted])")
    }
}
