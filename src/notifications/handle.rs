//! Interprets requests that reached the address for notifications.
//!
//! Source: <https://learn.microsoft.com/graph/change-notifications-delivery-webhooks>.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use subtle::ConstantTimeEq;

use crate::{
    error::{Error, Explanation},
    model::{Hint, Notification, NotificationHint, NotificationRequest},
    settings::{Settings, is_guid},
};

/// Parameter of a request by which Microsoft tests the address.
const HANDSHAKE: &str = "validationToken";

/// Maximum length of the text to repeat, in bytes. Microsoft sends a sentence.
const LONGEST_TOKEN: usize = 4096;

/// Maximum length of a subscription's id, in bytes. Microsoft sends GUIDs.
const LONGEST_ID: usize = 1024;

/// Interprets a request. Sends none.
///
/// # Errors
/// [`Error::Rejected`] where nothing in it carries the secret.
pub fn handle(
    settings: &Settings,
    secret: &str,
    request: &NotificationRequest,
) -> Result<Notification, Error> {
    // Before anything else: Microsoft sends no body with it.
    if let Some((_, token)) = request.query.iter().find(|(name, _)| name == HANDSHAKE) {
        return match token.len() <= LONGEST_TOKEN {
            true => Ok(Notification::Handshake(token.clone())),
            false => Err(rejected("unusable-handshake", "The text to repeat is too long")),
        };
    }
    let tenant = Some(settings.server.tenant_id.as_str()).filter(|tenant| is_guid(tenant));
    let mut hints = Hints { secret, tenant, found: BTreeMap::new() };
    let mut json = serde_json::Deserializer::from_slice(&request.body);
    json.deserialize_map(Body(&mut hints)).and_then(|()| json.end()).map_err(|_| {
        rejected("unreadable-notification", "The request is not a notification of Microsoft Graph")
    })?;
    let hints = hints.into_list();
    if hints.is_empty() {
        return Err(rejected(
            "forged-notification",
            "Nothing in the request carries the secret of a subscription",
        ));
    }
    Ok(Notification::Hints(hints))
}

fn rejected(code: &str, summary: &str) -> Error {
    Error::Rejected(Explanation::new(code, summary))
}

/// A notification. Each member can be missing; a value that is not text makes it unreadable.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    #[serde(borrow)]
    subscription_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    client_state: Option<Cow<'a, str>>,
    #[serde(borrow)]
    tenant_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    lifecycle_event: Option<Cow<'a, str>>,
}

/// The hints of a body. Memory grows only with those that carry the secret.
struct Hints<'a> {
    secret: &'a str,
    /// GUID of the tenant, where the settings have it.
    tenant: Option<&'a str>,
    /// What is known of each subscription, by [`Hint`] in the order of [`ORDER`].
    found: BTreeMap<String, [bool; ORDER.len()]>,
}

/// All hints, in the order in which they are reported.
const ORDER: [Hint; 4] = [Hint::Changed, Hint::Missed, Hint::Renew, Hint::Ended];

impl Hints<'_> {
    /// Adds the hint of a notification. One that is forged or cannot be read is left out.
    fn add(&mut self, raw: &str) {
        let Ok(item) = serde_json::from_str::<Item<'_>>(raw) else { return };
        let Some(id) = item.subscription_id.as_deref() else { return };
        if id.is_empty() || id.len() > LONGEST_ID || !self.is_genuine(&item) {
            return;
        }
        let hint = match item.lifecycle_event.as_deref() {
            None | Some("") => Hint::Changed,
            Some("reauthorizationRequired") => Hint::Renew,
            Some("subscriptionRemoved") => Hint::Ended,
            // After an event of a later version, too, a sync finds what has changed.
            Some(_) => Hint::Missed,
        };
        let found = self.found.entry(id.to_owned()).or_default();
        for (found, known) in found.iter_mut().zip(ORDER) {
            *found |= known == hint;
        }
    }

    fn is_genuine(&self, item: &Item<'_>) -> bool {
        let given = item.client_state.as_deref().unwrap_or_default();
        let is_secret = bool::from(given.as_bytes().ct_eq(self.secret.as_bytes()));
        let is_tenant = match (self.tenant, item.tenant_id.as_deref()) {
            (Some(own), Some(given)) if !given.is_empty() => own.eq_ignore_ascii_case(given),
            _ => true,
        };
        is_secret && is_tenant && !self.secret.is_empty()
    }

    fn into_list(self) -> Vec<NotificationHint> {
        let mut list = Vec::new();
        for (subscription, found) in self.found {
            for (hint, _) in ORDER.into_iter().zip(found).filter(|(_, found)| *found) {
                list.push(NotificationHint { subscription: subscription.clone(), hint });
            }
        }
        list
    }
}

/// The body: an object with the list `value`.
struct Body<'r, 'a>(&'r mut Hints<'a>);

impl<'de> Visitor<'de> for Body<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with notifications")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            match name.as_ref() {
                "value" => map.next_value_seed(Items(&mut *self.0))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// The notifications, read one at a time.
struct Items<'r, 'a>(&'r mut Hints<'a>);

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of notifications")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(raw) = list.next_element::<&'de RawValue>()? {
            self.0.add(raw.get());
        }
        Ok(())
    }
}
