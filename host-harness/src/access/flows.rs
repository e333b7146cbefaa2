//! Sign-ins under way: from sending a browser to the vendor until it returns.
//!
//! The host stores none of them: what a sign-in needs later is encrypted in a cookie of the
//! browser, so that no client can displace the sign-ins of others by beginning many. The host
//! stores which sign-ins were used, until they expire: at most one bit for each, and 48 bytes for
//! each 64 of them.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{
    model::Purpose,
    random,
    store::{IntegrationId, SealingKey},
};

/// How long a sign-in may take.
pub const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// Largest encrypted sign-in, in characters. Browsers ignore a cookie whose name and value are
/// longer than 4,096 bytes together (RFC 6265bis, section 5.6). This leaves room for a flow of
/// 2,700 bytes.
pub const LARGEST: usize = 4_000;

/// Seconds after which expired marks of used sign-ins are removed.
const SWEEP: u64 = 60;

/// A browser that was sent to the vendor.
#[derive(Clone, PartialEq, Eq)]
pub struct Pending {
    /// Integration through which the user signs in.
    pub integration: IntegrationId,
    /// What the plugin needs later. Secret.
    pub flow: String,
    /// Where the vendor sends the browser back to.
    pub redirect_uri: String,
    /// What the browser was sent for.
    pub purpose: Purpose,
}

// The flow is secret.
impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("integration", &self.integration)
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}

/// The plugin asks the host to store more for a sign-in than a cookie can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the plugin asks to store {flow} bytes for a sign-in: {sealed} characters once they are \
     sealed, of which a cookie holds {LARGEST}"
)]
pub struct FlowTooLarge {
    /// Size of the plugin's flow, in bytes.
    pub flow: usize,
    /// Size of the sealed sign-in, in characters.
    pub sealed: usize,
}

/// Encrypts sign-ins, and lets each be used once.
///
/// The key is derived from that of the data folder, so that a sign-in survives a restart. The marks
/// of used ones do not: after a restart, the vendor alone ensures that a code is redeemed once.
pub struct Flows {
    key: SealingKey,
    /// Distinguishes the numbers of this process from those before a restart.
    process: u64,
    next: AtomicU64,
    used: Mutex<Used>,
}

/// Contents of the cookie.
#[derive(Serialize, Deserialize)]
struct Sealed {
    process: u64,
    number: u64,
    /// Time of its begin, in seconds since 1970.
    expires: u64,
    integration: i64,
    consent: bool,
    redirect_uri: String,
    flow: String,
}

impl Flows {
    /// Returns flows under a key that is derived from `key`.
    pub fn new(key: &SealingKey) -> Self {
        Self {
            key: key.derive("ones-host sign-in 1"),
            process: u64::from_ne_bytes(random::bytes()),
            next: AtomicU64::default(),
            used: Mutex::default(),
        }
    }

    /// Encrypts a sign-in for a cookie of that name, into letters, digits, `-` and `_`.
    ///
    /// # Errors
    /// [`FlowTooLarge`].
    pub fn seal(
        &self,
        pending: &Pending,
        cookie: &str,
        now: SystemTime,
    ) -> Result<String, FlowTooLarge> {
        let sealed = Sealed {
            process: self.process,
            number: self.next.fetch_add(1, Ordering::Relaxed),
            expires: seconds(now + LIFETIME),
            integration: pending.integration.get(),
            consent: pending.purpose == Purpose::Consent,
            redirect_uri: pending.redirect_uri.clone(),
            flow: pending.flow.clone(),
        };
        // Numbers and texts: nothing that JSON cannot hold.
        let text = serde_json::to_vec(&sealed).unwrap_or_default();
        let sealed = URL_SAFE_NO_PAD.encode(self.key.seal(&text, cookie));
        if sealed.len() > LARGEST {
            return Err(FlowTooLarge { flow: pending.flow.len(), sealed: sealed.len() });
        }
        Ok(sealed)
    }

    /// Decrypts the sign-in of that cookie, without using it up. `None` where it has expired, or is
    /// not of this host or of that cookie.
    pub fn open(&self, sealed: &str, cookie: &str, now: SystemTime) -> Option<Begun> {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let text = self.key.open_sealed(&sealed, cookie)?;
        let it: Sealed = serde_json::from_slice(&text).ok()?;
        (seconds(now) < it.expires).then_some(Begun(it))
    }

    /// Uses a sign-in up. `None` where it was used before.
    pub fn redeem(&self, Begun(it): Begun, now: SystemTime) -> Option<Pending> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.mark(&it, seconds(now)).then(|| Pending {
            integration: it.integration.into(),
            flow: it.flow,
            redirect_uri: it.redirect_uri,
            purpose: if it.consent { Purpose::Consent } else { Purpose::SignIn },
        })
    }
}

/// A sign-in that was decrypted and not used up.
pub struct Begun(Sealed);

impl Begun {
    /// Integration through which the user signs in.
    pub fn integration(&self) -> IntegrationId {
        self.0.integration.into()
    }

    /// Returns a key that sorts sign-ins by their begin: the second, and within it the number.
    pub fn began(&self) -> impl Ord + use<> {
        (self.0.expires, self.0.number)
    }
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").finish_non_exhaustive()
    }
}

impl fmt::Debug for Flows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flows").finish_non_exhaustive()
    }
}

/// Marks of used sign-ins. No mark is removed before its sign-in has expired.
#[derive(Default)]
struct Used {
    /// By process, and by number without the last six bits.
    blocks: HashMap<(u64, u64), Block>,
    /// Time of the latest removal, in seconds since 1970.
    swept: u64,
}

/// Marks of 64 sign-ins.
#[derive(Default)]
struct Block {
    bits: u64,
    /// When the last of the used ones expires.
    expires: u64,
}

impl Used {
    /// Returns false where the sign-in was marked before.
    fn mark(&mut self, it: &Sealed, now: u64) -> bool {
        if now.abs_diff(self.swept) >= SWEEP {
            self.blocks.retain(|_, block| block.expires > now);
            self.swept = now;
        }
        let block = self.blocks.entry((it.process, it.number / 64)).or_default();
        let bit = 1 << (it.number % 64);
        let is_first = block.bits & bit == 0;
        block.bits |= bit;
        block.expires = block.expires.max(it.expires);
        is_first
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |it| it.as_secs())
}
