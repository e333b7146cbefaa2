//! Calendars: the events of each mailbox, and the meetings that they are copies of.
//!
//! As in Exchange, each mailbox has its own copy of a meeting, with its own id and etag. The copies
//! are made and changed by messages from the organizer's mailbox to the others, and can differ.

pub(crate) mod clock;
pub(crate) mod id;
pub(crate) mod item;
pub(crate) mod mailbox;
pub(crate) mod noted;
pub(crate) mod policy;
pub(crate) mod recurrence;
pub(crate) mod values;
pub(crate) mod zone;

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;

use self::clock::Clock;
use self::item::{Item, Party, Uid};
use self::mailbox::{Mailbox, Reported};
use self::noted::{ChangeKind, Noted};
use self::policy::Policy;

/// The calendars of all mailboxes.
#[derive(Clone, Debug)]
pub(crate) struct Calendars {
    /// By the id of the user; for organizers outside the tenant by the address in lower case.
    mailboxes: HashMap<String, Mailbox>,
    /// Where the organizer's copy of each meeting is.
    pub(crate) meetings: HashMap<Uid, Meeting>,
    /// Requests and cancellations that have not arrived yet, oldest first.
    pub(crate) waiting: Vec<Message>,
    /// Whether messages to rooms wait.
    pub(crate) holding: bool,
    /// Settings of mailboxes without their own.
    pub(crate) policy: Policy,
    pub(crate) clock: Clock,
    /// Changes in the mailboxes that are watched.
    pub(crate) noted: Noted,
    /// Number of events that each room is made with.
    pub(crate) events: usize,
    /// The time at which the invented calendars begin.
    pub(crate) since: Timestamp,
    /// Rooms whose calendars were invented: that is done when they are first needed.
    pub(crate) invented: HashSet<String>,
    /// Users who organize invented meetings: id, name and address. Empty until they are needed.
    pub(crate) organizers: Vec<(String, Party)>,
    /// Number of versions of items so far.
    versions: u64,
    /// Number of meetings that tests have made.
    pub(crate) booked: u64,
    /// Number of random changes that were drawn.
    pub(crate) mixes: u64,
}

/// A meeting, from the organizer's point of view.
#[derive(Clone, Debug)]
pub(crate) struct Meeting {
    /// Mailbox of the organizer.
    pub(crate) organizer: String,
    /// How each room answered.
    pub(crate) answers: Vec<Answer>,
}

/// How a room answered a meeting request.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// Address of the room.
    pub(crate) room: String,
    pub(crate) reason: Option<policy::DeclineReason>,
    /// Occurrences that the room declined while it accepted the series.
    pub(crate) declined: Vec<jiff::civil::Date>,
}

/// A message about a meeting, on its way to a mailbox.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// Mailbox that it is sent to.
    pub(crate) to: String,
    pub(crate) uid: Uid,
    pub(crate) content: Content,
    /// Whether the request is in the mailbox already, and waits for the answer.
    pub(crate) arrived: bool,
}

/// What a message says.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// A request or an update.
    Request {
        /// Whether the room has to decide again. Otherwise only content has changed.
        decide: bool,
        /// The occurrence that has changed; none if all have.
        date: Option<jiff::civil::Date>,
        /// Whether the room accepts without looking.
        force: bool,
    },
    /// The meeting, or one of its occurrences, is cancelled.
    Cancel { date: Option<jiff::civil::Date> },
}

impl Calendars {
    pub(crate) fn new(events: usize, clock: Clock) -> Self {
        Self {
            mailboxes: HashMap::new(),
            meetings: HashMap::new(),
            waiting: Vec::new(),
            holding: false,
            policy: Policy::default(),
            clock,
            noted: Noted::default(),
            events,
            since: clock.now(),
            invented: HashSet::new(),
            organizers: Vec::new(),
            versions: 0,
            booked: 0,
            mixes: 0,
        }
    }

    /// Returns the calendar of a mailbox; none if nothing was ever in it.
    pub(crate) fn mailbox(&self, key: &str) -> Option<&Mailbox> {
        self.mailboxes.get(key)
    }

    /// Returns the copy of a meeting in a mailbox.
    pub(crate) fn item(&self, key: &str, uid: Uid) -> Option<&Item> {
        self.mailbox(key)?.item(uid)
    }

    /// Returns the calendar of a mailbox, which is made if it is missing.
    pub(crate) fn mailbox_mut(&mut self, key: &str) -> &mut Mailbox {
        let policy = &self.policy;
        self.mailboxes.entry(key.to_owned()).or_insert_with(|| Mailbox::new(policy.clone()))
    }

    /// Stores a copy of a meeting in the place of its earlier version. `date` names the occurrence
    /// that the change is limited to.
    pub(crate) fn put(&mut self, key: &str, item: Item, date: Option<Date>, reported: Reported) {
        let is_known = self.item(key, item.uid).is_some();
        let kind = if is_known { ChangeKind::Updated } else { ChangeKind::Created };
        self.noted.add(key, item.uid, kind, reported);
        self.mailbox_mut(key).put(item, date, reported);
    }

    /// Deletes a copy of a meeting. Returns whether there was one.
    pub(crate) fn remove(&mut self, key: &str, uid: Uid, reported: Reported) -> bool {
        let is_removed = self.mailbox_mut(key).remove(uid, reported);
        if is_removed {
            self.noted.add(key, uid, ChangeKind::Deleted, reported);
        }
        is_removed
    }

    /// Sets the policy of all mailboxes. A mailbox whose time zone was set has the same one
    /// afterwards, if the policy has none.
    pub(crate) fn set_policy_of_all(&mut self, policy: &Policy) {
        self.policy = policy.clone();
        for mailbox in self.mailboxes.values_mut() {
            let zone = policy.time_zone.clone().or(mailbox.policy.time_zone.take());
            mailbox.policy = Policy { time_zone: zone, ..policy.clone() };
        }
    }

    /// Returns the settings of a mailbox.
    pub(crate) fn policy(&self, key: &str) -> &Policy {
        self.mailbox(key).map_or(&self.policy, |mailbox| &mailbox.policy)
    }

    /// Returns a number for a new version of an item.
    pub(crate) fn next_version(&mut self) -> u64 {
        self.versions += 1;
        self.versions
    }
}
