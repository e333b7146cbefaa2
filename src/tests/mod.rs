//! Tests of the plugin with a host and a Graph that answer by script, without network and waiting.

mod booking;
mod bookings;
mod buildings;
mod card_number;
mod choices;
mod codes;
mod conversation;
mod credentials;
mod group_payloads;
mod groups;
mod lag;
mod law;
mod layers;
mod notifications;
mod odd_input;
mod patience;
mod payloads;
mod places;
mod read_rooms;
mod restarts;
mod script;
mod settings;
mod sign_in;
mod time_zones;
mod users;
mod validation;
