//! Cookies (RFC 6265bis): for this server alone, and out of reach of scripts.

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};

use crate::serve::site::Site;

/// The cookies of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::serve) enum Cookie {
    /// An administrator's session.
    Admin,
    /// A person's session.
    Person,
    /// A sign-in under way.
    Flow,
    /// What the forms of those are bound to who have no session yet.
    Form,
}

impl Cookie {
    fn name(self, site: &Site) -> String {
        let name = match self {
            Self::Admin => "ones-admin",
            Self::Person => "ones-person",
            Self::Flow => "ones-flow",
            Self::Form => "ones-form",
        };
        // The prefix is refused without `Secure`.
        if site.is_secure() { format!("__Host-{name}") } else { name.to_owned() }
    }

    fn same_site(self, site: &Site) -> &'static str {
        match self {
            Self::Admin | Self::Form => "Strict",
            Self::Person => "Lax",
            // The vendor's own form brings the browser back.
            Self::Flow if site.is_secure() => "None",
            Self::Flow => "Lax",
        }
    }

    /// A header that sets it until the browser is closed.
    pub(in crate::serve) fn set(self, value: &str, site: &Site) -> HeaderValue {
        self.header(value, "", site)
    }

    /// A header that takes it away.
    pub(in crate::serve) fn clear(self, site: &Site) -> HeaderValue {
        self.header("", "; Max-Age=0", site)
    }

    fn header(self, value: &str, more: &str, site: &Site) -> HeaderValue {
        let secure = if site.is_secure() { "; Secure" } else { "" };
        let (name, same_site) = (self.name(site), self.same_site(site));
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite={same_site}{secure}{more}");
        // Values are letters, digits, `-` and `_`.
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
    }
}

/// The value of a cookie that the browser sent.
pub(in crate::serve) fn cookie<'a>(
    headers: &'a HeaderMap,
    which: Cookie,
    site: &Site,
) -> Option<&'a str> {
    let wanted = which.name(site);
    let pairs = headers.get_all(COOKIE).into_iter().filter_map(|it| it.to_str().ok());
    pairs
        .flat_map(|it| it.split(';'))
        .filter_map(|it| it.trim().split_once('='))
        .find_map(|(name, value)| (name == wanted).then_some(value))
}
