//! The links of a page, which lead to what is read next.

use std::{borrow::Cow, fmt};

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::page::{Page, link};
use crate::{error::Error, host::Response, payload::Text};

/// The links of a page.
#[derive(Debug, PartialEq, Eq)]
pub struct Links<'a> {
    /// Link to the next page.
    pub next: Option<Cow<'a, str>>,
    /// Link to later changes. Not read where a link to the next page precedes the items.
    pub delta: Option<Cow<'a, str>>,
}

impl<'a> Links<'a> {
    /// Reads the links of a page. Where the link to the next page precedes the items, as with
    /// Microsoft Graph, the items are not read: the next page can be requested before that.
    ///
    /// # Errors
    /// Those of [`Page::read`] where the link to the next page does not precede the items.
    pub fn read(response: &'a Response) -> Result<Self, Error> {
        let mut next = None;
        let mut json = serde_json::Deserializer::from_slice(&response.body);
        // An error, at the latest where the items begin.
        let _ = json.deserialize_map(Head(&mut next));
        if next.is_some() {
            return Ok(Self { next, delta: None });
        }
        let page = Page::skim(response)?;
        Ok(Self { next: page.next_link, delta: page.delta_link })
    }
}

/// Reads the link to the next page where it precedes the items.
struct Head<'r, 'de>(&'r mut Option<Cow<'de, str>>);

impl<'de> Visitor<'de> for Head<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Text(name)) = map.next_key()? {
            match name.as_ref() {
                "value" => break,
                "@odata.nextLink" => *self.0 = link(map.next_value()?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
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
    fn a_link_before_the_items_is_read_without_them() {
        let page = response(r#"{"@odata.context": "c", "@odata.nextLink": "n", "value": [{"#);
        assert_eq!(Links::read(&page).expect("links").next.as_deref(), Some("n"));
        let page = response(r#"{"@odata.deltaLink": "d", "value": [{"#);
        assert!(Links::read(&page).is_err(), "a next link could follow");
    }

    #[test]
    fn links_behind_the_items_are_read_too() {
        for (page, next, delta) in [
            (r#"{"value": [1], "@odata.nextLink": "n"}"#, Some("n"), None),
            (r#"{"@odata.nextLink": null, "value": [], "@odata.nextLink": "n"}"#, Some("n"), None),
            (r#"{"@odata.deltaLink": "d", "value": [{}]}"#, None, Some("d")),
            (r#"{"@odata.nextLink": "", "value": null}"#, None, None),
        ] {
            let response = response(page);
            let links = Links::read(&response).expect(page);
            assert_eq!((links.next.as_deref(), links.delta.as_deref()), (next, delta), "{page}");
        }
        for other in ["", "[]", "<html>", r#"{"@odata.nextLink": 5, "value": []}"#] {
            assert!(Links::read(&response(other)).is_err(), "{other}");
        }
    }
}
