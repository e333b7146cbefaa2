//! Redeems the code from the browser for the ID token.
//!
//! Source: OpenID Connect Core 1.0, section 3.1.3; RFC 6749, sections 2.3.1 and 4.1.3; RFC 7523,
//! section 2.2.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;

use super::{SCOPE, flow::SignIn, refusal};
use crate::{
    entra::Proof,
    error::{Error, Explanation},
    graph::Graph,
    host::{Host, Request},
    remedy,
    secret::Secret,
};

/// Redeems the code; returns the ID token, which is not verified yet.
pub(super) async fn redeem<H: Host>(
    graph: &Graph<'_, H>,
    sign_in: &SignIn,
    code: &str,
    redirect_uri: &str,
) -> Result<String, Error> {
    let settings = graph.settings();
    let (client, provider) = (&settings.server.client_id, &sign_in.provider);
    let proof = Proof::new(graph.host(), settings, &provider.token_endpoint)?;
    // An assertion has no other place than the form.
    let basic = match &proof {
        Proof::Secret(secret) if provider.basic => Some(secret),
        Proof::Secret(_) | Proof::Assertion(_) => None,
    };
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", code)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("code_verifier", &sign_in.verifier)
        .append_pair("scope", SCOPE);
    if basic.is_none() {
        form.append_pair("client_id", client).extend_pairs(proof.fields());
    }
    // It was checked at discovery, and the flow is authenticated.
    let endpoint = provider.token_endpoint.parse().unwrap_or_default();
    let form = form.finish().into_bytes();
    // A code can be redeemed only once.
    let mut request = Request::post(endpoint, "application/x-www-form-urlencoded", form)
        .header("accept", "application/json")
        .once();
    if let Some(secret) = basic {
        let encoded =
            |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", encoded(client), encoded(secret.reveal()));
        request =
            request.header("authorization", format!("Basic {}", BASE64_STANDARD.encode(pair)));
    }
    let response = graph.send(request).await?;
    if response.status != 200 {
        let sent = [code, &sign_in.verifier, proof.secret().reveal()].map(Secret::new);
        return Err(refusal::explain_redemption(settings, redirect_uri, &response, &sent));
    }
    let granted = response.json();
    let id_token = granted.get("id_token").and_then(Value::as_str);
    id_token.map(str::to_owned).ok_or_else(|| {
        Error::Unexpected(
            Explanation::new("id-token-missing", "The sign-in server returned no ID token")
                .remedy(remedy::PROXY)
                .detail(response.outline()),
        )
    })
}
