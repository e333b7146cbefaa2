//! The sessions of the administrator.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    extract::FromRequestParts,
    http::{Method, request::Parts},
};

use super::secrets::Trust;
use crate::{
    serve::{
        app::App,
        failure::Failure,
        guard::{Cookie, cookie, random_text},
        view::Csrf,
    },
    settings::Settings,
    store::IntegrationId,
};

/// A session of the administrator.
pub(in crate::serve) struct AdminSession {
    pub(super) csrf: Csrf,
    draft: Mutex<Option<Draft>>,
}

/// Settings that were entered and not saved yet. They are stored here, since their secrets are
/// never sent back to the browser.
#[derive(Clone)]
pub(super) struct Draft {
    /// The page contains this id, and sends it with the next form.
    pub(super) id: String,
    pub(super) integration: Option<IntegrationId>,
    pub(super) settings: Settings,
    pub(super) trust: Trust,
}

impl AdminSession {
    pub(super) fn new() -> Self {
        Self { csrf: Csrf::new(random_text()), draft: Mutex::default() }
    }

    /// Returns the draft with this id, where it belongs to this integration.
    pub(super) fn draft(&self, id: &str, integration: Option<IntegrationId>) -> Option<Draft> {
        let draft = self.draft.lock().unwrap_or_else(PoisonError::into_inner);
        draft.clone().filter(|draft| draft.id == id && draft.integration == integration)
    }

    /// Replaces the draft of the session.
    pub(super) fn keep(&self, draft: Option<Draft>) {
        *self.draft.lock().unwrap_or_else(PoisonError::into_inner) = draft;
    }
}

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
