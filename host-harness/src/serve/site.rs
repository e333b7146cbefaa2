//! The server's address, and the host names that browsers may use for it.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use url::Url;

use super::error::ServeError;
use crate::notifications::Reachable;

/// Path that vendors send browsers back to.
pub(super) const CALLBACK: &str = "/sign-in/callback";

/// The address, the URL and the host names of the server.
pub(super) struct Site {
    address: SocketAddr,
    /// The URL for browsers, without a slash at the end.
    origin: String,
    public: bool,
    /// Accepted host names, each as [`Self::canonical`] returns it.
    hosts: Vec<String>,
}

/// Listens on an address. `is_public` says whether the server has a public URL.
///
/// # Errors
/// [`ServeError::NoPublicUrl`] where other machines can reach the address and there is no public
/// URL.
pub(super) async fn listen(
    address: SocketAddr,
    is_public: bool,
) -> Result<TcpListener, ServeError> {
    if !address.ip().is_loopback() && !is_public {
        return Err(ServeError::NoPublicUrl(address));
    }
    TcpListener::bind(address).await.map_err(|cause| ServeError::Listen { address, cause })
}

impl Site {
    pub(super) fn new(listener: &TcpListener, public: Option<Url>) -> Result<Self, ServeError> {
        let address = listener
            .local_addr()
            .map_err(|cause| ServeError::Listen { address: ([0, 0, 0, 0], 0).into(), cause })?;
        let (ip, port) = (address.ip(), address.port());
        let mut hosts = vec![address.to_string()];
        if ip.is_loopback() {
            hosts.push(format!("localhost:{port}"));
        }
        let Some(url) = public else {
            // Vendors allow http without TLS for `localhost` only.
            let origin = format!("http://localhost:{port}");
            return Ok(Self::with_hosts(address, origin, false, hosts));
        };
        let is_site = matches!(url.scheme(), "http" | "https")
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let Some(host) = url.host_str().filter(|_| is_site) else {
            return Err(ServeError::PublicUrl(url));
        };
        hosts.push(match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        });
        Ok(Self::with_hosts(address, url.origin().ascii_serialization(), true, hosts))
    }

    fn with_hosts(address: SocketAddr, origin: String, public: bool, hosts: Vec<String>) -> Self {
        let mut site = Self { address, origin, public, hosts: Vec::new() };
        site.hosts = hosts.iter().map(|it| site.canonical(it)).collect();
        site
    }

    /// Returns a host name in lower case, without the default port of the public URL's scheme,
    /// which `Host` may contain (RFC 9110, section 4.2.3).
    pub(super) fn canonical(&self, host: &str) -> String {
        let port = if self.is_secure() { ":443" } else { ":80" };
        let host = host.to_ascii_lowercase();
        host.strip_suffix(port).map(str::to_owned).unwrap_or(host)
    }

    /// Whether `host` is a name of this server. It is not where another site resolves its own name
    /// to this machine.
    pub(super) fn knows(&self, host: &str) -> bool {
        self.hosts.contains(&self.canonical(host))
    }

    /// Whether `host` is the name in the public URL, and the URL uses TLS.
    pub(super) fn is_public_and_secure(&self, host: &str) -> bool {
        self.origin.strip_prefix("https://") == Some(self.canonical(host).as_str())
    }

    /// Returns where vendors can reach this server to send notifications.
    pub(super) fn reachable(&self) -> Reachable {
        let is_public = self.public && self.is_secure();
        Reachable {
            public: is_public.then(|| self.origin.clone()),
            loopback: self.address.ip().is_loopback().then(|| format!("http://{}", self.address)),
        }
    }

    /// Whether cookies are sent over https only.
    pub(super) fn is_secure(&self) -> bool {
        self.origin.starts_with("https:")
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn url(&self) -> String {
        self.origin.clone()
    }

    pub(super) fn set_up(&self, code: &str) -> String {
        format!("{}/admin/set-up?code={code}", self.origin)
    }

    /// Returns the redirect URI for the vendor. `host` is the host name that the browser uses,
    /// since the browser sends its cookies to that name only.
    pub(super) fn callback(&self, host: &str) -> String {
        if self.public {
            format!("{}{}", self.origin, CALLBACK)
        } else {
            format!("http://{host}{}", CALLBACK)
        }
    }
}
