//! Many who want one room at once.

use ones_host::store::ReservationState;

use super::{host::*, outbox::nine, vendor::*};

#[test]
fn a_hundred_wishes_for_one_room_at_once_book_it_once_and_ninety_nine_hear_of_the_conflict() {
    let vendor = Vendor::default();
    let mut host = Host::new(&vendor);
    let wishes: Vec<_> = (0..100).map(|_| host.reserve(nine("r1"))).collect();
    host.run();
    let (made, refused): (Vec<_>, Vec<_>) = wishes.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), refused.len()), (1, 99));
    let reference = made.into_iter().next().unwrap().unwrap().reference;
    assert!(refused.iter().all(|it| it.as_ref().unwrap_err().to_string().contains(&reference)));
    assert_eq!(host.get(&reference).state, ReservationState::Confirmed);
}

#[test]
fn a_hundred_hosts_that_want_one_room_at_once_get_it_once_and_none_is_lost() {
    let vendor = Vendor::default();
    vendor.calendars().rooms_are_late = true;
    let mut hosts: Vec<_> = (0..100).map(|_| Host::new(&vendor)).collect();
    for host in &mut hosts {
        host.reserve(nine("r1")).unwrap();
        host.run();
    }
    vendor.calendars().answer();
    for host in &mut hosts {
        host.run_for(1);
    }
    let states: Vec<_> = hosts.iter_mut().map(|host| host.all().remove(0).state).collect();
    let count = |state| states.iter().filter(|it| **it == state).count();
    assert_eq!(count(ReservationState::Confirmed), 1);
    assert_eq!(count(ReservationState::Declined), 99);
}
