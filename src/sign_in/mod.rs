//! Sign-in of users by the authorization-code flow of OpenID Connect, and admin consent.
//!
//! Sources: <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow>,
//! <https://learn.microsoft.com/entra/identity-platform/v2-admin-consent>, OpenID Connect Core 1.0,
//! RFC 7636 (PKCE), RFC 9700 (best current practice).

mod discovery;
mod flow;
mod id_token;
mod keys;
mod redeem;
mod refusal;
mod rs256;
mod user;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::Uri;
use sha2::{Digest, Sha256};

use crate::{
    error::{Error, Explanation},
    graph::{Graph, Patience},
    host::Host,
    model::{Callback, CallbackOutcome, Purpose, Redirect},
    origin::Origin,
    settings::Settings,
};
use discovery::Provider;
use flow::{Flow, SignIn};

/// The scopes of a sign-in: the identity of the user, and nothing else.
const SCOPE: &str = "openid profile email";

/// Returns the URL for the browser, and the flow that the host stores until the browser returns.
///
/// # Errors
/// [`Error::Unexpected`] for a redirect URI that is not protected, or where discovery names a
/// server that is not allowed; otherwise where discovery fails.
pub async fn begin<H: Host>(
    host: &H,
    settings: &Settings,
    redirect_uri: &str,
    purpose: Purpose,
) -> Result<Redirect, Error> {
    check_redirect_uri(redirect_uri)?;
    let state = random(host);
    let (url, sign_in) = match purpose {
        Purpose::Consent => (consent_url(settings, redirect_uri, &state), None),
        Purpose::SignIn => {
            let graph = Graph::new(host, settings, Patience::INTERACTIVE);
            let provider = Provider::discover(&graph).await?;
            let sign_in = SignIn { provider, nonce: random(host), verifier: random(host) };
            (sign_in_url(settings, redirect_uri, &state, &sign_in), Some(sign_in))
        }
    };
    let flow = Flow::begin(host.now(), redirect_uri, state, sign_in);
    Ok(Redirect { url, flow: flow.seal(host, settings) })
}

/// Returns the user who signed in. Checks everything that the browser sent before it sends any
/// request.
///
/// # Errors
/// [`Error::Rejected`] for anything that does not belong to a sign-in of this browser,
/// [`Error::Declined`] where the user is not allowed or refused to sign in; otherwise where
/// Microsoft refuses.
pub async fn callback<H: Host>(
    host: &H,
    settings: &Settings,
    callback: &Callback,
) -> Result<CallbackOutcome, Error> {
    if let Some(why) = refusal::find_unrequested(settings, callback) {
        return Err(why);
    }
    let flow = Flow::open(callback.flow.as_deref(), settings, host.now())?;
    let answer = flow.answer(callback)?;
    if let Some(error) = answer.error {
        return Err(refusal::explain_redirect(
            settings,
            &callback.redirect_uri,
            error,
            answer.error_description,
        ));
    }
    let Some(sign_in) = &flow.sign_in else {
        return match answer.admin_consent {
            Some(granted) if granted.eq_ignore_ascii_case("true") => {
                Ok(CallbackOutcome::ConsentGranted)
            }
            _ => Err(refusal::rejected(
                "no-consent",
                "Microsoft did not report that consent was granted",
            )),
        };
    };
    let code = answer
        .code
        .filter(|code| !code.is_empty())
        .ok_or_else(|| refusal::rejected("no-code", "The browser returned without a code"))?;
    let graph = Graph::new(host, settings, Patience::INTERACTIVE);
    let id_token = redeem::redeem(&graph, sign_in, code, &callback.redirect_uri).await?;
    let claims = id_token::verify(&graph, sign_in, &id_token).await?;
    user::read_user(&graph, claims).await.map(CallbackOutcome::SignedIn)
}

fn sign_in_url(settings: &Settings, redirect_uri: &str, state: &str, sign_in: &SignIn) -> String {
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&sign_in.verifier));
    // A posted code appears in no history and no log. On loopback without TLS, a browser does not
    // send the cookie of the host with such a post.
    let posted = sign_in.provider.form_post && redirect_uri.starts_with("https:");
    with_query(
        &sign_in.provider.authorization_endpoint,
        &[
            ("client_id", &settings.server.client_id),
            ("response_type", "code"),
            ("redirect_uri", redirect_uri),
            ("response_mode", if posted { "form_post" } else { "query" }),
            ("scope", SCOPE),
            ("state", state),
            ("nonce", &sign_in.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ],
    )
}

fn consent_url(settings: &Settings, redirect_uri: &str, state: &str) -> String {
    let endpoints = settings.endpoints();
    with_query(
        &endpoints.admin_consent().to_string(),
        &[
            ("client_id", &settings.server.client_id),
            ("scope", &endpoints.scope()),
            ("redirect_uri", redirect_uri),
            ("state", state),
        ],
    )
}

fn with_query(endpoint: &str, query: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let mark = if endpoint.contains('?') { '&' } else { '?' };
    format!("{endpoint}{mark}{query}")
}

fn check_redirect_uri(redirect_uri: &str) -> Result<(), Error> {
    let uri = redirect_uri.parse::<Uri>().ok();
    let origin = uri.as_ref().and_then(Origin::of);
    if origin.is_some_and(|origin| origin.is_https_or_loopback()) && !redirect_uri.contains('#') {
        return Ok(());
    }
    Err(Error::Unexpected(
        Explanation::new(
            "redirect-uri",
            "This redirect URI is neither https nor loopback, or has a fragment",
        )
        .remedy("Open ONES over https, or on loopback: users can sign in only there"),
    ))
}

/// Returns 256 random bits as 43 characters that need no encoding, the minimum length of a PKCE
/// verifier (RFC 7636, section 4.1).
fn random<H: Host>(host: &H) -> String {
    let bytes: Vec<u8> = (0..4).flat_map(|_| host.random().to_be_bytes()).collect();
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
