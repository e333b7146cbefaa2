//! The page of a sign-in that fails.
//!
//! Any client can reach it. It says what the user can act on; the cause, which can name files,
//! tenants and portals, goes to the log and to the administrator.

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

/// The page of a sign-in, or of a consent, that the vendor, the plugin or ONES refuses.
pub(super) async fn refused(
    app: &App,
    status: StatusCode,
    problem: Problem,
    integration: IntegrationId,
    purpose: Purpose,
) -> Response {
    if purpose == Purpose::Consent {
        // The administrator sent the browser, and reads all of it.
        let to = format!("/admin/integrations/{}/settings", integration.get());
        let page = Page::narrow("Consent was not granted");
        return (status, message(page, problem, to, "Back to the settings")).into_response();
    }
    // Gone, or not to be read: then the log has it without a name.
    let name = app.name(integration).await.ok();
    let shown = for_anyone(&problem);
    let reference = app.incidents.report(name.map(|it| (integration, it)), problem);
    let page = Page::narrow("Not signed in").referring(reference);
    (status, message(page, shown, "/", "Back to sign in")).into_response()
}

/// Returns what the user may read of a problem: one sentence, and what to do.
fn for_anyone(problem: &Problem) -> Problem {
    const ASK: &str = "Ask your administrator of ONES, and give them the reference number";
    let of = |summary: &str, remedy: &str| Problem::request(&problem.code, summary, remedy);
    match problem.case {
        // ONES's own words.
        Case::Request => of(&problem.summary, problem.remedy.as_deref().unwrap_or(ASK)),
        // The plugin's sentence is for the user, its remedy for an administrator of the vendor.
        Case::Declined => of(&problem.summary, ASK),
        Case::Rejected => of(
            &problem.summary,
            "Sign in again. If it fails again, give the reference number to your administrator of \
             ONES",
        ),
        Case::Unavailable | Case::Throttled => of(
            "The service that you sign in with does not answer at this moment",
            "Try again in a minute. If it goes on, give the reference number to your \
             administrator of ONES",
        ),
        _ => of("Signing in does not work at this moment", ASK),
    }
}
