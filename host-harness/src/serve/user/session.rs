//! The sessions of signed-in users.

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
        sessions::UserSession,
    },
    store::KnownUser,
};

/// The signed-in user who sent the request, with their current record. A user who was removed or
/// blocked after the sign-in is not signed in any more.
pub(super) struct SignedIn {
    pub(super) session: Arc<UserSession>,
    pub(super) user: KnownUser,
}

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let session =
            session(app, &parts.headers).ok_or_else(|| Failure::Elsewhere("/".to_owned()))?;
        let (integration, id) = (session.integration, session.id.clone());
        let user = app.store(move |store| store.user(integration, &id)).await?;
        match user.filter(|user| user.active) {
            Some(user) => Ok(Self { session, user }),
            None => {
                close(app, &parts.headers);
                Err(Failure::Elsewhere("/?note=ended".to_owned()))
            }
        }
    }
}

/// Returns the session of the browser, if it has one.
pub(super) fn session(app: &App, headers: &HeaderMap) -> Option<Arc<UserSession>> {
    let token = cookie(headers, &Cookie::User, &app.site)?;
    app.user_sessions.get(token, app.now())
}

/// Ends the session of the browser, if it has one.
pub(super) fn close(app: &App, headers: &HeaderMap) {
    if let Some(token) = cookie(headers, &Cookie::User, &app.site) {
        app.user_sessions.close(token);
    }
}
