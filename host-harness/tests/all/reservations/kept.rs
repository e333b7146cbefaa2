//! How long reservations are stored, and how much of them.

use ones_host::{
    model::Participant,
    store::{Actor, ReservationChange, StoreError},
};

use super::{host::*, vendor::*};

#[test]
fn nothing_is_cancelled_when_an_integration_is_deleted() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let made = host.reserve(at_nine()).unwrap();
    host.run();
    host.reserve(wished(&["r2"], "2027-01-12T09:00", "2027-01-12T10:00")).unwrap();
    let calls = vendor.calendars().calls;
    let id = host.id;
    host.store().forget_integration(id).unwrap();
    host.run_for(24);
    assert_eq!(host.store().reservation(id, &made.reference).unwrap(), None);
    assert_eq!(vendor.calendars().calls, calls);
    assert!(vendor.calendars().meeting(&made.reference).is_some());
}

#[test]
fn a_reservation_counts_for_the_storage_limit() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    host.reserve(at_nine()).unwrap();
    host.ones.quota = Some(1 << 10);
    host.restart();
    let guests = (0..400).map(|at| Participant {
        email: Some(format!("guest-number-{at}@a-company-with-a-long-name.example")),
        name: Some("A guest with a name".repeat(10)),
    });
    let mut new = wished(&["r2"], "2027-01-12T09:00", "2027-01-12T10:00");
    new.invite = guests.collect();
    let error = host.reserve(new).unwrap_err();
    assert!(matches!(error, StoreError::Quota { .. }), "{error}");
    assert_eq!(host.all().len(), 1);
}

#[test]
fn what_is_over_for_a_week_is_forgotten_and_what_waits_is_not() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let booked = host.reserve(at_nine()).unwrap();
    host.run();
    let later = host.reserve(wished(&["r1"], "2027-02-12T09:00", "2027-02-12T10:00")).unwrap();
    host.now = "2027-01-19T09:00:00Z".parse().unwrap();
    host.sync();
    assert_eq!(host.all().len(), 2);
    host.now = "2027-01-19T11:00:00Z".parse().unwrap();
    host.sync();
    let left: Vec<_> = host.all().into_iter().map(|it| it.reference).collect();
    assert_eq!(left, [later.reference], "{}", booked.reference);
}

#[test]
fn of_a_long_history_the_latest_entries_are_kept() {
    let mut host = Host::new(&Vendor::default());
    let made = host.reserve(wished(&["r1"], "2027-01-12T09:00", "2027-01-12T10:00")).unwrap();
    let (id, now) = (host.id, host.now);
    for number in 0..500 {
        let title = Some(format!("Title {number}"));
        let change = ReservationChange { title, ..ReservationChange::default() };
        let by = Actor::Administrator;
        host.store().change_reservation(id, &made.reference, change, by, now).unwrap();
    }
    let history = host.history(&made.reference);
    assert_eq!(history.len(), 500);
    assert_eq!(history[0], "change-requested", "the first entry was deleted");
}
