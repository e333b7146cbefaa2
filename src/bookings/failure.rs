//! Why the bookings of a room cannot be read, and whether that concerns this room only.

use super::booking::Room;
use crate::{
    error::{Error, Explanation},
    graph::{Graph, GraphError},
    host::Host,
    permission::CALENDARS,
};

/// Why a room could not be read.
#[derive(Debug)]
pub(super) struct Failure {
    /// The error of this room.
    pub(super) error: Error,
    /// Whom it concerns.
    pub(super) scope: Scope,
}

/// Whom a failure concerns.
#[derive(Debug)]
pub(super) enum Scope {
    /// This room only.
    Room,
    /// Perhaps all rooms: then this is the error of the run. Microsoft answers in the same way
    /// where a permission is missing and where a policy keeps the app out of one mailbox.
    Perhaps(Box<Error>),
    /// The run, which cannot continue.
    Run,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let scope = match &error {
            Error::Unauthorized(_) | Error::InvalidSettings(_) | Error::Cancelled => Scope::Run,
            Error::Unavailable(_) | Error::Throttled(_) => Scope::Perhaps(Box::new(error.clone())),
            _ => Scope::Room,
        };
        Self { error, scope }
    }
}

/// Codes of a mailbox that is not in Exchange Online, or not at all.
pub(crate) const WITHOUT_MAILBOX: [&str; 8] = [
    "MailboxNotEnabledForRESTAPI",
    "MailboxNotHostedInExchangeOnline",
    "ErrorNonExistentMailbox",
    "ErrorMissingEmailAddress",
    "ErrorInvalidUser",
    "ErrorMailboxStoreUnavailable",
    "Request_ResourceNotFound",
    "ResourceNotFound",
];

impl Failure {
    /// Returns the failure for a refusal of Graph.
    pub(super) fn of_room<H: Host>(graph: &Graph<'_, H>, room: &Room, refusal: GraphError) -> Self {
        if refusal.is_about_the_token() {
            return refusal.unauthorized().into();
        }
        if refusal.is_without_exchange() {
            return Self { error: graph.explain(refusal, CALENDARS), scope: Scope::Run };
        }
        if refusal.status == 429 {
            return Error::Throttled(60).into();
        }
        let mailbox = &room.mailbox;
        let explanation = |summary: String, remedy: &str| {
            Explanation::new(refusal.code.as_str(), summary)
                .remedy(remedy)
                .detail(refusal.detail().to_owned())
        };
        let is = |code: &&str| refusal.code.eq_ignore_ascii_case(code);
        if refusal.is_graphs && refusal.status == 403 {
            let error = Error::PermissionMissing(explanation(
                format!("Microsoft 365 does not let ONES read the calendar of {mailbox}"),
                "Ask your Exchange administrator to add this mailbox to those that the app may \
                    use: the application access policy, or the scope of its role assignments. A \
                    change, and access to a new mailbox, can take some hours",
            ));
            // This message names a policy, so the permission itself is granted.
            let scope = match refusal.message.contains("[RAOP]") {
                true => Scope::Room,
                false => Scope::Perhaps(Box::new(graph.explain(refusal, CALENDARS))),
            };
            return Self { error, scope };
        }
        if refusal.is_graphs && (WITHOUT_MAILBOX.iter().any(is) || refusal.status == 404) {
            let error = Error::Unsupported(explanation(
                format!("{mailbox} has no mailbox in Exchange Online"),
                "Check in the Exchange admin center that the mailbox of the room exists, is not on \
                    premises, and has this address",
            ));
            return Self { error, scope: Scope::Room };
        }
        graph.explain(refusal, CALENDARS).into()
    }
}

/// Number of rooms in a row that get no answer, after which the run ends: the network or the
/// service is down.
const MOST_UNANSWERED: u32 = 32;

/// Decides which failures are those of rooms, and which one is that of the run.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Whether a room was read, so that a failure is not that of all.
    is_read: bool,
    /// Failed rooms while none was read, each with its error.
    waiting: Vec<(String, Error)>,
    /// The error of the run, where all rooms fail alike.
    common: Option<Error>,
    are_different: bool,
    unanswered: u32,
    /// Number of failed rooms.
    pub(super) failed: u32,
}

impl Tally {
    /// Notes a room that was read; returns the failures to report now.
    pub(super) fn note_read(&mut self) -> Vec<(String, Error)> {
        self.is_read = true;
        self.unanswered = 0;
        std::mem::take(&mut self.waiting)
    }

    /// Notes a failure; returns those to report now.
    ///
    /// # Errors
    /// The error of the run, where it cannot continue.
    pub(super) fn note(
        &mut self,
        room: String,
        failure: Failure,
    ) -> Result<Vec<(String, Error)>, Error> {
        let Failure { error, scope } = failure;
        self.failed += 1;
        match matches!(error, Error::Unavailable(_)) {
            true => self.unanswered += 1,
            false => self.unanswered = 0,
        }
        let common = match scope {
            Scope::Run => return Err(error),
            Scope::Perhaps(common) if self.unanswered >= MOST_UNANSWERED => return Err(*common),
            Scope::Perhaps(common) => Some(*common),
            Scope::Room => None,
        };
        match common {
            Some(common) if !self.is_read => {
                let is_same = self.common.as_ref().is_none_or(|known| is_alike(known, &common));
                self.are_different |= !is_same;
                self.common.get_or_insert(common);
                self.waiting.push((room, error));
                Ok(Vec::new())
            }
            _ => Ok(vec![(room, error)]),
        }
    }

    /// Returns the failures that are left at the end.
    ///
    /// # Errors
    /// The error of the run, where all rooms failed alike. One room alone proves nothing.
    pub(super) fn finish(&mut self) -> Result<Vec<(String, Error)>, Error> {
        match self.common.take() {
            Some(common) if !self.is_read && !self.are_different && self.waiting.len() > 1 => {
                Err(common)
            }
            _ => Ok(std::mem::take(&mut self.waiting)),
        }
    }
}

/// Returns whether two errors have the same cause.
fn is_alike(one: &Error, other: &Error) -> bool {
    let code = |error: &Error| error.explanation().map(|explanation| explanation.code.clone());
    std::mem::discriminant(one) == std::mem::discriminant(other) && code(one) == code(other)
}
