//! The pages of bookings that the administrator makes for users.

use std::sync::Arc;

use axum::{
    Router,
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use serde::Deserialize;

use super::{bookings::viewer, session::Admin};
use crate::serve::{
    app::App,
    failure::Failure,
    reservations::{self, Booker},
};

/// The administrator, who books for any user of an integration.
struct ForAnyUser(Booker);

/// The address of an integration.
#[derive(Deserialize)]
struct Numbered {
    id: i64,
}

impl From<ForAnyUser> for Booker {
    fn from(ForAnyUser(booker): ForAnyUser) -> Self {
        booker
    }
}

impl FromRequestParts<Arc<App>> for ForAnyUser {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let admin = Admin::from_request_parts(parts, app).await?;
        let found = Path::<Numbered>::from_request_parts(parts, app).await;
        let Path(Numbered { id }) = found.map_err(|_| Failure::not_found())?;
        Ok(Self(Booker::admin(viewer(app, admin, id).await?)))
    }
}

pub(super) fn routes() -> Router<Arc<App>> {
    reservations::routes::<ForAnyUser>("/admin/integrations/{id}")
}
