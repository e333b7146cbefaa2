//! The form that books rooms.

use jiff::Timestamp;
use ones_host::{
    model::{BookingTime, DateRange, RoomAnswer, TimeRange, UserChange},
    store::{Actor, ReservationState},
};

use super::{desk::why, *};

#[test]
fn a_user_books_a_room_from_the_day_view_and_sees_that_it_is_booked() {
    let office = Office::new();
    let mut browser = office.user("p000");
    let day = day(7).to_string();
    let view = browser.get(&format!("/bookings?day={day}"));
    let link = format!("<a class=\"book\" href=\"/reservations/new?room=r1&#38;day={day}\">Book");
    view.says(200, &link);
    let form = browser.get(&format!("/reservations/new?room=r1&day={day}"));
    form.says(200, "<h1>Book rooms</h1>");
    form.says(200, "name=\"room\" value=\"r1\" checked");
    form.says(200, "Europe/Berlin (UTC");
    form.says(200, "Organizer: <strong>P000</strong>");
    let fields = but(
        filled(&day),
        &[("invite", "Ann Lee <ann@contoso.com>\r\nbo@fabrikam.example"), ("online", "true")],
    );
    let sent = browser.post("/reservations/new", &fields);
    let address = made(&sent);
    let page = office.settled(&mut browser, &address);
    page.says(200, "<h1>Budget &#60;review&#62;</h1>");
    page.says(200, "</span> Booked</strong>");
    page.says(200, "09:00–10:00</p>");
    page.says(200, "<dd>P000 (p000@contoso.com)</dd>");
    page.says(200, "<dd>Ann Lee, bo@fabrikam.example</dd>");
    page.says(200, "<td data-name=\"Who\">You</td>");
    page.says(200, "<td data-name=\"Who\">Contoso Cloud</td>");
    page.says(200, "R1 accepted");
    let requests = office.desk.state().requests.clone();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(request.time, BookingTime::Hours(hours(super::day(7), "09:00", "10:00")));
    assert_eq!(request.organizer.email.as_deref(), Some("p000@contoso.com"));
    assert_eq!((request.invite.len(), request.online_meeting, request.private), (2, true, false));
    let list = browser.get("/reservations");
    list.says(200, &format!("<a href=\"{address}\">Budget &#60;review&#62;</a>"));
    list.says(200, "</span> Booked</span>");
    let stored = office.reservations();
    assert_eq!(stored[0].by, Actor::User("p000".to_owned()));
}

#[test]
fn a_room_that_has_not_answered_is_not_shown_as_booked() {
    let office = Office::new();
    office.desk.state().answers.insert("r1".to_owned(), RoomAnswer::Pending);
    let mut browser = office.user("p000");
    let address = made(&browser.post("/reservations/new", &filled(&day(7).to_string())));
    while office.reservations()[0].state == ReservationState::Requested {
        std::thread::yield_now();
    }
    let page = browser.get(&address);
    page.says(200, "Waiting for the answer of a room</strong> <span class=\"soft\">since <time");
    page.says(200, "Has not answered: not booked yet");
    page.says(200, &format!("data-activity=\"{address}/state\""));
    page.says(200, "<noscript><meta http-equiv=\"refresh\" content=\"10\"></noscript>");
    misses(&page, "</span> Booked");
    browser.get(&format!("{address}/state")).says(200, "Waiting for the answer of a room");
    browser.get("/reservations").says(200, "Waiting for the room</span>");
}

#[test]
fn a_room_that_declines_says_why_and_the_texts_of_the_plugin_are_escaped() {
    let office = Office::new();
    let declines = RoomAnswer::Declined(why("The room is for <directors>"));
    office.desk.state().answers.insert("r1".to_owned(), declines);
    let mut browser = office.user("p000");
    let address = made(&browser.post("/reservations/new", &filled(&day(7).to_string())));
    let page = office.settled(&mut browser, &address);
    page.says(200, "Declined: no room is booked");
    page.says(200, "The room is for &#60;directors&#62;");
    page.says(200, "Choose another time or another room");
    // What is meant for administrators of the vendor.
    misses(&page, "the portal");
    misses(&page, "AADSTS4711");
    misses(&page, "<directors>");
    let number = address.rsplit_once('/').unwrap().1;
    let shown = office.served.admin().get(&format!("/admin/integrations/1/reservations/{number}"));
    shown.says(200, "Look at &#60;the portal&#62;");
    shown.says(200, "AADSTS4711");
    let all = browser.get("/reservations?all=true");
    all.says(200, "The room is for &#60;directors&#62;");
    misses(&browser.get("/reservations"), "directors");
}

#[test]
fn a_vendor_that_refuses_shows_the_cause_to_the_administrator_alone() {
    let office = Office::new();
    let refusal = ones_host::model::Refusal::PermissionMissing(why("Grant <Calendars.ReadWrite>"));
    office.desk.state().refusal = Some(refusal);
    let mut browser = office.user("p000");
    let address = made(&browser.post("/reservations/new", &filled(&day(7).to_string())));
    let page = office.settled(&mut browser, &address);
    page.says(200, "Failed: ONES knows of no booked room");
    page.says(200, "The service with the calendars did not accept it");
    page.says(200, "Ask your ONES administrator");
    misses(&page, "Calendars.ReadWrite");
    misses(&page, "AADSTS4711");
    let reference = address.rsplit_once('/').unwrap().1;
    let place = format!("/admin/integrations/1/reservations/{reference}");
    let shown = office.served.admin().get(&place);
    shown.says(200, "Grant &#60;Calendars.ReadWrite&#62;");
    shown.says(200, "AADSTS4711 at /etc/secret");
}

#[test]
fn what_is_wrong_is_said_at_its_field_and_nothing_that_was_typed_is_lost() {
    let office = Office::new();
    let mut browser = office.user("p000");
    let day = day(7).to_string();
    browser.get("/reservations/new");
    let wrong = but(
        filled(&day),
        &[
            ("from", "10:00"),
            ("to", "09:00"),
            ("title", ""),
            ("invite", "ann@contoso.com, <who>"),
            ("private", "true"),
            ("repeat", "weekly"),
            ("weekly-every", "0"),
            ("weekly-day", "Sunday"),
            ("ends", "on"),
            ("ends-on", "2020-01-01"),
        ],
    );
    let form = browser.post("/reservations/new", &wrong);
    form.says(200, "Nothing was requested yet");
    form.says(200, "<div id=\"to-about\"><p class=\"error\">The booking ends before it begins");
    form.says(200, "<p class=\"error\">Enter a title");
    form.says(200, "“&#60;who&#62;” is not an e-mail address");
    form.says(200, "a number from 1 to 99");
    form.says(200, "The last day is before the first one");
    for kept in [
        "name=\"room\" value=\"r1\" checked",
        &format!("name=\"day\" value=\"{day}\""),
        "name=\"from\" value=\"10:00\"",
        "name=\"to\" value=\"09:00\"",
        "ann@contoso.com, &#60;who&#62;",
        "name=\"private\" value=\"true\" checked",
        "name=\"repeat\" value=\"weekly\" checked",
        "name=\"weekly-every\" class=\"short\" inputmode=\"numeric\" maxlength=\"2\" value=\"0\"",
        "name=\"weekly-day\" value=\"Sunday\" checked",
        "name=\"ends-on\" value=\"2020-01-01\"",
    ] {
        form.says(200, kept);
    }
    for (change, text) in [
        (("room", "nowhere"), "A room that was chosen no longer exists"),
        (("day", "2027-02-30"), "Enter a day such as"),
        (("from", "9 o'clock"), "Enter a time such as 09:00"),
        (("day", "2020-01-01"), "This time is past"),
        (("day", "2190-01-01"), "Rooms can be booked until"),
    ] {
        browser.post("/reservations/new", &but(filled(&day), &[change])).says(200, text);
    }
    let long = "ü".repeat(256);
    let form = browser.post("/reservations/new", &but(filled(&day), &[("title", &long)]));
    form.says(200, "The title has 256 characters");
    let none = but(filled(&day), &[("room", "x")]);
    let none: Vec<_> = none.into_iter().filter(|(name, _)| *name != "room").collect();
    browser.post("/reservations/new", &none).says(200, "Choose a room");
    assert_eq!(office.reservations(), []);
    assert_eq!(office.desk.state().requests, []);
}

#[test]
fn a_room_that_is_requested_already_is_not_requested_twice() {
    let office = Office::new();
    let mut browser = office.user("p000");
    let day = day(7).to_string();
    browser.get("/reservations/new");
    browser.post("/reservations/new", &filled(&day));
    let again = browser.post("/reservations/new", &filled(&day));
    again.says(200, "R1 is already requested in ONES for");
    assert_eq!(office.reservations().len(), 1);
}

#[test]
fn a_time_that_the_clock_leaves_out_or_shows_twice_is_explained_and_chosen() {
    let office = Office::new();
    let mut browser = office.user("p000");
    // The days of the next two changes.
    let now = Timestamp::now() + jiff::SignedDuration::from_hours(48);
    let changes = berlin().following(now).take(2).map(|it| it.timestamp()).collect::<Vec<_>>();
    for change in changes {
        let day = change.to_zoned_datetime(berlin()).date();
        let date = day.to_string();
        let fields = but(filled(&date), &[("from", "02:30"), ("to", "04:00")]);
        browser.get("/reservations/new");
        let form = browser.post("/reservations/new", &fields);
        if day.month() < 6 {
            form.says(200, "02:30 does not exist on this day: the clock goes forward");
            form.says(200, "from 02:00 to 03:00");
            continue;
        }
        form.says(200, "The clock shows 02:30 twice on this day");
        form.says(200, "<option value=\"first\">the first (UTC+02:00)</option>");
        form.says(200, "<option value=\"second\">the second (UTC+01:00)</option>");
        let mut chosen = fields.clone();
        chosen.push(("from-which", "second"));
        let address = made(&browser.post("/reservations/new", &chosen));
        office.settled(&mut browser, &address).says(200, "02:30 CET–04:00 CET");
        let time = office.reservations()[0].request.time.clone();
        let starts = change.as_second() + 30 * 60;
        let ends = starts + 90 * 60;
        assert_eq!(time, BookingTime::Hours(TimeRange { starts, ends }));
    }
}

#[test]
fn a_booking_can_be_of_whole_days_and_of_several_rooms() {
    let office = Office::new();
    let mut browser = office.user("p000");
    let (first, last) = (day(7).to_string(), day(8).to_string());
    browser.get("/reservations/new");
    let mut fields = but(filled(&first), &[("when", "days"), ("last", &last)]);
    fields.push(("room", "r2"));
    let address = made(&browser.post("/reservations/new", &fields));
    let page = office.settled(&mut browser, &address);
    page.says(200, ", all day</p>");
    let request = office.desk.state().requests[0].clone();
    let until = day(9).to_string();
    assert_eq!(request.time, BookingTime::Days(DateRange { first, until }));
    assert_eq!(request.rooms.len(), 2);
    assert_eq!(request.time_zone, "Europe/Berlin");
    // Tokyo has another day.
    let first = day(7).to_string();
    let mut fields = but(filled(&first), &[("when", "days")]);
    fields.push(("room", "tokyo"));
    let form = browser.post("/reservations/new", &fields);
    form.says(200, "A day begins at another time in each of the rooms");
}

#[test]
fn the_administrator_books_for_any_user_and_a_user_for_themselves_only() {
    let office = Office::new();
    let mut admin = office.served.admin();
    let day = day(7).to_string();
    let place = "/admin/integrations/1/reservations/new";
    admin.get(place).says(200, "For whom");
    let with = |organizer| but(filled(&day), &[("organizer", organizer)]);
    admin.post(place, &with("")).says(200, "Enter the name or the address of a user");
    admin.post(place, &with("nobody")).says(200, "No user matches “nobody”");
    let several = admin.post(place, &with("p00"));
    several.says(200, "Several users match. Choose one of them");
    several.says(200, "name=\"organizer-id\" value=\"p002\"");
    assert_eq!(office.reservations(), []);
    let chosen = but(with("p00"), &[("organizer-id", "p002")]);
    let address = made(&admin.post(place, &chosen));
    let page = office.settled(&mut admin, &address);
    page.says(200, "<dd>P002 (p002@contoso.com)</dd>");
    page.says(200, "<td data-name=\"Who\">Administrator</td>");
    let stored = office.reservations();
    assert_eq!((stored[0].organizer.as_str(), &stored[0].by), ("p002", &Actor::Administrator));
    // Their own, though another one made it.
    office.user("p002").get("/reservations").says(200, "Budget &#60;review&#62;");

    let mut browser = office.user("p001");
    let forged = but(filled(&day), &[("organizer", "p003"), ("organizer-id", "p003")]);
    let forged = but(forged, &[("room", "r2")]);
    made(&browser.post("/reservations/new", &forged));
    let stored = office.reservations();
    assert!(stored.iter().any(|it| it.organizer == "p001"), "{stored:?}");
    assert!(stored.iter().all(|it| it.organizer != "p003"), "{stored:?}");
}

#[test]
fn a_user_without_an_address_is_told_why_nothing_can_be_booked() {
    let office = Office::new();
    let change = UserChange::User(silent());
    let source = &mut Fake::users([batch(CHANGES, "c2", vec![change])]);
    let (mut store, seen) = (office.store(), &mut Seen::default());
    Sync::new(&mut store, source, seen, Options::default()).users(NAME).unwrap();
    let mut browser = office.user("silent");
    browser.get("/reservations/new");
    let form = browser.post("/reservations/new", &filled(&day(7).to_string()));
    form.says(200, "You have no e-mail address in the directory");
    assert_eq!(office.reservations(), []);
}

#[test]
fn forms_need_a_session_and_the_token_of_their_page() {
    let office = Office::new();
    let day = day(7).to_string();
    office.served.browser().get("/reservations").leads_to("/");
    office.served.browser().get("/reservations/new").leads_to("/");
    office.served.admin().get("/reservations").leads_to("/");
    let reply = office.user("p000").get("/admin/integrations/1/reservations");
    assert_eq!(reply.status, 303);
    let mut browser = office.user("p000");
    browser.csrf = "guessed".to_owned();
    browser.post("/reservations/new", &filled(&day)).says(403, "This form is out of date");
    let mut other = office.user("p000");
    other.headers.push(("Sec-Fetch-Site".to_owned(), "cross-site".to_owned()));
    other.post("/reservations/new", &filled(&day)).says(403, "A page of another site");
    assert_eq!(office.reservations(), []);
}

#[test]
fn a_plugin_that_books_nothing_offers_nothing() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    assert_eq!(admin.get("/admin/integrations/1/reservations/new").status, 404);
    misses(&admin.get("/admin/integrations/1"), "Made in ONES");
    misses(&admin.get("/admin/integrations/1/bookings"), "Book rooms");
    assert_eq!(admin.get("/admin/integrations/7/reservations").status, 404);
}
