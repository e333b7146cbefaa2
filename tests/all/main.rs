//! The built component, in the program `ones-host`, against the emulated tenant.

mod advice;
mod booking_rooms;
mod bookings;
mod bookings_law;
mod browser;
mod card_numbers;
mod clouds;
mod component;
mod credentials;
mod day;
mod example;
mod groups;
mod instructions;
mod lagging;
mod lagging_law;
mod notifications;
mod odd_input;
mod patience;
mod places;
mod places_trouble;
mod reservations;
mod sign_in;
mod tabs;
mod trouble;
mod users;
mod validation;
