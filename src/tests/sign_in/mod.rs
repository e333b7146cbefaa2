//! Signing in, against an Entra ID that answers by script.

mod begin;
mod callback;
mod certificate;
mod clouds;
mod consent;
mod discovery;
mod keys;
mod own_keys;
mod refusals;
mod repeated;
mod tokens;
mod unasked;
mod user;

use std::{collections::BTreeMap, sync::OnceLock, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_executor::block_on;
use rsa::{
    BigUint, RsaPrivateKey,
    pkcs1v15::SigningKey,
    sha2::Sha256,
    signature::{SignatureEncoding, Signer},
    traits::PublicKeyParts,
};
use serde_json::{Value, json};

use super::{
    script::{Asked, Reply, Script, TENANT, nothing, ok},
    users::user,
};
use crate::{
    error::Error,
    model::{Callback, CallbackOutcome, Purpose, Redirect, User},
    settings::Settings,
    sign_in,
};

const CLIENT: &str = "6731de76-14a6-49ae-97bc-6eba6914391e";
const REDIRECT_URI: &str = "https://ones.example/sign-in/callback";
const CODE: &str = "0.AXEA~code";
/// Id of the user that signs in.
const USER_ID: &str = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
const KID: &str = "the-key-of-now";
/// Time of the script's clock, in seconds since 1970.
const NOW: u64 = 1_800_000_000;

fn settings(more: Value) -> Settings {
    super::script::settings(more)
}

/// Returns the OpenID configuration for these settings, in Microsoft's form.
fn configuration(settings: &Settings) -> Value {
    let document = include_str!("../../../tests/payloads/openid-configuration-v2.json");
    let endpoints = settings.endpoints();
    let origin = &endpoints.sign_in_origins()[0];
    let document = document.replace("{tenant}", TENANT);
    let document = document.replace("https://login.microsoftonline.com", origin);
    serde_json::from_str(&document).expect("JSON")
}

/// Begins a sign-in with that OpenID configuration; also returns the requests.
fn begin(
    settings: &Settings,
    configuration: &Value,
    redirect_uri: &str,
    purpose: Purpose,
) -> (Result<Redirect, Error>, Vec<Asked>) {
    let script = Script::new(|asked| match what(asked) == "discovery" {
        true => ok(configuration.clone()),
        false => nothing(),
    });
    let redirect = block_on(sign_in::begin(&script, settings, redirect_uri, purpose));
    (redirect, script.asked.take())
}

fn pairs(query: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// Returns the query of a URL.
fn query(url: &str) -> BTreeMap<String, String> {
    pairs(url.split_once('?').map_or("", |(_, query)| query))
}

/// A sign-in whose browser is on Microsoft's page.
struct SignIn {
    settings: Settings,
    configuration: Value,
    redirect: Redirect,
    /// Time of the host's clock.
    back_at: Duration,
}

impl SignIn {
    fn begin(settings: Settings) -> Self {
        let configuration = configuration(&settings);
        Self::begin_as(settings, configuration)
    }

    fn begin_as(settings: Settings, configuration: Value) -> Self {
        let (redirect, _) = begin(&settings, &configuration, REDIRECT_URI, Purpose::SignIn);
        let redirect = redirect.expect("a redirect");
        Self { settings, configuration, redirect, back_at: Duration::from_secs(NOW) }
    }

    fn sent(&self, name: &str) -> String {
        query(&self.redirect.url)[name].clone()
    }

    /// Returns the callback of a successful sign-in.
    fn callback(&self) -> Callback {
        self.bringing(&[("code", CODE), ("state", &self.sent("state"))])
    }

    fn bringing(&self, parameters: &[(&str, &str)]) -> Callback {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Callback {
            redirect_uri: REDIRECT_URI.to_owned(),
            parameters: parameters.iter().map(owned).collect(),
            flow: Some(self.redirect.flow.clone()),
        }
    }

    /// Returns the claims of a valid ID token.
    fn claims(&self) -> Value {
        json!({
            "iss": self.configuration["issuer"], "aud": CLIENT, "tid": TENANT, "oid": USER_ID,
            "ver": "2.0", "sub": "differs-for-each-app", "nonce": self.sent("nonce"),
            "iat": NOW - 300, "nbf": NOW - 300, "exp": NOW + 3600,
            "name": "Adele Vance", "preferred_username": "AdeleV@contoso.com",
            "email": "adele@contoso.com", "given_name": "Adele", "family_name": "Vance",
        })
    }

    /// Returns the claims with one changed; null removes it.
    fn claims_with(&self, name: &str, value: Value) -> Value {
        let mut claims = self.claims();
        match value {
            Value::Null => drop(claims.as_object_mut().expect("an object").remove(name)),
            value => claims[name] = value,
        }
        claims
    }

    fn token(&self) -> String {
        signed(&header(), &self.claims())
    }

    /// Returns the key in the form that this tenant publishes.
    fn jwk(&self) -> Value {
        let issuer = self.configuration["issuer"].as_str().expect("an issuer");
        let mut jwk = jwk();
        jwk["issuer"] = json!(issuer.replace(TENANT, "{tenantid}"));
        jwk
    }

    /// Calls back. `except` can replace an answer.
    fn back(
        &self,
        callback: &Callback,
        except: impl Fn(&Asked) -> Option<Reply>,
    ) -> (Result<CallbackOutcome, Error>, Vec<Asked>) {
        let script = Script::new(|asked: &Asked| {
            except(asked).unwrap_or_else(|| match what(asked) {
                "code" => ok(json!({"token_type": "Bearer", "id_token": self.token()})),
                "keys" => ok(json!({"keys": [self.jwk()]})),
                "user" => ok(user(USER_ID)),
                _ => nothing(),
            })
        });
        script.clock.set(self.back_at);
        let outcome = block_on(sign_in::callback(&script, &self.settings, callback));
        // A user waits: for keys, token and record, 15 seconds each at most.
        assert!(script.pauses.take().iter().sum::<Duration>() <= Duration::from_secs(45));
        (outcome, script.asked.take())
    }

    /// Calls back, where Entra ID returns this token.
    fn given(&self, token: &str) -> Result<CallbackOutcome, Error> {
        self.back(&self.callback(), |asked| {
            (what(asked) == "code").then(|| ok(json!({ "id_token": token })))
        })
        .0
    }

    /// Calls back, where the tenant publishes these keys.
    fn published(&self, keys: &Value) -> Result<CallbackOutcome, Error> {
        self.back(&self.callback(), |asked| (what(asked) == "keys").then(|| ok(keys.clone()))).0
    }

    /// Calls back, expects a refusal without a request, and returns its code.
    fn refused(&self, callback: &Callback) -> String {
        let (outcome, asked) = self.back(callback, |_| None);
        assert_eq!(asked.len(), 0, "no request is sent");
        rejected(&outcome)
    }
}

/// Returns the purpose of a request.
fn what(asked: &Asked) -> &'static str {
    match asked.path.as_str() {
        path if path.contains("/openid-configuration?appid=") => "discovery",
        path if path.contains("/keys") => "keys",
        path if path.starts_with("/v1.0/users/") => "user",
        path if !path.ends_with("/token") => "something else",
        _ if asked.body.contains("grant_type=authorization_code") => "code",
        _ => "token",
    }
}

fn signed_in(outcome: Result<CallbackOutcome, Error>) -> User {
    match outcome {
        Ok(CallbackOutcome::SignedIn(user)) => user,
        other => panic!("{other:?}"),
    }
}

/// Returns the code of a rejection, which must have a summary and a remedy.
#[track_caller]
fn rejected(outcome: &Result<CallbackOutcome, Error>) -> String {
    match outcome {
        Err(Error::Rejected(it)) => {
            assert!(!it.summary.is_empty());
            assert_eq!(it.remedy.as_deref(), Some("Start again in ONES"));
            it.code.clone()
        }
        other => panic!("{other:?}"),
    }
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The public example key of RFC 7515, appendix A.2: creating one takes a second.
fn key() -> &'static RsaPrivateKey {
    static KEY: OnceLock<RsaPrivateKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let number = |text| {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).expect("base64url");
            BigUint::from_bytes_be(&bytes)
        };
        let p = number(
            "4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB\
             0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDw\
             GUc",
        );
        let q = number(
            "uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul\
             7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9R\
             Wdc",
        );
        RsaPrivateKey::from_p_q(p, q, number("AQAB")).expect("a key")
    })
}

/// Returns the key in the form that a tenant of the global cloud publishes.
fn jwk() -> Value {
    json!({
        "kid": KID, "kty": "RSA", "use": "sig", "x5t": KID,
        "n": base64(key().n().to_bytes_be()), "e": "AQAB", "x5c": ["MIIC…"],
        "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0",
    })
}

fn header() -> Value {
    json!({"typ": "JWT", "alg": "RS256", "kid": KID})
}

fn signing_input(header: &Value, claims: &Value) -> String {
    format!("{}.{}", base64(header.to_string()), base64(claims.to_string()))
}

/// Returns a token with an RS256 signature and any header.
fn signed(header: &Value, claims: &Value) -> String {
    let input = signing_input(header, claims);
    let signature = SigningKey::<Sha256>::new(key().clone()).sign(input.as_bytes());
    format!("{input}.{}", base64(signature.to_bytes()))
}
