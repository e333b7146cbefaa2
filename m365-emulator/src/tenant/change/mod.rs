//! How the tenant is changed after it was made: by name, or in a random mix.

mod groups;
pub(crate) mod mix;
mod room_lists;
mod rooms;
mod spaces;
mod users;
