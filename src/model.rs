//! The records of the interface.

pub use ones_records::*;
