//! Every URL that the plugin requests.

use http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{cloud::Cloud, origin::Origin};

/// Characters that a path segment contains unencoded (RFC 3986, section 3.3, without the
/// sub-delimiters).
const SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@');

/// Number of events on a page. With a thousand events, a room takes seven or eight requests. In
/// lists, `$top` names it: without, Graph returns ten. Rounds of delta take no `$top`, and have a
/// header for it.
///
/// Sources: <https://learn.microsoft.com/graph/api/user-list-calendarview>,
/// <https://learn.microsoft.com/graph/delta-query-events>.
pub const EVENTS_ON_A_PAGE: u16 = 150;

/// Builds the URLs of one tenant in its cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    authority: String,
    sign_in: Vec<String>,
    issuers: Vec<String>,
    graph: String,
    portal: &'static str,
    tenant: String,
}

impl Endpoints {
    /// Returns the endpoints of `tenant`, a GUID or a domain, in `cloud`.
    pub fn new(cloud: &Cloud, tenant: &str) -> Self {
        let sign_in = cloud.sign_in_origins();
        Self {
            authority: sign_in[0].clone(),
            sign_in,
            issuers: cloud.issuer_origins(),
            graph: cloud.graph_origin(),
            portal: cloud.portal(),
            tenant: tenant.to_owned(),
        }
    }

    /// Returns the only origins that the plugin sends requests to: Microsoft Graph, and Entra ID
    /// under all its names.
    pub fn origins(&self) -> Vec<String> {
        let mut origins = self.sign_in.clone();
        if !origins.contains(&self.graph) {
            origins.push(self.graph.clone());
        }
        origins
    }

    /// Returns the origins that browsers and codes may be sent to, where discovery names them.
    pub fn sign_in_origins(&self) -> &[String] {
        &self.sign_in
    }

    /// Returns the origins that tokens can name as their issuer; see [`Cloud::issuer_origins`].
    pub fn issuer_origins(&self) -> &[String] {
        &self.issuers
    }

    /// Returns the URL of the tenant's OpenID configuration (OpenID Connect Discovery 1.0,
    /// section 4).
    pub fn openid_configuration(&self) -> Uri {
        let tenant = segment(&self.tenant);
        parse(&format!("{}/{tenant}/v2.0/.well-known/openid-configuration", self.authority))
    }

    /// Returns the same for one app: it names the keys that sign tokens for this app, which can be
    /// keys of its own.
    pub fn openid_configuration_for(&self, app: &str) -> Uri {
        parse(&format!("{}?appid={}", self.openid_configuration(), query_value(app)))
    }

    /// Returns the URL of the page on which an administrator of the tenant grants the permissions
    /// of the app.
    pub fn admin_consent(&self) -> Uri {
        parse(&format!("{}/{}/v2.0/adminconsent", self.authority, segment(&self.tenant)))
    }

    /// Returns the origin of Microsoft Graph. Checkpoints name their cloud by it.
    pub fn graph_origin(&self) -> &str {
        &self.graph
    }

    /// Returns the host name of the portal in which administrators of the tenant work.
    pub fn portal(&self) -> &'static str {
        self.portal
    }

    /// Returns the URL of the token endpoint.
    pub fn token(&self) -> Uri {
        parse(&format!("{}/{}/oauth2/v2.0/token", self.authority, segment(&self.tenant)))
    }

    /// Returns the scope that stands for all application permissions that are granted for Graph.
    pub fn scope(&self) -> String {
        format!("{}/.default", self.graph)
    }

    /// Returns `path` in Graph's version 1.0, with a query.
    fn v1(&self, path: &str, query: &[(&str, &str)]) -> Uri {
        self.version("v1.0", path, query)
    }

    fn version(&self, version: &str, path: &str, query: &[(&str, &str)]) -> Uri {
        // OData's `$` and commas are not encoded, as in Microsoft's own links.
        let pairs: Vec<_> =
            query.iter().map(|(name, value)| format!("{name}={}", query_value(value))).collect();
        let mark = if pairs.is_empty() { "" } else { "?" };
        parse(&format!("{}/{version}/{path}{mark}{}", self.graph, pairs.join("&")))
    }

    /// Returns the URL of the tenant's own record.
    pub fn organization(&self) -> Uri {
        self.v1("organization", &[("$select", "id,displayName")])
    }

    /// Returns the URL of a listing of all users in pages of `top`, 999 at most.
    pub fn users(&self, select: &str, top: u16) -> Uri {
        self.v1("users", &[("$select", select), ("$top", &top.to_string())])
    }

    /// Returns the URL of the first round of delta: all users, in pages whose size Graph chooses.
    pub fn users_delta(&self, select: &str) -> Uri {
        self.v1("users/delta", &[("$select", select)])
    }

    /// Returns the URL that is answered with a delta link and no users: the link reports what
    /// changes from now on.
    pub fn users_delta_latest(&self, select: &str) -> Uri {
        self.v1("users/delta", &[("$select", select), ("$deltatoken", "latest")])
    }

    /// Returns the URL of one user.
    pub fn user(&self, id: &str, select: &str) -> Uri {
        self.v1(&format!("users/{}", segment(id)), &[("$select", select)])
    }

    /// Returns the URL of ten users, to find a mailbox.
    pub fn some_users(&self) -> Uri {
        self.v1("users", &[("$select", "id,mail"), ("$top", "10")])
    }

    /// Returns the URL of 200 users with all their properties, which only beta returns without
    /// `$select`.
    pub fn some_complete_users(&self) -> Uri {
        self.version("beta", "users", &[("$top", "200")])
    }

    /// Returns the URL that answers a POST with the directory extensions of the tenant.
    pub fn extension_properties(&self) -> Uri {
        self.v1("directoryObjects/getAvailableExtensionProperties", &[])
    }

    /// Returns the URL of a listing of users with the properties that show whether an attribute
    /// can serve as card number.
    pub fn card_numbers(&self, property: &str) -> Uri {
        let mut select = vec!["id", "userPrincipalName", "userType", "accountEnabled"];
        if !select.contains(&property) {
            select.push(property);
        }
        self.users(&select.join(","), 999)
    }

    /// Returns the URL of one user for `$batch`: relative to the version.
    pub fn user_in_batch(&self, id: &str, select: &str) -> String {
        format!("/users/{}?$select={}", segment(id), query_value(select))
    }

    /// Returns the URL that takes up to 20 requests at once.
    pub fn batch(&self) -> Uri {
        self.v1("$batch", &[])
    }

    /// Returns the URL of the first round of delta: all groups with their members.
    pub fn groups_delta(&self, select: &str) -> Uri {
        self.v1("groups/delta", &[("$select", &format!("{select},members"))])
    }

    /// Returns the URL of a listing of the members of a group, also through groups within it, in
    /// pages of `top`, 999 at most.
    pub fn transitive_members(&self, group: &str, select: &str, top: u16) -> Uri {
        let path = format!("groups/{}/transitiveMembers", segment(group));
        self.v1(&path, &[("$select", select), ("$top", &top.to_string())])
    }

    /// Returns the URL of one such member for `$batch`, to check whether members can be read.
    pub fn one_member_in_batch(&self, group: &str) -> String {
        format!("/groups/{}/transitiveMembers?$select=id&$top=1", segment(group))
    }

    /// Returns the URL that reports in which of some groups a user is, also through groups within
    /// them.
    pub fn check_member_groups(&self, user: &str) -> Uri {
        self.v1(&format!("users/{}/checkMemberGroups", segment(user)), &[])
    }

    /// Returns the same for `$batch`.
    pub fn check_member_groups_in_batch(&self, user: &str) -> String {
        format!("/users/{}/checkMemberGroups", segment(user))
    }

    /// Returns the URL of one group.
    pub fn group(&self, id: &str, select: &str) -> Uri {
        self.v1(&format!("groups/{}", segment(id)), &[("$select", select)])
    }

    /// Returns the URL of one group for `$batch`.
    pub fn group_in_batch(&self, id: &str, select: &str) -> String {
        format!("/groups/{}?$select={}", segment(id), query_value(select))
    }

    /// Returns the URL of the groups whose name or address begins with `typed`; of all groups
    /// where it is empty.
    pub fn groups_with_prefix(&self, typed: &str, select: &str, limit: usize) -> Uri {
        let limit = limit.clamp(1, 999).to_string();
        let mut query = vec![("$select", select), ("$top", &limit)];
        // OData doubles a quote within quotes.
        let typed = typed.replace('\'', "''");
        let filter = format!("startswith(displayName,'{typed}') or startswith(mail,'{typed}')");
        if !typed.is_empty() {
            query.push(("$filter", &filter));
        }
        self.v1("groups", &query)
    }

    /// Returns the URL of one group, to check whether groups can be read.
    pub fn one_group(&self) -> Uri {
        self.v1("groups", &[("$select", "id"), ("$top", "1")])
    }

    /// Returns the URL of a page of 100 rooms, after `skip` others.
    pub fn rooms(&self, skip: usize) -> Uri {
        self.places("places/microsoft.graph.room", skip)
    }

    /// Returns the URL of a page of 100 room lists, after `skip` others.
    pub fn room_lists(&self, skip: usize) -> Uri {
        self.places("places/microsoft.graph.roomList", skip)
    }

    /// Returns the URL of the rooms in the room list with that e-mail address.
    pub fn rooms_of_list(&self, email: &str, skip: usize) -> Uri {
        let list = segment(email);
        self.places(&format!("places/{list}/microsoft.graph.roomList/rooms"), skip)
    }

    /// Returns the URL of one place, by `placeId` or e-mail address.
    pub fn place(&self, id: &str) -> Uri {
        self.v1(&format!("places/{}", segment(id)), &[])
    }

    /// Returns the URL of one place for `$batch`, by `placeId` or e-mail address.
    pub fn place_in_batch(&self, id: &str) -> String {
        format!("/places/{}", segment(id))
    }

    /// Returns the URL of a page of places of one kind (`building`, `floor`, `section`).
    pub fn spaces(&self, kind: &str, skip: usize) -> Uri {
        self.places(&format!("places/microsoft.graph.{kind}"), skip)
    }

    fn places(&self, path: &str, skip: usize) -> Uri {
        let skip = skip.to_string();
        let mut query = vec![("$top", "100"), ("$count", "true")];
        if skip != "0" {
            query.push(("$skip", &skip));
        }
        self.v1(path, &query)
    }

    /// Returns the URL of one event in a mailbox's calendar between two RFC 3339 times.
    pub fn calendar_view(&self, mailbox: &str, start: &str, end: &str) -> Uri {
        self.v1(
            &format!("users/{}/calendarView", segment(mailbox)),
            &[("startDateTime", start), ("endDateTime", end), ("$select", "id"), ("$top", "1")],
        )
    }

    /// Returns the URL of the first round of delta of a mailbox's calendar: all events between two
    /// RFC 3339 times.
    pub fn calendar_delta(&self, mailbox: &str, start: &str, end: &str) -> Uri {
        let path = format!("users/{}/calendarView/delta", segment(mailbox));
        self.v1(&path, &[("startDateTime", start), ("endDateTime", end)])
    }

    /// Returns the URL of a page of events of a mailbox's calendar between two RFC 3339 times.
    pub fn events_between(&self, mailbox: &str, start: &str, end: &str, select: &str) -> Uri {
        self.events_in(
            &format!("users/{}/calendarView", segment(mailbox)),
            &[("startDateTime", start), ("endDateTime", end), ("$select", select)],
        )
    }

    /// Returns the URL of all properties of the events of a mailbox's calendar between two RFC 3339
    /// times. Only without `$select` does Graph return when an event was made.
    pub fn complete_events_between(&self, mailbox: &str, start: &str, end: &str) -> Uri {
        self.events_in(
            &format!("users/{}/calendarView", segment(mailbox)),
            &[("startDateTime", start), ("endDateTime", end)],
        )
    }

    /// Returns the URL of a page of a list of events.
    fn events_in(&self, path: &str, query: &[(&str, &str)]) -> Uri {
        let top = EVENTS_ON_A_PAGE.to_string();
        self.v1(path, &[query, &[("$top", top.as_str())]].concat())
    }

    /// Returns the URL that answers a POST with a new event.
    pub fn events(&self, mailbox: &str) -> Uri {
        self.v1(&format!("users/{}/events", segment(mailbox)), &[])
    }

    /// Returns the URL of the events of a mailbox that a filter selects.
    pub fn events_that(&self, mailbox: &str, filter: &str, select: &str, expand: &str) -> Uri {
        let mut query = vec![("$filter", filter), ("$select", select)];
        query.extend((!expand.is_empty()).then_some(("$expand", expand)));
        self.events_in(&format!("users/{}/events", segment(mailbox)), &query)
    }

    /// Returns the URL of one event of a mailbox, with a query.
    pub fn event(&self, mailbox: &str, id: &str, query: &[(&str, &str)]) -> Uri {
        self.v1(&format!("users/{}/events/{}", segment(mailbox), segment(id)), query)
    }

    /// Returns the URL of an action on an event, such as `cancel`.
    pub fn event_action(&self, mailbox: &str, id: &str, action: &str) -> Uri {
        let (mailbox, id) = (segment(mailbox), segment(id));
        self.v1(&format!("users/{mailbox}/events/{id}/{action}"), &[])
    }

    /// Returns the URL of the occurrences of a series between two RFC 3339 times.
    pub fn instances(
        &self,
        mailbox: &str,
        master: &str,
        (start, end): (&str, &str),
        select: &str,
    ) -> Uri {
        self.events_in(
            &format!("users/{}/events/{}/instances", segment(mailbox), segment(master)),
            &[("startDateTime", start), ("endDateTime", end), ("$select", select)],
        )
    }

    /// Returns the URL of one event of a mailbox for `$batch`.
    pub fn event_in_batch(&self, mailbox: &str, id: &str, select: &str) -> String {
        let (mailbox, id) = (segment(mailbox), segment(id));
        format!("/users/{mailbox}/events/{id}?$select={}", query_value(select))
    }

    /// Returns the URL of the occurrences of a series between two RFC 3339 times for `$batch`.
    pub fn instances_in_batch(
        &self,
        mailbox: &str,
        master: &str,
        (start, end): (&str, &str),
        select: &str,
    ) -> String {
        let (start, end, select) = (query_value(start), query_value(end), query_value(select));
        format!(
            "/users/{}/events/{}/instances?startDateTime={start}&endDateTime={end}\
                &$select={select}&$top={EVENTS_ON_A_PAGE}",
            segment(mailbox),
            segment(master),
        )
    }

    /// Returns the URL that answers a POST with the free and busy times of up to 100 mailboxes.
    pub fn schedule(&self, mailbox: &str) -> Uri {
        self.v1(&format!("users/{}/calendar/getSchedule", segment(mailbox)), &[])
    }

    /// Returns the path, below the version, by which a subscription names the events of a mailbox.
    pub fn events_resource(mailbox: &str) -> String {
        format!("users/{}/events", segment(mailbox))
    }

    /// Returns the URL of the app's subscriptions to notifications of changes.
    pub fn subscriptions(&self) -> Uri {
        self.v1("subscriptions", &[])
    }

    /// Returns the URL of one subscription.
    pub fn subscription(&self, id: &str) -> Uri {
        self.v1(&format!("subscriptions/{}", segment(id)), &[])
    }

    /// Parses a link that Graph returned; `None` where it does not lead to Graph, since the token
    /// must not be sent to any other server.
    pub fn own_link(&self, link: &str) -> Option<Uri> {
        let uri = link.parse().ok()?;
        (Origin::of(&uri)?.to_string() == self.graph).then_some(uri)
    }
}

fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

fn query_value(text: &str) -> String {
    const VALUE: &AsciiSet = &SEGMENT.remove(b',').remove(b':').remove(b'/');
    utf8_percent_encode(text, VALUE).to_string()
}

/// Parses a URL that was built here from a checked origin and encoded parts.
fn parse(uri: &str) -> Uri {
    uri.parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_for_a_tenant_go_to_its_own_cloud() {
        for (name, cloud) in Cloud::NAMED {
            let endpoints = Endpoints::new(&cloud, "contoso.com");
            let own: Vec<_> = endpoints.origins();
            assert!(endpoints.token().to_string().starts_with(&own[0]), "{name}");
            assert_eq!(Some(endpoints.graph_origin()), own.last().map(String::as_str), "{name}");
            assert_eq!(endpoints.scope(), format!("{}/.default", endpoints.graph_origin()));
            for (other, cloud) in Cloud::NAMED.into_iter().filter(|(other, _)| *other != name) {
                let foreign = Endpoints::new(&cloud, "contoso.com").rooms(0);
                assert_eq!(
                    endpoints.own_link(&foreign.to_string()),
                    None,
                    "{name} against {other}"
                );
            }
        }
    }

    #[test]
    fn only_links_to_graph_itself_are_followed() {
        let endpoints = Endpoints::new(&Cloud::Global, "contoso.com");
        assert!(
            endpoints.own_link("https://graph.microsoft.com/v1.0/users?$skiptoken=x").is_some()
        );
        assert!(endpoints.own_link("https://GRAPH.microsoft.com:443/v1.0/users").is_some());
        for foreign in [
            "http://graph.microsoft.com/v1.0/users",
            "https://graph.microsoft.com.evil.example/",
            "https://graph.microsoft.com@evil.example/",
            "https://someone@graph.microsoft.com/",
            "https://graph.microsoft.com:8443/",
            "https://graph.microsoft.com:/",
            "https://graph.microsoft.com:65979/",
            "//graph.microsoft.com/",
            "/v1.0/users",
            "data:,x",
            "",
        ] {
            assert_eq!(endpoints.own_link(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_strange_id_cannot_change_the_path() {
        let endpoints = Endpoints::new(&Cloud::Global, "contoso.com");
        let url = endpoints.user_in_batch("../groups/x?y#z", "id,mail");
        assert_eq!(url, "/users/..%2Fgroups%2Fx%3Fy%23z?$select=id,mail");
        let url = endpoints.rooms_of_list("bldg1@contoso.com", 0);
        assert_eq!(
            url.to_string(),
            "https://graph.microsoft.com/v1.0/places/bldg1@contoso.com/microsoft.graph.roomList/rooms?$top=100&$count=true"
        );
    }
}
