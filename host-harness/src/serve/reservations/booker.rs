//! Who sends a request about bookings that are made in ONES.

use axum::extract::FromRequestParts;

use crate::{
    model::Participant,
    serve::{app::App, bookings::Viewer, failure::Failure, view::Csrf},
    store::{Actor, KnownUser, Reservation},
};

/// A signed-in user, who books for themselves, or the administrator, who books for any user.
pub(in crate::serve) struct Booker {
    pub(super) viewer: Viewer,
    /// `None` for the administrator.
    pub(super) user: Option<KnownUser>,
}

/// A request that belongs to a session in which rooms can be booked.
pub(in crate::serve) trait Who:
    FromRequestParts<std::sync::Arc<App>, Rejection = Failure> + Into<Booker> + Send + 'static
{
}

impl<T> Who for T where
    T: FromRequestParts<std::sync::Arc<App>, Rejection = Failure> + Into<Booker> + Send + 'static
{
}

impl Booker {
    /// Returns a signed-in user.
    pub(in crate::serve) fn user(viewer: Viewer, user: KnownUser) -> Self {
        Self { viewer, user: Some(user) }
    }

    /// Returns the administrator.
    pub(in crate::serve) fn admin(viewer: Viewer) -> Self {
        Self { viewer, user: None }
    }

    pub(super) fn csrf(&self) -> &Csrf {
        &self.viewer.csrf
    }

    pub(super) fn actor(&self) -> Actor {
        match &self.user {
            Some(user) => Actor::User(user.record.id.clone()),
            None => Actor::Administrator,
        }
    }

    /// Returns the number of days ahead for which rooms can be booked.
    pub(super) fn days(&self) -> Option<u16> {
        self.viewer.settings.as_ref().map(|settings| settings.days)
    }

    /// Returns the signed-in user as the vendor names them.
    pub(super) fn organizer(&self) -> Option<Participant> {
        let record = &self.user.as_ref()?.record;
        Some(Participant { email: record.email.clone(), name: Some(record.display_name.clone()) })
    }

    /// # Errors
    /// Not found where no rooms can be booked.
    pub(super) fn check_books(&self) -> Result<(), Failure> {
        match self.viewer.books {
            true => Ok(()),
            false => Err(Failure::not_found()),
        }
    }

    /// Returns a reservation. A user gets only their own: of any other, they must not even learn
    /// that there is one.
    ///
    /// # Errors
    /// Not found.
    pub(super) async fn find(&self, app: &App, reference: String) -> Result<Reservation, Failure> {
        let id = self.viewer.integration;
        let found = app.look(move |store| store.reservation(id, &reference)).await?;
        found.filter(|found| self.viewer.manages(found)).ok_or_else(Failure::not_found)
    }
}
