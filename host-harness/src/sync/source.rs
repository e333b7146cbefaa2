//! What a sync and the outbox ask: a plugin under some settings.

use std::fmt;

use crate::{
    error::Error,
    model::{
        BookingChange, BookingOutcome, BookingRequest, BookingTime, Explanation, Refusal,
        RoomBatch, RoomChange, RoomPosition, RoomUpdate, Subscription, Summary, TimeRange,
        UserBatch, UserChange, WatchRequest, WatchResult,
    },
    plugin::{CallError, Packed},
};

/// Source of a sync: a plugin under some settings. Calls block.
pub trait Source {
    /// Passes all rooms to `take`, in batches.
    ///
    /// # Errors
    /// Those of `take` and of the plugin.
    fn sync_rooms(
        &mut self,
        take: &mut dyn FnMut(RoomBatch) -> Result<(), Error>,
    ) -> Result<Summary, Error>;

    /// Passes users and groups to `take`, in batches: those that changed since the checkpoint
    /// `since`, or all.
    ///
    /// # Errors
    /// Those of `take` and of the plugin.
    fn sync_users(
        &mut self,
        since: Option<&str>,
        take: &mut dyn FnMut(UserBatch<Packed>) -> Result<(), Error>,
    ) -> Result<Summary, Error>;

    /// Reads these users by id.
    ///
    /// # Errors
    /// Those of the plugin.
    fn read_users(&mut self, ids: &[String]) -> Result<Vec<UserChange>, Error>;

    /// Reads these groups by id, without their members.
    ///
    /// # Errors
    /// Those of the plugin.
    fn read_groups(&mut self, ids: &[String]) -> Result<Vec<UserChange>, Error>;

    /// Reads these rooms by id.
    ///
    /// # Errors
    /// Those of the plugin.
    fn read_rooms(&mut self, ids: &[String]) -> Result<Vec<RoomChange>, Error>;

    /// Passes the bookings of these rooms in the window to `take`: of each room those that changed
    /// since its checkpoint, or all. A source without bookings refuses it.
    ///
    /// # Errors
    /// Those of `take` and of the plugin.
    fn sync_bookings(
        &mut self,
        _rooms: &[RoomPosition],
        _window: TimeRange,
        _take: &mut dyn FnMut(RoomUpdate) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        Err(no_bookings())
    }

    /// Reads these bookings and series of a room by id.
    ///
    /// # Errors
    /// Those of the plugin.
    fn read_bookings(
        &mut self,
        _room: &RoomPosition,
        _ids: &[String],
        _window: TimeRange,
    ) -> Result<Vec<BookingChange>, Error> {
        Err(no_bookings())
    }

    /// Books rooms as one meeting. `again` says that the request was sent before, and that the
    /// result is not known. A source without bookings refuses it, as the following ones.
    ///
    /// # Errors
    /// Those of the plugin.
    fn book_room(
        &mut self,
        _request: &BookingRequest,
        _again: bool,
    ) -> Result<BookingOutcome, Error> {
        Err(no_reservations())
    }

    /// Returns the present outcome of a request.
    ///
    /// # Errors
    /// Those of the plugin.
    fn check_booking(
        &mut self,
        _request: &BookingRequest,
        _ticket: &str,
    ) -> Result<BookingOutcome, Error> {
        Err(no_reservations())
    }

    /// Changes a meeting from `former` to `request`.
    ///
    /// # Errors
    /// Those of the plugin.
    fn change_booking(
        &mut self,
        _former: &BookingRequest,
        _request: &BookingRequest,
        _ticket: &str,
    ) -> Result<BookingOutcome, Error> {
        Err(no_reservations())
    }

    /// Cancels a meeting, or one occurrence of its series.
    ///
    /// # Errors
    /// Those of the plugin.
    fn cancel_booking(
        &mut self,
        _request: &BookingRequest,
        _ticket: &str,
        _occurrence: Option<&BookingTime>,
        _comment: &str,
    ) -> Result<(), Error> {
        Err(no_reservations())
    }

    /// Makes a room free again, whoever booked it.
    ///
    /// # Errors
    /// Those of the plugin.
    fn release_room(
        &mut self,
        _room: &RoomPosition,
        _booking: &str,
        _comment: &str,
    ) -> Result<(), Error> {
        Err(no_reservations())
    }

    /// Makes, renews and ends subscriptions, so that the vendor notifies about these subjects. A
    /// source without notifications refuses it.
    ///
    /// # Errors
    /// Those of the plugin.
    fn watch(&mut self, _wanted: Watching) -> Result<Vec<WatchResult>, Error> {
        Err(no_notifications())
    }

    /// Ends subscriptions.
    ///
    /// # Errors
    /// Those of the plugin.
    fn unwatch(&mut self, _held: Vec<Subscription>) -> Result<(), Error> {
        Err(no_notifications())
    }

    /// Returns the number of requests that were sent, as the host counted them.
    fn requests(&self) -> u32 {
        0
    }

    /// Returns the largest memory of a call, in bytes.
    fn peak_memory(&self) -> Option<u64> {
        None
    }
}

/// What the vendor is asked to notify about. Source: `watch` in `wit/integration.wit`.
#[derive(Clone)]
pub struct Watching {
    /// What to notify about.
    pub subjects: Vec<WatchRequest>,
    /// Where notifications are sent.
    pub address: String,
    /// What each notification carries.
    pub secret: String,
    /// The subscriptions that ONES has: of these subjects, or with `sweep` all.
    pub held: Vec<Subscription>,
    /// Whether other subscriptions that send to this address are ended.
    pub sweep: bool,
}

impl fmt::Debug for Watching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watching").field("subjects", &self.subjects).finish_non_exhaustive()
    }
}

fn no_bookings() -> Error {
    unsupported("bookings-unsupported", "The plugin does not read bookings")
}

fn no_notifications() -> Error {
    unsupported("notifications-unsupported", "The plugin does not offer notifications of changes")
}

fn no_reservations() -> Error {
    unsupported("reservations-unsupported", "The plugin does not book rooms")
}

fn unsupported(code: &str, summary: &str) -> Error {
    CallError::Refused(Refusal::Unsupported(Explanation {
        code: code.to_owned(),
        summary: summary.to_owned(),
        remedy: None,
        detail: None,
    }))
    .into()
}
