//! The functions of the plugin that the HTTP routes call, with records as JSON.

use std::pin::Pin;

use futures_util::Stream;
use ones_records::{
    BookingBatch, BookingRequest, BookingTime, Callback, CallbackOutcome, Mode, Notification,
    NotificationRequest, Purpose, Redirect, RoomBatch, RoomPosition, Subject, Subscription,
    TimeRange, UserBatch, UserChange, WatchRequest,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::problem::Problem;

/// The plugin. `settings` is always a JSON text.
pub trait Plugin: Clone + 'static {
    /// Returns the manifest: name, schema of the settings, permissions.
    fn describe(&self) -> Value;

    /// Checks the settings, and returns a report.
    fn validate(&self, settings: String) -> impl Future<Output = Value>;

    /// Lists all rooms.
    fn sync_rooms(&self, settings: String) -> impl Future<Output = Run>;

    /// Lists users and groups: all of them, or what changed since a checkpoint.
    fn sync_users(&self, settings: String, since: Option<String>) -> impl Future<Output = Run>;

    /// Lists the bookings of rooms in a window: of each room all of them, or what changed since its
    /// checkpoint.
    fn sync_bookings(
        &self,
        settings: String,
        rooms: Vec<RoomPosition>,
        window: TimeRange,
    ) -> impl Future<Output = Run>;

    /// Books rooms as one meeting, and returns what each answered.
    ///
    /// # Errors
    /// Those of the plugin.
    fn book_room(
        &self,
        settings: String,
        request: BookingRequest,
        again: bool,
    ) -> impl Future<Output = Result<Value, Problem>>;

    /// Returns what each room has answered by now.
    ///
    /// # Errors
    /// Those of the plugin.
    fn check_booking(
        &self,
        settings: String,
        request: BookingRequest,
        ticket: String,
    ) -> impl Future<Output = Result<Value, Problem>>;

    /// Changes a meeting from `former` to `request`, and returns what each room answered.
    ///
    /// # Errors
    /// Those of the plugin.
    fn change_booking(
        &self,
        settings: String,
        former: BookingRequest,
        request: BookingRequest,
        ticket: String,
    ) -> impl Future<Output = Result<Value, Problem>>;

    /// Cancels a meeting, or one occurrence of its series.
    ///
    /// # Errors
    /// Those of the plugin.
    fn cancel_booking(
        &self,
        settings: String,
        request: BookingRequest,
        ticket: String,
        occurrence: Option<BookingTime>,
        comment: String,
    ) -> impl Future<Output = Result<(), Problem>>;

    /// Makes a room free again.
    ///
    /// # Errors
    /// Those of the plugin.
    fn release_room(
        &self,
        settings: String,
        room: RoomPosition,
        booking: String,
        comment: String,
    ) -> impl Future<Output = Result<(), Problem>>;

    /// Makes, renews and ends subscriptions, and returns the result for each subject.
    ///
    /// # Errors
    /// Those of the plugin that concern all subjects.
    fn watch(
        &self,
        settings: String,
        subjects: Vec<WatchRequest>,
        address: String,
        secret: String,
        held: Vec<Subscription>,
        sweep: bool,
    ) -> impl Future<Output = Result<Value, Problem>>;

    /// Ends subscriptions.
    ///
    /// # Errors
    /// Those of the plugin.
    fn unwatch(
        &self,
        settings: String,
        held: Vec<Subscription>,
    ) -> impl Future<Output = Result<(), Problem>>;

    /// Interprets a request that reached the address for notifications.
    ///
    /// # Errors
    /// Those of the plugin.
    fn handle_notification(
        &self,
        settings: String,
        secret: String,
        request: NotificationRequest,
    ) -> impl Future<Output = Result<Notification, Problem>>;

    /// Begins a sign-in, and returns where to send the browser.
    ///
    /// # Errors
    /// Those of the plugin.
    fn begin_sign_in(
        &self,
        settings: String,
        redirect_uri: String,
        purpose: Purpose,
    ) -> impl Future<Output = Result<Redirect, Problem>>;

    /// Finishes a sign-in, and returns the user or the granted consent.
    ///
    /// # Errors
    /// Those of the plugin.
    fn handle_callback(
        &self,
        settings: String,
        callback: Callback,
    ) -> impl Future<Output = Result<Value, Problem>>;
}

/// A running sync. Dropping it ends the requests of the plugin.
pub struct Run {
    /// A batch is requested once the previous one was taken, so that a slow client slows the sync.
    pub batches: Pin<Box<dyn Stream<Item = Batch>>>,
    /// The summary, once the batches have ended.
    pub end: Pin<Box<dyn Future<Output = Result<Value, Problem>>>>,
}

/// A part of the result of a sync.
#[derive(Debug, Default)]
pub struct Batch {
    /// Kind of the records, and the position in an enumeration.
    pub head: Value,
    /// Records and changes, in the order of the plugin.
    pub lines: Vec<Value>,
    /// Where a later run can continue.
    pub checkpoint: Option<String>,
}

impl From<RoomBatch> for Batch {
    fn from(batch: RoomBatch) -> Self {
        let rooms = batch.rooms.iter().map(|room| json!({ "room": with_unknown(json!(room)) }));
        let unreadable = batch.unreadable.iter().map(|record| json!({ "unreadable": record }));
        Self {
            head: json!({ "subject": "rooms" }),
            lines: rooms.chain(unreadable).collect(),
            checkpoint: None,
        }
    }
}

impl From<UserBatch> for Batch {
    fn from(batch: UserBatch) -> Self {
        #[derive(Serialize)]
        struct Head {
            subject: Subject,
            #[serde(flatten)]
            mode: Mode,
            total: Option<u64>,
        }
        let UserBatch { subject, mode, changes, checkpoint, total } = batch;
        Self {
            head: json!(Head { subject, mode, total }),
            lines: changes.iter().map(change).collect(),
            checkpoint: Some(checkpoint),
        }
    }
}

impl From<BookingBatch> for Batch {
    fn from(batch: BookingBatch) -> Self {
        #[derive(Serialize)]
        struct Head {
            subject: &'static str,
            room: String,
            #[serde(flatten)]
            mode: Mode,
        }
        let BookingBatch { room, mode, changes, checkpoint } = batch;
        Self {
            head: json!(Head { subject: BOOKINGS, room, mode }),
            lines: changes.iter().map(|change| json!(change)).collect(),
            checkpoint: Some(checkpoint),
        }
    }
}

/// Subject of the batches of a sync of bookings.
const BOOKINGS: &str = "bookings";

/// Returns the batch for a room whose bookings could not be read. It has no checkpoint: the former
/// one remains valid.
pub fn failed(room: &str, problem: &Problem) -> Batch {
    Batch {
        head: json!({ "subject": BOOKINGS, "room": room }),
        lines: vec![json!({ "failed": problem.to_json() })],
        checkpoint: None,
    }
}

fn change(change: &UserChange) -> Value {
    match change {
        UserChange::User(user) => json!({ "user": with_unknown(json!(user)) }),
        UserChange::UserIfKnown(user) => json!({ "userIfKnown": with_unknown(json!(user)) }),
        change => json!(change),
    }
}

/// Returns the record with its list of unknown fields. Clients find the list in every record, but
/// the records leave it out where it is empty.
fn with_unknown(mut record: Value) -> Value {
    if let Some(members) = record.as_object_mut() {
        members.entry("unknown").or_insert_with(|| json!([]));
    }
    record
}

/// Returns the result of a callback as the client gets it.
pub fn outcome(outcome: CallbackOutcome) -> Value {
    match outcome {
        CallbackOutcome::SignedIn(user) => json!({ "signedIn": with_unknown(json!(user)) }),
        CallbackOutcome::ConsentGranted => json!({ "consentGranted": true }),
    }
}
