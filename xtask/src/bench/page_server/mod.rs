//! A server that stands in for Microsoft Graph where speed is measured: it answers with little work
//! of its own, and the same every time. For how Graph behaves, see `m365-emulator`.

mod directory;
mod http;

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::Result;

/// Largest number of users that Graph puts on a page.
const PAGE: u64 = 999;

/// Number of users that [`PageServer::change`] changes.
pub(crate) const CHANGES: u64 = 1_000;

/// Groups on a page, 200 members each: 20,000 memberships.
const GROUPS: u64 = 100;

/// Number of pages of users that the server stores once it has made them: 90 MB. Making a page
/// takes processor time that the measured programs need at the same moment.
const STORED: usize = 201;

/// What the server has, and how fast it answers.
#[derive(Clone, Copy)]
pub(crate) struct Tenant {
    pages: u32,
    has_groups: bool,
    latency: Duration,
}

impl Tenant {
    /// Returns a tenant with this number of full pages of users, without groups.
    pub(crate) const fn of_pages(pages: u32) -> Self {
        Self { pages, has_groups: false, latency: Duration::ZERO }
    }

    /// Adds a group for 20 users, with 200 members: every user is in 10.
    pub(crate) const fn with_groups(self) -> Self {
        Self { has_groups: true, ..self }
    }

    /// Every page of users is answered this long after it was asked for.
    pub(crate) const fn slow(self, latency: Duration) -> Self {
        Self { latency, ..self }
    }

    /// Returns the number of pages of users.
    pub(crate) const fn pages(&self) -> u32 {
        self.pages
    }

    /// Returns how long a client waits that asks for one page of users after the other.
    pub(crate) fn latency(&self) -> Duration {
        self.latency * self.pages
    }

    fn users(&self) -> u64 {
        u64::from(self.pages) * PAGE
    }

    fn groups(&self) -> u64 {
        if self.has_groups { self.users() / 20 } else { 0 }
    }
}

/// A running server. Its threads end with this process.
pub(crate) struct PageServer {
    address: SocketAddr,
    tenant: Tenant,
    /// How often users were changed.
    changes: Arc<AtomicU64>,
}

/// An answer, and how long it takes at least.
struct Answer {
    status: u16,
    body: Arc<str>,
    latency: Duration,
}

impl PageServer {
    /// Starts a server on a free port of this machine.
    pub(crate) fn start(tenant: Tenant) -> Result<Self> {
        let cannot = |error: io::Error| format!("cannot start the page server: {error}");
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let changes = Arc::new(AtomicU64::new(0));
        let server = Self { address, tenant, changes: changes.clone() };
        let pages = Arc::new(Pages::new(tenant, origin(address), changes));
        if !tenant.latency.is_zero() {
            pages.make();
        }
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let pages = pages.clone();
                // A client that breaks off is measured as a failed one.
                thread::spawn(move || http::serve(&connection, |path| pages.answer(path)));
            }
        });
        Ok(server)
    }

    /// Returns the URL that stands for those of Microsoft Graph and Entra ID.
    pub(crate) fn url(&self) -> String {
        origin(self.address)
    }

    /// Returns what the host is connected with.
    pub(crate) fn access(&self) -> Value {
        json!({
            "authority": self.url(),
            "graph": self.url(),
            "tenantId": "84841066-274d-4ec0-a5c1-276be684bdd3",
            "clientId": "6731de76-14a6-49ae-97bc-6eba6914391e",
            "clientSecret": "not~a~real~secret",
        })
    }

    /// Returns the number of users.
    pub(crate) fn users(&self) -> u64 {
        self.tenant.users()
    }

    /// Returns the mean length of a user in JSON.
    pub(crate) fn bytes_a_user(&self) -> u64 {
        let users = self.users().max(1);
        (0..users).map(|number| directory::user(number, 0).len() as u64).sum::<u64>() / users
    }

    /// Changes [`CHANGES`] users; the next request for changes reports them.
    pub(crate) fn change(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
    }
}

fn origin(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// What is needed to answer.
struct Pages {
    tenant: Tenant,
    origin: String,
    changes: Arc<AtomicU64>,
    /// The first pages of users, once they were made.
    stored: Vec<OnceLock<Arc<str>>>,
}

impl Pages {
    fn new(tenant: Tenant, origin: String, changes: Arc<AtomicU64>) -> Self {
        let stored = (0..STORED).map(|_| OnceLock::new()).collect();
        Self { tenant, origin, changes, stored }
    }

    /// Makes the pages that are stored, so that no answer waits for it.
    fn make(&self) {
        for number in 0..u64::from(self.tenant.pages) {
            self.users(number);
        }
    }

    /// Answers a request for a path with its query.
    fn answer(&self, path: &str) -> Answer {
        let now = Duration::ZERO;
        let found = |body: String| Answer { status: 200, body: body.into(), latency: now };
        // Microsoft's JavaScript client takes a link for a path where its scheme is not https, and
        // then asks for `/v1.0/http://127.0.0.1/v1.0/users`.
        let path = path.rsplit_once("/v1.0").map_or(path, |(_, resource)| resource);
        let (resource, query) = path.split_once('?').unwrap_or((path, ""));
        if resource.ends_with("/oauth2/v2.0/token") {
            let token =
                json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "token"});
            return found(token.to_string());
        }
        match resource {
            "/users" => {
                let body = self.users(number_after(query, "skiptoken=").unwrap_or_default());
                Answer { status: 200, body, latency: self.tenant.latency }
            }
            "/users/delta" => found(self.changed(number_after(query, "deltatoken="))),
            "/groups/delta" => found(self.groups(query)),
            // No rooms.
            place if place.starts_with("/places/") => found(page("places", "", "")),
            _ => {
                let error = json!({"error": {
                    "code": "Request_ResourceNotFound",
                    "message": "The page server does not have this resource.",
                }});
                Answer { status: 404, body: error.to_string().into(), latency: now }
            }
        }
    }

    /// One page of all users.
    fn users(&self, number: u64) -> Arc<str> {
        let stored = usize::try_from(number).ok().and_then(|number| self.stored.get(number));
        match stored {
            Some(page) => page.get_or_init(|| self.make_users(number).into()).clone(),
            None => self.make_users(number).into(),
        }
    }

    fn make_users(&self, page_number: u64) -> String {
        let first = page_number * PAGE;
        let numbers = first..self.tenant.users().min(first + PAGE);
        let link = match numbers.end < self.tenant.users() {
            true => self.link("nextLink", "users", "skiptoken", page_number + 1),
            false => String::new(),
        };
        page("users", &link, &list(numbers, |number| directory::user(number, 0)))
    }

    /// What changed since a link was given; without a link, nothing did.
    fn changed(&self, since: Option<u64>) -> String {
        let now = self.changes.load(Ordering::Relaxed);
        let all = self.tenant.users();
        let number_of_changes = match since {
            Some(since) if since < now => CHANGES.min(all),
            _ => 0,
        };
        // All over the tenant.
        let number = |change: u64| change * all / CHANGES.min(all).max(1);
        let users = list(0..number_of_changes, |change| directory::user(number(change), now));
        page("users", &self.link("deltaLink", "users/delta", "deltatoken", now), &users)
    }

    /// One page of groups with their members, or no changes.
    fn groups(&self, query: &str) -> String {
        let first = match query.contains("deltatoken=") {
            true => self.tenant.groups(),
            false => number_after(query, "skiptoken=").unwrap_or_default() * GROUPS,
        };
        let numbers = first..self.tenant.groups().min(first + GROUPS);
        let link = match numbers.end < self.tenant.groups() {
            true => self.link("nextLink", "groups/delta", "skiptoken", first / GROUPS + 1),
            false => self.link("deltaLink", "groups/delta", "deltatoken", 0),
        };
        let users = self.tenant.users();
        page("groups", &link, &list(numbers, |number| directory::group(number, users)))
    }

    fn link(&self, kind: &str, resource: &str, token: &str, value: u64) -> String {
        format!(r#""@odata.{kind}":"{}/v1.0/{resource}?${token}={value}","#, self.origin)
    }
}

/// Puts a page together: the link, if any, ends with a comma.
fn page(resource: &str, link: &str, items: &str) -> String {
    let context = format!("https://graph.microsoft.com/v1.0/$metadata#{resource}");
    format!(r#"{{"@odata.context":"{context}",{link}"value":[{items}]}}"#)
}

fn list(numbers: std::ops::Range<u64>, item: impl Fn(u64) -> String) -> String {
    let mut items = String::new();
    for number in numbers {
        if !items.is_empty() {
            items.push(',');
        }
        items.push_str(&item(number));
    }
    items
}

/// Reads the number that follows a name in a query.
fn number_after(query: &str, name: &str) -> Option<u64> {
    let (_, rest) = query.split_once(name)?;
    rest.split('&').next()?.parse().ok()
}

#[test]
fn links_lead_from_page_to_page() {
    let server = |changes| {
        let tenant = Tenant::of_pages(2).with_groups();
        Pages::new(tenant, "http://127.0.0.1:1".to_owned(), Arc::new(AtomicU64::new(changes)))
    };
    let answer = |changes, path: &str| -> Value {
        let body = server(changes).answer(path).body;
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
    };
    let items = |page: &Value| page["value"].as_array().map(Vec::len);
    let first = answer(0, "/v1.0/users?$top=999");
    assert_eq!(items(&first), Some(999));
    assert_eq!(first["@odata.nextLink"], "http://127.0.0.1:1/v1.0/users?$skiptoken=1");
    let last = answer(0, "/v1.0/users?$skiptoken=1");
    assert_eq!((items(&last), &last["@odata.nextLink"]), (Some(999), &Value::Null));
    for (changes, number) in [(0, 0), (1, 1000)] {
        let changed = answer(changes, "/v1.0/users/delta?$deltatoken=0");
        assert_eq!(items(&changed), Some(number));
        let link = format!("http://127.0.0.1:1/v1.0/users/delta?$deltatoken={changes}");
        assert_eq!(changed["@odata.deltaLink"], link);
    }
    let groups = answer(0, "/v1.0/groups/delta?$select=id");
    assert_eq!(items(&groups), Some(99), "a group for 20 users");
    assert_eq!(groups["value"][0]["members@delta"].as_array().map(Vec::len), Some(200));
    assert_eq!(items(&answer(0, "/v1.0/groups/delta?$deltatoken=0")), Some(0));
}
