//! What an emulated tenant starts as.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::cloud::Cloud;

/// What an emulated tenant starts as. The same configuration makes the same tenant, on every machine.
///
/// ```
/// let config = m365_emulator::Config { users: 25, ..Default::default() };
/// assert_eq!(config.rooms, 25);
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen. Port 0 takes a free one, which is the default here.
    pub listen: SocketAddr,
    /// How many ordinary people there are, guests, disabled and service accounts included. The mailboxes of
    /// rooms, and one shared mailbox to 200 people, come on top.
    pub users: usize,
    /// How many rooms there are.
    pub rooms: usize,
    /// How many workspaces there are, each with a mailbox like rooms. In China there are none.
    pub workspaces: usize,
    /// How many groups there are.
    pub groups: usize,
    /// How many memberships these have, of people, groups and devices, as far as there can be so many. Without it,
    /// one group has everybody and the others some ten members each.
    pub memberships: Option<usize>,
    /// What everything is drawn from.
    pub seed: u64,
    /// Which cloud to pretend to be.
    pub cloud: Cloud,
    /// GUID of the tenant; drawn from the seed where there is none.
    pub tenant_id: Option<String>,
    /// GUID of the one registered application; drawn from the seed where there is none.
    pub client_id: Option<String>,
    /// Value of its client secret; drawn from the seed where there is none.
    pub client_secret: Option<String>,
    /// Certificates that it can prove itself with beside the secret, each a PEM text.
    pub client_certificates: Vec<String>,
    /// Where the application lets Entra send people back to, compared letter by letter. Without any, every
    /// `http` address of the loopback is taken (`localhost`, `127.0.0.1`, `[::1]`).
    pub redirect_uris: Vec<String>,
    /// Where to write the certificate (PEM) of a CA made for this run; serves `https` then.
    pub tls: Option<PathBuf>,
    /// Whether there is Places at all. National clouds may be without.
    pub places: bool,
    /// Whether Places has room lists.
    pub room_lists: bool,
    /// Whether Places tells where its next page is. Tenants were seen where it does not.
    pub places_next_link: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            users: 100,
            rooms: 25,
            workspaces: 0,
            groups: 20,
            memberships: None,
            seed: 1,
            cloud: Cloud::Global,
            tenant_id: None,
            client_id: None,
            client_secret: None,
            client_certificates: Vec::new(),
            redirect_uris: Vec::new(),
            tls: None,
            places: true,
            room_lists: true,
            places_next_link: true,
        }
    }
}
