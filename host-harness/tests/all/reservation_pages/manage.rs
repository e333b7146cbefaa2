//! What users and the administrator do with bookings: show, change, cancel.

use ones_host::{
    model::{BookingTime, RoomAnswer},
    store::{Actor, ReservationState},
};

use super::*;

/// Books the room `r1` a week from now, and returns the address.
fn booked(office: &Office, browser: &mut Browser) -> String {
    browser.get("/reservations/new");
    let address = made(&browser.post("/reservations/new", &filled(&day(7).to_string())));
    office.settled(browser, &address).says(200, "</span> Booked</strong>");
    address
}

#[test]
fn a_user_changes_time_title_and_rooms() {
    let office = Office::new();
    let mut browser = office.user("p000");
    let address = booked(&office, &mut browser);
    let form = browser.get(&format!("{address}/change"));
    form.says(200, "<h1>Change the booking</h1>");
    form.says(200, "name=\"from\" value=\"09:00\"");
    form.says(200, "value=\"Budget &#60;review&#62;\"");
    form.says(200, "name=\"room\" value=\"r1\" checked");
    let later = day(8).to_string();
    let changed = but(
        filled(&later),
        &[("room", "r2"), ("from", "10:00"), ("to", "12:00"), ("title", "New")],
    );
    let reply = browser.post(&format!("{address}/change"), &changed);
    reply.leads_to(&address);
    let page = office.settled(&mut browser, &address);
    page.says(200, "<h1>New</h1>");
    page.says(200, "10:00–12:00</p>");
    page.says(200, "R2 accepted");
    let requests = office.desk.state().requests.clone();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].reference, requests[1].reference);
    assert_eq!(requests[1].rooms[0].room, "r2");
    assert_eq!(requests[1].time, BookingTime::Hours(hours(super::day(8), "10:00", "12:00")));
    // Wrong again, and kept.
    browser.get(&format!("{address}/change"));
    let wrong = but(changed, &[("to", "09:00"), ("title", "Newer")]);
    let form = browser.post(&format!("{address}/change"), &wrong);
    form.says(200, "The booking ends before it begins");
    form.says(200, "value=\"Newer\"");
}

#[test]
fn a_change_that_waits_is_shown_beside_the_booking_as_it_is() {
    let office = Office::new();
    let mut browser = office.user("p000");
    let address = booked(&office, &mut browser);
    let refusal = ones_host::model::Refusal::Unavailable(desk::why("Down for <repair>"));
    office.desk.state().refusal = Some(refusal);
    browser.get(&format!("{address}/change"));
    let later = but(filled("x"), &[("from", "15:00"), ("to", "16:00")]);
    let day = day(7).to_string();
    let later = but(later, &[("day", &day)]);
    browser.post(&format!("{address}/change"), &later);
    while office.reservations()[0].problem.is_none() {
        std::thread::yield_now();
    }
    let page = browser.get(&address);
    page.says(200, "</span> Booked</strong>");
    page.says(200, "09:00–10:00</p>");
    page.says(200, "A change was requested: ");
    page.says(200, "15:00–16:00, R1. Until it is answered, time and rooms are shown as they were");
    // The form has what is wished, so that it can be changed further.
    let form = browser.get(&format!("{address}/change"));
    form.says(200, "name=\"from\" value=\"15:00\"");
    form.says(200, "name=\"to\" value=\"16:00\"");
    page.says(200, "The service with the calendars does not answer at this moment");
    page.says(200, "ONES tries again by itself");
    misses(&page, "repair");
}

#[test]
fn a_booking_that_takes_place_now_ends_early_or_is_extended() {
    let office = Office::new();
    let now = Timestamp::now().as_second();
    let now = now - now.rem_euclid(60);
    let made = office.reserve(TimeRange { starts: now - 120, ends: now + 1_800 });
    let address = format!("/reservations/{}", made.reference);
    let mut browser = office.user("p000");
    browser.get(&address);
    while office.reservations()[0].state != ReservationState::Confirmed {
        std::thread::yield_now();
    }
    let page = browser.get(&address);
    page.says(200, "<button name=\"do\" value=\"end\">End now</button>");
    let extended = browser.post(&format!("{address}/end"), &[("do", "extend"), ("minutes", "45")]);
    extended.leads_to(&address);
    office.settled(&mut browser, &address);
    let ends = |office: &Office| match office.reservations()[0].time {
        Some(BookingTime::Hours(time)) => time.ends,
        ref time => panic!("{time:?}"),
    };
    assert_eq!(ends(&office), now + 1_800 + 45 * 60);
    browser.post(&format!("{address}/end"), &[("do", "end")]);
    office.settled(&mut browser, &address);
    let over = Timestamp::now().as_second() + 60;
    assert!((now..=over).contains(&ends(&office)), "{} {over}", ends(&office));
}

#[test]
fn a_booking_of_another_day_cannot_end_now() {
    let office = Office::new();
    let mut browser = office.user("p000");
    let address = booked(&office, &mut browser);
    misses(&browser.get(&address), "End now");
    let reply = browser.post(&format!("{address}/end"), &[("do", "end")]);
    reply.says(409, "The booking does not take place now, so nothing was changed");
    assert_eq!(office.desk.state().requests.len(), 1);
}

#[test]
fn a_user_cancels_a_booking_with_a_comment() {
    let office = Office::new();
    let mut browser = office.user("p000");
    let address = booked(&office, &mut browser);
    let confirm = browser.get(&format!("{address}/cancel"));
    confirm.says(200, "Everyone invited receives the comment");
    confirm.says(200, "09:00–10:00, R1");
    let comment = "Ann is <ill>";
    browser.post(&format!("{address}/cancel"), &[("comment", comment)]);
    let page = office.settled(&mut browser, &address);
    page.says(200, "</span> Cancelled</strong>");
    page.says(200, "Ann is &#60;ill&#62;");
    misses(&page, "/change\"");
    assert_eq!(office.desk.state().cancelled, [(None, comment.to_owned())]);
    misses(&browser.get("/reservations"), "Budget");
    browser.get("/reservations?all=true").says(200, "</span> Cancelled</span>");
    // Twice is refused with a reason.
    browser.get(&format!("{address}/cancel"));
    let again = browser.post(&format!("{address}/cancel"), &[("comment", "")]);
    assert_eq!(again.status, 409);
}

#[test]
fn no_user_sees_or_changes_the_booking_of_another_one() {
    let office = Office::new();
    let mut browser = office.user("p000");
    let address = booked(&office, &mut browser);
    let mut other = office.user("p001");
    for path in ["", "/state", "/change", "/cancel"] {
        assert_eq!(other.get(&format!("{address}{path}")).status, 404, "{path}");
    }
    other.get("/me");
    let fields = filled("2090-01-01");
    for path in ["/change", "/cancel", "/end"] {
        let reply = other.post(&format!("{address}{path}"), &fields);
        assert_eq!(reply.status, 404, "{path}");
        // As for one that does not exist.
        let reply = other.post(&format!("/reservations/unknown{path}"), &fields);
        assert_eq!(reply.status, 404, "{path}");
    }
    misses(&other.get("/reservations?all=true"), "Budget");
    // The filters of the administrator do not widen the list.
    misses(&other.get("/reservations?all=true&user=p000"), "Budget");
    assert_eq!(office.reservations()[0].state, ReservationState::Confirmed);
    assert_eq!(office.desk.state().requests.len(), 1);
    // Of another integration, not even the administrator.
    office.served.add("Fabrikam");
    let reference = address.rsplit_once('/').unwrap().1;
    let mut admin = office.served.admin();
    let elsewhere = format!("/admin/integrations/2/reservations/{reference}");
    assert_eq!(admin.get(&elsewhere).status, 404);
}

#[test]
fn the_administrator_lists_all_bookings_and_filters_them() {
    let office = Office::new();
    let mut first = office.user("p000");
    booked(&office, &mut first);
    let mut second = office.user("p001");
    office
        .desk
        .state()
        .answers
        .insert("r2".to_owned(), RoomAnswer::Declined(desk::why("It is closed")));
    let day = day(7).to_string();
    let address = {
        second.get("/reservations/new");
        let fields = but(filled(&day), &[("room", "r2"), ("title", "Other")]);
        made(&second.post("/reservations/new", &fields))
    };
    office.settled(&mut second, &address);
    let mut admin = office.served.admin();
    let place = "/admin/integrations/1/reservations";
    let listed = |admin: &mut Browser, query: &str| {
        let reply = admin.get(&format!("{place}?{query}"));
        assert_eq!(reply.status, 200);
        ["Budget", "Other"].map(|title| reply.body.contains(title))
    };
    assert_eq!(listed(&mut admin, ""), [true, false]);
    assert_eq!(listed(&mut admin, "all=true"), [true, true]);
    assert_eq!(listed(&mut admin, "state=declined"), [false, true]);
    assert_eq!(listed(&mut admin, "all=true&room=r1"), [true, false]);
    assert_eq!(listed(&mut admin, "all=true&user=P001%40"), [false, true]);
    assert_eq!(listed(&mut admin, "all=true&user=nobody"), [false, false]);
    admin.get(&format!("{place}?user=nobody")).says(200, "No booking matches the selection");
    admin.get("/admin/integrations/1").says(200, &format!("<a href=\"{place}\">Made in ONES</a>"));
    // The administrator cancels it, and the user sees on whose word.
    let reference = office.reservations()[0].reference.clone();
    admin.get(&format!("{place}/{reference}/cancel"));
    admin.post(&format!("{place}/{reference}/cancel"), &[("comment", "Closed")]);
    let page = office.settled(&mut first, &format!("/reservations/{reference}"));
    page.says(200, "<td data-name=\"Who\">Administrator</td>");
}

#[test]
fn the_page_of_a_synced_booking_leads_to_the_reservation_and_shows_its_history() {
    let office = Office::new();
    let mut browser = office.user("p000");
    let address = booked(&office, &mut browser);
    let synced = Booking {
        title: Some("Budget <review>".to_owned()),
        ..of_others("Budget <review> in r1", hours(day(7), "09:00", "10:00"))
    };
    office.report_booking(synced);
    let page = browser.get(&address);
    let (_, link) = page.body.split_once("<a href=\"/bookings/").expect("a link to the booking");
    let place = format!("/bookings/{}", link.split_once('"').unwrap().0);
    let own = browser.get(&place);
    own.says(200, &format!("<a href=\"{address}\">Show, change or cancel it there</a>"));
    own.says(200, "<h2 id=\"history-title\">History</h2>");
    own.says(200, "<td data-name=\"Who\">You</td>");
    own.says(200, "First reported to ONES");
    misses(&own, "/runs?before");
    let other = office.user("p001").get(&place);
    for text in ["Made in ONES", "History", "Budget", "P000"] {
        misses(&other, text);
    }
    let admin = office.served.admin().get(&format!("/admin/integrations/1{place}"));
    admin.says(200, "Show, change or cancel it there");
    admin.says(200, "<td data-name=\"Who\">P000</td>");
    admin.says(200, "First reported to ONES, in <a href=\"/admin/integrations/1/runs?before=");
    // The mirror follows a change at the vendor.
    let moved = of_others("Budget <review> in r1", hours(day(7), "11:00", "12:00"));
    office.report_booking(Booking { version: "2".to_owned(), ..moved });
    let page = browser.get(&address);
    page.says(200, "11:00–12:00</p>");
    page.says(200, "Moved from");
    assert_eq!(office.reservations()[0].by, Actor::User("p000".to_owned()));
}

#[test]
fn a_meeting_over_midnight_keeps_its_time_when_its_title_changes() {
    let office = Office::new();
    let day = day(7);
    let night = TimeRange { starts: at(&format!("{day}T22:00")), ends: 0 };
    let night = TimeRange { ends: night.starts + 4 * 3_600 + 30, ..night };
    let made = office.reserve(night);
    let address = format!("/reservations/{}", made.reference);
    let mut browser = office.user("p000");
    office.settled(&mut browser, &address).says(200, "</span> Booked</strong>");
    let form = browser.get(&format!("{address}/change"));
    form.says(200, "name=\"from\" value=\"22:00\"");
    form.says(200, "Free at this time");
    let day = day.to_string();
    let kept = [("day", day.as_str()), ("from", "22:00"), ("to", "02:00"), ("title", "New")];
    let kept = but(filled(&day), &kept);
    browser.post(&format!("{address}/change"), &kept).leads_to(&address);
    office.settled(&mut browser, &address).says(200, "<h1>New</h1>");
    let changed = office.desk.state().requests.last().unwrap().clone();
    assert_eq!((changed.title.as_str(), changed.time), ("New", BookingTime::Hours(night)));
    // Another time is read as it is entered.
    browser.get(&format!("{address}/change"));
    let wrong = browser.post(&format!("{address}/change"), &but(kept, &[("from", "21:00")]));
    wrong.says(200, "The booking ends before it begins");
}

#[test]
fn one_date_is_only_cancelled_if_it_is_chosen() {
    let office = Office::new();
    let mut browser = office.user("p000");
    let address = booked(&office, &mut browser);
    browser.get(&format!("{address}/cancel"));
    let reply = browser.post(&format!("{address}/cancel"), &[("what", "one"), ("comment", "")]);
    reply.says(400, "No date was chosen, so nothing was cancelled");
    assert_eq!(office.desk.state().cancelled, []);
    assert_eq!(office.reservations()[0].waiting, None);
}

#[test]
fn users_have_a_link_to_their_bookings_where_the_plugin_can_book() {
    let office = Office::new();
    let mut browser = office.user("p000");
    for path in ["/me", "/bookings"] {
        browser.get(path).says(200, "<a href=\"/reservations\">My bookings</a>");
    }
}

#[test]
fn the_administrator_sees_neither_the_title_nor_the_guests_of_a_private_meeting() {
    let office = Office::new();
    let mut browser = office.user("p000");
    browser.get("/reservations/new");
    let day = day(7).to_string();
    let private = [("private", "true"), ("invite", "guest@fabrikam.com")];
    let address = made(&browser.post("/reservations/new", &but(filled(&day), &private)));
    let own = office.settled(&mut browser, &address);
    own.says(200, "Budget");
    own.says(200, "guest@fabrikam.com");
    let mut admin = office.served.admin();
    let place = format!("/admin/integrations/1{address}");
    let (change, cancel) = (format!("{place}/change"), format!("{place}/cancel"));
    for path in ["/admin/integrations/1/reservations", &place, &change, &cancel] {
        let page = admin.get(path);
        page.says(200, if path == change { "The meeting is private" } else { "Private" });
        misses(&page, "Budget");
        misses(&page, "guest@fabrikam.com");
    }
    // A change by the administrator leaves them as they are. The page has no fields for them.
    let mut shown = but(filled(&day), &[("from", "15:00"), ("to", "16:00")]);
    shown.retain(|(name, _)| !["title", "invite", "private"].contains(name));
    admin.post(&change, &shown).leads_to(&place);
    office.settled(&mut browser, &address);
    // Fields that are sent anyway are ignored.
    let moved = [("from", "16:00"), ("to", "17:00"), ("title", "Public"), ("invite", "")];
    admin.post(&change, &but(filled(&day), &moved)).leads_to(&place);
    let request = &office.reservations()[0].request;
    assert_eq!((request.title.as_str(), request.invite.len()), ("Budget <review>", 1));
    assert!(request.private);
}

#[test]
fn the_administrator_does_not_see_why_a_private_meeting_was_cancelled() {
    for is_private in [false, true] {
        let office = Office::new();
        let mut browser = office.user("p000");
        browser.get("/reservations/new");
        let day = day(7).to_string();
        let mut new = filled(&day);
        new.extend(is_private.then_some(("private", "true")));
        let address = made(&browser.post("/reservations/new", &new));
        office.settled(&mut browser, &address);
        let booked = office.reservations()[0].rooms[0].booking.clone().unwrap();
        let booking = page_of_booking(&office, &booked);
        browser.post(&format!("{address}/cancel"), &[("comment", "Eve is ill")]);
        office.settled(&mut browser, &address).says(200, "Eve is ill");
        for place in [format!("/admin/integrations/1{address}"), booking] {
            let page = office.served.admin().get(&place);
            page.says(200, "Wished to cancel");
            assert_eq!(page.body.contains("Eve is ill"), !is_private, "{place}: {is_private}");
        }
    }
}
