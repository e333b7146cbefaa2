//! Bookings that repeat.

use jiff::civil::Weekday;
use ones_host::model::{
    BookingTime, PartlyAccepted, Recurrence, RecurrenceEnd, RecurrencePattern, RelativeDays,
    RelativeYearlyDays, RoomAnswer, TimeRange, WeekIndex, Weekday as On, WeeklyPattern, YearlyDay,
};

use super::*;

/// Returns the first Monday that is at least a week from now, and on a day of a month from 8 to 14.
fn second_monday() -> Date {
    let days = (7..60).map(day);
    let is_second = |day: &Date| day.weekday() == Weekday::Monday && (8..=14).contains(&day.day());
    days.into_iter().find(is_second).unwrap()
}

/// Books with these fields, and returns how it repeats, as stored and as shown.
fn repeated(office: &Office, fields: &[(&str, &str)]) -> (Recurrence, Reply) {
    let mut browser = office.user("p000");
    browser.get("/reservations/new");
    let day = second_monday().to_string();
    let address = made(&browser.post("/reservations/new", &but(filled(&day), fields)));
    let page = office.settled(&mut browser, &address);
    let request = office.desk.state().requests.last().unwrap().clone();
    browser.get(&format!("{address}/cancel"));
    browser.post(&format!("{address}/cancel"), &[("what", "all"), ("comment", "")]);
    office.settled(&mut browser, &address);
    (request.recurrence.unwrap(), page)
}

#[test]
fn each_of_the_six_patterns_and_three_ends_can_be_booked() {
    let office = Office::new();
    let first = second_monday();
    let (date, month) = (first.day().to_string(), first.month().to_string());
    let never = ("ends", "never");
    let index = WeekIndex::Second;
    let last = day(400).to_string();
    let monday = || RelativeDays { days: vec![On::Monday], index };
    let numbers = (u32::try_from(first.month()).unwrap(), u32::try_from(first.day()).unwrap());
    let cases = [
        (
            vec![("repeat", "daily"), ("daily-every", "2"), ("ends", "on"), ("ends-on", &last)],
            RecurrencePattern::Daily,
            2,
            RecurrenceEnd::On(last.clone()),
        ),
        (
            vec![
                ("repeat", "weekly"),
                ("weekly-every", "1"),
                ("weekly-day", "Monday"),
                ("weekly-begins", "Sunday"),
                ("ends", "after"),
                ("ends-after", "3"),
            ],
            RecurrencePattern::Weekly(WeeklyPattern {
                days: vec![On::Monday],
                first_day_of_week: On::Sunday,
            }),
            1,
            RecurrenceEnd::After(3),
        ),
        (
            vec![("repeat", "monthly"), ("monthly-every", "1"), ("monthly-date", &date), never],
            RecurrencePattern::AbsoluteMonthly(numbers.1),
            1,
            RecurrenceEnd::Never,
        ),
        (
            vec![
                ("repeat", "monthly-on"),
                ("monthly-on-every", "3"),
                ("monthly-on-index", "second"),
                ("monthly-on-days", "Monday"),
                never,
            ],
            RecurrencePattern::RelativeMonthly(monday()),
            3,
            RecurrenceEnd::Never,
        ),
        (
            vec![
                ("repeat", "yearly"),
                ("yearly-every", "1"),
                ("yearly-month", &month),
                ("yearly-date", &date),
                never,
            ],
            RecurrencePattern::AbsoluteYearly(YearlyDay { month: numbers.0, day: numbers.1 }),
            1,
            RecurrenceEnd::Never,
        ),
        (
            vec![
                ("repeat", "yearly-on"),
                ("yearly-on-every", "1"),
                ("yearly-on-month", &month),
                ("yearly-on-index", "second"),
                ("yearly-on-days", "Monday"),
                never,
            ],
            RecurrencePattern::RelativeYearly(RelativeYearlyDays {
                month: numbers.0,
                on: monday(),
            }),
            1,
            RecurrenceEnd::Never,
        ),
    ];
    for (fields, pattern, interval, ends) in cases {
        let (recurrence, page) = repeated(&office, &fields);
        assert_eq!(recurrence, Recurrence { pattern, interval, ends });
        page.says(200, "<dt>Repeats</dt><dd>every ");
    }
}

#[test]
fn a_first_day_that_is_not_one_of_the_pattern_is_explained() {
    let office = Office::new();
    let mut browser = office.user("p000");
    browser.get("/reservations/new");
    let day = second_monday().to_string();
    let fields = but(
        filled(&day),
        &[
            ("repeat", "weekly"),
            ("weekly-every", "1"),
            ("weekly-day", "Tuesday"),
            ("ends", "never"),
        ],
    );
    let form = browser.post("/reservations/new", &fields);
    form.says(200, "is not one of the days on which the booking repeats");
    form.says(200, "such as Tue ");
    assert_eq!(office.reservations(), []);
}

#[test]
fn the_form_says_on_which_dates_of_a_series_a_room_is_taken() {
    let office = Office::new();
    let first = second_monday();
    let third = first.checked_add(jiff::Span::new().days(14)).unwrap();
    office.report_booking(of_others("talk", hours(third, "09:30", "11:00")));
    let mut browser = office.user("p000");
    browser.get("/reservations/new");
    let day = first.to_string();
    let fields = but(
        filled(&day),
        &[
            ("repeat", "weekly"),
            ("weekly-every", "1"),
            ("weekly-day", "Monday"),
            ("ends", "after"),
            ("ends-after", "5"),
            ("do", "look"),
        ],
    );
    let form = browser.post("/reservations/new", &fields);
    form.says(200, "taken on 1 of the first 5 dates, as read ");
    form.says(200, &third.strftime("%a %-d %b %Y").to_string());
}

#[test]
fn a_series_that_a_room_declined_in_part_has_these_dates_and_one_date_is_cancelled() {
    let office = Office::new();
    let first = second_monday();
    let week = |number: i64| {
        let date = first.checked_add(jiff::Span::new().days(7 * number)).unwrap();
        hours(date, "09:00", "10:00")
    };
    let declined = vec![BookingTime::Hours(week(1))];
    let partly = RoomAnswer::Partly(PartlyAccepted { id: "s".to_owned(), declined });
    office.desk.state().answers.insert("r1".to_owned(), partly);
    let mut browser = office.user("p000");
    browser.get("/reservations/new");
    let day = first.to_string();
    let fields = but(
        filled(&day),
        &[
            ("repeat", "weekly"),
            ("weekly-every", "1"),
            ("weekly-day", "Monday"),
            ("ends", "after"),
            ("ends-after", "4"),
        ],
    );
    let address = made(&browser.post("/reservations/new", &fields));
    let page = office.settled(&mut browser, &address);
    page.says(200, "Booked in part");
    page.says(200, "Booked, but not on all dates");
    page.says(200, "Not booked on 1 date:");
    let date = first.checked_add(jiff::Span::new().days(7)).unwrap();
    page.says(200, &date.strftime("<li>%a %-d %b %Y, 09:00–10:00</li>").to_string());
    browser.get("/reservations").says(200, "Booked in part</span>");

    let confirm = browser.get(&format!("{address}/cancel"));
    confirm.says(200, "All dates of the series");
    let TimeRange { starts, .. } = week(2);
    let key = starts.to_string();
    confirm.says(200, &format!("<option value=\"{key}\">"));
    let gone = [("what", "one"), ("date", "17"), ("comment", "")];
    browser.post(&format!("{address}/cancel"), &gone).says(409, "no longer has this date");
    browser.get(&format!("{address}/cancel"));
    let one = [("what", "one"), ("date", key.as_str()), ("comment", "Holiday")];
    browser.post(&format!("{address}/cancel"), &one);
    office.settled(&mut browser, &address).says(200, "Booked in part");
    let cancelled = office.desk.state().cancelled.clone();
    assert_eq!(cancelled, [(Some(BookingTime::Hours(week(2))), "Holiday".to_owned())]);
}
