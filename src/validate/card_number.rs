//! Checks that the attribute in the settings holds card numbers.

use std::collections::BTreeMap;

use super::{CARD_NUMBER, failed_by, passed, skipped, warned};
use crate::{
    card_number, directory,
    error::{Error, FieldError},
    graph::{Answer, Graph, Page},
    host::{Host, Request},
    model::{Check, Outcome},
    payload::{Item, UserReader, is_user},
    permission::{MEMBERS, USERS},
    settings::{Attribute, Users, pointer},
};

const ANOTHER: &str = "Choose another attribute in the user settings, or check its spelling";

/// Reads a page of users. No card number is repeated: they open doors.
pub(super) async fn check<H: Host>(graph: &Graph<'_, H>, users: &Check) -> Check {
    let settings = &graph.settings().users;
    if settings.card_number.is_none() {
        return passed(CARD_NUMBER, "Card numbers are not synced");
    }
    if users.outcome != Outcome::Passed {
        return skipped(CARD_NUMBER, "Not tested, because users cannot be read");
    }
    let attribute = match card_number::resolve(graph, None).await {
        Ok(Some(attribute)) => attribute,
        Ok(None) => return passed(CARD_NUMBER, "Card numbers are not synced"),
        Err(error) => return wrong(&error),
    };
    let reader = UserReader::new(Some(&attribute));
    // An attribute that is stored outside the directory is refused in one of the two.
    let delta = graph.endpoints().users_delta_latest(reader.select());
    let listing = match settings.only_groups.first() {
        Some(group) => graph.endpoints().transitive_members(group, reader.select(), 999),
        None => graph.endpoints().card_numbers(attribute.property()),
    };
    let mut sample = Sample::default();
    // Without groups, a missing permission for users was found before.
    let needs = if settings.only_groups.is_empty() { USERS } else { MEMBERS };
    for (uri, needs) in [(delta, USERS), (listing, needs)] {
        let response = match graph.ask(Request::get(uri)).await {
            Ok(Answer::Success(response)) => response,
            Ok(Answer::Refused(refusal)) => {
                return match directory::wrong_attribute(Some(&attribute), &refusal) {
                    Some(error) => Check {
                        remedy: Some(ANOTHER.to_owned()),
                        detail: Some(refusal.detail().to_owned()),
                        ..wrong(&error)
                    },
                    None => failed_by(CARD_NUMBER, &graph.explain(refusal, needs)),
                };
            }
            Err(error) => return failed_by(CARD_NUMBER, &error),
        };
        sample = match Page::read(&response) {
            Ok(page) => {
                // Groups also contain devices and other groups.
                let limited = !settings.only_groups.is_empty();
                let users = page.value.iter().filter(|raw| !limited || is_user(raw));
                Sample::collect(users.map(|raw| reader.read_complete(raw)), settings)
            }
            Err(error) => return failed_by(CARD_NUMBER, &error),
        };
    }
    sample.judge(&attribute)
}

/// Returns a failed check, with the message about the wrong field as its summary.
fn wrong(error: &Error) -> Check {
    let check = failed_by(CARD_NUMBER, error);
    match check.fields.first().map(|field| field.message.clone()) {
        Some(summary) => Check { summary, ..check },
        None => check,
    }
}

/// The card numbers of a sample of the users that the settings select.
#[derive(Default)]
struct Sample {
    users: usize,
    holders: BTreeMap<String, Vec<String>>,
    unreadable: usize,
}

impl Sample {
    fn collect(items: impl Iterator<Item = Item>, settings: &Users) -> Self {
        let mut sample = Self::default();
        for item in items {
            match item {
                Item::User { user, .. } if settings.selects(&user) => {
                    sample.users += 1;
                    if let Some(number) = user.card_number {
                        sample.holders.entry(number).or_default().push(user.username);
                    }
                }
                Item::Unreadable(_) => sample.unreadable += 1,
                _ => {}
            }
        }
        sample
    }

    fn judge(self, attribute: &Attribute) -> Check {
        let warned = |summary: String, remedy: &str| Check {
            remedy: Some(remedy.to_owned()),
            fields: vec![FieldError::new(pointer::CARD_NUMBER, summary.clone())],
            ..warned(CARD_NUMBER, summary)
        };
        if self.unreadable > 0 {
            let all = self.users + self.unreadable;
            let summary = format!(
                "{} of {all} users in a sample have a value other than text in {attribute}",
                self.unreadable
            );
            return warned(summary, ANOTHER);
        }
        let users = self.users;
        if users == 0 {
            return skipped(CARD_NUMBER, "Not tested: there are no users");
        }
        if self.holders.is_empty() {
            return warned(
                format!("None of {users} users in a sample has a card number in {attribute}"),
                "Check that the attribute has values (Entra Connect syncs those that are \
                    maintained on premises), or choose another attribute in the user settings",
            );
        }
        let mut shared = self.holders.values().filter(|users| users.len() > 1);
        let example = shared.next();
        if let Some([one, other, ..]) = example.map(Vec::as_slice) {
            let numbers = match 1 + shared.count() {
                1 => "One card number belongs to more than one user".to_owned(),
                more => format!("{more} card numbers belong to more than one user"),
            };
            return warned(
                format!("{numbers}, e.g. {one} and {other}"),
                "Give each user a different number, where the attribute is maintained",
            );
        }
        let with: usize = self.holders.values().map(Vec::len).sum();
        passed(
            CARD_NUMBER,
            format!("{with} of {users} users in a sample have a card number in {attribute}"),
        )
    }
}
