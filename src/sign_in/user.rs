//! The record of the user who signed in, equal to the one of a sync.

use super::id_token::Claims;
use crate::{
    card_number, directory,
    error::{Error, Explanation},
    graph::{Answer, Graph},
    host::{Host, Request},
    model::User,
    payload::{Item, UserReader, filled, one_spelling},
};

/// Reads the user from Graph, so that ONES gets the same record as from a sync. Where Graph does
/// not answer, returns what the claims contain, so that the sign-in does not have to wait for
/// Graph.
///
/// # Errors
/// [`Error::Declined`] for a user whom the settings do not select; otherwise where Graph does not
/// report in which groups the user is.
pub(super) async fn read_user<H: Host>(
    graph: &Graph<'_, H>,
    claims: Claims,
) -> Result<User, Error> {
    let user = match read_from_graph(graph, &claims.oid).await {
        Some(user) => user,
        None => read_from_claims(claims),
    };
    match user {
        user if graph.settings().users.selects(&user) => {
            match directory::is_in_groups(graph, &user).await? {
                true => Ok(user),
                false => Err(declined(
                    "not-in-groups",
                    "This account is in none of the groups that may use ONES",
                    "Ask the administrator of ONES which groups those are, and an administrator of \
                        your company to add you to one",
                )),
            }
        }
        User { enabled: false, .. } => Err(declined(
            "account-disabled",
            "This account is blocked",
            "Ask an administrator of your company to enable it",
        )),
        _ => Err(declined(
            "guest",
            "Guests in the tenant of your company are not allowed to sign in here",
            "Ask the administrator of ONES to include guests in the user settings",
        )),
    }
}

async fn read_from_graph<H: Host>(graph: &Graph<'_, H>, id: &str) -> Option<User> {
    // Where the attribute is not found, the record has no card number until the next sync.
    let card_number = card_number::resolve(graph, None).await.ok().flatten();
    let reader = UserReader::new(card_number.as_ref());
    let uri = graph.endpoints().user(id, reader.select());
    let Ok(Answer::Success(response)) = graph.ask(Request::get(uri)).await else {
        return None;
    };
    match reader.read_complete(serde_json::from_str(response.text()).ok()?) {
        Item::User { user, .. } if user.id.eq_ignore_ascii_case(id) => Some(user),
        _ => None,
    }
}

fn read_from_claims(claims: Claims) -> User {
    let email = claims.email.as_deref().and_then(filled);
    let username = claims.preferred_username.as_deref().and_then(filled).or_else(|| email.clone());
    let username = username.unwrap_or_else(|| claims.oid.clone());
    User {
        // In the spelling of a sync.
        id: one_spelling(&claims.oid).unwrap_or(claims.oid),
        display_name: claims.name.as_deref().and_then(filled).unwrap_or_else(|| username.clone()),
        username,
        email,
        given_name: claims.given_name.as_deref().and_then(filled),
        surname: claims.family_name.as_deref().and_then(filled),
        enabled: true,
        // The name of the tenant has several spellings; its id has one.
        guest: claims.idp.is_some_and(|provider| !provider.contains(&claims.tid)),
        ..User::default()
    }
}

fn declined(code: &str, summary: &str, remedy: &str) -> Error {
    Error::Declined(Explanation::new(code, summary).remedy(remedy))
}
