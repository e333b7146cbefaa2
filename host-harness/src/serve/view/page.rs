//! The frame of a page.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};

use crate::problem::Problem;

/// What the frame shows.
#[derive(Debug)]
pub(in crate::serve) struct Page {
    /// Of the page and what it is about.
    pub(in crate::serve) title: String,
    /// The administrator looks at it.
    pub(in crate::serve) admin: Option<Csrf>,
    /// What was just done.
    pub(in crate::serve) note: Option<&'static str>,
    /// One column.
    pub(in crate::serve) narrow: bool,
    /// Reference number under which the administrator finds the cause.
    pub(in crate::serve) reference: Option<String>,
}

impl Page {
    /// One that anybody can see.
    pub(in crate::serve) fn narrow(title: impl Into<String>) -> Self {
        Self { title: title.into(), admin: None, note: None, narrow: true, reference: None }
    }

    /// One of the administrator.
    pub(in crate::serve) fn admin(title: impl Into<String>, csrf: &Csrf) -> Self {
        let admin = Some(csrf.clone());
        Self { title: title.into(), admin, note: None, narrow: false, reference: None }
    }

    pub(in crate::serve) fn noted(self, note: Option<&'static str>) -> Self {
        Self { note, ..self }
    }

    pub(in crate::serve) fn referring(self, reference: String) -> Self {
        Self { reference: Some(reference), ..self }
    }

    pub(in crate::serve) fn home(&self) -> &'static str {
        if self.admin.is_some() { "/admin" } else { "/" }
    }
}

/// What was just done, named in the address: never words of an address themselves.
#[derive(Debug, Default, serde::Deserialize)]
pub(in crate::serve) struct Noted {
    #[serde(default)]
    note: String,
}

impl Noted {
    pub(in crate::serve) fn text(&self) -> Option<&'static str> {
        Some(match self.note.as_str() {
            "saved" => "Saved",
            "busy" => "A sync is already under way",
            "stopping" => "The program is about to end: nothing was begun",
            "scheduled" => "The schedule was changed",
            "leavers" => "What becomes of people who leave was changed",
            "approved" => "They were removed",
            "discarded" => "They are kept",
            "none-chosen" => "Nothing was chosen, and nothing changed",
            "changed" => "Others are held meanwhile, and nothing was done: look at them again",
            "consented" => "Consent was granted; the settings were tested again",
            "logged-out" => "You are logged out",
            "ended" => "Your session has ended",
            _ => return None,
        })
    }
}

/// What a form proves with that it was given out to this browser. Secret.
#[derive(Clone)]
pub(in crate::serve) struct Csrf(String);

impl Csrf {
    pub(in crate::serve) fn new(text: String) -> Self {
        Self(text)
    }

    pub(in crate::serve) fn text(&self) -> &str {
        &self.0
    }

    /// The hidden field.
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

/// The address of one of the people or groups of an integration.
pub(in crate::serve) fn address(integration: i64, what: &str, id: &str) -> String {
    // Not as in a form: a path has no plus for a space.
    let id: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("/admin/integrations/{integration}/{what}/{}", id.replace('+', "%20"))
}

/// A whole page.
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

/// A page that says what went wrong, and where to go on.
pub(in crate::serve) fn message(
    shown: Page,
    problem: Problem,
    to: impl Into<String>,
    label: &'static str,
) -> Response {
    page(&Message { page: shown, problem, to: to.into(), label })
}
