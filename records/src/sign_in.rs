//! Signing in, and granting permissions.

use std::fmt;

#[cfg(feature = "wasmtime")]
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::{User, enumeration::enumeration};

enumeration! {
    /// Why a browser is sent to the vendor.
    #[serde(rename_all = "kebab-case")]
    Purpose {
        SignIn = "sign-in",
        Consent = "consent",
    }
}

/// The address to which a browser is sent, and what the plugin needs when it returns.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Redirect {
    pub url: String,
    /// Secret.
    pub flow: String,
}

// The flow is secret, and the address contains a state and a nonce.
impl fmt::Debug for Redirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redirect([redacted])")
    }
}

/// The data with which a browser returned from the vendor.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(record))]
pub struct Callback {
    #[cfg_attr(feature = "wasmtime", component(name = "redirect-uri"))]
    pub redirect_uri: String,
    pub parameters: Vec<(String, String)>,
    /// Secret.
    pub flow: Option<String>,
}

// The parameters contain a code.
impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.parameters.iter().map(|(name, _)| name).collect();
        f.debug_struct("Callback").field("parameters", &names).finish_non_exhaustive()
    }
}

/// The result of a callback.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "wasmtime", derive(ComponentType, Lift, Lower), component(variant))]
pub enum CallbackOutcome {
    #[cfg_attr(feature = "wasmtime", component(name = "signed-in"))]
    SignedIn(User),
    #[cfg_attr(feature = "wasmtime", component(name = "consent-granted"))]
    ConsentGranted,
}
