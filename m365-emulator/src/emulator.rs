//! A running emulator.

use std::ops::Deref;

use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use crate::config::Config;
use crate::control::Control;
use crate::error::StartError;
use crate::notifier;
use crate::server;
use crate::state::{Shared, State, key};
use crate::tls;

/// A running emulator: Entra ID and Graph for one invented tenant. It stops when it is dropped.
///
/// It dereferences to [`Control`], which reads and changes the tenant.
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use m365_emulator::{Config, Emulator};
///
/// let emulator = Emulator::start(Config { users: 25, ..Config::default() }).await?;
/// println!("{}/{}/oauth2/v2.0/token", emulator.authority(), emulator.tenant_id());
/// emulator.mix(10)?;
/// # Ok(())
/// # }
/// ```
pub struct Emulator {
    control: Control,
    server: AbortHandle,
    notifier: AbortHandle,
}

impl Emulator {
    /// Makes the tenant and starts to serve it on the current Tokio runtime. Requests are answered
    /// as soon as this returns.
    ///
    /// # Errors
    /// The emulator cannot listen on the address, an id is not a GUID, the secret is empty, a
    /// redirect URI or a client certificate is invalid, or a certificate cannot be made or written.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        // Making a key takes about a second, in which the tenant is made.
        key::prepare();
        let listening = |source| StartError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(listening)?;
        let address = listener.local_addr().map_err(listening)?;
        let tls = config.tls.as_deref().map(tls::server).transpose()?;
        let origin = match tls {
            // The certificate is for this name, and also for the addresses of the loopback
            // interface.
            Some(_) => format!("https://localhost:{}", address.port()),
            None => format!("http://{address}"),
        };
        let shared = Shared::new(State::new(&config, &origin)?);
        let control = Control { shared: shared.clone() };
        let notifier = tokio::spawn(notifier::run(shared.clone())).abort_handle();
        let server = tokio::spawn(server::run(listener, tls, shared)).abort_handle();
        Ok(Self { control, server, notifier })
    }

    /// Returns a handle that can be cloned and moved to other tasks. It does not keep the emulator
    /// running.
    #[must_use]
    pub fn control(&self) -> Control {
        self.control.clone()
    }
}

impl Deref for Emulator {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.control
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.server.abort();
        self.notifier.abort();
    }
}
