//! One page of a collection.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use super::refusal::not_graph;
use crate::{
    error::{Error, Explanation},
    host::Response,
    payload::whole_number,
};

/// A page whose items are still unread: a wrong one must not affect the others, and the links are
/// needed before the items are read.
#[derive(Debug)]
pub struct Page<'a> {
    /// The items, each as raw JSON.
    pub value: Vec<&'a RawValue>,
    /// Link to the next page.
    pub next_link: Option<Cow<'a, str>>,
    /// Link to later changes, at the end of a round of delta.
    pub delta_link: Option<Cow<'a, str>>,
    /// Number of items on all pages, where Graph returns it in a form that can be read.
    pub count: Option<u64>,
}

impl<'a> Page<'a> {
    /// Reads items and links of a page.
    ///
    /// # Errors
    /// [`Error::Unexpected`] where it is not a page: HTML, incomplete JSON, or another shape.
    pub fn read(response: &'a Response) -> Result<Self, Error> {
        serde_json::from_str(response.text()).map_err(|error| {
            // Only the place: serde_json's own text repeats a few characters of the answer.
            let place = format!("line {} column {}", error.line(), error.column());
            not_graph(format!("{}; not a page of JSON at {place}", response.outline()))
        })
    }
}

/// Only items and links must follow OData. Where a member appears twice, the last one counts, as
/// with most parsers.
impl<'de> Deserialize<'de> for Page<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Link<'a>(#[serde(borrow)] Cow<'a, str>);

        struct Outline;

        impl<'de> Visitor<'de> for Outline {
            type Value = Page<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a page")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let (mut value, mut next_link, mut delta_link, mut count) =
                    (None, None, None, None);
                // Null and an empty text mean that there is no link.
                let link =
                    |link: Option<Link<'de>>| link.map(|link| link.0).filter(|url| !url.is_empty());
                while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                    match name.as_ref() {
                        // Null is a page without items.
                        "value" => value = Some(map.next_value::<Option<_>>()?.unwrap_or_default()),
                        "@odata.nextLink" => next_link = link(map.next_value()?),
                        "@odata.deltaLink" => delta_link = link(map.next_value()?),
                        "@odata.count" => count = whole_number(&map.next_value::<Value>()?),
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                let value = value.ok_or_else(|| serde::de::Error::missing_field("value"))?;
                let count = count.and_then(|count| u64::try_from(count).ok());
                Ok(Page { value, next_link, delta_link, count })
            }
        }

        deserializer.deserialize_map(Outline)
    }
}

/// Detects a loop of page links in constant memory (Brent's algorithm).
#[derive(Debug, Default)]
pub struct LoopGuard {
    anchor: String,
    steps: u64,
    power: u64,
}

impl LoopGuard {
    /// Returns the error for a loop.
    pub fn loop_error() -> Error {
        Error::Unexpected(
            Explanation::new("paging-loop", "Microsoft Graph's page links form a loop")
                .remedy("Try again later. What was read so far is stored"),
        )
    }

    /// Notes a link before it is followed.
    ///
    /// # Errors
    /// [`Error::Unexpected`] where the link was followed before. A loop is detected at the latest
    /// after three times the length of the loop and of the way to it.
    pub fn follow(&mut self, link: &str) -> Result<(), Error> {
        if self.anchor == link {
            return Err(Self::loop_error());
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

    fn response(body: &str) -> Response {
        Response { status: 200, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn a_wrong_count_does_not_affect_the_page() {
        for (count, read) in [
            ("6", Some(6)),
            (r#""6""#, Some(6)),
            ("6.0", Some(6)),
            ("-1", None),
            ("6.5", None),
            (r#""many""#, None),
            (r#""""#, None),
            ("null", None),
            ("1e300", None),
            ("18446744073709551616", None),
            (r#"{"all": 6}"#, None),
        ] {
            let response = response(&format!(r#"{{"@odata.count": {count}, "value": [1, 2]}}"#));
            let page = Page::read(&response).expect(count);
            assert_eq!((page.count, page.value.len()), (read, 2), "{count}");
        }
    }

    #[test]
    fn a_page_whose_value_is_null_has_no_items_and_a_next_page() {
        let response = response(r#"{"value": null, "@odata.nextLink": "https://a.example"}"#);
        let page = Page::read(&response).expect("a page");
        assert_eq!((page.value.len(), page.next_link.as_deref()), (0, Some("https://a.example")));
    }

    #[test]
    fn null_and_empty_links_are_ignored_and_the_last_of_two_members_counts() {
        let response = response(
            r#"{"value": [1], "@odata.nextLink": "", "@odata.deltaLink": null, "value": [2, 3]}"#,
        );
        let page = Page::read(&response).expect("a page");
        assert_eq!((page.value.len(), page.next_link, page.delta_link), (2, None, None));
    }

    #[test]
    fn other_shapes_are_refused() {
        for body in ["", "null", "[]", r#"{"items": []}"#, r#"{"value": 5}"#, r#"{"value": [1]"#] {
            assert!(Page::read(&response(body)).is_err(), "{body}");
        }
        let link = r#"{"value": [], "@odata.nextLink": 5}"#;
        assert!(Page::read(&response(link)).is_err(), "an enumeration must not end there");
    }

    #[test]
    fn every_loop_is_detected_and_nothing_else() {
        for way in 0..40_u32 {
            for circle in 1..40_u32 {
                let mut guard = LoopGuard::default();
                let links = (0..way).chain((way..way + circle).cycle());
                let links = links.take_while(|link| guard.follow(&link.to_string()).is_ok());
                let followed = links.count();
                assert!(followed <= 3 * (way + circle) as usize + 1, "{way} {circle}: {followed}");
            }
        }
        let mut guard = LoopGuard::default();
        assert!((0..10_000).all(|link| guard.follow(&link.to_string()).is_ok()));
    }
}
