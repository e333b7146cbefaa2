//! Whether the card numbers are where the settings say.

use std::collections::BTreeMap;

use super::{CARD_NUMBER, of_error, passed, skipped, warned};
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

/// Looks at a page of people. Their numbers open doors: none is repeated.
pub(super) async fn check<H: Host>(graph: &Graph<'_, H>, users: &Check) -> Check {
    let settings = &graph.settings().users;
    if settings.card_number.is_none() {
        return passed(CARD_NUMBER, "No card number is asked for");
    }
    if users.outcome != Outcome::Passed {
        return skipped(CARD_NUMBER, "Not tried, since people cannot be read");
    }
    let attribute = match card_number::resolve(graph, None).await {
        Ok(Some(attribute)) => attribute,
        Ok(None) => return passed(CARD_NUMBER, "No card number is asked for"),
        Err(error) => return wrong(&error),
    };
    let reader = UserReader::new(Some(&attribute));
    // An attribute that is kept outside the directory is refused by one or by the other.
    let delta = graph.endpoints().users_delta_latest(reader.select());
    let listing = match settings.only_groups.first() {
        Some(group) => graph.endpoints().transitive_members(group, reader.select(), 999),
        None => graph.endpoints().card_numbers(attribute.property()),
    };
    let mut sample = Sample::default();
    // Of a group, the members are what can be refused; everybody's listing is refused before this.
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
                    None => of_error(CARD_NUMBER, &graph.explain(refusal, needs)),
                };
            }
            Err(error) => return of_error(CARD_NUMBER, &error),
        };
        sample = match Page::read(&response) {
            Ok(page) => {
                // Groups have devices and other groups in them as well.
                let limited = !settings.only_groups.is_empty();
                let users = page.value.iter().filter(|it| !limited || is_user(it));
                Sample::of(users.map(|it| reader.read_complete(it)), settings)
            }
            Err(error) => return of_error(CARD_NUMBER, &error),
        };
    }
    sample.judge(&attribute)
}

/// The one field that is wrong says it all.
fn wrong(error: &Error) -> Check {
    let check = of_error(CARD_NUMBER, error);
    match check.fields.first().map(|it| it.message.clone()) {
        Some(summary) => Check { summary, ..check },
        None => check,
    }
}

/// Who has which number, of those whom the settings select.
#[derive(Default)]
struct Sample {
    users: usize,
    holders: BTreeMap<String, Vec<String>>,
    unreadable: usize,
}

impl Sample {
    fn of(items: impl Iterator<Item = Item>, settings: &Users) -> Self {
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
                "{} of the {all} users that were looked at have something else than text in {attribute}",
                self.unreadable
            );
            return warned(summary, ANOTHER);
        }
        let users = self.users;
        if users == 0 {
            return skipped(CARD_NUMBER, "Not tried: there are no people to look at");
        }
        if self.holders.is_empty() {
            return warned(
                format!(
                    "None of the {users} users that were looked at has a card number in {attribute}"
                ),
                "Check whether the attribute is filled (by Entra Connect, where it is maintained on premises), or choose another in the user settings",
            );
        }
        let mut shared = self.holders.values().filter(|it| it.len() > 1);
        let example = shared.next();
        if let Some([one, other, ..]) = example.map(Vec::as_slice) {
            let numbers = match 1 + shared.count() {
                1 => "One card number is held by more than one person".to_owned(),
                more => format!("{more} card numbers are held by more than one person"),
            };
            return warned(
                format!("{numbers}, such as {one} and {other}"),
                "Give each person a number of their own, where the attribute is maintained",
            );
        }
        let with: usize = self.holders.values().map(Vec::len).sum();
        passed(
            CARD_NUMBER,
            format!(
                "{with} of the {users} users that were looked at have a card number in {attribute}"
            ),
        )
    }
}
