//! The pooled HTTPS client.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::ring};
use url::Url;

use super::{
    super::loopback::is_loopback, CONNECT, failure::chain_text, network::Network,
    resolver::SystemResolver,
};

/// Sends requests, and keeps connections open between calls. Cloning it is cheap, and clones share
/// connections.
#[derive(Clone)]
pub struct Client {
    direct: reqwest::Client,
    outside: reqwest::Client,
    network: Network,
}

/// No certificate can be trusted, or the address of the proxy is invalid.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up HTTPS: {0}")]
pub struct ClientError(String);

impl Client {
    /// Returns a client that trusts the system's root certificates, or those in `SSL_CERT_FILE` and
    /// `SSL_CERT_DIR`. It uses the proxy in `HTTPS_PROXY`, unless `NO_PROXY` has the host; plain
    /// http to this machine needs none. It follows no redirect and stores no cookie.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn new() -> Result<Self, ClientError> {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        let (trusted, _) = roots.add_parsable_certificates(found.certs);
        match found.errors.first() {
            Some(error) if trusted == 0 => Err(ClientError(error.to_string())),
            _ => Self::trusting(roots),
        }
    }

    /// As [`Self::new`], with other root certificates.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn trusting(roots: RootCertStore) -> Result<Self, ClientError> {
        check_proxies(|name| std::env::var(name).ok())?;
        // The process-wide provider is for the embedding program to choose.
        let mut tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|it| ClientError(it.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let client = || {
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .connect_timeout(CONNECT)
                .dns_resolver(SystemResolver)
        };
        let built =
            |it: reqwest::ClientBuilder| it.build().map_err(|it| ClientError(chain_text(&it)));
        let network = Network::start().map_err(|error| ClientError(error.to_string()))?;
        Ok(Self { direct: built(client().no_proxy())?, outside: built(client())?, network })
    }

    /// Returns the client for `url`.
    pub(super) fn of(&self, url: &Url) -> reqwest::Client {
        let plain = url.scheme() == "http" && is_loopback(url);
        if plain { self.direct.clone() } else { self.outside.clone() }
    }

    /// Returns the thread that requests are sent on.
    pub(super) fn network(&self) -> &Network {
        &self.network
    }
}

/// Refuses an invalid address of a proxy, which would otherwise be ignored. The error does not
/// contain it, since it can hold a password.
pub(super) fn check_proxies(variable: impl Fn(&str) -> Option<String>) -> Result<(), ClientError> {
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let Some(value) = variable(name).filter(|it| !it.is_empty()) else { continue };
        let url = match value.contains("://") {
            true => Url::parse(&value),
            false => Url::parse(&format!("http://{value}")),
        };
        if !url.is_ok_and(|it| matches!(it.scheme(), "http" | "https") && it.has_host()) {
            return Err(ClientError(format!("{name} is no address of a proxy")));
        }
    }
    Ok(())
}
