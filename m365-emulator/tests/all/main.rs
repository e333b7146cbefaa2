//! The emulator through its public interfaces: HTTP, the library's handle, and the program.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod all_day;
mod batch;
mod browser;
mod calendar;
mod calendar_delta;
mod calendar_mix;
mod certificates;
mod clouds;
mod consent;
mod control;
mod delta;
mod entra;
mod event_writes;
mod exchange_limits;
mod faults;
mod follower;
mod group_delta;
mod group_members;
mod groups;
mod id_tokens;
mod layers;
mod odd_events;
mod outlook;
mod overrides;
mod permissions;
mod places;
mod program;
mod receiver;
mod replicas;
mod room_answers;
mod series;
mod session;
mod sign_in;
mod spaces;
mod subscriptions;
mod tenant;
mod users;
