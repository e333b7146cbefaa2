//! The participants that a user invites, as they are typed.

use super::fields::{Wrong, name};
use crate::{model::Participant, store::is_address};

/// Reads participants, one on a line or separated by commas or semicolons: `ann@contoso.com`, or
/// `Ann Lee <ann@contoso.com>`. Each address once.
pub(super) fn read(text: &str) -> Result<Vec<Participant>, Wrong> {
    let mut found: Vec<Participant> = Vec::new();
    for part in text.split(['\n', ',', ';']).map(str::trim).filter(|part| !part.is_empty()) {
        let (name, email) = match part.strip_suffix('>').and_then(|part| part.rsplit_once('<')) {
            Some((name, email)) => (name.trim().trim_matches('"'), email.trim()),
            None => ("", part),
        };
        if !is_address(email) {
            let text = format!("“{part}” is not an e-mail address. Enter one address on a line");
            return Err(Wrong::new(name::INVITE, text));
        }
        let is_known = |other: &Participant| {
            other.email.as_deref().is_some_and(|other| other.eq_ignore_ascii_case(email))
        };
        if !found.iter().any(is_known) {
            found.push(Participant {
                email: Some(email.to_owned()),
                name: Some(name.to_owned()).filter(|name| !name.is_empty()),
            });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn addresses_are_read_with_and_without_names_and_each_once() {
        let found = read("ann@contoso.com, \"Bo Lee\" <bo@x.example>;ANN@contoso.com\r\n\n");
        let found: Vec<_> = found.unwrap().into_iter().map(|it| (it.email, it.name)).collect();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            found,
            [(text("ann@contoso.com"), None), (text("bo@x.example"), text("Bo Lee"))]
        );
    }

    #[test]
    fn what_is_no_address_is_named() {
        for wrong in ["ann", "@contoso.com", "a b@contoso.com", "ann@", "Ann <ann@x", "<>"] {
            assert!(read(wrong).unwrap_err().text.contains(wrong), "{wrong}");
        }
    }
}
