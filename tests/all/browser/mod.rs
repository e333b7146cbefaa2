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
