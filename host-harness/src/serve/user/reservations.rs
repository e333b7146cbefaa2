//! The pages of bookings that a signed-in user makes.

use std::sync::Arc;

use axum::{Router, extract::FromRequestParts, http::request::Parts};

use super::{bookings::viewer, session::SignedIn};
use crate::serve::{
    app::App,
    failure::Failure,
    reservations::{self, Booker},
};

/// A signed-in user, who books for themselves.
struct Own(Booker);

impl From<Own> for Booker {
    fn from(Own(booker): Own) -> Self {
        booker
    }
}

impl FromRequestParts<Arc<App>> for Own {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let signed_in = SignedIn::from_request_parts(parts, app).await?;
        let viewer = viewer(app, &signed_in).await?;
        Ok(Self(Booker::user(viewer, signed_in.user)))
    }
}

pub(super) fn routes() -> Router<Arc<App>> {
    reservations::routes::<Own>("")
}
