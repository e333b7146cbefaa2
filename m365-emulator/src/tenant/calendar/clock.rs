//! The time in the calendars. Tests can set it.

use jiff::Timestamp;

/// The time in the calendars: that of the machine, unless it is set. Tokens expire by the time of
/// the machine in both cases.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    set: Option<Timestamp>,
}

impl Clock {
    pub(crate) fn new(set: Option<Timestamp>) -> Self {
        Self { set }
    }

    pub(crate) fn now(self) -> Timestamp {
        self.set.unwrap_or_else(Timestamp::now)
    }
}
