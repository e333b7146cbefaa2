//! The ID token, in which Entra ID confirms who signed in.
//!
//! Sources: OpenID Connect Core 1.0, section 3.1.3.7; RFC 8725;
//! <https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference>.

use std::time::{Duration, SystemTime};

use jsonwebtoken::{Algorithm, Validation, errors::ErrorKind};
use serde::Deserialize;
use serde_json::Value;

use super::{
    flow::{SignIn, is_same},
    keys,
    refusal::rejected,
    rs256,
};
use crate::{error::Error, graph::Graph, host::Host};

/// Maximum size of an ID token, in bytes. Those of Microsoft have about 1 KB, and a few KB with
/// many groups and optional claims.
const LARGEST: usize = 64 * 1024;

/// Maximum difference between the clocks of ONES and Microsoft.
const LEEWAY: Duration = Duration::from_secs(60);

/// The claims of a verified token.
#[derive(Deserialize)]
pub(super) struct Claims {
    iss: Value,
    aud: Value,
    /// The application that the token was issued to, where the token names it.
    azp: Option<Value>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    /// Id of the user in Graph. Only this and `tid` identify a user: e-mail addresses and user
    /// names can be assigned to another one later.
    #[serde(default)]
    pub(super) oid: String,
    #[serde(default)]
    pub(super) tid: String,
    #[serde(default)]
    ver: String,
    pub(super) name: Option<String>,
    pub(super) preferred_username: Option<String>,
    pub(super) email: Option<String>,
    pub(super) given_name: Option<String>,
    pub(super) family_name: Option<String>,
    /// The provider that authenticated the user, where it is not the tenant: the home of a guest.
    pub(super) idp: Option<String>,
}

/// Verifies the token with the keys that the tenant publishes now.
///
/// # Errors
/// [`Error::Rejected`] for any token that this tenant did not issue for this client and this
/// sign-in, or that is not valid now; otherwise where the keys cannot be fetched.
pub(super) async fn verify<H: Host>(
    graph: &Graph<'_, H>,
    sign_in: &SignIn,
    token: &str,
) -> Result<Claims, Error> {
    let kid = key_id(token)?;
    let key = keys::fetch(graph, &sign_in.provider, &kid).await?;
    let client = &graph.settings().server.client_id;
    rs256::install();
    let mut validation = Validation::new(Algorithm::RS256);
    // `check` does that with the clock of the host.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.set_issuer(&[&sign_in.provider.issuer]);
    validation.set_audience(&[client]);
    validation.set_required_spec_claims(&["iss", "aud", "exp"]);
    let claims: Claims = match jsonwebtoken::decode(token, &key, &validation) {
        Ok(token) => token.claims,
        Err(error) => return Err(refused(error.kind())),
    };
    check(&claims, sign_in, client, graph.host().now())?;
    Ok(claims)
}

/// Returns the id of the key, where the header is one that ONES accepts.
fn key_id(token: &str) -> Result<String, Error> {
    if token.len() > LARGEST {
        return Err(rejected("id-token-too-large", "The ID token is larger than any of Entra ID"));
    }
    let header = jsonwebtoken::decode_header(token).map_err(|error| refused(error.kind()))?;
    if header.alg != Algorithm::RS256 {
        return Err(refused(&ErrorKind::InvalidAlgorithm));
    }
    // Tokens of other types, such as access tokens, are refused (RFC 8725, section 3.11). The type
    // can be absent (RFC 7519, section 5.1).
    if header.typ.is_some_and(|kind| !kind.eq_ignore_ascii_case("JWT")) {
        return Err(rejected("id-token-type", "The type of the token is not JWT"));
    }
    // Extensions that the reader must understand (RFC 7515, section 4.1.11): ONES knows none.
    if header.crit.is_some() {
        return Err(rejected(
            "id-token-critical",
            "The ID token requires an extension that ONES does not know",
        ));
    }
    header.kid.ok_or_else(|| rejected("id-token-unknown-key", "The ID token names no key"))
}

fn refused(error: &ErrorKind) -> Error {
    match error {
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => {
            rejected("id-token-algorithm", "The ID token is not signed with RS256")
        }
        ErrorKind::InvalidSignature => {
            rejected("id-token-signature", "The signature of the ID token is wrong")
        }
        ErrorKind::InvalidIssuer => {
            rejected("id-token-issuer", "The ID token comes from another issuer")
        }
        ErrorKind::InvalidAudience => {
            rejected("id-token-audience", "The ID token is for another application")
        }
        ErrorKind::InvalidKeyFormat => keys::unfit(),
        _ => rejected("id-token-malformed", "The ID token cannot be read"),
    }
}

fn check(claims: &Claims, sign_in: &SignIn, client: &str, now: SystemTime) -> Result<(), Error> {
    // A list would name others as well.
    if claims.iss.as_str() != Some(&sign_in.provider.issuer) {
        return Err(refused(&ErrorKind::InvalidIssuer));
    }
    if claims.aud.as_str() != Some(client) {
        return Err(refused(&ErrorKind::InvalidAudience));
    }
    // OpenID Connect Core 1.0, section 3.1.3.7, step 5.
    if claims.azp.as_ref().is_some_and(|party| party.as_str() != Some(client)) {
        return Err(rejected(
            "id-token-authorized-party",
            "The ID token was issued to another application",
        ));
    }
    if !claims.tid.eq_ignore_ascii_case(&sign_in.provider.tenant) {
        return Err(rejected("id-token-tenant", "The ID token comes from another tenant"));
    }
    if claims.ver != "2.0" {
        return Err(rejected("id-token-version", "The version of the ID token is not 2.0"));
    }
    let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let leeway = LEEWAY.as_secs_f64();
    if claims.exp + leeway <= now {
        return Err(rejected("id-token-expired", "The ID token has expired"));
    }
    if claims.iat.max(claims.nbf.unwrap_or(claims.iat)) > now + leeway {
        return Err(rejected(
            "id-token-not-yet-valid",
            "The ID token is not valid yet: the clocks of ONES and Microsoft differ",
        ));
    }
    if !claims.nonce.as_deref().is_some_and(|nonce| is_same(nonce, &sign_in.nonce)) {
        return Err(rejected("id-token-nonce", "The ID token was issued for another sign-in"));
    }
    if claims.oid.is_empty() {
        return Err(rejected("id-token-without-oid", "The ID token does not name the user"));
    }
    Ok(())
}
