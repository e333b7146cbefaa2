//! A person signs in, and is shown as JSON: a tool for developers has no session to give.

use std::net::IpAddr;

use http::{
    HeaderMap, HeaderValue, StatusCode, Uri,
    header::{COOKIE, LOCATION, SET_COOKIE},
    request::Parts,
};
use ones_records::{Callback, Purpose};
use sha2::{Digest as _, Sha256};

use crate::{
    answer::{self, Answer},
    host::{Host, Store},
    plugin::Plugin,
    problem::Problem,
    request, settings,
};

/// How long a person may take, in seconds.
const PATIENCE: u64 = 600;

/// The largest number of sign-ins under way in one browser: cookies beyond it would make every
/// request of this browser too large.
const MOST_FLOWS: usize = 8;

/// Sends the browser to the vendor; `purpose=consent` in the query is for administrators.
///
/// # Errors
/// Where the settings are wrong, or the vendor does not answer.
pub async fn begin<H: Host, P: Plugin>(
    host: &H,
    plugin: &P,
    parts: &Parts,
) -> Result<Answer, Problem> {
    let settings = settings::of_variables(host).await?;
    let query = parts.uri.query().unwrap_or_default();
    let consent = form_urlencoded::parse(query.as_bytes())
        .any(|it| it == ("purpose".into(), "consent".into()));
    let purpose = if consent { Purpose::Consent } else { Purpose::SignIn };
    let redirect_uri = redirect_uri(host, parts).await?;
    let cookies = Cookies::new(&redirect_uri);
    let redirect = plugin.begin_sign_in(settings.to_string(), redirect_uri, purpose).await?;
    let query = redirect.url.split_once('?').map_or("", |(_, query)| query);
    let name = cookies.name(form_urlencoded::parse(query.as_bytes()));
    let location = HeaderValue::try_from(redirect.url).map_err(|_| {
        Problem::new(StatusCode::BAD_GATEWAY, "redirect", "The plugin names no address to go to")
    })?;
    let value = keep(host, redirect.flow).await?;
    let mut answer = answer::whole(StatusCode::SEE_OTHER, "text/plain", "");
    let headers = answer.headers_mut();
    headers.insert(LOCATION, location);
    // Browsers send the oldest first (RFC 6265, section 5.4).
    let brought = cookies.brought(&parts.headers);
    let too_many = (brought.len() + 1).saturating_sub(MOST_FLOWS);
    for (old, _) in &brought[..too_many.min(brought.len())] {
        headers.append(SET_COOKIE, cookies.clear(old));
    }
    headers.append(SET_COOKIE, cookies.set(&name, &value));
    Ok(answer)
}

/// Says who came back, or why nobody did. Either way, this sign-in is over.
pub async fn finish<H: Host, P: Plugin>(
    host: &H,
    plugin: &P,
    parts: &Parts,
    parameters: Vec<(String, String)>,
) -> Result<Answer, Problem> {
    let redirect_uri = redirect_uri(host, parts).await?;
    let cookies = Cookies::new(&redirect_uri);
    let name = cookies.name(parameters.iter().map(|(name, value)| (name, value)));
    let brought = cookies.brought(&parts.headers).into_iter().find(|(it, _)| *it == name);
    let value = brought.map(|(_, value)| value);
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
        Some(value) => take(host, value).await?,
        None => None,
    };
    let settings = settings::of_variables(host).await?;
    let callback = Callback { redirect_uri, parameters, flow };
    plugin.handle_callback(settings.to_string(), callback).await
}

/// Where the vendor sends the browser back to: where the request was sent, or what the variable
/// `public_url` says. Behind a proxy, and where a host passes neither authority nor `Host` on, only
/// that knows.
async fn redirect_uri<H: Host>(host: &H, parts: &Parts) -> Result<String, Problem> {
    let variable_name = host.spelled("public_url");
    let base = match settings::variable(host, "public_url").await? {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => request::origin(parts).map_err(|problem| {
            problem.remedy(format!(
                "Set {variable_name} to the address that browsers use, e.g. http://localhost:3000"
            ))
        })?,
    };
    let uri = base.parse::<Uri>().ok();
    if !uri.as_ref().is_some_and(is_safe) || base.contains(['#', '?', '@']) {
        let summary = "A browser can be sent back over https, or over http to this machine alone: \
                       this front is reached in neither way";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "redirect-uri", summary).remedy(format!(
            "Begin at http://localhost, or set {variable_name} to the https address that browsers \
             use"
        )));
    }
    Ok(format!("{base}/callback"))
}

/// Whether a code that is sent there is encrypted, or does not leave the machine.
fn is_safe(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match uri.scheme_str() {
        Some("https") => !host.is_empty(),
        Some("http") => host == "localhost" || address.is_ok_and(|it| it.is_loopback()),
        _ => false,
    }
}

/// What the browser gets in place of a flow: its key, or where nothing is stored the flow itself,
/// which the plugin encrypted.
async fn keep<H: Host>(host: &H, flow: String) -> Result<String, Problem> {
    let Some(store) = host.store().await? else {
        return Ok(form_urlencoded::byte_serialize(flow.as_bytes()).collect());
    };
    let now = host.now();
    // Of those who never came back.
    for key in store.keys().await? {
        if expires(&key).is_some_and(|it| it < now) {
            store.delete(&key).await?;
        }
    }
    let value = format!("{}-{:032x}", now + PATIENCE, host.random());
    store.set(&key(&value), &flow).await?;
    Ok(value)
}

/// Good for once, and for [`PATIENCE`]. Two at the same moment can both have it, since the store cannot
/// take: the vendor then refuses the second its code.
async fn take<H: Host>(host: &H, value: &str) -> Result<Option<String>, Problem> {
    let Some(store) = host.store().await? else {
        let flow = format!("flow={value}");
        return Ok(form_urlencoded::parse(flow.as_bytes()).next().map(|it| it.1.into_owned()));
    };
    let key = key(value);
    let Some(flow) = store.get(&key).await? else { return Ok(None) };
    store.delete(&key).await?;
    Ok(Some(flow).filter(|_| expires(&key).is_some_and(|it| it >= host.now())))
}

fn key(value: &str) -> String {
    format!("flow/{value}")
}

fn expires(key: &str) -> Option<u64> {
    key.strip_prefix("flow/")?.split('-').next()?.parse().ok()
}

/// The cookies of sign-ins under way (RFC 6265bis): each has its own, so that one tab does not end
/// the sign-in of another.
struct Cookies {
    secure: bool,
}

impl Cookies {
    fn new(redirect_uri: &str) -> Self {
        Self { secure: redirect_uri.starts_with("https:") }
    }

    fn prefix(&self) -> &'static str {
        // `__Host-` is refused without `Secure`.
        if self.secure { "__Host-ones-flow-" } else { "ones-flow-" }
    }

    /// Name of the cookie of the sign-in that has this `state` (RFC 6749, section 4.1): the vendor
    /// brings it back as it was sent.
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
        self.header(name, value, PATIENCE)
    }

    fn clear(&self, name: &str) -> HeaderValue {
        self.header(name, "", 0)
    }

    fn header(&self, name: &str, value: &str, seconds: u64) -> HeaderValue {
        // Over https the vendor's own form brings the browser back, and `Lax` would stay behind.
        let more = if self.secure { "SameSite=None; Secure" } else { "SameSite=Lax" };
        let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; {more}");
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
    }

    /// Names and values of those that the browser brought, the oldest first.
    fn brought<'a>(&self, headers: &'a HeaderMap) -> Vec<(&'a str, &'a str)> {
        let pairs = headers.get_all(COOKIE).into_iter().filter_map(|it| it.to_str().ok());
        pairs
            .flat_map(|it| it.split(';'))
            .filter_map(|it| it.trim().split_once('='))
            .filter(|(name, _)| name.starts_with(self.prefix()))
            .collect()
    }
}
