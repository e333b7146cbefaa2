//! Where the tenant's provider does what: followed, not assumed.
//!
//! Sources: OpenID Connect Discovery 1.0, section 3. Entra ID's document is at
//! `{authority}/{tenant}/v2.0/.well-known/openid-configuration`; with `?appid=` it leads to the
//! keys of an app that has some of its own, as one with custom claims does:
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

/// The tenant's provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Provider {
    /// To the letter, as tokens must name it.
    pub(super) issuer: String,
    /// The tenant in the issuer: a GUID, also where the settings name a domain.
    pub(super) tenant: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) jwks_uri: String,
    /// Whether codes can be posted to the redirect URI.
    pub(super) form_post: bool,
    /// Whether the client's secret goes into a header, since the form is not taken.
    pub(super) basic: bool,
    /// Whether it says with each answer who it is (RFC 9207).
    pub(super) names_itself: bool,
}

impl Provider {
    /// Asks for it.
    ///
    /// # Errors
    /// [`Error::Unexpected`] where it is not to be followed: see [`Self::read`].
    pub(super) async fn discover<H: Host>(graph: &Graph<'_, H>) -> Result<Self, Error> {
        let app = &graph.settings().server.client_id;
        let request = Request::get(graph.endpoints().openid_configuration_for(app))
            .header("accept", "application/json")
            // A client that begins many sign-ins must not cause as many requests.
            .header("cache-control", "max-age=600");
        let response = graph.send(request).await?;
        if response.status != 200 {
            return Err(super::refusal::of_discovery(graph.settings(), &response));
        }
        Self::read(graph.endpoints(), &graph.settings().server.tenant_id, &response)
    }

    /// What it names must be the tenant's, on the authority's own origin or on one that the cloud
    /// is known to use: the client's secret and people's browsers go there.
    fn read(endpoints: &Endpoints, tenant: &str, response: &Response) -> Result<Self, Error> {
        let document = response.json();
        let text = |name| document.get(name).and_then(Value::as_str);
        let lists = |name: &str, item: &str| {
            let list = document.get(name)?.as_array()?;
            Some(list.iter().any(|it| it.as_str() == Some(item)))
        };
        let place = |name| {
            let uri = text(name).filter(|it| is_at_home(endpoints.sign_in_origins(), it));
            uri.map(str::to_owned).ok_or_else(|| wrong(name, text(name), response))
        };
        let issuer = text("issuer").unwrap_or_default();
        let issued_for = tenant_of(endpoints, issuer)
            // A domain is told as the GUID behind it.
            .filter(|it| it.eq_ignore_ascii_case(tenant) || !is_guid(tenant) && is_guid(it))
            .ok_or_else(|| wrong("issuer", text("issuer"), response))?;
        // Where the document is silent, only Basic is sure to be taken.
        let methods = "token_endpoint_auth_methods_supported";
        let names_itself = "authorization_response_iss_parameter_supported";
        Ok(Self {
            issuer: issuer.to_owned(),
            tenant: issued_for.to_owned(),
            authorization_endpoint: place("authorization_endpoint")?,
            token_endpoint: place("token_endpoint")?,
            jwks_uri: place("jwks_uri")?,
            form_post: lists("response_modes_supported", "form_post").unwrap_or_default(),
            basic: !lists(methods, "client_secret_post").unwrap_or_default(),
            names_itself: document.get(names_itself).and_then(Value::as_bool).unwrap_or_default(),
        })
    }

    /// Whether an answer of the provider can come with that `iss` (RFC 9207, section 2.4).
    pub(super) fn may_call_itself(&self, iss: Option<&str>) -> bool {
        iss.map_or(!self.names_itself, |it| it == self.issuer)
    }
}

/// The tenant of an issuer `{origin}/{tenant}/v2.0`, where the origin is one that the cloud issues
/// tokens under.
fn tenant_of<'a>(endpoints: &Endpoints, issuer: &'a str) -> Option<&'a str> {
    let uri = issuer.parse::<Uri>().ok()?;
    let origin = Origin::of(&uri)?.to_string();
    let path = issuer.strip_prefix(&origin)?.strip_prefix('/')?.strip_suffix("/v2.0")?;
    let is_known = endpoints.issuer_origins().contains(&origin);
    (is_known && !path.contains(['/', '?', '#'])).then_some(path)
}

fn is_at_home(home: &[String], address: &str) -> bool {
    let origin = address.parse::<Uri>().ok().and_then(|it| Origin::of(&it));
    origin.is_some_and(|it| home.contains(&it.to_string())) && !address.contains('#')
}

fn wrong(name: &str, found: Option<&str>, response: &Response) -> Error {
    let found: String = found.unwrap_or("nothing").chars().take(200).collect();
    Error::Unexpected(
        Explanation::new(
            "openid-configuration",
            format!("The {name} that the sign-in server names is not one of this tenant and cloud"),
        )
        .remedy(remedy::PROXY)
        .detail(format!("{}; {name}: {found}", response.outline())),
    )
}
