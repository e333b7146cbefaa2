//! How the tenant behaves, apart from what it contains.

use serde::{Deserialize, Serialize};

use crate::config::Config;

/// How the tenant behaves, apart from what it contains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// Whether a page of Places has a link to the next one. Both behaviours exist.
    pub places_next_link: bool,
    /// Whether the cloud has Places. If not, Graph refuses the segment `places`.
    pub places: bool,
    /// Whether Places has set up the tenant. If not, the mailboxes exist, and a request for any
    /// place is answered with 404 `invalid_place`.
    pub places_provisioned: bool,
    /// Whether Places lists the room lists.
    pub room_lists: bool,
    /// Whether the tenant has Exchange Online. Without it, Places and calendars answer 401
    /// `OrganizationFromTenantGuidNotFound`.
    pub exchange_online: bool,
    /// Ids of users and groups, and ids, place ids or addresses of places that are missing from all
    /// listings and counts. Reads by id and delta return them.
    pub unlisted: Vec<String>,
    /// Whether delta leaves out properties that are null now, and not only those that were never
    /// set.
    pub delta_omits_null: bool,
    /// Maximum number of groups on a page of `/groups/delta`. Microsoft documents no number; about
    /// 100 is what it sends.
    pub delta_groups_per_page: usize,
    /// Maximum number of members of all groups on such a page: a larger group is continued on the
    /// next page. Microsoft documents no number.
    pub delta_members_per_page: usize,
    /// Whether each page of `/groups/delta` and `calendarView/delta` repeats what the previous page
    /// had, and the first round of groups also reports members who have left. Microsoft
    /// announces replays.
    pub delta_replays: bool,
    /// Whether `/groups/delta` sends groups and members in no recognizable order, the same group
    /// again after others; also whether the events on a page of `calendarView/delta`, and the
    /// `instances` of a series, are in no order.
    pub delta_shuffles: bool,
    /// Whether `calendarView/delta` reports the masters of series. If not, they have to be read.
    pub calendar_delta_masters: bool,
    /// Whether `calendarView/delta` reports only the changed exceptions of a series, if nothing
    /// else of it has changed.
    pub calendar_delta_parts: bool,
    /// Whether a series can continue on the next page of `calendarView/delta`.
    pub calendar_delta_splits_series: bool,
    /// Number of empty pages with a nextLink at the start of each round of `calendarView/delta`.
    pub calendar_delta_empty_pages: usize,
    /// Whether each occurrence has an `iCalUId` of its own. In some tenants all occurrences have
    /// the master's.
    #[serde(rename = "iCalUIdPerOccurrence")]
    pub ical_uid_per_occurrence: bool,
    /// How long Exchange takes to answer a request to a mailbox, in milliseconds. More than four
    /// requests to one mailbox at a time are refused.
    pub exchange_latency_milliseconds: u64,
    /// Whether `getAvailableExtensionProperties` lists the extensions. It returns an empty list in
    /// tenants with more than 1,000 service principals.
    pub extensions_listed: bool,
    /// Whether the client secret has expired (AADSTS7000222).
    pub secret_expired: bool,
    /// Whether the application has its own signing key, as an application with mapped claims has.
    /// The key signs the ID tokens, and only the key set that discovery with `?appid=` names
    /// contains it.
    pub own_signing_key: bool,
    /// Whether an administrator disabled the application (AADSTS7000112).
    pub application_disabled: bool,
    /// Redirect URIs of the application, compared as they are written. If empty, every `http`
    /// address of the loopback interface is accepted.
    pub redirect_uris: Vec<String>,
    /// How notifications of changes are sent.
    pub notifications: Notifications,
    /// Lifetime of access tokens, in seconds. With 0 they have expired when they are issued.
    pub token_lifetime_seconds: u32,
}

/// How notifications of changes are sent, and how long their receivers may take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Notifications {
    /// Percentage of notifications of changes that are never sent.
    pub lost_percent: usize,
    /// Percentage of notifications of changes that are sent twice.
    pub doubled_percent: usize,
    /// Whether notifications overtake each other.
    pub shuffled: bool,
    /// Time between a change and its notification, in milliseconds.
    pub delay_milliseconds: u64,
    /// Maximum number of notifications in one request.
    pub per_request: usize,
    /// Time in which a receiver has to answer, in milliseconds. Otherwise the notifications are
    /// sent again.
    pub answer_milliseconds: u64,
    /// Time until notifications are sent again, in milliseconds. Each further time is twice as
    /// long, up to 4 hours in all.
    pub retry_milliseconds: u64,
    /// Time in which an address has to repeat the text of a test, in milliseconds.
    pub handshake_milliseconds: u64,
    /// Number of subscriptions on a page.
    pub subscriptions_per_page: usize,
}

impl Default for Notifications {
    fn default() -> Self {
        Self {
            lost_percent: 0,
            doubled_percent: 0,
            shuffled: false,
            delay_milliseconds: 0,
            per_request: 100,
            answer_milliseconds: 3000,
            retry_milliseconds: 1000,
            handshake_milliseconds: 10_000,
            subscriptions_per_page: 100,
        }
    }
}

impl Settings {
    /// Returns the settings that a tenant starts with.
    pub(super) fn initial(config: &Config) -> Self {
        Self {
            places_next_link: config.places_next_link,
            places: config.places,
            places_provisioned: true,
            room_lists: config.room_lists,
            exchange_online: true,
            unlisted: Vec::new(),
            delta_omits_null: false,
            delta_groups_per_page: 100,
            delta_members_per_page: 1000,
            delta_replays: false,
            delta_shuffles: false,
            calendar_delta_masters: true,
            calendar_delta_parts: false,
            calendar_delta_splits_series: false,
            calendar_delta_empty_pages: 0,
            ical_uid_per_occurrence: true,
            exchange_latency_milliseconds: 0,
            extensions_listed: true,
            secret_expired: false,
            own_signing_key: false,
            application_disabled: false,
            redirect_uris: config.redirect_uris.clone(),
            notifications: Notifications::default(),
            token_lifetime_seconds: 3599,
        }
    }

    /// Returns whether listings contain an object with these names.
    pub(crate) fn lists(&self, names: &[&str]) -> bool {
        let is_named = |unlisted: &String| {
            names.iter().any(|name| !name.is_empty() && name.eq_ignore_ascii_case(unlisted))
        };
        !self.unlisted.iter().any(is_named)
    }
}
