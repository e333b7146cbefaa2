//! What an answer of the plugin means for a wish.

use std::time::Duration;

use crate::{
    error::Error,
    model::{BookingOutcome, Refusal, RoomAnswer},
    plugin::CallError,
    problem::Problem,
    store::Work,
};

/// Answer to a [`Job`](super::Job).
#[derive(Debug)]
pub enum Answer {
    /// What the rooms answered.
    Outcome(BookingOutcome),
    /// It was cancelled, or the room is free.
    Done,
    /// The result is not known. The call is repeated after a pause.
    Unclear {
        /// Why.
        problem: Box<Problem>,
        /// Pause for which the vendor asks.
        asked: Option<Duration>,
    },
    /// The vendor refuses it. It is not repeated.
    Refused {
        /// Why.
        problem: Box<Problem>,
        /// Whether the vendor is asked how the reservation stands.
        check: bool,
    },
    /// This program ends, or the call had to end for others. It is repeated.
    Stopped,
}

impl Answer {
    /// Returns why the vendor did not carry out the wish, if so.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Unclear { problem, .. } | Self::Refused { problem, .. } => Some(problem),
            Self::Outcome(_) | Self::Done | Self::Stopped => None,
        }
    }

    pub(super) fn of(error: &Error, work: &Work) -> Self {
        let problem = Box::new(error.problem());
        let is_changed = matches!(work, Work::Change { .. } | Work::Cancel { .. });
        match meaning(error) {
            Meaning::Stopped => Self::Stopped,
            Meaning::Unclear => Self::Unclear { problem, asked: error.retry_after() },
            // A meeting that an earlier attempt made must not be forgotten. The plugin could not
            // look for it.
            Meaning::NoAccess if matches!(work, Work::Book { again: true, .. }) => {
                Self::Unclear { problem, asked: None }
            }
            Meaning::NoAccess => Self::Refused { problem, check: false },
            Meaning::Refused => Self::Refused { problem, check: is_changed },
        }
    }
}

enum Meaning {
    Stopped,
    Unclear,
    /// The plugin has no access to the calendars.
    NoAccess,
    /// The vendor did not do it.
    Refused,
}

/// Source: `book-room` in `wit/integration.wit`. A meeting may exist after a call that ended
/// without an answer, with `throttled` or with `unavailable`.
fn meaning(error: &Error) -> Meaning {
    let Error::Call(error) = error else { return Meaning::Unclear };
    match error {
        CallError::Refused(refusal) => match refusal {
            Refusal::Cancelled => Meaning::Stopped,
            Refusal::InvalidSettings(_)
            | Refusal::Unauthorized(_)
            | Refusal::PermissionMissing(_) => Meaning::NoAccess,
            Refusal::Rejected(_)
            | Refusal::Declined(_)
            | Refusal::Unsupported(_)
            | Refusal::Conflict(_)
            | Refusal::Unexpected(_)
            | Refusal::Other(_) => Meaning::Refused,
            Refusal::Throttled(_) | Refusal::Unavailable(_) => Meaning::Unclear,
        },
        CallError::Overdue => Meaning::Stopped,
        CallError::Trapped { .. }
        | CallError::OutOfMemory { .. }
        | CallError::OutOfTime { .. }
        | CallError::BrokeInterface { .. } => Meaning::Unclear,
    }
}

/// Returns which rule of the interface an outcome breaks, if any.
pub(super) fn broken_rule(outcome: &BookingOutcome, work: &Work) -> Option<CallError> {
    let (Work::Book { request, .. } | Work::Check { request, .. } | Work::Change { request, .. }) =
        work
    else {
        return None;
    };
    let asked = request.rooms.iter().map(|wanted| &wanted.room);
    if !asked.eq(outcome.rooms.iter().map(|answered| &answered.room)) {
        return Some(CallError::broke("the outcome of a booking has other rooms than its request"));
    }
    let has_meeting = |answer: &RoomAnswer| {
        matches!(answer, RoomAnswer::Pending | RoomAnswer::Accepted(_) | RoomAnswer::Partly(_))
    };
    let has_meeting = outcome.rooms.iter().any(|answered| has_meeting(&answered.answer));
    (has_meeting && outcome.ticket.is_none())
        .then(|| CallError::broke("the outcome of a booking has a meeting and no ticket"))
}
