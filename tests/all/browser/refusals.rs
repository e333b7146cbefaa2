//! Errors of settings, and where the pages show them.

use end_to_end::Scene;
use m365_emulator::Settings;

use super::Desk;

/// The first step, filled in.
fn first_step(scene: Scene) -> Desk {
    let desk = Desk::set_up(scene);
    desk.press("Add integration");
    desk.enter_server();
    desk
}

#[test]
fn each_wrong_setting_is_marked_where_it_is() {
    let desk = first_step(Scene::new(5, 2));
    let (tenant, client) = (desk.scene.tenant_id(), desk.scene.client_id());
    let secret = desk.scene.client_secret();
    let authority = desk.scene.authority();
    for (label, wrong, right, message) in [
        (
            "Authority",
            "http://login.example.com",
            &authority,
            "Addresses of other machines must start with https://",
        ),
        ("Authority", "http://127.0.0.1:9", &authority, "No connection to 127.0.0.1"),
        ("Tenant ID", "not a tenant", &tenant, "neither a GUID"),
        ("Tenant ID", "84841066-274d-4ec0-a5c1-276be684bdd3", &tenant, "does not know this tenant"),
        ("Client ID", "my app", &client, "This is not a GUID"),
        (
            "Client ID",
            "84841066-274d-4ec0-a5c1-276be684bdd3",
            &client,
            "no app with this client ID",
        ),
        (
            "Client secret",
            "wrong~secret~of~mine",
            &secret,
            "Secret ID was copied instead of its Value",
        ),
    ] {
        desk.fill(label, wrong);
        desk.press("Test settings");
        desk.sees(message);
        // A server that cannot be reached is not the error of one field.
        assert_eq!(
            desk.is_marked(label),
            !message.starts_with("No connection"),
            "{label}: {wrong}"
        );
        desk.assert_accessible();
        desk.fill(label, right);
    }
    desk.picture("wrong-secret");
    desk.press("Test settings");
    desk.sees("User.Read.All is granted");
}

#[test]
fn later_steps_and_names_that_are_taken_are_marked_too() {
    let desk = Desk::connected(Scene::new(5, 2));
    desk.press("Settings");
    desk.press("User settings");
    desk.fill("Card number", "signInActivity");
    desk.press("Save and close");
    desk.sees("signInActivity cannot be a card number");
    assert!(desk.is_marked("Card number"));
    desk.sees("Microsoft 365 group");
    desk.assert_accessible();
    desk.open(&desk.server.at("/admin"));
    desk.press("Add integration");
    desk.enter_server();
    desk.press("Save and next");
    desk.sees("another integration is called");
    assert!(desk.is_marked("Name"));
    desk.open(&desk.server.at("/admin/nowhere"));
    desk.sees("There is no such page");
    desk.assert_accessible();
}

#[test]
fn a_missing_permission_has_a_remedy_and_consent_grants_it() {
    let desk = first_step(Scene::new(5, 2));
    desk.scene.revoke("Place.Read.All").expect("a permission");
    desk.press("Test settings");
    desk.sees("The permission Place.Read.All is missing");
    desk.sees("Grant admin consent");
    desk.press("Save and close");
    desk.press("Settings");
    desk.press("Grant admin consent");
    desk.sees("Accept");
    desk.assert_accessible();
    desk.press("Accept");
    desk.sees("Place.Read.All is granted");
    desk.sees("2 rooms");
}

#[test]
fn the_overview_shows_since_when_and_why_a_sync_fails() {
    let desk = Desk::connected(Scene::new(5, 2));
    desk.scene.update_settings(|it: &mut Settings| it.secret_expired = true);
    desk.press("Rooms and users");
    desk.sees("has failed since");
    desk.sees("The client secret has expired");
    desk.assert_accessible();
    desk.picture("failing");
    desk.scene.update_settings(|it: &mut Settings| it.secret_expired = false);
    desk.sync();
    desk.misses("has failed since");
}

#[test]
fn the_pages_of_the_administrator_need_a_session() {
    let desk = Desk::connected(Scene::new(5, 2));
    desk.press("Log out");
    for path in ["/admin", "/admin/integrations/1", "/admin/integrations/1/settings/server"] {
        desk.open(&desk.server.at(path));
        desk.sees("Log in as administrator");
    }
    desk.fill("Password", "wrong horse battery");
    desk.press("Log in");
    desk.sees("wrong");
    desk.assert_accessible();
    desk.fill("Password", super::PASSWORD);
    desk.press("Log in");
    desk.sees("Client secret");
}
