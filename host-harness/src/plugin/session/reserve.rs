//! Calls that book rooms, and change and cancel what was booked.

use std::time::Duration;

use wasmtime::component::Accessor;

use super::{
    super::{CallError, bindings, bookings, call::State},
    Answer, Session,
};
use crate::model::{BookingOutcome, BookingRequest, BookingTime, RoomPosition};

/// Longest time of one of these calls. A call that hangs must not block its room for long: it is
/// repeated.
const LONGEST: Duration = Duration::from_secs(3 * 60);

impl Session {
    fn longest(&self) -> Duration {
        self.plugin.0.limits.time.min(LONGEST)
    }

    /// Asks for an outcome, and admits it.
    async fn outcome(
        &self,
        asked: &BookingRequest,
        work: impl AsyncFnOnce(&Accessor<State>, &bindings::Plugin) -> Answer<BookingOutcome>,
    ) -> Result<BookingOutcome, CallError> {
        let outcome = self.ask_at_most(self.longest(), work).await?;
        bookings::admit_outcome(&self.secrets, outcome, asked)
    }

    /// Books rooms as one meeting. `again` says that the same request was sent before, and that it
    /// is not known whether it was carried out.
    ///
    /// # Errors
    /// Those of a call; [`CallError::BrokeInterface`] where the answer has not each room once.
    pub async fn book_room(
        &self,
        request: BookingRequest,
        again: bool,
    ) -> Result<BookingOutcome, CallError> {
        let settings = self.settings.to_json();
        let asked = request.clone();
        self.outcome(&asked, async |accessor, plugin| {
            plugin
                .ones_integration_integration()
                .call_book_room(accessor, settings, request, again)
                .await
        })
        .await
    }

    /// Returns the result of a request.
    ///
    /// # Errors
    /// As [`Self::book_room`].
    pub async fn check_booking(
        &self,
        request: BookingRequest,
        ticket: String,
    ) -> Result<BookingOutcome, CallError> {
        let settings = self.settings.to_json();
        let asked = request.clone();
        self.outcome(&asked, async |accessor, plugin| {
            plugin
                .ones_integration_integration()
                .call_check_booking(accessor, settings, request, ticket)
                .await
        })
        .await
    }

    /// Changes a meeting from `former` to `request`.
    ///
    /// # Errors
    /// As [`Self::book_room`].
    pub async fn change_booking(
        &self,
        former: BookingRequest,
        request: BookingRequest,
        ticket: String,
    ) -> Result<BookingOutcome, CallError> {
        let settings = self.settings.to_json();
        let asked = request.clone();
        self.outcome(&asked, async |accessor, plugin| {
            plugin
                .ones_integration_integration()
                .call_change_booking(accessor, settings, former, request, ticket)
                .await
        })
        .await
    }

    /// Cancels a meeting, or one occurrence of its series.
    ///
    /// # Errors
    /// Those of a call.
    pub async fn cancel_booking(
        &self,
        request: BookingRequest,
        ticket: String,
        occurrence: Option<BookingTime>,
        comment: String,
    ) -> Result<(), CallError> {
        let settings = self.settings.to_json();
        self.ask_at_most(self.longest(), async |accessor, plugin| {
            plugin
                .ones_integration_integration()
                .call_cancel_booking(accessor, settings, request, ticket, occurrence, comment)
                .await
        })
        .await
    }

    /// Makes a room free again, whoever booked it. The id is that of a booking or of a series.
    ///
    /// # Errors
    /// Those of a call.
    pub async fn release_room(
        &self,
        room: RoomPosition,
        booking: String,
        comment: String,
    ) -> Result<(), CallError> {
        let settings = self.settings.to_json();
        self.ask_at_most(self.longest(), async |accessor, plugin| {
            plugin
                .ones_integration_integration()
                .call_release_room(accessor, settings, room, booking, comment)
                .await
        })
        .await
    }
}
