//! The page that shows a signed-in user their own record.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, header::SET_COOKIE},
    response::{IntoResponse as _, Redirect, Response},
};

use super::session::{SignedIn, close};
use crate::{
    serve::{
        app::App,
        cookies::Cookie,
        failure::Failure,
        guard::Posted,
        view::{Csrf, Page, page},
    },
    store::{InGroup, KnownUser},
};

#[derive(Template)]
#[template(path = "user/me.html")]
struct Me<'a> {
    page: Page,
    csrf: &'a Csrf,
    integration: String,
    user: KnownUser,
    /// The user's groups of the directory.
    groups: Vec<InGroup>,
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    SignedIn { session, user }: SignedIn,
) -> Result<Response, Failure> {
    let integration = app.name(session.integration).await?;
    let books = app.can_book() && app.settings(session.integration).await?.bookings().is_some();
    let (id, user_id) = (session.integration, session.id.clone());
    let groups = app.look(move |store| store.groups_of(id, &user_id)).await?;
    let frame = Page { narrow: true, ..Page::user(user.record.display_name.clone(), books) };
    Ok(page(&Me { page: frame, csrf: &session.csrf, integration, user, groups }))
}

pub(super) async fn log_out(
    State(app): State<Arc<App>>,
    SignedIn { session, .. }: SignedIn,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, Failure> {
    posted.checked(&session.csrf)?;
    close(&app, &headers);
    let cleared = [(SET_COOKIE, Cookie::User.clear(&app.site))];
    Ok((cleared, Redirect::to("/?note=logged-out")).into_response())
}
