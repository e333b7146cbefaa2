//! Finds out which room an address belongs to.

use serde_json::value::RawValue;

use crate::{
    error::Error,
    graph::{Answer, Graph},
    host::{Host, Request},
    model::WantedRoom,
    payload::RoomKey,
};

/// A room of the tenant.
pub(super) struct Place(RoomKey);

impl Place {
    /// Returns whether it is the room of a request.
    pub(super) fn is(&self, room: &WantedRoom) -> bool {
        let has_address = |address: &String| address.eq_ignore_ascii_case(&room.email);
        self.0.id == room.room || self.0.email.as_ref().is_some_and(has_address)
    }
}

/// Returns the room with that address, which can be any of its addresses; `None` where Microsoft
/// Graph does not return one.
///
/// # Errors
/// Those of a request without an answer.
pub(super) async fn place_at<H: Host>(
    graph: &Graph<'_, H>,
    address: &str,
) -> Result<Option<Place>, Error> {
    let request = Request::get(graph.endpoints().place(address));
    let Answer::Success(response) = graph.ask(request).await? else { return Ok(None) };
    let raw = serde_json::from_str::<&RawValue>(response.text()).ok();
    let key = raw.map(RoomKey::identify).filter(|key| key.email.is_some());
    Ok(key.map(Place))
}
