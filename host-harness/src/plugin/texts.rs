//! The door through which a plugin's texts enter the host: they name no secret after it.
//!
//! Every record lists its texts in one place: users and groups in `ones-records`, all others here.
//! What a user reads loses the secrets in it; what is used as it is, such as an id or a checkpoint,
//! breaks the interface where it names one. Batches of users pass `users.rs` instead.

use std::convert::Infallible;

use super::{CallError, bounds};
use crate::{
    model::{
        Address, AnsweredRoom, Booking, BookingBatch, BookingChange, BookingOutcome, BookingTime,
        CallbackOutcome, Check, Choice, DateRange, Explanation, FieldError, Notification,
        Participant, PartlyAccepted, Redirect, Refusal, Removed, Report, Room, RoomAnswer,
        RoomAvailability, RoomBatch, RoomChange, RoomFailure, RoomUpdate, Script, SeriesBookings,
        Subscription, Summary, TextUse, Unreadable, User, UserChange, WatchResult, WatchSubject,
    },
    secrets::Secrets,
};

/// A text of a record.
pub(super) enum Text<'a> {
    /// Is read by users.
    Read(&'a mut String),
    /// Is used as it is, under this name in the interface.
    Used(&'static str, &'a str),
}

use Text::{Read, Used};

/// A record that has texts.
pub(super) trait Texts {
    /// Calls `visit` with every text of the record.
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>));
}

/// Takes the secrets out of a record.
///
/// # Errors
/// [`CallError::BrokeInterface`] where a text that is used as it is names one.
pub(super) fn clean(secrets: &Secrets, record: &mut impl Texts) -> Result<(), CallError> {
    let search = secrets.search();
    let mut leak = None;
    record.visit(&mut |text| match text {
        Read(text) => search.redact(text),
        Used(name, text) if leak.is_none() && search.finds_in(text) => leak = Some(name),
        Used(..) => {}
    });
    match leak {
        Some(name) => Err(leaks(name)),
        None => Ok(()),
    }
}

/// Returns the error for a text that is used as it is, under this name in the interface, and names
/// a secret.
pub(super) fn leaks(name: &str) -> CallError {
    CallError::broke(format!("{name} holds a secret of the settings"))
}

/// Returns the size of the texts of a record, in bytes.
pub(super) fn size_of(record: &mut impl Texts) -> usize {
    let mut bytes = 0;
    record.visit(&mut |text| {
        bytes += match text {
            Read(text) => text.len(),
            Used(_, text) => text.len(),
        };
    });
    bytes
}

/// Takes the secrets out of an error.
pub(super) fn clean_error(secrets: &Secrets, mut error: CallError) -> CallError {
    let search = secrets.search();
    let mut redact = |text: Text<'_>| {
        if let Read(text) = text {
            search.redact(text);
        }
    };
    match &mut error {
        CallError::Refused(refusal) => {
            bounds::shorten(refusal);
            refusal.visit(&mut redact);
        }
        CallError::Trapped { cause, stderr, .. } => {
            redact(Read(cause));
            redact(Read(stderr));
        }
        CallError::BrokeInterface { rule } => redact(Read(rule)),
        CallError::OutOfMemory { .. } | CallError::OutOfTime { .. } | CallError::Overdue => {}
    }
    error
}

fn read_all<'a>(texts: impl IntoIterator<Item = &'a mut String>, visit: &mut dyn FnMut(Text<'_>)) {
    texts.into_iter().for_each(|text| visit(Read(text)));
}

impl<T: Texts> Texts for Vec<T> {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        self.iter_mut().for_each(|record| record.visit(visit));
    }
}

/// The answer of `origins`.
impl Texts for Result<Vec<String>, Vec<FieldError>> {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        match self {
            Ok(origins) => origins.iter().for_each(|text| visit(Used("origins", text))),
            Err(fields) => fields.visit(visit),
        }
    }
}

impl Texts for FieldError {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        let Self { field, message } = self;
        read_all([field, message], visit);
    }
}

impl Texts for Explanation {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        let Self { code, summary, remedy, detail } = self;
        read_all([code, summary].into_iter().chain(remedy).chain(detail), visit);
    }
}

impl Texts for Refusal {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        if let Self::InvalidSettings(fields) = self {
            fields.visit(visit);
        } else if let Some(explanation) = self.explanation_mut() {
            explanation.visit(visit);
        }
    }
}

impl Texts for Choice {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        let Self { value, label, hint } = self;
        visit(Used("choice.value", value));
        read_all([label].into_iter().chain(hint), visit);
    }
}

impl Texts for Report {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        let Self { checks } = self;
        checks.visit(visit);
    }
}

impl Texts for Check {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        let Self { id, outcome: _, summary, remedy, detail, fields } = self;
        read_all([id, summary].into_iter().chain(remedy).chain(detail), visit);
        fields.visit(visit);
    }
}

impl Texts for Summary {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        read_all(&mut self.warnings, visit);
    }
}

impl Texts for Removed {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        let Self { id, removal: _ } = self;
        visit(Used("an id in changes", id));
    }
}

impl Texts for Unreadable {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        let Self { id, reason } = self;
        visit(Used("unreadable.id", id));
        visit(Read(reason));
    }
}

impl Texts for User {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        let Ok(user) = self.try_map(&mut |text, used| Ok::<_, Infallible>(seen(text, used, visit)));
        *self = user;
    }
}

impl Texts for UserChange {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        let Ok(change) =
            self.try_map(&mut |text, used| Ok::<_, Infallible>(seen(text, used, visit)));
        *self = change;
    }
}

/// Returns a text as it is after a visit. Only records that are read by id are copied this way.
fn seen(text: &str, used: TextUse, visit: &mut dyn FnMut(Text<'_>)) -> String {
    let mut text = text.to_owned();
    match used {
        TextUse::Key(name) => visit(Used(name, &text)),
        TextUse::Shown => visit(Read(&mut text)),
    }
    text
}

impl Texts for Room {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        let Self {
            id,
            email,
            name,
            nickname,
            capacity: _,
            building,
            floor_number: _,
            floor_label,
            label,
            phone,
            address,
            position: _,
            time_zone,
            wheelchair_accessible: _,
            audio_device,
            video_device,
            display_device,
            booking_type,
            tags,
            lists,
            unknown: _,
        } = self;
        visit(Used("room.id", id));
        let optional = [
            nickname,
            building,
            floor_label,
            label,
            phone,
            time_zone,
            audio_device,
            video_device,
            display_device,
            booking_type,
        ];
        read_all([email, name].into_iter().chain(optional.into_iter().flatten()), visit);
        read_all(tags.iter_mut().chain(lists), visit);
        if let Some(address) = address {
            address.visit(visit);
        }
    }
}

impl Texts for Address {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        let Self { street, city, state, postal_code, country } = self;
        read_all([street, city, state, postal_code, country].into_iter().flatten(), visit);
    }
}

impl Texts for RoomChange {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        match self {
            Self::Room(room) => room.visit(visit),
            Self::RoomMissing(it) => it.visit(visit),
            Self::RoomUnreadable(it) => it.visit(visit),
        }
    }
}

impl Texts for RoomBatch {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        let Self { rooms, unreadable } = self;
        rooms.visit(visit);
        unreadable.visit(visit);
    }
}

impl Texts for Booking {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        let Self {
            id,
            version,
            meeting,
            series,
            time,
            hold: _,
            private: _,
            title,
            organizer,
            invited: _,
        } = self;
        visit(Used("booking.id", id));
        visit(Used("booking.version", version));
        meeting.iter().for_each(|id| visit(Used("booking.meeting", id)));
        series.iter().for_each(|id| visit(Used("booking.series", id)));
        time.visit(visit);
        read_all(title, visit);
        if let Some(Participant { email, name }) = organizer {
            read_all(email.iter_mut().chain(name), visit);
        }
    }
}

impl Texts for BookingChange {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        match self {
            Self::Booking(booking) => booking.visit(visit),
            Self::Series(SeriesBookings { id, bookings }) => {
                visit(Used("an id in changes", id));
                bookings.visit(visit);
            }
            Self::BookingGone(it) | Self::SeriesGone(it) => {
                visit(Used("an id in changes", &it.id));
            }
            Self::BookingMissing(id) => visit(Used("an id in changes", id)),
            Self::BookingUnreadable(it) => it.visit(visit),
        }
    }
}

impl Texts for RoomUpdate {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        match self {
            Self::Batch(BookingBatch { room, mode: _, changes, checkpoint }) => {
                visit(Used("booking-batch.room", room));
                visit(Used("booking-batch.checkpoint", checkpoint));
                changes.visit(visit);
            }
            Self::Failed(RoomFailure { room, error }) => {
                visit(Used("room-failure.room", room));
                error.visit(visit);
            }
        }
    }
}

impl Texts for BookingTime {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        if let Self::Days(DateRange { first, until }) = self {
            read_all([first, until], visit);
        }
    }
}

impl Texts for BookingOutcome {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        let Self { ticket, calendar: _, time, rooms } = self;
        ticket.iter().for_each(|ticket| visit(Used("booking-outcome.ticket", ticket)));
        time.iter_mut().for_each(|time| time.visit(visit));
        for AnsweredRoom { room, answer } in rooms {
            visit(Used("answered-room.room", room));
            match answer {
                RoomAnswer::Accepted(id) => visit(Used("accepted", id)),
                RoomAnswer::Partly(PartlyAccepted { id, declined }) => {
                    visit(Used("partly-accepted.id", id));
                    declined.visit(visit);
                }
                RoomAnswer::Declined(why) => why.visit(visit),
                RoomAnswer::Conflict(bookings) => bookings.visit(visit),
                RoomAnswer::Pending | RoomAnswer::Ended(_) => {}
            }
        }
    }
}

impl Texts for WatchResult {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        let Self { subject, subscription, is_new: _ } = self;
        subject.visit(visit);
        match subscription {
            Ok(Subscription { id, subject, renewed: _, expires: _ }) => {
                visit(Used("subscription.id", id));
                subject.visit(visit);
            }
            Err(error) => error.visit(visit),
        }
    }
}

impl Texts for WatchSubject {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        if let Self::Room(room) = self {
            visit(Used("watch-subject.room", room));
        }
    }
}

impl Texts for Notification {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        match self {
            Self::Handshake(token) => visit(Used("handshake", token)),
            Self::Hints(hints) => {
                for hint in hints {
                    visit(Used("notification-hint.subscription", &hint.subscription));
                }
            }
        }
    }
}

impl Texts for RoomAvailability {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        let Self { email, taken } = self;
        visit(Used("room-availability.email", email));
        if let Err(error) = taken {
            error.visit(visit);
        }
    }
}

impl Texts for Redirect {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        let Self { url, flow } = self;
        visit(Used("redirect.url", url));
        visit(Used("redirect.flow", flow));
    }
}

impl Texts for CallbackOutcome {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        match self {
            Self::SignedIn(user) => user.visit(visit),
            Self::ConsentGranted => {}
        }
    }
}

impl Texts for Script {
    fn visit(&mut self, visit: &mut dyn FnMut(Text<'_>)) {
        let Self { file_name, text } = self;
        visit(Used("script.file-name", file_name));
        visit(Used("script.text", text));
    }
}
