//! The clouds that Microsoft runs, and every URL that the plugin asks.
//!
//! Sources: <https://learn.microsoft.com/graph/deployments>,
//! <https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud>.

use http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::origin::Origin;

/// Who operates Office 365 for the tenant. Tokens of one cloud are worth nothing in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cloud {
    /// Worldwide, and the US government's GCC.
    Global,
    /// GCC High.
    UsGovernmentL4,
    /// DoD.
    UsGovernmentL5,
    /// Mainland China, operated by 21Vianet.
    China21Vianet,
    /// Endpoints of one's own, e.g. an emulated tenant's: two origins.
    Custom {
        /// Of Entra ID.
        authority: Origin,
        /// Of Microsoft Graph.
        graph: Origin,
    },
}

impl Cloud {
    /// The clouds that have a name in the settings.
    pub const NAMED: [(&str, Self); 4] = [
        ("global", Self::Global),
        ("us-government-l4", Self::UsGovernmentL4),
        ("us-government-l5", Self::UsGovernmentL5),
        ("china-21vianet", Self::China21Vianet),
    ];

    /// The cloud of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMED.into_iter().find(|(it, _)| *it == name).map(|(_, cloud)| cloud)
    }

    /// Where Entra ID and Graph answer for `tenant`.
    pub fn endpoints(&self, tenant: &str) -> Endpoints {
        let known = match self {
            Self::Global => &GLOBAL,
            Self::UsGovernmentL4 => &US_GOVERNMENT_L4,
            Self::UsGovernmentL5 => &US_GOVERNMENT_L5,
            Self::China21Vianet => &CHINA,
            Self::Custom { authority, graph } => {
                let authority = authority.to_string();
                return Endpoints {
                    sign_in: vec![authority.clone()],
                    // It can be a window to any of Microsoft's, with keys of its own.
                    issuers: [authority.clone()]
                        .into_iter()
                        .chain(KNOWN.iter().map(|it| it.sign_in[0].to_owned()))
                        .collect(),
                    authority,
                    graph: graph.to_string(),
                    portal: GLOBAL.portal,
                    tenant: tenant.to_owned(),
                };
            }
        };
        Endpoints {
            authority: known.sign_in[0].to_owned(),
            sign_in: known.sign_in.iter().map(|it| (*it).to_owned()).collect(),
            issuers: vec![known.sign_in[0].to_owned()],
            graph: known.graph.to_owned(),
            portal: known.portal,
            tenant: tenant.to_owned(),
        }
    }
}

/// What Microsoft documents of a cloud.
struct Known {
    /// Of Entra ID: first the one that is asked and that tokens are issued under, then its other
    /// names. Source: `aliases` of the instance discovery that MSAL carries.
    sign_in: &'static [&'static str],
    graph: &'static str,
    portal: &'static str,
}

const GLOBAL: Known = Known {
    sign_in: &[
        "https://login.microsoftonline.com",
        "https://login.windows.net",
        "https://login.microsoft.com",
    ],
    graph: "https://graph.microsoft.com",
    portal: "portal.azure.com",
};

const US_GOVERNMENT_L4: Known = Known {
    sign_in: &["https://login.microsoftonline.us", "https://login.usgovcloudapi.net"],
    graph: "https://graph.microsoft.us",
    portal: "portal.azure.us",
};

const US_GOVERNMENT_L5: Known =
    Known { graph: "https://dod-graph.microsoft.us", ..US_GOVERNMENT_L4 };

const CHINA: Known = Known {
    sign_in: &["https://login.partner.microsoftonline.cn", "https://login.chinacloudapi.cn"],
    graph: "https://microsoftgraph.chinacloudapi.cn",
    portal: "portal.azure.cn",
};

const KNOWN: [Known; 4] = [GLOBAL, US_GOVERNMENT_L4, US_GOVERNMENT_L5, CHINA];

/// What stays as it is in a path segment (RFC 3986, section 3.3, without the sub-delimiters).
const SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@');

/// Every URL that the plugin asks is built here.
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
    /// The only origins that the plugin asks: Graph, and Entra ID under all its names.
    pub fn origins(&self) -> Vec<String> {
        let mut origins = self.sign_in.clone();
        if !origins.contains(&self.graph) {
            origins.push(self.graph.clone());
        }
        origins
    }

    /// Where people's browsers and codes may be sent, if discovery says so.
    pub fn sign_in_origins(&self) -> &[String] {
        &self.sign_in
    }

    /// Under which tokens of this cloud are issued. Endpoints of one's own can speak for any cloud
    /// of Microsoft's: their keys are their own.
    pub fn issuer_origins(&self) -> &[String] {
        &self.issuers
    }

    /// Where the tenant's provider describes itself (OpenID Connect Discovery 1.0, section 4).
    pub fn openid_configuration(&self) -> Uri {
        let tenant = segment(&self.tenant);
        known(&format!("{}/{tenant}/v2.0/.well-known/openid-configuration", self.authority))
    }

    /// The same for one app: it names the keys that sign this app's tokens, which can be the app's
    /// own.
    pub fn openid_configuration_of(&self, app: &str) -> Uri {
        known(&format!("{}?appid={}", self.openid_configuration(), query_value(app)))
    }

    /// Where the tenant's administrator grants what the app asks for.
    pub fn admin_consent(&self) -> Uri {
        known(&format!("{}/{}/v2.0/adminconsent", self.authority, segment(&self.tenant)))
    }

    /// Of Graph; tells one cloud from another in a checkpoint.
    pub fn graph_origin(&self) -> &str {
        &self.graph
    }

    /// Where the tenant's administrator works, as they know it.
    pub fn portal(&self) -> &'static str {
        self.portal
    }

    /// Answers client credentials with a token.
    pub fn token(&self) -> Uri {
        known(&format!("{}/{}/oauth2/v2.0/token", self.authority, segment(&self.tenant)))
    }

    /// All application permissions that were granted for Graph.
    pub fn scope(&self) -> String {
        format!("{}/.default", self.graph)
    }

    /// `path` below Graph's version 1.0, with a query.
    fn v1(&self, path: &str, query: &[(&str, &str)]) -> Uri {
        self.version("v1.0", path, query)
    }

    fn version(&self, version: &str, path: &str, query: &[(&str, &str)]) -> Uri {
        // OData's `$` and commas stay readable, as Microsoft's own links have them.
        let pairs: Vec<_> =
            query.iter().map(|(name, value)| format!("{name}={}", query_value(value))).collect();
        let mark = if pairs.is_empty() { "" } else { "?" };
        known(&format!("{}/{version}/{path}{mark}{}", self.graph, pairs.join("&")))
    }

    /// The tenant itself.
    pub fn organization(&self) -> Uri {
        self.v1("organization", &[("$select", "id,displayName")])
    }

    /// A listing of all people in pages of `top`; 999 is the most.
    pub fn users(&self, select: &str, top: u16) -> Uri {
        self.v1("users", &[("$select", select), ("$top", &top.to_string())])
    }

    /// The first round of delta: all users, in pages of Graph's choice.
    pub fn users_delta(&self, select: &str) -> Uri {
        self.v1("users/delta", &[("$select", select)])
    }

    /// Answers with a delta link and no people: changes count from now on.
    pub fn users_delta_latest(&self, select: &str) -> Uri {
        self.v1("users/delta", &[("$select", select), ("$deltatoken", "latest")])
    }

    /// One person, by id.
    pub fn user(&self, id: &str, select: &str) -> Uri {
        self.v1(&format!("users/{}", segment(id)), &[("$select", select)])
    }

    /// A few people, to find a mailbox.
    pub fn some_users(&self) -> Uri {
        self.v1("users", &[("$select", "id,mail"), ("$top", "10")])
    }

    /// A few people with all their properties, which only beta tells unasked.
    pub fn some_whole_users(&self) -> Uri {
        self.version("beta", "users", &[("$top", "200")])
    }

    /// Answers a post with the directory extensions of the tenant.
    pub fn extension_properties(&self) -> Uri {
        self.v1("directoryObjects/getAvailableExtensionProperties", &[])
    }

    /// People with no more than what tells whether the attribute serves as a card number.
    pub fn card_numbers(&self, property: &str) -> Uri {
        let mut select = vec!["id", "userPrincipalName", "userType", "accountEnabled"];
        if !select.contains(&property) {
            select.push(property);
        }
        self.users(&select.join(","), 999)
    }

    /// One person, relative to the version: for `$batch`.
    pub fn user_in_batch(&self, id: &str, select: &str) -> String {
        format!("/users/{}?$select={}", segment(id), query_value(select))
    }

    /// Up to 20 requests in one.
    pub fn batch(&self) -> Uri {
        self.v1("$batch", &[])
    }

    /// All groups with their members at first, later what changed.
    pub fn groups_delta(&self, select: &str) -> Uri {
        self.v1("groups/delta", &[("$select", &format!("{select},members"))])
    }

    /// Who is in a group, also by way of other groups, in pages of `top`; 999 is the most.
    pub fn transitive_members(&self, group: &str, select: &str, top: u16) -> Uri {
        let path = format!("groups/{}/transitiveMembers", segment(group));
        self.v1(&path, &[("$select", select), ("$top", &top.to_string())])
    }

    /// One of them, relative to the version: for `$batch`, to see whether they can be read.
    pub fn one_member_in_batch(&self, group: &str) -> String {
        format!("/groups/{}/transitiveMembers?$select=id&$top=1", segment(group))
    }

    /// In which of some groups a person is, also by way of other groups.
    pub fn check_member_groups(&self, person: &str) -> Uri {
        self.v1(&format!("users/{}/checkMemberGroups", segment(person)), &[])
    }

    /// The same relative to the version: for `$batch`.
    pub fn check_member_groups_in_batch(&self, person: &str) -> String {
        format!("/users/{}/checkMemberGroups", segment(person))
    }

    /// One group, by id.
    pub fn group(&self, id: &str, select: &str) -> Uri {
        self.v1(&format!("groups/{}", segment(id)), &[("$select", select)])
    }

    /// One group, relative to the version: for `$batch`.
    pub fn group_in_batch(&self, id: &str, select: &str) -> String {
        format!("/groups/{}?$select={}", segment(id), query_value(select))
    }

    /// Groups whose name or address begins with `typed`; any where nothing is typed.
    pub fn groups_like(&self, typed: &str, select: &str, limit: usize) -> Uri {
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

    /// One group, to see whether groups can be read.
    pub fn one_group(&self) -> Uri {
        self.v1("groups", &[("$select", "id"), ("$top", "1")])
    }

    /// Rooms from the `skip`th on, a page of 100.
    pub fn rooms(&self, skip: usize) -> Uri {
        self.places("places/microsoft.graph.room", skip)
    }

    /// Room lists from the `skip`th on, a page of 100.
    pub fn room_lists(&self, skip: usize) -> Uri {
        self.places("places/microsoft.graph.roomList", skip)
    }

    /// The rooms of the list with that e-mail address.
    pub fn rooms_of_list(&self, email: &str, skip: usize) -> Uri {
        let list = segment(email);
        self.places(&format!("places/{list}/microsoft.graph.roomList/rooms"), skip)
    }

    /// One place by `placeId` or e-mail address, relative to the version: for `$batch`.
    pub fn place_in_batch(&self, id: &str) -> String {
        format!("/places/{}", segment(id))
    }

    /// Places of one kind (`building`, `floor`, `section`) from the `skip`th on.
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

    /// What a mailbox has in its calendar between two RFC 3339 times; at most one event.
    pub fn calendar_view(&self, mailbox: &str, start: &str, end: &str) -> Uri {
        self.v1(
            &format!("users/{}/calendarView", segment(mailbox)),
            &[("startDateTime", start), ("endDateTime", end), ("$select", "id"), ("$top", "1")],
        )
    }

    /// A link that Graph gave, if it leads back to Graph: the token goes nowhere else.
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

/// Parses what was put together here, from a checked origin and encoded parts.
fn known(uri: &str) -> Uri {
    uri.parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_of_each_cloud_is_asked_in_that_cloud_only() {
        for (name, cloud) in Cloud::NAMED {
            let endpoints = cloud.endpoints("contoso.com");
            let own: Vec<_> = endpoints.origins();
            assert!(endpoints.token().to_string().starts_with(&own[0]), "{name}");
            assert_eq!(Some(endpoints.graph_origin()), own.last().map(String::as_str), "{name}");
            assert_eq!(endpoints.scope(), format!("{}/.default", endpoints.graph_origin()));
            for (other, cloud) in Cloud::NAMED.into_iter().filter(|(other, _)| *other != name) {
                let foreign = cloud.endpoints("contoso.com").rooms(0);
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
        let endpoints = Cloud::Global.endpoints("contoso.com");
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
        let endpoints = Cloud::Global.endpoints("contoso.com");
        let url = endpoints.user_in_batch("../groups/x?y#z", "id,mail");
        assert_eq!(url, "/users/..%2Fgroups%2Fx%3Fy%23z?$select=id,mail");
        let url = endpoints.rooms_of_list("bldg1@contoso.com", 0);
        assert_eq!(
            url.to_string(),
            "https://graph.microsoft.com/v1.0/places/bldg1@contoso.com/microsoft.graph.roomList/rooms?$top=100&$count=true"
        );
    }
}
