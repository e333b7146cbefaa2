//! Limits on the size of a plugin's answers, checked where they enter the host.
//!
//! A larger answer breaks the interface, and the error names the field. The limits are far above
//! what a vendor needs, and low enough that the host can store, print and send back what is within
//! them.

use super::{CallError, limits::HOSTCALL};
use crate::model::{
    BATCH, BOOKINGS, Booking, BookingChange, BookingOutcome, CallbackOutcome, Check, Choice,
    Explanation, FieldError, Manifest, Notification, PartlyAccepted, Permission, Redirect, Refusal,
    Report, RoomAnswer, RoomAvailability, RoomBatch, RoomChange, RoomUpdate, Script, Summary,
    Unreadable, UserChange, WatchResult,
};

#[cfg(test)]
mod tests;

/// Longest id, code, name, label and origin, in bytes.
const NAME: usize = 1 << 10;

/// Longest sentence for a user, in bytes.
const SENTENCE: usize = 16 << 10;

/// Longest text on one wrong field, or on one record that could not be read, in bytes.
const REASON: usize = 4 << 10;

/// Longest text in a vendor's own words, in bytes.
const DETAIL: usize = 64 << 10;

/// Longest address that a browser is sent to, in bytes. Servers accept no longer request line.
const URL: usize = 8 << 10;

/// Longest flow, in bytes. Encrypted, it fits into a cookie.
const FLOW: usize = 2 << 10;

/// Largest script, in bytes.
const SCRIPT: usize = 4 << 20;

/// Size of all warnings of a run, and of a report, in bytes.
const ALL: usize = 1 << 20;

/// Largest checkpoint, in bytes. The sync asks for a smaller one.
const CHECKPOINT: usize = 1 << 20;

/// Size of all texts of a batch of users or groups, in bytes: as much as the host copies in one
/// call.
pub(super) const TEXTS: usize = HOSTCALL;

/// Number of warnings of a run.
const MOST_WARNINGS: usize = 10_000;

/// Number of times at which one room is taken.
const MOST_TAKEN: usize = 100_000;

/// Longest ticket, in bytes.
const TICKET: usize = 4 << 10;

/// Number of bookings that have a room instead of one that was requested.
const MOST_CONFLICTS: usize = 100;

/// Number of subjects that are watched.
const MOST_SUBJECTS: usize = 10_000;

/// Number of hints in one notification.
const MOST_HINTS: usize = 100_000;

/// Number of permissions, checks, wrong fields, and origins.
const MANY: usize = 200;

/// An answer that can be too large.
pub(super) trait Bounded {
    /// Returns [`CallError::BrokeInterface`] where a part of the answer is too large.
    fn check(&self) -> Result<(), CallError>;
}

impl Bounded for Manifest {
    fn check(&self) -> Result<(), CallError> {
        let Self { name, version, settings_schema: _, permissions, time_zones } = self;
        text("manifest.name", name, NAME)?;
        text("manifest.version", version, NAME)?;
        text_if_any("manifest.time-zones", time_zones.as_deref(), NAME)?;
        list("manifest.permissions", permissions.len(), MANY)?;
        permissions.iter().try_for_each(|Permission { name, id, reason }| {
            text("permission.name", name, NAME)?;
            text_if_any("permission.id", id.as_deref(), NAME)?;
            text("permission.reason", reason, SENTENCE)
        })
    }
}

/// The answer of `origins`.
impl Bounded for Result<Vec<String>, Vec<FieldError>> {
    fn check(&self) -> Result<(), CallError> {
        match self {
            Ok(origins) => {
                list("origins", origins.len(), MANY)?;
                origins.iter().try_for_each(|it| text("an origin in origins", it, NAME))
            }
            Err(fields) => fields.check(),
        }
    }
}

impl Bounded for Vec<FieldError> {
    fn check(&self) -> Result<(), CallError> {
        list("the list of field-error", self.len(), MANY)?;
        self.iter().try_for_each(|FieldError { field, message }| {
            text("field-error.field", field, NAME)?;
            text("field-error.message", message, REASON)
        })
    }
}

impl Bounded for Vec<Choice> {
    fn check(&self) -> Result<(), CallError> {
        self.iter().try_for_each(|Choice { value, label, hint }| {
            text("choice.value", value, NAME)?;
            text("choice.label", label, NAME)?;
            text_if_any("choice.hint", hint.as_deref(), SENTENCE)
        })
    }
}

impl Bounded for Report {
    fn check(&self) -> Result<(), CallError> {
        list("report.checks", self.checks.len(), MANY)?;
        self.checks.iter().try_for_each(|it| {
            let Check { id, outcome: _, summary, remedy, detail, fields } = it;
            text("check.id", id, NAME)?;
            text("check.summary", summary, SENTENCE)?;
            text_if_any("check.remedy", remedy.as_deref(), SENTENCE)?;
            text_if_any("check.detail", detail.as_deref(), DETAIL)?;
            fields.check()
        })?;
        let bytes = |it: &Check| {
            let optional = |it: &Option<String>| it.as_ref().map_or(0, String::len);
            let fields = it.fields.iter().map(|it| it.field.len() + it.message.len());
            it.id.len()
                + it.summary.len()
                + optional(&it.remedy)
                + optional(&it.detail)
                + fields.sum::<usize>()
        };
        size("report", self.checks.iter().map(bytes).sum(), ALL)
    }
}

impl Bounded for Redirect {
    fn check(&self) -> Result<(), CallError> {
        text("redirect.url", &self.url, URL)?;
        text("redirect.flow", &self.flow, FLOW)
    }
}

impl Bounded for CallbackOutcome {
    fn check(&self) -> Result<(), CallError> {
        match self {
            Self::SignedIn(user) => text("user.id", &user.id, NAME),
            Self::ConsentGranted => Ok(()),
        }
    }
}

impl Bounded for Script {
    fn check(&self) -> Result<(), CallError> {
        text("script.file-name", &self.file_name, NAME)?;
        text("script.text", &self.text, SCRIPT)
    }
}

impl Bounded for Summary {
    fn check(&self) -> Result<(), CallError> {
        let warnings = &self.warnings;
        list("summary.warnings", warnings.len(), MOST_WARNINGS)?;
        warnings.iter().try_for_each(|it| text("a warning in summary.warnings", it, SENTENCE))?;
        let all = warnings.iter().map(String::len).sum();
        size("summary.warnings", all, ALL)
    }
}

impl Bounded for Vec<UserChange> {
    fn check(&self) -> Result<(), CallError> {
        self.iter().try_for_each(|change| {
            change.ids().try_for_each(|id| size("an id in changes", id.len(), NAME))?;
            check_unknown(change)?;
            match change {
                UserChange::UserUnreadable(it) | UserChange::GroupUnreadable(it) => it.check(),
                _ => Ok(()),
            }
        })
    }
}

/// Checks the number of fields of a user that could not be read.
pub(super) fn check_unknown<S>(change: &UserChange<S>) -> Result<(), CallError> {
    match change {
        UserChange::User(user) | UserChange::UserIfKnown(user) => {
            list("user.unknown", user.unknown.len(), MANY)
        }
        _ => Ok(()),
    }
}

/// Checks a batch of users or groups apart from its changes.
pub(super) fn check_batch(checkpoint: &str, changes: usize) -> Result<(), CallError> {
    text("user-batch.checkpoint", checkpoint, CHECKPOINT)?;
    list("user-batch.changes", changes, BATCH)
}

/// Checks the size of all texts of a batch of users or groups, in bytes.
pub(super) fn check_texts(bytes: usize) -> Result<(), CallError> {
    size("user-batch.changes", bytes, TEXTS)
}

/// Checks an id, which has this name in the interface.
pub(super) fn check_key(name: &str, key: &str) -> Result<(), CallError> {
    text(name, key, NAME)
}

/// Checks why a record could not be read.
pub(super) fn check_reason(reason: &str) -> Result<(), CallError> {
    text("unreadable.reason", reason, REASON)
}

impl Bounded for Vec<RoomChange> {
    fn check(&self) -> Result<(), CallError> {
        self.iter().try_for_each(|change| {
            text("an id in changes", change.id(), NAME)?;
            match change {
                RoomChange::RoomUnreadable(it) => it.check(),
                _ => Ok(()),
            }
        })
    }
}

impl Bounded for RoomBatch {
    fn check(&self) -> Result<(), CallError> {
        self.rooms.iter().try_for_each(|it| text("room.id", &it.id, NAME))?;
        self.unreadable.iter().try_for_each(Unreadable::check)
    }
}

impl Bounded for Vec<BookingChange> {
    fn check(&self) -> Result<(), CallError> {
        self.iter().try_for_each(|change| {
            text("an id in changes", change.id(), NAME)?;
            change.bookings().iter().try_for_each(Booking::check)?;
            match change {
                BookingChange::BookingUnreadable(it) => it.check(),
                _ => Ok(()),
            }
        })
    }
}

impl Bounded for Booking {
    fn check(&self) -> Result<(), CallError> {
        text("booking.id", &self.id, NAME)?;
        text("booking.version", &self.version, NAME)?;
        text_if_any("booking.meeting", self.meeting.as_deref(), NAME)?;
        text_if_any("booking.series", self.series.as_deref(), NAME)
    }
}

impl Bounded for RoomUpdate {
    fn check(&self) -> Result<(), CallError> {
        match self {
            Self::Batch(batch) => {
                text("booking-batch.room", &batch.room, NAME)?;
                text("booking-batch.checkpoint", &batch.checkpoint, CHECKPOINT)?;
                batch.changes.check()
            }
            Self::Failed(failure) => text("room-failure.room", &failure.room, NAME),
        }
    }
}

impl Bounded for Vec<RoomAvailability> {
    fn check(&self) -> Result<(), CallError> {
        self.iter().try_for_each(|room| {
            text("room-availability.email", &room.email, NAME)?;
            let taken = room.taken.as_ref().map_or(0, Vec::len);
            list("room-availability.taken", taken, MOST_TAKEN)
        })
    }
}

impl Bounded for BookingOutcome {
    fn check(&self) -> Result<(), CallError> {
        let Self { ticket, calendar: _, time: _, rooms } = self;
        text_if_any("booking-outcome.ticket", ticket.as_deref(), TICKET)?;
        rooms.iter().try_for_each(|answered| match &answered.answer {
            RoomAnswer::Accepted(id) => text("accepted", id, NAME),
            RoomAnswer::Partly(PartlyAccepted { id, declined }) => {
                text("partly-accepted.id", id, NAME)?;
                list("partly-accepted.declined", declined.len(), BOOKINGS)
            }
            RoomAnswer::Conflict(bookings) => {
                list("conflict", bookings.len(), MOST_CONFLICTS)?;
                bookings.iter().try_for_each(|booking| text("booking.id", &booking.id, NAME))
            }
            RoomAnswer::Pending | RoomAnswer::Declined(_) | RoomAnswer::Ended(_) => Ok(()),
        })
    }
}

impl Bounded for Vec<WatchResult> {
    fn check(&self) -> Result<(), CallError> {
        list("the list of watch-result", self.len(), MOST_SUBJECTS)?;
        self.iter().try_for_each(|watched| match &watched.subscription {
            Ok(subscription) => text("subscription.id", &subscription.id, NAME),
            Err(_) => Ok(()),
        })
    }
}

impl Bounded for Notification {
    fn check(&self) -> Result<(), CallError> {
        match self {
            Self::Handshake(token) => text("handshake", token, SENTENCE),
            Self::Hints(hints) => {
                list("hints", hints.len(), MOST_HINTS)?;
                hints.iter().try_for_each(|hint| {
                    text("notification-hint.subscription", &hint.subscription, NAME)
                })
            }
        }
    }
}

impl Bounded for Unreadable {
    fn check(&self) -> Result<(), CallError> {
        text("unreadable.id", &self.id, NAME)?;
        check_reason(&self.reason)
    }
}

/// Cuts an error to the limits. An error that was refused would hide why the call failed.
pub(super) fn shorten(refusal: &mut Refusal) {
    if let Refusal::InvalidSettings(fields) = refusal {
        fields.truncate(MANY);
        for FieldError { field, message } in fields {
            cut(field, NAME);
            cut(message, REASON);
        }
    } else if let Some(explanation) = refusal.explanation_mut() {
        shorten_explanation(explanation);
    }
}

/// Cuts an explanation to the limits.
pub(super) fn shorten_explanation(explanation: &mut Explanation) {
    let Explanation { code, summary, remedy, detail } = explanation;
    cut(code, NAME);
    cut(summary, SENTENCE);
    remedy.iter_mut().for_each(|text| cut(text, SENTENCE));
    detail.iter_mut().for_each(|text| cut(text, DETAIL));
}

/// Cuts a text to the longest one in a vendor's own words.
pub(super) fn cut_detail(text: &mut String) {
    cut(text, DETAIL);
}

fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
    }
}

fn text(field: &str, text: &str, most: usize) -> Result<(), CallError> {
    size(field, text.len(), most)
}

fn text_if_any(field: &str, text: Option<&str>, most: usize) -> Result<(), CallError> {
    size(field, text.map_or(0, str::len), most)
}

fn size(field: &str, bytes: usize, most: usize) -> Result<(), CallError> {
    within(field, bytes, most, "bytes")
}

fn list(field: &str, items: usize, most: usize) -> Result<(), CallError> {
    within(field, items, most, "items")
}

fn within(field: &str, count: usize, most: usize, unit: &str) -> Result<(), CallError> {
    if count > most { Err(beyond(field, count, most, unit)) } else { Ok(()) }
}

/// Returns the error. Apart from the comparison, which is done for each text.
#[cold]
fn beyond(field: &str, count: usize, most: usize, unit: &str) -> CallError {
    CallError::broke(format!("{field} has {count} {unit}, {most} at most are allowed"))
}
