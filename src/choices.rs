//! What the fields of the settings can be chosen from.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    buildings::Buildings,
    error::{Error, Explanation},
    graph::{Graph, Patience},
    host::Host,
    model::{Choice, Room},
    payload::RoomKey,
    places::each_page,
    settings::Settings,
};

/// Attributes that hold a card number somewhere, beside the fifteen that a company can fill as it
/// likes.
const CARD_NUMBERS: [(&str, &str); 3] =
    [("pager", "Pager"), ("employeeId", "Employee ID"), ("faxNumber", "Fax number")];

/// Values for the field that match what was typed, `limit` at most.
///
/// # Errors
/// [`Error::InvalidSettings`] where the first step is wrong, [`Error::Unsupported`] for a field
/// without choices; else as [`Graph::require`].
pub async fn choices<H: Host>(
    host: &H,
    settings: &str,
    field: &str,
    typed: &str,
    limit: usize,
) -> Result<Vec<Choice>, Error> {
    match field {
        "/rooms/select" => {
            let settings = first_step(settings)?;
            rooms(&Graph::new(host, &settings, Patience::PERSON), typed, limit).await
        }
        "/users/cardNumber" => Ok(card_numbers(typed, limit)),
        _ => Err(Error::Unsupported(Explanation::new(
            "no-choices",
            format!("There are no choices for {field}"),
        ))),
    }
}

/// The later steps may be as yet unfinished.
fn first_step(settings: &str) -> Result<Settings, Error> {
    let whole: Value = serde_json::from_str(settings).unwrap_or_default();
    let server = whole.get("server").cloned().unwrap_or_default();
    Settings::parse(&json!({ "server": server }).to_string()).map_err(Error::InvalidSettings)
}

async fn rooms<H: Host>(
    graph: &Graph<'_, H>,
    typed: &str,
    limit: usize,
) -> Result<Vec<Choice>, Error> {
    let mut seen = BTreeSet::new();
    let mut choices = Vec::new();
    let mut buildings = Buildings::default();
    each_page(
        graph,
        |skip| graph.endpoints().rooms(skip),
        async |page| {
            let before = seen.len();
            for raw in page {
                let key = RoomKey::identify(raw);
                if !seen.insert(key.id.clone()) {
                    continue;
                }
                // What a sync could not tell cannot be chosen.
                let Ok(mut room) = key.read(raw) else { continue };
                buildings.complete(graph, &mut room, key.parent.as_deref()).await?;
                let hint = hint(&room);
                let words = [&room.name, &room.email, &room.id];
                if matches(typed, words.into_iter().chain(&room.nickname).chain(&hint)) {
                    choices.push(Choice { value: room.id, label: room.name, hint });
                }
            }
            Ok(seen.len() - before)
        },
    )
    .await?;
    choices.sort_by_key(|it| it.label.to_lowercase());
    choices.truncate(limit);
    Ok(choices)
}

/// "Main building, floor 2, 8 people".
fn hint(room: &Room) -> Option<String> {
    let floor = room.floor_label.clone().or_else(|| room.floor_number.map(|it| it.to_string()));
    let people = room.capacity.filter(|it| *it > 0).map(|it| match it {
        1 => "1 person".to_owned(),
        more => format!("{more} people"),
    });
    // What is called "Floor A" says so itself.
    let floor = floor.map(|it| if it.contains(' ') { it } else { format!("floor {it}") });
    let parts = [room.building.clone(), floor, people];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn card_numbers(typed: &str, limit: usize) -> Vec<Choice> {
    let named = CARD_NUMBERS.map(|(value, label)| (value.to_owned(), label.to_owned()));
    let numbered =
        (1..=15).map(|it| (format!("extensionAttribute{it}"), format!("Extension attribute {it}")));
    let all = named.into_iter().chain(numbered);
    let fitting = all.filter(|(value, label)| matches(typed, [value, label]));
    fitting.map(|(value, label)| Choice { value, label, hint: None }).take(limit).collect()
}

/// Whether each word that was typed stands somewhere; case tells nothing apart.
fn matches<'a>(typed: &str, texts: impl IntoIterator<Item = &'a String>) -> bool {
    let text = texts.into_iter().map(|it| it.to_lowercase()).collect::<Vec<_>>().join("\n");
    typed.to_lowercase().split_whitespace().all(|word| text.contains(word))
}
