//! Properties: whatever is lost, repeated, killed, delayed, moved and cancelled, one wish is one
//! meeting, none is lost, nothing is cancelled that was not asked for, and ONES has in the end what
//! the vendor has.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use ones_host::{
    model::{BookingTime, TimeRange},
    reservations::{Answer, Job},
    store::{Actor, NewReservation, ReservationChange, ReservationState, RoomState},
};
use proptest::{collection::vec, prelude::*};

use super::{host::*, vendor::*};
use crate::bookings::calendar::*;

/// What happens.
#[derive(Debug, Clone)]
enum Step {
    /// A user of a host wishes to book rooms at an hour.
    Book {
        host: bool,
        rooms: u8,
        hour: u8,
    },
    /// A user of a host wishes to move one of its reservations.
    Move {
        host: bool,
        which: u8,
        hour: u8,
    },
    Cancel {
        host: bool,
        which: u8,
    },
    /// A host begins jobs, so that several are under way.
    Take {
        host: bool,
        most: u8,
    },
    /// One of them asks, and its answer is stored.
    Finish {
        host: bool,
        fault: Fault,
    },
    /// One of them asks, and its answer is not stored yet.
    Ask {
        host: bool,
        fault: Fault,
    },
    /// The process ends, with everything that is under way.
    Kill {
        host: bool,
    },
    Sync {
        host: bool,
    },
    /// Users of the vendor.
    TheyBook {
        room: u8,
        hour: u8,
    },
    TheyMove {
        which: u8,
        hour: u8,
    },
    TheyCancel {
        which: u8,
    },
    /// The rooms answer late from now on, or at once.
    Late {
        late: bool,
    },
    Answer,
    Wait {
        seconds: u16,
    },
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        4 => Just(Fault::None),
        1 => Just(Fault::LostBefore),
        1 => Just(Fault::LostAfter),
        1 => Just(Fault::Throttled),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let (host, hour, which) = (any::<bool>, || 0..6_u8, || 0..8_u8);
    prop_oneof![
        4 => (host(), 1..8_u8, hour()).prop_map(|(host, rooms, hour)| {
            Step::Book { host, rooms, hour }
        }),
        2 => (host(), which(), hour()).prop_map(|(host, which, hour)| {
            Step::Move { host, which, hour }
        }),
        1 => (host(), which()).prop_map(|(host, which)| Step::Cancel { host, which }),
        4 => (host(), 1..4_u8).prop_map(|(host, most)| Step::Take { host, most }),
        5 => (host(), fault()).prop_map(|(host, fault)| Step::Finish { host, fault }),
        2 => (host(), fault()).prop_map(|(host, fault)| Step::Ask { host, fault }),
        1 => host().prop_map(|host| Step::Kill { host }),
        2 => host().prop_map(|host| Step::Sync { host }),
        1 => (0..3_u8, hour()).prop_map(|(room, hour)| Step::TheyBook { room, hour }),
        1 => (which(), hour()).prop_map(|(which, hour)| Step::TheyMove { which, hour }),
        1 => which().prop_map(|which| Step::TheyCancel { which }),
        1 => any::<bool>().prop_map(|late| Step::Late { late }),
        2 => Just(Step::Answer),
        3 => (1..400_u16).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

/// A host, with what is under way.
struct Playing {
    host: Host,
    jobs: Vec<(Job, Option<Answer>)>,
}

struct World {
    vendor: Vendor,
    hosts: [Playing; 2],
    /// References of the reservations that users of ONES wished to cancel.
    to_cancel: BTreeSet<String>,
    /// What users of the vendor cancelled, by the number of the meeting.
    they_cancelled: BTreeSet<usize>,
}

/// Hours in two days, so that no wish is given up.
fn time(hour: u8) -> TimeRange {
    let starts = clock("2027-01-13T09:00") + i64::from(hour) * 1_800;
    TimeRange { starts, ends: starts + 3_600 }
}

impl World {
    fn new() -> Self {
        let vendor = Vendor::default();
        let playing = || Playing { host: Host::new(&vendor), jobs: Vec::new() };
        let hosts = [playing(), playing()];
        let (to_cancel, they_cancelled) = (BTreeSet::new(), BTreeSet::new());
        Self { vendor, hosts, to_cancel, they_cancelled }
    }

    fn play(&mut self, step: &Step) {
        match *step {
            Step::Book { host, rooms, hour } => {
                let names = ["r0", "r1", "r2"];
                let rooms: Vec<_> = (0..3).filter(|at| rooms >> at & 1 == 1).collect();
                let rooms: Vec<_> = rooms.into_iter().map(|at| names[at].to_owned()).collect();
                let new = wished(&["r0"], "2027-01-13T09:00", "2027-01-13T10:00");
                let time = BookingTime::Hours(time(hour));
                // The room can be reserved.
                let _ = self.at(host).host.reserve(NewReservation { rooms, time, ..new });
            }
            Step::Move { host, which, hour } => {
                let Some(reference) = self.reference(host, which) else { return };
                let time = Some(BookingTime::Hours(time(hour)));
                let change = ReservationChange { time, ..ReservationChange::default() };
                let playing = self.at(host);
                let (id, now) = (playing.host.id, playing.host.now);
                let store = playing.host.store();
                let _ = store.change_reservation(id, &reference, change, Actor::Host, now);
            }
            Step::Cancel { host, which } => {
                let Some(reference) = self.reference(host, which) else { return };
                let playing = self.at(host);
                let (id, now) = (playing.host.id, playing.host.now);
                let store = playing.host.store();
                let by = Actor::Administrator;
                if store.cancel_reservation(id, &reference, None, "", by, now).is_ok() {
                    self.to_cancel.insert(reference);
                }
            }
            Step::Take { host, most } => {
                let playing = self.at(host);
                let taken = playing.host.take(most.into());
                playing.jobs.extend(taken.into_iter().map(|job| (job, None)));
                let mut rooms = BTreeSet::new();
                for room in playing.jobs.iter().flat_map(|(job, _)| job.rooms()) {
                    assert!(rooms.insert(room.clone()), "two calls for one room at a time");
                }
            }
            Step::Ask { host, fault } => {
                let playing = self.at(host);
                if let Some((job, answer @ None)) = playing.jobs.first_mut() {
                    playing.host.vendor.fault = fault;
                    *answer = Some(job.ask(&mut playing.host.vendor));
                }
            }
            Step::Finish { host, fault } => {
                let playing = self.at(host);
                if playing.jobs.is_empty() {
                    return;
                }
                let (job, answer) = playing.jobs.remove(0);
                let answer = answer.unwrap_or_else(|| {
                    playing.host.vendor.fault = fault;
                    job.ask(&mut playing.host.vendor)
                });
                let now = playing.host.now;
                job.settle(playing.host.store(), answer, now).unwrap();
            }
            Step::Kill { host } => {
                let playing = self.at(host);
                playing.jobs.clear();
                playing.host.restart();
            }
            Step::Sync { host } => self.at(host).host.sync(),
            Step::TheyBook { room, hour } => {
                self.vendor.calendars().book(&format!("r{room}"), time(hour));
            }
            Step::TheyMove { which, hour } => {
                let mut calendars = self.vendor.calendars();
                if let Some(at) = number(which, calendars.meetings.len()) {
                    calendars.move_to(at, time(hour));
                }
            }
            Step::TheyCancel { which } => {
                let mut calendars = self.vendor.calendars();
                if let Some(at) = number(which, calendars.meetings.len()) {
                    calendars.cancel(at);
                    self.they_cancelled.insert(at);
                }
            }
            Step::Late { late } => self.vendor.calendars().rooms_are_late = late,
            Step::Answer => self.vendor.calendars().answer(),
            Step::Wait { seconds } => {
                for playing in &mut self.hosts {
                    playing.host.wait(seconds.into());
                }
            }
        }
    }

    fn at(&mut self, host: bool) -> &mut Playing {
        &mut self.hosts[usize::from(host)]
    }

    fn reference(&mut self, host: bool, which: u8) -> Option<String> {
        let all = self.at(host).host.all();
        number(which, all.len()).map(|at| all[at].reference.clone())
    }

    /// Everything works again, and what waits is done.
    fn heal(&mut self) {
        self.vendor.calendars().rooms_are_late = false;
        self.vendor.calendars().answer();
        for playing in &mut self.hosts {
            for (job, answer) in std::mem::take(&mut playing.jobs) {
                let answer = answer.unwrap_or_else(|| job.ask(&mut playing.host.vendor));
                let now = playing.host.now;
                job.settle(playing.host.store(), answer, now).unwrap();
            }
        }
        for _ in 0..3 {
            for playing in &mut self.hosts {
                // Then what was answered must be in the calendars.
                playing.host.wait(61);
                playing.host.sync();
                playing.host.run_for(3);
            }
        }
    }

    fn check(&mut self) {
        let writes = self.vendor.calendars().writes;
        for at in 0..2 {
            for reservation in self.hosts[at].host.all() {
                let reference = &reservation.reference;
                let history = self.hosts[at].host.history(reference);
                let shown = format!("{reservation:#?}\n{history:?}");
                assert_eq!(reservation.waiting, None, "nothing waits: {shown}");
                assert_eq!(reservation.pending_since, None, "{shown}");
                let calendars = self.vendor.calendars();
                let made = calendars.made.get(reference).copied().unwrap_or_default();
                assert!(made <= 1, "one wish made {made} meetings: {shown}");
                let meeting = calendars.meeting(reference);
                match reservation.state {
                    ReservationState::Confirmed | ReservationState::Partly => {
                        let meeting = meeting.unwrap_or_else(|| panic!("no meeting: {shown}"));
                        let time = BookingTime::Hours(meeting.time);
                        assert_eq!(reservation.time, Some(time), "{shown}");
                        let booked = reservation.rooms.iter();
                        let booked = booked.filter(|room| room.state == RoomState::Accepted);
                        let booked: BTreeSet<_> = booked.map(|room| room.room.clone()).collect();
                        assert_eq!(booked, meeting.booked(), "{shown}");
                    }
                    _ => assert!(meeting.is_none(), "a meeting is left: {shown}"),
                }
            }
        }
        let calendars = self.vendor.calendars();
        assert_eq!(calendars.broken, [""; 0]);
        assert!(
            calendars.cancelled.is_subset(&self.to_cancel),
            "cancelled without being asked: {:?}",
            calendars.cancelled
        );
        for (at, meeting) in calendars.meetings.iter().enumerate() {
            let is_theirs = meeting.reference.is_none();
            assert!(!is_theirs || !meeting.is_cancelled || self.they_cancelled.contains(&at));
        }
        drop(calendars);
        // Law 3: further runs write nothing.
        for playing in &mut self.hosts {
            playing.host.sync();
            playing.host.run_for(3);
        }
        assert_eq!(self.vendor.calendars().writes, writes);
    }
}

fn number(which: u8, length: usize) -> Option<usize> {
    usize::from(which).checked_rem(length)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn law_2_one_wish_is_one_meeting_and_none_is_lost(steps in vec(step(), 1..60)) {
        let mut world = World::new();
        for step in &steps {
            world.play(step);
        }
        world.heal();
        world.check();
    }

    #[test]
    fn law_2_a_process_that_always_ends_after_some_steps_gets_there(
        kills in vec((0..3_u8, fault()), 1..12),
        hours in vec(0..6_u8, 1..5),
    ) {
        let vendor = Vendor::default();
        let mut host = Host::new(&vendor);
        for hour in hours {
            let new = wished(&["r0"], "2027-01-13T09:00", "2027-01-13T10:00");
            let _ = host.reserve(NewReservation { time: BookingTime::Hours(time(hour)), ..new });
        }
        for (step, fault) in kills {
            // Before the call, after it, or after its answer is stored.
            for job in host.take(2) {
                host.vendor.fault = fault;
                match step {
                    0 => {}
                    1 => {
                        let _answer = job.ask(&mut host.vendor);
                    }
                    _ => {
                        host.finish(job);
                    }
                }
            }
            host.restart();
            host.now += SignedDuration::from_secs(20);
        }
        host.run_for(3);
        let calendars = vendor.calendars();
        prop_assert!(calendars.made.values().all(|made| *made == 1));
        prop_assert_eq!(&calendars.broken, &Vec::<String>::new());
        drop(calendars);
        for reservation in host.all() {
            prop_assert_eq!(reservation.state, ReservationState::Confirmed);
        }
    }
}
