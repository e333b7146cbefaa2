//! The user for whom rooms are booked.

use serde_json::{Map, Value};

use super::{booker::Booker, fields::name};
use crate::{
    form::Entered,
    model::Choice,
    serve::{app::App, failure::Failure},
    store::{Kind, PageOf},
};

/// Largest number of users to choose from.
const LISTED: u32 = 20;

/// The user for whom rooms are booked.
pub(super) enum Organizer {
    /// The id of the user.
    Known(String),
    /// Several users match what the administrator typed.
    Several(Vec<Choice>),
    /// A sentence about what is wrong.
    Wrong(String),
}

/// Reads for whom rooms are booked. A user books for themselves, whatever the form says.
pub(super) async fn read(
    app: &App,
    booker: &Booker,
    entered: &Entered,
) -> Result<Organizer, Failure> {
    if let Some(user) = &booker.user {
        return Ok(match user.record.email {
            Some(_) => Organizer::Known(user.record.id.clone()),
            None => Organizer::Wrong(
                "You have no e-mail address in the directory, so no meeting can be made for you. \
                 Ask your ONES administrator"
                    .to_owned(),
            ),
        });
    }
    let typed = entered.text(name::ORGANIZER).unwrap_or_default().trim().to_owned();
    if typed.is_empty() {
        return Ok(Organizer::Wrong("Enter the name or the address of a user".to_owned()));
    }
    let (id, search) = (booker.viewer.integration, typed.clone());
    let found = app.look(move |store| {
        let page = PageOf { search: &search, after: None, removed: false, limit: LISTED + 1 };
        store.page(id, Kind::User, page)
    });
    let text = |record: &Map<String, Value>, field: &str| -> Option<String> {
        record.get(field).and_then(Value::as_str).map(str::to_owned)
    };
    let choices = found.await?.into_iter().map(|row| Choice {
        label: text(&row.record, "displayName").unwrap_or_default(),
        hint: text(&row.record, "email"),
        value: row.id,
    });
    let choices: Vec<_> = choices.collect();
    let chosen = entered.text("organizer-id").unwrap_or_default();
    let is_typed = |choice: &Choice| {
        choice.hint.as_deref().is_some_and(|email| email.eq_ignore_ascii_case(&typed))
    };
    let one = choices.iter().find(|choice| choice.value == chosen);
    let one = one.or_else(|| choices.iter().find(|choice| is_typed(choice)));
    Ok(match (one, choices.as_slice()) {
        (Some(one), _) | (None, [one]) => Organizer::Known(one.value.clone()),
        (None, []) => Organizer::Wrong(format!("No user matches “{typed}”")),
        (None, many) if many.len() > LISTED as usize => {
            Organizer::Wrong("Too many users match. Enter more of the name".to_owned())
        }
        (None, _) => Organizer::Several(choices),
    })
}
