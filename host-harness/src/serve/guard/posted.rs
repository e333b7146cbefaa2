//! Posted forms, and the token that proves that a form is this server's own.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{StatusCode, header::SET_COOKIE, request::Parts},
    response::Response,
};

use crate::{
    access::same,
    form::Entered,
    random,
    serve::{
        app::App,
        cookies::{Cookie, cookie},
        failure::Failure,
        view::Csrf,
    },
};

/// Name of the field that contains the token.
const FIELD: &str = "csrf";

/// A posted form whose token is not checked yet; see [`Self::checked`].
pub(in crate::serve) struct Posted(Entered);

impl Posted {
    /// Returns the entered values where the form contains this token.
    ///
    /// # Errors
    /// The form contains another token, or none.
    pub(in crate::serve) fn checked(self, token: &Csrf) -> Result<Entered, Failure> {
        match self.0.text(FIELD) {
            Some(it) if same(it, token.text()) => Ok(self.0),
            _ => Err(Failure::new(
                StatusCode::FORBIDDEN,
                "form-expired",
                "This form is out of date",
                "Open the page again and send it once more",
            )),
        }
    }
}

impl FromRequest<Arc<App>> for Posted {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Failure> {
        let body = Bytes::from_request(request, app).await.map_err(|it| {
            let (summary, remedy) =
                ("The form cannot be read", "Enter less text, and send the form again");
            Failure::new(it.status(), "form-unreadable", summary, remedy)
        })?;
        Ok(Self(Entered::new(pairs(&body))))
    }
}

/// Returns the decoded pairs of a form or of a query, in their order.
pub(in crate::serve) fn pairs(text: &[u8]) -> impl Iterator<Item = (String, String)> + use<'_> {
    form_urlencoded::parse(text).map(|(name, value)| (name.into_owned(), value.into_owned()))
}

/// The form token of a browser without a session, stored in a cookie.
pub(in crate::serve) struct FormToken {
    pub(in crate::serve) csrf: Csrf,
    is_new: bool,
}

impl FormToken {
    /// Adds the cookie to the page, where the browser has none yet.
    pub(in crate::serve) fn add_to(&self, app: &App, mut page: Response) -> Response {
        if self.is_new {
            let cookie = Cookie::Form.set(self.csrf.text(), &app.site);
            page.headers_mut().append(SET_COOKIE, cookie);
        }
        page
    }
}

impl FromRequestParts<Arc<App>> for FormToken {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let sent = cookie(&parts.headers, &Cookie::Form, &app.site);
        let sent = sent.filter(|it| it.len() == random::text().len());
        Ok(Self {
            is_new: sent.is_none(),
            csrf: Csrf::new(sent.map_or_else(random::text, str::to_owned)),
        })
    }
}
