//! Where the server is, and by which names browsers may call it.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use url::Url;

use super::error::ServeError;

/// Path that vendors send browsers back to.
pub(super) const CALLBACK: &str = "/sign-in/callback";

/// The addresses of the server.
pub(super) struct Site {
    address: SocketAddr,
    /// Without a slash at the end.
    origin: String,
    public: bool,
    /// As [`Self::canonical`] writes them.
    hosts: Vec<String>,
}

/// Listens where it was asked to, unless others could reach it without being told how.
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
            // Vendors allow plain http for `localhost` alone.
            let origin = format!("http://localhost:{port}");
            return Ok(Self::called(address, origin, false, hosts));
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
        Ok(Self::called(address, url.origin().ascii_serialization(), true, hosts))
    }

    fn called(address: SocketAddr, origin: String, public: bool, hosts: Vec<String>) -> Self {
        let mut site = Self { address, origin, public, hosts: Vec::new() };
        site.hosts = hosts.iter().map(|it| site.canonical(it)).collect();
        site
    }

    /// Returns a name of this server in lower case, without the port where it is that of the
    /// public URL's scheme: `Host` may name it (RFC 9110, section 4.2.3).
    pub(super) fn canonical(&self, host: &str) -> String {
        let port = if self.is_secure() { ":443" } else { ":80" };
        let host = host.to_ascii_lowercase();
        host.strip_suffix(port).map(str::to_owned).unwrap_or(host)
    }

    /// Whether a browser that calls the server by this name was led here by it: a page of
    /// another site that resolves its own name to this machine was not.
    pub(super) fn knows(&self, host: &str) -> bool {
        self.hosts.contains(&self.canonical(host))
    }

    /// Whether that is the name in the public URL, and browsers reach it over TLS.
    pub(super) fn is_public_and_secure(&self, host: &str) -> bool {
        self.origin.strip_prefix("https://") == Some(self.canonical(host).as_str())
    }

    /// Whether cookies are for https alone.
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

    /// Where a vendor sends browsers back to; `host` is what this browser calls the server.
    /// Its cookie is for that name.
    pub(super) fn callback(&self, host: &str) -> String {
        if self.public {
            format!("{}{}", self.origin, CALLBACK)
        } else {
            format!("http://{host}{}", CALLBACK)
        }
    }
}
