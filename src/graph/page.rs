//! One page of a collection.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::refusal::not_graph;
use crate::{
    error::{Error, Explanation},
    host::Response,
    payload::{Json, Members, Plain, Text, whole_number},
};

/// A page. A wrong item does not affect the others: each stays raw or was read on its own.
#[derive(Debug)]
pub struct Page<'a, I = &'a RawValue> {
    /// The items.
    pub value: Vec<I>,
    /// Link to the next page.
    pub next_link: Option<Cow<'a, str>>,
    /// Link to later changes, at the end of a round of delta.
    pub delta_link: Option<Cow<'a, str>>,
    /// Number of items on all pages, where Graph returns it in a form that can be read.
    pub count: Option<u64>,
}

impl<'a> Page<'a> {
    /// Reads a page; its items stay raw.
    ///
    /// # Errors
    /// [`Error::Unexpected`] where it is not a page: HTML, incomplete JSON, or another shape.
    pub fn read(response: &'a Response) -> Result<Self, Error> {
        parse(response.text(), &mut Raw).map_err(|error| not_a_page(response, &error))
    }

    /// Reads a page that is the body of an answer in a batch; `None` where it is not a page.
    pub fn read_inner(body: &'a RawValue) -> Option<Self> {
        parse(body.get(), &mut Raw).ok()
    }
}

impl<'a, I> Page<'a, I> {
    /// Reads a page in one pass where it is plain; `read` returns the item with those members.
    ///
    /// # Errors
    /// Those of [`Page::read`].
    pub(crate) fn read_each(
        response: &'a Response,
        read: impl Fn(&Members<'a>) -> I,
    ) -> Result<Self, Error> {
        if let Some(page) = Self::read_plain(response.text(), &read) {
            return Ok(page);
        }
        let Page { value, next_link, delta_link, count } = Page::read(response)?;
        let value = value.into_iter().map(|raw| read(&Members::read(raw))).collect();
        Ok(Self { value, next_link, delta_link, count })
    }

    /// Reads a page of which all but single items are plain JSON; `None` for any other.
    fn read_plain(text: &'a str, read: &impl Fn(&Members<'a>) -> I) -> Option<Self> {
        let mut json = Plain::begin(text)?;
        let (mut value, mut next_link, mut delta_link, mut count) = (None, None, None, None);
        let mut goes_on = true;
        json.take(b'{')?;
        while goes_on {
            match json.name()? {
                "value" => value = Some(read_items(&mut json, read)?),
                "@odata.nextLink" => next_link = plain_link(json.value()?)?,
                "@odata.deltaLink" => delta_link = plain_link(json.value()?)?,
                "@odata.count" => count = whole_number(&json.value()?),
                _ => drop(json.value()?),
            }
            goes_on = json.goes_on(b'}')?;
        }
        let count = count.and_then(|count| u64::try_from(count).ok());
        json.is_at_end().then_some(Self { value: value?, next_link, delta_link, count })
    }
}

fn read_items<'a, I>(json: &mut Plain<'a>, read: &impl Fn(&Members<'a>) -> I) -> Option<Vec<I>> {
    let mut items = Vec::new();
    // Many items are read into the same memory.
    let mut members = Members::of_many();
    json.take(b'[')?;
    let mut goes_on = !json.is_empty(b']');
    while goes_on {
        let start = *json;
        if json.object(&mut members).is_none() {
            *json = start;
            members.replace(json.any_object()?);
        }
        items.push(read(&members));
        goes_on = json.goes_on(b']')?;
    }
    Some(items)
}

/// Returns a link, as [`link`] does; `None` where it is neither text nor null.
fn plain_link<'a>(value: Json<'a>) -> Option<Option<Cow<'a, str>>> {
    match value {
        Json::Text(url) => Some(link(Some(Text(url)))),
        Json::Null => Some(None),
        _ => None,
    }
}

impl Page<'_, ()> {
    /// Reads a page without its items.
    ///
    /// # Errors
    /// Those of [`Page::read`].
    pub(super) fn skim(response: &Response) -> Result<Page<'_, ()>, Error> {
        parse(response.text(), &mut Skipped).map_err(|error| not_a_page(response, &error))
    }
}

fn parse<'a, I: ReadItem<'a>>(
    text: &'a str,
    items: &mut I,
) -> Result<Page<'a, I::Item>, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let page = json.deserialize_map(PageVisitor(items))?;
    json.end()?;
    Ok(page)
}

fn not_a_page(response: &Response, error: &serde_json::Error) -> Error {
    // Only the place: serde_json's own text repeats a few characters of the answer.
    let place = format!("line {} column {}", error.line(), error.column());
    not_graph(format!("{}; not a page of JSON at {place}", response.outline()))
}

/// A way to read the items of a page.
trait ReadItem<'de> {
    type Item;

    /// Reads the next item; `None` at the end.
    fn read<A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<Option<Self::Item>, A::Error>;
}

struct Raw;

impl<'de> ReadItem<'de> for Raw {
    type Item = &'de RawValue;

    fn read<A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<Option<Self::Item>, A::Error> {
        list.next_element()
    }
}

struct Skipped;

impl<'de> ReadItem<'de> for Skipped {
    type Item = ();

    fn read<A: SeqAccess<'de>>(&mut self, list: &mut A) -> Result<Option<Self::Item>, A::Error> {
        Ok(list.next_element::<IgnoredAny>()?.map(drop))
    }
}

/// Only items and links must follow OData. Where a member appears twice, the last one counts, as
/// with most parsers.
struct PageVisitor<'r, I>(&'r mut I);

impl<'de, I: ReadItem<'de>> Visitor<'de> for PageVisitor<'_, I> {
    type Value = Page<'de, I::Item>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut value, mut next_link, mut delta_link, mut count) = (None, None, None, None);
        while let Some(Text(name)) = map.next_key()? {
            match name.as_ref() {
                "value" => value = Some(map.next_value_seed(Items(&mut *self.0))?),
                "@odata.nextLink" => next_link = link(map.next_value()?),
                "@odata.deltaLink" => delta_link = link(map.next_value()?),
                "@odata.count" => count = whole_number(&Json::read(map.next_value()?)),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let value = value.ok_or_else(|| serde::de::Error::missing_field("value"))?;
        let count = count.and_then(|count| u64::try_from(count).ok());
        Ok(Page { value, next_link, delta_link, count })
    }
}

/// Returns a link. Null and an empty text mean that there is none.
pub(super) fn link(link: Option<Text<'_>>) -> Option<Cow<'_, str>> {
    link.map(|Text(url)| url).filter(|url| !url.is_empty())
}

struct Items<'r, I>(&'r mut I);

impl<'de, I: ReadItem<'de>> DeserializeSeed<'de> for Items<'_, I> {
    type Value = Vec<I::Item>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, I: ReadItem<'de>> Visitor<'de> for Items<'_, I> {
    type Value = Vec<I::Item>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    /// Null is a page without items.
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = self.0.read(&mut list)? {
            items.push(item);
        }
        Ok(items)
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
