//! Configuration of an emulator.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use jiff::Timestamp;

use crate::cloud::Cloud;

/// Configuration of an emulator. The same configuration makes the same tenant on every machine, and
/// with the same [`Config::now`] the same calendars.
///
/// ```
/// let config = m365_emulator::Config { users: 25, ..Default::default() };
/// assert_eq!(config.rooms, 25);
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    /// Address to listen on. Port 0, the default here, selects a free port.
    pub listen: SocketAddr,
    /// Number of users, including guests, disabled accounts and service accounts. Room mailboxes,
    /// and one shared mailbox for each 200 users, are added to it.
    pub users: usize,
    /// Number of rooms.
    pub rooms: usize,
    /// Number of workspaces, each with a mailbox as rooms have. In China there are none.
    pub workspaces: usize,
    /// Number of groups.
    pub groups: usize,
    /// Number of memberships of users, groups and devices in these groups, limited by the possible
    /// number. If none, one group has all users, and the others about ten members each.
    pub memberships: Option<usize>,
    /// Number of events in the calendar of each room and workspace, from today to 180 days ahead. A
    /// series counts with all its occurrences.
    pub events: usize,
    /// Time in the calendars, until a test changes it; that of the machine if none. Invented
    /// calendars begin with it.
    pub now: Option<Timestamp>,
    /// Seed of everything that is invented.
    pub seed: u64,
    /// Cloud of the tenant.
    pub cloud: Cloud,
    /// GUID of the tenant; drawn from the seed if none.
    pub tenant_id: Option<String>,
    /// GUID of the registered application; drawn from the seed if none.
    pub client_id: Option<String>,
    /// Value of its client secret; drawn from the seed if none.
    pub client_secret: Option<String>,
    /// Certificates that it can authenticate with, in addition to the secret, each a PEM text.
    pub client_certificates: Vec<String>,
    /// Redirect URIs of the application, compared as they are written. If empty, every `http`
    /// address of the loopback interface is accepted (`localhost`, `127.0.0.1`, `[::1]`).
    pub redirect_uris: Vec<String>,
    /// Path for the certificate (PEM) of a CA that is made for this run. If set, the emulator
    /// serves `https`.
    pub tls: Option<PathBuf>,
    /// Whether the cloud has Places. National clouds may lack it.
    pub places: bool,
    /// Whether Places lists room lists.
    pub room_lists: bool,
    /// Whether a page of Places has a link to the next one. In some tenants it has none.
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
            events: 300,
            now: None,
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
