//! One page of a collection.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::refusal::not_graph;
use crate::{
    error::{Error, Explanation},
    host::Response,
};

/// A page, its items still unread: one that is wrong must not spoil the others, and the
/// links are known before the items are read.
#[derive(Debug, Deserialize)]
pub struct Page<'a> {
    /// One raw JSON value an item.
    #[serde(borrow)]
    pub value: Vec<&'a RawValue>,
    /// Where the next page is.
    #[serde(borrow, rename = "@odata.nextLink")]
    pub next_link: Option<Cow<'a, str>>,
    /// Where later changes are, at the end of a round of delta.
    #[serde(borrow, rename = "@odata.deltaLink")]
    pub delta_link: Option<Cow<'a, str>>,
    /// How many there are on all pages, where Graph says so.
    #[serde(rename = "@odata.count")]
    pub count: Option<u64>,
}

impl<'a> Page<'a> {
    /// Reads the outline of a page.
    ///
    /// # Errors
    /// [`Error::Unexpected`] where it is no page: HTML, broken off JSON, another shape.
    pub fn read(response: &'a Response) -> Result<Self, Error> {
        serde_json::from_str(response.text()).map_err(|error| {
            // serde_json repeats no more of the answer than a few characters; not even those.
            let place = format!("line {} column {}", error.line(), error.column());
            not_graph(format!("{}; not a page of JSON at {place}", response.outline()))
        })
    }
}

/// Notices that page links lead in a circle, in constant memory (Brent's algorithm).
#[derive(Debug, Default)]
pub struct LoopGuard {
    anchor: String,
    steps: u64,
    power: u64,
}

impl LoopGuard {
    /// What to say of it.
    pub fn circle() -> Error {
        Error::Unexpected(
            Explanation::new("paging-loop", "Microsoft Graph's page links lead in a circle")
                .remedy("Try again later; what was read so far is kept"),
        )
    }

    /// To be told of every link before it is followed.
    ///
    /// # Errors
    /// [`Error::Unexpected`] where the link was followed before; at the latest after three
    /// times the length of the circle and the way to it.
    pub fn follow(&mut self, link: &str) -> Result<(), Error> {
        if self.anchor == link {
            return Err(Self::circle());
        }
        if self.steps == self.power {
            link.clone_into(&mut self.anchor);
            self.power = (self.power * 2).max(1);
            self.steps = 0;
        }
        self.steps += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_circle_is_noticed_and_no_straight_way_is() {
        for way in 0..40_u32 {
            for circle in 1..40_u32 {
                let mut guard = LoopGuard::default();
                let links = (0..way).chain((way..way + circle).cycle());
                let followed = links.take_while(|it| guard.follow(&it.to_string()).is_ok()).count();
                assert!(followed <= 3 * (way + circle) as usize + 1, "{way} {circle}: {followed}");
            }
        }
        let mut guard = LoopGuard::default();
        assert!((0..10_000).all(|it| guard.follow(&it.to_string()).is_ok()));
    }
}
