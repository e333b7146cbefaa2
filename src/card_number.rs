//! Finds the attribute of users that contains the number of their access card.
//!
//! Graph has no property `pager` in any cloud. Entra Connect can sync it as a directory extension,
//! whose name contains the id of an app that differs from tenant to tenant:
//! `extension_{app id without dashes}_pager`.
//! Source:
//! <https://learn.microsoft.com/entra/identity/hybrid/connect/how-to-connect-sync-feature-directory-extensions>

use std::{cmp::Reverse, collections::BTreeMap};

use serde_json::Value;

use crate::{
    error::Error,
    graph::{Answer, Graph, Page},
    host::{Host, Request, Response},
    permission::USERS,
    settings::{Attribute, AttributeLookup, CardNumber, Settings, pointer},
};

/// Returns the attribute that the settings name; `None` where they name none. Only `pager` needs
/// requests; `known` is the result of an earlier run: see [`remembered`].
///
/// # Errors
/// [`Error::InvalidSettings`] where no directory extension holds `pager`; otherwise those of
/// [`Graph::require`].
pub async fn resolve<H: Host>(
    graph: &Graph<'_, H>,
    known: Option<Attribute>,
) -> Result<Option<Attribute>, Error> {
    match &graph.settings().users.card_number {
        None => Ok(None),
        Some(CardNumber::Attribute(attribute)) => Ok(Some(attribute.clone())),
        Some(CardNumber::Pager) => match choose_one(pagers(graph).await?) {
            Ok(attribute) => Ok(Some(attribute)),
            // The earlier result is better than a sample in which no user has the attribute.
            Err(_) if known.is_some() => Ok(known),
            Err(problem) => Err(Error::wrong_field(pointer::CARD_NUMBER, problem)),
        },
    }
}

/// Does the same as [`resolve`], with a warning where the attribute cannot be found: users are
/// synced without card numbers then.
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
        None => AttributeLookup { attribute: None, warning: Some(warn_without_numbers(&error)) },
    })
}

/// Returns the warning that users are synced without card numbers.
pub fn warn_without_numbers(error: &Error) -> String {
    let why = match error {
        Error::InvalidSettings(fields) => {
            fields.iter().map(|field| field.message.clone()).collect::<Vec<_>>().join(". ")
        }
        error => {
            let explanation = error.explanation();
            let remedy = explanation.and_then(|known| known.remedy.clone());
            let summary = explanation.map(|known| known.summary.clone());
            [summary, remedy].into_iter().flatten().collect::<Vec<_>>().join(". ")
        }
    };
    format!("Users are synced without card numbers; numbers that are stored stay unchanged. {why}")
}

/// Returns the attribute that an earlier run found, by its name, where the settings require a
/// look-up.
pub fn remembered(settings: &Settings, known: Option<&str>) -> Option<Attribute> {
    let looked_up = settings.users.card_number == Some(CardNumber::Pager);
    known.filter(|name| looked_up && is_pager(name)).and_then(|name| name.parse().ok())
}

const NO_PAGER: &str = "No directory extension that holds pager was found. Entra Connect must sync \
    pager as a directory extension. If it does, grant Directory.Read.All, with which ONES can find \
    the extension, or enter its full name (extension_…_pager) instead of pager";

/// Returns the directory extensions that hold `pager`, with the number of users in a sample who
/// have it. The most frequent one comes first.
async fn pagers<H: Host>(graph: &Graph<'_, H>) -> Result<Vec<(String, usize)>, Error> {
    let mut pagers = registered(graph).await?;
    // None is registered, or several are.
    if pagers.len() != 1 {
        count_in_sample(graph, &mut pagers).await?;
    }
    let mut pagers: Vec<_> = pagers.into_iter().collect();
    // Equals stay ordered by name, so that every run chooses the same one.
    pagers.sort_by_key(|(_, users)| Reverse(*users));
    Ok(pagers)
}

/// Returns the only extension that users have. Where users have several, the administrator must
/// choose: card numbers open doors.
fn choose_one(pagers: Vec<(String, usize)>) -> Result<Attribute, String> {
    let used: Vec<_> =
        pagers.iter().filter(|(_, users)| *users > 0).map(|(name, _)| name.as_str()).collect();
    if used.len() > 1 {
        let names = used.join(", ");
        return Err(format!(
            "Several directory extensions hold pager: {names}. Enter the full name of the right \
                one instead of pager"
        ));
    }
    let first = pagers.into_iter().next().ok_or(NO_PAGER)?;
    Ok(Attribute::extension(first.0))
}

/// Number of users in the sample who have each extension, by its name.
type Pagers = BTreeMap<String, usize>;

/// Requests the extensions that apps registered. That needs a permission that ONES does not
/// require, and Graph returns nothing in tenants with more than 1,000 apps.
///
/// Source: <https://learn.microsoft.com/graph/api/directoryobject-getavailableextensionproperties>.
async fn registered<H: Host>(graph: &Graph<'_, H>) -> Result<Pagers, Error> {
    let url = graph.endpoints().extension_properties();
    let Answer::Success(response) =
        graph.ask(Request::post(url, "application/json", b"{}".to_vec())).await?
    else {
        return Ok(Pagers::new());
    };
    let targets_users =
        |extension: &Value| match extension.get("targetObjects").and_then(Value::as_array) {
            Some(targets) => targets.iter().any(|target| target == "User"),
            None => true,
        };
    let extensions = items(&response)?;
    let names = extensions.iter().filter(|extension| targets_users(extension));
    let names = names.filter_map(|extension| extension.get("name")?.as_str());
    Ok(names.filter(|name| is_pager(name)).map(|name| (name.to_owned(), 0)).collect())
}

/// Reads a sample of users with all their properties: beta returns directory extensions without
/// `$select`.
async fn count_in_sample<H: Host>(graph: &Graph<'_, H>, pagers: &mut Pagers) -> Result<(), Error> {
    let url = graph.endpoints().some_complete_users();
    let response = match graph.require(Request::get(url), USERS).await {
        Ok(response) => response,
        // Not every cloud has beta.
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
    Ok(items.filter_map(|raw| serde_json::from_str(raw.get()).ok()).collect())
}

/// Returns whether the name is `extension_{32 hexadecimal digits}_pager`, in any case.
fn is_pager(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.strip_prefix("extension_")
        .and_then(|rest| rest.strip_suffix("_pager"))
        .is_some_and(|app| app.len() == 32 && app.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
