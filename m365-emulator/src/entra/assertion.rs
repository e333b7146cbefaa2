//! Client assertions: tokens that an application signs with its certificate, in the place of a
//! secret (<https://learn.microsoft.com/entra/identity-platform/certificate-credentials>, RFC
//! 7523).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::discovery;
use super::refusal::EntraRefusal;
use crate::state::State;
use crate::state::certificate::{Algorithm, Certificate};
use crate::state::key;

/// The only `client_assertion_type` that exists.
pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Maximum difference between the clocks of Entra and of a client.
const SKEW_SECONDS: i64 = 300;

/// The header of an assertion. `kid` and `jti` are optional and have no effect: Entra accepts an
/// assertion more than once, and client libraries rely on that.
#[derive(Deserialize)]
struct Header {
    alg: String,
    x5t: Option<String>,
    #[serde(rename = "x5t#S256")]
    x5t_s256: Option<String>,
    kid: Option<String>,
}

/// The claims of an assertion. Entra refuses a list as `aud`, which RFC 7519 allows, as malformed.
/// Times may have fractions, as those of MSAL for Python have.
#[derive(Deserialize)]
struct Claims {
    aud: String,
    iss: String,
    sub: String,
    exp: f64,
    nbf: Option<f64>,
}

/// Checks that the application signed the assertion, that it is valid now, and that it is for this
/// tenant.
pub(super) fn check(
    state: &State,
    client: &str,
    assertion: &str,
    now: jiff::Timestamp,
) -> Result<(), EntraRefusal> {
    let (message, header, claims, signature) =
        read(assertion).ok_or_else(EntraRefusal::assertion_malformed)?;
    let algorithm = Algorithm::named(&header.alg).ok_or_else(EntraRefusal::assertion_algorithm)?;
    if claims.iss != claims.sub {
        return Err(EntraRefusal::assertion_subject());
    }
    if !claims.iss.eq_ignore_ascii_case(client) {
        return Err(EntraRefusal::assertion_client());
    }
    let certificate = certificate(state, client, &header)?;
    if now < certificate.start || now >= certificate.end {
        return Err(EntraRefusal::certificate_expired(client, certificate));
    }
    if !certificate.signed(algorithm, message, &signature) {
        return Err(EntraRefusal::assertion_signature(client, certificate));
    }
    if !is_audience(state, &claims.aud) {
        return Err(EntraRefusal::assertion_audience());
    }
    let (from, until) = (claims.nbf.unwrap_or_default() as i64, claims.exp as i64);
    let second = now.as_second();
    if second < from.saturating_sub(SKEW_SECONDS) || second >= until.saturating_add(SKEW_SECONDS) {
        return Err(EntraRefusal::assertion_time(now, from, until));
    }
    Ok(())
}

fn read(assertion: &str) -> Option<(&str, Header, Claims, Vec<u8>)> {
    let (message, signature) = assertion.rsplit_once('.')?;
    if message.matches('.').count() != 1 {
        return None;
    }
    let header = serde_json::from_value(key::part(assertion, 0).ok()?).ok()?;
    let claims = serde_json::from_value(key::part(assertion, 1).ok()?).ok()?;
    Some((message, header, claims, URL_SAFE_NO_PAD.decode(signature).ok()?))
}

/// Returns the certificate that the header names by its thumbprint.
fn certificate<'a>(
    state: &'a State,
    client: &str,
    header: &Header,
) -> Result<&'a Certificate, EntraRefusal> {
    let given = header.x5t_s256.as_ref().or(header.x5t.as_ref());
    let Some(given) = given else {
        return Err(match header.kid {
            Some(_) => EntraRefusal::certificate_unknown(client, None),
            None => EntraRefusal::thumbprint_missing(),
        });
    };
    let thumbprint = URL_SAFE_NO_PAD.decode(given.trim_end_matches('=')).ok();
    let sha256 = header.x5t_s256.is_some();
    let named = |certificate: &&Certificate| {
        let own = if sha256 { &certificate.x5t_s256 } else { &certificate.x5t };
        Some(own) == thumbprint.as_ref()
    };
    state
        .registration
        .certificates()
        .iter()
        .find(named)
        .ok_or_else(|| EntraRefusal::certificate_unknown(client, thumbprint.as_deref()))
}

/// Returns whether an audience is the token endpoint, by any name of the tenant, or the issuer,
/// which Microsoft documented earlier.
fn is_audience(state: &State, audience: &str) -> bool {
    let endpoint = |audience: &str| {
        let path = audience.strip_prefix(state.authority.as_str())?.strip_prefix('/')?;
        let (tenant, endpoint) = path.split_once('/')?;
        Some(
            state.tenant.is_named(tenant)
                && ["oauth2/v2.0/token", "v2.0"]
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(endpoint)),
        )
    };
    endpoint(audience).unwrap_or_default() || audience == discovery::issuer(state, &state.tenant.id)
}
