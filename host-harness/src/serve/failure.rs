//! Failures, as pages.

use std::time::Duration;

use axum::{
    Extension,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Redirect, Response},
};

use super::view::{Page, message};
use crate::{error::Error, length, problem::Problem};

/// The reason why a page is not shown.
#[derive(Debug)]
pub(super) enum Failure {
    /// A problem whose text any client may read.
    Problem(StatusCode, Box<Problem>),
    /// A problem of a plugin or of the store. Its text can contain file names and other details
    /// that only the administrator may see; see [`Inner`].
    Inner(StatusCode, Box<Problem>),
    /// Too many attempts. The client may try again after this time.
    Wait(Duration),
    /// A redirect to this address.
    Elsewhere(String),
}

/// Extension of a response that has no page yet. [`crate::serve::guard::check`] decides how much
/// of the problem the client may see, and renders the page.
#[derive(Debug, Clone)]
pub(super) struct Inner(pub(super) Box<Problem>);

impl Failure {
    pub(super) fn new(
        status: StatusCode,
        code: &str,
        summary: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::Problem(status, Box::new(Problem::request(code, summary, remedy)))
    }

    pub(super) fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "There is no such page",
            "Check the address, or start at the home page",
        )
    }

    pub(super) fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "Too many people are signing in at this moment",
            "Try again in a minute",
        )
    }

    /// A thread of the server ended with a panic.
    pub(super) fn broken(error: &dyn std::error::Error) -> Self {
        let (summary, remedy) =
            ("The server failed", "This is a defect in ONES: report it to its developers");
        let problem = Problem::request("host", summary, remedy);
        let detail = Some(error.to_string());
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::Inner(status, Box::new(Problem { detail, ..problem }))
    }
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error = error.into();
        let status = match &error {
            Error::Call(_) => StatusCode::BAD_GATEWAY,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::Inner(status, Box::new(error.problem()))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Elsewhere(place) => Redirect::to(&place).into_response(),
            Self::Problem(status, problem) => {
                let page = Page::narrow(problem.summary.clone());
                (status, message(page, *problem, "/", "Back to the home page")).into_response()
            }
            Self::Inner(status, problem) => (status, Extension(Inner(problem))).into_response(),
            Self::Wait(wait) => {
                let wait = length::rounded_up(wait);
                let problem = Self::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "too-many-attempts",
                    "Too many attempts failed",
                    format!("Try again in {}", length::in_words(wait)),
                );
                let header = [(RETRY_AFTER, HeaderValue::from(wait.as_secs()))];
                (header, problem).into_response()
            }
        }
    }
}
