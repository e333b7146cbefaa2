//! What is shown of a room before it is booked.

use ones_host::model::Hold;

use super::*;

const FREE: &str = "Free at this time";

/// Returns the form for the room `r1` from 09:00 to 10:00, a week from now.
fn form(browser: &mut Browser) -> Reply {
    let day = day(7);
    browser.get(&format!("/reservations/new?room=r1&day={day}&from=09:00&to=10:00"))
}

#[test]
fn a_room_is_free_or_taken_as_its_calendar_says_now() {
    let office = Office::new();
    let mut browser = office.user("p000");
    let free = form(&mut browser);
    free.says(200, FREE);
    free.says(200, "What is free now is no promise");
    office.desk.take("r1@contoso.com", hours(day(7), "10:00", "11:00"), Hold::Confirmed);
    let free = form(&mut browser);
    free.says(200, FREE);
    misses(&free, "Free all day");
    free.says(200, "Taken by its calendar: ");
    free.says(200, "10:00–11:00</p>");
    office.desk.take("r1@contoso.com", hours(day(7), "09:30", "09:45"), Hold::Tentative);
    let tentative = form(&mut browser);
    tentative.says(200, "Requested by others at this time");
    misses(&tentative, FREE);
    office.desk.take("r1@contoso.com", hours(day(7), "08:00", "09:15"), Hold::Confirmed);
    let taken = form(&mut browser);
    taken.says(200, "Taken at this time");
    misses(&taken, FREE);
}

#[test]
fn a_room_whose_state_is_not_known_is_never_shown_as_free() {
    let office = Office::new();
    let mut browser = office.user("p000");
    let unknown = |reply: &Reply| {
        reply.says(200, "Not known: the calendar of the room could not be read");
        for text in [FREE, "Free all day", "may &#60;not&#62; be read", "No &#60;calendar&#62;"] {
            misses(reply, text);
        }
    };
    office.desk.state().taken.insert("r1@contoso.com".to_owned(), None);
    unknown(&form(&mut browser));
    office.desk.state().taken.clear();
    office.desk.state().is_blind = true;
    unknown(&form(&mut browser));
    let day = day(7);
    let fragment = format!("/reservations/free?room=r1&day={day}&from=09:00&to=10:00");
    unknown(&browser.get(&fragment));
}

#[test]
fn a_vendor_that_does_not_answer_holds_up_the_lookups_of_its_own_integration_only() {
    let office = Office::new();
    let other = office.add("Other");
    *office.served.vendor.mood.lock().unwrap() = Mood::Hangs("Other");
    let day = day(7);
    let fragment = |integration: i64| {
        let place = format!("/admin/integrations/{integration}/reservations");
        format!("{place}/free?room=r1&day={day}&from=09:00&to=10:00")
    };
    let mut admin = office.served.admin();
    std::thread::scope(|scope| {
        let hanging: Vec<_> = (0..10)
            .map(|_| {
                let (mut admin, fragment) = (office.served.admin(), fragment(other));
                scope.spawn(move || admin.get(&fragment).status)
            })
            .collect();
        while office.served.vendor.times("availability") < 4 {
            std::thread::yield_now();
        }
        admin.get(&fragment(office.served.contoso().get())).says(200, FREE);
        *office.served.vendor.mood.lock().unwrap() = Mood::Plain;
        while hanging.iter().any(|thread| !thread.is_finished()) {
            office.served.vendor.released.notify_waiters();
            std::thread::yield_now();
        }
    });
}

#[test]
fn a_room_that_only_ones_knows_as_taken_is_not_shown_as_free() {
    let office = Office::new();
    office.report_booking(of_others("night", hours(day(7), "09:30", "10:30")));
    let mut browser = office.user("p000");
    let differs = form(&mut browser);
    differs.says(200, "Perhaps taken: ONES has a booking at this time");
    misses(&differs, FREE);
    // It is drawn as the settings allow.
    differs.says(200, "<span class=\"time\">09:30–10:30</span> Busy");
    misses(&differs, "NIGHT");
    let search = browser.get(&format!(
        "/reservations/rooms?typed=r1&when=hours&day={}&from=09:00&to=10:00",
        day(7)
    ));
    search.says(200, "taken at ");
}

#[test]
fn looking_up_what_is_free_requests_nothing_and_loses_nothing() {
    let office = Office::new();
    let mut browser = office.user("p000");
    let day = day(7).to_string();
    browser.get("/reservations/new");
    let look = but(filled(&day), &[("do", "look"), ("title", "Half a <title")]);
    let form = browser.post("/reservations/new", &look);
    form.says(200, FREE);
    form.says(200, "value=\"Half a &#60;title\"");
    misses(&form, "Nothing was requested yet");
    let empty = browser.post("/reservations/new", &but(look, &[("title", ""), ("to", "08:00")]));
    // Only what the lookup depends on.
    empty.says(200, "The booking ends before it begins");
    misses(&empty, "Enter a title");
    let search = but(filled(&day), &[("do", "look"), ("search", "tok")]);
    let found = browser.post("/reservations/new", &search);
    found.says(200, "name=\"room\" value=\"tokyo\"");
    misses(&found, "value=\"r2\"");
    assert_eq!(office.reservations(), []);
    assert_eq!(office.desk.state().requests, []);
}

#[test]
fn the_own_booking_does_not_count_as_taken_while_it_is_changed() {
    let office = Office::new();
    let mut browser = office.user("p000");
    browser.get("/reservations/new");
    let address = made(&browser.post("/reservations/new", &filled(&day(7).to_string())));
    office.settled(&mut browser, &address);
    office.desk.take("r1@contoso.com", hours(day(7), "09:00", "10:00"), Hold::Confirmed);
    browser.get(&format!("{address}/change")).says(200, FREE);
    let reference = address.rsplit_once('/').unwrap().1;
    let day = day(7);
    let place =
        |of: &str| format!("/reservations/free?of={of}&room=r1&day={day}&from=09:30&to=10:30");
    browser.get(&place(reference)).says(200, FREE);
    browser.get(&place("")).says(200, "Taken at this time");
    // Another room that others have at the same time.
    office.desk.take("r2@contoso.com", hours(day, "09:00", "10:00"), Hold::Confirmed);
    let other = format!("/reservations/free?of={reference}&room=r2&day={day}&from=09:00&to=10:00");
    let other = browser.get(&other);
    other.says(200, "Taken at this time");
    misses(&other, FREE);
    assert_eq!(office.user("p001").get(&place(reference)).status, 404);
}

#[test]
fn too_many_rooms_are_refused_with_their_number() {
    let office = Office::new();
    let mut browser = office.user("p000");
    browser.get("/reservations/new");
    let day = day(7).to_string();
    let rooms: Vec<_> = (0..24).map(|number| format!("x{number}")).collect();
    let mut fields = filled(&day);
    fields.extend(rooms.iter().map(|room| ("room", room.as_str())));
    let form = browser.post("/reservations/new", &fields);
    form.says(200, "25 rooms are too many. Choose 20 at most");
    assert_eq!(office.reservations(), []);
}
