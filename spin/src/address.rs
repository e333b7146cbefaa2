//! The address at which others reach this front end.

use http::request::Parts;

use crate::{host::Host, problem::Problem, request, settings};

/// Returns the URL of this front end, without a slash at its end: the variable `public_url` or,
/// where this is not set, the origin that the request was sent to. Behind a proxy, and where a host
/// passes on neither authority nor `Host`, the variable is needed.
///
/// # Errors
/// Where neither is known.
pub async fn base<H: Host>(host: &H, parts: &Parts) -> Result<String, Problem> {
    if let Some(url) = settings::variable(host, "public_url").await? {
        return Ok(url.trim_end_matches('/').to_owned());
    }
    request::origin(parts).map_err(|problem| {
        problem.remedy(format!(
            "Set {} to the address that browsers use, e.g. http://localhost:3000",
            host.external_name("public_url")
        ))
    })
}
