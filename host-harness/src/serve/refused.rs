//! The page of a failed sign-in.
//!
//! Any client can open it. It contains only what the user can act on. The cause, which can name
//! files, tenants and portals, goes to the log and to the administrator's pages.

use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Response},
};

use super::{
    app::App,
    view::{Page, message},
};
use crate::{
    model::Purpose,
    problem::{Case, Problem},
    store::IntegrationId,
};

/// Returns the page of a sign-in, or of a consent, that the vendor, the plugin or ONES refused.
pub(super) async fn refused(
    app: &App,
    status: StatusCode,
    problem: Problem,
    integration: IntegrationId,
    purpose: Purpose,
) -> Response {
    if purpose == Purpose::Consent {
        // Only the administrator requests consent, and may read the cause.
        let to = format!("/admin/integrations/{}/settings", integration.get());
        let page = Page::narrow("Consent was not granted");
        return (status, message(page, problem, to, "Back to the settings")).into_response();
    }
    // The name is missing in the log where the integration is gone or the store cannot be read.
    let name = app.name(integration).await.ok();
    let shown = for_anyone(&problem);
    let reference = app.incidents.report(name.map(|it| (integration, it)), problem);
    let page = Page::narrow("Not signed in").referring(reference);
    (status, message(page, shown, "/", "Back to sign in")).into_response()
}

/// Returns the part of a problem that the user may read: one sentence, and what to do.
fn for_anyone(problem: &Problem) -> Problem {
    const ASK: &str = "Ask your ONES administrator, and give them the reference number";
    let shown = |summary: &str, remedy: &str| Problem::request(&problem.code, summary, remedy);
    match problem.case {
        // A text of ONES itself.
        Case::Request => shown(&problem.summary, problem.remedy.as_deref().unwrap_or(ASK)),
        // The plugin's summary is for the user, its remedy for an administrator of the vendor.
        Case::Declined => shown(&problem.summary, ASK),
        Case::Rejected => shown(
            &problem.summary,
            "Sign in again. If it fails again, give the reference number to your ONES \
             administrator",
        ),
        Case::Unavailable | Case::Throttled => shown(
            "The service that you sign in with does not answer at this moment",
            "Try again in a minute. If it fails again, give the reference number to your ONES \
             administrator",
        ),
        _ => shown("Signing in does not work at this moment", ASK),
    }
}
