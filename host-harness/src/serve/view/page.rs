//! The frame of a page.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};

use crate::problem::Problem;

/// The contents of the frame.
#[derive(Debug)]
pub(in crate::serve) struct Page {
    /// Title of the page.
    pub(in crate::serve) title: String,
    /// The form token of the administrator's session, where the page is the administrator's.
    pub(in crate::serve) admin: Option<Csrf>,
    /// Whether the page is one of a signed-in user.
    pub(in crate::serve) user: bool,
    /// Whether the signed-in user can book rooms.
    pub(in crate::serve) books: bool,
    /// Result of the last action.
    pub(in crate::serve) note: Option<&'static str>,
    /// Whether the page is a single narrow column.
    pub(in crate::serve) narrow: bool,
    /// Reference number under which the administrator finds the cause.
    pub(in crate::serve) reference: Option<String>,
}

impl Page {
    /// Returns the frame of a page that any client can open.
    pub(in crate::serve) fn narrow(title: impl Into<String>) -> Self {
        Self { narrow: true, user: false, ..Self::user(title, false) }
    }

    /// Returns the frame of a page of a signed-in user, who can book rooms or not.
    pub(in crate::serve) fn user(title: impl Into<String>, books: bool) -> Self {
        let title = title.into();
        Self { title, admin: None, user: true, books, note: None, narrow: false, reference: None }
    }

    /// Returns the frame of a page of the administrator.
    pub(in crate::serve) fn admin(title: impl Into<String>, csrf: &Csrf) -> Self {
        Self { admin: Some(csrf.clone()), user: false, ..Self::user(title, false) }
    }

    pub(in crate::serve) fn noted(self, note: Option<&'static str>) -> Self {
        Self { note, ..self }
    }

    pub(in crate::serve) fn referring(self, reference: String) -> Self {
        Self { reference: Some(reference), ..self }
    }

    pub(in crate::serve) fn home(&self) -> &'static str {
        match self.admin {
            Some(_) => "/admin",
            None if self.user => "/bookings",
            None => "/",
        }
    }
}

/// Result of the last action: a code in the address of the page. Texts in an address are never
/// shown.
#[derive(Debug, Default, serde::Deserialize)]
pub(in crate::serve) struct Noted {
    #[serde(default)]
    note: String,
}

impl Noted {
    pub(in crate::serve) fn text(&self) -> Option<&'static str> {
        Some(match self.note.as_str() {
            "saved" => "Saved",
            "busy" => "A sync is already running",
            "stopping" => "The server is stopping, so no sync was started",
            "scheduled" => "The schedule was changed",
            "leavers" => "The setting for removed users was saved",
            "approved" => "The records were removed",
            "discarded" => "The records are kept",
            "none-chosen" => "No removal was selected, so nothing was changed",
            "changed" => "The list has changed, so nothing was removed. Review the list again",
            "deleted" => "The integration was deleted",
            "consented" => "Consent was granted; the settings were tested again",
            "logged-out" => "You are logged out",
            "ended" => "Your session has ended",
            _ => return None,
        })
    }
}

/// The token that proves that a form was sent to this browser. Secret.
#[derive(Clone)]
pub(in crate::serve) struct Csrf(String);

impl Csrf {
    pub(in crate::serve) fn new(text: String) -> Self {
        Self(text)
    }

    pub(in crate::serve) fn text(&self) -> &str {
        &self.0
    }

    /// Returns the hidden field with the token.
    pub(in crate::serve) fn field(&self) -> CsrfField<'_> {
        CsrfField { token: &self.0 }
    }
}

impl std::fmt::Debug for Csrf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Csrf([redacted])")
    }
}

#[derive(Template)]
#[template(source = r#"<input type="hidden" name="csrf" value="{{ token }}">"#, ext = "html")]
pub(in crate::serve) struct CsrfField<'a> {
    token: &'a str,
}

/// Returns the address of the page of a user or a group; `list` is `users` or `groups`.
pub(in crate::serve) fn address(integration: i64, list: &str, id: &str) -> String {
    under(&format!("/admin/integrations/{integration}/{list}"), id)
}

/// Returns the address of what has this id, under the address of a list.
pub(in crate::serve) fn under(list: &str, id: &str) -> String {
    // Unlike a form, a path does not encode a space as a plus.
    let id: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("{list}/{}", id.replace('+', "%20"))
}

/// Renders a complete page.
pub(in crate::serve) fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message {
    page: Page,
    problem: Problem,
    to: String,
    label: &'static str,
}

/// Returns a page with a problem and a link to continue.
pub(in crate::serve) fn message(
    shown: Page,
    problem: Problem,
    to: impl Into<String>,
    label: &'static str,
) -> Response {
    page(&Message { page: shown, problem, to: to.into(), label })
}
