//! Cookies (RFC 6265bis): for this server only, and not readable by scripts.

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::site::Site;
use crate::access::flows;

/// Prefix of the cookie names of pending sign-ins.
const FLOW: &str = "ones-flow";

/// The cookies of this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cookie {
    /// The session of the administrator.
    Admin,
    /// The session of a signed-in user.
    User,
    /// A pending sign-in. Each has its own cookie.
    Flow(FlowName),
    /// The form token of a browser without a session.
    Form,
}

/// The part of a cookie's name that is different for each pending sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FlowName(String);

impl FlowName {
    /// Returns the name for the sign-in whose redirect URL and callback carry this `state`
    /// (RFC 6749, section 4.1.1). Sign-ins without one share a name.
    pub(super) fn of(state: Option<&str>) -> Self {
        Self(match state {
            Some(state) => format!("-{}", URL_SAFE_NO_PAD.encode(&Sha256::digest(state)[..12])),
            None => String::new(),
        })
    }
}

impl Cookie {
    pub(super) fn name(&self, site: &Site) -> String {
        let name = match self {
            Self::Admin => "ones-admin".to_owned(),
            Self::User => "ones-person".to_owned(),
            Self::Flow(FlowName(it)) => format!("{FLOW}{it}"),
            Self::Form => "ones-form".to_owned(),
        };
        format!("{}{name}", prefix(site))
    }

    fn same_site(&self, site: &Site) -> &'static str {
        match self {
            Self::Admin | Self::Form => "Strict",
            Self::User => "Lax",
            // The vendor's page can send the browser back with a form.
            Self::Flow(_) if site.is_secure() => "None",
            Self::Flow(_) => "Lax",
        }
    }

    /// Returns the header that sets the cookie until the browser is closed, or until the sign-in
    /// expires.
    pub(super) fn set(&self, value: &str, site: &Site) -> HeaderValue {
        match self {
            Self::Flow(_) => {
                let lifetime = flows::LIFETIME.as_secs();
                self.header(value, &format!("; Max-Age={lifetime}"), site)
            }
            _ => self.header(value, "", site),
        }
    }

    /// Returns the header that deletes the cookie.
    pub(super) fn clear(&self, site: &Site) -> HeaderValue {
        self.header("", "; Max-Age=0", site)
    }

    fn header(&self, value: &str, more: &str, site: &Site) -> HeaderValue {
        let secure = if site.is_secure() { "; Secure" } else { "" };
        let (name, same_site) = (self.name(site), self.same_site(site));
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite={same_site}{secure}{more}");
        // Cannot fail: values consist of letters, digits, `-` and `_`.
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
    }
}

fn prefix(site: &Site) -> &'static str {
    // Browsers accept this prefix only with `Secure`.
    if site.is_secure() { "__Host-" } else { "" }
}

/// Returns the value of a cookie that the browser sent.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, which: &Cookie, site: &Site) -> Option<&'a str> {
    let wanted = which.name(site);
    pairs(headers).find_map(|(name, value)| (name == wanted).then_some(value))
}

/// Returns the cookies of all pending sign-ins in the browser, with their values.
pub(super) fn flow_cookies<'a>(
    headers: &'a HeaderMap,
    site: &Site,
) -> impl Iterator<Item = (Cookie, &'a str)> {
    let start = format!("{}{FLOW}", prefix(site));
    pairs(headers).filter_map(move |(name, value)| {
        let rest = name.strip_prefix(&start)?;
        let is_plain =
            rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let is_name = is_plain && (rest.is_empty() || rest.starts_with('-')) && rest.len() <= 17;
        is_name.then(|| (Cookie::Flow(FlowName(rest.to_owned())), value))
    })
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let texts = headers.get_all(COOKIE).into_iter().filter_map(|it| it.to_str().ok());
    texts.flat_map(|it| it.split(';')).filter_map(|it| it.trim().split_once('='))
}
