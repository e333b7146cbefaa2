//! What the store needs to know of a record: a user, a room or a group.

use crate::model::{Group, Room, Unreadable, User};

/// Largest record that is stored, in bytes of JSON.
const LARGEST_RECORD: usize = 64 << 10;

/// Size of the buffer for the JSON of a record, in bytes. It need not grow for most users.
const USUAL_RECORD: usize = 512;

/// A user, a room or a group.
pub(crate) trait Record: serde::Serialize {
    fn id(&self) -> &str;
    fn email(&self) -> Option<&str>;

    /// Returns the texts that a search compares with.
    fn searched(&self) -> [Option<&str>; 3];

    /// Returns the record as it is stored. A record over [`LARGEST_RECORD`] counts as unreadable:
    /// the stored one stays.
    fn to_json(&self) -> Result<String, Unreadable> {
        let unreadable = |reason| Unreadable { id: self.id().to_owned(), reason };
        let mut json = Vec::with_capacity(USUAL_RECORD);
        let written = serde_json::to_writer(&mut json, self).map_err(|error| error.to_string());
        let json =
            written.and_then(|()| String::from_utf8(json).map_err(|error| error.to_string()));
        let json =
            json.map_err(|error| unreadable(format!("It cannot be written as JSON: {error}")))?;
        match json.len() {
            0..=LARGEST_RECORD => Ok(json),
            size => Err(unreadable(format!(
                "It has {size} bytes, and {LARGEST_RECORD} at most are stored of one record"
            ))),
        }
    }
}

impl<S: AsRef<str> + serde::Serialize> Record for User<S> {
    fn id(&self) -> &str {
        self.id.as_ref()
    }

    fn email(&self) -> Option<&str> {
        self.email.as_ref().map(S::as_ref)
    }

    fn searched(&self) -> [Option<&str>; 3] {
        [Some(self.display_name.as_ref()), self.email(), Some(self.username.as_ref())]
    }
}

impl<S: AsRef<str> + serde::Serialize> Record for Group<S> {
    fn id(&self) -> &str {
        self.id.as_ref()
    }

    fn email(&self) -> Option<&str> {
        self.email.as_ref().map(S::as_ref)
    }

    fn searched(&self) -> [Option<&str>; 3] {
        [Some(self.name.as_ref()), self.email(), None]
    }
}

impl Record for Room {
    fn id(&self) -> &str {
        &self.id
    }

    fn email(&self) -> Option<&str> {
        Some(&self.email)
    }

    fn searched(&self) -> [Option<&str>; 3] {
        [Some(&self.name), self.email(), None]
    }
}
