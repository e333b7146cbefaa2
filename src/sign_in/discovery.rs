//! The endpoints of the tenant, which OpenID Connect Discovery names.
//!
//! Sources: OpenID Connect Discovery 1.0, section 3. Entra ID's document is at
//! `{authority}/{tenant}/v2.0/.well-known/openid-configuration`; with `?appid=` it names
//! the keys of an app that has its own, e.g. one with custom claims:
//! <https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-signature>.

use http::Uri;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    endpoints::Endpoints,
    error::{Error, Explanation},
    graph::Graph,
    host::{Host, Request, Response},
    origin::Origin,
    remedy,
    settings::is_guid,
};

/// The OpenID provider of the tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Provider {
    /// Issuer, exactly as tokens must name it.
    pub(super) issuer: String,
    /// Tenant in the issuer: a GUID, also where the settings name a domain.
    pub(super) tenant: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) jwks_uri: String,
    /// Whether codes can be posted to the redirect URI.
    pub(super) form_post: bool,
    /// Whether the client secret must be sent in a header instead of the form.
    pub(super) basic: bool,
    /// Whether each answer of the provider contains `iss` (RFC 9207).
    pub(super) names_itself: bool,
}

impl Provider {
    /// Requests the OpenID configuration.
    ///
    /// # Errors
    /// [`Error::Unexpected`] where it names a server that is not allowed: see [`Self::read`].
    pub(super) async fn discover<H: Host>(graph: &Graph<'_, H>) -> Result<Self, Error> {
        let app = &graph.settings().server.client_id;
        let request = Request::get(graph.endpoints().openid_configuration_for(app))
            .header("accept", "application/json")
            // A client that starts many sign-ins must not cause as many requests.
            .header("cache-control", "max-age=600");
        let response = graph.send(request).await?;
        if response.status != 200 {
            return Err(super::refusal::explain_discovery(graph.settings(), &response));
        }
        Self::read(graph.endpoints(), &graph.settings().server.tenant_id, &response)
    }

    /// Reads the configuration. Its endpoints must be on origins of the cloud, and its issuer must
    /// name the tenant: the client secret and the browsers of users are sent there.
    fn read(endpoints: &Endpoints, tenant: &str, response: &Response) -> Result<Self, Error> {
        let document = response.json();
        let text = |name| document.get(name).and_then(Value::as_str);
        let lists = |name: &str, item: &str| {
            let list = document.get(name)?.as_array()?;
            Some(list.iter().any(|value| value.as_str() == Some(item)))
        };
        let endpoint = |name| {
            let uri = text(name).filter(|uri| is_on_any(endpoints.sign_in_origins(), uri));
            uri.map(str::to_owned).ok_or_else(|| wrong(name, text(name), response))
        };
        let issuer = text("issuer").unwrap_or_default();
        let issued_for = tenant_in(endpoints, issuer)
            // The issuer names the GUID also where the settings name a domain.
            .filter(|issued_for| {
                issued_for.eq_ignore_ascii_case(tenant) || !is_guid(tenant) && is_guid(issued_for)
            })
            .ok_or_else(|| wrong("issuer", text("issuer"), response))?;
        // Where the document does not name methods, only Basic is certain to be accepted.
        let methods = "token_endpoint_auth_methods_supported";
        let names_itself = "authorization_response_iss_parameter_supported";
        Ok(Self {
            issuer: issuer.to_owned(),
            tenant: issued_for.to_owned(),
            authorization_endpoint: endpoint("authorization_endpoint")?,
            token_endpoint: endpoint("token_endpoint")?,
            jwks_uri: endpoint("jwks_uri")?,
            form_post: lists("response_modes_supported", "form_post").unwrap_or_default(),
            basic: !lists(methods, "client_secret_post").unwrap_or_default(),
            names_itself: document.get(names_itself).and_then(Value::as_bool).unwrap_or_default(),
        })
    }

    /// Returns whether an answer with that `iss` can come from the provider (RFC 9207, section
    /// 2.4).
    pub(super) fn matches_iss(&self, iss: Option<&str>) -> bool {
        iss.map_or(!self.names_itself, |iss| iss == self.issuer)
    }
}

/// Returns the tenant in an issuer `{origin}/{tenant}/v2.0`, where the origin is one of the cloud's
/// issuers.
fn tenant_in<'a>(endpoints: &Endpoints, issuer: &'a str) -> Option<&'a str> {
    let uri = issuer.parse::<Uri>().ok()?;
    let origin = Origin::of(&uri)?.to_string();
    let path = issuer.strip_prefix(&origin)?.strip_prefix('/')?.strip_suffix("/v2.0")?;
    let is_known = endpoints.issuer_origins().contains(&origin);
    (is_known && !path.contains(['/', '?', '#'])).then_some(path)
}

fn is_on_any(origins: &[String], address: &str) -> bool {
    let origin = address.parse::<Uri>().ok().and_then(|uri| Origin::of(&uri));
    origin.is_some_and(|origin| origins.contains(&origin.to_string())) && !address.contains('#')
}

fn wrong(name: &str, found: Option<&str>, response: &Response) -> Error {
    let found: String = found.unwrap_or("nothing").chars().take(200).collect();
    Error::Unexpected(
        Explanation::new(
            "openid-configuration",
            format!(
                "The {name} that the sign-in server names does not belong to this tenant and cloud"
            ),
        )
        .remedy(remedy::PROXY)
        .detail(format!("{}; {name}: {found}", response.outline())),
    )
}
