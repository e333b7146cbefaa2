//! How the texts of records are used.
//!
//! The records of users and groups are generic over the type of their texts: a host with many of
//! them can keep the texts of a batch in one buffer, or read them where the component has them.

/// How a text of a record is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextUse {
    /// As it is, under this name in the interface: an id.
    Key(&'static str),
    /// People read it.
    Shown,
}
