//! The plugin against a host and a Graph that answer by script: no network, no waiting.

mod choices;
mod conversation;
mod credentials;
mod law;
mod payloads;
mod people;
mod places;
mod script;
mod settings;
mod sign_in;
mod validation;
