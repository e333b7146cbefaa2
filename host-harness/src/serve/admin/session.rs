//! The sessions of the administrator.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{Method, request::Parts},
};

use crate::serve::{
    app::App,
    cookies::{Cookie, cookie},
    failure::Failure,
    sessions::AdminSession,
};

/// The administrator's session that the request belongs to. Requests without one are redirected to
/// the log-in.
pub(super) struct Admin(pub(super) Arc<AdminSession>);

impl FromRequestParts<Arc<App>> for Admin {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let token = cookie(&parts.headers, &Cookie::Admin, &app.site);
        let session = token.and_then(|it| app.admins.get(it, app.now()));
        session.map(Self).ok_or_else(|| {
            let is_page = parts.method == Method::GET;
            let here = parts.uri.path_and_query().filter(|_| is_page);
            let next = here.map(|it| it.as_str()).unwrap_or("/");
            let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
            Failure::Elsewhere(format!("/admin/log-in?next={next}"))
        })
    }
}
