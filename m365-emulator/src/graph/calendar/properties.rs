//! Named properties of events, by which an application finds what it has made
//! (<https://learn.microsoft.com/graph/api/singlevaluelegacyextendedproperty-get>).

use serde_json::{Map, Value, json};

use super::super::refusal::GraphRefusal;
use crate::tenant::calendar::id::ical_uid;
use crate::tenant::calendar::item::Item;

/// `$filter` of `/events`: by a named property, or by `iCalUId`.
pub(super) enum Filter {
    Property { id: String, value: String },
    ICalUId(String),
}

impl Filter {
    pub(super) fn read(filter: &str) -> Result<Self, GraphRefusal> {
        let (plain, quoted) = without_quotes(filter);
        let plain: String = plain.to_ascii_lowercase().split_whitespace().collect();
        match (plain.as_str(), quoted.as_slice()) {
            ("icaluideq''", [uid]) => Ok(Self::ICalUId(uid.clone())),
            (plain, [id, value]) if is_property_filter(plain) => {
                Ok(Self::Property { id: id.clone(), value: value.clone() })
            }
            _ => Err(GraphRefusal::exchange_filter()),
        }
    }

    pub(super) fn fits(&self, item: &Item) -> bool {
        match self {
            Self::ICalUId(uid) => ical_uid(item, None) == *uid,
            // The name is case-sensitive, the value is not.
            Self::Property { id, value } => item
                .properties
                .iter()
                .any(|(own, text)| own == id && text.eq_ignore_ascii_case(value)),
        }
    }
}

/// Returns whether a filter, without spaces and texts, compares id and value of one property. The
/// name of the variable is free.
fn is_property_filter(plain: &str) -> bool {
    let inside = plain
        .strip_prefix("singlevalueextendedproperties/any(")
        .and_then(|rest| rest.strip_suffix(')'));
    inside
        .and_then(|inside| inside.split_once(':'))
        .is_some_and(|(name, condition)| condition == format!("{name}/ideq''and{name}/valueeq''"))
}

/// `$expand` of one named property.
pub(super) struct Expanded {
    id: String,
}

impl Expanded {
    pub(super) fn read(expand: &str) -> Result<Self, GraphRefusal> {
        let (plain, quoted) = without_quotes(expand);
        let plain: String = plain.to_ascii_lowercase().split_whitespace().collect();
        match quoted.as_slice() {
            [id] if plain == "singlevalueextendedproperties($filter=ideq'')" => {
                Ok(Self { id: id.clone() })
            }
            _ => Err(GraphRefusal::expand(expand.split(['(', ',']).next().unwrap_or_default())),
        }
    }
}

/// Adds the expanded property to an event that has it.
pub(super) fn expand(event: &mut Map<String, Value>, item: &Item, expanded: Option<&Expanded>) {
    let Some(Expanded { id }) = expanded else { return };
    let found: Vec<Value> = item
        .properties
        .iter()
        .filter(|(own, _)| own == id)
        .map(|(id, value)| json!({"id": id, "value": value}))
        .collect();
    if !found.is_empty() {
        event.insert("singleValueExtendedProperties".to_owned(), found.into());
    }
}

/// Returns a text of OData with its quoted texts emptied, and these texts.
fn without_quotes(text: &str) -> (String, Vec<String>) {
    let (mut plain, mut quoted) = (String::new(), Vec::new());
    for (number, part) in text.split('\'').enumerate() {
        if number % 2 == 0 {
            plain.push_str(part);
        } else {
            plain.push_str("''");
            quoted.push(part.to_owned());
        }
    }
    (plain, quoted)
}
