//! Microsoft's clouds, and how their answers differ.

use std::fmt;
use std::str::FromStr;

/// The cloud of Microsoft that the tenant belongs to.
///
/// Source: <https://learn.microsoft.com/graph/deployments> and
/// <https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud>.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cloud {
    /// Worldwide, GCC included.
    #[default]
    Global,
    /// US Government L4, also called GCC High.
    UsGovernmentL4,
    /// US Government L5, also called DoD.
    UsGovernmentL5,
    /// China, operated by 21Vianet. Its schema has no `placeId` and no `parentId`, and no places
    /// except rooms and room lists.
    China21Vianet,
}

impl Cloud {
    /// All clouds.
    pub const ALL: [Self; 4] =
        [Self::Global, Self::UsGovernmentL4, Self::UsGovernmentL5, Self::China21Vianet];

    /// Returns the name of the cloud on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::UsGovernmentL4 => "us-government-l4",
            Self::UsGovernmentL5 => "us-government-l5",
            Self::China21Vianet => "china-21vianet",
        }
    }

    /// Returns the origin of the cloud's real Graph, which client libraries name in `scope`.
    pub(crate) fn real_graph(self) -> &'static str {
        match self {
            Self::Global => "https://graph.microsoft.com",
            Self::UsGovernmentL4 => "https://graph.microsoft.us",
            Self::UsGovernmentL5 => "https://dod-graph.microsoft.us",
            Self::China21Vianet => "https://microsoftgraph.chinacloudapi.cn",
        }
    }

    /// Returns the origin of the issuer of access tokens of version 1.0, which is the version that
    /// Graph accepts.
    pub(crate) fn sts(self) -> &'static str {
        match self {
            Self::China21Vianet => "https://sts.chinacloudapi.cn",
            Self::Global | Self::UsGovernmentL4 | Self::UsGovernmentL5 => "https://sts.windows.net",
        }
    }

    /// Returns the issuer in discovery, if it differs from the authority.
    pub(crate) fn fixed_issuer(self) -> Option<&'static str> {
        // login.chinacloudapi.cn serves the tenants; login.partner.microsoftonline.cn is their
        // issuer.
        (self == Self::China21Vianet).then_some("https://login.partner.microsoftonline.cn")
    }

    /// Returns `cloud_instance_name` of the discovery document.
    pub(crate) fn instance_name(self) -> &'static str {
        match self {
            Self::Global => "microsoftonline.com",
            Self::UsGovernmentL4 | Self::UsGovernmentL5 => "microsoftonline.us",
            Self::China21Vianet => "partner.microsoftonline.cn",
        }
    }

    /// Returns `cloud_graph_host_name` of the discovery document: the host of the older Azure AD
    /// Graph.
    pub(crate) fn directory_graph_host(self) -> &'static str {
        match self {
            Self::Global => "graph.windows.net",
            Self::UsGovernmentL4 | Self::UsGovernmentL5 => "graph.microsoftazure.us",
            Self::China21Vianet => "graph.chinacloudapi.cn",
        }
    }

    /// Returns `rbac_url` of the discovery document.
    pub(crate) fn rbac(self) -> &'static str {
        match self {
            Self::Global => "https://pas.windows.net",
            Self::UsGovernmentL4 | Self::UsGovernmentL5 => "https://pasff.usgovcloudapi.net",
            Self::China21Vianet => "https://pas.chinacloudapi.cn",
        }
    }

    /// Returns the suffix of a tenant's initial domain.
    pub(crate) fn domain_suffix(self) -> &'static str {
        match self {
            Self::Global => "onmicrosoft.com",
            Self::UsGovernmentL4 | Self::UsGovernmentL5 => "onmicrosoft.us",
            Self::China21Vianet => "partner.onmschina.cn",
        }
    }

    /// Returns whether Places has `placeId` and `parentId`, and buildings, floors, sections and
    /// workspaces.
    pub(crate) fn has_place_id(self) -> bool {
        self != Self::China21Vianet
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Cloud {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|cloud| cloud.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("unknown cloud; the clouds are {names}")
        })
    }
}
