//! Values that fields of the settings offer.

use std::collections::BTreeSet;

use serde_json::{Value, json, value::RawValue};

use crate::{
    error::{Error, Explanation},
    graph::{Answer, Graph, LoopGuard, Page, Patience, places::each_page},
    host::{Host, Request},
    model::{Choice, Room},
    payload::RoomKey,
    permission::GROUPS,
    rooms::Buildings,
    settings::{Settings, is_guid, pointer},
};

/// Attributes that some companies use for card numbers, in addition to the fifteen extension
/// attributes.
const CARD_NUMBERS: [(&str, &str); 3] =
    [("pager", "Pager"), ("employeeId", "Employee ID"), ("faxNumber", "Fax number")];

/// Returns the values for a field that match what the user typed, `limit` at most.
///
/// # Errors
/// [`Error::InvalidSettings`] where the server settings are wrong, [`Error::Unsupported`] for a
/// field without choices; otherwise those of [`Graph::require`].
pub async fn choices<H: Host>(
    host: &H,
    settings: &str,
    field: &str,
    typed: &str,
    limit: usize,
) -> Result<Vec<Choice>, Error> {
    match field {
        pointer::ROOM_SELECTION => {
            let settings = first_step(settings)?;
            rooms(&Graph::new(host, &settings, Patience::INTERACTIVE), typed, limit).await
        }
        pointer::ONLY_GROUPS => {
            let settings = first_step(settings)?;
            groups(&Graph::new(host, &settings, Patience::INTERACTIVE), typed, limit).await
        }
        pointer::CARD_NUMBER => Ok(card_numbers(typed, limit)),
        _ => Err(Error::Unsupported(Explanation::new(
            "no-choices",
            format!("There are no choices for {field}"),
        ))),
    }
}

/// Reads the server settings alone: the later steps of the wizard may be incomplete.
fn first_step(settings: &str) -> Result<Settings, Error> {
    let complete: Value = serde_json::from_str(settings).unwrap_or_default();
    let server = complete.get("server").cloned().unwrap_or_default();
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
                // A sync could not read it either.
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
    choices.sort_by_key(|choice| choice.label.to_lowercase());
    choices.truncate(limit);
    Ok(choices)
}

/// Describes a room: "Main building, floor 2, 8 people".
fn hint(room: &Room) -> Option<String> {
    let floor =
        room.floor_label.clone().or_else(|| room.floor_number.map(|number| number.to_string()));
    let capacity = room.capacity.filter(|seats| *seats > 0).map(|seats| match seats {
        1 => "1 person".to_owned(),
        more => format!("{more} people"),
    });
    // A label such as "Floor A" is complete.
    let floor =
        floor.map(|label| if label.contains(' ') { label } else { format!("floor {label}") });
    let parts = [room.building.clone(), floor, capacity];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Returns groups by the beginning of their name or address, or by id.
async fn groups<H: Host>(
    graph: &Graph<'_, H>,
    typed: &str,
    limit: usize,
) -> Result<Vec<Choice>, Error> {
    let (typed, endpoints) = (typed.trim(), graph.endpoints());
    if is_guid(typed) {
        let url = endpoints.group(typed, GROUP_CHOICE);
        return match graph.ask(Request::get(url)).await? {
            Answer::Success(response) => Ok(group(&response.json()).into_iter().collect()),
            Answer::Refused(refusal) if refusal.is_missing_object() => Ok(Vec::new()),
            Answer::Refused(refusal) => Err(graph.explain(refusal, GROUPS)),
        };
    }
    let mut choices: Vec<Choice> = Vec::new();
    let mut guard = LoopGuard::default();
    let mut next = Some(endpoints.groups_with_prefix(typed, GROUP_CHOICE, limit));
    while let Some(url) = next.filter(|_| choices.len() < limit) {
        guard.follow(&url.to_string())?;
        let response = graph.require(Request::get(url), GROUPS).await?;
        let page = Page::read(&response)?;
        let read = |raw: &&RawValue| group(&serde_json::from_str(raw.get()).ok()?);
        choices.extend(page.value.iter().filter_map(read));
        next = page.next_link.as_ref().map(|link| graph.own_link(link)).transpose()?;
    }
    choices.sort_by_key(|choice| choice.label.to_lowercase());
    choices.truncate(limit);
    Ok(choices)
}

/// The properties that distinguish groups.
const GROUP_CHOICE: &str = "id,displayName,mail,groupTypes,securityEnabled";

fn group(group: &Value) -> Option<Choice> {
    let text = |name: &str| group.get(name)?.as_str().filter(|text| !text.is_empty());
    let types = group.get("groupTypes").and_then(Value::as_array);
    let is = |kind: &str| types.is_some_and(|types| types.iter().any(|name| name == kind));
    // https://learn.microsoft.com/graph/api/resources/groups-overview
    let kind = match group.get("securityEnabled") {
        _ if is("Unified") => "Microsoft 365 group",
        Some(Value::Bool(true)) => "security group",
        _ => "distribution list",
    };
    let rule = is("DynamicMembership").then_some("members by a rule");
    let hint: Vec<_> = [Some(kind), rule, text("mail")].into_iter().flatten().collect();
    Some(Choice {
        value: text("id")?.to_owned(),
        label: text("displayName").or_else(|| text("mail")).or_else(|| text("id"))?.to_owned(),
        hint: Some(hint.join(", ")),
    })
}

fn card_numbers(typed: &str, limit: usize) -> Vec<Choice> {
    let named = CARD_NUMBERS.map(|(value, label)| (value.to_owned(), label.to_owned()));
    let numbered =
        (1..=15).map(|n| (format!("extensionAttribute{n}"), format!("Extension attribute {n}")));
    let all = named.into_iter().chain(numbered);
    let fitting = all.filter(|(value, label)| matches(typed, [value, label]));
    fitting.map(|(value, label)| Choice { value, label, hint: None }).take(limit).collect()
}

/// Returns whether the texts contain each word that the user typed, in any case.
fn matches<'a>(typed: &str, texts: impl IntoIterator<Item = &'a String>) -> bool {
    let text = texts.into_iter().map(|text| text.to_lowercase()).collect::<Vec<_>>().join("\n");
    typed.to_lowercase().split_whitespace().all(|word| text.contains(word))
}
