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
                self.value_into(value)?;
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
        let end = self.at + name.len() + 3;
        let found = self.text.as_bytes().get(self.at..end);
        let follows = match found {
            Some([b'"', found @ .., b'"', b':']) => are_equal(found, name.as_bytes()),
            _ => false,
        };
        if follows {
            self.at = end;
        }
        follows
    }

    /// Reads a value that is no object.
    pub(crate) fn value(&mut self) -> Option<Json<'a>> {
        let mut value = Json::Null;
        self.value_into(&mut value)?;
        Some(value)
    }

    /// Reads a value that is no object, and replaces another one by it. Quickest where that is of
    /// the same kind.
    #[inline(always)]
    fn value_into(&mut self, value: &mut Json<'a>) -> Option<()> {
        if self.next()? != b'[' {
            return self.scalar_into(value);
        }
        self.at += 1;
        if !matches!(value, Json::List(_)) {
            *value = Json::List(Vec::new());
        }
        let Json::List(values) = value else { return None };
        let mut count = 0;
        let mut goes_on = !self.is_empty(b']');
        while goes_on {
            if count == values.len() {
                values.push(Json::Null);
            }
            self.scalar_into(values.get_mut(count)?)?;
            count += 1;
            goes_on = self.goes_on(b']')?;
        }
        values.truncate(count);
        Some(())
    }

    /// Reads a text, a whole number of at most 15 digits, true, false or null, and replaces another
    /// value by it.
    #[inline(always)]
    fn scalar_into(&mut self, value: &mut Json<'a>) -> Option<()> {
        if self.next()? != b'"' {
            *value = self.number_or_word()?;
            return Some(());
        }
        self.at += 1;
        let text = self.rest_of_text()?;
        match value {
            // There is nothing to drop, which would be a call.
            Json::Text(Cow::Borrowed(former)) => *former = text,
            _ => *value = Json::Text(Cow::Borrowed(text)),
        }
        Some(())
    }

    fn number_or_word(&mut self) -> Option<Json<'a>> {
        match self.next()? {
            b't' => self.word(b"true", Json::Bool(true)),
            b'f' => self.word(b"false", Json::Bool(false)),
            b'n' => self.word(b"null", Json::Null),
            b'0'..=b'9' => self.number(),
            _ => None,
        }
    }

    fn word<const N: usize>(&mut self, word: &[u8; N], value: Json<'a>) -> Option<Json<'a>> {
        let follows = self.text.as_bytes().get(self.at..)?.first_chunk() == Some(word);
        follows.then(|| self.at += N).map(|()| value)
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
        // `get` of a range would be a call.
        let (text, _) = self.text.split_at_checked(self.at)?.1.split_at_checked(length)?;
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
