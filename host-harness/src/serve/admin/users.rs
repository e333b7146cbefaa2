//! A person, as the administrator sees them.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};

use super::session::Admin;
use crate::{
    serve::{
        app::App,
        failure::Failure,
        view::{self, Page, page},
    },
    store::{InGroup, IntegrationId, Person, StoreError},
};

#[derive(Template)]
#[template(path = "admin/user.html")]
struct PersonPage {
    page: Page,
    name: String,
    id: i64,
    person: Person,
    /// Of the directory.
    groups: Vec<InGroup>,
}

impl PersonPage {
    /// The address of a group's page.
    fn group(&self, group: &InGroup) -> String {
        view::address(self.id, "groups", &group.id)
    }
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    Admin(session): Admin,
    Path((number, person)): Path<(i64, String)>,
) -> Result<Response, Failure> {
    let id = IntegrationId::from(number);
    let name = app.name(id).await?;
    let told = app.look(move |store| {
        Ok::<_, StoreError>((store.person(id, &person)?, store.groups_of(id, &person)?))
    });
    let (person, groups) = told.await?;
    let person = person.ok_or_else(Failure::not_found)?;
    let title = format!("{} · {name}", person.record.display_name);
    let shown = Page::admin(title, &session.csrf);
    Ok(page(&PersonPage { page: shown, name, id: number, person, groups }))
}
