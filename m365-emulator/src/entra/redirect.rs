//! Answers that go back to the application, by the browser.

use http::StatusCode;
use url::Url;

use super::refusal::{EntraRefusal, Trace};
use super::{client, page};
use crate::state::State;
use crate::state::registration::{is_registered, redirect_uri};
use crate::wire::{Query, Reply};

/// How the browser brings an answer to the application
/// (<https://openid.net/specs/oauth-v2-multiple-response-types-1_0.html#ResponseModes>).
#[derive(Clone, Copy, Debug)]
enum Mode {
    Query,
    Fragment,
    FormPost,
}

/// The address that an answer goes to, and how.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    uri: Url,
    mode: Mode,
    state: Option<String>,
}

impl Destination {
    /// Reads the destination of a request. A refusal has to be shown to the user and never be
    /// redirected, because the address could belong to another application (RFC 6749, section
    /// 4.1.2.1).
    pub(super) fn read(state: &State, parameters: &Query) -> Result<Self, EntraRefusal> {
        let client = parameters
            .get("client_id")
            .ok_or_else(|| EntraRefusal::parameter_missing("client_id"))?;
        client::check(state, client)?;
        let given =
            parameters.get("redirect_uri").ok_or_else(EntraRefusal::redirect_uri_missing)?;
        let uri = redirect_uri(given)
            .filter(|uri| is_registered(&state.settings.redirect_uris, given, uri))
            .ok_or_else(|| EntraRefusal::redirect_uri_unknown(given, client))?;
        let mode = match parameters.get("response_mode") {
            Some("form_post") => Mode::FormPost,
            Some("fragment") => Mode::Fragment,
            // An unknown mode is refused later, by the query.
            _ => Mode::Query,
        };
        Ok(Self { uri, mode, state: parameters.get("state").map(str::to_owned) })
    }

    /// Sends these members and `state`.
    pub(super) fn answer(&self, mut members: Vec<(&str, String)>) -> Reply {
        members.extend(self.state.clone().map(|state| ("state", state)));
        let mut uri = self.uri.clone();
        match self.mode {
            Mode::Query => drop(uri.query_pairs_mut().extend_pairs(members)),
            Mode::Fragment => {
                let mut fragment = url::form_urlencoded::Serializer::new(String::new());
                uri.set_fragment(Some(&fragment.extend_pairs(members).finish()));
            }
            Mode::FormPost => return page::form_post(uri.as_str(), &members),
        }
        to(&uri)
    }

    /// Sends a refusal.
    pub(super) fn refuse(&self, refusal: &EntraRefusal, trace: &Trace) -> Reply {
        self.answer(refusal.members(trace))
    }
}

/// Returns a redirect that the browser follows with GET.
pub(super) fn to(uri: &Url) -> Reply {
    Reply::new(StatusCode::FOUND).with("location", uri.as_str())
}
