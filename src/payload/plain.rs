//! Reads plain JSON, as Microsoft Graph writes nearly all of it, in a fraction of the time that a
//! parser for all of JSON takes.
//!
//! Plain are texts without escapes, whole numbers, true, false, null, lists of those, and objects
//! of those. Everything else is left to serde_json: a reader that finds it returns `None`, and
//! never a value that serde_json would not return.
//!
//! What runs for each member is inlined: the host checks at each function and loop whether a call
//! has run too long.

use std::borrow::Cow;

use super::json::{Json, Members, are_equal};

/// A place in a text of JSON.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plain<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Plain<'a> {
    /// Begins to read a text; `None` where it contains control characters. Within a text of JSON
    /// they are wrong, and looking for them everywhere at once is quicker.
    pub(crate) fn begin(text: &'a str) -> Option<Self> {
        let (chunks, rest) = text.as_bytes().as_chunks::<64>();
        let is_control =
            |bytes: &[u8]| bytes.iter().fold(false, |found, byte| found | (*byte < 32));
        let found = chunks.iter().any(|chunk| is_control(chunk)) || is_control(rest);
        (!found).then_some(Self { text, at: 0 })
    }

    /// Returns the next byte behind spaces.
    #[inline(always)]
    fn next(&mut self) -> Option<u8> {
        while self.text.as_bytes().get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        self.text.as_bytes().get(self.at).copied()
    }

    /// Moves behind that byte, which must be the next one.
    #[inline(always)]
    pub(crate) fn take(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then(|| self.at += 1)
    }

    /// Moves behind a comma, or behind the byte that ends the list or object. Returns whether
    /// another element follows.
    #[inline(always)]
    pub(crate) fn goes_on(&mut self, end: u8) -> Option<bool> {
        let next = self.next()?;
        self.at += 1;
        match next {
            b',' => Some(true),
            byte => (byte == end).then_some(false),
        }
    }

    /// Returns whether the list or object ends before its first element, and moves behind it.
    pub(crate) fn is_empty(&mut self, end: u8) -> bool {
        self.take(end).is_some()
    }

    /// Returns whether only spaces follow.
    pub(crate) fn is_at_end(&mut self) -> bool {
        self.next().is_none()
    }

    /// Reads the name of a member and its colon.
    pub(crate) fn name(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let name = self.rest_of_text()?;
        self.take(b':')?;
        Some(name)
    }

    /// Reads an object into `members`, whose former members are replaced. Quickest where the
    /// former ones have the same names in the same order, as those of the items of a list.
    pub(crate) fn object(&mut self, members: &mut Members<'a>) -> Option<()> {
        let (members, places) = members.next_item();
        let mut count = 0;
        let mut is_alike = true;
        self.take(b'{')?;
        let mut goes_on = !self.is_empty(b'}');
        while goes_on {
            if let Some((name, _)) = members.get_mut(count) {
                // A name with escapes is not borrowed, and not written as it is compared.
                if !matches!(name, Cow::Borrowed(name) if self.follows_name(name)) {
                    *name = Cow::Borrowed(self.name()?);
                    is_alike = false;
                }
            } else {
                members.push((Cow::Borrowed(self.name()?), Json::Null));
                is_alike = false;
            }
            if let Some((_, value)) = members.get_mut(count) {
                *value = self.value()?;
            }
            count += 1;
            goes_on = self.goes_on(b'}')?;
        }
        is_alike &= count == members.len();
        members.truncate(count);
        match places {
            Some(places) if is_alike => places.begin(),
            Some(places) => places.begin_other(),
            None => {}
        }
        Some(())
    }

    /// Moves behind that name and its colon, where they follow without spaces.
    #[inline(always)]
    fn follows_name(&mut self, name: &str) -> bool {
        let follows = || {
            let rest = self.text.as_bytes().get(self.at..)?.strip_prefix(b"\"")?;
            let (found, rest) = rest.split_at_checked(name.len())?;
            Some(are_equal(found, name.as_bytes()) && rest.starts_with(b"\":"))
        };
        let follows = follows().unwrap_or_default();
        if follows {
            self.at += name.len() + 3;
        }
        follows
    }

    /// Reads a value that is no object.
    #[inline(always)]
    pub(crate) fn value(&mut self) -> Option<Json<'a>> {
        if self.next()? != b'[' {
            return self.scalar();
        }
        self.at += 1;
        let mut values = Vec::new();
        if self.is_empty(b']') {
            return Some(Json::List(values));
        }
        loop {
            values.push(self.scalar()?);
            if !self.goes_on(b']')? {
                return Some(Json::List(values));
            }
        }
    }

    /// Reads a text, a whole number of at most 15 digits, true, false or null.
    #[inline(always)]
    fn scalar(&mut self) -> Option<Json<'a>> {
        match self.next()? {
            b'"' => {
                self.at += 1;
                self.rest_of_text().map(|text| Json::Text(Cow::Borrowed(text)))
            }
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            b'n' => self.word("null", Json::Null),
            b'0'..=b'9' => self.number(),
            _ => None,
        }
    }

    fn word(&mut self, word: &str, value: Json<'a>) -> Option<Json<'a>> {
        let follows = self.text.as_bytes().get(self.at..)?.starts_with(word.as_bytes());
        follows.then(|| self.at += word.len()).map(|()| value)
    }

    fn number(&mut self) -> Option<Json<'a>> {
        let rest = self.text.get(self.at..)?;
        let length = rest.bytes().take(16).take_while(u8::is_ascii_digit).count();
        let digits = rest.get(..length)?;
        // What follows is checked by the caller: a fraction or an exponent is no end of a value.
        let is_plain = length < 16 && (length == 1 || !digits.starts_with('0'));
        let number = digits.parse::<u64>().ok().filter(|_| is_plain)?;
        self.at += length;
        Some(Json::Number(number.into()))
    }

    /// Reads a text behind its first quotation mark.
    #[inline(always)]
    fn rest_of_text(&mut self) -> Option<&'a str> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let length = memchr::memchr2(b'"', b'\\', rest)?;
        if rest.get(length) == Some(&b'\\') {
            return None;
        }
        let text = self.text.get(self.at..self.at + length)?;
        self.at += length + 1;
        Some(text)
    }

    /// Reads an object with serde_json, where it is not plain: `None` where it is no object, or
    /// contains a value that no program can read.
    pub(crate) fn any_object(&mut self) -> Option<Members<'a>> {
        let rest = self.text.get(self.at..)?;
        let mut json = serde_json::Deserializer::from_str(rest).into_iter();
        let members = json.next()?.ok()?;
        self.at += json.byte_offset();
        Some(members)
    }
}
