//! The laws of booking: two hosts and users of Outlook book the same rooms at the same time, in the
//! organizers' calendars and in those of the rooms, and requests and answers are lost. ONES never
//! books a room twice, one wish makes one meeting, and no other meeting is cancelled.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime},
};

use proptest::prelude::*;
use serde_json::json;

use super::{
    MARA, OTHER_ROOM, ROOM,
    exchange::{Exchange, Item, Loss},
    organizers, request, room, rooms_only, user,
};
use crate::{
    error::Error,
    host::{Host, Request, Response, TransportError},
    model::{BookingOutcome, BookingRequest, BookingTime, RoomAnswer, TimeRange},
    reserve,
    settings::Settings,
    tests::{
        bookings::at,
        script::{Asked, BEGIN, Reply, ok},
    },
};

const ROOMS: [&str; 2] = [ROOM, OTHER_ROOM];

/// What a host does with one wish.
#[derive(Debug, Clone)]
struct Wish {
    /// The rooms: 1 is the first, 2 the second, 3 both.
    rooms: usize,
    slot: (i64, i64),
    /// By the settings of its host, bookings are made in the calendars of rooms.
    is_rooms_only: bool,
    /// ONES cannot use the calendar of the organizer.
    is_closed: bool,
    /// The slot to which the booking is moved.
    moved: Option<(i64, i64)>,
    is_cancelled: bool,
}

/// What a user does in Outlook, or at the door of a room.
#[derive(Debug, Clone)]
enum Act {
    Invite(usize, (i64, i64)),
    WalkUp(usize, (i64, i64)),
    /// Rooms process their messages.
    Deliver,
}

#[derive(Debug, Clone)]
struct Story {
    wishes: Vec<Wish>,
    acts: Vec<Act>,
    losses: Vec<Loss>,
    holds: bool,
    /// Which of all that can go on does so next.
    turns: Vec<u8>,
}

fn any_slot() -> impl Strategy<Value = (i64, i64)> {
    (0..4_i64, 1..4_i64).prop_map(|(first, length)| (first, first + length))
}

fn any_wish() -> impl Strategy<Value = Wish> {
    let moved = prop::option::weighted(0.4, any_slot());
    (1..4_usize, any_slot(), any::<bool>(), prop::bool::weighted(0.3), moved, any::<bool>())
        .prop_map(|(rooms, slot, is_rooms_only, is_closed, moved, is_cancelled)| Wish {
            rooms,
            slot,
            is_rooms_only,
            is_closed,
            moved,
            is_cancelled,
        })
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0..2_usize, any_slot()).prop_map(|(room, slot)| Act::Invite(room, slot)),
        (0..2_usize, any_slot()).prop_map(|(room, slot)| Act::WalkUp(room, slot)),
        Just(Act::Deliver),
    ]
}

fn any_story() -> impl Strategy<Value = Story> {
    let loss = prop_oneof![
        4 => Just(Loss::None),
        1 => Just(Loss::Before),
        1 => Just(Loss::After),
    ];
    (
        prop::collection::vec(any_wish(), 2..5),
        prop::collection::vec(any_act(), 0..5),
        prop::collection::vec(loss, 0..16),
        any::<bool>(),
        prop::collection::vec(any::<u8>(), 0..120),
    )
        .prop_map(|(wishes, acts, losses, holds, turns)| Story {
            wishes,
            acts,
            losses,
            holds,
            turns,
        })
}

fn times((first, until): (i64, i64)) -> (i64, i64) {
    let noon = at("2027-05-11T12:00:00Z");
    (noon + first * 1800, noon + until * 1800)
}

/// A host whose requests wait for their turn.
struct Turns<'e> {
    exchange: &'e Exchange,
    clock: Cell<Duration>,
}

impl Turns<'_> {
    /// Waits until the test lets this host go on.
    async fn turn(&self) {
        let mut waited = false;
        std::future::poll_fn(|_| match std::mem::replace(&mut waited, true) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
    }
}

impl Host for Turns<'_> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let asked = Asked::new(request, Duration::ZERO);
        if asked.path.ends_with("/token") {
            return ok(json!({
                "token_type": "Bearer", "expires_in": 3599, "access_token": "opaque"
            }))
            .deliver();
        }
        self.turn().await;
        let reply: Reply = self.exchange.answer(&asked);
        self.turn().await;
        reply.deliver()
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.clock.get()
    }

    async fn sleep(&self, time: Duration) {
        self.clock.set(self.clock.get() + time);
        self.turn().await;
    }

    fn random(&self) -> u64 {
        7
    }
}

/// What a host knows of a wish in the end.
#[derive(Debug, Clone)]
struct Known {
    request: BookingRequest,
    outcome: Option<BookingOutcome>,
}

fn is_unclear(error: &Error) -> bool {
    matches!(error, Error::Unavailable(_) | Error::Throttled(_))
}

/// Does with a wish what a host does: repeats what is unclear, then moves and cancels the booking.
async fn serve(exchange: &Exchange, settings: Settings, wish: Wish, known: &RefCell<Known>) {
    let host = Turns { exchange, clock: Cell::new(BEGIN) };
    let original = known.borrow().request.clone();
    let mut again = false;
    let outcome = loop {
        match reserve::book(&host, &settings, &original, again).await {
            Ok(outcome) => break outcome,
            Err(error) if is_unclear(&error) => again = true,
            Err(error) => panic!("{error:?}"),
        }
    };
    known.borrow_mut().outcome = Some(outcome.clone());
    let Some(ticket) = outcome.ticket.clone() else { return };
    let mut current = original.clone();
    if let Some(time) = outcome.time {
        current.time = time;
    }
    if let Some(slot) = wish.moved {
        let time = hours(slot);
        let next = BookingRequest { time, ..current.clone() };
        loop {
            match reserve::change(&host, &settings, &current, &next, &ticket).await {
                Ok(outcome) => {
                    *known.borrow_mut() = Known { request: next, outcome: Some(outcome) };
                    break;
                }
                Err(error) if is_unclear(&error) => {}
                // It is as it was, or gone: the host reads it.
                Err(Error::Conflict(_)) => break,
                Err(error) => panic!("{error:?}"),
            }
        }
    }
    let ticket = known.borrow().outcome.as_ref().and_then(|outcome| outcome.ticket.clone());
    if let Some(ticket) = ticket.filter(|_| wish.is_cancelled) {
        let request = known.borrow().request.clone();
        loop {
            match reserve::cancel(&host, &settings, &request, &ticket, None, "Off.").await {
                Ok(()) => break,
                Err(error) if is_unclear(&error) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        known.borrow_mut().outcome = None;
    }
}

fn hours(slot: (i64, i64)) -> BookingTime {
    let (starts, ends) = times(slot);
    BookingTime::Hours(TimeRange { starts, ends })
}

/// Returns the reference that a copy is marked with, in the calendar in which it was made.
fn mark(copy: &Item) -> Option<String> {
    Some(copy.mark.as_ref()?["value"].as_str().expect("a text").to_owned())
}

/// Plays a story; returns what the hosts know in the end, and the meetings of Outlook.
fn play(story: &Story, exchange: &Exchange) -> (Vec<Known>, Vec<String>) {
    {
        let mut state = exchange.state.borrow_mut();
        state.losses = story.losses.clone().into();
        state.holds = story.holds;
    }
    let known = story.wishes.iter().enumerate().map(|(number, wish)| {
        let organizer = format!("user{number}@contoso.com");
        if wish.is_closed {
            let refusal = (404, "MailboxNotEnabledForRESTAPI");
            exchange.state.borrow_mut().closed.insert(organizer.clone(), refusal);
        }
        let rooms = ROOMS.iter().enumerate().filter(|(at, _)| wish.rooms & (1 << at) != 0);
        let request = BookingRequest {
            reference: format!("wish-{number}"),
            rooms: rooms.map(|(_, address)| room(address)).collect(),
            time: hours(wish.slot),
            organizer: user(&organizer),
            ..request()
        };
        RefCell::new(Known { request, outcome: None })
    });
    let known: Vec<_> = known.collect();
    let mut tasks: Vec<Pin<Box<dyn Future<Output = ()> + '_>>> = Vec::new();
    for (wish, known) in story.wishes.iter().zip(&known) {
        let settings = if wish.is_rooms_only { rooms_only() } else { organizers() };
        tasks.push(Box::pin(serve(exchange, settings, wish.clone(), known)));
    }
    let mut outlook = Vec::new();
    let mut acts = story.acts.iter();
    let mut turns = story.turns.iter().copied().chain(std::iter::repeat_n(0, 20_000));
    let mut context = Context::from_waker(Waker::noop());
    while !tasks.is_empty() {
        let turn = usize::from(turns.next().expect("the hosts come to an end"));
        if turn % 5 == 4
            && let Some(act) = acts.next()
        {
            match act {
                Act::Invite(room, slot) => {
                    outlook.push(exchange.invite(MARA, ROOMS[*room], times(*slot)));
                }
                Act::WalkUp(room, slot) => {
                    outlook.push(exchange.walk_up(ROOMS[*room], times(*slot)));
                }
                Act::Deliver => exchange.deliver(),
            }
            continue;
        }
        let index = turn % tasks.len();
        if tasks[index].as_mut().poll(&mut context).is_ready() {
            drop(tasks.swap_remove(index));
        }
    }
    drop(tasks);
    (known.into_iter().map(RefCell::into_inner).collect(), outlook)
}

/// Lets all rooms answer, and the hosts check what is pending.
fn settle(story: &Story, exchange: &Exchange, known: &mut [Known]) {
    {
        let mut state = exchange.state.borrow_mut();
        state.holds = false;
        state.losses.clear();
    }
    for (wish, known) in story.wishes.iter().zip(known) {
        exchange.deliver();
        let settings = if wish.is_rooms_only { rooms_only() } else { organizers() };
        let Some(outcome) = &known.outcome else { continue };
        let Some(ticket) = &outcome.ticket else { continue };
        let script = exchange.script();
        let checked = reserve::check(&script, &settings, &known.request, ticket);
        let checked = futures_executor::block_on(checked).expect("an outcome");
        known.outcome = Some(checked);
    }
}

fn check_laws(exchange: &Exchange, known: &[Known], outlook: &[String]) {
    let mailboxes = exchange.state.borrow().mailboxes.clone();
    // One wish, one meeting.
    let mut meetings = BTreeMap::<String, Vec<Item>>::new();
    for copy in mailboxes.values().flatten().filter(|copy| !copy.cancelled) {
        if let Some(reference) = mark(copy) {
            meetings.entry(reference).or_default().push(copy.clone());
        }
    }
    for Known { request, outcome } in known {
        let made = meetings.get(&request.reference).map(Vec::as_slice).unwrap_or_default();
        let has_ticket = outcome.as_ref().is_some_and(|outcome| outcome.ticket.is_some());
        assert_eq!(made.len(), usize::from(has_ticket), "{request:?} {outcome:?} {made:?}");
        for answered in outcome.iter().flat_map(|outcome| &outcome.rooms) {
            let room = request.rooms.iter().find(|room| room.room == answered.room);
            let room = &room.expect("a room of the request").email;
            if let RoomAnswer::Accepted(id) = &answered.answer {
                let copies = exchange.held(room);
                let copy = copies.iter().find(|copy| copy.id == *id).expect("it is in the room");
                assert_eq!((copy.starts, copy.ends), (made[0].starts, made[0].ends));
            } else {
                assert_ne!(answered.answer, RoomAnswer::Pending, "all rooms have answered");
            }
        }
    }
    // No double booking by ONES.
    let ours: Vec<&str> = meetings.values().flatten().map(|copy| copy.uid.as_str()).collect();
    for room in ROOMS {
        let held = exchange.held(room);
        for own in held.iter().filter(|copy| ours.contains(&copy.uid.as_str())) {
            for other in held.iter().filter(|other| other.uid != own.uid && other.overlaps(own)) {
                // A panel writes without looking: that is not our fault if ours was there.
                let is_panels = other.is_organizer && !ours.contains(&other.uid.as_str());
                assert!(is_panels && other.placed > own.placed, "{own:?} and {other:?}");
            }
        }
    }
    // No other meeting is cancelled.
    for uid in outlook {
        let mut copies = mailboxes.values().flatten();
        let organizers = copies.find(|copy| copy.uid == *uid && copy.is_organizer);
        assert!(organizers.is_some_and(|copy| !copy.cancelled), "{uid} is gone");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn rooms_are_booked_once_wishes_make_one_meeting_and_no_other_meeting_is_cancelled(
        story in any_story(),
    ) {
        let exchange = Exchange::default();
        let (mut known, outlook) = play(&story, &exchange);
        for _ in 0..2 {
            settle(&story, &exchange, &mut known);
        }
        check_laws(&exchange, &known, &outlook);
    }
}
