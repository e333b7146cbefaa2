//! Exchange by script: each mailbox has its own copy of a meeting, and rooms answer invitations.

mod answers;
mod item;
mod requests;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, VecDeque},
};

use http::Method;
pub(in crate::tests) use item::{Attendee, Item, Occurrence};
use serde_json::{Value, json};

use crate::{
    host::Failure,
    tests::script::{Asked, Reply, Script, nothing, ok, refused},
};

/// What happens to a request that changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tests) enum Loss {
    None,
    /// The request does not arrive.
    Before,
    /// The request is processed, and its answer is lost.
    After,
}

/// A message to a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tests) struct Message {
    pub(super) room: String,
    pub(super) uid: String,
    pub(super) is_cancellation: bool,
}

/// All mailboxes, and how rooms behave.
#[derive(Default)]
pub(in crate::tests) struct State {
    /// Copies by the address of their mailbox.
    pub(in crate::tests) mailboxes: BTreeMap<String, Vec<Item>>,
    /// Places by address.
    pub(in crate::tests) places: BTreeMap<String, Value>,
    /// Refusals of all requests to a mailbox.
    pub(in crate::tests) closed: BTreeMap<String, (u16, &'static str)>,
    /// Rooms whose rules do not allow any booking.
    pub(in crate::tests) strict: BTreeSet<String>,
    /// Rooms that accept the free occurrences of a series.
    pub(in crate::tests) lenient: BTreeSet<String>,
    /// Whether messages to rooms wait.
    pub(in crate::tests) holds: bool,
    pub(in crate::tests) waiting: Vec<Message>,
    /// What happens to the next requests that change something.
    pub(in crate::tests) losses: VecDeque<Loss>,
    /// Refusals of the next requests that change something.
    pub(in crate::tests) refusals: VecDeque<(u16, &'static str)>,
    /// Seconds by which Exchange's rules for all time zones are wrong.
    pub(in crate::tests) zone_error: i64,
    /// Ids by mailbox and transaction.
    transactions: BTreeMap<(String, String), String>,
    /// Mails that users received: the address, and the kind of mail.
    pub(in crate::tests) mails: Vec<(String, &'static str)>,
    /// Number of changes so far, by which copies are numbered and dated.
    clock: u64,
}

/// Exchange, as a script answers for it.
#[derive(Default)]
pub(in crate::tests) struct Exchange {
    pub(in crate::tests) state: RefCell<State>,
}

impl Exchange {
    /// Returns a host that answers with this Exchange.
    pub(in crate::tests) fn script(&self) -> Script<impl Fn(&Asked) -> Reply + '_> {
        Script::new(move |asked| self.answer(asked))
    }

    /// Answers a request.
    pub(in crate::tests) fn answer(&self, asked: &Asked) -> Reply {
        if let Some(address) = asked.path.strip_prefix("/v1.0/places/") {
            let place = self.state.borrow().places.get(address).cloned();
            return place.map_or_else(|| refused(404, "ErrorItemNotFound"), ok);
        }
        let Some(path) = asked.path.strip_prefix("/v1.0/users/") else { return nothing() };
        let mut state = self.state.borrow_mut();
        let changes = asked.method != Method::GET;
        if changes && let Some((status, code)) = state.refusals.pop_front() {
            return refused(status, code);
        }
        let loss = if changes { state.losses.pop_front() } else { None };
        let loss = loss.unwrap_or(Loss::None);
        if loss == Loss::Before {
            return Reply::Fail(Failure::Connection);
        }
        let reply = state.answer(asked, path);
        match loss {
            Loss::After => Reply::Fail(Failure::Timeout),
            _ => reply,
        }
    }

    /// Lets waiting messages to rooms arrive.
    pub(in crate::tests) fn deliver(&self) {
        let mut state = self.state.borrow_mut();
        for message in std::mem::take(&mut state.waiting) {
            state.process(&message);
        }
    }

    /// Lets a user invite a room in Outlook. Returns the id of the meeting in all calendars.
    pub(in crate::tests) fn invite(
        &self,
        organizer: &str,
        room: &str,
        (starts, ends): (i64, i64),
    ) -> String {
        let mut state = self.state.borrow_mut();
        let attendee = Attendee::new("resource", room);
        let copy = Item { starts, ends, attendees: vec![attendee], ..state.new_copy(organizer) };
        let uid = copy.uid.clone();
        state.mailboxes.entry(organizer.to_owned()).or_default().push(copy);
        state.send(organizer, &uid, false);
        uid
    }

    /// Writes a booking straight into a room's calendar, as a panel at its door does.
    pub(in crate::tests) fn walk_up(&self, room: &str, (starts, ends): (i64, i64)) -> String {
        let mut state = self.state.borrow_mut();
        let copy = Item { starts, ends, ..state.new_copy(room) };
        let uid = copy.uid.clone();
        state.mailboxes.entry(room.to_owned()).or_default().push(copy);
        uid
    }

    /// Lets the organizer of a meeting move it in Outlook.
    pub(in crate::tests) fn shift(&self, mailbox: &str, uid: &str, (starts, ends): (i64, i64)) {
        let mut state = self.state.borrow_mut();
        let clock = state.tick();
        let copy = state.copy_mut(mailbox, uid).expect("a meeting");
        (copy.starts, copy.ends) = (starts, ends);
        (copy.version, copy.placed) = (clock, clock);
        state.send(mailbox, uid, false);
    }

    /// Lets the organizer of a meeting cancel it in Outlook.
    pub(in crate::tests) fn cancel(&self, mailbox: &str, uid: &str) {
        self.state.borrow_mut().cancel(mailbox, uid);
    }

    /// Returns the copies of a mailbox.
    pub(in crate::tests) fn copies(&self, mailbox: &str) -> Vec<Item> {
        self.state.borrow().mailboxes.get(mailbox).cloned().unwrap_or_default()
    }

    /// Returns the copies of a mailbox that take it.
    pub(in crate::tests) fn held(&self, mailbox: &str) -> Vec<Item> {
        self.copies(mailbox).into_iter().filter(Item::holds).collect()
    }
}

impl State {
    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    /// Returns an event that the owner of a mailbox makes.
    fn new_copy(&mut self, mailbox: &str) -> Item {
        let clock = self.tick();
        Item {
            id: format!("AAMk{clock}="),
            uid: format!("040000008200E0{clock:04}"),
            version: clock,
            created: clock,
            placed: clock,
            organizer: mailbox.to_owned(),
            is_organizer: true,
            answer: "organizer".to_owned(),
            zone: "UTC".to_owned(),
            body: json!({"subject": "Review", "sensitivity": "normal", "showAs": "busy"}),
            ..Item::default()
        }
    }

    fn copy(&self, mailbox: &str, uid: &str) -> Option<&Item> {
        self.mailboxes.get(mailbox)?.iter().find(|copy| copy.uid == uid)
    }

    fn copy_mut(&mut self, mailbox: &str, uid: &str) -> Option<&mut Item> {
        self.mailboxes.get_mut(mailbox)?.iter_mut().find(|copy| copy.uid == uid)
    }

    /// Returns the copy of the organizer.
    fn organizers(&self, uid: &str) -> Option<&Item> {
        let mut copies = self.mailboxes.values().flatten();
        copies.find(|copy| copy.uid == uid && copy.is_organizer)
    }
}

/// Returns the error of Exchange for an event that it does not have.
fn no_event() -> Reply {
    refused(404, "ErrorItemNotFound")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
