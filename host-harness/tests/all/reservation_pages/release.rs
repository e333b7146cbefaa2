//! The administrator makes a room free again, whoever booked it.

use ones_host::store::ReleaseState;

use super::*;

/// Reports a booking of another user, and returns its address for the administrator.
fn reported_booking(office: &Office) -> String {
    page_of_booking(office, "talk")
}

#[test]
fn the_administrator_releases_a_room_after_a_page_that_says_what_happens() {
    let office = Office::new();
    let address = reported_booking(&office);
    let mut admin = office.served.admin();
    admin.get(&address).says(200, &format!("<a class=\"button\" href=\"{address}/release\">"));
    let confirm = admin.get(&format!("{address}/release"));
    confirm.says(200, "<h1>Release R1</h1>");
    confirm.says(200, "R1 becomes free again. The meeting goes on without this room");
    confirm.says(200, "Ann, the organizer, receives the message");
    assert_eq!(office.desk.state().released, <[[String; 3]; 0]>::default());
    let reply = admin.post(&format!("{address}/release"), &[("comment", "Repairs, <sorry>")]);
    reply.leads_to(&address);
    let contoso = office.served.contoso();
    let last = || office.store().last_release(contoso, "r1", "talk").unwrap().unwrap();
    while last().state == ReleaseState::Waiting {
        std::thread::yield_now();
    }
    let released = ["r1", "talk", "Repairs, <sorry>"].map(str::to_owned);
    assert_eq!(office.desk.state().released, [released]);
    assert_eq!(admin.get(&format!("{address}/release/state")).status, 204);
    let page = admin.get(&address);
    page.says(200, "<td data-name=\"Who\">Administrator</td>");
    page.says(200, "Repairs, &#60;sorry&#62;");
    page.says(200, "The room is free again");
    page.says(200, "The room was released");
    misses(&page, &format!("{address}/release"));
}

#[test]
fn a_release_that_fails_is_shown_with_its_cause() {
    let office = Office::new();
    let address = reported_booking(&office);
    let refusal = ones_host::model::Refusal::PermissionMissing(desk::why("Grant <it>"));
    office.desk.state().refusal = Some(refusal);
    let mut admin = office.served.admin();
    admin.get(&format!("{address}/release"));
    admin.post(&format!("{address}/release"), &[("comment", "")]);
    while admin.get(&format!("{address}/release/state")).status == 200 {
        std::thread::yield_now();
    }
    let page = admin.get(&address);
    page.says(200, "The room was not released");
    page.says(200, "Grant &#60;it&#62;");
    page.says(200, "Look at &#60;the portal&#62;");
}

#[test]
fn no_user_releases_a_room() {
    let office = Office::new();
    let address = reported_booking(&office);
    let number = address.rsplit_once('/').unwrap().1;
    let mut browser = office.user("p000");
    let own = format!("/bookings/{number}");
    misses(&browser.get(&own), "Release");
    browser.get("/me");
    assert_eq!(browser.get(&format!("{own}/release")).status, 404);
    assert_eq!(browser.get(&format!("{own}/release/state")).status, 404);
    assert_eq!(browser.post(&format!("{own}/release"), &[("comment", "")]).status, 404);
    assert_eq!(browser.get(&format!("{address}/release")).status, 303);
    assert_eq!(office.store().last_release(office.served.contoso(), "r1", "talk").unwrap(), None);
}
