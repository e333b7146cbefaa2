//! Who is signed in.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};

use crate::{
    serve::{
        app::App,
        cookies::{Cookie, cookie},
        failure::Failure,
        sessions::PersonSession,
    },
    store::Person,
};

/// The person whose session the request belongs to, as ONES knows them at this moment:
/// whoever was removed or blocked since is signed in no more.
pub(super) struct SignedIn {
    pub(super) session: Arc<PersonSession>,
    pub(super) person: Person,
}

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let session =
            session(app, &parts.headers).ok_or_else(|| Failure::Elsewhere("/".to_owned()))?;
        let (integration, id) = (session.integration, session.id.clone());
        let person = app.store(move |store| store.person(integration, &id)).await?;
        match person.filter(|it| it.active) {
            Some(person) => Ok(Self { session, person }),
            None => {
                close(app, &parts.headers);
                Err(Failure::Elsewhere("/?note=ended".to_owned()))
            }
        }
    }
}

/// The session of the browser, if it has one.
pub(super) fn session(app: &App, headers: &HeaderMap) -> Option<Arc<PersonSession>> {
    let token = cookie(headers, &Cookie::Person, &app.site)?;
    app.people.get(token, app.now())
}

/// Ends the session of the browser, if it has one.
pub(super) fn close(app: &App, headers: &HeaderMap) {
    if let Some(token) = cookie(headers, &Cookie::Person, &app.site) {
        app.people.close(token);
    }
}
