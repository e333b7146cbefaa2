//! What a form sends, and that it was a form of this server.

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

/// The name of the field that holds the token.
const FIELD: &str = "csrf";

/// A form as it was sent. Nobody has looked yet at who sent it: see [`Self::checked`].
pub(in crate::serve) struct Posted(Entered);

impl Posted {
    /// What was entered, where the form was given out with this token.
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
            let (summary, remedy) = ("The form cannot be read", "Enter less, and send it again");
            Failure::new(it.status(), "form-unreadable", summary, remedy)
        })?;
        Ok(Self(Entered::new(pairs(&body))))
    }
}

/// The pairs of a form or of a query, decoded, in their order.
pub(in crate::serve) fn pairs(text: &[u8]) -> impl Iterator<Item = (String, String)> + use<'_> {
    form_urlencoded::parse(text).map(|(name, value)| (name.into_owned(), value.into_owned()))
}

/// What the forms of those are bound to who have no session yet: a cookie.
pub(in crate::serve) struct FormToken {
    pub(in crate::serve) csrf: Csrf,
    is_new: bool,
}

impl FormToken {
    /// The page, with the cookie for a browser that has none.
    pub(in crate::serve) fn given(&self, app: &App, mut page: Response) -> Response {
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
