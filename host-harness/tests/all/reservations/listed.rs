//! Lists of reservations.

use ones_host::store::{
    Actor, NewReservation, ReservationFilter, ReservationPage, ReservationState,
};

use super::{host::*, vendor::*};

#[test]
fn reservations_are_listed_by_user_room_state_and_whether_they_are_open() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let first = host.reserve(at_nine()).unwrap();
    let second = NewReservation {
        organizer: BOB.to_owned(),
        ..wished(&["r0", "r2"], "2027-01-12T08:00", "2027-01-12T09:00")
    };
    let second = host.reserve(second).unwrap();
    host.run();
    let (id, now) = (host.id, host.now);
    let by = Actor::Administrator;
    host.store().cancel_reservation(id, &first.reference, None, "", by, now).unwrap();
    host.run();
    let mut listed = |filter: ReservationFilter| -> Vec<String> {
        host.filtered(&filter).into_iter().map(|it| it.reference).collect()
    };
    let all = ReservationFilter::default();
    assert_eq!(listed(all.clone()), [second.reference.clone(), first.reference.clone()]);
    let of = |organizer: &str| ReservationFilter {
        organizer: Some(organizer.to_owned()),
        ..ReservationFilter::default()
    };
    assert_eq!(listed(of(BOB)), [second.reference.as_str()]);
    let in_room = ReservationFilter { room: Some("r2".to_owned()), ..ReservationFilter::default() };
    assert_eq!(listed(in_room), [second.reference.as_str()]);
    let state = Some(ReservationState::Cancelled);
    assert_eq!(listed(ReservationFilter { state, ..all.clone() }), [first.reference.as_str()]);
    let open_at = Some(now);
    assert_eq!(listed(ReservationFilter { open_at, ..all.clone() }), [second.reference.as_str()]);
    let open_at = Some("2027-01-13T00:00:00Z".parse().unwrap());
    assert_eq!(listed(ReservationFilter { open_at, ..all.clone() }), [""; 0]);
    let room_name = " r2".to_owned();
    let named = ReservationFilter { room_name, ..all.clone() };
    assert_eq!(listed(named), [second.reference.as_str()]);
    let organizer_name = "bob@CONTOSO".to_owned();
    let named = ReservationFilter { organizer_name, ..all };
    assert_eq!(listed(named), [second.reference]);
}

#[test]
fn a_list_of_reservations_has_pages() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let made = ["08", "09", "10"].map(|hour| {
        let [starts, ends] = ["00", "30"].map(|minute| format!("2027-01-12T{hour}:{minute}"));
        host.reserve(wished(&["r0"], &starts, &ends)).unwrap().reference
    });
    let id = host.id;
    let mut page = |latest_first, skip| -> Vec<String> {
        let page = ReservationPage { latest_first, skip, limit: 2 };
        let filter = ReservationFilter::default();
        let found = host.store().reservations_page(id, &filter, page).unwrap();
        found.into_iter().map(|reservation| reservation.reference).collect()
    };
    assert_eq!(page(false, 0), made[..2]);
    assert_eq!(page(false, 2), made[2..]);
    assert_eq!(page(true, 0), [made[2].as_str(), made[1].as_str()]);
    assert_eq!(page(true, 3), [""; 0]);
}
