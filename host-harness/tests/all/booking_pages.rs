//! The pages of bookings.

use std::time::Duration;

use ones_host::{
    model::{Booking, BookingEnd, Hold, Room, RoomBatch, RoomUpdate},
    settings::Settings,
    sync::{BookingOptions, Options, Sync},
};
use serde_json::json;

use crate::{
    bookings::calendar::{all_day, booked, ended, failed, of_room, one, room_in, series},
    browser::{Browser, Reply},
    fake::*,
    served::*,
};

/// The time of all runs: so late that no booking is over when the tests run.
const NOW: &str = "2090-01-02T08:00:00Z";

/// A server whose integration has bookings on; `titles` is the setting for the titles.
fn served(titles: &str) -> Served {
    let served = Served::with_contoso();
    let mut settings = served.settings();
    settings["rooms"] = json!({ "bookings": "on", "bookingTitles": titles });
    let mut store = served.store.another().unwrap();
    let id = served.contoso();
    store.keep_settings(Some(id), &Settings::from(settings), &served.key).unwrap();
    served
}

/// Reports rooms and their bookings to an integration.
fn report(
    served: &Served,
    integration: &str,
    rooms: impl IntoIterator<Item = Room>,
    updates: impl IntoIterator<Item = RoomUpdate>,
) {
    let rooms = RoomBatch { rooms: rooms.into_iter().collect(), unreadable: Vec::new() };
    let source = &mut Fake { rooms: vec![rooms], ..Fake::bookings(updates) };
    let bookings = BookingOptions { missing_grace: Duration::ZERO, ..BookingOptions::default() };
    let now = Some(NOW.parse().unwrap());
    let options = Options { now, bookings, missing_grace: Duration::ZERO, ..Options::default() };
    let mut store = served.store.another().unwrap();
    let seen = &mut Seen::default();
    Sync::new(&mut store, source, seen, options.clone()).rooms(integration).unwrap();
    Sync::new(&mut store, source, seen, options).bookings(integration).unwrap();
}

/// Reports the room `r1` with these bookings.
fn report_bookings(served: &Served, bookings: impl IntoIterator<Item = Booking>) {
    let update = of_room("r1", COMPLETE, "c1", bookings.into_iter().map(one));
    report(served, NAME, [room("r1")], [update]);
}

fn place(building: &str, floor: &str, room: Room) -> Room {
    Room {
        building: Some(building.to_owned()),
        floor_label: Some(floor.to_owned()),
        capacity: Some(8),
        ..room
    }
}

/// A browser with a user who has signed in.
fn user(served: &Served) -> Browser {
    let mut browser = served.browser();
    browser.get("/sign-in/1");
    browser.send("POST", "/sign-in/callback", "code=p001").leads_to("/me");
    browser
}

const DAY: &str = "/admin/integrations/1/bookings?day=2090-01-09";

/// On the day of [`DAY`].
fn meeting(id: &str, starts: &str, ends: &str) -> Booking {
    booked(id, &format!("2090-01-09T{starts}"), &format!("2090-01-09T{ends}"))
}

#[track_caller]
fn misses(reply: &Reply, text: &str) {
    assert_eq!(reply.status, 200);
    assert!(!reply.body.contains(text), "{text:?} is in {}", reply.body);
}

/// Address of the first booking on a page.
fn first_booking(reply: &Reply) -> String {
    let (_, bars) = reply.body.split_once("<ul class=\"bars\">").unwrap();
    let (_, link) = bars.split_once("<a href=\"").unwrap();
    link.split_once('"').unwrap().0.to_owned()
}

#[test]
fn a_day_draws_each_booking_at_its_time_and_lists_it_as_text() {
    let served = served("hidden");
    let bookings = [
        meeting("early", "00:00", "00:30"),
        meeting("review", "09:00", "10:15"),
        booked("night", "2090-01-09T23:00", "2090-01-10T02:00"),
        all_day("fair", "2090-01-09", "2090-01-10"),
    ];
    let update = of_room("r1", COMPLETE, "c1", bookings.map(one));
    let empty = of_room("r2", COMPLETE, "c1", []);
    report(&served, NAME, [room("r1"), room("r2"), room("r3")], [update, empty]);
    let day = served.admin().get(DAY);
    day.says(200, "<h1>Mon 9 Jan 2090</h1>");
    day.says(200, "4 bookings in 3 rooms");
    day.says(200, "<li class=\"from-108 to-123 overlap\">");
    day.says(200, "<span class=\"time\">09:00–10:15</span> REVIEW");
    day.says(200, "<span class=\"time\">23:00–Tue 10 Jan 02:00</span> NIGHT");
    day.says(200, "<li class=\"from-276 to-288 overlap\">");
    day.says(200, "<span class=\"time\">All day</span> FAIR");
    day.says(200, "<p class=\"none\">Free all day</p>");
    day.says(200, "Not known: the bookings were not read yet");
    let next = served.admin().get("/admin/integrations/1/bookings?day=2090-01-10");
    next.says(200, "<li class=\"from-0 to-24\">");
    next.says(200, "<span class=\"time\">Mon 9 Jan 23:00–02:00</span> NIGHT");
    misses(&next, "FAIR");
    let before = served.admin().get("/admin/integrations/1/bookings?day=2090-01-08");
    before.says(200, "Nothing is booked on this day in 3 rooms");
}

#[test]
fn users_see_when_a_room_is_taken_and_titles_only_where_the_settings_show_them() {
    let secret =
        Booking { private: true, title: None, organizer: None, ..meeting("s", "11:00", "12:00") };
    for (titles, is_shown) in [("hidden", false), ("", false), ("shown", true)] {
        let served = served(titles);
        report_bookings(&served, [meeting("review", "09:00", "10:00"), secret.clone()]);
        let mut browser = user(&served);
        let day = browser.get("/bookings?day=2090-01-09");
        let own = browser.get(&first_booking(&day));
        let week = browser.get("/bookings/rooms/r1?day=2090-01-09");
        for reply in [&day, &week, &own] {
            let label = if is_shown { "REVIEW" } else { "Busy" };
            reply.says(200, label);
            assert_eq!(reply.body.contains("REVIEW"), is_shown, "{titles}");
            assert!(!reply.body.contains("/admin/"), "{}", reply.body);
        }
        assert_eq!(own.body.contains("Ann (ann@contoso.com)"), is_shown);
        assert_eq!(own.body.contains("3 participants"), is_shown);
        day.says(200, if is_shown { "</span> Private" } else { "</span> Busy" });
        misses(&own, "run 2");
    }
}

#[test]
fn the_administrator_sees_titles_also_where_users_do_not_and_of_private_ones_that_there_are_none() {
    let served = served("hidden");
    let secret =
        Booking { private: true, title: None, organizer: None, ..meeting("s", "08:00", "09:00") };
    report_bookings(&served, [meeting("review", "09:00", "10:00"), secret]);
    let mut admin = served.admin();
    let day = admin.get(DAY);
    day.says(200, "REVIEW");
    day.says(200, "</span> Private");
    let page = admin.get(&first_booking(&day));
    page.says(200, "ONES has neither the title nor the organizer of a private meeting");
    misses(&page, "<dt>Organizer</dt>");
}

#[test]
fn a_user_reads_of_a_private_meeting_that_its_title_is_not_shown() {
    let served = served("shown");
    let secret =
        Booking { private: true, title: None, organizer: None, ..meeting("s", "08:00", "09:00") };
    report_bookings(&served, [secret]);
    let mut browser = user(&served);
    let day = browser.get("/bookings?day=2090-01-09");
    let page = browser.get(&first_booking(&day));
    page.says(200, "The title and the organizer are not shown");
    misses(&page, "ONES has neither");
}

#[test]
fn users_have_a_link_to_their_bookings_only_where_the_plugin_can_book() {
    // The plugin of this server only reads bookings.
    let served = served("shown");
    let mut browser = user(&served);
    for path in ["/me", "/bookings"] {
        let page = browser.get(path);
        page.says(200, "My details");
        misses(&page, "My bookings");
    }
}

#[test]
fn every_page_of_bookings_needs_a_session() {
    let served = served("shown");
    report_bookings(&served, [meeting("review", "09:00", "10:00")]);
    for path in ["/bookings", "/bookings/1", "/bookings/rooms/r1"] {
        served.browser().get(path).leads_to("/");
        // The administrator is no user.
        served.admin().get(path).leads_to("/");
    }
    for path in ["bookings", "bookings/1", "bookings/rooms/r1", "conflicts"] {
        for mut browser in [served.browser(), user(&served)] {
            let reply = browser.get(&format!("/admin/integrations/1/{path}"));
            assert_eq!(reply.status, 303, "{path}");
            assert!(reply.header("location").starts_with("/admin/log-in"), "{path}");
        }
    }
}

#[test]
fn a_user_sees_the_bookings_of_their_own_integration_only() {
    let served = served("shown");
    served.add("Fabrikam");
    report_bookings(&served, [meeting("own", "09:00", "10:00")]);
    let other = of_room("x1", COMPLETE, "c1", [one(meeting("other", "09:00", "10:00"))]);
    report(&served, "Fabrikam", [room("x1")], [other]);
    let found = served.admin().get("/admin/integrations/2/bookings?day=2090-01-09");
    found.says(200, "OTHER");
    let address = first_booking(&found);
    let number = address.rsplit_once('/').unwrap().1;
    let mut browser = user(&served);
    misses(&browser.get("/bookings?day=2090-01-09"), "OTHER");
    assert_eq!(browser.get(&format!("/bookings/{number}")).status, 404);
    assert_eq!(browser.get("/bookings/rooms/x1").status, 404);
    assert_eq!(browser.get("/bookings/9000").status, 404);
}

#[test]
fn each_building_has_the_time_axis_of_its_time_zone_also_when_the_clock_changes() {
    let served = served("hidden");
    let zones = ["Europe/Berlin", "Australia/Sydney", "Australia/Lord_Howe", "Asia/Kolkata"];
    let rooms = zones.map(|zone| place(&format!("House {zone}"), "1", room_in(zone, zone)));
    // Over the change in Berlin and in Sydney; each at 00:00 UTC.
    let over = ["2090-03-26", "2090-04-02", "2090-04-02", "2090-04-02"];
    let updates = [0, 1, 2, 3].map(|index| {
        let starts = format!("{}T00:00", over[index]);
        let ends = format!("{}T02:00", over[index]);
        of_room(zones[index], COMPLETE, "c1", [one(booked("over", &starts, &ends))])
    });
    report(&served, NAME, rooms, updates);
    let mut admin = served.admin();
    let spring = admin.get("/admin/integrations/1/bookings?day=2090-03-26");
    spring.says(200, "times in Europe/Berlin (UTC+01:00, later UTC+02:00)");
    spring.says(200, "The clock changes on Sun 26 Mar: the day has 23 hours");
    spring.says(200, "timeline slots-276");
    // From 01:00 to 04:00 by the clock, which are two hours.
    spring.says(200, "<li class=\"from-12 to-36\">");
    spring.says(200, "<span class=\"time\">01:00 CET–04:00 CEST</span>");
    spring.says(200, "<span class=\"from-12\">1</span><span class=\"from-24\">3</span>");
    spring.says(200, "times in Australia/Sydney (UTC+11:00)");
    spring.says(200, "times in Asia/Kolkata (UTC+05:30)");
    let autumn = admin.get("/admin/integrations/1/bookings?day=2090-04-02");
    autumn.says(200, "timeline slots-300");
    autumn.says(200, "the day has 25 hours");
    autumn.says(200, "timeline slots-294");
    autumn.says(200, "the day has 24 hours and 30 minutes");
    autumn.says(200, "<span class=\"from-24\">2</span><span class=\"from-36\">2</span>");
    // 00:00 UTC is 10:00 in Sydney after the change, eleven hours after midnight.
    autumn.says(200, "<li class=\"from-132 to-156\">");
    autumn.says(200, "<span class=\"time\">10:00–12:00</span>");
    autumn.says(200, "<span class=\"time\">05:30–07:30</span>");
    let week = admin.get("/admin/integrations/1/bookings/rooms/Europe%2FBerlin?day=2090-03-26");
    week.says(200, "Mon 20 Mar 2090 – Sun 26 Mar 2090");
    week.says(200, "timeline slots-288");
    week.says(200, "timeline slots-276");
}

#[test]
fn a_time_that_the_clock_shows_twice_has_its_abbreviation() {
    let served = served("hidden");
    let zone = "Australia/Sydney";
    // The clock goes back at 16:00 UTC, from 03:00 to 02:00.
    let first = booked("first", "2090-04-01T15:00", "2090-04-01T15:30");
    let second = booked("second", "2090-04-01T16:00", "2090-04-01T16:30");
    let update = of_room(zone, COMPLETE, "c1", [one(first), one(second)]);
    report(&served, NAME, [room_in(zone, zone)], [update]);
    let day = served.admin().get("/admin/integrations/1/bookings?day=2090-04-02");
    day.says(200, "<li class=\"from-24 to-30\">");
    day.says(200, "<span class=\"time\">02:00 AEDT–02:30 AEDT</span> FIRST");
    day.says(200, "<li class=\"from-36 to-42\">");
    day.says(200, "<span class=\"time\">02:00 AEST–02:30 AEST</span> SECOND");
}

#[test]
fn a_date_that_is_none_is_answered_with_what_to_enter() {
    let served = served("hidden");
    report_bookings(&served, []);
    let mut admin = served.admin();
    let mut browser = user(&served);
    for day in ["2090-02-30", "tomorrow", "9999-12-31", "-001-01-01", "2090-1-1", "%F0%9F%98%80"] {
        for base in ["/admin/integrations/1/bookings", "/admin/integrations/1/bookings/rooms/r1"] {
            let reply = admin.get(&format!("{base}?day={day}"));
            reply.says(400, "The date in the address is not valid");
            reply.says(400, "enter a date such as 2027-01-31");
        }
        browser.get(&format!("/bookings?day={day}")).says(400, "is not valid");
    }
    for day in ["1970-01-01", "2200-12-31", "2088-02-29", ""] {
        admin.get(&format!("/admin/integrations/1/bookings?day={day}")).says(200, "Day after");
    }
    assert_eq!(admin.get("/admin/integrations/1/bookings/x").status, 400);
    assert_eq!(admin.get("/admin/integrations/7/bookings").status, 404);
    assert_eq!(admin.get("/admin/integrations/7/conflicts").status, 404);
}

#[test]
fn pages_without_bookings_say_why_in_plain_words() {
    let served = Served::with_contoso();
    let mut admin = served.admin();
    let mut browser = user(&served);
    browser.get("/bookings").says(200, "Ask your ONES administrator to switch them on");
    assert_eq!(browser.get("/bookings/rooms/r1").status, 404);
    admin.get(DAY).says(200, "This plugin does not read bookings");
    misses(&admin.get("/admin/integrations/1"), "Bookings of all rooms");
    drop(served);

    let served = self::served("hidden");
    let mut admin = served.admin();
    admin
        .get(DAY)
        .says(200, "There are no rooms yet. <a href=\"/admin/integrations/1\">Sync rooms");
    user(&served).get("/bookings").says(200, "Ask your ONES administrator to sync rooms");
    report_bookings(&served, []);
    admin.get(DAY).says(200, "Nothing is booked on this day in 1 room");
    admin.get(&format!("{DAY}&building=Nowhere")).says(200, "No room matches the selection");
    admin.get("/admin/integrations/1/conflicts").says(200, "No two bookings take the same room");
}

#[test]
fn rooms_are_filtered_by_building_and_floor() {
    let served = served("hidden");
    let rooms = [
        place("North", "1", room("n1")),
        place("North", "2", room("n2")),
        place("South & <East>", "1", room("s1")),
        room("attic"),
    ];
    report(&served, NAME, rooms, []);
    let mut admin = served.admin();
    let rows = |reply: &Reply| {
        let parts = reply.body.split("<th scope=\"row\">").skip(1);
        let names = parts.map(|part| part.split(['>', '<']).nth(2).unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    let all = admin.get(DAY);
    assert_eq!(rows(&all), ["N1", "N2", "S1", "ATTIC"]);
    all.says(200, "Rooms without a building");
    all.says(200, "South &#38; &#60;East&#62;");
    all.says(200, "Floor 1 · 8 seats");
    let north = admin.get(&format!("{DAY}&building=North"));
    assert_eq!(rows(&north), ["N1", "N2"]);
    assert_eq!(rows(&admin.get(&format!("{DAY}&building=North&floor=2"))), ["N2"]);
    let south = admin.get(&format!("{DAY}&building=South+%26+%3CEast%3E"));
    assert_eq!(rows(&south), ["S1"]);
    // The selection stays on the day after.
    south.says(200, "?day=2090-01-10&#38;building=South+%26+%3CEast%3E");
    misses(&south, "<option>2</option>");
}

#[test]
fn tentative_and_overlapping_bookings_are_marked_in_words() {
    let served = served("hidden");
    let bookings = [
        Booking { hold: Hold::Tentative, ..meeting("maybe", "07:00", "08:00") },
        Booking { hold: Hold::Free, ..meeting("reminder", "09:00", "17:00") },
        meeting("one", "09:00", "10:00"),
        meeting("two", "09:30", "11:00"),
        meeting("after", "11:00", "12:00"),
    ];
    report_bookings(&served, bookings);
    let day = served.admin().get(DAY);
    day.says(200, "<li class=\"from-84 to-96 tentative\">");
    day.says(200, "MAYBE <span class=\"more\">(tentative)</span></a>");
    day.says(200, "<li class=\"from-108 to-204 free\">");
    day.says(200, "REMINDER <span class=\"more\">(the room stays free)</span></a>");
    day.says(200, "<li class=\"from-108 to-120 overlap\">");
    day.says(200, "TWO <span class=\"more\">(overlaps another booking)</span></a>");
    day.says(200, "<li class=\"from-132 to-144\">");
    // For users, the room is free while it is only in the calendar.
    let seen = user(&served).get("/bookings?day=2090-01-09");
    seen.says(200, "4 bookings in 1 room");
    misses(&seen, "stays free");
}

#[test]
fn the_page_of_a_booking_has_its_series_its_other_rooms_its_runs_and_its_end() {
    let served = served("shown");
    let dates = ["2090-01-09", "2090-01-16", "2090-01-23"];
    let occurrence = |date: &str| {
        let meeting = Some(format!("meeting of {date}"));
        let id = format!("weekly {date}");
        Booking { meeting, ..booked(&id, &format!("{date}T09:00"), &format!("{date}T10:00")) }
    };
    let first = of_room("r1", COMPLETE, "c1", [series("s", dates.map(occurrence))]);
    let second = of_room("r2", COMPLETE, "c1", [one(occurrence("2090-01-09"))]);
    report(&served, NAME, [room("r1"), room("r2")], [first, second]);
    let mut admin = served.admin();
    let address = first_booking(&admin.get(DAY));
    let page = admin.get(&address);
    page.says(200, "<dd>Mon 9 Jan 2090, 09:00–10:00</dd>");
    page.says(200, "<dt>Time zone</dt><dd>UTC</dd>");
    page.says(200, "<dd>Ann (ann@contoso.com)</dd>");
    page.says(200, "<dd>Confirmed</dd>");
    page.says(200, "Other dates of the series");
    page.says(200, ">Mon 23 Jan 2090, 09:00–10:00</a>");
    page.says(200, "The same meeting in other rooms");
    page.says(200, ">R2</a>");
    page.says(200, "in <a href=\"/admin/integrations/1/runs?before=3\">run 2</a>");

    let rest = of_room("r1", CHANGES, "c2", [series("s", [dates[1], dates[2]].map(occurrence))]);
    let gone = of_room("r2", CHANGES, "c2", [ended("weekly 2090-01-09", BookingEnd::Cancelled)]);
    let (_, other) = page.body.split_once("other rooms</h2>").unwrap();
    let (_, other) = other.split_once("<a href=\"").unwrap();
    let elsewhere = other.split_once('"').unwrap().0.to_owned();
    report(&served, NAME, [room("r1"), room("r2")], [rest, gone]);
    let page = admin.get(&address);
    page.says(200, "This booking has ended.</strong> The series no longer has this date.");
    page.says(200, "Reported as ended");
    page.says(200, "in <a href=\"/admin/integrations/1/runs?before=");
    admin.get(&elsewhere).says(200, "ended.</strong> The meeting was cancelled.");
    misses(&admin.get(DAY), "WEEKLY");
}

#[test]
fn conflicts_are_listed_until_they_are_solved() {
    let served = served("hidden");
    report_bookings(&served, [meeting("one", "09:00", "10:00"), meeting("two", "09:30", "11:00")]);
    let mut admin = served.admin();
    admin.get("/admin/integrations/1").says(200, "<strong>1 conflict:</strong>");
    let page = admin.get("/admin/integrations/1/conflicts");
    page.says(200, "Mon 9 Jan 2090, 09:30–10:00");
    page.says(200, ">ONE</a>");
    page.says(200, ">TWO</a>");
    let address = first_booking(&admin.get(DAY));
    admin.get(&address).says(200, "This booking overlaps another one");
    report_bookings(&served, [meeting("one", "09:00", "10:00")]);
    admin.get("/admin/integrations/1/conflicts").says(200, "No two bookings");
    misses(&admin.get("/admin/integrations/1"), "conflict:");
}

#[test]
fn a_room_that_fails_shows_the_remedy_to_the_administrator_and_its_age_to_users() {
    let served = served("hidden");
    report_bookings(&served, [meeting("one", "09:00", "10:00")]);
    let other = of_room("r2", COMPLETE, "c1", []);
    report(&served, NAME, [room("r1"), room("r2")], [failed("r1", unavailable()), other]);
    let mut admin = served.admin();
    let overview = admin.get("/admin/integrations/1");
    overview.says(200, "The bookings of 1 room cannot be read");
    overview.says(200, "<a href=\"/admin/integrations/1/bookings/rooms/r1\">R1</a>, since");
    overview.says(200, "The vendor does not answer");
    overview.says(200, "Try again later");
    let week = admin.get("/admin/integrations/1/bookings/rooms/r1?day=2090-01-09");
    week.says(200, "The bookings of this room cannot be read");
    week.says(200, "Try again later");
    let mut browser = user(&served);
    for path in ["/bookings?day=2090-01-09", "/bookings/rooms/r1?day=2090-01-09"] {
        let seen = browser.get(path);
        seen.says(200, "May have changed: last read <time");
        seen.says(200, "09:00–10:00");
        misses(&seen, "The vendor does not answer");
    }
}

#[test]
fn a_row_of_too_many_bookings_is_cut_and_counted() {
    let served = served("hidden");
    let many = (0..250).map(|index| meeting(&format!("b{index}"), "09:00", "10:00"));
    report_bookings(&served, many);
    let day = served.admin().get(DAY);
    assert_eq!(day.body.matches("<li class=\"from-").count(), 100);
    day.says(200, "and 150 more bookings");
    day.says(200, "250 bookings in 1 room");
}

#[test]
fn the_day_of_a_thousand_rooms_is_one_page_of_at_most_1_300_kib() {
    let served = served("shown");
    let names: Vec<_> = (0..1_000).map(|index| format!("r{index:03}")).collect();
    let rooms = names.iter().map(|id| place(&format!("House {}", &id[..2]), "1", room(id)));
    let updates = names.iter().map(|id| {
        let hours = (8..16).map(|hour| {
            let (starts, ends) = (format!("{hour:02}:00"), format!("{hour:02}:45"));
            let title = Some("Weekly review of the pilot".to_owned());
            one(Booking { title, ..meeting(&format!("{id} {hour}"), &starts, &ends) })
        });
        of_room(id, COMPLETE, "c1", hours)
    });
    report(&served, NAME, rooms.collect::<Vec<_>>(), updates.collect::<Vec<_>>());
    let day = user(&served).get("/bookings?day=2090-01-09");
    day.says(200, "8000 bookings in 1000 rooms");
    assert!(day.body.len() < 1_300 << 10, "{} bytes", day.body.len());
}
