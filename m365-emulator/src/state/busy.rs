//! How many requests each mailbox is busy with.

use std::collections::HashMap;

/// Number of requests to each mailbox that are not answered yet.
#[derive(Debug, Default)]
pub(crate) struct Busy {
    requests: HashMap<String, usize>,
}

impl Busy {
    /// Counts a request. Returns whether the mailbox had less than the maximum.
    pub(crate) fn enter(&mut self, mailbox: &str, maximum: usize) -> bool {
        let requests = self.requests.entry(mailbox.to_owned()).or_default();
        if *requests >= maximum {
            return false;
        }
        *requests += 1;
        true
    }

    /// Ends a request.
    pub(crate) fn leave(&mut self, mailbox: &str) {
        if let Some(requests) = self.requests.get_mut(mailbox) {
            *requests -= 1;
            if *requests == 0 {
                self.requests.remove(mailbox);
            }
        }
    }
}
