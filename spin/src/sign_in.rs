//! Signs a user in, and answers with the user as JSON. There are no sessions: this is a tool for
//! developers.

use std::net::IpAddr;

use http::{
    HeaderMap, HeaderValue, StatusCode, Uri,
    header::{COOKIE, LOCATION, SET_COOKIE},
    request::Parts,
};
use ones_records::{Callback, Purpose};
use sha2::{Digest as _, Sha256};

use crate::{
    address,
    answer::{self, Answer},
    host::{Host, Store},
    plugin::Plugin,
    problem::Problem,
    settings,
};

/// Maximum duration of a sign-in, in seconds.
const MAX_DURATION: u64 = 600;

/// Maximum number of pending sign-ins of one browser. Each has a cookie, and with too many cookies
/// the requests of the browser would become too large.
const MAX_FLOWS: usize = 8;

/// Sends the browser to the vendor: to sign in or, with `purpose=consent` in the query, to grant
/// consent as an administrator.
///
/// # Errors
/// Where the settings are wrong, or the vendor does not answer.
pub async fn begin<H: Host, P: Plugin>(
    host: &H,
    plugin: &P,
    parts: &Parts,
) -> Result<Answer, Problem> {
    let settings = settings::read_variables(host).await?;
    let query = parts.uri.query().unwrap_or_default();
    let consent = form_urlencoded::parse(query.as_bytes())
        .any(|parameter| parameter == ("purpose".into(), "consent".into()));
    let purpose = if consent { Purpose::Consent } else { Purpose::SignIn };
    let redirect_uri = redirect_uri(host, parts).await?;
    let cookies = Cookies::new(&redirect_uri);
    let redirect = plugin.begin_sign_in(settings.to_string(), redirect_uri, purpose).await?;
    let query = redirect.url.split_once('?').map_or("", |(_, query)| query);
    let name = cookies.name(form_urlencoded::parse(query.as_bytes()));
    let location = HeaderValue::try_from(redirect.url).map_err(|_| {
        Problem::new(StatusCode::BAD_GATEWAY, "redirect", "The plugin returned an invalid URL")
    })?;
    let value = store_flow(host, redirect.flow).await?;
    let mut answer = answer::complete(StatusCode::SEE_OTHER, "text/plain", "");
    let headers = answer.headers_mut();
    headers.insert(LOCATION, location);
    // Browsers send the oldest cookies first (RFC 6265, section 5.4).
    let received = cookies.received(&parts.headers);
    let surplus = (received.len() + 1).saturating_sub(MAX_FLOWS);
    for (old, _) in received.iter().take(surplus) {
        headers.append(SET_COOKIE, cookies.clear(old));
    }
    headers.append(SET_COOKIE, cookies.set(&name, &value));
    Ok(answer)
}

/// Finishes a sign-in, and answers with the user or with the error. In both cases, its cookie is
/// deleted.
///
/// # Errors
/// Where the address of this front end is not known, or not safe.
pub async fn finish<H: Host, P: Plugin>(
    host: &H,
    plugin: &P,
    parts: &Parts,
    parameters: Vec<(String, String)>,
) -> Result<Answer, Problem> {
    let redirect_uri = redirect_uri(host, parts).await?;
    let cookies = Cookies::new(&redirect_uri);
    let name = cookies.name(parameters.iter().map(|(name, value)| (name, value)));
    let received = cookies.received(&parts.headers).into_iter().find(|(known, _)| *known == name);
    let value = received.map(|(_, value)| value);
    let mut answer = match outcome(host, plugin, redirect_uri, parameters, value).await {
        Ok(outcome) => answer::json(&outcome),
        Err(problem) => problem.into(),
    };
    answer.headers_mut().insert(SET_COOKIE, cookies.clear(&name));
    Ok(answer)
}

async fn outcome<H: Host, P: Plugin>(
    host: &H,
    plugin: &P,
    redirect_uri: String,
    parameters: Vec<(String, String)>,
    cookie: Option<&str>,
) -> Result<serde_json::Value, Problem> {
    let flow = match cookie {
        Some(value) => take_flow(host, value).await?,
        None => None,
    };
    let settings = settings::read_variables(host).await?;
    let callback = Callback { redirect_uri, parameters, flow };
    plugin.handle_callback(settings.to_string(), callback).await
}

/// Returns the URL to which the vendor sends the browser back. It begins with the variable
/// `public_url` or, where this is not set, with the origin that the request was sent to. Behind a
/// proxy, and where a host passes on neither authority nor `Host`, the variable is needed.
async fn redirect_uri<H: Host>(host: &H, parts: &Parts) -> Result<String, Problem> {
    let variable_name = host.external_name("public_url");
    let base = address::base(host, parts).await?;
    let uri = base.parse::<Uri>().ok();
    if !uri.as_ref().is_some_and(is_safe) || base.contains(['#', '?', '@']) {
        let summary = "The vendor sends browsers back over https only, or over http to loopback: \
                       the address of this front end is neither";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "redirect-uri", summary).remedy(
            format!(
                "Open http://localhost instead, or set {variable_name} to the https address that \
             browsers use"
            ),
        ));
    }
    Ok(format!("{base}/callback"))
}

/// Returns whether a code that is sent to this URL is encrypted, or does not leave the machine.
fn is_safe(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match uri.scheme_str() {
        Some("https") => !host.is_empty(),
        Some("http") => host == "localhost" || address.is_ok_and(|address| address.is_loopback()),
        _ => false,
    }
}

/// Stores a flow, and returns the value of its cookie. Where there is no store, this is the flow
/// itself, which the plugin has encrypted.
async fn store_flow<H: Host>(host: &H, flow: String) -> Result<String, Problem> {
    let Some(store) = host.store().await? else {
        return Ok(form_urlencoded::byte_serialize(flow.as_bytes()).collect());
    };
    let now = host.now();
    // Sign-ins that were not finished.
    for key in store.keys().await? {
        if expires(&key).is_some_and(|expiry| expiry < now) {
            store.delete(&key).await?;
        }
    }
    let value = format!("{}-{:032x}", now + MAX_DURATION, host.random());
    store.set(&key(&value), &flow).await?;
    Ok(value)
}

/// Returns the flow of a cookie, and deletes it; `None` where it has expired.
///
/// The store cannot read and delete at once, so two simultaneous requests can both get the flow.
/// The vendor accepts a code once, and refuses the second request.
async fn take_flow<H: Host>(host: &H, value: &str) -> Result<Option<String>, Problem> {
    let Some(store) = host.store().await? else {
        let flow = format!("flow={value}");
        let mut pairs = form_urlencoded::parse(flow.as_bytes());
        return Ok(pairs.next().map(|(_, flow)| flow.into_owned()));
    };
    let key = key(value);
    let Some(flow) = store.get(&key).await? else { return Ok(None) };
    store.delete(&key).await?;
    Ok(Some(flow).filter(|_| expires(&key).is_some_and(|expiry| expiry >= host.now())))
}

fn key(value: &str) -> String {
    format!("flow/{value}")
}

/// Reads the time at which the flow of a key expires.
fn expires(key: &str) -> Option<u64> {
    key.strip_prefix("flow/")?.split('-').next()?.parse().ok()
}

/// The cookies of pending sign-ins (RFC 6265bis). Each sign-in has its own, so that one tab does
/// not end the sign-in of another.
struct Cookies {
    secure: bool,
}

impl Cookies {
    fn new(redirect_uri: &str) -> Self {
        Self { secure: redirect_uri.starts_with("https:") }
    }

    fn prefix(&self) -> &'static str {
        // Browsers reject `__Host-` without `Secure`.
        if self.secure { "__Host-ones-flow-" } else { "ones-flow-" }
    }

    /// Returns the name of the cookie of a sign-in, derived from its `state` (RFC 6749, section
    /// 4.1), which the vendor sends back unchanged.
    fn name<N: AsRef<str>, V: AsRef<str>>(
        &self,
        mut parameters: impl Iterator<Item = (N, V)>,
    ) -> String {
        let state = parameters.find(|(name, _)| name.as_ref() == "state");
        let hash = Sha256::digest(state.as_ref().map_or("", |(_, value)| value.as_ref()));
        let hash: String = hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}{hash}", self.prefix())
    }

    fn set(&self, name: &str, value: &str) -> HeaderValue {
        self.header(name, value, MAX_DURATION)
    }

    fn clear(&self, name: &str) -> HeaderValue {
        self.header(name, "", 0)
    }

    fn header(&self, name: &str, value: &str, seconds: u64) -> HeaderValue {
        // Over https, a form of the vendor sends the browser back: it would not send `Lax` cookies.
        let attributes = if self.secure { "SameSite=None; Secure" } else { "SameSite=Lax" };
        let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; {attributes}");
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
    }

    /// Returns names and values of the cookies that the browser sent, the oldest first.
    fn received<'a>(&self, headers: &'a HeaderMap) -> Vec<(&'a str, &'a str)> {
        let pairs = headers.get_all(COOKIE).into_iter().filter_map(|header| header.to_str().ok());
        pairs
            .flat_map(|pairs| pairs.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(name, _)| name.starts_with(self.prefix()))
            .collect()
    }
}
