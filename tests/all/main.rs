//! The built component, in the program `ones-host`, against the emulated tenant.

mod browser;
mod component;
mod groups;
mod people;
mod places;
mod sign_in;
mod trouble;
mod validation;
