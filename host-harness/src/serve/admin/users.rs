//! The page of a user.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State},
    http::Uri,
    response::{IntoResponse as _, Redirect, Response},
};

use super::session::Admin;
use crate::{
    serve::{
        app::App,
        failure::Failure,
        view::{self, Page, page},
    },
    store::{InGroup, IntegrationId, KnownUser, StoreError},
};

#[derive(Template)]
#[template(path = "admin/user.html")]
struct UserPage {
    page: Page,
    name: String,
    id: i64,
    user: KnownUser,
    /// The user's groups of the directory.
    groups: Vec<InGroup>,
}

impl UserPage {
    /// Returns the address of a group's page.
    fn group(&self, group: &InGroup) -> String {
        view::address(self.id, "groups", &group.id)
    }
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    Admin(session): Admin,
    Path((number, user_id)): Path<(i64, String)>,
) -> Result<Response, Failure> {
    let id = IntegrationId::from(number);
    let name = app.name(id).await?;
    let found = app.look(move |store| {
        Ok::<_, StoreError>((store.user(id, &user_id)?, store.groups_of(id, &user_id)?))
    });
    let (user, groups) = found.await?;
    let user = user.ok_or_else(Failure::not_found)?;
    let title = format!("{} · {name}", user.record.display_name);
    let shown = Page::admin(title, &session.csrf);
    Ok(page(&UserPage { page: shown, name, id: number, user, groups }))
}

/// Redirects from a former address, with `people` in place of `users`.
pub(super) async fn redirect(_: Admin, uri: Uri) -> Response {
    let former = uri.path_and_query().map(|it| it.as_str()).unwrap_or_default();
    Redirect::permanent(&former.replacen("/people", "/users", 1)).into_response()
}
