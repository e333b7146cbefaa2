//! The participants that a user invites, as they are typed.

use super::fields::{Wrong, name};
use crate::model::{Participant, ROOMS};

/// Largest number of participants, without rooms.
const MOST: usize = 500 - ROOMS;

/// Longest address, in bytes. Source: RFC 5321, section 4.5.3.1.3.
const LONGEST: usize = 254;

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
    if found.len() > MOST {
        let text = format!("{} addresses are too many. Invite {MOST} at most", found.len());
        return Err(Wrong::new(name::INVITE, text));
    }
    Ok(found)
}

/// Returns whether a text can be an address. The vendor decides whether there is such a mailbox.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_plain = |letter: char| !letter.is_control() && !letter.is_whitespace();
    let is_name = |letter: char| !"<>()[]\"@".contains(letter) && is_plain(letter);
    !local.is_empty()
        && text.len() <= LONGEST
        && local.chars().all(is_name)
        && domain.contains('.')
        && domain.split('.').all(|part| !part.is_empty() && part.chars().all(is_name))
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
        for wrong in ["ann", "ann@contoso", "@contoso.com", "a b@contoso.com", "a@b@c.d", "a@.d"] {
            assert!(read(wrong).unwrap_err().text.contains(wrong), "{wrong}");
        }
        let many: Vec<_> = (0..=MOST).map(|index| format!("a{index}@contoso.com")).collect();
        assert!(read(&many.join("\n")).unwrap_err().text.contains("481 addresses"));
    }
}
