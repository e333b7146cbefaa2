//! A person signs in, and is shown as JSON: a tool for developers has no session to give.

use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{COOKIE, LOCATION, SET_COOKIE},
    request::Parts,
};

use crate::{
    answer::{self, Answer},
    host::{Host, Store},
    plugin::{Callback, Plugin, Purpose},
    problem::Problem,
    request, settings,
};

/// How long a person may take, in seconds.
const PATIENCE: u64 = 600;

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
    let cookie = Cookie::of(&redirect_uri);
    let redirect = plugin.begin_sign_in(settings.to_string(), redirect_uri, purpose).await?;
    let location = HeaderValue::try_from(redirect.url).map_err(|_| {
        Problem::new(StatusCode::BAD_GATEWAY, "redirect", "The plugin names no address to go to")
    })?;
    let value = keep(host, redirect.flow).await?;
    let mut answer = answer::whole(StatusCode::SEE_OTHER, "text/plain", "");
    answer.headers_mut().insert(LOCATION, location);
    answer.headers_mut().insert(SET_COOKIE, cookie.set(&value));
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
    let cookie = Cookie::of(&redirect_uri);
    let value = cookie.read(&parts.headers);
    let mut answer = match outcome(host, plugin, redirect_uri, parameters, value).await {
        Ok(outcome) => answer::json(&outcome),
        Err(problem) => problem.into(),
    };
    answer.headers_mut().insert(SET_COOKIE, cookie.clear());
    Ok(answer)
}

async fn outcome<H: Host, P: Plugin>(
    host: &H,
    plugin: &P,
    redirect_uri: String,
    parameters: Vec<(String, String)>,
    cookie: Option<String>,
) -> Result<serde_json::Value, Problem> {
    let flow = match cookie {
        Some(value) => take(host, &value).await?,
        None => None,
    };
    let settings = settings::of_variables(host).await?;
    let callback = Callback { redirect_uri, parameters, flow };
    plugin.handle_callback(settings.to_string(), callback).await
}

/// Where the vendor sends the browser back to: behind a proxy, only the variable `public_url` knows.
async fn redirect_uri<H: Host>(host: &H, parts: &Parts) -> Result<String, Problem> {
    let base = match settings::variable(host, "public_url").await? {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => request::origin(parts)?,
    };
    Ok(format!("{base}/callback"))
}

/// What the browser gets in place of a flow: its key, or where nothing is kept the flow itself,
/// which the plugin sealed.
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

/// The cookie of a sign-in under way (RFC 6265bis).
struct Cookie {
    secure: bool,
}

impl Cookie {
    fn of(redirect_uri: &str) -> Self {
        Self { secure: redirect_uri.starts_with("https:") }
    }

    fn name(&self) -> &'static str {
        // The prefix is refused without `Secure`.
        if self.secure { "__Host-ones-flow" } else { "ones-flow" }
    }

    fn set(&self, value: &str) -> HeaderValue {
        self.header(value, PATIENCE)
    }

    fn clear(&self) -> HeaderValue {
        self.header("", 0)
    }

    fn header(&self, value: &str, seconds: u64) -> HeaderValue {
        // Over https the vendor's own form brings the browser back, and `Lax` would stay behind.
        let more = if self.secure { "SameSite=None; Secure" } else { "SameSite=Lax" };
        let name = self.name();
        let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; {more}");
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
    }

    fn read(&self, headers: &HeaderMap) -> Option<String> {
        let pairs = headers.get_all(COOKIE).into_iter().filter_map(|it| it.to_str().ok());
        pairs
            .flat_map(|it| it.split(';'))
            .filter_map(|it| it.trim().split_once('='))
            .find_map(|(name, value)| (name == self.name()).then(|| value.to_owned()))
    }
}
