//! Which attribute of people holds the number of their access card.
//!
//! Graph has no `pager` on user, in any cloud. Entra Connect can sync it as a directory
//! extension, whose name holds the id of an app that differs from tenant to tenant:
//! `extension_{app id without dashes}_pager`.
//! Source: <https://learn.microsoft.com/entra/identity/hybrid/connect/how-to-connect-sync-feature-directory-extensions>.

use std::{cmp::Reverse, collections::BTreeMap};

use serde_json::Value;

use crate::{
    error::Error,
    graph::{Answer, Graph, Page},
    host::{Host, Request, Response},
    permission::USERS,
    settings::{Attribute, AttributeLookup, CardNumber, Settings, pointer},
};

/// The attribute that the settings mean; `None` where they name none. Only for `pager` somebody
/// is asked; `known` is what an earlier run found: see [`remembered`].
///
/// # Errors
/// [`Error::InvalidSettings`] where no directory extension holds `pager`; else as
/// [`Graph::require`].
pub async fn resolve<H: Host>(
    graph: &Graph<'_, H>,
    known: Option<Attribute>,
) -> Result<Option<Attribute>, Error> {
    match &graph.settings().users.card_number {
        None => Ok(None),
        Some(CardNumber::Attribute(attribute)) => Ok(Some(attribute.clone())),
        Some(CardNumber::Pager) => match one_of(pagers(graph).await?) {
            Ok(attribute) => Ok(Some(attribute)),
            // What was found once is better than a sample that does not show it.
            Err(_) if known.is_some() => Ok(known),
            Err(problem) => Err(Error::wrong_field(pointer::CARD_NUMBER, problem)),
        },
    }
}

/// [`resolve`], where an attribute that cannot be found is a warning: users are worth having
/// without their card numbers.
///
/// # Errors
/// [`Error::Throttled`], [`Error::Unauthorized`] and [`Error::Cancelled`].
pub async fn find<H: Host>(
    graph: &Graph<'_, H>,
    known: Option<Attribute>,
) -> Result<AttributeLookup, Error> {
    let error = match resolve(graph, known.clone()).await {
        Ok(attribute) => return Ok(attribute.into()),
        Err(error @ (Error::Throttled(_) | Error::Unauthorized(_) | Error::Cancelled)) => {
            return Err(error);
        }
        Err(error) => error,
    };
    Ok(match known {
        Some(_) => known.into(),
        None => AttributeLookup { attribute: None, warning: Some(without_numbers(&error)) },
    })
}

/// The warning that users are synced without card numbers.
pub fn without_numbers(error: &Error) -> String {
    let why = match error {
        Error::InvalidSettings(fields) => {
            fields.iter().map(|field| field.message.clone()).collect::<Vec<_>>().join(". ")
        }
        error => {
            let explanation = error.explanation();
            let remedy = explanation.and_then(|it| it.remedy.clone());
            let summary = explanation.map(|it| it.summary.clone());
            [summary, remedy].into_iter().flatten().collect::<Vec<_>>().join(". ")
        }
    };
    format!(
        "Users are synced without card numbers; numbers that are stored stay as they are. {why}"
    )
}

/// What an earlier run found, by its name, where the settings are such that it was looked up.
pub fn remembered(settings: &Settings, known: Option<&str>) -> Option<Attribute> {
    let looked_up = settings.users.card_number == Some(CardNumber::Pager);
    known.filter(|it| looked_up && is_pager(it)).and_then(|it| it.parse().ok())
}

const NO_PAGER: &str = "No directory extension that holds pager was found. Entra Connect must sync pager as a directory extension; where it does, grant Directory.Read.All, with which the extension can be looked up, or give its full name (extension_…_pager) in place of pager";

/// The directory extensions that hold `pager`: the one that most of a few people have comes first.
async fn pagers<H: Host>(graph: &Graph<'_, H>) -> Result<Vec<(String, usize)>, Error> {
    let mut pagers = registered(graph).await?;
    // None is known, or there is a choice.
    if pagers.len() != 1 {
        look_around(graph, &mut pagers).await?;
    }
    let mut pagers: Vec<_> = pagers.into_iter().collect();
    // By name among equals, so that every run finds the same.
    pagers.sort_by_key(|(_, users)| Reverse(*users));
    Ok(pagers)
}

/// The one that is meant. Which of several that people have, nobody can say: numbers open doors.
fn one_of(pagers: Vec<(String, usize)>) -> Result<Attribute, String> {
    let used: Vec<_> =
        pagers.iter().filter(|(_, users)| *users > 0).map(|(name, _)| name.as_str()).collect();
    if used.len() > 1 {
        let names = used.join(", ");
        return Err(format!(
            "Several directory extensions hold pager: {names}. Give the full name of the one that is meant"
        ));
    }
    let first = pagers.into_iter().next().ok_or(NO_PAGER)?;
    Ok(Attribute::extension(first.0))
}

/// How many people were seen to have it, by name.
type Pagers = BTreeMap<String, usize>;

/// Asks for the extensions that apps registered. That needs a permission that ONES does not ask
/// for, and Graph answers nothing in tenants of more than 1,000 apps.
///
/// Source: <https://learn.microsoft.com/graph/api/directoryobject-getavailableextensionproperties>.
async fn registered<H: Host>(graph: &Graph<'_, H>) -> Result<Pagers, Error> {
    let url = graph.endpoints().extension_properties();
    let Answer::Success(response) =
        graph.ask(Request::post(url, "application/json", b"{}".to_vec())).await?
    else {
        return Ok(Pagers::new());
    };
    let targets_users = |it: &Value| match it.get("targetObjects").and_then(Value::as_array) {
        Some(targets) => targets.iter().any(|it| it == "User"),
        None => true,
    };
    let extensions = items(&response)?;
    let names = extensions.iter().filter(|it| targets_users(it)).filter_map(|it| it.get("name"));
    let names = names.filter_map(Value::as_str).filter(|it| is_pager(it));
    Ok(names.map(|it| (it.to_owned(), 0)).collect())
}

/// Looks at a few people with all that they have: beta tells directory extensions unasked.
async fn look_around<H: Host>(graph: &Graph<'_, H>, pagers: &mut Pagers) -> Result<(), Error> {
    let url = graph.endpoints().some_complete_users();
    let response = match graph.require(Request::get(url), USERS).await {
        Ok(response) => response,
        // Nobody promised that there is a beta.
        Err(Error::Unsupported(_)) => return Ok(()),
        Err(error) => return Err(error),
    };
    for user in items(&response)? {
        let properties = user.as_object().into_iter().flatten();
        for (name, value) in properties.filter(|(name, _)| is_pager(name)) {
            *pagers.entry(name.clone()).or_default() += usize::from(!value.is_null());
        }
    }
    Ok(())
}

fn items(response: &Response) -> Result<Vec<Value>, Error> {
    let items = Page::read(response)?.value.into_iter();
    Ok(items.filter_map(|it| serde_json::from_str(it.get()).ok()).collect())
}

/// `extension_{32 hexadecimal digits}_pager`, in any spelling.
fn is_pager(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.strip_prefix("extension_")
        .and_then(|it| it.strip_suffix("_pager"))
        .is_some_and(|app| app.len() == 32 && app.bytes().all(|it| it.is_ascii_hexdigit()))
}
