//! The built component, in the program `ones-host`, against the emulated tenant.

mod browser;
mod card_numbers;
mod clouds;
mod component;
mod credentials;
mod groups;
mod people;
mod places;
mod sign_in;
mod trouble;
mod validation;
