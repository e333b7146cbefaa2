//! Why a server does not start.

use std::{io, net::SocketAddr};

use url::Url;

use crate::{
    error::Error,
    problem::{Case, Problem},
};

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken, or is not one of this machine.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system reports.
        cause: io::Error,
    },
    /// Other machines could reach the server under a name that it does not know.
    #[error("{0} can be reached from other machines")]
    NoPublicUrl(SocketAddr),
    /// The URL is not the address of a web site.
    #[error("{0} is no public URL: http or https, without path, query and password")]
    PublicUrl(Url),
    /// The plugin does not describe itself, or the store fails.
    #[error(transparent)]
    Host(Error),
}

impl<E: Into<Error>> From<E> for ServeError {
    fn from(error: E) -> Self {
        Self::Host(error.into())
    }
}

impl ServeError {
    /// Returns the error as it is shown.
    pub fn problem(&self) -> Problem {
        self.into()
    }
}

impl From<&ServeError> for Problem {
    fn from(error: &ServeError) -> Self {
        let (code, remedy) = match error {
            ServeError::Listen { .. } => ("listen", "Give another address with --listen"),
            ServeError::NoPublicUrl(_) => (
                "no-public-url",
                "Give the address that browsers use with --public-url, and let a proxy in front \
                 of the server provide https. Or listen on 127.0.0.1",
            ),
            ServeError::PublicUrl(_) => {
                ("public-url", "Give an address such as https://ones.example.com")
            }
            ServeError::Host(error) => return error.into(),
        };
        Self::new(Case::Serve, code, error).remedy(remedy)
    }
}
