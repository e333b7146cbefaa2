//! Settings hold secrets, and so are stored encrypted: XChaCha20-Poly1305 (RFC 8439, with
//! the longer nonce of draft-irtf-cfrg-xchacha, so that random ones never meet).

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

/// In the data folder.
const FILE: &str = "ones.key";

/// The environment variable that holds the key where no file is to.
const VARIABLE: &str = "ONES_KEY";

/// In bytes.
const NONCE: usize = 24;

/// What settings are sealed with.
#[derive(Clone)]
pub struct SealingKey(Zeroizing<[u8; 32]>);

impl SealingKey {
    /// The key of a data folder, in base64: what `variable` gives for `ONES_KEY`, or what
    /// the file `ones.key` holds. Where neither is there, the file is created with a new
    /// key, readable by this user alone. Whoever has folder and key has the secrets: to
    /// keep them apart is what the variable is for.
    ///
    /// # Errors
    /// [`StoreError::Key`] where it is no key, [`StoreError::Folder`] where the file cannot
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

    /// Whole or not at all, and never over another.
    fn write(&self, file: &Path) -> io::Result<()> {
        let folder = file.parent().unwrap_or(Path::new("."));
        // Readable by this user alone.
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        let text = Zeroizing::new(STANDARD.encode(*self.0) + "\n");
        new.write_all(text.as_bytes())?;
        new.as_file().sync_all()?;
        new.persist_noclobber(file)?;
        Ok(())
    }

    /// Returns a key for another purpose. What is sealed with the one cannot be opened with the
    /// other, and neither is learned from the other.
    pub(crate) fn derive(&self, purpose: &str) -> Self {
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(self.0.as_ref())
            .expect("HMAC takes keys of any length");
        mac.update(purpose.as_bytes());
        Self(Zeroizing::new(mac.finalize().into_bytes().into()))
    }

    /// Encrypts; what `binding` says must be said again to open it.
    pub(crate) fn seal(&self, text: &[u8], binding: &str) -> Vec<u8> {
        let nonce: [u8; NONCE] = random::bytes();
        let payload = Payload { msg: text, aad: binding.as_bytes() };
        let sealed = self.cipher().encrypt(XNonce::from_slice(&nonce), payload);
        [nonce.as_slice(), &sealed.expect("what is sealed is shorter than 256 GiB")].concat()
    }

    /// What was sealed, unless it was changed, or bound to something else.
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
