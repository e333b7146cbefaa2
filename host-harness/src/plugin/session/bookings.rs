//! Calls about the bookings of rooms. Their answers pass `plugin/bookings.rs`.

use tokio::sync::mpsc;
use wasmtime::StoreContextMut;

use super::{
    super::{CallError, bookings, call::State},
    Session, follow, goes_on,
};
use crate::model::{BookingChange, RoomAvailability, RoomPosition, RoomUpdate, Summary, TimeRange};

impl Session {
    /// Sends the bookings of these rooms, 10,000 at most, that overlap the window to `updates`: of
    /// each room those that changed since its checkpoint, or all. Else as [`Self::sync_rooms`].
    ///
    /// # Errors
    /// Those of a call.
    pub async fn sync_bookings(
        &self,
        rooms: Vec<RoomPosition>,
        window: TimeRange,
        updates: mpsc::Sender<RoomUpdate>,
    ) -> Result<Summary, CallError> {
        let settings = self.settings.to_json();
        let secrets = self.secrets.clone();
        let admit = move |_: StoreContextMut<'_, State>, update| {
            Ok(bookings::admit_update(&secrets, update)?)
        };
        let summary = self.ask(async |accessor, plugin| {
            let (stream, future) = plugin
                .ones_integration_integration()
                .call_sync_bookings(accessor, settings, rooms, window)
                .await?;
            follow(accessor, stream, future, updates, admit).await
        });
        self.admit(summary.await.map_err(goes_on)?)
    }

    /// Reads these bookings and series of a room by id, [`crate::model::BATCH`] at most.
    ///
    /// # Errors
    /// Those of a call.
    pub async fn read_bookings(
        &self,
        room: RoomPosition,
        ids: Vec<String>,
        window: TimeRange,
    ) -> Result<Vec<BookingChange>, CallError> {
        let settings = self.settings.to_json();
        let changes = self.ask(async |accessor, plugin| {
            plugin
                .ones_integration_integration()
                .call_read_bookings(accessor, settings, room, ids, window)
                .await
        });
        bookings::admit_changes(&self.secrets, changes.await?)
    }

    /// Returns when the rooms with these e-mail addresses, [`crate::model::BATCH`] at most, are
    /// taken in the window. A room that the vendor did not report has an error, and is not free.
    ///
    /// # Errors
    /// Those of a call; [`CallError::BrokeInterface`] where a room is not among the answers.
    pub async fn availability(
        &self,
        rooms: Vec<String>,
        window: TimeRange,
    ) -> Result<Vec<RoomAvailability>, CallError> {
        let settings = self.settings.to_json();
        let asked = rooms.clone();
        let answer = self.ask(async |accessor, plugin| {
            plugin
                .ones_integration_integration()
                .call_availability(accessor, settings, rooms, window)
                .await
        });
        bookings::admit_availability(&self.secrets, answer.await?, &asked)
    }
}
