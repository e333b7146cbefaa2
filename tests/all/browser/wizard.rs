//! The wizard, from empty to saved.

use end_to_end::{Browser, Scene, text};

use super::Desk;

#[test]
fn the_wizard_leads_from_nothing_to_a_synced_tenant() {
    let desk = Desk::new(Scene::new(30, 12));
    desk.open(&desk.server.at("/admin"));
    desk.sees("Open the link that the server printed");
    desk.assert_accessible();
    desk.open(desk.server.set_up.as_deref().expect("a first start"));
    desk.assert_accessible();
    desk.picture("set-up");
    desk.fill("Password", super::PASSWORD);
    desk.fill("Repeat the password", super::PASSWORD);
    desk.press("Set password and log in");
    desk.sees("No integration is set up yet");
    desk.assert_accessible();

    desk.press("Add integration");
    desk.sees("App registrations");
    desk.assert_accessible();
    desk.picture("server-settings");
    desk.enter_server();
    desk.press("Test settings");
    desk.sees("User.Read.All is granted");
    desk.sees("12 rooms");
    assert_eq!(desk.value("Tenant ID"), desk.scene.tenant_id(), "what was entered stays");
    desk.assert_accessible();
    desk.picture("test-settings");
    desk.press("Save and next");

    desk.sees("Room settings");
    let rooms = desk.scene.rooms();
    let names: Vec<_> = rooms.iter().map(|room| text(room, "displayName")).collect();
    desk.tick("Chosen rooms");
    desk.tick(&names[3]);
    desk.assert_accessible();
    desk.picture("room-settings");
    desk.press("Save and next");

    desk.sees("User settings");
    assert_eq!(desk.value("Redirect URI"), desk.server.at("/sign-in/callback"));
    desk.fill("Default groups", "Staff");
    desk.fill("Card number", "employeeId");
    desk.fill("Login button name", "Come in");
    desk.assert_accessible();
    desk.picture("user-settings");
    desk.press("Save and close");
    desk.sees("No sync has run yet");
    desk.assert_accessible();

    desk.press("Rooms and users");
    desk.settled();
    desk.assert_accessible();
    desk.picture("overview");
    let stored = desk.scene.synced_rooms();
    let stored: Vec<_> = stored.values().map(|room| text(room, "name")).collect();
    assert_eq!(stored, [names[3].clone()], "the one that was chosen");
    assert_eq!(desk.scene.synced_users().len(), desk.scene.expected_users().len());
    desk.open(&desk.server.at("/admin"));
    desk.assert_accessible();
    desk.picture("integrations");
    desk.press("Log out");
    desk.sees("Log in as administrator");
    desk.assert_accessible();
    desk.picture("admin-login");
    desk.open_sign_in();
    desk.sees("Come in");
}

#[test]
fn chosen_rooms_stay_chosen_and_can_be_searched() {
    let desk = Desk::set_up(Scene::new(5, 120));
    desk.press("Add integration");
    desk.enter_server();
    desk.press("Save and next");
    let rooms = desk.scene.rooms();
    let (one, other) = (text(&rooms[7], "displayName"), text(&rooms[90], "displayName"));
    desk.tick("Chosen rooms");
    desk.fill("Search", &one);
    desk.sees(&one);
    desk.tick(&one);
    desk.press("Save and close");
    desk.press("Settings");
    desk.press("Room settings");
    desk.sees(&one);
    desk.fill("Search", &other);
    desk.sees(&other);
    desk.tick(&other);
    desk.press("Save and close");
    desk.press("Rooms");
    desk.sees("Done");
    let mut stored: Vec<_> =
        desk.scene.synced_rooms().values().map(|room| text(room, "name")).collect();
    stored.sort();
    let mut chosen = vec![one, other];
    chosen.sort();
    assert_eq!(stored, chosen);
}

#[test]
fn a_saved_secret_is_never_shown_and_not_sent_to_another_server() {
    let desk = Desk::connected(Scene::new(5, 2));
    let secret = desk.scene.client_secret();
    desk.press("Settings");
    desk.sees("Server settings");
    assert_eq!(desk.value("Client secret"), "");
    assert!(!desk.source().contains(&secret));
    desk.press("Test settings");
    desk.sees("User.Read.All is granted");
    assert!(!desk.source().contains(&secret));
    let elsewhere = Scene::new(1, 1);
    desk.fill("Authority", &elsewhere.authority());
    desk.press("Test settings");
    desk.sees("Enter this secret again: the server that receives it has changed");
    assert!(desk.is_marked("Client secret"));
    assert_eq!(elsewhere.requests().len(), 0, "the other server receives no request");
}

#[test]
fn the_wizard_works_with_a_keyboard_on_a_phone_and_in_a_dark_scheme() {
    let desk = Desk::connected(Scene::new(5, 2));
    desk.open(&desk.server.at("/admin"));
    desk.keys("\u{e004}");
    assert_eq!(desk.focus(), "Skip to the content");
    desk.press("Contoso");
    desk.press("Settings");
    desk.resize(390, 800);
    desk.assert_accessible();
    desk.picture("phone");
    let dark = Browser::dark();
    dark.open(&desk.server.at("/"));
    dark.sees("Sign in with Microsoft");
    dark.assert_accessible();
    dark.picture("dark");
}
