//! Ids of events. An id belongs to one copy in one mailbox, and has one of two forms
//! (<https://learn.microsoft.com/graph/outlook-immutable-id>).

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use jiff::civil::Date;

use super::item::{Event, Item, Uid};
use crate::random::Random;

/// The two forms of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Without a header.
    Default,
    /// With `Prefer: IdType="ImmutableId"`.
    Immutable,
}

impl Form {
    fn prefix(self) -> &'static str {
        match self {
            Self::Default => "AAMkAG",
            Self::Immutable => "AAkALg",
        }
    }
}

/// What an id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) uid: Uid,
    /// Second at which the occurrence of a series would start without a change.
    pub(crate) instance: Option<i64>,
}

/// Number of bytes in an id: the mailbox, the meeting, whether it is an occurrence, and which.
const LENGTH: usize = 16 + 8 + 1 + 8 + 1;

/// Returns the id of an event in a mailbox.
pub(crate) fn event_id(mailbox: &str, event: &Event<'_>, form: Form) -> String {
    id(mailbox, Named { uid: event.item.uid, instance: event.instance() }, form)
}

/// Returns the id of an item, or of one of its occurrences. `mailbox` is the GUID of its user.
pub(crate) fn id(mailbox: &str, named: Named, form: Form) -> String {
    let mut bytes = Vec::with_capacity(LENGTH);
    bytes.extend_from_slice(&guid_bytes(mailbox));
    bytes.extend_from_slice(&named.uid.to_be_bytes());
    bytes.push(u8::from(named.instance.is_some()));
    bytes.extend_from_slice(&named.instance.unwrap_or_default().to_be_bytes());
    bytes.push(0);
    format!("{}{}", form.prefix(), URL_SAFE.encode(bytes))
}

/// Returns the key of an item's version, which is in its etag.
pub(crate) fn change_key(mailbox: &str, item: &Item) -> String {
    let mut bytes = guid_bytes(mailbox).to_vec();
    bytes.extend_from_slice(&item.version.to_be_bytes());
    STANDARD.encode(bytes)
}

/// Returns the etag of an item's version in a mailbox.
pub(crate) fn etag(mailbox: &str, item: &Item) -> String {
    format!("W/\"{}\"", change_key(mailbox, item))
}

/// Returns the id that all copies of a meeting have in common: of an occurrence, if a day is given.
/// The format is that of Exchange's global object ids (MS-OXOCAL 2.2.1.27).
pub(crate) fn ical_uid(item: &Item, original: Option<Date>) -> String {
    let date = original.map_or_else(
        || "00000000".to_owned(),
        |date| format!("{:04X}{:02X}{:02X}", date.year(), date.month(), date.day()),
    );
    // In units of 100 ns since 1601, in little-endian order.
    let created = (item.created.as_second() + 11_644_473_600).saturating_mul(10_000_000);
    let guid = Random::new(item.uid).guid().replace('-', "").to_uppercase();
    format!(
        "040000008200E00074C5B7101A82E008{date}{:016X}000000000000000010000000{guid}",
        created.swap_bytes()
    )
}

/// Reads an id of either form. None if it is of another mailbox, or no id.
pub(crate) fn read(mailbox: &str, id: &str) -> Option<Named> {
    let encoded = [Form::Default, Form::Immutable]
        .into_iter()
        .find_map(|form| id.strip_prefix(form.prefix()))?;
    let bytes: [u8; LENGTH] = URL_SAFE.decode(encoded).ok()?.try_into().ok()?;
    let (of, rest) = bytes.split_first_chunk::<16>()?;
    let (uid, rest) = rest.split_first_chunk::<8>()?;
    let (is_instance, rest) = rest.split_first()?;
    let (instance, _) = rest.split_first_chunk::<8>()?;
    let instance = (*is_instance == 1).then(|| i64::from_be_bytes(*instance));
    (*of == guid_bytes(mailbox)).then(|| Named { uid: Uid::from_be_bytes(*uid), instance })
}

/// Returns the bytes of a GUID. Other text is folded into as many bytes.
fn guid_bytes(guid: &str) -> [u8; 16] {
    let digits: String = guid.chars().filter(|digit| *digit != '-').collect();
    let number = u128::from_str_radix(&digits, 16).unwrap_or_else(|_| {
        digits.bytes().fold(0, |number: u128, byte| {
            number.wrapping_mul(0x0100_0000_01b3).wrapping_add(u128::from(byte))
        })
    });
    number.to_be_bytes()
}
