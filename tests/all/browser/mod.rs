//! The pages of the host in a real browser, used by their visible text.

mod bookings;
mod groups;
mod refusals;
mod reservations;
mod sign_in;
mod syncing;
mod wizard;

use std::ops::Deref;

use end_to_end::{Browser, Scene, Server};
use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use m365_emulator::{Config, Policy};

const PASSWORD: &str = "correct horse battery";

/// A tenant, the host's server, and a browser.
struct Desk {
    // Dropped before the server and the tenant.
    browser: Browser,
    server: Server,
    scene: Scene,
}

impl Deref for Desk {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.browser
    }
}

impl Desk {
    /// Starts a server without integrations and without a password.
    fn new(scene: Scene) -> Self {
        let server = Server::start(&scene, &[]);
        Self { browser: Browser::start(), server, scene }
    }

    /// Starts a server with the administrator's password and without integrations.
    fn set_up(scene: Scene) -> Self {
        let desk = Self::new(scene);
        desk.open(desk.server.set_up.as_deref().expect("a first start"));
        desk.fill("Password", PASSWORD);
        desk.fill("Repeat the password", PASSWORD);
        desk.press("Set password and log in");
        desk.sees("No integration is set up yet");
        desk
    }

    /// Starts a server with an integration of the tenant: all its rooms, and the group Staff.
    fn connected(scene: Scene) -> Self {
        let desk = Self::set_up(scene);
        desk.press("Add integration");
        desk.enter_server();
        desk.press("Save and next");
        desk.sees("Room settings");
        desk.press("Save and next");
        desk.fill("Default groups", "Staff");
        desk.press("Save and close");
        desk.sees("No sync has run yet");
        desk
    }

    /// As [`Self::connected`], and switches bookings on: the page with the settings of rooms is
    /// open and not saved yet. The rooms keep titles and private marks, as the script of the page
    /// sets them.
    fn with_bookings_on(tenant: Config) -> Self {
        let desk = Self::connected(Scene::with(tenant));
        let policy = Policy {
            delete_subject: false,
            add_organizer_to_subject: false,
            remove_private_property: false,
            ..Policy::default()
        };
        desk.scene.set_policy("*", &policy).expect("a policy");
        desk.press("Settings");
        desk.press("Room settings");
        desk.tick("On: bookings of the rooms come to ONES");
        desk
    }

    /// Fills in the first step of the wizard.
    fn enter_server(&self) {
        self.fill("Name", "Contoso");
        self.tick("Other servers");
        self.fill("Authority", &self.scene.authority());
        self.fill("Graph", &self.scene.graph());
        self.fill("Tenant ID", &self.scene.tenant_id());
        self.fill("Client ID", &self.scene.client_id());
        self.fill("Client secret", &self.scene.client_secret());
    }

    /// Opens the overview of the integration.
    fn overview(&self) {
        self.open(&self.server.at("/admin"));
        self.press("Contoso");
        self.sees("Latest runs");
    }

    /// Syncs rooms and users, and waits for the end.
    fn sync(&self) {
        self.overview();
        self.press("Rooms and users");
        self.settled();
    }

    /// Presses the button that reads bookings, and waits for the end, at which the page reloads
    /// itself.
    fn read_bookings(&self) {
        self.overview();
        // While a sync is running, the page reloads itself, which can undo a press.
        self.settled();
        self.press("Read bookings now");
        self.sees("Bookings ·");
        self.sees("Read bookings now");
    }

    /// Waits until no sync is running.
    #[track_caller]
    fn settled(&self) {
        self.sees("Users ·");
        while self.text().contains("A sync is running") {
            self.reload();
        }
    }

    /// Opens the sign-in page.
    fn open_sign_in(&self) {
        self.open(&self.server.at("/"));
    }

    /// Presses the sign-in button, and picks an account on the vendor's page.
    fn sign_in(&self, account: &str) {
        self.open_sign_in();
        self.press("Sign in with Microsoft");
        self.sees("Pick an account");
        self.assert_accessible();
        self.pick(account);
    }
}

/// Returns the Monday of the week after next, when no booking of these tests has begun yet.
fn monday() -> Date {
    let today = Timestamp::now().to_zoned_datetime(TimeZone::UTC).date();
    let weekday = i32::from(today.weekday().to_monday_zero_offset());
    today.checked_add((14 - weekday).days()).expect("a date")
}
