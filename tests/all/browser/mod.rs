//! The pages of the host in a real browser, by what is written on them.

mod groups;
mod refusals;
mod sign_in;
mod syncing;
mod wizard;

use std::ops::Deref;

use end_to_end::{Browser, Scene, Server};

const PASSWORD: &str = "correct horse battery";

/// A tenant, the host's pages, and somebody who looks at them.
struct Desk {
    // Goes before the server and the tenant do.
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
    /// Nothing is configured, and no password is set.
    fn new(scene: Scene) -> Self {
        let server = Server::start(&scene, &[]);
        Self { browser: Browser::start(), server, scene }
    }

    /// The administrator's password is set; nothing is connected yet.
    fn set_up(scene: Scene) -> Self {
        let desk = Self::new(scene);
        desk.open(desk.server.set_up.as_deref().expect("a first start"));
        desk.fill("Password", PASSWORD);
        desk.fill("Repeat the password", PASSWORD);
        desk.press("Set password and log in");
        desk.sees("No integration is set up yet");
        desk
    }

    /// The tenant is connected, with all its rooms and the group Staff.
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
        self.tick("Endpoints of your own");
        self.fill("Authority", &self.scene.authority());
        self.fill("Graph", &self.scene.graph());
        self.fill("Tenant ID", &self.scene.tenant_id());
        self.fill("Client ID", &self.scene.client_id());
        self.fill("Client secret", &self.scene.client_secret());
    }

    /// The administrator's overview of the integration.
    fn overview(&self) {
        self.open(&self.server.at("/admin"));
        self.press("Contoso");
        self.sees("Latest runs");
    }

    /// Syncs rooms and people, and waits for the end.
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

    /// Without the administrator's session, as anybody else.
    fn as_anybody(&self) {
        self.open(&self.server.at("/"));
    }

    /// Presses the login button, and an account of the tenant's page.
    fn sign_in(&self, account: &str) {
        self.as_anybody();
        self.press("Sign in with Microsoft");
        self.sees("Pick an account");
        self.assert_accessible();
        self.pick(account);
    }
}
