//! The part about bookings on the page of an integration.

use jiff::Timestamp;

use crate::{
    model::TimeRange,
    serve::view::{ProblemView, counted, problem},
    store::{Failing, IntegrationId, RoomBookings, Store, StoreError},
};

/// Number of failing rooms on the page.
const LISTED: usize = 5;

/// State of the bookings of an integration.
pub(in crate::serve::admin) struct BookingsSummary {
    /// Number of conflicts that are not over.
    pub(in crate::serve::admin) conflicts: u64,
    /// Rooms whose bookings cannot be read, the first five.
    pub(in crate::serve::admin) rooms: Vec<RoomBookings>,
    /// Number of all rooms whose bookings cannot be read.
    pub(in crate::serve::admin) failing_rooms: usize,
    /// Where no room can be read.
    pub(in crate::serve::admin) failing: Option<Failing>,
    /// Whether any room was read, or failed.
    pub(in crate::serve::admin) is_stored: bool,
}

impl BookingsSummary {
    pub(in crate::serve::admin) fn read(
        store: &Store,
        id: IntegrationId,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let no_time = TimeRange { starts: 0, ends: 0 };
        let mut rooms = store.listed_at(id, |_| true, |_| no_time)?;
        let is_stored = rooms.iter().any(|room| room.read_at.is_some() || room.failing.is_some());
        rooms.retain(|room| room.failing.is_some());
        let failing_rooms = rooms.len();
        rooms.truncate(LISTED);
        Ok(Self {
            conflicts: store.conflict_count(id, now)?,
            rooms,
            failing_rooms,
            failing: store.failing_bookings(id)?,
            is_stored,
        })
    }

    /// Returns the number of all failing rooms, in words.
    pub(in crate::serve::admin) fn failing_words(&self) -> String {
        counted(self.failing_rooms as u64, "room")
    }

    /// Returns each failing room on the page, with its problem.
    pub(in crate::serve::admin) fn listed(&self) -> Vec<(&RoomBookings, ProblemView<'_>)> {
        let rooms = self.rooms.iter().enumerate().filter_map(|(index, room)| {
            let failing = room.failing.as_ref()?;
            Some((room, problem(&failing.problem, format!("room-{index}"))))
        });
        rooms.collect()
    }
}
